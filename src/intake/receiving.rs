//! Step 2 of the flow: a document that has arrived (`arriving`) gets its receipt, under a number or without one.

use bytes::Bytes;
use futures::Stream;
use jiff::Timestamp;

use super::{Intake, IntakeError};
use crate::documents::Kept;
use crate::domain::{Outcome, PetitionNumber, Sha256, State, Token};
use crate::store::{PetitionRow, StoreError};

/// A document that was kept: this is the promise that it will be decided.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The number it is followed under.
    pub number: PetitionNumber,
    /// The secret of a number that was given for this document.
    pub secret: Option<Token>,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
    /// The time that decides.
    pub received_at: Timestamp,
    /// The very same bytes were here before.
    pub already: bool,
    /// They were, and nothing is decided about them once more although something is still awaited: another document is needed.
    pub in_vain: bool,
}

impl Receipt {
    /// Of a document that came under this number for the first time.
    pub(super) fn of(number: PetitionNumber, kept: Kept, at: Timestamp) -> Self {
        Self {
            number,
            secret: None,
            sha256: kept.sha256,
            bytes: kept.bytes,
            received_at: at,
            already: false,
            in_vain: false,
        }
    }
}

/// Who sends a document under a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// Whoever knows the number.
    Anybody,
    /// Whoever holds its secret.
    Holder,
}

impl Intake {
    /// Takes a document, under a number or without one. When this returns a receipt, the store of documents holds it for good, its row and
    /// its job are committed, and it will be decided whatever happens.
    pub async fn receive<E>(
        &self,
        under: Option<&PetitionNumber>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        self.receive_from(under, Sender::Anybody, body).await
    }

    /// The same under a number from whoever holds its secret, should it be the right one: what is signed takes the place of what
    /// waits for a person, whoever signed it.
    pub async fn receive_from_holder<E>(
        &self,
        number: &PetitionNumber,
        secret: &Token,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        let sender = self.sender(number, secret).await?;
        self.receive_from(Some(number), sender, body).await
    }

    async fn sender(&self, number: &PetitionNumber, secret: &Token) -> Result<Sender, IntakeError> {
        let own = self.petition_with_secret(number, secret).await?;
        Ok(own.map_or(Sender::Anybody, |_| Sender::Holder))
    }

    async fn receive_from<E>(
        &self,
        under: Option<&PetitionNumber>,
        sender: Sender,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        self.check_space()?;
        let limit = self.settings().upload_bytes;
        let under = match under {
            Some(number) => {
                let petition = self.followed(number).await?;
                Some((number, petition.ok_or(IntakeError::NotFound)?))
            }
            None => None,
        };
        // Boxed: it is the larger part of what waits for a slow line.
        let (kept, _counted) = Box::pin(self.keep_document(limit, body)).await?;
        let at = self.now();
        let receipt = if let Some((number, petition)) = under {
            self.receive_under(number, petition, sender, kept, at)
                .await?
        } else if let Some(living) = self.living_on(kept.sha256).await? {
            let number = living.number.clone();
            self.receive_under(&number, living, sender, kept, at)
                .await?
        } else {
            let number = self.fresh_number(at).await?;
            self.receive_without_number(number, self.secret(), kept, at)
                .await?
        };
        self.inner.documents_waiting.notify_one();
        Ok(receipt)
    }

    /// The same for a document that the store holds already, from whoever shows `secret`.
    pub(super) async fn receive_kept(
        &self,
        number: &PetitionNumber,
        secret: Option<&Token>,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let sender = match secret {
            Some(secret) => self.sender(number, secret).await?,
            None => Sender::Anybody,
        };
        let petition = self.followed(number).await?.ok_or(IntakeError::NotFound)?;
        self.receive_under(number, petition, sender, kept, at).await
    }

    /// Takes a document for the petition that `number` stands for; its receipt names the number that its sender knows.
    async fn receive_under(
        &self,
        number: &PetitionNumber,
        petition: PetitionRow,
        sender: Sender,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let Kept { sha256, bytes } = kept;
        let receipt = |received_at, already, in_vain| Receipt {
            already,
            in_vain,
            ..Receipt::of(number.clone(), Kept { sha256, bytes }, received_at)
        };
        let store = self.store();
        // The same bytes again: the same receipt, until the number has had its effect (DESIGN F).
        let documents = store.documents(&petition.number).await?;
        let known = documents.iter().find(|known| known.sha256 == sha256);
        let again = known.is_some();
        let received_at = known.map_or(at, |known| known.received_at);
        if again {
            if petition.state == State::Completed {
                return Err(IntakeError::AlreadyUsed);
            }
            if !self.may_end_otherwise(&petition, sha256, at).await? {
                let checked = store.document_checked(&petition.number).await?;
                let in_vain = checked.is_none() && awaits_another(&petition);
                return Ok(receipt(received_at, true, in_vain));
            }
        } else {
            check_open(&petition, at)?;
            if documents.len() >= self.settings().documents_per_number {
                return Err(IntakeError::TriedOut(documents.len()));
            }
        }
        // What a person looks at, or asked for, is not touched by what anybody sends before it is known to be theirs.
        let waits = matches!(petition.state, State::InReview | State::AwaitingCompletion);
        let kept = if waits && sender == Sender::Anybody {
            store.receive_beside(&petition, sha256, bytes, at).await
        } else {
            store.receive(&petition, sha256, bytes, at).await
        };
        match kept {
            Ok(()) => Ok(receipt(received_at, again, false)),
            // Another upload under the same number was a moment quicker.
            Err(StoreError::Stale) => Err(IntakeError::InProgress),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a document that the machine refused is worth deciding again: registry or trust have changed since. It is decided
    /// as of its first reception, as always, and no oftener than there are changes. What a person refused is for an appeal.
    async fn may_end_otherwise(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        at: Timestamp,
    ) -> Result<bool, IntakeError> {
        if petition.state != State::Refused || petition.has_lived(at) {
            return Ok(false);
        }
        let store = self.store();
        let Some(recorded) = store.decision(&petition.number, sha256).await? else {
            return Ok(false);
        };
        // A person's refusal stands beside what the machine had said.
        let said = recorded.said()?;
        let refused = said.is_some_and(|said| said.outcome == Outcome::Refused);
        let version = store.registry_version().await?;
        let trust = self.judgement().trust.digest();
        let changed = recorded.registry_version != Some(version) || recorded.trust_digest != trust;
        // Or another document has taken its place, which anybody can upload: it becomes what the petition is about again.
        let displaced = petition.document != Some(sha256);
        let passed_over = recorded.passed_over && displaced;
        Ok(passed_over || (refused && (changed || displaced)))
    }

    /// Takes a document that names no petition: it gets one of its own.
    pub(super) async fn receive_without_number(
        &self,
        number: PetitionNumber,
        secret: Token,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let expires_at = at + self.settings().petition_life;
        let petition = PetitionRow {
            state: State::Received,
            document: Some(kept.sha256),
            ..PetitionRow::new(number, &secret, at, expires_at)
        };
        self.store()
            .receive_without_number(&petition, kept.sha256, kept.bytes)
            .await?;
        Ok(Receipt {
            secret: Some(secret),
            ..Receipt::of(petition.number, kept, at)
        })
    }
}

/// Whether something may still be handed in under this number.
pub(super) fn check_open(petition: &PetitionRow, at: Timestamp) -> Result<(), IntakeError> {
    match petition.state {
        State::Approved | State::Completed | State::Merged => Err(IntakeError::AlreadyUsed),
        State::Received => Err(IntakeError::InProgress),
        State::Archived => Err(IntakeError::Expired),
        // A document that came from outside and was refused would close the case.
        State::InReview | State::AwaitingCompletion if petition.is_at_the_counter() => {
            Err(IntakeError::AtTheCounter)
        }
        _ if petition.has_lived(at) => Err(IntakeError::Expired),
        State::Issued | State::Refused | State::InReview | State::AwaitingCompletion => Ok(()),
    }
}

/// Whether nothing goes on before another document than those that are here has come.
pub(super) fn awaits_another(petition: &PetitionRow) -> bool {
    matches!(petition.state, State::Refused | State::AwaitingCompletion)
}
