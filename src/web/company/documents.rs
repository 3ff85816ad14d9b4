//! Uploading by a browser: the signed form, a letter, an appointment.

use askama::Template;
use axum::Json;
use axum::extract::{Path, Request, State as Shared};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::petition::{Said, show};
use super::secret::{handing_over, mine, parse_number, secret_of};
use crate::intake::Receipt;
use crate::web::messages::{Problem, SaidProblem, WebError, wants_json};
use crate::web::notices::CompanyNotice;
use crate::web::petition_page::{NotReceived, UploadForm, signs};
use crate::web::upload::{self, Upload};
use crate::web::{App, Frame, page};

#[derive(Template)]
#[template(path = "upload.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct UploadPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) upload: UploadForm,
    /// How fresh a letter must be.
    pub(in crate::web) letter_window: String,
}

/// `GET /documento`
pub(in crate::web) async fn upload_page(Shared(app): Shared<App>, frame: Frame) -> Response {
    let upload = UploadForm::new(
        "/documento".to_owned(),
        app.upload_bytes(),
        None,
        frame.language,
    );
    page(
        StatusCode::OK,
        &UploadPage {
            frame: &frame,
            upload,
            letter_window: app.letter_window(frame.language),
        },
    )
}

/// `POST /documento`: a letter, or a signed form without saying which.
pub(in crate::web) async fn upload_letter(
    Shared(app): Shared<App>,
    frame: Frame,
    request: Request,
) -> Result<Response, WebError> {
    let script = wants_json(request.uri().path(), request.headers());
    match upload::receive(&app, Upload::Letter, request).await {
        Ok(receipt) => Ok(received(&app, &receipt, script)),
        Err(error) if script => Err(error),
        Err(error) => {
            let problem = Problem::from(error);
            let upload = UploadForm::new(
                "/documento".to_owned(),
                app.upload_bytes(),
                Some(in_words(&problem.say(frame.language))),
                frame.language,
            );
            let again = UploadPage {
                frame: &frame,
                upload,
                letter_window: app.letter_window(frame.language),
            };
            Ok(problem.tell_when(page(problem.status, &again)))
        }
    }
}

/// `POST /solicitud/{number}/documento`
pub(in crate::web) async fn upload_signed(
    Shared(app): Shared<App>,
    frame: Frame,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let script = wants_json(request.uri().path(), request.headers());
    let headers = request.headers().clone();
    let secret = secret_of(&headers);
    let upload = Upload::Signed(&number, secret.as_ref());
    let error = match upload::receive(&app, upload, request).await {
        Ok(receipt) => return Ok(received(&app, &receipt, script)),
        Err(error) if script => return Err(error),
        Err(error) => error,
    };
    // Without script the error stands on the page it came from: before everything else, and at the field when that is still there.
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Err(error);
    };
    let problem = Problem::from(error);
    let told = problem.say(frame.language);
    let said = Said {
        code: problem.status,
        upload_error: signs(&status).then(|| in_words(&told)),
        not_received: Some(not_received(told)),
        ..Said::default()
    };
    let again = show(&app, frame, &status, &secret, said).await?;
    Ok(problem.tell_when(again))
}

/// `POST /solicitud/{number}/nombramiento`
pub(in crate::web) async fn attach_appointment(
    Shared(app): Shared<App>,
    frame: Frame,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let script = wants_json(request.uri().path(), request.headers());
    let Some((status, secret)) = mine(&app, &number, request.headers()).await? else {
        return Err(WebError::NotFound);
    };
    match upload::receive(&app, Upload::Appointment(&number, &secret), request).await {
        Ok(receipt) => {
            let notice = if receipt.already {
                CompanyNotice::AttachedAgain
            } else {
                CompanyNotice::Attached
            };
            let page = notice.address(&format!("/solicitud/{number}"));
            Ok(sent_on(&app, &receipt, &page, script))
        }
        Err(error) if script => Err(error),
        Err(error) => {
            let problem = Problem::from(error);
            let said = Said {
                code: problem.status,
                not_received: Some(not_received(problem.say(frame.language))),
                ..Said::default()
            };
            let page = show(&app, frame, &status, &secret, said).await?;
            Ok(problem.tell_when(page))
        }
    }
}

/// Kept: browsers go on to the page of the petition, the upload script is told its address.
fn received(app: &App, receipt: &Receipt, script: bool) -> Response {
    sent_on(app, receipt, &page_of(receipt), script)
}

fn sent_on(app: &App, receipt: &Receipt, page: &str, script: bool) -> Response {
    let redirect = handing_over(app, &receipt.number, receipt.secret.as_ref(), page);
    if !script {
        return redirect;
    }
    let mut answer = Json(json!({ "page": page })).into_response();
    if let Some(cookie) = redirect.headers().get(SET_COOKIE) {
        answer.headers_mut().insert(SET_COOKIE, cookie.clone());
    }
    answer
}

/// Where the sender of a document goes on; what was sent in vain is told to have been.
pub(in crate::web) fn page_of(receipt: &Receipt) -> String {
    let page = format!("/solicitud/{}", receipt.number);
    if receipt.in_vain {
        return CompanyNotice::InVain.address(&page);
    }
    page
}

fn not_received(problem: SaidProblem) -> NotReceived {
    NotReceived {
        title: problem.title,
        detail: problem.detail,
    }
}

fn in_words(problem: &SaidProblem) -> String {
    format!("{} {}", problem.title, problem.detail)
        .trim()
        .to_owned()
}
