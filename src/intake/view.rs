//! What the intake takes and answers: values for pages and the API.

use jiff::Timestamp;

use super::LinkState;
use crate::decision::Reason;
use crate::documents::DocumentError;
use crate::domain::{
    Action, BranchCode, EmailAddress, Outcome, PasswordRule, PetitionNumber, PetitionSource,
    ReviewReason, Ruc, Sha256, State, Token,
};
use crate::store::{DeliveryState, StoreError, Waiting};
use crate::verify::Report;

/// What a company asks for.
#[derive(Debug, Clone)]
pub struct NewPetition {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// What is asked.
    pub action: Action,
    /// The new address, for a change of e-mail and for nothing else.
    pub new_email: Option<EmailAddress>,
    /// The name as the requester typed it: printed as such, never compared.
    pub legal_name: Option<String>,
}

/// A number that was given out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The number.
    pub number: PetitionNumber,
    /// The receipt secret, shown this once.
    pub secret: Token,
    /// Until when the signed form is taken.
    pub expires_at: Timestamp,
}

/// A document that was kept: this is the promise that it will be decided.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The number it is followed under.
    pub number: PetitionNumber,
    /// The secret of a number that was given for this document.
    pub secret: Option<Token>,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
    /// The time that decides.
    pub received_at: Timestamp,
    /// The very same bytes were here before.
    pub already: bool,
    /// They were, and nothing is decided about them once more although something is still awaited: another document is needed.
    pub in_vain: bool,
}

/// Where a petition stands, for whoever has its secret.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that the page tells"
)]
pub struct Status {
    /// The number.
    pub number: PetitionNumber,
    /// Where it stands.
    pub state: State,
    /// What was decided last.
    pub outcome: Option<Outcome>,
    /// What is asked, when it is known.
    pub action: Option<Action>,
    /// Form or letter.
    pub source: Option<PetitionSource>,
    /// The document received last.
    pub sha256: Option<Sha256>,
    /// Its length in bytes.
    pub bytes: Option<u64>,
    /// When it was received.
    pub received_at: Option<Timestamp>,
    /// When the machine decided about it.
    pub decided_at: Option<Timestamp>,
    /// Until when documents are taken.
    pub expires_at: Timestamp,
    /// That has passed, and nothing has taken effect: no document is taken any more.
    pub expired: bool,
    /// Why it stands there.
    pub reasons: Vec<Reason>,
    /// The verdict on the signatures.
    pub report: Option<Report>,
    /// Where a link would go, masked; only once the petition is approved.
    pub masked_email: Option<String>,
    /// The address that it asks to register, in full: whoever holds the secret typed it, or sent it in signed, and is the only one
    /// who can notice a slip in it.
    pub new_email: Option<EmailAddress>,
    /// Until when a password that is asked for through this address waits, once it put it on file.
    pub password_from: Option<Timestamp>,
    /// What can be done about links.
    pub link: LinkState,
    /// The decision waits for an answer about revocation.
    pub waiting: Option<Waiting>,
    /// What a person decided last about the document, or asks for.
    pub review: Option<Reviewed>,
    /// When a person looks at it, while it is in review.
    pub review_term: Option<ReviewTerm>,
    /// What a later document was refused for, while an earlier one waits for a person or for what the company was asked for: it
    /// takes the place of neither.
    pub not_taken: Vec<Reason>,
    /// What was attached for a person to read, the oldest first.
    pub attached: Vec<Attached>,
    /// Until when a refusal can be appealed.
    pub appeal_until: Option<Timestamp>,
    /// Where the new password stands on its way to the portal of another system, if it is on one.
    pub portal: Option<DeliveryState>,
    /// Whether the new address is on file for another employer too; only once the petition is approved.
    pub shared_email: bool,
    /// Nothing was signed: five documents are seen at the counter, where the link is opened too.
    pub at_the_counter: bool,
    /// There is a form of ours to download under this number; a number that was given to a letter has none.
    pub has_form: bool,
}

/// A file that the company attached beside the signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// What it was sent as: `appointment`.
    pub kind: String,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// When it was received.
    pub at: Timestamp,
    /// Its length in bytes.
    pub bytes: u64,
}

/// When a person looks at a petition: a promise, and no term that decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewTerm {
    /// By then.
    pub by: Timestamp,
    /// It has passed, and whoever supervises has been told.
    pub late: bool,
    /// The company appealed: it is decided once more, by somebody else.
    pub appeal: bool,
    /// Whether whoever asked hears of the decision, and need not look here again.
    pub told: bool,
}

/// What the company hears of a person's decision. Who it was is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Why, from the list.
    pub reason: ReviewReason,
    /// In their words: only of what the company is asked for.
    pub note: Option<String>,
    /// Until when the company may complete.
    pub until: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// A link is on its way.
#[derive(Debug, Clone)]
pub struct LinkSent {
    /// When it will be dead at the latest, counted from now.
    pub expires_at: Timestamp,
    /// How many more may be sent within the hour.
    pub left_this_hour: u32,
}

/// What came of «no fui yo».
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Whether no address is on file any more, so that the petition that frees the account must name one.
    pub address_wanted: bool,
}

/// What stands behind a link that is alive.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// When it dies.
    pub expires_at: Timestamp,
    /// The petition behind it.
    pub number: PetitionNumber,
    /// The employer's name.
    pub legal_name: Option<String>,
    /// The address it confirms, masked.
    pub masked_email: Option<String>,
    /// Whether that address is on file for another employer too.
    pub shared_email: bool,
}

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
