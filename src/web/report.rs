//! The one-page report on a petition's document, for whoever has its secret: programs by bearer, people from the page of
//! their petition. What it says stands in [`crate::summary`].

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::App;
use super::api::bearer;
use super::company::{mine, parse_number, to_lookup};
use super::messages::{ProblemDocument, WebError, internal};
use crate::domain::{Language, Text};
use crate::intake::Status;
use crate::summary::{self, Summary, summary};
use crate::threads;
use crate::verify::report::Conclusion;

/// What to do when nothing is left to do about the signature.
const OF_THE_PETITION: Text = Text::new(
    "Este informe trata de la firma. Cómo está su solicitud y qué hacer ahora consta en la página de ella.",
    "This report is about the signature. Where your petition stands and what to do now is told on its page.",
);

/// The form of a report.
#[derive(Debug, Clone, Copy)]
enum Form {
    Pdf,
    Html,
}

/// The validation report of the document on one page, as a PDF. There is none before a document was judged.
#[utoipa::path(get, path = "/api/v1/petitions/{number}/report.pdf", params(("number" = String, Path)), security(("secret" = [])), responses(
    (status = 200, description = "The PDF", content_type = "application/pdf", body = Vec<u8>),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn pdf(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    for_program(&app, &number, &headers, Form::Pdf, language).await
}

/// The same as one HTML file without anything from elsewhere.
#[utoipa::path(get, path = "/api/v1/petitions/{number}/report.html", params(("number" = String, Path)), security(("secret" = [])), responses(
    (status = 200, description = "The page", content_type = "text/html", body = String),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn html(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    for_program(&app, &number, &headers, Form::Html, language).await
}

/// `GET /solicitud/{number}/informe.pdf`, in the browser that holds the secret.
pub(super) async fn download(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    match mine(&app, &number, &headers).await? {
        Some((status, _)) => report(&status, Form::Pdf, language).await,
        None => Ok(to_lookup(&number)),
    }
}

async fn for_program(
    app: &App,
    number: &str,
    headers: &HeaderMap,
    form: Form,
    language: Language,
) -> Result<Response, WebError> {
    let secret = bearer(headers)?;
    let status = app.intake.status(&parse_number(number)?, &secret).await?;
    report(&status.ok_or(WebError::NotFound)?, form, language).await
}

/// The page, once there is a verdict. Drawing takes some milliseconds of a processor, so another thread does it.
async fn report(status: &Status, form: Form, language: Language) -> Result<Response, WebError> {
    let (Some(verdict), Some(received)) = (&status.report, status.received_at) else {
        return Err(WebError::NotFound);
    };
    let mut page = summary(status.number.as_str(), verdict, received, language);
    if verdict.conclusion == Conclusion::Passed {
        // The signature is one thing, the petition another: it may be refused, or wait for a password.
        page.next_step = OF_THE_PETITION.say(language);
    }
    let drawn = threads::occupy(move || draw(&page, form));
    let bytes = drawn
        .await
        .map_err(|error| internal(&error.to_string()))??;
    let (kind, ending) = match form {
        Form::Pdf => ("application/pdf", "pdf"),
        Form::Html => ("text/html; charset=utf-8", "html"),
    };
    // A file to keep. Opened in place, the page would be without its own style, which our pages never allow.
    let name = format!(
        "attachment; filename=\"{}-informe.{ending}\"",
        status.number
    );
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_LANGUAGE, language.to_string()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

fn draw(page: &Summary, form: Form) -> Result<Vec<u8>, WebError> {
    match form {
        Form::Pdf => summary::pdf::pdf(page).map_err(|error| internal(&error.to_string())),
        Form::Html => super::summary::html(page)
            .map(String::into_bytes)
            .map_err(|error| internal(&error.to_string())),
    }
}
