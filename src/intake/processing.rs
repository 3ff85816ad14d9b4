//! Steps 3 to 9 of the flow: one stored document to its recorded decision. The same bytes give the same decision, whenever this
//! runs, because time is the moment of reception.

use jiff::SignedDuration;

use super::conditions::Conditions;
use super::effects::Asker;
use super::evidence::Verdict;
use super::{Intake, IntakeError, LEASE, internal};
use crate::decision::{Case, Decision, decide, obstacles};
use crate::domain::{Outcome, Sha256, State};
use crate::extract::Extractor;
use crate::form;
use crate::reading::{self, KnownForm};
use crate::store::{
    AnswerRow, AttemptCounts, Effects, Held, Job, Lookup, PetitionRow, Recorded, StoreError,
};
use crate::verify::report::{Conclusion, Report, SignatureKind};
use crate::verify::{self, Concluded};

/// Deciding again after a failure of ours, times the number of attempts.
const JOB_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Attempts before a document that fails again and again goes to a person. A crash counts as one, so that a document that
/// brings the process down does so this often and not for ever.
const JOB_ATTEMPTS: i64 = 10;
/// A petition that moves on while it is being decided is decided again, this often.
const STALE_TRIES: usize = 5;

impl Intake {
    /// Takes one waiting document to its decision; whether there was one.
    pub async fn process_next(&self) -> Result<bool, IntakeError> {
        let now = self.now();
        let Some(job) = self.inner.store.claim_job(now, now + LEASE).await? else {
            return Ok(false);
        };
        // Where one waits another one may: wake the next worker.
        self.inner.documents_waiting.notify_one();
        let deciding = async {
            if job.attempts > JOB_ATTEMPTS {
                self.give_up(&job).await
            } else {
                self.process(&job).await
            }
        };
        if let Some(Err(error)) = self.while_held(&job, deciding).await {
            self.delay(&job, &error).await?;
        }
        Ok(true)
    }

    /// Later again. What does not answer says nothing about the document.
    async fn delay(&self, job: &Held<Job>, error: &IntakeError) -> Result<(), IntakeError> {
        tracing::error!(petition = %job.number, attempts = job.attempts, %error, "a document could not be decided");
        let (counts, times) = match error {
            IntakeError::Unavailable(_) => (AttemptCounts::No, 1),
            _ => (
                AttemptCounts::Yes,
                i32::try_from(job.attempts).unwrap_or(i32::MAX),
            ),
        };
        let due_at = self.now() + JOB_RETRY * times.min(60);
        Ok(self.inner.store.delay_job(job, counts, due_at).await?)
    }

    /// Takes one document to a recorded decision. Running it twice gives the same result, because time is the moment of
    /// reception and not the clock.
    pub async fn process(&self, job: &Held<Job>) -> Result<(), IntakeError> {
        for _ in 0..STALE_TRIES {
            match self.process_once(job).await {
                Err(ProcessError::Stale) => {}
                Err(ProcessError::Other(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
        Err(IntakeError::Internal("the petition kept moving".to_owned()))
    }

    /// What could not be learned goes to a person (DESIGN §1): nothing that got its receipt stays undecided.
    async fn give_up(&self, job: &Job) -> Result<(), IntakeError> {
        tracing::error!(petition = %job.number, attempts = job.attempts, "a document goes to a person undecided");
        let own = self
            .inner
            .store
            .petition(&job.number)
            .await?
            .ok_or_else(|| internal("a job without its petition"))?;
        let decision = Decision::unreadable("pdf.too_complex");
        let judgement = self.judgement();
        let version = self.inner.store.registry_version().await?;
        let grounds = Grounds {
            trust: judgement.trust.digest(),
            registry: version,
            evidence: &[],
            conditions: &self.conditions(&judgement, &own, None, (false, false)),
        };
        self.record(
            job,
            &own,
            &own,
            &decision,
            None,
            grounds,
            &Effects::default(),
        )
        .await
        .map_err(|error| match error {
            ProcessError::Stale => internal("the petition moved"),
            ProcessError::Other(error) => error,
        })
    }

    async fn process_once(&self, job: &Held<Job>) -> Result<(), ProcessError> {
        let store = &self.inner.store;
        let own = store
            .petition(&job.number)
            .await?
            .ok_or_else(|| internal("a job without its petition"))?;
        let received = store
            .document(&job.number, job.sha256)
            .await?
            .ok_or_else(|| internal("a job without a row"))?;
        let at = received.received_at;
        let size = u64::try_from(received.bytes).unwrap_or_default();
        let _room = self.inner.judged.take(size).await?;
        let bytes = self
            .inner
            .documents
            .read(job.sha256)
            .await
            .map_err(IntakeError::from)?;

        // 3–5: open, bring what is missing about revocation (the only step that asks others), conclude.
        let judgement = self.judgement();
        let verdict = self.conclude(&bytes, &judgement, at).await?;

        // 6: read what is asked.
        let form = self.form_of(&bytes, &own).await?;
        let (formed, known) = form.unzip();
        let extractor = self.inner.extractor.clone();
        let examined = self
            .blocking(move || read(&bytes, verdict, known.as_ref(), &extractor))
            .await?;

        let formed = formed.unwrap_or_else(|| own.clone());
        let target = if is_followed_in(&formed, job, examined.as_ref().ok()) {
            &formed
        } else {
            &own
        };

        // 7–8: match and decide.
        let content = examined
            .as_ref()
            .ok()
            .and_then(|examined| examined.reading.content.clone());
        let Lookup { version, record } = match &content {
            Some(content) => store.lookup(&content.ruc, &content.branch).await?,
            None => Lookup {
                version: store.registry_version().await?,
                record: None,
            },
        };
        let used = self.used(&formed, job, examined.as_ref().ok()).await?;
        let attached = store.count_attachments(&own.number).await? > 0;
        let record = record.as_ref();
        let conditions = self.conditions(&judgement, &formed, record, (used, attached));
        let decision = match &examined {
            Err(code) => Decision::unreadable(code),
            Ok(examined) => decide(&Case {
                report: &examined.verdict.report,
                reading: &examined.reading,
                // A document without a number is expected to be nothing in particular; a form uploaded under another
                // number must be that number's.
                expected: own.content.as_ref(),
                other_number: own.form.is_some() && formed.number != own.number,
                employer: record.map(|record| &record.employer),
                appointment_attached: conditions.appointment_attached,
                obstacles: obstacles(
                    conditions.used,
                    at >= conditions.expires_at,
                    conditions.frozen,
                    &examined.verdict.report,
                ),
                letter_window: self.settings().letter_window,
                clock_tolerance: self.settings().clock_tolerance,
                at,
            }),
        };

        // Nobody answered about revocation: the decision waits, and what was received when stays true.
        let examined = examined.as_ref().ok();
        let now = self.now();
        if let Some(pause) = self.pause(job, &decision, examined.map(|examined| &examined.verdict))
        {
            store.postpone_job(job, now + pause, now).await?;
            tracing::info!(petition = %job.number, asked = job.asked + 1, "nobody answered about revocation");
            return Ok(());
        }

        // 9: keep what the decision rests on; record it, the log and the effects, in one transaction.
        let used = examined.map(|examined| &examined.verdict.used);
        let evidence = self.keep_evidence(&judgement.trust, used).await?;
        let asker = Asker::since(at, now);
        let effects = self.effects(&target.number, &decision, record, asker);
        self.record(
            job,
            &own,
            target,
            &decision,
            examined,
            Grounds {
                trust: judgement.trust.digest(),
                registry: version,
                evidence: &evidence,
                conditions: &conditions,
            },
            &effects,
        )
        .await?;
        tracing::info!(
            petition = %job.number, outcome = decision.outcome.as_str(), codes = ?decision.codes(), "decided"
        );
        if !effects.messages.is_empty() {
            self.message_waits();
        }
        if effects.unblocking.is_some() {
            self.delivery_waits();
        }
        Ok(())
    }

    /// The form that `bytes` begin with: that of the number it was uploaded under, or of the number the form itself
    /// hints at. The hint is believed only when every byte of the kept form is there.
    pub(super) async fn form_of(
        &self,
        bytes: &[u8],
        own: &PetitionRow,
    ) -> Result<Option<(PetitionRow, KnownForm)>, IntakeError> {
        let hinted = match form::number_hint(bytes).filter(|number| *number != own.number) {
            Some(number) => self.inner.store.petition(&number).await?,
            None => None,
        };
        for petition in [Some(own.clone()), hinted].into_iter().flatten() {
            let (Some(sha256), Some(content)) = (petition.form, petition.content.clone()) else {
                continue;
            };
            let form = self.inner.documents.read(sha256).await?;
            if contains_form(bytes, &form) {
                return Ok(Some((
                    petition,
                    KnownForm {
                        content,
                        bytes: form.to_vec(),
                    },
                )));
            }
        }
        Ok(None)
    }

    /// Whether the number or one of the signature values has had its effect. A letter must not share a signature value
    /// with anything that was approved; a form is single-use by its number.
    async fn used(
        &self,
        target: &PetitionRow,
        job: &Job,
        examined: Option<&Examined>,
    ) -> Result<bool, IntakeError> {
        let another = target.document != Some(job.sha256) || target.number != job.number;
        if matches!(target.state, State::Approved | State::Completed) && another {
            return Ok(true);
        }
        for value in examined
            .map(|examined| signature_values(&examined.verdict.report))
            .unwrap_or_default()
        {
            if self.inner.store.signature_used(value).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one transaction, every value of it named once"
    )]
    async fn record(
        &self,
        job: &Job,
        own: &PetitionRow,
        target: &PetitionRow,
        decision: &Decision,
        examined: Option<&Examined>,
        grounds: Grounds<'_>,
        effects: &Effects,
    ) -> Result<(), ProcessError> {
        // A refused form that came without its number stays with the number it was given; the form's own stays open.
        let target = if decision.outcome == Outcome::Refused {
            own
        } else {
            target
        };
        let report = examined
            .map(|examined| serde_json::to_value(&examined.verdict.report))
            .transpose()
            .map_err(internal)?;
        let signatures = examined
            .map(|examined| signature_values(&examined.verdict.report))
            .unwrap_or_default();
        let recorded = Recorded {
            job,
            target,
            content: decision.content.as_ref(),
            outcome: decision.outcome,
            decision: &serde_json::to_value(decision).map_err(internal)?,
            conditions: &serde_json::to_value(grounds.conditions).map_err(internal)?,
            report: report.as_ref(),
            trust_digest: grounds.trust,
            registry_version: grounds.registry,
            evidence: grounds.evidence,
            signed: examined.is_some_and(|examined| is_signed(&examined.verdict.report)),
            signatures: &signatures,
            effects,
            at: self.now(),
        };
        match self.inner.store.record(&recorded).await {
            Err(StoreError::Stale) => Err(ProcessError::Stale),
            other => Ok(other?),
        }
    }
}

/// What was found out about a document.
struct Examined {
    verdict: Concluded,
    reading: crate::decision::Reading,
}

/// Step 6: reads what is asked. The code of the opening error when it is nothing that can be judged.
fn read(
    bytes: &[u8],
    verdict: Verdict,
    form: Option<&KnownForm>,
    extractor: &Extractor,
) -> Result<Examined, &'static str> {
    let verdict = verdict?;
    let signed = verify::open(bytes, None).map_err(|error| error.code())?;
    let reading = reading::read(&signed, &verdict.report, form, extractor);
    Ok(Examined { verdict, reading })
}

/// Whether `bytes` are a PDF that begins with this form, or a message that may hold it.
fn contains_form(bytes: &[u8], form: &[u8]) -> bool {
    bytes.starts_with(form)
        || (!bytes.starts_with(b"%PDF-") && bytes.windows(form.len()).any(|part| part == form))
}

/// Whether a document with the form of this petition is followed there, should it not be refused. Anybody can append to a form;
/// so somebody must have signed it, and the petition must await a document, or have this very one.
fn is_followed_in(formed: &PetitionRow, job: &Job, examined: Option<&Examined>) -> bool {
    let is_signed = examined.is_some_and(|it| !signature_values(&it.verdict.report).is_empty());
    let awaits = formed.state.accepts_document()
        || formed.state == State::Received && formed.document == Some(job.sha256);
    formed.number == job.number || is_signed && awaits
}

/// Whether a person signed it, with a certificate of somebody who is known, as far as could be learned.
fn is_signed(report: &Report) -> bool {
    report.signatures.iter().any(|signature| {
        signature.kind == SignatureKind::Signature && signature.conclusion != Conclusion::Failed
    })
}

/// The signature values of persons that passed: what makes a letter single-use.
fn signature_values(report: &Report) -> Vec<Sha256> {
    report
        .signatures
        .iter()
        .filter(|signature| {
            signature.kind == SignatureKind::Signature && signature.conclusion == Conclusion::Passed
        })
        .filter_map(|signature| signature.value_sha256)
        .collect()
}

/// What a decision rested on besides the document.
#[derive(Debug, Clone, Copy)]
struct Grounds<'a> {
    /// Digest of the trust store.
    trust: Sha256,
    /// Version of the registry.
    registry: i64,
    /// Answers about revocation.
    evidence: &'a [AnswerRow],
    /// What was on file, and what was set.
    conditions: &'a Conditions,
}

/// Why processing stopped: because the petition moved, or for a reason worth telling.
enum ProcessError {
    Stale,
    Other(IntakeError),
}

impl From<IntakeError> for ProcessError {
    fn from(error: IntakeError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for ProcessError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Other(other.into()),
        }
    }
}
