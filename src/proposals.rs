//! Changes of the registry and of whom the service trusts, from the screen: one supervisor proposes, with a reason, another
//! one confirms, and then it is carried out. What a change of the registry did stands in its versions and can be undone the
//! same way.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Acting, Sha256};
use crate::material::TrustFolder;
use crate::store::{
    Facts, ImportError, Matter, ProposalError, ProposalRow, ProposalState, Store, StoreError,
    Subject,
};
use crate::verify::entities::{Entities, Status, StatusChange};

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
    /// The trust folder can't be read or written.
    #[error("the trust folder can't be used: {0}")]
    Folder(String),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Proposal(error.into())
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
        by: &Acting,
    ) -> Result<i64, ChangeError> {
        let at = self.clock.now();
        Ok(self
            .store
            .propose_change(subject, after, reason, by, at)
            .await?)
    }

    /// Proposes to take an import back.
    pub async fn propose_undo(
        &self,
        import: i64,
        reason: &str,
        by: &Acting,
    ) -> Result<i64, ChangeError> {
        self.store.registry_import(import).await?;
        let at = self.clock.now();
        Ok(self
            .store
            .propose(&Matter::Undo(import), reason, by, at)
            .await?)
    }

    /// Proposes that a pinned certificate count otherwise.
    pub async fn propose_status(
        &self,
        sha256: Sha256,
        status: Status,
        reason: &str,
        by: &Acting,
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
            .propose(&Matter::Trust(change), reason, by, at)
            .await?)
    }

    /// Confirms what somebody else proposed and carries it out. What was interrupted is gone on with.
    pub async fn confirm(&self, id: i64, by: &Acting) -> Result<(), ChangeError> {
        let at = self.clock.now();
        let known = self.known(id).await?;
        if let Matter::Registry(_) = known.matter {
            self.store.confirm_change(id, by, at).await?;
            return Ok(());
        }
        let import = match self.store.begin_proposal(id, by, at).await? {
            Matter::Undo(import) => match self.undo(import, by).await {
                Ok(undo) => Some(undo),
                Err(error) => {
                    self.store.reopen_proposal(id, by, at).await?;
                    return Err(error);
                }
            },
            Matter::Trust(change) => {
                self.write_status(change).await?;
                None
            }
            Matter::Registry(_) => None,
        };
        Ok(self.store.finish_proposal(id, import).await?)
    }

    /// Refuses what somebody else proposed.
    pub async fn refuse(&self, id: i64, by: &Acting) -> Result<(), ChangeError> {
        let at = self.clock.now();
        Ok(self
            .store
            .settle_proposal(id, ProposalState::Refused, by, at)
            .await?)
    }

    /// Takes back one's own proposal.
    pub async fn withdraw(&self, id: i64, by: &Acting) -> Result<(), ChangeError> {
        let at = self.clock.now();
        Ok(self
            .store
            .settle_proposal(id, ProposalState::Withdrawn, by, at)
            .await?)
    }

    /// The proposal with this number.
    pub async fn known(&self, id: i64) -> Result<ProposalRow, ChangeError> {
        let known = self.store.proposal(id).await?;
        Ok(known.ok_or(ProposalError::Unknown(id))?)
    }

    async fn undo(&self, import: i64, by: &Acting) -> Result<i64, ChangeError> {
        let at = self.clock.now();
        let mut undo = self.store.open_undo(import, &by.actor(), at).await?;
        while self.store.undo_some(&mut undo).await? {}
        self.store
            .finish_import(&mut undo, self.clock.now())
            .await?;
        Ok(undo.id)
    }

    /// The folder is read again by the service soon after, which records in the audit log what it then trusts.
    async fn write_status(&self, change: StatusChange) -> Result<(), ChangeError> {
        let folder = self.folder.clone();
        on_disk(move || {
            let mut additions = folder.additions().map_err(|error| error.to_string())?;
            additions
                .statuses
                .retain(|known| known.sha256 != change.sha256);
            additions.statuses.push(change);
            folder
                .write_additions(&additions)
                .map_err(|error| error.to_string())
        })
        .await
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, ChangeError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(error.to_string()))
        .map_err(ChangeError::Folder)
}
