-- The back office: every petition that waits for a person is a case. Who decided what is appended, never changed.

create table cases (
    number text not null primary key,
    -- petition, appeal or counter
    kind text not null,
    -- first, second, supervisor, completion or closed
    phase text not null,
    -- 1 while somebody of the back office must act
    waits bigint not null,
    -- Counts how often it came into review; votes belong to a round.
    round bigint not null,
    -- The decisive reason of the machine, empty when there is none.
    reason text not null,
    -- What is asked, empty when nobody knows.
    action text not null,
    opened_ms bigint not null,
    -- The order of the queue: opened_ms, and for urgent cases so much less that they are negative.
    rank bigint not null,
    -- 1 when chance wants a second person
    second_look bigint not null,
    -- Who works on it, and until when without a sign of life.
    holder text,
    lease_until_ms bigint not null,
    -- Until when the company may complete.
    due_ms bigint,
    foreign key (number) references petitions (number)
);
-- Filters are columns of the index, so that counting touches nothing else.
create index cases_queue on cases (waits, rank, number, reason, action, phase, opened_ms);
create index cases_by_reason on cases (waits, reason, rank, number);
create index cases_held on cases (holder, lease_until_ms);
create index cases_due on cases (phase, due_ms);

create table case_acts (
    number text not null,
    -- 000001, 000002 … among the acts of the case
    place text not null,
    round bigint not null,
    -- User name of the member, or «company»
    member text not null,
    -- approve, refuse, complete, escalate, hand_over or appeal
    act text not null,
    reason text not null,
    note text not null,
    -- What the person read, as JSON, when the machine could not read it.
    content text,
    at_ms bigint not null,
    primary key (number, place)
);
create index case_acts_of_member on case_acts (member, at_ms);

-- Who must not decide a case: decided it before an appeal, or is tied to the employer.
create table case_barred (
    number text not null,
    member text not null,
    why text not null,
    primary key (number, member)
);

-- Employers in arrears (mora patronal): their petitions are urgent.
create table arrears (
    ruc text not null primary key,
    since_ms bigint not null
);

-- What an officer has seen at the counter; the scans are attachments of that kind.
create table case_ticks (
    number text not null,
    member text not null,
    item text not null,
    at_ms bigint not null,
    primary key (number, member, item)
);

-- Which petitions a person has signed, by the hash of the document number.
create table signers (
    document_hash text not null,
    number text not null,
    primary key (document_hash, number)
);

create index petitions_of_employer on petitions (ruc, branch, issued_ms);

insert into cases (number, kind, phase, waits, round, reason, action, opened_ms, rank, second_look, lease_until_ms)
    select number, 'petition', 'first', 1, 1, '', coalesce(action, ''), coalesce(decided_ms, issued_ms),
           coalesce(decided_ms, issued_ms), 0, 0
    from petitions where state = 'in_review';
