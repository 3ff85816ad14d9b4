//! Failed sign-ins, counted by place: a digest of the address, of the name, of both, or of a known browser. An attempt
//! counts as failed from its beginning until it succeeds, so that many at once gain nothing.

use jiff::{SignedDuration, Timestamp};

use super::super::sql::query;
use super::super::{Store, StoreError, moment, moved};
use crate::domain::Sha256;

const PLACE: &str = "insert into sign_in_failures (place, failures, last_ms) values ($1, 0, 0) on conflict (place) do nothing";
// Changes nothing but takes the row for this transaction; on SQLite the transaction has everything anyway.
const LOCK: &str =
    "update sign_in_failures set failures = failures where place = $1 returning failures, last_ms";
const COUNT: &str = "update sign_in_failures set failures = $1, last_ms = $2 where place = $3";
const TAKE_BACK: &str =
    "update sign_in_failures set failures = failures - 1 where place = $1 and failures > 0";
const CLEAR: &str = "delete from sign_in_failures where place = $1";
const FORGET: &str = "delete from sign_in_failures where last_ms < $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PLACE, LOCK, COUNT, TAKE_BACK, CLEAR, FORGET];

/// One place that an attempt is counted by, and how long to wait after so many failures there.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// The place.
    pub place: Sha256,
    /// The rule of the place.
    pub wait_after: fn(i64) -> SignedDuration,
}

impl Store {
    /// Counts an attempt at each of its places, unless one of them has to wait: then nothing is counted, and the answer
    /// is when it may be tried again. What lies longer back than `memory` counts no more.
    pub async fn begin_attempt(
        &self,
        attempts: &[Attempt],
        memory: SignedDuration,
        at: Timestamp,
    ) -> Result<Result<(), Timestamp>, StoreError> {
        let mut writing = self.begin().await?;
        let mut ordered = attempts.to_vec();
        // One order for everybody, or two attempts could wait for each other.
        ordered.sort_by_key(|attempt| attempt.place.to_string());
        for attempt in &ordered {
            let place = attempt.place.to_string();
            query(PLACE).bind(&place).execute(&mut *writing).await?;
            let row = query(LOCK).bind(&place).fetch_one(&mut *writing).await?;
            let last_at = moment(&row, "sign_in_failures", "last_ms")?;
            let known: i64 = row.try_get("failures")?;
            let count = if at.duration_since(last_at) > memory {
                0
            } else {
                known
            };
            let again_at = last_at
                .saturating_add((attempt.wait_after)(count))
                .unwrap_or(Timestamp::MAX);
            if at < again_at {
                return Ok(Err(again_at));
            }
            let counted = query(COUNT)
                .bind(count.saturating_add(1))
                .bind(at.as_millisecond())
                .bind(&place)
                .execute(&mut *writing)
                .await?;
            moved(counted)?;
        }
        query(FORGET)
            .bind((at - memory).as_millisecond())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(Ok(()))
    }

    /// The attempt succeeded: it is taken back everywhere, and `own` begins anew.
    pub async fn attempt_succeeded(
        &self,
        own: &Attempt,
        attempts: &[Attempt],
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        for attempt in attempts {
            query(TAKE_BACK)
                .bind(attempt.place.to_string())
                .execute(&mut *writing)
                .await?;
        }
        query(CLEAR)
            .bind(own.place.to_string())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(())
    }
}
