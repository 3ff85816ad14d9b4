//! Heads of the audit log outside of the database: one small file per day, `2026-11-21.json`, and beside it the operator's
//! seal, `2026-11-21.json.p7s`, when there is one. Copied elsewhere, by anybody who wants to be sure, they make it
//! impossible to rewrite the log up to that day without being found out (PRODUCT threat 20).

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::store::AuditHead;

/// Why heads can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// A file or the folder.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
    /// A file that holds no head.
    #[error("{} holds no head of the log", .0.display())]
    Unreadable(PathBuf),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> HeadError {
    let path = path.to_owned();
    |error| HeadError::File { path, error }
}

/// The bytes of a head's file: what a seal is put on.
fn bytes(head: &AuditHead) -> Vec<u8> {
    // Dates, numbers and hexadecimal digits: nothing that JSON could not hold.
    let mut bytes = serde_json::to_vec(head).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Writes a head into `folder`, which is made when it is missing. What is there already stays as it is: a head that was
/// written down once is never written again.
///
/// # Errors
/// When it can't be written.
pub fn export(folder: &Path, head: &AuditHead) -> Result<(), HeadError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let file = folder.join(format!("{}.json", head.day));
    write_once(&file, &bytes(head)).map_err(at(&file))
}

/// Whole or not at all, and never over what is there.
fn write_once(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, bytes)?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Heads of which no file is in `folder`.
#[must_use]
pub fn missing(folder: &Path, heads: Vec<AuditHead>) -> Vec<AuditHead> {
    let there = |head: &AuditHead| folder.join(format!("{}.json", head.day)).exists();
    heads.into_iter().filter(|head| !there(head)).collect()
}

/// Reads heads from a file (one JSON object per line) or from every `.json` file of a folder.
///
/// # Errors
/// When something can't be read, or holds no head.
pub fn read(path: &Path) -> Result<Vec<AuditHead>, HeadError> {
    let mut heads = Vec::new();
    for file in files(path)? {
        let text = fs::read_to_string(&file).map_err(at(&file))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let read: Vec<AuditHead> = lines
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(|_| HeadError::Unreadable(file.clone()))?;
        if read.is_empty() {
            return Err(HeadError::Unreadable(file));
        }
        heads.extend(read);
    }
    Ok(heads)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, HeadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(at(path))? {
        let file = entry.map_err(at(path))?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::Date;

    use super::*;

    fn head(seq: i64) -> AuditHead {
        AuditHead {
            day: Date::constant(2026, 11, 21),
            seq,
            hash: "ab".repeat(32),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_head_is_written_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let heads = folder.path().join("heads");
        assert_eq!(missing(&heads, vec![head(7)]), [head(7)]);
        export(&heads, &head(7)).unwrap();
        export(&heads, &head(8)).unwrap();
        assert_eq!(read(&heads).unwrap(), [head(7)]);
        assert_eq!(read(&heads.join("2026-11-21.json")).unwrap(), [head(7)]);
        assert!(missing(&heads, vec![head(7)]).is_empty());
        assert_eq!(fs::read_dir(&heads).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn what_is_no_head_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("empty.json", "\n"), ("other.json", "{\"seq\": 1}")] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            assert!(
                matches!(read(&file), Err(HeadError::Unreadable(_))),
                "{name}"
            );
        }
        assert!(matches!(
            read(&folder.path().join("gone")),
            Err(HeadError::File { .. })
        ));
    }
}
