-- «No fui yo»: when the owner last stopped what was under way. It stays when the account is free again, because what was
-- approved until then must not come alive with it.
alter table employers add column stopped_ms bigint;
update employers set stopped_ms = frozen_ms where frozen_ms is not null;

-- The day's page lists the accounts that stand still: a handful among millions.
create index employers_frozen on employers (frozen_ms) where frozen_ms is not null;
