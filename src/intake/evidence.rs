//! Step 4 of the flow: what is missing about revocation is asked for, what a decision rests on is kept, and what nobody
//! could answer is asked again later. With what was kept a report can be made again, years later and offline.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::conditions::Conditions;
use super::{Intake, IntakeError, Judgement, internal};
use crate::decision::{Decision, ReasonCode};
use crate::documents::DocumentError;
use crate::domain::{Outcome, PetitionNumber, Sha256};
use crate::evidence_package::{KeptTrust, differences, judge, trust_again};
use crate::fetch::Judges;
use crate::store::{AnswerKind, AnswerRow, Job, PetitionRow, TrustRow};
use crate::verify::{
    Certificate, Concluded, Crl, Evidence, OcspResponse, Report, TrustStore, Wanted,
};

/// A verdict, or the code of the error that there was nothing to judge.
pub(super) type Verdict = Result<Concluded, &'static str>;

/// A report as it was recorded, and as it comes out of what was kept.
#[derive(Debug)]
pub struct Reprocessed {
    /// The document.
    pub document: Sha256,
    /// When it was received.
    pub received_at: Timestamp,
    /// The report as recorded; none when the document could not be judged.
    pub recorded: Option<serde_json::Value>,
    /// The report as it comes out now.
    pub now: Option<serde_json::Value>,
    /// How many answers about revocation it rests on.
    pub answers: usize,
}

impl Reprocessed {
    /// Where the two reports differ, as JSON pointers (RFC 6901); nowhere when they are the same.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let null = serde_json::Value::Null;
        differences(
            self.recorded.as_ref().unwrap_or(&null),
            self.now.as_ref().unwrap_or(&null),
        )
    }
}

impl Intake {
    /// Steps 3 to 5: open and conclude; while answers about revocation are wanted and come, conclude again with them. What is
    /// wanted in the end is what somebody may still answer.
    pub(super) async fn conclude(
        &self,
        bytes: &Bytes,
        judgement: &Arc<Judgement>,
        at: Timestamp,
    ) -> Result<Verdict, IntakeError> {
        let mut evidence = judgement.evidence.clone();
        let fetcher = self.inner.fetcher.as_ref();
        let mut inquiry = fetcher.map(|fetcher| fetcher.inquiry(self.now()));
        let judges = Judges {
            trust: &judgement.trust,
            policy: &judgement.policy,
            at,
        };
        loop {
            let (bytes, judgement) = (bytes.clone(), Arc::clone(judgement));
            let given = evidence.clone();
            let verdict = self
                .examining(move || judge(&bytes, &judgement.trust, &given, &judgement.policy, at))
                .await?;
            let more = match (&verdict, &mut inquiry) {
                (Ok(concluded), Some(inquiry)) if !concluded.wanted.is_empty() => {
                    let _counted = self.inner.backlog.asks();
                    inquiry
                        .learn(&mut evidence, &concluded.wanted, judges)
                        .await
                }
                _ => false,
            };
            if !more {
                return Ok(verdict.map(|mut concluded| {
                    let inquiry = inquiry.as_ref();
                    // Somebody on the way can make an address look as if it were of no use; an answer that the sender chose is
                    // not taken for that.
                    let waits = |one: &Wanted| one.stands_in && one.addresses().can_be_asked();
                    let may_answer =
                        |one: &Wanted| inquiry.is_some_and(|it| it.may_answer(one) || waits(one));
                    concluded.wanted.retain(may_answer);
                    concluded
                }));
            }
        }
    }

    /// How long a decision waits because nobody answered about revocation (PRODUCT S14): when nothing else is in its way, and
    /// whenever a young answer that came with the document stands in for what nobody said. Its sender chose it, and may be whom
    /// the answer would have stopped: it counts when asking has come to its end, for a person as for the machine.
    /// Nothing when it is clear, when there is nobody left to ask, and when it was asked often enough: then a person looks.
    pub(super) fn pause(
        &self,
        job: &Job,
        decision: &Decision,
        verdict: Option<&Concluded>,
    ) -> Option<SignedDuration> {
        let unanswered = decision.outcome == Outcome::InReview
            && decision
                .reasons
                .iter()
                .all(|reason| reason.code == ReasonCode::RevocationUnknown);
        let wanted = verdict.map_or(&[][..], |concluded| &concluded.wanted);
        let stood_in =
            decision.outcome != Outcome::Refused && wanted.iter().any(|one| one.stands_in);
        let asked = usize::try_from(job.asked).ok()?;
        let pause = self.settings().revocation_retries.get(asked)?;
        (stood_in || unanswered && !wanted.is_empty()).then_some(*pause)
    }

    /// Keeps the answers that a verdict rests on, and the certificates that were trusted.
    pub(super) async fn keep_evidence(
        &self,
        trust: &TrustStore,
        used: Option<&Evidence>,
    ) -> Result<Vec<AnswerRow>, IntakeError> {
        self.keep_trust(trust).await?;
        let mut rows = Vec::new();
        let Some(used) = used else { return Ok(rows) };
        let lists = used.crls.iter();
        let lists = lists.map(|list| (AnswerKind::Crl, list.sha256(), list.der()));
        let answers = used.ocsps.iter();
        let answers = answers.map(|one| (AnswerKind::Ocsp, one.sha256(), one.der()));
        for (kind, sha256, der) in lists.chain(answers) {
            self.keep_once(sha256, der).await?;
            rows.push(AnswerRow { kind, sha256 });
        }
        Ok(rows)
    }

    async fn keep_trust(&self, trust: &TrustStore) -> Result<(), IntakeError> {
        let digest = trust.digest();
        if self.inner.lately_kept.has(digest) {
            return Ok(());
        }
        if self.store().trust(digest).await?.is_none() {
            let terms = serde_json::to_vec(&trust.terms()).map_err(internal)?;
            let (roots, intermediates) = (in_a_row(trust.roots()), in_a_row(trust.intermediates()));
            let row = TrustRow {
                terms: Some(Sha256::of(&terms)),
                roots: Sha256::of(&roots),
                intermediates: Sha256::of(&intermediates),
            };
            for bytes in [terms, roots, intermediates] {
                self.keep_once(Sha256::of(&bytes), &bytes).await?;
            }
            self.store().keep_trust(digest, row).await?;
        }
        self.inner.lately_kept.note(digest);
        Ok(())
    }

    /// A list of megabytes serves thousands of decisions: it is written once, and not looked for each time.
    async fn keep_once(&self, sha256: Sha256, bytes: &[u8]) -> Result<(), IntakeError> {
        if self.inner.lately_kept.has(sha256) {
            return Ok(());
        }
        if !self.inner.documents.holds(sha256).await? {
            let bytes = Bytes::copy_from_slice(bytes);
            self.inner.documents.keep_bytes(bytes).await?;
        }
        self.inner.lately_kept.note(sha256);
        Ok(())
    }

    /// Makes the report about the document of a petition again, from stored bytes and stored evidence alone.
    ///
    /// # Errors
    /// `NotFound` when there is no such petition, nothing has been decided about it, or its document's term has ended.
    pub async fn reprocess(&self, number: &PetitionNumber) -> Result<Reprocessed, IntakeError> {
        let store = self.store();
        let petition = self.petition_kept(number).await?;
        let sha256 = petition.document.ok_or(IntakeError::NotFound)?;
        let number = &petition.number;
        let (Some(decision), Some(received)) = (
            store.decision(number, sha256).await?,
            store.document(number, sha256).await?,
        ) else {
            return Err(IntakeError::NotFound);
        };
        let rows = store.evidence(number, sha256).await?;
        let trust = self.kept_trust(decision.trust_digest).await?;
        let evidence = self.kept_evidence(&rows).await?;
        let bytes = self.inner.documents.read(sha256).await?;
        let mut policy = self.judgement().policy.clone();
        if let Some(conditions) = Conditions::kept(&decision)? {
            policy.evidence_age = conditions.evidence_age();
        }
        let at = received.received_at;
        let verdict = self
            .examining(move || judge(&bytes, &trust, &evidence, &policy, at))
            .await?;
        let now = verdict
            .ok()
            .map(|concluded| as_recorded(&concluded.report))
            .transpose()?;
        Ok(Reprocessed {
            document: sha256,
            received_at: at,
            recorded: decision.report,
            now,
            answers: rows.len(),
        })
    }

    /// The petition with this number, or the one that its document turned out to belong to, while its documents are kept.
    pub(super) async fn petition_kept(
        &self,
        number: &PetitionNumber,
    ) -> Result<PetitionRow, IntakeError> {
        let petition = self.followed(number).await?;
        let kept = petition.filter(|petition| petition.erased_at.is_none());
        kept.ok_or(IntakeError::NotFound)
    }

    async fn kept_trust(&self, digest: Sha256) -> Result<TrustStore, IntakeError> {
        let row = self
            .store()
            .trust(digest)
            .await?
            .ok_or_else(|| internal("the certificates that were trusted then were not kept"))?;
        let kept = self.read_trust(row).await?;
        let trust = trust_again(&kept).ok_or(DocumentError::Damaged)?;
        if trust.digest() == digest {
            Ok(trust)
        } else {
            Err(DocumentError::Damaged.into())
        }
    }

    /// The files that a trust store consists of.
    pub(super) async fn read_trust(&self, row: TrustRow) -> Result<KeptTrust, IntakeError> {
        let documents = &self.inner.documents;
        Ok(KeptTrust {
            roots: documents.read(row.roots).await?.to_vec(),
            intermediates: documents.read(row.intermediates).await?.to_vec(),
            terms: match row.terms {
                Some(sha256) => Some(documents.read(sha256).await?.to_vec()),
                None => None,
            },
        })
    }

    async fn kept_evidence(&self, rows: &[AnswerRow]) -> Result<Evidence, IntakeError> {
        let mut evidence = Evidence::default();
        for row in rows {
            let bytes = self.inner.documents.read(row.sha256).await?.to_vec();
            match row.kind {
                AnswerKind::Crl => evidence.crls.push(Crl::parse(bytes).map_err(internal)?),
                AnswerKind::Ocsp => {
                    let answer = OcspResponse::parse(bytes).map_err(internal)?;
                    evidence.ocsps.push(answer);
                }
            }
        }
        Ok(evidence)
    }
}

/// A report in the form in which it is recorded: through text, which is what the database keeps.
fn as_recorded(report: &Report) -> Result<serde_json::Value, IntakeError> {
    let text = serde_json::to_string(report).map_err(internal)?;
    serde_json::from_str(&text).map_err(internal)
}

/// For how long what was kept is not looked for. Nobody may name it meanwhile, and then it is put aside, but there it is read
/// for an hour (`documents`), and whoever names it by then has it brought back (`tidying`).
const LATELY: Duration = Duration::from_mins(10);
/// Answers that are remembered; documents bring ever new ones.
const MOST_LATELY: usize = 4096;

/// What is known to be kept, because it was a moment ago.
#[derive(Debug, Default)]
pub(super) struct LatelyKept(Mutex<HashMap<Sha256, Instant>>);

impl LatelyKept {
    fn has(&self, sha256: Sha256) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&sha256)
            .is_some_and(|since| since.elapsed() < LATELY)
    }

    fn note(&self, sha256: Sha256) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_LATELY {
            known.retain(|_, since| since.elapsed() < LATELY);
        }
        // Full of what is new: nothing is remembered, and everything looked for.
        if known.len() < MOST_LATELY {
            known.insert(sha256, Instant::now());
        }
    }
}

fn in_a_row(certificates: &[Certificate]) -> Vec<u8> {
    let ders = certificates.iter().map(Certificate::der);
    ders.collect::<Vec<_>>().concat()
}
