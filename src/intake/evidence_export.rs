//! The evidence package of a petition, gathered from what was kept. It can be written again at any time, and is the same
//! until something more happens to the petition.

use super::{Intake, IntakeError, internal};
use crate::decision::Decision;
use crate::domain::{Language, PetitionNumber};
use crate::evidence_package::{
    Circumstances, Head, KeptTrust, Package, SEALED_EVENT, certificates_of,
};
use crate::store::{AuditRow, DocumentRow, PetitionRow, RecordedDecision};
use crate::summary;
use crate::verify::report::Report;

/// Rows of the log that are read at a time.
const ROWS_AT_A_TIME: i64 = 1000;

/// Petitions that are looked up at a time.
const AT_A_TIME: i64 = 100;

/// Rows of the log in one package: some days of the busiest service.
const MOST_ROWS: usize = 500_000;

/// Who fixes evidence in the audit log.
const ACTOR: &str = "machine";

impl Intake {
    /// The evidence package of a petition as a file, sealed when the operator has a seal.
    ///
    /// # Errors
    /// `NotFound` when there is no such petition or nothing has been decided about it.
    pub async fn evidence_package(&self, number: &PetitionNumber) -> Result<Vec<u8>, IntakeError> {
        let package = self.gather_evidence(number).await?;
        let seal = self.settings().seal.clone();
        self.blocking(move || package.write(seal.as_ref()))
            .await?
            .map_err(internal)
    }

    /// Enters the digest of the evidence into the audit log, now that the petition has had its effect (PRODUCT S27): from
    /// here on no other evidence is that of this petition.
    /// The password is set whatever becomes of this; what could not be entered is entered by the next round.
    pub(crate) async fn fix_evidence(&self, number: &PetitionNumber) {
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
        let store = &self.inner.store;
        let package = match self.gather_evidence(number).await {
            Err(IntakeError::NotFound) => return Ok(store.nothing_to_seal(number).await?),
            other => other?,
        };
        let number = package.circumstances.number.clone();
        let evidence = self
            .blocking(move || package.evidence())
            .await?
            .map_err(internal)?;
        let facts = serde_json::json!({ "evidence": evidence });
        let now = self.now();
        Ok(store
            .seal(&number, ACTOR, SEALED_EVENT, &facts, now)
            .await?)
    }

    async fn gather_evidence(&self, number: &PetitionNumber) -> Result<Package, IntakeError> {
        let store = &self.inner.store;
        let petition = self.petition_decided(number).await?;
        let sha256 = petition.document.ok_or(IntakeError::NotFound)?;
        let (Some(recorded), Some(received)) = (
            store.decision(&petition.number, sha256).await?,
            store.document(&petition.number, sha256).await?,
        ) else {
            return Err(IntakeError::NotFound);
        };
        let decision: Decision =
            serde_json::from_value(recorded.decision.clone()).map_err(internal)?;
        let report: Option<Report> = recorded
            .report
            .clone()
            .map(serde_json::from_value)
            .transpose()
            .map_err(internal)?;
        let document = self.inner.documents.read(sha256).await?;
        let known = self.form_of(&document, &petition).await?;
        let trust = self.trust_kept_for(&recorded).await?;
        let mut answers = Vec::new();
        for row in store.evidence(&petition.number, sha256).await? {
            let bytes = self.inner.documents.read(row.sha256).await?;
            answers.push((row.kind, bytes.to_vec()));
        }
        let certificates = report.as_ref().map_or_else(Vec::new, |report| {
            certificates_of(&document, report, &trust)
        });
        let report_pdf = match report {
            Some(report) => Some(self.report_pdf(number, report, &received).await?),
            None => None,
        };
        let (attachments, attached_then) = self.attached_files(&petition, &recorded).await?;
        let (conditions, employer) = self
            .conditions_then(&petition, &recorded, &decision, attached_then)
            .await?;
        let (audit, head) = self.audit_stretch(&petition.number).await?;
        let circumstances = Circumstances {
            number: petition.number.clone(),
            document: sha256,
            received_at: received.received_at,
            decided_at: recorded.decided_at,
            expires_at: conditions.expires_at,
            trust_digest: recorded.trust_digest,
            registry_version: recorded.registry_version,
            // What a document without a number was found to ask became the petition's own only afterwards.
            expected: petition.content.clone().filter(|_| petition.form.is_some()),
            form: known.as_ref().map(|(_, form)| form.content.clone()),
            other_number: petition.form.is_some()
                && known
                    .as_ref()
                    .is_some_and(|(target, _)| target.number != petition.number),
            appointment_attached: conditions.appointment_attached,
            used: conditions.used,
            frozen: conditions.frozen,
            letter_window_seconds: conditions.letter_window_seconds,
            clock_tolerance_seconds: conditions.clock_tolerance_seconds,
            evidence_age_seconds: conditions.evidence_age_seconds,
        };
        Ok(Package {
            circumstances,
            document: document.to_vec(),
            form: known.map(|(_, form)| form.bytes),
            attachments,
            report: recorded.report.clone(),
            report_pdf,
            employer,
            decision,
            trust,
            answers,
            certificates,
            audit,
            head,
        })
    }

    /// The trust store of a decision, as it was kept.
    async fn trust_kept_for(&self, recorded: &RecordedDecision) -> Result<KeptTrust, IntakeError> {
        let row = self.inner.store.trust(recorded.trust_digest).await?;
        self.read_trust(row.ok_or(IntakeError::NotFound)?).await
    }

    /// The one-page report for people, in Spanish.
    async fn report_pdf(
        &self,
        number: &PetitionNumber,
        report: Report,
        received: &DocumentRow,
    ) -> Result<Vec<u8>, IntakeError> {
        let (name, at) = (number.to_string(), received.received_at);
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
        for row in self.inner.store.attachments(&petition.number).await? {
            then |= row.received_at <= recorded.decided_at;
            attachments.push(self.inner.documents.read(row.sha256).await?.to_vec());
        }
        Ok((attachments, then))
    }

    /// The log from the first row about the petition to the first head behind the last one, or to the last of them while
    /// there is no head yet.
    async fn audit_stretch(
        &self,
        number: &PetitionNumber,
    ) -> Result<(Vec<AuditRow>, Head), IntakeError> {
        let store = &self.inner.store;
        let own = store.audit_of(number.as_str(), 0, i64::MAX).await?;
        let (Some(first), Some(last)) = (own.first(), own.last()) else {
            return Err(internal("a petition without a row in the audit log"));
        };
        let heads = store.audit_heads().await?;
        let head = heads.into_iter().find(|head| head.seq >= last.seq);
        let head = head.map_or_else(
            || Head {
                seq: last.seq,
                hash: last.hash.clone(),
                day: None,
            },
            |head| Head {
                seq: head.seq,
                hash: head.hash,
                day: Some(head.day),
            },
        );
        let mut rows: Vec<AuditRow> = Vec::new();
        let mut after = first.seq.saturating_sub(1);
        while after < head.seq && rows.len() < MOST_ROWS {
            let page = store.audit_rows(after, ROWS_AT_A_TIME).await?;
            let Some(end) = page.last() else { break };
            after = end.seq;
            rows.extend(page.into_iter().filter(|row| row.seq <= head.seq));
        }
        if rows.last().is_none_or(|row| row.seq != head.seq) {
            return Err(internal(
                "the audit log does not reach from the petition to its head",
            ));
        }
        Ok((rows, head))
    }
}
