//! Uploads in pieces: the tus protocol 1.0.0 (core, *creation*, *expiration*, *termination*) under `/api/v1/uploads`. The
//! announced `sha256` is ours: an upload is continued with the same file or not at all.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::BodyDataStream;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;
use utoipa::ToSchema;

use super::api::ReceiptAnswer;
use super::limits::{self, Asked, Client};
use super::messages::{ProblemDocument, WebError};
use super::{App, company, upload};
use crate::domain::{PetitionNumber, Sha256, Token};
use crate::intake::{IntakeError, Piece, UploadState};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const VERSION: &str = "1.0.0";
/// The content type of pieces.
const PIECE: &str = "application/offset+octet-stream";

/// `OPTIONS /api/v1/uploads`: what this server understands.
pub(super) async fn options(State(app): State<App>) -> Response {
    let headers = [
        (RESUMABLE, VERSION.to_owned()),
        (HeaderName::from_static("tus-version"), VERSION.to_owned()),
        (
            HeaderName::from_static("tus-extension"),
            "creation,expiration,termination".to_owned(),
        ),
        (
            HeaderName::from_static("tus-max-size"),
            app.upload_bytes().to_string(),
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// How far an upload is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProgressAnswer {
    /// Bytes that are here.
    offset: u64,
    /// Bytes of the whole file.
    length: u64,
    /// Once all of it is here: the page of the petition.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// Once all of it is here: the receipt, as an upload at one go answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptAnswer>,
}

/// Begins an upload in pieces (tus 1.0.0, *creation*); the file itself follows by `PATCH` at the address in `Location`. `sha256` must be
/// among the metadata: an upload is continued with the same file or not at all.
#[utoipa::path(post, path = "/api/v1/uploads", params(
    ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
    ("Upload-Length" = u64, Header, description = "Bytes of the whole file"),
    ("Upload-Metadata" = String, Header, description = "As tus has it: names and values in base64. `sha256`: digest of the whole file, 64 \
        hexadecimal digits; `number`: of the petition, for a signed form. Others are passed over",
        example = "sha256 ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==")),
    security(()), responses(
    (status = 201, description = "Begun", headers(("Location" = String, description = "Where the pieces go"),
        ("Upload-Offset" = u64), ("Upload-Expires" = String))),
    (status = 400, description = "`UPLOAD_HEADERS`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`: no such petition", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "`TUS_VERSION`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "`TOO_LARGE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`TOO_MANY`, or `WORK_WANTED` with a `challenge`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 507, description = "`FULL`: nothing more is taken until there is room", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    check_version(&headers)?;
    let length = number_in(&headers, &LENGTH).ok_or(WebError::UploadHeaders)?;
    let metadata = metadata(&headers);
    let sha256: Sha256 = metadata
        .get("sha256")
        .and_then(|text| text.parse().ok())
        .ok_or(WebError::UploadHeaders)?;
    let number: Option<PetitionNumber> = match metadata.get("number") {
        Some(text) => Some(company::parse_number(text)?),
        None => None,
    };
    let asked = Asked::Document(number.as_ref(), length);
    app.intake.check_backlog().await?;
    limits::admit(&app, client, asked, limits::proof_in(&headers)).await?;
    let (id, state) = app
        .intake
        .begin_upload(number.as_ref(), sha256, length)
        .await?;
    let location = format!("{}/api/v1/uploads/{}", app.public_url(), id.reveal());
    let mut answer = told(StatusCode::CREATED, &state);
    if let Ok(value) = location.parse() {
        answer.headers_mut().insert(LOCATION, value);
    }
    Ok(answer)
}

/// How far an upload is, and the receipt when it is whole (ours, not of tus).
#[utoipa::path(get, path = "/api/v1/uploads/{id}", params(("id" = String, Path)), security(()), responses(
    (status = 200, body = ProgressAnswer),
    (status = 404, description = "`NOT_FOUND`: no such upload, or its time is over", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn progress(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(receipt(&app, &app.intake.upload_state(&id_in(&id)?).await?))
}

/// How far an upload is, in headers, as tus asks before it goes on.
#[utoipa::path(head, path = "/api/v1/uploads/{id}", params(("id" = String, Path)), security(()), responses(
    (status = 200, description = "Here", headers(("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String))),
    (status = 404, description = "`NOT_FOUND`: no such upload, or its time is over"),
))]
pub(super) async fn offset(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let state = app.intake.upload_state(&id_in(&id)?).await?;
    Ok(told(StatusCode::OK, &state))
}

/// The next piece, behind what is here. With the last one the document is received: `GET` gives the receipt.
#[utoipa::path(patch, path = "/api/v1/uploads/{id}", params(("id" = String, Path),
    ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
    ("Upload-Offset" = u64, Header, description = "Bytes that are here already")),
    security((), ("secret" = [])),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"), responses(
    (status = 204, description = "Kept", headers(("Upload-Offset" = u64))),
    (status = 400, description = "`UPLOAD_HEADERS`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`: no such upload, or its time is over", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "`WRONG_OFFSET`, with `Upload-Offset`; or as an upload at one go", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "`TUS_VERSION`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 415, description = "`PIECE_TYPE`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn append_by_program(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let secret = super::api::bearer(request.headers()).ok();
    append(&app, &id_in(&id)?, secret.as_ref(), request).await
}

/// Gives an upload up (tus, *termination*).
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", params(("id" = String, Path),
    ("Tus-Resumable" = String, Header, description = "`1.0.0`")), security(()), responses(
    (status = 204, description = "Nothing of it is kept"),
    (status = 404, description = "`NOT_FOUND`: no such upload, or its time is over", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "`TUS_VERSION`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn abandon(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    check_version(&headers)?;
    app.intake.abandon_upload(&id_in(&id)?).await?;
    Ok((StatusCode::NO_CONTENT, [(RESUMABLE, VERSION)]).into_response())
}

fn id_in(path: &str) -> Result<Token, WebError> {
    Token::presented(path).ok_or(WebError::NotFound)
}

/// `PATCH /solicitud/{number}/subidas/{id}`: the same from the page of a petition, whose secret is sent to its own pages only.
pub(super) async fn append_on_page(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, WebError> {
    let id = id_in(&id)?;
    let secret = company::secret_of(request.headers());
    append(&app, &id, secret.as_ref(), request).await
}

async fn append(
    app: &App,
    id: &Token,
    secret: Option<&Token>,
    request: Request,
) -> Result<Response, WebError> {
    check_version(request.headers())?;
    let kind = request.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != PIECE.as_bytes()) {
        return Err(WebError::PieceType);
    }
    let offset = number_in(request.headers(), &OFFSET).ok_or(WebError::UploadHeaders)?;
    let announced = upload::announced_length(request.headers());
    let client = request.extensions().get::<Client>().copied();
    let mut body = request.into_body().into_data_stream();
    let piece = Piece {
        id,
        secret,
        offset,
        announced,
    };
    let appended = append_piece(app, piece, client, &mut body).await;
    if appended.is_err() {
        // A sender in the middle of a piece gets to see our answer instead of a reset connection.
        upload::drain(body).await;
    }
    match appended {
        Ok(state) => {
            if let Some(receipt) = &state.receipt {
                app.metrics.received(receipt.bytes);
            }
            Ok(told(StatusCode::NO_CONTENT, &state))
        }
        Err(IntakeError::WrongOffset(here)) => {
            let mut answer = WebError::from(IntakeError::WrongOffset(here)).into_response();
            answer.headers_mut().insert(OFFSET, HeaderValue::from(here));
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps what comes of a piece. Only who continues an upload that there is, where it is, takes a place for it.
async fn append_piece(
    app: &App,
    piece: Piece<'_>,
    client: Option<Client>,
    body: &mut BodyDataStream,
) -> Result<UploadState, IntakeError> {
    app.intake.check_piece(piece).await?;
    let Ok(_slot) = app.upload_slots.take(client) else {
        return Err(IntakeError::Busy);
    };
    let may_be_little = || client.map_or(Ok(()), |client| app.limits.may_send_little(client));
    let pieces = upload::chunks(body);
    app.intake.append_upload(piece, pieces, may_be_little).await
}

/// The headers that tell a client where it is.
fn told(status: StatusCode, state: &UploadState) -> Response {
    let mut answer = (status, [(RESUMABLE, VERSION)]).into_response();
    let headers = answer.headers_mut();
    headers.insert(OFFSET, HeaderValue::from(state.offset));
    headers.insert(LENGTH, HeaderValue::from(state.length));
    if let Some(value) = http_date(state.expires_at) {
        headers.insert(EXPIRES, value);
    }
    answer
}

fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .ok()?;
    text.parse().ok()
}

/// What `GET` answers; the browser is handed the secret of the petition's page as a cookie.
fn receipt(app: &App, state: &UploadState) -> Response {
    let receipt = state.receipt.as_ref();
    let mut answer = Json(ProgressAnswer {
        offset: state.offset,
        length: state.length,
        page: receipt.map(company::page_of),
        receipt: receipt.map(|receipt| ReceiptAnswer::new(app, receipt)),
    })
    .into_response();
    let Some(receipt) = receipt else {
        return answer;
    };
    let cookie = receipt
        .secret
        .as_ref()
        .and_then(|secret| company::cookie(app, &receipt.number, secret).parse().ok());
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

fn check_version(headers: &HeaderMap) -> Result<(), WebError> {
    let same = headers
        .get(RESUMABLE)
        .is_some_and(|version| version.as_bytes() == VERSION.as_bytes());
    if same {
        Ok(())
    } else {
        Err(WebError::TusVersion)
    }
}

fn number_in(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// `Upload-Metadata`: pairs of a key and a value in base64, separated by commas.
fn metadata(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = headers
        .get(METADATA)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.split(',')
        .filter_map(|pair| {
            let (key, value) = pair.trim().split_once(' ')?;
            let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
            Some((key.to_owned(), value))
        })
        .collect()
}
