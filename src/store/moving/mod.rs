//! Another installation's rows, one table after another, into this database: pages in the order of each table's key, each
//! committed together with how far it got, so that whoever is interrupted goes on behind the last page.

mod snapshot;
mod table;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::sql::{self, AssertSqlSafe, Line, query};
use super::{Store, StoreError, audit};
use crate::domain::{Event, Sha256};

#[cfg(test)]
pub(super) use snapshot::STATEMENTS as SNAPSHOT_STATEMENTS;

pub use snapshot::Snapshot;
pub use table::{PageOfRows, Table, TableSum};

const UNDER_WAY: &str = "select position from moves where part = 'source'";
const PART: &str = "select position, done, ended from moves where part = $1";
const NOTE: &str = "insert into moves (part, position, done, ended) values ($1, $2, $3, $4) \
                    on conflict (part) do update set position = excluded.position, done = excluded.done, ended = excluded.ended";
const END: &str = "delete from moves";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[UNDER_WAY, PART, NOTE, END];

/// How far a part of a move has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The key of the last row that is here; empty before the first one.
    pub position: String,
    /// Rows or documents that are here.
    pub done: u64,
    /// Whether the whole part is here.
    pub ended: bool,
}

impl Store {
    /// Opens `url` to read from it and nothing else: it is neither made nor brought up to date.
    ///
    /// # Errors
    /// [`StoreError::Outdated`] when another release made its tables.
    pub async fn look(url: &str) -> Result<Self, StoreError> {
        let store = Self::read_only(url).await?;
        let applied: BTreeSet<i64> = query("select version from _sqlx_migrations")
            .fetch_all(&store.read)
            .await?
            .iter()
            .map(|row| row.try_get("version"))
            .collect::<Result<_, _>>()?;
        let known = sql::migrations();
        let known: BTreeSet<i64> = known.iter().map(|migration| migration.version).collect();
        if applied == known {
            Ok(store)
        } else {
            Err(StoreError::Outdated)
        }
    }

    /// By what the source of a move into this database is recognised; `None` while there is no move.
    pub async fn move_under_way(&self) -> Result<Option<String>, StoreError> {
        let row = query(UNDER_WAY).fetch_optional(&self.read).await?;
        Ok(row.map(|row| row.try_get("position")).transpose()?)
    }

    /// How far a part has come.
    pub async fn progress_of(&self, part: &str) -> Result<Progress, StoreError> {
        let row = query(PART).bind(part).fetch_optional(&self.read).await?;
        let Some(row) = row else {
            return Ok(Progress::default());
        };
        Ok(Progress {
            position: row.try_get("position")?,
            done: u64::try_from(row.try_get::<i64>("done")?).unwrap_or_default(),
            ended: row.try_get::<i64>("ended")? != 0,
        })
    }

    /// Notes how far a part has come.
    pub async fn note_progress(&self, part: &str, progress: &Progress) -> Result<(), StoreError> {
        note(&self.write, part, progress).await
    }

    /// Keeps a page of another installation's rows, together with how far its table has come.
    pub async fn take_rows(
        &self,
        table: &Table,
        page: &PageOfRows,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        for rows in page.rows.chunks(table.rows_at_once()) {
            let insert = AssertSqlSafe(table.insert(rows.len()));
            let values = rows.iter().flatten();
            let query = values.fold(query(insert), |query, value| value.bind(query));
            query.execute(writing.aside()).await?;
        }
        note(&mut *writing, &table.part(), progress).await?;
        writing.commit().await
    }

    /// Ends a move: from now on the service may begin here. The log says what came.
    pub async fn end_move(
        &self,
        actor: &str,
        rows: u64,
        documents: u64,
        damaged: &[Sha256],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        query(END).execute(&mut *writing).await?;
        let facts = json!({ "rows": rows, "documents": documents, "damaged": damaged });
        audit::append(&mut writing, at, actor, "store", Event::StoreMoved, &facts).await?;
        writing.commit().await
    }
}

async fn note(line: impl Line, part: &str, progress: &Progress) -> Result<(), StoreError> {
    query(NOTE)
        .bind(part)
        .bind(progress.position.as_str())
        .bind(i64::try_from(progress.done).unwrap_or(i64::MAX))
        .bind(i64::from(progress.ended))
        .execute(line)
        .await?;
    Ok(())
}
