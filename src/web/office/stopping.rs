//! «Detener la cuenta»: the company says by telephone or in a letter what the link of its messages says for seven days. One hand stops
//! an account, with a reason; two people who approve a new petition free it.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use serde::Deserialize;

use super::case::{self, Come};
use super::{Desk, Place, SUPERVISORS, act_at, proposals, registry};
use crate::domain::{BranchCode, PetitionNumber, Ruc};
use crate::intake::{Stop, reason_of};
use crate::store::Why;
use crate::web::App;
use crate::web::company::parse_number;
use crate::web::messages::WebError;
use crate::web::notices::OfficeNotice;

/// The rows of what is done here.
pub(super) const PLACES: &[Place] = &[
    act_at(
        "/oficina/registro/{ruc}/{branch}/detener",
        SUPERVISORS,
        || post(stop_employer),
    ),
    act_at("/oficina/caso/{number}/detener", SUPERVISORS, || {
        post(stop_petition)
    }),
];

/// The form, on the page of an employer and on that of a petition.
pub(in crate::web) struct StopForm {
    /// Where it is sent.
    pub(in crate::web) path: String,
    /// What was typed and did not count.
    pub(in crate::web) reason: String,
    /// Why not.
    pub(in crate::web) error: Option<&'static str>,
}

impl StopForm {
    /// The form of a page.
    pub(super) fn below(page: &str, flawed: Option<&NewStop>) -> Self {
        Self {
            path: format!("{page}/detener"),
            error: flawed.map(|_| proposals::REASON_TEXT),
            reason: flawed.map(|typed| typed.reason.clone()).unwrap_or_default(),
        }
    }
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewStop {
    reason: String,
}

impl NewStop {
    /// What is stopped because of it; `None` when the reason says too little.
    fn of(
        &self,
        (ruc, branch): (&Ruc, &BranchCode),
        denied: Option<&PetitionNumber>,
        desk: &Desk,
    ) -> Option<Stop> {
        Some(Stop {
            ruc: ruc.clone(),
            branch: branch.clone(),
            denied: denied.cloned(),
            by: desk.member.user.as_str().to_owned(),
            reason: reason_of(&self.reason)?,
        })
    }
}

/// Who of the staff stopped an account, and why.
pub(super) fn said(why: &Why) -> String {
    format!("{} la detuvo: «{}»", why.by, why.reason)
}

/// `POST /oficina/registro/{ruc}/{branch}/detener`: denies what was approved last.
async fn stop_employer(
    State(app): State<App>,
    desk: Desk,
    Path((ruc, branch)): Path<(String, String)>,
    Form(typed): Form<NewStop>,
) -> Result<Response, WebError> {
    let record = registry::found(&app, &ruc, &branch).await?;
    let employer = &record.employer;
    let Some(stop) = typed.of((&employer.ruc, &employer.branch), None, &desk) else {
        return registry::unstopped(&app, &desk, &record, typed).await;
    };
    app.intake.stop_account(&stop).await?;
    Ok(Redirect::to(&registry::address(employer)).into_response())
}

/// `POST /oficina/caso/{number}/detener`: denies this petition, and takes what it put on file off again.
async fn stop_petition(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    Form(typed): Form<NewStop>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let whose = app.changes.store().whose(&number).await?;
    let (ruc, branch) = whose.ok_or(WebError::NotFound)?;
    let Some(stop) = typed.of((&ruc, &branch), Some(&number), &desk) else {
        let come = Come {
            unstopped: Some(typed),
            ..Come::default()
        };
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return case::answer(&app, &desk, &number, unusable, come).await;
    };
    app.intake.stop_account(&stop).await?;
    let page = format!("/oficina/caso/{number}");
    Ok(OfficeNotice::Stopped.after(&page).into_response())
}
