//! Failed logins of the embedded accounts: after too many in a row the account is locked, whatever key comes next, until a
//! signed petition unblocks it (PRODUCT S37).

use jiff::Timestamp;

use super::sql::query;
use super::{Store, StoreError, Writing, audit};
use crate::domain::{BranchCode, Event, Ruc, Sha256};

const FAILED: &str = "insert into lockouts (ruc, branch, failures) values ($1, $2, 1) \
                      on conflict (ruc, branch) do update set failures = lockouts.failures + 1 returning failures";
const LOCK: &str =
    "update lockouts set locked_ms = $1 where ruc = $2 and branch = $3 and locked_ms is null";
const FORGET: &str =
    "update lockouts set failures = 0 where ruc = $1 and branch = $2 and locked_ms is null";
const OPEN: &str =
    "update lockouts set failures = 0, locked_ms = null where ruc = $1 and branch = $2";
const LOCKED: &str =
    "select ruc from lockouts where ruc = $1 and branch = $2 and locked_ms is not null";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FAILED, LOCK, FORGET, OPEN, LOCKED];

/// Opens a locked account; opening an open one changes nothing.
pub(super) async fn open(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<(), StoreError> {
    query(OPEN)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// A login failed; the account is locked when it was the `most`th in a row. Whether it is locked now.
    pub async fn login_failed(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
        most: i64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let row = query(FAILED)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_one(&mut *writing)
            .await?;
        let locked = row.try_get::<i64>("failures")? >= most;
        if locked {
            let now_locked = query(LOCK)
                .bind(at.as_millisecond())
                .bind(ruc.as_str())
                .bind(branch.as_str())
                .execute(&mut *writing)
                .await?;
            if now_locked.rows_affected() == 1 {
                // The number of a natural person would be personal data: the log names the account by its digest.
                let account = Sha256::of(format!("{ruc}/{branch}").as_bytes()).to_string();
                let facts = serde_json::json!({});
                audit::append(
                    &mut writing,
                    at,
                    "portal",
                    &account,
                    Event::AccountLocked,
                    &facts,
                )
                .await?;
            }
        }
        writing.commit().await?;
        Ok(locked)
    }

    /// A login succeeded: earlier failures no longer count.
    pub async fn login_succeeded(&self, ruc: &Ruc, branch: &BranchCode) -> Result<(), StoreError> {
        query(FORGET)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Whether the account is locked.
    pub async fn is_locked(&self, ruc: &Ruc, branch: &BranchCode) -> Result<bool, StoreError> {
        let row = query(LOCKED)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}
