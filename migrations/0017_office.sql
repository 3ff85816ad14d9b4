-- Marks are walked by petition when a key is replaced. (`signers.document_hash` is a mark under the current key since then, and
-- no longer a digest of ten digits; `clavero protect rotate` renews older rows.)
create index signers_of_petition on signers (number, document_hash);

-- Petitions that have had their effect and whose evidence is not in the audit log yet: what a crash in between leaves behind is
-- seen to be due.
create table unsealed (
    number text not null primary key,
    completed_ms bigint not null
);
insert into unsealed (number, completed_ms)
    select p.number, coalesce(p.decided_ms, p.issued_ms) from petitions p where p.state = 'completed'
    and not exists (select 1 from audit a where a.subject = p.number and a.event = 'evidence.sealed');
