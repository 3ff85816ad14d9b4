//! Certificate revocation lists (RFC 5280 §5, §6.3).

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::answer::{Answer, Edition, Number, Reason, Says};
use super::scope::Scope;
use super::{Context, EvidenceError, forgets, is_fresh, is_trusted, is_weak, other_authorities};
use crate::domain::Sha256;
use crate::verify::asn1::{Asn1Error, Element, Reader, range_in, tag};
use crate::verify::certificate::{Certificate, GeneralName, extension_parts};
use crate::verify::chain::{Budget, Purpose};
use crate::verify::crypto::{self, SignatureAlgorithm, Verdict};
use crate::verify::name::Name;
use crate::verify::policy::Policy;
use crate::verify::time;
use crate::verify::verified::Verified;

/// A revocation list, read once and kept with its bytes. Cloning is cheap.
#[derive(Clone)]
pub struct Crl(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    tbs: std::ops::Range<usize>,
    entries: std::ops::Range<usize>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    edition: Edition,
    scope: Scope,
    /// `expiredCertsOnCRL`: entries are kept for certificates that expired after this.
    kept_since: Option<Timestamp>,
    /// Why the list can't be used for any certificate.
    unusable: Option<&'static str>,
    /// A list of megabytes is hashed once.
    verified: Verified,
    sha256: OnceLock<Sha256>,
}

const CRITICAL_ENTRY_EXTENSION: &str = "the list has an entry with an unknown critical extension";

impl Crl {
    /// Reads exactly one DER list.
    ///
    /// # Errors
    /// When the bytes are no list.
    pub fn parse(der: Vec<u8>) -> Result<Self, EvidenceError> {
        read(der)
            .map(|parsed| Self(Arc::new(parsed)))
            .map_err(|_| EvidenceError::Crl)
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

    /// Whose list it is, by its own word.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// `thisUpdate`.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// `nextUpdate`.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// Until when this list says which of the certificates that `authority` issued are revoked, those of people too: nothing when it
    /// is another's, can't be used, or tells only what changed since another list. By its own word it ends; a policy may end it earlier.
    #[must_use]
    pub fn speaks_until(&self, authority: &Certificate, policy: &Policy) -> Option<Timestamp> {
        let list = &*self.0;
        let is_whole = list.unusable.is_none() && list.edition.base.is_none();
        if !is_whole || !list.issuer.matches(authority.subject()) || !self.is_signed_by(authority) {
            return None;
        }
        let next = list.next_update?;
        let oldest = policy
            .evidence_age
            .map(|age| list.this_update.checked_add(age));
        Some(
            oldest
                .and_then(Result::ok)
                .map_or(next, |end| end.min(next)),
        )
    }

    /// What the list says about a certificate: nothing when it is about others, an error when it can't be believed. It may
    /// have more than one entry for it; all of them count.
    pub(super) fn answers(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<Answer>, &'static str> {
        let list = &*self.0;
        if !list.issuer.matches(certificate.issuer()) {
            // §5.2.5: a list that another issues for the CA is indirect by definition, whatever it says.
            return if is_named_issuer(certificate, &list.issuer) {
                Err("the list is indirect")
            } else {
                Ok(Vec::new())
            };
        }
        if let Some(reason) = list.unusable {
            return Err(reason);
        }
        let Some(reasons) = list.scope.reasons_for(certificate) else {
            return Ok(Vec::new());
        };
        self.check_signature(issuer, context, budget)?;
        let mut says = self
            .entries(certificate.serial())
            .map_err(|_| "the list has a malformed entry")?;
        if says.is_empty() && list.edition.base.is_none() {
            if forgets(certificate, list.this_update, list.kept_since) {
                return Err("the list was issued after the certificate expired");
            }
            says.push(Says::Good);
        }
        let times = (list.this_update, list.next_update);
        let fresh = is_fresh(certificate, times, None, context);
        let answer = |says| Answer {
            source: "crl",
            says,
            this_update: list.this_update,
            next_update: list.next_update,
            fresh,
            carried: false,
            reasons,
            edition: list.edition.clone(),
        };
        Ok(says.into_iter().map(answer).collect())
    }

    /// §6.3.3 (f), (g): signed by the issuer's key, or by another certificate of the same CA that is trusted for it.
    fn check_signature(
        &self,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<(), &'static str> {
        if is_weak(&self.0.algorithm, context.at) {
            return Err("the list is signed with a weak algorithm");
        }
        let may_sign = |authority: &Certificate| {
            authority
                .extensions()
                .key_usage
                .is_none_or(|usage| usage.crl_sign)
        };
        if self.is_signed_by(issuer) {
            return if may_sign(issuer) {
                Ok(())
            } else {
                Err("the issuer's key usage does not allow signing lists")
            };
        }
        let other = other_authorities(issuer, context)
            .find(|other| may_sign(other) && budget.spend() && self.is_signed_by(other));
        match other {
            Some(other)
                if is_trusted(
                    other,
                    issuer,
                    Purpose::CrlSigning,
                    self.0.this_update,
                    context,
                    budget,
                ) =>
            {
                Ok(())
            }
            Some(_) => Err("the list is signed by a certificate that is not trusted"),
            None => Err("the list is not signed by the issuer's key"),
        }
    }

    fn is_signed_by(&self, authority: &Certificate) -> bool {
        let list = &*self.0;
        list.verified.by(authority, || {
            let tbs = list.der.get(list.tbs.clone()).unwrap_or_default();
            crypto::verify(
                authority.key(),
                &list.algorithm,
                None,
                &[tbs],
                &list.signature,
            )
        }) == Verdict::Valid
    }

    /// The entries of a serial number: there should be one at most, but a CA that wrote two meant the heavier.
    fn entries(&self, serial: &[u8]) -> Result<Vec<Says>, Asn1Error> {
        let mut found = Vec::new();
        let list = &*self.0;
        let mut entries = Reader::new(list.der.get(list.entries.clone()).unwrap_or_default());
        while let Some(entry) = entries.next_if_any()? {
            let mut inside = entry.inside();
            if shortest(inside.expect(tag::INTEGER)?.body) != serial {
                continue;
            }
            let since = time::read(&inside.next()?)?;
            let mut reason = Reason::Unstated;
            let mut invalid_since = None;
            if let Some(extensions) = inside.optional(tag::SEQUENCE)? {
                let mut extensions = extensions.inside();
                while let Some(extension) = extensions.next_if_any()? {
                    let (oid, _, value) = extension_parts(&extension)?;
                    match oid.as_str() {
                        "2.5.29.21" => {
                            reason = Reason::from_code(Element::only(value)?.small()?);
                        }
                        "2.5.29.24" => {
                            invalid_since = Some(time::read(&Element::only(value)?)?);
                        }
                        _ => {}
                    }
                }
            }
            found.push(Says::Revoked {
                since,
                invalid_since,
                reason,
            });
        }
        Ok(found)
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({} of {})", self.0.issuer.text(), self.0.this_update)
    }
}

fn read(der: Vec<u8>) -> Result<Parsed, Asn1Error> {
    let outer = Element::only(&der)?.expect(tag::SEQUENCE)?;
    let mut parts = outer.inside();
    let tbs = parts.expect(tag::SEQUENCE)?;
    let algorithm = parts.expect(tag::SEQUENCE)?;
    let signature = parts.expect(tag::BIT_STRING)?.bits()?.to_vec();
    parts.finish()?;
    let mut inside = tbs.inside();
    let version = inside
        .optional(tag::INTEGER)?
        .map_or(Ok(0), |version| version.small())?;
    // §5.1.1.2: the signed and the outer algorithm are the same.
    if version > 1 || inside.expect(tag::SEQUENCE)?.raw != algorithm.raw {
        return Err(Asn1Error::Unexpected);
    }
    let issuer = inside.expect(tag::SEQUENCE)?;
    let issuer = Name::parse(issuer.raw).ok_or(Asn1Error::Unexpected)?;
    let this_update = time::read(&inside.next()?)?;
    let is_time = |byte: Option<&u8>| matches!(byte, Some(&tag::UTC_TIME | &tag::GENERALIZED_TIME));
    let next_update = if is_time(inside.rest().first()) {
        Some(time::read(&inside.next()?)?)
    } else {
        None
    };
    let entries = inside.optional(tag::SEQUENCE)?;
    let extensions = inside.optional(tag::context(0))?;
    inside.finish()?;

    let mut unusable = None;
    if let Some(entries) = &entries
        && !entries_are_understood(entries)?
    {
        unusable = Some(CRITICAL_ENTRY_EXTENSION);
    }
    if next_update.is_some_and(|next| next < this_update) {
        unusable = Some("the times of the list contradict each other");
    }
    let mut scope = Scope::default();
    let mut edition = Edition::default();
    let mut kept_since = None;
    if let Some(explicit) = extensions {
        let mut list = Element::only(explicit.body)?
            .expect(tag::SEQUENCE)?
            .inside();
        while let Some(extension) = list.next_if_any()? {
            let (oid, critical, value) = extension_parts(&extension)?;
            match oid.as_str() {
                "2.5.29.20" => edition.number = Some(number(value)?),
                "2.5.29.27" => edition.base = Some(number(value)?),
                "2.5.29.28" => match Scope::read(value, &issuer) {
                    Ok(read) => scope = read,
                    Err(reason) => unusable = Some(reason),
                },
                "2.5.29.60" => kept_since = Some(time::read(&Element::only(value)?)?),
                // Key identifier, alternative name, freshest list, authority information: hints.
                "2.5.29.35" | "2.5.29.18" | "2.5.29.46" | "1.3.6.1.5.5.7.1.1" => {}
                _ if critical => unusable = Some("the list has an unknown critical extension"),
                _ => {}
            }
        }
    }
    let tbs = range_in(&der, tbs.raw).ok_or(Asn1Error::Truncated)?;
    let entries = match entries {
        Some(entries) => range_in(&der, entries.body).ok_or(Asn1Error::Truncated)?,
        None => 0..0,
    };
    Ok(Parsed {
        algorithm: SignatureAlgorithm::read(algorithm.raw),
        tbs,
        entries,
        signature,
        issuer,
        this_update,
        next_update,
        edition: Edition {
            scope: scope.raw.clone(),
            ..edition
        },
        scope,
        kept_since,
        unusable,
        verified: Verified::default(),
        sha256: OnceLock::new(),
        der,
    })
}

/// `CRLNumber`, `BaseCRLNumber` (§5.2.3, §5.2.4).
fn number(value: &[u8]) -> Result<Number, Asn1Error> {
    Ok(Number::of(Element::only(value)?.unsigned()?))
}

/// The octets of an INTEGER without those that say nothing (X.690 §8.3.2): the serial numbers of certificates have none,
/// and a list that pads one has revoked it all the same.
fn shortest(mut number: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = number
        && let Some(second) = rest.first()
        && *first == if *second < 0x80 { 0x00 } else { 0xff }
    {
        number = rest;
    }
    number
}

/// Whether the certificate names another issuer for its lists, and this is it (§4.2.1.13 `cRLIssuer`).
fn is_named_issuer(certificate: &Certificate, issuer: &Name) -> bool {
    let points = &certificate.extensions().crl_points;
    points
        .iter()
        .flat_map(|point| &point.issuers)
        .any(|name| matches!(name, GeneralName::Directory(name) if name.matches(issuer)))
}

/// Walks every entry once: all must be well-formed, and none may have a critical extension that is unknown or makes the
/// list indirect (§5.3: the whole list is of no use then).
fn entries_are_understood(entries: &Element<'_>) -> Result<bool, Asn1Error> {
    let mut understood = true;
    let mut list = entries.inside();
    while let Some(entry) = list.next_if_any()? {
        let mut inside = entry.expect(tag::SEQUENCE)?.inside();
        inside.expect(tag::INTEGER)?;
        inside.next()?;
        if let Some(extensions) = inside.optional(tag::SEQUENCE)? {
            let mut extensions = extensions.inside();
            while let Some(extension) = extensions.next_if_any()? {
                let (oid, critical, _) = extension_parts(&extension)?;
                understood &= !critical || oid == "2.5.29.21" || oid == "2.5.29.24";
            }
        }
        inside.finish()?;
    }
    Ok(understood)
}
