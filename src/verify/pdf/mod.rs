//! Our own strict, lazy reader of PDF structure on raw bytes (DESIGN N): revisions, signature dictionaries, and what
//! changed between them (ISO 32000-2 §7.5, §12.8).
//!
//! 1. [`open`] walks the cross-reference sections from the last `startxref` and cuts the file into revisions (`xref`);
//!    An encrypted file is read when the empty user password opens it (`encryption`, `cipher`);
//! 2. compares the bytes of every update with what its section names: nothing may hide between objects (`body`), nor inside
//!    of them (`markers`);
//! 3. finds the signature fields, and the exact place of `/Contents` and `/ByteRange` (`fields`, `signature`); what was signed
//!    must not be another document without its gap (`without_gap`);
//! 4. names what each revision changed, object by object (`difference`), and weighs it for every signature before it
//!    (`history`, `change`);
//! 5. looks for active content (`reach`) and reads the validation material of the DSS (`security_store`).
//!
//! Whoever reads a document with another program compares what that found with all objects that are here (`values`).
//!
//! Objects are read when somebody asks for them, so a scan of 40 MB costs what its few dozen objects cost. Contents of
//! pages, fonts and images are never decoded. Whatever two readers could take for two documents is a
//! `pdf.ambiguous` finding, never repaired.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::as_conversions,
        clippy::arithmetic_side_effects
    )
)]

mod body;
mod change;
mod cipher;
mod difference;
mod encryption;
mod fields;
mod filter;
mod history;
mod lexer;
mod markers;
mod object;
mod pages;
mod places;
mod reach;
mod reader;
mod security_store;
mod signature;
pub mod values;
mod without_gap;
mod xref;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::change::{Change, Permissions, Verdict};
use self::encryption::Encryption;
use self::history::History;
use self::object::Dictionary;
use self::reader::Reader;
use super::content::{Content, Pass};
use super::report::{Code, Coverage, Finding, Modifications, Severity, SignatureKind, Statement};

/// A PDF as its bytes describe it, read no further than signatures and their coverage need.
#[derive(Debug)]
pub struct Pdf<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Revisions, oldest first.
    pub revisions: Vec<Revision>,
    /// Signatures and document timestamps, oldest first.
    pub signatures: Vec<PdfSignature>,
    /// Whether the trailer has `/Encrypt`.
    pub encrypted: bool,
    /// Validation material of the document security store, as DER.
    pub dss: SecurityStore,
    /// Findings about the file as a whole.
    pub findings: Vec<Finding>,
    /// What each revision changed, oldest first.
    changes: Vec<Change>,
    /// For each revision, behind its `%%EOF` and behind the white space that follows.
    ends: Vec<(usize, usize)>,
    /// Signature widgets that draw something in some revision, with the one that wrote each.
    widgets: Vec<(usize, Widget)>,
}

/// One incremental update, or the original (ISO 32000-2 §7.5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Offset just behind its `%%EOF` and end of line.
    pub end: u64,
}

/// What the DSS dictionary carries (ETSI EN 319 142-1 §5.4.2), as DER bytes.
#[derive(Debug, Default)]
pub struct SecurityStore {
    /// Certificates.
    pub certificates: Vec<Stored>,
    /// CRLs.
    pub crls: Vec<Stored>,
    /// OCSP responses.
    pub ocsps: Vec<Stored>,
}

/// One value of the document security store.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its bytes.
    pub der: Vec<u8>,
    /// Index into [`Pdf::revisions`] of the revision that wrote them.
    pub revision: usize,
}

/// One signature dictionary with its field (ISO 32000-2 §12.8.1).
#[derive(Debug)]
pub struct PdfSignature {
    /// Fully qualified field name.
    pub field: String,
    /// Person or document timestamp.
    pub kind: SignatureKind,
    /// `/SubFilter` without the slash.
    pub sub_filter: String,
    /// `/ByteRange` as `[offset, length, offset, length]`; zeros when it can't be used.
    pub byte_range: [u64; 4],
    /// The decoded `/Contents`: DER or BER, padding zeros included; empty when it can't be used.
    pub contents: Vec<u8>,
    /// Index into [`Pdf::revisions`] of the revision it closes.
    pub revision: usize,
    /// How much of the file it covers.
    pub coverage: Coverage,
    /// What later revisions changed.
    pub modifications: Modifications,
    /// `/M`, the time claimed in the dictionary.
    pub claimed_time: Option<Timestamp>,
    /// `/Reason`, what it was made for.
    pub reason: Option<String>,
    /// `/Location`, `/ContactInfo` and `/Name`.
    pub statements: Vec<Statement>,
    /// Permission level of a certification signature (`/DocMDP /P`, 1 to 3).
    pub doc_mdp: Option<u8>,
    /// Whether its widget shows something on a page.
    pub visible: bool,
    /// Where it is drawn: the widgets of its field, when the field refers to a dictionary of its own.
    pub drawn: Vec<Drawn>,
    /// Findings about this signature's place in the file.
    pub findings: Vec<Finding>,
}

impl PdfSignature {
    /// The two stretches of the file that were signed, everything but the `/Contents` string; nothing when
    /// `/ByteRange` doesn't fit the file.
    #[must_use]
    pub fn signed_parts<'b>(&self, bytes: &'b [u8]) -> Option<[&'b [u8]; 2]> {
        if self.byte_range == [0; 4] {
            return None;
        }
        let part = |start: u64, length: u64| {
            let end = start.checked_add(length)?;
            bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
        };
        let [start, length, second_start, second_length] = self.byte_range;
        Some([part(start, length)?, part(second_start, second_length)?])
    }

    /// Length in bytes of the document as this signature saw it.
    #[must_use]
    pub fn covered_bytes(&self) -> u64 {
        let [_, _, start, length] = self.byte_range;
        start.saturating_add(length)
    }

    /// The same with what the pass over the file has hashed of them.
    #[must_use]
    pub fn content<'b>(&self, pass: &Pass<'b>) -> Option<Content<'b>> {
        let [first, rest] = self.signed_parts(pass.bytes())?;
        match self.first_stretch() {
            Some(length) => pass.content(length, rest),
            None => Some(Content::new(&[first, rest])),
        }
    }

    /// Length of the stretch before the gap, when it begins where the file does.
    #[must_use]
    pub fn first_stretch(&self) -> Option<usize> {
        match self.byte_range {
            [0, length, ..] => usize::try_from(length).ok(),
            _ => None,
        }
    }
}

/// What the revisions behind some byte added (DESIGN D).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// What is more than signatures, timestamps and their validation data; empty when nothing is.
    pub findings: Vec<Finding>,
    /// Signature widgets that draw something.
    pub visible_widgets: Vec<Widget>,
}

/// A widget and the signature dictionary that is its value, by the numbers of their objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// What a page shows.
    pub widget: u32,
    /// What was judged.
    pub value: u32,
}

/// A signature's place on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    /// Page, from 1.
    pub page: usize,
    /// Left, bottom, right and top in the page's own coordinates.
    pub rect: [f64; 4],
}

impl Pdf<'_> {
    /// What the revisions behind byte `end` added: nothing but signatures and what belongs to them, or findings.
    #[must_use]
    pub fn additions_after(&self, end: u64) -> Additions {
        let mut additions = Additions::default();
        let boundary = self
            .ends
            .iter()
            .position(|(marker, white)| (wide(*marker)..=wide(*white)).contains(&end));
        let Some(boundary) = boundary else {
            additions.findings.push(modification(
                "no_revision_ends",
                "no revision ends where the original document does",
            ));
            return additions;
        };
        // Of a timestamp nobody says that the page looked so.
        let persons = self
            .signatures
            .iter()
            .filter(|signature| signature.kind == SignatureKind::Signature);
        let first_signed = persons
            .map(|signature| signature.revision)
            .filter(|at| *at > boundary)
            .min();
        for revision in boundary.saturating_add(1)..first_signed.unwrap_or(self.ends.len()) {
            let finding = modification(
                "extra_revision",
                "a revision that no person signed stands between the original document and its first signature",
            );
            let finding = finding.weighing(Severity::Unknown);
            additions
                .findings
                .push(finding.fact("revision", Value::from(revision.saturating_add(1))));
        }
        let later = self
            .changes
            .iter()
            .filter(|change| change.revision > boundary);
        additions.findings.extend(
            later
                .map(|change| (Permissions::judge_addition(change), change))
                .filter(|(verdict, _)| *verdict != Verdict::Permitted)
                .map(|(verdict, change)| change.finding(verdict, "file")),
        );
        let widgets = self
            .widgets
            .iter()
            .filter(|(revision, _)| *revision > boundary);
        additions.visible_widgets = widgets.map(|(_, widget)| widget.clone()).collect();
        additions
    }
}

fn modification(what: &'static str, detail: &'static str) -> Finding {
    Finding::new(Code::PdfModifiedAfterSigning, "file")
        .fact("what", what)
        .fact("detail", detail)
}

/// The file can't be read as a PDF at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// No `%PDF-` header.
    #[error("the file is not a PDF")]
    NotAPdf,
    /// No usable `startxref`, cross-reference section, trailer or catalog at the end.
    #[error("the file is cut off: its end has no usable cross-reference section")]
    Truncated,
    /// Structure that no rule of the standard covers.
    #[error("the file is malformed: {what} (near byte {at})")]
    Malformed {
        /// What could not be read.
        what: &'static str,
        /// Where.
        at: usize,
    },
    /// A limit of DESIGN §6.
    #[error("the file is too complex: {0}")]
    TooComplex(&'static str),
}

impl PdfError {
    /// Stable code, as the command line and the service tell it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input.empty",
            Self::NotAPdf => "pdf.not_a_pdf",
            Self::Truncated => "pdf.truncated",
            Self::Malformed { .. } => "pdf.malformed",
            Self::TooComplex(_) => "pdf.too_complex",
        }
    }
}

/// Why one object or section could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Malformed { what: &'static str, at: usize },
    TooComplex(&'static str),
}

impl Trouble {
    fn what(self) -> &'static str {
        match self {
            Self::Malformed { what, .. } | Self::TooComplex(what) => what,
        }
    }
}

impl From<Trouble> for PdfError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Malformed { what, at } => Self::Malformed { what, at },
            Trouble::TooComplex(what) => Self::TooComplex(what),
        }
    }
}

/// Ambiguities found so far. Each kind is told once per revision, whatever a hostile file repeats.
#[derive(Debug, Default)]
struct Doubts {
    findings: Vec<Finding>,
    told: BTreeSet<(&'static str, Option<usize>)>,
}

impl Doubts {
    /// Notes an ambiguity; `revision` counts from 0.
    fn add(&mut self, what: &'static str, revision: Option<usize>, detail: impl Into<String>) {
        self.tell(Finding::new(Code::PdfAmbiguous, ""), what, revision, detail);
    }

    /// Notes any finding of the file, once per kind and revision.
    fn tell(
        &mut self,
        finding: Finding,
        what: &'static str,
        revision: Option<usize>,
        detail: impl Into<String>,
    ) {
        if !self.told.insert((what, revision)) {
            return;
        }
        let number = revision.map(|revision| revision.saturating_add(1));
        let subject =
            number.map_or_else(|| "file".to_owned(), |number| format!("revision {number}"));
        let mut finding = finding.fact("what", what).fact("detail", detail.into());
        if let Some(number) = number {
            finding = finding.fact("revision", Value::from(number));
        }
        finding.subject = subject;
        self.findings.push(finding);
    }

    /// Notes a dictionary that says two things under one key (§7.3.7 forbids it).
    fn conflict(&mut self, dictionary: &Dictionary, revision: Option<usize>, of: &str) {
        if let Some(key) = dictionary.conflict() {
            let key = object::text(key);
            self.add(
                "duplicate_key",
                revision,
                format!("/{key} stands twice in {of}, with different values"),
            );
        }
    }
}

/// Bytes before which the header must begin when it isn't at 0 (Acrobat's own tolerance: Adobe PDF Reference 1.7,
/// Appendix H, implementation note 13).
const HEADER_WINDOW: usize = 1024;

/// White space before the header that can hold nothing else: an object, shifted by so little, is not found.
const HARMLESS_BEFORE_HEADER: usize = 16;

/// Reads the structure of a PDF.
///
/// # Errors
/// When the bytes are no PDF, or none that can be read within the limits.
pub fn open(bytes: &[u8]) -> Result<Pdf<'_>, PdfError> {
    open_counting(bytes, &mut Work::default())
}

/// What reading a file has cost, in the units that are limited.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    /// Values of objects, repeated readings included.
    values: usize,
    /// Questions for the place of an object.
    lookups: usize,
    /// Bytes of objects and compared streams.
    bytes: usize,
}

fn open_counting<'a>(bytes: &'a [u8], work: &mut Work) -> Result<Pdf<'a>, PdfError> {
    let mut doubts = Doubts::default();
    check_header(bytes, &mut doubts)?;
    let walk = xref::walk(bytes, &mut doubts)?;
    let mut reader = Reader::new(bytes, walk);
    let pdf = read(&mut reader, doubts);
    *work = reader.work();
    pdf
}

/// Reads what the sections name.
fn read<'a>(reader: &mut Reader<'a>, mut doubts: Doubts) -> Result<Pdf<'a>, PdfError> {
    let bytes = reader.bytes;
    let encryption = encryption::read(reader, &mut doubts);
    reader.decrypt_with(encryption);
    body::check(reader, &mut doubts);
    markers::check(reader, &mut doubts);
    let history = match history::read(reader, &mut doubts) {
        // Object streams of a locked file can't be read; that it is encrypted is the answer.
        Err(_) if matches!(reader.encryption(), Encryption::Locked) => History::default(),
        other => other?,
    };
    if let Some(number) = reader.loose_index() {
        let detail = format!(
            "the index of object stream {number} holds more than the pairs that its dictionary counts"
        );
        doubts.add("object_stream_index", None, detail);
    }
    check_end(bytes, reader, history.signatures.is_empty(), &mut doubts)?;
    let ends: Vec<_> = reader
        .tables
        .iter()
        .map(|table| (table.marker_end, table.white_end))
        .collect();
    let revisions = reader.tables.iter().map(|table| Revision {
        end: wide(table.end),
    });
    Ok(Pdf {
        bytes,
        revisions: revisions.collect(),
        signatures: history.signatures,
        encrypted: !matches!(reader.encryption(), Encryption::None),
        dss: history.store,
        findings: doubts.findings,
        changes: history.changes,
        ends,
        widgets: history.widgets,
    })
}

fn wide(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX)
}

/// §7.5.2: the header is the first thing in the file.
fn check_header(bytes: &[u8], doubts: &mut Doubts) -> Result<(), PdfError> {
    const MARK: &[u8] = b"%PDF-";
    if bytes.is_empty() {
        return Err(PdfError::Empty);
    }
    let window = bytes
        .get(..HEADER_WINDOW.min(bytes.len()))
        .unwrap_or_default();
    match window.windows(MARK.len()).position(|found| found == MARK) {
        Some(0) => Ok(()),
        // Offsets count from the start of the file or from the header, depending on the reader: two documents in one
        // file. A mark of Unicode or an empty line is what servers leave there, and a person decides.
        Some(at) => {
            let before = bytes.get(..at).unwrap_or_default();
            let text = before.strip_prefix(b"\xef\xbb\xbf").unwrap_or(before);
            let harmless = at <= HARMLESS_BEFORE_HEADER && text.iter().all(u8::is_ascii_whitespace);
            let finding = Finding::new(Code::PdfAmbiguous, "");
            let finding = if harmless {
                finding.weighing(Severity::Unknown)
            } else {
                finding
            };
            let detail = format!("{at} bytes stand before the %PDF header");
            doubts.tell(finding, "bytes_before_header", None, detail);
            Ok(())
        }
        None => Err(PdfError::NotAPdf),
    }
}

/// What stands behind the last `%%EOF`: white space that a signature covers, or nothing.
fn check_end(
    bytes: &[u8],
    reader: &Reader<'_>,
    unsigned: bool,
    doubts: &mut Doubts,
) -> Result<(), PdfError> {
    let last = reader.last();
    let Some(table) = reader.tables.get(last) else {
        return Err(PdfError::Truncated);
    };
    let behind = bytes.get(table.white_end..).unwrap_or_default();
    if behind.is_empty() {
        return Ok(());
    }
    // Objects behind the last revision of a file without signatures: an upload that broke off inside the next one.
    let broken_off = !doubts.told.contains(&("startxref_elsewhere", Some(last)));
    if unsigned && broken_off && body::begins_object(bytes, table.white_end) {
        return Err(PdfError::Truncated);
    }
    doubts.add(
        "bytes_after_eof",
        Some(last),
        format!("{} bytes stand behind the last %%EOF", behind.len()),
    );
    Ok(())
}

#[cfg(test)]
mod tests;
