//! The folder in which an operator keeps whom to trust: certificates of roots and subordinates, and `entities.toml` with
//! what is added to the table of entities (`verify::entities`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Defect, MaterialError, certificates};
use crate::verify::entities::{Additions, Authority, Role, Status};
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

/// What became of a certificate that was to be pinned by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// It was pinned nowhere.
    New,
    /// It is pinned to this entity already, or to another one by the table.
    Already,
    /// It was pinned by hand to the entity with this id.
    Moved(String),
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

    /// Changes what is added to the table, from what is there at that moment: whoever else changes it waits, in this process or
    /// another one. What would make no sense is not written.
    ///
    /// # Errors
    /// When the file can't be read or written, or says something that makes no sense, before or afterwards.
    pub fn change(&self, change: impl FnOnce(&mut Additions)) -> Result<(), MaterialError> {
        let _alone = self.lock()?;
        let mut additions = self.additions()?;
        change(&mut additions);
        // The certificate that somebody gives a status may have gone since it was looked at.
        Entities::with(&additions).map_err(|error| self.unusable(&error))?;
        self.write_additions(&additions)
    }

    /// Nobody else changes the folder as long as the answer lives. The file stays, empty: who waits for it has it open.
    pub(super) fn lock(&self) -> Result<File, MaterialError> {
        let path = self.entities.with_extension("lock");
        let open = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = File::options();
            let file = options.create(true).truncate(false).write(true);
            let file = file.open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|source| MaterialError::Unreadable {
            path: path.clone(),
            source,
        })
    }

    /// Whole and at once: `serve` may be reading it.
    fn write_additions(&self, additions: &Additions) -> Result<(), MaterialError> {
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
        let _alone = self.lock()?;
        self.keep_alone(certificate, authority, entity)
    }

    fn keep_alone(
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

    /// Pins a certificate to an entity by hand and keeps it. One that is pinned by hand to another entity is moved; one that the
    /// table pins stays where that has it, and is kept where it was missing.
    ///
    /// # Errors
    /// When the folder can't be read or written.
    pub fn pin(&self, certificate: &Certificate, id: &str) -> Result<Pinned, MaterialError> {
        let _alone = self.lock()?;
        let table = self.table()?;
        let name = table
            .get(id)
            .map_or("fuera del Ecuador", |it| it.name.as_str());
        let mut additions = self.additions()?;
        let (authority, pinned) = match table.authority(certificate.sha256()) {
            Some((entity, authority)) if entity.id != id && additions.pins(authority.sha256) => {
                // As it was written down: a status that was given to it since stands by itself.
                let row = additions.unpin(authority.sha256);
                let row = row.unwrap_or_else(|| authority.clone());
                (row, Pinned::Moved(entity.id.clone()))
            }
            Some((entity, authority)) => {
                self.keep_alone(certificate, authority, &entity.id)?;
                return Ok(Pinned::Already);
            }
            None => {
                let role = if certificate.is_self_issued() {
                    Role::Root
                } else {
                    Role::Subordinate
                };
                let row = Authority::pin(certificate, role, Status::Accepted);
                (row, Pinned::New)
            }
        };
        additions.pin(authority.clone(), id, name);
        // The pin first: a pin without its certificate does nothing, and the other way round it would count for abroad.
        self.write_additions(&additions)?;
        self.keep_alone(certificate, &authority, id)?;
        Ok(pinned)
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

/// Written beside and moved into place, so that nobody reads half a file. The draft has a name of its own: two that are written at
/// once do not get into each other.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), MaterialError> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut random = [0; 8];
        openssl::rand::rand_bytes(&mut random)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Hidden: the reader of the folder passes over it.
        let draft = path.with_file_name(format!(".{name}.{}.new", hex::encode(random)));
        let written = fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            // What could not be written may be there in part; that it can't be taken away is no news then.
            let _ = fs::remove_file(&draft);
        }
        written
    };
    write().map_err(|source| MaterialError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::domain::Sha256;
    use crate::fixture::pki;
    use crate::verify::entities::StatusChange;

    #[test]
    fn of_changes_at_once_none_is_lost() {
        let roots: Vec<Certificate> = pki::roots()
            .into_iter()
            .map(|root| Certificate::parse(root.der).unwrap())
            .collect();
        assert!(roots.len() >= 2);
        let table = Entities::embedded();
        let pinned: Vec<Sha256> = table.pinned().map(|(_, row)| row.sha256).collect();
        for _ in 0..20 {
            let place = tempfile::tempdir().unwrap();
            let folder = TrustFolder::within(place.path());
            let together = Barrier::new(roots.len() * 2);
            thread::scope(|scope| {
                for (number, (root, sha256)) in roots.iter().zip(&pinned).enumerate() {
                    let (folder, together) = (&folder, &together);
                    scope.spawn(move || {
                        together.wait();
                        folder.pin(root, &format!("ajena-{number}")).unwrap();
                    });
                    scope.spawn(move || {
                        together.wait();
                        let status = StatusChange {
                            sha256: *sha256,
                            status: Status::HeldBack,
                            since: None,
                            why: None,
                        };
                        let changed = folder.change(|additions| additions.set_status(status));
                        changed.unwrap();
                    });
                }
            });
            let additions = folder.additions().unwrap();
            assert_eq!(additions.entities.len(), roots.len());
            assert_eq!(additions.statuses.len(), roots.len());
            assert_eq!(folder.certificates().unwrap().0.len(), roots.len());
            let drafts = fs::read_dir(place.path()).unwrap().filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().ends_with(".new")
            });
            assert_eq!(drafts.count(), 0);
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = TrustFolder::within(place.path());
        let status = StatusChange {
            sha256: Sha256::of(b"nobody pins this"),
            status: Status::HeldBack,
            since: None,
            why: None,
        };
        let changed = folder.change(|additions| additions.set_status(status));
        assert!(matches!(changed, Err(MaterialError::Unusable { .. })));
        assert_eq!(folder.additions().unwrap(), Additions::default());
    }
}
