//! SQL: one text for SQLite and PostgreSQL (DESIGN I), which `sql` speaks to. What is said about one subject stands in the
//! file with its name.
//!
//! Transactions that write go one after another on both engines, so that none ever has to be given up half-way and what one
//! has read stays true until it is written: SQLite has one connection for them, which begins with `BEGIN IMMEDIATE`; on
//! PostgreSQL they begin by taking one lock. (They would wait for each other anyway: each appends to the one audit log.)
//! Those who meet share one commit (`group`). Reading has connections of its own.
//!
//! **Migrations** carry the same numbers on both engines and run once, under a lock, whoever starts first. They expand, then
//! contract: a migration leaves the release before it working, because during a rolling upgrade both run side by side. So a
//! release accepts migrations that it does not know ([`Store::open`]). One that has been landed is never edited, comments included:
//! its checksum is compared. The numbers 0012 and 0019 were never used and stay free; a new one goes behind the last.

mod alarms;
mod arrears;
mod attachments;
mod audit;
mod blobs;
mod breaches;
mod cases;
mod decisions;
mod deliveries;
mod effects;
mod employers;
mod evidence;
mod group;
mod jobs;
mod leases;
mod limits;
mod links;
mod lockouts;
mod marks;
mod moving;
mod numbers;
mod outbox;
mod people;
mod petitions;
mod population;
mod protected;
mod reasons;
mod registry;
mod retention;
mod sql;
mod subject;
#[cfg(test)]
mod tests;
mod trust;
mod unsealed;
mod uploads;

use std::ops::{Deref, DerefMut};
use std::path::Path;

use group::{Group, Turn};
use jiff::Timestamp;
use leases::Ahead;
use sql::{Connection, Done, Readers, Row, Writers, query};

use crate::protection::{Keyring, ProtectionError};

pub use alarms::{Alarm, AlarmKind, StoppedEmployer, Term, Undecided};
pub use arrears::Arrears;
pub use attachments::AttachmentRow;
pub use audit::{
    AuditBreak, AuditChecked, AuditHead, AuditRow, AuditSearch, BreakKind, Chain, Restored,
};
pub use blobs::BlobKey;
pub use breaches::{Breach, Scope};
pub use cases::{
    ActRow, Asked, CaseError, CaseRow, CounterCase, Earlier, Lapsed, NewAct, QueueFilter,
    QueuePlace, QueueSlice, ReadByPerson, Scan, Seen, Settled, Settlement, Tick, Vote,
};
pub use decisions::{FormOf, Recorded, RecordedDecision};
pub use deliveries::{Delivery, DeliveryKind, DeliveryState, Heard, is_unblocking};
pub use effects::{Effects, Unblocking};
pub use employers::{EmployerRecord, Lookup};
pub use evidence::{AnswerKind, AnswerRow, TrustRow};
pub use jobs::{AttemptCounts, Job, Waiting};
pub use leases::{Held, Lease, Round};
pub use limits::Budget;
pub use links::{AccountStop, Applied, LinkKind, LinkRow};
pub use marks::{MARKED, MarkPage, Marked};
pub use moving::{PageOfRows, Progress, Snapshot, Table, TableSum};
pub use numbers::{FlowRow, WorkRow};
pub use outbox::{Message, MessageKind, MessageState, Retried};
pub use people::{
    Attempt, Enrolled, Enrolment, MemberError, MemberRow, NewEnrolment, NewSession, OpenSession,
    Proof,
};
pub use petitions::{DocumentRow, PetitionRow};
pub use population::Population;
pub use protected::{COLUMNS as PROTECTED, Column, Page, RowKey};
pub use reasons::Why;
pub use registry::{
    Appointment, Change, Correction, EmployerFacts, Facts, ImportError, ImportKind, ImportRow,
    ImportState, LoggedChange, Matter, NewImport, NewPin, Part, ProposalError, ProposalRow,
    ProposalState, RowCounts, Subject, Tally, Wanted,
};
pub use retention::{Erasure, Files, Past};
pub use subject::{Representation, employers_of};
pub use uploads::UploadRow;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sql::Error),
    /// The schema can't be brought up to date.
    #[error("the schema can't be brought up to date: {0}")]
    Migrate(#[from] sql::MigrateError),
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
        matches!(self, Self::Database(error) if error.is_passing())
    }

    /// Whether the file of an embedded database can't be opened.
    #[must_use]
    pub fn is_unopened(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_unopened())
    }

    /// Whether the server lets nobody in with this name and password, or has no such database.
    #[must_use]
    pub fn is_no_entry(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_no_entry())
    }
}

/// A transaction that writes.
#[derive(Debug)]
struct Writing {
    turn: Turn,
    keys: Keyring,
    ahead: Ahead,
}

impl Writing {
    /// Makes everything that was written hold.
    async fn commit(self) -> Result<(), StoreError> {
        Ok(self.turn.commit().await?)
    }
}

impl Deref for Writing {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.turn.connection_ref()
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Connection {
        self.turn.connection()
    }
}

/// Where everything but the documents is kept.
#[derive(Debug, Clone)]
pub struct Store {
    /// For transactions that write, and for statements that write and stand alone.
    write: Group,
    /// For questions that an index answers.
    read: Readers,
    /// For questions that take long: those that walk along a table or count it.
    scan: Readers,
    embedded: bool,
    keys: Keyring,
    ahead: Ahead,
}

impl Store {
    /// Opens an SQLite file, made when it is missing, and brings its schema up to date.
    pub async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let path = file.display().to_string();
        let path = path.replace('%', "%25").replace('?', "%3f");
        Self::open(&format!("sqlite://{path}?mode=rwc")).await
    }

    /// Opens `url`: `sqlite://…` or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (writers, read) = sql::open(url).await?;
        writers.migrate(sql::migrations()).await?;
        let store = Self::on(url, writers, read);
        store.measure_clock().await?;
        Ok(store)
    }

    /// Opens `url` so that nothing can be written through it. The schema stays as it is.
    async fn read_only(url: &str) -> Result<Self, StoreError> {
        let (writers, read) = sql::open_read_only(url).await?;
        Ok(Self::on(url, writers, read))
    }

    fn on(url: &str, writers: Writers, read: Readers) -> Self {
        Self {
            write: Group::new(writers),
            scan: read.aside(),
            read,
            embedded: sql::is_sqlite(url),
            keys: Keyring::default(),
            ahead: Ahead::default(),
        }
    }

    /// The same store, with keys that protect personal data.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// The keys that protect personal data, for what is told by them and stored nowhere.
    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Whether other machines may use the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.embedded
    }

    /// Whether the database answers, and takes what is written.
    pub async fn ping(&self) -> Result<(), StoreError> {
        query("select 1").execute(&self.read).await?;
        self.write.is_ready().await?;
        Ok(())
    }

    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Writing, StoreError> {
        Ok(Writing {
            turn: self.write.turn().await?,
            keys: self.keys.clone(),
            ahead: self.ahead.clone(),
        })
    }

    /// Waits until everything is written and closes.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
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
        breaches::STATEMENTS,
        decisions::STATEMENTS,
        deliveries::STATEMENTS,
        effects::STATEMENTS,
        employers::STATEMENTS,
        evidence::STATEMENTS,
        jobs::STATEMENTS,
        leases::STATEMENTS,
        limits::STATEMENTS,
        links::STATEMENTS,
        lockouts::STATEMENTS,
        marks::STATEMENTS,
        moving::STATEMENTS,
        moving::SNAPSHOT_STATEMENTS,
        numbers::STATEMENTS,
        outbox::STATEMENTS,
        petitions::STATEMENTS,
        population::STATEMENTS,
        reasons::STATEMENTS,
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
    row: &Row,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map_err(|_| StoreError::Inconsistent { table, column })
}

/// Reads a column that is empty or must parse as `T`.
fn maybe<T: std::str::FromStr>(
    row: &Row,
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
fn moment(row: &Row, table: &'static str, column: &'static str) -> Result<Timestamp, StoreError> {
    let ms: i64 = row.try_get(column)?;
    Timestamp::from_millisecond(ms).map_err(|_| StoreError::Inconsistent { table, column })
}

/// Reads a moment that may be missing.
fn maybe_moment(
    row: &Row,
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
fn moved(result: Done) -> Result<(), StoreError> {
    if result.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}
