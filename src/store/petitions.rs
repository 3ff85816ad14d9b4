//! Petitions, their documents and the queue, decisions. Every move says from which state; every change appends to the
//! audit log in the same transaction.

use jiff::Timestamp;
use serde_json::json;

use super::deliveries::{self, NewDelivery};
use super::effects::{self, Effects};
use super::leases::{Queue, claim};
use super::outbox::{bury_employer_links, enqueue, release_messages, use_link};
use super::protected::{DECISION_TEXT, NEW_EMAIL, REPORT};
use super::sql::{Row, query};
use super::{
    Alarm, AlarmKind, AnswerRow, DeliveryKind, Held, LinkKind, Message, Store, StoreError, Writing,
    alarms, attachments, audit, cases, employers, evidence, leases, marks, maybe, maybe_moment,
    moment, moved, parsed, unsealed,
};
use crate::domain::{
    Action, BranchCode, EmailAddress, Outcome, PetitionContent, PetitionNumber, Ruc, Sha256, State,
};
use crate::protection::Keyring;

const KEEP: &str = "insert into petitions (number, secret_hash, state, ruc, branch, action, new_email, form_sha256, \
                    issued_ms, expires_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const SET_FORM: &str =
    "update petitions set form_sha256 = $1 where number = $2 and form_sha256 is null";
const PETITION: &str = "select number, secret_hash, state, ruc, branch, action, new_email, form_sha256, issued_ms, \
                        expires_ms, document_sha256, decided_ms, merged_into from petitions where number = $1";
// Whatever waits from now on has not rung.
const MOVE: &str =
    "update petitions set state = $1, rang_day = 0, rang_term = 0 where number = $2 and state = $3";
const KEEP_DOCUMENT: &str = "insert into documents (number, sha256, size_bytes, received_ms) values ($1, $2, $3, $4) \
     on conflict (number, sha256) do nothing";
const DOCUMENT: &str = "select number, sha256, size_bytes, received_ms from documents where number = $1 and sha256 = $2";
const DOCUMENTS: &str =
    "select number, sha256, size_bytes, received_ms from documents where number = $1";
const SET_DOCUMENT: &str = "update petitions set document_sha256 = $1 where number = $2";
const KEEP_JOB: &str = "insert into jobs (number, sha256, due_ms, lease_until_ms, attempts) values ($1, $2, $3, 0, 0) \
                        on conflict (number, sha256) do nothing";
pub(super) const JOBS: Queue = Queue {
    claim: claim!(
        "update jobs set lease_until_ms = $1, attempts = attempts + 1 where (number, sha256) = \
         (select number, sha256 from jobs where due_ms <= $2 and lease_until_ms <= $3 order by due_ms, number limit 1",
        ") returning number, sha256, attempts, asked"
    ),
    renew: "update jobs set lease_until_ms = $1 where lease_until_ms = $2 and number = $3 and sha256 = $4",
};
const RELEASE_JOBS: &str = "update jobs set lease_until_ms = 0 where lease_until_ms > 0";
const DROP_JOB: &str = "delete from jobs where number = $1 and sha256 = $2";
const DELAY_JOB: &str = "update jobs set due_ms = $1, lease_until_ms = 0, attempts = attempts - $2 \
                         where number = $3 and sha256 = $4 and lease_until_ms = $5";
const POSTPONE_JOB: &str = "update jobs set due_ms = $1, lease_until_ms = 0, attempts = 0, asked = asked + 1 \
                            where number = $2 and sha256 = $3 and lease_until_ms = $4";
const WAITING: &str =
    "select due_ms, asked from jobs where number = $1 and sha256 = $2 and asked > 0";
const DUE_JOBS: &str =
    "select count(*) as waiting from (select 1 as one from jobs where due_ms <= $1 limit $2) due";
const WAITING_JOBS: &str = "select count(*) as waiting from jobs";
const DECIDE: &str = "insert into decisions (number, sha256, outcome, decision, report, trust_digest, decided_ms, \
                      registry_version) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (number, sha256) \
                      do update set outcome = excluded.outcome, decision = excluded.decision, \
                      report = excluded.report, trust_digest = excluded.trust_digest, \
                      decided_ms = excluded.decided_ms, registry_version = excluded.registry_version";
const IN_REVIEW: &str = "select sha256 from decisions where number = $1 and outcome = 'in_review' \
                         and not exists (select 1 from decisions a where a.number = $1 and a.sha256 = $2) \
                         order by decided_ms desc limit 1";
const SET_OUTCOME: &str = "update decisions set outcome = $1 where number = $2 and sha256 = $3";
const REFUSE_WAITING: &str =
    "update decisions set outcome = 'refused' where number = $1 and outcome = 'in_review'";
const DECISION: &str = "select outcome, decision, report, trust_digest, decided_ms, registry_version from decisions \
                        where number = $1 and sha256 = $2";
const SET_DECIDED: &str =
    "update petitions set document_sha256 = $1, decided_ms = $2 where number = $3";
const SET_CONTENT: &str =
    "update petitions set ruc = $1, branch = $2, action = $3, new_email = $4 where number = $5";
const SET_MERGED: &str = "update petitions set merged_into = $1 where number = $2";
const USE_SIGNATURE: &str =
    "insert into used_signatures (value_sha256, number, used_ms) values ($1, $2, $3)";
const SIGNATURE_USED: &str = "select number from used_signatures where value_sha256 = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP,
    SET_FORM,
    PETITION,
    MOVE,
    KEEP_DOCUMENT,
    DOCUMENT,
    DOCUMENTS,
    SET_DOCUMENT,
    KEEP_JOB,
    JOBS.renew,
    RELEASE_JOBS,
    DROP_JOB,
    DELAY_JOB,
    POSTPONE_JOB,
    WAITING,
    DUE_JOBS,
    WAITING_JOBS,
    DECIDE,
    IN_REVIEW,
    SET_OUTCOME,
    REFUSE_WAITING,
    DECISION,
    SET_DECIDED,
    SET_CONTENT,
    SET_MERGED,
    USE_SIGNATURE,
    SIGNATURE_USED,
];

/// A petition as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionRow {
    /// Its number.
    pub number: PetitionNumber,
    /// Hash of the receipt secret.
    pub secret_hash: Sha256,
    /// Where it stands.
    pub state: State,
    /// What is asked; `None` for a document without a number that has not been read.
    pub content: Option<PetitionContent>,
    /// Digest of the form that was handed out.
    pub form: Option<Sha256>,
    /// When the number was given.
    pub issued_at: Timestamp,
    /// Until when documents are taken.
    pub expires_at: Timestamp,
    /// The document received or decided last.
    pub document: Option<Sha256>,
    /// When it was decided last.
    pub decided_at: Option<Timestamp>,
    /// Where it is followed.
    pub merged_into: Option<PetitionNumber>,
}

/// A document under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// The number.
    pub number: PetitionNumber,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: i64,
    /// When it was received: the time that decides (DESIGN B).
    pub received_at: Timestamp,
}

/// A document that waits for its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The number it was received under.
    pub number: PetitionNumber,
    /// The document.
    pub sha256: Sha256,
    /// How often deciding has begun.
    pub attempts: i64,
    /// How often revocation has been asked for in vain.
    pub asked: i64,
}

/// Whether an attempt that failed counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptCounts {
    /// It may be the document's fault.
    Yes,
    /// Something else was out of order: a database or a document store that did not answer.
    No,
}

/// A document whose decision waits for an answer about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How often it has been asked for in vain.
    pub asked: i64,
    /// When it is asked for again.
    pub next_at: Timestamp,
}

/// A decision to be recorded, with everything that follows from it.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The document that was decided.
    pub job: &'a Job,
    /// The petition it decides: the job's own, or the one whose form it turned out to be.
    pub target: &'a PetitionRow,
    /// What was read, for a petition that had no content yet.
    pub content: Option<&'a PetitionContent>,
    /// The outcome.
    pub outcome: Outcome,
    /// The decision as JSON.
    pub decision: &'a serde_json::Value,
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
    /// Signature values that are used up by it.
    pub signatures: &'a [Sha256],
    /// What it sets in motion.
    pub effects: &'a Effects,
    /// When it was decided.
    pub at: Timestamp,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// The outcome.
    pub outcome: Outcome,
    /// The decision as JSON.
    pub decision: serde_json::Value,
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
}

impl RecordedDecision {
    /// Whether what was said is gone, because its term had ended.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.decision == json!({})
    }
}

/// What a link did when its button was pressed.
#[derive(Debug)]
pub enum Applied<'a> {
    /// A new password, as an Argon2id string: we are the portal.
    Password(&'a str),
    /// A new password on its way to the portal of another system: the id of the delivery, and what it gets. The petition is
    /// completed once it has it.
    HandedOver {
        /// Idempotency key.
        id: &'a str,
        /// The Argon2id string, or the sealed password.
        payload: &'a str,
    },
    /// A confirmed address, and until when a reset through it waits.
    Address(&'a EmailAddress, Timestamp),
    /// A frozen account, and who is told of the alarm besides the supervisors.
    Freeze(Option<&'a EmailAddress>),
}

impl PetitionRow {
    /// Whether it is a case of the counter: scans of five documents stand in place of a signed one.
    #[must_use]
    pub fn is_at_the_counter(&self) -> bool {
        self.document.is_none() && self.state != State::Issued
    }
}

fn petition(keys: &Keyring, row: &Row) -> Result<PetitionRow, StoreError> {
    const TABLE: &str = "petitions";
    let number: PetitionNumber = parsed(row, TABLE, "number")?;
    let ruc: Option<Ruc> = maybe(row, TABLE, "ruc")?;
    let branch: Option<BranchCode> = maybe(row, TABLE, "branch")?;
    let action: Option<Action> = maybe(row, TABLE, "action")?;
    let new_email = NEW_EMAIL.parse_maybe(keys, &[number.as_str()], row)?;
    let content = match (ruc, branch, action) {
        (Some(ruc), Some(branch), Some(action)) => Some(PetitionContent {
            ruc,
            branch,
            action,
            new_email,
        }),
        _ => None,
    };
    Ok(PetitionRow {
        number,
        secret_hash: parsed(row, TABLE, "secret_hash")?,
        state: parsed(row, TABLE, "state")?,
        content,
        form: maybe(row, TABLE, "form_sha256")?,
        issued_at: moment(row, TABLE, "issued_ms")?,
        expires_at: moment(row, TABLE, "expires_ms")?,
        document: maybe(row, TABLE, "document_sha256")?,
        decided_at: maybe_moment(row, TABLE, "decided_ms")?,
        merged_into: maybe(row, TABLE, "merged_into")?,
    })
}

fn document(row: &Row) -> Result<DocumentRow, StoreError> {
    const TABLE: &str = "documents";
    Ok(DocumentRow {
        number: parsed(row, TABLE, "number")?,
        sha256: parsed(row, TABLE, "sha256")?,
        bytes: row.try_get("size_bytes")?,
        received_at: moment(row, TABLE, "received_ms")?,
    })
}

/// Moves a petition along a legal arrow, and says so in the log.
pub(super) async fn move_state(
    writing: &mut Writing,
    number: &PetitionNumber,
    from: State,
    to: State,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    debug_assert!(from.may_become(to), "{from} may not become {to}");
    let result = query(MOVE)
        .bind(to.as_str())
        .bind(number.as_str())
        .bind(from.as_str())
        .execute(&mut **writing)
        .await?;
    moved(result)?;
    cases::follow(writing, number, from, to, at).await?;
    if to == State::Completed {
        unsealed::keep(writing, number, at).await?;
    }
    let facts = json!({ "from": from.as_str() });
    audit::append(
        writing,
        at,
        actor,
        number.as_str(),
        &format!("petition.{to}"),
        &facts,
    )
    .await
}

async fn keep_document(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    bytes: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP_DOCUMENT)
        .bind(number.as_str())
        .bind(sha256.to_string())
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    query(SET_DOCUMENT)
        .bind(sha256.to_string())
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

pub(super) async fn keep_job(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP_JOB)
        .bind(number.as_str())
        .bind(sha256.to_string())
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    let facts = json!({ "sha256": sha256.to_string() });
    audit::append(
        writing,
        at,
        "service",
        number.as_str(),
        "document.received",
        &facts,
    )
    .await
}

impl Store {
    /// Keeps a petition whose form was just handed out.
    pub async fn issue(&self, petition: &PetitionRow) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        insert(&mut writing, petition).await?;
        let facts = json!({ "form": petition.form.map(|form| form.to_string()) });
        audit::append(
            &mut writing,
            petition.issued_at,
            "service",
            petition.number.as_str(),
            "petition.issued",
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Remembers the form that was written for a petition.
    pub async fn set_form(&self, number: &PetitionNumber, form: Sha256) -> Result<(), StoreError> {
        query(SET_FORM)
            .bind(form.to_string())
            .bind(number.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The petition with this number.
    pub async fn petition(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<PetitionRow>, StoreError> {
        let row = query(PETITION)
            .bind(number.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| petition(&self.keys, &row)).transpose()
    }

    /// Keeps a document that came without a number, under a number of its own: row and job together.
    pub async fn receive_without_number(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        insert(&mut writing, petition).await?;
        keep_document(
            &mut writing,
            &petition.number,
            sha256,
            bytes,
            petition.issued_at,
        )
        .await?;
        keep_job(&mut writing, &petition.number, sha256, petition.issued_at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Keeps a document under a number that awaits one: row, state and job together.
    pub async fn receive(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        move_state(
            &mut writing,
            &petition.number,
            petition.state,
            State::Received,
            "company",
            at,
        )
        .await?;
        keep_document(&mut writing, &petition.number, sha256, bytes, at).await?;
        keep_job(&mut writing, &petition.number, sha256, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// A document under a number.
    pub async fn document(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<DocumentRow>, StoreError> {
        let row = query(DOCUMENT)
            .bind(number.as_str())
            .bind(sha256.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(document).transpose()
    }

    /// Every document under a number.
    pub async fn documents(&self, number: &PetitionNumber) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = query(DOCUMENTS)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(document).collect()
    }

    /// Takes the next document that waits, for as long as the lease lasts.
    pub async fn claim_job(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Held<Job>>, StoreError> {
        let read = |row: &Row| {
            let job = Job {
                number: parsed(row, "jobs", "number")?,
                sha256: parsed(row, "jobs", "sha256")?,
                attempts: row.try_get("attempts")?,
                asked: row.try_get("asked")?,
            };
            let key = vec![job.number.to_string(), job.sha256.to_string()];
            Ok((job, key))
        };
        self.claim(&JOBS, now, lease_until, read).await
    }

    /// Deciding failed for a reason of ours: again at `due_at`. An attempt that says nothing about the document does not
    /// count.
    pub async fn delay_job(
        &self,
        job: &Held<Job>,
        attempt: AttemptCounts,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let taken_back: i64 = match attempt {
            AttemptCounts::Yes => 0,
            AttemptCounts::No => 1,
        };
        query(DELAY_JOB)
            .bind(due_at.as_millisecond())
            .bind(taken_back)
            .bind(job.number.as_str())
            .bind(job.sha256.to_string())
            .bind(job.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Nobody answered about revocation: asked again at `due_at`. The petition stays where it is, and the log says so.
    pub async fn postpone_job(
        &self,
        job: &Held<Job>,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let postponed = query(POSTPONE_JOB)
            .bind(due_at.as_millisecond())
            .bind(job.number.as_str())
            .bind(job.sha256.to_string())
            .bind(job.token())
            .execute(&mut *writing)
            .await?;
        // Another worker took it meanwhile, or has decided it: there is nothing left to postpone.
        if postponed.rows_affected() == 1 {
            let facts = json!({
                "sha256": job.sha256.to_string(),
                "asked": job.asked + 1,
                "again_ms": due_at.as_millisecond(),
            });
            audit::append(
                &mut writing,
                now,
                "machine",
                job.number.as_str(),
                "revocation.unanswered",
                &facts,
            )
            .await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Whether the decision about a document waits for an answer about revocation.
    pub async fn waiting(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<Waiting>, StoreError> {
        let row = query(WAITING)
            .bind(number.as_str())
            .bind(sha256.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| {
            Ok(Waiting {
                asked: row.try_get("asked")?,
                next_at: moment(&row, "jobs", "due_ms")?,
            })
        })
        .transpose()
    }

    /// Gives back everything that a process which died had taken. A file has one process that works through its queue,
    /// so at its start nobody else can hold a lease; on PostgreSQL leases of other instances are left alone.
    pub async fn release_leases(&self) -> Result<(), StoreError> {
        if !self.embedded {
            return Ok(());
        }
        let mut writing = self.begin().await?;
        query(RELEASE_JOBS).execute(&mut *writing).await?;
        release_messages(&mut writing).await?;
        deliveries::release(&mut writing).await?;
        leases::release_rounds(&mut writing).await?;
        writing.commit().await?;
        Ok(())
    }

    /// How many documents wait that could be decided now; counted no further than to `most`.
    pub async fn count_due_jobs(&self, now: Timestamp, most: i64) -> Result<i64, StoreError> {
        Ok(query(DUE_JOBS)
            .bind(now.as_millisecond())
            .bind(most)
            .fetch_one(&self.read)
            .await?
            .try_get("waiting")?)
    }

    /// How many documents wait.
    pub async fn count_jobs(&self) -> Result<i64, StoreError> {
        Ok(query(WAITING_JOBS)
            .fetch_one(&self.scan)
            .await?
            .try_get("waiting")?)
    }

    /// The decision about a document.
    pub async fn decision(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<RecordedDecision>, StoreError> {
        const TABLE: &str = "decisions";
        let sha256 = sha256.to_string();
        let key = [number.as_str(), sha256.as_str()];
        let row = query(DECISION)
            .bind(number.as_str())
            .bind(sha256.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut decision = DECISION_TEXT.parse(&self.keys, &key, &row)?;
        let conditions = take_conditions(&mut decision);
        Ok(Some(RecordedDecision {
            outcome: parsed(&row, TABLE, "outcome")?,
            decision,
            conditions,
            report: REPORT.parse_maybe(&self.keys, &key, &row)?,
            trust_digest: parsed(&row, TABLE, "trust_digest")?,
            decided_at: moment(&row, TABLE, "decided_ms")?,
            registry_version: row.try_get("registry_version")?,
        }))
    }

    /// Whether a signature value has had its effect.
    pub async fn signature_used(&self, value: Sha256) -> Result<bool, StoreError> {
        let row = query(SIGNATURE_USED)
            .bind(value.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }

    /// Records a decision with everything that follows from it, in one transaction. `Stale` when the petition has moved
    /// on since it was read: the caller decides again with what is true now. Recording twice records once.
    pub async fn record(&self, recorded: &Recorded<'_>) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let dropped = query(DROP_JOB)
            .bind(recorded.job.number.as_str())
            .bind(recorded.job.sha256.to_string())
            .execute(&mut *writing)
            .await?;
        if dropped.rows_affected() == 0 {
            return Ok(());
        }
        if recorded.outcome == Outcome::Approved {
            check_not_frozen(&mut writing, recorded).await?;
        }
        let waiting = waiting_for_review(&mut writing, recorded).await?;
        decide(
            &mut writing,
            &recorded.job.number,
            recorded,
            "document.decided",
        )
        .await?;
        let asked = recorded.target.state == State::Received
            && cases::is_asked(&mut writing, &recorded.target.number).await?;
        let (next, document) = match (recorded.outcome, waiting) {
            (Outcome::Approved, _) => (State::Approved, recorded.job.sha256),
            (Outcome::InReview, None) => (State::InReview, recorded.job.sha256),
            (Outcome::InReview, _) if recorded.signed => (State::InReview, recorded.job.sha256),
            // Anybody may upload under a number: what is refused, or what nobody signed, does not displace what waits for a
            // person, and is not what the company was asked for.
            (_, Some(waiting)) if asked => (State::AwaitingCompletion, waiting),
            (_, Some(waiting)) => (State::InReview, waiting),
            // What was asked for came beside the document: whoever asked looks at both, whatever the machine says again.
            (Outcome::Refused, None) if asked => (State::InReview, recorded.job.sha256),
            (Outcome::Refused, None) => (State::Refused, recorded.job.sha256),
        };
        let own = recorded.target.number == recorded.job.number;
        let mut from = recorded.target.state;
        if !own {
            from = merge(&mut writing, recorded).await?;
        } else if let (Some(content), None) = (recorded.content, &recorded.target.content) {
            set_content(&mut writing, &recorded.job.number, content).await?;
        }
        // What does not displace the document that waits does not make it wait anew either, nor forget who has voted.
        let kept = document != recorded.job.sha256;
        let standing = match next {
            State::InReview if kept && !asked => {
                cases::standing(&mut writing, &recorded.target.number).await?
            }
            _ => None,
        };
        if kept && recorded.outcome == Outcome::InReview {
            let (number, refused) = (&recorded.target.number, Outcome::Refused);
            set_outcome(&mut writing, number, recorded.job.sha256, refused).await?;
        }
        // A document that lost against another one leaves the petition where it is.
        if from.may_become(next) {
            move_state(
                &mut writing,
                &recorded.target.number,
                from,
                next,
                "machine",
                recorded.at,
            )
            .await?;
            query(SET_DECIDED)
                .bind(document.to_string())
                .bind(recorded.at.as_millisecond())
                .bind(recorded.target.number.as_str())
                .execute(&mut *writing)
                .await?;
            if let Some(standing) = standing {
                cases::restore(&mut writing, &recorded.target.number, &standing).await?;
            }
            if (recorded.outcome, next) == (Outcome::Refused, State::InReview) {
                let number = &recorded.target.number;
                set_outcome(&mut writing, number, document, Outcome::InReview).await?;
            }
        }
        note_case(&mut writing, recorded).await?;
        if recorded.outcome == Outcome::Approved {
            let number = &recorded.target.number;
            use_signatures(&mut writing, number, recorded.signatures, recorded.at).await?;
        }
        let number = &recorded.target.number;
        effects::set_in_motion(&mut writing, number, recorded.effects, recorded.at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Adds a message about a petition that is approved already («Enviar enlace»).
    pub async fn add_message(&self, message: &Message) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        enqueue(&mut writing, message).await?;
        let event = format!("message.{}", message.kind.as_str());
        audit::append(
            &mut writing,
            message.created_at,
            "company",
            message.number.as_str(),
            &event,
            &json!({}),
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Uses a link up and does what it is for, in one transaction. `Stale` when the link is dead: of two tabs, one wins.
    /// Whether a document waits for its decision because of it.
    pub async fn apply_link(
        &self,
        hash: Sha256,
        link: &super::LinkRow,
        applied: &Applied<'_>,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        use_link(&mut writing, hash, link.kind, now).await?;
        let (ruc, branch) = (&link.ruc, &link.branch);
        let killed: &[LinkKind] = match applied {
            Applied::Password(password_hash) => {
                employers::check_not_stopped(&mut writing, ruc, branch, &link.number).await?;
                employers::keep_password(&mut writing, ruc, branch, password_hash, now).await?;
                &[LinkKind::Reset]
            }
            Applied::HandedOver { id, payload } => {
                employers::check_not_stopped(&mut writing, ruc, branch, &link.number).await?;
                let new = NewDelivery {
                    kind: DeliveryKind::SetPassword,
                    number: &link.number,
                    ruc,
                    branch,
                    id,
                    payload: Some(*payload),
                };
                deliveries::keep(&mut writing, &new, now).await?;
                &[LinkKind::Reset]
            }
            Applied::Address(email, hold_until) => {
                employers::check_not_stopped(&mut writing, ruc, branch, &link.number).await?;
                employers::change_email(&mut writing, ruc, branch, email, *hold_until).await?;
                // Two approved it who knew that the account was frozen; the address of whoever got in is gone only now.
                let frozen = employers::frozen_since(&mut writing, ruc, branch).await?;
                if frozen.is_some() {
                    employers::unfreeze(&mut writing, ruc, branch).await?;
                    let (subject, event) = (link.number.as_str(), "account.unfrozen");
                    audit::append(&mut writing, now, "company", subject, event, &json!({})).await?;
                }
                // Links on their way to the old address die with it.
                &[LinkKind::Confirm, LinkKind::Reset]
            }
            Applied::Freeze(operator) => {
                employers::freeze(&mut writing, ruc, branch, now).await?;
                let alarm = Alarm::about(AlarmKind::AccountFrozen, &link.number, now);
                alarms::raise(&mut writing, &alarm, *operator, now).await?;
                deliveries::withdraw(&mut writing, ruc, branch, "the account is frozen", now)
                    .await?;
                &[LinkKind::Confirm, LinkKind::Reset]
            }
        };
        for kind in killed {
            bury_employer_links(&mut writing, ruc, branch, *kind, now).await?;
        }
        let number = &link.number;
        match applied {
            Applied::Freeze(_) => {
                let (subject, facts) = (number.as_str(), json!({}));
                audit::append(
                    &mut writing,
                    now,
                    "company",
                    subject,
                    "account.frozen",
                    &facts,
                )
                .await?;
            }
            Applied::HandedOver { .. } => still_approved(&mut writing, number).await?,
            Applied::Password(_) | Applied::Address(..) => {
                let (from, to) = (State::Approved, State::Completed);
                move_state(&mut writing, number, from, to, "company", now).await?;
            }
        }
        let resumed = match applied {
            Applied::Address(..) => effects::resume(&mut writing, number, now).await?,
            _ => false,
        };
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(resumed)
    }
}

/// `Stale` when the petition is not approved any more: its key has been set already.
async fn still_approved(writing: &mut Writing, number: &PetitionNumber) -> Result<(), StoreError> {
    let approved = State::Approved.as_str();
    let stays = query(MOVE)
        .bind(approved)
        .bind(number.as_str())
        .bind(approved)
        .execute(&mut **writing)
        .await?;
    moved(stays)
}

/// The address that is asked for, as it is stored.
fn new_email(
    keys: &Keyring,
    number: &PetitionNumber,
    content: Option<&PetitionContent>,
) -> Result<Option<String>, StoreError> {
    let email = content.and_then(|content| content.new_email.as_ref());
    NEW_EMAIL.protect_maybe(keys, &[number.as_str()], email.map(EmailAddress::as_str))
}

/// Who signed is remembered, and why a person must look.
async fn note_case(writing: &mut Writing, recorded: &Recorded<'_>) -> Result<(), StoreError> {
    let text = |pointer| {
        recorded
            .decision
            .pointer(pointer)
            .and_then(serde_json::Value::as_str)
    };
    let number = &recorded.target.number;
    if let Some(document) = text("/signer/document") {
        marks::keep_signer(writing, document, number.as_str()).await?;
    }
    if recorded.outcome == Outcome::InReview {
        let reason = text("/reasons/0/code").unwrap_or_default();
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

pub(super) async fn insert(
    writing: &mut Writing,
    petition: &PetitionRow,
) -> Result<(), StoreError> {
    let content = petition.content.as_ref();
    query(KEEP)
        .bind(petition.number.as_str())
        .bind(petition.secret_hash.to_string())
        .bind(petition.state.as_str())
        .bind(content.map(|content| content.ruc.as_str()))
        .bind(content.map(|content| content.branch.as_str()))
        .bind(content.map(|content| content.action.as_str()))
        .bind(new_email(&writing.keys, &petition.number, content)?)
        .bind(petition.form.map(|form| form.to_string()))
        .bind(petition.issued_at.as_millisecond())
        .bind(petition.expires_at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Where conditions stand in the text of a decision: beside what was decided, protected and deleted with it.
const CONDITIONS: &str = "conditions";

/// Takes the conditions out of the text of a decision. What they name was on file, and was not decided.
pub(super) fn take_conditions(decision: &mut serde_json::Value) -> Option<serde_json::Value> {
    decision.as_object_mut()?.remove(CONDITIONS)
}

async fn decide(
    writing: &mut Writing,
    number: &PetitionNumber,
    recorded: &Recorded<'_>,
    event: &str,
) -> Result<(), StoreError> {
    let sha256 = recorded.job.sha256.to_string();
    let key = [number.as_str(), sha256.as_str()];
    let report = recorded.report.map(serde_json::Value::to_string);
    let mut decision = recorded.decision.clone();
    if let Some(decision) = decision.as_object_mut() {
        decision.insert(CONDITIONS.to_owned(), recorded.conditions.clone());
    }
    let decision = DECISION_TEXT.protect(&writing.keys, &key, &decision.to_string())?;
    let report = REPORT.protect_maybe(&writing.keys, &key, report.as_deref())?;
    query(DECIDE)
        .bind(number.as_str())
        .bind(sha256.as_str())
        .bind(recorded.outcome.as_str())
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
        "outcome": recorded.outcome.as_str(),
        "trust": recorded.trust_digest.to_string(),
        "registry": recorded.registry_version,
        "evidence": answers,
    });
    audit::append(
        writing,
        recorded.at,
        "machine",
        number.as_str(),
        event,
        &facts,
    )
    .await
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

/// Another document under the same number that a person has yet to look at. A document that is decided again, because of
/// something beside it, is itself the one that waited.
async fn waiting_for_review(
    writing: &mut Writing,
    recorded: &Recorded<'_>,
) -> Result<Option<Sha256>, StoreError> {
    let row = query(IN_REVIEW)
        .bind(recorded.target.number.as_str())
        .bind(recorded.job.sha256.to_string())
        .fetch_optional(&mut **writing)
        .await?;
    row.map(|row| parsed(&row, "decisions", "sha256"))
        .transpose()
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

/// A document without a number turned out to be the form of `target`: it is followed there. The state in which the target
/// awaits its decision: as with a document uploaded under it, whoever looks at another one has to look anew.
async fn merge(writing: &mut Writing, recorded: &Recorded<'_>) -> Result<State, StoreError> {
    let (job, target) = (recorded.job, recorded.target);
    let row = query(DOCUMENT)
        .bind(job.number.as_str())
        .bind(job.sha256.to_string())
        .fetch_one(&mut **writing)
        .await?;
    let received = document(&row)?;
    let bytes = u64::try_from(received.bytes).unwrap_or_default();
    keep_document(
        writing,
        &target.number,
        job.sha256,
        bytes,
        received.received_at,
    )
    .await?;
    attachments::take_along(writing, &job.number, &target.number).await?;
    // Where the same bytes wait to be decided they are decided with these.
    query(DROP_JOB)
        .bind(target.number.as_str())
        .bind(job.sha256.to_string())
        .execute(&mut **writing)
        .await?;
    // The same decision about the same document: what counts decisions has counted it.
    decide(writing, &target.number, recorded, "document.merged").await?;
    move_state(
        writing,
        &job.number,
        State::Received,
        State::Merged,
        "machine",
        recorded.at,
    )
    .await?;
    query(SET_MERGED)
        .bind(target.number.as_str())
        .bind(job.number.as_str())
        .execute(&mut **writing)
        .await?;
    if target.state != State::InReview {
        return Ok(target.state);
    }
    let (from, to) = (State::InReview, State::Received);
    move_state(writing, &target.number, from, to, "machine", recorded.at).await?;
    Ok(to)
}

pub(super) async fn set_content(
    writing: &mut Writing,
    number: &PetitionNumber,
    content: &PetitionContent,
) -> Result<(), StoreError> {
    query(SET_CONTENT)
        .bind(content.ruc.as_str())
        .bind(content.branch.as_str())
        .bind(content.action.as_str())
        .bind(new_email(&writing.keys, number, Some(content))?)
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
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
