//! The folder in which an operator keeps whom to trust: certificates of roots and subordinates, and `entities.toml` with
//! what is added to the table of entities (`verify::entities`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Defect, MaterialError, certificates};
use crate::verify::entities::{Additions, Authority, Entity, Role, Status};
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
            reason: Defect::Table(reason.to_string()),
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

    /// Writes what is added to the table, whole and at once: `serve` may be reading it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_additions(&self, additions: &Additions) -> Result<(), MaterialError> {
        let text = toml::to_string(additions).map_err(|error| self.unusable(&error))?;
        let head = "# What `clavero trust` added to the table of entities (certs/ecuador.toml). Same form.\n\n";
        write(&self.entities, format!("{head}{text}").as_bytes())
    }

    /// Keeps a certificate where its role says. Answers whether it was not there yet.
    ///
    /// # Errors
    /// When the folder can't be read or written.
    pub fn keep(
        &self,
        certificate: &Certificate,
        authority: &Authority,
        entity: &str,
    ) -> Result<bool, MaterialError> {
        let (roots, intermediates) = self.certificates()?;
        let (folder, present) = match authority.role {
            Role::Root => (&self.roots, roots),
            Role::Subordinate => (&self.intermediates, intermediates),
        };
        if present.contains(certificate) {
            return Ok(false);
        }
        let fingerprint = certificate.sha256().to_string();
        let short = fingerprint.get(..16).unwrap_or(&fingerprint);
        let file = folder.join(format!("{entity}-{short}.pem"));
        write(&file, pem(certificate).as_bytes())?;
        Ok(true)
    }

    /// Pins a certificate to an entity by hand and keeps it. Answers how it counts from now on; what is pinned already is kept
    /// where it was missing.
    ///
    /// # Errors
    /// When the folder can't be read or written.
    pub fn pin(&self, certificate: &Certificate, id: &str) -> Result<Authority, MaterialError> {
        let table = self.table()?;
        if let Some((entity, authority)) = table.authority(certificate.sha256()) {
            self.keep(certificate, authority, &entity.id)?;
            return Ok(authority.clone());
        }
        let role = if certificate.is_self_issued() {
            Role::Root
        } else {
            Role::Subordinate
        };
        let authority = Authority::pin(certificate, role, Status::Accepted);
        let mut additions = self.additions()?;
        match additions.entities.iter_mut().find(|entity| entity.id == id) {
            Some(entity) => entity.authorities.push(authority.clone()),
            None => additions.entities.push(Entity {
                id: id.to_owned(),
                name: match table.get(id) {
                    Some(entity) => entity.name.clone(),
                    None => "fuera del Ecuador".to_owned(),
                },
                authorities: vec![authority.clone()],
                ..Entity::default()
            }),
        }
        // The pin first: a pin without its certificate does nothing, and the other way round it would count for abroad.
        self.write_additions(&additions)?;
        self.keep(certificate, &authority, id)?;
        Ok(authority)
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

/// RFC 7468 §5.
pub(super) fn pem(certificate: &Certificate) -> String {
    let body = STANDARD.encode(certificate.der());
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, letter) in body.chars().enumerate() {
        if place > 0 && place.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

/// Written beside and moved into place, so that nobody reads half a file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), MaterialError> {
    let unreadable = |source| MaterialError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unreadable)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden: the reader of the folder passes over it.
    let beside = path.with_file_name(format!(".{name}.new"));
    fs::write(&beside, bytes).map_err(unreadable)?;
    fs::rename(&beside, path).map_err(unreadable)
}
