-- Documents in the database itself, when the configuration wants them there (`documents.kind = "database"`). Empty otherwise.

create table blobs (
    -- The first two letters of a digest, `aside` or `pieces`.
    shelf text not null,
    -- The digest of a document, or what an upload is named by.
    item text not null,
    -- The digest of a piece; empty otherwise.
    part text not null,
    bytes bytea not null,
    written_ms bigint not null,
    primary key (shelf, item, part)
);

-- Whether a row names a document: one that none names is deleted (documents and attachments have such an index).
create index petitions_by_form on petitions (form_sha256);
create index trust_stores_by_roots on trust_stores (roots_sha256);
create index trust_stores_by_intermediates on trust_stores (intermediates_sha256);
create index trust_stores_by_terms on trust_stores (terms_sha256);
