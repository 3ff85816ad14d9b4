//! Group commit: writers that come while others write share one transaction, and so one sync of the disk. Each works within a
//! savepoint of its own, so that whoever gives up takes nobody else's work with it, and nobody is told that his work holds before
//! the transaction that carries it is committed. Who comes alone waits for nobody.
//!
//! A transaction ends when nobody waits to write, or when it carries enough. What follows a writer's last statement happens in a
//! task of its own, because requests are given up at any moment, and the others must not hang on one that was.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::StoreError;

/// Writers of one transaction: beyond some dozens the sync is a small part of each.
const MOST: usize = 64;
/// No writer waits longer than this for those who came later.
const LONGEST: Duration = Duration::from_millis(20);

const SAVEPOINT: &str = "savepoint writer";
const RELEASE: &str = "release savepoint writer";
const ROLL_BACK: &str = "rollback to savepoint writer";

/// Where writers meet.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pool: AnyPool,
    begin: &'static str,
    place: Arc<Mutex<Option<Open>>>,
    waiting: Arc<AtomicUsize>,
}

/// A transaction that is being filled.
#[derive(Debug)]
struct Open {
    transaction: Transaction<'static, Any>,
    since: Instant,
    /// Those whose work it carries; dropped, they learn that it does not hold.
    members: Vec<oneshot::Sender<()>>,
}

/// Somebody's turn to write.
#[derive(Debug)]
pub(super) struct Turn {
    /// Empty only once the turn is over.
    place: Option<OwnedMutexGuard<Option<Open>>>,
    waiting: Arc<AtomicUsize>,
}

/// A connection for a statement that stands alone. An embedded database has one writer, whose sync it shares; a server has
/// connections enough, and need not wait for whoever appends to the audit log.
#[derive(Debug)]
pub(super) enum Alone {
    Shared(Turn),
    Own(PoolConnection<Any>),
}

impl Alone {
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        match self {
            Self::Shared(turn) => turn.connection(),
            Self::Own(connection) => connection,
        }
    }

    /// Returns when what the statement did holds.
    pub(super) async fn done(self) -> Result<(), StoreError> {
        match self {
            Self::Shared(turn) => turn.commit().await,
            Self::Own(_) => Ok(()),
        }
    }
}

/// One who waits is counted: a transaction stays open for him.
struct Waits<'a> {
    group: &'a Group,
    over: bool,
}

impl<'a> Waits<'a> {
    fn counted(group: &'a Group) -> Self {
        group.waiting.fetch_add(1, Ordering::SeqCst);
        Self { group, over: false }
    }

    fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.group.waiting.fetch_sub(1, Ordering::SeqCst);
        // Given up: the transaction that stayed open for him must not wait for the next one.
        if !self.over
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(close(self.group.clone()));
        }
    }
}

impl Group {
    /// Writers on `pool`, whose transactions begin with `begin`.
    pub(super) fn new(pool: AnyPool, begin: &'static str) -> Self {
        Self {
            pool,
            begin,
            place: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// Waits for one's turn.
    pub(super) async fn turn(&self) -> Result<Turn, StoreError> {
        let waits = Waits::counted(self);
        let mut place = Arc::clone(&self.place).lock_owned().await;
        waits.over();
        if place.is_none() {
            *place = Some(Open {
                transaction: self.pool.begin_with(self.begin).await?,
                since: Instant::now(),
                members: Vec::new(),
            });
        }
        // From here on, giving up takes back what this one has done.
        let mut turn = Turn {
            place: Some(place),
            waiting: Arc::clone(&self.waiting),
        };
        if turn.is_first() {
            return Ok(turn);
        }
        turn.connection().execute(SAVEPOINT).await?;
        Ok(turn)
    }
}

impl Turn {
    /// Whether nobody's work stands in the transaction yet, which then is as good as a savepoint.
    fn is_first(&self) -> bool {
        let open = self.place.as_ref().and_then(|place| place.as_ref());
        open.is_none_or(|open| open.members.is_empty())
    }

    pub(super) fn connection_ref(&self) -> &AnyConnection {
        let open = self.place.as_ref().and_then(|place| place.as_ref());
        &open
            .expect("a turn lasts as long as its transaction")
            .transaction
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        let open = self.place.as_mut().and_then(|place| place.as_mut());
        &mut open
            .expect("a turn lasts as long as its transaction")
            .transaction
    }

    /// Ends the turn; returns when what was written holds.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let (sender, committed) = oneshot::channel();
        if let Some(place) = self.place.take() {
            tokio::spawn(end(place, Arc::clone(&self.waiting), Some(sender)));
        }
        committed.await.map_err(|_| {
            let failed = std::io::Error::other("the transaction could not be committed");
            StoreError::Database(sqlx::Error::Io(failed))
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        // Without a runtime the program ends, and the transaction with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(end(place, Arc::clone(&self.waiting), None));
        }
    }
}

/// Ends a turn: keeps what was written if there is a `member` to be told, and takes it back otherwise. When that fails, the
/// transaction is given up with everybody's work in it: dropped here, it is rolled back and its members are told.
async fn end(
    mut place: OwnedMutexGuard<Option<Open>>,
    waiting: Arc<AtomicUsize>,
    member: Option<oneshot::Sender<()>>,
) {
    let Some(mut open) = place.take() else {
        return;
    };
    let first = open.members.is_empty();
    let ended = match &member {
        // It stands in the transaction itself.
        Some(_) if first => Ok(()),
        Some(_) => open.transaction.execute(RELEASE).await.map(drop),
        None if first => {
            // Nobody else's work is in it. Who waits begins another one.
            if let Err(error) = open.transaction.rollback().await {
                tracing::warn!(%error, "a transaction could not be rolled back");
            }
            return;
        }
        None => match open.transaction.execute(ROLL_BACK).await {
            Ok(_) => open.transaction.execute(RELEASE).await.map(drop),
            Err(error) => Err(error),
        },
    };
    open.members.extend(member);
    if let Err(error) = ended {
        tracing::error!(%error, writers = open.members.len(), "a transaction is given up");
        return;
    }
    let goes_on = waiting.load(Ordering::SeqCst) > 0
        && open.members.len() < MOST
        && open.since.elapsed() < LONGEST;
    if goes_on {
        *place = Some(open);
    } else {
        commit(open).await;
    }
}

/// Commits what stayed open for somebody who does not come any more, unless somebody else comes.
async fn close(group: Group) {
    let mut place = group.place.lock().await;
    if group.waiting.load(Ordering::SeqCst) == 0
        && let Some(open) = place.take()
    {
        commit(open).await;
    }
}

async fn commit(open: Open) {
    match open.transaction.commit().await {
        Ok(()) => {
            for member in open.members {
                // Whoever has gone does not hear it.
                let _ = member.send(());
            }
        }
        Err(error) => {
            tracing::error!(%error, writers = open.members.len(), "a transaction could not be committed");
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sqlx::Row;

    use super::super::tests::databases;
    use super::super::{Store, StoreError};

    const KEEP: &str = "insert into counters (name, value) values ($1, $2)";

    async fn keep(store: &Store, name: &str) -> Result<(), StoreError> {
        let mut writing = store.begin().await?;
        sqlx::query(KEEP)
            .bind(name)
            .bind(1i64)
            .execute(&mut *writing)
            .await?;
        writing.commit().await
    }

    async fn kept(store: &Store) -> i64 {
        sqlx::query("select count(*) as kept from counters where name like 'group%'")
            .fetch_one(&store.read)
            .await
            .unwrap()
            .get("kept")
    }

    #[tokio::test]
    async fn everybody_who_was_told_so_is_there_and_whoever_failed_is_not() {
        for (engine, store) in &databases("group_all").await.stores {
            let all = (0..100).map(|place| {
                // Every fourth name is taken already: that one fails within the others' transaction.
                let name = format!("group{}", if place % 4 == 3 { 0 } else { place });
                async move { keep(store, &name).await }
            });
            let done = join_all(all).await;
            let good = done.iter().filter(|done| done.is_ok()).count();
            assert_eq!(good, 75, "{engine}");
            assert_eq!(kept(store).await, 75, "{engine}");
        }
    }

    #[tokio::test]
    async fn who_gives_up_half_way_leaves_nothing_and_holds_up_nobody() {
        for (engine, store) in &databases("group_given_up").await.stores {
            let first = store.begin().await.unwrap();
            // One waits and is not polled to its end; one is in the middle when it is given up.
            let mut waits = Box::pin(keep(store, "group-waiting"));
            let polled = futures::poll!(&mut waits);
            assert!(polled.is_pending(), "{engine}");
            let good = tokio::spawn({
                let store = store.clone();
                async move { keep(&store, "group-good").await }
            });
            tokio::task::yield_now().await;
            drop(waits);
            drop(first);
            good.await.unwrap().unwrap();
            let mut writing = store.begin().await.unwrap();
            sqlx::query(KEEP)
                .bind("group-half")
                .bind(1i64)
                .execute(&mut *writing)
                .await
                .unwrap();
            drop(writing);
            keep(store, "group-last").await.unwrap();
            assert_eq!(kept(store).await, 2, "{engine}");
        }
    }

    #[tokio::test]
    async fn a_transaction_that_stayed_open_for_one_who_gave_up_is_committed() {
        for (engine, store) in &databases("group_open").await.stores {
            let mut first = store.begin().await.unwrap();
            sqlx::query(KEEP)
                .bind("group-first")
                .bind(1i64)
                .execute(&mut *first)
                .await
                .unwrap();
            let mut waits = Box::pin(keep(store, "group-waiting"));
            assert!(futures::poll!(&mut waits).is_pending(), "{engine}");
            let committed = tokio::spawn(first.commit());
            // It is left open for the one who waits, who then gives up without having come.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            drop(waits);
            committed.await.unwrap().unwrap();
            assert_eq!(kept(store).await, 1, "{engine}");
        }
    }
}
