//! What happens because time passes: alarms about petitions that wait too long, an archive for what was never completed, and
//! mails that came back, and evidence that is not in the log yet. Nothing is decided here.
//!
//! Of several processes one does it, elected by a lease each time anew; all of it may be done twice, or by one that stood
//! still meanwhile, without harm. The folder of returned mails is each machine's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use super::{Carriers, deliveries};
use crate::intake::{Intake, IntakeError, LEASE};
use crate::mail::bounce::{self, Bounce};
use crate::store::Round;
use crate::threads;

/// How often the clock is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(30);
/// Files of the folder that are read in one round.
const MOST_FILES: usize = 200;

/// Clocks that differ by more make links and terms of one process look wrong to another.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

/// Everything whose time has come, on this machine or as the one of all processes whose turn it is.
pub(super) async fn look(intake: &Intake, carriers: &Carriers) -> Result<(), IntakeError> {
    // One that fails does not keep the others from being done.
    let compared = compare_clocks(intake).await;
    let read = bounces(intake, carriers).await;
    let work = async {
        let done = deadlines(intake).await;
        intake.store().count_hours(intake.now()).await?;
        done
    };
    in_turn(intake, Round::Deadlines, EVERY, Box::pin(work)).await?;
    compared?;
    read
}

/// Does a round if it is due and nobody else does it; the next one is due after `pause`, whoever does it.
pub(super) async fn in_turn(
    intake: &Intake,
    round: Round,
    pause: Duration,
    work: impl Future<Output = Result<(), IntakeError>>,
) -> Result<(), IntakeError> {
    let now = intake.now();
    let Some(held) = intake.store().claim_round(round, now, now + LEASE).await? else {
        return Ok(());
    };
    let done = intake.while_held(&held, work).await.unwrap_or(Ok(()));
    let pause = SignedDuration::try_from(pause).unwrap_or(LEASE);
    intake.store().end_round(&held, now + pause).await?;
    done
}

/// Alarms, the archive, and evidence.
pub(super) async fn deadlines(intake: &Intake) -> Result<(), IntakeError> {
    let rung = intake.ring_deadlines().await;
    let late = deliveries::ring(intake).await;
    let archived = intake.archive_lapsed().await;
    if archived.as_ref().is_ok_and(|archived| *archived > 0) {
        intake.message_waits();
    }
    let fixed = intake.fix_all_evidence().await;
    rung?;
    late?;
    archived?;
    fixed?;
    Ok(())
}

/// What came back to this machine.
pub(super) async fn bounces(intake: &Intake, carriers: &Carriers) -> Result<(), IntakeError> {
    if let Some(folder) = &carriers.bounces {
        read_bounces(intake, folder).await?;
    }
    Ok(())
}

async fn compare_clocks(intake: &Intake) -> Result<(), IntakeError> {
    let ahead = intake.store().measure_clock().await?;
    if ahead.abs() > CLOCKS_DIFFER {
        tracing::error!(
            ahead_ms = ahead.as_millis(),
            "the clock of the database differs from ours: one of them is wrong"
        );
    }
    if let Some(behind) = intake.store().clock_behind(intake.now()).await? {
        tracing::error!(
            behind_seconds = behind.as_secs(),
            "our clock is behind what the log was written by: it is wrong now, or was then, and certificates are judged by it"
        );
    }
    Ok(())
}

/// A file of the folder, and the failure it tells of.
struct Notification {
    path: PathBuf,
    bounce: Option<Bounce>,
}

/// Reads what came back. A notification that was understood is removed: what it says stands beside its message. Everything
/// else goes into the subfolder `otros`, for a person.
async fn read_bounces(intake: &Intake, folder: &Path) -> Result<(), IntakeError> {
    let (from, to) = (folder.to_owned(), folder.join("otros"));
    let found = match on_disk(move || notifications(&from)).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "the folder of returned mails can't be read");
            return Ok(());
        }
    };
    for Notification { path, bounce } in found {
        let known = match &bounce {
            Some(bounce) => intake.mail_came_back(bounce).await,
            None => Ok(false),
        };
        let known = match known {
            // What this one names can't be read: that is no reason to wait with the others.
            Err(error @ IntakeError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, "a returned mail can't be noted");
                false
            }
            Ok(known) => known,
        };
        let to = to.clone();
        let put_away = on_disk(move || {
            if known {
                std::fs::remove_file(&path)
            } else {
                put_aside(&path, &to)
            }
        });
        if let Err(error) = put_away.await
            // Another process reads the same folder.
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(%error, "a returned mail can't be put away");
        }
    }
    Ok(())
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let done = threads::occupy(work).await;
    done.map_err(std::io::Error::other).flatten()
}

fn put_aside(path: &Path, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default();
    std::fs::rename(path, folder.join(name))
}

/// The `.eml` files of a folder, in the order of their names; what begins with a full stop is being written.
fn notifications(folder: &Path) -> std::io::Result<Vec<Notification>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            !name.to_string_lossy().starts_with('.')
        })
        .collect();
    paths.sort();
    paths.truncate(MOST_FILES);
    Ok(paths.into_iter().filter_map(notification).collect())
}

/// What a file tells of; one that can't be read tells nothing, and one that is gone was taken by another process.
fn notification(path: PathBuf) -> Option<Notification> {
    let read = || {
        let small = std::fs::metadata(&path)?.len() <= bounce::LARGEST;
        let bytes = small.then(|| std::fs::read(&path)).transpose()?;
        Ok::<_, std::io::Error>(bytes.as_deref().and_then(bounce::read))
    };
    let bounce = match read() {
        Ok(bounce) => bounce,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::error!(%error, "a returned mail can't be read");
            None
        }
    };
    Some(Notification { path, bounce })
}
