//! The one-time link of a new member: choose a password, set up the second factor, write down the recovery codes.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::plate::Plate;
use super::{Place, Who, act_at, page_at};
use crate::domain::{Token, UserName};
use crate::people::{PasswordFlaw, PeopleError, TotpSecret};
use crate::web::messages::{DeadLink, WebError};
use crate::web::{App, Frame, page};

/// The rows of this screen. The token in the address is the credential, as with the links of mails.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/alta/{token}", Who::Anybody, || get(show)),
    act_at("/oficina/alta/{token}", Who::Anybody, || post(finish)),
];

/// What an authenticator app is given.
pub(in crate::web) struct AppSetup {
    pub(in crate::web) plate: Option<Plate>,
    /// The secret in groups, for typing.
    pub(in crate::web) secret: String,
}

#[derive(Template)]
#[template(path = "office/enrolment.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct EnrolmentPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) user: &'a str,
    pub(in crate::web) least: usize,
    pub(in crate::web) setup: Option<AppSetup>,
    pub(in crate::web) password_errors: Vec<String>,
    pub(in crate::web) code_error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "office/enrolled.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct EnrolledPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) codes: Vec<String>,
}

#[derive(Deserialize)]
struct Typed {
    password: SecretString,
    password_again: SecretString,
    #[serde(default)]
    code: String,
}

/// `GET /oficina/alta/{token}`
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<Response, WebError> {
    let token = Token::presented(&token).ok_or(WebError::LinkDead(DeadLink::Enrolment, None))?;
    let (user, secret) = opened(&app, &token).await?;
    Ok(page(StatusCode::OK, &form(&app, &user, secret.as_ref())))
}

async fn opened(app: &App, token: &Token) -> Result<(UserName, Option<TotpSecret>), WebError> {
    app.people.open_enrolment(token).await.map_err(failed)
}

fn failed(error: PeopleError) -> WebError {
    match error {
        PeopleError::LinkDead => WebError::LinkDead(DeadLink::Enrolment, None),
        other => other.into(),
    }
}

fn form<'a>(app: &'a App, user: &'a UserName, secret: Option<&TotpSecret>) -> EnrolmentPage<'a> {
    let settings = app.people.settings();
    EnrolmentPage {
        frame: &app.frame,
        user: user.as_str(),
        least: settings.password_least,
        setup: secret.map(|secret| AppSetup {
            plate: Plate::of(&secret.address(&settings.service, user.as_str())),
            secret: grouped(secret.reveal()),
        }),
        password_errors: Vec::new(),
        code_error: None,
    }
}

fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// `POST /oficina/alta/{token}`
async fn finish(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let token = Token::presented(&token).ok_or(WebError::LinkDead(DeadLink::Enrolment, None))?;
    let (user, secret) = opened(&app, &token).await?;
    let address = app
        .proxies
        .client_of(request.extensions(), request.headers());
    let Form(typed) = Form::<Typed>::from_request(request, &())
        .await
        .map_err(|_| WebError::Malformed)?;
    let mut again = form(&app, &user, secret.as_ref());
    if typed.password.expose_secret() != typed.password_again.expose_secret() {
        again.password_errors = vec!["Las dos claves no son iguales.".to_owned()];
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    }
    match app
        .people
        .enrol(&token, typed.password, &typed.code, address)
        .await
    {
        Ok(codes) => {
            let shown = EnrolledPage {
                frame: &app.frame,
                codes: codes.shown(),
            };
            Ok(page(StatusCode::OK, &shown))
        }
        Err(PeopleError::Password(flaws)) => {
            let least = app.people.settings().password_least;
            again.password_errors = flaws.into_iter().map(|flaw| said(flaw, least)).collect();
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(PeopleError::Wrong) => {
            again.code_error = Some(
                "El código no coincide. Escriba el que muestra ahora la aplicación y revise la hora del teléfono.",
            );
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(other) => Err(failed(other)),
    }
}

/// A flaw of a password in words.
pub(super) fn said(flaw: PasswordFlaw, least: usize) -> String {
    match flaw {
        PasswordFlaw::Short => {
            format!("La clave debe tener al menos {least} caracteres; una frase corta sirve.")
        }
        PasswordFlaw::Long => "La clave es demasiado larga.".to_owned(),
        PasswordFlaw::Monotonous => "La clave repite muy pocas letras distintas.".to_owned(),
        PasswordFlaw::HoldsName => "La clave no puede contener su nombre de usuario.".to_owned(),
    }
}
