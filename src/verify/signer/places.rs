//! Everything a certificate says in the places where an identity may stand, read once: a certificate is asked for dozens of
//! fields, by the layouts of seventeen entities, and each question would cost as much as the signature.

use std::cell::OnceCell;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::x509::X509Name;

use super::super::name::dotted;
use super::layout::Identity;
use super::text::{character_string, cleaned, text_of};

/// The places of one certificate. Identifiers are in dotted text, as in the table.
pub(super) struct Places<'a> {
    certificate: &'a X509Certificate<'a>,
    /// Attributes of the subject, cleaned, wherever they stand: some entities put several into one relative name.
    subject: Vec<(String, String)>,
    /// Extensions with their contents.
    extensions: Vec<(String, &'a [u8])>,
    /// `otherName` entries of the subject alternative name: type and value (RFC 5280 §4.2.1.6).
    other_names: Vec<(String, &'a [u8])>,
    policies: Vec<String>,
    identity: OnceCell<Identity>,
}

impl<'a> Places<'a> {
    pub(super) fn of(certificate: &'a X509Certificate<'a>) -> Self {
        let extensions = certificate.extensions().iter();
        Self {
            certificate,
            subject: attributes(certificate.subject()).collect(),
            extensions: extensions
                .map(|extension| (dotted(&extension.oid), extension.value))
                .collect(),
            other_names: other_names(certificate),
            policies: policies(certificate),
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

    /// All of them.
    pub(super) fn attributes(&self, oid: &str) -> impl Iterator<Item = &str> {
        self.subject
            .iter()
            .filter(move |(kind, _)| kind == oid)
            .map(|(_, text)| text.as_str())
    }

    /// Organisation of the issuer.
    pub(super) fn issuer_organisation(&self) -> Option<String> {
        let mut all = attributes(self.certificate.issuer());
        all.find(|(kind, _)| kind == super::layout::oid::ORGANISATION)
            .map(|(_, text)| text)
    }

    pub(super) fn has_extension(&self, oid: &str) -> bool {
        self.extensions.iter().any(|(kind, _)| kind == oid)
    }

    /// The character string inside a private extension.
    pub(super) fn extension_text(&self, oid: &str) -> Option<String> {
        let mut found = self.extensions.iter().filter(|(kind, _)| kind == oid);
        character_string(found.next()?.1)
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

    /// The certificate policies (RFC 5280 §4.2.1.4).
    pub(super) fn policies(&self) -> &[String] {
        &self.policies
    }
}

fn attributes(name: &X509Name<'_>) -> impl Iterator<Item = (String, String)> {
    name.iter_attributes().filter_map(|attribute| {
        let value = attribute.attr_value();
        let text = text_of(value.header.tag().0, value.data)?;
        Some((dotted(attribute.attr_type()), cleaned(&text)?))
    })
}

fn other_names<'a>(certificate: &'a X509Certificate<'a>) -> Vec<(String, &'a [u8])> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.map(|extension| &extension.value.general_names);
    let other = |name: &'a GeneralName<'a>| match name {
        GeneralName::OtherName(kind, value) => Some((dotted(kind), *value)),
        _ => None,
    };
    names.into_iter().flatten().filter_map(other).collect()
}

fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => Some(policies),
            _ => None,
        })
        .flat_map(|policies| policies.iter().map(|policy| dotted(&policy.policy_id)))
        .collect()
}
