//! Budgets that hold across instances: counts within a window of time, proofs of work that were handed in, and the secret that
//! both are keyed with.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError};
use crate::domain::Sha256;

const KEEP_SECRET: &str =
    "insert into service_secrets (name, value) values ($1, $2) on conflict (name) do nothing";
const SECRET: &str = "select value from service_secrets where name = $1";
const COUNT: &str = "insert into quota_counts (subject, what, window_ms, used) values ($1, $2, $3, $4) \
                     on conflict (subject, what, window_ms) do update set used = quota_counts.used + excluded.used \
                     where quota_counts.used + excluded.used <= $5";
const FORGET_COUNTS: &str = "delete from quota_counts where window_ms < $1";
const SPEND: &str =
    "insert into spent_work (id_hash, until_ms) values ($1, $2) on conflict (id_hash) do nothing";
const FORGET_WORK: &str = "delete from spent_work where until_ms < $1";
const LINK: &str = "select kind from links where hash = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP_SECRET,
    SECRET,
    COUNT,
    FORGET_COUNTS,
    SPEND,
    FORGET_WORK,
    LINK,
];

/// Longest window that anything is counted in; older counts are forgotten.
const LONGEST_WINDOW_MS: i64 = 24 * 3600 * 1000;

impl Store {
    /// The secret of this name: `fresh` the first time, on whichever instance, and the same ever after.
    pub async fn service_secret(&self, name: &str, fresh: &str) -> Result<String, StoreError> {
        sqlx::query(KEEP_SECRET)
            .bind(name)
            .bind(fresh)
            .execute(&self.write)
            .await?;
        let row = sqlx::query(SECRET)
            .bind(name)
            .fetch_one(&self.write)
            .await?;
        Ok(row.try_get("value")?)
    }

    /// Adds `amount` to what `subject` used of `what` in the window that began at `window`, unless that would be more than
    /// `limit`; whether it was added.
    pub async fn count_within(
        &self,
        subject: Sha256,
        what: &str,
        window: Timestamp,
        amount: i64,
        limit: i64,
    ) -> Result<bool, StoreError> {
        if amount > limit {
            return Ok(false);
        }
        let mut writing = self.begin().await?;
        sqlx::query(FORGET_COUNTS)
            .bind(window.as_millisecond().saturating_sub(LONGEST_WINDOW_MS))
            .execute(&mut *writing)
            .await?;
        let counted = sqlx::query(COUNT)
            .bind(subject.to_string())
            .bind(what)
            .bind(window.as_millisecond())
            .bind(amount)
            .bind(limit)
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(counted.rows_affected() == 1)
    }

    /// Notes that a proof of work was handed in; whether it is the first time. It is remembered until `until`, when it would
    /// no longer be taken anyway.
    pub async fn spend_work(
        &self,
        proof: Sha256,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        sqlx::query(FORGET_WORK)
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        let spent = sqlx::query(SPEND)
            .bind(proof.to_string())
            .bind(until.as_millisecond())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(spent.rows_affected() == 1)
    }

    /// Whether there ever was a link with this hash, alive or dead.
    pub async fn is_link(&self, hash: Sha256) -> Result<bool, StoreError> {
        let row = sqlx::query(LINK)
            .bind(hash.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::Sha256;
    use crate::store::tests::{at, databases};

    #[tokio::test]
    async fn a_budget_is_one_for_all_instances_and_begins_anew_with_its_window() {
        for (engine, store) in databases("quota").await.stores {
            let (subject, other) = (Sha256::of(b"one"), Sha256::of(b"other"));
            let count = |subject, window, amount| {
                let store = store.clone();
                async move {
                    store
                        .count_within(subject, "petitions", at(window), amount, 3)
                        .await
                        .unwrap()
                }
            };
            assert!(count(subject, 0, 2).await, "{engine}");
            assert!(!count(subject, 0, 2).await, "{engine}: 4 of 3");
            assert!(count(subject, 0, 1).await, "{engine}: what fits still fits");
            assert!(!count(subject, 0, 1).await, "{engine}");
            assert!(count(other, 0, 3).await, "{engine}: of another one");
            assert!(!count(other, 3600, 4).await, "{engine}: more than all");
            assert!(count(subject, 3600, 3).await, "{engine}: in the next hour");
        }
    }

    #[tokio::test]
    async fn work_is_spent_once_and_a_secret_stays() {
        for (engine, store) in databases("work").await.stores {
            let proof = Sha256::of(b"proof");
            assert!(store.spend_work(proof, at(60), at(0)).await.unwrap());
            assert!(
                !store.spend_work(proof, at(60), at(59)).await.unwrap(),
                "{engine}"
            );
            let first = store.service_secret("work", "a").await.unwrap();
            let again = store.service_secret("work", "b").await.unwrap();
            assert_eq!((first.as_str(), again.as_str()), ("a", "a"), "{engine}");
        }
    }
}
