//! What mails point to: the new password, a new address to confirm, «no fui yo».
//!
//! Programs that scan mail open every link, so a GET never changes anything: it shows a button, and only the POST
//! behind it acts (DESIGN G). The token in the address is the credential; unknown and dead ones look the same.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use askama::Template;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::messages::{DeadLink, WebError, wants_json};
use super::petition_page::minutes_and_seconds;
use super::{App, Frame, page};
use crate::domain::{PasswordRule, PetitionNumber, Text, Token, calendar};
use crate::intake::{LinkView, SetPasswordError, Stopped};
use crate::portal::Keeping;
use crate::words::{self, in_both};

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
    /// The petition that the link is for.
    pub(super) number: Option<PetitionNumber>,
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
        Ok(()) => {
            let portal = app.intake.settings().portal;
            Ok(page(StatusCode::OK, &password_page(&frame, portal)))
        }
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
        number: Some(link.number),
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
            code: rule.as_str(),
            text: words::password_rule(*rule, least, most, frame.language),
            failed: failed.contains(rule),
        };
        Self {
            frame,
            legal_name: None,
            number: None,
            seconds_left,
            time_left: minutes_and_seconds(seconds_left),
            life: String::new(),
            least,
            most,
            rules: PasswordRule::ALL.iter().map(line).collect(),
            failed: failed.iter().map(line).collect(),
            mismatch: false,
        }
    }
}

/// What is said once a password was taken: saved, or on its way to where it is kept.
pub(super) fn password_page(frame: &Frame, portal: Keeping) -> DonePage<'_> {
    if portal.is_elsewhere() {
        return DonePage::new(
            frame,
            Text::new(
                "Recibimos la clave nueva",
                "We have received the new password",
            ),
            &[
                Text::new(
                    "La estamos entregando al portal; suele tardar menos de un minuto. Hasta entonces sirve la anterior.",
                    "We are handing it over to the portal; that usually takes less than a minute. Until then the old one works.",
                ),
                Text::new(
                    "Avisaremos al correo registrado cuando esté activa. También puede verlo en la página de su solicitud.",
                    "We will write to the e-mail on file when it is active. You can also see it on the page of your petition.",
                ),
            ],
        );
    }
    DonePage::new(
        frame,
        Text::new("La clave nueva está guardada", "The new password is saved"),
        &[
            Text::new(
                "Ya puede entrar al portal con ella. Las sesiones abiertas y los enlaces anteriores dejaron de servir.",
                "You can now sign in to the portal with it. Open sessions and earlier links no longer work.",
            ),
            Text::new(
                "Avisamos del cambio al correo registrado.",
                "We have told the e-mail on file about the change.",
            ),
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
    let language = frame.language;
    let mut explanation = vec![
        in_both!(
            language,
            "Este enlace sirve hasta el {until}.",
            "This link works until {until}.",
            until = calendar::minute_in(language, link.expires_at),
        ),
        frame
            .say(
                "Si había otro correo registrado, también le avisamos.",
                "If there was another e-mail on file, we have written there too.",
            )
            .to_owned(),
    ];
    explanation.extend(hold.map(|hold| {
        in_both!(
            language,
            "Por seguridad, una clave pedida con el correo nuevo espera {hold}.",
            "For security, a password asked for with the new e-mail waits {hold}.",
            hold = hold,
        )
    }));
    ConfirmPage {
        frame,
        title: frame.say("Confirme su correo nuevo", "Confirm your new e-mail"),
        lede: frame.say(
            "Pulse el botón para que este sea el correo registrado de la empresa.",
            "Press the button to make this the e-mail on file for the company.",
        ),
        legal_name: link.legal_name,
        masked_email: link.masked_email,
        explanation,
        button: frame.say("Confirmar este correo", "Confirm this e-mail"),
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
    let held_until = app
        .intake
        .confirm_address(&token)
        .await
        .map_err(|error| DeadLink::Address.because(error))?;
    Ok(finished(&headers, || {
        page(StatusCode::OK, &confirmed_page(&frame, held_until))
    }))
}

/// What is said once an address is on file, through which a password can be had from `held_until` on.
pub(super) fn confirmed_page(frame: &Frame, held_until: Option<Timestamp>) -> DonePage<'_> {
    let mut shown = DonePage::new(
        frame,
        Text::new(
            "El correo nuevo está registrado",
            "The new e-mail is on file",
        ),
        &[
            Text::new(
                "Desde ahora los avisos y los enlaces llegan a esta dirección. Si había otro correo registrado, también le avisamos.",
                "From now on notices and links go to this address. If there was another e-mail on file, we have written there too.",
            ),
            Text::new(
                "Si pidió una clave y solo faltaba el correo, aquí le avisaremos cuando pueda crearla.",
                "If you asked for a password and only the e-mail was missing, we will write here when you can create it.",
            ),
        ],
    );
    let wait = held_until.map(|until| words::ask_now(until, frame.language));
    shown.paragraphs.extend(wait.map(Cow::Owned));
    DonePage {
        href: "/solicitud?action=reset_password",
        link: frame.say("Pedir la clave", "Ask for the password"),
        ..shown
    }
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
        title: frame.say("¿No fue usted?", "Was it not you?"),
        lede: frame.say(
            "Si nadie de su empresa pidió este cambio, deténgalo ahora.",
            "If nobody in your company asked for this change, stop it now.",
        ),
        legal_name: link.legal_name,
        masked_email: None,
        explanation: vec![
            frame
                .say(
                    "Al pulsar el botón se detiene la cuenta: nadie podrá cambiar el correo ni la clave hasta que dos personas aprueben una solicitud nueva, firmada.",
                    "The button stops the account: nobody will be able to change the e-mail or the password until two people approve a new, signed petition.",
                )
                .to_owned(),
            in_both!(
                frame.language,
                "Si ya se creó una clave nueva, sigue abriendo el portal hasta que {operator} la cierre o se cree otra: avise también allí.",
                "If a new password has been created already, it opens the portal until {operator} closes it or another is created: tell them there too.",
                operator = frame.operator,
            ),
            frame
                .say(
                    "Si el cambio lo pidió usted o su representante legal, cierre esta página.",
                    "If you or your legal representative asked for the change, close this page.",
                )
                .to_owned(),
        ],
        button: frame.say("No fui yo: detener la cuenta", "It was not me: stop the account"),
        stop: true,
        shared: false,
        ask_again: false,
    }
}

/// What is said once an account is stopped, and which petition frees it.
pub(super) fn stopped_page(frame: &Frame, stopped: Stopped) -> DonePage<'_> {
    const TITLE: Text = Text::new("La cuenta está detenida", "The account is stopped");
    const SAID: Text = Text::new(
        "Nadie puede cambiar el correo ni la clave de la empresa. Ya avisamos a quien supervisa este servicio.",
        "Nobody can change the company’s e-mail or password. We have told the supervisors of this service.",
    );
    const OPENED: Text = Text::new(
        "Si ya se creó una clave que ustedes no pidieron, sigue abriendo el portal: pida hoy mismo que la cierren allí.",
        "If a password was created that you did not ask for, it still opens the portal: ask there today for it to be closed.",
    );
    const KEY: Text = Text::new(
        "Si cree que alguien tiene su certificado de firma, pida a la entidad que lo emitió que lo revoque hoy mismo, y firme con uno nuevo.",
        "If you think that somebody has your signing certificate, ask the entity that issued it to revoke it today, and sign with a new one.",
    );
    let (freeing, href, link) = if stopped.address_wanted {
        let link = frame.say("Pedir el cambio de correo", "Ask for the change of e-mail");
        (
            words::FREEING_WITH_ADDRESS,
            "/solicitud?action=change_email",
            link,
        )
    } else {
        let link = frame.say("Nueva solicitud", "New petition");
        (words::FREEING, "/solicitud", link)
    };
    DonePage {
        href,
        link,
        ..DonePage::new(frame, TITLE, &[SAID, OPENED, freeing, KEY])
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
    pub(super) paragraphs: Vec<Cow<'static, str>>,
    pub(super) href: &'static str,
    pub(super) link: &'static str,
}

impl<'a> DonePage<'a> {
    fn new(frame: &'a Frame, title: Text, paragraphs: &[Text]) -> Self {
        Self {
            frame,
            title: title.say(frame.language),
            tone: "ok",
            paragraphs: paragraphs
                .iter()
                .map(|text| Cow::Borrowed(text.say(frame.language)))
                .collect(),
            href: "/",
            link: frame.say("Ir al inicio", "Go to the start"),
        }
    }
}

fn finished(headers: &HeaderMap, shown: impl FnOnce() -> Response) -> Response {
    if wants_json("", headers) {
        return Json(json!({ "status": "done" })).into_response();
    }
    shown()
}

fn parse_token(text: &str, link: DeadLink) -> Result<Token, WebError> {
    Token::presented(text).ok_or(WebError::LinkDead(link, None))
}
