//! THE FLOW of one petition, and what every step of it needs ([`Intake`]):
//! 1. `issuing`: a number and its form;
//! 2. `receiving`: the signed document, as it comes (`arriving`), whole or in pieces (`uploads`);
//! 3. `processing`: open → evidence → conclude → read → match → decide → record;
//! 4. `review`: what the machine leaves to people;
//! 5. `effects` and `links`: what an approval leads to, and what happens when a link is opened.
//!
//! On the way whoever holds the secret is told where it stands (`status`).

mod accounts;
mod arriving;
mod attachments;
mod backlog;
mod conditions;
mod deadlines;
mod effects;
mod errors;
mod evidence;
mod evidence_export;
mod following;
mod forms;
mod issuing;
pub mod lapsing;
mod leases;
mod limits;
mod link_stand;
mod links;
pub mod messages;
mod page_images;
mod processing;
mod receiving;
mod resumption;
mod retention;
pub mod review;
mod status;
mod stopped;
mod tidying;
mod uploads;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OnceCell};

pub use accounts::Login;
use arriving::Room;
pub(crate) use backlog::ASKING;
use backlog::Backlog;
pub use deadlines::Deadlines;
pub(crate) use effects::{
    AT_THE_COUNTER, BY_STAFF, LATE_APPROVAL, ON_FILE, SILENT_PORTAL, STILL_LOCKED, UNBLOCKING,
    UNCONFIRMED,
};
pub use errors::{IntakeError, LinkError, SetPasswordError, Unready};
use evidence::LatelyKept;
pub use evidence::Reprocessed;
pub use evidence_export::EvidenceFile;
use evidence_export::JustCompleted;
pub use forms::FormOpener;
pub use issuing::{Issued, NewPetition};
pub(crate) use leases::LEASE;
pub use limits::Budgets;
pub use link_stand::LinkState;
pub(crate) use link_stand::{bars, diverted, is_handing_over};
pub use links::{LinkSent, LinkView};
pub use messages::MessageView;
pub use receiving::Receipt;
pub use retention::{Retired, Terms};
pub use status::{Attached, ReviewTerm, Reviewed, Status};
pub use stopped::{Stop, Stopped, StoppedAccount, reason_of, stop_account};
pub use tidying::{Tidied, turn};
pub use uploads::{Piece, UploadState};

pub use crate::domain::LinkStand;
pub use crate::store::Waiting;

use crate::clock::Clock;
use crate::documents::Documents;
use crate::domain::{EmailAddress, Token};
use crate::extract::Extractor;
use crate::fetch::Fetcher;
use crate::pages::Pages;
use crate::portal::Keeping;
use crate::seal::Seal;
use crate::store::Store;
use crate::threads::Places;
use crate::verify::{Evidence, Policy, TrustStore};

/// What the operator decides about petitions and links; every number has its default in `config/sections.rs`.
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
    /// How long a link that confirms an address lives.
    pub confirmation_life: SignedDuration,
    /// How long a link that stops an account lives, at least.
    pub stop_life: SignedDuration,
    /// Password links that may be asked for within an hour; the first one comes with the approval.
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
        self.store().ping().await?;
        if let Some(id) = self.store().keys().missed() {
            return Err(Unready::UnknownKey(id));
        }
        self.inner.documents.ready(self.now()).await?;
        if let Some(free) = self.too_little_space()? {
            return Err(Unready::Full(free));
        }
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

fn internal(error: impl std::fmt::Display) -> IntakeError {
    IntakeError::Internal(error.to_string())
}
