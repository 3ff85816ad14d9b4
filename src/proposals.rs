//! Changes of the registry and of whom the service trusts, from the screen: one supervisor proposes, with a reason, another
//! one confirms, and then it is carried out. What a change of the registry did stands in its versions and can be undone the
//! same way.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Clock;
use crate::domain::{Officer, Sha256};
use crate::material::{self, TrustFolder};
use crate::store::{
    Facts, ImportError, Matter, NewPin, ProposalError, ProposalRow, ProposalState, Store,
    StoreError, Subject,
};
use crate::threads;
use crate::verify::entities::{Entities, Placement, Status, StatusChange};
use crate::verify::{Certificate, quirk};

/// Why a proposal was not made or not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What the proposal itself has against it.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// The import can't be taken back.
    #[error(transparent)]
    Undo(#[from] ImportError),
    /// No certificate with this fingerprint is pinned.
    #[error("no such certificate is pinned")]
    NotPinned,
    /// It is not one that could be pinned.
    #[error("the certificate can't be pinned: {0:?}")]
    NotPinnable(NotPinnable),
    /// What somebody read is not the end of the fingerprint.
    #[error("another fingerprint")]
    Fingerprint,
    /// The trust folder can't be read or written.
    #[error("the trust folder can't be used: {0}")]
    Folder(String),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Proposal(error.into())
    }
}

/// Why a certificate is not pinned, by however many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPinnable {
    /// The file is not exactly one certificate.
    NotOneCertificate,
    /// There is no such entity in the table.
    NoSuchEntity,
    /// It is no CA's.
    NotACa,
    /// It bears the name of one that is pinned, and has another key: renewed, or an imitation.
    Namesake,
    /// It breaks a rule that only the table of the program forgives.
    BreaksARule,
}

/// Letters of a fingerprint that whoever confirms must have read elsewhere.
pub const FINGERPRINT_END: usize = 8;

fn check_fingerprint(pin: &NewPin, read: &str) -> Result<(), ChangeError> {
    let read: String = read
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let whole = pin.sha256.to_string();
    if read.len() >= FINGERPRINT_END && whole.ends_with(&read) {
        Ok(())
    } else {
        Err(ChangeError::Fingerprint)
    }
}

/// Makes proposals and carries them out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    store: Store,
    folder: TrustFolder,
    clock: Clock,
}

impl Changes {
    /// Changes of the registry in `store` and of the trust in `folder`.
    #[must_use]
    pub fn new(store: Store, folder: TrustFolder, clock: Clock) -> Self {
        Self {
            store,
            folder,
            clock,
        }
    }

    /// Where proposals and versions are read.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whom the service trusts, and on which terms.
    pub async fn trusted(&self) -> Result<Arc<Entities>, ChangeError> {
        let folder = self.folder.clone();
        on_disk(move || folder.table().map_err(|error| error.to_string())).await
    }

    /// Proposes that something else be known of a subject of the registry; the proposal's number.
    pub async fn propose_facts(
        &self,
        subject: Subject,
        after: Facts,
        reason: &str,
        by: &Officer,
    ) -> Result<i64, ChangeError> {
        let at = self.clock.now();
        self.check_untied(by, &subject, [Some(&after), None])
            .await?;
        Ok(self
            .store
            .propose_change(subject, after, reason, &by.acting(), at)
            .await?)
    }

    /// Proposes to take an import back.
    pub async fn propose_undo(
        &self,
        import: i64,
        reason: &str,
        by: &Officer,
    ) -> Result<i64, ChangeError> {
        let at = self.clock.now();
        let matter = Matter::Undo(import);
        self.check_keeps_out(by, &matter).await?;
        Ok(self
            .store
            .propose(&matter, reason, &by.acting(), at)
            .await?)
    }

    /// Proposes that a pinned certificate count otherwise.
    pub async fn propose_status(
        &self,
        sha256: Sha256,
        status: Status,
        reason: &str,
        by: &Officer,
    ) -> Result<i64, ChangeError> {
        let at = self.clock.now();
        let table = self.trusted().await?;
        let (_, row) = table.authority(sha256).ok_or(ChangeError::NotPinned)?;
        if row.status == status {
            return Err(ProposalError::NoDifference.into());
        }
        let change = StatusChange {
            sha256,
            status,
            since: (status == Status::PastOnly).then_some(at),
            why: Some(reason.to_owned()),
        };
        Ok(self
            .store
            .propose(&Matter::Trust(change), reason, &by.acting(), at)
            .await?)
    }

    /// Proposes to trust a CA certificate that nobody has pinned; `text` is the file as the entity publishes it.
    pub async fn propose_pin(
        &self,
        text: &str,
        entity: &str,
        reason: &str,
        by: &Officer,
    ) -> Result<i64, ChangeError> {
        let certificates = material::read_certificates(text.as_bytes());
        let [certificate] =
            certificates
                .unwrap_or_default()
                .try_into()
                .map_err(|_: Vec<Certificate>| {
                    ChangeError::NotPinnable(NotPinnable::NotOneCertificate)
                })?;
        let table = self.trusted().await?;
        if table.get(entity).is_none() {
            return Err(ChangeError::NotPinnable(NotPinnable::NoSuchEntity));
        }
        match table.place(&certificate) {
            Placement::Pinned(..) => return Err(ProposalError::NoDifference.into()),
            Placement::NotACa => return Err(ChangeError::NotPinnable(NotPinnable::NotACa)),
            Placement::Namesake(_) => return Err(ChangeError::NotPinnable(NotPinnable::Namesake)),
            Placement::Refused(_) | Placement::SameKey(..) | Placement::Unknown => {}
        }
        if !quirk::of(&certificate).is_empty() {
            return Err(ChangeError::NotPinnable(NotPinnable::BreaksARule));
        }
        let pin = NewPin {
            entity: entity.to_owned(),
            sha256: certificate.sha256(),
            certificate: STANDARD.encode(certificate.der()),
        };
        let at = self.clock.now();
        Ok(self
            .store
            .propose(&Matter::Pin(pin), reason, &by.acting(), at)
            .await?)
    }

    /// The certificate that a proposal is about.
    ///
    /// # Errors
    /// When what is kept of it is none.
    pub fn certificate_of(pin: &NewPin) -> Result<Certificate, ChangeError> {
        let der = STANDARD.decode(&pin.certificate).ok();
        let certificate = der.and_then(|der| Certificate::parse(der).ok());
        certificate
            .filter(|certificate| certificate.sha256() == pin.sha256)
            .ok_or(ChangeError::NotPinnable(NotPinnable::NotOneCertificate))
    }

    /// Confirms what somebody else proposed and carries it out. What was interrupted is gone on with.
    ///
    /// # Errors
    /// [`ChangeError::Fingerprint`] when `read`, the end of a new certificate's fingerprint, is not what its entity
    /// publishes: that can be learned nowhere else.
    pub async fn confirm(&self, id: i64, read: &str, by: &Officer) -> Result<(), ChangeError> {
        let at = self.clock.now();
        let known = self.known(id).await?;
        if let Matter::Pin(pin) = &known.matter {
            check_fingerprint(pin, read)?;
        }
        self.check_keeps_out(by, &known.matter).await?;
        let acting = by.acting();
        if let Matter::Registry(_) = known.matter {
            self.store.confirm_change(id, &acting, at).await?;
            return Ok(());
        }
        let import = match self.store.begin_proposal(id, &acting, at).await? {
            Matter::Undo(import) => {
                let actor = acting.actor();
                let mut undo = match self.store.open_undo(import, &actor, at).await {
                    Ok(undo) => undo,
                    // Nothing has been done yet.
                    Err(error) => {
                        self.store.reopen_proposal(id, &acting, at).await?;
                        return Err(error.into());
                    }
                };
                while self.store.undo_some(&mut undo).await? {}
                let ended_at = self.clock.now();
                self.store.finish_import(&mut undo, ended_at).await?;
                Some(undo.id)
            }
            Matter::Trust(change) => {
                self.write_status(change).await?;
                None
            }
            Matter::Pin(pin) => {
                let certificate = Self::certificate_of(&pin)?;
                let folder = self.folder.clone();
                on_disk(move || {
                    let pinned = folder.pin(&certificate, &pin.entity);
                    pinned.map_err(|error| error.to_string())
                })
                .await?;
                None
            }
            Matter::Registry(_) => None,
        };
        Ok(self.store.finish_proposal(id, import).await?)
    }

    /// Refuses what somebody else proposed.
    pub async fn refuse(&self, id: i64, by: &Officer) -> Result<(), ChangeError> {
        let at = self.clock.now();
        self.check_keeps_out(by, &self.known(id).await?.matter)
            .await?;
        Ok(self
            .store
            .settle_proposal(id, ProposalState::Refused, &by.acting(), at)
            .await?)
    }

    /// Takes back one's own proposal.
    pub async fn withdraw(&self, id: i64, by: &Officer) -> Result<(), ChangeError> {
        let at = self.clock.now();
        Ok(self
            .store
            .settle_proposal(id, ProposalState::Withdrawn, &by.acting(), at)
            .await?)
    }

    /// The proposal with this number.
    pub async fn known(&self, id: i64) -> Result<ProposalRow, ChangeError> {
        let known = self.store.proposal(id).await?;
        Ok(known.ok_or(ProposalError::Unknown(id))?)
    }

    /// Nobody has a say in what the registry knows of an employer of theirs (PRODUCT S29).
    async fn check_keeps_out(&self, by: &Officer, matter: &Matter) -> Result<(), ChangeError> {
        match matter {
            Matter::Registry(change) => {
                let facts = [change.before.as_ref(), change.after.as_ref()];
                self.check_untied(by, &change.subject, facts).await
            }
            Matter::Undo(import) => {
                let import = self.store.registry_import(*import).await?;
                for ruc in by.member.tied_rucs.iter().chain(&by.member.own_rucs()) {
                    if self.store.import_touches(&import, ruc).await? {
                        return Err(ProposalError::Tied.into());
                    }
                }
                Ok(())
            }
            Matter::Trust(_) | Matter::Pin(_) => Ok(()),
        }
    }

    async fn check_untied(
        &self,
        by: &Officer,
        subject: &Subject,
        facts: [Option<&Facts>; 2],
    ) -> Result<(), ChangeError> {
        let branch = subject.branch.parse().unwrap_or_default();
        let record = self.store.employer(&subject.ruc, &branch).await?;
        let mut people = record
            .map(|record| record.employer.representatives)
            .unwrap_or_default();
        // Who becomes a representative, or ceases to be one, is one here.
        people.extend(facts.into_iter().flatten().filter_map(|facts| match facts {
            Facts::Representative(person) => Some(person.clone()),
            _ => None,
        }));
        if by.member.is_tied_to(&subject.ruc, &people) {
            return Err(ProposalError::Tied.into());
        }
        Ok(())
    }

    /// The folder is read again by the service soon after, which records in the audit log what it then trusts.
    async fn write_status(&self, change: StatusChange) -> Result<(), ChangeError> {
        let folder = self.folder.clone();
        on_disk(move || {
            let changed = folder.change(|additions| additions.set_status(change));
            changed.map_err(|error| error.to_string())
        })
        .await
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, ChangeError> {
    let done = threads::occupy(work).await;
    done.unwrap_or_else(|error| Err(error.to_string()))
        .map_err(ChangeError::Folder)
}
