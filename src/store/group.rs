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

use super::audit::Tail;
use super::sql::{Answer, Connection, Error, Line, Query, Wanted, Writers};

/// Writers of one transaction: beyond some dozens the sync is a small part of each.
const MOST: usize = 64;
/// No writer waits longer than this for those who came later.
const LONGEST: Duration = Duration::from_millis(20);

const SAVEPOINT: &str = "savepoint writer";
/// The one before has served; one way to a server and back for both.
const NEXT_SAVEPOINT: &str = "release savepoint writer; savepoint writer";
const ROLL_BACK: &str = "rollback to savepoint writer";

const OPEN: &str = "a turn lasts as long as its transaction";

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
    savepoint: Savepoint,
    /// Where the audit log ends now.
    tail: Tail,
    /// Where it ended when the last turn was over.
    settled: Tail,
    /// Those whose work it carries; dropped, they learn that it does not hold.
    members: Vec<oneshot::Sender<()>>,
}

/// The savepoint of whoever writes, or of the last one who did: the commit takes it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    /// Whoever asked for it may have gone before it was there; then it may be another one's.
    Asked,
    Set,
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
                savepoint: Savepoint::None,
                tail: Tail::default(),
                settled: Tail::default(),
                members: Vec::new(),
            });
        }
        // From here on, giving up takes back what this one has done.
        let mut turn = Turn {
            place: Some(place),
            waiting: Arc::clone(&self.waiting),
        };
        turn.set_savepoint().await?;
        Ok(turn)
    }

    /// Runs what can't be part of a transaction. Nobody else writes to an embedded database meanwhile: it has one connection.
    pub(super) async fn outside(&self, statement: &'static str) -> Result<(), Error> {
        self.writers.outside(statement).await
    }

    /// Whether something could be written now.
    pub(super) async fn is_ready(&self) -> Result<(), Error> {
        self.writers.are_ready().await
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
    /// What this one writes can be taken back alone. Where nobody's work stands yet, the transaction is as good.
    async fn set_savepoint(&mut self) -> Result<(), Error> {
        let open = self.open();
        if open.members.is_empty() {
            return Ok(());
        }
        let text = match open.savepoint {
            Savepoint::Set => NEXT_SAVEPOINT,
            Savepoint::None | Savepoint::Asked => SAVEPOINT,
        };
        open.savepoint = Savepoint::Asked;
        open.connection.control(text).await?;
        open.savepoint = Savepoint::Set;
        Ok(())
    }

    pub(super) fn connection_ref(&self) -> &Connection {
        let open = self.place.as_ref().and_then(|place| place.as_ref());
        &open.expect(OPEN).connection
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.open().connection
    }

    /// Where the audit log ends, as far as this transaction knows.
    pub(super) fn tail(&mut self) -> &mut Tail {
        &mut self.open().tail
    }

    fn open(&mut self) -> &mut Open {
        let open = self.place.as_mut().and_then(|place| place.as_mut());
        open.expect(OPEN)
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
        Some(_) => {
            open.settled = open.tail.clone();
            Ok(())
        }
        None if first => {
            // Nobody else's work is in it. Who waits begins another one.
            if let Err(error) = open.connection.roll_back().await {
                tracing::warn!(%error, "a transaction could not be rolled back");
            }
            return;
        }
        None if open.savepoint == Savepoint::Set => {
            // What it appended is not there any more.
            open.tail = open.settled.clone();
            open.connection.control(ROLL_BACK).await
        }
        // Rolled back to another one's savepoint, work would be lost that is promised.
        None => Err(Error::NotCommitted),
    };
    open.members.extend(member);
    if let Err(error) = ended {
        give_up(&open, &error);
        return;
    }
    let goes_on = waiting.load(Ordering::SeqCst) > 0
        && open.members.len() < MOST
        && open.since.elapsed() < LONGEST;
    if goes_on {
        *place = Some(open);
    } else {
        commit(place, open).await;
    }
}

/// Dropped, a transaction is rolled back, and its members are told.
fn give_up(open: &Open, error: &Error) {
    tracing::error!(%error, writers = open.members.len(), "a transaction is given up");
}

/// Commits what stayed open for somebody who does not come any more, unless somebody else comes.
async fn close(group: Group) {
    let mut place = Arc::clone(&group.place).lock_owned().await;
    if group.waiting.load(Ordering::SeqCst) == 0
        && let Some(open) = place.take()
    {
        commit(place, open).await;
    }
}

/// Commits and tells everybody, and only then lets go of the place.
async fn commit(place: Place, mut open: Open) {
    if let Err(error) = open.tail.count(&mut open.connection).await {
        give_up(&open, &error);
        return;
    }
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
    use std::sync::atomic::Ordering;

    use futures::future::join_all;

    use super::super::sql::query;
    use super::super::tests::databases;
    use super::super::{Store, StoreError};
    use super::Savepoint;

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

    /// A savepoint that was asked for and may not be there: going back to it could go back to another one's.
    #[tokio::test]
    async fn who_leaves_before_the_savepoint_is_there_does_not_take_back_what_others_were_promised()
    {
        for (engine, store) in &databases("group_asked").await.stores {
            let mut turns = Vec::new();
            for name in ["group-first", "group-second"] {
                let mut writing = store.begin().await.unwrap();
                query(KEEP)
                    .bind(name)
                    .bind(1i64)
                    .execute(&mut *writing)
                    .await
                    .unwrap();
                // Somebody waits: the transaction stays open.
                store.write.waiting.fetch_add(1, Ordering::SeqCst);
                turns.push(tokio::spawn(writing.commit()));
            }
            let mut third = store.begin().await.unwrap();
            third.turn.open().savepoint = Savepoint::Asked;
            store.write.waiting.store(0, Ordering::SeqCst);
            drop(third);
            for told in join_all(turns).await {
                assert!(told.unwrap().is_err(), "{engine}: told that it holds");
            }
            assert_eq!(kept(store).await, 0, "{engine}");
            keep(store, "group-last").await.unwrap();
            assert_eq!(kept(store).await, 1, "{engine}");
        }
    }
}
