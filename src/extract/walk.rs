//! Walks the content of pages as a reader would (ISO 32000-2 §8 and §9) and notes text, its place, and every way in
//! which text can be there without being seen. Runs only in the child process.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "PDF numbers are reals that stand for small integers, and matrices are written a to f as in the standard"
)]

use std::collections::BTreeSet;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Encoding, LoadOptions, Object};

use crate::letter::{HiddenText, PageText};

/// Pages that are read: a petition is a letter, not a book. Text behind them counts as hidden.
const PAGE_LIMIT: usize = 50;
/// Content operations that are followed in all.
const OPERATION_LIMIT: usize = 1_000_000;
/// Form XObjects inside form XObjects.
const FORM_DEPTH: u8 = 8;
/// Inflated size of one content stream, in bytes.
const STREAM_LIMIT: usize = 8 << 20;
/// Text smaller than this, in points, can't be read on paper.
const TINY: f64 = 4.0;
/// Components at least this bright count as paper.
const PAPER: f64 = 0.95;

/// The text of `pdf`, or nothing when it can't be followed to the end.
pub(super) fn text(pdf: &[u8]) -> Option<PageText> {
    let options = LoadOptions {
        max_decompressed_size: Some(STREAM_LIMIT),
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(pdf, options).ok()?;
    let mut walk = Walk {
        document: &document,
        runs: Vec::new(),
        painted: Vec::new(),
        hidden: BTreeSet::new(),
        operations: 0,
    };
    let mut lines = Vec::new();
    for (index, page) in document.page_iter().enumerate() {
        if index >= PAGE_LIMIT {
            walk.hidden.insert(HiddenText::Elsewhere);
            break;
        }
        walk.page(page)?;
        lines.extend(lines_of(std::mem::take(&mut walk.runs)));
        walk.painted.clear();
        lines.push(String::new());
    }
    Some(PageText {
        lines,
        hidden: walk.hidden,
    })
}

/// An affine transformation `[a b c d e f]` (§8.3.3).
type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `second`.
fn multiply(first: &Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [g, h, i, j, k, l] = second;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

/// A piece of text where it is shown, in page coordinates.
struct Run {
    x: f64,
    y: f64,
    end: f64,
    size: f64,
    text: String,
}

/// A font as far as reading needs it.
struct Font<'a> {
    encoding: Option<Encoding<'a>>,
    composite: bool,
    trusted: bool,
    widths: Widths,
}

/// Advance widths in thousandths of an em.
struct Widths {
    first: i64,
    simple: Vec<f64>,
    composite: Vec<(u32, u32, f64)>,
    default: f64,
}

impl Widths {
    fn of(&self, code: u32) -> f64 {
        let index = i64::from(code) - self.first;
        usize::try_from(index)
            .ok()
            .and_then(|index| self.simple.get(index))
            .copied()
            .unwrap_or_else(|| {
                self.composite
                    .iter()
                    .find(|(from, to, _)| (*from..=*to).contains(&code))
                    .map_or(self.default, |(_, _, width)| *width)
            })
    }
}

/// The part of the graphics state that decides where text stands and whether it is seen (§8.4, §9.3).
#[derive(Clone)]
struct State<'a> {
    ctm: Matrix,
    paper_fill: bool,
    mode: i64,
    font: Option<Rc<Font<'a>>>,
    size: f64,
    character_spacing: f64,
    word_spacing: f64,
    scale: f64,
    leading: f64,
    rise: f64,
}

/// What is known while walking.
struct Walk<'a> {
    document: &'a Document,
    runs: Vec<Run>,
    /// Rectangles painted on the page so far, with the number of runs that were there before.
    painted: Vec<([f64; 4], usize)>,
    hidden: BTreeSet<HiddenText>,
    operations: usize,
}

impl<'a> Walk<'a> {
    fn page(&mut self, id: lopdf::ObjectId) -> Option<()> {
        let page = self.document.get_dictionary(id).ok()?;
        let content = self
            .document
            .get_page_content_with_limit(id, STREAM_LIMIT)
            .ok()?;
        let resources = self
            .inherited(page, b"Resources")
            .and_then(|object| object.as_dict().ok());
        self.content(&content, resources, IDENTITY, 0)?;
        self.annotations(page);
        self.check_places(page);
        Some(())
    }

    /// An attribute of a page or of the nearest ancestor that has it (§7.7.3.4).
    fn inherited(&self, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let mut node = page;
        for _ in 0..32 {
            if let Some(value) = self.get(node, key) {
                return Some(value);
            }
            node = self.get(node, b"Parent")?.as_dict().ok()?;
        }
        None
    }

    fn get(&self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let object = dictionary.get(key).ok()?;
        self.document
            .dereference(object)
            .ok()
            .map(|(_, object)| object)
    }

    fn resource(
        &self,
        resources: Option<&'a Dictionary>,
        kind: &[u8],
        name: &[u8],
    ) -> Option<&'a Object> {
        let group = self.get(resources?, kind)?.as_dict().ok()?;
        self.get(group, name)
    }

    /// Follows one content stream. `None` when a limit is reached or the stream can't be read.
    fn content(
        &mut self,
        bytes: &[u8],
        resources: Option<&'a Dictionary>,
        ctm: Matrix,
        depth: u8,
    ) -> Option<()> {
        let operations = Content::decode(bytes).ok()?.operations;
        self.operations += operations.len();
        if self.operations > OPERATION_LIMIT || depth > FORM_DEPTH {
            return None;
        }
        let mut cursor = Cursor::new(ctm);
        for operation in &operations {
            self.operation(operation, &mut cursor, resources, depth)?;
        }
        Some(())
    }

    fn operation(
        &mut self,
        operation: &Operation,
        cursor: &mut Cursor<'a>,
        resources: Option<&'a Dictionary>,
        depth: u8,
    ) -> Option<()> {
        let numbers: Vec<f64> = operation.operands.iter().filter_map(number).collect();
        match operation.operator.as_str() {
            "q" => cursor.stack.push(cursor.state.clone()),
            "Q" => {
                if let Some(state) = cursor.stack.pop() {
                    cursor.state = state;
                }
            }
            "cm" => {
                if let Ok(matrix) = Matrix::try_from(numbers) {
                    cursor.state.ctm = multiply(&matrix, &cursor.state.ctm);
                }
            }
            "BDC" | "BMC" => {
                let optional = operation
                    .operands
                    .first()
                    .and_then(|tag| tag.as_name().ok())
                    == Some(b"OC");
                cursor.marked.push(optional);
            }
            "EMC" => {
                cursor.marked.pop();
            }
            "g" | "rg" | "k" | "sc" | "scn" => cursor.state.paper_fill = is_paper(&numbers),
            "cs" => cursor.state.paper_fill = false,
            "re" => cursor.rectangle(&numbers),
            "m" | "l" | "c" | "v" | "y" => cursor.points(&numbers),
            "f" | "F" | "f*" | "B" | "B*" | "b" | "b*" => {
                if let Some(area) = cursor.path.take() {
                    self.painted.push((area, self.runs.len()));
                }
            }
            "n" | "s" | "S" => cursor.path = None,
            "sh" => self
                .painted
                .push(([f64::MIN, f64::MIN, f64::MAX, f64::MAX], self.runs.len())),
            "Do" => self.x_object(operation, cursor, resources, depth)?,
            "Tf" => self.select_font(operation, cursor, resources),
            _ => self.text_operation(operation, &numbers, cursor),
        }
        Some(())
    }

    fn text_operation(&mut self, operation: &Operation, numbers: &[f64], cursor: &mut Cursor<'a>) {
        let first = numbers.first().copied().unwrap_or_default();
        match operation.operator.as_str() {
            "BT" => cursor.place(IDENTITY),
            "Tm" => {
                if let Ok(matrix) = Matrix::try_from(numbers.to_vec()) {
                    cursor.place(matrix);
                }
            }
            "Td" | "TD" => {
                if let [x, y] = numbers {
                    if operation.operator == "TD" {
                        cursor.state.leading = -y;
                    }
                    cursor.next_line(*x, *y);
                }
            }
            "T*" => cursor.next_line(0.0, -cursor.state.leading),
            "Tr" => cursor.state.mode = first as i64,
            "Tc" => cursor.state.character_spacing = first,
            "Tw" => cursor.state.word_spacing = first,
            "Tz" => cursor.state.scale = first / 100.0,
            "TL" => cursor.state.leading = first,
            "Ts" => cursor.state.rise = first,
            "Tj" => self.show_all(&operation.operands, cursor),
            "TJ" => {
                if let Some(Object::Array(pieces)) = operation.operands.first() {
                    self.show_all(pieces, cursor);
                }
            }
            "'" => {
                cursor.next_line(0.0, -cursor.state.leading);
                self.show_all(&operation.operands, cursor);
            }
            "\"" => {
                if let [word, character, ..] = numbers {
                    cursor.state.word_spacing = *word;
                    cursor.state.character_spacing = *character;
                }
                cursor.next_line(0.0, -cursor.state.leading);
                self.show_all(operation.operands.get(2..).unwrap_or_default(), cursor);
            }
            _ => {}
        }
    }

    /// Shows strings and applies the adjustments between them (§9.4.3).
    fn show_all(&mut self, pieces: &[Object], cursor: &mut Cursor<'a>) {
        for piece in pieces {
            match piece {
                Object::String(bytes, _) => self.show(bytes, cursor),
                other => {
                    if let Some(adjustment) = number(other) {
                        cursor
                            .advance(-adjustment / 1000.0 * cursor.state.size * cursor.state.scale);
                    }
                }
            }
        }
    }

    fn show(&mut self, bytes: &[u8], cursor: &mut Cursor<'a>) {
        let Some(font) = cursor.state.font.clone() else {
            self.hidden.insert(HiddenText::UnreadableFont);
            return;
        };
        let text = font
            .encoding
            .as_ref()
            .and_then(|encoding| Document::decode_text(encoding, bytes).ok());
        let readable = font.trusted && text.as_ref().is_some_and(|text| !text.contains('\u{fffd}'));
        if !readable {
            self.hidden.insert(HiddenText::UnreadableFont);
        }
        let text: String = text
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        let (start, size) = cursor.pen();
        cursor.advance(cursor.width(&font, bytes));
        let (end, _) = cursor.pen();
        if text.trim().is_empty() {
            // Blanks move the pen; they hide nothing.
            self.runs.push(Run {
                x: start.0,
                y: start.1,
                end: end.0,
                size,
                text,
            });
            return;
        }
        if matches!(cursor.state.mode, 3 | 7) {
            self.hidden.insert(HiddenText::Invisible);
        }
        if cursor.state.paper_fill && matches!(cursor.state.mode, 0 | 4) {
            self.hidden.insert(HiddenText::PaperColour);
        }
        if size < TINY {
            self.hidden.insert(HiddenText::Tiny);
        }
        if cursor.marked.contains(&true) {
            self.hidden.insert(HiddenText::OptionalContent);
        }
        self.runs.push(Run {
            x: start.0,
            y: start.1,
            end: end.0,
            size,
            text,
        });
    }

    fn select_font(
        &mut self,
        operation: &Operation,
        cursor: &mut Cursor<'a>,
        resources: Option<&'a Dictionary>,
    ) {
        let [name, size] = operation.operands.as_slice() else {
            return;
        };
        cursor.state.size = number(size).unwrap_or_default();
        cursor.state.font = name
            .as_name()
            .ok()
            .and_then(|name| self.resource(resources, b"Font", name))
            .and_then(|font| font.as_dict().ok())
            .map(|font| Rc::new(self.font(font)));
    }

    fn font(&self, font: &'a Dictionary) -> Font<'a> {
        let subtype = self
            .get(font, b"Subtype")
            .and_then(|name| name.as_name().ok())
            .unwrap_or_default();
        let composite = subtype == b"Type0";
        let encoding = font
            .get_font_encoding_with_limit(self.document, STREAM_LIMIT)
            .ok();
        // A font with a plain base encoding whose /ToUnicode says that digits mean other digits lies to one of two
        // readers. Glyphs of a Type 3 font are drawings that no encoding describes.
        let plain_base = matches!(self.get(font, b"Encoding"), Some(Object::Name(_))) && !composite;
        let digits_agree = encoding
            .as_ref()
            .and_then(|encoding| Document::decode_text(encoding, b"0123456789").ok())
            .is_some_and(|digits| digits == "0123456789");
        let trusted = subtype != b"Type3" && (!plain_base || digits_agree);
        Font {
            encoding,
            composite,
            trusted,
            widths: self.widths(font, composite),
        }
    }

    fn widths(&self, font: &'a Dictionary, composite: bool) -> Widths {
        let mut widths = Widths {
            first: 0,
            simple: Vec::new(),
            composite: Vec::new(),
            default: 500.0,
        };
        if !composite {
            widths.first = self
                .get(font, b"FirstChar")
                .and_then(|first| first.as_i64().ok())
                .unwrap_or_default();
            if let Some(Object::Array(list)) = self.get(font, b"Widths") {
                widths.simple = list
                    .iter()
                    .map(|width| number(width).unwrap_or(500.0))
                    .collect();
            }
            return widths;
        }
        let descendant = self
            .get(font, b"DescendantFonts")
            .and_then(|list| list.as_array().ok()?.first())
            .and_then(|first| self.document.dereference(first).ok())
            .and_then(|(_, object)| object.as_dict().ok());
        let Some(descendant) = descendant else {
            return widths;
        };
        widths.default = self
            .get(descendant, b"DW")
            .and_then(number)
            .unwrap_or(1000.0);
        if let Some(Object::Array(list)) = self.get(descendant, b"W") {
            widths.composite = self.composite_widths(list);
        }
        widths
    }

    /// `/W` of a CIDFont: `c [w1 w2 …]` or `from to w` (§9.7.4.3).
    fn composite_widths(&self, list: &'a [Object]) -> Vec<(u32, u32, f64)> {
        let mut found = Vec::new();
        let mut rest = list;
        while let [first, second, tail @ ..] = rest {
            let Some(from) = number(first).map(|code| code as u32) else {
                break;
            };
            let second = self
                .document
                .dereference(second)
                .map_or(second, |(_, object)| object);
            if let Object::Array(widths) = second {
                let each = widths
                    .iter()
                    .filter_map(number)
                    .zip(from..)
                    .map(|(width, code)| (code, code, width));
                found.extend(each);
                rest = tail;
            } else {
                let [width, tail @ ..] = tail else { break };
                let to = number(second).map_or(from, |code| code as u32);
                found.push((from, to, number(width).unwrap_or(1000.0)));
                rest = tail;
            }
        }
        found
    }

    /// An image covers its unit square; a form is walked with its own resources (§8.8, §8.10).
    fn x_object(
        &mut self,
        operation: &Operation,
        cursor: &Cursor<'a>,
        resources: Option<&'a Dictionary>,
        depth: u8,
    ) -> Option<()> {
        let stream = operation
            .operands
            .first()
            .and_then(|name| name.as_name().ok())
            .and_then(|name| self.resource(resources, b"XObject", name))
            .and_then(|object| object.as_stream().ok());
        let Some(stream) = stream else {
            return Some(());
        };
        let before = self.runs.len();
        if stream.dict.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Form") {
            let matrix = self
                .get(&stream.dict, b"Matrix")
                .and_then(matrix)
                .unwrap_or(IDENTITY);
            let own = self
                .get(&stream.dict, b"Resources")
                .and_then(|object| object.as_dict().ok());
            let bytes = stream
                .decompressed_content_with_limit(STREAM_LIMIT)
                .unwrap_or_else(|_| stream.content.clone());
            self.content(
                &bytes,
                own.or(resources),
                multiply(&matrix, &cursor.state.ctm),
                depth + 1,
            )?;
        } else {
            self.painted.push((
                bounds(
                    &cursor.state.ctm,
                    &[(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)],
                ),
                before,
            ));
        }
        if stream.dict.has(b"OC") && self.runs.len() > before {
            self.hidden.insert(HiddenText::OptionalContent);
        }
        Some(())
    }

    /// Annotations that show something of their own are not read; signature widgets are judged elsewhere.
    fn annotations(&mut self, page: &'a Dictionary) {
        let Some(Object::Array(list)) = self.get(page, b"Annots") else {
            return;
        };
        for annotation in list {
            let Ok((_, Object::Dictionary(annotation))) = self.document.dereference(annotation)
            else {
                continue;
            };
            let subtype = self
                .get(annotation, b"Subtype")
                .and_then(|name| name.as_name().ok())
                .unwrap_or_default();
            let field_type = self
                .inherited(annotation, b"FT")
                .and_then(|name| name.as_name().ok());
            let harmless =
                subtype == b"Link" || (subtype == b"Widget" && field_type == Some(b"Sig"));
            if !harmless {
                self.hidden.insert(HiddenText::Elsewhere);
            }
        }
    }

    /// Text outside the page, and text under something painted later.
    fn check_places(&mut self, page: &'a Dictionary) {
        let shown = self
            .runs
            .iter()
            .enumerate()
            .filter(|(_, run)| !run.text.trim().is_empty());
        let area = self
            .inherited(page, b"CropBox")
            .or_else(|| self.inherited(page, b"MediaBox"))
            .and_then(|object| object.as_array().ok())
            .and_then(|list| {
                <[f64; 4]>::try_from(list.iter().filter_map(number).collect::<Vec<_>>()).ok()
            });
        let mut hidden = BTreeSet::new();
        for (index, run) in shown {
            let middle = (f64::midpoint(run.x, run.end), run.y + run.size / 3.0);
            if area.is_some_and(|area| !inside(&area, middle, 1.0)) {
                hidden.insert(HiddenText::OffPage);
            }
            if self
                .painted
                .iter()
                .any(|(painted, before)| index < *before && inside(painted, middle, 0.0))
            {
                hidden.insert(HiddenText::Covered);
            }
        }
        self.hidden.extend(hidden);
    }
}

/// Where the pen is.
struct Cursor<'a> {
    state: State<'a>,
    stack: Vec<State<'a>>,
    line: Matrix,
    text: Matrix,
    marked: Vec<bool>,
    path: Option<[f64; 4]>,
}

impl Cursor<'_> {
    fn new(ctm: Matrix) -> Self {
        let state = State {
            ctm,
            paper_fill: false,
            mode: 0,
            font: None,
            size: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        Self {
            state,
            stack: Vec::new(),
            line: IDENTITY,
            text: IDENTITY,
            marked: Vec::new(),
            path: None,
        }
    }

    fn place(&mut self, matrix: Matrix) {
        self.line = matrix;
        self.text = matrix;
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.place(multiply(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line));
    }

    fn advance(&mut self, distance: f64) {
        self.text = multiply(&[1.0, 0.0, 0.0, 1.0, distance, 0.0], &self.text);
    }

    /// The pen in page coordinates, and the size of text there in points.
    fn pen(&self) -> ((f64, f64), f64) {
        let [a, b, c, d, e, f] = multiply(&self.text, &self.state.ctm);
        let scale = (a * d - b * c).abs().sqrt();
        (
            (e + c * self.state.rise, f + d * self.state.rise),
            self.state.size.abs() * scale,
        )
    }

    /// How far showing `bytes` moves the pen, in text space (§9.4.4).
    fn width(&self, font: &Font<'_>, bytes: &[u8]) -> f64 {
        let state = &self.state;
        let codes: Vec<u32> = if font.composite {
            bytes
                .chunks(2)
                .map(|pair| {
                    pair.iter()
                        .fold(0, |code, byte| code << 8 | u32::from(*byte))
                })
                .collect()
        } else {
            bytes.iter().copied().map(u32::from).collect()
        };
        codes
            .into_iter()
            .map(|code| {
                let blank = !font.composite && code == 32;
                let spacing =
                    state.character_spacing + if blank { state.word_spacing } else { 0.0 };
                (font.widths.of(code) / 1000.0 * state.size + spacing) * state.scale
            })
            .sum()
    }

    fn rectangle(&mut self, numbers: &[f64]) {
        if let [x, y, width, height] = numbers {
            self.points(&[*x, *y]);
            self.points(&[x + width, y + height]);
        }
    }

    /// Widens the bounding box of the path.
    fn points(&mut self, numbers: &[f64]) {
        let points: Vec<(f64, f64)> = numbers
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect();
        let area = bounds(&self.state.ctm, &points);
        self.path = Some(match self.path {
            Some(path) => [
                path[0].min(area[0]),
                path[1].min(area[1]),
                path[2].max(area[2]),
                path[3].max(area[3]),
            ],
            None => area,
        });
    }
}

fn number(object: &Object) -> Option<f64> {
    match object {
        Object::Integer(number) => Some(*number as f64),
        Object::Real(number) => Some(f64::from(*number)),
        _ => None,
    }
}

fn matrix(object: &Object) -> Option<Matrix> {
    Matrix::try_from(
        object
            .as_array()
            .ok()?
            .iter()
            .filter_map(number)
            .collect::<Vec<_>>(),
    )
    .ok()
}

/// Grey and RGB near white, CMYK near nothing.
fn is_paper(components: &[f64]) -> bool {
    match components {
        [grey] => *grey >= PAPER,
        [red, green, blue] => [red, green, blue]
            .iter()
            .all(|component| **component >= PAPER),
        [c, m, y, k] => [c, m, y, k]
            .iter()
            .all(|component| **component <= 1.0 - PAPER),
        _ => false,
    }
}

fn bounds(matrix: &Matrix, points: &[(f64, f64)]) -> [f64; 4] {
    let [a, b, c, d, e, f] = matrix;
    points
        .iter()
        .map(|(x, y)| (a * x + c * y + e, b * x + d * y + f))
        .fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |area, (x, y)| {
            [
                area[0].min(x),
                area[1].min(y),
                area[2].max(x),
                area[3].max(y),
            ]
        })
}

fn inside(area: &[f64; 4], point: (f64, f64), tolerance: f64) -> bool {
    let (left, right) = (
        area[0].min(area[2]) - tolerance,
        area[0].max(area[2]) + tolerance,
    );
    let (bottom, top) = (
        area[1].min(area[3]) - tolerance,
        area[1].max(area[3]) + tolerance,
    );
    (left..=right).contains(&point.0) && (bottom..=top).contains(&point.1)
}

/// Runs put together as lines, from top to bottom and left to right.
fn lines_of(mut runs: Vec<Run>) -> Vec<String> {
    runs.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut rows: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        match rows.last_mut() {
            Some(row)
                if row.first().is_some_and(|first| {
                    (first.y - run.y).abs() <= first.size.max(run.size) * 0.4
                }) =>
            {
                row.push(run);
            }
            _ => rows.push(vec![run]),
        }
    }
    rows.into_iter().map(line_of).collect()
}

fn line_of(mut row: Vec<Run>) -> String {
    row.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut line = String::new();
    let mut end: Option<f64> = None;
    for run in row {
        // A gap of a fifth of an em is a blank that was made by moving the pen.
        if end.is_some_and(|end| run.x - end > run.size * 0.2) && !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(&run.text);
        end = Some(run.end);
    }
    line
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    /// A one-page PDF with this content stream and Helvetica as /F1.
    fn page(content: &str) -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
        });
        let content = document.add_object(lopdf::Stream::new(
            Dictionary::new(),
            content.as_bytes().to_vec(),
        ));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        });
        let kids: Vec<Object> = vec![page.into()];
        document.objects.insert(
            pages,
            dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 }.into(),
        );
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn lines_come_from_top_to_bottom_whatever_the_order_of_drawing() {
        let read = text(&page(
            "BT /F1 11 Tf 1 0 0 1 72 700 Tm (abajo) Tj 1 0 0 1 72 720 Tm (ar) Tj [(ri) -20 (ba)] TJ \
             1 0 0 1 200 720 Tm (derecha) Tj ET",
        ))
        .unwrap();
        assert_eq!(read.lines, ["arriba derecha", "abajo", ""]);
        assert!(read.hidden.is_empty(), "{:?}", read.hidden);
    }

    #[test]
    fn every_way_of_hiding_text_is_noticed() {
        use HiddenText::*;
        let vectors: &[(&str, HiddenText)] = &[
            ("BT /F1 11 Tf 3 Tr 72 700 Td (x) Tj ET", Invisible),
            ("1 1 1 rg BT /F1 11 Tf 72 700 Td (x) Tj ET", PaperColour),
            ("BT /F1 1 Tf 72 700 Td (x) Tj ET", Tiny),
            (
                "0.1 0 0 0.1 0 0 cm BT /F1 11 Tf 720 7000 Td (x) Tj ET",
                Tiny,
            ),
            ("BT /F1 11 Tf 72 900 Td (x) Tj ET", OffPage),
            (
                "/OC /P BDC BT /F1 11 Tf 72 700 Td (x) Tj ET EMC",
                OptionalContent,
            ),
            (
                "BT /F1 11 Tf 72 700 Td (x) Tj ET 1 g 60 690 100 30 re f",
                Covered,
            ),
            ("BT /F9 11 Tf 72 700 Td (x) Tj ET", UnreadableFont),
        ];
        for (content, expected) in vectors {
            let hidden = text(&page(content)).unwrap().hidden;
            assert_eq!(hidden, BTreeSet::from([*expected]), "{content}");
        }
    }

    #[test]
    fn damaged_files_give_nothing_and_no_panic() {
        let whole = page("BT /F1 11 Tf 72 700 Td (x) Tj ET");
        for length in (0..whole.len()).step_by(7) {
            let _ = text(&whole[..length]);
        }
        assert!(text(b"").is_none());
    }
}
