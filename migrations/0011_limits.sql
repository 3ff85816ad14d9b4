-- Budgets that hold for all instances of the service together: how much was asked for an employer within an hour or a day, and
-- which proofs of work were handed in already. Employers stand here as a keyed hash only, and rows go when their time is over.

create table quota_counts (
    subject text not null,
    what text not null,
    window_ms bigint not null,
    used bigint not null,
    primary key (subject, what, window_ms)
);
create index quota_counts_by_window on quota_counts (window_ms);

create table spent_work (
    id_hash text not null primary key,
    until_ms bigint not null
);
create index spent_work_by_end on spent_work (until_ms);

-- Made up by the first instance that needs one, shared by all.
create table service_secrets (
    name text not null primary key,
    value text not null
);
