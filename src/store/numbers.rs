//! What is counted about a stretch of time and about what waits now. Everything comes from the audit log, which has each
//! event with its time and its actor, and from the index of waiting cases.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use super::sql::{Row, query};
use super::{Store, StoreError, moment, parsed};
use crate::domain::Event;

/// Milliseconds of an hour, as the statement below divides.
const HOUR_MS: i64 = 3_600_000;

// What the machine decided stands in the facts of the event; a group has one row, however many documents there were.
const FLOW: &str = "select at_ms / 3600000 as hour, event, case when event = $3 then '' \
     when facts like '%\"outcome\":\"approved\"%' then 'approved' when facts like '%\"outcome\":\"refused\"%' then 'refused' \
     else 'in_review' end as outcome, count(*) as documents from audit where at_ms >= $1 and at_ms < $2 \
     and event in ($3, $4) group by 1, 2, 3 order by 1";
const WORK: &str = "select at_ms, actor, subject, event, facts from audit where at_ms >= $1 and at_ms < $2 \
     and event in ($4, $5, $6, $7) order by at_ms, seq limit $3";
const WAITING_SINCE: &str =
    "select count(*) as cases from cases where waits = 1 and opened_ms <= $1";
const OLDEST: &str = "select min(opened_ms) as opened_ms from cases where waits = 1";
const WAITING_FOR: &str = "select reason, count(*) as cases from cases where waits = 1 group by reason order by cases desc, reason";

/// The hours whose documents are counted for good: the first one, and the last one.
const COUNTED: &str =
    "select (select min(hour) from flow_hours) as low, (select max(hour) from flow_hours) as high";
const COUNTED_FLOW: &str = "select hour, outcome, documents from flow_hours where hour >= $1 and hour < $2 and documents > 0";
const KEEP_HOUR: &str = "insert into flow_hours (hour, outcome, documents) values ($1, $2, $3) \
     on conflict (hour, outcome) do update set documents = excluded.documents";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    FLOW,
    WORK,
    WAITING_SINCE,
    OLDEST,
    WAITING_FOR,
    COUNTED,
    COUNTED_FLOW,
    KEEP_HOUR,
];

/// How long after its end an hour is counted: what happened in it is committed by then, and clocks differ by seconds.
const SETTLED: SignedDuration = SignedDuration::from_mins(10);
/// Hours that are counted in one go. Those before the first one are counted whenever somebody asks.
const HOURS_AT_ONCE: i64 = 24;

/// Most events of reviewers that are looked at: some three for each of several thousand decisions.
const MOST_EVENTS: i64 = 50_000;

/// Documents of one hour that were received, or decided by the machine with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// When the hour began.
    pub hour: Timestamp,
    /// What the machine decided; nothing for documents received.
    pub outcome: Option<String>,
    /// How many.
    pub documents: i64,
}

/// Something that somebody did with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// When.
    pub at: Timestamp,
    /// Who: role and user name.
    pub actor: String,
    /// The petition.
    pub subject: String,
    /// What.
    pub event: Event,
    /// Its facts.
    pub facts: serde_json::Value,
}

fn flow_row(row: &Row) -> Result<FlowRow, StoreError> {
    let hour: i64 = row.try_get("hour")?;
    let outcome: String = row.try_get("outcome")?;
    Ok(FlowRow {
        hour: Timestamp::from_millisecond(hour.saturating_mul(HOUR_MS)).map_err(|_| {
            StoreError::Inconsistent {
                table: "audit",
                column: "at_ms",
            }
        })?,
        outcome: (!outcome.is_empty()).then_some(outcome),
        documents: row.try_get("documents")?,
    })
}

impl Store {
    /// Documents by hour, from `from` until before `until`.
    pub async fn flow(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<FlowRow>, StoreError> {
        let (from, until) = (from.as_millisecond(), until.as_millisecond());
        // Of the hours that are counted, those that lie within.
        let first = from.div_euclid(HOUR_MS) + i64::from(from.rem_euclid(HOUR_MS) > 0);
        let counted = match self.counted_hours().await? {
            Some(counted) => counted.start.max(first)..counted.end.min(until.div_euclid(HOUR_MS)),
            None => first..first,
        };
        if counted.is_empty() {
            return self.count_flow(from, until).await;
        }
        let mut flow = self.count_flow(from, counted.start * HOUR_MS).await?;
        let rows = query(COUNTED_FLOW)
            .bind(counted.start)
            .bind(counted.end)
            .fetch_all(&self.read)
            .await?;
        for row in &rows {
            flow.push(flow_row(row)?);
        }
        flow.extend(self.count_flow(counted.end * HOUR_MS, until).await?);
        Ok(flow)
    }

    /// Counts the hours that ended lately for good, so that nobody has to go through their events again; how many.
    pub async fn count_hours(&self, now: Timestamp) -> Result<usize, StoreError> {
        let settled = (now - SETTLED).as_millisecond().div_euclid(HOUR_MS);
        let next = match self.counted_hours().await? {
            Some(counted) => counted.end,
            None => settled - HOURS_AT_ONCE,
        };
        let mut hours = Vec::new();
        for hour in next..settled.min(next.saturating_add(HOURS_AT_ONCE)) {
            let flow = self
                .count_flow(hour * HOUR_MS, (hour + 1) * HOUR_MS)
                .await?;
            hours.push((hour, flow));
        }
        if hours.is_empty() {
            return Ok(0);
        }
        let mut writing = self.begin().await?;
        for (hour, flow) in &hours {
            let mut counts = BTreeMap::from([("", 0)]);
            for row in flow {
                counts.insert(row.outcome.as_deref().unwrap_or_default(), row.documents);
            }
            for (outcome, documents) in counts {
                let keep = query(KEEP_HOUR).bind(*hour).bind(outcome).bind(documents);
                keep.execute(&mut *writing).await?;
            }
        }
        writing.commit().await?;
        Ok(hours.len())
    }

    async fn counted_hours(&self) -> Result<Option<Range<i64>>, StoreError> {
        let row = query(COUNTED).fetch_one(&self.read).await?;
        let first: Option<i64> = row.try_get("low")?;
        let last: Option<i64> = row.try_get("high")?;
        Ok(first.zip(last).map(|(first, last)| first..last + 1))
    }

    /// From the events themselves.
    async fn count_flow(&self, from: i64, until: i64) -> Result<Vec<FlowRow>, StoreError> {
        if from >= until {
            return Ok(Vec::new());
        }
        let rows = query(FLOW)
            .bind(from)
            .bind(until)
            .bind(Event::DocumentReceived.as_str())
            .bind(Event::DocumentDecided.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(flow_row).collect()
    }

    /// What people did with cases, in order.
    pub async fn case_work(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<WorkRow>, StoreError> {
        let rows = query(WORK)
            .bind(from.as_millisecond())
            .bind(until.as_millisecond())
            .bind(MOST_EVENTS)
            .bind(Event::CaseClaimed.as_str())
            .bind(Event::CaseAct.as_str())
            .bind(Event::CaseDisagreement.as_str())
            .bind(Event::AlarmUndecidedDay.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                let facts: String = row.try_get("facts")?;
                Ok(WorkRow {
                    at: moment(row, "audit", "at_ms")?,
                    actor: row.try_get("actor")?,
                    subject: row.try_get("subject")?,
                    event: parsed(row, "audit", "event")?,
                    facts: serde_json::from_str(&facts).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// How many cases wait that were opened at `at` or earlier.
    pub async fn waiting_since(&self, at: Timestamp) -> Result<i64, StoreError> {
        let row = query(WAITING_SINCE)
            .bind(at.as_millisecond())
            .fetch_one(&self.scan)
            .await?;
        Ok(row.try_get("cases")?)
    }

    /// When the oldest waiting case was opened.
    pub async fn oldest_waiting(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = query(OLDEST).fetch_one(&self.scan).await?;
        super::maybe_moment(&row, "cases", "opened_ms")
    }

    /// How many cases wait because of each of the machine's reasons, the most frequent first.
    pub async fn waiting_for(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = query(WAITING_FOR).fetch_all(&self.scan).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("reason")?, row.try_get("cases")?)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
