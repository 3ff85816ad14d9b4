//! The pages of a company: ask for a petition, upload what was signed, see where it stands.
//!
//! The secret of a petition never stands in an address. It travels once in the body of a form and then lives in a
//! cookie that only the pages of that petition receive; the page shows it for writing down while the form is unsigned.

use askama::Template;
use axum::Form;
use axum::Json;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use super::messages::{FieldErrors, Problem, WebError, wants_json};
use super::petition_page::{PetitionPage, UploadForm, View, signs, takes_appointment};
use super::upload::{self, Upload};
use super::{App, Frame, page};
use crate::domain::{Action, BranchCode, EmailAddress, PetitionNumber, State, Token};
use crate::intake::{NewPetition, Status};

/// Cookie that holds the secret of one petition, sent to that petition's pages only.
const COOKIE_NAME: &str = "recibo";
/// Longest company name on a form: two printed lines.
const NAME_CHARACTERS: usize = 120;

// -- start ------------------------------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "start.html", config = "src/web/pages/askama.toml")]
pub(super) struct StartPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) link_minutes: String,
}

/// `GET /`
pub(super) async fn start(Shared(app): Shared<App>) -> Response {
    let link_minutes = app.link_life();
    page(
        StatusCode::OK,
        &StartPage {
            frame: &app.frame,
            link_minutes,
        },
    )
}

/// `GET /robots.txt`: only the start page is for search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nAllow: /$\nDisallow: /\n"
}

// -- new petition -------------------------------------------------------------------------------------------------------

/// A new petition as it was typed or sent, kept so that nobody types twice.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = NewPetition)]
pub(super) struct Typed {
    /// Taxpayer number, thirteen digits; household employers: cédula followed by `000`.
    #[serde(default)]
    #[schema(required = true, example = "1790012345001")]
    pub(super) ruc: String,
    /// Branch, `0001` when missing.
    #[serde(default)]
    #[schema(required = false, example = "0001")]
    pub(super) branch: String,
    /// `reset_password` or `change_email`.
    #[serde(default)]
    #[schema(required = true, example = "reset_password")]
    pub(super) action: String,
    /// The new address, when the action is `change_email`.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(required = false)]
    pub(super) new_email: String,
    /// Company name to print on the form; never used to decide.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(required = false)]
    pub(super) legal_name: String,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Typed {
    /// The petition these values ask for.
    ///
    /// # Errors
    /// Every value that is not what it should be, at its field.
    pub(super) fn parse(&self) -> Result<NewPetition, FieldErrors> {
        let mut errors = FieldErrors::default();
        let digits: String = self
            .ruc
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        let ruc_text = match digits.as_str() {
            "" => "Escriba el RUC.",
            _ => "El RUC tiene 13 dígitos, sin letras.",
        };
        let ruc = errors.take("ruc", digits.parse(), ruc_text);
        let branch = match self.branch.trim() {
            "" => Some(BranchCode::default()),
            typed => errors.take("branch", typed.parse(), BRANCH_TEXT),
        };
        let action = errors.take("action", self.action.parse(), ACTION_TEXT);
        let new_email: Option<Option<EmailAddress>> = match (action, self.new_email.trim()) {
            (Some(Action::ChangeEmail), "") => {
                errors.take("new_email", Err(()), "Escriba el correo nuevo.")
            }
            (Some(Action::ChangeEmail), typed) => {
                errors.take("new_email", typed.parse().map(Some), EMAIL_TEXT)
            }
            // Without script the field is always there: what it holds is not asked for and not used.
            _ => Some(None),
        };
        let legal_name = errors.take("legal_name", printable(&self.legal_name), NAME_TEXT);
        match (ruc, branch, action, new_email, legal_name) {
            (Some(ruc), Some(branch), Some(action), Some(new_email), Some(legal_name)) => {
                Ok(NewPetition {
                    ruc,
                    branch,
                    action,
                    new_email,
                    legal_name,
                })
            }
            _ => Err(errors),
        }
    }
}

const BRANCH_TEXT: &str = "La sucursal tiene hasta 4 dígitos, por ejemplo 0001.";
const ACTION_TEXT: &str =
    "Elija qué necesita: una clave nueva (reset_password) o cambiar el correo (change_email).";
const EMAIL_TEXT: &str =
    "Revise el correo: debe tener la forma nombre@dominio.ec, sin tildes ni espacios.";
const NAME_TEXT: &str = "El nombre tiene hasta 120 caracteres, en una sola línea.";

/// A name as it may be printed: composed (NFC), one line, without controls of writing direction, which could make a
/// person read something else than is written.
fn printable(typed: &str) -> Result<Option<String>, ()> {
    let name: String = typed
        .trim()
        .nfc()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
        .collect();
    if name.chars().any(char::is_control) || name.chars().count() > NAME_CHARACTERS {
        return Err(());
    }
    Ok((!name.is_empty()).then_some(name))
}

#[derive(Template)]
#[template(path = "new_petition.html", config = "src/web/pages/askama.toml")]
pub(super) struct NewPetitionPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) typed: &'a Typed,
    pub(super) errors: FieldErrors,
}

/// `GET /solicitud`
pub(super) async fn new_petition(
    Shared(app): Shared<App>,
    Query(mut typed): Query<Typed>,
) -> Response {
    if typed.branch.is_empty() {
        "0001".clone_into(&mut typed.branch);
    }
    page(
        StatusCode::OK,
        &NewPetitionPage {
            frame: &app.frame,
            typed: &typed,
            errors: FieldErrors::default(),
        },
    )
}

/// `POST /solicitud`
pub(super) async fn issue(
    Shared(app): Shared<App>,
    Form(typed): Form<Typed>,
) -> Result<Response, WebError> {
    let request = match typed.parse() {
        Ok(request) => request,
        Err(errors) => {
            let again = NewPetitionPage {
                frame: &app.frame,
                typed: &typed,
                errors,
            };
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
    };
    let issued = app.intake.issue(request).await?;
    Ok(to_petition(&app, &issued.number, Some(&issued.secret)))
}

// -- one petition ---------------------------------------------------------------------------------------------------------

/// What the last click did, told after the redirect.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Notice {
    aviso: Option<NoticeKind>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoticeKind {
    Enviado,
    Limite,
}

impl NoticeKind {
    fn said(self) -> Said {
        let (tone, notice) = match self {
            Self::Enviado => (
                "ok",
                "Enviamos el enlace. El tiempo empieza a correr ahora: ábralo cuanto antes.",
            ),
            Self::Limite => (
                "wait",
                "Todavía no podemos enviar otro enlace. Espere un poco; su solicitud sigue aprobada.",
            ),
        };
        Said {
            notice: Some(notice.to_owned()),
            tone,
            ..Said::default()
        }
    }
}

/// `GET /solicitud/{number}`
pub(super) async fn petition(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    Query(notice): Query<Notice>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(Redirect::to(&format!("/consulta?number={number}")).into_response());
    };
    let said = notice.aviso.map(NoticeKind::said).unwrap_or_default();
    show(&app, &status, &secret, said).await
}

/// What a page of a petition says besides where the petition stands.
struct Said {
    code: StatusCode,
    notice: Option<String>,
    /// `ok`, `wait` or `bad`.
    tone: &'static str,
    upload_error: Option<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            code: StatusCode::OK,
            notice: None,
            tone: "ok",
            upload_error: None,
        }
    }
}

async fn show(
    app: &App,
    status: &Status,
    secret: &Token,
    said: Said,
) -> Result<Response, WebError> {
    // A number that was given to a letter has no form of ours to offer.
    let has_form =
        status.state == State::Issued || app.intake.form(&status.number).await?.is_some();
    let shown = PetitionPage {
        frame: &app.frame,
        view: View::of(status, secret, has_form),
        upload: UploadForm::signed(&status.number, app.upload_bytes(), said.upload_error),
        appointment: takes_appointment(status)
            .then(|| UploadForm::appointment(&status.number, app.upload_bytes())),
        notice: said.notice,
        notice_tone: said.tone,
    };
    Ok(page(said.code, &shown))
}

/// `GET /solicitud/{number}/formulario.pdf`
pub(super) async fn form(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let pdf = app.intake.form(&number).await?.ok_or(WebError::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{number}.pdf\""),
        ),
    ];
    Ok((headers, pdf).into_response())
}

/// `POST /solicitud/{number}/enlace`
pub(super) async fn send_link(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let Some((_, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(Redirect::to(&format!("/consulta?number={number}")).into_response());
    };
    let notice = match app
        .intake
        .send_link(&number, &secret)
        .await
        .map_err(WebError::from)
    {
        Ok(_) => "enviado",
        Err(WebError::TooMany(_)) => "limite",
        Err(other) => return Err(other),
    };
    Ok(Redirect::to(&format!("/solicitud/{number}?aviso={notice}")).into_response())
}

/// The petition and its secret, when this browser holds the right one.
async fn mine(
    app: &App,
    number: &PetitionNumber,
    headers: &HeaderMap,
) -> Result<Option<(Status, Token)>, WebError> {
    let Some(secret) = secret_of(headers) else {
        return Ok(None);
    };
    let status = app.intake.status(number, &secret).await?;
    Ok(status.map(|status| (status, secret)))
}

fn secret_of(headers: &HeaderMap) -> Option<Token> {
    let mut pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        Token::presented(pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')?)
    })
}

/// Redirects to the page of a petition, handing over its secret when there is a new one.
fn to_petition(app: &App, number: &PetitionNumber, secret: Option<&Token>) -> Response {
    let mut response = Redirect::to(&format!("/solicitud/{number}")).into_response();
    if let Some(cookie) = secret.and_then(|secret| cookie(app, number, secret).parse().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

pub(super) fn cookie(app: &App, number: &PetitionNumber, secret: &Token) -> String {
    // Without an end date: on a shared telephone it is gone with the browser, and the written code remains.
    let secure = if app.public_url().starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!(
        "{COOKIE_NAME}={}; Path=/solicitud/{number}; HttpOnly; SameSite=Strict{secure}",
        secret.reveal()
    )
}

pub(super) fn parse_number(text: &str) -> Result<PetitionNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

// -- upload -----------------------------------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "upload.html", config = "src/web/pages/askama.toml")]
pub(super) struct UploadPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) upload: UploadForm,
}

/// `GET /documento`
pub(super) async fn upload_page(Shared(app): Shared<App>) -> Response {
    let upload = UploadForm::new("/documento".to_owned(), app.upload_bytes(), None);
    page(
        StatusCode::OK,
        &UploadPage {
            frame: &app.frame,
            upload,
        },
    )
}

/// `POST /documento`: a letter, or a signed form without saying which.
pub(super) async fn upload_letter(
    Shared(app): Shared<App>,
    request: Request,
) -> Result<Response, WebError> {
    let script = wants_json(request.uri().path(), request.headers());
    match upload::receive(&app, Upload::Letter, request).await {
        Ok(receipt) => Ok(received(
            &app,
            &receipt.number,
            receipt.secret.as_ref(),
            script,
        )),
        Err(error) if script => Err(error),
        Err(error) => {
            let problem = Problem::from(error);
            let upload = UploadForm::new(
                "/documento".to_owned(),
                app.upload_bytes(),
                Some(in_words(&problem)),
            );
            Ok(page(
                problem.status,
                &UploadPage {
                    frame: &app.frame,
                    upload,
                },
            ))
        }
    }
}

/// `POST /solicitud/{number}/documento`
pub(super) async fn upload_signed(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let script = wants_json(request.uri().path(), request.headers());
    let headers = request.headers().clone();
    let error = match upload::receive(&app, Upload::Signed(&number), request).await {
        Ok(receipt) => return Ok(received(&app, &number, receipt.secret.as_ref(), script)),
        Err(error) if script => return Err(error),
        Err(error) => error,
    };
    // Without script the error stands on the page it came from, at the field when the field is still there.
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Err(error);
    };
    let problem = Problem::from(error);
    let words = Some(in_words(&problem));
    let (notice, upload_error) = if signs(&status) {
        (None, words)
    } else {
        (words, None)
    };
    let said = Said {
        code: problem.status,
        notice,
        tone: "bad",
        upload_error,
    };
    show(&app, &status, &secret, said).await
}

/// `POST /solicitud/{number}/nombramiento`
pub(super) async fn attach_appointment(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let script = wants_json(request.uri().path(), request.headers());
    let Some((status, secret)) = mine(&app, &number, request.headers()).await? else {
        return Err(WebError::NotFound);
    };
    match upload::receive(&app, Upload::Appointment(&number, &secret), request).await {
        Ok(_) => Ok(received(&app, &number, None, script)),
        Err(error) if script => Err(error),
        Err(error) => {
            let problem = Problem::from(error);
            let said = Said {
                code: problem.status,
                notice: Some(in_words(&problem)),
                tone: "bad",
                upload_error: None,
            };
            show(&app, &status, &secret, said).await
        }
    }
}

/// Kept: browsers go on to the page of the petition, the upload script is told its address.
fn received(app: &App, number: &PetitionNumber, secret: Option<&Token>, script: bool) -> Response {
    let redirect = to_petition(app, number, secret);
    if !script {
        return redirect;
    }
    let mut answer = Json(json!({ "page": format!("/solicitud/{number}") })).into_response();
    if let Some(cookie) = redirect.headers().get(SET_COOKIE) {
        answer.headers_mut().insert(SET_COOKIE, cookie.clone());
    }
    answer
}

fn in_words(problem: &Problem) -> String {
    format!("{} {}", problem.title, problem.detail)
        .trim()
        .to_owned()
}

// -- look up ------------------------------------------------------------------------------------------------------------------

/// Number and secret as typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Lookup {
    #[serde(default)]
    number: String,
    #[serde(default)]
    secret: String,
}

#[derive(Template)]
#[template(path = "lookup.html", config = "src/web/pages/askama.toml")]
pub(super) struct LookupPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) number: &'a str,
    pub(super) errors: FieldErrors,
}

/// `GET /consulta`: the number may stand in the address, the secret never does.
pub(super) async fn lookup(Shared(app): Shared<App>, Query(typed): Query<Lookup>) -> Response {
    page(
        StatusCode::OK,
        &LookupPage {
            frame: &app.frame,
            number: &typed.number,
            errors: FieldErrors::default(),
        },
    )
}

/// `POST /consulta`
pub(super) async fn open(
    Shared(app): Shared<App>,
    Form(typed): Form<Lookup>,
) -> Result<Response, WebError> {
    let again = |errors| {
        let lookup = LookupPage {
            frame: &app.frame,
            number: &typed.number,
            errors,
        };
        Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &lookup))
    };
    let Ok(number) = typed.number.parse::<PetitionNumber>() else {
        return again(FieldErrors::one(
            "number",
            "El número no está bien escrito. Termina en una letra, por ejemplo CLV-2026-000123-K.",
        ));
    };
    let secret: String = typed
        .secret
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let Some(secret) = Token::presented(&secret) else {
        return again(FieldErrors::one(
            "secret",
            "El código tiene 32 letras, números y guiones.",
        ));
    };
    if app.intake.status(&number, &secret).await?.is_none() {
        return again(FieldErrors::one(
            "form",
            "El número y el código no corresponden. Revise los dos; las mayúsculas cuentan.",
        ));
    }
    Ok(to_petition(&app, &number, Some(&secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(ruc: &str, branch: &str, action: &str, new_email: &str, legal_name: &str) -> Typed {
        Typed {
            ruc: ruc.to_owned(),
            branch: branch.to_owned(),
            action: action.to_owned(),
            new_email: new_email.to_owned(),
            legal_name: legal_name.to_owned(),
        }
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let vectors: &[(Typed, &[&str])] = &[
            (typed("1790012345001", "", "reset_password", "", ""), &[]),
            (
                typed(
                    " 1790012345-001 ",
                    "1",
                    "reset_password",
                    "not asked for",
                    "ACME",
                ),
                &[],
            ),
            (typed("", "x", "", "", ""), &["ruc", "branch", "action"]),
            (
                typed("179", "0001", "change_email", "", ""),
                &["ruc", "new_email"],
            ),
            (
                typed("1790012345001", "", "change_email", "a@b", "A\nB"),
                &["new_email", "legal_name"],
            ),
        ];
        for (typed, expected) in vectors {
            let errors = typed.parse().err().unwrap_or_default();
            let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
            assert_eq!(fields, *expected, "{typed:?}");
        }
    }

    #[test]
    fn a_name_cannot_turn_the_direction_of_reading() {
        assert_eq!(
            printable("  ACME \u{202e}S.A.\u{202c} "),
            Ok(Some("ACME S.A.".to_owned()))
        );
        assert_eq!(
            printable("N\u{303}AN\u{303}ITO"),
            Ok(Some("ÑAÑITO".to_owned()))
        );
        assert_eq!(printable("   "), Ok(None));
        assert_eq!(printable(&"x".repeat(121)), Err(()));
    }

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        let secret = "abcdefghijklmnopqrstuvwxyz012345";
        let headers =
            HeaderMap::from_iter([(COOKIE, format!("a=b; recibo={secret}").parse().unwrap())]);
        assert_eq!(secret_of(&headers).unwrap().reveal(), secret);
        let headers = HeaderMap::from_iter([(COOKIE, "recibo=short; recibox=y".parse().unwrap())]);
        assert_eq!(secret_of(&headers), None);
    }
}
