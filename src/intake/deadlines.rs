//! Terms (PRODUCT §1.2, S31): alarms when a petition waits too long for its decision. Time never decides anything: nothing is
//! approved or refused because a term ended.

use jiff::SignedDuration;

use super::{Intake, IntakeError};
use crate::domain::{State, calendar};
use crate::store::{Alarm, AlarmKind};

/// When an undecided petition rings.
#[derive(Debug, Clone)]
pub struct Deadlines {
    /// After its reception, 24 hours by default.
    pub first: SignedDuration,
    /// On this working day, the 20th by default: the law says silence grants a petition after 30 (COA Art. 207).
    pub working_days: u32,
}

/// Petitions that ring in one round; the others ring in the next ones.
const AT_ONCE: i64 = 200;

impl Intake {
    /// Raises the alarms whose time has come, each once; how many.
    pub async fn ring_deadlines(&self) -> Result<usize, IntakeError> {
        let Deadlines {
            first,
            working_days,
        } = self.settings().deadlines;
        let now = self.now();
        // No working day is shorter than a day: the calendar only lets a petition ring later than this.
        let days = SignedDuration::from_hours(24) * i32::try_from(working_days).unwrap_or(i32::MAX);
        let terms = [
            (AlarmKind::UndecidedDay, first),
            (AlarmKind::UndecidedTerm, days),
        ];
        let mut raised = 0;
        for (kind, least) in terms {
            for state in [State::Received, State::InReview] {
                let waiting = self
                    .store()
                    .undecided(state, kind, now - least, AT_ONCE)
                    .await?;
                for petition in waiting {
                    let due = match kind {
                        AlarmKind::UndecidedTerm => {
                            calendar::working_days_later(petition.since, working_days)
                        }
                        _ => petition.since + least,
                    };
                    if now < due {
                        continue;
                    }
                    let alarm = Alarm::about(kind, &petition.number);
                    let operator = self.settings().alarm_email.as_ref();
                    if self.store().raise_alarm(&alarm, operator, now).await? {
                        tracing::warn!(petition = %petition.number, alarm = kind.as_str(), "a petition waits too long for its decision");
                        raised += 1;
                    }
                }
            }
        }
        if raised > 0 {
            self.message_waits();
        }
        Ok(raised)
    }
}
