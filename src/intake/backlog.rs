//! How many documents may wait for their decision before the next one is told to come back. A queue that is worked off is
//! taken as it comes, however long a moment makes it; one that stands means that more arrives than can be decided, and then
//! whoever is taken should not wait for all of it. The measure is a few documents for each processor: what they cost is what
//! the next one waits, on a slow machine as on a fast one, and nobody has to say how fast it is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Budgets, Intake, IntakeError};

/// Documents that may wait for answers of CAs without holding up the others.
pub(crate) const ASKING: usize = 8;

/// For how long the queue may be longer than it may stand: who sends at the same moment as others is not turned away.
const MOMENT: SignedDuration = SignedDuration::from_millis(50);

/// What is known of the queue beside its rows.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Documents whose last byte is there and whose row is not.
    being_kept: AtomicUsize,
    /// Documents whose answers of CAs are waited for.
    asking: AtomicUsize,
    /// Since when the queue has been longer than it may stand, without having been half as long since.
    standing_since: Mutex<Option<Timestamp>>,
}

/// Something that is counted until this is dropped.
pub(super) struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn by(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Backlog {
    /// Counts a document that is being kept, until it has its row.
    pub(super) fn keeps(&self) -> Counted<'_> {
        Counted::by(&self.being_kept)
    }

    /// Counts a document whose CAs are asked.
    pub(super) fn asks(&self) -> Counted<'_> {
        Counted::by(&self.asking)
    }

    /// Whether one more may be taken while so many wait.
    fn takes(&self, waiting: i64, budgets: &Budgets, now: Timestamp) -> bool {
        if waiting >= budgets.undecided {
            return false;
        }
        let mut since = self
            .standing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if waiting < budgets.standing {
            if waiting < budgets.standing / 2 {
                *since = None;
            }
            return true;
        }
        // CAs are slow, not we: that is no reason to send anybody away before the queue is really long.
        if self.asking.load(Ordering::Relaxed) >= ASKING {
            return true;
        }
        now.duration_since(*since.get_or_insert(now)) < MOMENT
    }
}

impl Intake {
    /// Takes nothing more while so many documents wait that the next one would wait too long. What has its receipt is decided
    /// however many they are; what waits for an answer about revocation is not in anybody's way.
    pub async fn check_backlog(&self) -> Result<(), IntakeError> {
        let budgets = &self.settings().budgets;
        if budgets.undecided.min(budgets.standing) == i64::MAX {
            return Ok(());
        }
        let (store, backlog) = (self.store(), &self.inner.backlog);
        let now = self.now();
        let queued = store.count_due_jobs(now, budgets.undecided).await?;
        let being_kept = i64::try_from(backlog.being_kept.load(Ordering::Relaxed));
        let waiting = queued.saturating_add(being_kept.unwrap_or(i64::MAX));
        if backlog.takes(waiting, budgets, now) {
            Ok(())
        } else {
            Err(IntakeError::Busy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGETS: Budgets = Budgets {
        free_bytes: 0,
        petitions_per_ruc_hour: i64::MAX,
        upload_bytes_per_address_day: i64::MAX,
        upload_bytes_per_ruc_day: i64::MAX,
        work_cost: 1_000,
        undecided: 500,
        standing: 16,
    };

    /// What becomes of arrivals: milliseconds, how many wait, whether one more is taken.
    fn follow(backlog: &Backlog, arrivals: &[(i64, i64, bool)]) {
        for &(at, waiting, taken) in arrivals {
            let now = Timestamp::from_millisecond(at).unwrap();
            let takes = backlog.takes(waiting, &BUDGETS, now);
            assert_eq!(takes, taken, "{waiting} wait at {at} ms");
        }
    }

    #[test]
    fn a_moment_is_taken_whole_and_what_stands_is_kept_short() {
        let arrivals = [
            // As many at once as there are, up to what can't be promised at all.
            (0, 15, true),
            (0, 16, true),
            (49, 499, true),
            (49, 500, false),
            // It stands.
            (50, 16, false),
            (60, 15, true),
            (60, 16, false),
            (70, 8, true),
            (70, 16, false),
            // It was worked off in between.
            (80, 7, true),
            (90, 40, true),
            (139, 40, true),
            (140, 40, false),
        ];
        follow(&Backlog::default(), &arrivals);
    }

    #[test]
    fn nobody_is_sent_away_because_cas_are_slow() {
        let backlog = Backlog::default();
        follow(&backlog, &[(0, 16, true), (50, 16, false)]);
        let asking: Vec<_> = (0..ASKING).map(|_| backlog.asks()).collect();
        follow(
            &backlog,
            &[(60, 16, true), (60, 499, true), (60, 500, false)],
        );
        drop(asking);
        follow(&backlog, &[(70, 16, false)]);
    }
}
