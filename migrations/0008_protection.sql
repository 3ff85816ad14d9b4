-- The audit log is read by subject and by time.
create index audit_of_subject on audit (subject, seq);
create index audit_by_time on audit (at_ms, seq);

-- One row of the log for each day, kept apart: whoever rewrites the log or cuts off its end must also change what was
-- written down here, and what was exported from here.
create table audit_heads (
    -- In Ecuador.
    day text not null primary key,
    seq bigint not null,
    hash text not null,
    at_ms bigint not null
);
