//! Where a petition stands, for whoever holds its number and its secret.

use jiff::Timestamp;

use super::effects::contacts;
use super::review::asked_by_document;
use super::{Intake, IntakeError, LinkState, internal};
use crate::decision::{Decision, Reason, ReasonCode};
use crate::domain::{
    Action, AttachmentKind, CaseKind, EmailAddress, Outcome, PetitionContent, PetitionNumber,
    PetitionSource, ReviewReason, Sha256, State, Token,
};
use crate::store::{
    DeliveryKind, DeliveryState, DocumentRow, PetitionRow, RecordedDecision, Waiting,
};
use crate::verify::Report;

/// Where a petition stands, for whoever has its secret.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that the page tells"
)]
pub struct Status {
    /// The number.
    pub number: PetitionNumber,
    /// Where it stands.
    pub state: State,
    /// What was decided last.
    pub outcome: Option<Outcome>,
    /// What is asked, when it is known.
    pub action: Option<Action>,
    /// Form or letter.
    pub source: Option<PetitionSource>,
    /// The document received last.
    pub sha256: Option<Sha256>,
    /// Its length in bytes.
    pub bytes: Option<u64>,
    /// When it was received.
    pub received_at: Option<Timestamp>,
    /// When the machine decided about it.
    pub decided_at: Option<Timestamp>,
    /// Until when documents are taken.
    pub expires_at: Timestamp,
    /// That has passed, and nothing has taken effect: no document is taken any more.
    pub expired: bool,
    /// As many documents came under the number as are taken: no other one is.
    pub tried_out: bool,
    /// Why it stands there.
    pub reasons: Vec<Reason>,
    /// The verdict on the signatures.
    pub report: Option<Report>,
    /// Where a link would go, masked; only once the petition is approved.
    pub masked_email: Option<String>,
    /// The address that it asks to register, in full: whoever holds the secret typed it, or sent it in signed, and is the only one
    /// who can notice a slip in it.
    pub new_email: Option<EmailAddress>,
    /// Until when a password that is asked for through this address waits, once it put it on file.
    pub password_from: Option<Timestamp>,
    /// What can be done about links.
    pub link: LinkState,
    /// The decision waits for an answer about revocation.
    pub waiting: Option<Waiting>,
    /// What a person decided last about the document, or asks for.
    pub review: Option<Reviewed>,
    /// When a person looks at it, while it is in review.
    pub review_term: Option<ReviewTerm>,
    /// What a later document was refused for, while an earlier one waits for a person or for what the company was asked for: it
    /// takes the place of neither.
    pub not_taken: Vec<Reason>,
    /// What was attached for a person to read, the oldest first.
    pub attached: Vec<Attached>,
    /// Until when a refusal can be appealed.
    pub appeal_until: Option<Timestamp>,
    /// Where the new password stands on its way to the portal of another system, if it is on one.
    pub portal: Option<DeliveryState>,
    /// Where the unblocking stands that the portal of another system does, if it is asked for.
    pub unblocking: Option<DeliveryState>,
    /// Whether the new address is on file for another employer too; only once the petition is approved.
    pub shared_email: bool,
    /// Nothing was signed: five documents are seen at the counter, where the link is opened too.
    pub at_the_counter: bool,
    /// There is a form of ours to download under this number; a number that was given to a letter has none.
    pub has_form: bool,
}

/// A file that the company attached beside the signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// What it was sent as.
    pub kind: AttachmentKind,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// When it was received.
    pub at: Timestamp,
    /// Its length in bytes.
    pub bytes: u64,
}

/// When a person looks at a petition: a promise, and no term that decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewTerm {
    /// By then.
    pub by: Timestamp,
    /// It has passed, and whoever supervises has been told.
    pub late: bool,
    /// The company appealed: it is decided once more, by somebody else.
    pub appeal: bool,
    /// Whether whoever asked hears of the decision, and need not look here again.
    pub told: bool,
}

/// What the company hears of a person's decision. Who it was is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Why, from the list.
    pub reason: ReviewReason,
    /// In their words: only of what the company is asked for.
    pub note: Option<String>,
    /// Until when the company may complete.
    pub until: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// Why a document that a person might have looked at took the place of nothing.
fn another_waits() -> Reason {
    Reason::new(ReasonCode::WrongForm, Outcome::Refused).fact("espera", "otro")
}

impl Intake {
    /// Where a petition stands. `None` for an unknown number and for a wrong secret alike.
    pub async fn status(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<Status>, IntakeError> {
        match self.followed_with_secret(number, secret).await? {
            Some(petition) => Ok(Some(self.stands(petition, number).await?)),
            None => Ok(None),
        }
    }

    /// Where a petition stands, for whoever holds this number of it.
    pub(super) async fn stands(
        &self,
        mut petition: PetitionRow,
        number: &PetitionNumber,
    ) -> Result<Status, IntakeError> {
        let store = self.store();
        // What came beside it is what whoever asks wants to hear of.
        if matches!(petition.state, State::InReview | State::AwaitingCompletion)
            && let Some(checked) = store.document_checked(&petition.number).await?
        {
            petition.state = State::Received;
            petition.document = Some(checked);
        }
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
        let decision = recorded.as_ref().map_or(Ok(None), RecordedDecision::said)?;
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
        let open = petition.state.accepts_document() && petition.document.is_some();
        let tried_out = open && {
            let documents = store.documents(&petition.number).await?;
            documents.len() >= self.settings().documents_per_number
        };
        let review = self.reviewed(&petition).await?;
        let attached = self.acknowledged(&petition).await?;
        let (review_term, not_taken) = match (&document, petition.state) {
            (Some(document), State::InReview) => (
                self.review_term(&petition, decision.as_ref()).await?,
                self.not_taken(document, document.received_at).await?,
            ),
            // What came before something was asked for is no answer to it.
            (Some(document), State::AwaitingCompletion) => {
                let asked_at = review.as_ref().map_or(document.received_at, |asks| asks.at);
                (None, self.not_taken(document, asked_at).await?)
            }
            _ => (None, None),
        };
        let not_taken = not_taken
            .filter(|(_, at)| attached.last().is_none_or(|last| last.at <= *at))
            .map(|(reasons, _)| reasons)
            .unwrap_or_default();
        let appeal_until = self.appeal_until(&petition).await?;
        let approved = petition.state == State::Approved;
        let new_email = petition
            .content
            .as_ref()
            .and_then(|it| it.new_email.clone());
        let changed = petition.state == State::Completed && new_email.is_some();
        let record = match petition.content.as_ref().filter(|_| approved || changed) {
            Some(content) => store.employer(&content.ruc, &content.branch).await?,
            None => None,
        };
        let password_from = record
            .as_ref()
            .filter(|record| changed && record.employer.email == new_email)
            .and_then(|record| record.email_hold_until)
            .filter(|until| *until > self.now());
        let record = record.filter(|_| approved);
        let deliveries = store.deliveries_of(&petition.number).await?;
        let stands = |kind| {
            let mut newest = deliveries.iter();
            let newest = newest.find(|delivery| delivery.kind == kind);
            newest.map(|delivery| delivery.state)
        };
        let portal = stands(DeliveryKind::SetPassword);
        let unblocking = stands(DeliveryKind::Unblock);
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
        Ok(Status {
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
            expired: petition.state.accepts_document() && petition.has_lived(self.now()),
            tried_out,
            reasons: decision
                .map(|decision| decision.reasons)
                .unwrap_or_default(),
            report,
            masked_email,
            new_email,
            password_from,
            link,
            waiting,
            review,
            review_term,
            not_taken,
            attached,
            appeal_until,
            portal,
            unblocking,
            shared_email,
            at_the_counter: petition.is_at_the_counter(),
            has_form: petition.form.is_some() && petition.number == *number,
        })
    }

    async fn review_term(
        &self,
        petition: &PetitionRow,
        decision: Option<&Decision>,
    ) -> Result<Option<ReviewTerm>, IntakeError> {
        let Some(case) = self.store().case(&petition.number).await? else {
            return Ok(None);
        };
        let by = self.case_clock(&case).alarm_at;
        Ok(Some(ReviewTerm {
            by,
            late: self.now() >= by,
            appeal: case.kind == CaseKind::Appeal,
            told: self.is_told(petition, decision).await?,
        }))
    }

    /// Whether whoever asked hears what a person decides. What is on file reaches the employer: whether there is something is
    /// told to a representative whom the registry knows, and to nobody else.
    async fn is_told(
        &self,
        petition: &PetitionRow,
        decision: Option<&Decision>,
    ) -> Result<bool, IntakeError> {
        let Some(content) = &petition.content else {
            return Ok(false);
        };
        let known = decision.is_some_and(|decision| {
            let namesake = |reason: &Reason| reason.code == ReasonCode::NameMatchOnly;
            decision.representative.is_some() && !decision.reasons.iter().any(namesake)
        });
        let record = if known {
            let (ruc, branch) = (&content.ruc, &content.branch);
            self.store().employer(ruc, branch).await?
        } else {
            None
        };
        let asked = decision.and_then(asked_by_document);
        let contacts = contacts(asked, record.as_ref());
        Ok(!contacts.on_file.is_empty() || contacts.named.is_some())
    }

    /// What the company attached. What is seen at the counter was handed over there.
    async fn acknowledged(&self, petition: &PetitionRow) -> Result<Vec<Attached>, IntakeError> {
        if petition.is_at_the_counter() {
            return Ok(Vec::new());
        }
        let rows = self.store().attachments(&petition.number).await?;
        let attached = rows.into_iter().map(|row| Attached {
            kind: row.kind,
            sha256: row.sha256,
            at: row.received_at,
            bytes: u64::try_from(row.bytes).unwrap_or_default(),
        });
        Ok(attached.collect())
    }

    /// Why the newest document, if it came after `since`, did not take the place of this one, and when it came: what is attached
    /// later answers to that.
    async fn not_taken(
        &self,
        waits: &DocumentRow,
        since: Timestamp,
    ) -> Result<Option<(Vec<Reason>, Timestamp)>, IntakeError> {
        let store = self.store();
        let later = store.documents(&waits.number).await?.into_iter();
        let newest = later
            .filter(|document| document.received_at > since && document.sha256 != waits.sha256)
            .max_by_key(|document| document.received_at);
        let Some(newest) = newest else {
            return Ok(None);
        };
        let recorded = store.decision(&waits.number, newest.sha256).await?;
        let refused = recorded.filter(|recorded| recorded.outcome == Outcome::Refused);
        let reasons = match refused {
            // Nothing may be wrong with it but whose it is.
            Some(recorded) if recorded.passed_over => Some(vec![another_waits()]),
            Some(recorded) => recorded.said()?.map(|decision| decision.reasons),
            None => None,
        };
        Ok(reasons.map(|reasons| (reasons, newest.received_at)))
    }

    /// Whether another employer has the address that is asked for.
    async fn is_shared(&self, content: &PetitionContent) -> Result<bool, IntakeError> {
        let Some(email) = &content.new_email else {
            return Ok(false);
        };
        let (ruc, branch) = (&content.ruc, &content.branch);
        Ok(self.store().email_is_elsewhere(email, ruc, branch).await?)
    }
}
