-- What follows from a decision: messages by mail and SMS with all that is known of their way, the new key handed to the
-- portal, locked accounts, alarms for the operator, and the address that a password petition waits for.

-- mail or sms; outbox.recipient is an address or a telephone number accordingly.
alter table outbox add column channel text not null default 'mail';
-- What a text needs besides its petition, as JSON.
alter table outbox add column facts text;
-- What the mail server said when it took it, for example its queue number.
alter table outbox add column server_answer text;
-- How often sending has failed and was noted. An attempt more than that was cut off, with its process perhaps.
alter table outbox add column failures bigint not null default 0;
-- When and why it came back after it had been taken.
alter table outbox add column bounced_ms bigint;
alter table outbox add column bounce_reason text;

-- A new key, or an unblocking, on its way to the portal of another system.
create table portal_deliveries (
    id text not null primary key,
    -- Grows with every delivery; a portal takes no number below the last one of the same employer.
    sequence bigint not null,
    -- set_password or unblock
    kind text not null,
    number text not null,
    ruc text not null,
    branch text not null,
    -- The key as the portal shall have it: an Argon2id string, or sealed with the configured key. Empty once delivered.
    payload text,
    created_ms bigint not null,
    due_ms bigint not null,
    lease_until_ms bigint not null,
    attempts bigint not null,
    failures bigint not null,
    -- pending, delivered, parked or withdrawn
    state text not null,
    ended_ms bigint,
    last_error text
);
create index portal_deliveries_due on portal_deliveries (state, due_ms);
create index portal_deliveries_of_employer on portal_deliveries (ruc, branch, state, sequence);
create index portal_deliveries_of_petition on portal_deliveries (number, sequence);

-- Failed logins of the embedded accounts.
create table lockouts (
    ruc text not null,
    branch text not null,
    failures bigint not null,
    -- Set when there were too many: no key opens the account until it is unblocked.
    locked_ms bigint,
    primary key (ruc, branch)
);

-- Raised once each; the id names what it is about.
create table alarms (
    id text not null primary key,
    kind text not null,
    number text not null,
    -- The message, the delivery or the petition.
    subject text not null,
    raised_ms bigint not null
);
create index alarms_by_kind on alarms (kind, raised_ms);

-- A change of address that was begun because a password petition lacked one: once the address is confirmed, that petition is
-- decided again.
create table resumptions (
    number text not null primary key,
    resumes text not null
);

create index petitions_by_state on petitions (state, number);
-- By which an address is found though it is protected: a digest of it under the current key.
alter table employers add column email_mark text;
create index employers_by_email_mark on employers (email_mark);
