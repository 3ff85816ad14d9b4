//! The back office under `/oficina`: people decide what the machine could not.
//!
//! Its router is the table [`places`]: every address with its method, who may come, and its handler. The same table is
//! walked by a test with every role, with nobody, with a disabled member and with an expired session
//! (`tests/it/office_roles.rs`). Each screen is a file or folder that holds its own rows; `SCREENS` lists them.
//!
//! Who is at work stands in a `Desk`, which every handler behind the door can ask for; nothing else is trusted about
//! them. A POST needs the word that the page had in its form (`{% include "office/csrf.html" %}`).

mod account;
mod admission;
mod attachment;
mod audit;
mod case;
mod counter;
mod day;
mod enrolment;
mod evidence;
mod finder;
mod gauges;
mod page_image;
mod people;
mod plate;
mod plot;
mod proposals;
mod queue;
mod registry;
mod representation;
mod shown;
mod sign_in;
mod stopping;
mod trust;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Method;
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};

pub(crate) use admission::Desk;
pub(super) use gauges::Gauges;

use super::App;
use super::messages::WebError;
use crate::domain::MemberRole;

/// Who may come to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not: the door itself.
    Anybody,
    /// Members in one of these roles.
    Roles(&'static [MemberRole]),
}

/// Whoever is signed in.
const MEMBERS: Who = Who::Roles(MemberRole::ALL);
/// Those who decide about cases.
const DECIDERS: Who = Who::Roles(&[MemberRole::Reviewer, MemberRole::Supervisor]);
/// Those who look after people, registry and trust.
const SUPERVISORS: Who = Who::Roles(&[MemberRole::Supervisor]);
/// Those who look over others' shoulders.
const OVERSEERS: Who = Who::Roles(&[MemberRole::Supervisor, MemberRole::Auditor]);

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Place {
    /// GET (which serves HEAD too) or POST.
    pub method: Verb,
    /// Pattern of the address.
    pub path: &'static str,
    /// Who may come.
    pub who: Who,
    /// What happens there.
    handler: fn() -> MethodRouter<App>,
}

/// Methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Looks.
    Get,
    /// Changes something.
    Post,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
        }
    }
}

/// A row for a page.
const fn page_at(path: &'static str, who: Who, handler: fn() -> MethodRouter<App>) -> Place {
    Place {
        method: Verb::Get,
        path,
        who,
        handler,
    }
}

/// A row for an act.
const fn act_at(path: &'static str, who: Who, handler: fn() -> MethodRouter<App>) -> Place {
    Place {
        method: Verb::Post,
        path,
        who,
        handler,
    }
}

/// The screens, each with its rows.
const SCREENS: &[&[Place]] = &[
    &[page_at("/oficina", MEMBERS, || get(first_page))],
    sign_in::PLACES,
    enrolment::PLACES,
    account::PLACES,
    queue::PLACES,
    finder::PLACES,
    page_image::PLACES,
    case::PLACES,
    attachment::PLACES,
    counter::PLACES,
    day::PLACES,
    registry::PLACES,
    stopping::PLACES,
    proposals::PLACES,
    trust::PLACES,
    evidence::PLACES,
    audit::PLACES,
    people::PLACES,
];

/// What the menu offers, in its order; whoever may not come does not see the entry.
const MENU: &[(&str, &str)] = &[
    ("/oficina/cola", "Cola"),
    ("/oficina/ventanilla", "Ventanilla"),
    ("/oficina/dia", "El día"),
    ("/oficina/registro", "Registro"),
    ("/oficina/confianza", "Confianza"),
    ("/oficina/personas", "Personas"),
    ("/oficina/bitacora", "Bitácora"),
];

/// Every place of the office.
pub fn places() -> impl Iterator<Item = &'static Place> {
    SCREENS.iter().copied().flatten()
}

/// Largest form of the office; whoever takes scans says so in their own handler.
const FORM_BYTES: usize = 256 * 1024;

/// The table as a router.
pub(super) fn routes(app: &App) -> Router<App> {
    let mut router = Router::new();
    for place in places() {
        let admit = middleware::from_fn_with_state((app.clone(), place), admission::admit);
        router = router.route(place.path, (place.handler)().route_layer(admit));
    }
    router.layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Whether somebody in this role may look at `path`.
fn may_see(role: MemberRole, path: &str) -> bool {
    places().any(|place| {
        place.method == Verb::Get
            && place.path == path
            && matches!(place.who, Who::Roles(roles) if roles.contains(&role))
    })
}

/// `GET /oficina`: the first entry of one's menu.
async fn first_page(State(_): State<App>, desk: Desk) -> Result<Response, WebError> {
    let first = MENU
        .iter()
        .find(|(path, _)| may_see(desk.member.role, path));
    let (path, _) = first.ok_or(WebError::NotFound)?;
    Ok(Redirect::to(path).into_response())
}
