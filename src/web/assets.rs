//! Style, script and mark, built into the binary. Their names carry a hash of their content, so browsers may keep
//! them for ever and still never show an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::messages::WebError;
use crate::domain::Sha256;

struct Asset {
    /// Name in the source.
    name: &'static str,
    /// Name in the address: `app.1a2b3c4d5e6f.css`.
    hashed: String,
    kind: &'static str,
    content: &'static str,
}

static ASSETS: LazyLock<[Asset; 6]> = LazyLock::new(|| {
    [
        asset(
            "app.css",
            "text/css; charset=utf-8",
            include_str!("static/app.css"),
        ),
        asset(
            "app.js",
            "text/javascript; charset=utf-8",
            include_str!("static/app.js"),
        ),
        asset(
            "office.css",
            "text/css; charset=utf-8",
            include_str!("static/office.css"),
        ),
        asset(
            "office.js",
            "text/javascript; charset=utf-8",
            include_str!("static/office.js"),
        ),
        asset(
            "once.js",
            "text/javascript; charset=utf-8",
            include_str!("static/once.js"),
        ),
        asset("mark.svg", "image/svg+xml", include_str!("static/mark.svg")),
    ]
});

fn asset(name: &'static str, kind: &'static str, content: &'static str) -> Asset {
    let digest = Sha256::of(content.as_bytes()).to_string();
    let hashed = match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{}.{extension}", &digest[..12]),
        None => name.to_owned(),
    };
    Asset {
        name,
        hashed,
        kind,
        content,
    }
}

/// Address of an asset by its name in the source.
///
/// # Panics
/// When there is no such asset: a typing error in a page, which the page tests find.
#[must_use]
pub fn address(name: &str) -> String {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .expect("pages name only assets that exist");
    format!("/assets/{}", asset.hashed)
}

/// `GET /assets/{name}`.
pub async fn get(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.hashed == name)
        .ok_or(WebError::NotFound)?;
    let etag = format!("\"{}\"", asset.hashed);
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|seen| seen.as_bytes() == etag.as_bytes());
    let kept = [
        (CONTENT_TYPE, asset.kind.to_owned()),
        (
            CACHE_CONTROL,
            "public, max-age=31536000, immutable".to_owned(),
        ),
        (ETAG, etag),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, asset.content).into_response())
}
