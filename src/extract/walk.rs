//! Walks the content of pages as a reader would (ISO 32000-2 §8 and §9) and notes text, its place, and every way in
//! which text can be there without being seen. Runs only in the child process.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "PDF numbers are reals that stand for small integers, and matrices are written a to f as in the standard"
)]

mod agreement;
mod font;
mod plain;
mod stream;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, LoadOptions, Object};

use font::{Face, Font};
use stream::{decoded, operations};

use super::paint::{
    Clip, Colour, Ink, Matrix, Painted, Path, Space, Unseen, bounds, inside, multiply, paint,
};
use crate::letter::{HiddenText, PageText};
use crate::verify::pdf::{Drawn, values::Values};

/// Pages that are read: a petition is a letter, not a book. Text behind them counts as hidden.
const PAGE_LIMIT: usize = 50;
/// Content operations that are followed in all.
const OPERATION_LIMIT: usize = 1_000_000;
/// Form XObjects inside form XObjects.
const FORM_DEPTH: u8 = 8;
/// Nodes above a page from which it may inherit.
const ANCESTORS: usize = 32;
/// Inflated size of one content stream, in bytes.
const STREAM_LIMIT: usize = 8 << 20;
/// Text smaller than this, in points, can't be read on paper.
const TINY: f64 = 4.0;

/// The text of `pdf`, or nothing when it can't be followed to the end.
pub(super) fn text(pdf: &[u8]) -> Option<PageText> {
    let options = LoadOptions {
        max_decompressed_size: Some(STREAM_LIMIT),
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(pdf, options).ok()?;
    let mut walk = Walk {
        document: &document,
        values: agreement::agreeing(pdf, &document),
        unresolved: Cell::new(false),
        runs: Vec::new(),
        painted: Vec::new(),
        hidden: BTreeSet::new(),
        drawn: false,
        ornate: false,
        drawn_signatures: Vec::new(),
        operations: 0,
    };
    if !walk.finds_every_page() {
        walk.hidden.insert(HiddenText::Elsewhere);
    }
    let (mut lines, mut first_page_lines) = (Vec::new(), 0);
    for (index, page) in document.page_iter().enumerate() {
        if index >= PAGE_LIMIT {
            walk.hidden.insert(HiddenText::Elsewhere);
            break;
        }
        lines.extend(walk.page(page)?);
        walk.runs.clear();
        walk.painted.clear();
        lines.push(String::new());
        if index == 0 {
            first_page_lines = lines.len();
        }
    }
    Some(PageText {
        lines,
        first_page_lines,
        hidden: walk.hidden,
        drawn: walk.drawn,
        ornate: walk.ornate || walk.unresolved.get(),
        drawn_signatures: walk.drawn_signatures,
    })
}

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
/// Where an image is drawn (§8.9.5).
const UNIT_SQUARE: [(f64, f64); 4] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];

/// A piece of text where it is shown, in page coordinates.
struct Run {
    x: f64,
    y: f64,
    end: f64,
    size: f64,
    text: String,
}

/// The part of the graphics state that decides where text stands and whether it is seen (§8.4, §9.3).
#[derive(Clone)]
struct State<'a> {
    ctm: Matrix,
    fill: Ink,
    line: Ink,
    line_width: f64,
    clip: Clip,
    /// Mixed with what is below, or masked, in a way that may leave nothing of it.
    blended: bool,
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
    /// What the strict reader found, when it is the same document.
    values: Option<Values<'a>>,
    /// Whether something is named that is nowhere, or can't be read: other programs may find it.
    unresolved: Cell<bool>,
    runs: Vec<Run>,
    /// What was painted on the page so far.
    painted: Vec<Painted>,
    hidden: BTreeSet<HiddenText>,
    /// Whether a font of the document's own was used.
    drawn: bool,
    /// Whether a page was more than plain text.
    ornate: bool,
    drawn_signatures: Vec<Drawn>,
    operations: usize,
}

impl<'a> Walk<'a> {
    /// The lines of a page. Those of a plain one are exact; of any other they are what can be made out.
    fn page(&mut self, id: lopdf::ObjectId) -> Option<Vec<String>> {
        let page = self.document.get_dictionary(id).ok()?;
        let content = self.page_content(page)?;
        let resources = self
            .inherited(page, b"Resources")
            .and_then(|object| object.as_dict().ok());
        self.content(&content, resources, State::of_page(), 0)?;
        self.annotations(page);
        self.check_places(page);
        let plain = self.plain_lines((id, page));
        self.ornate |= plain.is_none();
        Some(plain.unwrap_or_else(|| lines_of(std::mem::take(&mut self.runs))))
    }

    /// Whether the pages that lopdf gives are the leaves of the tree (§7.7.3). It passes over those that call themselves
    /// something else, and other programs do not.
    fn finds_every_page(&self) -> bool {
        const NODES: usize = 10_000;
        let root = self.document.catalog().ok();
        let mut pending: Vec<&Object> = root
            .and_then(|root| root.get(b"Pages").ok())
            .into_iter()
            .collect();
        let mut seen = BTreeSet::new();
        let mut leaves = Vec::new();
        while let Some(node) = pending.pop() {
            let id = node.as_reference().ok();
            let dictionary = id.and_then(|id| self.document.get_dictionary(id).ok());
            let (Some(id), Some(dictionary)) = (id, dictionary) else {
                return false;
            };
            if !seen.insert(id) || seen.len() > NODES {
                return false;
            }
            match self.get(dictionary, b"Kids") {
                Some(Object::Array(kids)) => pending.extend(kids.iter().rev()),
                Some(_) => return false,
                None => leaves.push(id),
            }
        }
        self.document.page_iter().eq(leaves)
    }

    /// What a page draws: one stream, or the streams of an array, with blanks between them (§7.8.2).
    fn page_content(&self, page: &'a Dictionary) -> Option<Vec<u8>> {
        let streams: Vec<&Object> = match self.get(page, b"Contents") {
            None | Some(Object::Null) => Vec::new(),
            Some(Object::Array(list)) => list.iter().collect(),
            Some(only) => vec![only],
        };
        let mut content = Vec::new();
        for stream in streams {
            let (_, object) = self.document.dereference(stream).ok()?;
            let room = STREAM_LIMIT.saturating_sub(content.len());
            content.extend(decoded(object.as_stream().ok()?, room)?);
            content.push(b'\n');
        }
        Some(content)
    }

    /// An attribute of a page or of the nearest ancestor that has it (§7.7.3.4).
    fn inherited(&self, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let mut node = page;
        for _ in 0..ANCESTORS {
            if let Some(value) = self.get(node, key) {
                return Some(value);
            }
            match self.get(node, b"Parent")? {
                Object::Dictionary(parent) => node = parent,
                _ => break,
            }
        }
        // Somebody else may look further.
        self.unresolved.set(true);
        None
    }

    /// An entry, wherever it stands; nothing when there is none, and a mark when it is only not found.
    fn get(&self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let object = dictionary.get(key).ok()?;
        let found = self.document.dereference(object).ok();
        self.unresolved
            .set(self.unresolved.get() || found.is_none());
        found.map(|(_, object)| object)
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
        state: State<'a>,
        depth: u8,
    ) -> Option<()> {
        let operations = operations(bytes)?;
        self.operations += operations.len();
        if self.operations > OPERATION_LIMIT || depth > FORM_DEPTH {
            return None;
        }
        let mut cursor = Cursor::new(state);
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
            "g" | "rg" | "k" => cursor.state.fill.colour = Colour::plain(&numbers),
            "G" | "RG" | "K" => cursor.state.line.colour = Colour::plain(&numbers),
            "sc" | "scn" => cursor.state.fill.colour = cursor.state.fill.colour.with(&numbers),
            "SC" | "SCN" => cursor.state.line.colour = cursor.state.line.colour.with(&numbers),
            "cs" => cursor.state.fill.colour = self.first_colour(operation, resources),
            "CS" => cursor.state.line.colour = self.first_colour(operation, resources),
            "w" => cursor.state.line_width = numbers.first().copied().unwrap_or_default(),
            "gs" => self.graphics_state(operation, cursor, resources),
            "re" => cursor.path.rectangle(&cursor.state.ctm, &numbers),
            "m" => cursor.path.begin(&cursor.state.ctm, &numbers),
            "l" | "c" | "v" | "y" => cursor.path.go_on(&cursor.state.ctm, &numbers),
            "W" | "W*" => cursor.clips = true,
            "f" | "F" | "f*" => self.end_path(cursor, true, false),
            "B" | "B*" | "b" | "b*" => self.end_path(cursor, true, true),
            "s" | "S" => self.end_path(cursor, false, true),
            "n" => self.end_path(cursor, false, false),
            "sh" => self.paint_over([f64::MIN, f64::MIN, f64::MAX, f64::MAX]),
            // An image in the content itself covers its unit square, as one of the resources does.
            "BI" => self.paint_over(bounds(&cursor.state.ctm, &UNIT_SQUARE)),
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
        let is_read =
            |c: &char| !(c.is_control() || font.face == Face::Symbols && c.is_alphanumeric());
        let text: String = text.unwrap_or_default().chars().filter(is_read).collect();
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
        let along = |part: f64| {
            (
                start.0 + (end.0 - start.0) * part,
                start.1 + (end.1 - start.1) * part + size / 3.0,
            )
        };
        self.drawn |= font.face != Face::Standard;
        let flaw = self.flaw(&cursor.state, along(0.5));
        self.hidden.extend(flaw);
        if !cursor.state.clip.shows(&[0.1, 0.5, 0.9].map(along)) {
            self.hidden.insert(HiddenText::Clipped);
        }
        if cursor.smallest() < TINY {
            self.hidden.insert(HiddenText::Tiny);
        }
        if cursor.state.mode >= 4 {
            // From the end of this text on its letters clip everything (§9.3.6).
            cursor.state.clip.by_the_unknown();
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

    /// Why text in this mode is not seen at this place, as far as its ink goes.
    fn flaw(&self, state: &State<'_>, middle: (f64, f64)) -> Option<HiddenText> {
        let (fills, draws) = match state.mode {
            0 | 4 => (true, false),
            1 | 5 => (false, true),
            2 | 6 => (true, true),
            _ => return Some(HiddenText::Invisible),
        };
        if state.blended {
            return Some(HiddenText::Transparent);
        }
        let mut below = self.painted.iter().rev();
        let below = below.find(|painted| inside(&painted.area, middle, 0.0));
        let below = below.and_then(|painted| painted.shade);
        let inks = [(fills, state.fill), (draws, state.line)];
        let mut flaws = inks
            .into_iter()
            .filter(|(used, _)| *used)
            .map(|(_, ink)| ink.flaw(below));
        // One kind of mark that is seen is enough; otherwise the first says why not.
        let first = flaws.next()?;
        match (first, flaws.any(|flaw| flaw.is_none())) {
            (None, _) | (_, true) => None,
            (Some(Unseen::Paper), false) => Some(HiddenText::PaperColour),
            (Some(Unseen::Transparent), false) => Some(HiddenText::Transparent),
        }
    }

    /// The colour with which a colour space begins (§8.6.3). Spaces whose colours are made by a table, a function or a pattern
    /// can show anything under any number.
    fn first_colour(&self, operation: &Operation, resources: Option<&'a Dictionary>) -> Colour {
        let name = first_name(operation).unwrap_or_default();
        let plain = |name: &[u8]| {
            matches!(
                name,
                b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK" | b"CalGray" | b"CalRGB" | b"ICCBased"
            )
        };
        let known = plain(name)
            || match self.resource(resources, b"ColorSpace", name) {
                Some(Object::Name(name)) => plain(name),
                Some(Object::Array(parts)) => parts
                    .first()
                    .and_then(|first| first.as_name().ok())
                    .is_some_and(plain),
                _ => false,
            };
        Colour::of_space(if known { Space::Plain } else { Space::Opaque })
    }

    /// What a named set of parameters changes (§8.4.5).
    fn graphics_state(
        &mut self,
        operation: &Operation,
        cursor: &mut Cursor<'a>,
        resources: Option<&'a Dictionary>,
    ) {
        let changes = first_name(operation)
            .and_then(|name| self.resource(resources, b"ExtGState", name))
            .and_then(|changes| changes.as_dict().ok());
        let Some(changes) = changes else { return };
        let figure = |key| self.get(changes, key).and_then(number);
        let state = &mut cursor.state;
        state.fill.opacity = figure(b"ca").unwrap_or(state.fill.opacity);
        state.line.opacity = figure(b"CA").unwrap_or(state.line.opacity);
        state.line_width = figure(b"LW").unwrap_or(state.line_width);
        let mask = self.get(changes, b"SMask");
        let mode = self.get(changes, b"BM").map(|mode| match mode {
            Object::Array(modes) => modes.first().unwrap_or(mode),
            one => one,
        });
        if mask.is_some() || mode.is_some() {
            let masked = mask.is_some_and(|mask| mask.as_name().ok() != Some(b"None"));
            // In these modes what is dark stays dark.
            let plain = mode.is_none_or(|mode| {
                matches!(
                    mode.as_name().unwrap_or_default(),
                    b"Normal" | b"Compatible" | b"Multiply" | b"Darken"
                )
            });
            state.blended = masked || !plain;
        }
        if let Some(Object::Array(font)) = self.get(changes, b"Font")
            && let [font, size] = font.as_slice()
        {
            state.size = number(size).unwrap_or_default();
            let font = self.document.dereference(font).ok();
            state.font = font
                .and_then(|(_, font)| font.as_dict().ok())
                .map(|font| Rc::new(self.font(font)));
        }
    }

    /// Ends a path: fills it, draws its line, clips by it.
    fn end_path(&mut self, cursor: &mut Cursor<'a>, fills: bool, draws: bool) {
        let path = std::mem::take(&mut cursor.path);
        let clips = std::mem::take(&mut cursor.clips);
        let state = &mut cursor.state;
        if !path.is_empty() {
            let [a, b, c, d, ..] = state.ctm;
            let width = state.line_width * (a * d - b * c).abs().sqrt();
            let fill = fills.then_some(state.fill);
            let line = draws.then_some((state.line, width));
            self.painted
                .extend(paint(&path, fill, line, self.runs.len()));
        }
        if clips {
            state.clip.by(&path);
        }
    }

    /// Something that is not looked at covers this area.
    fn paint_over(&mut self, area: [f64; 4]) {
        self.painted.push(Painted {
            area,
            before: self.runs.len(),
            shade: None,
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

    /// An image covers its unit square; a form is walked with its own resources (§8.8, §8.10).
    fn x_object(
        &mut self,
        operation: &Operation,
        cursor: &Cursor<'a>,
        resources: Option<&'a Dictionary>,
        depth: u8,
    ) -> Option<()> {
        let stream = first_name(operation)
            .and_then(|name| self.resource(resources, b"XObject", name))
            .and_then(|object| object.as_stream().ok());
        let Some(stream) = stream else {
            return Some(());
        };
        let before = self.runs.len();
        let subtype = self
            .get(&stream.dict, b"Subtype")
            .and_then(|name| name.as_name().ok());
        if subtype == Some(b"Form") {
            let matrix = self
                .get(&stream.dict, b"Matrix")
                .and_then(matrix)
                .unwrap_or(IDENTITY);
            let own = self
                .get(&stream.dict, b"Resources")
                .and_then(|object| object.as_dict().ok());
            let bytes = decoded(stream, STREAM_LIMIT)?;
            let mut state = cursor.state.clone();
            state.ctm = multiply(&matrix, &state.ctm);
            if let Some(frame) = self.get(&stream.dict, b"BBox").and_then(four_numbers) {
                let [left, bottom, right, top] = frame;
                let mut path = Path::default();
                path.rectangle(&state.ctm, &[left, bottom, right - left, top - bottom]);
                state.clip.by(&path);
            }
            self.content(&bytes, own.or(resources), state, depth + 1)?;
        } else {
            if subtype != Some(b"Image") {
                self.hidden.insert(HiddenText::Elsewhere);
            }
            self.paint_over(bounds(&cursor.state.ctm, &UNIT_SQUARE));
        }
        let optional = stream.dict.has(b"OC") || cursor.marked.contains(&true);
        if optional && self.runs.len() > before {
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
            .and_then(four_numbers);
        let mut hidden = BTreeSet::new();
        for (index, run) in shown {
            let middle = (f64::midpoint(run.x, run.end), run.y + run.size / 3.0);
            if area.is_some_and(|area| !inside(&area, middle, 1.0)) {
                hidden.insert(HiddenText::OffPage);
            }
            if self
                .painted
                .iter()
                .any(|painted| index < painted.before && inside(&painted.area, middle, 0.0))
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
    path: Path,
    /// Whether the path will clip once it has been painted.
    clips: bool,
}

impl State<'_> {
    /// What a page begins with (§8.4.1).
    fn of_page() -> Self {
        Self {
            ctm: IDENTITY,
            fill: Ink::BLACK,
            line: Ink::BLACK,
            line_width: 1.0,
            clip: Clip::default(),
            blended: false,
            mode: 0,
            font: None,
            size: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

impl<'a> Cursor<'a> {
    fn new(state: State<'a>) -> Self {
        Self {
            state,
            stack: Vec::new(),
            line: IDENTITY,
            text: IDENTITY,
            marked: Vec::new(),
            path: Path::default(),
            clips: false,
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

    /// The lesser of height and width of an em on the page, in points: what is squeezed flat can't be read either.
    fn smallest(&self) -> f64 {
        let [a, b, c, d, ..] = multiply(&self.text, &self.state.ctm);
        let wide = a.hypot(b) * self.state.scale.abs();
        self.state.size.abs() * wide.min(c.hypot(d))
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
}

/// The name that an operator begins with, of a resource.
fn first_name(operation: &Operation) -> Option<&[u8]> {
    operation.operands.first()?.as_name().ok()
}

fn number(object: &Object) -> Option<f64> {
    match object {
        Object::Integer(number) => Some(*number as f64),
        Object::Real(number) => Some(f64::from(*number)),
        _ => None,
    }
}

fn numbers_of<const N: usize>(object: &Object) -> Option<[f64; N]> {
    let numbers: Vec<f64> = object.as_array().ok()?.iter().filter_map(number).collect();
    numbers.try_into().ok()
}

fn matrix(object: &Object) -> Option<Matrix> {
    numbers_of(object)
}

fn four_numbers(object: &Object) -> Option<[f64; 4]> {
    numbers_of(object)
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
mod tests;
