//! The audit log: one appended row per change of state, each carrying the hash of the row before it, so that a change, a
//! deletion or another order is found. It holds no personal data: numbers, states, digests.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, Writing};
use crate::domain::Sha256;

const LAST: &str = "select seq, hash from audit order by seq desc limit 1";
const APPEND: &str = "insert into audit (seq, at_ms, actor, subject, event, facts, previous_hash, hash) \
                      values ($1, $2, $3, $4, $5, $6, $7, $8)";
const ALL: &str =
    "select seq, at_ms, actor, subject, event, facts, previous_hash, hash from audit order by seq";
/// Serialises writers on PostgreSQL; on SQLite there is only one anyway.
const LOCK: &str = "update counters set value = value + 1 where name = 'audit'";
const LOCK_ROW: &str =
    "insert into counters (name, value) values ('audit', 0) on conflict (name) do nothing";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LAST, APPEND, ALL, LOCK, LOCK_ROW];

/// What stands before the first row.
const GENESIS: &str = "clavero";

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBreak {
    /// Sequence number of the first row that does not fit.
    pub seq: i64,
}

/// One entry, as hashed.
fn link(previous: &str, seq: i64, at_ms: i64, texts: [&str; 4]) -> String {
    // Lengths in front of the texts: no two entries have the same bytes.
    let body: String = texts
        .iter()
        .map(|text| format!("{}:{text};", text.len()))
        .collect();
    Sha256::of(format!("{previous};{seq};{at_ms};{body}").as_bytes()).to_string()
}

/// Appends to the log within the transaction that makes the change.
pub(super) async fn append(
    writing: &mut Writing,
    at: Timestamp,
    actor: &str,
    subject: &str,
    event: &str,
    facts: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query(LOCK_ROW).execute(&mut **writing).await?;
    sqlx::query(LOCK).execute(&mut **writing).await?;
    let last = sqlx::query(LAST).fetch_optional(&mut **writing).await?;
    let (seq, previous): (i64, String) = match last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, GENESIS.to_owned()),
    };
    let facts = facts.to_string();
    let hash = link(
        &previous,
        seq,
        at.as_millisecond(),
        [actor, subject, event, &facts],
    );
    sqlx::query(APPEND)
        .bind(seq)
        .bind(at.as_millisecond())
        .bind(actor)
        .bind(subject)
        .bind(event)
        .bind(facts)
        .bind(previous)
        .bind(hash)
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// Walks the whole chain; the number of rows, or the first one that does not fit.
    pub async fn verify_audit(&self) -> Result<Result<u64, AuditBreak>, StoreError> {
        let mut previous = GENESIS.to_owned();
        let mut count = 0;
        for row in sqlx::query(ALL).fetch_all(&self.read).await? {
            let seq: i64 = row.try_get("seq")?;
            let text = |column: &str| row.try_get::<String, _>(column);
            let expected = link(
                &previous,
                seq,
                row.try_get("at_ms")?,
                [
                    &text("actor")?,
                    &text("subject")?,
                    &text("event")?,
                    &text("facts")?,
                ],
            );
            count += 1;
            if text("previous_hash")? != previous
                || text("hash")? != expected
                || i64::try_from(count) != Ok(seq)
            {
                return Ok(Err(AuditBreak { seq }));
            }
            previous = expected;
        }
        Ok(Ok(count))
    }
}
