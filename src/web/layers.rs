//! What surrounds every request: number, security headers, cross-site guard, limits of time, panics, log and metrics.

use std::any::Any;
use std::fmt::Write;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;

use super::App;
use super::messages::WebError;

/// Largest body of anything that is not an upload: forms and JSON of a few lines.
const SMALL_BODY_BYTES: usize = 16 * 1024;
/// Longest time for anything that is not an upload; the slowest of them hashes a password and writes one transaction.
const QUICK: Duration = Duration::from_secs(20);
/// Longest time for an upload: 50 MB, the largest configurable limit, at 256 kbit/s take 26 minutes (PRODUCT §3.1).
const SLOW: Duration = Duration::from_mins(30);

/// Everything comes from here and nothing may frame us; no inline script or style anywhere.
const CONTENT_SECURITY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Number of a request: in the log, in the answer, and what a person reads out when something failed.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// Sixty random bits, so that numbers say nothing about how many requests there were.
    fn new() -> Self {
        let mut random = [0; 8];
        let mut text = String::with_capacity(16);
        if openssl::rand::rand_bytes(&mut random).is_ok() {
            for byte in random {
                let _ = write!(text, "{byte:02x}");
            }
        }
        Self(text)
    }
}

/// Limits for everything that is not an upload.
pub(super) fn quick(router: Router<App>) -> Router<App> {
    router
        .layer(DefaultBodyLimit::max(SMALL_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            QUICK,
        ))
}

/// Limits for the back office: forms with a long text in them, and scans that staff upload.
pub(super) fn office(router: Router<App>) -> Router<App> {
    router.layer(TimeoutLayer::with_status_code(
        StatusCode::SERVICE_UNAVAILABLE,
        SLOW,
    ))
}

/// Limits for uploads: their length is counted while they stream, see `upload`.
pub(super) fn slow(router: Router<App>) -> Router<App> {
    router
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            SLOW,
        ))
}

/// Guards that are the same for every address: posts from elsewhere, panics.
pub(super) fn guard(router: Router<App>, app: &App) -> Router<App> {
    let guard = CsrfLayer::new().with_rejection_response(|_| WebError::CrossSite.into_response());
    // A proxy that rewrites `Host` would make our own pages look foreign: the configured address is trusted as well.
    let guard = guard
        .clone()
        .add_trusted_origin(app.public_url())
        .unwrap_or(guard);
    router
        .layer(guard)
        .layer(middleware::from_fn(forget_null_origin))
        .layer(CatchPanicLayer::custom(after_panic))
}

/// Our pages say `Referrer-Policy: no-referrer`, which makes browsers write `Origin: null` on our own forms. Those
/// that send `Sec-Fetch-Site` are judged by it; for the others (before 2023, or plain http on a local network) a null
/// origin says nothing, and the SameSite=Strict cookie or the token in the address is what protects.
async fn forget_null_origin(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    let null = headers
        .get(ORIGIN)
        .is_some_and(|origin| origin.as_bytes() == b"null");
    if null && !headers.contains_key("sec-fetch-site") && headers.contains_key(HOST) {
        headers.remove(ORIGIN);
    }
    next.run(request).await
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "the layer hands over the box"
)]
fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    WebError::Internal.into_response()
}

/// Headers that tell browsers to be careful with us.
pub(super) async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
    ];
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.is_https() {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// Numbers the request, times it, counts it and writes one line. The address is logged as its pattern, because real
/// ones hold numbers and tokens.
pub(super) async fn observe(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let id = RequestId::new();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request.id = %id.0, %method, route);
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = began.elapsed();
    let status = response.status();
    let failed = status.is_server_error();
    span.in_scope(|| {
        let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let status = status.as_u16();
        if !failed {
            tracing::info!(status, duration_ms, "request done");
        } else if response.headers().contains_key(RETRY_AFTER) {
            // An answer, not a failure; where it has a cause, that was written down there.
            tracing::warn!(status, duration_ms, "request put off");
        } else {
            tracing::error!(status, duration_ms, "request failed");
        }
    });
    app.metrics.observe(&method, &route, status, elapsed);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
