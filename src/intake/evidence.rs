//! Step 4 of the flow: what is missing about revocation is asked for, what a decision rests on is kept, and what nobody
//! could answer is asked again later. With what was kept a report can be made again, years later and offline.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::{Intake, IntakeError, Judgement, internal};
use crate::decision::{Decision, ReasonCode};
use crate::documents::DocumentError;
use crate::domain::{Outcome, PetitionNumber, Sha256};
use crate::fetch::Judges;
use crate::store::{AnswerKind, AnswerRow, Job, PetitionRow, TrustRow};
use crate::verify::asn1::Reader;
use crate::verify::{
    self, Certificate, Concluded, Crl, Evidence, OcspResponse, Policy, Report, Terms, TrustStore,
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
        let mut found = Vec::new();
        let null = serde_json::Value::Null;
        compare(
            self.recorded.as_ref().unwrap_or(&null),
            self.now.as_ref().unwrap_or(&null),
            "",
            &mut found,
        );
        found
    }
}

fn compare(
    one: &serde_json::Value,
    other: &serde_json::Value,
    place: &str,
    found: &mut Vec<String>,
) {
    use serde_json::Value;
    match (one, other) {
        _ if one == other => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (ours, theirs) = (ours.get(name), theirs.get(name));
                let inner = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                let null = Value::Null;
                compare(
                    ours.unwrap_or(&null),
                    theirs.unwrap_or(&null),
                    &inner,
                    found,
                );
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(ours, theirs, &format!("{place}/{index}"), found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

impl Intake {
    /// Steps 3 to 5: open and conclude; while answers about revocation are wanted and come, conclude again with them.
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
                .blocking(move || judge(&bytes, &judgement.trust, &given, &judgement.policy, at))
                .await?;
            let more = match (&verdict, &mut inquiry) {
                (Ok(concluded), Some(inquiry)) if !concluded.wanted.is_empty() => {
                    inquiry
                        .learn(&mut evidence, &concluded.wanted, judges)
                        .await
                }
                _ => false,
            };
            if !more {
                return Ok(verdict);
            }
        }
    }

    /// How long a decision waits because nobody answered about revocation and nothing else is in its way (PRODUCT S14).
    /// Nothing when it is clear, when there is nobody to ask, and when it was asked often enough: then a person looks.
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
        let may_answer = self.inner.fetcher.is_some()
            && verdict.is_some_and(|concluded| {
                let mut wanted = concluded.wanted.iter();
                wanted.any(|wanted| wanted.addresses().can_be_asked())
            });
        let asked = usize::try_from(job.asked).ok()?;
        let pause = self.settings().revocation_retries.get(asked)?;
        (unanswered && may_answer).then_some(*pause)
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
        let lists = used.crls.iter().map(|list| (AnswerKind::Crl, list.der()));
        let answers = used.ocsps.iter().map(|one| (AnswerKind::Ocsp, one.der()));
        for (kind, der) in lists.chain(answers) {
            let sha256 = self.keep_once(der).await?;
            rows.push(AnswerRow { kind, sha256 });
        }
        Ok(rows)
    }

    async fn keep_trust(&self, trust: &TrustStore) -> Result<(), IntakeError> {
        let digest = trust.digest();
        if self.inner.store.trust(digest).await?.is_some() {
            return Ok(());
        }
        let terms = serde_json::to_vec(&trust.terms()).map_err(internal)?;
        let row = TrustRow {
            terms: Some(self.keep_once(&terms).await?),
            roots: self.keep_once(&in_a_row(trust.roots())).await?,
            intermediates: self.keep_once(&in_a_row(trust.intermediates())).await?,
        };
        Ok(self.inner.store.keep_trust(digest, row).await?)
    }

    /// A list of megabytes serves thousands of decisions: it is written once.
    async fn keep_once(&self, bytes: &[u8]) -> Result<Sha256, IntakeError> {
        let sha256 = Sha256::of(bytes);
        if !self.inner.documents.holds(sha256).await? {
            let bytes = Bytes::copy_from_slice(bytes);
            self.inner.documents.keep_bytes(bytes).await?;
        }
        Ok(sha256)
    }

    /// Makes the report about the document of a petition again, from stored bytes and stored evidence alone.
    ///
    /// # Errors
    /// `NotFound` when there is no such petition or nothing has been decided about it.
    pub async fn reprocess(&self, number: &PetitionNumber) -> Result<Reprocessed, IntakeError> {
        let store = &self.inner.store;
        let petition = self.petition_decided(number).await?;
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
        let policy = self.judgement().policy.clone();
        let at = received.received_at;
        let verdict = self
            .blocking(move || judge(&bytes, &trust, &evidence, &policy, at))
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

    /// The petition with this number, or the one that its document turned out to belong to.
    pub(super) async fn petition_decided(
        &self,
        number: &PetitionNumber,
    ) -> Result<PetitionRow, IntakeError> {
        let found = self.inner.store.petition(number).await?;
        let own = found.ok_or(IntakeError::NotFound)?;
        match &own.merged_into {
            Some(target) => {
                let target = self.inner.store.petition(target).await?;
                target.ok_or(IntakeError::NotFound)
            }
            None => Ok(own),
        }
    }

    async fn kept_trust(&self, digest: Sha256) -> Result<TrustStore, IntakeError> {
        let row = self
            .inner
            .store
            .trust(digest)
            .await?
            .ok_or_else(|| internal("the certificates that were trusted then were not kept"))?;
        let mut kept = Vec::new();
        for sha256 in [row.roots, row.intermediates] {
            let bytes = self.inner.documents.read(sha256).await?;
            kept.push(one_by_one(&bytes).ok_or(DocumentError::Damaged)?);
        }
        let intermediates = kept.pop().unwrap_or_default();
        let roots = kept.pop().unwrap_or_default();
        let trust = match row.terms {
            Some(sha256) => {
                let bytes = self.inner.documents.read(sha256).await?;
                let terms: Terms = serde_json::from_slice(&bytes).map_err(internal)?;
                TrustStore::again(roots, intermediates, &terms).map_err(internal)?
            }
            None => TrustStore::new(roots, intermediates),
        };
        if trust.digest() == digest {
            Ok(trust)
        } else {
            Err(DocumentError::Damaged.into())
        }
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

fn judge(
    bytes: &[u8],
    trust: &TrustStore,
    evidence: &Evidence,
    policy: &Policy,
    at: Timestamp,
) -> Verdict {
    let signed = verify::open(bytes, None).map_err(|error| error.code())?;
    Ok(verify::conclude_and_want(
        &signed, trust, evidence, policy, at,
    ))
}

/// A report in the form in which it is recorded: through text, which is what the database keeps.
fn as_recorded(report: &Report) -> Result<serde_json::Value, IntakeError> {
    let text = serde_json::to_string(report).map_err(internal)?;
    serde_json::from_str(&text).map_err(internal)
}

fn in_a_row(certificates: &[Certificate]) -> Vec<u8> {
    let ders = certificates.iter().map(Certificate::der);
    ders.collect::<Vec<_>>().concat()
}

fn one_by_one(bytes: &[u8]) -> Option<Vec<Certificate>> {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while let Some(element) = reader.next_if_any().ok()? {
        found.push(Certificate::parse(element.raw.to_vec()).ok()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn made(recorded: Option<Value>, now: Option<Value>) -> Vec<String> {
        let reprocessed = Reprocessed {
            document: Sha256::of(b"x"),
            received_at: Timestamp::UNIX_EPOCH,
            recorded,
            now,
            answers: 0,
        };
        reprocessed.differences()
    }

    #[test]
    fn every_difference_is_named_by_its_place() {
        let recorded = json!({"a": 1, "b": [1, {"c/d": 2}], "e": [1], "gone": true});
        let same = made(Some(recorded.clone()), Some(recorded.clone()));
        assert_eq!(same, Vec::<String>::new());
        let now = json!({"a": 1, "b": [1, {"c/d": 3}], "e": [1, 2], "new": 0});
        let places = made(Some(recorded.clone()), Some(now));
        assert_eq!(places, ["/b/1/c~1d", "/e", "/gone", "/new"]);
        assert_eq!(made(Some(recorded), None), [""]);
        assert_eq!(made(None, None), Vec::<String>::new());
    }
}
