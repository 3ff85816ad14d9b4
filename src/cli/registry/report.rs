//! The report on rows that were rejected, or taken in spite of something: CSV, written as the rows are met, so that a
//! million of them takes no memory. It holds rows of the table, so it is for nobody else on the machine, and takes its place when it is
//! whole: a link that somebody laid there is replaced, not followed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::super::operator::NewFile;
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
    file: Option<csv::Writer<Draft>>,
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
            let mut file = csv::Writer::from_writer(Draft::begin(&self.path)?);
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
        let Some(file) = self.file else {
            return Ok(None);
        };
        let draft = file.into_inner().map_err(csv::IntoInnerError::into_error)?;
        draft.finish(&self.path)?;
        Ok(Some(self.path))
    }
}

/// A file that is being written beside its place, or what is no file: a terminal, a pipe.
enum Draft {
    Beside(NewFile, PathBuf),
    Through(File),
}

impl Draft {
    fn begin(place: &Path) -> io::Result<Self> {
        // What somebody names on purpose, `/dev/stdout` say, is no file that could be replaced.
        let is_device = fs::metadata(place).is_ok_and(|it| !it.is_file() && !it.is_dir());
        if is_device || place.starts_with("/dev") {
            return Ok(Self::Through(File::options().append(true).open(place)?));
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let draft = place.with_file_name(format!(".{name}.new"));
        // One of an import that was killed; when it can't be taken away, what comes next says why.
        let _ = fs::remove_file(&draft);
        let file = NewFile::create(&draft)
            .map_err(|error| error.downcast().unwrap_or_else(io::Error::other))?;
        Ok(Self::Beside(file, draft))
    }

    fn finish(self, place: &Path) -> io::Result<()> {
        match self {
            Self::Beside(file, draft) => {
                file.finish()?;
                fs::rename(&draft, place).inspect_err(|_| {
                    // What can't be taken away either is told by the error that led here.
                    let _ = fs::remove_file(&draft);
                })
            }
            Self::Through(mut file) => io::Write::flush(&mut file),
        }
    }
}

impl io::Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Beside(file, _) => file.write(bytes),
            Self::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Beside(file, _) => file.flush(),
            Self::Through(file) => file.flush(),
        }
    }
}
