//! Budgets that hold across instances, proofs of work that were handed in, and the secret that both are keyed with.
//!
//! A budget fills up evenly again, from empty to full within its span (the generic cell rate algorithm). All that is kept is
//! when it will be full: what is spent puts that off, and what would put it off beyond the span is refused.

use jiff::{SignedDuration, Timestamp};

use super::sql::query;
use super::{Store, StoreError};
use crate::domain::Sha256;

const KEEP_SECRET: &str =
    "insert into service_secrets (name, value) values ($1, $2) on conflict (name) do nothing";
const SECRET: &str = "select value from service_secrets where name = $1";
/// `$3` now, `$4` what is spent, `$5` the end of the span that begins now, `$6` when one that was full is full again.
// What is full later than an empty budget would be was written by a clock that was ahead: it counts for nothing.
macro_rules! full {
    () => {
        "case when budgets.full_us > $3 and budgets.full_us <= $5 then budgets.full_us else $3 end + $4"
    };
}
const TAKE: &str = concat!(
    "insert into budgets (subject, what, full_us) values ($1, $2, $6) on conflict (subject, what) do update set full_us = ",
    full!(),
    " where ",
    full!(),
    " <= $5"
);
const FULL_AT: &str = "select full_us from budgets where subject = $1 and what = $2";
const FORGET_FULL: &str = "delete from budgets where full_us < $1";
const SPEND: &str =
    "insert into spent_work (id_hash, until_ms) values ($1, $2) on conflict (id_hash) do nothing";
const FORGET_WORK: &str = "delete from spent_work where until_ms < $1";
const LINK: &str = "select kind from links where hash = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP_SECRET,
    SECRET,
    TAKE,
    FULL_AT,
    FORGET_FULL,
    SPEND,
    FORGET_WORK,
    LINK,
];

/// What one may use within a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Its name.
    pub what: &'static str,
    /// So much, at once or little by little.
    pub most: i64,
    /// Within which an empty one is full again.
    pub span: SignedDuration,
}

impl Budget {
    /// How long it takes until so much is there again, in microseconds.
    fn cost_us(&self, amount: i64) -> i64 {
        let cost = self.span.as_micros() * i128::from(amount) / i128::from(self.most.max(1));
        i64::try_from(cost).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// The secret of this name: `fresh` the first time, on whichever instance, and the same ever after.
    pub async fn service_secret(&self, name: &str, fresh: &str) -> Result<String, StoreError> {
        query(KEEP_SECRET)
            .bind(name)
            .bind(fresh)
            .execute(&self.write)
            .await?;
        let row = query(SECRET).bind(name).fetch_one(&self.write).await?;
        Ok(row.try_get("value")?)
    }

    /// Takes `amount` from what `subject` may use; when there is not enough left, nothing is taken, and the answer is how long
    /// it takes until there is.
    pub async fn spend(
        &self,
        subject: Sha256,
        budget: Budget,
        amount: i64,
        now: Timestamp,
    ) -> Result<Result<(), SignedDuration>, StoreError> {
        let cost = budget.cost_us(amount);
        if amount > budget.most {
            return Ok(Err(budget.span));
        }
        // So much that nobody ever waits for it.
        if cost == 0 {
            return Ok(Ok(()));
        }
        let subject = subject.to_string();
        let now = now.as_microsecond();
        let end = now.saturating_add(budget.cost_us(budget.most));
        let mut writing = self.begin().await?;
        let taken = query(TAKE)
            .bind(&subject)
            .bind(budget.what)
            .bind(now)
            .bind(cost)
            .bind(end)
            .bind(now.saturating_add(cost))
            .execute(&mut *writing)
            .await?;
        if taken.rows_affected() == 1 {
            // They lie in nobody's way: now and then is enough.
            if subject.starts_with('0') {
                query(FORGET_FULL).bind(now).execute(&mut *writing).await?;
            }
            writing.commit().await?;
            return Ok(Ok(()));
        }
        let row = query(FULL_AT)
            .bind(&subject)
            .bind(budget.what)
            .fetch_one(&mut *writing)
            .await?;
        let full_at: i64 = row.try_get("full_us")?;
        let wait = full_at.saturating_add(cost).saturating_sub(end);
        Ok(Err(SignedDuration::from_micros(wait)))
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
        query(FORGET_WORK)
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        let spent = query(SPEND)
            .bind(proof.to_string())
            .bind(until.as_millisecond())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(spent.rows_affected() == 1)
    }

    /// Whether there ever was a link with this hash, alive or dead.
    pub async fn is_link(&self, hash: Sha256) -> Result<bool, StoreError> {
        let row = query(LINK)
            .bind(hash.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{at, databases};

    #[tokio::test]
    async fn a_budget_is_one_for_all_instances_and_fills_up_evenly() {
        for (engine, store) in databases("quota").await.stores {
            let (subject, other) = (Sha256::of(b"one"), Sha256::of(b"other"));
            let budget = Budget {
                what: "petitions",
                most: 3,
                span: SignedDuration::from_hours(1),
            };
            let spend = |subject, seconds, amount| {
                let store = store.clone();
                async move {
                    let now = at(seconds);
                    let spent = store.spend(subject, budget, amount, now).await.unwrap();
                    spent.map_err(|wait| wait.as_secs())
                }
            };
            assert_eq!(spend(subject, 0, 2).await, Ok(()), "{engine}");
            assert_eq!(spend(subject, 0, 2).await, Err(1200), "{engine}: 4 of 3");
            assert_eq!(
                spend(subject, 0, 1).await,
                Ok(()),
                "{engine}: it still fits"
            );
            assert_eq!(spend(subject, 0, 1).await, Err(1200), "{engine}");
            assert_eq!(spend(other, 0, 3).await, Ok(()), "{engine}: of another one");
            assert_eq!(spend(other, 9000, 4).await, Err(3600), "{engine}: never");
            assert_eq!(
                spend(subject, 1200, 1).await,
                Ok(()),
                "{engine}: one is back"
            );
            assert_eq!(spend(subject, 1201, 1).await, Err(1199), "{engine}");
            assert_eq!(
                spend(subject, 9000, 3).await,
                Ok(()),
                "{engine}: all are back"
            );
            // A clock was days ahead when it was spent, and is right again.
            assert_eq!(spend(other, 900_000, 3).await, Ok(()), "{engine}");
            assert_eq!(spend(other, 20_000, 2).await, Ok(()), "{engine}: ahead");
            assert_eq!(spend(other, 20_000, 2).await, Err(1200), "{engine}");
            let at_once = (0..8).map(|_| spend(Sha256::of(b"third"), 0, 1));
            let spent = futures::future::join_all(at_once).await;
            let spent = spent.iter().filter(|spent| spent.is_ok()).count();
            assert_eq!(spent, 3, "{engine}: however many ask at once");
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
