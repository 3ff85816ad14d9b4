//! Where objects lie: the walk from the last `startxref` along `/Prev` (ISO 32000-2 §7.5.4–§7.5.8), cut into
//! revisions. A structure that two readers could follow to two documents is noted, never repaired.

use std::collections::HashSet;

use super::filter::Inflation;
use super::lexer::{Lexer, is_white};
use super::object::{Dictionary, Object, ObjectId};
use super::places::Places;
use super::{Doubts, PdfError, Trouble};
use crate::verify::report::{Code, Finding, Severity};

/// Revisions of one document (DESIGN §6); a linearized file has one section more than revisions.
const MAX_REVISIONS: usize = 64;

/// Cross-reference entries of all sections (DESIGN §6).
const MAX_ENTRIES: usize = 500_000;

/// Values in the trailers of all sections: honest ones have some twenty each.
const MAX_TRAILER_VALUES: usize = 20_000;

/// Largest object number, the limit of ISO 32000-1 Annex C.
const MAX_NUMBER: u64 = 8_388_607;

/// Where one object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Free,
    InUse { offset: usize, generation: u16 },
    Compressed { container: u32, index: usize },
}

/// One revision: its place in the file and what its cross-reference sections say.
#[derive(Debug)]
pub(super) struct Table {
    /// First byte that belongs to it.
    pub start: usize,
    /// Start of its cross-reference section: the end of its body.
    pub section: usize,
    /// Just behind `%%EOF`.
    pub marker_end: usize,
    /// Just behind the end of line that follows.
    pub end: usize,
    /// Behind all white space that follows.
    pub white_end: usize,
    /// Sorted by number, each number once.
    pub entries: Vec<(u32, Entry)>,
    pub trailer: Dictionary,
    /// Numbers and offsets of the cross-reference streams themselves.
    pub streams: Vec<(u32, usize)>,
    /// Where the word `trailer` stands before a trailer that counts.
    pub trailers: Vec<usize>,
    /// Numbers that the table of a hybrid section hides and only its stream shows (§7.5.8.4).
    hidden: Vec<u32>,
}

impl Table {
    pub fn entry(&self, number: u32) -> Option<Entry> {
        let at = self
            .entries
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()?;
        self.entries.get(at).map(|(_, entry)| *entry)
    }
}

/// One cross-reference section as it was read.
struct Section {
    start: usize,
    entries: Vec<(u32, Entry)>,
    trailer: Dictionary,
    previous: Option<usize>,
    streams: Vec<(u32, usize)>,
    trailers: Vec<usize>,
    hidden: Vec<u32>,
    tail: Option<Tail>,
}

/// `startxref`, its number and `%%EOF`, as they follow a section.
struct Tail {
    keyword_at: usize,
    target: u64,
    marker_end: usize,
}

/// What the walk found.
pub(super) struct Walk {
    pub tables: Vec<Table>,
    pub places: Places,
    pub inflation: Inflation,
}

/// Reads all sections, oldest revision first.
pub(super) fn walk(bytes: &[u8], doubts: &mut Doubts) -> Result<Walk, PdfError> {
    let keyword_at = last_startxref(bytes).ok_or(PdfError::Truncated)?;
    let mut lexer = Lexer::new(bytes, keyword_at);
    let tail = tail(&mut lexer).ok_or(PdfError::Truncated)?;
    let mut walker = Walker {
        bytes,
        doubts,
        inflation: Inflation::default(),
        entries: 0,
        trailer_values: 0,
    };
    let sections = walker.sections(tail.target)?;
    let tables = walker.revisions(sections, keyword_at)?;
    let inflation = walker.inflation;
    let places = Places::of(&tables);
    check_entries(bytes, &tables, &places, doubts);
    Ok(Walk {
        tables,
        places,
        inflation,
    })
}

fn last_startxref(bytes: &[u8]) -> Option<usize> {
    const KEYWORD: &[u8] = b"startxref";
    bytes
        .windows(KEYWORD.len())
        .rposition(|window| window == KEYWORD)
}

/// `startxref N %%EOF` (§7.5.5).
fn tail(lexer: &mut Lexer<'_>) -> Option<Tail> {
    let keyword_at = lexer.position();
    if !lexer.keyword(b"startxref") {
        return None;
    }
    lexer.skip_white();
    let target = lexer.unsigned(20)?;
    lexer.skip_white();
    if !lexer.take(END) {
        return None;
    }
    // Some writers end a file twice: a mark on a line of its own, behind which no reader finds another startxref.
    loop {
        let mut again = lexer.clone();
        again.skip_white();
        if again.position() == lexer.position() || !again.take(END) || !again.at_end_of_line() {
            break;
        }
        *lexer = again;
    }
    Some(Tail {
        keyword_at,
        target,
        marker_end: lexer.position(),
    })
}

/// The mark behind a cross-reference section and its `startxref` (§7.5.5).
const END: &[u8] = b"%%EOF";

struct Walker<'a, 'd> {
    bytes: &'a [u8],
    doubts: &'d mut Doubts,
    inflation: Inflation,
    entries: usize,
    trailer_values: usize,
}

impl<'a> Walker<'a, '_> {
    /// All sections, newest first.
    fn sections(&mut self, target: u64) -> Result<Vec<Section>, PdfError> {
        let mut sections: Vec<Section> = Vec::new();
        let mut visited = HashSet::new();
        let mut next = usize::try_from(target).ok();
        while let Some(at) = next.take() {
            if sections.len() > MAX_REVISIONS {
                return Err(PdfError::TooComplex("more than 64 revisions"));
            }
            let section = self.section(at).map_err(|trouble| {
                if sections.is_empty() && !matches!(trouble, Trouble::TooComplex(_)) {
                    PdfError::Truncated
                } else {
                    trouble.into()
                }
            })?;
            if !visited.insert(section.start) {
                self.doubts.add(
                    "xref_loop",
                    None,
                    "/Prev leads back to a cross-reference section already read",
                );
                break;
            }
            next = section.previous;
            sections.push(section);
        }
        Ok(sections)
    }

    fn section(&mut self, at: usize) -> Result<Section, Trouble> {
        let mut lexer = Lexer::new(self.bytes, at);
        lexer.skip_white();
        let start = lexer.position();
        if lexer.keyword(b"xref") {
            self.table(lexer, start)
        } else {
            self.stream(lexer, start)
        }
    }

    /// A cross-reference table with its trailer (§7.5.4, §7.5.5), and its stream in a hybrid file (§7.5.8.4).
    fn table(&mut self, mut lexer: Lexer<'a>, start: usize) -> Result<Section, Trouble> {
        let mut entries = Vec::new();
        let trailer_at = loop {
            lexer.skip();
            let at = lexer.position();
            if lexer.keyword(b"trailer") {
                break at;
            }
            self.subsection(&mut lexer, &mut entries)?;
        };
        let trailer = lexer.value();
        self.trailer_values(&lexer)?;
        let Object::Dictionary(trailer) = trailer? else {
            return Err(malformed("trailer", start));
        };
        let previous = offset(&trailer, b"Prev")?;
        let mut entries = self.unique(entries);
        let (mut streams, mut hidden) = (Vec::new(), Vec::new());
        if let Some(at) = offset(&trailer, b"XRefStm")? {
            let stream = self.stream(Lexer::new(self.bytes, at), at)?;
            hidden = entries
                .iter()
                .filter(|(_, entry)| *entry == Entry::Free)
                .map(|(number, _)| *number)
                .collect();
            let older = previous.is_some_and(|previous| at < previous);
            entries = self.merge_hybrid(entries, &stream.entries, older);
            streams = stream.streams;
        }
        lexer.skip();
        Ok(Section {
            start,
            entries,
            previous,
            streams,
            trailers: vec![trailer_at],
            hidden,
            tail: tail(&mut lexer),
            trailer,
        })
    }

    fn subsection(
        &mut self,
        lexer: &mut Lexer<'a>,
        entries: &mut Vec<(u32, Entry)>,
    ) -> Result<(), Trouble> {
        let at = lexer.position();
        let first = lexer
            .unsigned(10)
            .ok_or(malformed("cross-reference subsection", at))?;
        lexer.skip_white();
        let count = lexer
            .unsigned(10)
            .ok_or(malformed("cross-reference subsection", at))?;
        lexer.skip_white();
        let mut number = first;
        let mut seen = 0_u64;
        while let Some((offset, generation, kind)) = table_entry(self.bytes, lexer.position()) {
            if seen == count {
                break;
            }
            // Some writers begin at 1 what is the head of the free list, always object 0 (§7.5.4). With every header
            // compared with its entry there is no other way to read it.
            if seen == 0 && first == 1 && kind == b'f' && generation == 65_535 && offset == 0 {
                number = 0;
            }
            entries.push((self.number(number)?, in_table(offset, generation, kind)));
            number = number.saturating_add(1);
            seen = seen.saturating_add(1);
            *lexer = Lexer::new(self.bytes, lexer.position().saturating_add(ENTRY_LENGTH));
            lexer.skip_white();
        }
        if seen < count || table_entry(self.bytes, lexer.position()).is_some() {
            self.doubts.add(
                "subsection_count",
                None,
                "a cross-reference subsection announces another number of entries than it has",
            );
            while table_entry(self.bytes, lexer.position()).is_some() {
                *lexer = Lexer::new(self.bytes, lexer.position().saturating_add(ENTRY_LENGTH));
                lexer.skip_white();
            }
        }
        Ok(())
    }

    /// A cross-reference stream (§7.5.8).
    fn stream(&mut self, mut lexer: Lexer<'a>, at: usize) -> Result<Section, Trouble> {
        lexer.skip_white();
        let start = lexer.position();
        let indirect = lexer.indirect();
        self.trailer_values(&lexer)?;
        let indirect = indirect?;
        let (Object::Dictionary(trailer), Some(data_at)) = (indirect.value, indirect.stream_at)
        else {
            return Err(malformed("no cross-reference section", at));
        };
        if !trailer.is(b"Type", b"XRef") {
            return Err(malformed("no cross-reference section", at));
        }
        let length = offset(&trailer, b"Length")?
            .ok_or(malformed("length of a cross-reference stream", at))?;
        let data_end = data_at.saturating_add(length);
        let raw = self
            .bytes
            .get(data_at..data_end)
            .ok_or(malformed("length of a cross-reference stream", at))?;
        let mut lexer = Lexer::new(self.bytes, data_end);
        lexer.skip_white();
        if !lexer.keyword(b"endstream") {
            return Err(malformed("length of a cross-reference stream", at));
        }
        lexer.skip();
        if !lexer.keyword(b"endobj") {
            return Err(malformed("end of a cross-reference stream", at));
        }
        let data = self.inflation.decode(&trailer, raw)?;
        let entries = self.rows(&trailer, &data)?;
        lexer.skip();
        let repeated = self.repeated_trailer(&mut lexer, &trailer)?;
        Ok(Section {
            start,
            entries: self.unique(entries),
            previous: offset(&trailer, b"Prev")?,
            streams: vec![(indirect.id.number, start)],
            trailers: repeated.into_iter().collect(),
            hidden: Vec::new(),
            tail: tail(&mut lexer),
            trailer,
        })
    }

    /// Acrobat ends the main section of linearized files with a trailer behind its stream. One that says what the stream
    /// says is passed over, and its place told; another one stays where nothing may stand.
    fn repeated_trailer(
        &mut self,
        lexer: &mut Lexer<'a>,
        trailer: &Dictionary,
    ) -> Result<Option<usize>, Trouble> {
        let mut ahead = lexer.clone();
        let at = ahead.position();
        if !ahead.keyword(b"trailer") {
            return Ok(None);
        }
        let value = ahead.value();
        self.trailer_values(&ahead)?;
        if let Ok(Object::Dictionary(repeated)) = value
            && repeated
                .entries()
                .all(|(key, value)| trailer.get(key) == Some(value))
        {
            ahead.skip();
            *lexer = ahead;
            return Ok(Some(at));
        }
        Ok(None)
    }

    /// §7.5.8.2 and §7.5.8.3: `/W`, `/Index` and the rows.
    fn rows(&mut self, trailer: &Dictionary, data: &[u8]) -> Result<Vec<(u32, Entry)>, Trouble> {
        let bad = || malformed("rows of a cross-reference stream", 0);
        let numbers = |key: &[u8]| -> Result<Option<Vec<u64>>, Trouble> {
            let Some(value) = trailer.get(key) else {
                return Ok(None);
            };
            let items = value.array().ok_or_else(bad)?;
            let numbers = items
                .iter()
                .map(|item| item.integer().and_then(|n| u64::try_from(n).ok()));
            numbers
                .collect::<Option<Vec<_>>>()
                .map(Some)
                .ok_or_else(bad)
        };
        let widths = numbers(b"W")?.ok_or_else(bad)?;
        let [kind_width, second_width, third_width] = widths.as_slice() else {
            return Err(bad());
        };
        let widths = [*kind_width, *second_width, *third_width]
            .map(|width| usize::try_from(width).unwrap_or(usize::MAX));
        if widths.iter().any(|width| *width > 8) || widths.iter().sum::<usize>() == 0 {
            return Err(bad());
        }
        let size = trailer
            .get(b"Size")
            .and_then(Object::integer)
            .and_then(|size| u64::try_from(size).ok())
            .ok_or_else(bad)?;
        let index = numbers(b"Index")?.unwrap_or_else(|| vec![0, size]);
        let mut rows = data.chunks_exact(widths.iter().sum());
        let mut entries = Vec::new();
        for range in index.chunks(2) {
            let [first, count] = range else {
                return Err(bad());
            };
            for step in 0..*count {
                let Some(row) = rows.next() else {
                    self.doubts.add(
                        "subsection_count",
                        None,
                        "a cross-reference stream announces more entries than it has",
                    );
                    return Ok(entries);
                };
                let number = self.number(first.saturating_add(step))?;
                entries.push((number, in_stream(row, widths)?));
            }
        }
        if rows.next().is_some() {
            self.doubts.add(
                "subsection_count",
                None,
                "a cross-reference stream has more entries than it announces",
            );
        }
        Ok(entries)
    }

    /// Counts the values of a trailer against the budget: trailers are kept, and asked often.
    fn trailer_values(&mut self, lexer: &Lexer<'_>) -> Result<(), Trouble> {
        self.trailer_values = self.trailer_values.saturating_add(lexer.values());
        if self.trailer_values > MAX_TRAILER_VALUES {
            return Err(Trouble::TooComplex("values in trailers"));
        }
        Ok(())
    }

    /// Counts an entry against the budget.
    fn number(&mut self, number: u64) -> Result<u32, Trouble> {
        self.entries = self.entries.saturating_add(1);
        if self.entries > MAX_ENTRIES {
            return Err(Trouble::TooComplex(
                "more than 500,000 cross-reference entries",
            ));
        }
        u32::try_from(number)
            .ok()
            .filter(|_| number <= MAX_NUMBER)
            .ok_or(malformed("object number", 0))
    }

    /// Sorts entries; a number that stands there twice with different places is ambiguous.
    fn unique(&mut self, mut entries: Vec<(u32, Entry)>) -> Vec<(u32, Entry)> {
        entries.sort_by_key(|(number, _)| *number);
        entries.dedup_by(|later, earlier| {
            if later.0 == earlier.0 && later.1 != earlier.1 {
                self.doubts.add(
                    "object_defined_twice",
                    None,
                    format!(
                        "one cross-reference section places object {} twice",
                        later.0
                    ),
                );
            }
            later.0 == earlier.0
        });
        entries
    }

    /// §7.5.8.4: the stream of a hybrid file supplies what the table hides as free or leaves out. One of an `older` section,
    /// named again by whoever copied a trailer, contradicts every update, and the table comes first.
    fn merge_hybrid(
        &mut self,
        table: Vec<(u32, Entry)>,
        hidden: &[(u32, Entry)],
        older: bool,
    ) -> Vec<(u32, Entry)> {
        let mut merged = Vec::with_capacity(table.len().saturating_add(hidden.len()));
        for (number, entry) in table {
            let found = hidden
                .binary_search_by_key(&number, |(number, _)| *number)
                .ok()
                .and_then(|at| hidden.get(at));
            match found {
                // The stream's own word follows below.
                Some((_, other)) if entry == Entry::Free && *other != Entry::Free => {}
                Some((_, other)) if *other != entry && *other != Entry::Free => {
                    let finding = Finding::new(Code::PdfAmbiguous, "");
                    let (finding, what) = if older {
                        (finding.weighing(Severity::Unknown), "hybrid_repeated")
                    } else {
                        (finding, "hybrid_contradiction")
                    };
                    let detail = format!(
                        "table and stream of a hybrid section place object {number} differently"
                    );
                    self.doubts.tell(finding, what, None, detail);
                    merged.push((number, entry));
                }
                _ => merged.push((number, entry)),
            }
        }
        let known: HashSet<u32> = merged.iter().map(|(number, _)| *number).collect();
        merged.extend(hidden.iter().filter(|(number, _)| !known.contains(number)));
        merged.sort_by_key(|(number, _)| *number);
        merged
    }

    /// Cuts the sections, newest first, into revisions, oldest first.
    fn revisions(
        &mut self,
        mut sections: Vec<Section>,
        last_keyword: usize,
    ) -> Result<Vec<Table>, PdfError> {
        sections.reverse();
        self.merge_linearized(&mut sections);
        let newest = sections.last().ok_or(PdfError::Truncated)?.start;
        if sections.len() > MAX_REVISIONS {
            return Err(PdfError::TooComplex("more than 64 revisions"));
        }
        let mut tables: Vec<Table> = Vec::with_capacity(sections.len());
        for section in sections {
            let revision = tables.len();
            let start = tables.last().map_or(0, |table| table.marker_end);
            let Some(tail) = section.tail else {
                if section.start == newest {
                    return Err(PdfError::Truncated);
                }
                return Err(malformed(
                    "no startxref behind a cross-reference section",
                    section.start,
                )
                .into());
            };
            if section.start < start {
                self.doubts.add(
                    "overlapping_revisions",
                    Some(revision),
                    "a cross-reference section lies inside an earlier revision",
                );
            }
            let behind = self.bytes.get(tail.marker_end..).unwrap_or_default();
            let white = behind.iter().take_while(|byte| is_white(**byte)).count();
            tables.push(Table {
                start,
                section: section.start,
                marker_end: tail.marker_end,
                end: tail.marker_end.saturating_add(end_of_line(behind)),
                white_end: tail.marker_end.saturating_add(white),
                entries: section.entries,
                trailer: section.trailer,
                streams: section.streams,
                trailers: section.trailers,
                hidden: section.hidden,
            });
            if usize::try_from(tail.target).ok() != Some(section.start)
                && !self.points_at(tail.target, section.start)
            {
                let detail = "the startxref behind a cross-reference section does not point to it";
                let finding = Finding::new(Code::PdfAmbiguous, "");
                if self.leads_nowhere(tail.target) {
                    let finding = finding.weighing(Severity::Unknown);
                    self.doubts
                        .tell(finding, "startxref_off", Some(revision), detail);
                } else {
                    self.doubts
                        .tell(finding, "startxref_elsewhere", Some(revision), detail);
                }
            }
            if section.start == newest && tail.keyword_at != last_keyword {
                self.doubts.add(
                    "startxref_elsewhere",
                    Some(revision),
                    "the last startxref of the file points back to an older cross-reference section",
                );
            }
        }
        Ok(tables)
    }

    /// Whether no section begins where a startxref points to. Some writers miscount by a few bytes; whoever reads that
    /// revision alone has to search, and finds the section that is there. One that leads to another section would be a
    /// second document.
    fn leads_nowhere(&mut self, target: u64) -> bool {
        let target = usize::try_from(target).unwrap_or(usize::MAX);
        matches!(self.section(target), Err(Trouble::Malformed { .. }))
    }

    /// Whether only white space lies between the two.
    fn points_at(&self, target: u64, section: usize) -> bool {
        usize::try_from(target)
            .ok()
            .and_then(|target| self.bytes.get(target..section))
            .is_some_and(|between| between.iter().all(|byte| is_white(*byte)))
    }

    /// Annex F.3: a linearized file has its first section near the start, which leads to the main one at the end. They
    /// are one revision.
    fn merge_linearized(&mut self, sections: &mut Vec<Section>) {
        let [main, first, ..] = sections.as_mut_slice() else {
            return;
        };
        if main.start < first.start {
            return;
        }
        let marked = {
            let mut lexer = Lexer::new(self.bytes, 0);
            lexer.skip();
            lexer.indirect().is_ok_and(|object| {
                object
                    .value
                    .dictionary()
                    .is_some_and(|d| d.has(b"Linearized"))
            })
        };
        if !marked {
            self.doubts.add(
                "prev_points_forward",
                Some(0),
                "/Prev leads forward in a file that is not linearized",
            );
        }
        // The words of the first-page section stand before those of the main one, as /Prev says.
        let mut entries = std::mem::take(&mut main.entries);
        let older = entries.len();
        entries.append(&mut first.entries);
        // What the main section marks as free, the stream of a hybrid first section may supply (Acrobat).
        let both: HashSet<u32> = entries
            .iter()
            .take(older)
            .filter(|(_, entry)| *entry != Entry::Free)
            .map(|(number, _)| *number)
            .collect();
        if let Some((number, _)) = entries
            .iter()
            .skip(older)
            .find(|(number, entry)| both.contains(number) && *number != 0 && *entry != Entry::Free)
        {
            self.doubts.add(
                "object_defined_twice",
                Some(0),
                format!("both sections of a linearized file place object {number}"),
            );
        }
        entries.sort_by_key(|(number, _)| *number);
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        main.entries = entries;
        main.trailer = std::mem::take(&mut first.trailer);
        main.streams.append(&mut first.streams);
        main.trailers.append(&mut first.trailers);
        if let Some(tail) = &mut main.tail
            && usize::try_from(tail.target).ok() == Some(first.start)
        {
            tail.target = u64::try_from(main.start).unwrap_or(u64::MAX);
        }
        sections.remove(1);
    }
}

/// `nnnnnnnnnn ggggg n`, without the end of line that makes it 20 bytes (§7.5.4); writers differ in that end.
const ENTRY_LENGTH: usize = 18;

fn table_entry(bytes: &[u8], at: usize) -> Option<(u64, u64, u8)> {
    let line = bytes.get(at..at.checked_add(ENTRY_LENGTH)?)?;
    let number = |digits: &[u8]| -> Option<u64> {
        let sound = digits.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(digits)
            .ok()
            .filter(|_| sound)?
            .parse()
            .ok()
    };
    let (offset, rest) = line.split_at_checked(10)?;
    let (blank, rest) = rest.split_first()?;
    let (generation, rest) = rest.split_at_checked(5)?;
    match (blank, rest) {
        (b' ', [b' ', kind @ (b'n' | b'f')]) => Some((number(offset)?, number(generation)?, *kind)),
        _ => None,
    }
}

fn in_table(offset: u64, generation: u64, kind: u8) -> Entry {
    match (usize::try_from(offset), u16::try_from(generation), kind) {
        // Object at offset 0 is where the header is: some writers mark free numbers so, and every reader finds nothing.
        (Ok(offset), Ok(generation), b'n') if offset != 0 => Entry::InUse { offset, generation },
        _ => Entry::Free,
    }
}

/// §7.5.8.3, table 18. A missing type column means 1.
fn in_stream(row: &[u8], widths: [usize; 3]) -> Result<Entry, Trouble> {
    let bad = || malformed("rows of a cross-reference stream", 0);
    let [kind_width, second_width, _] = widths;
    let (kind, rest) = row.split_at_checked(kind_width).ok_or_else(bad)?;
    let (second, third) = rest.split_at_checked(second_width).ok_or_else(bad)?;
    let number = |field: &[u8]| {
        field
            .iter()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte))
    };
    let kind = if kind.is_empty() { 1 } else { number(kind) };
    match kind {
        1 => match (
            usize::try_from(number(second)),
            u16::try_from(number(third)),
        ) {
            (Ok(0), _) => Ok(Entry::Free),
            (Ok(offset), Ok(generation)) => Ok(Entry::InUse { offset, generation }),
            _ => Err(bad()),
        },
        2 => match (
            u32::try_from(number(second)),
            usize::try_from(number(third)),
        ) {
            (Ok(container), Ok(index)) => Ok(Entry::Compressed { container, index }),
            _ => Err(bad()),
        },
        // 0 is free; "any other value shall be interpreted as a reference to the null object."
        _ => Ok(Entry::Free),
    }
}

/// Length of the end of line at the start of these bytes.
fn end_of_line(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn malformed(what: &'static str, at: usize) -> Trouble {
    Trouble::Malformed { what, at }
}

/// A non-negative offset or length; a real number without a fraction is what some writers put there.
fn offset(dictionary: &Dictionary, key: &[u8]) -> Result<Option<usize>, Trouble> {
    let bad = malformed("offset or length", 0);
    match dictionary.get(key) {
        None => Ok(None),
        Some(Object::Integer(value)) => usize::try_from(*value).map(Some).map_err(|_| bad),
        Some(Object::Real(value)) if value.fract() == 0.0 => {
            format!("{value:.0}").parse().map(Some).map_err(|_| bad)
        }
        Some(_) => Err(bad),
    }
}

/// Compares every entry with the object it points to, and with what the revisions before it said (§7.5.6).
fn check_entries(bytes: &[u8], tables: &[Table], places: &Places, doubts: &mut Doubts) {
    let mut highest = 0_u32;
    let mut containers: HashSet<u32> = HashSet::new();
    for (revision, table) in tables.iter().enumerate() {
        for (number, entry) in &table.entries {
            let before = places.before(revision, *number);
            if before == Some(*entry) {
                continue;
            }
            if *entry != Entry::Free {
                highest = highest.max(*number);
            }
            if containers.contains(number) {
                doubts.add(
                    "object_stream_replaced",
                    Some(revision),
                    format!("object {number} holds objects of an earlier revision and is placed elsewhere"),
                );
            }
            if let Some((what, detail)) =
                wrong_entry(bytes, table, before, places, (revision, *number, *entry))
            {
                doubts.add(what, Some(revision), detail);
            }
        }
        let shown_before = |number: &&u32| {
            !matches!(places.before(revision, **number), None | Some(Entry::Free))
                && !matches!(table.entry(**number), None | Some(Entry::Free))
        };
        if let Some(number) = table.hidden.iter().find(shown_before) {
            doubts.add(
                "hybrid_contradiction",
                Some(revision),
                format!("object {number} is removed for older readers only"),
            );
        }
        containers.extend(table.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Compressed { container, .. } => Some(*container),
            _ => None,
        }));
        check_size(table, revision, highest, doubts);
    }
}

fn wrong_entry(
    bytes: &[u8],
    table: &Table,
    before: Option<Entry>,
    places: &Places,
    (revision, number, entry): (usize, u32, Entry),
) -> Option<(&'static str, String)> {
    // Word writes its hybrid files in two sections, and the second names for the first time what lies in the first
    // body. That no reader sees anything else for it; after a signature it is judged by `difference`.
    let defined = !matches!(before, None | Some(Entry::Free));
    match entry {
        Entry::Free => None,
        Entry::InUse { .. } if number == 0 => {
            Some(("entry_mismatch", "object 0 is in use".to_owned()))
        }
        Entry::InUse { offset, .. } if offset < table.start && defined => Some((
            "xref_rollback",
            format!("object {number} is placed into the bytes of an earlier revision"),
        )),
        Entry::InUse { offset, .. } if offset >= table.marker_end => Some((
            "entry_mismatch",
            format!("object {number} is placed behind the end of its revision"),
        )),
        Entry::InUse { offset, generation } => {
            let mut lexer = Lexer::new(bytes, offset);
            let matches = lexer.header().ok() == Some(ObjectId { number, generation });
            (!matches).then(|| {
                (
                    "entry_mismatch",
                    format!("where object {number} should be there is none of that number and generation"),
                )
            })
        }
        Entry::Compressed { container, .. } => {
            let here = table
                .entry(container)
                .filter(|entry| places.before(revision, container) != Some(*entry));
            match here {
                Some(Entry::InUse { .. }) => None,
                None if matches!(places.before(revision, container), Some(Entry::InUse { .. })) => defined.then(|| {
                    (
                        "xref_rollback",
                        format!("object {number} is placed into an object stream of an earlier revision"),
                    )
                }),
                _ => Some((
                    "entry_mismatch",
                    format!("object {number} is placed into object {container}, which is no object stream of the file"),
                )),
            }
        }
    }
}

/// §7.5.5: numbers at or above `/Size` are undefined for a strict reader. One too low is a known slip of writers who
/// forget their own cross-reference stream.
fn check_size(table: &Table, revision: usize, highest: u32, doubts: &mut Doubts) {
    let size = table
        .trailer
        .get(b"Size")
        .and_then(Object::integer)
        .unwrap_or(0);
    if size.saturating_add(1) <= i64::from(highest) {
        doubts.add(
            "size_too_small",
            Some(revision),
            format!("/Size is {size}, but object {highest} is in use"),
        );
    }
}
