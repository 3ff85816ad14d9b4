//! The audit log as those see it who look over others' shoulders: what happened, found by subject, person, kind and day, a
//! page at a time, and the same as a table for a spreadsheet. Reads only; whether the log is whole is for
//! `clavero audit verify`, which walks all of it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, OVERSEERS, Place, page_at};
use crate::audit::table::{Format, Table};
use crate::domain::{Event, MemberRole, PetitionNumber, calendar};
use crate::store::{AuditRow, AuditSearch};
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};
use crate::words;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/bitacora", OVERSEERS, || get(show)),
    page_at("/oficina/bitacora.csv", OVERSEERS, || get(export)),
];

/// Rows on one page.
const ON_A_PAGE: usize = 50;

/// Rows in one table: what a spreadsheet still opens. More is for `clavero audit export`.
const IN_A_TABLE: usize = 100_000;

/// Rows that are read at a time.
const AT_A_TIME: i64 = 1000;

/// What is looked for, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    sobre: String,
    #[serde(default)]
    quien: String,
    #[serde(default)]
    que: String,
    /// First and last day, in Ecuador.
    #[serde(default)]
    desde: String,
    #[serde(default)]
    hasta: String,
    /// Only rows before this one: the next page.
    antes: Option<i64>,
}

impl Wish {
    /// What the store is asked; nothing when a day is none.
    fn search(&self) -> Option<AuditSearch> {
        let day = |text: &str| -> Option<Option<Date>> {
            let text = text.trim();
            (!text.is_empty())
                .then(|| text.parse().ok())
                .map_or(Some(None), |day| day.map(Some))
        };
        let until = match day(&self.hasta)? {
            Some(day) => Some(calendar::beginning_of(day.tomorrow().ok()?)),
            None => None,
        };
        Some(AuditSearch {
            subject: self.sobre.trim().to_owned(),
            actor: self.quien.trim().to_owned(),
            event: self.que.trim().to_owned(),
            from: day(&self.desde)?.map(calendar::beginning_of),
            until,
        })
    }

    /// The same wish as a query, for links.
    fn query(&self) -> String {
        let pairs = [
            ("sobre", &self.sobre),
            ("quien", &self.quien),
            ("que", &self.que),
            ("desde", &self.desde),
            ("hasta", &self.hasta),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", percent(value)))
            .collect();
        query.join("&")
    }
}

fn percent(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// A row in words.
struct Line {
    seq: i64,
    at: String,
    actor: String,
    subject: String,
    event: String,
    /// What the event means; nothing when nobody here knows.
    said: &'static str,
    facts: String,
    hash: String,
}

impl Line {
    fn of(row: AuditRow) -> Self {
        Self {
            seq: row.seq,
            at: row.at().map(calendar::say_second).unwrap_or_default(),
            actor: row.actor,
            subject: row.subject,
            said: row.event.parse().map_or("", words::log::event),
            event: row.event,
            facts: row.facts,
            hash: row.hash.chars().take(12).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "office/audit.html", config = "src/web/pages/askama.toml")]
struct AuditPage<'a> {
    frame: &'a Frame,
    desk: &'a Desk,
    wish: &'a Wish,
    lines: Vec<Line>,
    query: String,
    /// The row before which the next page begins.
    next: Option<i64>,
    error: Option<&'static str>,
}

/// `GET /oficina/bitacora`
async fn show(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    desk: Desk,
) -> Result<Response, WebError> {
    let (rows, error) = match wish.search() {
        // One more than is shown tells whether there is another page.
        Some(search) => (
            find(&app, &desk, &search, wish.antes, ON_A_PAGE + 1).await?,
            None,
        ),
        None => (Vec::new(), Some("Escriba los días así: 2026-11-21.")),
    };
    let more = rows.len() > ON_A_PAGE;
    let lines: Vec<Line> = rows.into_iter().take(ON_A_PAGE).map(Line::of).collect();
    let code = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let next = lines.last().map(|line| line.seq).filter(|_| more);
    let query = wish.query();
    Ok(page(
        code,
        &AuditPage {
            frame: &app.frame,
            desk: &desk,
            wish: &wish,
            lines,
            query,
            next,
            error,
        },
    ))
}

/// `GET /oficina/bitacora.csv`: what was found, the newest first, harmless for a spreadsheet. That somebody took it is in
/// the log itself.
async fn export(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    desk: Desk,
) -> Result<Response, WebError> {
    let search = wish.search().ok_or(WebError::NotFound)?;
    let rows = find(&app, &desk, &search, None, IN_A_TABLE).await?;
    let table = table(&rows).map_err(|error| {
        tracing::error!(%error, "the audit log could not be written as a table");
        WebError::Internal
    })?;
    let acting = desk.acting();
    // What somebody typed may be anybody's RUC, and stands in the log for ever.
    let subject: Option<PetitionNumber> = search.subject.parse().ok();
    let event = search.event.parse().ok().map(Event::as_str);
    let facts = json!({
        "rows": rows.len(), "subject": subject, "event": event,
        "from": search.from, "until": search.until, "address": acting.address,
    });
    let (store, now) = (app.intake.store(), app.intake.now());
    store
        .note(now, &acting.actor(), "audit", Event::AuditExported, &facts)
        .await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"bitacora.csv\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, table).into_response())
}

fn table(rows: &[AuditRow]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut table = Table::begin(Format::Csv, &mut out)?;
    for row in rows {
        table.row(row)?;
    }
    table.finish()?;
    Ok(out)
}

/// The newest rows that fit, at most `most`, before the row `before`, as this person may see them.
async fn find(
    app: &App,
    desk: &Desk,
    search: &AuditSearch,
    mut before: Option<i64>,
    most: usize,
) -> Result<Vec<AuditRow>, WebError> {
    let store = app.intake.store();
    let mut rows: Vec<AuditRow> = Vec::new();
    while rows.len() < most {
        let left = i64::try_from(most - rows.len()).unwrap_or(AT_A_TIME);
        let limit = left.min(AT_A_TIME);
        let found = store.find_audit(search, before, limit).await?;
        let last = i64::try_from(found.len()).is_ok_and(|count| count < limit);
        before = found.last().map(|row| row.seq);
        rows.extend(found);
        if last {
            break;
        }
    }
    // Whoever may become the second person does not read here what the first one decided. Auditors decide nothing.
    if desk.member.role != MemberRole::Auditor {
        let blind = store.blind_cases().await?;
        for row in &mut rows {
            hide_verdict(row, &blind);
        }
    }
    Ok(rows)
}

/// Leaves of a vote in a round that is open that there was one.
fn hide_verdict(row: &mut AuditRow, blind: &BTreeMap<String, i64>) {
    if row.event != Event::CaseAct.as_str() {
        return;
    }
    let Some(round) = blind.get(&row.subject) else {
        return;
    };
    let facts: Value = serde_json::from_str(&row.facts).unwrap_or_default();
    if facts.get("round").and_then(Value::as_i64) == Some(*round) {
        row.facts = json!({ "round": round, "hidden": "second_person" }).to_string();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The log says in words what each event of the list is, each by words of its own.
    #[test]
    fn events_are_said_in_words_beside_their_code() {
        let said: BTreeSet<&str> = Event::ALL
            .iter()
            .map(|event| words::log::event(*event))
            .collect();
        assert_eq!(said.len(), Event::ALL.len());
        assert!(!said.contains(""));
    }

    #[test]
    fn a_wish_is_a_search_and_a_link_again() {
        let wish = Wish {
            sobre: " CLV-2026-000000001-X ".to_owned(),
            que: "a&b=ñ".to_owned(),
            desde: "2026-11-21".to_owned(),
            hasta: "2026-11-21".to_owned(),
            ..Wish::default()
        };
        let search = wish.search().unwrap();
        assert_eq!(search.subject, "CLV-2026-000000001-X");
        // The whole day in Ecuador, five hours behind.
        assert_eq!(search.from, Some("2026-11-21T05:00:00Z".parse().unwrap()));
        assert_eq!(search.until, Some("2026-11-22T05:00:00Z".parse().unwrap()));
        assert!(wish.query().contains("que=a%26b%3D%C3%B1&desde=2026-11-21"));
        for day in ["ayer", "2026-13-01"] {
            let wish = Wish {
                hasta: day.to_owned(),
                ..Wish::default()
            };
            assert_eq!(wish.search(), None, "{day}");
        }
        assert_eq!(Wish::default().search(), Some(AuditSearch::default()));
    }
}
