//! What a key may be used for: key usage (RFC 5280 §4.2.1.3) and extended key usage (§4.2.1.12).

use super::Purpose;
use crate::verify::certificate::{Certificate, ExtendedKeyUsage};
use crate::verify::report::{Code, Finding};

const EKU_ANY: &str = "2.5.29.37.0";
pub(super) const EKU_SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const EKU_CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(super) const EKU_TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub(super) const EKU_OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Purposes under which nobody signs documents. Certificates without the extension serve any purpose (§4.2.1.12), and
/// purposes unknown here do no harm: CAs give document signing many names.
const NOT_FOR_DOCUMENTS: &[&str] = &[
    EKU_SERVER_AUTH,
    EKU_CODE_SIGNING,
    EKU_TIME_STAMPING,
    EKU_OCSP_SIGNING,
];

/// Whether the certificate may do what it did.
pub(super) fn check_purpose(certificate: &Certificate, purpose: Purpose<'_>) -> Vec<Finding> {
    let subject = certificate.subject().text();
    let extensions = certificate.extensions();
    let mut findings = Vec::new();
    if matches!(purpose, Purpose::Signing(_)) && certificate.is_ca() {
        findings.push(Finding::new(Code::ChainKeyUsage, subject).fact("certificate_is_ca", true));
    }
    if purpose == Purpose::Issuing && !certificate.is_ca() {
        findings.push(Finding::new(Code::ChainNotACa, subject));
    }
    if let Some(usage) = extensions.key_usage {
        let allowed = match purpose {
            Purpose::Signing(_) | Purpose::Timestamping | Purpose::OcspSigning => {
                usage.digital_signature || usage.content_commitment
            }
            Purpose::CrlSigning => usage.crl_sign,
            Purpose::Issuing => usage.certificate_sign,
        };
        if !allowed {
            findings.push(Finding::new(Code::ChainKeyUsage, subject));
        }
    }
    let extended = extensions.extended_key_usage.as_ref();
    let allowed = match purpose {
        Purpose::Signing(_) => extended.is_none_or(allows_documents),
        // RFC 3161 §2.3: critical, and nothing else beside it.
        Purpose::Timestamping => extended.is_some_and(|extended| {
            extended.critical
                && matches!(extended.purposes.as_slice(), [only] if only == EKU_TIME_STAMPING)
        }),
        // RFC 6960 §4.2.2.2: named, whatever else the key may do.
        Purpose::OcspSigning => extended.is_some_and(|extended| names(extended, EKU_OCSP_SIGNING)),
        Purpose::CrlSigning | Purpose::Issuing => true,
    };
    if !allowed {
        findings.push(excluded(certificate, extended));
    }
    findings
}

/// Whether a CA may issue certificates for that purpose. RFC 5280 gives extended key usage in a CA's certificate no
/// meaning; the CA/Browser Forum (Baseline Requirements §7.1.2.10.6), Microsoft and Adobe let it limit what is below.
/// Responders are exempt: a CA that names OCSP signing would be a responder itself, so that none of them does.
///
/// The CAs of Alpha Technologies (client authentication, e-mail, document signing) are the ones in Ecuador that use it.
pub(super) fn check_nested_purpose(
    certificate: &Certificate,
    purpose: Purpose<'_>,
) -> Option<Finding> {
    let extended = certificate.extensions().extended_key_usage.as_ref()?;
    let allowed = match purpose {
        Purpose::Signing(_) => allows_documents(extended),
        Purpose::Timestamping => names(extended, EKU_TIME_STAMPING) || names(extended, EKU_ANY),
        Purpose::OcspSigning | Purpose::CrlSigning | Purpose::Issuing => true,
    };
    (!allowed).then(|| excluded(certificate, Some(extended)))
}

fn allows_documents(extended: &ExtendedKeyUsage) -> bool {
    !extended
        .purposes
        .iter()
        .all(|purpose| NOT_FOR_DOCUMENTS.contains(&purpose.as_str()))
}

fn names(extended: &ExtendedKeyUsage, wanted: &str) -> bool {
    extended.purposes.iter().any(|purpose| purpose == wanted)
}

fn excluded(certificate: &Certificate, extended: Option<&ExtendedKeyUsage>) -> Finding {
    let purposes = extended.map(|extended| extended.purposes.clone());
    Finding::new(Code::ChainExtendedKeyUsage, certificate.subject().text())
        .fact("purposes", purposes.unwrap_or_default())
}
