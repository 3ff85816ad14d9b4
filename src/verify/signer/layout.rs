//! The three places where Ecuadorian certificates put an identity: *ext* (private extensions), *san* (`otherName` entries)
//! and *subj* (Resolution ARCOTEL-2024-0176, with the semantics identifiers of ETSI EN 319 412-1 §5.1).

use super::super::entities::{FieldOids, Layout, Style};
use super::DocumentKind;
use super::numbers::{self, Rucs};
use super::places::Places;
use super::text::cleaned;
use crate::domain::IdentityDocument;

pub(super) mod oid {
    pub(in crate::verify::signer) const SERIAL_NUMBER: &str = "2.5.4.5";
    pub(in crate::verify::signer) const SURNAME: &str = "2.5.4.4";
    pub(in crate::verify::signer) const GIVEN_NAME: &str = "2.5.4.42";
    pub(in crate::verify::signer) const COMMON_NAME: &str = "2.5.4.3";
    pub(in crate::verify::signer) const TITLE: &str = "2.5.4.12";
    pub(in crate::verify::signer) const ORGANISATION: &str = "2.5.4.10";
    pub(in crate::verify::signer) const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
    /// The extension, not an attribute (RFC 5280 §4.2.1.6).
    pub(in crate::verify::signer) const ALTERNATIVE_NAME: &str = "2.5.29.17";
    /// Attributes of names (X.520) stand under this arc.
    pub(in crate::verify::signer) const ATTRIBUTE: &str = "2.5.4.";
}

/// The fields of one layout, cleaned of placeholders.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    pub(super) document: Option<(IdentityDocument, DocumentKind)>,
    pub(super) names: Option<String>,
    pub(super) surnames: Option<String>,
    pub(super) position: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) rucs: Rucs,
}

/// Whether the certificate uses the places of this layout: the presence of the document's own field decides for *ext* and
/// *san*, not its contents; the subject is what is left when none of them is there.
pub(super) fn is_present(places: &Places<'_>, layout: &Layout) -> bool {
    let document = layout.fields.document.as_deref();
    document.is_some_and(|oid| has_field(places, layout.style, oid))
}

/// Whether it has any private field of this layout: seals and timestamps have some, but no document.
pub(super) fn has_fields(places: &Places<'_>, layout: &Layout) -> bool {
    let oids = &layout.fields;
    [&oids.organisation, &oids.ruc, &oids.document]
        .into_iter()
        .flatten()
        .any(|oid| has_field(places, layout.style, oid))
}

fn has_field(places: &Places<'_>, style: Style, oid: &str) -> bool {
    match style {
        Style::Ext => places.has_extension(oid),
        Style::San => places.has_other_name(oid),
        Style::Subj => false,
    }
}

impl Identity {
    /// The identity in the places that `layout` names.
    pub(super) fn read(places: &Places<'_>, layout: &Layout) -> Self {
        let private = |oid: &str| match layout.style {
            Style::Ext => places.extension_text(oid),
            Style::San => only(places.other_names(oid)),
            Style::Subj => None,
        };
        match layout.style {
            Style::Ext | Style::San => Self {
                rucs: layout
                    .fields
                    .ruc
                    .as_deref()
                    .map_or_else(Rucs::default, |oid| {
                        Rucs::in_field(places, layout.style, oid)
                    }),
                ..Self::from_fields(&layout.fields, |oid| {
                    if oid.starts_with(oid::ATTRIBUTE) {
                        places.attribute(oid)
                    } else {
                        private(oid).and_then(|text| cleaned(&text))
                    }
                })
            },
            Style::Subj => places.in_subject().clone(),
        }
    }

    fn from_fields(oids: &FieldOids, text: impl Fn(&str) -> Option<String>) -> Self {
        let field = |oid: &Option<String>| oid.as_deref().and_then(&text);
        let surnames: Vec<String> = [&oids.surname_1, &oids.surname_2]
            .into_iter()
            .filter_map(field)
            .collect();
        Self {
            document: field(&oids.document)
                .and_then(|text| text.parse().ok())
                .map(|document: IdentityDocument| {
                    let kind = DocumentKind::by_form(&document);
                    (document, kind)
                }),
            names: field(&oids.names),
            surnames: (!surnames.is_empty()).then(|| surnames.join(" ")),
            position: field(&oids.position),
            organisation: field(&oids.organisation).or_else(|| field(&oids.institution)),
            rucs: Rucs::default(),
        }
    }

    /// The *subj* layout. The prefix is required: bare serial numbers are time stamps or internal numbers at several
    /// entities, and one of them has ten digits like a cédula.
    pub(super) fn from_subject(places: &Places<'_>) -> Self {
        Self {
            document: numbers::document_in_subject(places),
            names: places.attribute(oid::GIVEN_NAME),
            surnames: places.attribute(oid::SURNAME),
            position: places.attribute(oid::TITLE),
            organisation: places.attribute(oid::ORGANISATION),
            rucs: Rucs::in_subject(places),
        }
    }
}

/// The only value of a list in which all are the same.
fn only(mut list: Vec<String>) -> Option<String> {
    list.dedup();
    match list.len() {
        1 => list.pop(),
        _ => None,
    }
}
