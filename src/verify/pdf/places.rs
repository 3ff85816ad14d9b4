//! Which revision places an object where (ISO 32000-2 §7.5.6): one sorted list of all entries, so that an answer costs the
//! same with one revision and with sixty-four.

use super::xref::{Entry, Table};

/// All entries of all revisions.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Sorted by number, then by revision.
    rows: Vec<(u32, usize, Entry)>,
}

impl Places {
    pub fn of(tables: &[Table]) -> Self {
        let mut rows = Vec::with_capacity(tables.iter().map(|table| table.entries.len()).sum());
        for (revision, table) in tables.iter().enumerate() {
            let entries = table.entries.iter();
            rows.extend(entries.map(|(number, entry)| (*number, revision, *entry)));
        }
        rows.sort_by_key(|(number, revision, _)| (*number, *revision));
        Self { rows }
    }

    /// What this view says of an object, and which revision says it.
    pub fn entry(&self, view: usize, number: u32) -> Option<(usize, Entry)> {
        let behind = self
            .rows
            .partition_point(|(row, revision, _)| (*row, *revision) <= (number, view));
        let (row, revision, entry) = self.rows.get(behind.checked_sub(1)?)?;
        (*row == number).then_some((*revision, *entry))
    }

    /// What the revisions before this one say of an object.
    pub fn before(&self, revision: usize, number: u32) -> Option<Entry> {
        let view = revision.checked_sub(1)?;
        self.entry(view, number).map(|(_, entry)| entry)
    }
}
