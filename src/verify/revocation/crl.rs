//! Certificate revocation lists (RFC 5280 §5, §6.3).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::{Answer, Context, EvidenceError, Reason, Says, is_trusted, other_authorities};
use crate::domain::Sha256;
use crate::verify::asn1::{Asn1Error, Element, Reader, tag};
use crate::verify::certificate::{Certificate, GeneralName, distribution_point_name};
use crate::verify::chain::{Budget, Purpose};
use crate::verify::crypto::{self, SignatureAlgorithm, Verdict};
use crate::verify::name::Name;
use crate::verify::{policy, time};

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
    delta: bool,
    scope: Scope,
    /// Why the list can't be used for any certificate.
    unusable: Option<&'static str>,
    /// Verdicts on its signature by the fingerprint of the key's certificate: a list of megabytes is hashed once.
    verified: Mutex<HashMap<Sha256, bool>>,
}

/// `IssuingDistributionPoint` (§5.2.5).
#[derive(Debug, Default)]
struct Scope {
    only_users: bool,
    only_cas: bool,
    only_attributes: bool,
    points: Option<Vec<GeneralName>>,
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

    /// What the list says about a certificate: nothing when it is about others, an error when it can't be believed.
    pub(super) fn answer(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Answer>, &'static str> {
        let list = &*self.0;
        if !list.issuer.matches(certificate.issuer()) {
            return Ok(None);
        }
        if let Some(reason) = list.unusable {
            return Err(reason);
        }
        if !list.scope.covers(certificate) {
            return Ok(None);
        }
        self.check_signature(issuer, context, budget)?;
        let says = self
            .entry(certificate.serial())
            .map_err(|_| "the list has a malformed entry")?;
        Ok(Some(Answer {
            source: "crl",
            says: says.unwrap_or(Says::Good),
            this_update: list.this_update,
            next_update: list.next_update,
            // RFC 5280 §5.1.2.5 requires nextUpdate; without it nobody can say whether the list is current.
            fresh: list.next_update.is_some_and(|next| next >= context.at),
            delta: list.delta,
        }))
    }

    /// §6.3.3 (f), (g): signed by the issuer's key, or by another certificate of the same CA that is trusted for it.
    fn check_signature(
        &self,
        issuer: &Certificate,
        context: Context<'_>,
        budget: &mut Budget,
    ) -> Result<(), &'static str> {
        let weak = self
            .0
            .algorithm
            .digest()
            .is_some_and(|digest| policy::check_digest(digest, "", context.at).is_some());
        if weak {
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
            Some(other) if is_trusted(other, Purpose::CrlSigning, context, budget) => Ok(()),
            Some(_) => Err("the list is signed by a certificate that is not trusted"),
            None => Err("the list is not signed by the issuer's key"),
        }
    }

    fn is_signed_by(&self, authority: &Certificate) -> bool {
        let list = &*self.0;
        let known = list
            .verified
            .lock()
            .ok()
            .and_then(|known| known.get(&authority.sha256()).copied());
        if let Some(known) = known {
            return known;
        }
        let tbs = list.der.get(list.tbs.clone()).unwrap_or_default();
        let verdict = crypto::verify(
            authority.key(),
            &list.algorithm,
            None,
            &[tbs],
            &list.signature,
        );
        let valid = verdict == Verdict::Valid;
        if let Ok(mut known) = list.verified.lock() {
            known.insert(authority.sha256(), valid);
        }
        valid
    }

    /// The entry of a serial number.
    fn entry(&self, serial: &[u8]) -> Result<Option<Says>, Asn1Error> {
        let list = &*self.0;
        let mut entries = Reader::new(list.der.get(list.entries.clone()).unwrap_or_default());
        while let Some(entry) = entries.next_if_any()? {
            let mut inside = entry.inside();
            if inside.expect(tag::INTEGER)?.body != serial {
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
            return Ok(Some(Says::Revoked {
                since,
                invalid_since,
                reason,
            }));
        }
        Ok(None)
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({} of {})", self.0.issuer.text(), self.0.this_update)
    }
}

impl Scope {
    /// §6.3.3 (b).
    fn covers(&self, certificate: &Certificate) -> bool {
        let is_ca = certificate
            .extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.ca);
        if self.only_attributes || (self.only_users && is_ca) || (self.only_cas && !is_ca) {
            return false;
        }
        // A list for one distribution point is about the certificates that name this point.
        self.points.as_ref().is_none_or(|points| {
            points.iter().any(|point| {
                certificate
                    .extensions()
                    .crl_points
                    .iter()
                    .any(|named| same_point(point, named))
            })
        })
    }
}

fn same_point(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Uri(one), GeneralName::Uri(other)) => one == other,
        (GeneralName::Directory(one), GeneralName::Directory(other)) => one.matches(other),
        _ => false,
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
    let mut scope = Scope::default();
    let mut delta = false;
    if let Some(explicit) = extensions {
        let mut list = Element::only(explicit.body)?
            .expect(tag::SEQUENCE)?
            .inside();
        while let Some(extension) = list.next_if_any()? {
            let (oid, critical, value) = extension_parts(&extension)?;
            match oid.as_str() {
                "2.5.29.27" => delta = true,
                "2.5.29.28" => match read_scope(value, &issuer) {
                    Ok(read) => scope = read,
                    Err(reason) => unusable = Some(reason),
                },
                // Key identifier, alternative name, number, freshest list, authority information: hints.
                "2.5.29.35" | "2.5.29.18" | "2.5.29.20" | "2.5.29.46" | "1.3.6.1.5.5.7.1.1" => {}
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
        delta,
        scope,
        unusable,
        verified: Mutex::default(),
        der,
    })
}

/// Where a slice of `whole` lies in it.
fn range_in(whole: &[u8], part: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
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

/// `Extension` (§4.1): identifier, criticality, contents.
fn extension_parts<'a>(extension: &Element<'a>) -> Result<(String, bool, &'a [u8]), Asn1Error> {
    let mut inside = extension.expect(tag::SEQUENCE)?.inside();
    let oid = inside.next()?.oid()?;
    let critical = match inside.optional(tag::BOOLEAN)? {
        Some(critical) => critical.boolean()?,
        None => false,
    };
    let value = inside.expect(tag::OCTET_STRING)?.body;
    inside.finish()?;
    Ok((oid, critical, value))
}

/// `IssuingDistributionPoint` (§5.2.5), or why the list can't be used.
fn read_scope(value: &[u8], issuer: &Name) -> Result<Scope, &'static str> {
    let unreadable = |_| "the list has an unreadable distribution point";
    let mut scope = Scope::default();
    let mut inside = Element::only(value)
        .and_then(|point| point.expect(tag::SEQUENCE))
        .map_err(unreadable)?
        .inside();
    while let Some(part) = inside.next_if_any().map_err(unreadable)? {
        let is_set = part.body.first().is_some_and(|byte| *byte != 0);
        match part.tag {
            0xa0 => {
                let name = Element::only(part.body).map_err(unreadable)?;
                let names = distribution_point_name(&name, issuer).map_err(unreadable)?;
                scope.points = Some(names);
            }
            0x81 => scope.only_users = is_set,
            0x82 => scope.only_cas = is_set,
            0x83 => return Err("the list covers only some reasons"),
            0x84 if is_set => return Err("the list is indirect"),
            0x84 => {}
            0x85 => scope.only_attributes = is_set,
            _ => return Err("the list has an unreadable distribution point"),
        }
    }
    Ok(scope)
}
