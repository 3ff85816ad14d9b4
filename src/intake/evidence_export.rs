//! The evidence package of a petition, gathered from what was kept. It can be written again at any time, and is the same
//! until something more happens to the petition.
//!
//! What the log says a digest of is gathered without the log. The log itself is read only for whoever takes a package, and page by
//! page, twice: once for its measure, which stands in front of it, and once while it is handed on.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::sync::Notify;

use super::{Intake, IntakeError, internal};
use crate::domain::{Event, Language, PetitionNumber, Sha256};
use crate::evidence_package::archive::{Measure, Measured};
use crate::evidence_package::{Basis, CaseFacts, Head, KeptTrust, Package, certificates_of, lines};
use crate::store::{AnswerKind, AuditRow, PetitionRow, RecordedDecision};
use crate::summary;
use crate::verify::report::Report;

/// Rows of the log that are read at a time.
const ROWS_AT_A_TIME: i64 = 1000;

/// Petitions that are looked up at a time.
const AT_A_TIME: i64 = 100;

/// Petitions whose evidence waits in memory; beyond them the next round finds them in the database.
const MOST_WAITING: usize = 10_000;

/// Who fixes evidence in the audit log.
const ACTOR: &str = "machine";

/// An evidence package on its way out.
pub struct EvidenceFile {
    bytes: u64,
    pieces: BoxStream<'static, Result<Bytes, IntakeError>>,
}

impl EvidenceFile {
    /// How long it is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It, piece by piece; it is whole when the last one has come.
    #[must_use]
    pub fn into_pieces(self) -> BoxStream<'static, Result<Bytes, IntakeError>> {
        self.pieces
    }
}

/// Petitions that have had their effect in this process a moment ago. What is lost of it, in a crash or because there are too
/// many, is found by the next round: the row that says so came with the effect (`store/unsealed.rs`).
#[derive(Default)]
pub(super) struct JustCompleted {
    numbers: Mutex<VecDeque<PetitionNumber>>,
    some: Notify,
}

impl JustCompleted {
    fn numbers(&self) -> MutexGuard<'_, VecDeque<PetitionNumber>> {
        // Nothing panics while it holds them.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a row tells of something that changed its petition: a package does not reach to where somebody only looked at it, or
/// something was deleted when its time had come.
fn changes_petition(row: &AuditRow) -> bool {
    // What a later release calls by a word of its own may have.
    let event: Option<Event> = row.event.parse().ok();
    event.is_none_or(Event::changes_petition)
}

impl Intake {
    /// The evidence package of a petition as a file, sealed when the operator has a seal.
    ///
    /// # Errors
    /// `NotFound` when there is no such petition, nothing has been decided about it, or the term of its document has ended.
    pub async fn evidence_package(
        &self,
        number: &PetitionNumber,
    ) -> Result<EvidenceFile, IntakeError> {
        let (facts, basis) = self.gather_evidence(number).await?;
        let report_pdf = match &basis.report {
            Some(report) => Some(self.report_pdf(number, report, &facts).await?),
            None => None,
        };
        let (first, head) = self.audit_stretch(&facts.number).await?;
        let last = head.seq;
        let log = self.measure_log(first, last).await?;
        let package = Package {
            facts,
            basis,
            report_pdf,
            head,
        };
        let seal = self.settings().seal.clone();
        let packed = self
            .blocking(move || package.pack(&log, seal.as_ref()))
            .await?
            .map_err(internal)?;
        let at_hand = |pieces: Vec<Bytes>| stream::iter(pieces.into_iter().map(Ok));
        let pieces = at_hand(packed.before)
            .chain(self.log_pages(first, last))
            .chain(at_hand(packed.after));
        Ok(EvidenceFile {
            bytes: packed.bytes,
            pieces: pieces.boxed(),
        })
    }

    /// The evidence of this petition, which has just had its effect, is to be entered soon.
    pub(crate) fn evidence_waits(&self, number: PetitionNumber) {
        let completed = &self.inner.just_completed;
        let mut numbers = completed.numbers();
        if numbers.len() < MOST_WAITING {
            numbers.push_back(number);
        }
        completed.some.notify_one();
    }

    /// Waits until there may be evidence to enter.
    pub async fn wait_for_evidence(&self) {
        self.inner.just_completed.some.notified().await;
    }

    /// Enters the evidence of the petition that has waited longest in this process; whether there was one.
    pub async fn fix_next_evidence(&self) -> bool {
        let next = self.inner.just_completed.numbers().pop_front();
        let Some(number) = next else {
            return false;
        };
        self.fix_evidence(&number).await;
        true
    }

    /// Enters the digest of the evidence into the audit log, now that the petition has had its effect (PRODUCT S27): from
    /// here on no other evidence is that of this petition.
    /// The password is set whatever becomes of this; what could not be entered is entered by the next round.
    async fn fix_evidence(&self, number: &PetitionNumber) {
        if let Err(error) = self.enter_evidence(number).await {
            tracing::error!(petition = %number, %error, "the evidence could not be entered into the audit log");
        }
    }

    /// Enters the evidence of everything that has had its effect and is not in the log yet: after a crash in between, and of
    /// what is completed without anybody waiting. How many there were.
    pub async fn fix_all_evidence(&self) -> Result<usize, IntakeError> {
        let (mut last, mut count) = (None, 0);
        loop {
            let due = self.store().unsealed(last.as_ref(), AT_A_TIME).await?;
            for number in &due {
                self.fix_evidence(number).await;
            }
            count += due.len();
            match due.into_iter().next_back() {
                Some(number) => last = Some(number),
                None => return Ok(count),
            }
        }
    }

    async fn enter_evidence(&self, number: &PetitionNumber) -> Result<(), IntakeError> {
        let store = self.store();
        let (facts, basis) = match self.gather_evidence(number).await {
            Err(IntakeError::NotFound) => return Ok(store.nothing_to_seal(number).await?),
            other => other?,
        };
        let evidence = self
            .blocking(move || basis.evidence())
            .await?
            .map_err(internal)?;
        let told = serde_json::json!({ "evidence": evidence });
        let now = self.now();
        Ok(store.seal(&facts.number, ACTOR, &told, now).await?)
    }

    /// Everything that decided, and what else is known of it.
    async fn gather_evidence(
        &self,
        number: &PetitionNumber,
    ) -> Result<(CaseFacts, Basis), IntakeError> {
        let store = self.store();
        let petition = self.petition_kept(number).await?;
        let sha256 = petition.document.ok_or(IntakeError::NotFound)?;
        let (Some(recorded), Some(received)) = (
            store.decision(&petition.number, sha256).await?,
            store.document(&petition.number, sha256).await?,
        ) else {
            return Err(IntakeError::NotFound);
        };
        let decision = recorded.said()?.ok_or(IntakeError::NotFound)?;
        let document = self.inner.documents.read(sha256).await?;
        let known = self.form_of(&document, &petition).await?;
        let trust = self.trust_kept_for(&recorded).await?;
        let certificates = match &recorded.report {
            Some(report) => {
                let report: Report = serde_json::from_value(report.clone()).map_err(internal)?;
                certificates_of(&document, &report, &trust)
            }
            None => Vec::new(),
        };
        let answers = self.answers_kept_for(&petition, sha256).await?;
        let (attachments, attached_then) = self.attached_files(&petition, &recorded).await?;
        let (conditions, employer) = self
            .conditions_then(&petition, &recorded, &decision, attached_then)
            .await?;
        let facts = CaseFacts {
            number: petition.number.clone(),
            document: sha256,
            received_at: received.received_at,
            decided_at: recorded.decided_at,
            trust_digest: recorded.trust_digest,
            registry_version: recorded.registry_version,
            // What a document without a number was found to ask became the petition's own only afterwards.
            expected: petition.content.clone().filter(|_| petition.form.is_some()),
            form: known.as_ref().map(|(_, form)| form.content.clone()),
            other_number: petition.form.is_some()
                && known
                    .as_ref()
                    .is_some_and(|(target, _)| target.number != petition.number),
            circumstances: conditions.circumstances,
            evidence_age_seconds: conditions.evidence_age_seconds,
        };
        let basis = Basis {
            decision,
            report: recorded.report,
            document: document.to_vec(),
            form: known.map(|(_, form)| form.bytes),
            attachments,
            employer,
            trust,
            answers,
            certificates,
        };
        Ok((facts, basis))
    }

    /// The answers about revocation that a decision rests on, in their order.
    async fn answers_kept_for(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
    ) -> Result<Vec<(AnswerKind, Vec<u8>)>, IntakeError> {
        let mut answers = Vec::new();
        for row in self.store().evidence(&petition.number, sha256).await? {
            let bytes = self.inner.documents.read(row.sha256).await?;
            answers.push((row.kind, bytes.to_vec()));
        }
        Ok(answers)
    }

    /// The trust store of a decision, as it was kept.
    async fn trust_kept_for(&self, recorded: &RecordedDecision) -> Result<KeptTrust, IntakeError> {
        let row = self.store().trust(recorded.trust_digest).await?;
        self.read_trust(row.ok_or(IntakeError::NotFound)?).await
    }

    /// The one-page report for people, in Spanish.
    async fn report_pdf(
        &self,
        number: &PetitionNumber,
        report: &serde_json::Value,
        facts: &CaseFacts,
    ) -> Result<Vec<u8>, IntakeError> {
        let report: Report = serde_json::from_value(report.clone()).map_err(internal)?;
        let (name, at) = (number.to_string(), facts.received_at);
        self.blocking(move || {
            let summary = summary::summary(&name, &report, at, Language::Es);
            summary::pdf::pdf(&summary)
        })
        .await?
        .map_err(internal)
    }

    /// What was attached, and whether it was there when the machine decided.
    async fn attached_files(
        &self,
        petition: &PetitionRow,
        recorded: &RecordedDecision,
    ) -> Result<(Vec<Vec<u8>>, bool), IntakeError> {
        let mut attachments = Vec::new();
        let mut then = false;
        for row in self.store().attachments(&petition.number).await? {
            then |= row.received_at <= recorded.decided_at;
            attachments.push(self.inner.documents.read(row.sha256).await?.to_vec());
        }
        Ok((attachments, then))
    }

    /// The first row about the petition, and the first head behind the last one that changed it, or that row itself while there
    /// is no head yet.
    async fn audit_stretch(&self, number: &PetitionNumber) -> Result<(i64, Head), IntakeError> {
        let store = self.store();
        let (mut first, mut last, mut after) = (None, None, 0);
        loop {
            let own = store
                .audit_of(number.as_str(), after, ROWS_AT_A_TIME)
                .await?;
            let Some(end) = own.last() else { break };
            after = end.seq;
            let mut changes = own.into_iter().filter(changes_petition);
            if first.is_none() {
                first = changes.next();
                last = first.clone();
            }
            last = changes.next_back().or(last);
        }
        let (Some(first), Some(last)) = (first, last) else {
            return Err(internal("a petition without a row in the audit log"));
        };
        let heads = store.audit_heads().await?;
        let head = heads.into_iter().find(|head| head.seq >= last.seq);
        let head = head.map_or(
            Head {
                seq: last.seq,
                hash: last.hash,
                day: None,
            },
            |head| Head {
                seq: head.seq,
                hash: head.hash,
                day: Some(head.day),
            },
        );
        Ok((first.seq, head))
    }

    /// What stands in front of the rows of the log is known once all of them were read.
    async fn measure_log(&self, first: i64, last: i64) -> Result<Measured, IntakeError> {
        let mut pages = pin!(self.log_pages(first, last));
        let mut measure = Measure::default();
        while let Some(page) = pages.try_next().await? {
            measure.update(&page);
        }
        Ok(measure.finish())
    }

    /// The rows of the log between two numbers, as they stand in a package, a page at a time. Rows never change, so that it is the
    /// same every time; if they did, the check sum would tell.
    fn log_pages(
        &self,
        first: i64,
        last: i64,
    ) -> impl Stream<Item = Result<Bytes, IntakeError>> + Send + use<> {
        let store = self.store().clone();
        stream::try_unfold(first.saturating_sub(1), move |after| {
            let store = store.clone();
            async move {
                if after >= last {
                    return Ok(None);
                }
                let mut page = store.audit_rows(after, ROWS_AT_A_TIME).await?;
                page.retain(|row| row.seq <= last);
                let Some(reached) = page.last().map(|row| row.seq) else {
                    return Err(internal(
                        "the audit log does not reach from the petition to its head",
                    ));
                };
                let lines = lines(&page).map_err(internal)?;
                Ok(Some((Bytes::from(lines), reached)))
            }
        })
    }
}
