//! Group commit: writers that come while others write share one transaction, and so one sync of the disk. Each works within a
//! savepoint of its own, so that whoever gives up takes nobody else's work with it, and nobody is told that his work holds before
//! the transaction that carries it is committed. Who comes alone waits for nobody.
//!
//! A transaction ends when nobody waits to write, or when it carries enough. What follows a writer's last statement happens even
//! when his request is given up, because the others must not hang on one that was: what needs no waiting is done where he stands,
//! the rest in a task of its own, and the commit where waiting for the disk holds up nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::sql::{Answer, Connection, Error, Line, Query, Wanted, Writers};

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
    writers: Writers,
    place: Arc<Mutex<Option<Open>>>,
    waiting: Arc<AtomicUsize>,
}

type Place = OwnedMutexGuard<Option<Open>>;

/// A transaction that is being filled.
#[derive(Debug)]
struct Open {
    connection: Connection,
    since: Instant,
    /// Number and hash of the last row of the audit log, once this transaction has appended to it: nobody else does meanwhile.
    audit_head: Option<(i64, String)>,
    /// Those whose work it carries; dropped, they learn that it does not hold.
    members: Vec<oneshot::Sender<()>>,
}

/// Somebody's turn to write.
#[derive(Debug)]
pub(super) struct Turn {
    /// Empty only once the turn is over.
    place: Option<Place>,
    waiting: Arc<AtomicUsize>,
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
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(close(self.group.clone()));
        }
    }
}

impl Group {
    /// Those who write through `writers`.
    pub(super) fn new(writers: Writers) -> Self {
        Self {
            writers,
            place: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// Waits for one's turn.
    pub(super) async fn turn(&self) -> Result<Turn, Error> {
        let waits = Waits::counted(self);
        let mut place = Arc::clone(&self.place).lock_owned().await;
        waits.over();
        if place.is_none() {
            *place = Some(Open {
                connection: self.writers.begin().await?,
                since: Instant::now(),
                audit_head: None,
                members: Vec::new(),
            });
        }
        // From here on, giving up takes back what this one has done.
        let mut turn = Turn {
            place: Some(place),
            waiting: Arc::clone(&self.waiting),
        };
        if !turn.is_first() {
            turn.connection().control(SAVEPOINT).await?;
        }
        Ok(turn)
    }

    /// Runs what can't be part of a transaction. Nobody else writes to an embedded database meanwhile: it has one connection.
    pub(super) async fn outside(&self, statement: &'static str) -> Result<(), Error> {
        self.writers.outside(statement).await
    }

    /// Waits until everything is written and closes.
    pub(super) async fn close(&self) {
        self.writers.close().await;
    }

    /// What is there to write through.
    #[cfg(test)]
    pub(super) fn writers(&self) -> &Writers {
        &self.writers
    }
}

/// A statement that stands alone. An embedded database has one writer, whose sync it shares; a server has connections enough,
/// and it need not wait for whoever appends to the audit log.
impl Line for &Group {
    async fn run(self, query: Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        if let Some(beside) = self.writers.beside() {
            return beside.run(query, wanted).await;
        }
        let mut turn = self.turn().await?;
        let answer = turn.connection().run(query, wanted).await?;
        turn.commit().await?;
        Ok(answer)
    }
}

impl Turn {
    /// Whether nobody's work stands in the transaction yet, which then is as good as a savepoint.
    fn is_first(&self) -> bool {
        let open = self.place.as_ref().and_then(|place| place.as_ref());
        open.is_none_or(|open| open.members.is_empty())
    }

    pub(super) fn connection_ref(&self) -> &Connection {
        let open = self.place.as_ref().and_then(|place| place.as_ref());
        &open
            .expect("a turn lasts as long as its transaction")
            .connection
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        let open = self.place.as_mut().and_then(|place| place.as_mut());
        &mut open
            .expect("a turn lasts as long as its transaction")
            .connection
    }

    /// Where the audit log ends, as far as this transaction knows.
    pub(super) fn audit_head(&mut self) -> &mut Option<(i64, String)> {
        let open = self.place.as_mut().and_then(|place| place.as_mut());
        &mut open
            .expect("a turn lasts as long as its transaction")
            .audit_head
    }

    /// Ends the turn; returns when what was written holds.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        let (sender, committed) = oneshot::channel();
        if let Some(place) = self.place.take() {
            finish(place, Arc::clone(&self.waiting), Some(sender));
        }
        committed.await.map_err(|_| Error::NotCommitted)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Without a runtime the program ends, and the transaction with it.
        if let Some(place) = self.place.take()
            && Handle::try_current().is_ok()
        {
            finish(place, Arc::clone(&self.waiting), None);
        }
    }
}

/// Ends a turn, here as far as that needs no waiting.
fn finish(place: Place, waiting: Arc<AtomicUsize>, member: Option<oneshot::Sender<()>>) {
    let mut ending = Box::pin(end(place, waiting, member));
    let mut context = Context::from_waker(Waker::noop());
    if ending.as_mut().poll(&mut context).is_pending() {
        tokio::spawn(ending);
    }
}

/// Ends a turn: keeps what was written if there is a `member` to be told, and takes it back otherwise. When that fails, the
/// transaction is given up with everybody's work in it: dropped here, it is rolled back and its members are told.
async fn end(mut place: Place, waiting: Arc<AtomicUsize>, member: Option<oneshot::Sender<()>>) {
    let Some(mut open) = place.take() else {
        return;
    };
    let first = open.members.is_empty();
    let ended = match &member {
        // It stands in the transaction itself.
        Some(_) if first => Ok(()),
        Some(_) => open.connection.control(RELEASE).await,
        None if first => {
            // Nobody else's work is in it. Who waits begins another one.
            if let Err(error) = open.connection.roll_back().await {
                tracing::warn!(%error, "a transaction could not be rolled back");
            }
            return;
        }
        None => {
            // What it appended is not there any more.
            open.audit_head = None;
            match open.connection.control(ROLL_BACK).await {
                Ok(()) => open.connection.control(RELEASE).await,
                Err(error) => Err(error),
            }
        }
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
        commit(place, open);
    }
}

/// Commits what stayed open for somebody who does not come any more, unless somebody else comes.
async fn close(group: Group) {
    let mut place = Arc::clone(&group.place).lock_owned().await;
    if group.waiting.load(Ordering::SeqCst) == 0
        && let Some(open) = place.take()
    {
        commit(place, open);
    }
}

/// Commits and tells everybody, and only then lets go of the place.
fn commit(place: Place, open: Open) {
    let members = open.members;
    open.connection.commit(move |committed| {
        match committed {
            Ok(()) => {
                for member in members {
                    // Whoever has gone does not hear it.
                    let _ = member.send(());
                }
            }
            Err(error) => {
                tracing::error!(%error, writers = members.len(), "a transaction could not be committed");
            }
        }
        drop(place);
    });
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::super::sql::query;
    use super::super::tests::databases;
    use super::super::{Store, StoreError};

    const KEEP: &str = "insert into counters (name, value) values ($1, $2)";

    async fn keep(store: &Store, name: &str) -> Result<(), StoreError> {
        let mut writing = store.begin().await?;
        query(KEEP)
            .bind(name)
            .bind(1i64)
            .execute(&mut *writing)
            .await?;
        writing.commit().await
    }

    async fn kept(store: &Store) -> i64 {
        query("select count(*) as kept from counters where name like 'group%'")
            .fetch_one(&store.read)
            .await
            .unwrap()
            .try_get("kept")
            .unwrap()
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
            query(KEEP)
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
            query(KEEP)
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
