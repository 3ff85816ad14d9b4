//! The page of one petition, its form, and the button that sends a link.

use axum::Form;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::address_doubt::{AddressDoubt, settled};
use super::new_petition::EMAIL_TEXT;
use super::secret::{mine, parse_number, secret_of, to_lookup, to_lookup_without, to_petition};
use crate::domain::{EmailAddress, Text, Token};
use crate::intake::review::ReviewError;
use crate::intake::{FormOpener, IntakeError, Status};
use crate::web::messages::WebError;
use crate::web::notices::CompanyNotice;
use crate::web::petition_page::{NotReceived, PetitionPage, UploadForm, View, takes_appointment};
use crate::web::{App, Frame, page};
use crate::words;

/// What the last click did, told after the redirect; and that a page asked what this browser keeps.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(in crate::web) struct Notice {
    aviso: Option<CompanyNotice>,
    guardado: Option<Asked>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Si,
}

/// `GET /solicitud/{number}`
pub(in crate::web) async fn petition(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    frame: Frame,
    Query(notice): Query<Notice>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let asked = notice.guardado.is_some();
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(if asked {
            to_lookup_without(&number)
        } else {
            to_lookup(&number)
        });
    };
    if asked {
        return Ok(to_petition(&app, &number, None));
    }
    let again_at = status.link.again_at;
    let said = match (notice.aviso, again_at) {
        (Some(CompanyNotice::Limit), Some(at)) => Said {
            notice: Some(words::links_this_hour(at, frame.language)),
            tone: "wait",
            ..Said::default()
        },
        (Some(notice), _) => {
            let (tone, notice) = notice.said(frame.language);
            Said {
                notice: Some(notice.to_owned()),
                tone,
                ..Said::default()
            }
        }
        (None, _) => Said::default(),
    };
    show(&app, frame, &status, &secret, said).await
}

/// What a page of a petition says besides where the petition stands.
pub(super) struct Said {
    pub(super) code: StatusCode,
    pub(super) notice: Option<String>,
    /// `ok`, `wait` or `bad`.
    pub(super) tone: &'static str,
    /// Why what was sent was not even received: before everything else on the page.
    pub(super) not_received: Option<NotReceived>,
    pub(super) upload_error: Option<String>,
    /// An address that was rather mistyped.
    pub(super) address: Option<AddressDoubt>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            code: StatusCode::OK,
            notice: None,
            tone: "ok",
            not_received: None,
            upload_error: None,
            address: None,
        }
    }
}

pub(super) async fn show(
    app: &App,
    frame: Frame,
    status: &Status,
    secret: &Token,
    said: Said,
) -> Result<Response, WebError> {
    let link_left = status
        .link
        .alive_until
        .map(|until| app.intake.seconds_until(until));
    let shown = PetitionPage {
        frame: &frame,
        view: View::of(status, secret, link_left, frame.language),
        upload: UploadForm::signed(
            &status.number,
            app.upload_bytes(),
            said.upload_error,
            frame.language,
        ),
        appointment: takes_appointment(status)
            .then(|| UploadForm::appointment(&status.number, app.upload_bytes(), frame.language)),
        not_received: said.not_received,
        address: said.address,
        notice: said.notice,
        notice_tone: said.tone,
    };
    Ok(page(said.code, &shown))
}

/// The address that a petition lacks.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct MissingAddress {
    #[serde(default)]
    new_email: String,
    /// Which of two was meant.
    #[serde(default)]
    email_choice: String,
}

/// `POST /solicitud/{number}/correo`: the change of address that this petition waits for, ready to be signed.
pub(in crate::web) async fn missing_address(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    frame: Frame,
    headers: HeaderMap,
    Form(typed): Form<MissingAddress>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(to_lookup(&number));
    };
    let Ok(address) = typed.new_email.parse::<EmailAddress>() else {
        let said = Said {
            code: StatusCode::UNPROCESSABLE_ENTITY,
            notice: Some(EMAIL_TEXT.say(frame.language).to_owned()),
            tone: "bad",
            ..Said::default()
        };
        return show(&app, frame, &status, &secret, said).await;
    };
    let address = match settled(address, &typed.email_choice) {
        Ok(address) => address,
        Err(doubt) => {
            let asked = Text::new(
                "Compruebe el correo nuevo: parece tener un error al escribirlo. Diga abajo cuál es.",
                "Check the new e-mail: it seems to be mistyped. Say below which one it is.",
            );
            let said = Said {
                code: StatusCode::UNPROCESSABLE_ENTITY,
                notice: Some(asked.say(frame.language).to_owned()),
                tone: "wait",
                address: Some(doubt),
                ..Said::default()
            };
            return show(&app, frame, &status, &secret, said).await;
        }
    };
    let issued = app
        .intake
        .issue_address_for(&number, &secret, address)
        .await?;
    Ok(to_petition(&app, &issued.number, Some(&issued.secret)))
}

/// `GET /solicitud/{number}/formulario.pdf`, in the browser that holds the secret. Any other is told what an unknown number is
/// told, and not sent to another page: what is saved as a PDF must not be that page.
pub(in crate::web) async fn form(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let secret = secret_of(&headers).ok_or(WebError::NotFound)?;
    let opener = FormOpener::Secret(secret);
    let pdf = app.intake.form(&number, &opener).await?;
    let pdf = pdf.ok_or(WebError::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{number}.pdf\""),
        ),
    ];
    Ok((headers, pdf).into_response())
}

/// Within so many seconds a second click means the same: its link would kill the one that the first has just sent, and use up
/// the few that an hour allows.
const SAME_CLICK_SECONDS: i64 = 5;

/// `POST /solicitud/{number}/enlace`
pub(in crate::web) async fn send_link(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let Some((status, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(to_lookup(&number));
    };
    let page = format!("/solicitud/{number}");
    let sent = CompanyNotice::Sent.after(&page).into_response();
    let asked = status.link.asked_at.map(|at| app.intake.seconds_since(at));
    if asked.is_some_and(|seconds| seconds < SAME_CLICK_SECONDS) {
        return Ok(sent);
    }
    Ok(match app.intake.send_link(&number, &secret).await {
        Ok(_) => sent,
        Err(IntakeError::TooMany(_)) => CompanyNotice::Limit.after(&page).into_response(),
        // The page as it is now says why, and what to do.
        Err(
            IntakeError::Held(_)
            | IntakeError::HandingOver
            | IntakeError::LinksSpent
            | IntakeError::SignerLeft,
        ) => Redirect::to(&page).into_response(),
        Err(other) => return Err(other.into()),
    })
}

/// What an appeal says.
#[derive(Deserialize)]
pub(in crate::web) struct Why {
    #[serde(default)]
    why: String,
}

/// `POST /solicitud/{number}/apelar`: another person looks at a refusal.
pub(in crate::web) async fn appeal(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Why>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let Some((_, secret)) = mine(&app, &number, &headers).await? else {
        return Ok(to_lookup(&number));
    };
    let notice = match app.intake.appeal(&number, &secret, &typed.why).await {
        Ok(()) => CompanyNotice::Appealed,
        Err(ReviewError::NoAppeal) => CompanyNotice::NoAppeal,
        Err(ReviewError::Reason) => CompanyNotice::TooLong,
        Err(ReviewError::Wordless) => CompanyNotice::Wordless,
        Err(error) => return Err(error.into()),
    };
    Ok(notice
        .after(&format!("/solicitud/{number}"))
        .into_response())
}
