//! The box «Número o RUC»: leads to a petition, whoever decided it, or to the petitions of an employer.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::case::Past;
use super::{Desk, MEMBERS, Place, page_at};
use crate::domain::{PetitionNumber, Ruc, calendar, without_gaps};
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[page_at("/oficina/buscar", MEMBERS, || get(find))];

#[derive(Template)]
#[template(path = "office/finder.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct FinderPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) sought: &'a str,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) found: Vec<Past>,
}

#[derive(Deserialize)]
struct Sought {
    #[serde(default)]
    que: String,
}

/// The numbers that somebody may mean: the one they wrote, or those of this year and the last with its digits alone, as they are
/// said on the telephone.
fn numbers_of(sought: &str, app: &App) -> Vec<PetitionNumber> {
    if let Ok(number) = sought.parse() {
        return vec![number];
    }
    let digits = without_gaps(sought);
    let serial = Some(&digits).filter(|digits| (6..=12).contains(&digits.len()));
    let Some(serial) = serial.and_then(|digits| digits.parse::<u64>().ok()) else {
        return Vec::new();
    };
    let year = calendar::in_ecuador(app.intake.now()).year();
    [year, year - 1]
        .map(|year| PetitionNumber::new(year, serial))
        .to_vec()
}

/// `GET /oficina/buscar`
async fn find(
    State(app): State<App>,
    desk: Desk,
    Query(Sought { que }): Query<Sought>,
) -> Result<Response, WebError> {
    const NEITHER: &str =
        "Escriba un número de trámite, o solo sus dígitos, o un RUC de 13 dígitos.";
    const NOTHING: &str = "No consta ningún trámite con ese número o RUC.";
    let sought = que.trim();
    let answer = |status, error, found| {
        let shown = FinderPage {
            frame: &app.frame,
            desk: &desk,
            sought,
            error,
            found,
        };
        Ok(page(status, &shown))
    };
    let numbers = numbers_of(sought, &app);
    for number in &numbers {
        match app.intake.look(number, &desk.officer()).await {
            Ok(_) => return Ok(Redirect::to(&format!("/oficina/caso/{number}")).into_response()),
            Err(error) => match WebError::from(error) {
                WebError::NotFound => {}
                other => return Err(other),
            },
        }
    }
    if !numbers.is_empty() {
        return answer(StatusCode::NOT_FOUND, Some(NOTHING), Vec::new());
    }
    let Ok(ruc) = without_gaps(sought).parse::<Ruc>() else {
        return answer(StatusCode::UNPROCESSABLE_ENTITY, Some(NEITHER), Vec::new());
    };
    let found = app.intake.petitions_of_ruc(&ruc).await?;
    let found: Vec<Past> = found.iter().map(Past::of).collect();
    if found.is_empty() {
        return answer(StatusCode::NOT_FOUND, Some(NOTHING), found);
    }
    answer(StatusCode::OK, None, found)
}
