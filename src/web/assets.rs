//! Style, script and mark, built into the binary. Their names carry a hash of their content, so browsers may keep
//! them for ever and still never show an old one. They travel compressed: they are alike for everybody and hold no secret, so
//! their length tells nothing.

use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::messages::WebError;
use crate::domain::Sha256;

struct Asset {
    /// Name in the source.
    name: &'static str,
    /// Name in the address: `app.1a2b3c4d5e6f.css`.
    hashed: String,
    kind: &'static str,
    content: &'static str,
    /// The same in the format of RFC 1952.
    gzipped: Bytes,
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
        gzipped: gzip(content.as_bytes())
            .expect("writing to memory does not fail")
            .into(),
    }
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Whether a client takes what is compressed (RFC 9110 §12.5.3); one that says nothing is not asked to.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let told = headers.get_all(ACCEPT_ENCODING);
    let mut codings = told
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        let refused = |part: &str| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
        };
        named && !parts.any(refused)
    })
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
    let gzipped = takes_gzip(&headers);
    // Two forms of one thing: RFC 9110 §8.8.3.3 wants them told apart.
    let etag = if gzipped {
        format!("\"{}-gzip\"", asset.hashed)
    } else {
        format!("\"{}\"", asset.hashed)
    };
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
        (VARY, ACCEPT_ENCODING.to_string()),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    if gzipped {
        let body = asset.gzipped.clone();
        return Ok((kept, [(CONTENT_ENCODING, "gzip")], body).into_response());
    }
    Ok((kept, asset.content).into_response())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_compressed_is_smaller_and_becomes_the_same_again() {
        for asset in ASSETS.iter() {
            let mut content = String::new();
            flate2::read::GzDecoder::new(&asset.gzipped[..])
                .read_to_string(&mut content)
                .unwrap();
            assert_eq!(content, asset.content, "{}", asset.name);
            assert!(asset.gzipped.len() < content.len(), "{}", asset.name);
        }
    }

    #[test]
    fn only_who_takes_it_gets_it_compressed() {
        for (told, takes) in [
            (None, false),
            (Some("gzip, deflate, br"), true),
            (Some("br;q=1.0, GZIP;q=0.5"), true),
            (Some("*"), true),
            (Some("gzip;q=0, br"), false),
            (Some("gzip; q=0.000"), false),
            (Some("identity"), false),
            (Some("xgzip"), false),
        ] {
            let headers = told.map(|told| (ACCEPT_ENCODING, told.parse().unwrap()));
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(takes_gzip(&headers), takes, "{told:?}");
        }
    }
}
