//! The registry as supervisors and auditors see it: one employer, what was changed by whom, and changes to propose.

mod person;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use serde::Deserialize;

use self::person::NewPerson;
use super::proposals::{self, Difference, ProposalLine};
use super::stopping::{self, NewStop, StopForm};
use super::{Desk, OVERSEERS, Place, SUPERVISORS, act_at, page_at, representation};
use crate::domain::{
    BranchCode, EmailAddress, Employer, EmployerState, LegalRepresentative, Ruc, calendar,
};
use crate::intake::reason_of;
use crate::store::{
    EmployerFacts, EmployerRecord, Facts, ImportKind, ImportRow, ImportState, ProposalState,
    Subject,
};
use crate::web::messages::{FieldErrors, WebError};
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/registro", OVERSEERS, || get(show)),
    page_at("/oficina/registro/{ruc}/{branch}", OVERSEERS, || {
        get(employer)
    }),
    act_at(
        "/oficina/registro/{ruc}/{branch}/estado",
        SUPERVISORS,
        || post(propose_state),
    ),
    act_at(
        "/oficina/registro/{ruc}/{branch}/periodo",
        SUPERVISORS,
        || post(propose_term),
    ),
    act_at(
        "/oficina/registro/{ruc}/{branch}/representante",
        SUPERVISORS,
        || post(person::propose_person),
    ),
    page_at("/oficina/versiones/{import}", OVERSEERS, || get(version)),
    act_at("/oficina/versiones/{import}/deshacer", SUPERVISORS, || {
        post(propose_undo)
    }),
];

/// Versions that are listed.
const VERSIONS: usize = 50;
/// Differences of one version that are listed; the rest is for the command line.
const DIFFERENCES: i64 = 200;

/// A version as it is listed.
pub(in crate::web) struct VersionLine {
    pub(in crate::web) id: i64,
    pub(in crate::web) version: i64,
    pub(in crate::web) kind: &'static str,
    pub(in crate::web) file: String,
    pub(in crate::web) actor: String,
    pub(in crate::web) at: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) added: u64,
    pub(in crate::web) changed: u64,
    pub(in crate::web) removed: u64,
    pub(in crate::web) can_undo: bool,
}

impl VersionLine {
    fn of(import: &ImportRow) -> Self {
        Self {
            id: import.id,
            version: import.last_change,
            kind: match import.kind {
                ImportKind::SriRuc => "Catastro del SRI",
                ImportKind::Supercias => "Directorio de la Supercias",
                ImportKind::Representatives => "Tabla de representantes",
                ImportKind::Screen => "Cambio en pantalla",
                ImportKind::Correction => "Rectificación pedida por la persona",
                ImportKind::Undo => "Reversión",
            },
            file: import.file.clone(),
            actor: import.actor.clone(),
            at: calendar::say_minute(import.began_at),
            state: match import.state {
                ImportState::Running => "sin terminar",
                ImportState::Done => "vigente",
                ImportState::Undone => "revertida",
            },
            added: import.tally.added,
            changed: import.tally.changed,
            removed: import.tally.removed,
            can_undo: import.state == ImportState::Done,
        }
    }
}

#[derive(Template)]
#[template(path = "office/registry.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct RegistryPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) typed: &'a str,
    pub(in crate::web) version: i64,
    pub(in crate::web) open: Vec<ProposalLine>,
    pub(in crate::web) versions: Vec<VersionLine>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    ruc: String,
    #[serde(default)]
    branch: String,
}

/// `GET /oficina/registro`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Query(search): Query<Search>,
) -> Result<Response, WebError> {
    let typed = search.ruc.trim().to_owned();
    let mut error = None;
    if !typed.is_empty() {
        let branch = if search.branch.trim().is_empty() {
            "0001"
        } else {
            search.branch.trim()
        };
        match (typed.parse::<Ruc>(), branch.parse::<BranchCode>()) {
            (Ok(ruc), Ok(branch)) => {
                return Ok(
                    Redirect::to(&format!("/oficina/registro/{ruc}/{}", branch.as_str()))
                        .into_response(),
                );
            }
            _ => error = Some("El RUC tiene 13 dígitos y la sucursal hasta 4."),
        }
    }
    let store = app.changes.store();
    let imports = store.imports().await?;
    let versions = imports
        .iter()
        .rev()
        .take(VERSIONS)
        .map(VersionLine::of)
        .collect();
    let shown = RegistryPage {
        frame: &app.frame,
        desk: &desk,
        error,
        typed: &typed,
        version: store.registry_version().await?,
        open: proposals::lines(&app, &desk, ProposalState::Open).await?,
        versions,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// A representative as they are listed.
pub(in crate::web) struct PersonLine {
    pub(in crate::web) document: String,
    pub(in crate::web) name: String,
    pub(in crate::web) post: String,
    pub(in crate::web) from: String,
    pub(in crate::web) to: String,
    pub(in crate::web) mode: String,
    pub(in crate::web) source: String,
    pub(in crate::web) in_office: bool,
}

impl PersonLine {
    fn of(person: &LegalRepresentative, today: Date) -> Self {
        Self {
            document: person.document.as_str().to_owned(),
            name: person.name.clone(),
            post: person.post.clone(),
            from: person.from.to_string(),
            to: person
                .last_day()
                .map(|day| day.to_string())
                .unwrap_or_default(),
            mode: representation::signs(person),
            source: person.source.clone(),
            in_office: person.in_office(today),
        }
    }
}

#[derive(Template)]
#[template(path = "office/employer.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct EmployerPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) ruc: String,
    pub(in crate::web) branch: String,
    pub(in crate::web) legal_name: String,
    pub(in crate::web) state: &'static str,
    /// Where links go.
    pub(in crate::web) email: String,
    /// Whom to call.
    pub(in crate::web) phone: String,
    /// Since when its account is stopped.
    pub(in crate::web) stopped: Option<String>,
    /// Who of the staff stopped it, and why.
    pub(in crate::web) why: Option<String>,
    pub(in crate::web) people: Vec<PersonLine>,
    pub(in crate::web) forms: Forms,
    pub(in crate::web) stop: StopForm,
    pub(in crate::web) may_propose: bool,
}

/// What was typed into the forms of the page and did not count, with what is wrong about it.
#[derive(Default)]
pub(in crate::web) struct Forms {
    pub(in crate::web) term: NewTerm,
    pub(in crate::web) term_errors: FieldErrors,
    pub(in crate::web) state: NewState,
    pub(in crate::web) state_errors: FieldErrors,
    pub(in crate::web) person: NewPerson,
    pub(in crate::web) person_errors: FieldErrors,
    /// Why an account was to be stopped.
    pub(super) stop: Option<NewStop>,
}

impl Forms {
    /// What is wrong in whichever form.
    fn wrong(&self) -> impl Iterator<Item = &'static str> {
        let all = [&self.term_errors, &self.state_errors, &self.person_errors];
        let unstopped = self.stop.as_ref().map(|_| proposals::REASON_TEXT);
        let flaws = all.into_iter().flatten().map(|error| error.text);
        flaws.chain(unstopped)
    }
}

/// `GET /oficina/registro/{ruc}/{branch}`
async fn employer(
    State(app): State<App>,
    desk: Desk,
    Path((ruc, branch)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let record = found(&app, &ruc, &branch).await?;
    let forms = Forms::default();
    employer_page(&app, &desk, &record, StatusCode::OK, forms).await
}

async fn employer_page(
    app: &App,
    desk: &Desk,
    record: &EmployerRecord,
    status: StatusCode,
    forms: Forms,
) -> Result<Response, WebError> {
    let today = calendar::in_ecuador(app.intake.now()).date();
    let employer = &record.employer;
    let why = app.changes.store().why_stopped(record).await?;
    let shown = EmployerPage {
        frame: &app.frame,
        desk,
        ruc: employer.ruc.as_str().to_owned(),
        branch: employer.branch.as_str().to_owned(),
        legal_name: employer.legal_name.clone(),
        state: state_words(employer.state),
        email: on_file(employer.email.as_ref().map(EmailAddress::as_str)),
        phone: on_file(employer.phone.as_deref()),
        stopped: record.frozen_since.map(calendar::say_minute),
        why: why.as_ref().map(stopping::said),
        people: employer
            .representatives
            .iter()
            .map(|person| PersonLine::of(person, today))
            .collect(),
        stop: StopForm::below(&address(employer), forms.stop.as_ref()),
        forms,
        may_propose: desk.member.role == crate::domain::MemberRole::Supervisor,
    };
    Ok(page(status, &shown))
}

/// What is on file, or that nothing is.
pub(super) fn on_file(text: Option<&str>) -> String {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.unwrap_or("ninguno").to_owned()
}

/// A state of an employer in words.
pub(super) fn state_words(state: EmployerState) -> &'static str {
    match state {
        EmployerState::Active => "activo",
        EmployerState::Suspended => "suspendido",
        EmployerState::Closed => "pasivo (cerrado)",
    }
}

pub(super) async fn found(app: &App, ruc: &str, branch: &str) -> Result<EmployerRecord, WebError> {
    let ruc: Ruc = ruc.parse().map_err(|_| WebError::NotFound)?;
    let branch: BranchCode = branch.parse().map_err(|_| WebError::NotFound)?;
    let record = app.changes.store().employer(&ruc, &branch).await?;
    record.ok_or(WebError::NotFound)
}

/// The page again after an account was not stopped for want of a reason.
pub(super) async fn unstopped(
    app: &App,
    desk: &Desk,
    record: &EmployerRecord,
    typed: NewStop,
) -> Result<Response, WebError> {
    let forms = Forms {
        stop: Some(typed),
        ..Forms::default()
    };
    let unusable = StatusCode::UNPROCESSABLE_ENTITY;
    employer_page(app, desk, record, unusable, forms).await
}

/// The page of an employer.
pub(super) fn address(employer: &Employer) -> String {
    let (ruc, branch) = (&employer.ruc, employer.branch.as_str());
    format!("/oficina/registro/{ruc}/{branch}")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct NewState {
    pub(in crate::web) state: String,
    pub(in crate::web) reason: String,
}

/// `POST …/estado`
async fn propose_state(
    State(app): State<App>,
    desk: Desk,
    Path((ruc, branch)): Path<(String, String)>,
    Form(typed): Form<NewState>,
) -> Result<Response, WebError> {
    let record = found(&app, &ruc, &branch).await?;
    let employer = &record.employer;
    let mut errors = FieldErrors::default();
    let state = errors.take(
        "state",
        typed.state.parse::<EmployerState>(),
        "Elija el estado.",
    );
    let reason = errors.take(
        "reason",
        reason_of(&typed.reason).ok_or(()),
        proposals::REASON_TEXT,
    );
    let again = |state_errors| Forms {
        state: typed,
        state_errors,
        ..Forms::default()
    };
    let (Some(state), Some(reason)) = (state, reason) else {
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return employer_page(&app, &desk, &record, unusable, again(errors)).await;
    };
    let subject = Subject::employer(&employer.ruc, &employer.branch);
    let known = app.changes.store().registry_facts(&subject).await?;
    // Of an employer that only open tables know, a row of the operator's own begins with what they say.
    let facts = match known {
        Some(Facts::Employer(facts)) => facts,
        _ => EmployerFacts::of(employer),
    };
    let after = Facts::Employer(EmployerFacts { state, ..facts });
    propose(&app, &desk, &record, (subject, after), &reason, again).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct NewTerm {
    pub(in crate::web) person: usize,
    pub(in crate::web) to: String,
    /// That there is no last day.
    pub(in crate::web) no_end: String,
    pub(in crate::web) reason: String,
}

/// `POST …/periodo`: another last day for one representative, or none.
async fn propose_term(
    State(app): State<App>,
    desk: Desk,
    Path((ruc, branch)): Path<(String, String)>,
    Form(typed): Form<NewTerm>,
) -> Result<Response, WebError> {
    let record = found(&app, &ruc, &branch).await?;
    let employer = &record.employer;
    let mut errors = FieldErrors::default();
    let to = last_day(&typed.to, &typed.no_end);
    let to = errors.take("to", to, to.err().unwrap_or_default());
    let reason = errors.take(
        "reason",
        reason_of(&typed.reason).ok_or(()),
        proposals::REASON_TEXT,
    );
    let person = employer
        .representatives
        .get(typed.person)
        .ok_or(WebError::NotFound)?;
    let wrong_order = |to: &Option<Date>| to.is_some_and(|to| to < person.from);
    if to.as_ref().is_some_and(wrong_order) {
        errors.take::<(), ()>("to", Err(()), ORDER_TEXT);
    }
    let again = |term_errors| Forms {
        term: typed,
        term_errors,
        ..Forms::default()
    };
    let (Some(to), Some(reason), true) = (to, reason, errors.is_empty()) else {
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return employer_page(&app, &desk, &record, unusable, again(errors)).await;
    };
    let after = LegalRepresentative {
        to,
        ended: None,
        ..person.clone()
    };
    let subject = Subject::representative(&employer.ruc, &employer.branch, person);
    let after = Facts::Representative(after);
    propose(&app, &desk, &record, (subject, after), &reason, again).await
}

const DAY_TEXT: &str = "Escriba el día como AAAA-MM-DD.";
const ORDER_TEXT: &str = "El último día no puede ser anterior al primero.";

/// The last day of a term, or that it has none. A field that was left empty says neither.
fn last_day(typed: &str, no_end: &str) -> Result<Option<Date>, &'static str> {
    match (typed.trim(), no_end.is_empty()) {
        ("", false) => Ok(None),
        ("", true) => Err("Elija el último día, o marque que el período no tiene fin."),
        (_, false) => {
            Err("Hay un último día y también la marca de que no tiene fin: deje uno de los dos.")
        }
        (day, true) => day.parse().map(Some).map_err(|_| DAY_TEXT),
    }
}

async fn propose(
    app: &App,
    desk: &Desk,
    record: &EmployerRecord,
    (subject, after): (Subject, Facts),
    reason: &str,
    again: impl FnOnce(FieldErrors) -> Forms,
) -> Result<Response, WebError> {
    match app
        .changes
        .propose_facts(subject, after, reason, &desk.officer())
        .await
    {
        Ok(id) => Ok(Redirect::to(&format!("/oficina/propuestas/{id}")).into_response()),
        Err(error) => {
            let errors = FieldErrors::one("form", proposals::said(&error)?);
            let conflict = StatusCode::CONFLICT;
            employer_page(app, desk, record, conflict, again(errors)).await
        }
    }
}

#[derive(Template)]
#[template(path = "office/version.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct VersionPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) version: VersionLine,
    pub(in crate::web) differences: Vec<Difference>,
    pub(in crate::web) more: i64,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) may_propose: bool,
}

/// `GET /oficina/versiones/{import}`
async fn version(
    State(app): State<App>,
    desk: Desk,
    Path(import): Path<i64>,
) -> Result<Response, WebError> {
    version_page(&app, &desk, import, StatusCode::OK, None).await
}

async fn version_page(
    app: &App,
    desk: &Desk,
    import: i64,
    status: StatusCode,
    error: Option<&'static str>,
) -> Result<Response, WebError> {
    let store = app.changes.store();
    let import = store.registry_import(import).await;
    let import = import.map_err(|error| proposals::failed(&error.into()))?;
    let changes = store.registry_changes(&import, 0, DIFFERENCES).await?;
    let all = (import.last_change - import.first_change + 1).max(0);
    let shown = VersionPage {
        frame: &app.frame,
        desk,
        version: VersionLine::of(&import),
        differences: changes
            .iter()
            .map(|logged| Difference::of(&logged.change))
            .collect(),
        more: (all - DIFFERENCES).max(0),
        error,
        may_propose: desk.member.role == crate::domain::MemberRole::Supervisor,
    };
    Ok(page(status, &shown))
}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    reason: String,
}

/// `POST /oficina/versiones/{import}/deshacer`
async fn propose_undo(
    State(app): State<App>,
    desk: Desk,
    Path(import): Path<i64>,
    Form(typed): Form<Why>,
) -> Result<Response, WebError> {
    let Some(reason) = reason_of(&typed.reason) else {
        let error = Some(proposals::REASON_TEXT);
        return version_page(&app, &desk, import, StatusCode::UNPROCESSABLE_ENTITY, error).await;
    };
    match app
        .changes
        .propose_undo(import, &reason, &desk.officer())
        .await
    {
        Ok(id) => Ok(Redirect::to(&format!("/oficina/propuestas/{id}")).into_response()),
        Err(error) => {
            let said = proposals::said(&error)?;
            version_page(&app, &desk, import, StatusCode::CONFLICT, Some(said)).await
        }
    }
}
