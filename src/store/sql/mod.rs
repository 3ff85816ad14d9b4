//! How the store speaks to its database: the only place which names sqlx and rusqlite. One text serves both engines (DESIGN
//! I): columns are text, bigint and bytea, markers `$1`.
//!
//! - **PostgreSQL** (`postgres`) through sqlx, whose statements stay prepared.
//! - **SQLite** (`sqlite`) through rusqlite, called where one stands. A statement that finds its rows through an index takes a
//!   few microseconds, far less than passing it to another thread and waiting for that one to be woken.
//!
//! What may take long must not hold up a thread of the runtime: a commit (it waits for the disk), a lock that another process
//! holds, and statements that walk along tables. The first two are seen to here; of the third kind is whatever the caller
//! runs [`Connection::aside`] or on the store's `scan`. On PostgreSQL there is no difference: nobody waits on a thread.

mod migrate;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;
mod value;

use std::future::Future;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, SqlSafeStr, SqlStr, Transaction};

pub(super) use migrate::migrations;
pub(super) use sqlx::AssertSqlSafe;
pub use sqlx::migrate::MigrateError;
pub(super) use value::{Row, Value};

/// Why a statement did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL failed, or the way to it.
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
    /// SQLite failed.
    #[error("{}", sqlite::said(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// A column that is missing, or holds something else than is read from it.
    #[error("column {column}: {why}")]
    Column {
        /// Its name.
        column: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The address of the database can't be understood.
    #[error("the address of the database: {0}")]
    Address(&'static str),
    /// A row was expected.
    #[error("no row")]
    NoRow,
    /// No connection was free for too long.
    #[error("no connection is free")]
    NoneFree,
    /// The database has been closed.
    #[error("the database is closed")]
    Closed,
    /// A connection was lost in the middle.
    #[error("the connection is lost")]
    Lost,
    /// It answers and takes nothing: a standby, or one that was closed to writing.
    #[error("the database is read-only")]
    ReadOnly,
    /// What was written together with others' work did not become part of the database.
    #[error("the transaction could not be committed")]
    NotCommitted,
}

impl Error {
    /// Whether the database may answer otherwise in a while: it can't be reached, is starting or stopping, or is overloaded.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Postgres(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::BeginFailed
                | sqlx::Error::WorkerCrashed,
            )
            | Self::NoneFree
            | Self::Closed
            | Self::Lost
            | Self::ReadOnly
            | Self::NotCommitted => true,
            _ => self.code().is_some_and(|code| is_passing(&code)),
        }
    }

    /// Whether PostgreSQL does not let us in: name or password (28), or no such database (3D).
    pub(super) fn is_no_entry(&self) -> bool {
        let refused = |code: String| {
            code.len() == 5 && ["28", "3D"].iter().any(|class| code.starts_with(class))
        };
        self.code().is_some_and(refused)
    }

    /// Whether SQLite can't open its file (`SQLITE_CANTOPEN`, with variants).
    pub(super) fn is_unopened(&self) -> bool {
        let unopened = |error: &rusqlite::ffi::Error| error.extended_code % 256 == 14;
        matches!(self, Self::Sqlite(error) if error.sqlite_error().is_some_and(unopened))
    }

    /// Whether there is such a row already.
    pub(super) fn is_unique_violation(&self) -> bool {
        self.code()
            .is_some_and(|code| ["23505", "1555", "2067"].contains(&code.as_str()))
    }

    /// Whether a row was found that holds what can't be read from it.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::Column { .. }
                | Self::Postgres(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
        )
    }

    /// What the engine calls it: five characters on PostgreSQL, the extended code on SQLite.
    fn code(&self) -> Option<String> {
        match self {
            Self::Postgres(sqlx::Error::Database(error)) => error.code().map(Into::into),
            Self::Sqlite(error) => error.sqlite_error().map(|e| e.extended_code.to_string()),
            _ => None,
        }
    }
}

/// Conditions of PostgreSQL (appendix A of its manual) and SQLite that pass: lost connections (08), lack of resources (53),
/// an operator who stops it (57P), deadlocks and what can't be ordered (40), a lock that was not to be had (55P03), a
/// transaction that stood still for too long (25P03), a database that takes nothing for now (25006); one that is locked (5, with
/// variants).
fn is_passing(code: &str) -> bool {
    ["08", "53", "57P", "40", "55P03", "25P03", "25006"]
        .iter()
        .any(|class| code.len() == 5 && code.starts_with(class))
        || code.parse::<u32>().is_ok_and(|code| code % 256 == 5)
}

/// A statement with what is bound to its markers.
#[derive(Debug)]
pub(super) struct Query<'q> {
    text: SqlStr,
    values: Vec<Value<'q>>,
}

/// A statement.
pub(super) fn query<'q>(text: impl SqlSafeStr) -> Query<'q> {
    Query {
        text: text.into_sql_str(),
        values: Vec::new(),
    }
}

impl<'q> Query<'q> {
    /// Binds the next marker.
    pub(super) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; how many rows it changed.
    pub(super) async fn execute(self, line: impl Line) -> Result<Done, Error> {
        let answer = line.run(self, Wanted::Nothing).await?;
        Ok(Done {
            rows: answer.changed,
        })
    }

    /// Runs it; every row.
    pub(super) async fn fetch_all(self, line: impl Line) -> Result<Vec<Row>, Error> {
        Ok(line.run(self, Wanted::All).await?.rows)
    }

    /// Runs it; its first row, if it has one.
    pub(super) async fn fetch_optional(self, line: impl Line) -> Result<Option<Row>, Error> {
        Ok(line.run(self, Wanted::First).await?.rows.pop())
    }

    /// Runs it; its first row.
    pub(super) async fn fetch_one(self, line: impl Line) -> Result<Row, Error> {
        self.fetch_optional(line).await?.ok_or(Error::NoRow)
    }

    fn into_owned(self) -> Query<'static> {
        Query {
            text: self.text,
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }
}

/// What a statement that changes rows has done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    rows: u64,
}

impl Done {
    /// How many rows it changed.
    pub(super) fn rows_affected(self) -> u64 {
        self.rows
    }
}

/// How much of what a statement gives is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    First,
    All,
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(super) struct Answer {
    rows: Vec<Row>,
    changed: u64,
}

/// What statements run on.
pub(super) trait Line: Send {
    /// Runs a statement.
    fn run(
        self,
        query: Query<'_>,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Answer, Error>> + Send;
}

/// Connections that only read.
#[derive(Debug, Clone)]
pub(super) struct Readers(ReadersOf);

#[derive(Debug, Clone)]
enum ReadersOf {
    Sqlite { file: sqlite::File, aside: bool },
    Postgres(PgPool),
}

/// Connections that write.
#[derive(Debug, Clone)]
pub(super) struct Writers(WritersOf);

#[derive(Debug, Clone)]
enum WritersOf {
    /// One.
    Sqlite(sqlite::File),
    /// Some.
    Postgres(PgPool),
}

/// Connections that write to PostgreSQL; SQLite has exactly one.
const POSTGRES_WRITERS: u32 = 8;
/// Connections that only read. On SQLite more are made when several threads of the runtime read at once; this is how many
/// walk along tables at the same time.
const READERS: u32 = 4;

/// Opens `url`: `sqlite://…` or `postgres://…`. The schema stays as it is.
pub(super) async fn open(url: &str) -> Result<(Writers, Readers), Error> {
    if is_sqlite(url) {
        let address = sqlite::Address::parse(url)?;
        let write = sqlite::File::new(address.clone(), sqlite::WRITER, 1);
        // The first one to come makes the file.
        write.lend_first().await?;
        let read = sqlite::File::new(address, sqlite::READER, READERS);
        return Ok((Writers(WritersOf::Sqlite(write)), Readers::embedded(read)));
    }
    let write = postgres::writers(POSTGRES_WRITERS, url).await?;
    let read = postgres::readers(READERS, postgres::SESSION, url).await?;
    Ok((
        Writers(WritersOf::Postgres(write)),
        Readers(ReadersOf::Postgres(read)),
    ))
}

/// Opens `url` so that nothing can be written through it.
pub(super) async fn open_read_only(url: &str) -> Result<(Writers, Readers), Error> {
    if is_sqlite(url) {
        let address = sqlite::Address::parse(url)?.read_only();
        let read = sqlite::File::new(address, sqlite::READER, READERS);
        read.lend_first().await?;
        return Ok((
            Writers(WritersOf::Sqlite(read.clone())),
            Readers::embedded(read),
        ));
    }
    let read = postgres::readers(READERS, postgres::READ_ONLY, url).await?;
    Ok((
        Writers(WritersOf::Postgres(read.clone())),
        Readers(ReadersOf::Postgres(read)),
    ))
}

/// Whether an address names a file.
pub(super) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

impl Readers {
    fn embedded(file: sqlite::File) -> Self {
        Self(ReadersOf::Sqlite { file, aside: false })
    }

    /// The same ones, for statements that may take long.
    pub(super) fn aside(&self) -> Self {
        Self(match &self.0 {
            ReadersOf::Sqlite { file, .. } => ReadersOf::Sqlite {
                file: file.clone(),
                aside: true,
            },
            ReadersOf::Postgres(pool) => ReadersOf::Postgres(pool.clone()),
        })
    }

    /// One connection for several statements.
    pub(super) async fn acquire(&self) -> Result<Connection, Error> {
        Ok(Connection(match &self.0 {
            ReadersOf::Sqlite { file, .. } => ConnectionOf::Sqlite(file.hold()?),
            ReadersOf::Postgres(pool) => ConnectionOf::Alone(pool.acquire().await?),
        }))
    }

    /// Begins a transaction that sees the database as it stands now, however long it lasts.
    pub(super) async fn snapshot(&self) -> Result<Connection, Error> {
        Ok(Connection(match &self.0 {
            ReadersOf::Sqlite { file, .. } => {
                let mut line = file.lend().await?;
                line.aside(|connection| sqlite::batch(connection, "begin"))
                    .await??;
                ConnectionOf::Sqlite(line)
            }
            ReadersOf::Postgres(pool) => {
                ConnectionOf::Postgres(pool.begin_with(postgres::SNAPSHOT).await?)
            }
        }))
    }

    /// Waits until nothing is read any more and closes.
    pub(super) async fn close(&self) {
        match &self.0 {
            ReadersOf::Sqlite { file, .. } => file.close().await,
            ReadersOf::Postgres(pool) => pool.close().await,
        }
    }

    /// How SQLite would find the rows of a statement.
    #[cfg(test)]
    pub(super) async fn plan(&self, text: &'static str) -> Result<Vec<String>, Error> {
        let ReadersOf::Sqlite { file, .. } = &self.0 else {
            return Err(Error::Address("only SQLite tells"));
        };
        let mut line = file.lend().await?;
        line.aside(move |connection| {
            let mut plan = connection.prepare(&format!("explain query plan {text}"))?;
            let rows = plan.raw_query().mapped(|row| row.get("detail"));
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await?
    }

    /// Whether the engine understands a statement.
    #[cfg(test)]
    pub(super) async fn understands(&self, text: String) -> Result<(), Error> {
        match &self.0 {
            ReadersOf::Sqlite { file, .. } => {
                let mut line = file.lend().await?;
                line.aside(move |connection| Ok(connection.prepare(&text).map(drop)?))
                    .await?
            }
            ReadersOf::Postgres(pool) => postgres::understands(pool, text).await,
        }
    }
}

impl Line for &Readers {
    async fn run(self, query: Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        match &self.0 {
            ReadersOf::Sqlite { file, aside: false } => match file.run(&query, wanted) {
                // Another process opens or closes the file: it is waited for, elsewhere.
                Err(error) if sqlite::is_busy(&error) => {
                    file.run_aside(query.into_owned(), wanted).await
                }
                other => other,
            },
            ReadersOf::Sqlite { file, aside: true } => {
                file.run_aside(query.into_owned(), wanted).await
            }
            ReadersOf::Postgres(pool) => postgres::run(pool, query, wanted).await,
        }
    }
}

impl Writers {
    /// Begins a transaction that writes: one after another on both engines.
    pub(super) async fn begin(&self) -> Result<Connection, Error> {
        Ok(Connection(match &self.0 {
            WritersOf::Sqlite(file) => {
                let mut line = file.lend().await?;
                line.begin().await?;
                ConnectionOf::Sqlite(line)
            }
            WritersOf::Postgres(pool) => ConnectionOf::Postgres(postgres::begin(pool).await?),
        }))
    }

    /// What a statement may run on by itself, beside transactions; only a server has that.
    pub(super) fn beside(&self) -> Option<&PgPool> {
        match &self.0 {
            WritersOf::Sqlite(_) => None,
            WritersOf::Postgres(pool) => Some(pool),
        }
    }

    /// Whether something could be written now. A file that is there is taken to be writable: whoever opened it has written to it.
    pub(super) async fn are_ready(&self) -> Result<(), Error> {
        match &self.0 {
            WritersOf::Sqlite(_) => Ok(()),
            WritersOf::Postgres(pool) => postgres::takes_writing(pool).await,
        }
    }

    /// Runs what can't be part of a transaction.
    pub(super) async fn outside(&self, statement: &'static str) -> Result<(), Error> {
        match &self.0 {
            WritersOf::Sqlite(file) => {
                let mut line = file.lend().await?;
                line.aside(move |connection| sqlite::batch(connection, statement))
                    .await?
            }
            WritersOf::Postgres(pool) => {
                let run = postgres::run(pool, query(statement), Wanted::Nothing).await;
                run.map(drop)
            }
        }
    }

    /// Closes once nothing is written any more.
    pub(super) async fn close(&self) {
        match &self.0 {
            WritersOf::Sqlite(file) => file.close().await,
            WritersOf::Postgres(pool) => pool.close().await,
        }
    }
}

impl Line for &PgPool {
    async fn run(self, query: Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        postgres::run(self, query, wanted).await
    }
}

/// A connection, mostly in the middle of a transaction. Dropped, it takes back what was not committed.
#[derive(Debug)]
pub(super) struct Connection(ConnectionOf);

#[derive(Debug)]
enum ConnectionOf {
    Sqlite(sqlite::Lent),
    Postgres(Transaction<'static, Postgres>),
    Alone(PoolConnection<Postgres>),
}

impl Connection {
    /// The same one, for a statement that may take long.
    pub(super) fn aside(&mut self) -> Aside<'_> {
        Aside(self)
    }

    /// Says something about the transaction itself: a statement, or several with `; ` between them.
    pub(super) async fn control(&mut self, text: &'static str) -> Result<(), Error> {
        match &mut self.0 {
            ConnectionOf::Sqlite(line) => {
                for statement in text.split("; ") {
                    line.run(&query(statement), Wanted::Nothing).await?;
                }
                Ok(())
            }
            ConnectionOf::Postgres(transaction) => postgres::control(transaction, text).await,
            ConnectionOf::Alone(connection) => postgres::control(connection, text).await,
        }
    }

    /// Takes everything back.
    pub(super) async fn roll_back(self) -> Result<(), Error> {
        match self.0 {
            ConnectionOf::Sqlite(line) => {
                drop(line);
                Ok(())
            }
            ConnectionOf::Postgres(transaction) => Ok(transaction.rollback().await?),
            ConnectionOf::Alone(_) => Ok(()),
        }
    }

    /// Commits where waiting for the disk holds up nobody, and then tells `done`, whoever is still there to hear it.
    pub(super) fn commit(self, done: impl FnOnce(Result<(), Error>) + Send + 'static) {
        match self.0 {
            ConnectionOf::Sqlite(line) => line.commit(done),
            ConnectionOf::Postgres(transaction) => {
                tokio::spawn(async move {
                    done(transaction.commit().await.map_err(Error::from));
                });
            }
            ConnectionOf::Alone(_) => done(Ok(())),
        }
    }
}

impl Line for &mut Connection {
    async fn run(self, query: Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        match &mut self.0 {
            ConnectionOf::Sqlite(line) => line.run(&query, wanted).await,
            ConnectionOf::Postgres(transaction) => {
                postgres::run(&mut **transaction, query, wanted).await
            }
            ConnectionOf::Alone(connection) => {
                postgres::run(&mut **connection, query, wanted).await
            }
        }
    }
}

/// A connection whose next statement may take long.
#[derive(Debug)]
pub(super) struct Aside<'c>(&'c mut Connection);

impl Line for Aside<'_> {
    async fn run(self, query: Query<'_>, wanted: Wanted) -> Result<Answer, Error> {
        match &mut self.0.0 {
            ConnectionOf::Sqlite(line) => {
                let query = query.into_owned();
                line.aside(move |connection| sqlite::run(connection, &query, wanted))
                    .await?
            }
            ConnectionOf::Postgres(_) | ConnectionOf::Alone(_) => self.0.run(query, wanted).await,
        }
    }
}

/// How long a lock is waited for that another process holds, on either engine (`postgres::LOCK` says the same).
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
