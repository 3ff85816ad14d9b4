//! The members as supervisors see them: who they are, where they are signed in; closing a session, letting nobody in
//! under a name any more.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::{Desk, Place, SUPERVISORS, act_at, page_at};
use crate::domain::{UserName, calendar};
use crate::people::PeopleError;
use crate::store::{MemberRow, OpenSession};
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/personas", SUPERVISORS, || get(show)),
    act_at("/oficina/personas/{user}/desactivar", SUPERVISORS, || {
        post(disable)
    }),
    act_at(
        "/oficina/personas/{user}/sesiones/{session}/cerrar",
        SUPERVISORS,
        || post(end_session),
    ),
];

/// A session as it is listed.
pub(in crate::web) struct SessionLine {
    pub(in crate::web) hash: String,
    pub(in crate::web) user: String,
    pub(in crate::web) address: String,
    pub(in crate::web) since: String,
    pub(in crate::web) seen: String,
    /// The one that is looking.
    pub(in crate::web) own: bool,
}

impl SessionLine {
    pub(super) fn of(open: &OpenSession, desk: &Desk) -> Self {
        Self {
            hash: open.hash.to_string(),
            user: open.user.to_string(),
            address: open.address.clone(),
            since: calendar::say_minute(open.created_at),
            seen: calendar::say_minute(open.seen_at),
            own: open.hash == desk.session.open.hash,
        }
    }
}

/// A member as they are listed.
pub(in crate::web) struct MemberLine {
    pub(in crate::web) user: String,
    pub(in crate::web) name: String,
    pub(in crate::web) role: &'static str,
    pub(in crate::web) standing: &'static str,
    pub(in crate::web) can_disable: bool,
}

impl MemberLine {
    fn of(row: &MemberRow, desk: &Desk) -> Self {
        let standing = match (
            &row.member.disabled_at,
            &row.password_hash,
            &row.totp_secret,
        ) {
            (Some(_), _, _) => "Desactivada",
            (None, None, _) => "No ha usado su enlace de alta",
            (None, Some(_), Some(_)) => "Activa, con segundo factor",
            (None, Some(_), None) => "Activa, sin segundo factor",
        };
        Self {
            user: row.member.user.to_string(),
            name: row.member.name.clone(),
            role: row.member.role.said(),
            standing,
            can_disable: row.member.disabled_at.is_none() && row.member.user != desk.member.user,
        }
    }
}

#[derive(Template)]
#[template(path = "office/people.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct PeoplePage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) members: Vec<MemberLine>,
    pub(in crate::web) sessions: Vec<SessionLine>,
}

/// A failure as a page: what is not there, and what is our fault.
pub(super) fn failed(error: PeopleError) -> WebError {
    match error {
        PeopleError::Stale => WebError::NotFound,
        other => other.into(),
    }
}

/// `GET /oficina/personas`
async fn show(State(app): State<App>, desk: Desk) -> Result<Response, WebError> {
    let members = app.people.members().await.map_err(failed)?;
    let sessions = app.people.sessions().await.map_err(failed)?;
    let shown = PeoplePage {
        frame: &app.frame,
        desk: &desk,
        members: members
            .iter()
            .map(|row| MemberLine::of(row, &desk))
            .collect(),
        sessions: sessions
            .iter()
            .map(|open| SessionLine::of(open, &desk))
            .collect(),
    };
    Ok(page(StatusCode::OK, &shown))
}

/// `POST /oficina/personas/{user}/desactivar`: anybody but oneself, so that the last one can't lock the door from inside.
async fn disable(
    State(app): State<App>,
    desk: Desk,
    Path(user): Path<String>,
) -> Result<Response, WebError> {
    let user: UserName = user.parse().map_err(|_| WebError::NotFound)?;
    if user == desk.member.user {
        return Err(WebError::NotAllowed);
    }
    let by = desk.acting();
    app.people
        .disable(&user, &by.actor(), &by.address)
        .await
        .map_err(failed)?;
    Ok(Redirect::to("/oficina/personas").into_response())
}

/// `POST /oficina/personas/{user}/sesiones/{session}/cerrar`
async fn end_session(
    State(app): State<App>,
    desk: Desk,
    Path((user, session)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let user: UserName = user.parse().map_err(|_| WebError::NotFound)?;
    let hash = session.parse().map_err(|_| WebError::NotFound)?;
    app.people
        .end_session(hash, &user, &desk.acting())
        .await
        .map_err(failed)?;
    Ok(Redirect::to("/oficina/personas").into_response())
}
