//! Streams the rows of an Excel workbook (ECMA-376 Part 1 §18.3) as text, in bounded memory whatever the file claims:
//! inflated bytes, bytes of one XML event, depth, columns, cell length and the table of shared strings all have limits.
//! `<dimension>` is ignored; the Supercias writes a wrong one. Cells stand where their reference says.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use crate::domain::system_error;

/// Most bytes that one part may inflate to: the directory of 227 000 companies has some 250 MB of sheet.
const PART_LIMIT: u64 = 2 << 30;
/// Most text of shared strings that is kept; the directory has some 25 MB.
const STRINGS_LIMIT: usize = 96 << 20;
/// Most shared strings: an empty one costs an offset all the same.
const STRINGS_COUNT: usize = 4 << 20;
/// Most bytes of one tag or text.
const EVENT_LIMIT: usize = 1 << 20;
/// Deepest nesting of elements; a sheet needs five levels.
const DEPTH_LIMIT: u32 = 32;
/// Most columns of a row; the directory has some thirty.
const COLUMN_LIMIT: usize = 512;
/// Longest text of a cell (the limit of Excel itself, §18.3.1.4, is 32 767 characters), in bytes.
const CELL_LIMIT: usize = 32 << 10;

/// Why a workbook can't be read.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// Not a ZIP archive, or damaged.
    #[error("not a workbook, or damaged: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// XML that is none.
    #[error("damaged: {0}")]
    Xml(#[from] quick_xml::Error),
    /// Bytes that can't be read or inflated.
    #[error("damaged: {0}")]
    Read(#[from] io::Error),
    /// Beyond a limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
}

impl WorkbookError {
    /// The same in Spanish; what the archive or its XML is broken by stays as their readers say it.
    #[must_use]
    pub fn spanish(&self) -> String {
        match self {
            Self::Archive(error) => format!("no es un libro de Excel, o está dañado: {error}"),
            Self::Xml(error) => format!("está dañado: {error}"),
            Self::Read(error) => format!("está dañado: {}", system_error(error)),
            Self::TooLarge(what) => {
                let what = match *what {
                    "columns" => "columnas",
                    "cell" => "una celda",
                    "row" => "una fila",
                    "shared strings" => "textos compartidos",
                    "depth" => "elementos anidados",
                    other => other,
                };
                format!("es demasiado grande: {what}")
            }
        }
    }
}

/// An open workbook.
pub(super) struct Workbook<R> {
    archive: ZipArchive<R>,
    strings: Strings,
}

impl<R: Read + Seek> Workbook<R> {
    pub(super) fn open(input: R) -> Result<Self, WorkbookError> {
        let mut archive = ZipArchive::new(input)?;
        let strings = match archive.by_name("xl/sharedStrings.xml") {
            Ok(part) => Strings::read(part)?,
            Err(zip::result::ZipError::FileNotFound) => Strings::default(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { archive, strings })
    }

    /// Names of the parts that hold sheets.
    pub(super) fn sheets(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .archive
            .file_names()
            .filter_map(Result::ok)
            .filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml"))
            .map(Cow::into_owned)
            .collect();
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }

    /// Visits the rows of a sheet with their numbers until the visitor answers `false`.
    pub(super) fn rows<E: From<WorkbookError>>(
        &mut self,
        sheet: &str,
        mut visit: impl FnMut(u64, &[String]) -> Result<bool, E>,
    ) -> Result<(), E> {
        let part = self.archive.by_name(sheet).map_err(WorkbookError::from)?;
        let mut events = Events::new(part);
        let mut row = Row::default();
        loop {
            let done = events.next(|event| row.take(&event, &self.strings))?;
            match done {
                Step::Row => {
                    let goes_on = visit(row.number, &row.cells)?;
                    row.cells.clear();
                    if !goes_on {
                        return Ok(());
                    }
                }
                Step::End => return Ok(()),
                Step::More => {}
            }
        }
    }
}

/// What an event brought.
enum Step {
    More,
    Row,
    End,
}

/// The row that is being read.
#[derive(Debug, Default)]
struct Row {
    number: u64,
    cells: Vec<String>,
    column: usize,
    kind: CellKind,
    /// Inside `<v>` or `<t>`.
    in_text: bool,
    text: String,
}

/// Where the text of a cell comes from (attribute `t`, §18.18.11).
#[derive(Debug, Default, Clone, Copy)]
enum CellKind {
    /// An index into the shared strings.
    Shared,
    /// The text itself.
    Inline,
    #[default]
    Number,
}

impl Row {
    fn take(&mut self, event: &Event<'_>, strings: &Strings) -> Result<Step, WorkbookError> {
        match event {
            Event::Start(tag) => self.open(tag)?,
            Event::Empty(tag) if tag.local_name().as_ref() == "c" => self.open(tag)?,
            Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                self.open(tag)?;
                return Ok(Step::Row);
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => self.in_text = false,
                "c" => self.close_cell(strings)?,
                "row" => return Ok(Step::Row),
                _ => {}
            },
            Event::Text(text) if self.in_text => self.push(&text.xml10_content())?,
            Event::CData(text) if self.in_text => self.push(&text.xml10_content())?,
            Event::GeneralRef(reference) if self.in_text => {
                if let Some(c) = character(reference) {
                    self.push(c.encode_utf8(&mut [0; 4]))?;
                }
            }
            Event::Eof => return Ok(Step::End),
            _ => {}
        }
        Ok(Step::More)
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), WorkbookError> {
        match tag.local_name().as_ref() {
            "row" => {
                let given = attribute(tag, "r").and_then(|number| number.parse().ok());
                self.number = given.unwrap_or(self.number.saturating_add(1));
                self.cells.clear();
                self.column = 0;
            }
            "c" => {
                if let Some(column) = attribute(tag, "r").and_then(|place| column(&place)) {
                    self.column = column;
                }
                if self.column >= COLUMN_LIMIT {
                    return Err(WorkbookError::TooLarge("columns"));
                }
                self.kind = match attribute(tag, "t").as_deref() {
                    Some("s") => CellKind::Shared,
                    Some("inlineStr" | "str" | "e" | "d") => CellKind::Inline,
                    _ => CellKind::Number,
                };
                self.text.clear();
            }
            "v" | "t" => self.in_text = true,
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), WorkbookError> {
        if self.text.len() + text.len() > CELL_LIMIT {
            return Err(WorkbookError::TooLarge("cell"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn close_cell(&mut self, strings: &Strings) -> Result<(), WorkbookError> {
        let text = match self.kind {
            CellKind::Inline => self.text.clone(),
            CellKind::Number => whole_number(&self.text),
            CellKind::Shared => {
                let index = self.text.trim().parse().ok();
                index
                    .and_then(|index| strings.get(index))
                    .unwrap_or_default()
                    .to_owned()
            }
        };
        if self.cells.len() <= self.column {
            self.cells.resize(self.column + 1, String::new());
        }
        let held: usize = self.cells.iter().map(String::len).sum();
        if held + text.len() > EVENT_LIMIT {
            return Err(WorkbookError::TooLarge("row"));
        }
        self.cells[self.column] = text;
        self.column += 1;
        Ok(())
    }
}

/// Excel writes whole numbers of thirteen digits as it likes, `1.790012345001E12` among them.
fn whole_number(text: &str) -> String {
    /// Up to here every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < EXACT => format!("{number:.0}"),
        _ => text.to_owned(),
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0usize, |number, letter| {
        number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

/// `&amp;` and its like; entities that a document declares itself are not followed.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    }
}

/// The shared strings (§18.4), one behind the other.
#[derive(Debug, Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn read(part: impl Read) -> Result<Self, WorkbookError> {
        let mut strings = Self::default();
        let mut events = Events::new(part);
        let (mut in_text, mut phonetic) = (false, false);
        loop {
            let step = events.next(|event| {
                match &event {
                    Event::Start(tag) => match tag.local_name().as_ref() {
                        "t" => in_text = !phonetic,
                        "rPh" => phonetic = true,
                        _ => {}
                    },
                    Event::End(tag) => match tag.local_name().as_ref() {
                        "t" => in_text = false,
                        "rPh" => phonetic = false,
                        "si" => strings.close()?,
                        _ => {}
                    },
                    Event::Empty(tag) if tag.local_name().as_ref() == "si" => strings.close()?,
                    Event::Text(text) if in_text => strings.push(&text.xml10_content())?,
                    Event::CData(text) if in_text => strings.push(&text.xml10_content())?,
                    Event::GeneralRef(reference) if in_text => {
                        if let Some(c) = character(reference) {
                            strings.push(c.encode_utf8(&mut [0; 4]))?;
                        }
                    }
                    Event::Eof => return Ok(Step::End),
                    _ => {}
                }
                Ok(Step::More)
            })?;
            if matches!(step, Step::End) {
                return Ok(strings);
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), WorkbookError> {
        if self.text.len() + text.len() > STRINGS_LIMIT {
            return Err(WorkbookError::TooLarge("shared strings"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn close(&mut self) -> Result<(), WorkbookError> {
        let too_large = WorkbookError::TooLarge("shared strings");
        if self.ends.len() >= STRINGS_COUNT {
            return Err(too_large);
        }
        self.ends
            .push(u32::try_from(self.text.len()).map_err(|_| too_large)?);
        Ok(())
    }

    fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let place = |offset: u32| usize::try_from(offset).ok();
        self.text.get(place(start)?..place(*self.ends.get(index)?)?)
    }
}

/// The XML events of a part, within the limits.
struct Events<R: Read> {
    reader: Reader<BufReader<Metered<R>>>,
    since_event: Rc<Cell<usize>>,
    buffer: Vec<u8>,
    depth: u32,
}

impl<R: Read> Events<R> {
    fn new(part: R) -> Self {
        let since_event = Rc::new(Cell::new(0));
        let metered = Metered {
            part: part.take(PART_LIMIT),
            since_event: Rc::clone(&since_event),
        };
        Self {
            reader: Reader::from_reader(BufReader::with_capacity(1 << 16, metered)),
            since_event,
            buffer: Vec::new(),
            depth: 0,
        }
    }

    fn next(
        &mut self,
        take: impl FnOnce(Event<'_>) -> Result<Step, WorkbookError>,
    ) -> Result<Step, WorkbookError> {
        self.buffer.clear();
        self.since_event.set(0);
        let event = self.reader.read_event_into(&mut self.buffer)?;
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH_LIMIT {
            return Err(WorkbookError::TooLarge("depth"));
        }
        take(event)
    }
}

/// Refuses to read on when one event never ends.
struct Metered<R> {
    part: io::Take<R>,
    since_event: Rc<Cell<usize>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(into)?;
        let total = self.since_event.get() + read;
        self.since_event.set(total);
        if total > EVENT_LIMIT {
            return Err(io::Error::other("one tag or text of more than 1 MiB"));
        }
        if read == 0 && self.part.limit() == 0 {
            return Err(io::Error::other("a part of more than 2 GiB"));
        }
        Ok(read)
    }
}
