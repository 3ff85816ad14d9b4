//! Accounts that somebody stopped with «no fui yo», for whoever supervises: until the company signs another petition no case
//! tells of them. And stopping one in the place of a company that has no link any more.

use jiff::Timestamp;

use super::effects::{BY_STAFF, stop_notices};
use super::{Intake, IntakeError};
use crate::domain::{BranchCode, EmailAddress, PetitionNumber, Ruc, State};
use crate::store::{AccountStop, AlarmKind, Store, StoreError};

/// What came of «no fui yo».
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Whether no address is on file any more, so that the petition that frees the account must name one.
    pub address_wanted: bool,
}

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
/// So many petitions are looked at for the one that is denied.
const LATEST: i64 = 50;

/// What is stopped for a company that says so by another way than the link of its messages.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// The petition that it denies; the one that was approved last when absent.
    pub denied: Option<PetitionNumber>,
    /// Who stops it.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// Characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 5..=500;

/// A reason as it may be kept; `None` when it says too little or too much.
#[must_use]
pub fn reason_of(typed: &str) -> Option<String> {
    let kept = |c: &char| !c.is_control() || *c == '\n';
    let reason: String = typed.trim().chars().filter(kept).collect();
    REASON.contains(&reason.chars().count()).then_some(reason)
}

/// Stops an account until people have approved another petition: whoever supervises is told, and whoever was told of what is denied.
/// Whether the registry knows the employer; otherwise nothing is done.
pub async fn stop_account(
    store: &Store,
    stop: &Stop,
    operator: Option<&EmailAddress>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (ruc, branch) = (&stop.ruc, &stop.branch);
    let Some(record) = store.employer(ruc, branch).await? else {
        return Ok(false);
    };
    let denied = match &stop.denied {
        Some(number) => Some(number.clone()),
        None => approved_last(store, ruc, branch).await?,
    };
    let messages = match &denied {
        Some(number) => {
            let petition = store.petition(number).await?.ok_or(StoreError::Stale)?;
            let told = store.messages_of(number).await?;
            stop_notices(&petition, &told, Some(&record), now)
        }
        None => Vec::new(),
    };
    let messages: Vec<_> = messages
        .into_iter()
        .map(|notice| notice.with_fact(BY_STAFF, true))
        .collect();
    let stop = AccountStop {
        ruc,
        branch,
        denied: denied.as_ref(),
        by: &stop.by,
        reason: Some(&stop.reason),
        operator,
    };
    store.stop_account(&stop, &messages, now).await?;
    tracing::warn!(
        petition = denied.as_ref().map(PetitionNumber::as_str),
        alarm = AlarmKind::AccountFrozen.as_str(),
        "an account is stopped by the staff"
    );
    Ok(true)
}

/// The petition of an employer that was approved last; where there is none, the newest one.
async fn approved_last(
    store: &Store,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<Option<PetitionNumber>, StoreError> {
    let petitions = store.petitions_of(ruc, branch, LATEST).await?;
    let approved = petitions
        .iter()
        .filter(|one| matches!(one.state, State::Approved | State::Completed))
        .max_by_key(|one| one.decided_at);
    let denied = approved.or(petitions.first());
    Ok(denied.map(|one| one.number.clone()))
}

impl Intake {
    /// Stops an account in the place of its company; `NotFound` when the registry does not know it.
    pub async fn stop_account(&self, stop: &Stop) -> Result<(), IntakeError> {
        let operator = self.settings().alarm_email.as_ref();
        let known = stop_account(self.store(), stop, operator, self.now()).await?;
        self.message_waits();
        known.then_some(()).ok_or(IntakeError::NotFound)
    }

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
