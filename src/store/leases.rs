//! Work that several processes share: documents to decide (`jobs`), messages (`outbox`), what goes to the portal
//! (`portal_deliveries`), and what is done because time passes (`rounds`). Who takes a row has a lease on it.
//!
//! - **Taking.** On PostgreSQL the next row is chosen with `for update skip locked`: two workers neither take the same row nor
//!   wait for one another. SQLite has one writer at a time, and does not know the words.
//! - **Holding.** Leases are short and renewed while the work goes on, so that what a killed process held goes on soon.
//! - **Losing.** The end of a lease is its token. Whoever stood still until somebody else took the row finds another token in
//!   it: what he then says about the row changes nothing.
//! - **Clocks.** Ends of leases are told by the clock of the database, of which every process knows how far its own one is off
//!   ([`Store::measure_clock`]).

#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::sql::{Query, Row, query};
use super::{Store, StoreError, Writing, deliveries, jobs, outbox};
use crate::clock::Clock;

/// A statement that takes the next row, for each engine: `$1` the end of the lease, `$2` what is due, `$3` which leases have
/// lapsed.
pub(super) struct Claim {
    pub(super) embedded: &'static str,
    pub(super) shared: &'static str,
}

/// The same statement with and without the words by which PostgreSQL passes over what others are taking. They stand between
/// the two parts, at the end of the subquery that chooses the row.
macro_rules! claim {
    ($before:literal, $($after:tt)+) => {
        $crate::store::leases::Claim {
            embedded: concat!($before, $($after)+),
            shared: concat!($before, " for update skip locked", $($after)+),
        }
    };
}
pub(super) use claim;

/// A table of work.
pub(super) struct Queue {
    /// Takes the next row.
    pub(super) claim: Claim,
    /// Makes a lease last until `$1`, when it lasts until `$2` so far; then the key of the row.
    pub(super) renew: &'static str,
}

/// What this process holds, and until when.
#[derive(Debug)]
pub struct Held<T> {
    work: T,
    lease: Arc<Lease>,
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.work
    }
}

/// A lease on one row.
pub struct Lease {
    queue: &'static Queue,
    key: Vec<String>,
    /// By the clock of the database.
    until_ms: AtomicI64,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lease({:?} until {})", self.key, self.token())
    }
}

impl Lease {
    fn token(&self) -> i64 {
        self.until_ms.load(Ordering::SeqCst)
    }
}

impl<T> Held<T> {
    /// The lease.
    #[must_use]
    pub fn lease(&self) -> &Arc<Lease> {
        &self.lease
    }

    /// What stands in the row for as long as the lease holds.
    pub(super) fn token(&self) -> i64 {
        self.lease.token()
    }
}

const ROUNDS: Queue = Queue {
    claim: claim!(
        "update rounds set lease_until_ms = $1, attempts = attempts + 1 where name = (select name from rounds \
         where due_ms <= $2 and lease_until_ms <= $3 and name = $4",
        ") returning name"
    ),
    renew: "update rounds set lease_until_ms = $1 where lease_until_ms = $2 and name = $3",
};
const END_ROUND: &str =
    "update rounds set due_ms = $1, lease_until_ms = 0 where name = $2 and lease_until_ms = $3";
const RELEASE_ROUNDS: &str = "update rounds set lease_until_ms = 0 where lease_until_ms > 0";
/// Asked of PostgreSQL only: the clock of an SQLite file is our own.
const CLOCK: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now_ms";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[ROUNDS.renew, END_ROUND, RELEASE_ROUNDS];

/// The statements that each engine has of its own.
#[cfg(test)]
pub(super) fn statements(embedded: bool) -> Vec<&'static str> {
    let queues = [
        &jobs::JOBS,
        &outbox::MESSAGES,
        &deliveries::DELIVERIES,
        &ROUNDS,
    ];
    let claims = queues.map(|queue| {
        if embedded {
            queue.claim.embedded
        } else {
            queue.claim.shared
        }
    });
    let clock = (!embedded).then_some(CLOCK);
    claims.into_iter().chain(clock).collect()
}

/// What is done because time passes, by one process at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Alarms about petitions that wait, and an archive for what was never completed.
    Deadlines,
    /// The head of the audit log for the day, and what is past its term.
    Upkeep,
}

impl Round {
    fn name(self) -> &'static str {
        match self {
            Self::Deadlines => "deadlines",
            Self::Upkeep => "upkeep",
        }
    }
}

/// How far the clock of the database is ahead of ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Ahead(Arc<AtomicI64>);

impl Ahead {
    /// A moment of ours as the clock of the database tells it, in milliseconds.
    pub(super) fn lease_ms(&self, at: Timestamp) -> i64 {
        at.as_millisecond()
            .saturating_add(self.0.load(Ordering::SeqCst))
    }
}

/// Clocks that differ by less are taken for the same: leases are tens of seconds long.
const SAME_CLOCK_MS: i64 = 1000;

impl Store {
    /// Finds out how far the clock of the database is ahead of ours. An SQLite file has no other clock than ours.
    pub async fn measure_clock(&self) -> Result<SignedDuration, StoreError> {
        if self.embedded {
            return Ok(SignedDuration::ZERO);
        }
        let clock = Clock::system();
        let asked = clock.now().as_millisecond();
        let row = query(CLOCK).fetch_one(&self.read).await?;
        let answered = clock.now().as_millisecond();
        let theirs: i64 = row.try_get("now_ms")?;
        // It was told at some moment between question and answer: nearer than that nobody can know.
        let ahead = if theirs < asked - SAME_CLOCK_MS {
            theirs - asked
        } else if theirs > answered + SAME_CLOCK_MS {
            theirs - answered
        } else {
            0
        };
        self.ahead.0.store(ahead, Ordering::SeqCst);
        Ok(SignedDuration::from_millis(ahead))
    }

    /// Takes the next row of a queue that is due.
    pub(super) async fn claim<T>(
        &self,
        queue: &'static Queue,
        now: Timestamp,
        lease_until: Timestamp,
        read: impl FnOnce(&Row) -> Result<(T, Vec<String>), StoreError>,
    ) -> Result<Option<Held<T>>, StoreError> {
        self.claim_where(queue, now, lease_until, None, read).await
    }

    async fn claim_where<T>(
        &self,
        queue: &'static Queue,
        now: Timestamp,
        lease_until: Timestamp,
        name: Option<&str>,
        read: impl FnOnce(&Row) -> Result<(T, Vec<String>), StoreError>,
    ) -> Result<Option<Held<T>>, StoreError> {
        let statement = if self.embedded {
            queue.claim.embedded
        } else {
            queue.claim.shared
        };
        let until_ms = self.ahead.lease_ms(lease_until);
        let mut query = query(statement)
            .bind(until_ms)
            .bind(now.as_millisecond())
            .bind(self.ahead.lease_ms(now));
        if let Some(name) = name {
            query = query.bind(name);
        }
        let Some(row) = query.fetch_optional(&self.write).await? else {
            return Ok(None);
        };
        let (work, key) = read(&row)?;
        let until_ms = AtomicI64::new(until_ms);
        let lease = Arc::new(Lease {
            queue,
            key,
            until_ms,
        });
        Ok(Some(Held { work, lease }))
    }

    /// Makes a lease last until `until`.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it has been lost, or the work is done.
    pub async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let until_ms = self.ahead.lease_ms(until);
        let renewed = renewal(lease, until_ms).execute(&self.write).await?;
        super::moved(renewed)?;
        lease.until_ms.store(until_ms, Ordering::SeqCst);
        Ok(())
    }

    /// Takes a round whose time has come, if nobody else has.
    pub async fn claim_round(
        &self,
        round: Round,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Held<Round>>, StoreError> {
        let read = |_: &Row| Ok((round, vec![round.name().to_owned()]));
        self.claim_where(&ROUNDS, now, lease_until, Some(round.name()), read)
            .await
    }

    /// A round is over: the next one at `due_at`. When somebody else has taken it over, it is theirs to end.
    pub async fn end_round(
        &self,
        round: &Held<Round>,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        query(END_ROUND)
            .bind(due_at.as_millisecond())
            .bind(round.name())
            .bind(round.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Gives back everything that a process which died had taken. A file has one process that works through its queue,
    /// so at its start nobody else can hold a lease; on PostgreSQL leases of other instances are left alone.
    pub async fn release_leases(&self) -> Result<(), StoreError> {
        if !self.embedded {
            return Ok(());
        }
        let mut writing = self.begin().await?;
        jobs::release_jobs(&mut writing).await?;
        outbox::release_messages(&mut writing).await?;
        deliveries::release(&mut writing).await?;
        query(RELEASE_ROUNDS).execute(&mut *writing).await?;
        writing.commit().await?;
        Ok(())
    }
}

fn renewal(lease: &Lease, until_ms: i64) -> Query<'_> {
    let query = query(lease.queue.renew).bind(until_ms).bind(lease.token());
    lease.key.iter().fold(query, Query::bind)
}

/// Within a transaction: nobody else has taken it over, and nobody will before the transaction ends.
///
/// # Errors
/// [`StoreError::Stale`] when somebody has.
pub(super) async fn still_held<T>(writing: &mut Writing, held: &Held<T>) -> Result<(), StoreError> {
    let kept = renewal(&held.lease, held.token())
        .execute(&mut **writing)
        .await?;
    super::moved(kept)
}
