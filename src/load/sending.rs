//! One stretch of load: sends its papers at their pace, then waits until every one that got a receipt is decided, and looks
//! whether it was decided as it must be.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::figures::{Row, Spread};
use super::papers::{Followed, Paper, followed_in};
use super::{LoadError, Order, Pace};
use crate::clock::Clock;
use crate::domain::Outcome;

/// Until everything that got a receipt must be decided.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often an undecided petition is asked about again, once everything has been sent.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// After which an upload that was told to come back does, while the capacity is sought.
const COME_AGAIN: Duration = Duration::from_millis(10);
/// Petitions asked about at a time.
const ASKED_AT_ONCE: usize = 4;

/// What every stretch needs.
pub(super) struct Stretch<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) order: &'a Order,
    pub(super) clock: &'a Clock,
    pub(super) bare: f64,
    pub(super) floor: f64,
}

/// An upload that was answered.
struct Answered {
    /// When it was due, which is when its sender began to wait.
    due: Instant,
    /// How long the answer took from then.
    took: Duration,
    /// Nothing when it was told to come back.
    receipt: Option<Followed>,
    expected: Outcome,
}

impl Stretch<'_> {
    pub(super) async fn run(
        &self,
        load: &str,
        papers: Vec<Paper>,
        pace: Pace,
    ) -> Result<Row, LoadError> {
        let sent = papers.len();
        let used_before = self.order.server.processor_time();
        let (began, began_at) = (Instant::now(), self.clock.now());
        let answers = self.send(papers, pace, began).await?;
        let sending = began.elapsed();
        let decided = self.decided(&answers, began, began_at).await?;
        let used = self.order.server.processor_time();
        let last = decided.iter().map(|(_, at)| *at).max().unwrap_or_default();
        let (taken, away): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.receipt.is_some());
        let took = |answers: &[&Answered]| Spread::of(answers.iter().map(|a| a.took).collect());
        Ok(Row {
            load: load.to_owned(),
            sent,
            sent_per_second: per_second(sent, sending),
            decided_per_second: per_second(decided.len(), last),
            bare_per_second: self.bare,
            floor_per_second: self.floor,
            receipt: took(&taken),
            decision: Spread::of(decided.iter().map(|(waited, _)| *waited).collect()),
            turned_away: away.len(),
            turning_away: took(&away),
            processor_ms: used.zip(used_before).map(|(after, before)| {
                1000.0 / per_second(decided.len(), after.saturating_sub(before))
            }),
            memory: self.order.server.most_memory(),
        })
    }

    async fn send(
        &self,
        papers: Vec<Paper>,
        pace: Pace,
        began: Instant,
    ) -> Result<Vec<Answered>, LoadError> {
        let places = Arc::new(Semaphore::new(match pace {
            Pace::AtOnce(places) => places,
            Pace::PerSecond(_) => Semaphore::MAX_PERMITS,
        }));
        let mut waits = Exponential::new();
        let mut due = began;
        let mut under_way: JoinSet<Result<Answered, LoadError>> = JoinSet::new();
        for (number, paper) in papers.into_iter().enumerate() {
            let place = Arc::clone(&places).acquire_owned().await;
            if let Pace::PerSecond(rate) = pace {
                due += Duration::from_secs_f64(waits.next() / rate);
                tokio::time::sleep_until(due).await;
            } else {
                due = Instant::now();
            }
            let client = self.client.clone();
            let address = format!("{}{}", self.order.instance(number), paper.path);
            under_way.spawn(async move {
                let _place = place;
                loop {
                    let answered = upload(&client, &address, &paper, due).await?;
                    // Who seeks the capacity comes again until there is room; who follows a timetable has been told.
                    if answered.receipt.is_some() || matches!(pace, Pace::PerSecond(_)) {
                        return Ok(answered);
                    }
                    tokio::time::sleep(COME_AGAIN).await;
                }
            });
        }
        let mut answers = Vec::new();
        while let Some(answer) = under_way.join_next().await {
            answers.push(answer.map_err(|error| LoadError::Answer {
                what: "uploading",
                said: error.to_string(),
            })??);
        }
        Ok(answers)
    }

    /// Waits for every decision that was promised: how long its sender waited for it, and when it fell, from `began` on. The
    /// time is the service's own, whose clock is this machine's; asking until it is there would be load of another kind.
    async fn decided(
        &self,
        answers: &[Answered],
        began: Instant,
        began_at: Timestamp,
    ) -> Result<Vec<(Duration, Duration)>, LoadError> {
        let until = Instant::now() + PATIENCE;
        let asked: Vec<_> = stream::iter(answers.iter().enumerate())
            .filter_map(async |(place, answer)| Some((place, answer.receipt.as_ref()?)))
            .map(|(place, receipt)| self.decision(place, receipt, until))
            .buffer_unordered(ASKED_AT_ONCE)
            .collect()
            .await;
        let (mut decided, mut late, mut wrong) = (Vec::new(), 0, Vec::new());
        for asked in asked {
            let Some((place, outcome, at)) = asked? else {
                late += 1;
                continue;
            };
            let answer = &answers[place];
            if outcome != answer.expected.as_str() {
                wrong.push(format!("{outcome} instead of {}", answer.expected));
            }
            let fell = Duration::try_from(at.duration_since(began_at)).unwrap_or_default();
            let due = answer.due.duration_since(began);
            decided.push((fell.saturating_sub(due), fell));
        }
        match wrong.first() {
            Some(first) => Err(LoadError::Wrong(wrong.len(), first.clone())),
            None if late > 0 => Err(LoadError::Undecided(late)),
            None => Ok(decided),
        }
    }

    /// Outcome and time of a decision; nothing when it did not fall in time.
    async fn decision(
        &self,
        place: usize,
        followed: &Followed,
        until: Instant,
    ) -> Result<Option<(usize, String, Timestamp)>, LoadError> {
        // Another instance than the one that took it knows as well.
        let url = self.order.instance(place + 1);
        let address = format!("{url}/api/v1/petitions/{}", followed.number);
        while Instant::now() < until {
            let asked = self.client.get(&address).bearer_auth(&followed.secret);
            let answer = asked.send().await?.error_for_status()?.bytes().await?;
            let status: Value = serde_json::from_slice(&answer).unwrap_or_default();
            let text = |name: &str| status.get(name).and_then(Value::as_str);
            if let (Some(outcome), Some(at)) = (text("outcome"), text("decided_at"))
                && let Ok(at) = at.parse()
            {
                return Ok(Some((place, outcome.to_owned(), at)));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Ok(None)
    }
}

async fn upload(
    client: &reqwest::Client,
    address: &str,
    paper: &Paper,
    due: Instant,
) -> Result<Answered, LoadError> {
    let request = client.post(address).body(paper.body.clone());
    let answer = request.send().await?;
    let (status, body) = (answer.status(), answer.bytes().await?);
    let took = due.elapsed();
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let receipt = match status {
        StatusCode::ACCEPTED => paper.followed.clone().or_else(|| followed_in(&said)),
        StatusCode::SERVICE_UNAVAILABLE => None,
        _ => {
            return Err(LoadError::Answer {
                what: "uploading",
                said: format!("{status} {said}"),
            });
        }
    };
    Ok(Answered {
        due,
        took,
        receipt,
        expected: paper.expected,
    })
}

#[allow(
    clippy::cast_precision_loss,
    reason = "some thousands, told with three digits"
)]
pub(super) fn per_second(count: usize, during: Duration) -> f64 {
    count as f64 / during.as_secs_f64().max(0.001)
}

/// Pauses between arrivals that know nothing of each other, one on average: the same ones in every run.
struct Exponential(u64);

impl Exponential {
    fn new() -> Self {
        Self(0x2545_F491_4F6C_DD1D)
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "53 bits, which a float holds exactly"
    )]
    fn next(&mut self) -> f64 {
        // xorshift64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let even = (self.0 >> 11) as f64 / (1u64 << 53) as f64;
        -(1.0 - even).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_come_once_in_a_pause_on_average() {
        let mut pauses = Exponential::new();
        let sum: f64 = (0..10_000).map(|_| pauses.next()).sum();
        assert!((9_000.0..11_000.0).contains(&sum), "{sum}");
    }
}
