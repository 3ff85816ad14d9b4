-- Documents that arrive in pieces over a bad line. The pieces lie in the document store, apart from the documents; a row here
-- says that a piece is there. Only the hash of an upload's address is kept.

create table uploads (
    id_hash text not null primary key,
    -- Empty for a letter until it is whole and gets a number.
    number text,
    sha256 text not null,
    length_bytes bigint not null,
    offset_bytes bigint not null,
    created_ms bigint not null,
    expires_ms bigint not null,
    received_ms bigint
);
create index uploads_by_end on uploads (expires_ms);
create index uploads_of_petition on uploads (number);

create table upload_pieces (
    id_hash text not null,
    offset_bytes bigint not null,
    sha256 text not null,
    primary key (id_hash, offset_bytes),
    foreign key (id_hash) references uploads (id_hash)
);
