//! Character strings of certificates as text: ASN.1 types, placeholders and prefixes as Ecuadorian entities write them.

use super::super::asn1::{Element, tag};

/// What CAs write where they mean nothing.
const PLACEHOLDERS: [&str; 3] = ["", ".", "NO"];

/// Trims, folds runs of blanks, and turns placeholders into nothing.
pub(super) fn cleaned(text: &str) -> Option<String> {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(word);
    }
    let mut placeholders = PLACEHOLDERS.iter();
    (!placeholders.any(|it| it.eq_ignore_ascii_case(&clean))).then_some(clean)
}

/// One DER character string, possibly inside the `[0] EXPLICIT` of an `otherName` (RFC 5280 §4.2.1.6), as text.
pub(super) fn character_string(der: &[u8]) -> Option<String> {
    let mut element = Element::only(der).ok()?;
    if element.tag == tag::context(0) {
        element = Element::only(element.body).ok()?;
    }
    text_of(u32::from(element.tag), element.body)
}

/// Decodes an ASN.1 character string (X.680 §41). UTF-8 is tried first whatever the tag: several entities put it into
/// `VisibleString` or `PrintableString`; `T61String` then falls back to Latin-1, as everybody writes it.
pub(super) fn text_of(tag: u32, content: &[u8]) -> Option<String> {
    const UTF8: u32 = 12;
    const NUMERIC: u32 = 18;
    const PRINTABLE: u32 = 19;
    const T61: u32 = 20;
    const IA5: u32 = 22;
    const VISIBLE: u32 = 26;
    const GENERAL: u32 = 27;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    let text = match tag {
        BMP if content.len().is_multiple_of(2) => {
            let units = content
                .chunks_exact(2)
                .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
        }
        UNIVERSAL if content.len().is_multiple_of(4) => content
            .chunks_exact(4)
            .map(|four| {
                four.try_into()
                    .ok()
                    .map(u32::from_be_bytes)
                    .and_then(char::from_u32)
            })
            .collect(),
        UTF8 | NUMERIC | PRINTABLE | IA5 | VISIBLE | GENERAL | T61 => std::str::from_utf8(content)
            .map(str::to_owned)
            .ok()
            .or_else(|| (tag == T61).then(|| content.iter().copied().map(char::from).collect())),
        _ => None,
    }?;
    if text.bytes().all(|byte| matches!(byte, 0x20..0x7f)) {
        return Some(text);
    }
    // A control character or a direction mark is somebody playing with what a reviewer will see. It leaves a mark: left out,
    // it would turn a number that is nobody's into somebody's.
    let shown = |c: char| match c {
        blank if blank.is_whitespace() => blank,
        hidden if hidden.is_control() || is_direction_mark(hidden) => char::REPLACEMENT_CHARACTER,
        plain => plain,
    };
    Some(text.chars().map(shown).collect())
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_strings_of_every_kind_are_read() {
        let vectors: &[(&[u8], Option<&str>, &str)] = &[
            (b"\x0c\x05PE\xc3\x91A", Some("PEÑA"), "UTF8String"),
            (b"\x13\x04PENA", Some("PENA"), "PrintableString"),
            (b"\x16\x04PENA", Some("PENA"), "IA5String"),
            (
                b"\x1a\x05PE\xc3\x91A",
                Some("PEÑA"),
                "UTF-8 inside a VisibleString",
            ),
            (
                b"\x14\x04PE\xd1A",
                Some("PEÑA"),
                "Latin-1 inside a T61String",
            ),
            (b"\x1e\x08\0P\0E\0\xd1\0A", Some("PEÑA"), "BMPString"),
            (
                b"\x1e\x07\0P\0E\0\xd1\0",
                None,
                "a BMPString of an odd length",
            ),
            (
                b"\xa0\x06\x0c\x04PENA",
                Some("PENA"),
                "explicit tag of an otherName",
            ),
            (
                b"\x13\x04PE\xd1A",
                None,
                "bytes that a PrintableString can't mean",
            ),
            (b"\x0c\x09PENA", None, "length beyond the value"),
            (b"\x0c\x04PENA!", None, "bytes behind the value"),
            (
                b"\x0c\x05A\tB\0C",
                Some("A\tB\u{fffd}C"),
                "what nobody sees",
            ),
            (b"\x02\x01\x05", None, "an INTEGER"),
            (b"", None, "nothing"),
        ];
        for (der, expected, why) in vectors {
            assert_eq!(character_string(der).as_deref(), *expected, "{why}");
        }
    }

    #[test]
    fn placeholders_are_nothing() {
        for text in ["", " ", ".", "No", "NO"] {
            assert_eq!(cleaned(text), None, "{text:?}");
        }
        assert_eq!(cleaned(" JUAN   CARLOS ").as_deref(), Some("JUAN CARLOS"));
    }
}
