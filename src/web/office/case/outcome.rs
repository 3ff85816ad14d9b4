//! What became of a decided case, for whoever answers the company's call: outcome, hour, by whom, link, password, account, and
//! what the company reads on its own page.

use jiff::Timestamp;

use crate::domain::{Action, Language, State, calendar};
use crate::intake::review::{CameTo, CaseView};
use crate::store::{DeliveryKind, DeliveryState};
use crate::web::office::stopping;
use crate::web::petition_page::{StateWords, next_step};
use crate::words;

/// The block over a case.
pub(in crate::web) struct Ending {
    /// One fact each.
    pub(in crate::web) lines: Vec<String>,
    /// What the company reads.
    pub(in crate::web) headline: &'static str,
    /// What it is told to do now.
    pub(in crate::web) next_step: String,
    /// Colour of the edge.
    pub(in crate::web) tone: &'static str,
}

impl Ending {
    pub(super) fn of(came_to: &CameTo, view: &CaseView) -> Self {
        let words = StateWords::of(&came_to.status, Language::Es);
        let mut lines: Vec<String> = decided(came_to, view).into_iter().collect();
        lines.extend(linked(came_to, view));
        lines.extend(unblocked(came_to));
        lines.extend(delivered(came_to));
        lines.extend(stopped(came_to, view));
        Self {
            lines,
            headline: words.headline,
            next_step: next_step(&came_to.status, Language::Es),
            tone: words.tone,
        }
    }
}

/// What was decided, when and by whom.
fn decided(came_to: &CameTo, view: &CaseView) -> Option<String> {
    let what = match view.petition.state {
        State::Approved | State::Completed => "Aprobada",
        State::Refused => "Negada",
        State::Archived => {
            return Some("Archivada: la empresa no completó lo que se le pidió.".to_owned());
        }
        State::Merged => {
            let into = view.petition.merged_into.as_ref()?;
            return Some(format!("Unida a {into}."));
        }
        State::Issued | State::Received | State::InReview | State::AwaitingCompletion => {
            return None;
        }
    };
    let by = match came_to.by.as_slice() {
        [] => "el programa".to_owned(),
        people => people.join(" y "),
    };
    let at = view.petition.decided_at.map(said_on).unwrap_or_default();
    let why = came_to.status.review.as_ref();
    let why = why.map(|review| format!(" Motivo: {}.", words::review::reason(review.reason).es));
    Some(format!("{what} por {by}{at}.{}", why.unwrap_or_default()))
}

/// How far the link has come, or the confirmation of an address.
fn linked(came_to: &CameTo, view: &CaseView) -> Option<String> {
    let state = view.petition.state;
    if !matches!(state, State::Approved | State::Completed) {
        return None;
    }
    let confirms = came_to.status.action == Some(Action::ChangeEmail);
    let Some(link) = &came_to.link else {
        return (state == State::Approved && !confirms)
            .then(|| "Todavía no se envió ningún enlace.".to_owned());
    };
    let sent = if confirms {
        format!(
            "Se envió al correo nuevo lo que lo confirma{}",
            said_on(link.created_at)
        )
    } else if view.is_at_the_counter() {
        format!(
            "Se abrió el enlace en la ventanilla{}",
            said_on(link.created_at)
        )
    } else {
        format!("Se envió el enlace{}", said_on(link.created_at))
    };
    let ended = link.ended_at(came_to.at).map(said_on);
    let handed = came_to
        .deliveries
        .iter()
        .any(|key| key.kind == DeliveryKind::SetPassword);
    let end = match ended {
        None => format!("sirve hasta el {}", calendar::say_minute(link.expires_at)),
        Some(at) if state == State::Completed && confirms => {
            format!("Se confirmó el correo nuevo{at}")
        }
        Some(at) if state == State::Completed || handed => format!("Se creó la clave nueva{at}"),
        Some(at) => format!("dejó de servir{at}, sin usarse"),
    };
    Some(if end.starts_with("Se ") {
        format!("{sent}. {end}.")
    } else {
        format!("{sent}; {end}.")
    })
}

/// Where a key is that goes to the portal of another system.
fn delivered(came_to: &CameTo) -> Option<String> {
    let mut keys = came_to.deliveries.iter();
    let key = keys.rfind(|key| key.kind == DeliveryKind::SetPassword)?;
    let at = key.ended_at.map(said_on).unwrap_or_default();
    Some(match key.state {
        DeliveryState::Pending => "La clave nueva va camino al portal.".to_owned(),
        DeliveryState::Delivered => format!("El portal recibió la clave nueva{at}."),
        DeliveryState::Parked => format!("El portal no aceptó la clave nueva{at}."),
        DeliveryState::Withdrawn => format!("La clave nueva ya no se entrega al portal{at}."),
    })
}

/// Where an unblocking is that the portal of another system does.
fn unblocked(came_to: &CameTo) -> Option<String> {
    let mut deliveries = came_to.deliveries.iter();
    let asked = deliveries.rfind(|delivery| delivery.kind == DeliveryKind::Unblock)?;
    let at = asked.ended_at.map(said_on).unwrap_or_default();
    Some(match asked.state {
        DeliveryState::Pending => "El desbloqueo va camino al portal.".to_owned(),
        DeliveryState::Delivered => format!("El portal desbloqueó la cuenta{at}."),
        DeliveryState::Parked => format!("El portal no aceptó el desbloqueo{at}."),
        DeliveryState::Withdrawn => format!("El desbloqueo ya no se entrega al portal{at}."),
    })
}

/// That what it led to was stopped.
fn stopped(came_to: &CameTo, view: &CaseView) -> Option<String> {
    let at = came_to.stopped_at?;
    let said = format!(
        "La cuenta se detuvo{}: lo aprobado ya no abre nada.",
        said_on(at)
    );
    Some(match &view.stop {
        Some(why) => format!("{said} {}", stopping::said(why)),
        None => said,
    })
}

fn said_on(at: Timestamp) -> String {
    format!(" el {}", calendar::say_minute(at))
}
