-- What is done because time passes, by one instance at a time: whoever takes the row has a lease on it, as on any other work.
create table rounds (
    name text not null primary key,
    due_ms bigint not null,
    lease_until_ms bigint not null,
    attempts bigint not null
);
insert into rounds (name, due_ms, lease_until_ms, attempts) values ('deadlines', 0, 0, 0), ('upkeep', 0, 0, 0);

-- How much anybody may ask for, one budget for all instances together: when it is full again, in microseconds. It replaces
-- quota_counts, which the release before this one still uses beside us. Nobody stands here but as a keyed hash.
create table budgets (
    subject text not null,
    what text not null,
    full_us bigint not null,
    primary key (subject, what)
);
create index budgets_by_end on budgets (full_us);

-- The trust folder as all instances have it: whoever finds it changed on his machine writes it here, the others take it over.
create table shared_trust (
    seq bigint not null primary key,
    at_ms bigint not null,
    -- JSON: certificates and what is added to the table of entities.
    contents text not null
);
