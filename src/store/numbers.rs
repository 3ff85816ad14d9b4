//! What is counted about a stretch of time and about what waits now. Everything comes from the audit log, which has each
//! event with its time and its actor, and from the index of waiting cases.

use jiff::Timestamp;

use super::sql::query;
use super::{Store, StoreError, moment};

/// Milliseconds of an hour, as the statement below divides.
const HOUR_MS: i64 = 3_600_000;

// What the machine decided stands in the facts of the event; a group has one row, however many documents there were.
const FLOW: &str = "select at_ms / 3600000 as hour, event, case when event = 'document.received' then '' \
     when facts like '%\"outcome\":\"approved\"%' then 'approved' when facts like '%\"outcome\":\"refused\"%' then 'refused' \
     else 'in_review' end as outcome, count(*) as documents from audit where at_ms >= $1 and at_ms < $2 \
     and event in ('document.received', 'document.decided') group by 1, 2, 3 order by 1";
const WORK: &str = "select at_ms, actor, subject, event, facts from audit where at_ms >= $1 and at_ms < $2 \
     and event in ('case.claimed', 'case.act', 'case.disagreement', 'case.overdue') order by at_ms, seq limit $3";
const WAITING_SINCE: &str =
    "select count(*) as cases from cases where waits = 1 and opened_ms <= $1";
const OLDEST: &str = "select min(opened_ms) as opened_ms from cases where waits = 1";
const WAITING_FOR: &str = "select reason, count(*) as cases from cases where waits = 1 group by reason order by cases desc, reason";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FLOW, WORK, WAITING_SINCE, OLDEST, WAITING_FOR];

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
    pub event: String,
    /// Its facts.
    pub facts: serde_json::Value,
}

impl Store {
    /// Documents by hour, from `from` until before `until`.
    pub async fn flow(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<FlowRow>, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "audit",
            column,
        };
        let rows = query(FLOW)
            .bind(from.as_millisecond())
            .bind(until.as_millisecond())
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                let hour: i64 = row.try_get("hour")?;
                let outcome: String = row.try_get("outcome")?;
                Ok(FlowRow {
                    hour: Timestamp::from_millisecond(hour.saturating_mul(HOUR_MS))
                        .map_err(|_| inconsistent("at_ms"))?,
                    outcome: (!outcome.is_empty()).then_some(outcome),
                    documents: row.try_get("documents")?,
                })
            })
            .collect()
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
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                let facts: String = row.try_get("facts")?;
                Ok(WorkRow {
                    at: moment(row, "audit", "at_ms")?,
                    actor: row.try_get("actor")?,
                    subject: row.try_get("subject")?,
                    event: row.try_get("event")?,
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
