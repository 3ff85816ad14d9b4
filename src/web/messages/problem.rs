//! What is said about each error, Spanish and English side by side: what happened, what to do, and where that is done.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::{DeadLink, FieldError, FieldErrors, RETRY_WHEN_BUSY, WebError, size};
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, Outcome, PasswordRule, Spoken, Text};
use crate::words;

#[cfg(test)]
mod tests;

/// Everything that is said about an error, before it is known to whom.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, upper case.
    pub code: &'static str,
    /// One line over the page: what kind of thing happened.
    kind: Text,
    /// What happened.
    title: Spoken,
    /// What it means and what to do.
    detail: Text,
    /// The same for programs, which the page leaves out.
    for_programs: Text,
    /// Where the button of the page leads.
    href: Cow<'static, str>,
    /// What the button says.
    link: Text,
    /// Wrong values.
    errors: FieldErrors<Text>,
    /// Broken password rules.
    failed_rules: Vec<PasswordRule>,
    /// Work to do first.
    challenge: Option<String>,
    /// Seconds to wait.
    pub(super) retry_after: Option<u64>,
    /// Number under which the log knows it.
    pub incident: Option<String>,
}

/// The same in the language of who reads.
#[derive(Debug, Clone)]
pub struct SaidProblem {
    /// Stable code, upper case.
    pub code: &'static str,
    /// One line over the page: what kind of thing happened.
    pub kind: &'static str,
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub detail: &'static str,
    /// The same for programs, which the page leaves out.
    pub for_programs: &'static str,
    /// Where the button of the page leads.
    pub href: Cow<'static, str>,
    /// What the button says.
    pub link: &'static str,
    /// Wrong values.
    pub errors: Vec<FieldError>,
    /// Broken password rules.
    pub failed_rules: Vec<PasswordRule>,
    /// Work to do first.
    pub challenge: Option<String>,
    /// Number under which the log knows it.
    pub incident: Option<String>,
}

/// Where there is no more to say.
const NOTHING: Text = Text::new("", "");

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: impl Into<Spoken>, detail: Text) -> Self {
        Self {
            status,
            code,
            kind: if status.is_server_error() {
                Text::new("No es un error suyo", "It is no error of yours")
            } else {
                Text::new("No se pudo hacer", "It could not be done")
            },
            title: title.into(),
            detail,
            for_programs: NOTHING,
            href: Cow::Borrowed("/"),
            link: Text::new("Ir al inicio", "Go to the start"),
            errors: FieldErrors::default(),
            failed_rules: Vec::new(),
            challenge: None,
            retry_after: None,
            incident: None,
        }
    }

    /// What is said in one language.
    #[must_use]
    pub fn say(&self, language: Language) -> SaidProblem {
        SaidProblem {
            code: self.code,
            kind: self.kind.say(language),
            title: self.title.say(language).to_owned(),
            detail: self.detail.say(language),
            for_programs: self.for_programs.say(language),
            href: self.href.clone(),
            link: self.link.say(language),
            errors: self.errors.say(language).0,
            failed_rules: self.failed_rules.clone(),
            challenge: self.challenge.clone(),
            incident: self.incident.clone(),
        }
    }

    /// Says in an answer when to come back, if that is known.
    pub(in crate::web) fn tell_when(&self, mut answer: Response) -> Response {
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn for_programs(mut self, what: Text) -> Self {
        self.for_programs = what;
        self
    }

    fn leading_to(mut self, href: impl Into<Cow<'static, str>>, link: Text) -> Self {
        self.href = href.into();
        self.link = link;
        self
    }

    /// What to say about a bare status that some layer answered with.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => WebError::NotFound.into(),
            StatusCode::FORBIDDEN => WebError::CrossSite.into(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                status,
                "TOO_LARGE",
                Text::new(
                    "Lo que envió es demasiado grande.",
                    "What you sent is too large.",
                ),
                NOTHING,
            ),
            StatusCode::REQUEST_TIMEOUT => WebError::Stalled.into(),
            StatusCode::TOO_MANY_REQUESTS => WebError::TooMany(None).into(),
            StatusCode::SERVICE_UNAVAILABLE => WebError::Busy(RETRY_WHEN_BUSY).into(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "METHOD_NOT_ALLOWED",
                Text::new(
                    "Esta dirección no se usa así.",
                    "This address is not used in this way.",
                ),
                Text::new(
                    "Vuelva al inicio y siga desde allí.",
                    "Go back to the start and go on from there.",
                ),
            ),
            status if status.is_client_error() => Self::new(
                status,
                "BAD_REQUEST",
                NOT_UNDERSTOOD,
                Text::new(
                    "Vuelva atrás y revise los datos.",
                    "Go back and check what you entered.",
                ),
            ),
            _ => WebError::Internal.into(),
        }
    }
}

const NOT_UNDERSTOOD: Text = Text::new(
    "No entendimos lo que envió.",
    "We did not understand what you sent.",
);
/// What the button says after a file that was not taken.
const ANOTHER_FILE: Text = Text::new("Subir otro archivo", "Upload another file");
const SIGN_IN: Text = Text::new("Entrar", "Sign in");

/// Seconds after which somebody who can't do the work should try again: then the budgets of a minute are full again.
const RETRY_WITHOUT_WORK: u64 = 60;
/// Seconds until somebody has made room on a disk.
const RETRY_WHEN_FULL: u64 = 600;

impl From<WebError> for Problem {
    fn from(error: WebError) -> Self {
        use StatusCode as S;
        match error {
            WebError::NotFound => Self::new(
                S::NOT_FOUND,
                "NOT_FOUND",
                Text::new(
                    "No encontramos lo que busca.",
                    "We did not find what you are looking for.",
                ),
                Text::new(
                    "Revise la dirección, o el número de trámite y el código de consulta.",
                    "Check the address, or the petition number and the query code.",
                ),
            ),
            WebError::SecretMissing => Self::new(
                S::UNAUTHORIZED,
                "SECRET_MISSING",
                Text::new("Falta el código de consulta.", "The query code is missing."),
                Text::new(
                    "Envíe el código que recibió con el número de trámite.",
                    "Send the code that you received with the petition number.",
                ),
            )
            .for_programs(Text::new(
                "Va en la cabecera Authorization: Bearer …",
                "It goes into the header Authorization: Bearer …",
            ))
            .leading_to(
                "/consulta",
                Text::new("Consultar mi solicitud", "Look up my petition"),
            ),
            WebError::LinkDead(link, of) => {
                let (detail, href, button) = link.way_on();
                let href = match (link, of) {
                    (DeadLink::Password, Some(number)) => format!("{href}?number={number}").into(),
                    _ => Cow::Borrowed(href),
                };
                let title = Text::new("Este enlace ya no sirve.", "This link no longer works.");
                Self::new(S::GONE, "LINK_EXPIRED", title, detail).leading_to(href, button)
            }
            WebError::CrossSite => Self::new(
                S::FORBIDDEN,
                "CROSS_SITE",
                Text::new(
                    "Rechazamos un envío que venía de otra página.",
                    "We refused something that was sent from another site.",
                ),
                Text::new(
                    "Si usted lo envió, vuelva al inicio y hágalo desde este sitio.",
                    "If you sent it, go back to the start and do it from this site.",
                ),
            ),
            WebError::SignInNeeded => Self::new(
                S::UNAUTHORIZED,
                "SIGN_IN_NEEDED",
                Text::new("Su sesión terminó.", "Your session is over."),
                Text::new(
                    "Entre otra vez y repita lo último que hizo: no se guardó.",
                    "Sign in again and repeat what you did last: it was not saved.",
                ),
            )
            .leading_to("/oficina/entrar", SIGN_IN),
            WebError::NotAllowed => Self::new(
                S::FORBIDDEN,
                "NOT_ALLOWED",
                Text::new(
                    "Esto no corresponde a su función.",
                    "This is not for your role.",
                ),
                Text::new(
                    "El intento quedó anotado. Si lo necesita para su trabajo, hable con supervisión.",
                    "The attempt was noted down. If your work needs it, speak with a supervisor.",
                ),
            )
            .leading_to("/oficina", Text::new("Ir a la oficina", "Go to the office")),
            WebError::Empty => Self::new(
                S::BAD_REQUEST,
                "EMPTY",
                Text::new("El archivo está vacío.", "The file is empty."),
                Text::new(
                    "Llegó con 0 bytes. Elija el documento firmado y súbalo otra vez.",
                    "It came with 0 bytes. Choose the signed document and upload it again.",
                ),
            )
            .leading_to("/documento", ANOTHER_FILE),
            WebError::NoFile => Self::new(
                S::BAD_REQUEST,
                "NO_FILE",
                Text::new("No llegó ningún archivo.", "No file arrived."),
                Text::new(
                    "Elija el documento firmado y súbalo.",
                    "Choose the signed document and upload it.",
                ),
            )
            .for_programs(Text::new(
                "Por programa: el cuerpo de la petición o una parte «file».",
                "For programs: the body of the request, or a part “file”.",
            ))
            .leading_to(
                "/documento",
                Text::new("Subir el archivo", "Upload the file"),
            ),
            WebError::TooLarge(limit) => Self::new(
                S::PAYLOAD_TOO_LARGE,
                "TOO_LARGE",
                Spoken::of(|language| {
                    words::in_both!(
                        language,
                        "El archivo es demasiado grande: el máximo es {most}.",
                        "The file is too large: {most} is the most.",
                        most = size(limit, language),
                    )
                }),
                Text::new(
                    "Si escaneó páginas, guarde el PDF con menos resolución y fírmelo de nuevo.",
                    "If you scanned pages, save the PDF with a lower resolution and sign it again.",
                ),
            )
            .leading_to("/documento", ANOTHER_FILE),
            WebError::PrivateKey => Self::new(
                S::UNPROCESSABLE_ENTITY,
                ReasonCode::PrivateKey.as_str(),
                Spoken::of(|language| {
                    let reason = Reason::new(ReasonCode::PrivateKey, Outcome::Refused);
                    words::sentence(&reason, language)
                }),
                Text::new("No guardamos nada de él.", "We kept nothing of it."),
            )
            .leading_to("/documento", ANOTHER_FILE),
            WebError::WrongOffset => Self::new(
                S::CONFLICT,
                "WRONG_OFFSET",
                Text::new(
                    "La subida continúa en otro punto.",
                    "The upload goes on at another point.",
                ),
                Text::new(
                    "Pregunte con HEAD por dónde va y siga desde allí.",
                    "Ask with HEAD how far it is and go on from there.",
                ),
            ),
            WebError::WrongDigest => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "WRONG_DIGEST",
                Text::new(
                    "Lo que llegó no es el archivo que se anunció.",
                    "What arrived is not the file that was announced.",
                ),
                Text::new(
                    "Elija otra vez el archivo firmado y súbalo desde el principio.",
                    "Choose the signed file again and upload it from the beginning.",
                ),
            ),
            WebError::PieceType => Self::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "PIECE_TYPE",
                Text::new(
                    "Las partes de un archivo se envían como application/offset+octet-stream.",
                    "Pieces of a file are sent as application/offset+octet-stream.",
                ),
                NOTHING,
            ),
            WebError::UploadHeaders => Self::new(
                S::BAD_REQUEST,
                "UPLOAD_HEADERS",
                NOT_UNDERSTOOD,
                Text::new(
                    "Una carga por partes empieza con Upload-Length y con sha256 en Upload-Metadata, y cada parte dice Upload-Offset: /api/v1/openapi.json las describe.",
                    "An upload in pieces begins with Upload-Length and with sha256 in Upload-Metadata, and each piece says Upload-Offset: /api/v1/openapi.json describes them.",
                ),
            ),
            WebError::TusVersion => Self::new(
                S::PRECONDITION_FAILED,
                "TUS_VERSION",
                Text::new(
                    "Solo se entiende la versión 1.0.0 del protocolo tus.",
                    "Only version 1.0.0 of the tus protocol is understood.",
                ),
                Text::new(
                    "Envíe la cabecera Tus-Resumable: 1.0.0.",
                    "Send the header Tus-Resumable: 1.0.0.",
                ),
            ),
            WebError::Stalled => Self::new(
                S::REQUEST_TIMEOUT,
                "TIMEOUT",
                Text::new(
                    "La conexión se quedó en silencio.",
                    "The connection went silent.",
                ),
                Text::new(
                    "No guardamos nada a medias. Inténtelo de nuevo cuando tenga mejor señal.",
                    "We keep nothing by halves. Try again when your signal is better.",
                ),
            ),
            WebError::Invalid(errors) => {
                let title = Text::new("Hay datos que corregir.", "Some values need mending.");
                Self {
                    errors,
                    ..Self::new(S::UNPROCESSABLE_ENTITY, "INVALID", title, NOTHING)
                }
            }
            WebError::Malformed => Self::new(
                S::BAD_REQUEST,
                "MALFORMED",
                NOT_UNDERSTOOD,
                Text::new(
                    "Se espera un objeto JSON con los campos que describe /api/v1/openapi.json.",
                    "What is expected is a JSON object with the fields that /api/v1/openapi.json describes.",
                ),
            ),
            WebError::Password(failed_rules) => Self {
                failed_rules,
                ..Self::new(
                    S::UNPROCESSABLE_ENTITY,
                    "PASSWORD_POLICY",
                    Text::new(
                        "La clave no cumple con los parámetros de seguridad.",
                        "The password does not follow the rules of safety.",
                    ),
                    Text::new(
                        "El enlace sigue vivo: envíe otra clave.",
                        "The link is still alive: send another password.",
                    ),
                )
            },
            WebError::PasswordsDiffer => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "PASSWORDS_DIFFER",
                Text::new(
                    "Las dos claves no son iguales.",
                    "The two passwords are not the same.",
                ),
                Text::new(
                    "El enlace sigue vivo: escríbalas otra vez.",
                    "The link is still alive: type them again.",
                ),
            ),
            WebError::Conflict { code, sentence } => {
                Self::new(S::CONFLICT, code, sentence, NOTHING)
                    .leading_to("/consulta", Text::new("Ver mi solicitud", "See my petition"))
            }
            WebError::TooMany(wait) => Self {
                retry_after: wait,
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "TOO_MANY",
                    Text::new(
                        "Ha pedido esto demasiadas veces.",
                        "You have asked for this too many times.",
                    ),
                    Text::new(
                        "Espere un momento y vuelva a intentarlo. Lo que ya envió sigue guardado.",
                        "Wait a moment and try again. What you have sent already is kept.",
                    ),
                )
            },
            WebError::LinksThisHour(again_at, wait) => Self {
                retry_after: Some(wait),
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "LINKS_THIS_HOUR",
                    Spoken::of(|language| words::links_this_hour(again_at, language)),
                    NOTHING,
                )
                .leading_to("/consulta", Text::new("Ver mi solicitud", "See my petition"))
            },
            WebError::WorkWanted(challenge) => Self {
                challenge: Some(challenge),
                retry_after: Some(RETRY_WITHOUT_WORK),
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "WORK_WANTED",
                    Text::new(
                        "Hay muchas solicitudes en este momento.",
                        "There are many petitions at this moment.",
                    ),
                    Text::new(
                        "Vuelva a intentarlo dentro de un minuto.",
                        "Try again in a minute.",
                    ),
                )
                .for_programs(Text::new(
                    "Por programa: resuelva «challenge» (ALTCHA) y repita el envío con la cabecera Altcha.",
                    "For programs: solve “challenge” (ALTCHA) and send it again with the header Altcha.",
                ))
            },
            WebError::Full => Self {
                retry_after: Some(RETRY_WHEN_FULL),
                ..Self::new(
                    S::INSUFFICIENT_STORAGE,
                    "FULL",
                    Text::new(
                        "Por ahora no podemos recibir documentos.",
                        "For now we can't take documents.",
                    ),
                    Text::new(
                        "Falta espacio de nuestro lado; su archivo está bien. Lo que ya envió sigue guardado; inténtelo de nuevo en unos minutos.",
                        "Room is lacking on our side; your file is all right. What you have sent already is kept; try again in some minutes.",
                    ),
                )
            },
            WebError::Busy(wait) => Self {
                retry_after: Some(wait),
                ..Self::new(
                    S::SERVICE_UNAVAILABLE,
                    "BUSY",
                    Text::new(
                        "El servicio está muy ocupado.",
                        "The service is very busy.",
                    ),
                    Text::new(
                        "Inténtelo de nuevo en unos segundos. Lo que ya envió sigue guardado.",
                        "Try again in some seconds. What you have sent already is kept.",
                    ),
                )
            },
            WebError::Internal => Self::new(
                S::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                Text::new("Algo falló de nuestro lado.", "Something failed on our side."),
                Text::new(
                    "Quedó registrado. Inténtelo de nuevo; si ya tenía un comprobante, su documento está guardado.",
                    "It was recorded. Try again; if you had a receipt already, your document is kept.",
                ),
            ),
        }
    }
}

impl DeadLink {
    /// What to do, where the button leads, and what it says.
    fn way_on(self) -> (Text, &'static str, Text) {
        match self {
            Self::Password => (
                Text::new(
                    "Venció, ya se usó o se pidió otro después. Si ya guardó la clave, no tiene que hacer nada más. Si no, pida otro en la página de su solicitud: no tiene que volver a subir nada.",
                    "It expired, was used already, or another one was asked for after it. If you have saved the password, you need not do anything more. If not, ask for another link on the page of your petition: you need not upload anything again.",
                ),
                "/consulta",
                Text::new("Ir a mi solicitud", "Go to my petition"),
            ),
            Self::Address => (
                Text::new(
                    "Venció, ya se usó o alguien detuvo el cambio. Si ya confirmó el correo, no tiene que hacer nada más. Si no, cree una solicitud nueva para cambiarlo.",
                    "It expired, was used already, or somebody stopped the change. If you have confirmed the e-mail, you need not do anything more. If not, create a new petition to change it.",
                ),
                "/solicitud",
                Text::new("Nueva solicitud", "New petition"),
            ),
            Self::NotMe => (
                Text::new(
                    "Venció o ya se usó. Si ya pulsó el botón, la cuenta está detenida. Si no, comuníquese hoy mismo con quien opera este servicio: consta al pie de esta página.",
                    "It expired or was used already. If you have pressed the button, the account is stopped. If not, get in touch today with the operator of this service, named at the foot of this page.",
                ),
                "/",
                Text::new("Ir al inicio", "Go to the start"),
            ),
            Self::Enrolment => (
                Text::new(
                    "Venció o ya se usó. Si ya eligió su clave, entre con ella. Si no, pida un enlace nuevo a quien administra el servicio.",
                    "It expired or was used already. If you have chosen your password, sign in with it. If not, ask whoever administers the service for a new link.",
                ),
                "/oficina/entrar",
                SIGN_IN,
            ),
            Self::SignerLeft => (
                words::SIGNER_LEFT,
                "/solicitud",
                Text::new("Nueva solicitud", "New petition"),
            ),
        }
    }
}
