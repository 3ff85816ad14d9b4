//! One proposal: what it would change, why, and the word of a second supervisor.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use serde::Deserialize;

use super::{Desk, OVERSEERS, Place, SUPERVISORS, act_at, page_at, representation};
use crate::domain::{EmailAddress, MemberRole, calendar};
use crate::proposals::{ChangeError, Changes, FINGERPRINT_END, NotPinnable};
use crate::store::{
    Change, Facts, ImportError, Matter, NewPin, Part, ProposalError, ProposalRow, ProposalState,
};
use crate::verify::entities::StatusChange;
use crate::web::messages::{RETRY_WHEN_BUSY, WebError};
use crate::web::{App, Frame, page};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/propuestas/{proposal}", OVERSEERS, || get(show)),
    act_at(
        "/oficina/propuestas/{proposal}/confirmar",
        SUPERVISORS,
        || post(confirm),
    ),
    act_at(
        "/oficina/propuestas/{proposal}/rechazar",
        SUPERVISORS,
        || post(refuse),
    ),
    act_at(
        "/oficina/propuestas/{proposal}/retirar",
        SUPERVISORS,
        || post(withdraw),
    ),
];

/// What is said at the field of a missing reason.
pub(super) const REASON_TEXT: &str =
    "Escriba el motivo, de 5 a 500 caracteres: queda en el registro de auditoría.";

/// One fact before and after.
pub(in crate::web) struct Line {
    pub(in crate::web) name: &'static str,
    pub(in crate::web) before: String,
    pub(in crate::web) after: String,
    pub(in crate::web) differs: bool,
}

/// What a change does to one subject.
pub(in crate::web) struct Difference {
    pub(in crate::web) about: String,
    pub(in crate::web) lines: Vec<Line>,
}

impl Difference {
    /// A change of the registry, fact by fact.
    pub(super) fn of(change: &Change) -> Self {
        let part = match change.subject.part {
            Part::Taxpayer => "Catastro",
            Part::Company => "Directorio",
            Part::Employer => "Empleador",
            Part::Representative => "Representante",
        };
        let (before, after) = (told(change.before.as_ref()), told(change.after.as_ref()));
        let names: Vec<&'static str> = before.iter().chain(&after).map(|(name, _)| *name).collect();
        let mut lines: Vec<Line> = Vec::new();
        for name in names {
            if lines.iter().any(|line| line.name == name) {
                continue;
            }
            let value = |told: &[(&'static str, String)]| {
                let found = told.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let (before, after) = (value(&before), value(&after));
            lines.push(Line {
                name,
                differs: before != after,
                before,
                after,
            });
        }
        Self {
            about: format!("{part} · {} {}", change.subject.ruc, change.subject.branch),
            lines,
        }
    }

    fn of_trust(change: &StatusChange, before: &str) -> Self {
        let line = Line {
            name: "Estado",
            before: before.to_owned(),
            after: super::trust::status_words(change.status).to_owned(),
            differs: true,
        };
        Self {
            about: format!("Certificado {}", change.sha256),
            lines: vec![line],
        }
    }
}

/// A certificate that is to be trusted. The end of its fingerprint is not shown: who confirms reads it where the entity
/// publishes it.
fn of_pin(pin: &NewPin) -> Result<Difference, ChangeError> {
    let certificate = Changes::certificate_of(pin)?;
    let fingerprint = pin.sha256.to_string();
    let shown = fingerprint.len().saturating_sub(FINGERPRINT_END);
    let hidden = "?".repeat(FINGERPRINT_END);
    let line = |name, after| Line {
        name,
        before: String::new(),
        after,
        differs: true,
    };
    let day = |at| calendar::say_day(calendar::in_ecuador(at).date());
    Ok(Difference {
        about: format!("Certificado nuevo de {}", pin.entity),
        lines: vec![
            line("Titular", certificate.subject().text().to_owned()),
            line("Emisor", certificate.issuer().text().to_owned()),
            line("Vale desde", day(certificate.not_before())),
            line("Vale hasta", day(certificate.not_after())),
            line(
                "Huella SHA-256",
                format!("{}{hidden}", fingerprint.get(..shown).unwrap_or_default()),
            ),
        ],
    })
}

/// The facts of a subject, by name.
fn told(facts: Option<&Facts>) -> Vec<(&'static str, String)> {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    match facts {
        None => Vec::new(),
        Some(Facts::Taxpayer(facts)) => vec![
            ("Razón social", facts.legal_name.clone()),
            (
                "Estado",
                super::registry::state_words(facts.state).to_owned(),
            ),
        ],
        Some(Facts::Company(facts)) => vec![
            ("Razón social", facts.legal_name.clone()),
            ("Representante", facts.representative.clone()),
            ("Cargo", facts.post.clone()),
        ],
        Some(Facts::Employer(facts)) => vec![
            ("Razón social", facts.legal_name.clone()),
            (
                "Estado",
                super::registry::state_words(facts.state).to_owned(),
            ),
            (
                "Correo",
                text(facts.email.as_ref().map(EmailAddress::as_str)),
            ),
            ("Teléfono", text(facts.phone.as_deref())),
        ],
        Some(Facts::Representative(person)) => {
            let day =
                |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
            vec![
                ("Documento", person.document.as_str().to_owned()),
                ("Nombre", person.name.clone()),
                ("Cargo", person.post.clone()),
                ("Desde", person.from.to_string()),
                ("Hasta", day(person.to)),
                ("Fuera desde", day(person.ended)),
                ("Firma", representation::signs(person)),
                ("Poder para", representation::scope(person)),
                ("Consta en", person.source.clone()),
            ]
        }
    }
}

/// A proposal as it is listed.
pub(in crate::web) struct ProposalLine {
    pub(in crate::web) id: i64,
    pub(in crate::web) what: String,
    pub(in crate::web) by: String,
    pub(in crate::web) at: String,
    pub(in crate::web) own: bool,
}

impl ProposalLine {
    fn of(row: &ProposalRow, desk: &Desk) -> Self {
        Self {
            id: row.id,
            what: what(&row.matter),
            by: row.proposed_by.to_string(),
            at: calendar::say_minute(row.proposed_at),
            own: row.proposed_by == desk.member.user,
        }
    }
}

fn what(matter: &Matter) -> String {
    match matter {
        Matter::Registry(change) => Difference::of(change).about,
        Matter::Undo(import) => format!("Deshacer la versión {import}"),
        Matter::Pin(pin) => format!("Confianza · un certificado nuevo de {}", pin.entity),
        Matter::Trust(change) => {
            let short: String = change.sha256.to_string().chars().take(16).collect();
            format!(
                "Confianza · {short}… pasa a «{}»",
                super::trust::status_words(change.status)
            )
        }
    }
}

/// Proposals in a state, as they are listed.
pub(super) async fn lines(
    app: &App,
    desk: &Desk,
    state: ProposalState,
) -> Result<Vec<ProposalLine>, WebError> {
    let rows = app.changes.store().proposals(state).await?;
    Ok(rows.iter().map(|row| ProposalLine::of(row, desk)).collect())
}

#[derive(Template)]
#[template(path = "office/proposal.html", config = "src/web/pages/askama.toml")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a button or a field that is there or not"
)]
pub(in crate::web) struct ProposalPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) proposal: ProposalLine,
    pub(in crate::web) reason: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) decided: Option<String>,
    pub(in crate::web) import: Option<i64>,
    pub(in crate::web) differences: Vec<Difference>,
    /// The version that an undo would take back.
    pub(in crate::web) undoes: Option<i64>,
    pub(in crate::web) error: Option<&'static str>,
    pub(in crate::web) may_confirm: bool,
    /// Whoever confirms must have read a fingerprint.
    pub(in crate::web) must_read: bool,
    pub(in crate::web) may_refuse: bool,
    pub(in crate::web) may_withdraw: bool,
}

/// `GET /oficina/propuestas/{proposal}`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    answer(&app, &desk, id, StatusCode::OK, None).await
}

async fn answer(
    app: &App,
    desk: &Desk,
    id: i64,
    status: StatusCode,
    error: Option<&'static str>,
) -> Result<Response, WebError> {
    let row = app
        .changes
        .store()
        .proposal(id)
        .await?
        .ok_or(WebError::NotFound)?;
    let supervisor = desk.member.role == MemberRole::Supervisor;
    let own = row.proposed_by == desk.member.user;
    let open = row.state == ProposalState::Open;
    let differences = match &row.matter {
        Matter::Registry(change) => vec![Difference::of(change)],
        Matter::Trust(change) => {
            let table = app
                .changes
                .trusted()
                .await
                .map_err(|error| failed(&error))?;
            let before = table
                .authority(change.sha256)
                .map_or("", |(_, row)| super::trust::status_words(row.status));
            vec![Difference::of_trust(change, before)]
        }
        Matter::Pin(pin) => vec![of_pin(pin).map_err(|error| failed(&error))?],
        Matter::Undo(_) => Vec::new(),
    };
    let shown = ProposalPage {
        frame: &app.frame,
        desk,
        proposal: ProposalLine::of(&row, desk),
        reason: row.reason.clone(),
        state: match row.state {
            ProposalState::Open => "espera a otra persona de supervisión",
            ProposalState::Applying => "confirmada, sin terminar de aplicar",
            ProposalState::Confirmed => "confirmada y aplicada",
            ProposalState::Refused => "rechazada",
            ProposalState::Withdrawn => "retirada",
        },
        decided: row
            .decided_by
            .as_ref()
            .zip(row.decided_at)
            .map(|(by, at)| format!("{by}, {}", calendar::say_minute(at))),
        import: row.import,
        differences,
        undoes: match row.matter {
            Matter::Undo(import) => Some(import),
            _ => None,
        },
        error,
        may_confirm: supervisor && !own && (open || row.state == ProposalState::Applying),
        must_read: matches!(row.matter, Matter::Pin(_)),
        may_refuse: supervisor && !own && open,
        may_withdraw: supervisor && own && open,
    };
    Ok(page(status, &shown))
}

#[derive(Deserialize)]
struct Read {
    /// The end of a fingerprint, as the entity publishes it.
    #[serde(default)]
    huella: String,
}

/// `POST …/confirmar`
async fn confirm(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<i64>,
    Form(typed): Form<Read>,
) -> Result<Response, WebError> {
    let done = app
        .changes
        .confirm(id, &typed.huella, &desk.officer())
        .await;
    back(&app, &desk, id, done).await
}

/// `POST …/rechazar`
async fn refuse(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    let done = app.changes.refuse(id, &desk.officer()).await;
    back(&app, &desk, id, done).await
}

/// `POST …/retirar`
async fn withdraw(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    let done = app.changes.withdraw(id, &desk.officer()).await;
    back(&app, &desk, id, done).await
}

async fn back(
    app: &App,
    desk: &Desk,
    id: i64,
    done: Result<(), ChangeError>,
) -> Result<Response, WebError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/oficina/propuestas/{id}")).into_response()),
        Err(error) => answer(app, desk, id, StatusCode::CONFLICT, Some(said(&error)?)).await,
    }
}

/// What stands against a proposal, in words for its page.
///
/// # Errors
/// What is not to be said there: there is no such thing, or it is our fault.
pub(super) fn said(error: &ChangeError) -> Result<&'static str, WebError> {
    match error {
        ChangeError::Proposal(ProposalError::NoDifference) => {
            Ok("Eso ya consta así: no hay nada que cambiar.")
        }
        ChangeError::Proposal(ProposalError::SamePerson) => {
            Ok("Usted lo propuso: debe decidir otra persona de supervisión.")
        }
        ChangeError::Proposal(ProposalError::NotYours) => {
            Ok("Solo quien lo propuso puede retirarlo.")
        }
        ChangeError::Proposal(ProposalError::Decided) => {
            Ok("Otra persona ya decidió sobre esta propuesta.")
        }
        ChangeError::Proposal(ProposalError::Outdated) => {
            Ok("El registro cambió desde que se propuso. Revise los datos y proponga otra vez.")
        }
        ChangeError::Fingerprint => Ok(
            "Esas no son las últimas letras de la huella. Léalas en lo que publica la entidad, no en este programa.",
        ),
        ChangeError::NotPinnable(why) => Ok(match why {
            NotPinnable::NotOneCertificate => "Pegue exactamente un certificado (PEM).",
            NotPinnable::NoSuchEntity => "Elija la entidad.",
            NotPinnable::NotACa => {
                "No es de una autoridad: los certificados de personas no se guardan aquí."
            }
            NotPinnable::Namesake => {
                "Se llama como uno fijado y tiene otra clave: o lo renovaron, o es una imitación. No se acepta."
            }
            NotPinnable::BreaksARule => {
                "Incumple una regla que solo la tabla del programa disculpa."
            }
        }),
        ChangeError::Proposal(ProposalError::Tied) => {
            Ok("Usted está relacionado con esta empresa: deben decidir otras personas.")
        }
        ChangeError::Proposal(ProposalError::Busy)
        | ChangeError::Undo(ImportError::Unfinished { .. }) => {
            Ok("Hay una importación en curso. Espere a que termine.")
        }
        ChangeError::Undo(ImportError::AlreadyUndone(_)) => Ok("Esa versión ya se deshizo."),
        ChangeError::Undo(ImportError::ChangedSince { .. }) => {
            Ok("Una versión posterior cambió los mismos datos: deshaga primero esa.")
        }
        other => Err(failed(other)),
    }
}

/// What a page says of a failure that is not about a proposal's contents.
pub(super) fn failed(error: &ChangeError) -> WebError {
    match error {
        ChangeError::Proposal(ProposalError::Unknown(_))
        | ChangeError::Undo(ImportError::Unknown(_))
        | ChangeError::NotPinned => WebError::NotFound,
        ChangeError::Proposal(ProposalError::ShownOut) => WebError::SignInNeeded,
        ChangeError::Proposal(ProposalError::Store(error))
        | ChangeError::Undo(ImportError::Store(error))
            if error.is_passing() =>
        {
            tracing::error!(%error, "a change was put off");
            WebError::Busy(RETRY_WHEN_BUSY)
        }
        other => {
            tracing::error!(error = %other, "a change could not be made");
            WebError::Internal
        }
    }
}
