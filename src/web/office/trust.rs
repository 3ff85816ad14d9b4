//! Whom the service trusts: every pinned CA certificate, and changes of its status to propose.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::proposals;
use super::{Desk, OVERSEERS, Place, SUPERVISORS, act_at, page_at};
use crate::domain::{MemberRole, Sha256};
use crate::intake::reason_of;
use crate::verify::entities::{Role, Status};
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/confianza", OVERSEERS, || get(show)),
    act_at("/oficina/confianza", SUPERVISORS, || post(propose_pin)),
    page_at("/oficina/confianza/{sha256}", OVERSEERS, || get(one)),
    act_at("/oficina/confianza/{sha256}/estado", SUPERVISORS, || {
        post(propose)
    }),
];

/// A status in words.
pub(super) fn status_words(status: Status) -> &'static str {
    match status {
        Status::Accepted => "aceptado",
        Status::PastOnly => "solo para lo pasado",
        Status::HeldBack => "retenido",
    }
}

/// A pinned certificate as it is listed.
pub(in crate::web) struct PinLine {
    pub(in crate::web) sha256: String,
    pub(in crate::web) entity: String,
    pub(in crate::web) name: String,
    pub(in crate::web) role: &'static str,
    pub(in crate::web) status: &'static str,
}

#[derive(Template)]
#[template(path = "office/trust.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct TrustPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) pins: Vec<PinLine>,
    /// Entities of the table: id and name.
    pub(in crate::web) entities: Vec<(String, String)>,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) may_propose: bool,
}

#[derive(Template)]
#[template(path = "office/pin.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct PinPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) pin: PinLine,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) may_propose: bool,
}

async fn pins(app: &App) -> Result<Vec<PinLine>, WebError> {
    let table = app
        .changes
        .trusted()
        .await
        .map_err(|error| proposals::failed(&error))?;
    let pins = table.pinned().map(|(entity, row)| PinLine {
        sha256: row.sha256.to_string(),
        entity: entity.id.clone(),
        name: row.name.clone(),
        role: match row.role {
            Role::Root => "raíz",
            Role::Subordinate => "subordinada",
        },
        status: status_words(row.status),
    });
    Ok(pins.collect())
}

/// `GET /oficina/confianza`
async fn show(State(app): State<App>, desk: Desk) -> Result<Response, WebError> {
    all(&app, &desk, StatusCode::OK, None).await
}

async fn all(
    app: &App,
    desk: &Desk,
    status: StatusCode,
    error: Option<&'static str>,
) -> Result<Response, WebError> {
    let table = app.changes.trusted().await;
    let table = table.map_err(|error| proposals::failed(&error))?;
    let shown = TrustPage {
        frame: &app.frame,
        desk,
        pins: pins(app).await?,
        entities: table
            .list()
            .iter()
            .map(|entity| (entity.id.clone(), entity.name.clone()))
            .collect(),
        error,
        may_propose: desk.member.role == MemberRole::Supervisor,
    };
    Ok(page(status, &shown))
}

#[derive(Deserialize)]
struct NewCertificate {
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    entity: String,
    #[serde(default)]
    reason: String,
}

/// `POST /oficina/confianza`: a certificate that was not trusted before.
async fn propose_pin(
    State(app): State<App>,
    desk: Desk,
    Form(typed): Form<NewCertificate>,
) -> Result<Response, WebError> {
    let Some(reason) = reason_of(&typed.reason) else {
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return all(&app, &desk, unusable, Some(proposals::REASON_TEXT)).await;
    };
    let (certificate, entity) = (&typed.certificate, &typed.entity);
    match app
        .changes
        .propose_pin(certificate, entity, &reason, &desk.officer())
        .await
    {
        Ok(id) => Ok(Redirect::to(&format!("/oficina/propuestas/{id}")).into_response()),
        Err(error) => {
            let said = proposals::said(&error)?;
            all(&app, &desk, StatusCode::CONFLICT, Some(said)).await
        }
    }
}

/// `GET /oficina/confianza/{sha256}`
async fn one(
    State(app): State<App>,
    desk: Desk,
    Path(sha256): Path<String>,
) -> Result<Response, WebError> {
    answer(&app, &desk, &sha256, StatusCode::OK, None).await
}

async fn answer(
    app: &App,
    desk: &Desk,
    sha256: &str,
    status: StatusCode,
    error: Option<&'static str>,
) -> Result<Response, WebError> {
    let pin = pins(app)
        .await?
        .into_iter()
        .find(|pin| pin.sha256 == sha256);
    let shown = PinPage {
        frame: &app.frame,
        desk,
        pin: pin.ok_or(WebError::NotFound)?,
        error,
        may_propose: desk.member.role == MemberRole::Supervisor,
    };
    Ok(page(status, &shown))
}

#[derive(Deserialize)]
struct NewStatus {
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
}

/// `POST /oficina/confianza/{sha256}/estado`
async fn propose(
    State(app): State<App>,
    desk: Desk,
    Path(sha256): Path<String>,
    Form(typed): Form<NewStatus>,
) -> Result<Response, WebError> {
    let fingerprint: Sha256 = sha256.parse().map_err(|_| WebError::NotFound)?;
    let unusable = StatusCode::UNPROCESSABLE_ENTITY;
    let status = match typed.status.as_str() {
        "accepted" => Status::Accepted,
        "past_only" => Status::PastOnly,
        "held_back" => Status::HeldBack,
        _ => return answer(&app, &desk, &sha256, unusable, Some("Elija el estado.")).await,
    };
    let Some(reason) = reason_of(&typed.reason) else {
        return answer(&app, &desk, &sha256, unusable, Some(proposals::REASON_TEXT)).await;
    };
    match app
        .changes
        .propose_status(fingerprint, status, &reason, &desk.officer())
        .await
    {
        Ok(id) => Ok(Redirect::to(&format!("/oficina/propuestas/{id}")).into_response()),
        Err(error) => {
            let said = proposals::said(&error)?;
            answer(&app, &desk, &sha256, StatusCode::CONFLICT, Some(said)).await
        }
    }
}
