//! Everything a certificate says in the places where an identity may stand, read once: a certificate is asked for dozens of
//! fields, by the layouts of seventeen entities, and each question would cost as much as the signature.

use std::cell::OnceCell;

use super::super::asn1::{Element, Reader, tag};
use super::super::certificate::Certificate;
use super::super::entities::Style;
use super::layout::{Identity, oid};
use super::text::{character_string, cleaned, text_of};

/// What stands in a place: never a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A character string, cleaned.
    Text(String),
    /// Something else, in hexadecimal.
    Other(String),
}

impl Value {
    /// The text, or else the bytes of what is none; nothing where nothing stands.
    fn of(text: Option<String>, der: &[u8]) -> Option<Self> {
        match text {
            Some(text) => cleaned(&text).map(Self::Text),
            None if Element::only(der).is_ok_and(|it| it.body.is_empty()) || der.is_empty() => None,
            None => Some(Self::Other(hex::encode(der))),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// The places of one certificate. Identifiers are in dotted text, as in the table.
pub(super) struct Places<'a> {
    certificate: &'a Certificate,
    /// Attributes of the subject wherever they stand: some entities put several into one relative name.
    subject: Vec<(String, Value)>,
    /// `otherName` entries of the subject alternative name: type, and value with its explicit tag (RFC 5280 §4.2.1.6).
    other_names: Vec<(String, &'a [u8])>,
    identity: OnceCell<Identity>,
}

impl<'a> Places<'a> {
    pub(super) fn of(certificate: &'a Certificate) -> Self {
        let alternative = certificate.extension(oid::ALTERNATIVE_NAME);
        Self {
            certificate,
            subject: attributes(certificate.subject().raw()),
            other_names: alternative.and_then(other_names).unwrap_or_default(),
            identity: OnceCell::new(),
        }
    }

    /// What the subject says of its holder (the layout *subj*), worked out once.
    pub(super) fn in_subject(&self) -> &Identity {
        self.identity.get_or_init(|| Identity::from_subject(self))
    }

    /// The first attribute of the subject of this type.
    pub(super) fn attribute(&self, oid: &str) -> Option<String> {
        self.attributes(oid).next().map(ToOwned::to_owned)
    }

    /// All of them that are text.
    pub(super) fn attributes(&self, oid: &str) -> impl Iterator<Item = &str> {
        self.subject_values(oid).filter_map(Value::text)
    }

    /// All of them.
    pub(super) fn subject_values(&self, oid: &str) -> impl Iterator<Item = &Value> {
        let values = self.subject.iter().filter(move |(kind, _)| kind == oid);
        values.map(|(_, value)| value)
    }

    /// Organisation of the issuer.
    pub(super) fn issuer_organisation(&self) -> Option<String> {
        let mut all = attributes(self.certificate.issuer().raw()).into_iter();
        let (_, value) = all.find(|(kind, _)| kind == oid::ORGANISATION)?;
        value.text().map(ToOwned::to_owned)
    }

    pub(super) fn has_extension(&self, oid: &str) -> bool {
        self.certificate.extension(oid).is_some()
    }

    /// The character string inside a private extension.
    pub(super) fn extension_text(&self, oid: &str) -> Option<String> {
        character_string(self.certificate.extension(oid)?)
    }

    pub(super) fn has_other_name(&self, oid: &str) -> bool {
        self.other_names.iter().any(|(kind, _)| kind == oid)
    }

    /// The character strings inside the `otherName` entries of this type.
    pub(super) fn other_names(&self, oid: &str) -> Vec<String> {
        self.other_names
            .iter()
            .filter(|(kind, _)| kind == oid)
            .filter_map(|(_, value)| character_string(value))
            .collect()
    }

    /// What stands in a private field of an *ext* or *san* layout.
    pub(super) fn private_values(&self, style: Style, oid: &str) -> Vec<Value> {
        let value = |der: &&[u8]| Value::of(character_string(der), der);
        match style {
            Style::Ext => self
                .certificate
                .extension(oid)
                .as_ref()
                .and_then(value)
                .into_iter()
                .collect(),
            Style::San => {
                let entries = self.other_names.iter().filter(|(kind, _)| kind == oid);
                entries.filter_map(|(_, der)| value(der)).collect()
            }
            Style::Subj => Vec::new(),
        }
    }

    /// The certificate policies (RFC 5280 §4.2.1.4).
    pub(super) fn policies(&self) -> &[String] {
        let stated = self.certificate.extensions().policies.as_deref();
        stated.unwrap_or_default()
    }
}

/// The attributes of a `Name`, in their order.
fn attributes(name: &[u8]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let Ok(name) = Element::only(name) else {
        return found;
    };
    for relative in all(name.inside()) {
        found.extend(all(relative.inside()).filter_map(|attribute| {
            let mut inside = attribute.inside();
            let kind = inside.next().ok()?.oid().ok()?;
            let value = inside.next().ok()?;
            let text = text_of(u32::from(value.tag & 0x1f), value.body);
            Some((kind, Value::of(text, value.raw)?))
        }));
    }
    found
}

fn other_names(alternative: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let names = Element::only(alternative)
        .ok()?
        .expect(tag::SEQUENCE)
        .ok()?;
    Some(all(names.inside()).filter_map(other_name).collect())
}

fn other_name(name: Element<'_>) -> Option<(String, &[u8])> {
    let mut inside = name.expect(tag::context(0)).ok()?.inside();
    Some((inside.next().ok()?.oid().ok()?, inside.rest()))
}

/// The elements up to the first that can't be read.
fn all(mut reader: Reader<'_>) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || reader.next_if_any().ok().flatten())
}
