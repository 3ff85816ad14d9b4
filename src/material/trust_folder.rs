//! The folder in which an operator keeps whom to trust: certificates of roots and subordinates, and `entities.toml` with
//! what is added to the table of entities (`verify::entities`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{MaterialError, certificates};
use crate::verify::entities::Additions;
use crate::verify::{Certificate, Entities, TrustStore};

/// Where the parts of the folder are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFolder {
    /// Roots.
    pub roots: PathBuf,
    /// Certificates between signers and roots.
    pub intermediates: PathBuf,
    /// What is added to the table.
    pub entities: PathBuf,
}

impl TrustFolder {
    /// The usual names inside one folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self {
            roots: folder.join("roots"),
            intermediates: folder.join("intermediates"),
            entities: folder.join("entities.toml"),
        }
    }

    /// What is added to the table; nothing when the file is missing.
    ///
    /// # Errors
    /// When the file can't be read or says something that makes no sense.
    pub fn additions(&self) -> Result<Additions, MaterialError> {
        if !self.entities.exists() {
            return Ok(Additions::default());
        }
        let text =
            fs::read_to_string(&self.entities).map_err(|source| MaterialError::Unreadable {
                path: self.entities.clone(),
                source,
            })?;
        toml::from_str(&text).map_err(|error| self.unusable(&error))
    }

    /// The table with what is added to it.
    ///
    /// # Errors
    /// As [`TrustFolder::additions`].
    pub fn table(&self) -> Result<Arc<Entities>, MaterialError> {
        let table = Entities::with(&self.additions()?).map_err(|error| self.unusable(&error))?;
        Ok(Arc::new(table))
    }

    fn unusable(&self, reason: &dyn std::fmt::Display) -> MaterialError {
        MaterialError::Unusable {
            path: self.entities.clone(),
            reason: reason.to_string(),
        }
    }

    /// Roots and intermediates; a missing folder holds nothing, and an empty store trusts nobody, which is safe.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn certificates(&self) -> Result<(Vec<Certificate>, Vec<Certificate>), MaterialError> {
        let read = |folder: &Path| {
            if folder.exists() {
                certificates(folder)
            } else {
                Ok(Vec::new())
            }
        };
        Ok((read(&self.roots)?, read(&self.intermediates)?))
    }

    /// The store: only pinned issuers speak for Ecuador when `strict`.
    ///
    /// # Errors
    /// When a file can't be read or makes no sense.
    pub fn store(&self, strict: bool) -> Result<TrustStore, MaterialError> {
        let (roots, intermediates) = self.certificates()?;
        let table = self.table()?;
        Ok(if strict {
            TrustStore::pinned(roots, intermediates, table)
        } else {
            TrustStore::with_entities(roots, intermediates, table)
        })
    }
}
