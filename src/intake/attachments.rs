//! What is attached to a petition for a person to read: the appointment of a representative whom the registry does not know
//! yet (PRODUCT S09).

use bytes::Bytes;
use futures::Stream;

use super::receiving::check_open;
use super::{Intake, IntakeError, Receipt};
use crate::domain::{PetitionNumber, State, Token};
use crate::store::StoreError;

/// Files that may be attached to one petition: a nombramiento, its registration, one to spare.
const MOST_ATTACHMENTS: i64 = 3;

impl Intake {
    /// Takes the appointment (*nombramiento*) of a representative whom the registry does not know yet (PRODUCT S09), for a
    /// person to read. A document that was refused because of its signer is decided once more: now it is that person's
    /// turn.
    pub async fn attach_appointment<E>(
        &self,
        number: &PetitionNumber,
        secret: &Token,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        let petition = self
            .followed_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
        self.check_space()?;
        let at = self.now();
        check_open(&petition, at)?;
        let attached = self.store().count_attachments(&petition.number).await?;
        if attached >= MOST_ATTACHMENTS {
            return Err(IntakeError::AttachedEnough(attached));
        }
        let limit = self.settings().upload_bytes;
        let (kept, _) = self.keep_document(limit, body).await?;
        let again = petition
            .document
            .filter(|_| matches!(petition.state, State::Refused | State::AwaitingCompletion));
        let store = self.store();
        let taken = match store
            .attach_appointment(&petition, kept.sha256, kept.bytes, again, at)
            .await
        {
            Ok(taken) => taken,
            Err(StoreError::Stale) => return Err(IntakeError::InProgress),
            Err(error) => return Err(error.into()),
        };
        self.inner.documents_waiting.notify_one();
        Ok(Receipt {
            already: !taken,
            ..Receipt::of(number.clone(), kept, at)
        })
    }
}
