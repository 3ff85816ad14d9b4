//! Steps 3 to 9 of the flow: one stored document to its recorded decision. The same bytes, answers about revocation and version of
//! the registry give the same decision, whenever this runs, because time is the moment of reception.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::conditions::Conditions;
use super::effects::Asker;
use super::evidence::Verdict;
use super::{Intake, IntakeError, Judgement, LEASE, Unready, internal};
use crate::decision::{Case, Circumstances, Decision, decide, passed_values, unfailed_signers};
use crate::domain::{Outcome, State};
use crate::extract::{ExtractError, Extractor};
use crate::form;
use crate::reading::{self, KnownForm};
use crate::store::{
    AttemptCounts, EmployerRecord, FormOf, Held, Job, Lookup, PetitionRow, Recorded, StoreError,
};
use crate::verify::report::{Conclusion, Report};
use crate::verify::{self, Concluded, TrustStore};

/// Deciding again after a failure of ours, times the number of attempts.
const JOB_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Attempts before a document that fails again and again goes to a person. A crash counts as one, so that a document that
/// brings the process down does so this often and not for ever.
const JOB_ATTEMPTS: i64 = 10;
/// Until a document that is a form of a number, whose other document is being decided, is looked at again.
const OTHER_FIRST: SignedDuration = SignedDuration::from_mins(1);
/// A petition that moves on while it is being decided is decided again, this often.
const STALE_TRIES: usize = 5;

impl Intake {
    /// Takes one waiting document to its decision; whether there was one.
    pub async fn process_next(&self) -> Result<bool, IntakeError> {
        // Nobody could be believed: what came waits where it is (`Unready::NoRoots`).
        if !self.has_roots() {
            return Ok(false);
        }
        let now = self.now();
        let Some(job) = self.store().claim_job(now, now + LEASE).await? else {
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
        Ok(self.store().delay_job(job, counts, due_at).await?)
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
            .store()
            .petition(&job.number)
            .await?
            .ok_or_else(|| internal("a job without its petition"))?;
        let judgement = self.judgement();
        let weighed = Weighed {
            decision: Decision::unreadable("pdf.too_complex"),
            conditions: self.conditions(&judgement, &own, None),
            record: None,
            registry: self.store().registry_version().await?,
            received_at: self.now(),
        };
        let petitions = Petitions::of_its_own(own);
        self.settle(job, &petitions, &weighed, None, &judgement.trust)
            .await
            .map_err(|error| match error {
                ProcessError::Stale => internal("the petition moved"),
                ProcessError::Other(error) => error,
            })
    }

    /// Steps 3 to 9, once: what is read of the petition here must still be so when the decision is recorded.
    async fn process_once(&self, job: &Held<Job>) -> Result<(), ProcessError> {
        let store = self.store();
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
        // A folder that is away says nothing about who signed.
        if judgement.trust.roots().is_empty() {
            return Err(IntakeError::Unavailable(Unready::NoRoots.to_string()).into());
        }
        let verdict = self.conclude(&bytes, &judgement, at).await?;

        // 6: read what is asked.
        let form = self.form_of(&bytes, &own).await?;
        let (formed, known) = form.unzip();
        let extractor = self.inner.extractor.clone();
        let examined = self
            .examining(move || read(&bytes, verdict, known.as_ref(), &extractor))
            .await?
            .map_err(|error| IntakeError::Unavailable(error.to_string()))?;
        let petitions = Petitions {
            is_form: formed.is_some(),
            formed: formed.unwrap_or_else(|| own.clone()),
            own,
        };
        if petitions.comes_second(job) || petitions.comes_beside_another(job) {
            let again_at = self.now() + OTHER_FIRST;
            return Ok(store.delay_job(job, AttemptCounts::No, again_at).await?);
        }

        // 7–8: match and decide.
        let weighed = self
            .weigh(job, &petitions, &examined, &judgement, at)
            .await?;

        // Nobody answered about revocation: the decision waits, and what was received when stays true.
        let examined = examined.as_ref().ok();
        let verdict = examined.map(|examined| &examined.verdict);
        if let Some(pause) = self.pause(job, &weighed.decision, verdict) {
            let now = self.now();
            store.postpone_job(job, now + pause, now).await?;
            tracing::info!(petition = %job.number, asked = job.asked + 1, "nobody answered about revocation");
            return Ok(());
        }

        // 9: keep what the decision rests on; record it, the log and the effects, in one transaction.
        self.settle(job, &petitions, &weighed, examined, &judgement.trust)
            .await
    }

    /// Steps 7 and 8: whom the registry knows, what else is true today, and what follows from all of it.
    async fn weigh(
        &self,
        job: &Job,
        petitions: &Petitions,
        examined: &Result<Examined, &'static str>,
        judgement: &Judgement,
        at: Timestamp,
    ) -> Result<Weighed, IntakeError> {
        let store = self.store();
        let Petitions { own, formed, .. } = petitions;
        let read = examined.as_ref().ok();
        let asked = read.and_then(|examined| examined.reading.content.as_ref());
        let Lookup { version, record } = match asked {
            Some(asked) => store.lookup(&asked.ruc, &asked.branch).await?,
            None => Lookup {
                version: store.registry_version().await?,
                record: None,
            },
        };
        let elsewhere = match (read, asked) {
            (Some(examined), Some(asked)) if record.is_none() => {
                self.elsewhere(&examined.verdict.report, asked, at).await?
            }
            _ => None,
        };
        let mut conditions = self.conditions(judgement, formed, record.as_ref());
        conditions.circumstances = Circumstances {
            elsewhere,
            used: self.used(formed, job, read).await?,
            appointment_attached: store.count_attachments(&own.number).await? > 0,
            ..conditions.circumstances
        };
        let decision = match examined {
            Err(code) => Decision::unreadable(code),
            Ok(examined) => decide(&Case {
                report: &examined.verdict.report,
                reading: &examined.reading,
                // A document without a number is expected to be nothing in particular; a form uploaded under another
                // number must be that number's.
                expected: own.content.as_ref(),
                other_number: own.form.is_some() && formed.number != own.number,
                employer: record.as_ref().map(|record| &record.employer),
                circumstances: &conditions.circumstances,
                at,
            }),
        };
        Ok(Weighed {
            decision,
            conditions,
            record,
            registry: version,
            received_at: at,
        })
    }

    /// The form that `document` begins with, or contains: that of the number it was uploaded under, or of the number the form
    /// itself hints at. The hint is believed only when every byte of the kept form is there.
    pub(super) async fn form_of(
        &self,
        document: &Bytes,
        own: &PetitionRow,
    ) -> Result<Option<(PetitionRow, KnownForm)>, IntakeError> {
        let opened = document.clone();
        let carrier = if document.starts_with(b"%PDF-") {
            opened
        } else {
            self.examining(move || carrier_in(&opened)).await?
        };
        let hinted = match form::number_hint(&carrier).filter(|number| *number != own.number) {
            Some(number) => self.store().petition(&number).await?,
            None => None,
        };
        for petition in [Some(own.clone()), hinted].into_iter().flatten() {
            let (Some(sha256), Some(content)) = (petition.form, petition.content.clone()) else {
                continue;
            };
            let form = self.inner.documents.read(sha256).await?;
            if carrier.starts_with(&form) {
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
            .map(|examined| passed_values(&examined.verdict.report))
            .unwrap_or_default()
        {
            if self.store().signature_used(value).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Step 9: what the decision rests on, and then the decision with the log and its effects, in one transaction.
    async fn settle(
        &self,
        job: &Job,
        petitions: &Petitions,
        weighed: &Weighed,
        examined: Option<&Examined>,
        trust: &TrustStore,
    ) -> Result<(), ProcessError> {
        let decision = &weighed.decision;
        let verdict = examined.map(|examined| &examined.verdict);
        let evidence = self
            .keep_evidence(trust, verdict.map(|verdict| &verdict.used))
            .await?;
        let report = verdict.map(|verdict| &verdict.report);
        let report_json = report
            .map(serde_json::to_value)
            .transpose()
            .map_err(internal)?;
        let followed = petitions.followed(job, report);
        let target = petitions.decided(followed, decision.outcome);
        let now = self.now();
        let asker = Asker::since(weighed.received_at, now);
        let effects = self.effects(&followed.number, decision, weighed.record.as_ref(), asker);
        let recorded = Recorded {
            job,
            target,
            content: decision.content.as_ref(),
            decision,
            conditions: &serde_json::to_value(&weighed.conditions).map_err(internal)?,
            report: report_json.as_ref(),
            trust_digest: trust.digest(),
            registry_version: weighed.registry,
            evidence: &evidence,
            signed: report.is_some_and(is_signed),
            signers: &report.map(unfailed_signers).unwrap_or_default(),
            form: if petitions.is_form && target.number == petitions.formed.number {
                FormOf::Target
            } else {
                FormOf::Nobody
            },
            signatures: &report.map(passed_values).unwrap_or_default(),
            effects: &effects,
            at: now,
        };
        self.store().record(&recorded).await?;
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
) -> Result<Result<Examined, &'static str>, ExtractError> {
    let (verdict, signed) = match (verdict, verify::open(bytes, None)) {
        (Ok(verdict), Ok(signed)) => (verdict, signed),
        (Err(code), _) => return Ok(Err(code)),
        (_, Err(error)) => return Ok(Err(error.code())),
    };
    let reading = reading::read(&signed, &verdict.report, form, extractor)?;
    Ok(Ok(Examined { verdict, reading }))
}

/// What may begin with a form in a document that is no PDF.
fn carrier_in(document: &Bytes) -> Bytes {
    let signed = verify::open(document, None).ok();
    let carrier = signed.as_ref().and_then(reading::carrier);
    carrier.map(Bytes::copy_from_slice).unwrap_or_default()
}

/// The petitions that a document may belong to.
struct Petitions {
    /// The one it was uploaded under.
    own: PetitionRow,
    /// The one whose form it is, which may be another; its own, when it is no form.
    formed: PetitionRow,
    /// Whether it is a form.
    is_form: bool,
}

impl Petitions {
    fn of_its_own(own: PetitionRow) -> Self {
        Self {
            formed: own.clone(),
            own,
            is_form: false,
        }
    }

    /// Whether it came beside what waited under its number, and something else is being checked in that one's place by now.
    fn comes_beside_another(&self, job: &Job) -> bool {
        self.own.state == State::Received && self.own.document != Some(job.sha256)
    }

    /// Whether a form that came without its number waits until another copy of it, which came with it, is decided: one of them
    /// has its effect.
    fn comes_second(&self, job: &Job) -> bool {
        self.own.form.is_none()
            && self.formed.number != self.own.number
            && self.formed.state == State::Received
            && self.formed.document != Some(job.sha256)
    }

    /// The one whose number a document bears, as far as it is followed there. Anybody can append to a form; so somebody must have
    /// signed it, and the petition must await a document, or have this very one.
    fn followed(&self, job: &Job, report: Option<&Report>) -> &PetitionRow {
        let is_signed = report.is_some_and(|report| !passed_values(report).is_empty());
        let awaits = self.formed.state.accepts_document()
            || self.formed.state == State::Received && self.formed.document == Some(job.sha256);
        if is_signed && awaits {
            &self.formed
        } else {
            &self.own
        }
    }

    /// The one that is decided: a refused form stays with the number it was given, and the form's own stays open.
    fn decided<'a>(&'a self, followed: &'a PetitionRow, outcome: Outcome) -> &'a PetitionRow {
        if outcome == Outcome::Refused {
            &self.own
        } else {
            followed
        }
    }
}

/// A decision that is not recorded yet, with what it rests on besides the document.
struct Weighed {
    decision: Decision,
    /// What was on file, and what was set.
    conditions: Conditions,
    /// The employer, with what only the service knows of it.
    record: Option<EmployerRecord>,
    /// Version of the registry.
    registry: i64,
    /// When the document was received.
    received_at: Timestamp,
}

/// Whether a person signed it, with a certificate of somebody who is known, as far as could be learned.
fn is_signed(report: &Report) -> bool {
    report
        .of_people()
        .any(|signature| signature.conclusion != Conclusion::Failed)
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
