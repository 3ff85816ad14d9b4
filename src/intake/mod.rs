//! THE FLOW of one petition: issue the form, receive the signed document, process it (open → evidence → conclude → read →
//! match → decide → record), and what happens when a link is opened. Read it from top to bottom.

mod evidence;
mod links;
mod uploads;
mod view;

use std::ops::RangeInclusive;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore};

pub use evidence::Reprocessed;
pub use uploads::UploadState;
pub use view::{
    IntakeError, Issued, LinkError, LinkSent, LinkState, LinkView, NewPetition, Receipt,
    SetPasswordError, Status,
};

pub use crate::store::Waiting;

use crate::clock::Clock;
use crate::decision::{Case, Decision, PetitionFact, decide};
use crate::documents::{Documents, Kept};
use crate::domain::calendar;
use crate::domain::{
    Action, Outcome, PetitionContent, PetitionNumber, PetitionSource, Sha256, State, Token,
};
use crate::extract::Extractor;
use crate::fetch::Fetcher;
use crate::form::{self, FormValues};
use crate::reading::{self, KnownForm};
use crate::store::{
    AnswerRow, EmployerRecord, Job, LinkKind, Lookup, Message, MessageKind, PetitionRow, Recorded,
    Store, StoreError,
};
use crate::verify::report::{Conclusion, Report, SignatureKind};
use crate::verify::{self, Concluded, Evidence, Policy, TrustStore};
use evidence::Verdict;

/// What the operator decides about petitions and links; every number has its default in `config.rs`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the operator, printed on forms and messages.
    pub operator: String,
    /// Address of the service as people reach it, without a slash at the end.
    pub public_url: String,
    /// Largest document, in bytes.
    pub upload_bytes: u64,
    /// Documents that may be tried under one number.
    pub documents_per_number: usize,
    /// How long a number lives.
    pub petition_life: SignedDuration,
    /// How long after signing a letter is taken.
    pub letter_window: SignedDuration,
    /// How far a signer's clock may be ahead.
    pub clock_tolerance: SignedDuration,
    /// How long a password link lives.
    pub link_life: SignedDuration,
    /// How long a link that confirms an address or freezes an account lives.
    pub confirmation_life: SignedDuration,
    /// Password links within an hour.
    pub links_per_hour: usize,
    /// Password links for one approval.
    pub links_in_all: usize,
    /// How long after an approval links may be asked for.
    pub approval_life: SignedDuration,
    /// When nobody answered about revocation: pauses until it is asked again, one after another.
    pub revocation_retries: Vec<SignedDuration>,
    /// How long a reset waits after a change of e-mail.
    pub email_hold: SignedDuration,
    /// Length of a password, in characters.
    pub password_length: RangeInclusive<usize>,
    /// Argon2id: memory in KiB, passes, lanes.
    pub argon2: (u32, u32, u32),
}

/// What signatures are judged by. Replaced as a whole when the operator changes it.
#[derive(Debug)]
pub struct Judgement {
    /// Roots and intermediates.
    pub trust: TrustStore,
    /// Revocation lists and answers.
    pub evidence: Evidence,
    /// Algorithms, freshness.
    pub policy: Policy,
}

/// Everything a petition needs on its way. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    documents: Documents,
    judgement: RwLock<Arc<Judgement>>,
    fetcher: Option<Fetcher>,
    extractor: Extractor,
    settings: Settings,
    clock: Clock,
    random: fn(&mut [u8; 24]),
    documents_waiting: Notify,
    messages_waiting: Notify,
    cpu: Semaphore,
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Intake")
    }
}

/// How long a worker may take for one document before another one may take it over.
pub(crate) const JOB_LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Serials of petition numbers: nine digits, few enough to be typed, too many to be tried.
const SERIALS: std::ops::Range<u64> = 100_000_000..1_000_000_000;
/// Deciding again after a failure of ours, times the number of attempts.
const JOB_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Attempts before a document that fails again and again goes to a person. A crash counts as one, so that a document that
/// brings the process down does so this often and not for ever.
const JOB_ATTEMPTS: i64 = 10;
/// Files that may be attached to one petition: a nombramiento, its registration, one to spare.
const MOST_ATTACHMENTS: i64 = 3;
/// A petition that moves on while it is being decided is decided again, this often.
const STALE_TRIES: usize = 5;

impl Intake {
    /// Puts the parts together. Without a fetcher nobody is asked about revocation.
    #[must_use]
    #[allow(clippy::too_many_arguments, reason = "each part once, in one place")]
    pub fn new(
        store: Store,
        documents: Documents,
        judgement: Judgement,
        fetcher: Option<Fetcher>,
        extractor: Extractor,
        settings: Settings,
        clock: Clock,
        random: fn(&mut [u8; 24]),
    ) -> Self {
        let cpus = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let inner = Inner {
            store,
            documents,
            judgement: RwLock::new(Arc::new(judgement)),
            fetcher,
            extractor,
            settings,
            clock,
            random,
            documents_waiting: Notify::new(),
            messages_waiting: Notify::new(),
            cpu: Semaphore::new(cpus),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The database, for the worker and the registry.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Seconds from now until `at`, zero when it has passed.
    #[must_use]
    pub fn seconds_until(&self, at: Timestamp) -> i64 {
        at.duration_since(self.now()).as_secs().max(0)
    }

    /// A fresh secret.
    #[must_use]
    pub fn token(&self) -> Token {
        let mut random = [0; 24];
        (self.inner.random)(&mut random);
        Token::from_random(random)
    }

    /// Whether petitions can be taken and decided.
    pub async fn ready(&self) -> Result<(), IntakeError> {
        Ok(self.inner.store.ping().await?)
    }

    /// Waits until there may be a document to decide.
    pub async fn wait_for_document(&self) {
        self.inner.documents_waiting.notified().await;
    }

    /// Waits until there may be a message to send.
    pub async fn wait_for_message(&self) {
        self.inner.messages_waiting.notified().await;
    }

    /// There may be a message to send.
    pub(crate) fn message_waits(&self) {
        self.inner.messages_waiting.notify_one();
    }

    /// Replaces what signatures are judged by, without a restart.
    pub fn replace_judgement(&self, judgement: Judgement) {
        if let Ok(mut current) = self.inner.judgement.write() {
            *current = Arc::new(judgement);
        }
    }

    fn judgement(&self) -> Arc<Judgement> {
        match self.inner.judgement.read() {
            Ok(current) => Arc::clone(&current),
            // A writer that panicked left the old value in place, which is still whole.
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    // -- 1. issue ------------------------------------------------------------------------------------------------------

    /// Gives a number and writes its form. The registry is not asked, so that the answer is the same, in the same time,
    /// for a RUC that nobody knows.
    pub async fn issue(&self, request: NewPetition) -> Result<Issued, IntakeError> {
        if (request.action == Action::ChangeEmail) != request.new_email.is_some() {
            return Err(IntakeError::NewEmail);
        }
        let at = self.now();
        let settings = self.settings();
        let number = self.fresh_number(at).await?;
        let expires_at = at + settings.petition_life;
        let content = PetitionContent {
            ruc: request.ruc,
            branch: request.branch,
            action: request.action,
            new_email: request.new_email,
        };
        let values = FormValues {
            number: number.clone(),
            content: content.clone(),
            legal_name: request.legal_name,
            issued_at: at,
            expires_at,
            operator: settings.operator.clone(),
        };
        let form = self
            .blocking(move || form::render(&values))
            .await?
            .map_err(internal)?;
        let kept = self.inner.documents.keep_bytes(form.into()).await?;
        let secret = self.token();
        let petition = PetitionRow {
            number: number.clone(),
            secret_hash: secret.hash(),
            state: State::Issued,
            content: Some(content),
            form: Some(kept.sha256),
            issued_at: at,
            expires_at,
            document: None,
            decided_at: None,
            merged_into: None,
        };
        self.inner.store.issue(&petition).await?;
        Ok(Issued {
            number,
            secret,
            expires_at,
        })
    }

    /// A number that nobody has. Its serial is random, not the next one: a form is handed to whoever names its number, so
    /// numbers must not be countable (PRODUCT threat 14), and nobody's number tells how many others there are.
    async fn fresh_number(&self, at: Timestamp) -> Result<PetitionNumber, IntakeError> {
        loop {
            let mut random = [0; 24];
            (self.inner.random)(&mut random);
            let serial = random.iter().fold(0, |serial: u64, byte| {
                serial.wrapping_mul(257).wrapping_add(u64::from(*byte))
            });
            let number = PetitionNumber::new(
                year_in_ecuador(at),
                SERIALS.start + serial % (SERIALS.end - SERIALS.start),
            );
            if self.inner.store.petition(&number).await?.is_none() {
                return Ok(number);
            }
        }
    }

    /// The exact bytes of a form.
    pub async fn form(&self, number: &PetitionNumber) -> Result<Option<Bytes>, IntakeError> {
        let petition = self.inner.store.petition(number).await?;
        match petition.and_then(|petition| petition.form) {
            Some(sha256) => Ok(Some(self.inner.documents.read(sha256).await?)),
            None => Ok(None),
        }
    }

    // -- 2. receive ----------------------------------------------------------------------------------------------------

    /// Takes a document, under a number or without one. When this returns a receipt, the document is on disk, its row and
    /// its job are committed, and it will be decided whatever happens.
    pub async fn receive<E>(
        &self,
        under: Option<&PetitionNumber>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        let limit = self.settings().upload_bytes;
        let petition = match under {
            Some(number) => Some(
                self.inner
                    .store
                    .petition(number)
                    .await?
                    .ok_or(IntakeError::NotFound)?,
            ),
            None => None,
        };
        let kept = self.inner.documents.keep(limit, body).await?;
        let at = self.now();
        let receipt = if let Some(petition) = petition {
            self.receive_under(petition, kept, at).await?
        } else {
            let number = self.fresh_number(at).await?;
            self.receive_without_number(number, self.token(), kept, at)
                .await?
        };
        self.inner.documents_waiting.notify_one();
        Ok(receipt)
    }

    /// Takes the appointment (*nombramiento*) of a representative whom the registry does not know yet (PRODUCT S09), for a
    /// person to read. A document that was refused because of its signer is decided once more: now it is that person's
    /// turn.
    pub async fn attach_appointment<E>(
        &self,
        number: &PetitionNumber,
        secret: &Token,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        let petition = self
            .petition_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
        let at = self.now();
        check_open(&petition, at)?;
        if self.inner.store.count_attachments(number).await? >= MOST_ATTACHMENTS {
            return Err(IntakeError::TooMany(None));
        }
        let limit = self.settings().upload_bytes;
        let kept = self.inner.documents.keep(limit, body).await?;
        let again = petition
            .document
            .filter(|_| petition.state == State::Refused);
        let store = &self.inner.store;
        match store
            .attach_appointment(&petition, kept.sha256, kept.bytes, again, at)
            .await
        {
            Ok(()) => {}
            Err(StoreError::Stale) => return Err(IntakeError::InProgress),
            Err(error) => return Err(error.into()),
        }
        self.inner.documents_waiting.notify_one();
        Ok(Receipt {
            number: number.clone(),
            secret: None,
            sha256: kept.sha256,
            bytes: kept.bytes,
            received_at: at,
            already: false,
        })
    }

    async fn receive_under(
        &self,
        petition: PetitionRow,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let Kept { sha256, bytes } = kept;
        let number = petition.number.clone();
        let receipt = |received_at, already| Receipt {
            number: number.clone(),
            secret: None,
            sha256,
            bytes,
            received_at,
            already,
        };
        // The same bytes again: the same receipt, until the number has had its effect (DESIGN F).
        if let Some(known) = self.inner.store.document(&petition.number, sha256).await? {
            return match petition.state {
                State::Completed => Err(IntakeError::AlreadyUsed),
                _ => Ok(receipt(known.received_at, true)),
            };
        }
        check_open(&petition, at)?;
        if self.inner.store.documents(&petition.number).await?.len()
            >= self.settings().documents_per_number
        {
            return Err(IntakeError::TooMany(None));
        }
        match self.inner.store.receive(&petition, sha256, bytes, at).await {
            Ok(()) => Ok(receipt(at, false)),
            // Another upload under the same number was a moment quicker.
            Err(StoreError::Stale) => Err(IntakeError::InProgress),
            Err(error) => Err(error.into()),
        }
    }

    /// The same for a document that is on disk already.
    async fn receive_kept(
        &self,
        number: &PetitionNumber,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let petition = self.inner.store.petition(number).await?;
        self.receive_under(petition.ok_or(IntakeError::NotFound)?, kept, at)
            .await
    }

    async fn receive_without_number(
        &self,
        number: PetitionNumber,
        secret: Token,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let Kept { sha256, bytes } = kept;
        let petition = PetitionRow {
            number,
            secret_hash: secret.hash(),
            state: State::Received,
            content: None,
            form: None,
            issued_at: at,
            expires_at: at + self.settings().petition_life,
            document: Some(sha256),
            decided_at: None,
            merged_into: None,
        };
        self.inner
            .store
            .receive_without_number(&petition, sha256, bytes)
            .await?;
        Ok(Receipt {
            number: petition.number,
            secret: Some(secret),
            sha256,
            bytes,
            received_at: at,
            already: false,
        })
    }

    // -- 3 to 9. process -------------------------------------------------------------------------------------------------

    /// Takes one waiting document to its decision; whether there was one.
    pub async fn process_next(&self) -> Result<bool, IntakeError> {
        let now = self.now();
        let Some(job) = self.inner.store.claim_job(now, now + JOB_LEASE).await? else {
            return Ok(false);
        };
        // Where one waits another one may: wake the next worker.
        self.inner.documents_waiting.notify_one();
        let processed = if job.attempts > JOB_ATTEMPTS {
            self.give_up(&job).await
        } else {
            self.process(&job).await
        };
        if let Err(error) = processed {
            tracing::error!(petition = %job.number, attempts = job.attempts, %error, "a document could not be decided");
            let pause = JOB_RETRY * i32::try_from(job.attempts).unwrap_or(i32::MAX).min(60);
            self.inner.store.delay_job(&job, self.now() + pause).await?;
        }
        Ok(true)
    }

    /// Takes one document to a recorded decision. Running it twice gives the same result, because time is the moment of
    /// reception and not the clock.
    pub async fn process(&self, job: &Job) -> Result<(), IntakeError> {
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
        let trust_digest = self.judgement().trust.digest();
        let version = self.inner.store.registry_version().await?;
        let grounds = Grounds {
            trust: trust_digest,
            registry: version,
            evidence: &[],
        };
        self.record(job, &own, &own, &decision, None, grounds, &[])
            .await
            .map_err(|error| match error {
                ProcessError::Stale => internal("the petition moved"),
                ProcessError::Other(error) => error,
            })
    }

    async fn process_once(&self, job: &Job) -> Result<(), ProcessError> {
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
        let target = match &form {
            Some((petition, _)) => petition.clone(),
            None => own.clone(),
        };
        let known = form.map(|(_, form)| form);
        let extractor = self.inner.extractor.clone();
        let examined = self
            .blocking(move || read(&bytes, verdict, known.as_ref(), &extractor))
            .await?;

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
        let used = self.used(&target, job, examined.as_ref().ok()).await?;
        let decision = match &examined {
            Err(code) => Decision::unreadable(code),
            Ok(examined) => decide(&Case {
                report: &examined.verdict.report,
                reading: &examined.reading,
                // A document without a number is expected to be nothing in particular; a form uploaded under another
                // number must be that number's.
                expected: own.content.as_ref(),
                other_number: own.form.is_some() && target.number != own.number,
                employer: record.as_ref().map(|record| &record.employer),
                appointment_attached: store.count_attachments(&own.number).await? > 0,
                obstacles: obstacles(used, at >= target.expires_at, record.as_ref()),
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
        let messages = self.effects(&target.number, &decision, record.as_ref());
        self.record(
            job,
            &own,
            &target,
            &decision,
            examined,
            Grounds {
                trust: judgement.trust.digest(),
                registry: version,
                evidence: &evidence,
            },
            &messages,
        )
        .await?;
        tracing::info!(
            petition = %job.number, outcome = decision.outcome.as_str(), codes = ?decision.codes(), "decided"
        );
        self.message_waits();
        Ok(())
    }

    /// The form that `bytes` begin with: that of the number it was uploaded under, or of the number the form itself
    /// hints at. The hint is believed only when every byte of the kept form is there.
    async fn form_of(
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
        messages: &[Message],
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
            report: report.as_ref(),
            trust_digest: grounds.trust,
            registry_version: grounds.registry,
            evidence: grounds.evidence,
            signatures: &signatures,
            messages,
            at: self.now(),
        };
        match self.inner.store.record(&recorded).await {
            Err(StoreError::Stale) => Err(ProcessError::Stale),
            other => Ok(other?),
        }
    }

    /// What an approval sets in motion (DESIGN G and H).
    fn effects(
        &self,
        number: &PetitionNumber,
        decision: &Decision,
        record: Option<&EmployerRecord>,
    ) -> Vec<Message> {
        let (Outcome::Approved, Some(content), Some(record)) =
            (decision.outcome, &decision.content, record)
        else {
            return Vec::new();
        };
        let at = self.now();
        let on_file = record.employer.email.clone();
        match content.action {
            Action::ResetPassword => {
                let due = record.email_hold_until.map_or(at, |until| until.max(at));
                on_file
                    .map(|to| Message::new(MessageKind::ResetLink, number, 1, to, at, due))
                    .into_iter()
                    .collect()
            }
            Action::ChangeEmail => {
                let confirm = content
                    .new_email
                    .clone()
                    .map(|to| Message::new(MessageKind::ConfirmEmail, number, 1, to, at, at));
                let notice = on_file
                    .map(|to| Message::new(MessageKind::EmailChangeNotice, number, 1, to, at, at));
                confirm.into_iter().chain(notice).collect()
            }
        }
    }

    // -- the receipt -----------------------------------------------------------------------------------------------------

    /// Where a petition stands. `None` for an unknown number and for a wrong secret alike.
    pub async fn status(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<Status>, IntakeError> {
        let Some(own) = self.petition_with_secret(number, secret).await? else {
            return Ok(None);
        };
        let store = &self.inner.store;
        let petition = match &own.merged_into {
            Some(target) => store.petition(target).await?.ok_or(IntakeError::NotFound)?,
            None => own,
        };
        let document = match petition.document {
            Some(sha256) => store.document(&petition.number, sha256).await?,
            None => None,
        };
        let recorded = match petition.document {
            Some(sha256) if petition.state != State::Received => {
                store.decision(&petition.number, sha256).await?
            }
            _ => None,
        };
        let decision: Option<Decision> = recorded
            .as_ref()
            .map(|recorded| serde_json::from_value(recorded.decision.clone()))
            .transpose()
            .map_err(internal)?;
        let report: Option<Report> = recorded
            .as_ref()
            .and_then(|recorded| recorded.report.clone())
            .map(serde_json::from_value)
            .transpose()
            .map_err(internal)?;
        let waiting = match petition.document {
            Some(sha256) if petition.state == State::Received => {
                store.waiting(&petition.number, sha256).await?
            }
            _ => None,
        };
        let approved = petition.state == State::Approved;
        let record = match petition.content.as_ref().filter(|_| approved) {
            Some(content) => store.employer(&content.ruc, &content.branch).await?,
            None => None,
        };
        let link = self.link_state(&petition, record.as_ref()).await?;
        let masked_email = match petition.content.as_ref().map(|content| content.action) {
            Some(Action::ChangeEmail) if approved => {
                petition.content.as_ref().and_then(|c| c.new_email.as_ref())
            }
            _ => record
                .as_ref()
                .and_then(|record| record.employer.email.as_ref()),
        }
        .map(crate::domain::EmailAddress::masked);
        Ok(Some(Status {
            number: number.clone(),
            state: petition.state,
            outcome: recorded.as_ref().map(|recorded| recorded.outcome),
            action: petition.content.as_ref().map(|content| content.action),
            source: decision
                .as_ref()
                .and_then(|decision| decision.source)
                .or_else(|| petition.form.is_some().then_some(PetitionSource::Form)),
            sha256: petition.document,
            bytes: document
                .as_ref()
                .and_then(|document| u64::try_from(document.bytes).ok()),
            received_at: document.map(|document| document.received_at),
            expires_at: petition.expires_at,
            reasons: decision
                .map(|decision| decision.reasons)
                .unwrap_or_default(),
            report,
            masked_email,
            link,
            waiting,
        }))
    }

    async fn petition_with_secret(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        let petition = self.inner.store.petition(number).await?;
        // Hashes are compared, never secrets: how long it takes tells nothing about the secret.
        Ok(petition.filter(|petition| petition.secret_hash == secret.hash()))
    }

    /// Runs work for the processor beside the runtime, as many at a time as there are processors.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IntakeError> {
        let _permit = self.inner.cpu.acquire().await.map_err(internal)?;
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }
}

/// Whether something may still be handed in under this number.
fn check_open(petition: &PetitionRow, at: Timestamp) -> Result<(), IntakeError> {
    match petition.state {
        State::Approved | State::Completed | State::Merged => Err(IntakeError::AlreadyUsed),
        State::Received => Err(IntakeError::InProgress),
        State::Issued | State::Refused | State::InReview if at >= petition.expires_at => {
            Err(IntakeError::Expired)
        }
        State::Issued | State::Refused | State::InReview => Ok(()),
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

/// What stands in the way whatever the document says.
fn obstacles(used: bool, expired: bool, record: Option<&EmployerRecord>) -> Vec<PetitionFact> {
    let frozen = record.is_some_and(|record| record.frozen_since.is_some());
    [
        (used, PetitionFact::Used),
        (expired, PetitionFact::Late),
        (frozen, PetitionFact::Frozen),
    ]
    .into_iter()
    .filter_map(|(there, code)| there.then_some(code))
    .collect()
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

/// Numbers carry the year of the calendar that people live by.
fn year_in_ecuador(at: Timestamp) -> i16 {
    calendar::in_ecuador(at).year()
}

fn internal(error: impl std::fmt::Display) -> IntakeError {
    IntakeError::Internal(error.to_string())
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

/// Kinds of links that a petition may have in the air.
const RESET: LinkKind = LinkKind::Reset;
