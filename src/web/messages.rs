//! What goes wrong, in words: [`WebError`] becomes a page or an RFC 9457 problem document, whichever was asked for.
//!
//! Handlers return the error as data; the `dress` layer, which knows the request, gives it its clothes. So a router's
//! own answers (404, 405, 413 …) look and speak like ours, and nothing of an internal error chain is ever shown.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Frame, RequestId};
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, Outcome, PasswordRule};
use crate::intake::review::ReviewError;
use crate::intake::{IntakeError, LinkError, SetPasswordError};
use crate::people::PeopleError;
use crate::store::StoreError;
use crate::words;

/// A wrong value of a form or of a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Name of the field.
    #[schema(value_type = String)]
    pub field: &'static str,
    /// What is wrong and what would be right.
    #[serde(rename = "detail")]
    #[schema(value_type = String)]
    pub text: &'static str,
}

/// All wrong values of one form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    fn add(&mut self, field: &'static str, text: &'static str) {
        self.0.push(FieldError { field, text });
    }

    /// The value of `field`, or a note of what is wrong with it.
    pub fn take<T, E>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
        text: &'static str,
    ) -> Option<T> {
        let value = parsed.ok();
        if value.is_none() {
            self.add(field, text);
        }
        value
    }

    /// A form with one wrong value.
    #[must_use]
    pub fn one(field: &'static str, text: &'static str) -> Self {
        Self(vec![FieldError { field, text }])
    }

    /// What is wrong with `field`.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&'static str> {
        self.0
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.text)
    }

    /// Whether everything is right.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many values are wrong.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The wrong values, in the order of the form.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

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
}

impl DeadLink {
    /// What went wrong with a link of this kind.
    pub(super) fn because(self, error: LinkError) -> WebError {
        match error {
            LinkError::Dead => WebError::LinkDead(self),
            LinkError::Unavailable(cause) => unavailable(&cause),
            LinkError::Internal(cause) => internal(&cause),
        }
    }

    /// What to do, and where the button leads.
    fn way_on(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Password => (
                "Venció, ya se usó o se pidió otro después. Si ya guardó la clave, no tiene que hacer nada más. Si no, pida otro en la página de su solicitud: no tiene que volver a subir nada.",
                "/consulta",
                "Ir a mi solicitud",
            ),
            Self::Address => (
                "Venció, ya se usó o alguien detuvo el cambio. Si ya confirmó el correo, no tiene que hacer nada más. Si no, cree una solicitud nueva para cambiarlo.",
                "/solicitud",
                "Nueva solicitud",
            ),
            Self::NotMe => (
                "Venció o ya se usó. Si ya pulsó el botón, la cuenta está detenida. Si no, comuníquese hoy mismo con quien opera este servicio: consta al pie de esta página.",
                "/",
                "Ir al inicio",
            ),
            Self::Enrolment => (
                "Venció o ya se usó. Si ya eligió su clave, entre con ella. Si no, pida un enlace nuevo a quien administra el servicio.",
                "/oficina/entrar",
                "Entrar",
            ),
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
    /// A link that is used, expired or replaced; unknown links look the same, so that guessing teaches nothing.
    LinkDead(DeadLink),
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
    /// The line went silent.
    Stalled,
    /// Values that are not what they should be.
    Invalid(FieldErrors),
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
        sentence: String,
    },
    /// Too often; seconds to wait, when known.
    TooMany(Option<u64>),
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

/// Everything that is said about an error, before it is known to whom.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, upper case.
    pub code: &'static str,
    /// One line over the page: what kind of thing happened.
    pub kind: &'static str,
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// The same for programs, which the page leaves out.
    pub for_programs: &'static str,
    /// Where the button of the page leads.
    pub href: &'static str,
    /// What the button says.
    pub link: &'static str,
    /// Wrong values.
    pub errors: Vec<FieldError>,
    /// Broken password rules.
    pub failed_rules: Vec<PasswordRule>,
    /// Work to do first.
    pub challenge: Option<String>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
    /// Number under which the log knows it.
    pub incident: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &str, detail: &str) -> Self {
        Self {
            status,
            code,
            kind: if status.is_server_error() {
                "No es un error suyo"
            } else {
                "No se pudo hacer"
            },
            title: title.to_owned(),
            detail: detail.to_owned(),
            for_programs: "",
            href: "/",
            link: "Ir al inicio",
            errors: Vec::new(),
            failed_rules: Vec::new(),
            challenge: None,
            retry_after: None,
            incident: None,
        }
    }

    /// Says in an answer when to come back, if that is known.
    pub(in crate::web) fn tell_when(&self, mut answer: Response) -> Response {
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn for_programs(mut self, what: &'static str) -> Self {
        self.for_programs = what;
        self
    }

    fn leading_to(mut self, href: &'static str, link: &'static str) -> Self {
        self.href = href;
        self.link = link;
        self
    }

    /// What to say about a bare status that some layer answered with.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => WebError::NotFound.into(),
            StatusCode::FORBIDDEN => WebError::CrossSite.into(),
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(status, "TOO_LARGE", "Lo que envió es demasiado grande.", "")
            }
            StatusCode::REQUEST_TIMEOUT => WebError::Stalled.into(),
            StatusCode::TOO_MANY_REQUESTS => WebError::TooMany(None).into(),
            StatusCode::SERVICE_UNAVAILABLE => WebError::Busy(RETRY_WHEN_BUSY).into(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "METHOD_NOT_ALLOWED",
                "Esta dirección no se usa así.",
                "Vuelva al inicio y siga desde allí.",
            ),
            status if status.is_client_error() => Self::new(
                status,
                "BAD_REQUEST",
                "No entendimos lo que envió.",
                "Vuelva atrás y revise los datos.",
            ),
            _ => WebError::Internal.into(),
        }
    }
}

/// Seconds after which somebody who can't do the work should try again: then the budgets of a minute are full again.
const RETRY_WITHOUT_WORK: u64 = 60;
/// Seconds until somebody has made room on a disk.
const RETRY_WHEN_FULL: u64 = 600;
/// Seconds after which a refused client should try again.
pub const RETRY_WHEN_BUSY: u64 = 10;

impl From<WebError> for Problem {
    fn from(error: WebError) -> Self {
        use StatusCode as S;
        match error {
            WebError::NotFound => Self::new(
                S::NOT_FOUND,
                "NOT_FOUND",
                "No encontramos lo que busca.",
                "Revise la dirección, o el número de trámite y el código de consulta.",
            ),
            WebError::SecretMissing => Self::new(
                S::UNAUTHORIZED,
                "SECRET_MISSING",
                "Falta el código de consulta.",
                "Envíe el código que recibió con el número de trámite.",
            )
            .for_programs("Va en la cabecera Authorization: Bearer …")
            .leading_to("/consulta", "Consultar mi solicitud"),
            WebError::LinkDead(link) => {
                let (detail, href, button) = link.way_on();
                Self::new(S::GONE, "LINK_EXPIRED", "Este enlace ya no sirve.", detail)
                    .leading_to(href, button)
            }
            WebError::CrossSite => Self::new(
                S::FORBIDDEN,
                "CROSS_SITE",
                "Rechazamos un envío que venía de otra página.",
                "Si usted lo envió, vuelva al inicio y hágalo desde este sitio.",
            ),
            WebError::SignInNeeded => Self::new(
                S::UNAUTHORIZED,
                "SIGN_IN_NEEDED",
                "Su sesión terminó.",
                "Entre otra vez y repita lo último que hizo: no se guardó.",
            )
            .leading_to("/oficina/entrar", "Entrar"),
            WebError::NotAllowed => Self::new(
                S::FORBIDDEN,
                "NOT_ALLOWED",
                "Esto no corresponde a su función.",
                "El intento quedó anotado. Si lo necesita para su trabajo, hable con supervisión.",
            )
            .leading_to("/oficina", "Ir a la oficina"),
            WebError::Empty => Self::new(
                S::BAD_REQUEST,
                "EMPTY",
                "El archivo está vacío.",
                "Llegó con 0 bytes. Elija el documento firmado y súbalo otra vez.",
            )
            .leading_to("/documento", "Subir otro archivo"),
            WebError::NoFile => Self::new(
                S::BAD_REQUEST,
                "NO_FILE",
                "No llegó ningún archivo.",
                "Elija el documento firmado y súbalo.",
            )
            .for_programs("Por programa: el cuerpo de la petición o una parte «file».")
            .leading_to("/documento", "Subir el archivo"),
            WebError::TooLarge(limit) => Self::new(
                S::PAYLOAD_TOO_LARGE,
                "TOO_LARGE",
                &format!("El archivo es demasiado grande: el máximo es {}.", size(limit, Language::Es)),
                "Si escaneó páginas, guarde el PDF con menos resolución y fírmelo de nuevo.",
            )
            .leading_to("/documento", "Subir otro archivo"),
            WebError::PrivateKey => Self::new(
                S::UNPROCESSABLE_ENTITY,
                ReasonCode::PrivateKey.as_str(),
                &words::sentence(&Reason::new(ReasonCode::PrivateKey, Outcome::Refused), Language::Es),
                "No guardamos nada de él.",
            )
            .leading_to("/documento", "Subir otro archivo"),
            WebError::WrongOffset => Self::new(
                S::CONFLICT,
                "WRONG_OFFSET",
                "La subida continúa en otro punto.",
                "Pregunte con HEAD por dónde va y siga desde allí.",
            ),
            WebError::WrongDigest => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "WRONG_DIGEST",
                "Lo que llegó no es el archivo que se anunció.",
                "Elija otra vez el archivo firmado y súbalo desde el principio.",
            ),
            WebError::PieceType => Self::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "PIECE_TYPE",
                "Las partes de un archivo se envían como application/offset+octet-stream.",
                "",
            ),
            WebError::TusVersion => Self::new(
                S::PRECONDITION_FAILED,
                "TUS_VERSION",
                "Solo se entiende la versión 1.0.0 del protocolo tus.",
                "Envíe la cabecera Tus-Resumable: 1.0.0.",
            ),
            WebError::Stalled => Self::new(
                S::REQUEST_TIMEOUT,
                "TIMEOUT",
                "La conexión se quedó en silencio.",
                "No guardamos nada a medias. Inténtelo de nuevo cuando tenga mejor señal.",
            ),
            WebError::Invalid(errors) => Self {
                errors: errors.0,
                ..Self::new(S::UNPROCESSABLE_ENTITY, "INVALID", "Hay datos que corregir.", "")
            },
            WebError::Malformed => Self::new(
                S::BAD_REQUEST,
                "MALFORMED",
                "No entendimos lo que envió.",
                "Se espera un objeto JSON con los campos que describe /api/v1/openapi.json.",
            ),
            WebError::Password(failed_rules) => Self {
                failed_rules,
                ..Self::new(
                    S::UNPROCESSABLE_ENTITY,
                    "PASSWORD_POLICY",
                    "La clave no cumple con los parámetros de seguridad.",
                    "El enlace sigue vivo: envíe otra clave.",
                )
            },
            WebError::PasswordsDiffer => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "PASSWORDS_DIFFER",
                "Las dos claves no son iguales.",
                "El enlace sigue vivo: escríbalas otra vez.",
            ),
            WebError::Conflict { code, sentence } => Self::new(S::CONFLICT, code, &sentence, "")
                .leading_to("/consulta", "Ver mi solicitud"),
            WebError::TooMany(wait) => Self {
                retry_after: wait,
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "TOO_MANY",
                    "Ha pedido esto demasiadas veces.",
                    "Espere un momento y vuelva a intentarlo. Lo que ya envió sigue guardado.",
                )
            },
            WebError::WorkWanted(challenge) => Self {
                challenge: Some(challenge),
                retry_after: Some(RETRY_WITHOUT_WORK),
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "WORK_WANTED",
                    "Hay muchas solicitudes en este momento.",
                    "Vuelva a intentarlo dentro de un minuto.",
                )
                .for_programs("Por programa: resuelva «challenge» (ALTCHA) y repita el envío con la cabecera Altcha.")
            },
            WebError::Full => Self {
                retry_after: Some(RETRY_WHEN_FULL),
                ..Self::new(
                    S::INSUFFICIENT_STORAGE,
                    "FULL",
                    "Por ahora no podemos recibir documentos.",
                    "Ya avisamos a quien opera este servicio. Lo que ya envió sigue guardado; inténtelo de nuevo en unos minutos.",
                )
            },
            WebError::Busy(wait) => Self {
                retry_after: Some(wait),
                ..Self::new(
                    S::SERVICE_UNAVAILABLE,
                    "BUSY",
                    "El servicio está muy ocupado.",
                    "Inténtelo de nuevo en unos segundos. Lo que ya envió sigue guardado.",
                )
            },
            WebError::Internal => Self::new(
                S::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "Algo falló de nuestro lado.",
                "Quedó registrado. Inténtelo de nuevo; si ya tenía un comprobante, su documento está guardado.",
            ),
        }
    }
}

/// «10 MB», or bytes when it is less than a megabyte.
#[must_use]
pub fn size(bytes: u64, language: Language) -> String {
    match bytes {
        b if b >= 1_000_000 => format!("{} MB", b / 1_000_000),
        b => format!("{} bytes", words::thousands(b, language)),
    }
}

/// Every rule, in the order in which the page lists them.
pub const RULES: [PasswordRule; 10] = [
    PasswordRule::Length,
    PasswordRule::Uppercase,
    PasswordRule::Lowercase,
    PasswordRule::Digit,
    PasswordRule::Special,
    PasswordRule::IdentityDigits,
    PasswordRule::NameLetters,
    PasswordRule::Sequence,
    PasswordRule::Repeat,
    PasswordRule::Character,
];

/// The name of a rule in JSON and in the page's `data-` attributes.
#[must_use]
pub fn rule_code(rule: PasswordRule) -> &'static str {
    match rule {
        PasswordRule::Length => "length",
        PasswordRule::Uppercase => "uppercase",
        PasswordRule::Lowercase => "lowercase",
        PasswordRule::Digit => "digit",
        PasswordRule::Special => "special",
        PasswordRule::IdentityDigits => "identity_digits",
        PasswordRule::NameLetters => "name_letters",
        PasswordRule::Sequence => "sequence",
        PasswordRule::Repeat => "repeat",
        PasswordRule::Character => "character",
    }
}

/// RFC 9457 problem document with our code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`: the code says more than a page could.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "about:blank")]
    kind: &'static str,
    /// What happened, in Spanish.
    #[schema(example = "Hay datos que corregir.")]
    title: String,
    /// HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What to do about it, in Spanish.
    detail: String,
    /// Stable code.
    #[schema(value_type = String, example = "INVALID")]
    code: &'static str,
    /// Wrong values, when there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Broken password rules: `length`, `uppercase`, `lowercase`, `digit`, `special`, `identity_digits`,
    /// `name_letters`, `sequence`, `repeat`, `character`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    failed_rules: Vec<PasswordRule>,
    /// Work to do first, with `WORK_WANTED`: base64 of an ALTCHA challenge. The solution goes into the header `Altcha`.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// Number to give to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
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
                sentence:
                    "El caso no está en sus manos o ya cambió. Ábralo otra vez y revise qué cambió."
                        .to_owned(),
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
        let reason = |code| words::sentence(&Reason::new(code, Outcome::Refused), Language::Es);
        match error {
            IntakeError::NotFound => Self::NotFound,
            IntakeError::AlreadyUsed => Self::Conflict {
                code: ReasonCode::AlreadyUsed.as_str(),
                sentence: reason(ReasonCode::AlreadyUsed),
            },
            IntakeError::Expired => Self::Conflict {
                code: ReasonCode::PetitionExpired.as_str(),
                sentence: reason(ReasonCode::PetitionExpired),
            },
            IntakeError::InProgress => Self::Conflict {
                code: "IN_PROGRESS",
                sentence:
                    "Otro documento de este trámite se está comprobando. Espere unos segundos."
                        .to_owned(),
            },
            IntakeError::AtTheCounter => Self::Conflict {
                code: "AT_THE_COUNTER",
                sentence: "Este trámite se atiende en la ventanilla: por esta vía no se reciben documentos ni se envían enlaces."
                    .to_owned(),
            },
            IntakeError::TriedOut(documents) => Self::Conflict {
                code: "TOO_MANY_DOCUMENTS",
                sentence: format!(
                    "Con este número ya se recibieron {documents} documentos, que es el máximo. Cree una solicitud nueva."
                ),
            },
            IntakeError::AttachedEnough(files) => Self::Conflict {
                code: "TOO_MANY_ATTACHMENTS",
                sentence: format!(
                    "Este trámite ya tiene {files} archivos adjuntos, que es el máximo. Si falta algo, cree una solicitud nueva y adjúntelo allí."
                ),
            },
            IntakeError::Frozen(stopped) => Self::Conflict {
                code: ReasonCode::Frozen.as_str(),
                sentence: words::stopped(stopped.address_wanted, Language::Es),
            },
            IntakeError::NoAddress => Self::Conflict {
                code: ReasonCode::NoEmail.as_str(),
                sentence: reason(ReasonCode::NoEmail),
            },
            IntakeError::Held(until) => Self::Conflict {
                code: "EMAIL_HELD",
                sentence: words::held(until, Language::Es),
            },
            IntakeError::HandingOver => Self::Conflict {
                code: "HANDING_OVER",
                sentence: words::HANDING_OVER.es.to_owned(),
            },
            IntakeError::LinksSpent => Self::Conflict {
                code: "LINKS_SPENT",
                sentence: words::LINKS_SPENT.es.to_owned(),
            },
            IntakeError::NotApproved => Self::Conflict {
                code: "NOT_APPROVED",
                sentence: "El enlace se envía cuando la solicitud está aprobada.".to_owned(),
            },
            IntakeError::NoAddressMissing => Self::Conflict {
                code: "NO_ADDRESS_MISSING",
                sentence: "Este trámite no espera un correo nuevo.".to_owned(),
            },
            IntakeError::NewEmail => Self::Invalid(FieldErrors::one(
                "new_email",
                "El correo nuevo va con el cambio de correo, y solo con él.",
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
pub(super) fn internal(cause: &str) -> WebError {
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

#[derive(Template)]
#[template(path = "error.html", config = "src/web/pages/askama.toml")]
pub(super) struct ErrorPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) problem: &'a Problem,
}

/// Layer that turns every error answer into a page or a problem document.
pub(super) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let wants_problem = wants_json(request.uri().path(), request.headers());
    let incident = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone());
    let frame = Frame::around(&app, &request);
    let mut response = next.run(request).await;
    let status = response.status();
    let dressed = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    let Some(mut problem) = response.extensions_mut().remove::<Problem>().or_else(|| {
        (!dressed && (status.is_client_error() || status.is_server_error()))
            .then(|| Problem::of_status(status))
    }) else {
        return response;
    };
    if problem.status.is_server_error() {
        problem.incident = incident;
    }
    let mut answer = if wants_problem {
        as_document(&problem)
    } else {
        as_page(&frame, &problem)
    };
    let kept = [
        ALLOW,
        RETRY_AFTER,
        HeaderName::from_static("connection"),
        HeaderName::from_static("upload-offset"),
    ];
    for name in kept {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer = problem.tell_when(answer);
    if problem.status == StatusCode::UNAUTHORIZED && problem.code == "SECRET_MISSING" {
        answer
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// Whether a program asks: the API always, other addresses when they speak JSON and do not ask for HTML.
#[must_use]
pub fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let says = |name: &HeaderName, word: &str| {
        headers
            .get_all(name)
            .iter()
            .any(|value| value.to_str().is_ok_and(|value| value.contains(word)))
    };
    path.starts_with("/api/")
        || path.starts_with("/salud/")
        || (!says(&ACCEPT, "text/html")
            && (says(&ACCEPT, "json") || says(&CONTENT_TYPE, "application/json")))
}

fn as_document(problem: &Problem) -> Response {
    let document = ProblemDocument {
        kind: "about:blank",
        title: problem.title.clone(),
        status: problem.status.as_u16(),
        detail: format!("{} {}", problem.detail, problem.for_programs)
            .trim()
            .to_owned(),
        code: problem.code,
        errors: problem.errors.clone(),
        failed_rules: problem.failed_rules.clone(),
        challenge: problem.challenge.clone(),
        incident: problem.incident.clone(),
    };
    match serde_json::to_vec(&document) {
        Ok(body) => (
            problem.status,
            [(CONTENT_TYPE, "application/problem+json")],
            Body::from(body),
        )
            .into_response(),
        Err(_) => problem.status.into_response(),
    }
}

fn as_page(frame: &Frame, problem: &Problem) -> Response {
    super::page(problem.status, &ErrorPage { frame, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_speaks_the_language_of_the_question() {
        let headers = |name: HeaderName, value: &'static str| {
            HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
        };
        assert!(wants_json("/api/v1/petitions", &HeaderMap::new()));
        assert!(!wants_json("/clave/x", &HeaderMap::new()));
        assert!(!wants_json("/clave/x", &headers(ACCEPT, "*/*")));
        assert!(!wants_json(
            "/clave/x",
            &headers(ACCEPT, "text/html,application/json;q=0.1")
        ));
        assert!(wants_json("/clave/x", &headers(ACCEPT, "application/json")));
        assert!(wants_json(
            "/clave/x",
            &headers(CONTENT_TYPE, "application/json")
        ));
    }

    /// Who stops a thief, changes an address or works here is not sent to ask for a link in the page of a petition.
    #[test]
    fn a_dead_link_leads_to_what_can_be_done() {
        let told = |link| {
            let problem = Problem::from(WebError::LinkDead(link));
            (problem.code, problem.href, problem.detail)
        };
        let links = [
            (
                DeadLink::Password,
                "/consulta",
                "pida otro en la página de su solicitud",
            ),
            (DeadLink::Address, "/solicitud", "cree una solicitud nueva"),
            (
                DeadLink::NotMe,
                "/",
                "comuníquese hoy mismo con quien opera este servicio",
            ),
            (
                DeadLink::Enrolment,
                "/oficina/entrar",
                "pida un enlace nuevo a quien administra",
            ),
        ];
        for (link, way, words) in links {
            let (code, href, detail) = told(link);
            assert_eq!((code, href), ("LINK_EXPIRED", way), "{link:?}");
            assert!(detail.contains(words), "{link:?}: {detail}");
        }
    }

    #[test]
    fn a_rule_is_called_the_same_in_json_and_in_the_page() {
        for rule in RULES {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule_code(rule));
        }
    }
}
