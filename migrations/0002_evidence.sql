-- What a decision rests on besides the document: the answers about revocation and the certificates that were trusted.
-- Their bytes are in the document store under their digests; nothing here is ever changed.

create table evidence (
    number text not null,
    -- The document that was decided.
    sha256 text not null,
    -- Their order counts: of two answers of the same moment the later one decides.
    place bigint not null,
    -- crl or ocsp
    kind text not null,
    answer_sha256 text not null,
    primary key (number, sha256, place)
);

create table trust_stores (
    -- decisions.trust_digest
    digest text not null primary key,
    -- Certificates in DER, one behind the other.
    roots_sha256 text not null,
    intermediates_sha256 text not null
);

-- How often revocation has been asked for in vain.
alter table jobs add column asked bigint not null default 0;
