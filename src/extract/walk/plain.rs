//! Pages that are nothing but plain text: the only ones whose petition a machine may believe (DESIGN E).
//!
//! A page description can show anything under any text, and there is no end to the ways. So nothing is looked for here that
//! hides: a page is plain when it is made of a short list of things that every reader shows alike, and of nothing else:
//!
//! - dark, upright letters of the standard fonts, with the widths that everybody knows, each in its place: on the page, over no
//!   other one, in lines that can be told apart;
//! - a few thin rules that cross no letters;
//! - small signatures, outside of the text.
//!
//! Pictures are not on the list, however small: nobody reads what they say. Neither is what the catalog, the page and its resources have
//! beyond what such pages need, nor content in any encoding that a reader may pass over.
//!
//! All of it was found by two readers (`agreement`), and the content is what the strict one decodes.
//!
//! What is read is what stands on the page, glyph by glyph, whatever the order of the strings and the blanks in them.

mod metrics;
mod tokens;

use lopdf::{Dictionary, Object, ObjectId};

use self::metrics::Metrics;
use self::tokens::{Token, tokens};
use super::{ANCESTORS, STREAM_LIMIT, Walk, number};
use crate::verify::pdf::Drawn;

/// Sides of a page, in points: from a postcard to a large sheet, so that letters of a size can be read.
const SIDES: [f64; 2] = [250.0, 1300.0];
/// Sizes of letters, in points.
const SIZES: [f64; 2] = [7.5, 40.0];
/// The smallest beside the commonest: nobody reads what stands below a page in small print.
const SMALL_PRINT: f64 = 0.75;
/// The part of a page that signatures may fill: what they show is not read either.
const SIGNED: f64 = 0.15;
/// Letters of a page: many more than fit on one that can be read.
const MOST_GLYPHS: usize = 6000;
/// Rules of a page, and how long and thin they are at least and at most, in points. Shorter ones can draw letters.
const MOST_RULES: usize = 20;
const RULE_LENGTH: f64 = 36.0;
const RULE_WIDTH: f64 = 1.5;
/// What the catalog of a plain letter may hold: nothing in it says what is shown, or how, or first. Those that say it have harmless values.
const CATALOG: [&[u8]; 12] = [
    b"Type",
    b"Pages",
    b"Version",
    b"Lang",
    b"Metadata",
    b"Extensions",
    b"AcroForm",
    b"Perms",
    b"DSS",
    b"PageMode",
    b"PageLayout",
    b"ViewerPreferences",
];
/// The same of a form: its fields, and how they are drawn when somebody fills them in.
const FORM: [&[u8]; 4] = [b"Fields", b"SigFlags", b"DA", b"DR"];
/// What a page may hold. Transitions, groups and profiles change how it is shown.
const PAGE: [&[u8]; 13] = [
    b"Type",
    b"Parent",
    b"MediaBox",
    b"CropBox",
    b"TrimBox",
    b"BleedBox",
    b"ArtBox",
    b"Rotate",
    b"Resources",
    b"Contents",
    b"Annots",
    b"Tabs",
    b"StructParents",
];
/// What its resources may hold. No operator that is taken uses the last two, which writers leave there; default colour spaces would
/// be used by those that name none (§8.6.5.6).
const RESOURCES: [&[u8]; 4] = [b"Font", b"ProcSet", b"XObject", b"ExtGState"];
/// Nested `q`.
const DEPTH: usize = 16;
/// What is darker than this is read on white (relative luminance, WCAG 2.2).
const DARK: f64 = 0.1;
/// Between letters of a word there is less room than this, and between words more than that, in ems.
const WITHIN_WORDS: f64 = 0.08;
const BETWEEN_WORDS: f64 = 0.16;
/// Beyond this, in ems, two columns begin, and nobody reads across.
const ACROSS: f64 = 2.0;
/// Lines of a paragraph begin at one place, but for this much, in ems; the first one perhaps that much further to the right.
const SAME_EDGE: f64 = 0.5;
const FIRST_LINE: f64 = 4.0;
/// Beyond this from baseline to baseline, in ems, nobody reads on: lines set twice as far apart as usual have 2.4.
const PARAGRAPHS_APART: f64 = 3.0;
/// From here to there, in ems above the baseline, a rule is on the line of the text.
const ON_THE_LINE: [f64; 2] = [-0.35, 0.8];
/// How far a rule under a text may begin or end beside it, in points.
const BESIDE_TEXT: f64 = 2.0;
/// How far letters may reach into one another (kerning), in ems.
const KERNING: f64 = 0.1;
/// Lines are at least this far apart, in ems, or the same line.
const LINES_APART: f64 = 0.8;
/// Baselines of one line, in points.
const SAME_LINE: f64 = 0.01;

/// A letter where it stands: `x` to `end` on the baseline `y`, in points.
#[derive(Debug, Clone, Copy)]
struct Glyph {
    x: f64,
    end: f64,
    y: f64,
    size: f64,
    letter: char,
}

impl Glyph {
    /// The part by which it is recognised: left, bottom, right, top.
    fn core(&self) -> Area {
        let inset = (self.end - self.x) * 0.1;
        Area {
            left: self.x + inset,
            bottom: self.y + self.size * 0.02,
            right: self.end - inset,
            top: self.y + self.size * 0.72,
        }
    }
}

/// Left, bottom, right, top, in points.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    bottom: f64,
    right: f64,
    top: f64,
}

impl Area {
    fn of(numbers: [f64; 4]) -> Self {
        let [a, b, c, d] = numbers;
        Self {
            left: a.min(c),
            bottom: b.min(d),
            right: a.max(c),
            top: b.max(d),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.bottom < other.top
            && other.bottom < self.top
    }

    fn size(&self) -> f64 {
        (self.right - self.left) * (self.top - self.bottom)
    }
}

impl<'a> Walk<'a> {
    /// The lines of a page that is nothing but plain text; nothing when there is anything else on it.
    pub(super) fn plain_lines(
        &mut self,
        (id, page): (ObjectId, &'a Dictionary),
    ) -> Option<Vec<String>> {
        let parts = self.plain_content(page)?;
        let frame = self.plain_frame(page)?;
        let resources = self.inherited(page, b"Resources")?.as_dict().ok()?;
        let known = holds_only(page, &PAGE) && holds_only(resources, &RESOURCES);
        (known && self.stands_where_it_says(id, page)).then_some(())?;
        let signatures = self.signature_areas(page)?;
        let mut sheet = Sheet {
            walk: self,
            resources,
            glyphs: Vec::new(),
            rules: Vec::new(),
        };
        sheet.draw(&parts)?;
        let Sheet {
            mut glyphs, rules, ..
        } = sheet;
        glyphs.retain(|glyph| glyph.letter != ' ');
        let in_frame = |glyph: &Glyph| {
            frame.left <= glyph.x
                && glyph.end <= frame.right
                && frame.bottom <= glyph.y - glyph.size * 0.25
                && glyph.y + glyph.size <= frame.top
        };
        let free = |glyph: &Glyph| {
            let core = glyph.core();
            in_frame(glyph)
                && !rules
                    .iter()
                    .chain(&signatures)
                    .any(|area| area.meets(&core))
        };
        let signed: f64 = signatures.iter().map(Area::size).sum();
        let plain =
            glyphs.iter().all(free) && signed <= frame.size() * SIGNED && !has_small_print(&glyphs);
        plain.then_some(())?;
        let rows = rows(glyphs)?;
        let fill_in = rules
            .iter()
            .any(|rule| rows.iter().any(|row| row.has_beside(rule)));
        (!fill_in).then(|| lines(&rows))?
    }

    /// What the page draws, decoded by the strict reader: each of its streams in tokens, so that none goes on in the next.
    fn plain_content(&mut self, page: &'a Dictionary) -> Option<Vec<Vec<Token>>> {
        let streams = match page.get(b"Contents") {
            Err(_) => Vec::new(),
            Ok(contents) => match self.document.dereference(contents).ok()?.1 {
                Object::Array(streams) => streams.iter().collect(),
                _ => vec![contents],
            },
        };
        let (document, values) = (self.document, self.values.as_mut()?);
        let mut room = STREAM_LIMIT;
        let parts = streams.into_iter().map(|stream| {
            let (id, _) = document.dereference(stream).ok()?;
            let content = values.content(id?)?;
            room = room.checked_sub(content.len())?;
            tokens(&content)
        });
        parts.collect()
    }

    /// Whether the nodes that the page calls its parents are those that hold it, up to the catalog: from those, or from these, readers
    /// take what it inherits.
    fn stands_where_it_says(&self, id: ObjectId, page: &'a Dictionary) -> bool {
        let (mut id, mut node) = (id, page);
        for _ in 0..ANCESTORS {
            let Ok(parent) = node.get(b"Parent") else {
                let catalog = self.document.catalog();
                let root = catalog.and_then(|catalog| catalog.get(b"Pages"));
                return root.and_then(Object::as_reference).ok() == Some(id);
            };
            let above = parent.as_reference().ok().and_then(|above| {
                let dictionary = self.document.get_dictionary(above).ok()?;
                Some((above, dictionary))
            });
            let Some((above, dictionary)) = above else {
                return false;
            };
            let kids = self.get(dictionary, b"Kids");
            let kids = kids.and_then(|kids| kids.as_array().ok());
            if !kids.is_some_and(|kids| kids.contains(&Object::Reference(id))) {
                return false;
            }
            (id, node) = (above, dictionary);
        }
        false
    }

    /// The page, when it shows all of itself, upright and in points.
    fn plain_frame(&self, page: &'a Dictionary) -> Option<Area> {
        let media = self.inherited(page, b"MediaBox").and_then(four)?;
        // Each of them may be what a reader shows, or prints (§14.11.2, table 147).
        for other in [b"CropBox".as_slice(), b"TrimBox", b"BleedBox", b"ArtBox"] {
            if let Some(other) = self.inherited(page, other) {
                alike(&four(other)?, &media).then_some(())?;
            }
        }
        let turned = match self.inherited(page, b"Rotate") {
            Some(turn) => turn.as_i64().ok()? != 0,
            None => false,
        };
        let frame = Area::of(media);
        let usual = |side: f64| (SIDES[0]..=SIDES[1]).contains(&side);
        let plain = !turned
            && self.shows_its_pages()
            && usual(frame.right - frame.left)
            && usual(frame.top - frame.bottom);
        plain.then_some(frame)
    }

    /// Whether the catalog lets readers show the pages, from the first one on, and nothing in their place or around them.
    fn shows_its_pages(&self) -> bool {
        let Ok(catalog) = self.document.catalog() else {
            return false;
        };
        let is_one_of = |dictionary: &'a Dictionary, key: &[u8], names: &[&[u8]]| {
            let value = self.get(dictionary, key);
            value.is_none_or(|value| value.as_name().is_ok_and(|name| names.contains(&name)))
        };
        let dictionary = |key: &[u8]| match self.get(catalog, key) {
            None => Some(None),
            Some(value) => value.as_dict().ok().map(Some),
        };
        let (Some(form), Some(preferences)) =
            (dictionary(b"AcroForm"), dictionary(b"ViewerPreferences"))
        else {
            return false;
        };
        let preferences_are_plain = preferences.is_none_or(|preferences| {
            holds_only(
                preferences,
                &[b"DisplayDocTitle", b"Direction", b"PrintScaling"],
            ) && is_one_of(preferences, b"Direction", &[b"L2R"])
        });
        holds_only(catalog, &CATALOG)
            && preferences_are_plain
            && form.is_none_or(|form| holds_only(form, &FORM))
            && is_one_of(catalog, b"PageMode", &[b"UseNone"])
            && is_one_of(catalog, b"PageLayout", &[b"SinglePage", b"OneColumn"])
    }

    /// Where signatures stand on the page; nothing when there are other annotations, or fields that nobody signed. What claims to be a
    /// signature need not be one: that is for whoever verified them ([`Drawn`]).
    fn signature_areas(&mut self, page: &'a Dictionary) -> Option<Vec<Area>> {
        let list = match self.get(page, b"Annots") {
            None | Some(Object::Null) => return Some(Vec::new()),
            Some(list) => list.as_array().ok()?,
        };
        let mut areas = Vec::new();
        for annotation in list {
            let (number, _) = annotation.as_reference().ok()?;
            let annotation = self.document.dereference(annotation).ok()?.1;
            let annotation = annotation.as_dict().ok()?;
            let is = |value: Option<&'a Object>, name: &[u8]| {
                value.and_then(|value| value.as_name().ok()) == Some(name)
            };
            let signed = is(self.get(annotation, b"Subtype"), b"Widget")
                && is(self.inherited(annotation, b"FT"), b"Sig");
            signed.then_some(())?;
            self.drawn_signatures.push(Drawn {
                widget: number,
                value: self.value_of(annotation)?,
            });
            areas.push(Area::of(self.get(annotation, b"Rect").and_then(four)?));
        }
        Some(areas)
    }

    /// The number of the object that is the value of a widget's field: its own, or that of the field above it.
    fn value_of(&self, widget: &'a Dictionary) -> Option<u32> {
        let field = if widget.has(b"V") {
            widget
        } else {
            self.get(widget, b"Parent")?.as_dict().ok()?
        };
        let (number, _) = field.get(b"V").ok()?.as_reference().ok()?;
        Some(number)
    }

    /// A standard font as every reader has it, under an encoding that leaves nothing open.
    fn plain_font(&self, font: &'a Dictionary) -> Option<PlainFont> {
        const KEYS: [&[u8]; 5] = [b"Type", b"Subtype", b"BaseFont", b"Encoding", b"Name"];
        let name = |key| self.get(font, key).and_then(|name| name.as_name().ok());
        let win_ansi = match name(b"Encoding") {
            Some(encoding) => (encoding == b"WinAnsiEncoding").then_some(true)?,
            None => (!font.has(b"Encoding")).then_some(false)?,
        };
        let known = font.iter().all(|(key, _)| KEYS.contains(&key.as_slice()));
        let metrics = Metrics::of(name(b"BaseFont")?)?;
        let plain = known && name(b"Subtype") == Some(b"Type1");
        plain.then_some(PlainFont { metrics, win_ansi })
    }
}

#[derive(Debug, Clone, Copy)]
struct PlainFont {
    metrics: Metrics,
    /// Otherwise the font's own encoding, which is ASCII but for its apostrophes.
    win_ansi: bool,
}

impl PlainFont {
    /// The character of a code and its width in thousandths of an em.
    fn glyph(self, code: u8) -> Option<(char, u16)> {
        let own = self.win_ansi || code.is_ascii() && !matches!(code, b'\'' | b'`');
        let width = self.metrics.width(code).filter(|_| own)?;
        let letter = match code {
            0xA0 => ' ',
            _ => win_ansi(code),
        };
        Some((letter, width))
    }
}

/// A character of `WinAnsiEncoding`: Latin-1, with some signs where that has controls (ISO 32000-2 annex D.2).
fn win_ansi(code: u8) -> char {
    const SIGNS: [char; 32] = [
        '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
    ];
    let sign = code.checked_sub(0x80).map(usize::from);
    let sign = sign.and_then(|place| SIGNS.get(place).copied());
    sign.unwrap_or_else(|| char::from(code))
}

/// Whether a dictionary has no other keys than these.
fn holds_only(dictionary: &Dictionary, keys: &[&[u8]]) -> bool {
    dictionary
        .iter()
        .all(|(key, _)| keys.contains(&key.as_slice()))
}

/// Four numbers that stand there themselves: an odd one among them is a way to have none.
fn four(object: &Object) -> Option<[f64; 4]> {
    let numbers: Option<Vec<f64>> = object.as_array().ok()?.iter().map(number).collect();
    numbers?.try_into().ok()
}

/// Whether these numbers are those.
fn alike(these: &[f64], those: &[f64]) -> bool {
    let pairs = these.iter().zip(those);
    these.len() == those.len()
        && pairs.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs())) < 1e-6
}

/// Scales, no turning: x and y, each `scale * value + offset`.
#[derive(Debug, Clone, Copy)]
struct Place {
    scale: (f64, f64),
    offset: (f64, f64),
}

impl Place {
    const ORIGIN: Self = Self {
        scale: (1.0, 1.0),
        offset: (0.0, 0.0),
    };

    /// Of six numbers that neither turn nor mirror.
    fn of(numbers: &[f64]) -> Option<Self> {
        let [a, b, c, d, e, f] = *numbers else {
            return None;
        };
        let upright = b == 0.0 && c == 0.0 && a > 0.0 && d > 0.0;
        upright.then_some(Self {
            scale: (a, d),
            offset: (e, f),
        })
    }

    /// This place, seen from within `outer`.
    fn within(self, outer: Self) -> Self {
        Self {
            scale: (self.scale.0 * outer.scale.0, self.scale.1 * outer.scale.1),
            offset: outer.point(self.offset),
        }
    }

    fn point(self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.scale.0 * x + self.offset.0,
            self.scale.1 * y + self.offset.1,
        )
    }
}

/// What `q` keeps.
#[derive(Clone, Copy)]
struct State {
    place: Place,
    dark: bool,
    line_width: f64,
    font: Option<PlainFont>,
    size: f64,
    leading: f64,
    character_spacing: f64,
    word_spacing: f64,
}

/// A page on which only the things of the list can be put.
struct Sheet<'w, 'a> {
    walk: &'w Walk<'a>,
    resources: &'a Dictionary,
    glyphs: Vec<Glyph>,
    rules: Vec<Area>,
}

/// Where the pen is within `BT` and `ET`.
#[derive(Clone, Copy)]
struct Pen {
    line: Place,
    /// From the beginning of the line, in text space.
    along: f64,
}

impl Sheet<'_, '_> {
    /// Follows the whole content, stream by stream; nothing as soon as anything is not on the list.
    fn draw(&mut self, streams: &[Vec<Token>]) -> Option<()> {
        let mut state = State {
            place: Place::ORIGIN,
            dark: true,
            line_width: 1.0,
            font: None,
            size: 0.0,
            leading: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
        };
        let mut kept = Vec::new();
        let mut pen: Option<Pen> = None;
        let mut path = Vec::new();
        for content in streams {
            let mut begin = 0;
            for (place, token) in content.iter().enumerate() {
                let Token::Operator(operator) = token else {
                    continue;
                };
                let operands = content.get(begin..place)?;
                begin = place + 1;
                match (operator.as_str(), pen) {
                    ("q", None) if operands.is_empty() && path.is_empty() && kept.len() < DEPTH => {
                        kept.push(state);
                    }
                    ("Q", None) if operands.is_empty() && path.is_empty() => state = kept.pop()?,
                    ("cm", None) if path.is_empty() => {
                        state.place = Place::of(&numbers::<6>(operands)?)?.within(state.place);
                    }
                    ("BT", None) if operands.is_empty() && path.is_empty() => {
                        pen = Some(Pen {
                            line: Place::ORIGIN,
                            along: 0.0,
                        });
                    }
                    ("ET", Some(_)) if operands.is_empty() => pen = None,
                    ("re" | "m" | "l", None) => self.extend(&mut path, operator, operands)?,
                    ("f" | "f*" | "S", None) if operands.is_empty() => {
                        self.rule(&std::mem::take(&mut path), operator, &state)?;
                    }
                    (_, Some(mut writing)) if !self.sets(operator, operands, &mut state)? => {
                        self.writes(operator, operands, &mut state, &mut writing)?;
                        pen = Some(writing);
                    }
                    (_, Some(_)) => {}
                    (_, None) => {
                        let known = path.is_empty() && self.sets(operator, operands, &mut state)?;
                        known.then_some(())?;
                    }
                }
            }
            // The next one begins with an operation, outside of text and paths.
            let parted = begin == content.len() && pen.is_none() && path.is_empty();
            parted.then_some(())?;
        }
        kept.is_empty().then_some(())
    }

    /// Operators that set how things look; whether this is one of them.
    fn sets(&self, operator: &str, operands: &[Token], state: &mut State) -> Option<bool> {
        match operator {
            "g" => state.dark = is_dark(grey(numbers(operands)?)?),
            "rg" => state.dark = is_dark(within_one(numbers(operands)?)?),
            "k" => state.dark = is_dark(cmyk(numbers(operands)?)?),
            // The colour of rules, which may be any.
            "G" => drop(grey(numbers(operands)?)?),
            "RG" => drop(within_one(numbers::<3>(operands)?)?),
            "K" => drop(cmyk(numbers(operands)?)?),
            // Readers paint a width below nought as wide as without its sign.
            "w" => {
                [state.line_width] = numbers(operands)?;
                (state.line_width >= 0.0).then_some(())?;
            }
            "J" | "j" => {
                let [style] = numbers(operands)?;
                [0.0, 1.0, 2.0].contains(&style).then_some(())?;
            }
            "M" => {
                let [limit] = numbers(operands)?;
                (limit >= 0.0).then_some(())?;
            }
            "d" => {
                matches!(operands, [Token::Array(dashes), Token::Number(0.0)] if dashes.is_empty())
                    .then_some(())?
            }
            "Tc" => [state.character_spacing] = numbers(operands)?,
            "Tw" => [state.word_spacing] = numbers(operands)?,
            "TL" => [state.leading] = numbers(operands)?,
            "Tz" => alike(&numbers::<1>(operands)?, &[100.0]).then_some(())?,
            "Ts" | "Tr" => alike(&numbers::<1>(operands)?, &[0.0]).then_some(())?,
            "Tf" => {
                let [Token::Name(name), Token::Number(size)] = operands else {
                    return None;
                };
                let font = self.walk.resource(Some(self.resources), b"Font", name)?;
                state.font = Some(self.walk.plain_font(font.as_dict().ok()?)?);
                state.size = *size;
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// Operators that move the pen and write with it.
    fn writes(
        &mut self,
        operator: &str,
        operands: &[Token],
        state: &mut State,
        pen: &mut Pen,
    ) -> Option<()> {
        let mut next_line = |x: f64, y: f64| {
            let step = Place {
                offset: (x, y),
                ..Place::ORIGIN
            };
            pen.line = step.within(pen.line);
            pen.along = 0.0;
        };
        match operator {
            "Td" => {
                let [x, y] = numbers(operands)?;
                next_line(x, y);
            }
            "TD" => {
                let [x, y] = numbers(operands)?;
                state.leading = -y;
                next_line(x, y);
            }
            "T*" if operands.is_empty() => next_line(0.0, -state.leading),
            "Tm" => {
                *pen = Pen {
                    line: Place::of(&numbers::<6>(operands)?)?,
                    along: 0.0,
                };
            }
            "Tj" | "'" => {
                let [text @ Token::Text(_)] = operands else {
                    return None;
                };
                if operator == "'" {
                    next_line(0.0, -state.leading);
                }
                self.write(std::slice::from_ref(text), state, pen)?;
            }
            "TJ" => {
                let [Token::Array(pieces)] = operands else {
                    return None;
                };
                self.write(pieces, state, pen)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Strings, and the adjustments between them (§9.4.3, §9.4.4).
    fn write(&mut self, pieces: &[Token], state: &State, pen: &mut Pen) -> Option<()> {
        for piece in pieces {
            let codes = match piece {
                Token::Number(adjustment) => {
                    pen.along -= adjustment / 1000.0 * state.size;
                    continue;
                }
                Token::Text(codes) => codes,
                _ => return None,
            };
            for code in codes {
                let (letter, width) = state.font?.glyph(*code)?;
                let place = pen.line.within(state.place);
                let advance = f64::from(width) / 1000.0 * state.size;
                let (x, y) = place.point((pen.along, 0.0));
                let (end, _) = place.point((pen.along + advance, 0.0));
                let size = state.size * place.scale.1;
                let upright = (place.scale.0 / place.scale.1 - 1.0).abs() < 0.001;
                if !upright || !state.dark || !(SIZES[0]..=SIZES[1]).contains(&size) {
                    return None;
                }
                self.glyphs.push(Glyph {
                    x,
                    end,
                    y,
                    size,
                    letter,
                });
                let blank = if *code == b' ' {
                    state.word_spacing
                } else {
                    0.0
                };
                pen.along += advance + state.character_spacing + blank;
            }
        }
        (self.glyphs.len() <= MOST_GLYPHS).then_some(())
    }

    /// A path that may become a rule: one rectangle, or one line.
    #[allow(clippy::unused_self, reason = "beside its sister")]
    fn extend(&self, path: &mut Vec<(f64, f64)>, operator: &str, operands: &[Token]) -> Option<()> {
        match (operator, path.len()) {
            ("re", 0) => {
                let [x, y, width, height] = numbers(operands)?;
                path.extend([(x, y), (x + width, y + height)]);
            }
            ("m", 0) | ("l", 1) => {
                let [x, y] = numbers(operands)?;
                path.push((x, y));
            }
            _ => return None,
        }
        Some(())
    }

    /// A thin level rule.
    fn rule(&mut self, path: &[(f64, f64)], operator: &str, state: &State) -> Option<()> {
        let [one, other] = *path else {
            return None;
        };
        let ((a, b), (c, d)) = (state.place.point(one), state.place.point(other));
        let mut area = Area::of([a, b, c, d]);
        if operator == "S" {
            let half = state.line_width * state.place.scale.0.max(state.place.scale.1) / 2.0;
            area.bottom -= half;
            area.top += half;
        }
        self.rules.push(area);
        let thin = area.top - area.bottom <= RULE_WIDTH && area.right - area.left >= RULE_LENGTH;
        (thin && self.rules.len() <= MOST_RULES).then_some(())
    }
}

/// So many numbers, neither more nor less.
fn numbers<const N: usize>(operands: &[Token]) -> Option<[f64; N]> {
    let numbers: Option<Vec<f64>> = operands
        .iter()
        .map(|operand| match operand {
            Token::Number(number) => Some(*number),
            _ => None,
        })
        .collect();
    numbers?.try_into().ok()
}

fn within_one<const N: usize>(colour: [f64; N]) -> Option<[f64; N]> {
    let within = |part: &f64| (0.0..=1.0).contains(part);
    colour.iter().all(within).then_some(colour)
}

fn grey(colour: [f64; 1]) -> Option<[f64; 3]> {
    within_one(colour).map(|[grey]| [grey; 3])
}

/// As a screen mixes it (§10.4.2.5).
fn cmyk(colour: [f64; 4]) -> Option<[f64; 3]> {
    let [cyan, magenta, yellow, black] = within_one(colour)?;
    Some([cyan, magenta, yellow].map(|ink| 1.0 - (ink + black).min(1.0)))
}

/// By its relative luminance.
fn is_dark(colour: [f64; 3]) -> bool {
    let [red, green, blue] = colour.map(|part| part.powf(2.2));
    0.2126 * red + 0.7152 * green + 0.0722 * blue <= DARK
}

/// Whether some letters are much smaller than most.
fn has_small_print(glyphs: &[Glyph]) -> bool {
    let mut sizes: Vec<f64> = glyphs.iter().map(|glyph| glyph.size).collect();
    sizes.sort_by(f64::total_cmp);
    let Some(smallest) = sizes.first() else {
        return false;
    };
    let alike = sizes.chunk_by(|one, other| (other - one).abs() < 0.01);
    let commonest = alike.max_by_key(|sizes| sizes.len());
    let commonest = commonest.and_then(|sizes| sizes.first());
    commonest.is_some_and(|commonest| smallest / commonest < SMALL_PRINT)
}

/// Letters on one baseline, from left to right.
#[derive(Debug)]
struct Row {
    glyphs: Vec<Glyph>,
    left: f64,
    right: f64,
    y: f64,
    size: f64,
}

impl Row {
    fn of(mut glyphs: Vec<Glyph>) -> Option<Self> {
        glyphs.sort_by(|a, b| a.x.total_cmp(&b.x));
        let (left, y) = glyphs.first().map(|glyph| (glyph.x, glyph.y))?;
        let most = |of: fn(&Glyph) -> f64| glyphs.iter().map(of).fold(0.0, f64::max);
        Some(Self {
            left,
            right: most(|glyph| glyph.end),
            y,
            size: most(|glyph| glyph.size),
            glyphs,
        })
    }

    /// Whether this rule is on the line, and not under its letters alone: a blank that somebody fills in.
    fn has_beside(&self, rule: &Area) -> bool {
        let [from, to] = ON_THE_LINE.map(|ems| self.y + ems * self.size);
        let under = self.left - BESIDE_TEXT <= rule.left && rule.right <= self.right + BESIDE_TEXT;
        rule.bottom < to && rule.top > from && !under
    }

    /// Whether whoever reads this row goes on with that one below; `first` of a paragraph, it may stand a little to the right.
    fn goes_on_in(&self, below: &Self, first: bool) -> bool {
        let em = self.size.min(below.size);
        let shift = (self.left - below.left) / em;
        let one_edge = shift.abs() <= SAME_EDGE;
        let indented = first && (0.0..=FIRST_LINE).contains(&shift) && self.left < below.right;
        (one_edge || indented) && self.y - below.y <= PARAGRAPHS_APART * em
    }
}

/// The rows that these letters make, from top to bottom; nothing when they can't be told apart.
fn rows(mut glyphs: Vec<Glyph>) -> Option<Vec<Row>> {
    glyphs.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut rows: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        match rows.last_mut() {
            Some(row) if row.first()?.y - glyph.y <= SAME_LINE => row.push(glyph),
            _ => rows.push(vec![glyph]),
        }
    }
    let rows: Option<Vec<Row>> = rows.into_iter().map(Row::of).collect();
    let rows = rows?;
    let apart = rows.windows(2).all(|pair| {
        let [upper, lower] = pair else { return false };
        upper.y - lower.y >= lower.size * LINES_APART
    });
    apart.then_some(rows)
}

/// Their text, with an empty line where a paragraph ends.
fn lines(rows: &[Row]) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    let (mut above, mut first) = (None::<&Row>, true);
    for row in rows {
        if let Some(above) = above {
            let goes_on = above.goes_on_in(row, first);
            if !goes_on {
                lines.push(String::new());
            }
            first = !goes_on;
        }
        lines.push(line(&row.glyphs)?);
        above = Some(row);
    }
    Some(lines)
}

/// One line, with a blank where there is room for one.
fn line(row: &[Glyph]) -> Option<String> {
    let mut text = String::new();
    let mut before: Option<Glyph> = None;
    for glyph in row {
        if let Some(before) = before {
            let em = before.size.min(glyph.size);
            let gap = (glyph.x - before.end) / em;
            let told =
                (-KERNING..=WITHIN_WORDS).contains(&gap) || (BETWEEN_WORDS..=ACROSS).contains(&gap);
            told.then_some(())?;
            if gap >= BETWEEN_WORDS {
                text.push(' ');
            }
        }
        text.push(glyph.letter);
        before = Some(*glyph);
    }
    Some(text)
}

#[cfg(test)]
mod tests;
