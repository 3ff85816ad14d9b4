//! Decisions: recorded with everything that follows from them, in one transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::effects::{self, Effects};
use super::jobs::drop_job;
use super::petitions::{move_document, move_state, set_content};
use super::protected::{DECISION_TEXT, REPORT};
use super::sql::{Row, query};
use super::{
    AnswerRow, Job, PetitionRow, Store, StoreError, Writing, attachments, audit, cases, employers,
    evidence, marks, moment, parsed,
};
use crate::decision::{Decision, unfailed_signers};
use crate::domain::{
    Event, IdentityDocument, Outcome, PetitionContent, PetitionNumber, Sha256, State,
};
use crate::protection::Keyring;

const TABLE: &str = "decisions";

const DECIDE: &str = "insert into decisions (number, sha256, outcome, decision, report, trust_digest, decided_ms, \
                      registry_version) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (number, sha256) \
                      do update set outcome = excluded.outcome, decision = excluded.decision, \
                      report = excluded.report, trust_digest = excluded.trust_digest, \
                      decided_ms = excluded.decided_ms, registry_version = excluded.registry_version";
const IN_REVIEW: &str = "select sha256, report from decisions where number = $1 and outcome = 'in_review' \
                         and not exists (select 1 from decisions a where a.number = $1 and a.sha256 = $2) \
                         order by decided_ms desc limit 1";
const SET_OUTCOME: &str = "update decisions set outcome = $1 where number = $2 and sha256 = $3";
const REFUSE_WAITING: &str =
    "update decisions set outcome = 'refused' where number = $1 and outcome = 'in_review'";
const DECISION: &str = "select outcome, decision, report, trust_digest, decided_ms, registry_version from decisions \
                        where number = $1 and sha256 = $2";
const SET_DECIDED: &str =
    "update petitions set document_sha256 = $1, decided_ms = $2 where number = $3";
const SET_MERGED: &str = "update petitions set merged_into = $1 where number = $2";
const USE_SIGNATURE: &str =
    "insert into used_signatures (value_sha256, number, used_ms) values ($1, $2, $3)";
const SIGNATURE_USED: &str = "select number from used_signatures where value_sha256 = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    DECIDE,
    IN_REVIEW,
    SET_OUTCOME,
    REFUSE_WAITING,
    DECISION,
    SET_DECIDED,
    SET_MERGED,
    USE_SIGNATURE,
    SIGNATURE_USED,
];

/// A decision to be recorded, with everything that follows from it.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The document that was decided.
    pub job: &'a Job,
    /// The petition it decides: the job's own, or the one whose form it turned out to be.
    pub target: &'a PetitionRow,
    /// What was read, for a petition that had no content yet.
    pub content: Option<&'a PetitionContent>,
    /// The decision.
    pub decision: &'a Decision,
    /// Under which conditions it was made, as JSON.
    pub conditions: &'a serde_json::Value,
    /// The report as JSON, when there was one.
    pub report: Option<&'a serde_json::Value>,
    /// Digest of the trust store that was used.
    pub trust_digest: Sha256,
    /// Version of the registry that was asked.
    pub registry_version: i64,
    /// The answers about revocation that it rests on.
    pub evidence: &'a [AnswerRow],
    /// Whether a person signed it, in a way that has not failed.
    pub signed: bool,
    /// Those of them whose documents are known.
    pub signers: &'a BTreeSet<IdentityDocument>,
    /// Whether it begins with the form of `target`.
    pub form: FormOf,
    /// Signature values that are used up by it.
    pub signatures: &'a [Sha256],
    /// What it sets in motion.
    pub effects: &'a Effects,
    /// When it was decided.
    pub at: Timestamp,
}

/// Whose form a document begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormOf {
    /// The petition's that it decides.
    Target,
    /// Another one's, or nobody's.
    Nobody,
}

impl Recorded<'_> {
    /// Whether it came under a number whose petition waited for something else, and was kept beside that.
    fn came_beside(&self) -> bool {
        self.target.number == self.job.number && self.target.state != State::Received
    }

    /// Whether it may take the place of what waits. Anybody may upload under a number, and be somebody whom some authority
    /// certifies: it must be signed, and come from those to whom the petition belongs. That it has the petition's secret shows in
    /// that the petition was moved for it (`Intake::receive_from_holder`).
    fn may_displace(&self, waiting: &Waiting) -> bool {
        self.signed
            && (self.form == FormOf::Target
                || !self.came_beside()
                || !self.signers.is_disjoint(&waiting.signers))
    }
}

/// A document that waits for a person.
#[derive(Debug)]
struct Waiting {
    sha256: Sha256,
    signers: BTreeSet<IdentityDocument>,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// The outcome.
    pub outcome: Outcome,
    /// The decision as JSON, without what is kept beside it.
    decision: serde_json::Value,
    /// Under which conditions it was made, as JSON; decisions of old did not keep them.
    pub conditions: Option<serde_json::Value>,
    /// The report as JSON.
    pub report: Option<serde_json::Value>,
    /// Digest of the trust store that was used.
    pub trust_digest: Sha256,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Version of the registry that was asked; decisions of old did not keep it.
    pub registry_version: Option<i64>,
    /// Whether it never came before a person, because another document waited.
    pub passed_over: bool,
}

impl RecordedDecision {
    /// Whether what was said is gone, because its term had ended.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        is_erased(&self.decision)
    }

    /// What was decided; `None` when that is gone, because its term had ended.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it is there and can't be read: another release may have written it.
    pub fn said(&self) -> Result<Option<Decision>, StoreError> {
        said_in(&self.decision)
    }

    /// The words in which it is kept, for whoever asks what is held about them; to act on them is [`Self::said`].
    #[must_use]
    pub fn as_kept(&self) -> &serde_json::Value {
        &self.decision
    }
}

/// What the decision in a row says, whose key this is; `None` when that is gone, because its term had ended.
pub(super) fn said(
    keys: &Keyring,
    key: &[&str; 2],
    row: &Row,
) -> Result<Option<Decision>, StoreError> {
    said_in(&DECISION_TEXT.parse(keys, key, row)?)
}

fn said_in(kept: &serde_json::Value) -> Result<Option<Decision>, StoreError> {
    if is_erased(kept) {
        return Ok(None);
    }
    // What the reader says of it may quote it.
    let said = Decision::deserialize(kept);
    said.map(Some).map_err(|_| impossible())
}

fn impossible() -> StoreError {
    StoreError::Inconsistent {
        table: TABLE,
        column: "decision",
    }
}

fn is_erased(kept: &serde_json::Value) -> bool {
    *kept == json!({})
}

impl Store {
    /// Records a decision with everything that follows from it, in one transaction. `Stale` when the petition has moved
    /// on since it was read: the caller decides again with what is true now. Recording twice records once.
    pub async fn record(&self, recorded: &Recorded<'_>) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let (job, target, at) = (recorded.job, recorded.target, recorded.at);
        if !drop_job(&mut writing, &job.number, job.sha256).await? {
            return Ok(());
        }
        if recorded.decision.outcome == Outcome::Approved {
            check_not_frozen(&mut writing, recorded).await?;
        }
        let beside = recorded.came_beside();
        let waiting = waiting_for_review(&mut writing, recorded).await?;
        let asked = match target.state {
            State::Received => cases::is_asked(&mut writing, &target.number).await?,
            state => beside && state == State::AwaitingCompletion,
        };
        let (next, document) = next_state(recorded, waiting.as_ref(), asked);
        let displaces = document == job.sha256;
        if beside && !(displaces && target.state.accepts_document()) {
            return pass_over(writing, recorded).await;
        }
        decide(&mut writing, &job.number, recorded, Told::Decided).await?;
        let mut from = target.state;
        if target.number != job.number {
            from = merge(&mut writing, recorded).await?;
        } else if displaces && let (Some(content), None) = (recorded.content, &target.content) {
            set_content(&mut writing, &job.number, content).await?;
        }
        if beside {
            // As if it had come now: it takes the place of what waits.
            let to = State::Received;
            move_state(&mut writing, &target.number, from, to, "company", at).await?;
            from = to;
        }
        // What does not displace the document that waits does not make it wait anew either, nor forget who has voted.
        let standing = if next == State::InReview && !displaces && !asked {
            cases::standing(&mut writing, &target.number).await?
        } else {
            None
        };
        if recorded.decision.outcome == Outcome::InReview && !displaces {
            set_outcome(&mut writing, &target.number, job.sha256, Outcome::Refused).await?;
        }
        // A document that lost against another one leaves the petition where it is.
        if from.may_become(next) {
            move_state(&mut writing, &target.number, from, next, "machine", at).await?;
            query(SET_DECIDED)
                .bind(document.to_string())
                .bind(at.as_millisecond())
                .bind(target.number.as_str())
                .execute(&mut *writing)
                .await?;
            if let Some(standing) = standing {
                cases::restore(&mut writing, &target.number, &standing).await?;
            }
            if (recorded.decision.outcome, next) == (Outcome::Refused, State::InReview) {
                set_outcome(&mut writing, &target.number, document, Outcome::InReview).await?;
            }
        }
        note_signer(&mut writing, recorded).await?;
        if displaces {
            describe_case(&mut writing, recorded).await?;
        }
        if recorded.decision.outcome == Outcome::Approved {
            use_signatures(&mut writing, &target.number, recorded.signatures, at).await?;
        }
        effects::set_in_motion(&mut writing, &target.number, recorded.effects, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// The decision about a document.
    pub async fn decision(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<RecordedDecision>, StoreError> {
        let sha256 = sha256.to_string();
        let key = [number.as_str(), sha256.as_str()];
        let row = query(DECISION)
            .bind(number.as_str())
            .bind(sha256.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut decision: serde_json::Value = DECISION_TEXT.parse(&self.keys, &key, &row)?;
        let passed_over = decision.get(PASSED_OVER).is_some();
        let conditions = take_conditions(&mut decision);
        Ok(Some(RecordedDecision {
            outcome: parsed(&row, TABLE, "outcome")?,
            decision,
            conditions,
            report: REPORT.parse_maybe(&self.keys, &key, &row)?,
            trust_digest: parsed(&row, TABLE, "trust_digest")?,
            decided_at: moment(&row, TABLE, "decided_ms")?,
            registry_version: row.try_get("registry_version")?,
            passed_over,
        }))
    }

    /// What was decided about the document that a petition is about; `None` when nothing was, or it is gone because its term had
    /// ended.
    ///
    /// # Errors
    /// As [`RecordedDecision::said`].
    pub async fn said_about(&self, petition: &PetitionRow) -> Result<Option<Decision>, StoreError> {
        let Some(sha256) = petition.document else {
            return Ok(None);
        };
        let recorded = self.decision(&petition.number, sha256).await?;
        recorded.map_or(Ok(None), |recorded| recorded.said())
    }

    /// Whether a signature value has had its effect.
    pub async fn signature_used(&self, value: Sha256) -> Result<bool, StoreError> {
        let row = query(SIGNATURE_USED)
            .bind(value.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}

/// Where the petition goes, and with which document: the one that was decided, or the one that waits for a person already.
/// `asked`: the company was asked for something, and it has come.
fn next_state(recorded: &Recorded<'_>, waiting: Option<&Waiting>, asked: bool) -> (State, Sha256) {
    let decided = recorded.job.sha256;
    match (recorded.decision.outcome, waiting) {
        (Outcome::Approved, _) => (State::Approved, decided),
        (Outcome::InReview, None) => (State::InReview, decided),
        (Outcome::InReview, Some(waiting)) if recorded.may_displace(waiting) => {
            (State::InReview, decided)
        }
        // Anybody may upload under a number: what is refused, what nobody signed, or what a stranger did, does not displace
        // what waits for a person, and is not what the company was asked for.
        (_, Some(waiting)) if asked => (State::AwaitingCompletion, waiting.sha256),
        (_, Some(waiting)) => (State::InReview, waiting.sha256),
        // What was asked for came beside the document: whoever asked looks at both, whatever the machine says again.
        (Outcome::Refused, None) if asked => (State::InReview, decided),
        (Outcome::Refused, None) => (State::Refused, decided),
    }
}

/// `Stale` when «no fui yo» came since the account was looked up: then a person has to look (DESIGN H).
async fn check_not_frozen(
    writing: &mut Writing,
    recorded: &Recorded<'_>,
) -> Result<(), StoreError> {
    let Some(content) = recorded.content else {
        return Ok(());
    };
    match employers::frozen_since(writing, &content.ruc, &content.branch).await? {
        None => Ok(()),
        Some(_) => Err(StoreError::Stale),
    }
}

/// Another document under the same number that a person has yet to look at. A document that is decided again, because of
/// something beside it, is itself the one that waited.
async fn waiting_for_review(
    writing: &mut Writing,
    recorded: &Recorded<'_>,
) -> Result<Option<Waiting>, StoreError> {
    let number = &recorded.target.number;
    let row = query(IN_REVIEW)
        .bind(number.as_str())
        .bind(recorded.job.sha256.to_string())
        .fetch_optional(&mut **writing)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sha256: Sha256 = parsed(&row, TABLE, "sha256")?;
    let text = sha256.to_string();
    let key = [number.as_str(), text.as_str()];
    let report: Option<serde_json::Value> = REPORT.parse_maybe(&writing.keys, &key, &row)?;
    // What another release wrote and this one can't read names nobody.
    let report = report.and_then(|report| serde_json::from_value(report).ok());
    let signers = report.as_ref().map(unfailed_signers).unwrap_or_default();
    Ok(Some(Waiting { sha256, signers }))
}

/// A document that takes the place of nothing: its decision is kept, and everything else stays as it is.
async fn pass_over(mut writing: Writing, recorded: &Recorded<'_>) -> Result<(), StoreError> {
    let (number, sha256, at) = (&recorded.target.number, recorded.job.sha256, recorded.at);
    if recorded.decision.outcome == Outcome::Refused {
        decide(&mut writing, number, recorded, Told::Decided).await?;
        effects::set_in_motion(&mut writing, number, recorded.effects, at).await?;
    } else {
        decide(&mut writing, number, recorded, Told::PassedOver).await?;
        set_outcome(&mut writing, number, sha256, Outcome::Refused).await?;
    }
    note_signer(&mut writing, recorded).await?;
    writing.commit().await
}

/// As what a decision is kept and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// One about a document.
    Decided,
    /// The same one, under the number whose form it turned out to be.
    Merged,
    /// One that came before nobody, because another document waited.
    PassedOver,
}

impl Told {
    fn event(self) -> Event {
        match self {
            Self::Decided | Self::PassedOver => Event::DocumentDecided,
            Self::Merged => Event::DocumentMerged,
        }
    }
}

async fn decide(
    writing: &mut Writing,
    number: &PetitionNumber,
    recorded: &Recorded<'_>,
    told: Told,
) -> Result<(), StoreError> {
    let sha256 = recorded.job.sha256.to_string();
    let key = [number.as_str(), sha256.as_str()];
    let report = recorded.report.map(serde_json::Value::to_string);
    let mut decision = serde_json::to_value(recorded.decision).map_err(|_| impossible())?;
    if let Some(decision) = decision.as_object_mut() {
        decision.insert(CONDITIONS.to_owned(), recorded.conditions.clone());
        if told == Told::PassedOver {
            decision.insert(PASSED_OVER.to_owned(), json!(true));
        }
    }
    let decision = DECISION_TEXT.protect(&writing.keys, &key, &decision.to_string())?;
    let report = REPORT.protect_maybe(&writing.keys, &key, report.as_deref())?;
    query(DECIDE)
        .bind(number.as_str())
        .bind(sha256.as_str())
        .bind(recorded.decision.outcome.as_str())
        .bind(decision)
        .bind(report)
        .bind(recorded.trust_digest.to_string())
        .bind(recorded.at.as_millisecond())
        .bind(recorded.registry_version)
        .execute(&mut **writing)
        .await?;
    evidence::keep(writing, number, recorded.job.sha256, recorded.evidence).await?;
    let answers: Vec<String> = recorded
        .evidence
        .iter()
        .map(|answer| answer.sha256.to_string())
        .collect();
    let facts = json!({
        "sha256": recorded.job.sha256.to_string(),
        "outcome": recorded.decision.outcome.as_str(),
        "trust": recorded.trust_digest.to_string(),
        "registry": recorded.registry_version,
        "evidence": answers,
    });
    audit::append(
        writing,
        recorded.at,
        "machine",
        number.as_str(),
        told.event(),
        &facts,
    )
    .await
}

/// Where conditions stand in the text of a decision: beside what was decided, protected and deleted with it.
const CONDITIONS: &str = "conditions";

/// Where it stands in that text that the document never came before a person.
const PASSED_OVER: &str = "passed_over";

/// Takes what is no part of the decision out of its text, and gives back the conditions. What they name was on file, and was not
/// decided.
pub(super) fn take_conditions(decision: &mut serde_json::Value) -> Option<serde_json::Value> {
    let decision = decision.as_object_mut()?;
    decision.remove(PASSED_OVER);
    decision.remove(CONDITIONS)
}

/// A document without a number turned out to be the form of `target`: it is followed there. The state in which the target
/// awaits its decision: as with a document uploaded under it, whoever looks at another one has to look anew.
async fn merge(writing: &mut Writing, recorded: &Recorded<'_>) -> Result<State, StoreError> {
    let (job, target, at) = (recorded.job, recorded.target, recorded.at);
    move_document(writing, job.sha256, &job.number, &target.number).await?;
    attachments::take_along(writing, &job.number, &target.number).await?;
    // Where the same bytes wait to be decided they are decided with these.
    drop_job(writing, &target.number, job.sha256).await?;
    // The same decision about the same document: what counts decisions has counted it.
    decide(writing, &target.number, recorded, Told::Merged).await?;
    let (from, to) = (State::Received, State::Merged);
    move_state(writing, &job.number, from, to, "machine", at).await?;
    query(SET_MERGED)
        .bind(target.number.as_str())
        .bind(job.number.as_str())
        .execute(&mut **writing)
        .await?;
    if target.state != State::InReview {
        return Ok(target.state);
    }
    let (from, to) = (State::InReview, State::Received);
    move_state(writing, &target.number, from, to, "machine", at).await?;
    Ok(to)
}

/// Who signed is remembered.
async fn note_signer(writing: &mut Writing, recorded: &Recorded<'_>) -> Result<(), StoreError> {
    let number = &recorded.target.number;
    let signer = recorded.decision.signer.as_ref();
    if let Some(document) = signer.and_then(|signer| signer.document.as_ref()) {
        marks::keep_signer(writing, document.as_str(), number.as_str()).await?;
    }
    Ok(())
}

/// And why a person must look.
async fn describe_case(writing: &mut Writing, recorded: &Recorded<'_>) -> Result<(), StoreError> {
    let number = &recorded.target.number;
    if recorded.decision.outcome == Outcome::InReview {
        let reason = recorded.decision.leading_code();
        let content = recorded.target.content.as_ref().or(recorded.content);
        cases::describe(
            writing,
            number,
            reason,
            content.map(|content| content.action),
        )
        .await?;
    }
    Ok(())
}

/// Signature values are single-use: the primary key turns a race into `Stale`.
pub(super) async fn use_signatures(
    writing: &mut Writing,
    number: &PetitionNumber,
    values: &[Sha256],
    at: Timestamp,
) -> Result<(), StoreError> {
    for value in values {
        let used = query(USE_SIGNATURE)
            .bind(value.to_string())
            .bind(number.as_str())
            .bind(at.as_millisecond())
            .execute(&mut **writing)
            .await;
        match used {
            Err(error) if error.is_unique_violation() => {
                return Err(StoreError::Stale);
            }
            other => other?,
        };
    }
    Ok(())
}

/// What a person decides about a document, or that a person decides about it.
pub(super) async fn set_outcome(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    outcome: Outcome,
) -> Result<(), StoreError> {
    query(SET_OUTCOME)
        .bind(outcome.as_str())
        .bind(number.as_str())
        .bind(sha256.to_string())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Refuses every document under a number that a person has yet to look at: also those that a later one has replaced.
pub(super) async fn refuse_waiting(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<(), StoreError> {
    query(REFUSE_WAITING)
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(decision: serde_json::Value) -> RecordedDecision {
        RecordedDecision {
            outcome: Outcome::Refused,
            decision,
            conditions: None,
            report: None,
            trust_digest: Sha256::of(b""),
            decided_at: Timestamp::UNIX_EPOCH,
            registry_version: None,
            passed_over: false,
        }
    }

    #[test]
    fn what_was_erased_says_nothing_and_what_cant_be_read_is_named() {
        let unreadable = Decision::unreadable("pdf.too_complex");
        let text = serde_json::to_value(&unreadable).unwrap();
        assert_eq!(recorded(text).said().unwrap(), Some(unreadable));
        assert_eq!(recorded(json!({})).said().unwrap(), None);
        for wrong in [
            json!({ "outcome": "refused" }),
            json!({ "outcome": "refused", "reasons": [], "signer": "2901047296" }),
        ] {
            assert_eq!(
                recorded(wrong).said().unwrap_err().to_string(),
                "decisions.decision holds an impossible value"
            );
        }
    }

    /// As 0.1.0 wrote it, which knew less of a signer and of a representative.
    #[test]
    fn what_an_older_release_decided_is_read() {
        let kept = json!({
            "outcome": "approved",
            "reasons": [{ "code": "MATCHED_REPRESENTATIVE", "outcome": "approved", "facts": {} }],
            "signer": {
                "document": "2901047296", "name": "LUCÍA ÑAUTA", "position": null, "organisation": null, "ruc": null,
                "class": "natural_person", "entity": "SECURITY DATA", "layout": "ext",
            },
            "representative": {
                "document": "2901047296", "name": "LUCÍA ÑAUTA", "post": "Gerente", "from": "2024-01-01", "to": null,
                "mode": "joint", "required_signatures": 2, "source": "deed",
            },
            "content": { "ruc": "2990001015001", "branch": "0001", "action": "reset_password", "new_email": null },
            "source": "form",
        });
        let said = recorded(kept).said().unwrap().unwrap();
        let (signer, representative) = (said.signer.unwrap(), said.representative.unwrap());
        assert_eq!(signer.document, Some(representative.document));
        assert_eq!(representative.required_signatures, 2);
    }
}
