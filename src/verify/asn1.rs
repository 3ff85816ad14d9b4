//! Reads ASN.1 elements in BER or DER (ITU-T X.690 §8, §10) without copying: every element keeps the very bytes that
//! were sent, so that what a signature covers and what is read are the same slice.
//!
//! Signed messages come with indefinite lengths (X.690 §8.1.3.6), which `x509-parser` does not read and a decoder that
//! builds owned values would re-encode. Only what CMS, timestamps, CRLs and OCSP answers need is here.

use std::borrow::Cow;
use std::ops::Range;

/// Deepest nesting that is followed. Real messages stay below 16; each level of indefinite length is walked once more
/// by its parent, so the limit also bounds the work.
const MAX_DEPTH: usize = 24;

/// Why bytes are not the ASN.1 that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Asn1Error {
    /// The element says it is longer than what is there.
    #[error("the bytes end inside an element")]
    Truncated,
    /// A length in a form that is not allowed, or beyond 4 GiB.
    #[error("an element has an unusable length")]
    Length,
    /// A tag in the long form: none of the standards read here uses it.
    #[error("an element has an unusable tag")]
    Tag,
    /// Another element than the standard asks for.
    #[error("an element is not the expected one")]
    Unexpected,
    /// Bytes behind the last element.
    #[error("there are bytes behind the last element")]
    Trailing,
    /// Nested too deeply.
    #[error("the elements are nested too deeply")]
    Depth,
}

type Result<T> = std::result::Result<T, Asn1Error>;

/// Identifier octets of the universal types read here (X.690 §8.1.2).
pub mod tag {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OCTET_STRING_CONSTRUCTED: u8 = 0x24;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed (EXPLICIT, or IMPLICIT over a constructed type).
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }

    /// `[number]` IMPLICIT over a primitive type.
    #[must_use]
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// One element: identifier, length and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Identifier octet.
    pub tag: u8,
    /// The whole element as sent, an end-of-contents mark included.
    pub raw: &'a [u8],
    /// Contents octets.
    pub body: &'a [u8],
    /// Whether the length was of the indefinite form.
    pub indefinite: bool,
}

impl<'a> Element<'a> {
    /// Reads `bytes` as exactly one element.
    pub fn only(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let element = reader.next()?;
        reader.finish()?;
        Ok(element)
    }

    /// The elements inside.
    #[must_use]
    pub fn inside(&self) -> Reader<'a> {
        Reader::new(self.body)
    }

    /// The same element if its tag is `tag`.
    pub fn expect(self, tag: u8) -> Result<Self> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(Asn1Error::Unexpected)
        }
    }

    /// The octets of an OCTET STRING; segments of the constructed form are joined (X.690 §8.7.3).
    pub fn octets(&self) -> Result<Cow<'a, [u8]>> {
        self.octets_within(MAX_DEPTH)
    }

    fn octets_within(&self, depth: usize) -> Result<Cow<'a, [u8]>> {
        if self.tag & 0x20 == 0 {
            return Ok(Cow::Borrowed(self.body));
        }
        let depth = depth.checked_sub(1).ok_or(Asn1Error::Depth)?;
        let mut joined = Vec::new();
        let mut reader = self.inside();
        while let Some(segment) = reader.next_if_any()? {
            if segment.tag & 0xdf != tag::OCTET_STRING {
                return Err(Asn1Error::Unexpected);
            }
            joined.extend_from_slice(&segment.octets_within(depth)?);
        }
        Ok(Cow::Owned(joined))
    }

    /// The bytes of a BIT STRING without unused bits, as signatures and keys are.
    pub fn bits(&self) -> Result<&'a [u8]> {
        match self.expect(tag::BIT_STRING)?.body.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(Asn1Error::Unexpected),
        }
    }

    /// A non-negative INTEGER without its sign octet; refuses the non-minimal forms that X.690 §8.3.2 forbids.
    pub fn unsigned(&self) -> Result<&'a [u8]> {
        match self.expect(tag::INTEGER)?.body {
            [] => Err(Asn1Error::Unexpected),
            [0] => Ok(&[0]),
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Ok(rest),
            [first, ..] if *first == 0 || first & 0x80 != 0 => Err(Asn1Error::Unexpected),
            body => Ok(body),
        }
    }

    /// A small non-negative INTEGER or ENUMERATED.
    pub fn small(&self) -> Result<u32> {
        if self.tag != tag::INTEGER && self.tag != tag::ENUMERATED {
            return Err(Asn1Error::Unexpected);
        }
        let positive = self.body.first().is_some_and(|byte| byte & 0x80 == 0);
        if !positive || self.body.len() > 4 {
            return Err(Asn1Error::Unexpected);
        }
        Ok(self
            .body
            .iter()
            .fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// An OBJECT IDENTIFIER in dotted text.
    pub fn oid(&self) -> Result<String> {
        oid_text(self.expect(tag::OID)?.body)
    }

    /// The contents of an OBJECT IDENTIFIER, for comparing them with known ones.
    pub fn oid_octets(&self) -> Result<&'a [u8]> {
        let body = self.expect(tag::OID)?.body;
        arcs(body, |_| ())?;
        Ok(body)
    }

    /// A BOOLEAN.
    pub fn boolean(&self) -> Result<bool> {
        match self.expect(tag::BOOLEAN)?.body {
            [byte] => Ok(*byte != 0),
            _ => Err(Asn1Error::Unexpected),
        }
    }

    /// An error unless everything inside is made of elements, at any depth.
    pub fn check(&self) -> Result<()> {
        self.check_within(MAX_DEPTH)
    }

    fn check_within(&self, depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or(Asn1Error::Depth)?;
        if self.tag & 0x20 != 0 {
            let mut reader = self.inside();
            while let Some(part) = reader.next_if_any()? {
                part.check_within(depth)?;
            }
        }
        Ok(())
    }

    /// The same value in definite form with shortest lengths, elements in the order they were sent; or, with
    /// `sort_sets`, in the order DER gives to a SET OF (X.690 §11.6).
    pub fn to_definite(self, sort_sets: bool) -> Result<Vec<u8>> {
        self.to_definite_within(sort_sets, MAX_DEPTH)
    }

    fn to_definite_within(self, sort_sets: bool, depth: usize) -> Result<Vec<u8>> {
        let depth = depth.checked_sub(1).ok_or(Asn1Error::Depth)?;
        if self.tag == tag::OCTET_STRING_CONSTRUCTED {
            return Ok(encode(tag::OCTET_STRING, &self.octets_within(depth)?));
        }
        if self.tag & 0x20 == 0 {
            return Ok(encode(self.tag, self.body));
        }
        let mut parts = Vec::new();
        let mut reader = self.inside();
        while let Some(part) = reader.next_if_any()? {
            parts.push(part.to_definite_within(sort_sets, depth)?);
        }
        if sort_sets && self.tag == tag::SET {
            parts.sort();
        }
        Ok(encode(self.tag, &parts.concat()))
    }
}

/// Reads elements one after another.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            depth: MAX_DEPTH,
        }
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element; an error at the end.
    #[allow(
        clippy::should_implement_trait,
        reason = "an element or an error, as the grammar says; not an iterator"
    )]
    pub fn next(&mut self) -> Result<Element<'a>> {
        let start = self.rest;
        let (tag, rest) = start.split_first().ok_or(Asn1Error::Truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(Asn1Error::Tag);
        }
        let (length, rest) = read_length(rest)?;
        let (body, rest, indefinite) = match length {
            Some(length) => {
                let (body, rest) = rest.split_at_checked(length).ok_or(Asn1Error::Truncated)?;
                (body, rest, false)
            }
            None if tag & 0x20 == 0 => return Err(Asn1Error::Length),
            None => {
                let (body, rest) = self.until_end_of_contents(rest)?;
                (body, rest, true)
            }
        };
        let consumed = start.len().saturating_sub(rest.len());
        let raw = start.get(..consumed).ok_or(Asn1Error::Truncated)?;
        self.rest = rest;
        Ok(Element {
            tag: *tag,
            raw,
            body,
            indefinite,
        })
    }

    /// The next element, or nothing at the end.
    pub fn next_if_any(&mut self) -> Result<Option<Element<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.next().map(Some)
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>> {
        self.next()?.expect(tag)
    }

    /// The next element if it has this tag; otherwise nothing is read.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>> {
        if self.rest.first() == Some(&tag) {
            return self.next().map(Some);
        }
        Ok(None)
    }

    /// An error unless everything was read.
    pub fn finish(&self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Asn1Error::Trailing)
        }
    }

    /// Contents up to the matching end-of-contents octets, and what follows them.
    fn until_end_of_contents(&self, rest: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
        let depth = self.depth.checked_sub(1).ok_or(Asn1Error::Depth)?;
        let mut inner = Reader { rest, depth };
        loop {
            if let [0, 0, after @ ..] = inner.rest {
                let length = rest.len().saturating_sub(inner.rest.len());
                let body = rest.get(..length).ok_or(Asn1Error::Truncated)?;
                return Ok((body, after));
            }
            inner.next()?;
        }
    }
}

/// Length octets (X.690 §8.1.3): a number, or nothing for the indefinite form.
fn read_length(bytes: &[u8]) -> Result<(Option<usize>, &[u8])> {
    let (first, rest) = bytes.split_first().ok_or(Asn1Error::Truncated)?;
    match first {
        0..=0x7f => Ok((Some(usize::from(*first)), rest)),
        0x80 => Ok((None, rest)),
        _ => {
            let count = usize::from(first & 0x7f);
            let (octets, rest) = rest.split_at_checked(count).ok_or(Asn1Error::Truncated)?;
            let mut length: u32 = 0;
            for octet in octets {
                length = length
                    .checked_mul(256)
                    .and_then(|length| length.checked_add(u32::from(*octet)))
                    .ok_or(Asn1Error::Length)?;
            }
            let length = usize::try_from(length).map_err(|_| Asn1Error::Length)?;
            Ok((Some(length), rest))
        }
    }
}

/// One element in DER: shortest definite length.
#[must_use]
pub fn encode(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if let Ok(short @ 0..=0x7f) = u8::try_from(body.len()) {
        out.push(short);
    } else {
        let octets: Vec<u8> = body
            .len()
            .to_be_bytes()
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect();
        out.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
        out.extend_from_slice(&octets);
    }
    out.extend_from_slice(body);
    out
}

/// Where a slice of `whole` lies in it.
#[must_use]
pub fn range_in(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

/// Dotted text of the contents of an OBJECT IDENTIFIER (X.690 §8.19).
pub fn oid_text(body: &[u8]) -> Result<String> {
    let mut text = String::with_capacity(body.len().saturating_mul(3));
    arcs(body, |arc| {
        if text.is_empty() {
            let first = (arc / 40).min(2);
            push_number(&mut text, first);
            text.push('.');
            push_number(&mut text, arc.saturating_sub(first.saturating_mul(40)));
        } else {
            text.push('.');
            push_number(&mut text, arc);
        }
    })?;
    Ok(text)
}

/// A number in decimal digits; identifiers are written by the dozen for every certificate, most of them in one digit.
fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    text.push(char::from(b'0'.saturating_add(digit)));
}

/// The numbers that the contents of an OBJECT IDENTIFIER encode, one after another; the first two are one.
fn arcs(body: &[u8], mut each: impl FnMut(u64)) -> Result<()> {
    if body.last().is_none_or(|byte| byte & 0x80 != 0) {
        return Err(Asn1Error::Unexpected);
    }
    let mut arc: u64 = 0;
    for byte in body {
        arc = arc
            .checked_mul(128)
            .and_then(|arc| arc.checked_add(u64::from(byte & 0x7f)))
            .ok_or(Asn1Error::Unexpected)?;
        if byte & 0x80 == 0 {
            each(arc);
            arc = 0;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_definite_and_indefinite_forms_of_the_same_value() {
        let definite = hex::decode("3006020101040141").unwrap();
        let indefinite = hex::decode("308002010124800401410000 0000".replace(' ', "")).unwrap();
        let element = Element::only(&indefinite).unwrap();
        assert!(element.indefinite);
        assert_eq!(element.to_definite(false).unwrap(), definite);
        assert_eq!(
            Element::only(&definite)
                .unwrap()
                .to_definite(false)
                .unwrap(),
            definite
        );
    }

    #[test]
    fn refuses_what_x690_refuses() {
        let cases: &[(&str, Asn1Error, &str)] = &[
            ("", Asn1Error::Truncated, "nothing"),
            ("3003020101ff", Asn1Error::Trailing, "a byte behind"),
            ("300402010", Asn1Error::Truncated, "cut short"),
            ("0480414100", Asn1Error::Length, "indefinite primitive"),
            ("3f810100", Asn1Error::Tag, "long tag"),
            ("3085ffffffffff", Asn1Error::Length, "length beyond 4 GiB"),
            ("3080", Asn1Error::Truncated, "no end of contents"),
        ];
        for (hex, error, why) in cases {
            let even = &hex[..hex.len() & !1];
            let bytes = hex::decode(even).unwrap();
            assert_eq!(Element::only(&bytes), Err(*error), "{why}");
        }
        let broken = hex::decode("3005310330010c").unwrap();
        let outside = Element::only(&broken).unwrap();
        assert_eq!(outside.check(), Err(Asn1Error::Truncated), "broken inside");
        let nested = [0x30, 0x80].repeat(100_000);
        assert_eq!(Element::only(&nested), Err(Asn1Error::Depth));
    }

    #[test]
    fn reads_numbers_and_identifiers() {
        let oid = hex::decode("06092a864886f70d010702").unwrap();
        assert_eq!(
            Element::only(&oid).unwrap().oid().unwrap(),
            "1.2.840.113549.1.7.2"
        );
        for (hex, value) in [
            ("020100", Ok(&[0][..])),
            ("02020080", Ok(&[0x80][..])),
            ("02020001", Err(Asn1Error::Unexpected)),
            ("0201ff", Err(Asn1Error::Unexpected)),
        ] {
            let bytes = hex::decode(hex).unwrap();
            assert_eq!(Element::only(&bytes).unwrap().unsigned(), value, "{hex}");
        }
    }
}
