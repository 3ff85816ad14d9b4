-- The spine: registry, petitions, documents, decisions, effects, audit. One text for SQLite and PostgreSQL: columns are
-- text and bigint only; *_ms are milliseconds since 1970 UTC; hashes are lower-case hexadecimal.

create table employers (
    ruc text not null,
    branch text not null,
    legal_name text not null,
    kind text not null,
    state text not null,
    email text,
    phone text,
    -- A reset through a changed address waits until then (DESIGN H).
    email_hold_until_ms bigint,
    -- Set by «no fui yo»: nothing takes effect until a person has looked.
    frozen_ms bigint,
    primary key (ruc, branch)
);

create table representatives (
    ruc text not null,
    branch text not null,
    document text not null,
    name text not null,
    post text not null,
    from_day text not null,
    to_day text,
    mode text not null,
    required_signatures bigint not null,
    source text not null,
    primary key (ruc, branch, document, post, from_day),
    foreign key (ruc, branch) references employers (ruc, branch)
);

create table counters (
    name text not null primary key,
    value bigint not null
);

create table petitions (
    number text not null primary key,
    secret_hash text not null,
    state text not null,
    -- Empty for a document that came without a number, until it has been read.
    ruc text,
    branch text,
    action text,
    new_email text,
    form_sha256 text,
    issued_ms bigint not null,
    expires_ms bigint not null,
    -- The document that was received or decided last.
    document_sha256 text,
    decided_ms bigint,
    -- Where a document without a number is followed, once it turned out to be the form of that number.
    merged_into text
);

create table documents (
    number text not null,
    sha256 text not null,
    size_bytes bigint not null,
    received_ms bigint not null,
    primary key (number, sha256),
    foreign key (number) references petitions (number)
);

create table jobs (
    number text not null,
    sha256 text not null,
    due_ms bigint not null,
    lease_until_ms bigint not null,
    attempts bigint not null,
    primary key (number, sha256)
);

create table decisions (
    number text not null,
    sha256 text not null,
    outcome text not null,
    decision text not null,
    report text,
    trust_digest text not null,
    decided_ms bigint not null,
    primary key (number, sha256)
);

create table used_signatures (
    value_sha256 text not null primary key,
    number text not null,
    used_ms bigint not null
);

create table outbox (
    id text not null primary key,
    kind text not null,
    number text not null,
    recipient text not null,
    created_ms bigint not null,
    due_ms bigint not null,
    lease_until_ms bigint not null,
    attempts bigint not null,
    -- pending, sent, parked or withdrawn
    state text not null,
    sent_ms bigint,
    last_error text
);
create index outbox_due on outbox (state, due_ms);
create index outbox_of_petition on outbox (number, kind);

create table links (
    hash text not null primary key,
    kind text not null,
    number text not null,
    ruc text not null,
    branch text not null,
    email text,
    created_ms bigint not null,
    expires_ms bigint not null,
    -- Used, or replaced by a newer one.
    dead_ms bigint
);
create index links_of_petition on links (number, kind);

create table accounts (
    ruc text not null,
    branch text not null,
    password_hash text not null,
    changed_ms bigint not null,
    primary key (ruc, branch)
);

-- Appended, never updated: each row carries the hash of the one before it.
create table audit (
    seq bigint not null primary key,
    at_ms bigint not null,
    actor text not null,
    subject text not null,
    event text not null,
    facts text not null,
    previous_hash text not null,
    hash text not null
);
