//! Pages of a petition's document as images. A document never reaches a reviewer's browser itself (PRODUCT threat 12).

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{MEMBERS, Place, page_at};
use crate::pages::{PageError, PageImage};
use crate::web::App;
use crate::web::company::parse_number;
use crate::web::messages::WebError;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[page_at(
    "/oficina/caso/{number}/pagina/{page}",
    MEMBERS,
    || get(of_document),
)];

/// Pages of the document.
const PAGES: HeaderName = HeaderName::from_static("x-paginas");
/// Whether a font or an image of the page is missing: `1`, or `0`.
const INCOMPLETE: HeaderName = HeaderName::from_static("x-incompleta");

/// Width of an image in pixels, when nobody says.
pub(super) const WIDTH: u16 = 900;

#[derive(Deserialize)]
pub(super) struct Wish {
    /// Width in pixels.
    ancho: Option<u16>,
}

impl Wish {
    /// Width of the image in pixels.
    pub(super) fn width(&self) -> u16 {
        self.ancho.unwrap_or(WIDTH)
    }
}

/// `GET /oficina/caso/{number}/pagina/{n}.png`
async fn of_document(
    State(app): State<App>,
    Path((number, page)): Path<(String, String)>,
    Query(wish): Query<Wish>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let page = page_of(&page)?;
    let drawn = app.intake.page_image(&number, page, wish.width()).await?;
    Ok(answer(drawn, page))
}

/// `3.png` or `3`.
pub(super) fn page_of(name: &str) -> Result<u32, WebError> {
    let digits = name.strip_suffix(".png").unwrap_or(name);
    digits.parse().map_err(|_| WebError::NotFound)
}

pub(super) fn answer(drawn: Result<PageImage, PageError>, page: u32) -> Response {
    match drawn {
        Ok(image) => (
            [
                (CONTENT_TYPE, "image/png".to_owned()),
                (CACHE_CONTROL, "no-store".to_owned()),
                (PAGES, image.pages.to_string()),
                (INCOMPLETE, u8::from(image.incomplete).to_string()),
            ],
            image.png,
        )
            .into_response(),
        Err(PageError::NoSuchPage { .. }) => WebError::NotFound.into_response(),
        Err(error) => {
            let status = match error {
                PageError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "no-store")];
            (status, headers, in_place_of(page)).into_response()
        }
    }
}

/// A picture that says there is none: where the page would stand, a browser shows it in spite of the status.
fn in_place_of(page: u32) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 300\" role=\"img\">\
         <rect x=\"1\" y=\"1\" width=\"898\" height=\"298\" fill=\"#fff\" stroke=\"#4a5563\" stroke-width=\"2\"/>\
         <g font-family=\"sans-serif\" font-size=\"28\" fill=\"#1b222c\">\
         <text x=\"40\" y=\"120\">No se pudo dibujar esta página ({page}).</text>\
         <text x=\"40\" y=\"165\">El documento es demasiado complejo o está dañado.</text>\
         <text x=\"40\" y=\"210\">No lo abra con otro programa; decida por las comprobaciones.</text></g></svg>"
    )
}
