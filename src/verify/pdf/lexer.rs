//! Tokens and objects from raw bytes (ISO 32000-2 §7.2, §7.3), read the one way the standard describes. Whatever two
//! readers could take for two things is an error here, not a guess.

use std::ops::Range;
use std::rc::Rc;

use super::Trouble;
use super::object::{Dictionary, Object, ObjectId};

/// Nesting of arrays and dictionaries (DESIGN §6): honest files stay below 20.
const MAX_DEPTH: usize = 64;

/// Values in one indirect object: 250,000 are some 30 MB in memory while it is read.
const MAX_VALUES: usize = 250_000;

/// White space between the parts of an object header; writers put one byte.
const MAX_HEADER_WHITE: usize = 16;

/// A place in some bytes, and what may be read from there.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    position: usize,
    /// Values read so far by this lexer.
    values: usize,
}

/// What `N G obj` introduces: its header, its value and, for a stream, where its data starts.
#[derive(Debug)]
pub(super) struct Indirect {
    pub id: ObjectId,
    pub value: Object,
    /// Start of the data when the `stream` keyword follows.
    pub stream_at: Option<usize>,
}

/// A dictionary entry by the place of its value, for what has to lie at an exact place of the file.
#[derive(Debug)]
pub(super) struct Placed {
    pub key: Rc<[u8]>,
    pub place: Range<usize>,
}

pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn is_regular(byte: u8) -> bool {
    !is_white(byte) && !is_delimiter(byte)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'A'..=b'F' => Some(byte.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

/// Where a byte first stands. Looked for block by block, because the signatures of one file are tens of thousands of bytes.
fn position_of(wanted: u8, bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 256;
    let blocks = bytes.chunks(BLOCK);
    let skipped = blocks.take_while(|block| !block.contains(&wanted)).count();
    let start = skipped.saturating_mul(BLOCK);
    let rest = bytes.get(start..)?;
    let inside = rest.iter().position(|byte| *byte == wanted)?;
    start.checked_add(inside)
}

/// A plain hexadecimal string: nothing but pairs of digits. Without a branch for each, because signatures are tens of
/// thousands of them.
pub(super) fn plain_hex(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !is_plain_hex(digits) {
        return None;
    }
    // The letters are 1 to 6 in their low bits, and have bit 6.
    let digit = |byte: u8| (byte & 15).wrapping_add((byte >> 6).wrapping_mul(9));
    let (pairs, _) = digits.as_chunks();
    let bytes = pairs
        .iter()
        .map(|[high, low]| (digit(*high) << 4) | digit(*low));
    Some(bytes.collect())
}

/// Whether these are hexadecimal digits and nothing else.
fn is_plain_hex(digits: &[u8]) -> bool {
    // In bytes rather than truth values, sixteen at a time.
    let odd = |byte: &u8| u8::from(!byte.is_ascii_hexdigit());
    digits.iter().fold(0, |found, byte| found | odd(byte)) == 0
}

impl<'b> Lexer<'b> {
    pub fn new(bytes: &'b [u8], position: usize) -> Self {
        Self {
            bytes,
            position,
            values: 0,
        }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn values(&self) -> usize {
        self.values
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// Goes on by so many bytes, to the end at most.
    pub fn advance(&mut self, count: usize) {
        self.position = self.position.saturating_add(count).min(self.bytes.len());
    }

    fn bad(&self, what: &'static str) -> Trouble {
        Trouble::Malformed {
            what,
            at: self.position,
        }
    }

    /// Skips white space only.
    pub fn skip_white(&mut self) {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| is_white(**byte))
            .count();
        self.advance(count);
    }

    /// Skips white space and comments (§7.2.4).
    pub fn skip(&mut self) {
        loop {
            self.skip_white();
            if self.peek() != Some(b'%') {
                return;
            }
            let count = self
                .rest()
                .iter()
                .take_while(|byte| !matches!(byte, b'\r' | b'\n'))
                .count();
            self.advance(count);
        }
    }

    /// Whether a line, or everything, ends here.
    pub fn at_end_of_line(&self) -> bool {
        matches!(self.peek(), None | Some(b'\r' | b'\n'))
    }

    /// Takes exactly these bytes, when they are next.
    pub fn take(&mut self, expected: &[u8]) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.advance(expected.len());
        }
        found
    }

    /// Takes a keyword that ends where a token ends.
    pub fn keyword(&mut self, expected: &[u8]) -> bool {
        let ends = self
            .rest()
            .get(expected.len())
            .is_none_or(|byte| !is_regular(*byte));
        ends && self.take(expected)
    }

    /// An unsigned decimal number of at most `digits` digits.
    pub fn unsigned(&mut self, digits: usize) -> Option<u64> {
        let count = self
            .rest()
            .iter()
            .take(digits.saturating_add(1))
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 || count > digits {
            return None;
        }
        let number = std::str::from_utf8(self.rest().get(..count)?)
            .ok()?
            .parse()
            .ok()?;
        self.advance(count);
        Some(number)
    }

    /// `N G obj`, its value, and `stream` with its end of line when that follows (§7.3.10, §7.3.8.1).
    pub fn indirect(&mut self) -> Result<Indirect, Trouble> {
        let id = self.header()?;
        self.skip();
        // `1 0 obj endobj` is seen in the wild and means null.
        if self.rest().starts_with(b"endobj") {
            return Ok(Indirect {
                id,
                value: Object::Null,
                stream_at: None,
            });
        }
        let value = self.object(0)?;
        self.skip();
        if !matches!(value, Object::Dictionary(_)) || !self.keyword(b"stream") {
            return Ok(Indirect {
                id,
                value,
                stream_at: None,
            });
        }
        // §7.3.8.1: CR LF or LF. A lone CR is what some old tools write; the data then starts behind it.
        if !self.take(b"\r\n") && !self.take(b"\n") && !self.take(b"\r") {
            return Err(self.bad("stream keyword without an end of line"));
        }
        Ok(Indirect {
            id,
            value,
            stream_at: Some(self.position),
        })
    }

    /// `N G obj`, with little white space and no comments: 500,000 entries may point at the same long run of either.
    pub fn header(&mut self) -> Result<ObjectId, Trouble> {
        self.skip_some_white();
        let number = self
            .unsigned(10)
            .and_then(|number| u32::try_from(number).ok());
        self.skip_some_white();
        let generation = self
            .unsigned(5)
            .and_then(|number| u16::try_from(number).ok());
        self.skip_some_white();
        match (number, generation, self.keyword(b"obj")) {
            (Some(number), Some(generation), true) => Ok(ObjectId { number, generation }),
            _ => Err(self.bad("no object header")),
        }
    }

    /// Skips the white space that may stand before or inside an object header.
    pub fn skip_some_white(&mut self) {
        let run = self.rest().iter().take(MAX_HEADER_WHITE);
        let count = run.take_while(|byte| is_white(**byte)).count();
        self.advance(count);
    }

    /// The keys of a dictionary with the place of each value, in the order of the file and with repeated keys.
    pub fn placed_entries(&mut self) -> Result<Vec<Placed>, Trouble> {
        let mut entries = Vec::new();
        self.skip();
        if !self.take(b"<<") {
            return Err(self.bad("no dictionary"));
        }
        loop {
            self.skip();
            if self.take(b">>") {
                return Ok(entries);
            }
            let key = self.name()?;
            self.skip();
            let start = self.position;
            self.pass_over()?;
            entries.push(Placed {
                key,
                place: start..self.position,
            });
        }
    }

    /// Passes over a value. Hexadecimal digits are not decoded: a signature has tens of thousands.
    fn pass_over(&mut self) -> Result<(), Trouble> {
        if self.peek() == Some(b'<') && !self.rest().starts_with(b"<<") {
            self.hex_digits().map(drop)
        } else {
            self.object(1).map(drop)
        }
    }

    /// Any direct object or reference.
    pub fn value(&mut self) -> Result<Object, Trouble> {
        self.skip();
        self.object(0)
    }

    fn object(&mut self, depth: usize) -> Result<Object, Trouble> {
        self.values = self.values.saturating_add(1);
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(Trouble::TooComplex("nesting or size of an object"));
        }
        match self.peek() {
            Some(b'/') => self.name().map(Object::Name),
            Some(b'(') => self.literal_string(),
            Some(b'[') => self.array(depth),
            Some(b'<') if self.rest().starts_with(b"<<") => self.dictionary(depth),
            Some(b'<') => self.hex_string(),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number_or_reference(),
            Some(b't') if self.keyword(b"true") => Ok(Object::Boolean(true)),
            Some(b'f') if self.keyword(b"false") => Ok(Object::Boolean(false)),
            Some(b'n') if self.keyword(b"null") => Ok(Object::Null),
            _ => Err(self.bad("no object")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, Trouble> {
        self.advance(1);
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.take(b"]") {
                return Ok(Object::Array(items));
            }
            items.push(self.object(depth.saturating_add(1))?);
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Object, Trouble> {
        self.advance(2);
        let mut entries = Vec::with_capacity(8);
        loop {
            self.skip();
            if self.take(b">>") {
                return Ok(Object::Dictionary(Dictionary::from_entries(entries)));
            }
            let key = self.name()?;
            self.skip();
            let value = self.object(depth.saturating_add(1))?;
            entries.push((key, value));
        }
    }

    /// §7.3.5: `/Name`, with `#xx` decoded.
    fn name(&mut self) -> Result<Rc<[u8]>, Trouble> {
        if !self.take(b"/") {
            return Err(self.bad("no name"));
        }
        let raw_length = self
            .rest()
            .iter()
            .take_while(|byte| is_regular(**byte))
            .count();
        let raw = self.rest().get(..raw_length).unwrap_or_default();
        self.advance(raw_length);
        if !raw.contains(&b'#') {
            return Ok(raw.into());
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter();
        while let Some(byte) = bytes.next() {
            let pair = bytes.as_slice();
            match (
                *byte,
                pair.first().copied().and_then(hex_digit),
                pair.get(1).copied().and_then(hex_digit),
            ) {
                (b'#', Some(high), Some(low)) => {
                    name.push((high << 4) | low);
                    bytes.nth(1);
                }
                // A lone `#` stands for itself, as PDF 1.1 names had it.
                _ => name.push(*byte),
            }
        }
        Ok(name.into())
    }

    /// §7.3.4.2.
    fn literal_string(&mut self) -> Result<Object, Trouble> {
        self.advance(1);
        let mut string = Vec::new();
        let mut open = 1_usize;
        loop {
            let byte = self
                .peek()
                .ok_or_else(|| self.bad("string without an end"))?;
            self.advance(1);
            match byte {
                b'\\' => self.escape(&mut string),
                b'(' => {
                    open = open.saturating_add(1);
                    string.push(byte);
                }
                b')' => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        return Ok(Object::String(string.into()));
                    }
                    string.push(byte);
                }
                // An end of line in any form is read as one line feed.
                b'\r' => {
                    self.take(b"\n");
                    string.push(b'\n');
                }
                _ => string.push(byte),
            }
        }
    }

    fn escape(&mut self, string: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        if (b'0'..=b'7').contains(&byte) {
            let mut code = 0_u32;
            for _ in 0..3 {
                match self.peek() {
                    Some(digit @ b'0'..=b'7') => {
                        code = (code << 3) | u32::from(digit.saturating_sub(b'0'));
                        self.advance(1);
                    }
                    _ => break,
                }
            }
            // "high-order overflow shall be ignored"
            string.push(u8::try_from(code & 0xFF).unwrap_or_default());
            return;
        }
        self.advance(1);
        match byte {
            b'n' => string.push(b'\n'),
            b'r' => string.push(b'\r'),
            b't' => string.push(b'\t'),
            b'b' => string.push(8),
            b'f' => string.push(12),
            b'\n' => {}
            b'\r' => {
                self.take(b"\n");
            }
            other => string.push(other),
        }
    }

    /// §7.3.4.3.
    fn hex_string(&mut self) -> Result<Object, Trouble> {
        let digits = self.hex_digits()?;
        if let Some(string) = plain_hex(digits) {
            return Ok(Object::String(string.into()));
        }
        let mut string = Vec::with_capacity(digits.len().div_ceil(2));
        let mut high = None;
        for byte in digits.iter().copied().filter(|byte| !is_white(*byte)) {
            let digit = hex_digit(byte).ok_or_else(|| self.bad("no hexadecimal digit"))?;
            match high.take() {
                None => high = Some(digit),
                Some(high) => string.push((high << 4) | digit),
            }
        }
        if let Some(high) = high {
            string.push(high << 4);
        }
        Ok(Object::String(string.into()))
    }

    /// What stands between `<` and `>`.
    fn hex_digits(&mut self) -> Result<&'b [u8], Trouble> {
        self.advance(1);
        let rest = self.rest();
        let Some(length) = position_of(b'>', rest) else {
            // What was looked through counts: thousands of objects may share one missing end.
            self.advance(rest.len());
            return Err(self.bad("hexadecimal string without an end"));
        };
        self.advance(length.saturating_add(1));
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// A number, or `N G R` (§7.3.3, §7.3.10).
    fn number_or_reference(&mut self) -> Result<Object, Trouble> {
        let number = self.number()?;
        let Object::Integer(first) = number else {
            return Ok(number);
        };
        let Ok(first) = u32::try_from(first) else {
            return Ok(number);
        };
        let mut ahead = self.clone();
        ahead.skip();
        let Some(generation) = ahead
            .unsigned(5)
            .and_then(|value| u16::try_from(value).ok())
        else {
            return Ok(number);
        };
        let behind_generation = ahead.position;
        ahead.skip();
        if ahead.position == behind_generation || !ahead.keyword(b"R") {
            return Ok(number);
        }
        self.position = ahead.position;
        Ok(Object::Reference(ObjectId {
            number: first,
            generation,
        }))
    }

    fn number(&mut self) -> Result<Object, Trouble> {
        let length = self
            .rest()
            .iter()
            .take_while(|byte| is_regular(**byte))
            .count();
        let token = self.rest().get(..length).unwrap_or_default();
        let text = std::str::from_utf8(token).map_err(|_| self.bad("no number"))?;
        let sound = text
            .strip_prefix(['+', '-'])
            .unwrap_or(text)
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !sound || length > 64 {
            return Err(self.bad("no number"));
        }
        let object = if text.contains('.') {
            match text {
                // `.` and `-.` are zero in every reader.
                "." | "-." | "+." => Object::Real(0.0),
                _ => Object::Real(text.parse().map_err(|_| self.bad("no number"))?),
            }
        } else {
            Object::Integer(text.parse().map_err(|_| self.bad("no number"))?)
        };
        self.advance(length);
        Ok(object)
    }
}
