//! Where a petition stands, for whoever holds its number and its secret.

use super::{Intake, IntakeError, ReviewTerm, Status, internal};
use crate::decision::{Decision, Reason};
use crate::domain::{
    Action, EmailAddress, Outcome, PetitionContent, PetitionNumber, PetitionSource, State, Token,
};
use crate::store::{DeliveryKind, DocumentRow, PetitionRow};
use crate::verify::Report;

impl Intake {
    /// Where a petition stands. `None` for an unknown number and for a wrong secret alike.
    pub async fn status(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<Status>, IntakeError> {
        let Some(own) = self.petition_with_secret(number, secret).await? else {
            return Ok(None);
        };
        let store = &self.inner.store;
        let petition = match &own.merged_into {
            Some(target) => store.petition(target).await?.ok_or(IntakeError::NotFound)?,
            None => own,
        };
        let document = match petition.document {
            Some(sha256) => store.document(&petition.number, sha256).await?,
            None => None,
        };
        let recorded = match petition.document {
            Some(sha256) if petition.state != State::Received => {
                store.decision(&petition.number, sha256).await?
            }
            _ => None,
        };
        let decision: Option<Decision> = recorded
            .as_ref()
            .filter(|recorded| !recorded.is_erased())
            .map(|recorded| serde_json::from_value(recorded.decision.clone()))
            .transpose()
            .map_err(internal)?;
        let report: Option<Report> = recorded
            .as_ref()
            .and_then(|recorded| recorded.report.clone())
            .map(serde_json::from_value)
            .transpose()
            .map_err(internal)?;
        let waiting = match petition.document {
            Some(sha256) if petition.state == State::Received => {
                store.waiting(&petition.number, sha256).await?
            }
            _ => None,
        };
        let review = self.reviewed(&petition).await?;
        let (review_term, not_taken) = match &document {
            Some(document) if petition.state == State::InReview => (
                self.review_term(&petition.number).await?,
                self.not_taken(document).await?,
            ),
            _ => (None, Vec::new()),
        };
        let appeal_until = self.appeal_until(&petition).await?;
        let approved = petition.state == State::Approved;
        let record = match petition.content.as_ref().filter(|_| approved) {
            Some(content) => store.employer(&content.ruc, &content.branch).await?,
            None => None,
        };
        let deliveries = store.deliveries_of(&petition.number).await?;
        let portal = deliveries
            .iter()
            .find(|delivery| delivery.kind == DeliveryKind::SetPassword)
            .map(|delivery| delivery.state);
        let shared_email = match petition.content.as_ref().filter(|_| approved) {
            Some(content) => self.is_shared(content).await?,
            None => false,
        };
        let link = self.link_state(&petition, record.as_ref()).await?;
        let masked_email = match petition.content.as_ref().map(|content| content.action) {
            Some(Action::ChangeEmail) if approved => {
                petition.content.as_ref().and_then(|c| c.new_email.as_ref())
            }
            _ => record
                .as_ref()
                .and_then(|record| record.employer.email.as_ref()),
        }
        .map(EmailAddress::masked);
        Ok(Some(Status {
            number: number.clone(),
            state: petition.state,
            outcome: recorded.as_ref().map(|recorded| recorded.outcome),
            decided_at: recorded.as_ref().map(|recorded| recorded.decided_at),
            action: petition.content.as_ref().map(|content| content.action),
            source: decision
                .as_ref()
                .and_then(|decision| decision.source)
                .or_else(|| petition.form.is_some().then_some(PetitionSource::Form)),
            sha256: petition.document,
            bytes: document
                .as_ref()
                .and_then(|document| u64::try_from(document.bytes).ok()),
            received_at: document.map(|document| document.received_at),
            expires_at: petition.expires_at,
            reasons: decision
                .map(|decision| decision.reasons)
                .unwrap_or_default(),
            report,
            masked_email,
            link,
            waiting,
            review,
            review_term,
            not_taken,
            appeal_until,
            portal,
            shared_email,
            at_the_counter: petition.is_at_the_counter(),
        }))
    }

    async fn review_term(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<ReviewTerm>, IntakeError> {
        let case = self.store().case(number).await?;
        Ok(case.map(|case| {
            let by = self.case_clock(&case).alarm_at;
            ReviewTerm {
                by,
                late: self.now() >= by,
            }
        }))
    }

    /// Why the newest document did not take the place of this one.
    async fn not_taken(&self, waits: &DocumentRow) -> Result<Vec<Reason>, IntakeError> {
        let store = self.store();
        let later = store.documents(&waits.number).await?.into_iter();
        let newest = later
            .filter(|document| document.received_at > waits.received_at)
            .max_by_key(|document| document.received_at);
        let Some(newest) = newest else {
            return Ok(Vec::new());
        };
        let recorded = store.decision(&waits.number, newest.sha256).await?;
        let refused = recorded
            .filter(|recorded| recorded.outcome == Outcome::Refused && !recorded.is_erased());
        let decision: Option<Decision> = refused
            .map(|recorded| serde_json::from_value(recorded.decision))
            .transpose()
            .map_err(internal)?;
        Ok(decision
            .map(|decision| decision.reasons)
            .unwrap_or_default())
    }

    /// Whether another employer has the address that is asked for.
    async fn is_shared(&self, content: &PetitionContent) -> Result<bool, IntakeError> {
        let Some(email) = &content.new_email else {
            return Ok(false);
        };
        let (ruc, branch) = (&content.ruc, &content.branch);
        Ok(self
            .inner
            .store
            .email_is_elsewhere(email, ruc, branch)
            .await?)
    }

    pub(super) async fn petition_with_secret(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        let petition = self.inner.store.petition(number).await?;
        // Hashes are compared, never secrets: how long it takes tells nothing about the secret.
        Ok(petition.filter(|petition| petition.secret_hash == secret.hash()))
    }
}
