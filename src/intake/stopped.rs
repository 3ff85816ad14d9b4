//! Accounts that somebody stopped with «no fui yo», for whoever supervises: until the company signs another petition no case
//! tells of them.

use jiff::Timestamp;

use super::{Intake, IntakeError};
use crate::domain::{BranchCode, PetitionNumber, Ruc};

/// An account that is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedAccount {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// Its name.
    pub legal_name: String,
    /// The petition whose notice was answered last, if it is still known.
    pub number: Option<PetitionNumber>,
    /// Since when.
    pub since: Timestamp,
}

/// So many are listed.
const MOST: i64 = 50;

impl Intake {
    /// Accounts that are stopped, the one stopped last first.
    pub async fn stopped_accounts(&self) -> Result<Vec<StoppedAccount>, IntakeError> {
        let store = self.store();
        let mut accounts = Vec::new();
        for stopped in store.stopped(MOST).await? {
            let record = store.employer(&stopped.ruc, &stopped.branch).await?;
            accounts.extend(record.map(|record| StoppedAccount {
                ruc: stopped.ruc,
                branch: stopped.branch,
                legal_name: record.employer.legal_name,
                number: stopped.number,
                since: stopped.since,
            }));
        }
        Ok(accounts)
    }
}
