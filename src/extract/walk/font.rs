//! Fonts (ISO 32000-2 §9.5 to §9.10): what their codes mean, whether that can be believed, and how wide they are.

use lopdf::{Dictionary, Document, Encoding, Object};

use super::{STREAM_LIMIT, Walk, number};

/// Families that draw ornaments and Greek where others have Latin letters: the two of every PDF reader, and those of Word.
const SYMBOLS: [&str; 8] = [
    "Symbol",
    "SymbolMT",
    "ZapfDingbats",
    "Wingdings",
    "Wingdings2",
    "Wingdings3",
    "Webdings",
    "MTExtra",
];

/// Families that every reader brings along (§9.6.2.2), and as which it draws their usual namesakes.
const STANDARD: [&str; 10] = [
    "Helvetica",
    "Arial",
    "ArialMT",
    "Times",
    "TimesNewRoman",
    "TimesNewRomanPS",
    "TimesNewRomanPSMT",
    "Courier",
    "CourierNew",
    "CourierNewPSMT",
];

/// A font as far as reading needs it.
pub(super) struct Font<'a> {
    pub(super) encoding: Option<Encoding<'a>>,
    pub(super) composite: bool,
    pub(super) trusted: bool,
    pub(super) face: Face,
    pub(super) widths: Widths,
}

/// What is known of how a font draws its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// Nothing in the document says what they look like or mean: every reader shows them alike.
    Standard,
    /// Letters and digits are drawn as something else.
    Symbols,
    /// As the document pleases.
    Own,
}

/// Advance widths in thousandths of an em.
pub(super) struct Widths {
    first: i64,
    simple: Vec<f64>,
    composite: Vec<(u32, u32, f64)>,
    default: f64,
}

impl Widths {
    pub(super) fn of(&self, code: u32) -> f64 {
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

impl<'a> Walk<'a> {
    /// What a font dictionary says.
    pub(super) fn font(&self, font: &'a Dictionary) -> Font<'a> {
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
            face: self.face(font),
            widths: self.widths(font, composite),
        }
    }

    /// By the name, without the mark of a subset before it and the style behind it (§9.9.2): nothing else in the file says so.
    fn is_of(&self, font: &'a Dictionary, families: &[&str]) -> bool {
        let name = self
            .get(font, b"BaseFont")
            .and_then(|name| name.as_name().ok())
            .unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        let family = name.split_once('+').map_or(&*name, |(_, family)| family);
        let family = family.split([',', '-']).next().unwrap_or_default();
        families
            .iter()
            .any(|known| family.eq_ignore_ascii_case(known))
    }

    fn face(&self, font: &'a Dictionary) -> Face {
        if self.is_of(font, &SYMBOLS) {
            Face::Symbols
        } else if self.is_everywhere_alike(font) {
            Face::Standard
        } else {
            Face::Own
        }
    }

    /// A standard font by its name, with an encoding by its name, without shapes of its own and without `/ToUnicode`.
    fn is_everywhere_alike(&self, font: &'a Dictionary) -> bool {
        let own_shapes = self
            .get(font, b"FontDescriptor")
            .and_then(|descriptor| descriptor.as_dict().ok())
            .is_some_and(|descriptor| {
                [&b"FontFile"[..], b"FontFile2", b"FontFile3"]
                    .iter()
                    .any(|key| descriptor.has(key))
            });
        let subtype = self
            .get(font, b"Subtype")
            .and_then(|name| name.as_name().ok());
        let encoding = match self.get(font, b"Encoding") {
            None => !font.has(b"Encoding"),
            Some(encoding) => encoding.as_name().is_ok(),
        };
        matches!(subtype, Some(b"Type1" | b"TrueType"))
            && !own_shapes
            && encoding
            && !font.has(b"ToUnicode")
            && self.is_of(font, &STANDARD)
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
}
