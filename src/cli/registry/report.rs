//! The report on rows that were rejected, or taken in spite of something: CSV, written as the rows are met, so that a
//! million of them takes no memory.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::shown::Sentences;
use crate::import::Complaint;
use crate::words;

/// The report, begun with its first row.
pub(super) struct Report {
    path: PathBuf,
    say: Sentences,
    file: Option<csv::Writer<File>>,
}

impl Report {
    pub(super) fn new(path: PathBuf, say: Sentences) -> Self {
        Self {
            path,
            say,
            file: None,
        }
    }

    /// Writes what there is to say about a row.
    pub(super) fn tell(&mut self, complaint: &Complaint<'_>) -> io::Result<()> {
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            let mut file = csv::Writer::from_path(&self.path)?;
            file.write_record(self.say.report_header())?;
            self.file.insert(file)
        };
        file.write_record([
            complaint.line.to_string().as_str(),
            self.say.done_with(complaint.taken),
            &self.say.flaw(complaint.flaw),
            &words::harmless_cell(complaint.row),
        ])?;
        Ok(())
    }

    /// Where it is; `None` when there was nothing to report.
    pub(super) fn finish(self) -> io::Result<Option<PathBuf>> {
        let Some(mut file) = self.file else {
            return Ok(None);
        };
        file.flush()?;
        Ok(Some(self.path))
    }
}
