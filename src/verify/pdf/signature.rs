//! Signature dictionaries: the exact place of `/Contents` in the file, and whether `/ByteRange` explains every other
//! byte of the revision it closes (ISO 32000-2 §12.8.1). The Universal Signature Forgery and Signature Wrapping
//! attacks live on readers that are lenient here.

use std::collections::HashSet;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::change::Lock;
use super::encryption::Encryption;
use super::fields::{Node, Tree};
use super::lexer::{Lexer, Placed, plain_hex};
use super::object::{Dictionary, Object, ObjectId, text};
use super::reader::Reader;
use super::xref::Entry;
use super::{Doubts, Drawn, PdfSignature, Trouble, wide};
use crate::verify::report::{
    Code, Coverage, Finding, Modifications, Severity, SignatureKind, Statement, StatementPlace,
    kept,
};

/// Signatures of one document (DESIGN §6).
const MAX_SIGNATURES: usize = 10;

/// A signature with what it forbids to later revisions.
pub(super) struct Found {
    pub signature: PdfSignature,
    /// Its dictionary's object, when it is one of its own.
    pub id: Option<ObjectId>,
    pub locks: Vec<Lock>,
    /// `/P` of the field's `/Lock` (§12.7.5.5).
    pub lock_level: Option<u8>,
}

/// All signatures of the form as a view sees them, oldest first.
pub(super) fn find(
    reader: &mut Reader<'_>,
    view: usize,
    tree: &Tree,
    doubts: &mut Doubts,
) -> Vec<Found> {
    let mut signatures = Vec::new();
    let mut seen = HashSet::new();
    for field in tree.signed() {
        if let Some(id) = field.value.as_ref().and_then(Object::reference)
            && !seen.insert(id)
        {
            doubts.add(
                "signature_shared",
                Some(view),
                format!("signature object {} is the value of two fields", id.number),
            );
        }
        if signatures.len() >= MAX_SIGNATURES {
            doubts.tell(
                Finding::new(Code::PdfTooComplex, ""),
                "too_many_signatures",
                None,
                format!("more than {MAX_SIGNATURES} signatures"),
            );
            break;
        }
        signatures.push(read(reader, view, tree, field));
    }
    signatures.sort_by_key(|found| (found.signature.revision, found.signature.byte_range));
    certification_comes_first(&mut signatures);
    signatures
}

/// §12.8.2.2.1: a document has one certification at most, and it is the first signature. A later one claims to speak for
/// what others had signed before.
fn certification_comes_first(signatures: &mut [Found]) {
    let persons = signatures
        .iter_mut()
        .map(|found| &mut found.signature)
        .filter(|signature| signature.kind == SignatureKind::Signature);
    for late in persons
        .skip(1)
        .filter(|signature| signature.doc_mdp.is_some())
    {
        let finding = Finding::new(Code::PdfSignatureMalformed, late.field.clone())
            .weighing(Severity::Unknown)
            .fact("what", "certification_not_first")
            .fact(
                "detail",
                "a certification signature follows another signature",
            );
        late.findings.push(finding);
    }
}

/// The dictionary of a signature: what it says, and where in the file it says so.
struct Raw {
    /// The object it stands in.
    id: ObjectId,
    entries: Vec<Placed>,
    dictionary: Dictionary,
    /// Where its object begins.
    at: usize,
}

fn read(reader: &mut Reader<'_>, view: usize, tree: &Tree, field: &Node) -> Found {
    let widgets = || tree.widgets(field);
    let id = field.value.as_ref().and_then(Object::reference);
    let drawn = widgets().filter_map(|widget| {
        Some(Drawn {
            widget: widget.id?.number,
            value: id?.number,
        })
    });
    let mut found = Found {
        id,
        locks: Vec::new(),
        lock_level: None,
        signature: PdfSignature {
            field: field.name.clone(),
            kind: SignatureKind::Signature,
            sub_filter: String::new(),
            byte_range: [0; 4],
            contents: Vec::new(),
            revision: reader.last(),
            coverage: Coverage::Partial,
            modifications: Modifications::Suspicious,
            claimed_time: None,
            reason: None,
            statements: Vec::new(),
            doc_mdp: None,
            visible: widgets().any(|widget| is_visible(reader, view, &widget.dictionary)),
            drawn: drawn.collect(),
            findings: Vec::new(),
        },
    };
    match raw(reader, view, field) {
        Ok(raw) => {
            fill(reader, view, &mut found.signature, &raw);
            // What can't be read locks everything.
            found.locks = locks(reader, view, &raw.dictionary).unwrap_or_else(|_| vec![Lock::All]);
        }
        Err(trouble) => malformed(
            &mut found.signature,
            "unreadable",
            format!("the signature dictionary can't be read: {}", trouble.what()),
        ),
    }
    let lock = reader
        .get_dictionary(view, &field.dictionary, b"Lock")
        .unwrap_or_default();
    if lock.has(b"Action") {
        found
            .locks
            .push(self::lock(reader, view, &lock).unwrap_or(Lock::All));
    }
    found.lock_level = lock.get(b"P").map(level);
    found
}

/// The fields that `/FieldMDP` transforms name (§12.8.2.4).
fn locks(
    reader: &mut Reader<'_>,
    view: usize,
    dictionary: &Dictionary,
) -> Result<Vec<Lock>, Trouble> {
    let mut locks = Vec::new();
    for item in reader.get_array(view, dictionary, b"Reference")? {
        if let Object::Dictionary(reference) = reader.resolve(view, &item)?
            && reference.is(b"TransformMethod", b"FieldMDP")
        {
            let parameters = reader.get_dictionary(view, &reference, b"TransformParams")?;
            locks.push(lock(reader, view, &parameters)?);
        }
    }
    Ok(locks)
}

fn lock(reader: &mut Reader<'_>, view: usize, dictionary: &Dictionary) -> Result<Lock, Trouble> {
    let mut names = Vec::new();
    for item in reader.get_array(view, dictionary, b"Fields")? {
        if let Object::String(name) = reader.resolve(view, &item)? {
            names.push(text(&name));
        }
    }
    Ok(match name(dictionary, b"Action").as_str() {
        "Include" => Lock::Include(names),
        "Exclude" => Lock::Exclude(names),
        _ => Lock::All,
    })
}

/// A permission level; one that doesn't exist permits nothing.
fn level(value: &Object) -> u8 {
    value
        .integer()
        .and_then(|level| u8::try_from(level).ok())
        .filter(|level| (1..=3).contains(level))
        .unwrap_or(1)
}

fn malformed(signature: &mut PdfSignature, what: &'static str, detail: impl Into<String>) {
    tell(signature, Code::PdfSignatureMalformed, what, detail);
}

fn tell(signature: &mut PdfSignature, code: Code, what: &'static str, detail: impl Into<String>) {
    let finding = Finding::new(code, signature.field.clone())
        .fact("what", what)
        .fact("detail", detail.into());
    signature.findings.push(finding);
}

/// Finds the dictionary in the raw bytes. It has to be outside object streams: nothing inside one can be left out of a
/// digest.
fn raw(reader: &mut Reader<'_>, view: usize, field: &Node) -> Result<Raw, Trouble> {
    let bad = |what| Trouble::Malformed { what, at: 0 };
    let (id, inside_field) = match &field.value {
        Some(Object::Reference(id)) => (*id, false),
        Some(Object::Dictionary(_)) => (field.id.ok_or(bad("place of the field"))?, true),
        _ => return Err(bad("value of the field")),
    };
    let at = place(reader, view, id).ok_or(bad("place of the signature dictionary"))?;
    let mut lexer = Lexer::new(reader.bytes, at);
    lexer.skip_some_white();
    if lexer.header()? != id {
        return Err(bad("object header"));
    }
    let mut entries = lexer.placed_entries()?;
    if inside_field {
        let value = entries
            .iter()
            .filter(|entry| entry.key.as_ref() == b"V")
            .map(|entry| entry.place.start);
        let places: Vec<usize> = value.collect();
        let [start] = places.as_slice() else {
            return Err(bad("value of the field"));
        };
        entries = Lexer::new(reader.bytes, *start).placed_entries()?;
    }
    let value = field.value.as_ref().unwrap_or(&Object::Null);
    let Object::Dictionary(dictionary) = reader.resolve(view, value)? else {
        return Err(bad("signature dictionary"));
    };
    Ok(Raw {
        id,
        entries,
        dictionary,
        at,
    })
}

fn place(reader: &Reader<'_>, view: usize, id: ObjectId) -> Option<usize> {
    match reader.entry(view, id.number) {
        Some((_, Entry::InUse { offset, generation })) if generation == id.generation => {
            Some(offset)
        }
        _ => None,
    }
}

fn fill(reader: &mut Reader<'_>, view: usize, signature: &mut PdfSignature, raw: &Raw) {
    let mut keys = HashSet::new();
    if let Some(twice) = raw.entries.iter().find(|entry| !keys.insert(&entry.key)) {
        let key = text(&twice.key);
        tell(
            signature,
            Code::PdfAmbiguous,
            "duplicate_key",
            format!("/{key} stands twice in the signature dictionary"),
        );
    }
    signature.sub_filter = name(&raw.dictionary, b"SubFilter");
    if signature.sub_filter.is_empty() {
        malformed(
            signature,
            "sub_filter",
            "/SubFilter is missing or no name: nothing says how to verify",
        );
    }
    signature.kind = kind(signature, &raw.dictionary);
    signature.claimed_time = raw
        .dictionary
        .get(b"M")
        .and_then(Object::string)
        .and_then(date);
    signature.reason = said(reader, view, &raw.dictionary, b"Reason");
    signature.statements = statements(reader, view, &raw.dictionary);
    signature.doc_mdp = doc_mdp(reader, view, &raw.dictionary).unwrap_or(Some(1));
    let contents = contents(reader.bytes, signature, raw);
    if let Encryption::Open(handler) = reader.encryption() {
        handler.clear_room(&mut signature.contents, raw.id);
    }
    let range = byte_range(reader.bytes, signature, raw);
    if let (Some(contents), Some(range)) = (contents, range) {
        cover(reader, signature, raw.at, &contents, range);
    }
}

/// §12.8.1: where the signer says that they are, how to reach them, and who.
fn statements(reader: &mut Reader<'_>, view: usize, dictionary: &Dictionary) -> Vec<Statement> {
    use StatementPlace::{ContactInfo, Location, Name};
    let entries: [(&[u8], StatementPlace); 3] = [
        (b"Location", Location),
        (b"ContactInfo", ContactInfo),
        (b"Name", Name),
    ];
    let mut statements = Vec::new();
    for (key, place) in entries {
        let text = said(reader, view, dictionary, key);
        statements.extend(text.map(|text| Statement { place, text }));
    }
    statements
}

/// §12.8.1: what the signer wrote beside the signature. What is no text is told as such: it says something that nobody reads here.
fn said(
    reader: &mut Reader<'_>,
    view: usize,
    dictionary: &Dictionary,
    key: &[u8],
) -> Option<String> {
    let written = dictionary.get(key)?.clone();
    match reader.resolve(view, &written) {
        Ok(Object::String(said)) => kept(&text(&said)),
        Ok(Object::Null) => None,
        Ok(_) | Err(_) => Some("?".to_owned()),
    }
}

fn name(dictionary: &Dictionary, key: &[u8]) -> String {
    dictionary
        .get(key)
        .and_then(Object::name)
        .map(text)
        .unwrap_or_default()
}

/// §12.8.5: a document timestamp says so in `/Type` and in `/SubFilter`. Some writers leave the first out, or as that of a
/// signature: the second says what is inside, and a token can't be taken for a person's signature.
fn kind(signature: &mut PdfSignature, dictionary: &Dictionary) -> SignatureKind {
    let stamp = signature.sub_filter == "ETSI.RFC3161";
    match name(dictionary, b"Type").as_str() {
        "DocTimeStamp" | "Sig" | "" if stamp => SignatureKind::DocTimestamp,
        "Sig" | "" if !stamp => SignatureKind::Signature,
        other => {
            let detail = format!("/Type /{other} with /SubFilter /{}", signature.sub_filter);
            malformed(signature, "type", detail);
            SignatureKind::Signature
        }
    }
}

/// The place of the `/Contents` string, from `<` to behind `>`. It must be hexadecimal and nothing else: white space
/// between digits would be bytes that nobody signs.
fn contents(bytes: &[u8], signature: &mut PdfSignature, raw: &Raw) -> Option<Range<usize>> {
    let entry = raw
        .entries
        .iter()
        .find(|entry| entry.key.as_ref() == b"Contents");
    let Some(place) = entry.map(|entry| entry.place.clone()) else {
        malformed(signature, "contents", "/Contents is missing");
        return None;
    };
    let written = bytes.get(place.clone()).unwrap_or_default();
    let digits = written
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"));
    let Some(value) = digits.and_then(plain_hex) else {
        malformed(
            signature,
            "contents",
            "/Contents is not one plain hexadecimal string of whole bytes",
        );
        return None;
    };
    if value.iter().all(|byte| *byte == 0) {
        malformed(signature, "contents", "/Contents holds no signature");
        return None;
    }
    signature.contents = value;
    Some(place)
}

/// The four numbers, written directly.
fn byte_range(bytes: &[u8], signature: &mut PdfSignature, raw: &Raw) -> Option<[usize; 4]> {
    let entry = raw
        .entries
        .iter()
        .find(|entry| entry.key.as_ref() == b"ByteRange");
    let value = entry.and_then(|entry| Lexer::new(bytes, entry.place.start).value().ok());
    let numbers: Option<Vec<usize>> = value.as_ref().and_then(Object::array).and_then(|items| {
        items
            .iter()
            .map(|item| {
                item.integer()
                    .and_then(|number| usize::try_from(number).ok())
            })
            .collect()
    });
    let range = numbers.and_then(|numbers| <[usize; 4]>::try_from(numbers).ok());
    if range.is_none() {
        malformed(
            signature,
            "byte_range",
            "/ByteRange is missing or not four numbers",
        );
    }
    range
}

/// Compares `/ByteRange` with the file: it starts at 0, leaves out exactly the `/Contents` string, and ends where the
/// revision ends that holds the dictionary.
fn cover(
    reader: &Reader<'_>,
    signature: &mut PdfSignature,
    at: usize,
    contents: &Range<usize>,
    range: [usize; 4],
) {
    let [start, length, second_start, second_length] = range;
    let first_end = start.saturating_add(length);
    let end = second_start.saturating_add(second_length);
    let mut wrong = |what, detail: String| tell(signature, Code::PdfByteRange, what, detail);
    let mut sound = true;
    if start != 0 {
        wrong(
            "start",
            format!("/ByteRange starts at {start} instead of 0"),
        );
        sound = false;
    }
    if first_end != contents.start || second_start != contents.end {
        wrong(
            "gap",
            format!(
                "/ByteRange leaves out bytes {first_end} to {second_start}, but /Contents is at {} to {}",
                contents.start, contents.end
            ),
        );
        sound = false;
    }
    if end > reader.bytes.len() {
        wrong(
            "beyond_file",
            format!("/ByteRange ends at {end}, behind the end of the file"),
        );
        return;
    }
    if first_end > second_start {
        return;
    }
    signature.byte_range = [
        wide(start),
        wide(length),
        wide(second_start),
        wide(second_length),
    ];
    let revision = reader.tables.iter().position(|table| {
        (table.marker_end..=table.white_end.max(table.marker_end)).contains(&end)
    });
    let Some(revision) = revision else {
        tell(
            signature,
            Code::PdfByteRange,
            "end",
            format!("/ByteRange ends at {end}, where no revision ends"),
        );
        return;
    };
    signature.revision = revision;
    let inside = reader
        .tables
        .get(revision)
        .is_some_and(|table| (table.start..table.section).contains(&at));
    if !inside {
        tell(
            signature,
            Code::PdfByteRange,
            "other_revision",
            "the signature dictionary lies outside the revision that /ByteRange closes",
        );
        return;
    }
    if !sound {
        return;
    }
    signature.coverage = if end == reader.bytes.len() {
        Coverage::WholeFile
    } else {
        Coverage::WholeRevision
    };
    let last = revision == reader.last();
    if last {
        signature.modifications = Modifications::None;
        let rest = reader.bytes.get(end..).unwrap_or_default();
        if !rest.is_empty() && rest.iter().copied().all(super::lexer::is_white) {
            // Nothing that a reader shows, but not what was signed either: mail gateways append an end of line.
            let finding = Finding::new(Code::PdfByteRange, signature.field.clone())
                .weighing(Severity::Unknown)
                .fact("what", "white_space_after_eof")
                .fact(
                    "detail",
                    format!(
                        "{} bytes of white space were appended to the file",
                        rest.len()
                    ),
                );
            signature.findings.push(finding);
        }
    }
}

/// `/Reference` → `/TransformMethod /DocMDP` → `/P`, 2 when absent (§12.8.2.2).
fn doc_mdp(
    reader: &mut Reader<'_>,
    view: usize,
    dictionary: &Dictionary,
) -> Result<Option<u8>, Trouble> {
    for item in reader.get_array(view, dictionary, b"Reference")? {
        let Object::Dictionary(reference) = reader.resolve(view, &item)? else {
            continue;
        };
        if !reference.is(b"TransformMethod", b"DocMDP") {
            continue;
        }
        let parameters = reader.get_dictionary(view, &reference, b"TransformParams")?;
        let level = parameters.get(b"P").map_or(2, level);
        return Ok(Some(level));
    }
    Ok(None)
}

/// Whether some reader might draw a widget (§12.5.5, §12.5.6.19). Only one whose rectangle is a point is safe: readers
/// make appearances, borders and backgrounds of their own, and disagree about rectangles that are no rectangles.
pub(super) fn is_visible(reader: &mut Reader<'_>, view: usize, widget: &Dictionary) -> bool {
    let drawn = widget.has(b"AP") || widget.has(b"MK");
    match rectangle(reader, view, widget) {
        Rectangle::Missing => drawn,
        Rectangle::Malformed => true,
        Rectangle::Corners([left, bottom, right, top]) => right > left || top > bottom,
    }
}

/// `/Rect` of an annotation (§7.9.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rectangle {
    /// No entry.
    Missing,
    /// Something else than four numbers.
    Malformed,
    /// Left, bottom, right, top.
    Corners([f64; 4]),
}

impl Rectangle {
    /// Whether it covers nothing at all.
    pub fn is_point(self) -> bool {
        matches!(self, Self::Corners([left, bottom, right, top]) if right <= left && top <= bottom)
    }

    /// The area it may cover: of a rectangle that is none, everything.
    pub fn area(self) -> [f64; 4] {
        match self {
            Self::Corners(corners) => corners,
            Self::Missing | Self::Malformed => [f64::MIN, f64::MIN, f64::MAX, f64::MAX],
        }
    }
}

/// `/Rect` with its corners in order.
pub(super) fn rectangle(reader: &mut Reader<'_>, view: usize, widget: &Dictionary) -> Rectangle {
    if !widget.has(b"Rect") {
        return Rectangle::Missing;
    }
    let mut corners = || {
        let items = reader.get_array(view, widget, b"Rect").ok()?;
        let mut numbers = Vec::new();
        for item in &items {
            numbers.push(reader.resolve(view, item).ok()?.number()?);
        }
        <[f64; 4]>::try_from(numbers).ok()
    };
    match corners() {
        Some([x1, y1, x2, y2]) => {
            Rectangle::Corners([x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2)])
        }
        None => Rectangle::Malformed,
    }
}

/// §7.9.4: `D:YYYYMMDDHHmmSSOHH'mm'`, everything behind the year optional. Without an offset the time is unknown by
/// hours; it is read as UTC, being a claim and no proof.
fn date(string: &[u8]) -> Option<Timestamp> {
    let text = text(string);
    let rest = text.strip_prefix("D:").unwrap_or(&text);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number = |from: usize, to: usize, default: i16| match digits.get(from..to) {
        Some(part) => part.parse().ok(),
        None => Some(default),
    };
    let small =
        |from, to, default| number(from, to, default).and_then(|value| i8::try_from(value).ok());
    let local = DateTime::new(
        number(0, 4, -1).filter(|year| *year > 0)?,
        small(4, 6, 1)?,
        small(6, 8, 1)?,
        small(8, 10, 0)?,
        small(10, 12, 0)?,
        small(12, 14, 0)?,
        0,
    )
    .ok()?;
    let zone = rest.get(digits.len()..).unwrap_or_default();
    let mut parts = zone.get(1..).unwrap_or_default().split('\'');
    let mut part = || {
        parts
            .next()
            .and_then(|part| part.parse::<i32>().ok())
            .unwrap_or(0)
    };
    let seconds = part()
        .saturating_mul(3600)
        .saturating_add(part().saturating_mul(60));
    let offset = match zone.chars().next() {
        Some('+') => Offset::from_seconds(seconds).ok()?,
        Some('-') => Offset::from_seconds(seconds.saturating_neg()).ok()?,
        _ => Offset::UTC,
    };
    local
        .to_zoned(TimeZone::fixed(offset))
        .ok()
        .map(|zoned| zoned.timestamp())
}
