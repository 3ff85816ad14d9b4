-- What has rung is not looked at again: of all that waits, only what has not is read. The release before does not write these
-- columns; what it rings is marked when it is found to have rung.
alter table petitions add column rang_day bigint not null default 0;
alter table petitions add column rang_term bigint not null default 0;
update petitions set rang_day = 1 where state in ('received', 'in_review')
  and exists (select 1 from alarms where id = 'undecided_day:' || petitions.number);
update petitions set rang_term = 1 where state in ('received', 'in_review')
  and exists (select 1 from alarms where id = 'undecided_term:' || petitions.number);
create index petitions_to_ring_day on petitions (state, issued_ms) where rang_day = 0 and state in ('received', 'in_review');
create index petitions_to_ring_term on petitions (state, issued_ms) where rang_term = 0 and state in ('received', 'in_review');

-- The documents of hours that are over, counted once: an hour that has rows here has one without an outcome, for those that
-- were received. Hours stand here without a gap between the first one and the last.
create table flow_hours (
  hour bigint not null,
  outcome text not null,
  documents bigint not null,
  primary key (hour, outcome)
);
