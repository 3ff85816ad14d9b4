//! The door: signing in and out.

use std::net::IpAddr;

use askama::Template;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;

use super::admission::{SESSION, cookie_name, csrf_of, token_in};
use super::case::{self, Typed as TypedIntoCase};
use super::{Desk, MEMBERS, Place, Who, act_at, page_at};
use crate::domain::{PetitionNumber, Token, calendar};
use crate::people::{PeopleError, SignIn};
use crate::web::messages::WebError;
use crate::web::{App, Frame, cookies, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/entrar", Who::Anybody, || get(show)),
    act_at("/oficina/entrar", Who::Anybody, || post(enter)),
    act_at("/oficina/salir", MEMBERS, || post(leave)),
];

/// Cookie that marks a browser which signed in completely before.
const DEVICE: &str = "equipo";
/// How long it is kept, in seconds.
const DEVICE_SECONDS: i64 = 180 * 24 * 3600;

#[derive(Template)]
#[template(path = "office/sign_in.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct SignInPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) user: &'a str,
    pub(in crate::web) back: &'a str,
    pub(in crate::web) second_factor: bool,
    pub(in crate::web) error: Option<String>,
    /// What was typed into a case when the session was over, as its form sends it; never in an address.
    pub(in crate::web) unsaved: Vec<(&'static str, String)>,
}

#[derive(Deserialize)]
struct Wanted {
    /// Where somebody wanted to go.
    #[serde(default)]
    a: String,
}

/// `GET /oficina/entrar`
async fn show(State(app): State<App>, Query(wanted): Query<Wanted>) -> Response {
    page(
        StatusCode::OK,
        &SignInPage {
            frame: &app.frame,
            user: "",
            back: &wanted.a,
            second_factor: app.people.settings().second_factor,
            error: None,
            unsaved: Vec::new(),
        },
    )
}

/// The case to whose page a path belongs.
fn case_at(path: &str) -> Option<PetitionNumber> {
    let rest = path.strip_prefix("/oficina/caso/")?;
    rest.split(['/', '?']).next()?.parse().ok()
}

/// A form in a body that is there already.
async fn form_in<T: serde::de::DeserializeOwned>(parts: &Parts, body: &Bytes) -> Option<T> {
    let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let form = Form::<T>::from_request(request, &()).await;
    form.ok().map(|Form(typed)| typed)
}

/// The door for somebody whose session was over when they sent what they had typed into a case: it leads back there, with all of it.
/// That it was sent from a page of theirs has been made sure of. `None` where there is nothing to come back to.
pub(super) async fn with_unsaved(app: &App, parts: &Parts, body: &Bytes) -> Option<Response> {
    let number = case_at(parts.uri.path())?;
    let unsaved = form_in::<TypedIntoCase>(parts, body).await?;
    if !unsaved.says_something() {
        return None;
    }
    let error = "Su sesión terminó y esto último no se guardó. Entre otra vez: vuelve al caso con lo que escribió.";
    let shown = SignInPage {
        frame: &app.frame,
        user: "",
        back: &format!("/oficina/caso/{number}"),
        second_factor: app.people.settings().second_factor,
        error: Some(error.to_owned()),
        unsaved: unsaved.fields(),
    };
    Some(page(StatusCode::UNAUTHORIZED, &shown))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    user: String,
    password: SecretString,
    #[serde(default)]
    code: String,
    #[serde(default)]
    a: String,
}

/// `POST /oficina/entrar`
async fn enter(State(app): State<App>, request: Request) -> Result<Response, WebError> {
    let address = app
        .proxies
        .client_of(request.extensions(), request.headers());
    let headers = request.headers().clone();
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map_err(|_| WebError::Malformed)?;
    let typed: Typed = form_in(&parts, &body).await.ok_or(WebError::Malformed)?;
    let unsaved: TypedIntoCase = form_in(&parts, &body).await.unwrap_or_default();
    let wanted = SignIn {
        user: &typed.user,
        password: typed.password,
        code: &typed.code,
        device: token_in(&app, &headers, DEVICE),
        address,
    };
    let signed_in = match app.people.sign_in(wanted).await {
        Ok(signed_in) => signed_in,
        Err(error @ (PeopleError::Internal(_) | PeopleError::Unavailable(_))) => {
            return Err(error.into());
        }
        Err(refusal) => {
            let (status, error) = refused(&app, &refusal);
            let again = SignInPage {
                frame: &app.frame,
                user: &typed.user,
                back: &typed.a,
                second_factor: app.people.settings().second_factor,
                error: Some(error),
                unsaved: unsaved.fields(),
            };
            return Ok(page(status, &again));
        }
    };
    // Whatever session this browser had is over: one browser, one member.
    if let Some(old) = token_in(&app, &headers, SESSION)
        && let Ok(Some(session)) = app.people.session(&old).await
    {
        let desk = Desk::of(session, String::new(), address, "");
        let _ = app
            .people
            .end_session(old.hash(), &desk.member.user, &desk.acting())
            .await;
    }
    let mut response = match case_at(inside(&typed.a)).filter(|_| unsaved.says_something()) {
        Some(number) => back_at(&app, &number, &unsaved, &signed_in.session, address).await,
        None => Redirect::to(inside(&typed.a)).into_response(),
    };
    set_cookie(
        &app,
        &mut response,
        SESSION,
        signed_in.session.reveal(),
        None,
    );
    set_cookie(
        &app,
        &mut response,
        DEVICE,
        signed_in.device.reveal(),
        Some(DEVICE_SECONDS),
    );
    Ok(response)
}

/// The page of a case for whoever has just signed in, with what they had typed into it.
async fn back_at(
    app: &App,
    number: &PetitionNumber,
    unsaved: &TypedIntoCase,
    token: &Token,
    address: IpAddr,
) -> Response {
    let path = format!("/oficina/caso/{number}");
    let shown = match app.people.session(token).await {
        Ok(Some(session)) => {
            let desk = Desk::of(session, csrf_of(token), address, &path);
            case::resumed(app, &desk, number, unsaved).await
        }
        Ok(None) => Err(WebError::SignInNeeded),
        Err(error) => Err(error.into()),
    };
    // They are signed in all the same.
    shown.unwrap_or_else(|_| Redirect::to(&path).into_response())
}

fn refused(app: &App, refusal: &PeopleError) -> (StatusCode, String) {
    match refusal {
        PeopleError::Wait(again_at) => {
            let left = again_at
                .duration_since(app.people.now())
                .max(SignedDuration::from_secs(1));
            let span = calendar::say_span(left.as_secs().unsigned_abs().saturating_add(1));
            (
                StatusCode::TOO_MANY_REQUESTS,
                format!("Hubo varios intentos fallidos. Espere {span} y vuelva a intentar."),
            )
        }
        PeopleError::CodeUsed => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Ese código ya se usó. Espere el siguiente, que sale en menos de 30 segundos."
                .to_owned(),
        ),
        _ => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "El usuario, la clave o el código no son correctos.".to_owned(),
        ),
    }
}

/// Where somebody wanted to go, when that is inside the office: never to another site.
fn inside(wanted: &str) -> &str {
    let plain = wanted.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let ours =
        wanted == "/oficina" || wanted.starts_with("/oficina/") || wanted.starts_with("/oficina?");
    if plain && ours { wanted } else { "/oficina" }
}

/// `POST /oficina/salir`
async fn leave(State(app): State<App>, desk: Desk) -> Response {
    let ended = app
        .people
        .end_session(desk.session.open.hash, &desk.member.user, &desk.acting())
        .await;
    if let Err(error) = ended {
        tracing::error!(%error, "a session could not be ended");
    }
    let mut response = Redirect::to("/oficina/entrar").into_response();
    set_cookie(&app, &mut response, SESSION, "", Some(0));
    response
}

fn set_cookie(app: &App, response: &mut Response, name: &str, value: &str, seconds: Option<i64>) {
    let name = cookie_name(app, name);
    let secure = cookies::secure(app);
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_led_back_to_by_its_number_alone() {
        let number = PetitionNumber::new(2026, 123);
        let path = format!("/oficina/caso/{number}");
        assert_eq!(case_at(&path), Some(number.clone()));
        assert_eq!(case_at(&format!("{path}/decidir")), Some(number));
        for other in ["/oficina/caso/", "/oficina/caso/..", "/oficina", ""] {
            assert_eq!(case_at(other), None, "{other}");
        }
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        const VECTORS: &[(&str, &str)] = &[
            ("/oficina/cola?pagina=2", "/oficina/cola?pagina=2"),
            ("/oficina", "/oficina"),
            ("", "/oficina"),
            ("//evil.example/oficina/", "/oficina"),
            ("https://evil.example/", "/oficina"),
            ("/oficina/\\evil", "/oficina"),
            ("/oficinax", "/oficina"),
            ("/oficina/\r\nSet-Cookie: a=b", "/oficina"),
        ];
        for (wanted, expected) in VECTORS {
            assert_eq!(inside(wanted), *expected, "{wanted:?}");
        }
    }
}
