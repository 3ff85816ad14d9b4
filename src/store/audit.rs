//! The audit log: one appended row per change of state, each carrying the hash of the row before it, so that a change, a
//! deletion or another order is found ([`Chain`]). It holds no personal data: numbers, states, digests.

mod chain;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::sql::{Connection, Error, Row, query};
use super::{Store, StoreError, Writing, moment, parsed};
use crate::domain::{Event, Ruc};

pub use chain::{AuditBreak, AuditHead, AuditRow, BreakKind, Chain, Restored};

macro_rules! columns {
    () => {
        "select seq, at_ms, actor, subject, event, facts, previous_hash, hash from audit "
    };
}
const LAST: &str = "select seq, hash from audit order by seq desc limit 1";
const LAST_AT: &str = "select at_ms from audit order by seq desc limit 1";
const APPEND: &str = "insert into audit (seq, at_ms, actor, subject, event, facts, previous_hash, hash) \
                      values ($1, $2, $3, $4, $5, $6, $7, $8)";
const PAGE: &str = concat!(columns!(), "where seq > $1 order by seq limit $2");
const OF_SUBJECT: &str = concat!(
    columns!(),
    "where subject = $1 and seq > $2 order by seq limit $3"
);
const FOUND: &str = concat!(
    columns!(),
    "where seq < $1 and ($2 = '' or subject = $2) and ($3 = '' or actor = $3) and ($4 = '' or event = $4) \
     and at_ms >= $5 and at_ms < $6 order by seq desc limit $7"
);
/// So many rows more. The number of rows stands apart from them, so that a log whose end was cut off is found.
pub(super) const COUNT: &str = "insert into counters (name, value) values ('audit', $1) on conflict (name) \
                                do update set value = counters.value + excluded.value";
const WRITTEN: &str = "select value from counters where name = 'audit'";
const HEADS: &str = "select day, seq, hash, at_ms from audit_heads order by day";
const KEEP_HEAD: &str = "insert into audit_heads (day, seq, hash, at_ms) values ($1, $2, $3, $4) \
                         on conflict (day) do nothing";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    LAST, LAST_AT, APPEND, PAGE, OF_SUBJECT, FOUND, COUNT, WRITTEN, HEADS, KEEP_HEAD,
];

/// Clocks that differ by less are not worth an alarm.
const CLOCK_SLIPS: SignedDuration = SignedDuration::from_mins(2);
/// Rows that are read at a time while the whole log is walked.
const AT_A_TIME: i64 = 1000;

/// What an auditor looks for; empty texts and ends that are not given leave nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// About this: a petition's number, for example.
    pub subject: String,
    /// By this one.
    pub actor: String,
    /// Of this kind.
    pub event: String,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// A log that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChecked {
    /// Its rows.
    pub rows: u64,
    /// The hash of the last one.
    pub hash: String,
    /// How many heads were found in it.
    pub heads: usize,
    /// Backups that were put back, as it says itself.
    pub restored: Vec<Restored>,
}

/// The end of the log, as a transaction that many share knows it: who writes does so alone (`group`), on either engine.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    /// Number and hash of the last row, once the transaction has appended one.
    last: Option<(i64, String)>,
    /// Rows that it has appended.
    appended: i64,
}

impl Tail {
    /// Counts the rows, once for all of them: the last thing that the transaction does.
    pub(super) async fn count(&self, connection: &mut Connection) -> Result<(), Error> {
        if self.appended > 0 {
            query(COUNT).bind(self.appended).execute(connection).await?;
        }
        Ok(())
    }
}

/// What is appended to the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// When.
    pub(super) at: Timestamp,
    /// By whom.
    pub(super) actor: &'a str,
    /// About what.
    pub(super) subject: &'a str,
    /// What happened.
    pub(super) event: Event,
    /// Numbers, states and digests.
    pub(super) facts: &'a serde_json::Value,
}

/// Appends to the log within the transaction that makes the change.
pub(super) async fn append(
    writing: &mut Writing,
    at: Timestamp,
    actor: &str,
    subject: &str,
    event: Event,
    facts: &serde_json::Value,
) -> Result<(), StoreError> {
    let entry = Entry {
        at,
        actor,
        subject,
        event,
        facts,
    };
    append_entry(writing, &entry).await?;
    Ok(())
}

/// The same; which row it is.
pub(super) async fn append_entry(
    writing: &mut Writing,
    entry: &Entry<'_>,
) -> Result<i64, StoreError> {
    let last = match writing.turn.tail().last.take() {
        Some(last) => Some(last),
        None => last(query(LAST).fetch_optional(&mut **writing).await?)?,
    };
    let facts = entry.facts.to_string();
    let texts = [entry.actor, entry.subject, entry.event.as_str(), &facts];
    let row = chain::next(last, entry.at, texts);
    let seq = row.seq;
    let last = (seq, row.hash.clone());
    query(APPEND)
        .bind(seq)
        .bind(row.at_ms)
        .bind(row.actor)
        .bind(row.subject)
        .bind(row.event)
        .bind(row.facts)
        .bind(row.previous_hash)
        .bind(row.hash)
        .execute(&mut **writing)
        .await?;
    let tail = writing.turn.tail();
    tail.last = Some(last);
    tail.appended += 1;
    Ok(seq)
}

/// How the log, which is kept for ever and holds nobody's number, calls an employer: by a mark of its RUC, made for this purpose alone.
pub(super) fn mark_of(
    writing: &Writing,
    purpose: &str,
    ruc: &Ruc,
) -> Result<Option<String>, StoreError> {
    let marks = writing.keys.marks(purpose, ruc.as_str());
    let marks = marks.map_err(|error| StoreError::Protection {
        table: "audit",
        column: "facts",
        error,
    })?;
    Ok(marks.into_iter().next().map(|(_, mark)| mark))
}

fn last(row: Option<Row>) -> Result<Option<(i64, String)>, StoreError> {
    row.map(|row| Ok((row.try_get("seq")?, row.try_get("hash")?)))
        .transpose()
}

fn row(row: &Row) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: row.try_get("seq")?,
        at_ms: row.try_get("at_ms")?,
        actor: row.try_get("actor")?,
        subject: row.try_get("subject")?,
        event: row.try_get("event")?,
        facts: row.try_get("facts")?,
        previous_hash: row.try_get("previous_hash")?,
        hash: row.try_get("hash")?,
    })
}

fn head(row: &Row) -> Result<AuditHead, StoreError> {
    const TABLE: &str = "audit_heads";
    Ok(AuditHead {
        day: parsed(row, TABLE, "day")?,
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
        at: moment(row, TABLE, "at_ms")?,
    })
}

impl Store {
    /// Appends something to the log that changes nothing else: that somebody looked, or exported.
    pub async fn note(
        &self,
        at: Timestamp,
        actor: &str,
        subject: &str,
        event: Event,
        facts: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        append(&mut writing, at, actor, subject, event, facts).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Rows of the log behind the row `after`, in order, at most `limit`.
    pub async fn audit_rows(&self, after: i64, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
        let rows = query(PAGE)
            .bind(after)
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(row).collect()
    }

    /// Rows about one subject behind the row `after`, in order, at most `limit`.
    pub async fn audit_of(
        &self,
        subject: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows = query(OF_SUBJECT)
            .bind(subject)
            .bind(after)
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(row).collect()
    }

    /// What an auditor looks for, the newest first, at most `limit` rows before the row `before`.
    pub async fn find_audit(
        &self,
        search: &AuditSearch,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows = query(FOUND)
            .bind(before.unwrap_or(i64::MAX))
            .bind(search.subject.as_str())
            .bind(search.actor.as_str())
            .bind(search.event.as_str())
            .bind(search.from.map_or(i64::MIN, Timestamp::as_millisecond))
            .bind(search.until.map_or(i64::MAX, Timestamp::as_millisecond))
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(row).collect()
    }

    /// How far the clock that wrote the last row was ahead of `now`; nothing for less than two minutes, which several machines on
    /// one database may differ by. Either it was wrong then, or ours is now: certificates are judged by it.
    pub async fn clock_behind(&self, now: Timestamp) -> Result<Option<SignedDuration>, StoreError> {
        let Some(row) = query(LAST_AT).fetch_optional(&self.scan).await? else {
            return Ok(None);
        };
        let behind = moment(&row, "audit", "at_ms")?.duration_since(now);
        Ok(Some(behind).filter(|behind| *behind > CLOCK_SLIPS))
    }

    /// How many rows the service has appended, by its own count.
    pub async fn count_audit(&self) -> Result<i64, StoreError> {
        let row = query(WRITTEN).fetch_optional(&self.read).await?;
        Ok(row
            .map(|row| row.try_get("value"))
            .transpose()?
            .unwrap_or_default())
    }

    /// Walks the whole log, beside the heads that were recorded: how many rows there are, or where it is broken.
    pub async fn verify_audit(&self) -> Result<Result<u64, AuditBreak>, StoreError> {
        let checked = self.check_audit(Vec::new(), |_| ()).await?;
        Ok(checked.map(|checked| checked.rows))
    }

    /// Walks the whole log, a page at a time, and tells `done` how many rows have been followed. `heads` are those that
    /// were kept elsewhere; those of the database count besides.
    pub async fn check_audit(
        &self,
        heads: Vec<AuditHead>,
        mut done: impl FnMut(u64),
    ) -> Result<Result<AuditChecked, AuditBreak>, StoreError> {
        let recorded = self.audit_heads().await?;
        // Rows that are appended meanwhile may be followed, and need not be.
        let before = self.count_audit().await?;
        let mut chain = Chain::new(heads.into_iter().chain(recorded));
        loop {
            let page = match self.audit_page(&chain).await? {
                Ok(page) => page,
                Err(broken) => return Ok(Err(broken)),
            };
            for row in &page {
                if let Err(broken) = chain.follow(row) {
                    return Ok(Err(broken));
                }
            }
            if page.is_empty() {
                break;
            }
            done(u64::try_from(chain.last()).unwrap_or_default());
        }
        let after = self.count_audit().await?;
        let written = chain.last().clamp(before, after.max(before));
        Ok(chain.end(written).map(|()| AuditChecked {
            rows: u64::try_from(chain.last()).unwrap_or_default(),
            hash: chain.hash().to_owned(),
            heads: chain.heads(),
            restored: chain.restored().to_vec(),
        }))
    }

    /// The rows behind those that were followed. A row that holds what no text may hold is a broken row, not a broken
    /// database: it is told from those before it by reading them one at a time.
    async fn audit_page(
        &self,
        chain: &Chain,
    ) -> Result<Result<Vec<AuditRow>, AuditBreak>, StoreError> {
        // Numbers below the first one belong to nobody; they are met first.
        let after = if chain.last() == 0 {
            i64::MIN
        } else {
            chain.last()
        };
        for limit in [AT_A_TIME, 1] {
            match self.audit_rows(after, limit).await {
                Err(StoreError::Database(error)) if error.is_unreadable() => {}
                other => return other.map(Ok),
            }
        }
        Ok(Err(chain.unreadable()))
    }

    /// Writes into the log that a backup was put back (`backup` says which), and which of the heads that were `kept` elsewhere
    /// speak of rows that it did not have yet: from then on these are no sign of a log that was cut short. Must come before
    /// anything else is written behind the backup's last row; heads of rows that are there already are not excused.
    pub async fn note_restored(
        &self,
        at: Timestamp,
        actor: &str,
        backup: &str,
        kept: &[AuditHead],
    ) -> Result<Restored, StoreError> {
        let mut writing = self.begin().await?;
        let last = last(query(LAST).fetch_optional(&mut *writing).await?)?;
        let last = last.map_or(0, |(seq, _)| seq);
        let mut lost: Vec<AuditHead> = Vec::new();
        for head in kept.iter().filter(|head| head.seq > last) {
            if !lost.contains(head) {
                lost.push(head.clone());
            }
        }
        let restored = Restored {
            row: last + 1,
            at: Some(at),
            actor: actor.to_owned(),
            backup: backup.to_owned(),
            lost_until: lost.iter().map(|head| head.seq).max(),
        };
        let facts = serde_json::json!({ "backup": backup, "lost": lost });
        append(
            &mut writing,
            at,
            actor,
            "audit",
            Event::AuditRestored,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(restored)
    }

    /// Every head that was recorded, the oldest first.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, StoreError> {
        let rows = query(HEADS).fetch_all(&self.scan).await?;
        rows.iter().map(head).collect()
    }

    /// Writes down the last row of the log for `day`, once. `None` when the day has its head, or the log has no row.
    pub async fn record_head(
        &self,
        day: Date,
        at: Timestamp,
    ) -> Result<Option<AuditHead>, StoreError> {
        let mut writing = self.begin().await?;
        let last = last(query(LAST).fetch_optional(&mut *writing).await?)?;
        let Some((seq, hash)) = last else {
            return Ok(None);
        };
        let kept = query(KEEP_HEAD)
            .bind(day.to_string())
            .bind(seq)
            .bind(hash.as_str())
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        let head = AuditHead { day, seq, hash, at };
        Ok((kept.rows_affected() == 1).then_some(head))
    }
}
