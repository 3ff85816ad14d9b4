//! What a revocation list is about: `IssuingDistributionPoint` (RFC 5280 §5.2.5) against a certificate's own distribution
//! points (§4.2.1.13), as §6.3.3 (b), (d) compares them.

use std::ops::{BitAnd, BitOr};

use crate::verify::asn1::{Asn1Error, Element};
use crate::verify::certificate::{
    Certificate, DistributionPoint, GeneralName, distribution_point_name, reason_flags,
};
use crate::verify::name::Name;

/// `ReasonFlags` (§4.2.1.13) without the bit that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reasons(u16);

impl Reasons {
    /// Bits 1 to 8: key compromise to AA compromise.
    pub(super) const ALL: Self = Self(0b1_1111_1110);
    pub(super) const NONE: Self = Self(0);

    fn of_flags(flags: u16) -> Self {
        Self(flags) & Self::ALL
    }
}

impl BitAnd for Reasons {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Reasons {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `IssuingDistributionPoint`; the default is that of a list without the extension.
#[derive(Debug, Default)]
pub(super) struct Scope {
    only_users: bool,
    only_cas: bool,
    only_attributes: bool,
    reasons: Option<u16>,
    points: Option<Vec<GeneralName>>,
    /// The extension as sent: lists that belong together have the same (§6.3.3 (c)(2)).
    pub(super) raw: Vec<u8>,
}

impl Scope {
    /// The extension's value, or why the list can't be used.
    pub(super) fn read(value: &[u8], issuer: &Name) -> Result<Self, &'static str> {
        let unreadable = |_| "the list has an unreadable distribution point";
        let mut scope = Self {
            raw: value.to_vec(),
            ..Self::default()
        };
        let mut inside = Element::only(value)
            .and_then(|point| point.expect(crate::verify::asn1::tag::SEQUENCE))
            .map_err(unreadable)?
            .inside();
        while let Some(part) = inside.next_if_any().map_err(unreadable)? {
            let is_set = part.body.first().is_some_and(|byte| *byte != 0);
            match part.tag {
                0xa0 => scope.points = Some(point_names(&part, issuer).map_err(unreadable)?),
                0x81 => scope.only_users = is_set,
                0x82 => scope.only_cas = is_set,
                0x83 => scope.reasons = Some(reason_flags(part.body).map_err(unreadable)?),
                0x84 if is_set => return Err("the list is indirect"),
                0x84 => {}
                0x85 => scope.only_attributes = is_set,
                _ => return Err("the list has an unreadable distribution point"),
            }
        }
        Ok(scope)
    }

    /// The reasons for which the list speaks of a certificate; nothing when it is about others (§6.3.3 (b), (d)).
    pub(super) fn reasons_for(&self, certificate: &Certificate) -> Option<Reasons> {
        let is_ca = certificate
            .extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.ca);
        if self.only_attributes || (self.only_users && is_ca) || (self.only_cas && !is_ca) {
            return None;
        }
        let own = self.reasons.map_or(Reasons::ALL, Reasons::of_flags);
        let points = &certificate.extensions().crl_points;
        let Some(names) = &self.points else {
            return Some(own & reasons_of(points.iter()));
        };
        // A certificate without points stands for one whose point is its issuer's name (§6.3.3).
        if points.is_empty() {
            let is_issuer = |name: &GeneralName| matches!(name, GeneralName::Directory(name) if name.matches(certificate.issuer()));
            return names.iter().any(is_issuer).then_some(own);
        }
        let mut named = points
            .iter()
            .filter(|point| is_point_of(point, names))
            .peekable();
        named.peek()?;
        Some(own & reasons_of(named))
    }
}

/// What lists at these points cover: a point that names no reasons is about all of them.
fn reasons_of<'a>(points: impl Iterator<Item = &'a DistributionPoint>) -> Reasons {
    points
        .map(|point| point.reasons.map_or(Reasons::ALL, Reasons::of_flags))
        .reduce(BitOr::bitor)
        .unwrap_or(Reasons::ALL)
}

/// §6.3.3 (b)(2)(i): a list for one point is about the certificates that name this point, or its issuer in its place.
fn is_point_of(point: &DistributionPoint, names: &[GeneralName]) -> bool {
    let own = if point.names.is_empty() {
        &point.issuers
    } else {
        &point.names
    };
    own.iter()
        .any(|one| names.iter().any(|other| same_name(one, other)))
}

fn same_name(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Uri(one), GeneralName::Uri(other)) => one == other,
        (GeneralName::Directory(one), GeneralName::Directory(other)) => one.matches(other),
        _ => false,
    }
}

fn point_names(part: &Element<'_>, issuer: &Name) -> Result<Vec<GeneralName>, Asn1Error> {
    distribution_point_name(&Element::only(part.body)?, issuer)
}
