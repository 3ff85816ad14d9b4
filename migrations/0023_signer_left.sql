-- Whoever signed a petition has left the employer since its approval: it has no effect any more. It stays so when the registry takes
-- that back, because nothing that was stopped may come alive by itself.
alter table petitions add column signer_left_ms bigint;
