//! What would settle revocation: for each certificate whose status the judgement looked for and did not find, where its
//! CA says that answers are to be had (RFC 5280 §4.2.1.13, §4.2.2.1; RFC 6960 §4.1).
//!
//! Nothing is worked out here a second time: the judgement itself notes in a [`Journal`] what it missed and what it
//! leaned on. It looks for the status of certificates on paths that end at a trusted root and of nothing else, so no
//! stranger can have us ask an address of his choice.

use std::cell::RefCell;

use super::asn1::{Asn1Error, Element, encode, tag};
use super::certificate::{Certificate, DistributionPoint, GeneralName};
use super::chain::{Budget, Sources};
use super::crypto::Digest;
use super::policy::Policy;
use super::report::Code;
use super::revocation::{self, Context, Crl, Evidence, OcspResponse};
use super::trust::TrustStore;
use jiff::Timestamp;

/// Certificates that are asked about for one document: each of ten signatures with a path and a timestamp has two or
/// three, and most share them.
const MAX_WANTED: usize = 32;
/// Addresses taken from one extension: CAs give one or two.
const MAX_ADDRESSES: usize = 4;
/// Longest address: what browsers take, too.
const MAX_ADDRESS_BYTES: usize = 2048;

const OCSP_ACCESS: &str = "1.3.6.1.5.5.7.48.1";
const AUTHORITY_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// What one judgement missed, and which answers it leaned on.
#[derive(Debug, Default)]
pub struct Journal {
    wanted: RefCell<Vec<Wanted>>,
    used: RefCell<Evidence>,
}

/// A place to write in a [`Journal`].
#[derive(Debug, Clone, Copy)]
pub struct Notes<'a> {
    journal: &'a Journal,
    asks: bool,
}

/// How a status was missed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missed {
    /// An OCSP answer would not help.
    pub lists_only: bool,
    /// An answer that came with the document was taken instead.
    pub stands_in: bool,
}

impl<'a> Notes<'a> {
    pub(super) fn of(journal: &'a Journal) -> Self {
        Self {
            journal,
            asks: true,
        }
    }

    /// Notes for a path about which nobody is asked: what is used counts, what is missed is not worth a question.
    pub(super) fn without_asking(self) -> Self {
        Self {
            asks: false,
            ..self
        }
    }

    /// The status of this certificate could not be settled.
    pub(super) fn missed(
        self,
        certificate: &Certificate,
        issuer: &Certificate,
        pool: &[Certificate],
        missed: Missed,
    ) {
        if !self.asks {
            return;
        }
        let mut wanted = self.journal.wanted.borrow_mut();
        let mut all = wanted.iter_mut();
        let known = all.find(|other| other.certificate == *certificate && other.issuer == *issuer);
        if let Some(known) = known {
            known.stands_in |= missed.stands_in;
        } else if wanted.len() < MAX_WANTED {
            wanted.push(Wanted {
                certificate: certificate.clone(),
                issuer: issuer.clone(),
                lists_only: missed.lists_only,
                stands_in: missed.stands_in,
                pool: pool.to_vec(),
            });
        }
    }

    /// A list had something to say, believed or not.
    pub(super) fn used_list(self, list: &Crl) {
        let lists = &mut self.journal.used.borrow_mut().crls;
        if !lists.iter().any(|other| other.is(list)) {
            lists.push(list.clone());
        }
    }

    /// An answer had something to say, believed or not.
    pub(super) fn used_answer(self, answer: &OcspResponse) {
        let answers = &mut self.journal.used.borrow_mut().ocsps;
        if !answers.iter().any(|other| other.is(answer)) {
            answers.push(answer.clone());
        }
    }
}

impl Journal {
    /// What was missed, and which of the answers `given` were used, in their order: judging with these alone gives the
    /// same report.
    pub(super) fn close(self, given: &Evidence) -> (Vec<Wanted>, Evidence) {
        let noted = self.used.into_inner();
        let mut used = given.clone();
        used.crls
            .retain(|list| noted.crls.iter().any(|one| one.is(list)));
        used.ocsps
            .retain(|answer| noted.ocsps.iter().any(|one| one.is(answer)));
        (self.wanted.into_inner(), used)
    }
}

/// Those certificates of a path whose status these answers do not settle.
#[must_use]
pub fn unsettled(
    path: &[Certificate],
    sources: Sources<'_>,
    evidence: &Evidence,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Wanted> {
    let journal = Journal::default();
    let context = Context {
        evidence,
        given: evidence,
        sources,
        policy,
        at,
        reception: at,
        depth: revocation::ANSWER_DEPTH,
        journal: Some(Notes::of(&journal)),
    };
    let _ = revocation::check_path(path, context, &mut Budget::default());
    journal.close(evidence).0
}

/// A certificate whose status would settle something.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The certificate in question.
    pub certificate: Certificate,
    /// Who issued it, by key.
    pub issuer: Certificate,
    /// An OCSP answer would not help: it would vouch for itself.
    pub lists_only: bool,
    /// A young answer that came with the document stands in for what its CA would say: it counts where asking is in vain.
    pub stands_in: bool,
    /// Where other signers of its answers are looked for.
    pool: Vec<Certificate>,
}

/// What one answer is worth for one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It settles the status.
    Settles,
    /// It is believed but settles nothing: past its time, or it covers only some reasons.
    Believed,
    /// It speaks of others, or can't be believed as it stands.
    Nothing,
}

impl Wanted {
    /// Where its CA says that answers are to be had.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        Addresses::of(&self.certificate)
    }

    /// What an answer is worth on its own, at `at`.
    #[must_use]
    pub fn worth(
        &self,
        answer: &Evidence,
        trust: &TrustStore,
        policy: &Policy,
        at: Timestamp,
    ) -> Worth {
        let context = Context {
            evidence: answer,
            given: answer,
            sources: Sources {
                trust,
                pool: &self.pool,
            },
            policy,
            at,
            reception: at,
            depth: revocation::ANSWER_DEPTH,
            journal: None,
        };
        let budget = &mut Budget::default();
        let (facts, findings) = revocation::check(&self.certificate, &self.issuer, context, budget);
        let unbelievable = findings
            .iter()
            .any(|finding| finding.code == Code::RevocationInvalid);
        if facts.status != "unknown" {
            Worth::Settles
        } else if facts.this_update.is_some() && !unbelievable {
            Worth::Believed
        } else {
            Worth::Nothing
        }
    }

    /// `OCSPRequest` about this certificate alone (RFC 6960 §4.1.1, unsigned), with a nonce (§4.4.1). SHA-1 identifies
    /// issuers here and protects nothing; it is what every responder knows (RFC 5019 §2.1.1).
    #[must_use]
    pub fn ocsp_request(&self, nonce: &[u8]) -> Option<Vec<u8>> {
        let hash = |bytes: &[u8]| Digest::Sha1.of(&[bytes]).ok();
        let octets = |bytes: &[u8]| encode(tag::OCTET_STRING, bytes);
        let sequence = |parts: &[Vec<u8>]| encode(tag::SEQUENCE, &parts.concat());
        let id = sequence(&[
            sequence(&[encode(tag::OID, SHA1), encode(tag::NULL, &[])]),
            octets(&hash(self.certificate.issuer().raw())?),
            octets(&hash(self.issuer.key_bits()?)?),
            encode(tag::INTEGER, self.certificate.serial()),
        ]);
        let nonce = sequence(&[encode(tag::OID, NONCE_OID), octets(&octets(nonce))]);
        let request = sequence(&[
            sequence(&[sequence(&[id])]),
            encode(tag::context(2), &sequence(&[nonce])),
        ]);
        Some(sequence(&[request]))
    }
}

/// 1.3.14.3.2.26.
const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// `id-pkix-ocsp-nonce`, 1.3.6.1.5.5.7.48.1.2.
const NONCE_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

/// Where answers about a certificate are to be had, by its own word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// OCSP responders, over http or https.
    pub ocsp: Vec<String>,
    /// Revocation lists, over http or https.
    pub crls: Vec<String>,
    /// Other addresses: reported, never asked. They are of another kind (LDAP), or of lists that somebody else than the issuer
    /// makes (`cRLIssuer`), which are indirect and not believed (RFC 5280 §5.2.5).
    pub not_asked: Vec<String>,
}

impl Addresses {
    /// Reads authority information access and CRL distribution points. What can't be read there is as if it were absent:
    /// it only helps to find answers.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let mut found = Self::default();
        let responders = responders(certificate).unwrap_or_default();
        let points = certificate.extensions().crl_points.iter();
        let points = points.flat_map(|point| {
            let is_indirect = is_indirect(point, certificate);
            let names = point.names.iter();
            names.filter_map(move |name| match name {
                GeneralName::Uri(address) => Some((address.clone(), is_indirect)),
                _ => None,
            })
        });
        for address in responders.into_iter().take(MAX_ADDRESSES) {
            found.sort_in(address, |found| &mut found.ocsp);
        }
        for (address, is_indirect) in points.take(MAX_ADDRESSES) {
            if is_indirect {
                found.sort_in(address, |found| &mut found.not_asked);
            } else {
                found.sort_in(address, |found| &mut found.crls);
            }
        }
        found
    }

    /// Whether there is anybody to ask.
    #[must_use]
    pub fn can_be_asked(&self) -> bool {
        !self.ocsp.is_empty() || !self.crls.is_empty()
    }

    fn sort_in(&mut self, address: String, kind: impl Fn(&mut Self) -> &mut Vec<String>) {
        if address.len() > MAX_ADDRESS_BYTES {
            return;
        }
        let lower = address.get(..8).unwrap_or(&address).to_ascii_lowercase();
        let list = if lower.starts_with("http://") || lower.starts_with("https://") {
            kind(self)
        } else {
            &mut self.not_asked
        };
        if !list.contains(&address) {
            list.push(address);
        }
    }
}

/// Whether the lists of a point are made by others than the issuer (RFC 5280 §4.2.1.13).
fn is_indirect(point: &DistributionPoint, certificate: &Certificate) -> bool {
    let own = |name: &GeneralName| matches!(name, GeneralName::Directory(name) if name.matches(certificate.issuer()));
    !point.issuers.is_empty() && !point.issuers.iter().any(own)
}

/// The addresses under `id-ad-ocsp` (RFC 5280 §4.2.2.1).
fn responders(certificate: &Certificate) -> Option<Vec<String>> {
    read_access(certificate.extension(AUTHORITY_ACCESS)?).ok()
}

fn read_access(value: &[u8]) -> Result<Vec<String>, Asn1Error> {
    let mut addresses = Vec::new();
    let mut list = Element::only(value)?.expect(tag::SEQUENCE)?.inside();
    while let Some(description) = list.next_if_any()? {
        let mut inside = description.expect(tag::SEQUENCE)?.inside();
        let method = inside.next()?.oid()?;
        let location = inside.next()?;
        // uniformResourceIdentifier [6] IA5String
        if method == OCSP_ACCESS && location.tag == 0x86 {
            let text = std::str::from_utf8(location.body).map_err(|_| Asn1Error::Unexpected)?;
            addresses.push(text.to_owned());
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::forge::{Spec, Subject, ca, extension, issue, signer};

    fn uri(text: &str) -> Vec<u8> {
        encode(0x86, text.as_bytes())
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        encode(tag::SEQUENCE, &parts.concat())
    }

    fn access(method: &str, location: Vec<u8>) -> Vec<u8> {
        sequence(&[crate::verify::forge::oid(method), location])
    }

    fn named(ocsp: &[Vec<u8>], points: &[Vec<u8>]) -> Certificate {
        let authority = Subject::new("Raíz");
        let mut extra = Vec::new();
        if !ocsp.is_empty() {
            let value = hex::encode(sequence(ocsp));
            extra.push(extension(AUTHORITY_ACCESS, false, &value));
        }
        if !points.is_empty() {
            let value = hex::encode(sequence(points));
            extra.push(extension("2.5.29.31", false, &value));
        }
        issue(&Subject::new("Ana"), &authority, Spec { extra, ..signer() })
    }

    fn point(names: &[Vec<u8>]) -> Vec<u8> {
        let full = encode(tag::context(0), &names.concat());
        sequence(&[encode(tag::context(0), &full)])
    }

    #[test]
    fn addresses_are_read_and_sorted() {
        let ca_issuers = "1.3.6.1.5.5.7.48.2";
        let found = Addresses::of(&named(
            &[
                access(ca_issuers, uri("http://ca.example/ca.crt")),
                access(OCSP_ACCESS, uri("http://ocsp.example")),
                access(OCSP_ACCESS, uri("ldap://ocsp.example")),
                access(OCSP_ACCESS, encode(0x82, b"ocsp.example")),
            ],
            &[
                point(&[
                    uri("ldap://ca.example/cn=CA"),
                    uri("HTTP://ca.example/a.crl"),
                ]),
                point(&[
                    uri("https://ca.example/b.crl"),
                    uri("HTTP://ca.example/a.crl"),
                ]),
            ],
        ));
        assert_eq!(found.ocsp, ["http://ocsp.example"]);
        assert_eq!(
            found.crls,
            ["HTTP://ca.example/a.crl", "https://ca.example/b.crl"]
        );
        assert_eq!(
            found.not_asked,
            ["ldap://ocsp.example", "ldap://ca.example/cn=CA"]
        );
        assert_eq!(Addresses::of(&named(&[], &[])), Addresses::default());
    }

    /// A list of its own about itself is what a CA names whose lists nobody can believe.
    #[test]
    fn lists_that_somebody_else_makes_are_not_asked_for() {
        let named = |issuer: &str| {
            let name = crate::verify::forge::x509_name(issuer, None)
                .to_der()
                .unwrap();
            let uri = uri("http://ca.example/a.crl");
            let full = encode(tag::context(0), &encode(tag::context(0), &uri));
            let issuer = encode(tag::context(2), &encode(tag::context(4), &name));
            Addresses::of(&named(&[], &[sequence(&[full, issuer])]))
        };
        let address = ["http://ca.example/a.crl"];
        assert_eq!(named("Raíz").crls, address, "its issuer's name is no other");
        let other = named("Ana");
        assert!(!other.can_be_asked());
        assert_eq!(other.not_asked, address);
    }

    #[test]
    fn what_is_too_much_or_unreadable_is_left_out() {
        let many: Vec<Vec<u8>> = (0..9)
            .map(|n| access(OCSP_ACCESS, uri(&format!("http://{n}.example/"))))
            .collect();
        let long = point(&[uri(&format!("http://ca.example/{}", "a".repeat(3000)))]);
        let found = Addresses::of(&named(&many, &[long]));
        assert_eq!(found.ocsp.len(), MAX_ADDRESSES);
        assert!(found.crls.is_empty());
        let broken = named(&[vec![0x05, 0x00]], &[]);
        assert_eq!(Addresses::of(&broken), Addresses::default());
    }

    #[test]
    fn openssl_reads_the_request() {
        let (root, person) = (Subject::new("Raíz"), Subject::new("Ana"));
        let issuer = issue(&root, &root, ca());
        let wanted = Wanted {
            certificate: issue(&person, &root, signer()),
            issuer,
            lists_only: false,
            stands_in: false,
            pool: Vec::new(),
        };
        let request = wanted.ocsp_request(&[7; 32]).unwrap();
        // What OpenSSL would ask itself: the same identifier, byte for byte.
        let theirs = openssl::ocsp::OcspCertId::from_cert(
            openssl::hash::MessageDigest::sha1(),
            &openssl::x509::X509::from_der(wanted.certificate.der()).unwrap(),
            &openssl::x509::X509::from_der(wanted.issuer.der()).unwrap(),
        )
        .unwrap();
        let mut reference = openssl::ocsp::OcspRequest::new().unwrap();
        reference.add_id(theirs).unwrap();
        let reference = reference.to_der().unwrap();
        // OCSPRequest { tbsRequest { requestList { Request { CertID … } } } }: the inner list must be the same.
        let inner = |der: &[u8]| {
            let outer = Element::only(der).unwrap().inside().next().unwrap();
            outer.inside().next().unwrap().raw.to_vec()
        };
        assert_eq!(inner(&request), inner(&reference));
        assert!(request.windows(32).any(|window| window == [7; 32]));
        let read = openssl::ocsp::OcspRequest::from_der(&request).unwrap();
        assert_eq!(read.to_der().unwrap(), request);
    }
}
