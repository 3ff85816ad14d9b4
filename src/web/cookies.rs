//! What a browser sends back to us, and what is said with each cookie it is given.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use super::App;

/// The values of a cookie; a browser may hold several of one name, for different places.
pub(super) fn named<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The attribute that keeps a cookie off plain http, where people reach us over https.
pub(super) fn secure(app: &App) -> &'static str {
    if app.is_https() { "; Secure" } else { "" }
}
