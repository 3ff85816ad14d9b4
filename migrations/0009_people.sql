-- The people of the back office: who they are, how they prove it, and where they are signed in.

create table members (
    user_name text not null primary key,
    full_name text not null,
    -- reviewer, supervisor or auditor
    role text not null,
    email text,
    document text,
    created_ms bigint not null,
    disabled_ms bigint,
    -- Argon2id string; empty until the one-time link has been used.
    password_hash text,
    -- Secret of the second factor, sealed; empty when there is none.
    totp_secret text,
    -- The last time step that was accepted: it is not taken twice.
    totp_step bigint not null
);

-- Employers that somebody must not decide about.
create table member_ties (
    user_name text not null,
    ruc text not null,
    primary key (user_name, ruc),
    foreign key (user_name) references members (user_name)
);

-- One-time links with which somebody chooses a password and sets up the second factor.
create table enrolments (
    hash text not null primary key,
    user_name text not null,
    totp_secret text,
    created_ms bigint not null,
    expires_ms bigint not null,
    -- Used, or replaced by a newer one.
    dead_ms bigint
);
create index enrolments_of_member on enrolments (user_name);

create table recovery_codes (
    hash text not null primary key,
    user_name text not null,
    used_ms bigint
);
create index recovery_codes_of_member on recovery_codes (user_name);

create table sessions (
    hash text not null primary key,
    user_name text not null,
    address text not null,
    created_ms bigint not null,
    seen_ms bigint not null,
    expires_ms bigint not null,
    ended_ms bigint
);
create index sessions_of_member on sessions (user_name, ended_ms);
create index sessions_open on sessions (ended_ms, created_ms);

-- Browsers that have signed in completely before: strangers' failures don't slow them down.
create table devices (
    hash text not null primary key,
    user_name text not null,
    created_ms bigint not null,
    expires_ms bigint not null
);
create index devices_of_member on devices (user_name);

-- Failed sign-ins by digest of whatever they are counted by.
create table sign_in_failures (
    place text not null primary key,
    failures bigint not null,
    last_ms bigint not null
);
create index sign_in_failures_age on sign_in_failures (last_ms);
