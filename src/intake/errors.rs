//! Why the intake does not do something, for pages and the API, which say it in words.

use jiff::Timestamp;

use super::Stopped;
use crate::documents::DocumentError;
use crate::domain::{PasswordRule, PetitionNumber};
use crate::store::StoreError;

/// Why something can't be done for a petition.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Unknown number or wrong secret: told alike.
    #[error("no such petition")]
    NotFound,
    /// The number has had its effect.
    #[error("already used")]
    AlreadyUsed,
    /// A case of the counter takes scans from the staff, and documents from nobody; its link is opened there and not sent.
    #[error("the case is attended to at the counter")]
    AtTheCounter,
    /// Another document under this number is being decided.
    #[error("another document is being decided")]
    InProgress,
    /// The number's life has ended.
    #[error("expired")]
    Expired,
    /// More bytes than this.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// No bytes.
    #[error("empty")]
    Empty,
    /// The key that somebody signs with: nothing of it is kept.
    #[error("a private key")]
    PrivateKey,
    /// The sender stopped before the end.
    #[error("the upload was cut off")]
    Aborted,
    /// An upload in pieces is at this byte, not where its sender thought.
    #[error("the upload is at byte {0}")]
    WrongOffset(u64),
    /// The bytes of an upload in pieces are not those that were announced.
    #[error("the bytes are not those that were announced")]
    WrongDigest,
    /// Too many links within the hour; when one may be asked for again, in seconds.
    #[error("too many")]
    TooMany(Option<u64>),
    /// So many documents were tried under one number that no more are taken: waiting changes nothing.
    #[error("{0} documents were tried")]
    TriedOut(usize),
    /// So many files are attached that no more are taken.
    #[error("{0} files are attached")]
    AttachedEnough(i64),
    /// The disk is nearly full.
    #[error("the disk is nearly full")]
    Full,
    /// More documents wait for their decision than can be decided soon.
    #[error("too many documents wait for their decision")]
    Busy,
    /// Links are for approved petitions.
    #[error("not approved")]
    NotApproved,
    /// Somebody answered «no fui yo».
    #[error("the account is stopped")]
    Frozen(Stopped),
    /// Whoever signed represents the employer no longer.
    #[error("the signer has left the employer")]
    SignerLeft,
    /// The registry does not know the employer any more.
    #[error("the employer is not registered")]
    NotRegistered,
    /// The registry has the employer as suspended or closed.
    #[error("the employer is not active")]
    NotActive,
    /// There is no address on file to send a link to.
    #[error("no address on file")]
    NoAddress,
    /// The address on file was changed lately: until then no link is sent.
    #[error("the address is held until {0}")]
    Held(Timestamp),
    /// A new password is on its way to the portal: a link would change what it does not have yet.
    #[error("the new password is on its way to the portal")]
    HandingOver,
    /// All the links that one approval gives were sent: waiting changes nothing.
    #[error("all links were sent")]
    LinksSpent,
    /// An address was offered to a petition that does not lack one.
    #[error("the petition does not wait for an address")]
    NoAddressMissing,
    /// A change of e-mail needs the new address, and nothing else does.
    #[error("the new address belongs to a change of e-mail and to nothing else")]
    NewEmail,
    /// A document that should be there is not in the store.
    #[error("a document is not in the store")]
    Lost,
    /// The database or the document store does not answer; the cause is for the log. Tried again it will do.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The service failed; the cause is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

/// Why petitions can't be taken and decided now.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// Documents can't be written and read.
    #[error(transparent)]
    Documents(#[from] DocumentError),
    /// Something was met that is protected with this key.
    #[error("personal data are protected with the key {0}, which is not configured")]
    UnknownKey(String),
    /// The disk is nearly full: so many bytes are left, and `limits.free_bytes` must be.
    #[error("the disk is nearly full: {0} bytes are left")]
    Full(u64),
    /// Nobody is trusted: every document would be refused that is decided now.
    #[error("there is no root in the trust folder: nothing is decided")]
    NoRoots,
}

impl Unready {
    /// In a word, for whoever watches.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Documents(_) => "documents",
            Self::UnknownKey(_) => "unknown_key",
            Self::Full(_) => "disk",
            Self::NoRoots => "no_roots",
        }
    }
}

impl From<StoreError> for IntakeError {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

impl From<DocumentError> for IntakeError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::TooLarge(limit) => Self::TooLarge(limit),
            DocumentError::Empty => Self::Empty,
            DocumentError::Aborted => Self::Aborted,
            DocumentError::Missing => Self::Lost,
            other if other.is_passing() => Self::Unavailable(other.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Why a link does nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Unknown, used, replaced or past its time: told alike, but for the petition of one that was alive, which whoever holds the
    /// link has read in the message that brought it.
    #[error("the link is dead")]
    Dead(Option<PetitionNumber>),
    /// It came from the approval of somebody who represents the employer no longer.
    #[error("the signer has left the employer")]
    SignerLeft,
    /// The registry does not know the employer any more: it opens nothing until that changes.
    #[error("the employer is not registered")]
    NotRegistered,
    /// The registry has the employer as suspended or closed: it opens nothing until that changes.
    #[error("the employer is not active")]
    NotActive,
    /// The database does not answer at this moment; the cause is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The service failed; the cause is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for LinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Dead(None),
            error if error.is_passing() => Self::Unavailable(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The link does nothing.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Every rule that the password breaks; the link lives on.
    #[error("the password breaks {} rules", .0.len())]
    Policy(Vec<PasswordRule>),
}
