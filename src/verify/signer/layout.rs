//! The three places where Ecuadorian certificates put an identity: *ext* (private extensions), *san* (`otherName` entries)
//! and *subj* (Resolution ARCOTEL-2024-0176, with the semantics identifiers of ETSI EN 319 412-1 §5.1).

use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::x509::X509Name;

use super::super::entities::{FieldOids, Layout, Style};
use super::DocumentKind;
use super::text::{character_string, cleaned, text_of};
use crate::domain::{IdentityDocument, Ruc};

mod oid {
    pub(super) const SERIAL_NUMBER: &str = "2.5.4.5";
    pub(super) const SURNAME: &str = "2.5.4.4";
    pub(super) const GIVEN_NAME: &str = "2.5.4.42";
    pub(super) const COMMON_NAME: &str = "2.5.4.3";
    pub(super) const TITLE: &str = "2.5.4.12";
    pub(super) const ORGANISATION: &str = "2.5.4.10";
    pub(super) const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
    /// Attributes of names (X.520) stand under this arc.
    pub(super) const ATTRIBUTE: &str = "2.5.4.";
}

/// Prefixes of ETSI EN 319 412-1 §5.1.3 and their Ecuadorian companions, with what they announce.
const DOCUMENT_PREFIXES: [(&str, DocumentKind); 3] = [
    ("IDCEC-", DocumentKind::Cedula),
    ("PNOEC-", DocumentKind::Cedula),
    ("PASEC-", DocumentKind::Passport),
];
/// A company first: who states both states its own number beside that of the company.
const RUC_PREFIXES: [&str; 2] = ["VATEC-", "TINEC-"];

/// The fields of one layout, cleaned of placeholders.
#[derive(Debug, Default)]
pub(super) struct Identity {
    pub(super) document: Option<(IdentityDocument, DocumentKind)>,
    pub(super) names: Option<String>,
    pub(super) surnames: Option<String>,
    pub(super) position: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) ruc: Option<Ruc>,
}

/// Whether the certificate uses the places of this layout: the presence of the document's own field decides for *ext* and
/// *san*, not its contents; the subject is what is left when none of them is there.
pub(super) fn is_present(certificate: &X509Certificate<'_>, layout: &Layout) -> bool {
    let document = layout.fields.document.as_deref();
    document.is_some_and(|oid| has_field(certificate, layout.style, oid))
}

/// Whether it has any private field of this layout: seals and timestamps have some, but no document.
pub(super) fn has_fields(certificate: &X509Certificate<'_>, layout: &Layout) -> bool {
    let oids = &layout.fields;
    [&oids.organisation, &oids.ruc, &oids.document]
        .into_iter()
        .flatten()
        .any(|oid| has_field(certificate, layout.style, oid))
}

fn has_field(certificate: &X509Certificate<'_>, style: Style, oid: &str) -> bool {
    match style {
        Style::Ext => certificate
            .extensions()
            .iter()
            .any(|extension| is(&extension.oid, oid)),
        Style::San => other_name_values(certificate).any(|(id, _)| is(id, oid)),
        Style::Subj => false,
    }
}

impl Identity {
    /// The identity in the places that `layout` names.
    pub(super) fn read(certificate: &X509Certificate<'_>, layout: &Layout) -> Self {
        let private = |oid: &str| match layout.style {
            Style::Ext => extension_text(certificate, oid),
            Style::San => only(other_names(certificate, oid)),
            Style::Subj => None,
        };
        match layout.style {
            Style::Ext | Style::San => Self::from_fields(&layout.fields, |oid| {
                if oid.starts_with(oid::ATTRIBUTE) {
                    attribute(certificate.subject(), oid)
                } else {
                    private(oid).and_then(|text| cleaned(&text))
                }
            }),
            Style::Subj => Self::from_subject(certificate.subject()),
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
            ruc: field(&oids.ruc).and_then(|text| text.parse().ok()),
        }
    }

    /// The *subj* layout. The prefix is required: bare serial numbers are time stamps or internal numbers at several
    /// entities, and one of them has ten digits like a cédula.
    pub(super) fn from_subject(subject: &X509Name<'_>) -> Self {
        Self {
            document: document_of(subject),
            names: attribute(subject, oid::GIVEN_NAME),
            surnames: attribute(subject, oid::SURNAME),
            position: attribute(subject, oid::TITLE),
            organisation: attribute(subject, oid::ORGANISATION),
            ruc: ruc_of(subject),
        }
    }
}

/// The one document that the subject names. Two different ones are nobody's.
fn document_of(subject: &X509Name<'_>) -> Option<(IdentityDocument, DocumentKind)> {
    let mut found = attributes(subject, oid::SERIAL_NUMBER)
        .filter_map(|text| {
            let (rest, kind) = DOCUMENT_PREFIXES
                .iter()
                .find_map(|(prefix, kind)| Some((text.strip_prefix(prefix)?.to_owned(), *kind)))?;
            Some((rest.parse::<IdentityDocument>().ok()?, kind))
        })
        .collect::<Vec<_>>();
    found.dedup();
    let [(document, kind)] = found.as_slice() else {
        return None;
    };
    // A cédula has ten digits; what is called one and has not can't be anybody's.
    (*kind != DocumentKind::Cedula || document.is_cedula()).then(|| (document.clone(), *kind))
}

fn ruc_of(subject: &X509Name<'_>) -> Option<Ruc> {
    RUC_PREFIXES.iter().find_map(|prefix| {
        only(
            attributes(subject, oid::ORGANISATION_IDENTIFIER)
                .filter_map(|text| text.strip_prefix(prefix).map(str::to_owned))
                .collect(),
        )
        .and_then(|text| text.parse().ok())
    })
}

/// The only value of a list in which all are the same.
fn only(mut list: Vec<String>) -> Option<String> {
    list.dedup();
    match list.len() {
        1 => list.pop(),
        _ => None,
    }
}

/// The common name of a name.
pub(super) fn common_name(name: &X509Name<'_>) -> Option<String> {
    attribute(name, oid::COMMON_NAME)
}

/// The organisation of a name.
pub(super) fn organisation(name: &X509Name<'_>) -> Option<String> {
    attribute(name, oid::ORGANISATION)
}

/// The first attribute of this type, wherever it stands: some entities put several attributes into one RDN.
fn attribute(name: &X509Name<'_>, oid: &str) -> Option<String> {
    attributes(name, oid).next()
}

fn attributes<'a>(name: &'a X509Name<'_>, oid: &'a str) -> impl Iterator<Item = String> + 'a {
    name.iter_attributes()
        .filter(move |attribute| is(attribute.attr_type(), oid))
        .filter_map(|attribute| {
            let value = attribute.attr_value();
            text_of(value.header.tag().0, value.data)
        })
        .filter_map(|text| cleaned(&text))
}

/// Whether an identifier is the one that is written so. Compared number by number: a certificate is asked for dozens of
/// identifiers, and each as text would cost more than the signature.
fn is(oid: &Oid<'_>, dotted: &str) -> bool {
    match oid.iter() {
        Some(arcs) => arcs
            .map(Some)
            .eq(dotted.split('.').map(|arc| arc.parse::<u64>().ok())),
        None => oid.to_id_string() == dotted,
    }
}

/// The certificate policies, as dotted OIDs (RFC 5280 §4.2.1.4).
pub(super) fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => Some(policies),
            _ => None,
        })
        .flat_map(|policies| {
            policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string())
        })
        .collect()
}

/// The character string inside a private extension.
fn extension_text(certificate: &X509Certificate<'_>, oid: &str) -> Option<String> {
    let extension = certificate
        .extensions()
        .iter()
        .find(|extension| is(&extension.oid, oid))?;
    character_string(extension.value)
}

/// The character strings inside the `otherName` entries of this type.
fn other_names(certificate: &X509Certificate<'_>, oid: &str) -> Vec<String> {
    other_name_values(certificate)
        .filter(|(id, _)| is(id, oid))
        .filter_map(|(_, value)| character_string(value))
        .collect()
}

/// The `otherName` entries of the subject alternative name: type and value (RFC 5280 §4.2.1.6).
fn other_name_values<'a>(
    certificate: &'a X509Certificate<'_>,
) -> impl Iterator<Item = (&'a Oid<'a>, &'a [u8])> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.map(|extension| &extension.value.general_names);
    names.into_iter().flatten().filter_map(|name| match name {
        GeneralName::OtherName(id, value) => Some((id, *value)),
        _ => None,
    })
}
