//! Rows of a text table, of bounded length. A record is a line; it goes on over the next lines only while a quoted field
//! is open *and* the next line does not look like a record of its own. So one stray quote costs one row, where a reader
//! that follows RFC 4180 to the letter would swallow every row up to the next quote.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::Flaw;

/// Longest row that is kept, in bytes; real ones have some 600. What lies beyond is read past.
pub(super) const ROW_LIMIT: usize = 64 * 1024;
/// Most lines that one row may have.
const LINES_LIMIT: usize = 16;
/// The mark that some programs put in front of UTF-8; also found in the middle, where files were joined.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One row, not yet taken apart.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Line on which it begins, from 1.
    pub(super) line: u64,
    /// Its bytes, without the line end and without a byte-order mark.
    pub(super) bytes: Vec<u8>,
    /// It was longer than [`ROW_LIMIT`]; `bytes` holds the beginning.
    pub(super) too_long: bool,
    /// A quote opens and never closes: quotes mean nothing in this row.
    stray_quote: bool,
}

/// Streams the rows of a table.
pub(super) struct Records<R> {
    input: R,
    separator: u8,
    line: u64,
    /// The line behind the current row, already read.
    ahead: Option<Record>,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(input: R, separator: u8) -> Self {
        Self {
            input,
            separator,
            line: 0,
            ahead: None,
        }
    }

    pub(super) fn set_separator(&mut self, separator: u8) {
        self.separator = separator;
    }

    /// The next row that is not empty.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(mut record) = self.next_line()? else {
            return Ok(None);
        };
        let mut lines = 1;
        while !record.too_long && quote_is_open(&record.bytes, self.separator) {
            let Some(next) = self.next_line()? else {
                record.stray_quote = true;
                break;
            };
            let fits = record.bytes.len() + next.bytes.len() < ROW_LIMIT && lines < LINES_LIMIT;
            if next.too_long || !fits || begins_record(&next.bytes, self.separator) {
                record.stray_quote = true;
                self.ahead = Some(next);
                break;
            }
            record.bytes.push(b'\n');
            record.bytes.extend_from_slice(&next.bytes);
            lines += 1;
        }
        Ok(Some(record))
    }

    fn next_line(&mut self) -> io::Result<Option<Record>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        loop {
            let mut record = Record::default();
            if !self.read_line(&mut record)? {
                return Ok(None);
            }
            record.line = self.line;
            if record.bytes.ends_with(b"\r") {
                record.bytes.pop();
            }
            if record.bytes.starts_with(BYTE_ORDER_MARK) {
                record.bytes.drain(..BYTE_ORDER_MARK.len());
            }
            if !record.bytes.is_empty() {
                return Ok(Some(record));
            }
        }
    }

    /// Reads to the end of the line, keeping no more than the limit. `false` at the end of the file.
    fn read_line(&mut self, record: &mut Record) -> io::Result<bool> {
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            if !any {
                any = true;
                self.line += 1;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let piece = end.map_or(buffer, |end| &buffer[..end]);
            let room = ROW_LIMIT.saturating_sub(record.bytes.len());
            record.too_long |= piece.len() > room;
            record
                .bytes
                .extend_from_slice(&piece[..piece.len().min(room)]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(any)
    }
}

impl Record {
    /// The fields, without the quotes around them; and a remark when quotes don't pair.
    pub(super) fn fields(&self, separator: u8) -> (Vec<Cow<'_, [u8]>>, Option<Flaw>) {
        let mut fields = Vec::with_capacity(24);
        let mut stray = self.stray_quote;
        let mut rest = self.bytes.as_slice();
        loop {
            let quoted = (!self.stray_quote)
                .then(|| quoted_field(rest, separator))
                .flatten();
            let (field, length) = quoted.unwrap_or_else(|| {
                stray |= rest.first() == Some(&b'"');
                let length = rest.iter().position(|byte| *byte == separator);
                let length = length.unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..length]), length)
            });
            fields.push(field);
            match rest.get(length + 1..) {
                Some(next) if length < rest.len() => rest = next,
                _ => break,
            }
        }
        (fields, stray.then_some(Flaw::StrayQuote))
    }
}

/// A field in quotes at the beginning of `text`, with its length in the text; `None` when something other than a
/// separator follows the closing quote, as in `"LA CASA" DEL SABOR`.
fn quoted_field(text: &[u8], separator: u8) -> Option<(Cow<'_, [u8]>, usize)> {
    let body = text.strip_prefix(b"\"")?;
    let mut at = 0;
    let mut doubled = false;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == b'"')?;
        match body.get(at + 1) {
            Some(b'"') => {
                doubled = true;
                at += 2;
            }
            Some(next) if *next != separator => return None,
            _ => break,
        }
    }
    let inside = &body[..at];
    if !doubled {
        return Some((Cow::Borrowed(inside), at + 2));
    }
    let mut single = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(byte) = bytes.next() {
        single.push(*byte);
        if *byte == b'"' {
            bytes.next();
        }
    }
    Some((Cow::Owned(single), at + 2))
}

/// Whether a field begins with a quote that is not closed by the end.
fn quote_is_open(text: &[u8], separator: u8) -> bool {
    let mut rest = text;
    loop {
        let length = match quoted_field(rest, separator) {
            Some((_, length)) => length,
            None if rest.first() == Some(&b'"') && !closes_somewhere(rest) => return true,
            None => match rest.iter().position(|byte| *byte == separator) {
                Some(length) => length,
                None => return false,
            },
        };
        match rest.get(length + 1..) {
            Some(next) if length < rest.len() => rest = next,
            _ => return false,
        }
    }
}

/// Whether a second, single quote follows the opening one.
#[allow(clippy::naive_bytecount, reason = "one field of a few dozen bytes")]
fn closes_somewhere(field: &[u8]) -> bool {
    let quotes = field.iter().filter(|byte| **byte == b'"').count();
    quotes.is_multiple_of(2)
}

/// Whether a line looks like the beginning of a record: both text tables begin with the thirteen digits of a RUC.
fn begins_record(line: &[u8], separator: u8) -> bool {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (Some(digits), Some(after)) = (line.get(..13), line.get(13)) else {
        return false;
    };
    digits.iter().all(u8::is_ascii_digit) && (*after == separator || *after == b'"')
}

/// A field as text: UTF-8, or Latin-1 when it is not, which is said.
pub(super) fn text<'a>(field: &'a [u8], latin: &mut bool) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(field) {
        return Cow::Borrowed(text);
    }
    *latin = true;
    Cow::Owned(field.iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str) -> Vec<(u64, Vec<String>, bool)> {
        let mut records = Records::new(table.as_bytes(), b'|');
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let (fields, flaw) = record.fields(b'|');
            let fields = fields
                .iter()
                .map(|field| String::from_utf8_lossy(field).into_owned())
                .collect();
            all.push((record.line, fields, flaw.is_some()));
        }
        all
    }

    #[test]
    fn quotes_are_understood_and_forgiven() {
        const VECTORS: &[(&str, &[&str], bool, &str)] = &[
            ("a|b|c", &["a", "b", "c"], false, "plain"),
            ("a||", &["a", "", ""], false, "empty fields"),
            (
                "a|\"b|c\"|d",
                &["a", "b|c", "d"],
                false,
                "a separator in quotes",
            ),
            (
                "a|\"b \"\"c\"\"\"|d",
                &["a", "b \"c\"", "d"],
                false,
                "doubled quotes",
            ),
            ("\"a\"|\"\"|\"c\"", &["a", "", "c"], false, "all in quotes"),
            (
                "a|LA \"CASA\"|d",
                &["a", "LA \"CASA\"", "d"],
                false,
                "quotes inside mean nothing",
            ),
            (
                "a|\"LA\" CASA|d",
                &["a", "\"LA\" CASA", "d"],
                true,
                "text behind the closing quote",
            ),
            ("a|\"b|d", &["a", "\"b", "d"], true, "never closed"),
            ("a|\"b\"", &["a", "b"], false, "closed at the end"),
            ("a|\"", &["a", "\""], true, "one quote alone"),
        ];
        for (row, expected, stray, why) in VECTORS {
            let all = read(row);
            assert_eq!(all.len(), 1, "{why}");
            assert_eq!(
                (all[0].1.as_slice(), all[0].2),
                (
                    expected
                        .iter()
                        .map(|s| (*s).to_owned())
                        .collect::<Vec<_>>()
                        .as_slice(),
                    *stray,
                ),
                "{why}"
            );
        }
    }

    #[test]
    fn an_open_quote_takes_a_line_break_but_no_record() {
        let all = read(
            "1790000000001|\"FIRST\nAND SECOND LINE\"|x\n1790000000002|\"OPEN|x\n1790000000003|y|z\r\n",
        );
        assert_eq!(
            all[0],
            (
                1,
                vec![
                    "1790000000001".to_owned(),
                    "FIRST\nAND SECOND LINE".to_owned(),
                    "x".to_owned()
                ],
                false
            )
        );
        assert_eq!(
            (all[1].0, all[1].1[1].as_str(), all[1].2),
            (3, "\"OPEN", true)
        );
        assert_eq!(
            (all[2].0, all[2].1.len(), all[2].2),
            (4, 3, false),
            "CR LF, and not swallowed"
        );
    }

    #[test]
    fn an_endless_line_is_read_past_in_bounded_memory() {
        let table = format!("a|{}\nb|c\n", "x".repeat(3 * ROW_LIMIT));
        let mut records = Records::new(table.as_bytes(), b'|');
        let long = records.next().unwrap().unwrap();
        assert!(long.too_long && long.bytes.len() == ROW_LIMIT);
        let next = records.next().unwrap().unwrap();
        assert_eq!((next.line, next.bytes.as_slice()), (2, b"b|c".as_slice()));
    }
}
