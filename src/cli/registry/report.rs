//! The report on rows that were rejected, or taken in spite of something: CSV, written as the rows are met, so that a
//! million of them takes no memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::shown::Sentences;
use crate::import::Complaint;
use crate::registry::Flaw;
use crate::words;

/// Different posts that are counted by themselves; clerks of a country write some hundreds.
const POSTS: usize = 2000;

/// The report, begun with its first row.
pub(super) struct Report {
    path: PathBuf,
    say: Sentences,
    file: Option<csv::Writer<File>>,
    posts: BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn new(path: PathBuf, say: Sentences) -> Self {
        Self {
            path,
            say,
            file: None,
            posts: BTreeMap::new(),
        }
    }

    /// Writes what there is to say about a row.
    pub(super) fn tell(&mut self, complaint: &Complaint<'_>) -> io::Result<()> {
        if let Flaw::UnrecognisedPost(post) = complaint.flaw
            && (self.posts.contains_key(post) || self.posts.len() < POSTS)
        {
            *self.posts.entry(post.clone()).or_default() += 1;
        }
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

    /// Posts that are not known to represent anybody, the most frequent first.
    pub(super) fn posts(&self) -> Vec<(String, u64)> {
        let mut posts: Vec<(String, u64)> = self.posts.clone().into_iter().collect();
        posts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        posts
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
