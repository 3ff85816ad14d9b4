-- When the documents of a petition were deleted because their term had ended, or because the person asked for it.
alter table petitions add column erased_ms bigint;
create index petitions_to_erase on petitions (expires_ms) where erased_ms is null;

-- Whether somebody else still needs the same bytes.
create index documents_by_digest on documents (sha256);
create index attachments_by_digest on attachments (sha256);
create index evidence_by_answer on evidence (answer_sha256);

create index decisions_by_age on decisions (decided_ms);
create index outbox_by_age on outbox (created_ms);
create index links_by_end on links (expires_ms);

-- What is kept about a person.
create index representatives_of_person on representatives (document);

-- Breaches of personal data, from the moment they were noticed.
create table breaches (
    id bigint not null primary key,
    what text not null,
    known_ms bigint not null,
    actor text not null
);
