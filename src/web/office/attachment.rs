//! A file that came with a case, as images of its pages: appointments and scans come from strangers as documents do, and are
//! drawn in the same child process. The file itself is one step further, to be kept and never to be opened by the browser
//! (PRODUCT threat 12), and that somebody took it is in the audit log.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::page_image::{self, WIDTH, Wish, page_of};
use super::{Desk, MEMBERS, Place, page_at};
use crate::domain::{Event, Language, PetitionNumber, Sha256};
use crate::store::AttachmentRow;
use crate::web::company::parse_number;
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};
use crate::words;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/caso/{number}/adjunto/{sha256}", MEMBERS, || {
        get(show)
    }),
    page_at(
        "/oficina/caso/{number}/adjunto/{sha256}/pagina/{page}",
        MEMBERS,
        || get(image),
    ),
    page_at(
        "/oficina/caso/{number}/adjunto/{sha256}/original",
        MEMBERS,
        || get(original),
    ),
];

/// Pages that are shown at once; of a longer file the rest stands in the original.
const PAGES: u32 = 20;

#[derive(Template)]
#[template(path = "office/attachment.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct AttachmentPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) number: String,
    pub(in crate::web) sha256: String,
    pub(in crate::web) name: &'static str,
    pub(in crate::web) size: String,
    pub(in crate::web) pages: Vec<u32>,
    pub(in crate::web) all_pages: u32,
}

/// A file of this case; what belongs to another one is not there.
async fn found(app: &App, number: &str, sha256: &str) -> Result<Found, WebError> {
    let number = parse_number(number)?;
    let wanted: Sha256 = sha256.parse().map_err(|_| WebError::NotFound)?;
    let files = app.intake.attachments_of_case(&number).await?;
    let file = files.into_iter().find(|file| file.sha256 == wanted);
    Ok(Found {
        number,
        file: file.ok_or(WebError::NotFound)?,
    })
}

struct Found {
    number: PetitionNumber,
    file: AttachmentRow,
}

/// `GET /oficina/caso/{number}/adjunto/{sha256}`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Path((number, sha256)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let Found { number, file } = found(&app, &number, &sha256).await?;
    let first = app.intake.attachment_image(file.sha256, 1, WIDTH).await?;
    // Where there is none, a picture stands in its place that says so.
    let all_pages = first.map_or(1, |image| image.pages);
    let shown = AttachmentPage {
        frame: &app.frame,
        desk: &desk,
        number: number.to_string(),
        sha256: file.sha256.to_string(),
        name: words::review::attachment(file.kind),
        size: format!(
            "{} bytes",
            words::thousands(u64::try_from(file.bytes).unwrap_or_default(), Language::Es)
        ),
        pages: (1..=all_pages.min(PAGES)).collect(),
        all_pages,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// `GET /oficina/caso/{number}/adjunto/{sha256}/pagina/{n}.png`
async fn image(
    State(app): State<App>,
    Path((number, sha256, page)): Path<(String, String, String)>,
    Query(wish): Query<Wish>,
) -> Result<Response, WebError> {
    let Found { file, .. } = found(&app, &number, &sha256).await?;
    let page = page_of(&page)?;
    let drawn = app
        .intake
        .attachment_image(file.sha256, page, wish.width())
        .await?;
    Ok(page_image::answer(drawn, page))
}

/// `GET /oficina/caso/{number}/adjunto/{sha256}/original`
async fn original(
    State(app): State<App>,
    desk: Desk,
    Path((number, sha256)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let Found { number, file } = found(&app, &number, &sha256).await?;
    let bytes = app.intake.attached(file.sha256).await?;
    let acting = desk.acting();
    let facts = json!({ "sha256": file.sha256.to_string(), "from": acting.address });
    let (store, now) = (app.intake.store(), app.intake.now());
    let event = Event::AttachmentTaken;
    store
        .note(now, &acting.actor(), number.as_str(), event, &facts)
        .await?;
    let name = format!(
        "attachment; filename=\"{number}-{}.bin\"",
        file.kind.as_str()
    );
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
