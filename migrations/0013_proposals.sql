-- Changes of the registry and of whom the service trusts, from the screen: one supervisor proposes, another confirms.

create table proposals (
    id bigint not null primary key,
    -- registry, undo or trust
    kind text not null,
    -- Of the registry: the subject, what was known of it when this was proposed, and what is to be known.
    part text,
    ruc text,
    branch text,
    item text,
    before_image text,
    after_image text,
    -- Of an undo: the import to take back.
    undoes bigint,
    -- Of trust: the status that a certificate is to get, as JSON.
    trust_change text,
    reason text not null,
    proposed_by text not null,
    proposed_ms bigint not null,
    -- open, applying, confirmed, refused or withdrawn
    state text not null,
    decided_by text,
    decided_ms bigint,
    -- The import by which it came into the registry.
    import_id bigint
);
create index proposals_by_state on proposals (state, id);
