//! Heads of the audit log outside of the database: one small file per day, `2026-11-21.json`, and beside it the operator's
//! seal, `2026-11-21.json.p7s`, when there is one. Copied elsewhere, by anybody who wants to be sure, they make it
//! impossible to rewrite the log up to that day without being found out (PRODUCT threat 20).

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::domain::Sha256;
use crate::seal::{Seal, SealError, verify_detached};
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
    /// A file whose seal is not the operator's, or does not fit it.
    #[error("{}: its seal does not fit, or is another's", .0.display())]
    Forged(PathBuf),
    /// The seal could not be made.
    #[error("the head can't be sealed: {0}")]
    Seal(#[from] SealError),
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

/// Writes a head into `folder`, which is made when it is missing, with the operator's seal beside it. What is there already
/// stays as it is: a head that was written down once is never written again.
///
/// # Errors
/// When it can't be sealed or written.
pub fn export(folder: &Path, head: &AuditHead, seal: Option<&Seal>) -> Result<(), HeadError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let file = folder.join(format!("{}.json", head.day));
    let bytes = bytes(head);
    // The seal first: where the head is, its seal is too.
    if let Some(seal) = seal {
        let place = beside(&file);
        write_once(&place, &seal.sign_detached(&bytes)?).map_err(at(&place))?;
    }
    write_once(&file, &bytes).map_err(at(&file))
}

/// Where the seal of a head's file is.
fn beside(file: &Path) -> PathBuf {
    file.with_extension("json.p7s")
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

/// Reads heads from a file (one JSON object per line) or from every `.json` file of a folder. Where a seal stands beside a
/// file it must fit, and be by the certificate `operator`, where that is known.
///
/// # Errors
/// When something can't be read, holds no head, or has a seal that is not the operator's.
pub fn read(path: &Path, operator: Option<Sha256>) -> Result<Vec<AuditHead>, HeadError> {
    let mut heads = Vec::new();
    for file in files(path)? {
        let text = fs::read_to_string(&file).map_err(at(&file))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let read: Vec<AuditHead> = lines
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(|_| HeadError::Unreadable(file.clone()))?;
        let Some(first) = read.first() else {
            return Err(HeadError::Unreadable(file));
        };
        check_seal(&file, &text, first, operator)?;
        heads.extend(read);
    }
    Ok(heads)
}

fn check_seal(
    file: &Path,
    text: &str,
    head: &AuditHead,
    operator: Option<Sha256>,
) -> Result<(), HeadError> {
    let place = beside(file);
    let seal = match fs::read(&place) {
        Ok(seal) => seal,
        // A head of a time without a seal.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(&place)(error)),
    };
    let sealed_by = verify_detached(&seal, text.as_bytes(), head.at)
        .map_err(|_| HeadError::Forged(file.to_owned()))?;
    if operator.is_some_and(|operator| operator != sealed_by.sha256()) {
        return Err(HeadError::Forged(file.to_owned()));
    }
    Ok(())
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
        export(&heads, &head(7), None).unwrap();
        export(&heads, &head(8), None).unwrap();
        assert_eq!(read(&heads, None).unwrap(), [head(7)]);
        assert_eq!(
            read(&heads.join("2026-11-21.json"), None).unwrap(),
            [head(7)]
        );
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
                matches!(read(&file, None), Err(HeadError::Unreadable(_))),
                "{name}"
            );
        }
        assert!(matches!(
            read(&folder.path().join("gone"), None),
            Err(HeadError::File { .. })
        ));
    }

    #[test]
    fn a_seal_beside_a_head_must_be_the_operators() {
        let folder = tempfile::tempdir().unwrap();
        let seal = crate::seal::tests::fixture_seal("rosa");
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let head = AuditHead { at, ..head(7) };
        export(folder.path(), &head, Some(&seal)).unwrap();
        let operator = seal.certificate().sha256();
        let kept = read(folder.path(), Some(operator)).unwrap();
        assert_eq!(kept, std::slice::from_ref(&head));
        let stranger = read(folder.path(), Some(Sha256::of(b"another certificate")));
        assert!(matches!(stranger, Err(HeadError::Forged(_))));
        // Whoever writes the head anew can't seal it.
        let forged = AuditHead { seq: 6, ..head };
        fs::write(folder.path().join("2026-11-21.json"), bytes(&forged)).unwrap();
        let found = read(folder.path(), Some(operator));
        assert!(matches!(found, Err(HeadError::Forged(_))));
    }
}
