-- What a requester attaches beside the signed document, for a person to read: the appointment of a representative whom the
-- registry does not know yet.

create table attachments (
    number text not null,
    sha256 text not null,
    kind text not null,
    size_bytes bigint not null,
    received_ms bigint not null,
    primary key (number, sha256),
    foreign key (number) references petitions (number)
);
