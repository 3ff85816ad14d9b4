//! The queue of cases.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::{Desk, MEMBERS, Place, page_at};
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[page_at("/oficina/cola", MEMBERS, || get(show))];

#[derive(Template)]
#[template(path = "office/queue.html", config = "src/web/pages/askama.toml")]
struct QueuePage<'a> {
    frame: &'a Frame,
    desk: &'a Desk,
}

/// `GET /oficina/cola`
async fn show(State(app): State<App>, desk: Desk) -> Response {
    page(
        StatusCode::OK,
        &QueuePage {
            frame: &app.frame,
            desk: &desk,
        },
    )
}
