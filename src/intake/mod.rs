//! THE FLOW of one petition: issue the form and receive the signed document (here), process it (`processing`: open → evidence
//! → conclude → read → match → decide → record), tell where it stands (`status`), and what happens when a link is opened
//! (`links`).

mod accounts;
mod arriving;
mod attachments;
mod backlog;
mod conditions;
mod deadlines;
mod effects;
mod evidence;
mod evidence_export;
mod following;
mod forms;
mod leases;
mod limits;
mod links;
pub mod messages;
mod page_images;
mod processing;
mod resumption;
mod retention;
pub mod review;
mod status;
mod stopped;
mod tidying;
mod uploads;
mod view;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OnceCell};

pub use accounts::Login;
use arriving::Room;
pub(crate) use backlog::ASKING;
use backlog::Backlog;
pub use deadlines::Deadlines;
pub(crate) use effects::{AT_THE_COUNTER, LATE_APPROVAL, ON_FILE, UNCONFIRMED};
use evidence::LatelyKept;
pub use evidence::Reprocessed;
pub use evidence_export::EvidenceFile;
use evidence_export::JustCompleted;
pub use forms::FormOpener;
pub(crate) use leases::LEASE;
pub use limits::Budgets;
pub use messages::MessageView;
pub use retention::{Retired, Terms};
pub use stopped::StoppedAccount;
pub use tidying::{Tidied, turn};
pub use uploads::UploadState;
pub use view::{
    Attached, IntakeError, Issued, LinkError, LinkSent, LinkStand, LinkState, LinkView,
    NewPetition, Receipt, ReviewTerm, Reviewed, SetPasswordError, Status, Stopped, Unready,
};

pub use crate::store::Waiting;

use crate::clock::Clock;
use crate::documents::{Documents, Kept};
use crate::domain::calendar;
use crate::domain::{
    Action, EmailAddress, Outcome, PetitionContent, PetitionNumber, Sha256, State, Token,
};
use crate::extract::Extractor;
use crate::fetch::Fetcher;
use crate::form::{self, FormValues};
use crate::pages::Pages;
use crate::portal::Keeping;
use crate::seal::Seal;
use crate::store::{LinkKind, PetitionRow, Store, StoreError};
use crate::threads::Places;
use crate::verify::{Evidence, Policy, TrustStore};

/// What the operator decides about petitions and links; every number has its default in `config.rs`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the operator, printed on forms and messages.
    pub operator: String,
    /// How to reach them, as a sentence.
    pub contact: Option<String>,
    /// Address of the service as people reach it, without a slash at the end.
    pub public_url: String,
    /// Largest document, in bytes.
    pub upload_bytes: u64,
    /// Documents that may be tried under one number.
    pub documents_per_number: usize,
    /// What may be asked for before it costs work, and what stays free on the disk.
    pub budgets: Budgets,
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
    /// What the operator signs with, if anything.
    pub seal: Option<Seal>,
    /// Length of a password, in characters.
    pub password_length: RangeInclusive<usize>,
    /// Cases that people decide.
    pub review: review::ReviewSettings,
    /// Argon2id: memory in KiB, passes, lanes.
    pub argon2: (u32, u32, u32),
    /// How a new password is kept until the portal has it.
    pub portal: Keeping,
    /// Wrong passwords in a row that lock an embedded account.
    pub login_failures: i64,
    /// When an undecided petition rings.
    pub deadlines: Deadlines,
    /// Folder for large documents on their way in; nothing in it is readable, or stays.
    pub arriving: PathBuf,
    /// Who is told of alarms by mail, if anybody.
    pub alarm_email: Option<EmailAddress>,
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
    pages: Pages,
    settings: Settings,
    clock: Clock,
    random: fn(&mut [u8; 24]),
    documents_waiting: Notify,
    messages_waiting: Notify,
    deliveries_waiting: Notify,
    just_completed: JustCompleted,
    at_pages: Places,
    deciding: Places,
    arrived: Room,
    judged: Room,
    limits_secret: OnceCell<String>,
    backlog: Backlog,
    lately_kept: LatelyKept,
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Intake")
    }
}

/// Serials of petition numbers: nine digits, few enough to be typed. Whoever tries many of them finds some, and is shown
/// nothing (`forms`).
const SERIALS: std::ops::Range<u64> = 100_000_000..1_000_000_000;

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
        let inner = Inner {
            store,
            documents,
            judgement: RwLock::new(Arc::new(judgement)),
            fetcher,
            pages: Pages::new(extractor.binary().clone()),
            extractor,
            settings,
            clock,
            random,
            documents_waiting: Notify::new(),
            messages_waiting: Notify::new(),
            deliveries_waiting: Notify::new(),
            just_completed: JustCompleted::default(),
            at_pages: Places::for_each_processor(),
            deciding: Places::for_each_processor(),
            arrived: Room::default(),
            judged: Room::default(),
            limits_secret: OnceCell::new(),
            backlog: Backlog::default(),
            lately_kept: LatelyKept::default(),
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

    /// Whole seconds since `at`.
    #[must_use]
    pub fn seconds_since(&self, at: Timestamp) -> i64 {
        self.now().duration_since(at).as_secs()
    }

    /// A fresh secret for a link.
    #[must_use]
    pub fn token(&self) -> Token {
        Token::from_random(self.random())
    }

    /// A fresh secret that somebody writes down with the number of a petition.
    pub(crate) fn secret(&self) -> Token {
        Token::legible(self.random())
    }

    fn random(&self) -> [u8; 24] {
        let mut random = [0; 24];
        (self.inner.random)(&mut random);
        random
    }

    /// Whether petitions can be taken and decided.
    pub async fn ready(&self) -> Result<(), Unready> {
        self.inner.store.ping().await?;
        if let Some(id) = self.inner.store.keys().missed() {
            return Err(Unready::UnknownKey(id));
        }
        self.inner.documents.ready(self.now()).await?;
        if !self.has_roots() {
            return Err(Unready::NoRoots);
        }
        Ok(())
    }

    /// Whether anybody's signature can be accepted.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        !self.judgement().trust.roots().is_empty()
    }

    /// Waits until there may be a document to decide.
    pub async fn wait_for_document(&self) {
        self.inner.documents_waiting.notified().await;
    }

    /// Waits until there may be a message to send.
    pub async fn wait_for_message(&self) {
        self.inner.messages_waiting.notified().await;
    }

    /// Waits until there may be something for the portal.
    pub async fn wait_for_delivery(&self) {
        self.inner.deliveries_waiting.notified().await;
    }

    /// There may be something for the portal.
    pub(crate) fn delivery_waits(&self) {
        self.inner.deliveries_waiting.notify_one();
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
        let secret = self.secret();
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
            erased_at: None,
        };
        self.inner.store.issue(&petition).await?;
        Ok(Issued {
            number,
            secret,
            expires_at,
        })
    }

    /// A number that nobody has. Its serial is random, not the next one: numbers must not be countable (PRODUCT threat 14),
    /// and nobody's number tells how many others there are.
    pub(super) async fn fresh_number(&self, at: Timestamp) -> Result<PetitionNumber, IntakeError> {
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

    // -- 2. receive ----------------------------------------------------------------------------------------------------

    /// Takes a document, under a number or without one. When this returns a receipt, the document is on disk, its row and
    /// its job are committed, and it will be decided whatever happens.
    pub async fn receive<E>(
        &self,
        under: Option<&PetitionNumber>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, IntakeError> {
        self.check_space()?;
        let limit = self.settings().upload_bytes;
        let under = match under {
            Some(number) => {
                let petition = self.followed(number).await?;
                Some((number, petition.ok_or(IntakeError::NotFound)?))
            }
            None => None,
        };
        // Boxed: it is the larger part of what waits for a slow line.
        let (kept, _counted) = Box::pin(self.keep_document(limit, body)).await?;
        let at = self.now();
        let receipt = if let Some((number, petition)) = under {
            self.receive_under(number, petition, kept, at).await?
        } else if let Some(living) = self.living_on(kept.sha256).await? {
            let number = living.number.clone();
            self.receive_under(&number, living, kept, at).await?
        } else {
            let number = self.fresh_number(at).await?;
            self.receive_without_number(number, self.secret(), kept, at)
                .await?
        };
        self.inner.documents_waiting.notify_one();
        Ok(receipt)
    }

    /// Takes a document for the petition that `number` stands for; its receipt names the number that its sender knows.
    async fn receive_under(
        &self,
        number: &PetitionNumber,
        petition: PetitionRow,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let Kept { sha256, bytes } = kept;
        let receipt = |received_at, already, in_vain| Receipt {
            number: number.clone(),
            secret: None,
            sha256,
            bytes,
            received_at,
            already,
            in_vain,
        };
        let store = &self.inner.store;
        // The same bytes again: the same receipt, until the number has had its effect (DESIGN F).
        let documents = store.documents(&petition.number).await?;
        let known = documents.iter().find(|known| known.sha256 == sha256);
        let again = known.is_some();
        let received_at = known.map_or(at, |known| known.received_at);
        if again {
            if petition.state == State::Completed {
                return Err(IntakeError::AlreadyUsed);
            }
            if !self.may_end_otherwise(&petition, sha256, at).await? {
                return Ok(receipt(received_at, true, awaits_another(&petition)));
            }
        } else {
            check_open(&petition, at)?;
            if documents.len() >= self.settings().documents_per_number {
                return Err(IntakeError::TriedOut(documents.len()));
            }
        }
        match store.receive(&petition, sha256, bytes, at).await {
            Ok(()) => Ok(receipt(received_at, again, false)),
            // Another upload under the same number was a moment quicker.
            Err(StoreError::Stale) => Err(IntakeError::InProgress),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a document that the machine refused is worth deciding again: registry or trust have changed since. It is decided
    /// as of its first reception, as always, and no oftener than there are changes. What a person refused is for an appeal.
    async fn may_end_otherwise(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        at: Timestamp,
    ) -> Result<bool, IntakeError> {
        if petition.state != State::Refused || petition.has_lived(at) {
            return Ok(false);
        }
        let store = &self.inner.store;
        let Some(recorded) = store.decision(&petition.number, sha256).await? else {
            return Ok(false);
        };
        // A person's refusal stands beside what the machine had said.
        let said = recorded.decision.pointer("/outcome");
        let refused = said.and_then(serde_json::Value::as_str) == Some(Outcome::Refused.as_str());
        let version = store.registry_version().await?;
        let trust = self.judgement().trust.digest();
        let changed = recorded.registry_version != Some(version) || recorded.trust_digest != trust;
        // Or another document has taken its place, which anybody can upload: it becomes what the petition is about again.
        let displaced = petition.document != Some(sha256);
        Ok(refused && (changed || displaced))
    }

    /// The same for a document that is on disk already.
    async fn receive_kept(
        &self,
        number: &PetitionNumber,
        kept: Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let petition = self.followed(number).await?.ok_or(IntakeError::NotFound)?;
        self.receive_under(number, petition, kept, at).await
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
            erased_at: None,
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
            in_vain: false,
        })
    }

    /// Runs work for the processor that somebody waits for at a page, beside the runtime: as many at a time as there are
    /// processors, whatever is being decided.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IntakeError> {
        self.inner.at_pages.occupy(work).await.map_err(internal)
    }

    /// The same for work on a document that strangers sent and that may cost long: its decision waits for places of its own, and
    /// nobody at a page waits behind it. Where both want the processors, the system gives each its share.
    async fn examining<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IntakeError> {
        self.inner.deciding.occupy(work).await.map_err(internal)
    }
}

/// Whether something may still be handed in under this number.
fn check_open(petition: &PetitionRow, at: Timestamp) -> Result<(), IntakeError> {
    match petition.state {
        State::Approved | State::Completed | State::Merged => Err(IntakeError::AlreadyUsed),
        State::Received => Err(IntakeError::InProgress),
        State::Archived => Err(IntakeError::Expired),
        // A document that came from outside and was refused would close the case.
        State::InReview | State::AwaitingCompletion if petition.is_at_the_counter() => {
            Err(IntakeError::AtTheCounter)
        }
        _ if petition.has_lived(at) => Err(IntakeError::Expired),
        State::Issued | State::Refused | State::InReview | State::AwaitingCompletion => Ok(()),
    }
}

/// Whether nothing goes on before another document than those that are here has come.
fn awaits_another(petition: &PetitionRow) -> bool {
    matches!(petition.state, State::Refused | State::AwaitingCompletion)
}

/// Numbers carry the year of the calendar that people live by.
fn year_in_ecuador(at: Timestamp) -> i16 {
    calendar::in_ecuador(at).year()
}

fn internal(error: impl std::fmt::Display) -> IntakeError {
    IntakeError::Internal(error.to_string())
}

/// Kinds of links that a petition may have in the air.
const RESET: LinkKind = LinkKind::Reset;
