//! Distinguished names: the bytes, a form that compares as RFC 5280 §7.1 asks, and text for people (RFC 4514).

use std::borrow::Cow;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

use super::asn1::{Element, encode, oid_text, tag};
use super::policy::MAX_NAME_BYTES;

/// A distinguished name.
#[derive(Debug, Clone)]
pub struct Name {
    raw: Vec<u8>,
    /// How many relative names it has.
    relatives: usize,
    /// Made when a name is compared with one of other bytes: most names never are.
    folded: OnceLock<Folded>,
    emails: Vec<String>,
    text: String,
}

/// A name as it compares: its relative names one behind another, and where each ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Folded {
    text: String,
    ends: Vec<usize>,
}

impl Name {
    /// Takes over a name that `x509-parser` has read.
    #[must_use]
    pub fn read(name: &X509Name<'_>) -> Self {
        Self {
            raw: name.as_raw().to_vec(),
            relatives: name.iter_rdn().count(),
            folded: OnceLock::new(),
            emails: name
                .iter_email()
                .filter_map(text_of)
                .map(Cow::into_owned)
                .collect(),
            text: rfc4514(name),
        }
    }

    /// Reads exactly one `Name` of at most [`MAX_NAME_BYTES`].
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
        if der.len() > MAX_NAME_BYTES {
            return None;
        }
        match X509Name::from_der(der) {
            Ok(([], name)) => Some(Self::read(&name)),
            _ => None,
        }
    }

    /// This name with one more relative name, given by the contents of its SET (RFC 5280 §4.2.1.13
    /// `nameRelativeToCRLIssuer`).
    #[must_use]
    pub fn continued(&self, relative: &[u8]) -> Option<Self> {
        let mut body = Element::only(&self.raw).ok()?.body.to_vec();
        body.extend_from_slice(&encode(tag::SET, relative));
        Self::parse(&encode(tag::SEQUENCE, &body))
    }

    /// The DER bytes as sent.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| {
            let Ok((_, name)) = X509Name::from_der(&self.raw) else {
                // It was read once; should it ever not be, it equals nothing but itself.
                return Folded {
                    text: hex::encode(&self.raw),
                    ends: Vec::new(),
                };
            };
            let mut folded = Folded::default();
            for relative in name.iter_rdn() {
                fold_relative(relative, &mut folded.text);
                folded.ends.push(folded.text.len());
            }
            folded
        })
    }

    /// RFC 4514 text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the name has no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// `emailAddress` attributes (RFC 5280 §4.2.1.10 constrains them when there is no alternative name).
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.emails.iter().map(String::as_str)
    }

    /// RFC 5280 §7.1: equal after folding case and blanks, whatever the string types. Only ever a hint at who may
    /// have issued a certificate: the key decides.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.raw == other.raw
            || (self.relatives == other.relatives && self.folded() == other.folded())
    }

    /// RFC 5280 §4.2.1.10: whether this name lies in the subtree of `base`.
    #[must_use]
    pub fn is_within(&self, base: &Self) -> bool {
        let (own, base) = (self.folded(), base.folded());
        own.ends.starts_with(&base.ends) && own.text.starts_with(&base.text)
    }
}

/// The attributes of a relative name have no order.
fn fold_relative(relative: &RelativeDistinguishedName<'_>, out: &mut String) {
    let mut attributes = relative.iter();
    if let (Some(only), None) = (attributes.next(), attributes.next()) {
        return fold_attribute(only, out);
    }
    let folded = |attribute| {
        let mut text = String::new();
        fold_attribute(attribute, &mut text);
        text
    };
    let mut parts: Vec<String> = relative.iter().map(folded).collect();
    parts.sort();
    out.push_str(&parts.join("\u{1}"));
}

fn fold_attribute(attribute: &AttributeTypeAndValue<'_>, out: &mut String) {
    out.push_str(&dotted(attribute.attr_type()));
    if let Some(text) = text_of(attribute) {
        out.push_str("=s");
        prepare(&text, out);
    } else {
        let tag = attribute.attr_value().tag().0;
        for part in [
            "=x",
            &tag.to_string(),
            ":",
            &hex::encode(attribute.as_slice()),
        ] {
            out.push_str(part);
        }
    }
}

/// An identifier in dotted text.
#[must_use]
pub fn dotted(oid: &Oid<'_>) -> String {
    oid_text(oid.as_bytes()).unwrap_or_else(|_| oid.to_id_string())
}

/// A string as it compares (RFC 4518 §2): without regard to case, compatibility forms and the amount of blanks, and without
/// characters that nobody sees. Control characters go with them, so that no value can imitate the joints of `folded`.
fn prepare(text: &str, out: &mut String) {
    if text.is_ascii() {
        return without_extra_blanks(text.chars().map(|one| one.to_ascii_lowercase()), out);
    }
    // Upper-case first: ß, ſ and the two forms of σ have one upper-case form each.
    let mapped = text.chars().filter(|one| !is_mapped_to_nothing(*one));
    let folded = mapped
        .nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc();
    without_extra_blanks(folded, out);
}

/// RFC 4518 §2.6.1: no blanks around, one between words; and nothing that nobody sees.
fn without_extra_blanks(characters: impl Iterator<Item = char>, out: &mut String) {
    let start = out.len();
    let mut blank = false;
    for character in characters {
        if character.is_whitespace() {
            blank = out.len() > start;
        } else if !is_mapped_to_nothing(character) {
            if std::mem::take(&mut blank) {
                out.push(' ');
            }
            out.push(character);
        }
    }
}

/// RFC 4518 §2.2.
fn is_mapped_to_nothing(character: char) -> bool {
    let is_blank = character.is_whitespace();
    (character.is_control() && !is_blank)
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
}

/// The value of a directory string in any of its types (RFC 5280 §4.1.2.4); T61 is read as Latin-1, as its writers do.
#[must_use]
pub fn text_of<'a>(attribute: &AttributeTypeAndValue<'a>) -> Option<Cow<'a, str>> {
    const T61: u32 = 20;
    const VISIBLE: u32 = 26;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    if let Ok(text) = attribute.as_str() {
        return Some(Cow::Borrowed(text));
    }
    let data = attribute.attr_value().data;
    let decoded: Option<String> = match attribute.attr_value().tag().0 {
        T61 => Some(data.iter().copied().map(char::from).collect()),
        VISIBLE => String::from_utf8(data.to_vec()).ok(),
        BMP => {
            let units = data.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        UNIVERSAL => data
            .chunks_exact(4)
            .map(|four| {
                let array: [u8; 4] = four.try_into().ok()?;
                char::from_u32(u32::from_be_bytes(array))
            })
            .collect(),
        _ => None,
    };
    decoded.map(Cow::Owned)
}

/// RFC 4514 §2: last RDN first, special characters escaped, unknown types by number.
fn rfc4514(name: &X509Name<'_>) -> String {
    let mut relatives: Vec<&RelativeDistinguishedName<'_>> = name.iter_rdn().collect();
    relatives.reverse();
    let mut out = String::with_capacity(name.as_raw().len());
    for relative in relatives {
        for (index, attribute) in relative.iter().enumerate() {
            if !out.is_empty() {
                out.push(if index == 0 { ',' } else { '+' });
            }
            write_attribute(attribute, &mut out);
        }
    }
    out
}

fn write_attribute(attribute: &AttributeTypeAndValue<'_>, out: &mut String) {
    let kind = attribute.attr_type();
    match (short_name(kind), text_of(attribute)) {
        (Some(name), Some(text)) => {
            out.push_str(name);
            out.push('=');
            escape(&text, out);
        }
        (None, Some(text)) => {
            out.push_str(&dotted(kind));
            out.push('=');
            escape(&text, out);
        }
        (_, None) => {
            out.push_str(&dotted(kind));
            out.push_str("=#");
            out.push_str(&hex::encode(attribute.as_slice()));
        }
    }
}

/// Arcs under which names of attributes stand, as DER has them: X.520 (2.5.4), RFC 4519 (0.9.2342.19200300.100.1) and
/// PKCS #9 (1.2.840.113549.1.9).
const X520: &[u8] = &[0x55, 0x04];
const PILOT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01];
const PKCS9: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09];

fn short_name(oid: &Oid<'_>) -> Option<&'static str> {
    let (last, arc) = oid.as_bytes().split_last()?;
    Some(match (arc, last) {
        (X520, 3) => "CN",
        (X520, 4) => "SN",
        (X520, 5) => "serialNumber",
        (X520, 6) => "C",
        (X520, 7) => "L",
        (X520, 8) => "ST",
        (X520, 9) => "STREET",
        (X520, 10) => "O",
        (X520, 11) => "OU",
        (X520, 12) => "title",
        (X520, 42) => "givenName",
        (X520, 97) => "organizationIdentifier",
        (PILOT, 25) => "DC",
        (PILOT, 1) => "UID",
        (PKCS9, 1) => "emailAddress",
        _ => return None,
    })
}

fn escape(text: &str, out: &mut String) {
    let last = text.len().saturating_sub(1);
    for (index, character) in text.char_indices() {
        let special = matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (index == 0 && matches!(character, ' ' | '#'))
            || (index == last && character == ' ');
        match character {
            _ if special => {
                out.push('\\');
                out.push(character);
            }
            control if control.is_control() => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
}
