//! The counter (*ventanilla*, PRODUCT S39): a case for a person who stands there, scans of the five documents, what each officer
//! has seen, and the link on the screen.

use askama::Template;
use axum::Form;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::case::{Come, Typed, answer, refused};
use super::plate::Plate;
use super::{DECIDERS, Desk, Place, act_at, page_at};
use crate::domain::{DossierItem, PetitionNumber, calendar};
use crate::intake::review::NewVisit;
use crate::web::company::parse_number;
use crate::web::messages::{FieldErrors, WebError};
use crate::web::notices::OfficeNotice;
use crate::web::petition_page::in_fours;
use crate::web::upload::{self, Upload};
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/ventanilla", DECIDERS, || get(show)),
    act_at("/oficina/ventanilla", DECIDERS, || post(open)),
    act_at("/oficina/caso/{number}/escaneo/{item}", DECIDERS, || {
        // A scan is larger than a form; the intake knows the limit.
        post(scan).layer(DefaultBodyLimit::disable())
    }),
    act_at("/oficina/caso/{number}/visto/{item}", DECIDERS, || {
        post(tick)
    }),
    act_at("/oficina/caso/{number}/enlace", DECIDERS, || post(link)),
];

#[derive(Template)]
#[template(path = "office/counter.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct CounterPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) ruc: &'a str,
    pub(in crate::web) branch: &'a str,
    pub(in crate::web) turn: &'a str,
    pub(in crate::web) errors: FieldErrors,
}

#[derive(Template)]
#[template(
    path = "office/counter_opened.html",
    config = "src/web/pages/askama.toml"
)]
pub(in crate::web) struct OpenedPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) view: Opened,
}

/// What the person is handed, as `secret.html` shows it.
pub(in crate::web) struct Opened {
    pub(in crate::web) number: String,
    pub(in crate::web) secret: Vec<String>,
}

#[derive(Template)]
#[template(
    path = "office/counter_link.html",
    config = "src/web/pages/askama.toml"
)]
pub(in crate::web) struct LinkPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) number: String,
    pub(in crate::web) url: String,
    pub(in crate::web) plate: Option<Plate>,
    pub(in crate::web) until: String,
}

/// `GET /oficina/ventanilla`
async fn show(State(app): State<App>, desk: Desk) -> Response {
    let shown = CounterPage {
        frame: &app.frame,
        desk: &desk,
        ruc: "",
        branch: "0001",
        turn: "",
        errors: FieldErrors::default(),
    };
    page(StatusCode::OK, &shown)
}

#[derive(Deserialize)]
struct Visit {
    #[serde(default)]
    ruc: String,
    #[serde(default)]
    branch: String,
    #[serde(default)]
    turn: String,
}

/// `POST /oficina/ventanilla`
async fn open(
    State(app): State<App>,
    desk: Desk,
    Form(typed): Form<Visit>,
) -> Result<Response, WebError> {
    let mut errors = FieldErrors::default();
    let ruc = errors.take("ruc", typed.ruc.parse(), "El RUC tiene 13 dígitos.");
    let branch = errors.take(
        "branch",
        typed.branch.parse(),
        "La sucursal tiene 4 dígitos.",
    );
    let turn = Some(typed.turn.trim())
        .filter(|turn| !turn.is_empty())
        .ok_or(());
    let turn = errors.take("turn", turn, "Escriba el número del turno.");
    let (Some(ruc), Some(branch), Some(turn)) = (ruc, branch, turn) else {
        let shown = CounterPage {
            frame: &app.frame,
            desk: &desk,
            ruc: &typed.ruc,
            branch: &typed.branch,
            turn: &typed.turn,
            errors,
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    };
    let visit = NewVisit {
        ruc,
        branch,
        turn: turn.to_owned(),
    };
    match app.intake.open_counter(&visit, &desk.officer()).await {
        Ok(issued) => {
            let shown = OpenedPage {
                frame: &app.frame,
                desk: &desk,
                view: Opened {
                    number: issued.number.to_string(),
                    secret: in_fours(issued.secret.reveal()),
                },
            };
            Ok(page(StatusCode::CREATED, &shown))
        }
        Err(error) => match super::case::why_not(&error) {
            Some(_) => {
                let shown = CounterPage {
                    frame: &app.frame,
                    desk: &desk,
                    ruc: &typed.ruc,
                    branch: &typed.branch,
                    turn: &typed.turn,
                    errors: FieldErrors::one(
                        "ruc",
                        "Usted está relacionado con esta empresa: debe atender otra persona.",
                    ),
                };
                Ok(page(StatusCode::CONFLICT, &shown))
            }
            None => Err(error.into()),
        },
    }
}

fn parse(number: &str, item: &str) -> Result<(PetitionNumber, DossierItem), WebError> {
    let number = parse_number(number)?;
    let item = item.parse().map_err(|_| WebError::NotFound)?;
    Ok((number, item))
}

/// `POST /oficina/caso/{number}/escaneo/{item}`
async fn scan(
    State(app): State<App>,
    desk: Desk,
    Path((number, item)): Path<(String, String)>,
    request: Request,
) -> Result<Response, WebError> {
    let (number, item) = parse(&number, &item)?;
    let officer = desk.officer();
    upload::receive(&app, Upload::Scan(&number, item, &officer), request).await?;
    let page = format!("/oficina/caso/{number}");
    Ok(OfficeNotice::Scanned.after(&page).into_response())
}

/// `POST /oficina/caso/{number}/visto/{item}`
async fn tick(
    State(app): State<App>,
    desk: Desk,
    Path((number, item)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (number, item) = parse(&number, &item)?;
    match app.intake.tick(&number, item, &desk.officer()).await {
        Ok(()) => {
            let page = format!("/oficina/caso/{number}");
            Ok(OfficeNotice::Seen.after(&page).into_response())
        }
        Err(error) => refused(&app, &desk, &number, &Typed::default(), error).await,
    }
}

/// `POST /oficina/caso/{number}/enlace`: the link on the screen and as a code for the person's own telephone. It is shown as
/// the answer to the POST, so that it stands in no history.
async fn link(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    match app.intake.counter_link(&number, &desk.officer()).await {
        Ok(link) => {
            let shown = LinkPage {
                frame: &app.frame,
                desk: &desk,
                number: number.to_string(),
                plate: Plate::of(&link.url),
                url: link.url,
                until: calendar::say_second(link.expires_at),
            };
            Ok(page(StatusCode::OK, &shown))
        }
        Err(crate::intake::review::ReviewError::Intake(
            crate::intake::IntakeError::NotApproved,
        )) => {
            let life = app.intake.settings().approval_life;
            let sentence = format!(
                "El enlace se abre cuando dos personas han aprobado, dentro de {}.",
                calendar::say_span(life.as_secs().unsigned_abs())
            );
            let come = Come {
                error: Some(sentence),
                ..Come::default()
            };
            answer(&app, &desk, &number, StatusCode::CONFLICT, come).await
        }
        Err(error) => refused(&app, &desk, &number, &Typed::default(), error).await,
    }
}
