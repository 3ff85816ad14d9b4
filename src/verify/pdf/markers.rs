//! What a repairing reader searches a file for when the sections lead it nowhere: headers of objects, and trailers (ISO 32000-2
//! §7.3.10, §7.5.5). Each has to be one that the sections name. Those inside of strings and streams belong to another document,
//! which whoever is handed the same bytes in another wrapping may see in place of ours (`without_gap`).

use memchr::memmem;

use super::Doubts;
use super::lexer::{Lexer, is_white};
use super::reader::Reader;
use super::xref::Entry;
use crate::verify::report::{Code, Finding, Severity};

/// Looks through the whole file.
pub(super) fn check(reader: &Reader<'_>, doubts: &mut Doubts) {
    let bytes = reader.bytes;
    let named = Named::of(reader);
    let mut last = 0;
    let objects = memmem::find_iter(bytes, OBJECT).filter(|at| {
        let since = bytes.get(std::mem::replace(&mut last, *at)..*at);
        let letter_follows = bytes
            .get(at.saturating_add(OBJECT.len()))
            .is_some_and(u8::is_ascii_alphabetic);
        !letter_follows && ends_as_header(since.unwrap_or_default()) && !named.is_object(bytes, *at)
    });
    let mut told = Told::new(reader, &named);
    for at in objects {
        told.add(at);
    }
    told.enclosing = None;
    let trailers = memmem::find_iter(bytes, TRAILER).filter(|at| is_followed(bytes, *at));
    for at in trailers.filter(|at| !named.trailers.contains(at)) {
        told.add(at);
    }
    for (revision, stray) in told.worst.into_iter().enumerate() {
        let Some((severity, at)) = stray else {
            continue;
        };
        let finding = Finding::new(Code::PdfAmbiguous, "").weighing(severity);
        let detail = format!(
            "at byte {at} stands what begins an object or a trailer, and no section names it"
        );
        doubts.tell(finding, "object_inside_another", Some(revision), detail);
    }
}

const OBJECT: &[u8] = b"obj";
const TRAILER: &[u8] = b"trailer";

/// Whether some reader could take what stands before the word `obj` for the numbers of a header. They are not strict: numbers may
/// have signs and points, nothing need stand behind the second, and white space may be comments (whose lines are not read here: that
/// there is one will do).
fn ends_as_header(before: &[u8]) -> bool {
    let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    let (mut before, mut numbers) = (before, 0_usize);
    loop {
        let blank = without(before, is_white);
        let broken = before.get(blank.len()..).unwrap_or_default();
        let line_ends = broken.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        if line_ends && last_line(blank).contains(&b'%') {
            return true;
        }
        let rest = without(blank, number);
        // Between two numbers something must stand.
        if rest.len() == blank.len() || numbers == 1 && blank.len() == before.len() {
            return false;
        }
        numbers = numbers.saturating_add(1);
        if numbers == 2 {
            return true;
        }
        before = rest;
    }
}

/// Without the bytes of a kind that it ends with.
fn without(bytes: &[u8], kind: impl Fn(u8) -> bool) -> &[u8] {
    let kept = bytes.iter().rposition(|byte| !kind(*byte));
    let kept = kept.map_or(0, |last| last.saturating_add(1));
    bytes.get(..kept).unwrap_or_default()
}

fn last_line(bytes: &[u8]) -> &[u8] {
    let lines = bytes.rsplit(|byte| matches!(byte, b'\r' | b'\n'));
    lines.into_iter().next().unwrap_or_default()
}

/// Whether a dictionary, or a comment that may end before one, follows the word `trailer`.
fn is_followed(bytes: &[u8], at: usize) -> bool {
    let behind = bytes.get(at..).and_then(|rest| rest.strip_prefix(TRAILER));
    let mut behind = behind.unwrap_or_default().iter();
    let next = behind.find(|byte| !is_white(**byte));
    match next {
        Some(b'<') => behind.next() == Some(&b'<'),
        Some(b'%') => true,
        _ => false,
    }
}

/// What the sections name.
struct Named {
    /// Places of objects and of the streams of sections, sorted.
    objects: Vec<usize>,
    trailers: Vec<usize>,
}

impl Named {
    fn of(reader: &Reader<'_>) -> Self {
        let entries = reader.tables.iter().flat_map(|table| &table.entries);
        let objects = entries.filter_map(|(_, entry)| match entry {
            Entry::InUse { offset, .. } => Some(*offset),
            _ => None,
        });
        let streams = reader.tables.iter().flat_map(|table| &table.streams);
        let mut objects: Vec<usize> = objects.chain(streams.map(|(_, at)| *at)).collect();
        objects.sort_unstable();
        let trailers = reader.tables.iter().flat_map(|table| &table.trailers);
        Self {
            objects,
            trailers: trailers.copied().collect(),
        }
    }

    /// The last object that begins at or before `at`.
    fn before(&self, at: usize) -> Option<usize> {
        let behind = self.objects.partition_point(|start| *start <= at);
        self.objects.get(behind.checked_sub(1)?).copied()
    }

    /// Whether the word `obj` that stands `at` is that of one of them.
    fn is_object(&self, bytes: &[u8], at: usize) -> bool {
        self.before(at).is_some_and(|start| {
            let mut lexer = Lexer::new(bytes, start);
            lexer.header().is_ok() && lexer.position() == at.saturating_add(OBJECT.len())
        })
    }
}

/// The worst of each revision: a harmless one must not hide another.
struct Told<'r, 'a> {
    reader: &'r Reader<'a>,
    named: &'r Named,
    worst: Vec<Option<(Severity, usize)>>,
    /// The object that was looked into last, and where its stream begins if it has one.
    enclosing: Option<(usize, Option<usize>)>,
}

impl<'r, 'a> Told<'r, 'a> {
    fn new(reader: &'r Reader<'a>, named: &'r Named) -> Self {
        Self {
            reader,
            named,
            worst: vec![None; reader.tables.len()],
            enclosing: None,
        }
    }

    fn add(&mut self, at: usize) {
        let tables = &self.reader.tables;
        let revision = tables.partition_point(|table| table.marker_end <= at);
        // Behind the last revision nothing may stand at all.
        if self
            .worst
            .get(revision)
            .is_none_or(|worst| matches!(worst, Some((Severity::Failure, _))))
        {
            return;
        }
        // In the original, tools leave what they like, and an attachment is a file of its own: a person looks.
        let severity = if revision == 0 || self.is_in_stream(at) {
            Severity::Unknown
        } else {
            Severity::Failure
        };
        if let Some(worst) = self.worst.get_mut(revision)
            && worst.is_none_or(|(known, _)| known < severity)
        {
            *worst = Some((severity, at));
        }
    }

    /// Whether a place lies behind the beginning of the stream of the object that it lies in. What lies behind its end is told
    /// by `body`.
    fn is_in_stream(&mut self, at: usize) -> bool {
        let Some(start) = self.named.before(at) else {
            return false;
        };
        let stream = match self.enclosing {
            Some((known, stream)) if known == start => stream,
            _ => {
                let object = Lexer::new(self.reader.bytes, start).indirect();
                let stream = object.ok().and_then(|object| object.stream_at);
                self.enclosing = Some((start, stream));
                stream
            }
        };
        stream.is_some_and(|stream| stream <= at)
    }
}
