//! Brings answers about revocation: the only part of Clavero that asks other machines about a document.

mod client;
mod target;

pub use client::{Client, Limits};
pub use target::Targets;

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
    /// No connection, or one that broke.
    #[error("the connection failed: {0}")]
    Connection(String),
}

impl FetchError {
    /// Whether the same request may succeed in a moment. What took all its time may not: it would take it again.
    fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}
