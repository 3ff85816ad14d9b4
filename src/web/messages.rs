//! What goes wrong, in words: [`WebError`] becomes a page or an RFC 9457 problem document, whichever was asked for.
//!
//! Handlers return the error as data; `problem` has what is said about it in both languages; the `dress` layer, which knows the
//! request, gives it its clothes and its language. So a router's own answers (404, 405, 413 …) look and speak like ours, and
//! nothing of an internal error chain is ever shown.

mod dress;
mod fields;
mod problem;

use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, Outcome, PasswordRule, PetitionNumber, Spoken, Text};
use crate::intake::review::ReviewError;
use crate::intake::{IntakeError, LinkError, SetPasswordError};
use crate::people::PeopleError;
use crate::store::StoreError;
use crate::words;

#[cfg(test)]
pub(super) use dress::ErrorPage;
pub(super) use dress::{ProblemDocument, dress, wants_json};
pub(super) use fields::{FieldError, FieldErrors};
pub(super) use problem::{Problem, SaidProblem};

/// What a dead link was for: each has another way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLink {
    /// A new password.
    Password,
    /// A new address to confirm.
    Address,
    /// «No fui yo».
    NotMe,
    /// A way into the back office.
    Enrolment,
    /// For a password or an address, from an approval whose signer represents the employer no longer.
    SignerLeft,
}

impl DeadLink {
    /// What went wrong with a link of this kind.
    pub(super) fn because(self, error: LinkError) -> WebError {
        match error {
            LinkError::Dead(of) => WebError::LinkDead(self, of),
            LinkError::SignerLeft => WebError::LinkDead(Self::SignerLeft, None),
            LinkError::NotRegistered => IntakeError::NotRegistered.into(),
            LinkError::NotActive => IntakeError::NotActive.into(),
            LinkError::Unavailable(cause) => unavailable(&cause),
            LinkError::Internal(cause) => internal(&cause),
        }
    }
}

/// Why a request was not done.
#[derive(Debug)]
pub enum WebError {
    /// No such page, or no such petition for this secret: the same answer for both.
    NotFound,
    /// The petition is asked for without a secret.
    SecretMissing,
    /// A link that is used, expired or replaced, with its petition; unknown links look the same, so that guessing teaches nothing.
    LinkDead(DeadLink, Option<PetitionNumber>),
    /// A POST from another site (`Origin`, `Sec-Fetch-Site`).
    CrossSite,
    /// Nobody is signed in to the back office, or no longer.
    SignInNeeded,
    /// Somebody is, and this is not for their role.
    NotAllowed,
    /// Nothing was uploaded.
    Empty,
    /// The upload has no part named `file`, or the multipart framing is broken.
    NoFile,
    /// More than the limit, which is given in bytes.
    TooLarge(u64),
    /// The key that somebody signs with, in place of a document.
    PrivateKey,
    /// An upload in pieces is elsewhere.
    WrongOffset,
    /// An upload in pieces became another file.
    WrongDigest,
    /// A piece with another content type than tus asks for.
    PieceType,
    /// Another version of tus.
    TusVersion,
    /// An upload in pieces without its length, its digest or the place of the piece.
    UploadHeaders,
    /// The line went silent.
    Stalled,
    /// Values that are not what they should be.
    Invalid(FieldErrors<Text>),
    /// The body is not the JSON that is expected.
    Malformed,
    /// The password breaks these rules.
    Password(Vec<PasswordRule>),
    /// The two passwords differ.
    PasswordsDiffer,
    /// What is asked no longer fits the state of the petition; the code is one of PRODUCT §3.2.
    Conflict {
        /// Stable code.
        code: &'static str,
        /// The sentence of that code.
        sentence: Spoken,
    },
    /// Too often; seconds to wait, when known.
    TooMany(Option<u64>),
    /// No more links within this hour: when the next one can be asked for, and in how many seconds.
    LinksThisHour(Timestamp, u64),
    /// A budget is used up: this challenge (base64 of JSON) is to be worked on first.
    WorkWanted(String),
    /// The disk is nearly full.
    Full,
    /// Overloaded or not ready: try again in these seconds.
    Busy(u64),
    /// A fault of ours: logged where it happened, shown as an incident number.
    Internal,
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let problem = Problem::from(self);
        let mut response = problem.status.into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

/// Seconds after which a refused client should try again.
pub const RETRY_WHEN_BUSY: u64 = 10;

/// «10 MB», or bytes when it is less than a megabyte.
#[must_use]
pub fn size(bytes: u64, language: Language) -> String {
    match bytes {
        b if b >= 1_000_000 => format!("{} MB", b / 1_000_000),
        b => format!("{} bytes", words::thousands(b, language)),
    }
}

/// What is no answer to somebody's act: the screens say the rest themselves.
impl From<ReviewError> for WebError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Intake(error) => error.into(),
            ReviewError::ReadsOnly => Self::NotAllowed,
            ReviewError::Case(crate::store::CaseError::ShownOut) => Self::SignInNeeded,
            ReviewError::Case(crate::store::CaseError::Store(error)) => {
                IntakeError::from(error).into()
            }
            ReviewError::Case(_) => Self::Conflict {
                code: "CASE_MOVED_ON",
                sentence: Text::new(
                    "El caso no está en sus manos o ya cambió. Ábralo otra vez y revise qué cambió.",
                    "The case is not in your hands, or has changed. Open it again and see what changed.",
                )
                .into(),
            },
            other => {
                tracing::error!(error = %other, "the back office failed");
                Self::Internal
            }
        }
    }
}

impl From<IntakeError> for WebError {
    fn from(error: IntakeError) -> Self {
        let conflict = |code, sentence: Text| Self::Conflict {
            code,
            sentence: sentence.into(),
        };
        let reason = |code: ReasonCode| Self::Conflict {
            code: code.as_str(),
            sentence: Spoken::of(|language| {
                words::sentence(&Reason::new(code, Outcome::Refused), language)
            }),
        };
        match error {
            IntakeError::NotFound => Self::NotFound,
            IntakeError::AlreadyUsed => reason(ReasonCode::AlreadyUsed),
            IntakeError::Expired => reason(ReasonCode::PetitionExpired),
            IntakeError::InProgress => conflict(
                "IN_PROGRESS",
                Text::new(
                    "Otro documento de este trámite se está comprobando. Espere unos segundos.",
                    "Another document of this petition is being checked. Wait some seconds.",
                ),
            ),
            IntakeError::AtTheCounter => conflict(
                "AT_THE_COUNTER",
                Text::new(
                    "Este trámite se atiende en la ventanilla: por esta vía no se reciben documentos ni se envían enlaces.",
                    "This petition is dealt with at the service counter: no documents are taken and no links are sent this way.",
                ),
            ),
            IntakeError::TriedOut(documents) => Self::Conflict {
                code: "TOO_MANY_DOCUMENTS",
                sentence: Spoken::of(|language| {
                    words::in_both!(
                        language,
                        "Con este número ya se recibieron {documents} documentos, que es el máximo. Cree una solicitud nueva.",
                        "{documents} documents have come under this number, which is the most. Create a new petition.",
                        documents = documents,
                    )
                }),
            },
            IntakeError::AttachedEnough(files) => Self::Conflict {
                code: "TOO_MANY_ATTACHMENTS",
                sentence: Spoken::of(|language| {
                    words::in_both!(
                        language,
                        "Este trámite ya tiene {files} archivos adjuntos, que es el máximo. Si falta algo, cree una solicitud nueva y adjúntelo allí.",
                        "This petition has {files} attached files already, which is the most. If something is missing, create a new petition and attach it there.",
                        files = files,
                    )
                }),
            },
            IntakeError::Frozen(stopped) => Self::Conflict {
                code: ReasonCode::Frozen.as_str(),
                sentence: Spoken::of(|language| words::stopped(stopped.address_wanted, language)),
            },
            IntakeError::SignerLeft => conflict("SIGNER_LEFT", words::SIGNER_LEFT),
            IntakeError::NotRegistered => {
                conflict(ReasonCode::RegistryMissing.as_str(), words::NOT_REGISTERED)
            }
            IntakeError::NotActive => {
                conflict(ReasonCode::EmployerNotActive.as_str(), words::NOT_ACTIVE)
            }
            IntakeError::NoAddress => reason(ReasonCode::NoEmail),
            IntakeError::Held(until) => Self::Conflict {
                code: "EMAIL_HELD",
                sentence: Spoken::of(|language| words::held(until, language)),
            },
            IntakeError::HandingOver => conflict("HANDING_OVER", words::HANDING_OVER),
            IntakeError::LinksSpent => conflict("LINKS_SPENT", words::LINKS_SPENT),
            IntakeError::NotApproved => conflict(
                "NOT_APPROVED",
                Text::new(
                    "El enlace se envía cuando la solicitud está aprobada.",
                    "The link is sent when the petition is approved.",
                ),
            ),
            IntakeError::NoAddressMissing => conflict(
                "NO_ADDRESS_MISSING",
                Text::new(
                    "Este trámite no espera un correo nuevo.",
                    "This petition does not wait for a new e-mail.",
                ),
            ),
            IntakeError::NewEmail => Self::Invalid(FieldErrors::one(
                "new_email",
                Text::new(
                    "El correo nuevo va con el cambio de correo, y solo con él.",
                    "The new e-mail goes with a change of e-mail, and only with that.",
                ),
            )),
            IntakeError::TooLarge(limit) => Self::TooLarge(limit),
            IntakeError::Empty => Self::Empty,
            IntakeError::PrivateKey => Self::PrivateKey,
            IntakeError::Full => Self::Full,
            IntakeError::TooMany(wait) => Self::TooMany(wait),
            IntakeError::Aborted => Self::Stalled,
            IntakeError::Busy => Self::Busy(RETRY_WHEN_BUSY),
            IntakeError::WrongOffset(_) => Self::WrongOffset,
            IntakeError::WrongDigest => Self::WrongDigest,
            IntakeError::Unavailable(cause) => unavailable(&cause),
            IntakeError::Internal(cause) => internal(&cause),
            lost @ IntakeError::Lost => internal(&lost.to_string()),
        }
    }
}

impl From<SetPasswordError> for WebError {
    fn from(error: SetPasswordError) -> Self {
        match error {
            SetPasswordError::Link(error) => DeadLink::Password.because(error),
            SetPasswordError::Policy(failed) => Self::Password(failed),
        }
    }
}

/// The one place where a failure of ours is written down: people see only its number.
pub(in crate::web) fn internal(cause: &str) -> WebError {
    tracing::error!(cause, "a request failed inside");
    WebError::Internal
}

/// What we rest on is away for a moment: whoever asks comes back.
fn unavailable(cause: &str) -> WebError {
    tracing::error!(cause, "a request was put off");
    WebError::Busy(RETRY_WHEN_BUSY)
}

/// What is no answer to somebody who wants in, or about members: the pages say the rest themselves.
impl From<PeopleError> for WebError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Unavailable(cause) => unavailable(&cause),
            other => internal(&other.to_string()),
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        IntakeError::from(error).into()
    }
}
