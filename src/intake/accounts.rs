//! The embedded accounts as a portal uses them: whether a key opens the account, and the lock after too many wrong ones. Of the
//! service itself nothing depends on it; the demonstration shows with it what a key is for (PRODUCT S37).

use secrecy::SecretString;

use super::{Intake, IntakeError};
use crate::argon;
use crate::domain::{BranchCode, Ruc};

/// What came of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// The key opens the account.
    Open,
    /// It does not, or there is no such account: told alike.
    Wrong,
    /// The account is locked, whatever the key.
    Locked,
}

impl Intake {
    /// Tries a key on an embedded account.
    pub async fn log_in(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
        password: SecretString,
    ) -> Result<Login, IntakeError> {
        let store = self.store();
        if store.is_locked(ruc, branch).await? {
            return Ok(Login::Locked);
        }
        let Some(hash) = store.password_hash(ruc, branch).await? else {
            return Ok(Login::Wrong);
        };
        let fits = self
            .blocking(move || argon::matches(&password, &hash))
            .await?;
        if fits {
            store.login_succeeded(ruc, branch).await?;
            return Ok(Login::Open);
        }
        let most = self.settings().login_failures;
        let locked = store.login_failed(ruc, branch, most, self.now()).await?;
        Ok(if locked { Login::Locked } else { Login::Wrong })
    }
}
