-- The registry in versions. What the open tables say stands beside the employers, by RUC; every change of the registry is
-- numbered, and the number of the last one is the version of the registry.

-- From the catalogue of the SRI.
create table taxpayers (
    ruc text not null primary key,
    legal_name text not null,
    -- person or society; empty when the catalogue does not say.
    kind text,
    state text not null,
    updated_day text
);

-- From the directory of the Superintendencia de Compañías.
create table companies (
    ruc text not null primary key,
    legal_name text not null,
    kind text not null,
    situation text not null,
    representative text not null,
    post text not null
);

-- First day out of office because a newer table no longer lists the row.
alter table representatives add column ended_day text;
-- What a power of attorney covers: actions with blanks between them.
alter table representatives add column scope text;

create table registry_imports (
    id bigint not null primary key,
    -- sri-ruc, supercias, representatives or undo
    kind text not null,
    file text not null,
    sha256 text not null,
    -- 1 when employers that the file does not list lose their representatives.
    whole bigint not null,
    -- The import that this one takes back.
    undoes bigint,
    actor text not null,
    -- running, done or undone
    state text not null,
    began_ms bigint not null,
    ended_ms bigint,
    -- The last key that is done.
    position text not null,
    rows_read bigint not null,
    rows_rejected bigint not null,
    rows_remarked bigint not null,
    added bigint not null,
    changed bigint not null,
    removed bigint not null,
    unchanged bigint not null,
    -- Numbers of its first and last change; the first is greater while there is none.
    first_change bigint not null,
    last_change bigint not null
);

create table registry_changes (
    seq bigint not null primary key,
    import_id bigint not null,
    -- taxpayer, company, employer or representative
    part text not null,
    ruc text not null,
    branch text not null,
    item text not null,
    -- JSON; empty when there was, or is, nothing.
    before_image text,
    after_image text
);
create index registry_changes_of_ruc on registry_changes (ruc, seq);

-- The version of the registry that a decision used.
alter table decisions add column registry_version bigint;
