-- Whom the service trusted, from when: every change of the trust store with all that was in it, so that the digest which a
-- decision records can be read again.

create table trust_changes (
    seq bigint primary key,
    at_ms bigint not null,
    actor text not null,
    digest text not null,
    contents text not null
);

-- On which terms the certificates of a store counted: strict or not, and what an operator had added to the table.
alter table trust_stores add column terms_sha256 text;
