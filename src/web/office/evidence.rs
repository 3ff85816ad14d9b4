//! The evidence package of a case, for those who look over others' shoulders. That somebody took it is in the audit log.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::TryStreamExt;
use serde_json::json;

use super::case::{Come, answer};
use super::{Desk, OVERSEERS, Place, page_at};
use crate::domain::Event;
use crate::web::App;
use crate::web::company::parse_number;
use crate::web::messages::WebError;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[page_at(
    "/oficina/caso/{number}/evidencia.zip",
    OVERSEERS,
    || get(download),
)];

/// `GET /oficina/caso/{number}/evidencia.zip`
async fn download(
    State(app): State<App>,
    Path(number): Path<String>,
    desk: Desk,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    if app.intake.is_blind(&number, &desk.officer()).await? {
        let why = "El paquete dice qué decidió la primera persona: se puede bajar cuando el caso esté decidido.";
        let come = Come {
            error: Some(why.to_owned()),
            ..Come::default()
        };
        return answer(&app, &desk, &number, StatusCode::CONFLICT, come).await;
    }
    let package = app.intake.evidence_package(&number).await?;
    let acting = desk.acting();
    let facts = json!({
        "bytes": package.bytes(),
        "address": acting.address,
    });
    let (store, now) = (app.intake.store(), app.intake.now());
    store
        .note(
            now,
            &acting.actor(),
            number.as_str(),
            Event::EvidenceExported,
            &facts,
        )
        .await?;
    let name = format!("attachment; filename=\"evidencia-{number}.zip\"");
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_LENGTH, package.bytes().to_string()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    // What breaks off is shorter than announced: nobody takes it for a package.
    let pieces = package.into_pieces().inspect_err(|error| {
        tracing::error!(%error, "an evidence package broke off");
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}
