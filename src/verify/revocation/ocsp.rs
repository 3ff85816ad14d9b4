//! OCSP answers (RFC 6960).

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::answer::{Answer, Edition, Reason, Says};
use super::scope::Reasons;
use super::{Context, EvidenceError, answered_at, ask_list, forgets, is_fresh, is_weak};
use crate::domain::Sha256;
use crate::verify::asn1::{Asn1Error, Element, tag};
use crate::verify::certificate::{Certificate, extension_parts};
use crate::verify::chain::{self, Budget, Purpose};
use crate::verify::crypto::{self, Digest, SignatureAlgorithm, Verdict};
use crate::verify::name::Name;
use crate::verify::verified::Verified;
use crate::verify::wanted::Missed;
use crate::verify::{policy, time};
use jiff::Timestamp;

/// A basic OCSP response, read once and kept with its bytes. Cloning is cheap.
#[derive(Clone)]
pub struct OcspResponse(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    tbs: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    responder: Responder,
    produced_at: Timestamp,
    answers: Vec<Single>,
    certificates: Vec<Certificate>,
    unusable: Option<&'static str>,
    nonce: Option<Vec<u8>>,
    verified: Verified,
    sha256: OnceLock<Sha256>,
}

/// `ResponderID` (§4.2.1).
enum Responder {
    Name(Name),
    /// SHA-1 of the bits of the responder's key.
    KeyHash(Vec<u8>),
}

/// `SingleResponse`.
struct Single {
    digest: Digest,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
    says: Says,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Archive cutoff (§4.4.4): answers reach back to certificates that expired after this.
    kept_since: Option<Timestamp>,
}

const ARCHIVE_CUTOFF: &str = "1.3.6.1.5.5.7.48.1.6";
const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

impl OcspResponse {
    /// Reads an `OCSPResponse`, or the `BasicOCSPResponse` inside it, as CAdES carries it.
    ///
    /// # Errors
    /// When the bytes are no answer, or the answer is an error of the responder.
    pub fn parse(der: Vec<u8>) -> Result<Self, EvidenceError> {
        read(der).map(|parsed| Self(Arc::new(parsed)))
    }

    /// The bytes that were read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Digest of the bytes, computed once.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        *self.0.sha256.get_or_init(|| Sha256::of(&self.0.der))
    }

    /// Whether both are clones of one reading; no byte is compared.
    pub(in crate::verify) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The number that the question carried (§4.4.1), if the responder repeated one.
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.0.nonce.as_deref()
    }

    /// The earliest `nextUpdate` in it.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        let answers = self.0.answers.iter();
        answers.filter_map(|single| single.next_update).min()
    }

    /// When it was signed.
    #[must_use]
    pub fn produced_at(&self) -> Timestamp {
        self.0.produced_at
    }

    /// What it says about a certificate: nothing when it is about others, an error when it can't be believed. It may say
    /// more than one thing; all of them count.
    pub(super) fn answers(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<Answer>, &'static str> {
        let about: Vec<&Single> = self
            .0
            .answers
            .iter()
            .filter(|single| single.is_about(certificate, issuer))
            .collect();
        if about.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(reason) = self.0.unusable {
            return Err(reason);
        }
        self.check_responder(issuer, context, budget)?;
        about
            .into_iter()
            .map(|single| single.answer(certificate, context))
            .collect()
    }

    /// §4.2.2.2: signed by the CA itself, or by a responder to which this very CA gave the right to.
    fn check_responder(
        &self,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<(), &'static str> {
        if is_weak(&self.0.algorithm, context.at) {
            return Err("the answer is signed with a weak algorithm");
        }
        if self.0.responder.is(issuer) && self.is_signed_by(issuer) {
            return Ok(());
        }
        let pool = self.0.certificates.iter().chain(context.sources.pool);
        let Some(responder) = pool
            .filter(|candidate| self.0.responder.is(candidate))
            .take(4)
            .find(|candidate| budget.spend() && self.is_signed_by(candidate))
        else {
            return Err("the answer is not signed by its responder");
        };
        let issued_here = responder.signed_by(issuer) == Verdict::Valid
            && responder.issuer().matches(issuer.subject());
        if !issued_here {
            return Err("the responder was not authorised by the issuer");
        }
        let trusted = chain::candidates(
            responder,
            context.sources,
            Purpose::OcspSigning,
            budget,
            answered_at(context, self.0.produced_at),
        )
        .first()
        .is_some_and(chain::Candidate::is_trusted);
        if !trusted {
            return Err("the responder is not trusted");
        }
        if responder.extensions().ocsp_no_check
            || is_good_by_list(responder, issuer, context, budget)
        {
            Ok(())
        } else {
            Err("the responder's own status is unknown")
        }
    }

    fn is_signed_by(&self, candidate: &Certificate) -> bool {
        let answer = &*self.0;
        answer.verified.by(candidate, || {
            let parts: &[&[u8]] = &[&answer.tbs];
            let (algorithm, value) = (&answer.algorithm, &answer.signature);
            crypto::verify(candidate.key(), algorithm, None, parts, value)
        }) == Verdict::Valid
    }
}

/// A responder without `id-pkix-ocsp-nocheck` needs a status of its own (§4.2.2.2.1); only lists are asked, so that no
/// answer vouches for itself.
fn is_good_by_list(
    responder: &Certificate,
    issuer: &Certificate,
    context: Context<'_>,
    budget: &mut Budget,
) -> bool {
    let answers: Vec<Answer> = context
        .evidence
        .crls
        .iter()
        .filter_map(|list| ask_list(list, responder, issuer, context, budget).ok())
        .flatten()
        .collect();
    let good = |answer: &Answer| {
        answer.fresh && answer.reasons == Reasons::ALL && matches!(answer.says, Says::Good)
    };
    let revoked = |answer: &Answer| matches!(answer.says, Says::Revoked { .. });
    let is_revoked = answers.iter().any(revoked);
    let settled = |answer: &Answer| good(answer) && !answer.carried;
    let is_believed = answers.iter().any(good) && !is_revoked;
    if let Some(journal) = context.journal
        && (is_revoked || !answers.iter().any(settled))
    {
        let missed = Missed {
            lists_only: true,
            stands_in: is_believed,
        };
        journal.missed(responder, issuer, context.sources.pool, missed);
    }
    is_believed
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse(of {})", self.0.produced_at)
    }
}

impl Responder {
    fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => name.matches(certificate.subject()),
            Self::KeyHash(hash) => certificate
                .key_bits()
                .and_then(|bits| Digest::Sha1.of(&[bits]).ok())
                .is_some_and(|actual| actual == *hash),
        }
    }
}

impl Single {
    fn answer(
        &self,
        certificate: &Certificate,
        context: Context<'_>,
    ) -> Result<Answer, &'static str> {
        if self.next_update.is_some_and(|next| next < self.this_update) {
            return Err("the times of the answer contradict each other");
        }
        if matches!(self.says, Says::Good)
            && forgets(certificate, self.this_update, self.kept_since)
        {
            return Err("the answer was given after the certificate expired");
        }
        // §3.2 (5), (6).
        let times = (self.this_update, self.next_update);
        let without_end = Some(context.policy.ocsp_freshness);
        Ok(Answer {
            source: "ocsp",
            says: self.says.clone(),
            this_update: self.this_update,
            next_update: self.next_update,
            fresh: is_fresh(certificate, times, without_end, context),
            carried: false,
            reasons: Reasons::ALL,
            edition: Edition::default(),
        })
    }

    /// §4.1.1 `CertID`: hashes of the issuer's name and key, and the serial number.
    fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let hashed = |bytes: &[u8], stated: &[u8]| {
            self.digest
                .of(&[bytes])
                .is_ok_and(|actual| actual == stated)
        };
        self.serial == certificate.serial()
            && hashed(certificate.issuer().raw(), &self.name_hash)
            && issuer
                .key_bits()
                .is_some_and(|bits| hashed(bits, &self.key_hash))
    }
}

fn read(der: Vec<u8>) -> Result<Parsed, EvidenceError> {
    let malformed = |_| EvidenceError::Ocsp;
    let outer = Element::only(&der).map_err(malformed)?;
    let basic = basic_response(&outer).map_err(malformed)?;
    let basic = match basic {
        Ok(basic) => basic,
        Err(status) => return Err(EvidenceError::OcspStatus(status)),
    };
    let parsed = read_basic(&basic).map_err(malformed)?;
    Ok(Parsed { der, ..parsed })
}

/// The basic response inside, or the error status of the responder.
fn basic_response<'a>(outer: &Element<'a>) -> Result<Result<Element<'a>, u32>, Asn1Error> {
    let mut inside = outer.expect(tag::SEQUENCE)?.inside();
    if inside.rest().first() == Some(&tag::SEQUENCE) {
        return Ok(Ok(*outer));
    }
    let status = inside.expect(tag::ENUMERATED)?.small()?;
    if status != 0 {
        return Ok(Err(status));
    }
    let explicit = inside.expect(tag::context(0))?;
    inside.finish()?;
    let mut bytes = Element::only(explicit.body)?
        .expect(tag::SEQUENCE)?
        .inside();
    if bytes.next()?.oid()? != BASIC {
        return Err(Asn1Error::Unexpected);
    }
    let octets = bytes.expect(tag::OCTET_STRING)?;
    bytes.finish()?;
    Element::only(octets.body).map(Ok)
}

fn read_basic(basic: &Element<'_>) -> Result<Parsed, Asn1Error> {
    let mut parts = basic.expect(tag::SEQUENCE)?.inside();
    let tbs = parts.expect(tag::SEQUENCE)?;
    let algorithm = parts.expect(tag::SEQUENCE)?;
    let signature = parts.expect(tag::BIT_STRING)?.bits()?.to_vec();
    let mut certificates = Vec::new();
    if let Some(explicit) = parts.optional(tag::context(0))? {
        let mut list = Element::only(explicit.body)?
            .expect(tag::SEQUENCE)?
            .inside();
        while let Some(element) = list.next_if_any()? {
            if certificates.len() < policy::MAX_CERTIFICATES
                && let Ok(certificate) = Certificate::parse(element.raw.to_vec())
            {
                certificates.push(certificate);
            }
        }
    }
    parts.finish()?;

    let mut inside = tbs.inside();
    inside.optional(tag::context(0))?;
    let responder = read_responder(&inside.next()?)?;
    let produced_at = time::read(&inside.next()?)?;
    let mut answers = Vec::new();
    let mut list = inside.expect(tag::SEQUENCE)?.inside();
    let mut unusable = None;
    while let Some(single) = list.next_if_any()? {
        if answers.len() >= policy::MAX_STATEMENTS {
            return Err(Asn1Error::Unexpected);
        }
        let (single, understood) = read_single(&single)?;
        if !understood {
            unusable = Some("the answer has an unknown critical extension");
        }
        answers.extend(single);
    }
    let mut nonce = None;
    if let Some(explicit) = inside.optional(tag::context(1))? {
        let mut extensions = Element::only(explicit.body)?.inside();
        while let Some(extension) = extensions.next_if_any()? {
            let (oid, critical, value) = extension_parts(&extension)?;
            if oid == NONCE {
                // RFC 8954 §2.1 has it in an OCTET STRING; some responders leave the wrapping out.
                let inner = Element::only(value).and_then(|inner| inner.expect(tag::OCTET_STRING));
                nonce = Some(inner.map_or(value, |inner| inner.body).to_vec());
            } else if critical {
                unusable = Some("the answer has an unknown critical extension");
            }
        }
    }
    inside.finish()?;
    Ok(Parsed {
        der: Vec::new(),
        tbs: tbs.raw.to_vec(),
        algorithm: SignatureAlgorithm::read(algorithm.raw),
        signature,
        responder,
        produced_at,
        answers,
        certificates,
        unusable,
        nonce,
        verified: Verified::default(),
        sha256: OnceLock::new(),
    })
}

fn read_responder(element: &Element<'_>) -> Result<Responder, Asn1Error> {
    match element.tag {
        0xa1 => {
            let name = Name::parse(element.body).ok_or(Asn1Error::Unexpected)?;
            Ok(Responder::Name(name))
        }
        0xa2 => Ok(Responder::KeyHash(
            Element::only(element.body)?
                .expect(tag::OCTET_STRING)?
                .body
                .to_vec(),
        )),
        _ => Err(Asn1Error::Unexpected),
    }
}

/// One answer, if its digest is known, and whether its extensions are understood.
fn read_single(element: &Element<'_>) -> Result<(Option<Single>, bool), Asn1Error> {
    let mut inside = element.expect(tag::SEQUENCE)?.inside();
    let mut id = inside.expect(tag::SEQUENCE)?.inside();
    let digest = Digest::read(&id.next()?)?;
    let name_hash = id.expect(tag::OCTET_STRING)?.body.to_vec();
    let key_hash = id.expect(tag::OCTET_STRING)?.body.to_vec();
    let serial = id.expect(tag::INTEGER)?.body.to_vec();
    id.finish()?;
    let says = read_status(&inside.next()?)?;
    let this_update = time::read(&inside.next()?)?;
    let next_update = match inside.optional(tag::context(0))? {
        Some(explicit) => Some(time::read(&Element::only(explicit.body)?)?),
        None => None,
    };
    let mut kept_since = None;
    let mut understood = true;
    if let Some(explicit) = inside.optional(tag::context(1))? {
        let mut extensions = Element::only(explicit.body)?.inside();
        while let Some(extension) = extensions.next_if_any()? {
            let (oid, critical, value) = extension_parts(&extension)?;
            if oid == ARCHIVE_CUTOFF {
                kept_since = Some(time::read(&Element::only(value)?)?);
            } else {
                understood &= !critical;
            }
        }
    }
    inside.finish()?;
    let single = digest.ok().map(|digest| Single {
        digest,
        name_hash,
        key_hash,
        serial,
        says,
        this_update,
        next_update,
        kept_since,
    });
    Ok((single, understood))
}

/// `CertStatus`.
fn read_status(element: &Element<'_>) -> Result<Says, Asn1Error> {
    match element.tag {
        0x80 => Ok(Says::Good),
        0xa1 => {
            let mut inside = element.inside();
            let since = time::read(&inside.next()?)?;
            let reason = match inside.optional(tag::context(0))? {
                Some(explicit) => Reason::from_code(Element::only(explicit.body)?.small()?),
                None => Reason::Unstated,
            };
            Ok(Says::Revoked {
                since,
                invalid_since: None,
                reason,
            })
        }
        0x82 => Ok(Says::Unknown),
        _ => Err(Asn1Error::Unexpected),
    }
}
