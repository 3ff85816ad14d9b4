//! Terms (PRODUCT §1.2, S31): alarms when a petition waits too long for its decision. Time never decides anything: nothing is
//! approved or refused because a term ended.

use jiff::SignedDuration;

use super::{Intake, IntakeError};
use crate::domain::{Holidays, calendar};
use crate::store::{Alarm, Term};

/// When an undecided petition rings.
#[derive(Debug, Clone)]
pub struct Deadlines {
    /// After it began to wait, 24 hours by default.
    pub first: SignedDuration,
    /// On this working day, the 20th by default: the law says silence grants a petition after 30 (COA Art. 207).
    pub working_days: u32,
    /// What no term in working days counts.
    pub holidays: Holidays,
}

/// Petitions that ring in one round; the others ring in the next ones.
const AT_ONCE: i64 = 200;

impl Intake {
    /// Raises the alarms whose time has come, each once; how many.
    pub async fn ring_deadlines(&self) -> Result<usize, IntakeError> {
        let Deadlines {
            first,
            working_days,
            ref holidays,
        } = self.settings().deadlines;
        let now = self.now();
        let mut raised = 0;
        for (term, least) in [(Term::Day, first), (Term::Legal, least_of(working_days))] {
            let waiting = self.store().undecided(term, now - least, AT_ONCE).await?;
            for petition in waiting {
                let due = match term {
                    Term::Legal => {
                        calendar::working_days_later(petition.since, working_days, holidays)
                    }
                    Term::Day => petition.since + least,
                };
                if now < due {
                    continue;
                }
                let alarm = Alarm::about(term.alarm(), &petition.number, petition.since);
                let operator = self.settings().alarm_email.as_ref();
                if self.store().raise_alarm(&alarm, operator, now).await? {
                    tracing::warn!(petition = %petition.number, alarm = alarm.kind.as_str(), "a petition waits too long for its decision");
                    raised += 1;
                }
            }
        }
        if raised > 0 {
            self.message_waits();
        }
        Ok(raised)
    }
}

/// No term of so many working days is shorter, on whatever day it begins: a weekend lies behind every five of them.
fn least_of(working_days: u32) -> SignedDuration {
    let days = working_days.saturating_add(2 * (working_days.saturating_sub(1) / 5));
    SignedDuration::from_hours(24) * i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn no_term_ends_before_it_is_looked_for() {
        // No holiday in the sixty days behind it.
        let sunday: Timestamp = "2026-05-31T12:00:00Z".parse().unwrap();
        for working_days in 0..40 {
            let least = least_of(working_days);
            let none = Holidays::default();
            let terms = (0..7).map(|day| {
                let since = sunday + SignedDuration::from_hours(24) * day;
                calendar::working_days_later(since, working_days, &none).duration_since(since)
            });
            assert_eq!(terms.min(), Some(least), "{working_days} working days");
        }
    }
}
