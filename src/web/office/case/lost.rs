//! A case that whoever acts does not hold any more: the one cause, and what they typed, so that nobody types it twice.

use jiff::SignedDuration;

use super::Typed;
use crate::domain::{Phase, State, calendar};
use crate::intake::review::CaseView;
use crate::words;

/// Why a case is not theirs any more, of whoever looked at it in `round`, if that is known.
pub(super) fn why_lost(
    view: &CaseView,
    round: Option<i64>,
    user: &str,
    lease: SignedDuration,
) -> String {
    let case = &view.case;
    if !case.phase.waits() {
        let now = match view.petition.state {
            State::Received => "la empresa envió otro documento, que se está comprobando",
            State::AwaitingCompletion => "ya se pidió a la empresa que lo complete",
            state => {
                return format!(
                    "Este caso ya no espera una decisión: está {}.",
                    stands(state)
                );
            }
        };
        return format!("Este caso ya no espera una decisión: {now}.");
    }
    if round.is_some_and(|round| round != case.round) {
        return "Mientras tanto llegó algo nuevo de la empresa, y el caso empezó otra vez. Revise qué cambió.".to_owned();
    }
    if let Some(by) = &view.held_by {
        let until = calendar::in_ecuador(case.lease_until).strftime("%H:%M");
        return format!("Pasó el tiempo sin actividad y {by} lo tomó: lo tiene hasta las {until}.");
    }
    match (case.holder.as_deref(), case.phase) {
        (Some(holder), _) if holder == user => format!(
            "Pasaron más de {} sin actividad y el caso quedó libre.",
            calendar::say_span(lease.as_secs().unsigned_abs())
        ),
        (Some(holder), _) => {
            format!("Pasó el tiempo sin actividad y {holder} lo tomó; ya no lo tiene.")
        }
        (None, Phase::First) => "El caso se devolvió a la cola.".to_owned(),
        (None, phase) => format!(
            "El caso siguió adelante sin usted: {}.",
            words::review::phase(phase).to_lowercase()
        ),
    }
}

fn stands(state: State) -> &'static str {
    match state {
        State::Archived => "archivada la solicitud",
        State::Merged => "unida a otra la solicitud",
        State::Approved | State::Completed => "aprobada la solicitud",
        State::Refused => "negada la solicitud",
        State::Issued | State::Received | State::InReview | State::AwaitingCompletion => "cerrado",
    }
}

/// What was typed and not saved, as the page gives it back: to be read, and to be sent again when the case is taken once more.
pub(in crate::web) struct Unsaved {
    /// The reason that was chosen.
    pub(in crate::web) reason: &'static str,
    pub(in crate::web) note: String,
    /// All of it, as forms send it.
    pub(in crate::web) fields: Vec<(&'static str, String)>,
}

impl Unsaved {
    pub(super) fn of(typed: &Typed) -> Option<Self> {
        typed.says_something().then(|| Self {
            reason: typed
                .reason
                .parse()
                .map_or("", |reason| words::review::reason(reason).es),
            note: typed.note.clone(),
            fields: typed.fields(),
        })
    }
}
