//! Whoever signed beside the registry as it is now, where the machine could not put them there: it did not read the letter, or did
//! not learn whether the certificate was revoked. The rules are those of `decision`. A person may approve in spite of some of what they
//! say, for a reason that answers it and after it was shown; nobody may in spite of the rest.

use serde_json::json;

use super::CaseView;
use super::rules::{ARGUABLE, answers};
use crate::decision::{Matching, Reason, ReasonCode, match_signer};
use crate::domain::{
    CaseKind, EmailAddress, LegalRepresentative, Outcome, PetitionContent, ReviewReason, Sha256,
};
use crate::store::{EmployerRecord, Store, StoreError};
use crate::verify::signer::Signer;

/// What is asked, who signed, and the registry.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is asked: as the document says it, or as a person read it.
    pub content: PetitionContent,
    /// The employer for whom it is asked.
    pub record: EmployerRecord,
    /// The signer who is closest to it.
    pub signer: Option<Signer>,
    /// Whom the registry knows that signer as.
    pub representative: Option<LegalRepresentative>,
    /// What speaks against an approval and the machine did not say.
    pub objections: Vec<Reason>,
    /// Addresses of which the owner said «no fui yo».
    pub denied: Vec<EmailAddress>,
}

/// Why an approval does not count against the objections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objected {
    /// Nobody may approve it.
    Finally,
    /// The reason that was given does not answer them.
    Unanswered,
    /// Whoever approves has not confirmed that they saw them.
    Unconfirmed,
}

impl CaseView {
    /// What is asked beside the registry; `None` where no document was judged, or nobody is registered.
    pub(super) async fn compare(
        &self,
        store: &Store,
        content: &PetitionContent,
        record: Option<&EmployerRecord>,
    ) -> Result<Option<Comparison>, StoreError> {
        let Some(mut compared) = self.beside(content, record) else {
            return Ok(None);
        };
        let denied = store.denied_emails(&content.ruc, &content.branch).await?;
        compared.denied = denied;
        Ok(Some(compared))
    }

    fn beside(
        &self,
        content: &PetitionContent,
        record: Option<&EmployerRecord>,
    ) -> Option<Comparison> {
        let report = self.report.as_ref()?;
        let record = record.filter(|_| self.case.kind != CaseKind::Counter)?;
        let at = self.received_at?;
        let matched_with = |appointment_attached| {
            match_signer(&Matching {
                report,
                content,
                employer: &record.employer,
                source: self.decision.as_ref().and_then(|decision| decision.source),
                appointment_attached,
                frozen: record.frozen_since.is_some(),
                at,
            })
        };
        // The same reason may come to more than it did: whoever only awaited a successor then may have one by now.
        let said = |reason: &Reason| {
            let reasons = self.decision.iter().flat_map(|it| &it.reasons);
            reasons
                .filter(|said| said.code == reason.code)
                .any(|said| said.outcome == reason.outcome || said.outcome == Outcome::Refused)
        };
        let counts = |reason: &Reason| match reason.outcome {
            // A barrier of its own.
            Outcome::Refused => reason.code != ReasonCode::NoEmail,
            Outcome::InReview => true,
            Outcome::Approved => false,
        };
        // What was attached since is the signer's own answer to what the machine said; to what it did not say it is none.
        let answered = |reason: &Reason| {
            reason.code == ReasonCode::AppointmentAttached
                && matched_with(false).reasons.iter().all(said)
        };
        let matched = matched_with(!self.attachments.is_empty());
        let mut objections = matched.reasons;
        objections.retain(|reason| counts(reason) && !said(reason) && !answered(reason));
        Some(Comparison {
            content: content.clone(),
            record: record.clone(),
            signer: matched.signer,
            representative: matched.representative,
            objections,
            denied: Vec::new(),
        })
    }
}

impl Comparison {
    /// Whether an approval for this reason counts. `confirmed` is what the person says they have seen.
    pub(super) fn check(
        &self,
        given: ReviewReason,
        confirmed: Option<Sha256>,
    ) -> Result<(), Objected> {
        if self.is_final() {
            Err(Objected::Finally)
        } else if !self.is_answered_by(given) {
            Err(Objected::Unanswered)
        } else if !self.objections.is_empty() && confirmed != Some(self.digest()) {
            Err(Objected::Unconfirmed)
        } else {
            Ok(())
        }
    }

    /// Whether nobody may approve it, by the rule for what the machine refuses by itself.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.refusals()
            .any(|reason| !ARGUABLE.contains(&reason.code))
    }

    /// Whether a reason says why it may be approved all the same: it answers everything for which the machine would refuse, or else
    /// something of what made it doubt.
    #[must_use]
    pub fn is_answered_by(&self, given: ReviewReason) -> bool {
        if self.refusals().next().is_some() {
            return self.refusals().all(|reason| answers(given, reason));
        }
        let answered = self.objections.iter().any(|reason| answers(given, reason));
        self.objections.is_empty() || answered
    }

    fn refusals(&self) -> impl Iterator<Item = &Reason> {
        let refused = |reason: &&Reason| reason.outcome == Outcome::Refused;
        self.objections.iter().filter(refused)
    }

    /// By what a confirmation is for this and nothing else: other words read, or another registry, are shown anew.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let seen = json!({ "content": self.content, "objections": self.objections });
        Sha256::of(seen.to_string().as_bytes())
    }
}
