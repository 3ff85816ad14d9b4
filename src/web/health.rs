//! Whether the service lives and is ready, and its numbers for Prometheus. No label ever holds personal data.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;

use super::App;
use super::messages::{RETRY_WHEN_BUSY, WebError};
use super::office::Gauges;
use super::sending::Sending;

/// Whoever has to wait longer is not ready; whoever asked has given up by then.
const READY_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Upper bounds in seconds, from a page to an upload on a bad line.
const BUCKETS: [f64; 9] = [0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0];

/// The numbers.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Family<Route, Histogram>,
    upload_bytes: Counter,
    office: Gauges,
    sending: Sending,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("clavero");
        let requests = Family::<Answered, Counter>::default();
        let duration = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let upload_bytes = Counter::default();
        registry.register(
            "http_requests",
            "Requests answered, by pattern of the address",
            requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time to answer",
            Unit::Seconds,
            duration.clone(),
        );
        registry.register_with_unit(
            "uploads_received",
            "Bytes of documents kept",
            Unit::Bytes,
            upload_bytes.clone(),
        );
        let office = Gauges::default();
        office.register(&mut registry);
        let sending = Sending::default();
        sending.register(&mut registry);
        Self {
            registry,
            requests,
            duration,
            upload_bytes,
            office,
            sending,
        }
    }
}

impl Metrics {
    /// Counts one answer. `route` is the pattern of the address, never the address.
    pub(super) fn observe(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        elapsed: Duration,
    ) {
        // Any word is a legal method: unknown ones share a label, or a stranger could make as many as he likes.
        let known = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::OPTIONS,
            Method::PUT,
            Method::DELETE,
        ];
        let method = if known.contains(method) {
            method.as_str()
        } else {
            "other"
        }
        .to_owned();
        self.requests
            .get_or_create(&Answered {
                method,
                route: route.to_owned(),
                status: status.as_u16(),
            })
            .inc();
        self.duration
            .get_or_create(&Route {
                route: route.to_owned(),
            })
            .observe(elapsed.as_secs_f64());
    }

    /// Counts the bytes of a document that was kept.
    pub(super) fn received(&self, bytes: u64) {
        self.upload_bytes.inc_by(bytes);
    }
}

/// `GET /salud/viva`: the process answers.
pub(super) async fn alive() -> Response {
    Json(json!({ "status": "alive", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// `GET /salud/lista`: the database answers, documents can be read and written, there is room for more, no key has been missed,
/// and there is somebody to trust. Otherwise a word says which of them it is.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let (reason, error) = match tokio::time::timeout(READY_WITHIN, app.intake.ready()).await {
        Ok(Ok(())) => return Json(json!({ "status": "ready" })).into_response(),
        Ok(Err(error)) => (error.code(), error.to_string()),
        Err(late) => ("late", late.to_string()),
    };
    tracing::error!(reason, %error, "not ready");
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(RETRY_AFTER, RETRY_WHEN_BUSY.to_string())],
        Json(json!({ "status": "not ready", "reason": reason })),
    )
        .into_response()
}

/// `GET /metrics`: OpenMetrics text.
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, WebError> {
    let counted = app
        .metrics
        .office
        .count(app.intake.store(), app.intake.now());
    if let Err(error) = counted.await {
        tracing::error!(%error, "the day can't be counted");
        return Err(WebError::Busy(RETRY_WHEN_BUSY));
    }
    if let Err(error) = app.metrics.sending.count(app.intake.store()).await {
        tracing::error!(%error, "what is on its way can't be counted");
        return Err(WebError::Busy(RETRY_WHEN_BUSY));
    }
    let mut text = String::new();
    encode(&mut text, &app.metrics.registry).map_err(|_| WebError::Internal)?;
    Ok((
        [(
            CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        text,
    )
        .into_response())
}
