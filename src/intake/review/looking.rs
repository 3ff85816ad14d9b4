//! One case with everything a person needs to decide it, and nothing that they must not see.

use bytes::Bytes;
use jiff::Timestamp;

use super::rules::Looked;
use super::{Intake, Officer, ReviewError};
use crate::decision::Decision;
use crate::domain::{
    Action, Barrier, CaseAct, FourEyes, MemberRole, PetitionNumber, Phase, Sha256, State, calendar,
};
use crate::intake::{IntakeError, Reviewed, internal};
use crate::store::{ActRow, AttachmentRow, CaseRow, Earlier, EmployerRecord, PetitionRow, Tick};
use crate::verify::Report;

/// How far back another reset counts.
const RESET_WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// Petitions of a history.
const HISTORY: i64 = 8;

/// The terms of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Since when it is in review.
    pub opened_at: Timestamp,
    /// When the supervisors hear of it first.
    pub alarm_at: Timestamp,
    /// The working day of the second alarm.
    pub alarm_day: Timestamp,
}

/// A case with all that is known about it, as one person may see it.
#[derive(Debug)]
pub struct CaseView {
    /// The case.
    pub case: CaseRow,
    /// The petition.
    pub petition: PetitionRow,
    /// When the document was received.
    pub received_at: Option<Timestamp>,
    /// What the machine decided.
    pub decision: Option<Decision>,
    /// The verdict on the signatures.
    pub report: Option<Report>,
    /// The employer as the registry knows it now.
    pub record: Option<EmployerRecord>,
    /// What was done with the case; votes of others are missing while this person may become the second one.
    pub acts: Vec<ActRow>,
    /// Files that came with it.
    pub attachments: Vec<AttachmentRow>,
    /// At the counter: who has seen what.
    pub ticks: Vec<Tick>,
    /// Earlier petitions of the employer.
    pub of_employer: Vec<Earlier>,
    /// Earlier petitions signed by the same person.
    pub of_signer: Vec<Earlier>,
    /// What forbids an approval.
    pub barriers: Vec<Barrier>,
    /// Why two persons must decide alike.
    pub four_eyes: Vec<FourEyes>,
    /// Its terms.
    pub clock: Clock,
    /// Whether this person holds it now.
    pub mine: bool,
    /// Who else holds it now.
    pub held_by: Option<String>,
}

impl Intake {
    /// Everything about a case. Looking changes nothing.
    pub async fn look(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
    ) -> Result<CaseView, ReviewError> {
        let store = self.store();
        let petition = store.petition(number).await?.ok_or(IntakeError::NotFound)?;
        let case = store.case(number).await?.ok_or(IntakeError::NotFound)?;
        let (document, recorded) = match petition.document {
            Some(sha256) => (
                store.document(number, sha256).await?,
                store.decision(number, sha256).await?,
            ),
            None => (None, None),
        };
        let decision: Option<Decision> = recorded
            .as_ref()
            .map(|recorded| serde_json::from_value(recorded.decision.clone()))
            .transpose()
            .map_err(internal)?;
        let report: Option<Report> = recorded
            .and_then(|recorded| recorded.report)
            .map(serde_json::from_value)
            .transpose()
            .map_err(internal)?;
        let content = petition.content.as_ref();
        let (record, of_employer, recent_resets) = match content {
            Some(content) => {
                let (ruc, branch) = (&content.ruc, &content.branch);
                let since = self.now() - RESET_WINDOW;
                (
                    store.employer(ruc, branch).await?,
                    store.petitions_of(ruc, branch, HISTORY).await?,
                    store.resets_since(ruc, branch, since, number).await?,
                )
            }
            None => (None, Vec::new(), 0),
        };
        let signer = decision
            .as_ref()
            .and_then(|decision| decision.signer.as_ref());
        let of_signer = match signer.and_then(|signer| signer.document.as_ref()) {
            Some(document) => store.petitions_signed_by(document, HISTORY).await?,
            None => Vec::new(),
        };
        let looked = Looked {
            kind: case.kind,
            report: report.as_ref(),
            decision: decision.as_ref(),
            content,
            record: record.as_ref(),
            recent_resets,
        };
        let (barriers, four_eyes) = (looked.barriers(), looked.four_eyes());
        let held_by = case.held_by(self.now()).map(str::to_owned);
        let user = officer.member.user.as_str();
        let acts = store.case_acts(number).await?;
        Ok(CaseView {
            acts: visible(acts, &case, officer),
            attachments: store.attachments(number).await?,
            ticks: store.ticks(number).await?,
            received_at: document.map(|document| document.received_at),
            of_employer: without(of_employer, number),
            of_signer: without(of_signer, number),
            barriers,
            four_eyes,
            clock: self.case_clock(&case),
            mine: held_by.as_deref() == Some(user),
            held_by: held_by.filter(|by| by != user),
            decision,
            report,
            record,
            case,
            petition,
        })
    }

    /// The terms of a case.
    #[must_use]
    pub fn case_clock(&self, case: &CaseRow) -> Clock {
        let deadlines = &self.settings().deadlines;
        Clock {
            opened_at: case.opened_at,
            alarm_at: case.opened_at + deadlines.first,
            alarm_day: calendar::working_days_later(case.opened_at, deadlines.working_days),
        }
    }
}

impl Intake {
    /// What the company hears of the last act of a person: the request it must answer, or the decision it got.
    pub(in crate::intake) async fn reviewed(
        &self,
        petition: &PetitionRow,
    ) -> Result<Option<Reviewed>, IntakeError> {
        let Some(case) = self.store().case(&petition.number).await? else {
            return Ok(None);
        };
        let wanted = match petition.state {
            State::AwaitingCompletion | State::Archived => CaseAct::Complete,
            State::Refused => CaseAct::Refuse,
            State::Approved | State::Completed => CaseAct::Approve,
            _ => return Ok(None),
        };
        let acts = self.store().case_acts(&petition.number).await?;
        // Of an earlier round is what was decided about an earlier document.
        let last = acts
            .into_iter()
            .rfind(|act| act.round == case.round && act.act == wanted);
        let asks = wanted == CaseAct::Complete;
        let last = last.filter(|act| asks || Some(act.at) == petition.decided_at);
        Ok(last.and_then(|act| {
            Some(Reviewed {
                reason: act.reason?,
                note: Some(act.note).filter(|note| asks && !note.is_empty()),
                until: case.due_at.filter(|_| asks),
                at: act.at,
            })
        }))
    }
}

impl Intake {
    /// The bytes of an attachment.
    pub async fn attached(&self, sha256: Sha256) -> Result<Bytes, IntakeError> {
        Ok(self.inner.documents.read(sha256).await?)
    }
}

impl CaseView {
    /// What is asked, when it is known.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.petition.content.as_ref().map(|content| content.action)
    }
}

/// The second person decides without knowing what the first one did: verdicts of the open round stay hidden until it is over
/// or a supervisor must choose. An auditor decides nothing and sees everything.
fn visible(acts: Vec<ActRow>, case: &CaseRow, officer: &Officer) -> Vec<ActRow> {
    let blind = case.phase == Phase::Second && officer.member.role != MemberRole::Auditor;
    let verdict = |act: &ActRow| {
        act.round == case.round
            && matches!(
                act.act,
                CaseAct::Approve | CaseAct::Refuse | CaseAct::Escalate
            )
    };
    let own = |act: &ActRow| act.member == officer.member.user.as_str();
    acts.into_iter()
        .filter(|act| !blind || !verdict(act) || own(act))
        .collect()
}

fn without(mut petitions: Vec<Earlier>, number: &PetitionNumber) -> Vec<Earlier> {
    petitions.retain(|earlier| earlier.number != *number);
    petitions
}
