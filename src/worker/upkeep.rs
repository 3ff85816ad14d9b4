//! What is done now and then, by the calendar and not because of a petition: the daily head of the audit log,
//! deleting what is past its term, and documents that nobody names.

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::audit::heads;
use crate::domain::calendar;
use crate::intake::{Intake, IntakeError, Terms, turn};
use crate::seal::Seal;

/// How often to look whether something is due: a new day is noticed soon enough.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// What the operator decides about it.
#[derive(Debug, Clone)]
pub struct Upkeep {
    /// Folder for the heads of the audit log.
    pub heads: PathBuf,
    /// The operator's seal, put beside each head.
    pub seal: Option<Seal>,
    /// How long data are kept.
    pub terms: Terms,
}

/// Looks after things until `stop`.
pub async fn run(intake: Intake, upkeep: Upkeep, stop: CancellationToken) {
    loop {
        if let Err(error) = once(&intake, &upkeep).await {
            tracing::error!(%error, "upkeep could not be done; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Does what is due now.
pub async fn once(intake: &Intake, upkeep: &Upkeep) -> Result<(), IntakeError> {
    // One that fails does not keep the others from being done.
    let heads = write_heads(intake, upkeep).await;
    let retired = intake.retire(&upkeep.terms).await;
    let tidied = intake.tidy([turn(intake.now())]).await;
    retired?;
    tidied?;
    heads
}

/// Writes down the last row of the audit log for today, and puts every head that is not there yet into the folder: after
/// a crash in between, or when the folder was away.
async fn write_heads(intake: &Intake, upkeep: &Upkeep) -> Result<(), IntakeError> {
    let (store, now) = (intake.store(), intake.now());
    store
        .record_head(calendar::in_ecuador(now).date(), now)
        .await?;
    for head in heads::missing(&upkeep.heads, store.audit_heads().await?) {
        heads::export(&upkeep.heads, &head, upkeep.seal.as_ref())
            .map_err(|error| IntakeError::Internal(error.to_string()))?;
        tracing::info!(day = %head.day, row = head.seq, "head of the audit log written down");
    }
    Ok(())
}
