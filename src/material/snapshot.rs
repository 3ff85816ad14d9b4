//! The whole trust folder as one value, so that several machines can have the same one.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::trust_folder::{pem, write};
use super::{Defect, MaterialError, TrustFolder, files};
use crate::domain::Sha256;
use crate::verify::Certificate;

/// What a trust folder holds, whatever its files are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// DER in base64, in order.
    roots: Vec<String>,
    /// The same for certificates between signers and roots.
    intermediates: Vec<String>,
    /// What is added to the table of entities; empty when nothing is.
    entities: String,
}

/// What this machine and the others agreed on last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// Nothing yet.
    Never,
    /// On the snapshot with this digest.
    On(Sha256),
    /// A snapshot was being taken over.
    TakingOver,
}

/// What stands in the note while the folder is between two snapshots.
const TAKING_OVER: &str = "taking over";

impl Snapshot {
    /// Whether anybody is trusted by it.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        !self.roots.is_empty()
    }

    /// The same without any root.
    #[cfg(test)]
    pub(crate) fn forget_roots(&mut self) {
        self.roots.clear();
    }

    /// As it is stored.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// What was stored; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Names it.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.to_text().as_bytes())
    }
}

impl TrustFolder {
    /// Everything in it.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn snapshot(&self) -> Result<Snapshot, MaterialError> {
        let (roots, intermediates) = self.certificates()?;
        let coded = |certificates: Vec<Certificate>| {
            let mut coded: Vec<String> = certificates
                .iter()
                .map(|certificate| STANDARD.encode(certificate.der()))
                .collect();
            coded.sort();
            coded.dedup();
            coded
        };
        Ok(Snapshot {
            roots: coded(roots),
            intermediates: coded(intermediates),
            entities: optional(&self.entities)?.unwrap_or_default(),
        })
    }

    /// Makes the folder hold exactly this, unless it is no more what it was when that was decided: what somebody changed meanwhile
    /// is not overwritten. Answers whether it was done. First comes what is missing, then away with the rest, so that at no
    /// moment somebody who stays is missing. Killed in between, it is done again ([`Agreed::TakingOver`]).
    ///
    /// # Errors
    /// When the snapshot holds something else than certificates, or the folder can't be written.
    pub fn take_over(&self, snapshot: &Snapshot, was: &Snapshot) -> Result<bool, MaterialError> {
        let (roots, intermediates) = (parsed(&snapshot.roots)?, parsed(&snapshot.intermediates)?);
        let _alone = self.lock()?;
        if self.snapshot()? != *was {
            return Ok(false);
        }
        write(&self.note(), TAKING_OVER.as_bytes())?;
        // The table first: it says on which terms the certificates count.
        if optional(&self.entities)?.unwrap_or_default() != snapshot.entities {
            write(&self.entities, snapshot.entities.as_bytes())?;
        }
        for (folder, certificates) in [(&self.roots, roots), (&self.intermediates, intermediates)] {
            replace(folder, &certificates)?;
        }
        self.agree(snapshot)?;
        Ok(true)
    }

    /// Notes that the others have this too.
    ///
    /// # Errors
    /// When the note can't be written.
    pub fn agree(&self, snapshot: &Snapshot) -> Result<(), MaterialError> {
        if self.agreed()? == Agreed::On(snapshot.digest()) {
            return Ok(());
        }
        write(&self.note(), snapshot.digest().to_string().as_bytes())
    }

    /// What was agreed on last.
    ///
    /// # Errors
    /// When the note can't be read.
    pub fn agreed(&self) -> Result<Agreed, MaterialError> {
        Ok(match optional(&self.note())? {
            Some(text) if text == TAKING_OVER => Agreed::TakingOver,
            Some(text) => text.trim().parse().map_or(Agreed::Never, Agreed::On),
            None => Agreed::Never,
        })
    }

    /// Beside the table of additions.
    fn note(&self) -> PathBuf {
        self.entities.with_extension("agreed")
    }
}

fn parsed(coded: &[String]) -> Result<Vec<Certificate>, MaterialError> {
    let unusable = |reason: String| MaterialError::Unusable {
        path: PathBuf::from("the shared trust"),
        reason: Defect::Table(reason),
    };
    let certificate = |text: &String| {
        let der = STANDARD
            .decode(text)
            .map_err(|error| unusable(error.to_string()))?;
        Certificate::parse(der).map_err(|error| unusable(error.to_string()))
    };
    coded.iter().map(certificate).collect()
}

fn replace(folder: &Path, certificates: &[Certificate]) -> Result<(), MaterialError> {
    let mut kept = Vec::new();
    for certificate in certificates {
        let file = folder.join(format!("{}.pem", certificate.sha256()));
        write(&file, pem(certificate).as_bytes())?;
        kept.push(file);
    }
    if !folder.exists() {
        return Ok(());
    }
    for file in files(folder)? {
        if !kept.contains(&file) {
            fs::remove_file(&file).map_err(|source| MaterialError::Unreadable {
                path: file.clone(),
                source,
            })?;
        }
    }
    Ok(())
}

fn optional(path: &Path) -> Result<Option<String>, MaterialError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MaterialError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}
