//! The day view: what came in, what waits and how old it is, who decided how much and how fast. For supervisors and auditors.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::plot::{Bars, WIDTH, thousands};
use super::{Desk, OVERSEERS, Place, page_at};
use crate::domain::{ReviewReason, calendar};
use crate::intake::StoppedAccount;
use crate::numbers::{AGE_ENDS, Ages, Day, median};
use crate::web::messages::WebError;
use crate::web::{App, Frame, page};
use crate::words;

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[page_at("/oficina/dia", OVERSEERS, || get(show))];

/// What one person did, as it is listed.
pub(in crate::web) struct PersonLine {
    pub(in crate::web) user: String,
    pub(in crate::web) all: i64,
    pub(in crate::web) approved: i64,
    pub(in crate::web) refused: i64,
    pub(in crate::web) other: i64,
    pub(in crate::web) median: String,
    pub(in crate::web) disagreements: i64,
}

/// An account that is stopped, as it is listed.
pub(in crate::web) struct StoppedLine {
    pub(in crate::web) since: String,
    pub(in crate::web) name: String,
    pub(in crate::web) ruc: String,
    pub(in crate::web) branch: String,
    pub(in crate::web) number: String,
}

impl StoppedLine {
    fn of(account: StoppedAccount) -> Self {
        Self {
            since: calendar::say_minute(account.since),
            name: account.legal_name,
            ruc: account.ruc.to_string(),
            branch: account.branch.to_string(),
            number: account
                .number
                .map(|number| number.to_string())
                .unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "office/day.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct DayPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) day: String,
    pub(in crate::web) before: String,
    pub(in crate::web) after: Option<String>,
    pub(in crate::web) received: i64,
    pub(in crate::web) approved: i64,
    pub(in crate::web) refused: i64,
    pub(in crate::web) in_review: i64,
    pub(in crate::web) share: String,
    pub(in crate::web) median: String,
    pub(in crate::web) decided: i64,
    pub(in crate::web) disagreements: i64,
    pub(in crate::web) overdue: i64,
    pub(in crate::web) waiting: i64,
    pub(in crate::web) oldest: String,
    pub(in crate::web) people: Vec<PersonLine>,
    pub(in crate::web) reasons: Vec<(String, i64)>,
    pub(in crate::web) waiting_for: Vec<(String, i64)>,
    /// Accounts that are stopped now, whatever day is shown.
    pub(in crate::web) stopped: Vec<StoppedLine>,
    pub(in crate::web) plots: Vec<Bars>,
    pub(in crate::web) width: i64,
}

impl DayPage<'_> {
    /// A count as people write it.
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "so templates hand it over"
    )]
    fn said(count: &i64) -> String {
        thousands(*count)
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    dia: String,
}

/// `GET /oficina/dia`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Query(wanted): Query<Wanted>,
) -> Result<Response, WebError> {
    let now = app.intake.now();
    let today = calendar::in_ecuador(now).date();
    let date = match wanted.dia.trim() {
        "" => today,
        typed => typed
            .parse::<Date>()
            .map_err(|_| WebError::NotFound)?
            .min(today),
    };
    let store = app.intake.store();
    let day = Day::read(store, date).await?;
    let ages = Ages::read(store, now).await?;
    let stopped = app.intake.stopped_accounts().await?;
    let shown = DayPage {
        stopped: stopped.into_iter().map(StoppedLine::of).collect(),
        ..day_page(&app.frame, &desk, date, today, &day, &ages)
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Everything on the page but the accounts that are stopped.
pub(in crate::web) fn day_page<'a>(
    frame: &'a Frame,
    desk: &'a Desk,
    date: Date,
    today: Date,
    day: &Day,
    ages: &Ages,
) -> DayPage<'a> {
    let people: Vec<PersonLine> = day
        .people
        .iter()
        .map(|(user, work)| PersonLine {
            user: user.clone(),
            all: work.all(),
            approved: work.approved,
            refused: work.refused,
            other: work.other,
            median: seconds_said(median(&work.seconds)),
            disagreements: work.disagreements,
        })
        .collect();
    let mut reasons: Vec<(String, i64)> = day
        .reasons
        .iter()
        .map(|(word, count)| (reason_said(word), *count))
        .collect();
    reasons.sort_by_key(|(_, count)| -count);
    DayPage {
        frame,
        desk,
        day: calendar::say_day(date),
        before: date.yesterday().unwrap_or(date).to_string(),
        after: date
            .tomorrow()
            .ok()
            .filter(|next| *next <= today)
            .map(|next| next.to_string()),
        received: day.received.iter().sum(),
        approved: day.machine.approved,
        refused: day.machine.refused,
        in_review: day.machine.in_review,
        share: day
            .machine
            .share()
            .map_or_else(|| "—".to_owned(), |share| format!("{share} %")),
        median: seconds_said(median(&day.seconds)),
        decided: people.iter().map(|person| person.all).sum(),
        disagreements: day.disagreements,
        overdue: day.overdue,
        waiting: ages.waiting.iter().sum(),
        oldest: match ages.oldest_seconds {
            0 => "—".to_owned(),
            seconds => {
                let epoch = Timestamp::UNIX_EPOCH;
                super::queue::age(epoch, epoch + SignedDuration::from_secs(seconds))
            }
        },
        people,
        reasons,
        waiting_for: ages
            .reasons
            .iter()
            .map(|(code, count)| (super::queue::waits_for(code), *count))
            .collect(),
        stopped: Vec::new(),
        plots: plots(day, ages),
        width: WIDTH,
    }
}

/// Why somebody decided, as the screens say it.
fn reason_said(word: &str) -> String {
    let reason: Option<ReviewReason> = word.parse().ok();
    reason.map_or_else(
        || word.to_owned(),
        |reason| words::review::reason(reason).es.to_owned(),
    )
}

fn plots(day: &Day, ages: &Ages) -> Vec<Bars> {
    let hours = day
        .received
        .iter()
        .enumerate()
        .map(|(hour, count)| (format!("{hour}"), *count))
        .collect();
    let mut names: Vec<String> = AGE_ENDS
        .iter()
        .map(|(_, name)| format!("hasta {name}"))
        .collect();
    names.push("más".to_owned());
    let waiting = names.into_iter().zip(ages.waiting).collect();
    vec![
        Bars::of("Documentos recibidos por hora", hours),
        Bars::of("Casos que esperan, por antigüedad", waiting),
        Bars::of("Segundos por decisión", by_seconds(&day.seconds)),
    ]
}

/// Upper ends of the classes of seconds; a minute is the aim.
const CLASSES: [i64; 5] = [15, 30, 60, 120, 300];

fn by_seconds(sorted: &[i64]) -> Vec<(String, i64)> {
    let mut classes: Vec<(String, i64)> =
        CLASSES.iter().map(|end| (format!("≤ {end}"), 0)).collect();
    classes.push(("más".to_owned(), 0));
    for seconds in sorted {
        let class = CLASSES
            .iter()
            .position(|end| seconds <= end)
            .unwrap_or(CLASSES.len());
        if let Some((_, count)) = classes.get_mut(class) {
            *count += 1;
        }
    }
    classes
}

fn seconds_said(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "—".to_owned(), |seconds| format!("{seconds} s"))
}
