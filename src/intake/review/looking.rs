//! One case with everything a person needs to decide it, and nothing that they must not see.

use bytes::Bytes;
use jiff::Timestamp;

use super::rules::Looked;
use super::{Comparison, Intake, Officer, ReviewError};
use crate::decision::{Decision, Reason, ReasonCode};
use crate::domain::{
    Action, Barrier, CaseAct, CaseKind, FourEyes, MemberRole, Outcome, PetitionContent,
    PetitionNumber, Ruc, Sha256, State, calendar,
};
use crate::intake::{IntakeError, Reviewed, internal};
use crate::store::{
    ActRow, AttachmentRow, CaseRow, Earlier, EmployerRecord, PetitionRow, RecordedDecision, Tick,
    Why,
};
use crate::verify::Report;

/// How far back another reset counts.
pub(super) const RESET_WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// Petitions of a history.
const HISTORY: i64 = 8;
/// Petitions that a search lists.
const FOUND: i64 = 50;

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
    /// Who of the staff stopped the account last, and why.
    pub stop: Option<Why>,
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
    /// What the signed bytes ask for, as far as that is beyond doubt; at the counter, what the officer took down. `None`: a
    /// person must read it. What was typed for the number is none of it (DESIGN §1.4).
    pub asked: Option<PetitionContent>,
    /// The same beside the registry, where it is known from the start.
    pub comparison: Option<Comparison>,
    /// What forbids an approval.
    pub barriers: Vec<Barrier>,
    /// Why two persons must decide alike.
    pub four_eyes: Vec<FourEyes>,
    /// Other resets of this employer within thirty days before [`Self::looked_at`].
    pub recent_resets: i64,
    /// When all this was so.
    pub looked_at: Timestamp,
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
        let looked_at = self.now();
        let petition = store.petition(number).await?.ok_or(IntakeError::NotFound)?;
        // What the machine decided by itself is looked up too, when a company asks about it.
        let case = match store.case(number).await? {
            Some(case) => case,
            None if petition.document.is_some() => CaseRow::of_no_case(&petition),
            None => return Err(IntakeError::NotFound.into()),
        };
        let (document, recorded) = match petition.document {
            Some(sha256) => (
                store.document(number, sha256).await?,
                store.decision(number, sha256).await?,
            ),
            None => (None, None),
        };
        let decision = recorded.as_ref().map_or(Ok(None), RecordedDecision::said)?;
        let report: Option<Report> = recorded
            .and_then(|recorded| recorded.report)
            .map(serde_json::from_value)
            .transpose()
            .map_err(internal)?;
        let content = petition.content.as_ref();
        let (record, of_employer, recent_resets) = match content {
            Some(content) => {
                let (ruc, branch) = (&content.ruc, &content.branch);
                let since = looked_at - RESET_WINDOW;
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
        let asked = match case.kind {
            CaseKind::Counter => petition.content.clone(),
            CaseKind::Petition | CaseKind::Appeal => {
                decision.as_ref().and_then(asked_by_document).cloned()
            }
        };
        let looked = Looked {
            kind: case.kind,
            report: report.as_ref(),
            decision: decision.as_ref(),
            content: asked.as_ref(),
            record: record.as_ref(),
            recent_resets,
        };
        let (barriers, four_eyes) = (looked.barriers(), looked.four_eyes());
        let held_by = case.held_by(looked_at).map(str::to_owned);
        let user = officer.member.user.as_str();
        let acts = store.case_acts(number).await?;
        let blind = is_blind(&acts, &case, officer);
        let stop = match &record {
            Some(record) => store.why_stopped(record).await?,
            None => None,
        };
        let mut view = CaseView {
            acts: visible(acts, &case, officer, blind),
            attachments: store.attachments(number).await?,
            ticks: store.ticks(number).await?,
            received_at: document.map(|document| document.received_at),
            of_employer: without(of_employer, number),
            of_signer: without(of_signer, number),
            asked,
            comparison: None,
            barriers,
            four_eyes,
            recent_resets,
            looked_at,
            clock: self.case_clock(&case),
            mine: held_by.as_deref() == Some(user),
            held_by: held_by.filter(|by| by != user),
            decision,
            report,
            record,
            stop,
            case,
            petition,
        };
        if let Some(content) = &view.asked {
            view.comparison = view.compare(store, content, view.record.as_ref()).await?;
        }
        let objected = |compared: &Comparison| !compared.objections.is_empty();
        let overrides = view.comparison.as_ref().is_some_and(objected);
        if overrides && !view.four_eyes.contains(&FourEyes::Override) {
            view.four_eyes.push(FourEyes::Override);
        }
        let barred = view.comparison.as_ref().is_some_and(Comparison::is_final);
        if barred && view.barriers.is_empty() {
            view.barriers.push(Barrier::HardFact);
        }
        Ok(view)
    }

    /// Whether somebody must not know yet what was decided about a petition: they may become the second person.
    pub async fn is_blind(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
    ) -> Result<bool, IntakeError> {
        let Some(case) = self.store().case(number).await? else {
            return Ok(false);
        };
        let acts = self.store().case_acts(number).await?;
        Ok(is_blind(&acts, &case, officer))
    }

    /// The terms of a case.
    #[must_use]
    pub fn case_clock(&self, case: &CaseRow) -> Clock {
        let deadlines = &self.settings().deadlines;
        Clock {
            opened_at: case.opened_at,
            alarm_at: case.opened_at + deadlines.first,
            alarm_day: calendar::working_days_later(
                case.opened_at,
                deadlines.working_days,
                &deadlines.holidays,
            ),
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
    /// Petitions under a RUC, the newest first.
    pub async fn petitions_of_ruc(&self, ruc: &Ruc) -> Result<Vec<Earlier>, IntakeError> {
        Ok(self.store().petitions_of_ruc(ruc, FOUND).await?)
    }

    /// The employers of some cases, by name, in their order; what a person has yet to read names none.
    pub async fn employers_of(
        &self,
        cases: &[CaseRow],
    ) -> Result<Vec<Option<String>>, IntakeError> {
        let store = self.store();
        let mut names = Vec::new();
        for case in cases {
            let record = store.employer_of(&case.number).await?;
            names.push(if let Some(record) = record {
                Some(record.employer.legal_name)
            } else {
                let whose = store.whose(&case.number).await?;
                whose.map(|(ruc, _)| format!("RUC {ruc}"))
            });
        }
        Ok(names)
    }

    /// Files that came with a petition and are still kept.
    pub async fn attachments_of_case(
        &self,
        number: &PetitionNumber,
    ) -> Result<Vec<AttachmentRow>, IntakeError> {
        let petition = self.petition_kept(number).await?;
        Ok(self.store().attachments(&petition.number).await?)
    }

    /// The bytes of an attachment.
    pub async fn attached(&self, sha256: Sha256) -> Result<Bytes, IntakeError> {
        Ok(self.inner.documents.read(sha256).await?)
    }
}

impl CaseView {
    /// The employer beside whom what is asked stands, when it is known.
    #[must_use]
    pub fn registered(&self) -> Option<&EmployerRecord> {
        self.record.as_ref().filter(|_| self.asked.is_some())
    }

    /// Whether what is asked must be read by a person.
    #[must_use]
    pub fn must_be_read(&self) -> bool {
        self.asked.is_none() && self.case.kind != CaseKind::Counter
    }

    /// What is asked, when it is known.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.asked.as_ref().map(|content| content.action)
    }

    /// Whether it takes no document: the company can send nothing, and nothing can be asked of it here.
    #[must_use]
    pub fn is_at_the_counter(&self) -> bool {
        self.petition.document.is_none()
    }
}

/// What the machine read in the signed bytes without doubt.
pub(in crate::intake) fn asked_by_document(decision: &Decision) -> Option<&PetitionContent> {
    let doubts = |reason: &Reason| match reason.code {
        ReasonCode::LetterUnclear | ReasonCode::HiddenText => true,
        // Of a letter: a form says its branch itself, and is refused.
        ReasonCode::BranchUnknown => reason.outcome == Outcome::InReview,
        _ => false,
    };
    let doubted = decision.reasons.iter().any(doubts);
    decision.content.as_ref().filter(|_| !doubted)
}

/// A verdict of the round that is open.
fn is_verdict(act: &ActRow, case: &CaseRow) -> bool {
    act.round == case.round && matches!(act.act, CaseAct::Approve | CaseAct::Refuse)
}

/// The second person, a supervisor too, decides without knowing what the first one did: verdicts stay hidden until two have
/// voted or it is decided. An auditor decides nothing and sees everything.
fn is_blind(acts: &[ActRow], case: &CaseRow, officer: &Officer) -> bool {
    let votes = acts.iter().filter(|act| is_verdict(act, case)).count();
    case.phase.waits() && votes == 1 && officer.member.role != MemberRole::Auditor
}

fn visible(acts: Vec<ActRow>, case: &CaseRow, officer: &Officer, blind: bool) -> Vec<ActRow> {
    let own = |act: &ActRow| act.member == officer.member.user.as_str();
    acts.into_iter()
        .filter(|act| !blind || !is_verdict(act, case) || own(act))
        .collect()
}

fn without(mut petitions: Vec<Earlier>, number: &PetitionNumber) -> Vec<Earlier> {
    petitions.retain(|earlier| earlier.number != *number);
    petitions
}
