//! What lies in the document store and is named by no row goes: a document that was kept just before its process was killed, one
//! whose petition has been erased, pieces of an upload that is no more. Never one that a row names: what nobody needs is put
//! aside first, and looked at once more an hour later.

use jiff::{SignedDuration, Timestamp};

use super::{Intake, IntakeError};

/// A document that was written a moment ago may be on its way to a receipt: its row is committed later. No request lives as
/// long as this.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How long one part of the documents is looked through; there are 256 of them, so that each has its turn within two days.
const TURN: SignedDuration = SignedDuration::from_mins(10);

/// What was tidied up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Documents that nobody names, put aside.
    pub put_aside: u64,
    /// Documents that were aside, deleted.
    pub deleted: u64,
    /// Documents that were aside and are needed after all.
    pub brought_back: u64,
    /// Uploads whose pieces nobody needs.
    pub uploads: u64,
}

/// The part of the documents whose turn it is.
#[must_use]
pub fn turn(at: Timestamp) -> u8 {
    let turns = at.as_second().div_euclid(TURN.as_secs());
    u8::try_from(turns.rem_euclid(256)).unwrap_or_default()
}

impl Intake {
    /// Looks through the documents whose digests begin with one of these bytes, through what is aside, and through pieces.
    pub async fn tidy(&self, slices: impl IntoIterator<Item = u8>) -> Result<Tidied, IntakeError> {
        let (store, documents) = (self.store(), &self.inner.documents);
        let written_before = self.now() - FRESH;
        let mut tidied = Tidied::default();
        for aside in documents.put_aside().await? {
            if aside.written >= written_before {
                continue;
            }
            if store.names_document(aside.sha256).await? {
                documents.bring_back(aside.sha256).await?;
                tidied.brought_back += 1;
            } else {
                documents.forget(aside.sha256).await?;
                tidied.deleted += 1;
            }
        }
        for byte in slices {
            for document in documents.slice(byte).await? {
                let old = document.written < written_before;
                if old && !store.names_document(document.sha256).await? {
                    documents.discard(document.sha256).await?;
                    tidied.put_aside += 1;
                }
            }
        }
        for upload in documents.uploads_with_pieces(written_before).await? {
            let row = store.upload(upload).await?;
            if row.is_none_or(|row| row.received_at.is_some()) {
                documents.forget_pieces(upload).await?;
                tidied.uploads += 1;
            }
        }
        if tidied != Tidied::default() {
            tracing::info!(?tidied, "documents that nobody names were tidied up");
        }
        Ok(tidied)
    }
}
