//! HTTP and what people read there, in Spanish and English: the pages, the JSON API and the links of mails. The only place which
//! names axum and askama.
//!
//! Reading order: this router; `company` (pages) and `api` (the same functions as JSON); `petition_page` (what a
//! status looks like); `links` (what mails point to); `messages` (errors in words); `office` (the back office).
//! A handler extracts, calls [`crate::intake`] and shows a page: no SQL here, no verification, no decision.

mod address;
mod api;
mod assets;
mod company;
mod connections;
mod cookies;
mod demo;
mod health;
mod language;
mod layers;
mod limits;
mod links;
mod messages;
pub mod notices;
pub mod office;
mod petition_page;
mod privacy;
mod receipt;
mod report;
mod resumable;
#[cfg(test)]
mod samples;
mod sending;
mod shares;
pub mod summary;
#[cfg(test)]
mod tests;
mod upload;

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Router, middleware};
use jiff::SignedDuration;

use crate::domain::{Language, calendar};
use crate::intake::Intake;
use crate::people::People;
use crate::proposals::Changes;
use crate::store::LinkKind;

pub use address::{Network, NotANetwork, Proxies};
pub use connections::serve;
pub use demo::Demo;
pub(crate) use layers::RequestId;
pub use limits::Rates;
pub use messages::size;
pub use privacy::Privacy;

/// What the pages need to know besides the intake and its settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the service, shown as a brand.
    pub service: String,
    /// How to reach the operator, as a sentence.
    pub contact: Option<String>,
    /// Sender of our messages, which spam filters have to let pass.
    pub sender: String,
    /// What is said about personal data.
    pub privacy: Privacy,
    /// Mailbox and samples of the demonstration.
    pub demo: Option<Demo>,
    /// Who stands between clients and us.
    pub proxies: Proxies,
    /// How often one address may do what.
    pub rates: Rates,
}

/// What every page shows around its content, and in which language it speaks.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Name of the service.
    pub service: String,
    /// Who operates it.
    pub operator: String,
    /// How to reach them.
    pub contact: Option<String>,
    /// Sender of our messages.
    pub sender: String,
    /// Whether the band of the demonstration is shown.
    pub demo: bool,
    /// Language of the page.
    pub language: Language,
    /// The same page in the other one, where there is such a page.
    translation: Option<language::Translation>,
}

impl Frame {
    /// The same around a page in `language`.
    fn speaking(&self, language: Language, translation: Option<language::Translation>) -> Self {
        Self {
            language,
            translation,
            ..self.clone()
        }
    }

    /// Language of the page, as templates ask for it.
    fn language(&self) -> Language {
        self.language
    }

    /// The one of two texts that is in the language of the page.
    fn say<'a>(&self, spanish: &'a str, english: &'a str) -> &'a str {
        self.language.pick(spanish, english)
    }

    /// Whether what was written in Spanish only has to be marked as that.
    fn is_english(&self) -> bool {
        self.language == Language::En
    }

    /// Address of a style sheet, script or image.
    #[allow(clippy::unused_self, reason = "pages reach it through their frame")]
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}

/// State shared by all handlers.
#[derive(Clone)]
pub struct App {
    /// The flow behind pages and API.
    pub intake: Intake,
    /// The people of the back office.
    pub people: People,
    /// Changes of registry and trust that two people make.
    pub changes: Changes,
    proxies: Arc<Proxies>,
    frame: Arc<Frame>,
    privacy: Arc<Privacy>,
    demo: Option<Demo>,
    metrics: Arc<health::Metrics>,
    upload_slots: upload::Slots,
    limits: Arc<limits::Limits>,
}

impl App {
    /// Puts the pages in front of `intake`.
    #[must_use]
    pub fn new(intake: Intake, people: People, changes: Changes, settings: Settings) -> Self {
        let frame = Frame {
            service: settings.service,
            operator: intake.settings().operator.clone(),
            contact: settings.contact,
            sender: settings.sender,
            demo: settings.demo.is_some(),
            language: Language::Es,
            translation: None,
        };
        Self {
            intake,
            people,
            changes,
            proxies: Arc::new(settings.proxies),
            frame: Arc::new(frame),
            privacy: Arc::new(settings.privacy),
            demo: settings.demo,
            metrics: Arc::new(health::Metrics::default()),
            upload_slots: upload::Slots::new(),
            limits: Arc::new(limits::Limits::new(&settings.rates)),
        }
    }

    /// Largest upload, in bytes.
    fn upload_bytes(&self) -> u64 {
        self.intake.settings().upload_bytes
    }

    /// Address under which people reach the service.
    fn public_url(&self) -> &str {
        &self.intake.settings().public_url
    }

    /// Whether people reach us over https.
    fn is_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }

    /// How long a reset through a changed address waits, in words, if it does.
    fn email_hold(&self, language: Language) -> Option<String> {
        let hold = self.intake.settings().email_hold;
        hold.is_positive().then(|| in_words(language, hold))
    }

    /// How fresh a letter must be, in words.
    fn letter_window(&self, language: Language) -> String {
        in_words(language, self.intake.settings().letter_window)
    }

    /// How long a link for a new password lives, in words.
    fn link_life(&self, language: Language) -> String {
        in_words(language, self.intake.settings().link_life)
    }
}

fn in_words(language: Language, span: SignedDuration) -> String {
    calendar::span_in(language, span.as_secs().unsigned_abs())
}

/// Every address there is.
pub fn router(app: App) -> Router {
    // What a company sees.
    let pages = Router::new()
        .route("/", get(company::start))
        .route(
            "/solicitud",
            get(company::new_petition).post(company::issue),
        )
        .route("/solicitud/{number}", get(company::petition))
        .route("/solicitud/{number}/formulario.pdf", get(company::form))
        .route("/solicitud/{number}/informe.pdf", get(report::download))
        .route("/solicitud/{number}/comprobante.pdf", get(receipt::of_page))
        .route("/solicitud/{number}/enlace", post(company::send_link))
        .route("/solicitud/{number}/correo", post(company::missing_address))
        .route("/solicitud/{number}/apelar", post(company::appeal))
        .route("/solicitud/{number}/olvidar", post(company::forget))
        .route("/consulta", get(company::lookup).post(company::open))
        .route("/datos-personales", get(privacy::privacy))
        // What mails point to.
        .route(
            &format!("/{}/{{token}}", LinkKind::Reset.path()),
            get(links::password).post(links::set_password),
        )
        .route(
            &format!("/{}/{{token}}", LinkKind::Confirm.path()),
            get(links::address).post(links::confirm_address),
        )
        .route(
            &format!("/{}/{{token}}", LinkKind::Freeze.path()),
            get(links::not_me).post(links::freeze),
        );
    // The same functions for programs.
    let api = Router::new()
        .route("/api/v1/petitions", post(api::issue))
        .route("/api/v1/petitions/{number}", get(api::status))
        .route("/api/v1/petitions/{number}/form.pdf", get(api::form))
        .route("/api/v1/petitions/{number}/report.pdf", get(report::pdf))
        .route("/api/v1/petitions/{number}/report.html", get(report::html))
        .route(
            "/api/v1/petitions/{number}/receipt.pdf",
            get(receipt::of_api),
        )
        .route("/api/v1/petitions/{number}/link", post(api::send_link))
        .route(
            "/api/v1/petitions/{number}/email",
            post(api::missing_address),
        )
        .route("/api/v1/openapi.json", get(api::openapi));
    // Bodies of any length up to the configured one, read as a stream.
    let uploads = Router::new()
        .route(
            "/documento",
            get(company::upload_page).post(company::upload_letter),
        )
        .route(
            "/solicitud/{number}/documento",
            post(company::upload_signed),
        )
        .route(
            "/api/v1/petitions/{number}/document",
            post(api::upload_signed),
        )
        .route("/api/v1/documents", post(api::upload_letter))
        .route(
            "/api/v1/uploads",
            post(resumable::create).options(resumable::options),
        )
        .route(
            "/api/v1/uploads/{id}",
            get(resumable::progress)
                .head(resumable::offset)
                .patch(resumable::append_by_program)
                .delete(resumable::abandon),
        )
        .route(
            "/solicitud/{number}/subidas/{id}",
            patch(resumable::append_on_page),
        )
        .route(
            "/solicitud/{number}/nombramiento",
            post(company::attach_appointment),
        )
        .route(
            "/api/v1/petitions/{number}/appointment",
            post(api::attach_appointment),
        );
    let operations = Router::new()
        .route("/salud/viva", get(health::alive))
        .route("/salud/lista", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/assets/{name}", get(assets::get))
        .route("/robots.txt", get(company::robots));
    let demo = if app.demo.is_some() {
        demo::routes()
    } else {
        Router::new()
    };

    let quick = layers::quick(pages.merge(api).merge(operations).merge(demo));
    let slow = layers::slow(uploads);
    let quick = quick.merge(layers::office(office::routes(&app)));
    // The innermost layer first: what is written last sees the request first and the answer last.
    layers::guard(quick.merge(slow), &app)
        .layer(middleware::from_fn_with_state(app.clone(), limits::guard))
        .layer(middleware::from_fn_with_state(app.clone(), messages::dress))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            language::choose,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), layers::secure))
        .layer(middleware::from_fn_with_state(app.clone(), layers::observe))
        .with_state(app)
}

/// A rendered page, never cached: most of them show something that is only for this person.
fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CACHE_CONTROL, "no-store"),
            ];
            (status, headers, html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            messages::WebError::Internal.into_response()
        }
    }
}
