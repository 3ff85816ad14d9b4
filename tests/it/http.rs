//! The API and the pages over real HTTP: the main job without script, and an answer in words for everything else.

mod description;
mod headers;
mod main_job;
mod operations;
mod refusals;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde_json::Value;

/// Reads a problem document and checks that it is a whole one.
async fn problem(answer: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(answer.status(), status, "{code}");
    assert_eq!(
        answer.headers()[CONTENT_TYPE],
        "application/problem+json",
        "{code}"
    );
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], "about:blank");
    assert!(
        problem["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty()),
        "{problem}"
    );
    assert!(problem["detail"].is_string());
    problem
}
