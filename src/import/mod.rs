//! Takes a table into the registry. First the file is read from its beginning to its end: hashed, every row that can't be
//! taken told, the others sorted by employer. Then the sorted rows are taken in batches, each a transaction that also
//! keeps how far the import has come (`store/registry`).
//!
//! An import that was killed is begun again with the same file. It reads the file once more, which is needed anyway to
//! know that it is the same file, tells the same rows, and goes on behind the last batch that was committed.

mod sorter;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use openssl::sha::Sha256 as Hasher;
use serde::{Deserialize, Serialize};

use crate::domain::{BranchCode, Employer, Ruc, Sha256, calendar};
use crate::registry::sri::{Taxpayer, TaxpayerFacts};
use crate::registry::supercias::{Company, CompanyFacts};
use crate::registry::{Entry, Flaw, RegistryError, representatives, sri, supercias};
use crate::store::{
    ImportError, ImportKind, ImportRow, NewImport, RowCounts, Store, Tally, Wanted,
};
use sorter::{Sorted, Sorter};

/// Subjects that are taken in one transaction: it holds the only writer of SQLite for about a tenth of a second.
const BATCH: usize = 4000;
/// Rows between two calls of a progress function while reading.
const ROWS_PER_CALL: u64 = 2048;
/// Bytes that are hashed at a time.
const HASH_BUFFER: usize = 1 << 16;

/// Why a table can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The file is not such a table.
    #[error(transparent)]
    Table(#[from] RegistryError),
    /// The file, or the folder that is sorted in, can't be used.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The import can't begin or go on.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl From<crate::store::StoreError> for TakeError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Import(error.into())
    }
}

/// Something to tell about a row.
#[derive(Debug)]
pub struct Complaint<'a> {
    /// Line of the file, from 1.
    pub line: u64,
    /// Whether the row was taken all the same.
    pub taken: bool,
    /// What is wrong, or odd.
    pub flaw: &'a Flaw,
    /// The row.
    pub row: &'a str,
}

/// Who imports what, and when.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Who does it.
    pub actor: &'a str,
    /// Whether employers that the file does not list lose their representatives.
    pub whole: bool,
    /// Now.
    pub at: Timestamp,
}

/// What one row says, on its way through the sorter.
#[derive(Debug, Serialize, Deserialize)]
enum Row {
    Taxpayer(TaxpayerFacts),
    Company(CompanyFacts),
    Employer(Employer),
    /// A row of an employer that can't be taken: nobody leaves office by what may stand there.
    Unreadable,
}

/// A table that has been read and sorted.
#[derive(Debug)]
pub struct Table {
    kind: ImportKind,
    sha256: Sha256,
    rows: RowCounts,
    /// Rows that can't be read, and nobody knows of whom they speak.
    nameless: u64,
    sorted: Sorted,
}

impl Table {
    /// Rows of the file.
    #[must_use]
    pub fn rows(&self) -> RowCounts {
        self.rows
    }
}

/// Whom a table of the whole registry would take everybody from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Losses {
    /// Employers for whom somebody is in office.
    pub employers: u64,
    /// Those of them for whom nobody would be any more.
    pub deserted: u64,
    /// Rows of the table that can be taken.
    pub rows: u64,
    /// Rows of which nobody knows whom they keep in office.
    pub nameless: u64,
}

/// Between two tables so many employers may disappear without a question: the few of a small registry, and two in a hundred.
const FEW_EMPLOYERS: u64 = 20;
const USUAL_SHARE: u64 = 50;

impl Losses {
    /// Whether the table is rather cut short, or damaged, than the whole registry.
    #[must_use]
    pub fn are_suspicious(&self) -> bool {
        let many = self.deserted > FEW_EMPLOYERS && self.deserted * USUAL_SHARE > self.employers;
        let perhaps_listed = self.nameless > 0 && self.deserted > 0;
        many || perhaps_listed || self.rows == 0 && self.employers > 0
    }
}

// -- reading --------------------------------------------------------------------------------------------------------------

/// Reads a table whole. Rows that can't be taken, and what is odd about others, go to `tell`; `progress` is called with
/// the number of rows now and then; `folder` is used for sorting when the table is larger than memory should hold.
///
/// # Errors
/// When it is not such a table, or can't be read. No row alone is an error.
pub fn read(
    kind: ImportKind,
    mut input: impl Read + Seek,
    folder: &Path,
    tell: impl FnMut(&Complaint<'_>) -> io::Result<()>,
    progress: impl FnMut(u64),
) -> Result<Table, TakeError> {
    let mut reading = Reading {
        sorter: Sorter::new(folder.to_owned())?,
        rows: RowCounts::default(),
        nameless: 0,
        waiting: None,
        tell,
        progress,
    };
    let sha256 = if kind == ImportKind::Supercias {
        // A workbook is not read from its beginning to its end.
        let sha256 = digest(&mut input)?;
        input.seek(SeekFrom::Start(0))?;
        supercias::read(input, |entry| reading.company(entry))?;
        sha256
    } else {
        let mut hashed = Hashed {
            input,
            hasher: Hasher::new(),
        };
        if kind == ImportKind::SriRuc {
            for entry in sri::rows(&mut hashed)? {
                reading.taxpayer(entry?)?;
            }
        } else {
            for entry in representatives::rows(&mut hashed)? {
                reading.employer(entry?)?;
            }
        }
        Sha256::from_array(hashed.hasher.finish())
    };
    reading.push_waiting()?;
    let mut table = Table {
        kind,
        sha256,
        rows: reading.rows,
        nameless: reading.nameless,
        sorted: reading.sorter.finish()?,
    };
    if kind == ImportKind::Representatives {
        table.rows.rejected += tell_contradictions(&mut table.sorted, &mut reading.tell)?;
    }
    Ok(table)
}

/// Tells where rows of one employer contradict one another, which only shows once they stand together; how many rows are not taken
/// for that.
fn tell_contradictions(
    sorted: &mut Sorted,
    tell: &mut impl FnMut(&Complaint<'_>) -> io::Result<()>,
) -> io::Result<u64> {
    let mut rejected = 0;
    let mut subjects = Subjects::new(sorted)?;
    while let Some((key, subject)) = subjects.next()? {
        if let Some((line, flaw)) = &subject.contradicted {
            rejected += subject.rows;
            tell(&Complaint {
                line: *line,
                taken: false,
                flaw,
                row: &key,
            })?;
        }
    }
    sorted.rewind()?;
    Ok(rejected)
}

fn digest(input: &mut impl Read) -> io::Result<Sha256> {
    let mut hashed = Hashed {
        input,
        hasher: Hasher::new(),
    };
    io::copy(&mut hashed, &mut io::sink())?;
    Ok(Sha256::from_array(hashed.hasher.finish()))
}

/// Hashes what is read through it.
struct Hashed<R> {
    input: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = into.len().min(HASH_BUFFER);
        let read = self.input.read(&mut into[..room])?;
        self.hasher.update(&into[..read]);
        Ok(read)
    }
}

/// A table while it is read.
struct Reading<T, P> {
    sorter: Sorter,
    rows: RowCounts,
    nameless: u64,
    /// The taxpayer of the last row: most establishments stand one behind the other.
    waiting: Option<(u64, Taxpayer)>,
    tell: T,
    progress: P,
}

impl<T: FnMut(&Complaint<'_>) -> io::Result<()>, P: FnMut(u64)> Reading<T, P> {
    fn taxpayer(&mut self, entry: Entry<Taxpayer>) -> io::Result<()> {
        self.count(&entry)?;
        let Ok(taxpayer) = entry.taken else {
            return Ok(());
        };
        self.waiting = match self.waiting.take() {
            Some((line, known)) if known.ruc == taxpayer.ruc => {
                let facts = known.facts.or_newer(taxpayer.facts);
                Some((line, Taxpayer { facts, ..taxpayer }))
            }
            other => {
                self.waiting = other;
                self.push_waiting()?;
                Some((entry.line, taxpayer))
            }
        };
        Ok(())
    }

    fn push_waiting(&mut self) -> io::Result<()> {
        match self.waiting.take() {
            None => Ok(()),
            Some((line, Taxpayer { ruc, facts })) => {
                self.sorter.push(ruc.into(), line, &Row::Taxpayer(facts))
            }
        }
    }

    fn company(&mut self, entry: Entry<Company>) -> io::Result<()> {
        self.count(&entry)?;
        match entry.taken {
            Ok(Company { ruc, facts }) => {
                self.sorter
                    .push(ruc.into(), entry.line, &Row::Company(facts))
            }
            Err(_) => Ok(()),
        }
    }

    fn employer(&mut self, row: representatives::TableEntry) -> io::Result<()> {
        self.count(&row.entry)?;
        let Some(about) = row.about else {
            self.nameless += 1;
            return Ok(());
        };
        let said = match row.entry.taken {
            Ok(taken) => Row::Employer(taken.employer),
            Err(_) => Row::Unreadable,
        };
        self.sorter
            .push(employer_key(&about), row.entry.line, &said)
    }

    fn count<V>(&mut self, entry: &Entry<V>) -> io::Result<()> {
        self.rows.read += 1;
        if self.rows.read.is_multiple_of(ROWS_PER_CALL) {
            (self.progress)(self.rows.read);
        }
        let taken = entry.taken.is_ok();
        self.rows.rejected += u64::from(!taken);
        self.rows.remarked += u64::from(taken && !entry.remarks.is_empty());
        for flaw in entry.taken.as_ref().err().into_iter().chain(&entry.remarks) {
            (self.tell)(&Complaint {
                line: entry.line,
                taken,
                flaw,
                row: &entry.raw,
            })?;
        }
        Ok(())
    }
}

fn employer_key((ruc, branch): &(Ruc, BranchCode)) -> String {
    format!("{ruc}/{branch}")
}

// -- taking ---------------------------------------------------------------------------------------------------------------

/// Takes a table into the registry; `progress` is called with what was done after each batch.
pub async fn take(
    store: &Store,
    mut table: Table,
    order: &Order<'_>,
    mut progress: impl FnMut(&Tally),
) -> Result<ImportRow, TakeError> {
    let new = NewImport {
        kind: table.kind,
        file: order.file,
        sha256: table.sha256,
        whole: order.whole,
        actor: order.actor,
        rows: table.rows,
    };
    let mut import = store.open_import(&new, order.at).await?;
    let mut batches = Batches::new(&mut table.sorted, order.whole)?;
    while let Some((wanted, position)) = batches.next(store, &import.position).await? {
        store.take(&mut import, wanted, position).await?;
        progress(&import.tally);
    }
    store.finish_import(&mut import, order.at).await?;
    Ok(import)
}

/// What taking a table would do, without doing it.
pub async fn rehearse(
    store: &Store,
    mut table: Table,
    order: &Order<'_>,
    mut progress: impl FnMut(&Tally),
) -> Result<Tally, TakeError> {
    let day = calendar::in_ecuador(order.at).date();
    let mut total = Tally::default();
    let mut batches = Batches::new(&mut table.sorted, order.whole)?;
    while let Some((wanted, _)) = batches.next(store, "").await? {
        total.add(store.compare(wanted, day).await?);
        progress(&total);
    }
    Ok(total)
}

/// Whom a table would take everybody from if it were the whole registry. The table can be taken afterwards.
pub async fn losses(store: &Store, table: &mut Table) -> Result<Losses, TakeError> {
    let mut deserted = 0;
    let mut batches = Batches::new(&mut table.sorted, true)?;
    while let Some((wanted, _)) = batches.next(store, "").await? {
        let without: Vec<(Ruc, BranchCode)> = wanted
            .into_iter()
            .filter_map(|wanted| match wanted {
                Wanted::Absent(ruc, branch) => Some((ruc, branch)),
                Wanted::Employer { employer, complete } => (complete
                    && employer.representatives.is_empty())
                .then_some((employer.ruc, employer.branch)),
                Wanted::Taxpayer(_) | Wanted::Company(_) => None,
            })
            .collect();
        deserted += store.staffed_among(&without).await?;
    }
    table.sorted.rewind()?;
    Ok(Losses {
        employers: store.count_staffed().await?,
        deserted,
        rows: table.rows.read - table.rows.rejected,
        nameless: table.nameless,
    })
}

/// The sorted rows, those of one subject taken together.
struct Subjects<'a> {
    sorted: &'a mut Sorted,
    /// The first row of the next subject.
    ahead: Option<(String, u64, Row)>,
}

impl<'a> Subjects<'a> {
    fn new(sorted: &'a mut Sorted) -> io::Result<Self> {
        let ahead = sorted.next()?;
        Ok(Self { sorted, ahead })
    }

    /// The key of the next subject.
    fn key(&self) -> Option<&str> {
        self.ahead.as_ref().map(|(key, ..)| key.as_str())
    }

    fn next(&mut self) -> io::Result<Option<(String, Subject)>> {
        let Some((key, line, first)) = self.ahead.take() else {
            return Ok(None);
        };
        let mut subject = Subject::default().and(line, first);
        loop {
            match self.sorted.next()? {
                Some((next, line, row)) if next == key => subject = subject.and(line, row),
                other => {
                    self.ahead = other;
                    return Ok(Some((key, subject)));
                }
            }
        }
    }
}

/// The subjects in batches, together with the employers that a whole registry no longer lists.
struct Batches<'a> {
    subjects: Subjects<'a>,
    known: Option<KnownKeys>,
}

/// Keys of the employers on file, page by page.
#[derive(Default)]
struct KnownKeys {
    page: VecDeque<(Ruc, BranchCode)>,
    last: Option<(Ruc, BranchCode)>,
    exhausted: bool,
}

impl<'a> Batches<'a> {
    fn new(sorted: &'a mut Sorted, whole: bool) -> io::Result<Self> {
        Ok(Self {
            subjects: Subjects::new(sorted)?,
            known: whole.then(KnownKeys::default),
        })
    }

    /// The next batch behind `position`, with the position that it leads to.
    async fn next(
        &mut self,
        store: &Store,
        position: &str,
    ) -> Result<Option<(Vec<Wanted>, String)>, TakeError> {
        let mut wanted = Vec::new();
        let mut reached = None;
        while wanted.len() < BATCH {
            let Some((key, subject)) = self.next_subject(store).await? else {
                break;
            };
            if key.as_str() > position {
                wanted.extend(subject);
                reached = Some(key);
            }
        }
        Ok(reached.map(|reached| (wanted, reached)))
    }

    /// The next subject, listed or absent. A subject of which no row can be read is listed, and nothing is wanted of it.
    async fn next_subject(
        &mut self,
        store: &Store,
    ) -> Result<Option<(String, Option<Wanted>)>, TakeError> {
        if let Some(known) = &mut self.known
            && let Some(absent) = known.before(store, self.subjects.key()).await?
        {
            let key = employer_key(&absent);
            return Ok(Some((key, Some(Wanted::Absent(absent.0, absent.1)))));
        }
        let next = self.subjects.next()?;
        Ok(next.map(|(key, subject)| {
            let wanted = subject.wanted(&key);
            (key, wanted)
        }))
    }
}

impl KnownKeys {
    /// The next employer on file that comes before the next listed one.
    async fn before(
        &mut self,
        store: &Store,
        listed: Option<&str>,
    ) -> Result<Option<(Ruc, BranchCode)>, TakeError> {
        if self.page.is_empty() && !self.exhausted {
            self.page = store.employer_keys(self.last.as_ref()).await?.into();
            self.exhausted = self.page.is_empty();
            self.last = self.page.back().cloned().or(self.last.take());
        }
        let Some(first) = self.page.front().map(employer_key) else {
            return Ok(None);
        };
        match listed.map(|key| first.as_str().cmp(key)) {
            Some(Ordering::Greater) => Ok(None),
            Some(Ordering::Equal) => {
                self.page.pop_front();
                Ok(None)
            }
            Some(Ordering::Less) | None => Ok(self.page.pop_front()),
        }
    }
}

/// All rows of one subject, taken together.
#[derive(Default)]
struct Subject {
    row: Option<Row>,
    /// Rows that can be read.
    rows: u64,
    /// Rows that can't be: perhaps they list somebody.
    unreadable: bool,
    /// The first row that can't be true if those before it are.
    contradicted: Option<(u64, Flaw)>,
}

impl Subject {
    fn and(mut self, line: u64, row: Row) -> Self {
        self.rows += u64::from(!matches!(row, Row::Unreadable));
        self.row = match (self.row, row) {
            (known, Row::Unreadable) => {
                self.unreadable = true;
                known
            }
            (Some(Row::Taxpayer(known)), Row::Taxpayer(later)) => {
                Some(Row::Taxpayer(known.or_newer(later)))
            }
            (Some(Row::Employer(mut known)), Row::Employer(employer)) => {
                let merged = representatives::RegistryRow { employer }.merge_into(&mut known);
                self.contradicted = self.contradicted.or(merged.err().map(|flaw| (line, flaw)));
                Some(Row::Employer(known))
            }
            // A company that stands in the directory twice: the later row.
            (_, row) => Some(row),
        };
        self
    }

    /// What is to be known of it; nothing where its rows contradict one another.
    fn wanted(self, key: &str) -> Option<Wanted> {
        if self.contradicted.is_some() {
            return None;
        }
        match self.row? {
            Row::Taxpayer(facts) => Some(Wanted::Taxpayer(Taxpayer {
                ruc: key.parse().ok()?,
                facts,
            })),
            Row::Company(facts) => Some(Wanted::Company(Company {
                ruc: key.parse().ok()?,
                facts,
            })),
            Row::Employer(employer) => Some(Wanted::Employer {
                employer,
                complete: !self.unreadable,
            }),
            Row::Unreadable => None,
        }
    }
}
