-- What people wrote when they did something that no case holds: an account stopped in the place of its company, how a person proved
-- who they are. The audit log keeps the digest for ever; the words stand here until their term ends.
create table reasons (
    -- The row of the audit log.
    seq bigint not null primary key,
    -- The account that it is about, and the petition, where there is one.
    ruc text,
    branch text,
    number text,
    at_ms bigint not null,
    words text not null
);
create index reasons_of_account on reasons (ruc, branch, at_ms);
create index reasons_of_petition on reasons (number);
create index reasons_by_age on reasons (at_ms);
