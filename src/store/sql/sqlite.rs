//! SQLite, through rusqlite, on the thread where one stands or on one that may wait.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

use super::value::{Copied, Value};
use super::{Answer, Error, LOCK_PATIENCE, Query, Wanted};

/// How long a connection is waited for: a file is never away, only busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// Prepared statements that a connection keeps: all there are.
const STATEMENTS: usize = 512;
/// Connections that are kept though nobody uses them.
const IDLE: usize = 8;
/// What takes longer is told to the operator.
const SLOW: Duration = Duration::from_secs(1);

/// What the connection that writes is told first. FULL, not NORMAL: a link that was used must not come back after a power cut.
pub(super) const WRITER: &str =
    "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;";
/// What connections are told first through which nothing is to be written.
pub(super) const READER: &str = "pragma query_only = on;";

/// Where a database lies, and what may be done there.
#[derive(Debug, Clone)]
pub(super) struct Address {
    path: PathBuf,
    flags: OpenFlags,
}

impl Address {
    /// Parses `sqlite://path?mode=rwc`; without a mode the file must be there.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let address = url.strip_prefix("sqlite:").unwrap_or(url);
        let address = address.strip_prefix("//").unwrap_or(address);
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            flags = match part {
                "mode=rwc" => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
                "mode=rw" => OpenFlags::SQLITE_OPEN_READ_WRITE,
                "mode=ro" => OpenFlags::SQLITE_OPEN_READ_ONLY,
                _ => return Err(Error::Address("of its parameters only mode is understood")),
            };
        }
        Ok(Self {
            path: decoded(path)?,
            // Each connection is used by one thread at a time.
            flags: flags | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        })
    }

    /// The same place, for looking only.
    pub(super) fn read_only(self) -> Self {
        Self {
            flags: OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            ..self
        }
    }
}

/// A path in which `%20` stands for what can't be written in an address.
fn decoded(path: &str) -> Result<PathBuf, Error> {
    let wrong = || Error::Address("behind a percent sign belong two hexadecimal digits");
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next(), rest.next()].map(Option::unwrap_or_default);
            let mut decoded = [0];
            hex::decode_to_slice(digits, &mut decoded).map_err(|_| wrong())?;
            bytes.extend(decoded);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).map_err(|_| wrong())?;
    Ok(path.into())
}

/// A database file and the connections to it.
#[derive(Debug, Clone)]
pub(super) struct File(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: Address,
    /// What each connection is told first.
    session: &'static str,
    idle: Mutex<Vec<Connection>>,
    closed: AtomicBool,
    /// So many are lent at a time.
    lent: Arc<Semaphore>,
    most: u32,
}

impl File {
    /// A file that `most` may use at a time, besides those who only ask a question where they stand.
    pub(super) fn new(address: Address, session: &'static str, most: u32) -> Self {
        Self(Arc::new(Shared {
            address,
            session,
            idle: Mutex::default(),
            closed: AtomicBool::new(false),
            lent: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1))),
            most,
        }))
    }

    /// Makes the first connection, and with it the file where that is asked for.
    pub(super) async fn lend_first(&self) -> Result<(), Error> {
        let file = self.clone();
        let opened = spawn_blocking(move || Used::of(&file.0).map(drop));
        opened.await.map_err(|_| Error::Lost)?
    }

    /// Lends a connection.
    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        let permit = self.permit().await?;
        let mut used = Used::of(&self.0)?;
        used.permit = Some(permit);
        Ok(Lent(State::Here(Box::new(used))))
    }

    /// Lends a connection for some questions that are asked where one stands.
    pub(super) fn hold(&self) -> Result<Lent, Error> {
        Ok(Lent(State::Here(Box::new(Used::of(&self.0)?))))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.0.lent).try_acquire_owned() {
            return Ok(permit);
        }
        let permit = Arc::clone(&self.0.lent).acquire_owned();
        match tokio::time::timeout(PATIENCE, permit).await {
            Ok(permit) => permit.map_err(|_| Error::Closed),
            Err(_) => Err(Error::NoneFree),
        }
    }

    /// Runs a statement here and now.
    pub(super) fn run(&self, query: &Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        run(Used::of(&self.0)?.connection()?, query, wanted)
    }

    /// Runs a statement where it may take its time.
    pub(super) async fn run_aside(
        &self,
        query: Query<'static>,
        wanted: Wanted,
    ) -> Result<Answer, Error> {
        let mut lent = self.lend().await?;
        lent.aside(move |connection| run(connection, &query, wanted))
            .await?
    }

    /// Closes once nobody uses it any more.
    pub(super) async fn close(&self) {
        let all = Arc::clone(&self.0.lent).acquire_many_owned(self.0.most);
        let _all = all.await;
        self.0.lent.close();
        self.0.closed.store(true, Ordering::SeqCst);
        let idle = std::mem::take(&mut *self.0.idle());
        // Whoever closes last writes back what the log holds.
        let _ = spawn_blocking(move || drop(idle)).await;
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a connection what it is told first. Who turns a new file into one with a write-ahead log does not wait for others
    /// who do the same, but fails.
    fn tell(&self, connection: &Connection) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            match batch(connection, self.session) {
                Err(error) if is_busy(&error) && began.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                other => return other,
            }
        }
    }

    fn open(&self) -> Result<Connection, Error> {
        let connection = Connection::open_with_flags(&self.address.path, self.address.flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.busy_timeout(LOCK_PATIENCE)?;
        self.tell(&connection)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }
}

/// A connection in use. Dropped, it goes back, without a transaction.
#[derive(Debug)]
struct Used {
    /// Empty only while it is given back. Nobody ever waits for this lock: it says that there is one user at a time.
    connection: Option<Mutex<Connection>>,
    /// Rows that it had changed when its transaction began.
    changes: u64,
    home: Arc<Shared>,
    /// Given back after the connection.
    permit: Option<OwnedSemaphorePermit>,
}

impl Used {
    fn of(home: &Arc<Shared>) -> Result<Self, Error> {
        if home.closed.load(Ordering::SeqCst) {
            return Err(Error::Closed);
        }
        let idle = home.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => home.open()?,
        };
        Ok(Self {
            connection: Some(Mutex::new(connection)),
            changes: 0,
            home: Arc::clone(home),
            permit: None,
        })
    }

    fn connection(&mut self) -> Result<&Connection, Error> {
        let connection = self.connection.as_mut().ok_or(Error::Lost)?;
        Ok(connection.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the disk has nothing to be told.
    fn has_changed_nothing(&mut self) -> bool {
        let before = self.changes;
        self.connection()
            .is_ok_and(|connection| connection.total_changes() == before)
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let connection = connection.into_inner();
        let connection = connection.unwrap_or_else(PoisonError::into_inner);
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("rollback")
        {
            tracing::warn!(%error, "a transaction could not be rolled back");
            return;
        }
        let mut idle = self.home.idle();
        if idle.len() < IDLE && !self.home.closed.load(Ordering::SeqCst) {
            idle.push(connection);
        }
    }
}

/// A connection that was lent to somebody.
#[derive(Debug)]
pub(super) struct Lent(State);

#[derive(Debug)]
enum State {
    Here(Box<Used>),
    /// On a thread that may wait; it comes back even when nobody waits for it any more.
    Away(oneshot::Receiver<Box<Used>>),
}

impl Lent {
    async fn used(&mut self) -> Result<&mut Used, Error> {
        if let State::Away(back) = &mut self.0 {
            self.0 = State::Here(back.await.map_err(|_| Error::Lost)?);
        }
        match &mut self.0 {
            State::Here(used) => Ok(used),
            State::Away(_) => Err(Error::Lost),
        }
    }

    /// Runs a statement here and now.
    pub(super) async fn run(&mut self, query: &Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        run(self.used().await?.connection()?, query, wanted)
    }

    /// Does something where it may take its time.
    pub(super) async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.used().await?;
        let (give_back, back) = oneshot::channel();
        let State::Here(mut used) = std::mem::replace(&mut self.0, State::Away(back)) else {
            return Err(Error::Lost);
        };
        let working = spawn_blocking(move || {
            let connection = used.connection()?;
            connection.busy_timeout(LOCK_PATIENCE)?;
            let done = work(connection);
            connection.busy_timeout(Duration::ZERO)?;
            // Where nobody wants it back, it goes home.
            drop(give_back.send(used));
            Ok(done)
        });
        let done = working.await.map_err(|_| Error::Lost)?;
        self.used().await?;
        done
    }

    /// Begins a transaction that writes. The lock is nearly always there; where another process has it, it is waited for.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        const BEGIN: &str = "begin immediate";
        let begun = batch(self.used().await?.connection()?, BEGIN);
        match begun {
            Err(error) if is_busy(&error) => {
                self.aside(|connection| batch(connection, BEGIN)).await??;
            }
            other => other?,
        }
        let used = self.used().await?;
        used.changes = used.connection()?.total_changes();
        Ok(())
    }

    /// Commits, and tells `done`.
    pub(super) fn commit(mut self, done: impl FnOnce(Result<(), Error>) + Send + 'static) {
        match self.0 {
            State::Here(mut used) => {
                // Who found nothing to do has nothing to wait for.
                if used.has_changed_nothing() {
                    done(commit(*used));
                } else {
                    spawn_blocking(move || done(commit(*used)));
                }
            }
            State::Away(_) => {
                tokio::spawn(async move {
                    let committed = match self.used().await {
                        Ok(_) => self.aside(|connection| batch(connection, "commit")).await,
                        Err(error) => Err(error),
                    };
                    done(committed.and_then(std::convert::identity));
                });
            }
        }
    }
}

/// The connection is back, and what was not committed is taken back, before anybody is told.
fn commit(mut used: Used) -> Result<(), Error> {
    batch(used.connection()?, "commit")
}

/// What SQLite says of an error, without the whole statement.
pub(super) fn said(error: &rusqlite::Error) -> String {
    let said = match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    format!("{said} (code {code})")
}

/// Whether somebody else holds the lock.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
}

/// Runs statements without markers and rows.
pub(super) fn batch(connection: &Connection, text: &str) -> Result<(), Error> {
    Ok(connection.execute_batch(text)?)
}

/// Runs a statement.
pub(super) fn run(
    connection: &Connection,
    query: &Query<'_>,
    wanted: Wanted,
) -> Result<Answer, Error> {
    let began = Instant::now();
    let answer = answer(connection, query, wanted);
    let took = began.elapsed();
    if took > SLOW {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(statement = query.text.as_str(), took_ms, "a slow statement");
    }
    answer
}

fn answer(connection: &Connection, query: &Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
    let mut statement = connection.prepare_cached(query.text.as_str())?;
    for index in 1..=statement.parameter_count() {
        // SQLite counts markers as they come in the text; ours say themselves which value they mean.
        let value = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
            .and_then(|number| query.values.get(number.checked_sub(1)?))
            .ok_or(rusqlite::Error::InvalidParameterCount(
                query.values.len(),
                index,
            ))?;
        statement.raw_bind_parameter(index, value)?;
    }
    let mut answer = Answer::default();
    let columns = statement.column_count();
    let names = Copied::names(&statement.column_names());
    // What a statement changes is changed at its first step; to be sure it is gone through to its end all the same.
    let enough = wanted == Wanted::First && statement.readonly();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if wanted == Wanted::All || (wanted == Wanted::First && answer.rows.is_empty()) {
            let mut copied = Copied::new(&names, columns);
            for column in 0..columns {
                copied.push(row.get_ref(column)?);
            }
            answer.rows.push(copied.into());
        }
        if enough {
            break;
        }
    }
    drop(rows);
    answer.changed = connection.changes();
    Ok(answer)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Number(Some(number)) => ValueRef::Integer(*number),
            Self::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Text(None) | Self::Number(None) | Self::Bytes(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
