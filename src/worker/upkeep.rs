//! What is done now and then, by the calendar and not because of a petition: the daily head of the audit log,
//! deleting what is past its term, documents that nobody names, and alarms about what ends by its own calendar. One process does it for all; every machine keeps copies of
//! the heads.

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::audit::heads;
use crate::domain::calendar;
use crate::intake::{Intake, IntakeError, Terms, turn};
use crate::seal::Seal;
use crate::store::Round;

use super::schedule;

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
        let looked = async {
            let work = for_all(&intake, &upkeep.terms);
            schedule::in_turn(&intake, Round::Upkeep, LOOK_EVERY, work).await?;
            write_heads(&intake, &upkeep).await
        };
        if let Err(error) = looked.await {
            tracing::error!(%error, "upkeep could not be done; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Does what is due now, as if this were the only process.
pub async fn once(intake: &Intake, upkeep: &Upkeep) -> Result<(), IntakeError> {
    let done = for_all(intake, &upkeep.terms).await;
    write_heads(intake, upkeep).await?;
    done
}

/// Writes down the last row of the audit log for today, deletes what is past its term or belongs to nobody, and tells of what ends.
async fn for_all(intake: &Intake, terms: &Terms) -> Result<(), IntakeError> {
    let now = intake.now();
    let day = calendar::in_ecuador(now).date();
    // One that fails does not keep the others from being done.
    let headed = intake.store().record_head(day, now).await;
    let retired = intake.retire(terms).await;
    let tidied = intake.tidy([turn(now)]).await;
    let rung = intake.ring_endings().await;
    headed?;
    retired?;
    tidied?;
    rung?;
    Ok(())
}

/// Puts every head that is not there yet into the folder: after a crash in between, or when the folder was away.
async fn write_heads(intake: &Intake, upkeep: &Upkeep) -> Result<(), IntakeError> {
    for head in heads::missing(&upkeep.heads, intake.store().audit_heads().await?) {
        heads::export(&upkeep.heads, &head, upkeep.seal.as_ref())
            .map_err(|error| IntakeError::Internal(error.to_string()))?;
        tracing::info!(day = %head.day, row = head.seq, "head of the audit log written down");
    }
    Ok(())
}
