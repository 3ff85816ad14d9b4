//! What mails point to: the new password, a new address to confirm, «no fui yo».
//!
//! Programs that scan mail open every link, so a GET never changes anything: it shows a button, and only the POST
//! behind it acts (DESIGN G). The token in the address is the credential; unknown and dead ones look the same.

use std::ops::RangeInclusive;

use askama::Template;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::messages::{DeadLink, RULES, WebError, rule_code, wants_json};
use super::petition_page::minutes_and_seconds;
use super::{App, Frame, page};
use crate::domain::calendar;
use crate::domain::{Language, PasswordRule, Token};
use crate::intake::{LinkView, SetPasswordError, Stopped};
use crate::words;

// -- new password ---------------------------------------------------------------------------------------------------------

/// One rule below the field.
pub(super) struct RuleLine {
    pub(super) code: &'static str,
    pub(super) text: String,
    pub(super) failed: bool,
}

#[derive(Template)]
#[template(path = "new_password.html", config = "src/web/pages/askama.toml")]
pub(super) struct NewPasswordPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) legal_name: Option<String>,
    pub(super) seconds_left: i64,
    pub(super) time_left: String,
    pub(super) life: String,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) rules: Vec<RuleLine>,
    pub(super) failed: Vec<RuleLine>,
    pub(super) mismatch: bool,
}

/// The password as it arrives, from the page or from a program.
#[derive(Deserialize)]
pub(super) struct TypedPassword {
    #[serde(default = "nothing")]
    password: SecretString,
    password_again: Option<SecretString>,
}

fn nothing() -> SecretString {
    SecretString::from(String::new())
}

impl TypedPassword {
    fn differs(&self) -> bool {
        self.password_again
            .as_ref()
            .is_some_and(|again| again.expose_secret() != self.password.expose_secret())
    }
}

/// `GET /clave/{token}`
pub(super) async fn password(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let link = app
        .intake
        .open_link(&parse_token(&token, DeadLink::Password)?)
        .await
        .map_err(|error| DeadLink::Password.because(error))?;
    Ok(show_password(
        &app,
        &frame,
        link,
        StatusCode::OK,
        &[],
        false,
    ))
}

/// `POST /clave/{token}`: a form or `{"password": "…"}`.
pub(super) async fn set_password(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let token = parse_token(&token, DeadLink::Password)?;
    let program = wants_json(request.uri().path(), request.headers());
    // A dead link is told first: no sense in listing rules for it.
    let link = app
        .intake
        .open_link(&token)
        .await
        .map_err(|error| DeadLink::Password.because(error))?;
    let typed = typed_password(request).await?;
    if typed.differs() {
        if program {
            return Err(WebError::PasswordsDiffer);
        }
        // Everything that is wrong at once: the time runs.
        let failed = app
            .intake
            .check_password(&token, &typed.password)
            .await
            .map_err(|error| DeadLink::Password.because(error))?;
        return Ok(show_password(
            &app,
            &frame,
            link,
            StatusCode::UNPROCESSABLE_ENTITY,
            &failed,
            true,
        ));
    }
    match app.intake.set_password(&token, typed.password).await {
        Ok(()) if program => Ok(Json(json!({ "status": "done" })).into_response()),
        Ok(()) => Ok(password_done(&app, &frame)),
        Err(SetPasswordError::Policy(failed)) if program => Err(WebError::Password(failed)),
        Err(SetPasswordError::Policy(failed)) => Ok(show_password(
            &app,
            &frame,
            link,
            StatusCode::UNPROCESSABLE_ENTITY,
            &failed,
            false,
        )),
        Err(other) => Err(other.into()),
    }
}

async fn typed_password(request: Request) -> Result<TypedPassword, WebError> {
    if is_json(request.headers()) {
        let Json(typed) = Json::from_request(request, &())
            .await
            .map_err(|_| WebError::Malformed)?;
        return Ok(typed);
    }
    let Form(typed) = Form::from_request(request, &())
        .await
        .map_err(|_| WebError::Malformed)?;
    Ok(typed)
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn show_password(
    app: &App,
    frame: &Frame,
    link: LinkView,
    status: StatusCode,
    failed: &[PasswordRule],
    mismatch: bool,
) -> Response {
    let seconds_left = app.intake.seconds_until(link.expires_at);
    let length = &app.intake.settings().password_length;
    let shown = NewPasswordPage {
        legal_name: link.legal_name,
        life: app.link_life(frame.language),
        mismatch,
        ..NewPasswordPage::new(frame, length, seconds_left, failed)
    };
    page(status, &shown)
}

impl<'a> NewPasswordPage<'a> {
    /// The page with its rules; the caller fills in what it knows of the link.
    pub(super) fn new(
        frame: &'a Frame,
        length: &RangeInclusive<usize>,
        seconds_left: i64,
        failed: &[PasswordRule],
    ) -> Self {
        let (least, most) = (*length.start(), *length.end());
        let line = |rule: &PasswordRule| RuleLine {
            code: rule_code(*rule),
            text: words::password_rule(*rule, least, most, Language::Es),
            failed: failed.contains(rule),
        };
        Self {
            frame,
            legal_name: None,
            seconds_left,
            time_left: minutes_and_seconds(seconds_left),
            life: String::new(),
            least,
            most,
            rules: RULES.iter().map(line).collect(),
            failed: failed.iter().map(line).collect(),
            mismatch: false,
        }
    }
}

fn password_done(app: &App, frame: &Frame) -> Response {
    if app.intake.settings().portal.is_elsewhere() {
        return done(
            frame,
            "Recibimos la clave nueva",
            &[
                "La estamos entregando al portal; suele tardar menos de un minuto. Hasta entonces sirve la anterior.",
                "Avisaremos al correo registrado cuando esté activa. También puede verlo en la página de su solicitud.",
            ],
        );
    }
    done(
        frame,
        "La clave nueva está guardada",
        &[
            "Ya puede entrar al portal con ella. Las sesiones abiertas y los enlaces anteriores dejaron de servir.",
            "Avisamos del cambio al correo registrado.",
        ],
    )
}

// -- confirm an address -----------------------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "confirm.html", config = "src/web/pages/askama.toml")]
pub(super) struct ConfirmPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) title: &'static str,
    pub(super) lede: &'static str,
    pub(super) legal_name: Option<String>,
    pub(super) masked_email: Option<String>,
    pub(super) explanation: Vec<String>,
    pub(super) button: &'static str,
    /// Whether the button stops something.
    pub(super) stop: bool,
    /// Another employer has this address too: asked once more.
    pub(super) shared: bool,
    /// The question was not answered.
    pub(super) ask_again: bool,
}

/// `GET /correo/{token}`
pub(super) async fn address(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let link = app
        .intake
        .open_confirmation(&parse_token(&token, DeadLink::Address)?)
        .await
        .map_err(|error| DeadLink::Address.because(error))?;
    Ok(page(
        StatusCode::OK,
        &address_page(&frame, link, app.email_hold(frame.language)),
    ))
}

/// The page behind a confirmation; `hold` is how long a reset through the new address waits, in words.
pub(super) fn address_page(frame: &Frame, link: LinkView, hold: Option<String>) -> ConfirmPage<'_> {
    let mut explanation = vec![
        format!(
            "Este enlace sirve hasta el {}.",
            calendar::say_minute(link.expires_at)
        ),
        "Si había otro correo registrado, también le avisamos.".to_owned(),
    ];
    explanation.extend(
        hold.map(|hold| {
            format!("Por seguridad, una clave pedida con el correo nuevo espera {hold}.")
        }),
    );
    ConfirmPage {
        frame,
        title: "Confirme su correo nuevo",
        lede: "Pulse el botón para que este sea el correo registrado de la empresa.",
        legal_name: link.legal_name,
        masked_email: link.masked_email,
        explanation,
        button: "Confirmar este correo",
        stop: false,
        shared: link.shared_email,
        ask_again: false,
    }
}

/// `POST /correo/{token}`. An address that another employer has too is asked about once more, of people; a program knows.
pub(super) async fn confirm_address(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, WebError> {
    let token = parse_token(&token, DeadLink::Address)?;
    let link = app
        .intake
        .open_confirmation(&token)
        .await
        .map_err(|error| DeadLink::Address.because(error))?;
    let ticked = body.split('&').any(|pair| pair == "shared=1");
    if link.shared_email && !ticked && !wants_json("", &headers) {
        let again = ConfirmPage {
            ask_again: true,
            ..address_page(&frame, link, app.email_hold(frame.language))
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    }
    app.intake
        .confirm_address(&token)
        .await
        .map_err(|error| DeadLink::Address.because(error))?;
    Ok(finished(&headers, || {
        done(
            &frame,
            "El correo nuevo está registrado",
            &[
                "Desde ahora los avisos y los enlaces llegan a esta dirección. Si había otro correo registrado, también le avisamos.",
                "Si pidió una clave y solo faltaba el correo, aquí le avisaremos cuando pueda crearla.",
            ],
        )
    }))
}

// -- «no fui yo» --------------------------------------------------------------------------------------------------------------

/// `GET /no-fui-yo/{token}`
pub(super) async fn not_me(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let link = app
        .intake
        .open_freeze(&parse_token(&token, DeadLink::NotMe)?)
        .await
        .map_err(|error| DeadLink::NotMe.because(error))?;
    Ok(page(StatusCode::OK, &not_me_page(&frame, link)))
}

pub(super) fn not_me_page(frame: &Frame, link: LinkView) -> ConfirmPage<'_> {
    ConfirmPage {
        frame,
        title: "¿No fue usted?",
        lede: "Si nadie de su empresa pidió este cambio, deténgalo ahora.",
        legal_name: link.legal_name,
        masked_email: None,
        explanation: vec![
            "Al pulsar el botón se detiene la cuenta: nadie podrá cambiar el correo ni la clave hasta que dos personas aprueben una solicitud nueva, firmada.".to_owned(),
            format!("Si ya se creó una clave nueva, sigue abriendo el portal hasta que {} la cierre o se cree otra: avise también allí.", frame.operator),
            "Si el cambio lo pidió usted o su representante legal, cierre esta página.".to_owned(),
        ],
        button: "No fui yo: detener la cuenta",
        stop: true,
        shared: false,
        ask_again: false,
    }
}

/// What is said once an account is stopped, and which petition frees it.
pub(super) fn stopped_page(frame: &Frame, stopped: Stopped) -> DonePage<'_> {
    const SAID: &str = "Nadie puede cambiar el correo ni la clave de la empresa. Ya avisamos a quien supervisa este servicio.";
    const OPENED: &str = "Si ya se creó una clave que ustedes no pidieron, sigue abriendo el portal: pida hoy mismo que la cierren allí.";
    const KEY: &str = "Si cree que alguien tiene su certificado de firma, pida a la entidad que lo emitió que lo revoque hoy mismo, y firme con uno nuevo.";
    const WITH_ADDRESS: &[&str] = &[SAID, OPENED, words::FREEING.es, KEY];
    const WITHOUT_ADDRESS: &[&str] = &[SAID, OPENED, words::FREEING_WITH_ADDRESS.es, KEY];
    let (paragraphs, href, link) = if stopped.address_wanted {
        let change = "/solicitud?action=change_email";
        (WITHOUT_ADDRESS, change, "Pedir el cambio de correo")
    } else {
        (WITH_ADDRESS, "/solicitud", "Nueva solicitud")
    };
    DonePage {
        href,
        link,
        ..DonePage::new(frame, "La cuenta está detenida", paragraphs)
    }
}

/// `POST /no-fui-yo/{token}`
pub(super) async fn freeze(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let stopped = app
        .intake
        .freeze(&parse_token(&token, DeadLink::NotMe)?)
        .await
        .map_err(|error| DeadLink::NotMe.because(error))?;
    Ok(finished(&headers, || {
        page(StatusCode::OK, &stopped_page(&frame, stopped))
    }))
}

// -- both ---------------------------------------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "done.html", config = "src/web/pages/askama.toml")]
pub(super) struct DonePage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) title: &'static str,
    pub(super) tone: &'static str,
    pub(super) paragraphs: &'a [&'static str],
    pub(super) href: &'static str,
    pub(super) link: &'static str,
}

impl<'a> DonePage<'a> {
    fn new(frame: &'a Frame, title: &'static str, paragraphs: &'a [&'static str]) -> Self {
        Self {
            frame,
            title,
            tone: "ok",
            paragraphs,
            href: "/",
            link: "Ir al inicio",
        }
    }
}

fn done(frame: &Frame, title: &'static str, paragraphs: &[&'static str]) -> Response {
    page(StatusCode::OK, &DonePage::new(frame, title, paragraphs))
}

fn finished(headers: &HeaderMap, shown: impl FnOnce() -> Response) -> Response {
    if wants_json("", headers) {
        return Json(json!({ "status": "done" })).into_response();
    }
    shown()
}

fn parse_token(text: &str, link: DeadLink) -> Result<Token, WebError> {
    Token::presented(text).ok_or(WebError::LinkDead(link))
}
