//! The pages of a company: ask for a petition, upload what was signed, see where it stands.

mod address_doubt;
mod documents;
mod lookup;
mod new_petition;
mod petition;
mod secret;

use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;

pub(in crate::web) use address_doubt::AddressDoubt;
pub(in crate::web) use documents::*;
pub(in crate::web) use lookup::*;
pub(in crate::web) use new_petition::*;
pub(super) use petition::{appeal, form, missing_address, petition, send_link};
pub(super) use secret::{cookie, forget, is_presented, mine, parse_number, secret_of, to_lookup};

use super::{App, Frame, page};

#[derive(Template)]
#[template(path = "start.html", config = "src/web/pages/askama.toml")]
pub(super) struct StartPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) link_minutes: String,
}

/// `GET /`
pub(super) async fn start(Shared(app): Shared<App>, frame: Frame) -> Response {
    let link_minutes = app.link_life(frame.language);
    page(
        StatusCode::OK,
        &StartPage {
            frame: &frame,
            link_minutes,
        },
    )
}

/// `GET /robots.txt`: only the start page is for search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nAllow: /$\nDisallow: /\n"
}
