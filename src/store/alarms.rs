//! Alarms for the operator and the supervisors: each is raised once, told in the audit log and by a mail, in the transaction that finds it.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::json;

use super::outbox::enqueue;
use super::sql::{Row, query};
use super::{
    Message, MessageKind, Store, StoreError, Writing, audit, maybe, moment, parsed, people,
};
use crate::domain::{
    BranchCode, EmailAddress, Event, ParsePetitionError, PetitionNumber, Ruc, closed_list,
};

const RAISE: &str = "insert into alarms (id, kind, number, subject, raised_ms) values ($1, $2, $3, $4, $5) \
                     on conflict (id) do nothing";
const COUNT: &str = "select count(*) as raised from alarms where kind = $1";
/// Petitions that wait since before a moment and have not rung for it, by the column that says so: those in review since the
/// round of their case was opened (what the company was asked for suspends the term, COA Art. 162), the others since the document
/// came that nothing was decided about yet. An index holds these and no others, for whoever repeats its condition.
macro_rules! undecided {
    ($rang:literal) => {
        concat!(
            "select p.number, c.opened_ms as since_ms from petitions p join cases c on c.number = p.number \
             where p.state in ('received', 'in_review') and p.state = 'in_review' and p.issued_ms <= $1 and p.",
            $rang,
            " = 0 and c.opened_ms <= $1 union all \
             select p.number, d.received_ms as since_ms from petitions p \
             join documents d on d.number = p.number and d.sha256 = p.document_sha256 \
             left join decisions x on x.number = d.number and x.sha256 = d.sha256 \
             where p.state in ('received', 'in_review') and p.state = 'received' and p.issued_ms <= $1 and p.",
            $rang,
            " = 0 and x.outcome is null and d.received_ms <= $1 order by 2, 1 limit $2"
        )
    };
}
const UNDECIDED_DAY: &str = undecided!("rang_day");
const UNDECIDED_TERM: &str = undecided!("rang_term");
/// Accounts that are frozen, the one stopped last first, each with the petition of the newest alarm about it.
const STOPPED: &str = "select e.ruc, e.branch, e.frozen_ms, (select a.number from alarms a join petitions p on p.number = a.number \
     where a.kind = 'account_frozen' and p.ruc = e.ruc and p.branch = e.branch order by a.raised_ms desc, a.id desc limit 1) \
     as number from employers e where e.frozen_ms is not null order by e.frozen_ms desc, e.ruc, e.branch limit $1";
const RANG_DAY: &str = "update petitions set rang_day = 1 where number = $1";
const RANG_TERM: &str = "update petitions set rang_term = 1 where number = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    RAISE,
    COUNT,
    UNDECIDED_DAY,
    UNDECIDED_TERM,
    STOPPED,
    RANG_DAY,
    RANG_TERM,
];

closed_list!(
    /// What an alarm is about.
    AlarmKind, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// A message will not be sent: refused for good, or given up.
        MessageParked = "message_parked",
        /// A message is on its way for too long.
        MessageLate = "message_late",
        /// A message came back after the mail server had taken it.
        MessageBounced = "message_bounced",
        /// The portal did not take a key or an unblocking.
        DeliveryParked = "delivery_parked",
        /// The portal has not answered for too long.
        DeliveryLate = "delivery_late",
        /// A petition waits for its decision for a day.
        UndecidedDay = "undecided_day",
        /// A petition waits for its decision until the working day that leaves time before the legal term.
        UndecidedTerm = "undecided_term",
        /// Somebody answered «no fui yo»: an account is stopped.
        AccountFrozen = "account_frozen",
        /// Nobody is asked about revocation, and lists at hand have ended or are about to.
        ListsEnding = "lists_ending",
        /// The certificate of the operator's seal has ended or is about to.
        SealEnding = "seal_ending",
    }
);

/// Something that the operator must know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// The petition behind it, or the service itself.
    pub number: PetitionNumber,
    /// The message, the delivery, the petition and since when it waits, the stop of an account, or the day of an alarm about the
    /// service.
    pub subject: String,
    /// Why, where another system said so, who of the staff stopped an account, or what ends when: nothing personal.
    pub reason: Option<String>,
}

impl Alarm {
    /// An alarm about a petition that waits since a moment, or an account that was stopped then by an answer to a notice about it:
    /// each time rings for itself.
    #[must_use]
    pub fn about(kind: AlarmKind, number: &PetitionNumber, since: Timestamp) -> Self {
        Self {
            kind,
            number: number.clone(),
            subject: format!("{number}:{}", since.as_millisecond()),
            reason: None,
        }
    }

    /// An alarm about the service itself; it rings once for each subject.
    #[must_use]
    pub fn of_service(kind: AlarmKind, subject: String, reason: String) -> Self {
        Self {
            kind,
            number: PetitionNumber::of_service(),
            subject,
            reason: Some(reason),
        }
    }

    fn id(&self) -> String {
        format!("{}:{}", self.kind, self.subject)
    }

    /// What the audit log says that it is about.
    fn about_whom(&self) -> &str {
        if self.number.is_of_service() {
            "service"
        } else {
            self.number.as_str()
        }
    }
}

/// An account that «no fui yo» stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedEmployer {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// Since when.
    pub since: Timestamp,
    /// The petition whose notice was answered last, if it is still known.
    pub number: Option<PetitionNumber>,
}

/// What a petition may wait for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// The first day.
    Day,
    /// The term of the law.
    Legal,
}

impl Term {
    /// How it rings.
    #[must_use]
    pub fn alarm(self) -> AlarmKind {
        match self {
            Self::Day => AlarmKind::UndecidedDay,
            Self::Legal => AlarmKind::UndecidedTerm,
        }
    }
}

/// A petition that waits for its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Its number.
    pub number: PetitionNumber,
    /// Since when.
    pub since: Timestamp,
}

impl AlarmKind {
    /// What the log says when it is raised.
    #[must_use]
    pub fn event(self) -> Event {
        match self {
            Self::MessageParked => Event::AlarmMessageParked,
            Self::MessageLate => Event::AlarmMessageLate,
            Self::MessageBounced => Event::AlarmMessageBounced,
            Self::DeliveryParked => Event::AlarmDeliveryParked,
            Self::DeliveryLate => Event::AlarmDeliveryLate,
            Self::UndecidedDay => Event::AlarmUndecidedDay,
            Self::UndecidedTerm => Event::AlarmUndecidedTerm,
            Self::AccountFrozen => Event::AlarmAccountFrozen,
            Self::ListsEnding => Event::AlarmListsEnding,
            Self::SealEnding => Event::AlarmSealEnding,
        }
    }
}

/// Raises an alarm in the transaction that found its cause; whether it had not been raised before.
pub(super) async fn raise(
    writing: &mut Writing,
    alarm: &Alarm,
    operator: Option<&EmailAddress>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = query(RAISE)
        .bind(alarm.id())
        .bind(alarm.kind.as_str())
        .bind(alarm.number.as_str())
        .bind(alarm.subject.as_str())
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    let rang = match alarm.kind {
        AlarmKind::UndecidedDay => Some(RANG_DAY),
        AlarmKind::UndecidedTerm => Some(RANG_TERM),
        _ => None,
    };
    // Also when it rang before: the release before this one says so nowhere else.
    if let Some(rang) = rang {
        let marked = query(rang).bind(alarm.number.as_str());
        marked.execute(&mut **writing).await?;
    }
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let facts = json!({ "subject": alarm.subject });
    let event = alarm.kind.event();
    audit::append(writing, at, "service", alarm.about_whom(), event, &facts).await?;
    // An alarm that can't be mailed must not ring about itself by mail.
    if !alarm.subject.starts_with(ALARM_ID) {
        let mut told: Vec<EmailAddress> = operator.cloned().into_iter().collect();
        for supervisor in people::supervisors(writing).await? {
            if !told.contains(&supervisor) {
                told.push(supervisor);
            }
        }
        for (place, to) in told.into_iter().enumerate() {
            tell(writing, alarm, to, place, at).await?;
        }
    }
    Ok(true)
}

/// Mails an alarm to one of those who must know.
async fn tell(
    writing: &mut Writing,
    alarm: &Alarm,
    to: EmailAddress,
    place: usize,
    at: Timestamp,
) -> Result<(), StoreError> {
    let facts =
        json!({ "alarm": alarm.kind.as_str(), "subject": alarm.subject, "reason": alarm.reason });
    let also = if place == 0 {
        String::new()
    } else {
        format!(":{place}")
    };
    let message = Message {
        id: format!("{ALARM_ID}{}{also}", alarm.id()),
        ..Message::new(MessageKind::Alarm, &alarm.number, 1, to, at, at)
    }
    .with_facts(facts);
    enqueue(writing, &message).await
}

/// How the ids of the operator's own messages begin.
const ALARM_ID: &str = "alarm:";

impl Store {
    /// Raises an alarm, once; whether it had not been raised before.
    pub async fn raise_alarm(
        &self,
        alarm: &Alarm,
        operator: Option<&EmailAddress>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let new = raise(&mut writing, alarm, operator, at).await?;
        writing.commit().await?;
        Ok(new)
    }

    /// How many alarms of a kind were ever raised.
    pub async fn count_alarms(&self, kind: AlarmKind) -> Result<i64, StoreError> {
        Ok(query(COUNT)
            .bind(kind.as_str())
            .fetch_one(&self.scan)
            .await?
            .try_get("raised")?)
    }

    /// At most `most` of the accounts that are stopped, the one stopped last first.
    pub async fn stopped(&self, most: i64) -> Result<Vec<StoppedEmployer>, StoreError> {
        const TABLE: &str = "employers";
        let rows = query(STOPPED).bind(most).fetch_all(&self.scan).await?;
        let stopped = |row: &Row| {
            Ok(StoppedEmployer {
                ruc: parsed(row, TABLE, "ruc")?,
                branch: parsed(row, TABLE, "branch")?,
                since: moment(row, TABLE, "frozen_ms")?,
                number: maybe(row, "alarms", "number")?,
            })
        };
        rows.iter().map(stopped).collect()
    }

    /// Petitions that wait for their decision since `until` or before and have not rung for having waited so long; at most `most`,
    /// those that wait longest first.
    pub async fn undecided(
        &self,
        term: Term,
        until: Timestamp,
        most: i64,
    ) -> Result<Vec<Undecided>, StoreError> {
        let statement = match term {
            Term::Day => UNDECIDED_DAY,
            Term::Legal => UNDECIDED_TERM,
        };
        let rows = query(statement)
            .bind(until.as_millisecond())
            .bind(most)
            .fetch_all(&self.scan)
            .await?;
        let undecided = |row: &Row| {
            Ok(Undecided {
                number: parsed(row, "petitions", "number")?,
                since: moment(row, "cases", "since_ms")?,
            })
        };
        rows.iter().map(undecided).collect()
    }
}
