//! Moves an installation to other stores: its rows from one database to another, its documents from one store to another, and
//! compares all of it in the end. The source is only read. What is moved is noted in the target with every page, so that a
//! move that was interrupted, however, goes on when it is begun again; until it has ended no service begins there.
//!
//! Protected columns go as they are: each is bound to its row and not to its database. Documents are opened, compared with
//! their digest, and kept as the target keeps documents.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::documents::{DocumentError, Documents};
use crate::domain::Sha256;
use crate::protection::ProtectionError;
use crate::store::{AuditBreak, Progress, Snapshot, Store, StoreError, Table, TableSum};

/// Documents on their way at a time.
const AT_ONCE: usize = 8;

/// A database and its documents.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The rows.
    pub store: Store,
    /// The documents.
    pub documents: Documents,
}

/// Why nothing is moved, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The target's tables are not empty, and not from a move.
    #[error("the target holds rows already: {}", .0.join(", "))]
    HoldsRows(Vec<String>),
    /// The target's documents are not from a move.
    #[error("the target holds documents already")]
    HoldsDocuments,
    /// The target holds part of another installation, or of this one as it stood before.
    #[error(
        "the target holds part of another installation, or of this one before it was used again"
    )]
    OtherSource,
    /// Source and target have not the same tables.
    #[error("source and target have not the same tables")]
    OtherTables,
    /// The source was used while it was moved.
    #[error("the source was used while it was moved")]
    Used,
    /// These tables are not the same in the end.
    #[error("not the same in the end: {}", .0.join(", "))]
    Differs(Vec<String>),
    /// The audit log of the target is not whole.
    #[error("the audit log is not whole: {0}")]
    Audit(AuditBreak),
    /// The target did not give back what it was given.
    #[error("the target did not give back what it was given: {0}")]
    NotGivenBack(Sha256),
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A store of documents failed.
    #[error(transparent)]
    Documents(#[from] DocumentError),
}

/// What was moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Each table with the rows that the source has and those that the target has.
    pub tables: Vec<(String, u64, u64)>,
    /// Documents, forms and answers that rows name and that the target gave back as they should be.
    pub documents: u64,
    /// The others, which are damaged or missing in the source.
    pub damaged: Vec<Sha256>,
    /// Rows of the audit log, whose chain is whole.
    pub audit_rows: u64,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Rows of this table came.
    Rows(&'a str, u64),
    /// A part of the documents came: which of 256, and how many were new.
    Documents(u8, u64),
    /// Everything is there; it is to be compared.
    Arrived,
}

/// How far the comparison in the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared<'a> {
    /// This table.
    Table(&'a str),
    /// Documents of a part: which of 256.
    Documents(u8),
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Table(usize),
    Slice(u8),
    Pieces,
    Arrived,
}

/// A move under way.
#[derive(Debug)]
pub struct Move {
    from: Installation,
    to: Installation,
    source: Snapshot,
    mark: String,
    next: Next,
}

impl Move {
    /// Begins a move, or takes up one that was interrupted. `shared` when both installations have the same documents.
    ///
    /// # Errors
    /// When the target holds anything else.
    pub async fn begin(
        from: Installation,
        to: Installation,
        shared: bool,
    ) -> Result<Self, MoveError> {
        let mut source = from.store.snapshot().await?;
        let mut target = to.store.snapshot().await?;
        if source.tables() != target.tables() {
            return Err(MoveError::OtherTables);
        }
        let mark = source.mark().await?;
        match to.store.move_under_way().await? {
            Some(known) if known == mark => {}
            Some(_) => return Err(MoveError::OtherSource),
            None => {
                check_empty(&mut target).await?;
                if !shared && holds_documents(&to.documents).await? {
                    return Err(MoveError::HoldsDocuments);
                }
                let source = Progress {
                    position: mark.clone(),
                    ..Progress::default()
                };
                to.store.note_progress("source", &source).await?;
            }
        }
        Ok(Self {
            from,
            to,
            source,
            mark,
            next: Next::Table(0),
        })
    }

    /// How many rows there are to move.
    pub async fn count_rows(&mut self) -> Result<u64, MoveError> {
        let mut rows: u64 = 0;
        for table in self.source.tables().to_vec() {
            rows = rows.saturating_add(self.source.count(&table).await?);
        }
        Ok(rows)
    }

    /// Moves the next page of rows or part of the documents.
    pub async fn step(&mut self, told: impl FnOnce(Step<'_>)) -> Result<bool, MoveError> {
        match self.next {
            Next::Table(place) => {
                let Some(table) = self.source.tables().get(place).cloned() else {
                    self.next = Next::Slice(0);
                    return Ok(true);
                };
                let (rows, ended) = self.move_rows(&table).await?;
                if ended {
                    self.next = Next::Table(place.saturating_add(1));
                }
                told(Step::Rows(&table.name, rows));
                Ok(true)
            }
            Next::Slice(byte) => {
                let documents = self.move_documents(byte).await?;
                self.next = byte.checked_add(1).map_or(Next::Pieces, Next::Slice);
                told(Step::Documents(byte, documents));
                Ok(true)
            }
            Next::Pieces => {
                let pieces = self.move_pieces().await?;
                self.next = Next::Arrived;
                told(Step::Documents(u8::MAX, pieces));
                Ok(true)
            }
            Next::Arrived => {
                told(Step::Arrived);
                Ok(false)
            }
        }
    }

    /// One page of a table: how many rows came, those of an earlier attempt included when it is the first one of this; and
    /// whether the table ends with it.
    async fn move_rows(&mut self, table: &Table) -> Result<(u64, bool), MoveError> {
        let here = self.to.store.progress_of(&table.part()).await?;
        if here.ended {
            return Ok((here.done, true));
        }
        let after = Some(here.position.as_str()).filter(|position| !position.is_empty());
        let page = self.source.page(table, after).await?;
        let progress = Progress {
            position: page.next.clone().unwrap_or_default(),
            done: here.done.saturating_add(page.len()),
            ended: page.next.is_none(),
        };
        self.to.store.take_rows(table, &page, &progress).await?;
        Ok((page.len(), progress.ended))
    }

    /// Documents whose digests begin with `byte`: what the source keeps and the target does not, and what rows name.
    async fn move_documents(&mut self, byte: u8) -> Result<u64, MoveError> {
        let part = format!("documents/{byte:02x}");
        let known = self.to.store.progress_of(&part).await?;
        if known.ended {
            return Ok(known.done);
        }
        let named = self.source.documents_named(byte).await?;
        let kept = digests(&self.from.documents, byte).await?;
        let here = digests(&self.to.documents, byte).await?;
        let wanted: Vec<Sha256> = kept.union(&named).copied().collect();
        let coming = wanted.iter().filter(|sha256| !here.contains(sha256));
        let came: Vec<bool> = futures::stream::iter(coming.copied())
            .map(|sha256| self.move_document(sha256))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let gone = came.into_iter().filter(|came| !came).count();
        let progress = Progress {
            position: String::new(),
            done: wanted.len().saturating_sub(gone) as u64,
            ended: true,
        };
        self.to.store.note_progress(&part, &progress).await?;
        Ok(progress.done)
    }

    /// Moves one document; whether the source has it as it was.
    async fn move_document(&self, sha256: Sha256) -> Result<bool, MoveError> {
        let Some(bytes) = whole(self.from.documents.read(sha256).await)? else {
            return Ok(false);
        };
        self.to.documents.keep_bytes(bytes).await?;
        Ok(true)
    }

    /// Pieces of uploads under way. One that is damaged costs its upload: whoever sends it begins again.
    async fn move_pieces(&self) -> Result<u64, MoveError> {
        let known = self.to.store.progress_of("pieces").await?;
        if known.ended {
            return Ok(known.done);
        }
        let mut done: u64 = 0;
        for (upload, piece) in self.from.documents.pieces().await? {
            let read = self.from.documents.read_piece(upload, piece).await;
            if let Some(bytes) = whole(read)? {
                self.to.documents.keep_piece(upload, bytes).await?;
                done = done.saturating_add(1);
            }
        }
        let progress = Progress {
            position: String::new(),
            done,
            ended: true,
        };
        self.to.store.note_progress("pieces", &progress).await?;
        Ok(done)
    }

    /// Compares every table, follows the chain of the audit log, reads every document that rows name in the target, and ends the
    /// move when all is well, or when `leave_damaged` says that documents which the source has no more may stay behind. `told`
    /// hears of each table and of each part of the documents.
    ///
    /// # Errors
    /// When something is not the same; then the move has not ended.
    pub async fn end(
        mut self,
        leave_damaged: bool,
        actor: &str,
        at: Timestamp,
        mut told: impl FnMut(Compared<'_>),
    ) -> Result<Moved, MoveError> {
        let mut moved = Moved {
            tables: self
                .compare_rows(|table| told(Compared::Table(table)))
                .await?,
            ..Moved::default()
        };
        let checked = self.to.store.verify_audit().await?;
        moved.audit_rows = checked.map_err(MoveError::Audit)?;
        for byte in 0..=u8::MAX {
            told(Compared::Documents(byte));
            let named = self.source.documents_named(byte).await?;
            let read: Vec<Option<Sha256>> = futures::stream::iter(named.iter().copied())
                .map(|sha256| self.read_back(sha256))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            let damaged = read.into_iter().flatten();
            moved.damaged.extend(damaged);
            moved.documents = moved.documents.saturating_add(named.len() as u64);
        }
        moved.documents = moved.documents.saturating_sub(moved.damaged.len() as u64);
        if moved.damaged.is_empty() || leave_damaged {
            let rows = moved.tables.iter().map(|(_, _, rows)| rows).sum();
            let (documents, damaged) = (moved.documents, &moved.damaged);
            let store = &self.to.store;
            store.end_move(actor, rows, documents, damaged, at).await?;
        }
        Ok(moved)
    }

    /// Compares the tables of the source, as they stand now, with those of the target: each with the rows on both sides.
    async fn compare_rows(
        &mut self,
        mut told: impl FnMut(&str),
    ) -> Result<Vec<(String, u64, u64)>, MoveError> {
        // Not everything that a service does is a row of the log: a mail that was sent is none.
        let mut source = self.from.store.snapshot().await?;
        let mut target = self.to.store.snapshot().await?;
        let mut used = source.mark().await? != self.mark;
        let (mut tables, mut differing) = (Vec::new(), Vec::new());
        for table in self.source.tables().to_vec() {
            told(&table.name);
            let one: TableSum = source.sum(&table).await?;
            let other = target.sum(&table).await?;
            if one != other {
                used |= self.source.sum(&table).await? != one;
                differing.push(table.name.clone());
            }
            tables.push((table.name, one.rows, other.rows));
        }
        if used {
            Err(MoveError::Used)
        } else if differing.is_empty() {
            Ok(tables)
        } else {
            Err(MoveError::Differs(differing))
        }
    }

    /// Reads a document in the target, whenever and by whomever it was put there; one that is not as it should be comes again
    /// from the source. Its digest when the source has it no more either.
    async fn read_back(&self, sha256: Sha256) -> Result<Option<Sha256>, MoveError> {
        let target = &self.to.documents;
        if whole(target.read(sha256).await)?.is_some() {
            return Ok(None);
        }
        if !self.move_document(sha256).await? {
            return Ok(Some(sha256));
        }
        match whole(target.read(sha256).await)? {
            Some(_) => Ok(None),
            None => Err(MoveError::NotGivenBack(sha256)),
        }
    }
}

/// Bytes that are what they should be; nothing when the store has them no more as they were.
fn whole(read: Result<Bytes, DocumentError>) -> Result<Option<Bytes>, MoveError> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(
            DocumentError::Missing
            | DocumentError::Damaged
            | DocumentError::Protection(ProtectionError::Changed),
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn digests(documents: &Documents, byte: u8) -> Result<BTreeSet<Sha256>, MoveError> {
    let listed = documents.slice(byte).await?;
    Ok(listed.into_iter().map(|listed| listed.sha256).collect())
}

async fn check_empty(target: &mut Snapshot) -> Result<(), MoveError> {
    let mut filled = Vec::new();
    for table in target.tables().to_vec() {
        let page = target.page(&table, None).await?;
        if !page.is_empty() {
            filled.push(table.name);
        }
    }
    if filled.is_empty() {
        Ok(())
    } else {
        Err(MoveError::HoldsRows(filled))
    }
}

async fn holds_documents(documents: &Documents) -> Result<bool, MoveError> {
    for byte in 0..=u8::MAX {
        if !documents.slice(byte).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(!documents.pieces().await?.is_empty())
}
