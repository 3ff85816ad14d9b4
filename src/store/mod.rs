//! SQL; the only place which names sqlx. One text for SQLite and PostgreSQL through sqlx's Any driver (DESIGN I): columns
//! are text and bigint, markers `$1`. What is said about one subject stands in the file with its name.
//!
//! Transactions that write go one after another on both engines, so that none ever has to be given up half-way and what one
//! has read stays true until it is written: SQLite has one connection for them, which begins with `BEGIN IMMEDIATE`; on
//! PostgreSQL they begin by taking one lock. (They would wait for each other anyway: each appends to the one audit log.)
//! Those who meet share one commit (`group`). Reading has connections of its own.
//!
//! **Migrations** carry the same numbers on both engines and run once, under a lock, whoever starts first. They expand, then
//! contract: a migration leaves the release before it working, because during a rolling upgrade both run side by side. So a
//! release accepts migrations that it does not know ([`Store::open`]).

mod alarms;
mod arrears;
mod attachments;
mod audit;
mod blobs;
mod breaches;
mod cases;
mod deliveries;
mod effects;
mod employers;
mod evidence;
mod group;
mod leases;
mod limits;
mod lockouts;
mod marks;
mod moving;
mod numbers;
mod outbox;
mod people;
mod petitions;
mod population;
mod protected;
mod registry;
mod retention;
mod subject;
#[cfg(test)]
mod tests;
mod trust;
mod unsealed;
mod uploads;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use group::{Alone, Group, Turn};
use jiff::Timestamp;
use leases::Ahead;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Executor, Row};

use crate::protection::{Keyring, ProtectionError};

pub use alarms::{Alarm, AlarmKind, RaisedAlarm, Undecided};
pub use arrears::Arrears;
pub use attachments::AttachmentRow;
pub use audit::{AuditBreak, AuditChecked, AuditHead, AuditRow, AuditSearch, BreakKind, Chain};
pub use blobs::BlobKey;
pub use breaches::{Breach, Scope};
pub use cases::{
    ActRow, Asked, CaseError, CaseRow, CounterCase, Earlier, NewAct, QueueFilter, QueuePlace,
    QueueSlice, ReadByPerson, Scan, Seen, Settled, Settlement, Tick, Vote,
};
pub use deliveries::{Delivery, DeliveryKind, DeliveryState};
pub use effects::{Effects, Unblocking};
pub use employers::{EmployerRecord, Lookup};
pub use evidence::{AnswerKind, AnswerRow, TrustRow};
pub use leases::{Held, Lease, Round};
pub use limits::Budget;
pub use marks::{MARKED, MarkPage, Marked};
pub use moving::{PageOfRows, Progress, Snapshot, Table, TableSum};
pub use numbers::{FlowRow, WorkRow};
pub use outbox::{LinkKind, LinkRow, Message, MessageKind, MessageState};
pub use people::{
    Attempt, Enrolled, Enrolment, MemberRow, NewEnrolment, NewSession, OpenSession, Proof,
};
pub use petitions::{
    Applied, AttemptCounts, DocumentRow, Job, PetitionRow, Recorded, RecordedDecision, Waiting,
};
pub use population::Population;
pub use protected::{COLUMNS as PROTECTED, Column, Page, RowKey};
pub use registry::{
    Appointment, Change, Correction, EmployerFacts, Facts, ImportError, ImportKind, ImportRow,
    ImportState, LoggedChange, Matter, NewImport, NewPin, Part, ProposalError, ProposalRow,
    ProposalState, RowCounts, Subject, Tally, Wanted,
};
pub use retention::{Erasure, Files, Past};
pub use subject::Representation;
pub use uploads::UploadRow;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema can't be brought up to date.
    #[error("the schema can't be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row holds what it must not.
    #[error("{table}.{column} holds an impossible value")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// Somebody else moved the row first.
    #[error("the row has moved on")]
    Stale,
    /// A protected value can't be read, or not be written.
    #[error("{table}.{column}: {error}")]
    Protection {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Why.
        error: ProtectionError,
    },
    /// Another release made its tables.
    #[error("its tables are of another release")]
    Outdated,
    /// The folder of the database can't be used.
    #[error("the folder of the database can't be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl StoreError {
    /// Whether the database may answer otherwise in a while: it can't be reached, is starting or stopping, or is overloaded.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing(&code)),
            _ => false,
        }
    }
}

/// Conditions of PostgreSQL (appendix A of its manual) and SQLite that pass: lost connections (08), lack of resources (53),
/// an operator who stops it (57P), deadlocks and what can't be ordered (40), a lock that was not to be had (55P03), a
/// transaction that stood still for too long (25P03); a database that is locked (5, with variants).
fn is_passing(code: &str) -> bool {
    ["08", "53", "57P", "40", "55P03", "25P03"]
        .iter()
        .any(|class| code.len() == 5 && code.starts_with(class))
        || code.parse::<u32>().is_ok_and(|code| code % 256 == 5)
}

/// A transaction that writes.
#[derive(Debug)]
pub(crate) struct Writing {
    turn: Turn,
    keys: Keyring,
    ahead: Ahead,
    /// Number and hash of the last row of the audit log, once this transaction has appended to it.
    audit_head: Option<(i64, String)>,
}

impl Writing {
    /// Makes everything that was written hold.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.turn.commit().await
    }
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.turn.connection_ref()
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.turn.connection()
    }
}

/// Where everything but the documents is kept.
#[derive(Debug, Clone)]
pub struct Store {
    write: AnyPool,
    read: AnyPool,
    group: Group,
    embedded: bool,
    keys: Keyring,
    ahead: Ahead,
}

/// Connections that write to PostgreSQL; SQLite has exactly one.
const POSTGRES_WRITERS: u32 = 8;
/// Connections that only read.
const READERS: u32 = 4;

/// How long a connection is waited for. One that is refused is tried again until then, so that a PostgreSQL that restarts is
/// hardly noticed; what takes longer is told to whoever asks, who comes back.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(10);
/// SQLite is never away, only busy.
const SQLITE_PATIENCE: Duration = Duration::from_secs(30);

/// Begins a writing transaction on PostgreSQL: one after another (the number names the lock, and nothing else), and whoever
/// can't get the lock in time gives up.
const BEGIN_POSTGRES: &str =
    "begin; set local lock_timeout = '10s'; select pg_advisory_xact_lock(4707188)";
/// A process that stands still in the middle of a transaction, or a machine that is gone, must not hold up all others.
const POSTGRES_SESSION: &str = "set idle_in_transaction_session_timeout = '15s'; set tcp_keepalives_idle = 10; \
     set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3";
const SQLITE_SESSION: &str =
    // FULL, not NORMAL: a link that was used must not come back after a power cut.
    "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 10000;";

impl Store {
    /// Opens an SQLite file, made when it is missing, and brings its schema up to date.
    pub async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Self::open(&format!("sqlite://{}?mode=rwc", file.display())).await
    }

    /// Opens `url`: `sqlite://…` or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let sqlite = url.starts_with("sqlite:");
        let (session, begin) = if sqlite {
            (SQLITE_SESSION, "BEGIN IMMEDIATE")
        } else {
            (POSTGRES_SESSION, BEGIN_POSTGRES)
        };
        let writers = if sqlite { 1 } else { POSTGRES_WRITERS };
        let write = pool(sqlite, writers, session).connect(url).await?;
        migrations().run(&write).await?;
        let read = pool(sqlite, READERS, session).connect(url).await?;
        let store = Self::on(write, read, begin, sqlite);
        store.measure_clock().await?;
        Ok(store)
    }

    /// Opens `url` so that nothing can be written through it. The schema stays as it is.
    async fn read_only(url: &str) -> Result<Self, StoreError> {
        let sqlite = url.starts_with("sqlite:");
        let (file, session) = if sqlite {
            let file = url.split('?').next().unwrap_or(url);
            (format!("{file}?mode=ro"), SQLITE_READ_ONLY)
        } else {
            (url.to_owned(), POSTGRES_READ_ONLY)
        };
        let read = pool(sqlite, READERS, session).connect(&file).await?;
        Ok(Self::on(read.clone(), read, "BEGIN", sqlite))
    }

    fn on(write: AnyPool, read: AnyPool, begin: &'static str, embedded: bool) -> Self {
        Self {
            group: Group::new(write.clone(), begin),
            write,
            read,
            embedded,
            keys: Keyring::default(),
            ahead: Ahead::default(),
        }
    }

    /// The same store, with keys that protect personal data.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// Whether other machines may use the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.embedded
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.read).await?;
        Ok(())
    }

    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Writing, StoreError> {
        Ok(Writing {
            turn: self.group.turn().await?,
            keys: self.keys.clone(),
            ahead: self.ahead.clone(),
            audit_head: None,
        })
    }

    /// A connection for one statement that writes.
    async fn alone(&self) -> Result<Alone, StoreError> {
        Ok(if self.embedded {
            Alone::Shared(self.group.turn().await?)
        } else {
            Alone::Own(self.write.acquire().await?)
        })
    }

    /// Waits until everything is written and closes.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Ours. What a later release has added besides is its affair: we go on beside it until it has replaced us.
fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
}

/// What a connection is told first where nothing is to be written.
const SQLITE_READ_ONLY: &str = "pragma query_only = on; pragma busy_timeout = 10000;";
const POSTGRES_READ_ONLY: &str = "set default_transaction_read_only = on";

/// Connections that are told `session` first.
fn pool(sqlite: bool, connections: u32, session: &'static str) -> AnyPoolOptions {
    let patience = if sqlite {
        SQLITE_PATIENCE
    } else {
        POSTGRES_PATIENCE
    };
    sqlx::any::install_default_drivers();
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        // A file has no line that may be cut: asking before each use would cost as much as a small statement.
        .test_before_acquire(!sqlite)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(session).await?;
                Ok(())
            })
        })
}

/// Every statement of the store, so that a test can prepare each of them on each engine.
#[cfg(test)]
fn statements(embedded: bool) -> Vec<String> {
    [
        alarms::STATEMENTS,
        arrears::STATEMENTS,
        attachments::STATEMENTS,
        audit::STATEMENTS,
        blobs::STATEMENTS,
        deliveries::STATEMENTS,
        effects::STATEMENTS,
        breaches::STATEMENTS,
        employers::STATEMENTS,
        evidence::STATEMENTS,
        leases::STATEMENTS,
        limits::STATEMENTS,
        marks::STATEMENTS,
        lockouts::STATEMENTS,
        moving::STATEMENTS,
        moving::SNAPSHOT_STATEMENTS,
        numbers::STATEMENTS,
        outbox::STATEMENTS,
        petitions::STATEMENTS,
        population::STATEMENTS,
        retention::STATEMENTS,
        subject::STATEMENTS,
        trust::STATEMENTS,
        unsealed::STATEMENTS,
        uploads::STATEMENTS,
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .chain(leases::statements(embedded).into_iter().map(str::to_owned))
    .chain(people::statements().into_iter().map(str::to_owned))
    .chain(cases::statements().into_iter().map(str::to_owned))
    .chain(registry::statements())
    .chain(protected::statements())
    .collect()
}

/// Reads a column that must parse as `T`.
fn parsed<T: std::str::FromStr>(
    row: &AnyRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map_err(|_| StoreError::Inconsistent { table, column })
}

/// Reads a column that is empty or must parse as `T`.
fn maybe<T: std::str::FromStr>(
    row: &AnyRow,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| {
        text.parse()
            .map_err(|_| StoreError::Inconsistent { table, column })
    })
    .transpose()
}

/// Reads a moment.
fn moment(
    row: &AnyRow,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    let ms: i64 = row.try_get(column)?;
    Timestamp::from_millisecond(ms).map_err(|_| StoreError::Inconsistent { table, column })
}

/// Reads a moment that may be missing.
fn maybe_moment(
    row: &AnyRow,
    table: &'static str,
    column: &'static str,
) -> Result<Option<Timestamp>, StoreError> {
    let ms: Option<i64> = row.try_get(column)?;
    ms.map(|ms| {
        Timestamp::from_millisecond(ms).map_err(|_| StoreError::Inconsistent { table, column })
    })
    .transpose()
}

/// Exactly one row must have moved.
fn moved(result: &sqlx::any::AnyQueryResult) -> Result<(), StoreError> {
    if result.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}
