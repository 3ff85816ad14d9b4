//! One's own account: where one is signed in, and another password.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::people::SessionLine;
use super::{Desk, MEMBERS, Place, act_at, enrolment, page_at};
use crate::domain::calendar;
use crate::people::PeopleError;
use crate::web::messages::WebError;
use crate::web::notices::OfficeNotice;
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/cuenta", MEMBERS, || get(show)),
    act_at("/oficina/cuenta/clave", MEMBERS, || post(change_password)),
    act_at("/oficina/cuenta/sesiones/{session}/cerrar", MEMBERS, || {
        post(end_session)
    }),
];

#[derive(Template)]
#[template(path = "office/account.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct AccountPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) sessions: Vec<SessionLine>,
    pub(in crate::web) codes_left: i64,
    pub(in crate::web) least: usize,
    pub(in crate::web) notice: Option<&'static str>,
    pub(in crate::web) errors: Vec<String>,
}

#[derive(Deserialize)]
struct Notice {
    #[serde(default)]
    aviso: String,
}

/// `GET /oficina/cuenta`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Query(notice): Query<Notice>,
) -> Result<Response, WebError> {
    let notice = notice.aviso.parse().ok().map(OfficeNotice::said);
    answer(&app, &desk, StatusCode::OK, notice, Vec::new()).await
}

async fn answer(
    app: &App,
    desk: &Desk,
    status: StatusCode,
    notice: Option<&'static str>,
    errors: Vec<String>,
) -> Result<Response, WebError> {
    let sessions = app.people.sessions().await.map_err(super::people::failed)?;
    let own = sessions.iter().filter(|open| open.user == desk.member.user);
    let shown = AccountPage {
        frame: &app.frame,
        desk,
        sessions: own.map(|open| SessionLine::of(open, desk)).collect(),
        codes_left: app
            .people
            .recovery_codes_left(&desk.member.user)
            .await
            .map_err(super::people::failed)?,
        least: app.people.settings().password_least,
        notice,
        errors,
    };
    Ok(page(status, &shown))
}

#[derive(Deserialize)]
struct Passwords {
    old: SecretString,
    password: SecretString,
    password_again: SecretString,
}

/// `POST /oficina/cuenta/clave`
async fn change_password(
    State(app): State<App>,
    desk: Desk,
    Form(typed): Form<Passwords>,
) -> Result<Response, WebError> {
    let again = async |status, errors| answer(&app, &desk, status, None, errors).await;
    if typed.password.expose_secret() != typed.password_again.expose_secret() {
        let errors = vec!["Las dos claves nuevas no son iguales.".to_owned()];
        return again(StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    }
    let changed = app
        .people
        .change_password(&desk.session, typed.old, typed.password, desk.address)
        .await;
    match changed {
        Ok(()) => Ok(OfficeNotice::Password
            .after("/oficina/cuenta")
            .into_response()),
        Err(PeopleError::Wrong) => {
            let errors = vec!["La clave actual no es correcta.".to_owned()];
            again(StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
        Err(PeopleError::Wait(until)) => {
            let errors = vec![format!(
                "Hubo varios intentos fallidos. Espere hasta las {}.",
                calendar::say_second(until)
            )];
            again(StatusCode::TOO_MANY_REQUESTS, errors).await
        }
        Err(PeopleError::Password(flaws)) => {
            let least = app.people.settings().password_least;
            let errors = flaws
                .into_iter()
                .map(|flaw| enrolment::said(flaw, least))
                .collect();
            again(StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
        Err(other) => Err(super::people::failed(other)),
    }
}

/// `POST /oficina/cuenta/sesiones/{session}/cerrar`: one's own sessions only.
async fn end_session(
    State(app): State<App>,
    desk: Desk,
    axum::extract::Path(session): axum::extract::Path<String>,
) -> Result<Response, WebError> {
    let hash = session.parse().map_err(|_| WebError::NotFound)?;
    app.people
        .end_session(hash, &desk.member.user, &desk.acting())
        .await
        .map_err(super::people::failed)?;
    Ok(Redirect::to("/oficina/cuenta").into_response())
}
