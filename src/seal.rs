//! The operator's seal: what the service itself signs, so that others can prove later what it said. Receipts, the heads of
//! the audit log and evidence packages are sealed by this one key; nothing else of the service signs anything.
//!
//! A seal is a detached CMS `SignedData` (RFC 5652 §5) with one signer, SHA-256, and the signed attributes of CAdES B-B
//! (ETSI EN 319 122-1 §6.3): content type, message digest, signing-certificate-v2 (RFC 5035 §3). There is no
//! signing-time attribute: PAdES forbids it (EN 319 142-1 §6.3), and the time of what is sealed stands inside of it.
//! [`sheet`] puts a seal into a PDF that `crate::sheet` has drawn.

pub mod sheet;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use openssl::x509::X509;

use crate::domain::Sha256;
use crate::verify::Certificate;
use crate::verify::asn1::{encode, tag};
use crate::verify::cms::{Message, Profile, judge};
use crate::verify::content::Content;
use crate::verify::report::{Integrity, Severity};

/// Shortest RSA key that is used, in bits (NIST SP 800-131A rev. 2 §3).
const LEAST_RSA_BITS: u32 = 2048;

/// Contents octets of the object identifiers of one message.
mod oid {
    /// `id-data` (RFC 5652 §4).
    pub const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    /// `id-signedData` (RFC 5652 §5.1).
    pub const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    /// `id-contentType` (RFC 5652 §11.1).
    pub const CONTENT_TYPE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    /// `id-messageDigest` (RFC 5652 §11.2).
    pub const MESSAGE_DIGEST: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
    /// `id-aa-signingCertificateV2` (RFC 5035 §3).
    pub const SIGNING_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
    /// `id-sha256` (RFC 5754 §2.2).
    pub const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    /// `sha256WithRSAEncryption` (RFC 5754 §3.2).
    pub const RSA_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
    /// `ecdsa-with-SHA256` (RFC 5758 §3.2).
    pub const ECDSA_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
}

/// Why there is no seal, or none that holds.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key can't be read.
    #[error(
        "the seal's key can't be read (PEM, RSA of at least 2048 bits or a curve; is the password right?)"
    )]
    Key,
    /// The certificate can't be read.
    #[error("the seal's certificate can't be read (PEM, its own first, then those above it)")]
    Certificate,
    /// The two don't belong together.
    #[error("the seal's certificate belongs to another key")]
    Mismatch,
    /// The certificate is meant for something else (RFC 5280 §4.2.1.3).
    #[error("the seal's certificate is not meant for signing")]
    Usage,
    /// OpenSSL refused to sign.
    #[error("the seal could not be made: {0}")]
    Sign(#[from] openssl::error::ErrorStack),
    /// Only sheets that we have drawn are sealed as PDF.
    #[error("only a sheet of our own can be sealed: {0}")]
    Sheet(&'static str),
    /// What is there is no seal of ours.
    #[error("this is no seal")]
    Malformed,
    /// A seal that does not fit the bytes.
    #[error("the seal does not fit what it stands beside")]
    Broken,
}

/// A key with its certificate and those above it. Cheap to clone; the key is never printed.
#[derive(Clone)]
pub struct Seal(Arc<Parts>);

struct Parts {
    key: PKey<Private>,
    /// The key's own certificate first.
    certificates: Vec<Certificate>,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({})", self.certificate().facts().subject)
    }
}

impl Seal {
    /// A seal from PEM files: the key (encrypted with `password`, or not), and its certificate with those above it.
    ///
    /// # Errors
    /// When they can't be read, don't belong together, or are not fit for signing.
    pub fn from_pem(key: &[u8], password: &[u8], certificates: &[u8]) -> Result<Self, SealError> {
        // With a callback OpenSSL never asks on the terminal.
        let key = PKey::private_key_from_pem_callback(key, |place| {
            let room = place.get_mut(..password.len());
            room.map_or(Ok(0), |room| {
                room.copy_from_slice(password);
                Ok(password.len())
            })
        })
        .map_err(|_| SealError::Key)?;
        let fit = match key.id() {
            Id::RSA => key.bits() >= LEAST_RSA_BITS,
            Id::EC => true,
            _ => false,
        };
        if !fit {
            return Err(SealError::Key);
        }
        let stack = X509::stack_from_pem(certificates).map_err(|_| SealError::Certificate)?;
        let own = stack.first().ok_or(SealError::Certificate)?;
        let public = own.public_key().map_err(|_| SealError::Certificate)?;
        if !key.public_eq(&public) {
            return Err(SealError::Mismatch);
        }
        let parsed = stack.iter().map(|one| {
            let der = one.to_der().map_err(|_| SealError::Certificate)?;
            Certificate::parse(der).map_err(|_| SealError::Certificate)
        });
        let certificates = parsed.collect::<Result<Vec<_>, _>>()?;
        let signs = certificates.first().is_some_and(|certificate| {
            let usage = certificate.extensions().key_usage;
            usage.is_none_or(|usage| usage.digital_signature || usage.content_commitment)
        });
        if !signs {
            return Err(SealError::Usage);
        }
        Ok(Self(Arc::new(Parts { key, certificates })))
    }

    /// The certificate of the seal.
    ///
    /// # Panics
    /// Never: a seal is made with one.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        let first = self.0.certificates.first();
        first.expect("a seal is made with a certificate")
    }

    /// Seals `bytes`: a detached CMS message in DER.
    ///
    /// # Errors
    /// When OpenSSL refuses.
    pub fn sign_detached(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let attributes = self.signed_attributes(Sha256::of(bytes));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0.key)?;
        // RFC 5652 §5.4: signed as a SET OF, sent under [0].
        let value = signer.sign_oneshot_to_vec(&encode(tag::SET, &attributes))?;
        let digest = algorithm(oid::SHA256, true);
        let signature = match self.0.key.id() {
            Id::EC => algorithm(oid::ECDSA_SHA256, false),
            _ => algorithm(oid::RSA_SHA256, true),
        };
        let own = self.certificate();
        let signer_info = sequence(&[
            &version(),
            &sequence(&[own.issuer().raw(), &encode(tag::INTEGER, own.serial())]),
            &digest,
            &encode(tag::context(0), &attributes),
            &signature,
            &encode(tag::OCTET_STRING, &value),
        ]);
        let mut certificates: Vec<&[u8]> =
            self.0.certificates.iter().map(Certificate::der).collect();
        certificates.sort_unstable();
        certificates.dedup();
        let signed_data = sequence(&[
            &version(),
            &encode(tag::SET, &digest),
            &sequence(&[&encode(tag::OID, oid::DATA)]),
            &encode(tag::context(0), &certificates.concat()),
            &encode(tag::SET, &signer_info),
        ]);
        Ok(sequence(&[
            &encode(tag::OID, oid::SIGNED_DATA),
            &encode(tag::context(0), &signed_data),
        ]))
    }

    /// The elements of `signedAttrs`, in the order of DER (X.690 §11.6).
    fn signed_attributes(&self, content: Sha256) -> Vec<u8> {
        let digest = |sha256: Sha256| encode(tag::OCTET_STRING, sha256.as_bytes());
        // ESSCertIDv2 with its default digest, SHA-256: hash only, issuer and serial left out.
        let certificate_id = sequence(&[&digest(self.certificate().sha256())]);
        let mut attributes = [
            attribute(oid::CONTENT_TYPE, &encode(tag::OID, oid::DATA)),
            attribute(oid::MESSAGE_DIGEST, &digest(content)),
            attribute(
                oid::SIGNING_CERTIFICATE,
                &sequence(&[&sequence(&[&certificate_id])]),
            ),
        ];
        attributes.sort();
        attributes.concat()
    }
}

/// Whose seal stands beside `bytes`: the certificate that came with it. Whether that is the operator's is for the caller
/// to say, who knows its fingerprint; anybody can make a key.
///
/// # Errors
/// When it is no seal, when it does not fit the bytes, and when its algorithms were too weak at the time `at`.
pub fn verify_detached(seal: &[u8], bytes: &[u8], at: Timestamp) -> Result<Certificate, SealError> {
    let message = Message::parse(seal).map_err(|_| SealError::Malformed)?;
    let [signer] = message.signers.as_slice() else {
        return Err(SealError::Malformed);
    };
    let pool: Vec<Certificate> = message
        .material
        .certificates
        .iter()
        .filter_map(|der| Certificate::parse(der.to_vec()).ok())
        .collect();
    let content = Content::new(&[bytes]);
    let judged = judge(
        &message,
        signer,
        &content,
        Profile::CADES,
        &pool,
        "seal",
        at,
    );
    let sound = judged.integrity == Integrity::Intact
        && judged.pins_certificate
        && message.content.is_none()
        && judged
            .findings
            .iter()
            .all(|finding| finding.severity == Severity::Note);
    judged
        .certificate
        .filter(|_| sound)
        .ok_or(SealError::Broken)
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

/// Version 1 of `SignedData` and `SignerInfo`: data, and a signer named by issuer and serial (RFC 5652 §5.1, §5.3).
fn version() -> Vec<u8> {
    encode(tag::INTEGER, &[1])
}

fn algorithm(oid: &[u8], null: bool) -> Vec<u8> {
    let parameters = if null {
        encode(tag::NULL, &[])
    } else {
        Vec::new()
    };
    sequence(&[&encode(tag::OID, oid), &parameters])
}

fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&encode(tag::OID, oid), &encode(tag::SET, value)])
}

#[cfg(test)]
pub(crate) mod tests {
    use openssl::symm::Cipher;

    use super::*;
    use crate::fixture::pki::identity;

    const AT: &str = "2026-03-01T12:00:00Z";

    fn pem(who: &str) -> (Vec<u8>, Vec<u8>) {
        let identity = identity(who).unwrap();
        (identity.key_pem(), identity.certificates_pem())
    }

    /// Somebody of the fixtures as an operator.
    pub(crate) fn fixture_seal(who: &str) -> Seal {
        let (key, certificates) = pem(who);
        Seal::from_pem(&key, b"", &certificates).unwrap()
    }

    #[test]
    fn a_seal_names_who_sealed_and_holds_for_these_bytes_only() {
        let at = AT.parse().unwrap();
        for who in ["rosa", "raul"] {
            let seal = fixture_seal(who);
            let message = seal.sign_detached(b"cabecera").unwrap();
            let found = verify_detached(&message, b"cabecera", at).unwrap();
            assert_eq!(&found, seal.certificate());
            assert!(matches!(
                verify_detached(&message, b"cabecerA", at),
                Err(SealError::Broken)
            ));
            assert!(verify_detached(b"no", b"cabecera", at).is_err());
        }
    }

    #[test]
    fn no_changed_byte_of_a_seal_passes_as_the_same_seal() {
        let at = AT.parse().unwrap();
        let seal = fixture_seal("rosa");
        let message = seal.sign_detached(b"cabecera").unwrap();
        for place in (0..message.len()).step_by(7) {
            let mut changed = message.clone();
            changed[place] ^= 4;
            // Other certificates of the message prove nothing and may be anything; the sealer is the same or there is none.
            if let Ok(found) = verify_detached(&changed, b"cabecera", at) {
                assert_eq!(&found, seal.certificate(), "byte {place}");
            }
        }
    }

    /// OpenSSL is the judge: it did not write the message.
    #[test]
    fn openssl_accepts_the_message() {
        use openssl::cms::{CMSOptions, CmsContentInfo};
        use openssl::stack::Stack;
        let message = fixture_seal("raul").sign_detached(b"cabecera").unwrap();
        let mut cms = CmsContentInfo::from_der(&message).unwrap();
        cms.verify(
            None::<&Stack<X509>>.map(|stack| &**stack),
            None,
            Some(b"cabecera"),
            None,
            CMSOptions::BINARY | CMSOptions::NO_SIGNER_CERT_VERIFY,
        )
        .unwrap();
    }

    #[test]
    fn what_can_not_seal_is_told_at_once() {
        let (key, certificates) = pem("rosa");
        let (_, others) = pem("raul");
        let made = |key: &[u8], password: &[u8], certificates: &[u8]| {
            Seal::from_pem(key, password, certificates).map(|_| ())
        };
        assert!(matches!(made(b"", b"", &certificates), Err(SealError::Key)));
        assert!(matches!(
            made(&key, b"", b"nada"),
            Err(SealError::Certificate)
        ));
        assert!(matches!(made(&key, b"", &others), Err(SealError::Mismatch)));
        let short = PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
        let short = short.private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(
            made(&short, b"", &certificates),
            Err(SealError::Key)
        ));
        let locked = identity("rosa").unwrap().key;
        let locked = locked
            .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"clavero")
            .unwrap();
        assert!(made(&locked, b"clavero", &certificates).is_ok());
        for password in [&b""[..], b"otra", &[b'x'; 5000]] {
            assert!(matches!(
                made(&locked, password, &certificates),
                Err(SealError::Key)
            ));
        }
    }
}
