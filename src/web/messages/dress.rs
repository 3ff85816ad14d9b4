//! The clothes of an error: a page, or an RFC 9457 problem document, in the language of whoever asked.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FieldError, Problem, SaidProblem};
use crate::domain::{Language, PasswordRule};
use crate::web::{App, Frame, RequestId, page};

/// RFC 9457 problem document with our code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`: the code says more than a page could.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "about:blank")]
    kind: &'static str,
    /// What happened, in the language that was asked for (`Content-Language`).
    #[schema(example = "Hay datos que corregir.")]
    title: String,
    /// HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What to do about it, in the same language.
    detail: String,
    /// Stable code.
    #[schema(value_type = String, example = "INVALID")]
    code: &'static str,
    /// Wrong values, when there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<WrongValue>,
    /// Broken password rules: `length`, `uppercase`, `lowercase`, `digit`, `special`, `identity_digits`,
    /// `name_letters`, `sequence`, `repeat`, `character`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    failed_rules: Vec<PasswordRule>,
    /// Work to do first, with `WORK_WANTED`: base64 of an ALTCHA challenge. The solution goes into the header `Altcha`.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// Number to give to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
}

/// A wrong value of a JSON body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct WrongValue {
    /// Name of the field.
    #[schema(value_type = String)]
    field: &'static str,
    /// What is wrong and what would be right, in the language that was asked for.
    #[schema(value_type = String)]
    detail: &'static str,
}

impl From<FieldError> for WrongValue {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field,
            detail: error.text,
        }
    }
}

#[derive(Template)]
#[template(path = "error.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct ErrorPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) problem: &'a SaidProblem,
}

/// Layer that turns every error answer into a page or a problem document.
pub(in crate::web) async fn dress(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let wants_problem = wants_json(request.uri().path(), request.headers());
    let incident = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone());
    let frame = Frame::around(&app, &request);
    let mut response = next.run(request).await;
    let status = response.status();
    let dressed = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    let Some(mut problem) = response.extensions_mut().remove::<Problem>().or_else(|| {
        (!dressed && (status.is_client_error() || status.is_server_error()))
            .then(|| Problem::of_status(status))
    }) else {
        return response;
    };
    if problem.status.is_server_error() {
        problem.incident = incident;
    }
    let said = problem.say(frame.language);
    let mut answer = if wants_problem {
        as_document(problem.status, said, frame.language)
    } else {
        let shown = ErrorPage {
            frame: &frame,
            problem: &said,
        };
        page(problem.status, &shown)
    };
    let kept = [
        ALLOW,
        RETRY_AFTER,
        HeaderName::from_static("connection"),
        HeaderName::from_static("upload-offset"),
    ];
    for name in kept {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer = problem.tell_when(answer);
    if problem.status == StatusCode::UNAUTHORIZED && problem.code == "SECRET_MISSING" {
        answer
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// Whether a program asks: the API always, other addresses when they speak JSON and do not ask for HTML.
#[must_use]
pub fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let says = |name: &HeaderName, word: &str| {
        headers
            .get_all(name)
            .iter()
            .any(|value| value.to_str().is_ok_and(|value| value.contains(word)))
    };
    path.starts_with("/api/")
        || path.starts_with("/salud/")
        || (!says(&ACCEPT, "text/html")
            && (says(&ACCEPT, "json") || says(&CONTENT_TYPE, "application/json")))
}

fn as_document(status: StatusCode, said: SaidProblem, language: Language) -> Response {
    let document = ProblemDocument {
        kind: "about:blank",
        detail: format!("{} {}", said.detail, said.for_programs)
            .trim()
            .to_owned(),
        title: said.title,
        status: status.as_u16(),
        code: said.code,
        errors: said.errors.into_iter().map(WrongValue::from).collect(),
        failed_rules: said.failed_rules,
        challenge: said.challenge,
        incident: said.incident,
    };
    let headers = [
        (CONTENT_TYPE, "application/problem+json"),
        (CONTENT_LANGUAGE, language.as_str()),
    ];
    match serde_json::to_vec(&document) {
        Ok(body) => (status, headers, Body::from(body)).into_response(),
        Err(_) => status.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_answered_with_a_document_and_a_person_with_a_page() {
        let headers = |name: HeaderName, value: &'static str| {
            HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
        };
        assert!(wants_json("/api/v1/petitions", &HeaderMap::new()));
        assert!(!wants_json("/clave/x", &HeaderMap::new()));
        assert!(!wants_json("/clave/x", &headers(ACCEPT, "*/*")));
        assert!(!wants_json(
            "/clave/x",
            &headers(ACCEPT, "text/html,application/json;q=0.1")
        ));
        assert!(wants_json("/clave/x", &headers(ACCEPT, "application/json")));
        assert!(wants_json(
            "/clave/x",
            &headers(CONTENT_TYPE, "application/json")
        ));
    }
}
