//! The day's numbers for Prometheus. They are read from the database when somebody scrapes, and not more often than the
//! numbers change for people who look at them. Who decided how much stands on the page only: no label names a person.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::calendar;
use crate::numbers::{AGE_ENDS, Ages, Day, Work, median};
use crate::store::{Store, StoreError};

/// Numbers this young are told again instead of being counted again.
const FRESH: SignedDuration = SignedDuration::from_secs(15);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Age {
    /// Upper end in hours; `+Inf` for the last class.
    up_to_hours: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

/// The gauges.
#[derive(Debug, Default)]
pub(in crate::web) struct Gauges {
    counted_at: Mutex<Option<Timestamp>>,
    waiting: Family<Age, Gauge>,
    waiting_for: Family<Reason, Gauge>,
    oldest: Gauge,
    received: Gauge,
    machine: Family<Outcome, Gauge>,
    decisions: Gauge,
    reviewers: Gauge,
    reasons: Family<Reason, Gauge>,
    median: Gauge,
    disagreements: Gauge,
    overdue: Gauge,
}

impl Gauges {
    /// Makes the gauges known.
    pub(in crate::web) fn register(&self, registry: &mut Registry) {
        registry.register(
            "office_waiting",
            "Cases that wait, by age",
            self.waiting.clone(),
        );
        registry.register(
            "office_waiting_for",
            "Cases that wait, by the machine's reason",
            self.waiting_for.clone(),
        );
        registry.register_with_unit(
            "office_oldest",
            "Age of the oldest waiting case",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register(
            "today_received",
            "Documents received today",
            self.received.clone(),
        );
        registry.register(
            "today_machine",
            "What the machine decided today",
            self.machine.clone(),
        );
        registry.register(
            "today_decisions",
            "What people decided today",
            self.decisions.clone(),
        );
        registry.register(
            "today_reviewers",
            "People who decided something today",
            self.reviewers.clone(),
        );
        registry.register(
            "today_reasons",
            "Reasons that people gave today",
            self.reasons.clone(),
        );
        registry.register_with_unit(
            "today_decision_median",
            "Middle of today's times per decision",
            Unit::Seconds,
            self.median.clone(),
        );
        registry.register(
            "today_disagreements",
            "Cases in which two people disagreed today",
            self.disagreements.clone(),
        );
        registry.register(
            "today_overdue",
            "Petitions that have waited too long for a decision since today",
            self.overdue.clone(),
        );
    }

    /// Counts again, unless that was done a moment ago.
    pub(in crate::web) async fn count(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.is_due(now) {
            return Ok(());
        }
        let day = Day::read(store, calendar::in_ecuador(now).date()).await?;
        self.tell(&day, &Ages::read(store, now).await?);
        Ok(())
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let mut counted_at = self
            .counted_at
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = counted_at.is_none_or(|before| now.duration_since(before) >= FRESH);
        if due {
            *counted_at = Some(now);
        }
        due
    }

    fn tell(&self, day: &Day, ages: &Ages) {
        let ends = AGE_ENDS.iter().map(|(end, _)| end.as_hours().to_string());
        for (up_to_hours, count) in ends.chain(["+Inf".to_owned()]).zip(ages.waiting) {
            self.waiting.get_or_create(&Age { up_to_hours }).set(count);
        }
        // Reasons of yesterday are gone, not frozen.
        self.waiting_for.clear();
        for (reason, count) in &ages.reasons {
            self.waiting_for
                .get_or_create(&Reason {
                    reason: reason.clone(),
                })
                .set(*count);
        }
        self.oldest.set(ages.oldest_seconds);
        self.received.set(day.received.iter().sum());
        let machine = [
            ("approved", day.machine.approved),
            ("refused", day.machine.refused),
            ("in_review", day.machine.in_review),
        ];
        for (outcome, count) in machine {
            self.machine.get_or_create(&Outcome { outcome }).set(count);
        }
        let decisions = day.people.values().map(Work::all).sum();
        self.decisions.set(decisions);
        let reviewers = i64::try_from(day.people.len()).unwrap_or(i64::MAX);
        self.reviewers.set(reviewers);
        self.reasons.clear();
        for (reason, count) in &day.reasons {
            self.reasons
                .get_or_create(&Reason {
                    reason: reason.clone(),
                })
                .set(*count);
        }
        self.median.set(median(&day.seconds).unwrap_or_default());
        self.disagreements.set(day.disagreements);
        self.overdue.set(day.overdue);
    }
}
