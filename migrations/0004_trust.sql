-- Whom the service trusted, from when: every change of the trust store with all that was in it, so that the digest which a
-- decision records can be read again.

create table trust_changes (
    seq bigint primary key,
    at_ms bigint not null,
    actor text not null,
    digest text not null,
    contents text not null
);
