//! What happens because time passes: alarms about petitions that wait too long, an archive for what was never completed, and
//! mails that came back, and evidence that is not in the log yet. Nothing is decided here.
//!
//! Of several processes one does it, elected by a lease each time anew; all of it may be done twice, or by one that stood
//! still meanwhile, without harm. The folder of returned mails is each machine's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use super::Carriers;
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
    compare_clocks(intake).await?;
    bounces(intake, carriers).await?;
    let work = async {
        deadlines(intake).await?;
        intake.store().count_hours(intake.now()).await?;
        Ok(())
    };
    in_turn(intake, Round::Deadlines, EVERY, Box::pin(work)).await
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

/// Alarms, and the archive.
pub(super) async fn deadlines(intake: &Intake) -> Result<(), IntakeError> {
    intake.ring_deadlines().await?;
    if intake.archive_lapsed().await? > 0 {
        intake.message_waits();
    }
    intake.fix_all_evidence().await?;
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
    let found = threads::occupy(move || notifications(&from)).await;
    let found = match found.map_err(std::io::Error::other).flatten() {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "the folder of returned mails can't be read");
            return Ok(());
        }
    };
    for Notification { path, bounce } in found {
        let known = match &bounce {
            Some(bounce) => intake.mail_came_back(bounce).await?,
            None => false,
        };
        let put_away = if known {
            std::fs::remove_file(&path)
        } else {
            put_aside(&path, &to)
        };
        if let Err(error) = put_away
            // Another process reads the same folder.
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(%error, "a returned mail can't be put away");
        }
    }
    Ok(())
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
    let read = |path: PathBuf| {
        let small = std::fs::metadata(&path)?.len() <= bounce::LARGEST;
        let bounce = if small {
            bounce::read(&std::fs::read(&path)?)
        } else {
            None
        };
        Ok(Notification { path, bounce })
    };
    paths.into_iter().map(read).collect()
}
