//! Every text inside an ASN.1 value, whatever its type is: what a signer says in an attribute of free form.

use crate::verify::asn1::{Element, tag};
use crate::verify::report::kept;

/// Texts of one value: a role has one or two.
const MOST: usize = 16;
/// What stands where nobody here can read.
const UNREADABLE: &str = "?";

/// Types of character strings (X.680 §8.4, table 1).
const UTF8: u8 = 0x0c;
const NUMERIC: u8 = 0x12;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const VISIBLE: u8 = 0x1a;
const GENERAL: u8 = 0x1b;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

/// The texts in `value`; one that can't be read, and whatever may hold one, is told as such.
pub(super) fn of(value: &Element<'_>) -> Vec<String> {
    if value.check().is_err() {
        return vec![UNREADABLE.to_owned()];
    }
    let mut texts = Vec::new();
    collect(value, &mut texts);
    if texts.len() > MOST {
        texts.truncate(MOST);
        texts.push(UNREADABLE.to_owned());
    }
    texts
}

/// `check` has bounded the depth.
fn collect(value: &Element<'_>, texts: &mut Vec<String>) {
    if texts.len() > MOST {
        return;
    }
    if value.tag & 0x20 != 0 {
        let mut inside = value.inside();
        while let Ok(Some(part)) = inside.next_if_any() {
            collect(&part, texts);
        }
        return;
    }
    match value.tag {
        tag::BOOLEAN
        | tag::INTEGER
        | tag::NULL
        | tag::OID
        | tag::ENUMERATED
        | tag::UTC_TIME
        | tag::GENERALIZED_TIME => {}
        _ => match text(value) {
            Some(text) => texts.extend(kept(&text)),
            None => texts.push(UNREADABLE.to_owned()),
        },
    }
}

fn text(value: &Element<'_>) -> Option<String> {
    let utf8 = || String::from_utf8(value.body.to_vec()).ok();
    match value.tag {
        UTF8 | NUMERIC | PRINTABLE | IA5 | VISIBLE | GENERAL => utf8(),
        TELETEX => Some(value.body.iter().copied().map(char::from).collect()),
        BMP => {
            let units = value.body.chunks(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        UNIVERSAL => {
            let points = value.body.chunks(4).map(|four| {
                let four: [u8; 4] = four.try_into().ok()?;
                char::from_u32(u32::from_be_bytes(four))
            });
            points.collect()
        }
        // Of an implicit tag nothing tells the type: a name or an address reads as text (RFC 5280 §4.2.1.6).
        implicit if implicit & 0xc0 == 0x80 => {
            utf8().filter(|text| !text.chars().any(char::is_control))
        }
        _ => None,
    }
}
