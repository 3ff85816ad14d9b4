//! The queue of cases: what waits, for how long, for whom; filters in the address, so that a view can be kept and shared.

use std::fmt::Write as _;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{DECIDERS, Desk, MEMBERS, Place, act_at, page_at};
use crate::decision::ReasonCode;
use crate::domain::{Action, CaseKind, Language, PetitionNumber, Phase, calendar};
use crate::store::{CaseRow, QueueFilter, QueueSlice};
use crate::web::messages::WebError;
use crate::web::notices::OfficeNotice;
use crate::web::{App, Frame, page};
use crate::words;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/cola", MEMBERS, || get(show)),
    act_at("/oficina/cola/siguiente", DECIDERS, || post(take_next)),
];

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    vista: String,
    motivo: String,
    pide: String,
    urgente: String,
    horas: String,
    despues: String,
    antes: String,
    aviso: String,
    /// The case that it is about.
    caso: String,
}

/// A choice of a filter.
pub(in crate::web) struct Choice {
    pub(in crate::web) value: &'static str,
    pub(in crate::web) label: String,
    pub(in crate::web) chosen: bool,
}

/// A case as a line of the queue.
pub(in crate::web) struct Line {
    pub(in crate::web) number: String,
    pub(in crate::web) company: String,
    pub(in crate::web) kind: &'static str,
    pub(in crate::web) asks: &'static str,
    pub(in crate::web) why: String,
    pub(in crate::web) phase: &'static str,
    pub(in crate::web) urgent: bool,
    pub(in crate::web) age: String,
    pub(in crate::web) term: Term,
    pub(in crate::web) held_by: Option<String>,
}

/// How a case stands to its terms, in words and as a class of the style sheet.
pub(in crate::web) struct Term {
    pub(in crate::web) class: &'static str,
    pub(in crate::web) text: String,
}

#[derive(Template)]
#[template(path = "office/queue.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct QueuePage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) decides: bool,
    /// What stands in the box that finds a case.
    pub(in crate::web) sought: &'static str,
    pub(in crate::web) notice: Option<&'static str>,
    /// The case that it is about.
    pub(in crate::web) noticed: Option<PetitionNumber>,
    pub(in crate::web) mine: Vec<Line>,
    pub(in crate::web) lines: Vec<Line>,
    pub(in crate::web) count: String,
    pub(in crate::web) only_mine: bool,
    pub(in crate::web) views: Vec<Choice>,
    pub(in crate::web) reasons: Vec<Choice>,
    pub(in crate::web) actions: Vec<Choice>,
    pub(in crate::web) hours: Vec<Choice>,
    pub(in crate::web) urgent: bool,
    pub(in crate::web) before: Option<String>,
    pub(in crate::web) after: Option<String>,
}

/// Views, by the word of the address.
const VIEWS: [(&str, &str, Option<Phase>); 6] = [
    ("", "Todo lo que espera aquí", None),
    ("mios", "Los que tengo tomados", None),
    ("primera", "Por decidir", Some(Phase::First)),
    (
        "segunda",
        "Esperan a una segunda persona",
        Some(Phase::Second),
    ),
    (
        "supervision",
        "Esperan a un supervisor",
        Some(Phase::Supervisor),
    ),
    ("completar", "Esperan a la empresa", Some(Phase::Completion)),
];

impl Asked {
    fn filter(&self, now: Timestamp) -> QueueFilter {
        let view = VIEWS.iter().find(|(word, ..)| *word == self.vista);
        let hours: Option<i64> = self
            .horas
            .parse()
            .ok()
            .filter(|hours| (1..=10_000).contains(hours));
        QueueFilter {
            phase: view.and_then(|(.., phase)| *phase),
            reason: (!self.motivo.is_empty()).then(|| self.motivo.clone()),
            action: self.pide.parse().ok(),
            urgent: !self.urgente.is_empty(),
            opened_before: hours.map(|hours| now - SignedDuration::from_hours(hours)),
        }
    }

    fn page(&self) -> QueueSlice {
        if let Ok(place) = self.despues.parse() {
            QueueSlice::After(place)
        } else if let Ok(place) = self.antes.parse() {
            QueueSlice::Before(place)
        } else {
            QueueSlice::First
        }
    }

    /// The same filters at another place.
    fn link(&self, name: &str, place: &str) -> String {
        let clean = |text: &str| -> String {
            text.chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                .collect()
        };
        let mut link = format!("/oficina/cola?{name}={}", clean(place));
        for (name, value) in [
            ("vista", &self.vista),
            ("motivo", &self.motivo),
            ("pide", &self.pide),
            ("urgente", &self.urgente),
            ("horas", &self.horas),
        ] {
            if !value.is_empty() {
                let _ = write!(link, "&{name}={}", clean(value));
            }
        }
        link
    }
}

/// `GET /oficina/cola`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let officer = desk.officer();
    let now = app.intake.now();
    let only_mine = asked.vista == "mios";
    let mine = app.intake.held_cases(&officer).await?;
    let found = app.intake.queue(&asked.filter(now), &asked.page()).await?;
    let lines = async |cases: &[CaseRow]| {
        let names = app.intake.employers_of(cases).await?;
        let lines = cases.iter().zip(names);
        let lines = lines.map(|(case, name)| Line::of(&app, case, name.as_deref(), now));
        Ok::<Vec<Line>, WebError>(lines.collect())
    };
    let count = if only_mine {
        mine.len()
    } else {
        usize::try_from(found.count).unwrap_or_default()
    };
    let choices = |values: &mut dyn Iterator<Item = (&'static str, String)>, chosen: &str| {
        values
            .map(|(value, label)| Choice {
                value,
                label,
                chosen: value == chosen,
            })
            .collect::<Vec<_>>()
    };
    let shown = QueuePage {
        frame: &app.frame,
        decides: matches!(
            desk.member.role,
            crate::domain::MemberRole::Reviewer | crate::domain::MemberRole::Supervisor
        ),
        sought: "",
        notice: asked.aviso.parse().ok().map(OfficeNotice::said),
        noticed: asked.caso.parse().ok(),
        lines: if only_mine {
            Vec::new()
        } else {
            lines(&found.cases).await?
        },
        mine: lines(&mine).await?,
        count: words::thousands(u64::try_from(count).unwrap_or_default(), Language::Es),
        only_mine,
        views: choices(
            &mut VIEWS
                .iter()
                .map(|(word, label, _)| (*word, (*label).to_owned())),
            &asked.vista,
        ),
        reasons: choices(
            &mut std::iter::once(("", "Cualquier motivo".to_owned())).chain(
                WAITING_FOR
                    .iter()
                    .map(|code| (code.as_str(), why(code.as_str()))),
            ),
            &asked.motivo,
        ),
        actions: choices(
            &mut std::iter::once(("", "Cualquier pedido".to_owned())).chain(
                [Action::ResetPassword, Action::Unblock, Action::ChangeEmail]
                    .into_iter()
                    .map(|action| (action.as_str(), words::action(action).es.to_owned())),
            ),
            &asked.pide,
        ),
        hours: choices(
            &mut [
                ("", "De cualquier edad"),
                ("24", "Más de 24 horas"),
                ("168", "Más de 7 días"),
                ("480", "Más de 20 días"),
            ]
            .into_iter()
            .map(|(value, label)| (value, label.to_owned())),
            &asked.horas,
        ),
        urgent: !asked.urgente.is_empty(),
        before: found
            .before
            .filter(|_| !only_mine)
            .map(|place| asked.link("antes", &place.to_string())),
        after: found
            .after
            .filter(|_| !only_mine)
            .map(|place| asked.link("despues", &place.to_string())),
        desk: &desk,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Reasons for which the machine sends something to a person, the frequent ones first.
const WAITING_FOR: [ReasonCode; 25] = [
    ReasonCode::RevocationUnknown,
    ReasonCode::RepresentationEnded,
    ReasonCode::JointSignatureMissing,
    ReasonCode::Attorney,
    ReasonCode::PostUnrecognised,
    ReasonCode::AppointmentAttached,
    ReasonCode::RepresentativeUnknown,
    ReasonCode::NameMatchOnly,
    ReasonCode::NumberMatchOnly,
    ReasonCode::RegistryMissing,
    ReasonCode::EmployerNotActive,
    ReasonCode::LetterUnclear,
    ReasonCode::LetterChangesEmail,
    ReasonCode::LetterNamesOtherEmail,
    ReasonCode::LetterMailboxLost,
    ReasonCode::LetterOwnFonts,
    ReasonCode::LetterNotPlain,
    ReasonCode::AutomaticLayers,
    ReasonCode::LetterForOther,
    ReasonCode::HiddenText,
    ReasonCode::ExtraRevision,
    ReasonCode::ValuesCovered,
    ReasonCode::SignedForOtherPurpose,
    ReasonCode::Frozen,
    ReasonCode::TooComplex,
];

/// Why a person sees a case that the machine never saw.
const PRESENT: &str = "Persona presente";

/// Why cases wait, by the reason that they are counted by: those of the counter have none.
pub(super) fn waits_for(code: &str) -> String {
    if code.is_empty() {
        PRESENT.to_owned()
    } else {
        why(code)
    }
}

/// A reason of the machine in a few words, for lists.
pub(super) fn why(code: &str) -> String {
    let known = ReasonCode::ALL.iter().find(|known| known.as_str() == code);
    known.map_or_else(
        || {
            if code.is_empty() {
                "—".to_owned()
            } else {
                code.to_owned()
            }
        },
        |known| words::review::short_reason(*known),
    )
}

impl Line {
    fn of(app: &App, case: &CaseRow, company: Option<&str>, now: Timestamp) -> Self {
        Self {
            number: case.number.to_string(),
            company: shortened(company.unwrap_or("—")),
            kind: words::review::kind(case.kind),
            asks: case.action.map_or("—", words::review::asks_in_short),
            why: if case.kind == CaseKind::Counter {
                PRESENT.to_owned()
            } else {
                why(&case.reason)
            },
            phase: words::review::phase_in_short(case.phase),
            urgent: case.urgent,
            age: age(case.opened_at, now),
            term: Term::in_short(app, case, now),
            held_by: case.held_by(now).map(str::to_owned),
        }
    }
}

/// A name as far as a line has room for it.
fn shortened(name: &str) -> String {
    const ROOM: usize = 32;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    let begins: String = name.chars().take(ROOM - 1).collect();
    format!("{}…", begins.trim_end())
}

/// «3 h», «2 días»: how long something has waited.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(since).as_mins().max(0);
    match (minutes, minutes / 60, minutes / 1440) {
        (m, 0, _) => format!("{m} min"),
        (_, h, 0..=1) => format!("{h} h"),
        (_, _, d) => format!("{d} días"),
    }
}

impl Term {
    /// Colour and words say the same: colour alone would tell too little (WCAG 1.4.1).
    pub(super) fn of(app: &App, case: &CaseRow, now: Timestamp) -> Self {
        if case.phase == Phase::Closed {
            return Self {
                class: "calm",
                text: String::new(),
            };
        }
        if let (Phase::Completion, Some(due)) = (case.phase, case.due_at) {
            let text = format!("La empresa tiene hasta el {}", calendar::say_day_of(due));
            return Self {
                class: "calm",
                text,
            };
        }
        let clock = app.intake.case_clock(case);
        let terms = &app.intake.settings().deadlines;
        let first = terms.first.as_hours();
        let day = calendar::say_day_of(clock.alarm_day);
        if now >= clock.alarm_day {
            Self {
                class: "late",
                text: format!("Pasó el día {}: avise a supervisión", terms.working_days),
            }
        } else if now >= clock.alarm_at {
            Self {
                class: "soon",
                text: format!("Pasaron {first} h · día {}: {day}", terms.working_days),
            }
        } else {
            let left = age(now, clock.alarm_at);
            Self {
                class: "calm",
                text: format!("Quedan {left} de las {first} h"),
            }
        }
    }

    /// The same in the few words that a line has room for.
    fn in_short(app: &App, case: &CaseRow, now: Timestamp) -> Self {
        let Self { class, text } = Self::of(app, case, now);
        let (clock, terms) = (
            app.intake.case_clock(case),
            &app.intake.settings().deadlines,
        );
        let text = match (case.phase, case.due_at) {
            (Phase::Closed, _) => text,
            (Phase::Completion, Some(due)) => {
                let day = calendar::in_ecuador(due).strftime("%d/%m");
                format!("Hasta el {day}")
            }
            _ if now >= clock.alarm_day => format!("Pasó el día {}", terms.working_days),
            _ if now >= clock.alarm_at => format!("Pasaron {} h", terms.first.as_hours()),
            _ => format!("Quedan {}", age(now, clock.alarm_at)),
        };
        Self { class, text }
    }
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    despues: String,
}

/// `POST /oficina/cola/siguiente`: takes the next case.
async fn take_next(
    State(app): State<App>,
    desk: Desk,
    Form(after): Form<After>,
) -> Result<Response, WebError> {
    let place = after.despues.parse().ok();
    let taken = app.intake.claim_next(&desk.officer(), place.as_ref()).await;
    let to = match taken? {
        Some(case) => Redirect::to(&format!("/oficina/caso/{}", case.number)),
        None => OfficeNotice::NoOther.after("/oficina/cola"),
    };
    Ok(to.into_response())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Whoever filters chooses by the label alone.
    #[test]
    fn no_two_reasons_of_the_filter_look_alike() {
        let mut seen = BTreeSet::new();
        for code in WAITING_FOR {
            let label = why(code.as_str());
            assert!(seen.insert(label.clone()), "{label} twice");
        }
        assert_eq!(why("REGISTRY_MISSING"), "RUC que no consta");
        assert_eq!(why("EMPLOYER_NOT_ACTIVE"), "Empresa no activa");
    }
}
