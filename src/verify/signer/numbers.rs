//! The numbers of persons and employers that a certificate states, in every place where they may stand: some entities write
//! them twice (Uanataca: `otherName`, extension and subject). Who is named as two persons is nobody. Of employers there may be
//! several, and each counts; what can't be read is kept as it is written, because it is not the same as no employer.

use super::super::entities::{Layout, Style};
use super::DocumentKind;
use super::layout::oid;
use super::places::{Places, Value};
use crate::domain::{IdentityDocument, Ruc};

/// Prefixes of ETSI EN 319 412-1 §5.1.3 and their Ecuadorian companions, with what they announce.
const DOCUMENT_PREFIXES: [(&str, DocumentKind); 3] = [
    ("IDCEC-", DocumentKind::Cedula),
    ("PNOEC-", DocumentKind::Cedula),
    ("PASEC-", DocumentKind::Passport),
];

/// Prefixes of ETSI EN 319 412-1 §5.1.4 and their Ecuadorian companion, in whatever case. A company first: who states both
/// states its own number beside that of the company. A bare number is what FirmaEC takes as well.
const RUC_PREFIXES: [&str; 3] = ["VATEC-", "TINEC-", ""];

/// What entities, and people who fill in their forms, write where they mean no number, beside signs and zeros alone.
const NO_NUMBER: [&str; 8] = [
    "NO", "NA", "SN", "NULL", "NINGUNO", "NINGUNA", "NOAPLICA", "NOTIENE",
];

/// Hexadecimal digits that are told of what is no text.
const SHOWN: usize = 40;

/// The documents that the subject states: with the text, its prefix in whatever case, and what it announces. Without a prefix
/// a serial number is a time or an internal number at several entities, and one of them has ten digits like a cédula.
fn documents_in_subject<'p>(
    places: &'p Places<'_>,
) -> impl Iterator<Item = (&'p str, &'p str, DocumentKind)> {
    places.attributes(oid::SERIAL_NUMBER).filter_map(|text| {
        let (number, kind) = DOCUMENT_PREFIXES
            .iter()
            .find_map(|(prefix, kind)| Some((after(text, prefix)?, *kind)))?;
        (!is_nothing(number)).then_some((text, number, kind))
    })
}

/// The one document that the subject names. Two different ones are nobody's.
pub(super) fn document_in_subject(places: &Places<'_>) -> Option<(IdentityDocument, DocumentKind)> {
    let mut stated = documents_in_subject(places);
    let (text, number, kind) = stated.next()?;
    let document: IdentityDocument = number.parse().ok()?;
    let agrees = |(_, other, other_kind): (&str, &str, DocumentKind)| {
        other_kind == kind && other.parse().as_ref() == Ok(&document)
    };
    let unanimous = stated.all(agrees);
    // The prefix is written as the standard does, and a cédula has ten digits: what is called one and has not can't be anybody's.
    let known = DOCUMENT_PREFIXES
        .iter()
        .any(|(prefix, _)| text.starts_with(prefix));
    let fits = kind != DocumentKind::Cedula || document.is_cedula();
    (unanimous && known && fits).then_some((document, kind))
}

/// The document that the places of a layout name, after a look at all other places: whoever else is named there, the
/// certificate is nobody's.
pub(super) fn agreed<'l>(
    (document, kind): (IdentityDocument, DocumentKind),
    places: &Places<'_>,
    layouts: impl Iterator<Item = &'l Layout>,
) -> Option<(IdentityDocument, DocumentKind)> {
    let is_same = |number: &str| number.parse().as_ref() == Ok(&document);
    let fields = layouts.filter_map(|layout| layout.fields.document.as_deref());
    let privately = fields
        .flat_map(|oid| [Style::Ext, Style::San].map(|style| places.private_values(style, oid)));
    let contradicted = privately.flatten().any(|value| match value {
        Value::Text(text) => !is_nothing(&text) && !is_same(&text),
        Value::Other(_) => false,
    });
    let mut in_subject = documents_in_subject(places);
    if contradicted || !in_subject.all(|(_, number, _)| is_same(number)) {
        return None;
    }
    // A prefix says what a bare number only seems to be.
    let announced = documents_in_subject(places).map(|(_, _, kind)| kind);
    let passport = announced
        .chain([kind])
        .any(|one| one == DocumentKind::Passport);
    let kind = if passport {
        DocumentKind::Passport
    } else {
        kind
    };
    Some((document, kind))
}

/// The RUCs of a certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Rucs {
    /// The only one in the place that the layout has for it.
    pub(super) main: Option<Ruc>,
    /// The others, each once.
    pub(super) others: Vec<Ruc>,
    /// What is none, each once.
    pub(super) unreadable: Vec<String>,
}

impl Rucs {
    /// Those in the private field of a layout.
    pub(super) fn in_field(places: &Places<'_>, style: Style, oid: &str) -> Self {
        let values = places.private_values(style, oid);
        Self::of(values.iter().map(|value| (0, value)))
    }

    /// Those in the subject. A prefix that says two things, or nothing readable, is no reason to believe the next one.
    pub(super) fn in_subject(places: &Places<'_>) -> Self {
        let values = places.subject_values(oid::ORGANISATION_IDENTIFIER);
        let ranked = values.filter_map(|value| {
            let Value::Text(text) = value else {
                return Some((0, value.clone()));
            };
            let (rank, number) = RUC_PREFIXES
                .iter()
                .enumerate()
                .find_map(|(rank, prefix)| Some((rank, after(text, prefix)?)))?;
            let is_number = is_nothing(number) || number.parse::<Ruc>().is_ok();
            // What can't be read is told with its prefix.
            let told = if is_number { number } else { text };
            Some((rank, Value::Text(told.to_owned())))
        });
        let ranked: Vec<(usize, Value)> = ranked.collect();
        Self::of(ranked.iter().map(|(rank, value)| (*rank, value)))
    }

    /// The main one is the only one of the first rank that says anything.
    fn of<'v>(values: impl Iterator<Item = (usize, &'v Value)>) -> Self {
        let mut stated: Vec<(usize, Result<Ruc, String>)> = values
            .filter_map(|(rank, value)| Some((rank, read(value)?)))
            .collect();
        stated.sort_by_key(|(rank, _)| *rank);
        let mut rucs = Self::default();
        if let Some((first, ruc)) = stated.first().cloned() {
            let mut of_first = stated.iter().take_while(|(rank, _)| *rank == first);
            rucs.main = ruc
                .ok()
                .filter(|only| of_first.all(|(_, other)| other.as_ref() == Ok(only)));
        }
        for (_, one) in stated {
            rucs.add(one);
        }
        rucs
    }

    /// What the certificate states in other places than those of its layout: in the private fields that `layouts` have, and
    /// in the subject. Uanataca's extensions are sometimes no text at all, and then repeat nothing.
    pub(super) fn add_elsewhere<'l>(
        &mut self,
        places: &Places<'_>,
        layouts: impl Iterator<Item = &'l Layout>,
    ) {
        for oid in layouts.filter_map(|layout| layout.fields.ruc.as_deref()) {
            for style in [Style::Ext, Style::San] {
                let values = places.private_values(style, oid);
                let texts = values.iter().filter(|it| matches!(it, Value::Text(_)));
                texts.filter_map(read).for_each(|one| self.add(one));
            }
        }
        let subject = Self::in_subject(places);
        let numbers = subject.main.into_iter().chain(subject.others).map(Ok);
        let texts = subject.unreadable.into_iter().map(Err);
        numbers.chain(texts).for_each(|one| self.add(one));
    }

    fn add(&mut self, one: Result<Ruc, String>) {
        match one {
            Ok(ruc) if self.main.as_ref() != Some(&ruc) && !self.others.contains(&ruc) => {
                self.others.push(ruc);
            }
            Err(text) if !self.unreadable.contains(&text) => self.unreadable.push(text),
            Ok(_) | Err(_) => {}
        }
    }
}

/// The number in a place, or what stands there instead; nothing where nothing is meant.
fn read(value: &Value) -> Option<Result<Ruc, String>> {
    match value {
        Value::Text(text) if is_nothing(text) => None,
        Value::Text(text) => Some(text.parse().map_err(|_| text.clone())),
        // As RFC 4514 §2.4 writes what is no text; its beginning is enough to ask the entity about it.
        Value::Other(hex) => Some(Err(format!("#{}", hex.get(..SHOWN).unwrap_or(hex)))),
    }
}

/// Whether a text states no number: signs and zeros alone, or a word for «none».
fn is_nothing(text: &str) -> bool {
    let letters = || text.chars().filter(|c| c.is_alphanumeric());
    let hidden = text.contains(char::REPLACEMENT_CHARACTER);
    let word: String = letters().map(|c| c.to_ascii_uppercase()).collect();
    !hidden && (letters().all(|c| c == '0') || NO_NUMBER.contains(&word.as_str()))
}

/// The text behind a prefix, in whatever case.
fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}
