//! Accounts that somebody stopped with «no fui yo», for whoever supervises: until the company signs another petition no case
//! tells of them.

use jiff::Timestamp;

use super::{Intake, IntakeError};
use crate::domain::{BranchCode, PetitionNumber, Ruc};
use crate::store::AlarmKind;

/// An account that is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedAccount {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// Its name.
    pub legal_name: String,
    /// The petition whose notice was answered.
    pub number: PetitionNumber,
    /// Since when.
    pub since: Timestamp,
}

/// So many of the latest alarms are looked through.
const LATEST: i64 = 50;

impl Intake {
    /// Accounts that are stopped, the one stopped last first, as far as the latest alarms tell of them.
    pub async fn stopped_accounts(&self) -> Result<Vec<StoppedAccount>, IntakeError> {
        let store = self.store();
        let mut stopped: Vec<StoppedAccount> = Vec::new();
        for raised in store.alarms(AlarmKind::AccountFrozen, LATEST).await? {
            let number = raised.alarm.number;
            let petition = store.petition(&number).await?;
            let Some(content) = petition.and_then(|petition| petition.content) else {
                continue;
            };
            let (ruc, branch) = (content.ruc, content.branch);
            if stopped
                .iter()
                .any(|one| one.ruc == ruc && one.branch == branch)
            {
                continue;
            }
            let Some(record) = store.employer(&ruc, &branch).await? else {
                continue;
            };
            // Freed again, it is in nobody's way.
            if let Some(since) = record.frozen_since {
                stopped.push(StoppedAccount {
                    ruc,
                    branch,
                    legal_name: record.employer.legal_name,
                    number,
                    since,
                });
            }
        }
        Ok(stopped)
    }
}
