//! Distinguished names: the bytes, a form that compares as RFC 5280 §7.1 asks, and text for people (RFC 4514).

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

use super::asn1::{Element, encode, tag};

/// A distinguished name.
#[derive(Debug, Clone)]
pub struct Name {
    raw: Vec<u8>,
    /// Made when a name is compared with one of other bytes: most names never are.
    folded: OnceLock<Vec<String>>,
    emails: Vec<String>,
    text: String,
}

impl Name {
    /// Takes over a name that `x509-parser` has read.
    #[must_use]
    pub fn read(name: &X509Name<'_>) -> Self {
        Self {
            raw: name.as_raw().to_vec(),
            folded: OnceLock::new(),
            emails: name.iter_email().filter_map(text_of).collect(),
            text: rfc4514(name),
        }
    }

    /// Reads exactly one `Name`.
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
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

    /// One string for each relative name.
    fn folded(&self) -> &[String] {
        self.folded.get_or_init(|| {
            let Ok((_, name)) = X509Name::from_der(&self.raw) else {
                // It was read once; should it ever not be, it equals nothing but itself.
                return vec![hex::encode(&self.raw)];
            };
            let relative = |rdn: &RelativeDistinguishedName<'_>| {
                let mut parts: Vec<String> = rdn.iter().map(folded_attribute).collect();
                parts.sort();
                parts.join("\u{1}")
            };
            name.iter_rdn().map(relative).collect()
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
        self.raw == other.raw || self.folded() == other.folded()
    }

    /// RFC 5280 §4.2.1.10: whether this name lies in the subtree of `base`.
    #[must_use]
    pub fn is_within(&self, base: &Self) -> bool {
        self.folded().starts_with(base.folded())
    }
}

fn folded_attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let value = match text_of(attribute) {
        Some(text) => format!("s{}", prepared(&text)),
        None => format!(
            "x{}:{}",
            attribute.attr_value().tag().0,
            hex::encode(attribute.as_slice())
        ),
    };
    format!("{}={value}", attribute.attr_type().to_id_string())
}

/// A string as it compares (RFC 4518 §2): without regard to case, compatibility forms and the amount of blanks, and without
/// characters that nobody sees. Control characters go with them, so that no value can imitate the joints of `folded`.
fn prepared(text: &str) -> String {
    let mapped = text
        .chars()
        .filter(|character| !is_mapped_to_nothing(*character));
    let folded: String = if text.is_ascii() {
        mapped
            .map(|character| character.to_ascii_lowercase())
            .collect()
    } else {
        // Upper-case first: ß, ſ and the two forms of σ have one upper-case form each.
        mapped
            .nfkc()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfkc()
            .collect()
    };
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
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
pub fn text_of(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    const T61: u32 = 20;
    const VISIBLE: u32 = 26;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    if let Ok(text) = attribute.as_str() {
        return Some(text.to_owned());
    }
    let data = attribute.as_slice();
    match attribute.attr_value().tag().0 {
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
    }
}

/// RFC 4514 §2: last RDN first, special characters escaped, unknown types by number.
fn rfc4514(name: &X509Name<'_>) -> String {
    let mut rdns: Vec<String> = name
        .iter_rdn()
        .map(|rdn| {
            let parts: Vec<String> = rdn
                .iter()
                .map(|attribute| {
                    let oid = attribute.attr_type().to_id_string();
                    match text_of(attribute) {
                        Some(text) => format!("{}={}", short_name(&oid), escaped(&text)),
                        None => format!("{oid}=#{}", hex::encode(attribute.as_slice())),
                    }
                })
                .collect();
            parts.join("+")
        })
        .collect();
    rdns.reverse();
    rdns.join(",")
}

fn short_name(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => other,
    }
}

fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
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
    out
}
