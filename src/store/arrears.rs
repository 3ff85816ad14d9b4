//! Employers in arrears (*mora patronal*): what they ask goes before everything else in the queue (PRODUCT S40). Who they are
//! comes from the operator; that somebody owes something is shown to nobody.

use jiff::Timestamp;
use serde_json::json;

use super::cases::URGENT;
use super::sql::query;
use super::{Store, StoreError, Writing, audit, moment, parsed};
use crate::domain::{Event, Ruc};

const SET: &str =
    "insert into arrears (ruc, since_ms) values ($1, $2) on conflict (ruc) do nothing";
const CLEAR: &str = "delete from arrears where ruc = $1";
const LIST: &str = "select ruc, since_ms from arrears where ruc > $1 order by ruc limit $2";
const HURRY: &str = "update cases set rank = opened_ms - $1 where rank >= 0 \
                     and number in (select number from petitions where ruc = $2)";
const REST: &str = "update cases set rank = opened_ms where rank < 0 \
                    and number in (select number from petitions where ruc = $1)";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[SET, CLEAR, LIST, HURRY, REST];

/// An employer in arrears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrears {
    /// Who.
    pub ruc: Ruc,
    /// Since when it is known.
    pub since: Timestamp,
}

async fn note(
    writing: &mut Writing,
    ruc: &Ruc,
    event: Event,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let facts = json!({ "ruc": audit::mark_of(writing, "arrears", ruc)? });
    audit::append(writing, at, actor, "arrears", event, &facts).await
}

impl Store {
    /// Notes that an employer is in arrears: its petitions are urgent, those that wait already too. Whether that is news.
    pub async fn set_arrears(
        &self,
        ruc: &Ruc,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let set = query(SET)
            .bind(ruc.as_str())
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        if set.rows_affected() == 0 {
            return Ok(false);
        }
        query(HURRY)
            .bind(URGENT)
            .bind(ruc.as_str())
            .execute(&mut *writing)
            .await?;
        note(&mut writing, ruc, Event::ArrearsSet, actor, at).await?;
        writing.commit().await?;
        Ok(true)
    }

    /// Notes that an employer is in arrears no more. Whether that is news.
    pub async fn clear_arrears(
        &self,
        ruc: &Ruc,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let cleared = query(CLEAR)
            .bind(ruc.as_str())
            .execute(&mut *writing)
            .await?;
        if cleared.rows_affected() == 0 {
            return Ok(false);
        }
        query(REST)
            .bind(ruc.as_str())
            .execute(&mut *writing)
            .await?;
        note(&mut writing, ruc, Event::ArrearsCleared, actor, at).await?;
        writing.commit().await?;
        Ok(true)
    }

    /// Employers in arrears behind a RUC, or from the first one, in order.
    pub async fn arrears(
        &self,
        after: Option<&Ruc>,
        limit: i64,
    ) -> Result<Vec<Arrears>, StoreError> {
        let rows = query(LIST)
            .bind(after.map_or("", Ruc::as_str))
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Arrears {
                    ruc: parsed(row, "arrears", "ruc")?,
                    since: moment(row, "arrears", "since_ms")?,
                })
            })
            .collect()
    }
}
