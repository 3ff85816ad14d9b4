//! What happens because time passes: alarms about petitions that wait too long, an archive for what was never completed, and
//! mails that came back. Nothing is decided here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Carriers;
use crate::intake::{Intake, IntakeError};
use crate::mail::bounce::{self, Bounce};

/// How often the clock is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(30);
/// Files of the folder that are read in one round.
const MOST_FILES: usize = 200;

/// Everything whose time has come.
pub(super) async fn round(intake: &Intake, carriers: &Carriers) -> Result<(), IntakeError> {
    intake.ring_deadlines().await?;
    if intake.archive_lapsed().await? > 0 {
        intake.message_waits();
    }
    if let Some(folder) = &carriers.bounces {
        read_bounces(intake, folder).await?;
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
    let found = tokio::task::spawn_blocking(move || notifications(&from)).await;
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
        if let Err(error) = put_away {
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
