//! What imports changed: listed, undone, and read backwards to know the registry as it was.
//!
//! **Undoing** is an import of its own: it brings back, change by change from the last to the first, what was known before
//! and logs that in its turn, so versions only ever grow and an undo can itself be undone. It is refused when an import
//! that still counts has changed one of the same taxpayers, companies or employers later: that one is undone first. What
//! petitions did since stands: a signed address stays, and an employer with an account stays on file, without the
//! representatives that the import brought.

use jiff::Timestamp;

use super::super::sql::{Row, query};
use super::facts::{Change, Facts, Known, Part, Subject};
use super::{
    ImportError, ImportKind, ImportRow, ImportState, NewImport, RowCounts, apply, import_row,
    insert, unfinished,
};
use crate::domain::Ruc;
use crate::protection::Keyring;
use crate::store::protected::{AFTER, BEFORE, Column};
use crate::store::{Store, StoreError, Writing, moved, parsed};

macro_rules! change_columns {
    () => {
        "seq, part, ruc, branch, item, before_image, after_image"
    };
}
const CHANGES: &str = concat!(
    "select ",
    change_columns!(),
    " from registry_changes where seq > $1 and seq <= $2 order by seq limit $3"
);
const CHANGES_BACKWARDS: &str = concat!(
    "select ",
    change_columns!(),
    " from registry_changes where seq < $1 and seq >= $2 order by seq desc limit $3"
);
const CHANGES_SINCE: &str = concat!(
    "select ",
    change_columns!(),
    " from registry_changes where ruc = $1 and seq > $2 order by seq desc"
);
// A later change of the same taxpayer, company or employer counts unless its import was undone or is an undo itself:
// those two cancel each other.
const CHANGED_SINCE: &str = "select count(*) as changes, min(later.seq) as first_seq from registry_changes own \
     join registry_changes later on later.ruc = own.ruc and later.seq > $2 and later.branch = own.branch \
     and (later.part = own.part or own.branch <> '') \
     join registry_imports i on i.id = later.import_id and i.state in ('running', 'done') and i.kind <> 'undo' \
     where own.seq >= $1 and own.seq <= $2";
const BY_WHOM: &str = "select ruc, import_id from registry_changes where seq = $1";
const TOUCHES: &str =
    "select seq from registry_changes where ruc = $1 and seq >= $2 and seq <= $3 limit 1";
const SET_STATE_FROM: &str = "update registry_imports set state = $1 where id = $2 and state = $3";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    CHANGES,
    CHANGES_BACKWARDS,
    CHANGES_SINCE,
    CHANGED_SINCE,
    BY_WHOM,
    TOUCHES,
    SET_STATE_FROM,
];

/// Changes that are undone in one transaction.
const UNDO_BATCH: i64 = 2000;

/// A change with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its number: the version that it led to.
    pub seq: i64,
    /// What changed.
    pub change: Change,
}

impl Store {
    /// The import with this number.
    pub async fn registry_import(&self, id: i64) -> Result<ImportRow, ImportError> {
        let row = query(super::IMPORT)
            .bind(id)
            .fetch_optional(&self.read)
            .await?;
        let row = row.ok_or(ImportError::Unknown(id))?;
        Ok(import_row(&row)?)
    }

    /// Changes of an import behind the number `after`, at most `limit`.
    pub async fn registry_changes(
        &self,
        import: &ImportRow,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LoggedChange>, StoreError> {
        let rows = query(CHANGES)
            .bind(after.max(import.first_change - 1))
            .bind(import.last_change)
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| logged(&self.keys, row)).collect()
    }

    /// Whether an import changed what is known of a RUC.
    pub async fn import_touches(&self, import: &ImportRow, ruc: &Ruc) -> Result<bool, StoreError> {
        let row = query(TOUCHES)
            .bind(ruc.as_str())
            .bind(import.first_change)
            .bind(import.last_change)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }

    /// Begins to take an import back, or goes on with an undo that was left unfinished.
    ///
    /// # Errors
    /// When it does not exist, was undone, or somebody else's import is unfinished or in the way.
    pub async fn open_undo(
        &self,
        id: i64,
        actor: &str,
        at: Timestamp,
    ) -> Result<ImportRow, ImportError> {
        let mut writing = self.begin().await?;
        for other in unfinished(&mut writing).await? {
            if other.undoes == Some(id) {
                return Ok(other);
            }
            if other.id != id {
                return Err(ImportError::Unfinished {
                    id: other.id,
                    file: other.file,
                });
            }
        }
        let row = query(super::IMPORT)
            .bind(id)
            .fetch_optional(&mut *writing)
            .await?;
        let target = import_row(&row.ok_or(ImportError::Unknown(id))?)?;
        if target.state == ImportState::Undone {
            return Err(ImportError::AlreadyUndone(id));
        }
        check_not_changed_since(&mut writing, &target).await?;
        set_state(&mut writing, id, target.state, ImportState::Undone).await?;
        if let Some(undone) = target.undoes {
            // The undo of an undo: what it had taken back counts again.
            set_state(&mut writing, undone, ImportState::Undone, ImportState::Done).await?;
        }
        let new = NewImport {
            kind: ImportKind::Undo,
            file: &target.file,
            sha256: target.sha256,
            whole: false,
            actor,
            rows: RowCounts::default(),
        };
        let position = (target.last_change + 1).to_string();
        let undo = insert(&mut writing, &new, Some(id), position, at).await?;
        writing.commit().await?;
        Ok(undo)
    }

    /// Takes back a batch of changes; `false` when there are no more.
    pub async fn undo_some(&self, undo: &mut ImportRow) -> Result<bool, ImportError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "registry_imports",
            column,
        };
        let target = undo.undoes.ok_or_else(|| inconsistent("undoes"))?;
        let target = self.registry_import(target).await?;
        let before: i64 = undo
            .position
            .parse()
            .map_err(|_| inconsistent("position"))?;
        let mut writing = self.begin().await?;
        let rows = query(CHANGES_BACKWARDS)
            .bind(before)
            .bind(target.first_change)
            .bind(UNDO_BATCH)
            .fetch_all(&mut *writing)
            .await?;
        let logged: Vec<LoggedChange> = rows
            .iter()
            .map(|row| logged(&self.keys, row))
            .collect::<Result<_, _>>()?;
        let Some(last) = logged.last().map(|change| change.seq) else {
            return Ok(false);
        };
        let mut rucs: Vec<Ruc> = logged
            .iter()
            .map(|logged| logged.change.subject.ruc.clone())
            .collect();
        rucs.dedup();
        let mut parts: Vec<Part> = Vec::new();
        for part in logged.iter().map(|logged| logged.change.subject.part) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let known = Known::read(&self.keys, &mut writing, &parts, &rucs).await?;
        let compared = logged.len();
        let changes: Vec<Change> = logged
            .into_iter()
            .filter_map(|logged| known.change(logged.change.subject, logged.change.before))
            .collect();
        let mut next = undo.clone();
        apply(
            &mut writing,
            &mut next,
            compared,
            &changes,
            last.to_string(),
        )
        .await?;
        writing.commit().await?;
        *undo = next;
        Ok(true)
    }

    /// What is logged about a RUC since a version, the last change first.
    pub(in crate::store) async fn changes_since(
        &self,
        ruc: &Ruc,
        version: i64,
    ) -> Result<Vec<Change>, StoreError> {
        let logged = self.logged_since(ruc, version).await?;
        Ok(logged.into_iter().map(|logged| logged.change).collect())
    }

    /// The same, with the numbers of the changes.
    pub(in crate::store) async fn logged_since(
        &self,
        ruc: &Ruc,
        version: i64,
    ) -> Result<Vec<LoggedChange>, StoreError> {
        let rows = query(CHANGES_SINCE)
            .bind(ruc.as_str())
            .bind(version)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| logged(&self.keys, row)).collect()
    }
}

async fn check_not_changed_since(
    writing: &mut Writing,
    target: &ImportRow,
) -> Result<(), ImportError> {
    let row = query(CHANGED_SINCE)
        .bind(target.first_change)
        .bind(target.last_change)
        .fetch_one(writing.aside())
        .await?;
    let Some(first) = row.try_get::<Option<i64>>("first_seq")? else {
        return Ok(());
    };
    let by = query(BY_WHOM).bind(first).fetch_one(&mut **writing).await?;
    Err(ImportError::ChangedSince {
        count: row.try_get("changes")?,
        ruc: by.try_get("ruc")?,
        by: by.try_get("import_id")?,
    })
}

async fn set_state(
    writing: &mut Writing,
    id: i64,
    from: ImportState,
    to: ImportState,
) -> Result<(), StoreError> {
    let set = query(SET_STATE_FROM)
        .bind(to.as_str())
        .bind(id)
        .bind(from.as_str())
        .execute(&mut **writing)
        .await?;
    moved(set)
}

fn logged(keys: &Keyring, row: &Row) -> Result<LoggedChange, StoreError> {
    const TABLE: &str = "registry_changes";
    let part = parsed(row, TABLE, "part")?;
    let seq: i64 = row.try_get("seq")?;
    let image = |column: Column| -> Result<Option<Facts>, StoreError> {
        column
            .read_maybe(keys, &[&seq.to_string()], row)?
            .map(|image| Facts::from_image(part, &image))
            .transpose()
    };
    Ok(LoggedChange {
        seq,
        change: Change {
            subject: Subject {
                part,
                ruc: parsed(row, TABLE, "ruc")?,
                branch: row.try_get("branch")?,
                item: row.try_get("item")?,
            },
            before: image(BEFORE)?,
            after: image(AFTER)?,
        },
    })
}
