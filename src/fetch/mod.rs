//! Brings answers about revocation (RFC 5280 §4.2.1.13, RFC 6960 appendix A): the only part of Clavero that asks other
//! machines about a document. It asks what the judgement wants and believes nothing: every answer, fresh or remembered,
//! is judged by `verify` each time it is used.
//!
//! Certificates of CAs are not brought (RFC 5280 §4.2.2.1, `caIssuers`). A certificate whose issuer is missing chains to no
//! root yet, so its address could be anybody's, and only the answer would tell; a signed document must not make us ask an
//! address of its author's choice. The CAs of the country are a short list: `clavero trust fetch` brings them beforehand
//! from the addresses in `certs/ecuador.toml`, against pinned fingerprints.

mod cache;
mod client;
mod inquiry;
mod target;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use cache::{Cache, Turns};

pub use cache::CacheLimits;
pub use client::{Client, Limits};
pub use inquiry::{Failure, Inquiry, Judges};
pub use target::Targets;

/// How answers are brought and remembered.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whom to ask, and how long one request may take.
    pub limits: Limits,
    /// How long the questions about one document may take together.
    pub document: Duration,
    /// Requests under way at a time.
    pub at_once: usize,
    /// Largest list.
    pub crl_bytes: usize,
    /// Largest OCSP answer.
    pub ocsp_bytes: usize,
    /// Folder for what is remembered; none for as long as the process lasts.
    pub folder: Option<PathBuf>,
    /// How much is remembered, and for how long.
    pub cache: CacheLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            document: Duration::from_secs(30),
            at_once: 8,
            // The largest list known has about 10 MB.
            crl_bytes: 64 * 1024 * 1024,
            // A signature, a responder's certificate and its issuers: 2 to 8 KB.
            ocsp_bytes: 64 * 1024,
            folder: None,
            cache: CacheLimits::default(),
        }
    }
}

/// Brings answers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    cache: Cache,
    turns: Turns,
    places: Semaphore,
    settings: Settings,
}

impl Fetcher {
    /// A fetcher with its folder ready.
    ///
    /// # Errors
    /// When the folder can't be made or the client not be set up.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        let cache = Cache::new(settings.folder.clone(), settings.cache.clone())
            .map_err(|error| FetchError::Folder(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            client: Client::new(settings.limits.clone())?,
            cache,
            turns: Turns::default(),
            places: Semaphore::new(settings.at_once.max(1)),
            settings,
        })))
    }

    /// Begins the questions about one document; `now` is the clock's time, by which remembered answers age.
    #[must_use]
    pub fn inquiry(&self, now: Timestamp) -> Inquiry<'_> {
        Inquiry::new(self, now, self.0.settings.document)
    }
}

/// Why an address gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an address, or one that deceives.
    #[error("not a usable address")]
    Unusable,
    /// Neither http nor https.
    #[error("only http and https are asked")]
    Scheme,
    /// It leads into a private network.
    #[error("the address is not one of the public Internet")]
    PrivateTarget,
    /// More bytes than anybody needs.
    #[error("the answer is too large")]
    TooLarge,
    /// No complete answer in time.
    #[error("no complete answer in time")]
    TimedOut,
    /// Too many redirects, or one that leads nowhere.
    #[error("too many redirects, or a bad one")]
    Redirects,
    /// Another status than 200.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// Something that is no answer of the kind that was asked for.
    #[error("what came is no answer")]
    NoAnswer,
    /// An answer that was given to somebody else's question.
    #[error("the answer belongs to another question")]
    Replayed,
    /// The folder for answers can't be used.
    #[error("the folder for answers can't be used: {0}")]
    Folder(String),
    /// No connection, or one that broke.
    #[error("the connection failed: {0}")]
    Connection(String),
}

impl FetchError {
    /// Whether the address itself is at fault, so that nobody need ask it again.
    fn is_lasting(&self) -> bool {
        matches!(self, Self::Unusable | Self::Scheme | Self::PrivateTarget)
    }

    /// Whether the same request may succeed in a moment. What took all its time may not: it would take it again.
    fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}
