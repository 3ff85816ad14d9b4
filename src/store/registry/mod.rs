//! Imports of the registry: what a table wants is compared with what is known, and only the difference is written and
//! logged, a batch of subjects in each transaction, with the position up to which the import has come. Killed at any
//! moment, it goes on behind that position and ends with the same registry; run again, it finds no difference.
//!
//! **Versions.** Every change has a number, given while the one row `registry` of `counters` is locked, so that numbers
//! become visible in their order. The number of the last change is the version of the registry: it names one state of
//! it exactly, and decisions record it. One import at a time: while one is unfinished no other begins.
//!
//! **Representatives.** The operator's table says of each employer that it lists *all* who may sign. Who is no longer
//! listed is not deleted: the row gets the day of the import as its first day out of office, and stays as history. An
//! employer that the file does not list keeps its people, unless the import is of the whole registry (`--full`); an
//! employer of whom a row could not be read loses nobody by that file.

mod appointment;
mod changes;
mod correction;
mod facts;
mod leaving;
mod proposals;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

pub use appointment::Appointment;
pub(super) use appointment::register_appointment;
pub use changes::LoggedChange;
pub use correction::Correction;
pub use facts::{Change, EmployerFacts, Facts, Part, Subject};
use facts::{Known, UnknownPart};
pub use proposals::{Matter, NewPin, ProposalError, ProposalRow, ProposalState};

use super::sql::{self, Connection, Row, query};
use super::{Store, StoreError, Writing, audit, maybe_moment, moment, moved, parsed};
use crate::domain::{
    BranchCode, Employer, Event, LegalRepresentative, Ruc, Sha256, calendar, closed_list,
};
use crate::protection::Keyring;
use crate::registry::sri::Taxpayer;
use crate::registry::supercias::Company;

pub(super) use facts::{company, employer, item, representative, taxpayer, write};

/// A word that is no kind or state of an import.
#[derive(Debug, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

impl From<UnknownPart> for UnknownWord {
    fn from(_: UnknownPart) -> Self {
        Self
    }
}

closed_list!(
    /// What an import takes.
    ImportKind, UnknownWord, |_word| UnknownWord, {
        /// Catalogue of the SRI.
        SriRuc = "sri-ruc",
        /// Directory of the Supercias.
        Supercias = "supercias",
        /// The operator's table.
        Representatives = "representatives",
        /// A change that one supervisor proposed and another one confirmed.
        Screen = "screen",
        /// A person's own data, corrected on request.
        Correction = "correction",
        /// Takes another import back.
        Undo = "undo",
    }
);

closed_list!(
    /// How far an import has come.
    ImportState, UnknownWord, |_word| UnknownWord, {
        /// Unfinished: at work, or killed.
        Running = "running",
        /// Finished.
        Done = "done",
        /// Taken back.
        Undone = "undone",
    }
);

/// What a table wants to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A taxpayer.
    Taxpayer(Taxpayer),
    /// A company.
    Company(Company),
    /// An employer with everybody who may sign for it.
    Employer {
        /// The employer.
        employer: Employer,
        /// Whether all its rows could be read: then whoever is missing is out of office.
        complete: bool,
    },
    /// An employer that a whole registry no longer lists.
    Absent(Ruc, BranchCode),
}

/// What came of comparing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Subjects that were unknown.
    pub added: u64,
    /// Subjects of which something else was known.
    pub changed: u64,
    /// Subjects that are no longer known, or are out of office now.
    pub removed: u64,
    /// Wanted entries that were known as they are.
    pub unchanged: u64,
}

/// An import that is about to begin.
#[derive(Debug, Clone)]
pub struct NewImport<'a> {
    /// What it takes.
    pub kind: ImportKind,
    /// Name of the file.
    pub file: &'a str,
    /// Digest of the file.
    pub sha256: Sha256,
    /// Whether employers that the file does not list lose their representatives.
    pub whole: bool,
    /// Who does it.
    pub actor: &'a str,
    /// Rows of the file: read, rejected, taken with a remark.
    pub rows: RowCounts,
}

/// Rows of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All.
    pub read: u64,
    /// Not taken.
    pub rejected: u64,
    /// Taken in spite of something.
    pub remarked: u64,
}

/// An import as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Number.
    pub id: i64,
    /// What it takes.
    pub kind: ImportKind,
    /// Name of the file.
    pub file: String,
    /// Digest of the file.
    pub sha256: Sha256,
    /// Whether it was of the whole registry.
    pub whole: bool,
    /// The import that this one takes back.
    pub undoes: Option<i64>,
    /// Who did it.
    pub actor: String,
    /// How far it has come.
    pub state: ImportState,
    /// When it began; its day is the day on which somebody who is no longer listed leaves office.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The last key that is done.
    pub position: String,
    /// Rows of the file.
    pub rows: RowCounts,
    /// What it did.
    pub tally: Tally,
    /// Number of its first change.
    pub first_change: i64,
    /// Number of its last change; smaller than the first one while there is none.
    pub last_change: i64,
}

/// Why an import can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Another one is unfinished.
    #[error("import {id} of {file} is unfinished: run it again, or undo it")]
    Unfinished {
        /// Which.
        id: i64,
        /// Its file.
        file: String,
    },
    /// There is no such import.
    #[error("there is no import {0}")]
    Unknown(i64),
    /// It has been taken back already.
    #[error("import {0} has been undone already")]
    AlreadyUndone(i64),
    /// Later imports changed the same subjects.
    #[error(
        "{count} of its rows were changed again later, the first (RUC {ruc}) by import {by}: undo that one first"
    )]
    ChangedSince {
        /// How many.
        count: i64,
        /// The first one's RUC.
        ruc: String,
        /// The import that changed it.
        by: i64,
    },
    /// The database failed, or another process runs the same import.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for ImportError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

macro_rules! import_columns {
    () => {
        "id, kind, file, sha256, whole, undoes, actor, state, began_ms, ended_ms, position, rows_read, \
         rows_rejected, rows_remarked, added, changed, removed, unchanged, first_change, last_change"
    };
}
const VERSION: &str = "select value from counters where name = 'registry'";
const COUNTERS: &str = "insert into counters (name, value) values ('registry', 0), ('registry_import', 0) \
                        on conflict (name) do nothing";
// Locks the numbering until the transaction ends.
const NUMBER_CHANGES: &str =
    "update counters set value = value + $1 where name = 'registry' returning value";
const NUMBER_IMPORT: &str =
    "update counters set value = value + 1 where name = 'registry_import' returning value";
const BEGIN: &str = concat!(
    "insert into registry_imports (",
    import_columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, 'running', $8, null, $9, $10, $11, $12, 0, 0, 0, 0, $13, $14)"
);
const IMPORT: &str = concat!(
    "select ",
    import_columns!(),
    " from registry_imports where id = $1"
);
const IMPORTS: &str = concat!(
    "select ",
    import_columns!(),
    " from registry_imports order by id"
);
const UNFINISHED: &str = concat!(
    "select ",
    import_columns!(),
    " from registry_imports where state = 'running' order by id"
);
const ADVANCE: &str = "update registry_imports set position = $1, added = $2, changed = $3, removed = $4, \
                       unchanged = $5, last_change = $6 where id = $7 and state = 'running' and position = $8";
const SET_STATE: &str =
    "update registry_imports set state = $1, ended_ms = $2 where id = $3 and state = $4";
const STAFFED: &str = "select count(*) as staffed from (select distinct ruc, branch from representatives \
                       where ended_day is null) as in_office";
const EMPLOYER_KEYS: &str = "select ruc, branch from employers where (ruc, branch) > ($1, $2) \
                             order by ruc, branch limit 1000";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    VERSION,
    COUNTERS,
    NUMBER_CHANGES,
    NUMBER_IMPORT,
    BEGIN,
    IMPORT,
    IMPORTS,
    UNFINISHED,
    ADVANCE,
    SET_STATE,
    STAFFED,
    EMPLOYER_KEYS,
];

/// Every statement of the registry, as it is sent.
#[cfg(test)]
pub(super) fn statements() -> Vec<String> {
    STATEMENTS
        .iter()
        .chain(changes::STATEMENTS)
        .chain(proposals::STATEMENTS)
        .chain(correction::STATEMENTS)
        .chain(leaving::STATEMENTS)
        .map(|statement| (*statement).to_owned())
        .chain(facts::statements())
        .collect()
}

impl ImportRow {
    /// The day in Ecuador on which it began.
    #[must_use]
    pub fn day(&self) -> Date {
        calendar::in_ecuador(self.began_at).date()
    }
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
    }

    /// Counts changes out of so many wanted entries.
    fn of(wanted: usize, changes: &[Change]) -> Self {
        let mut tally = Self::default();
        for change in changes {
            match (&change.before, &change.after) {
                (None, _) => tally.added += 1,
                (_, None) => tally.removed += 1,
                (Some(before), Some(after)) if leaves(before, after) => tally.removed += 1,
                _ => tally.changed += 1,
            }
        }
        let touched = tally.added + tally.changed;
        tally.unchanged = count(wanted).saturating_sub(touched);
        tally
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Whether a representative leaves office by a change.
fn leaves(before: &Facts, after: &Facts) -> bool {
    match (before, after) {
        (Facts::Representative(before), Facts::Representative(after)) => {
            before.ended.is_none() && after.ended.is_some()
        }
        _ => false,
    }
}

// -- comparing ------------------------------------------------------------------------------------------------------------

impl Wanted {
    fn ruc(&self) -> &Ruc {
        match self {
            Self::Taxpayer(taxpayer) => &taxpayer.ruc,
            Self::Company(company) => &company.ruc,
            Self::Employer { employer, .. } => &employer.ruc,
            Self::Absent(ruc, _) => ruc,
        }
    }

    fn parts(&self) -> &'static [Part] {
        match self {
            Self::Taxpayer(_) => &[Part::Taxpayer],
            Self::Company(_) => &[Part::Company],
            Self::Employer { .. } | Self::Absent(..) => &[Part::Employer, Part::Representative],
        }
    }

    /// The subjects and what is to be known of them; whoever is missing leaves office on `day`.
    fn facts(self, known: &Known, day: Date) -> Vec<(Subject, Facts)> {
        match self {
            Self::Taxpayer(taxpayer) => vec![(
                Subject::of_ruc(Part::Taxpayer, &taxpayer.ruc),
                Facts::Taxpayer(taxpayer.facts),
            )],
            Self::Company(company) => vec![(
                Subject::of_ruc(Part::Company, &company.ruc),
                Facts::Company(company.facts),
            )],
            Self::Employer { employer, complete } => {
                let (ruc, branch) = (&employer.ruc, &employer.branch);
                let mut wanted = vec![(
                    Subject::employer(ruc, branch),
                    Facts::Employer(EmployerFacts::of(&employer)),
                )];
                // The last row about the same term speaks.
                for person in &employer.representatives {
                    let subject = Subject::representative(ruc, branch, person);
                    wanted.retain(|(known, _)| *known != subject);
                    wanted.push((subject, Facts::Representative(person.clone())));
                }
                if complete {
                    let listed = wanted.clone();
                    let gone = leaving(known, ruc, branch, day)
                        .filter(|(subject, _)| listed.iter().all(|(known, _)| known != subject));
                    wanted.extend(gone);
                }
                wanted
            }
            Self::Absent(ruc, branch) => leaving(known, &ruc, &branch, day).collect(),
        }
    }
}

/// Everybody who has not left yet, leaving on `day`.
fn leaving<'a>(
    known: &'a Known,
    ruc: &'a Ruc,
    branch: &'a BranchCode,
    day: Date,
) -> impl Iterator<Item = (Subject, Facts)> + 'a {
    let people = known
        .representatives
        .get(&(ruc.clone(), branch.clone()))
        .map_or(&[] as &[LegalRepresentative], Vec::as_slice);
    let in_post = people.iter().filter(|person| person.ended.is_none());
    in_post.map(move |person| {
        let gone = LegalRepresentative {
            ended: Some(day),
            ..person.clone()
        };
        (
            Subject::representative(ruc, branch, person),
            Facts::Representative(gone),
        )
    })
}

/// The changes that lead from what is known to what is wanted, and how many subjects were compared.
async fn compare(
    keys: &Keyring,
    connection: &mut Connection,
    wanted: Vec<Wanted>,
    day: Date,
) -> Result<(usize, Vec<Change>), StoreError> {
    let parts = wanted.first().map_or(&[] as &[Part], Wanted::parts);
    let mut rucs: Vec<Ruc> = wanted.iter().map(|wanted| wanted.ruc().clone()).collect();
    rucs.dedup();
    let known = Known::read(keys, connection, parts, &rucs).await?;
    let facts: Vec<(Subject, Facts)> = wanted
        .into_iter()
        .flat_map(|wanted| wanted.facts(&known, day))
        .collect();
    let compared = facts.len();
    let changes = facts
        .into_iter()
        .filter_map(|(subject, facts)| known.change(subject, Some(facts)))
        .collect();
    Ok((compared, changes))
}

/// Writes and logs changes, and takes the import to `position`. `Stale` when somebody else has moved it.
async fn apply(
    writing: &mut Writing,
    import: &mut ImportRow,
    compared: usize,
    changes: &[Change],
    position: String,
) -> Result<(), StoreError> {
    let mut tally = import.tally;
    tally.add(Tally::of(compared, changes));
    let mut last_change = import.last_change;
    if !changes.is_empty() {
        let number = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        let row = query(NUMBER_CHANGES)
            .bind(number)
            .fetch_one(&mut **writing)
            .await?;
        last_change = row.try_get("value")?;
        facts::log(writing, import.id, last_change - number + 1, changes).await?;
        facts::write(writing, changes).await?;
        leaving::stop(writing, changes, import.day(), import.began_at).await?;
    }
    let advanced = query(ADVANCE)
        .bind(position.as_str())
        .bind(stored(tally.added))
        .bind(stored(tally.changed))
        .bind(stored(tally.removed))
        .bind(stored(tally.unchanged))
        .bind(last_change)
        .bind(import.id)
        .bind(import.position.as_str())
        .execute(&mut **writing)
        .await?;
    moved(advanced)?;
    import.tally = tally;
    import.last_change = last_change;
    import.position = position;
    Ok(())
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

// -- the life of an import ------------------------------------------------------------------------------------------------

impl Store {
    /// The version of the registry: the number of its last change.
    pub async fn registry_version(&self) -> Result<i64, StoreError> {
        let row = query(VERSION).fetch_optional(&self.read).await?;
        Ok(row
            .map(|row| row.try_get("value"))
            .transpose()?
            .unwrap_or_default())
    }

    /// Begins an import, or goes on with the same one that was left unfinished.
    ///
    /// # Errors
    /// [`ImportError::Unfinished`] while another one is.
    pub async fn open_import(
        &self,
        new: &NewImport<'_>,
        at: Timestamp,
    ) -> Result<ImportRow, ImportError> {
        let mut writing = self.begin().await?;
        let unfinished = unfinished(&mut writing).await?;
        if let Some(first) = unfinished.into_iter().next() {
            let same = first.kind == new.kind
                && first.sha256 == new.sha256
                && first.whole == new.whole
                && first.undoes.is_none();
            return if same {
                Ok(first)
            } else {
                Err(ImportError::Unfinished {
                    id: first.id,
                    file: first.file,
                })
            };
        }
        let import = insert(&mut writing, new, None, String::new(), at).await?;
        writing.commit().await?;
        Ok(import)
    }

    /// Compares without changing anything.
    pub async fn compare(&self, wanted: Vec<Wanted>, day: Date) -> Result<Tally, StoreError> {
        let mut connection = self.read.acquire().await?;
        let (compared, changes) = compare(&self.keys, &mut connection, wanted, day).await?;
        Ok(Tally::of(compared, &changes))
    }

    /// Takes entries of one kind in the order of their keys, up to `position`, in one transaction.
    pub async fn take(
        &self,
        import: &mut ImportRow,
        wanted: Vec<Wanted>,
        position: String,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let (compared, changes) = compare(&self.keys, &mut writing, wanted, import.day()).await?;
        let mut next = import.clone();
        apply(&mut writing, &mut next, compared, &changes, position).await?;
        writing.commit().await?;
        *import = next;
        Ok(())
    }

    /// Marks an import as finished.
    pub async fn finish_import(
        &self,
        import: &mut ImportRow,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let done = query(SET_STATE)
            .bind(ImportState::Done.as_str())
            .bind(at.as_millisecond())
            .bind(import.id)
            .bind(ImportState::Running.as_str())
            .execute(&mut *writing)
            .await?;
        moved(done)?;
        let event = match import.undoes {
            Some(_) => Event::RegistryUndone,
            None => Event::RegistryImported,
        };
        audit_import(&mut writing, import, event, at).await?;
        writing.commit().await?;
        import.state = ImportState::Done;
        import.ended_at = Some(at);
        Ok(())
    }

    /// Every import, the oldest first.
    pub async fn imports(&self) -> Result<Vec<ImportRow>, StoreError> {
        let rows = query(IMPORTS).fetch_all(&self.scan).await?;
        rows.iter().map(import_row).collect()
    }

    /// For how many employers somebody is in office.
    pub async fn count_staffed(&self) -> Result<u64, StoreError> {
        let row = query(STAFFED).fetch_one(&self.scan).await?;
        let staffed: i64 = row.try_get("staffed")?;
        Ok(staffed.unsigned_abs())
    }

    /// For how many of these, in the order of their keys, somebody is in office.
    pub async fn staffed_among(&self, some: &[(Ruc, BranchCode)]) -> Result<u64, StoreError> {
        let mut rucs: Vec<Ruc> = some.iter().map(|(ruc, _)| ruc.clone()).collect();
        rucs.dedup();
        let mut connection = self.read.acquire().await?;
        let known =
            Known::read(&self.keys, &mut connection, &[Part::Representative], &rucs).await?;
        let in_office = |key: &&(Ruc, BranchCode)| {
            let people = known.representatives.get(*key);
            people.is_some_and(|people| people.iter().any(|person| person.ended.is_none()))
        };
        Ok(count(some.iter().filter(in_office).count()))
    }

    /// Keys of the operator's employers behind `after`, a page of them.
    pub async fn employer_keys(
        &self,
        after: Option<&(Ruc, BranchCode)>,
    ) -> Result<Vec<(Ruc, BranchCode)>, StoreError> {
        let rows = query(EMPLOYER_KEYS)
            .bind(after.map_or("", |(ruc, _)| ruc.as_str()))
            .bind(after.map_or("", |(_, branch)| branch.as_str()))
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    parsed(row, "employers", "ruc")?,
                    parsed(row, "employers", "branch")?,
                ))
            })
            .collect()
    }
}

async fn unfinished(writing: &mut Writing) -> Result<Vec<ImportRow>, StoreError> {
    let rows = query(UNFINISHED).fetch_all(&mut **writing).await?;
    rows.iter().map(import_row).collect()
}

async fn insert(
    writing: &mut Writing,
    new: &NewImport<'_>,
    undoes: Option<i64>,
    position: String,
    at: Timestamp,
) -> Result<ImportRow, StoreError> {
    query(COUNTERS).execute(&mut **writing).await?;
    let row = query(NUMBER_IMPORT).fetch_one(&mut **writing).await?;
    let id: i64 = row.try_get("value")?;
    let row = query(VERSION).fetch_one(&mut **writing).await?;
    let version: i64 = row.try_get("value")?;
    let import = ImportRow {
        id,
        kind: new.kind,
        file: new.file.to_owned(),
        sha256: new.sha256,
        whole: new.whole,
        undoes,
        actor: new.actor.to_owned(),
        state: ImportState::Running,
        began_at: at,
        ended_at: None,
        position,
        rows: new.rows,
        tally: Tally::default(),
        first_change: version + 1,
        last_change: version,
    };
    query(BEGIN)
        .bind(id)
        .bind(new.kind.as_str())
        .bind(new.file)
        .bind(new.sha256.to_string())
        .bind(i64::from(new.whole))
        .bind(undoes)
        .bind(new.actor)
        .bind(at.as_millisecond())
        .bind(import.position.as_str())
        .bind(stored(new.rows.read))
        .bind(stored(new.rows.rejected))
        .bind(stored(new.rows.remarked))
        .bind(import.first_change)
        .bind(import.last_change)
        .execute(&mut **writing)
        .await?;
    audit_import(writing, &import, Event::RegistryImportBegan, at).await?;
    Ok(import)
}

async fn audit_import(
    writing: &mut Writing,
    import: &ImportRow,
    event: Event,
    at: Timestamp,
) -> Result<(), StoreError> {
    let facts = json!({
        "kind": import.kind,
        "sha256": import.sha256,
        "undoes": import.undoes,
        "rows": import.rows.read,
        "rejected": import.rows.rejected,
        "added": import.tally.added,
        "changed": import.tally.changed,
        "removed": import.tally.removed,
        "version": import.last_change,
    });
    let subject = format!("registry/{}", import.id);
    audit::append(writing, at, &import.actor, &subject, event, &facts).await
}

fn import_row(row: &Row) -> Result<ImportRow, StoreError> {
    const TABLE: &str = "registry_imports";
    let number = |column: &'static str| {
        let number: i64 = row.try_get(column)?;
        u64::try_from(number).map_err(|_| StoreError::Inconsistent {
            table: TABLE,
            column,
        })
    };
    Ok(ImportRow {
        id: row.try_get("id")?,
        kind: parsed(row, TABLE, "kind")?,
        file: row.try_get("file")?,
        sha256: parsed(row, TABLE, "sha256")?,
        whole: row.try_get::<i64>("whole")? != 0,
        undoes: row.try_get("undoes")?,
        actor: row.try_get("actor")?,
        state: parsed(row, TABLE, "state")?,
        began_at: moment(row, TABLE, "began_ms")?,
        ended_at: maybe_moment(row, TABLE, "ended_ms")?,
        position: row.try_get("position")?,
        rows: RowCounts {
            read: number("rows_read")?,
            rejected: number("rows_rejected")?,
            remarked: number("rows_remarked")?,
        },
        tally: Tally {
            added: number("added")?,
            changed: number("changed")?,
            removed: number("removed")?,
            unchanged: number("unchanged")?,
        },
        first_change: row.try_get("first_change")?,
        last_change: row.try_get("last_change")?,
    })
}
