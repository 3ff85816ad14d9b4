//! What is kept with a decision besides document, trust store and answers: its circumstances, and what was on file about the
//! employer.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Intake, IntakeError, Judgement, internal};
use crate::decision::{Circumstances, Decision, Elsewhere, ReasonCode, elsewhere};
use crate::domain::{Employer, PetitionContent};
use crate::store::{EmployerRecord, PetitionRow, RecordedDecision};
use crate::verify::Report;

/// What is kept of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Conditions {
    /// What was on file about the employer. Its representatives are not here: the versions of the registry have them, and
    /// nothing else changes those.
    pub(super) employer: Option<Employer>,
    /// What else it rests on.
    #[serde(flatten)]
    pub(super) circumstances: Circumstances,
    /// How old an answer about revocation might be, where the operator says so.
    pub(super) evidence_age_seconds: Option<i64>,
}

impl Intake {
    /// The conditions of a decision that is being made for `target`, while nothing stands in its way but what is on file.
    pub(super) fn conditions(
        &self,
        judgement: &Judgement,
        target: &PetitionRow,
        record: Option<&EmployerRecord>,
    ) -> Conditions {
        let settings = self.settings();
        let clean = Circumstances::clean(
            target.expires_at,
            settings.letter_window,
            settings.clock_tolerance,
        );
        Conditions {
            employer: record.map(|record| Employer {
                representatives: Vec::new(),
                ..record.employer.clone()
            }),
            circumstances: Circumstances {
                frozen: record.is_some_and(|record| record.frozen_since.is_some()),
                ..clean
            },
            evidence_age_seconds: judgement.policy.evidence_age.map(|age| age.as_secs()),
        }
    }

    /// Where else the registry knows the employer that a document names, for whoever signed it.
    pub(super) async fn elsewhere(
        &self,
        report: &Report,
        content: &PetitionContent,
        at: Timestamp,
    ) -> Result<Option<Elsewhere>, IntakeError> {
        let others = self.store().employers_beside(&content.ruc).await?;
        Ok(elsewhere(report, content, &others, at))
    }

    /// The conditions of a decision that was made, and the employer as it was known then. Decisions of old kept no conditions:
    /// theirs are what is true today, as far as the decision itself does not tell.
    pub(super) async fn conditions_then(
        &self,
        petition: &PetitionRow,
        recorded: &RecordedDecision,
        decision: &Decision,
        attached_then: bool,
    ) -> Result<(Conditions, Option<Employer>), IntakeError> {
        let record = self.employer_then(decision, recorded).await?;
        if let Some(kept) = Conditions::kept(recorded)? {
            let representatives = record.map(|record| record.employer.representatives);
            let employer = kept.employer.clone().map(|on_file| Employer {
                representatives: representatives.unwrap_or_default(),
                ..on_file
            });
            return Ok((kept, employer));
        }
        let mut conditions = self.conditions(&self.judgement(), petition, record.as_ref());
        conditions.circumstances = Circumstances {
            appointment_attached: attached_then,
            used: holds(decision, ReasonCode::AlreadyUsed),
            frozen: holds(decision, ReasonCode::Frozen),
            ..conditions.circumstances
        };
        Ok((conditions, record.map(|record| record.employer)))
    }

    /// The employer as the registry knew it when it was asked, with what petitions changed since.
    async fn employer_then(
        &self,
        decision: &Decision,
        recorded: &RecordedDecision,
    ) -> Result<Option<EmployerRecord>, IntakeError> {
        let Some(content) = &decision.content else {
            return Ok(None);
        };
        let (ruc, branch) = (&content.ruc, &content.branch);
        let store = self.store();
        Ok(match recorded.registry_version {
            Some(version) => store.employer_as_of(ruc, branch, version).await?,
            None => store.employer(ruc, branch).await?,
        })
    }
}

impl Conditions {
    /// Those that were kept with a decision.
    pub(super) fn kept(recorded: &RecordedDecision) -> Result<Option<Self>, IntakeError> {
        let kept = recorded.conditions.clone().map(serde_json::from_value);
        kept.transpose().map_err(internal)
    }

    /// How old an answer about revocation might be.
    pub(super) fn evidence_age(&self) -> Option<SignedDuration> {
        self.evidence_age_seconds.map(SignedDuration::from_secs)
    }
}

fn holds(decision: &Decision, code: ReasonCode) -> bool {
    decision.reasons.iter().any(|reason| reason.code == code)
}
