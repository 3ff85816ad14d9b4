//! Certificates and answers about revocation that a message carries along, as bytes: in its own two sets (RFC 5652 §5.1)
//! and in attributes of its signers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Attribute, Result};
use crate::verify::asn1::{Element, Reader, tag};
use crate::verify::crypto::Digest;
use crate::verify::policy;

const ATTR_CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
const ATTR_REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
const ATTR_ADOBE_REVOCATION: &str = "1.2.840.113583.1.1.8";
const RI_OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";

/// What a message carries along, as bytes.
#[derive(Debug, Default, Clone)]
pub struct Material<'a> {
    /// Certificates.
    pub certificates: Vec<&'a [u8]>,
    /// CRLs.
    pub crls: Vec<&'a [u8]>,
    /// OCSP answers, with or without their outer shell.
    pub ocsps: Vec<&'a [u8]>,
}

/// One element of `certificates` or `crls` (§10.2).
#[derive(Debug, Clone, Copy)]
pub enum Choice<'a> {
    /// `CertificateChoices` (§10.2.2).
    Certificate(Element<'a>),
    /// `RevocationInfoChoice` (§10.2.1).
    Revocation(Element<'a>),
}

/// `certificates` and `crls` of a message, of whatever kind their elements are.
#[derive(Debug)]
pub struct Choices<'a> {
    certificates: Option<Element<'a>>,
    revocation: Option<Element<'a>>,
    /// Made once for all signers of the message.
    digests: RefCell<BTreeMap<Digest, Rc<[Digests]>>>,
}

/// The digests by which an element may be known: of its bytes as sent, and of its DER form if that is another.
pub type Digests = Vec<Vec<u8>>;

impl<'a> Choices<'a> {
    pub(super) fn new(certificates: Option<Element<'a>>, revocation: Option<Element<'a>>) -> Self {
        Self {
            certificates,
            revocation,
            digests: RefCell::default(),
        }
    }

    /// One after another, in the order of the message.
    pub fn iter(&self) -> impl Iterator<Item = Result<Choice<'a>>> {
        let certificates = self.certificates.map(|set| set.inside());
        let revocation = self.revocation.map(|set| set.inside());
        let certificates = certificates.into_iter().flat_map(each);
        let revocation = revocation.into_iter().flat_map(each);
        certificates
            .map(|choice| choice.map(Choice::Certificate))
            .chain(revocation.map(|choice| choice.map(Choice::Revocation)))
    }

    /// The digests of each, in the same order; nothing when too many other algorithms were asked for.
    #[must_use]
    pub fn digests(&self, digest: Digest) -> Option<Rc<[Digests]>> {
        let mut known = self.digests.borrow_mut();
        if known.len() >= policy::MAX_INDEX_DIGESTS && !known.contains_key(&digest) {
            return None;
        }
        let made = known.entry(digest).or_insert_with(|| {
            let choices = self.iter().flatten();
            choices
                .map(|choice| digests(digest, &[], choice.element()))
                .collect()
        });
        Some(Rc::clone(made))
    }
}

/// Digests of an element behind a `prefix`.
#[must_use]
pub fn digests(digest: Digest, prefix: &[u8], element: &Element<'_>) -> Digests {
    let definite = element.to_definite(true).ok();
    let other = definite.filter(|definite| definite.as_slice() != element.raw);
    let forms = std::iter::once(element.raw).chain(other.as_deref());
    forms
        .filter_map(|form| digest.of(&[prefix, form]).ok())
        .collect()
}

impl<'a> Choice<'a> {
    /// The whole element.
    #[must_use]
    pub fn element(&self) -> &Element<'a> {
        match self {
            Self::Certificate(element) | Self::Revocation(element) => element,
        }
    }
}

impl<'a> Material<'a> {
    /// X.509 certificates; attribute certificates and others are passed over. CRLs, and OCSP answers as RFC 5940 puts them.
    pub fn add_choice(&mut self, choice: &Choice<'a>) -> Result<()> {
        match choice {
            Choice::Certificate(element) => self.add_certificate(element),
            Choice::Revocation(element) if element.tag == tag::SEQUENCE => {
                keep(&mut self.crls, element.raw, policy::MAX_ANSWERS);
            }
            Choice::Revocation(element) if element.tag == tag::context(1) => {
                let mut other = element.inside();
                if other.next()?.oid()? == RI_OCSP_RESPONSE {
                    keep(&mut self.ocsps, other.next()?.raw, policy::MAX_ANSWERS);
                }
            }
            Choice::Revocation(_) => {}
        }
        Ok(())
    }

    /// What an attribute brings; unreadable material is no material.
    pub fn add_value(&mut self, attribute: &Attribute<'a>, value: &Element<'a>) {
        match attribute.oid.as_str() {
            ATTR_ADOBE_REVOCATION | ATTR_REVOCATION_VALUES => {
                let _ = self.add_archival(value);
            }
            ATTR_CERTIFICATE_VALUES => {
                for certificate in each(value.inside()).flatten() {
                    self.add_certificate(&certificate);
                }
            }
            _ => {}
        }
    }

    fn add_certificate(&mut self, choice: &Element<'a>) {
        if choice.tag == tag::SEQUENCE {
            keep(&mut self.certificates, choice.raw, policy::MAX_CERTIFICATES);
        }
    }

    /// `SEQUENCE { [0] EXPLICIT SEQUENCE OF CRL, [1] EXPLICIT SEQUENCE OF OCSP … }`: what both Adobe's attribute
    /// (ISO 32000-2 §12.8.3.3.2) and CAdES revocation values (ETSI EN 319 122-1 §A.1.5) are.
    fn add_archival(&mut self, value: &Element<'a>) -> Result<()> {
        let mut inside = value.expect(tag::SEQUENCE)?.inside();
        for (number, list) in [(0, &mut self.crls), (1, &mut self.ocsps)] {
            if let Some(explicit) = inside.optional(tag::context(number))? {
                let mut items = Element::only(explicit.body)?.inside();
                while let Some(item) = items.next_if_any()? {
                    keep(list, item.raw, policy::MAX_ANSWERS);
                }
            }
        }
        Ok(())
    }

    /// This and further material.
    #[must_use]
    pub fn and(&self, more: &Self) -> Self {
        let both = |one: &[&'a [u8]], more: &[&'a [u8]]| [one, more].concat();
        Self {
            certificates: both(&self.certificates, &more.certificates),
            crls: both(&self.crls, &more.crls),
            ocsps: both(&self.ocsps, &more.ocsps),
        }
    }

    /// DESIGN §6: what is beyond the limits is not looked at, whoever put the lists together.
    pub fn limit(&mut self) {
        self.certificates.truncate(policy::MAX_CERTIFICATES);
        self.crls.truncate(policy::MAX_ANSWERS);
        self.ocsps.truncate(policy::MAX_ANSWERS);
    }
}

/// Adds to a list that may hold so many: what is beyond costs nothing.
fn keep<'a>(list: &mut Vec<&'a [u8]>, item: &'a [u8], most: usize) {
    if list.len() < most {
        list.push(item);
    }
}

/// The elements of a set, up to the first that can't be read.
fn each(mut set: Reader<'_>) -> impl Iterator<Item = Result<Element<'_>>> {
    let mut readable = true;
    std::iter::from_fn(move || {
        let next = readable.then(|| set.next_if_any().transpose()).flatten();
        readable = matches!(next, Some(Ok(_)));
        next
    })
}
