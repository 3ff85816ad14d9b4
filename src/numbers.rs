//! The day in numbers: what came in, what the machine decided, what people decided, how long it took them, where two of
//! them disagreed, and how old what waits is. Folded from the events of the audit log, so it can be asked about any day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::domain::{Event, MemberRole, calendar};
use crate::store::{FlowRow, Store, StoreError, WorkRow};

/// A day of the office, from midnight to midnight in Ecuador.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// Documents received, by hour of the day.
    pub received: [i64; 24],
    /// What the machine decided.
    pub machine: Machine,
    /// What people decided, by user name.
    pub people: BTreeMap<String, Work>,
    /// Seconds from taking a case to deciding it, sorted.
    pub seconds: Vec<i64>,
    /// Acts by their reason.
    pub reasons: BTreeMap<String, i64>,
    /// Cases in which two people came to different answers.
    pub disagreements: i64,
    /// Petitions that became overdue: they had waited for a decision longer than the first term.
    pub overdue: i64,
}

/// What the machine decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// Approved.
    pub approved: i64,
    /// Refused.
    pub refused: i64,
    /// Left to a person.
    pub in_review: i64,
}

/// What one person did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Approvals.
    pub approved: i64,
    /// Refusals.
    pub refused: i64,
    /// Everything else that moves a case on: completion, escalation.
    pub other: i64,
    /// Cases of theirs in which somebody else came to another answer.
    pub disagreements: i64,
    /// Seconds of each decision, sorted.
    pub seconds: Vec<i64>,
}

/// How old what waits is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ages {
    /// Cases by age: up to an hour, four hours, a day, three days, and beyond.
    pub waiting: [i64; 5],
    /// Seconds since the oldest one was opened.
    pub oldest_seconds: i64,
    /// Cases by the machine's reason, the most frequent first.
    pub reasons: Vec<(String, i64)>,
}

/// Upper ends of the classes of [`Ages::waiting`]; the last class has none.
pub const AGE_ENDS: [(SignedDuration, &str); 4] = [
    (SignedDuration::from_hours(1), "1 h"),
    (SignedDuration::from_hours(4), "4 h"),
    (SignedDuration::from_hours(24), "24 h"),
    (SignedDuration::from_hours(72), "3 días"),
];

impl Machine {
    /// Everything it looked at.
    #[must_use]
    pub fn all(&self) -> i64 {
        self.approved + self.refused + self.in_review
    }

    /// The share that needed no person, in percent.
    #[must_use]
    pub fn share(&self) -> Option<i64> {
        let decided = self.approved + self.refused;
        decided.saturating_mul(100).checked_div(self.all())
    }
}

impl Work {
    /// Everything that moved a case on.
    #[must_use]
    pub fn all(&self) -> i64 {
        self.approved + self.refused + self.other
    }
}

/// The middle one of sorted numbers: of an even count, the lower one of the two.
#[must_use]
pub fn median(sorted: &[i64]) -> Option<i64> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// A day's first moment and the first moment after it.
#[must_use]
pub fn bounds(day: Date) -> (Timestamp, Timestamp) {
    let after = day.tomorrow().unwrap_or(Date::MAX);
    (calendar::beginning_of(day), calendar::beginning_of(after))
}

impl Day {
    /// The day in numbers.
    #[must_use]
    pub fn of(flow: &[FlowRow], work: &[WorkRow]) -> Self {
        let mut day = Self::default();
        for row in flow {
            match row.outcome.as_deref() {
                None => {
                    let hour =
                        usize::try_from(calendar::in_ecuador(row.hour).hour()).unwrap_or_default();
                    if let Some(count) = day.received.get_mut(hour) {
                        *count += row.documents;
                    }
                }
                Some("approved") => day.machine.approved += row.documents,
                Some("refused") => day.machine.refused += row.documents,
                Some(_) => day.machine.in_review += row.documents,
            }
        }
        day.add_work(work);
        day.seconds.sort_unstable();
        for work in day.people.values_mut() {
            work.seconds.sort_unstable();
        }
        day
    }

    fn add_work(&mut self, work: &[WorkRow]) {
        // Since when somebody has a case, and who has voted on it: both within the day.
        let mut taken: BTreeMap<(&str, &str), Timestamp> = BTreeMap::new();
        let mut voters: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in work {
            match row.event {
                Event::CaseClaimed => {
                    taken.insert((&row.subject, &row.actor), row.at);
                }
                Event::CaseAct => {
                    let began = taken.remove(&(row.subject.as_str(), row.actor.as_str()));
                    if let Some(user) = member(&row.actor) {
                        self.add_act(user, row, began);
                        voters
                            .entry(&row.subject)
                            .or_default()
                            .push(user.to_owned());
                    }
                }
                Event::CaseDisagreement => {
                    self.disagreements += 1;
                    for user in voters.get(row.subject.as_str()).into_iter().flatten() {
                        if let Some(work) = self.people.get_mut(user) {
                            work.disagreements += 1;
                        }
                    }
                }
                Event::AlarmUndecidedDay => self.overdue += 1,
                _ => {}
            }
        }
    }

    fn add_act(&mut self, user: &str, row: &WorkRow, began: Option<Timestamp>) {
        let fact = |name: &str| row.facts.get(name).and_then(serde_json::Value::as_str);
        let person = self.people.entry(user.to_owned()).or_default();
        match fact("act") {
            Some("approve") => person.approved += 1,
            Some("refuse") => person.refused += 1,
            _ => person.other += 1,
        }
        if let Some(reason) = fact("reason") {
            *self.reasons.entry(reason.to_owned()).or_default() += 1;
        }
        if let Some(began) = began {
            let seconds = row.at.duration_since(began).as_secs().max(0);
            person.seconds.push(seconds);
            self.seconds.push(seconds);
        }
    }

    /// Reads a day.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn read(store: &Store, day: Date) -> Result<Self, StoreError> {
        let (from, until) = bounds(day);
        Ok(Self::of(
            &store.flow(from, until).await?,
            &store.case_work(from, until).await?,
        ))
    }
}

/// The member behind an actor of the log: `reviewer/ana`. The machine and companies are none.
fn member(actor: &str) -> Option<&str> {
    let (role, user) = actor.split_once('/')?;
    role.parse::<MemberRole>().ok().map(|_| user)
}

impl Ages {
    /// How old what waits is at `now`.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn read(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let mut ages = Self::default();
        let mut older = store.waiting_since(now).await?;
        for (count, (end, _)) in ages.waiting.iter_mut().zip(AGE_ENDS) {
            let beyond = store.waiting_since(now - end).await?;
            *count = (older - beyond).max(0);
            older = beyond;
        }
        if let Some(last) = ages.waiting.last_mut() {
            *last = older;
        }
        let oldest = store.oldest_waiting().await?;
        ages.oldest_seconds =
            oldest.map_or(0, |opened| now.duration_since(opened).as_secs().max(0));
        ages.reasons = store.waiting_for().await?;
        Ok(ages)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        // Noon in Ecuador.
        "2026-03-02T17:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
    }

    fn work(
        seconds: i64,
        actor: &str,
        subject: &str,
        event: Event,
        facts: serde_json::Value,
    ) -> WorkRow {
        WorkRow {
            at: at(seconds),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            event,
            facts,
        }
    }

    #[test]
    fn a_day_is_counted_person_by_person() {
        let flow = |outcome: Option<&str>, documents| FlowRow {
            hour: at(0),
            outcome: outcome.map(str::to_owned),
            documents,
        };
        let (ana, eva) = ("reviewer/ana", "supervisor/eva");
        let act = |act: &str, reason: &str| json!({ "act": act, "reason": reason });
        let rows = [
            work(0, ana, "A", Event::CaseClaimed, json!({})),
            work(
                40,
                ana,
                "A",
                Event::CaseAct,
                act("approve", "APPROVED_ALL_CLEAR"),
            ),
            work(50, ana, "B", Event::CaseClaimed, json!({})),
            // Lapsed, and taken again: the time counts from the last time.
            work(900, ana, "B", Event::CaseClaimed, json!({})),
            work(920, ana, "B", Event::CaseAct, act("refuse", "REFUSED")),
            work(1000, eva, "A", Event::CaseClaimed, json!({})),
            work(1100, eva, "A", Event::CaseAct, act("refuse", "REFUSED")),
            work(1100, eva, "A", Event::CaseDisagreement, json!({})),
            work(
                1200,
                "company",
                "B",
                Event::CaseAct,
                json!({ "act": "appeal" }),
            ),
        ];
        let day = Day::of(
            &[
                flow(None, 7),
                flow(Some("approved"), 5),
                flow(Some("refused"), 1),
                flow(Some("in_review"), 2),
            ],
            &rows,
        );
        assert_eq!(day.received[12], 7, "{:?}", day.received);
        assert_eq!((day.machine.all(), day.machine.share()), (8, Some(75)));
        assert_eq!(day.seconds, [20, 40, 100]);
        assert_eq!(median(&day.seconds), Some(40));
        let ana = &day.people["ana"];
        assert_eq!(
            (ana.approved, ana.refused, ana.other, ana.disagreements),
            (1, 1, 0, 1)
        );
        assert_eq!(day.people["eva"].disagreements, 1);
        assert_eq!(day.people.len(), 2, "neither machine nor company");
        assert_eq!(day.reasons["REFUSED"], 2);
        assert_eq!(day.disagreements, 1);
        assert_eq!(Day::default().machine.share(), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_day_is_one_of_ecuador() {
        let (from, until) = bounds("2026-03-02".parse().unwrap());
        assert_eq!(from.to_string(), "2026-03-02T05:00:00Z");
        assert_eq!(until.to_string(), "2026-03-03T05:00:00Z");
    }
}
