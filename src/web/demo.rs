//! What exists only in `clavero demo`: the mailbox, and the sample employers and documents to try.

use std::path::{Path as FsPath, PathBuf};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Json, Router};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::messages::WebError;
use super::{App, Frame, page};
use crate::domain::{Language, Text, calendar};
use crate::intake::Login;
use crate::store::LinkKind;
use crate::{mail, sms, threads, words};

/// What the demonstration adds to the pages.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Folder into which mails are written.
    pub mails: PathBuf,
    /// Folder into which short messages are written.
    pub short_messages: PathBuf,
    /// Folder with `index.json` and the files it names.
    pub samples: PathBuf,
}

/// One mail as `/demo/mailbox.json` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Mail {
    /// Receiver.
    pub(super) to: String,
    /// Subject.
    pub(super) subject: String,
    /// Plain text.
    pub(super) text: String,
    /// Links in it, in their order.
    pub(super) links: Vec<String>,
    /// When it was handed over.
    pub(super) at: Timestamp,
}

impl From<mail::Letter> for Mail {
    fn from(letter: mail::Letter) -> Self {
        Self {
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
            links: letter.links,
            at: letter.at,
        }
    }
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/demo", get(samples))
        .route("/demo/mailbox", get(mailbox))
        .route("/demo/mailbox.json", get(mailbox_json))
        .route("/demo/sms.json", get(short_messages_json))
        .route("/demo/portal", get(portal).post(log_in))
        .route("/demo/archivos/{*file}", get(file))
}

// -- mailbox ----------------------------------------------------------------------------------------------------------------

pub(super) struct MailView {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) at: String,
    pub(super) links: Vec<LinkView>,
}

pub(super) struct LinkView {
    pub(super) href: String,
    pub(super) label: &'static str,
}

#[derive(Template)]
#[template(path = "mailbox.html", config = "src/web/pages/askama.toml")]
pub(super) struct MailboxPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) mails: Vec<MailView>,
    pub(super) short: Vec<ShortView>,
}

/// A short message as the page shows it.
pub(super) struct ShortView {
    pub(super) to: String,
    pub(super) text: String,
    pub(super) at: String,
}

/// A short message as `/demo/sms.json` tells it.
#[derive(Debug, Serialize)]
struct Short {
    to: String,
    text: String,
    at: Timestamp,
}

async fn mailbox(State(app): State<App>, frame: Frame) -> Response {
    let mails = read_mails(&app)
        .await
        .into_iter()
        .map(|mail| view_of(mail, app.public_url(), frame.language))
        .collect();
    page(
        StatusCode::OK,
        &MailboxPage {
            frame: &frame,
            mails,
            short: read_short_messages(&app)
                .await
                .into_iter()
                .map(|short| ShortView {
                    to: short.to,
                    text: short.text,
                    at: calendar::clock_in(frame.language, short.at),
                })
                .collect(),
        },
    )
}

async fn short_messages_json(State(app): State<App>) -> Json<Vec<Short>> {
    let short = read_short_messages(&app).await.into_iter();
    let told = short.map(|sms::ShortMessage { to, text, at, .. }| Short { to, text, at });
    Json(told.collect())
}

async fn read_short_messages(app: &App) -> Vec<sms::ShortMessage> {
    let Some(folder) = app.demo.as_ref().map(|demo| demo.short_messages.clone()) else {
        return Vec::new();
    };
    let read = threads::occupy(move || sms::read_folder(&folder)).await;
    read.ok().and_then(Result::ok).unwrap_or_default()
}

async fn mailbox_json(State(app): State<App>) -> Json<Vec<Mail>> {
    Json(read_mails(&app).await)
}

async fn read_mails(app: &App) -> Vec<Mail> {
    let Some(folder) = app.demo.as_ref().map(|demo| demo.mails.clone()) else {
        return Vec::new();
    };
    // A mailbox that can't be read yet shows as empty, which is what a person would conclude.
    let letters = threads::occupy(move || mail::read_folder(&folder)).await;
    let letters = letters.ok().and_then(Result::ok).unwrap_or_default();
    letters.into_iter().map(Mail::from).collect()
}

pub(super) fn view_of(mail: Mail, public_url: &str, language: Language) -> MailView {
    let links = mail.links.iter().filter_map(|link| {
        // Only our own addresses become buttons: a mail is text, and text is not trusted.
        let href = link
            .strip_prefix(public_url)
            .filter(|path| path.starts_with('/'))?;
        let path = href.split('/').nth(1);
        let mut kinds = LinkKind::ALL.iter();
        let label = match kinds.find(|kind| path == Some(kind.path())) {
            Some(LinkKind::Reset) => {
                language.pick("Crear la clave nueva", "Create the new password")
            }
            Some(LinkKind::Confirm) => language.pick("Confirmar el correo", "Confirm the e-mail"),
            Some(LinkKind::Freeze) => language.pick("No fui yo", "It was not me"),
            None => language.pick("Abrir", "Open"),
        };
        Some(LinkView {
            href: href.to_owned(),
            label,
        })
    });
    MailView {
        links: links.collect(),
        at: calendar::clock_in(language, mail.at),
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
    }
}

// -- portal -----------------------------------------------------------------------------------------------------------------

/// A login as typed.
#[derive(Debug, Default, Deserialize)]
struct TypedLogin {
    #[serde(default)]
    ruc: String,
    #[serde(default)]
    branch: String,
    #[serde(default = "no_password")]
    password: SecretString,
}

fn no_password() -> SecretString {
    SecretString::from(String::new())
}

#[derive(Template)]
#[template(path = "demo_portal.html", config = "src/web/pages/askama.toml")]
pub(super) struct PortalPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) ruc: &'a str,
    pub(super) branch: &'a str,
    /// What came of the last login, and its colour.
    pub(super) said: Option<(&'static str, &'static str)>,
}

/// `GET /demo/portal`: what a key is for. It stands in for the employer portal, and shows what a lock looks like.
async fn portal(frame: Frame) -> Response {
    let shown = PortalPage {
        frame: &frame,
        ruc: "",
        branch: "0001",
        said: None,
    };
    page(StatusCode::OK, &shown)
}

/// `POST /demo/portal`
async fn log_in(
    State(app): State<App>,
    frame: Frame,
    Form(typed): Form<TypedLogin>,
) -> Result<Response, WebError> {
    let came_of = match (typed.ruc.trim().parse(), typed.branch.trim().parse()) {
        (Ok(ruc), Ok(branch)) => app.intake.log_in(&ruc, &branch, typed.password).await?,
        _ => Login::Wrong,
    };
    let said = match came_of {
        Login::Open => (
            "ok",
            frame.say("La clave abre la cuenta.", "The password opens the account."),
        ),
        Login::Wrong => (
            "bad",
            frame.say(
                "El RUC, la sucursal o la clave no corresponden.",
                "RUC, branch and password do not fit together.",
            ),
        ),
        Login::Locked => (
            "bad",
            frame.say(
                "La cuenta está bloqueada por claves equivocadas. Ni la clave correcta la abre: pida el desbloqueo con una solicitud firmada.",
                "The account is blocked after wrong passwords. Not even the right one opens it: ask for it to be unblocked with a signed petition.",
            ),
        ),
    };
    let shown = PortalPage {
        frame: &frame,
        ruc: &typed.ruc,
        branch: &typed.branch,
        said: Some(said),
    };
    Ok(page(StatusCode::OK, &shown))
}

// -- samples ----------------------------------------------------------------------------------------------------------------

/// `samples/index.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Index {
    #[serde(default)]
    employers: Vec<SampleEmployer>,
    #[serde(default)]
    documents: Vec<SampleDocument>,
}

#[derive(Debug, Deserialize)]
struct SampleEmployer {
    ruc: String,
    legal_name: String,
    kind: String,
    email: Option<String>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    representatives: Vec<SamplePerson>,
}

#[derive(Debug, Deserialize)]
struct SamplePerson {
    document: String,
    name: String,
    p12: Option<String>,
    password: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SampleDocument {
    file: String,
    expected_outcome: String,
    #[serde(default)]
    expected_codes: Vec<String>,
    #[serde(default)]
    sentence: String,
}

pub(super) struct EmployerView {
    ruc: String,
    legal_name: String,
    kind: &'static str,
    email: Option<String>,
    note: String,
    representatives: Vec<PersonView>,
}

pub(super) struct PersonView {
    document: String,
    name: String,
    href: Option<String>,
    p12_name: String,
    password: String,
}

pub(super) struct DocumentView {
    href: String,
    name: String,
    expected: &'static str,
    codes: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "demo.html", config = "src/web/pages/askama.toml")]
pub(super) struct DemoPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) employers: Vec<EmployerView>,
    pub(super) documents: Vec<DocumentView>,
}

impl<'a> DemoPage<'a> {
    pub(super) fn of(frame: &'a Frame, index: Index) -> Self {
        let person = |person: SamplePerson| PersonView {
            document: person.document,
            name: person.name,
            p12_name: person.p12.as_deref().map(file_name).unwrap_or_default(),
            href: person.p12.as_deref().map(address),
            password: person.password.unwrap_or_default(),
        };
        let employer = |employer: SampleEmployer| EmployerView {
            ruc: employer.ruc,
            legal_name: employer.legal_name,
            kind: kind_words(&employer.kind).say(frame.language),
            email: employer.email,
            note: employer.note,
            representatives: employer.representatives.into_iter().map(person).collect(),
        };
        let document = |document: SampleDocument| DocumentView {
            href: address(&document.file),
            name: file_name(&document.file),
            expected: document
                .expected_outcome
                .parse()
                .map_or("—", |outcome| words::outcome(outcome).say(frame.language)),
            codes: document.expected_codes.join(", "),
            sentence: document.sentence,
        };
        Self {
            frame,
            employers: index.employers.into_iter().map(employer).collect(),
            documents: index.documents.into_iter().map(document).collect(),
        }
    }
}

fn kind_words(kind: &str) -> Text {
    match kind {
        "company" => Text::new("Compañía", "Company"),
        "sas" => Text::new("S.A.S.", "S.A.S. (simplified company)"),
        "public_body" => Text::new("Entidad pública", "Public body"),
        "natural_person" => Text::new("Persona natural", "Natural person"),
        "household" => Text::new("Empleador de hogar", "Household employer"),
        _ => Text::new("Empleador", "Employer"),
    }
}

fn file_name(path: &str) -> String {
    FsPath::new(path).file_name().map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn address(file: &str) -> String {
    format!("/demo/archivos/{file}")
}

async fn samples(State(app): State<App>, frame: Frame) -> Response {
    let index = read_index(&app).await.unwrap_or_default();
    page(StatusCode::OK, &DemoPage::of(&frame, index))
}

async fn read_index(app: &App) -> Option<Index> {
    let text = tokio::fs::read(app.demo.as_ref()?.samples.join("index.json"))
        .await
        .ok()?;
    serde_json::from_slice(&text)
        .inspect_err(|error| tracing::error!(%error, "samples/index.json"))
        .ok()
}

/// A sample, and only one that the index names: no path from outside ever reaches the file system.
async fn file(State(app): State<App>, Path(file): Path<String>) -> Result<Response, WebError> {
    let index = read_index(&app).await.ok_or(WebError::NotFound)?;
    let p12s = index
        .employers
        .iter()
        .flat_map(|employer| &employer.representatives)
        .filter_map(|person| person.p12.as_deref());
    let known = index
        .documents
        .iter()
        .map(|document| document.file.as_str())
        .chain(p12s)
        .find(|known| *known == file);
    let (known, demo) = known.zip(app.demo.as_ref()).ok_or(WebError::NotFound)?;
    let content = tokio::fs::read(demo.samples.join(known))
        .await
        .map_err(|_| WebError::NotFound)?;
    let kind = match known.rsplit_once('.').map(|(_, extension)| extension) {
        Some("pdf") => "application/pdf",
        Some("p12") => "application/x-pkcs12",
        _ => "application/octet-stream",
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!(
                "attachment; filename=\"{}\"",
                file_name(known).replace('"', "")
            ),
        ),
    ];
    Ok((headers, content).into_response())
}
