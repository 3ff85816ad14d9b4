//! The JSON API under `/api/v1`: the functions of the pages for programs. Contract in DESIGN §5, described by
//! `/api/v1/openapi.json`. Errors are RFC 9457 problem documents.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LANGUAGE, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Ref, Schema, Type};
use utoipa::{OpenApi, ToSchema};

use super::App;
use super::company::{EMAIL_TEXT, Typed, parse_number};
use super::limits::{self, Asked, Client};
use super::messages::{FieldErrors, ProblemDocument, WebError};
use super::petition_page::{ReasonLine, lines, next_step, reason_lines};
use super::upload::{self, Upload};
use crate::decision::ReasonCode;
use crate::domain::{self, Action, Language, Outcome, PetitionNumber, Token};
use crate::intake::{Attached, FormOpener, IntakeError, Issued, Receipt, Status};
use crate::store::{DeliveryState, MessageState};
use crate::verify::Report;

#[derive(OpenApi)]
#[openapi(
    info(title = "Clavero", description = "Gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone. \
        Errors are RFC 9457 problem documents with a stable code. What people read (`title`, `detail`, `findings`, `next_step`, the report) is \
        Spanish or English, as `?lang=` says or else `Accept-Language`, Spanish where neither does; `Content-Language` tells which. Documents are also taken in pieces, by tus 1.0.0 at /api/v1/uploads, with the file's `sha256` among the metadata."),
    paths(issue, form, upload_signed, upload_letter, attach_appointment, status, send_link, missing_address,
        super::report::pdf, super::report::html, super::receipt::of_api,
        super::resumable::create, super::resumable::progress, super::resumable::offset, super::resumable::append_by_program,
        super::resumable::abandon),
    components(schemas(ProblemDocument)),
    modifiers(&BearerSecret, &AnyTime)
)]
struct Description;

struct BearerSecret;

impl utoipa::Modify for BearerSecret {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("secret", scheme);
    }
}

/// What every address may answer, whatever it is for.
struct AnyTime;

impl utoipa::Modify for AnyTime {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::{ContentBuilder, ResponseBuilder};
        let problem = |said: &str| {
            let schema = Ref::from_schema_name("ProblemDocument");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            ResponseBuilder::new()
                .description(said)
                .content("application/problem+json", content)
                .build()
        };
        let operations = description.paths.paths.values_mut().flat_map(|path| {
            [
                &mut path.get,
                &mut path.head,
                &mut path.post,
                &mut path.patch,
                &mut path.delete,
            ]
            .into_iter()
            .filter_map(Option::as_mut)
        });
        for operation in operations {
            operation
                .parameters
                .get_or_insert_default()
                .push(language_parameter().into());
            for (status, said) in [
                (
                    "429",
                    "`TOO_MANY`; `Retry-After` says when to come back, if that is known",
                ),
                ("503", "`BUSY`: come back after `Retry-After`"),
                ("default", "Anything else, as `INTERNAL` (500)"),
            ] {
                let answers = &mut operation.responses.responses;
                answers
                    .entry(status.to_owned())
                    .or_insert_with(|| problem(said).into());
            }
        }
    }
}

/// In which language the answer speaks, wherever it does.
fn language_parameter() -> Parameter {
    let words: Vec<&str> = Language::ALL.iter().map(|one| one.as_str()).collect();
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words));
    ParameterBuilder::new()
        .name("lang")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "Language of what people read; without it `Accept-Language` decides, and Spanish is the default",
        ))
        .schema(Some(schema))
        .build()
}

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi() -> Json<Value> {
    let mut description = serde_json::to_value(Description::openapi()).unwrap_or_default();
    // The report and the words of the business are described by their own types, as `clavero verify --schema` does.
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    generator.subschema_for::<Report>();
    generator.subschema_for::<domain::State>();
    generator.subschema_for::<Outcome>();
    generator.subschema_for::<Action>();
    for (name, schema) in generator.take_definitions(true) {
        description["components"]["schemas"][name] = schema;
    }
    Json(description)
}

fn state_schema() -> Ref {
    Ref::from_schema_name("State")
}

fn report_schema() -> Schema {
    or_null("Report")
}

fn outcome_schema() -> Schema {
    or_null("Outcome")
}

fn action_schema() -> Schema {
    or_null("Action")
}

/// What the field holds, or nothing.
fn or_null(schema: &str) -> Schema {
    OneOfBuilder::new()
        .item(Ref::from_schema_name(schema))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .build()
        .into()
}

/// A petition that waits for its signed form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IssuedAnswer {
    /// Number of the petition.
    #[schema(value_type = String, example = "CLV-2026-000123-X")]
    number: PetitionNumber,
    /// Needed to follow the petition; shown only here.
    secret: String,
    /// Where the form to sign is. Whoever has this address has the form, and nothing else.
    #[schema(
        example = "/api/v1/petitions/CLV-2026-000123-X/form.pdf?key=abcdefghijklmnopqrstuvwxyz012345"
    )]
    form_url: String,
    /// Until when a signed form is taken.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Asks for a petition form. An unknown RUC gets the same answer.
#[utoipa::path(post, path = "/api/v1/petitions", request_body = Typed, responses(
    (status = 201, body = IssuedAnswer),
    (status = 400, description = "`MALFORMED`: not the JSON that is described here", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "`TOO_LARGE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "`INVALID`: wrong values, each in `errors`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`TOO_MANY`, or `WORK_WANTED` with a `challenge`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn issue(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, WebError> {
    // An object and nothing else: serde would also take a list of values in the order of the fields.
    let Json(body) = match body {
        Err(refused) => return Ok(not_read(&refused)),
        Ok(body) => body,
    };
    let typed: Typed =
        serde_json::from_value(Value::Object(body)).map_err(|_| WebError::Malformed)?;
    let request = typed.parse().map_err(WebError::Invalid)?;
    let asked = Asked::Petition(&request.ruc);
    limits::admit(&app, client, asked, limits::proof_in(&headers)).await?;
    let issued = app.intake.issue(request).await?;
    issued_answer(&app, issued)
}

/// What is too long is told so; everything else was no JSON, or not the one that is expected.
fn not_read(refused: &JsonRejection) -> Response {
    match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        _ => WebError::Malformed.into_response(),
    }
}

fn issued_answer(app: &App, issued: Issued) -> Result<Response, WebError> {
    let base = app.public_url();
    let key = app.intake.form_key(&issued)?;
    let answer = IssuedAnswer {
        form_url: format!(
            "{base}/api/v1/petitions/{}/form.pdf?key={}",
            issued.number,
            key.reveal()
        ),
        secret: issued.secret.reveal().to_owned(),
        expires_at: issued.expires_at,
        number: issued.number,
    };
    let location = format!("{base}/api/v1/petitions/{}", answer.number);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(answer)).into_response())
}

/// What an address of a form ends with.
#[derive(Debug, Deserialize)]
pub(super) struct FormAddress {
    key: Option<String>,
}

/// The form to sign, always the same bytes: at the whole `form_url` of the petition, or with its secret. With a wrong one the answer is
/// that of an unknown number.
#[utoipa::path(get, path = "/api/v1/petitions/{number}/form.pdf", params(("number" = String, Path),
    ("key" = Option<String>, Query, description = "The key to this form, as `form_url` holds it")),
    security((), ("secret" = [])), responses(
    (status = 200, description = "The PDF", content_type = "application/pdf", body = Vec<u8>),
    (status = 401, description = "`SECRET_MISSING`: neither key nor secret", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn form(
    State(app): State<App>,
    Path(number): Path<String>,
    Query(address): Query<FormAddress>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let opener = match address.key {
        Some(key) => FormOpener::Key(Token::presented(&key).ok_or(WebError::NotFound)?),
        None => FormOpener::Secret(bearer(&headers)?),
    };
    let pdf = app
        .intake
        .form(&number, &opener)
        .await?
        .ok_or(WebError::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/pdf")], pdf).into_response())
}

/// The receipt of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceiptAnswer {
    /// Number under which the document is followed.
    #[schema(value_type = String, example = "CLV-2026-000123-X")]
    number: PetitionNumber,
    /// Only for a document that came without a number, and for the first time: needed to follow it, shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Where its state is.
    #[schema(example = "/api/v1/petitions/CLV-2026-000123-X")]
    status_url: String,
    /// Digest of the document as it was kept.
    sha256: String,
    /// Its length.
    bytes: u64,
    /// When it was received: the time that decides.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// The very same bytes were here before, and nothing is decided about them once more: another document is needed.
    in_vain: bool,
}

impl ReceiptAnswer {
    pub(super) fn new(app: &App, receipt: &Receipt) -> Self {
        Self {
            status_url: format!("{}/api/v1/petitions/{}", app.public_url(), receipt.number),
            number: receipt.number.clone(),
            secret: receipt
                .secret
                .as_ref()
                .map(|secret| secret.reveal().to_owned()),
            sha256: receipt.sha256.to_string(),
            bytes: receipt.bytes,
            received_at: receipt.received_at,
            in_vain: receipt.in_vain,
        }
    }
}

fn receipt_answer(app: &App, receipt: &Receipt) -> Response {
    (StatusCode::ACCEPTED, Json(ReceiptAnswer::new(app, receipt))).into_response()
}

/// Uploads the signed form of a petition, as the body itself or as part `file` of a form. The same bytes again give
/// the same receipt; were they refused, they are decided again once registry or trust have changed. While another document waits for
/// a person, only the form, what the same person signed, or what comes with the petition's secret takes its place.
#[utoipa::path(post, path = "/api/v1/petitions/{number}/document", params(("number" = String, Path)),
    security((), ("secret" = [])),
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 202, body = ReceiptAnswer),
    (status = 400, description = "`EMPTY`, `NO_FILE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 408, description = "`TIMEOUT`: the line went silent", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "`ALREADY_USED`, `PETITION_EXPIRED`, `IN_PROGRESS`, `AT_THE_COUNTER`, `TOO_MANY_DOCUMENTS`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "`TOO_LARGE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "`PRIVATE_KEY`: the file with the signer's key, of which nothing is kept", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`TOO_MANY`, or `WORK_WANTED` with a `challenge`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 507, description = "`FULL`: nothing more is taken until there is room", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn upload_signed(
    State(app): State<App>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let secret = bearer(request.headers()).ok();
    let upload = Upload::Signed(&number, secret.as_ref());
    let receipt = upload::receive(&app, upload, request).await?;
    Ok(receipt_answer(&app, &receipt))
}

/// Uploads a signed letter, or a signed form without saying which; it gets a number and a secret of its own. Bytes that wait to be
/// decided, or whose approval lives, get the receipt that they got first, without a secret.
#[utoipa::path(post, path = "/api/v1/documents",
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 202, body = ReceiptAnswer),
    (status = 400, description = "`EMPTY`, `NO_FILE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 408, description = "`TIMEOUT`: the line went silent", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "`TOO_LARGE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "`PRIVATE_KEY`: the file with the signer's key, of which nothing is kept", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`TOO_MANY`, or `WORK_WANTED` with a `challenge`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 507, description = "`FULL`: nothing more is taken until there is room", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn upload_letter(
    State(app): State<App>,
    request: Request,
) -> Result<Response, WebError> {
    let receipt = upload::receive(&app, Upload::Letter, request).await?;
    Ok(receipt_answer(&app, &receipt))
}

/// Attaches the appointment (*nombramiento*) of a representative whom the registry does not know yet, for a person to read.
/// A document refused because of its signer goes to that person then.
#[utoipa::path(post, path = "/api/v1/petitions/{number}/appointment", params(("number" = String, Path)),
    security(("secret" = [])),
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 202, body = ReceiptAnswer),
    (status = 400, description = "`EMPTY`, `NO_FILE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 408, description = "`TIMEOUT`: the line went silent", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "`ALREADY_USED`, `PETITION_EXPIRED`, `IN_PROGRESS`, `AT_THE_COUNTER`, `TOO_MANY_ATTACHMENTS`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "`TOO_LARGE`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "`PRIVATE_KEY`: the file with the signer's key, of which nothing is kept", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 507, description = "`FULL`: nothing more is taken until there is room", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`TOO_MANY`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn attach_appointment(
    State(app): State<App>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let secret = bearer(request.headers())?;
    let receipt = upload::receive(&app, Upload::Appointment(&number, &secret), request).await?;
    Ok(receipt_answer(&app, &receipt))
}

/// One reason of the outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingAnswer {
    /// Stable code.
    #[schema(value_type = String, example = "SIGNER_NOT_REPRESENTATIVE")]
    code: &'static str,
    /// The sentence that people read.
    text: String,
}

impl FindingAnswer {
    fn of(reason: ReasonLine) -> Self {
        Self {
            code: reason.code,
            text: reason.text,
        }
    }
}

/// The decision waits for others.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingAnswer {
    /// Why: always `REVOCATION_UNKNOWN`, nobody answered whether the certificate is revoked.
    #[schema(value_type = String, example = "REVOCATION_UNKNOWN")]
    code: &'static str,
    /// How often it was asked for in vain.
    asked: i64,
    /// When it is asked for again.
    #[schema(value_type = String, format = DateTime)]
    next_at: Timestamp,
}

/// A file that was attached beside the signed document, and kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttachedAnswer {
    /// What it was sent as: `appointment`.
    #[schema(example = "appointment")]
    kind: String,
    /// Digest of the file as it was kept.
    sha256: String,
    /// Its length.
    bytes: u64,
    /// When it was received.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
}

impl AttachedAnswer {
    fn of(file: &Attached) -> Self {
        Self {
            kind: file.kind.as_str().to_owned(),
            sha256: file.sha256.to_string(),
            bytes: file.bytes,
            received_at: file.at,
        }
    }
}

/// Where a petition stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    /// Number of the petition.
    #[schema(value_type = String)]
    number: PetitionNumber,
    /// Where it stands.
    #[schema(schema_with = state_schema)]
    state: &'static str,
    /// What was decided, once it is.
    #[schema(schema_with = outcome_schema)]
    outcome: Option<&'static str>,
    /// What was asked.
    #[schema(schema_with = action_schema)]
    action: Option<&'static str>,
    /// Why, in words.
    findings: Vec<FindingAnswer>,
    /// The codes of the findings.
    #[schema(value_type = Vec<String>)]
    codes: Vec<&'static str>,
    /// The one thing to do now, in the language that was asked for, as the findings are.
    next_step: String,
    /// What the decision waits for, while it does.
    waiting: Option<WaitingAnswer>,
    /// Digest of the document that is being judged.
    sha256: Option<String>,
    /// When it was received.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
    /// When the machine decided about it.
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// Until when a document is taken under this number.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The address a link goes to, masked.
    email: Option<String>,
    /// What became of the last mail to that address about a link: `pending`, `sent`, `withdrawn`, or, when it did not arrive,
    /// `parked` (refused, or given up) or `bounced` (returned); `next_step` says what to do then.
    #[schema(value_type = Option<String>, example = "sent")]
    mail: Option<&'static str>,
    /// Where the new password stands on its way to the portal, when that is another system: `pending`, `delivered`, `parked`
    /// or `withdrawn`.
    #[schema(value_type = Option<String>, example = "delivered")]
    portal: Option<&'static str>,
    /// Whether the new address is on file for another employer too: a warning, never a refusal.
    shared_email: bool,
    /// Why a document that came later was refused, while an earlier one waits for a person: it does not displace that one.
    not_taken: Vec<FindingAnswer>,
    /// What was attached for a person to read, the oldest first.
    attached: Vec<AttachedAnswer>,
    /// The validation report, as `clavero verify --json` writes it.
    #[schema(schema_with = report_schema)]
    report: Option<Value>,
}

impl StatusAnswer {
    fn of(status: &Status, language: Language) -> Self {
        let reasons = reason_lines(status, language);
        Self {
            number: status.number.clone(),
            state: status.state.as_str(),
            outcome: status.outcome.map(Outcome::as_str),
            action: status.action.map(Action::as_str),
            codes: reasons.iter().map(|reason| reason.code).collect(),
            findings: reasons.into_iter().map(FindingAnswer::of).collect(),
            next_step: next_step(status, language),
            waiting: status.waiting.map(|waiting| WaitingAnswer {
                code: ReasonCode::RevocationUnknown.as_str(),
                asked: waiting.asked,
                next_at: waiting.next_at,
            }),
            sha256: status.sha256.map(|digest| digest.to_string()),
            received_at: status.received_at,
            decided_at: status.decided_at,
            expires_at: status.expires_at,
            email: status.masked_email.clone(),
            mail: status.link.mail.map(MessageState::as_str),
            portal: status.portal.map(DeliveryState::as_str),
            shared_email: status.shared_email,
            not_taken: lines(&status.not_taken, language)
                .into_iter()
                .map(FindingAnswer::of)
                .collect(),
            attached: status.attached.iter().map(AttachedAnswer::of).collect(),
            report: status
                .report
                .as_ref()
                .and_then(|report| serde_json::to_value(report).ok()),
        }
    }
}

/// Where a petition stands. A wrong secret and an unknown number get the same answer.
#[utoipa::path(get, path = "/api/v1/petitions/{number}", params(("number" = String, Path)), security(("secret" = [])), responses(
    (status = 200, body = StatusAnswer),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn status(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let secret = bearer(&headers)?;
    let status = app
        .intake
        .status(&parse_number(&number)?, &secret)
        .await?
        .ok_or(WebError::NotFound)?;
    let spoken = [(CONTENT_LANGUAGE, language.as_str())];
    Ok((spoken, Json(StatusAnswer::of(&status, language))).into_response())
}

/// A link is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkAnswer {
    /// When it dies.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// How many more may be asked for within the hour.
    left_this_hour: u32,
}

/// The address that a petition lacks, refused with `NO_EMAIL`.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MissingAddress {
    /// The new address.
    #[schema(example = "nomina@example.ec")]
    new_email: String,
}

/// Asks for the form of the change of address that a petition lacks. Once it is signed and the address confirmed, that
/// petition is decided again by itself.
#[utoipa::path(post, path = "/api/v1/petitions/{number}/email", params(("number" = String, Path)), security(("secret" = [])),
    request_body = MissingAddress, responses(
    (status = 201, body = IssuedAnswer),
    (status = 400, description = "`MALFORMED`: not the JSON that is described here", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "`NO_ADDRESS_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "`INVALID`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn missing_address(
    State(app): State<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Result<Json<MissingAddress>, JsonRejection>,
) -> Result<Response, WebError> {
    let secret = bearer(&headers)?;
    let Json(MissingAddress { new_email }) = match body {
        Err(refused) => return Ok(not_read(&refused)),
        Ok(body) => body,
    };
    let address = new_email
        .parse()
        .map_err(|_| WebError::Invalid(FieldErrors::one("new_email", EMAIL_TEXT)))?;
    let number = parse_number(&number)?;
    let issued = app
        .intake
        .issue_address_for(&number, &secret, address)
        .await?;
    issued_answer(&app, issued)
}

/// Sends a fresh link to the address on file; older links die.
#[utoipa::path(post, path = "/api/v1/petitions/{number}/link", params(("number" = String, Path)), security(("secret" = [])), responses(
    (status = 202, body = LinkAnswer),
    (status = 401, description = "`SECRET_MISSING`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "`NOT_APPROVED`, `ALREADY_USED`, `PETITION_EXPIRED`, `AT_THE_COUNTER`, `FROZEN`, `SIGNER_LEFT`, `REGISTRY_MISSING`, `EMPLOYER_NOT_ACTIVE`, `NO_EMAIL`, `EMAIL_HELD`, `HANDING_OVER`, `LINKS_SPENT`", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 429, description = "`LINKS_THIS_HOUR`, `TOO_MANY`", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn send_link(
    State(app): State<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let secret = bearer(&headers)?;
    let number = parse_number(&number)?;
    let sent = match app.intake.send_link(&number, &secret).await {
        Err(IntakeError::TooMany(wait)) => {
            let status = app.intake.status(&number, &secret).await?;
            let again_at = status.and_then(|status| status.link.again_at);
            return Err(match again_at.zip(wait) {
                Some((again_at, wait)) => WebError::LinksThisHour(again_at, wait),
                None => WebError::TooMany(wait),
            });
        }
        sent => sent?,
    };
    let answer = LinkAnswer {
        expires_at: sent.expires_at,
        left_this_hour: sent.left_this_hour,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// The secret of a petition as a program presents it. Something that can't be a secret is a wrong secret.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Token, WebError> {
    let value = headers.get(AUTHORIZATION).ok_or(WebError::SecretMissing)?;
    let text = value.to_str().map_err(|_| WebError::NotFound)?;
    let (scheme, secret) = text.split_once(' ').ok_or(WebError::SecretMissing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(WebError::SecretMissing);
    }
    Token::presented(secret).ok_or(WebError::NotFound)
}
