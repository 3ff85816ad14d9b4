//! Where members are signed in. Only the digest of a session's token is known here, so a stolen database opens nothing;
//! the digest is also the name by which a session is listed and closed.

use jiff::Timestamp;
use serde_json::json;

use super::super::sql::{Row, query};
use super::super::{Store, StoreError, Writing, moment, moved, parsed};
use super::audit_member;
use crate::domain::{Acting, Event, Member, Sha256, UserName};

const OPEN: &str = "insert into sessions (hash, user_name, address, created_ms, seen_ms, expires_ms) \
                    values ($1, $2, $3, $4, $4, $5)";
macro_rules! session_columns {
    () => {
        "hash, user_name, address, created_ms, seen_ms, expires_ms"
    };
}
const SESSION: &str = concat!(
    "select ",
    session_columns!(),
    " from sessions where hash = $1 and ended_ms is null"
);
const OPEN_SESSIONS: &str = concat!(
    "select ",
    session_columns!(),
    " from sessions where ended_ms is null and created_ms >= $1 order by created_ms desc limit 500"
);
const IS_IN: &str =
    "select user_name from sessions where hash = $1 and user_name = $2 and ended_ms is null";
const SEEN: &str =
    "update sessions set seen_ms = $1 where hash = $2 and ended_ms is null and seen_ms < $1";
const END: &str =
    "update sessions set ended_ms = $1 where hash = $2 and user_name = $3 and ended_ms is null";
const END_ALL: &str = "update sessions set ended_ms = $1 where user_name = $2 and ended_ms is null";
const END_ALL_BUT: &str =
    "update sessions set ended_ms = $1 where user_name = $2 and ended_ms is null and hash <> $3";
const TAKE_STEP: &str = "update members set totp_step = $1 where user_name = $2 and totp_step < $1 and disabled_ms is null";
const USE_CODE: &str =
    "update recovery_codes set used_ms = $1 where hash = $2 and user_name = $3 and used_ms is null";
const KEEP_DEVICE: &str = "insert into devices (hash, user_name, created_ms, expires_ms) values ($1, $2, $3, $4) \
                           on conflict (hash) do nothing";
const DEVICE: &str =
    "select user_name from devices where hash = $1 and user_name = $2 and expires_ms > $3";
const FORGET_DEVICES: &str = "delete from devices where user_name = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    OPEN,
    SESSION,
    OPEN_SESSIONS,
    IS_IN,
    SEEN,
    END,
    END_ALL,
    END_ALL_BUT,
    TAKE_STEP,
    USE_CODE,
    KEEP_DEVICE,
    DEVICE,
    FORGET_DEVICES,
];

/// What somebody showed besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: only where no second factor is asked for.
    PasswordOnly,
    /// The code of this time step.
    Step(i64),
    /// The recovery code with this digest.
    RecoveryCode(Sha256),
}

/// A session that is about to begin.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Digest of its token.
    pub hash: Sha256,
    /// Whose it is.
    pub member: &'a Member,
    /// What was shown besides the password.
    pub proof: Proof,
    /// Network address it came from.
    pub address: &'a str,
    /// Digest of the token that marks this browser, and until when.
    pub device: (Sha256, Timestamp),
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// A session that has not been ended; it may be past its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Digest of its token: its name.
    pub hash: Sha256,
    /// Whose it is.
    pub user: UserName,
    /// Network address it came from.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl Store {
    /// Begins a session, using up what was shown.
    ///
    /// # Errors
    /// `Stale` when the code was used before, or the member was disabled meanwhile.
    pub async fn open_session(
        &self,
        new: &NewSession<'_>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let user = &new.member.user;
        let mut writing = self.begin().await?;
        let (device, device_until) = new.device;
        let proof = match new.proof {
            Proof::PasswordOnly => "password",
            Proof::Step(step) => {
                let taken = query(TAKE_STEP)
                    .bind(step)
                    .bind(user.as_str())
                    .execute(&mut *writing)
                    .await?;
                moved(taken)?;
                "totp"
            }
            Proof::RecoveryCode(code) => {
                let used = query(USE_CODE)
                    .bind(at.as_millisecond())
                    .bind(code.to_string())
                    .bind(user.as_str())
                    .execute(&mut *writing)
                    .await?;
                moved(used)?;
                "recovery_code"
            }
        };
        query(OPEN)
            .bind(new.hash.to_string())
            .bind(user.as_str())
            .bind(new.address)
            .bind(at.as_millisecond())
            .bind(new.expires_at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        query(KEEP_DEVICE)
            .bind(device.to_string())
            .bind(user.as_str())
            .bind(at.as_millisecond())
            .bind(device_until.as_millisecond())
            .execute(&mut *writing)
            .await?;
        let actor = format!("{}/{user}", new.member.role);
        let facts = json!({ "from": new.address, "proof": proof, "session": short(new.hash) });
        audit_member(&mut writing, at, &actor, user, Event::SessionOpened, &facts).await?;
        writing.commit().await?;
        Ok(())
    }

    /// The session with this digest, unless it was ended.
    pub async fn session(&self, hash: Sha256) -> Result<Option<OpenSession>, StoreError> {
        let row = query(SESSION)
            .bind(hash.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(session).transpose()
    }

    /// Sessions that began at `since` or later and were not ended, the newest first.
    pub async fn open_sessions(&self, since: Timestamp) -> Result<Vec<OpenSession>, StoreError> {
        let rows = query(OPEN_SESSIONS)
            .bind(since.as_millisecond())
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(session).collect()
    }

    /// Notes that a session is in use.
    pub async fn session_seen(&self, hash: Sha256, at: Timestamp) -> Result<(), StoreError> {
        query(SEEN)
            .bind(at.as_millisecond())
            .bind(hash.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a session of `user`.
    ///
    /// # Errors
    /// `Stale` when there is no such session of that member, or it had ended.
    pub async fn end_session(
        &self,
        hash: Sha256,
        user: &UserName,
        actor: &str,
        from: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let ended = query(END)
            .bind(at.as_millisecond())
            .bind(hash.to_string())
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        moved(ended)?;
        let facts = json!({ "from": from, "session": short(hash) });
        audit_member(&mut writing, at, actor, user, Event::SessionEnded, &facts).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Whether this browser has signed this member in completely before.
    pub async fn knows_device(
        &self,
        device: Sha256,
        user: &UserName,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = query(DEVICE)
            .bind(device.to_string())
            .bind(user.as_str())
            .bind(at.as_millisecond())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}

/// Whether somebody is still in who came in by a session: it was not ended, by themselves, a supervisor, or with their
/// membership. What needs no door is not asked for one.
pub(in crate::store) async fn is_in(
    writing: &mut Writing,
    acting: &Acting,
) -> Result<bool, StoreError> {
    let Some(session) = acting.session else {
        return Ok(true);
    };
    let row = query(IS_IN)
        .bind(session.to_string())
        .bind(acting.user.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    Ok(row.is_some())
}

/// Enough of a digest to tell sessions apart in the log.
fn short(hash: Sha256) -> String {
    hash.to_string().chars().take(12).collect()
}

/// Ends every session of somebody; how many there were.
pub(super) async fn end_all(
    writing: &mut Writing,
    user: &UserName,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let ended = query(END_ALL)
        .bind(at.as_millisecond())
        .bind(user.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(ended.rows_affected())
}

/// Ends every session of somebody but one.
pub(super) async fn end_all_but(
    writing: &mut Writing,
    user: &UserName,
    keep: Sha256,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let ended = query(END_ALL_BUT)
        .bind(at.as_millisecond())
        .bind(user.as_str())
        .bind(keep.to_string())
        .execute(&mut **writing)
        .await?;
    Ok(ended.rows_affected())
}

/// No browser is known for somebody any more.
pub(super) async fn forget_devices(
    writing: &mut Writing,
    user: &UserName,
) -> Result<(), StoreError> {
    query(FORGET_DEVICES)
        .bind(user.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

fn session(row: &Row) -> Result<OpenSession, StoreError> {
    const TABLE: &str = "sessions";
    Ok(OpenSession {
        hash: parsed(row, TABLE, "hash")?,
        user: parsed(row, TABLE, "user_name")?,
        address: row.try_get("address")?,
        created_at: moment(row, TABLE, "created_ms")?,
        seen_at: moment(row, TABLE, "seen_ms")?,
        expires_at: moment(row, TABLE, "expires_ms")?,
    })
}
