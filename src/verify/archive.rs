//! What an archive timestamp of CAdES covers (ETSI EN 319 122-1 §5.5.2, §5.5.3).
//!
//! Its token is over a short text: the content type, a digest of the content, the signer's own fields, and an index. The
//! index is a list of digests and lies in the token, unsigned; being part of the text, it can't be exchanged. It names
//! certificates and answers of the message and unsigned values of the signer, earlier timestamps among them. What it does
//! not name came later, or might have: the token proves nothing about it. An index that names what is not there is invalid
//! as a whole (§5.5.2).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::asn1::{Asn1Error, Element, Reader, encode, tag};
use super::cms::{self, Choice, Digests, Message, SignerInfo, Token};
use super::content::Content;
use super::crypto::Digest;
use super::policy::MAX_ARCHIVED;
use super::timestamp;

const ATTR_HASH_INDEX_V3: &str = "0.4.0.19122.1.5";
/// `ats-hash-index` of ETSI TS 101 733 and of the first edition of EN 319 122-1: digests of whole attributes.
const OLDER_INDEXES: &[&str] = &["0.4.0.1733.2.5", "0.4.0.19122.1.4"];

/// One archive timestamp, with what its index names.
#[derive(Debug)]
pub struct Stamp<'a> {
    /// The token.
    pub token: Token<'a>,
    /// What it covers beside the signature.
    pub covered: Covered,
    digest: Digest,
    imprint: Vec<u8>,
    /// `ATSHashIndexV3`, as sent.
    index: &'a [u8],
}

/// Why an archive timestamp is not taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Of a form that is not judged.
    NotJudged(&'static str),
    /// Broken.
    Invalid(&'static str),
}

/// What the index of a timestamp names, by place: of the choices of the message, and of the signer's unsigned values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Covered {
    choices: BTreeSet<usize>,
    values: BTreeSet<usize>,
}

impl Covered {
    /// Whether it names the unsigned value at this place.
    #[must_use]
    pub fn has_value(&self, number: usize) -> bool {
        self.values.contains(&number)
    }

    /// Adds what another covers.
    pub fn extend(&mut self, other: &Self) {
        self.choices.extend(&other.choices);
        self.values.extend(&other.values);
    }

    /// The certificates and answers among it.
    #[must_use]
    pub fn material<'a>(
        &self,
        message: &Message<'a>,
        signer: &SignerInfo<'a>,
    ) -> cms::Material<'a> {
        let mut material = cms::Material::default();
        for (number, choice) in message.choices.iter().flatten().enumerate() {
            if self.choices.contains(&number) {
                // Unreadable material is no material.
                let _ = material.add_choice(&choice);
            }
        }
        for value in signer.unsigned_values() {
            if self.has_value(value.number) {
                material.add_value(value.attribute, &value.element);
            }
        }
        material
    }
}

/// The archive timestamps of a signer, each before those that it covers; and what is wrong with the others.
#[must_use]
pub fn read<'a>(message: &Message<'a>, signer: &SignerInfo<'a>) -> (Vec<Stamp<'a>>, Vec<Fault>) {
    let mut stamps = Vec::new();
    let mut faults = Vec::new();
    let mut parts = Parts::new(message, signer);
    for token in signer.archive_timestamps() {
        match Stamp::read(token, &mut parts) {
            Ok(stamp) => stamps.push(stamp),
            Err(fault) => faults.push(fault),
        }
    }
    (newest_first(stamps), faults)
}

/// Nobody can name the digest of what names him: that makes an order.
fn newest_first(mut stamps: Vec<Stamp<'_>>) -> Vec<Stamp<'_>> {
    let mut ordered = Vec::with_capacity(stamps.len());
    while !stamps.is_empty() {
        let is_outermost = |stamp: &Stamp<'_>| {
            let number = stamp.token.number;
            !stamps.iter().any(|other| other.covered.has_value(number))
        };
        let next = stamps.iter().position(is_outermost).unwrap_or_default();
        ordered.push(stamps.remove(next));
    }
    ordered
}

impl<'a> Stamp<'a> {
    fn read(token: Token<'a>, parts: &mut Parts<'_, 'a>) -> Result<Self, Fault> {
        let parsed = Message::parse(token.bytes).map_err(|_| Fault::Invalid("malformed"))?;
        let (digest, imprint) = timestamp::imprint(&parsed).ok_or(Fault::Invalid("malformed"))?;
        let index = Index::of_token(&parsed)?;
        let encoded = index.encoded;
        // §5.5.2: one algorithm for both. What is weak there is weak here (`timestamp`).
        if index.digest != digest {
            return Err(Fault::Invalid("index_algorithm"));
        }
        let digest = digest.map_err(|_| Fault::NotJudged("archive-time-stamp-v3"))?;
        Ok(Self {
            token,
            covered: index.resolve(digest, parts)?,
            digest,
            imprint,
            index: encoded,
        })
    }

    /// §5.5.3: the bytes that the token is over. The fields are taken as they were sent; whoever makes archives of messages
    /// in BER may have read them into DER first (RFC 5652 §5.4 has signed attributes like that), which says the same.
    #[must_use]
    pub fn text(
        &self,
        message: &Message<'_>,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
    ) -> Option<Vec<u8>> {
        let content = content.digest(self.digest).ok()?;
        let text = |fields: &[u8]| {
            let parts = [message.encoded_content_type, &content, fields, self.index];
            parts.concat()
        };
        let sent = text(signer.fields);
        let fits = |text: &Vec<u8>| self.digest.of(&[text]).is_ok_and(|is| is == self.imprint);
        if fits(&sent) {
            return Some(sent);
        }
        let definite = definite_fields(signer.fields).map(|fields| text(&fields));
        Some(definite.ok().filter(fits).unwrap_or(sent))
    }
}

/// Where the signed attributes stand among the fields of a signer: behind version, identifier and digest (RFC 5652 §5.3).
const SIGNED_ATTRIBUTES: usize = 3;

/// The fields of a signer in DER; the signed attributes are a SET OF behind a tag of their own (RFC 5652 §5.3).
fn definite_fields(fields: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let mut definite = Vec::with_capacity(fields.len());
    let mut fields = Reader::new(fields);
    for place in 0.. {
        let Some(field) = fields.next_if_any()? else {
            break;
        };
        if place == SIGNED_ATTRIBUTES && field.tag == tag::context(0) {
            let set = Element {
                tag: tag::SET,
                ..field
            };
            let set = set.to_definite(true)?;
            definite.extend(encode(field.tag, Element::only(&set)?.body));
        } else {
            definite.extend(field.to_definite(true)?);
        }
    }
    Ok(definite)
}

/// `ATSHashIndexV3` (§5.5.2).
struct Index<'a> {
    encoded: &'a [u8],
    digest: Result<Digest, String>,
    certificates: List<'a>,
    revocation: List<'a>,
    values: List<'a>,
}

impl<'a> Index<'a> {
    /// §5.5.3: exactly one, in an unsigned attribute of the token.
    fn of_token(token: &Message<'a>) -> Result<Self, Fault> {
        let [signer] = token.signers.as_slice() else {
            return Err(Fault::Invalid("not_one_signer"));
        };
        let mut found = signer
            .unsigned_values()
            .filter(|value| value.attribute.oid == ATTR_HASH_INDEX_V3);
        match (found.next(), found.next()) {
            (Some(only), None) => {
                Self::read(&only.element).map_err(|_| Fault::Invalid("index_malformed"))
            }
            (Some(_), Some(_)) => Err(Fault::Invalid("index_repeated")),
            (None, _) => {
                let is_older = signer
                    .unsigned_values()
                    .any(|value| OLDER_INDEXES.contains(&value.attribute.oid.as_str()));
                Err(if is_older {
                    Fault::NotJudged("ats-hash-index")
                } else {
                    Fault::Invalid("index_missing")
                })
            }
        }
    }

    fn read(value: &Element<'a>) -> Result<Self, Asn1Error> {
        let mut inside = value.expect(tag::SEQUENCE)?.inside();
        let index = Self {
            encoded: value.raw,
            digest: Digest::read(&inside.expect(tag::SEQUENCE)?)?,
            certificates: List::read(&inside.next()?)?,
            revocation: List::read(&inside.next()?)?,
            values: List::read(&inside.next()?)?,
        };
        inside.finish()?;
        Ok(index)
    }

    /// What the digests stand for. Each must stand for something (§5.5.2).
    fn resolve(mut self, digest: Digest, parts: &mut Parts<'_, 'a>) -> Result<Covered, Fault> {
        let mut covered = Covered::default();
        let too_many = || Fault::Invalid("too_many");
        let digests = parts.of_choices(digest).ok_or_else(too_many)?;
        let choices = parts.message.choices.iter().flatten();
        for (number, (choice, digests)) in choices.zip(digests.iter()).enumerate() {
            let list = match choice {
                Choice::Certificate(_) => &mut self.certificates,
                Choice::Revocation(_) => &mut self.revocation,
            };
            if list.names(digests) {
                covered.choices.insert(number);
            }
        }
        for (number, digests) in parts.of_values(digest).iter().enumerate() {
            if self.values.names(digests) {
                covered.values.insert(number);
            }
        }
        let lists = [&self.certificates, &self.revocation, &self.values];
        if lists.iter().all(|list| list.is_resolved()) {
            Ok(covered)
        } else {
            Err(Fault::Invalid("index_absent"))
        }
    }
}

/// What the indexes of a signer may name.
struct Parts<'m, 'a> {
    message: &'m Message<'a>,
    signer: &'m SignerInfo<'a>,
    /// Digests of the unsigned values, made once for all indexes.
    values: BTreeMap<Digest, Vec<Digests>>,
}

impl<'m, 'a> Parts<'m, 'a> {
    fn new(message: &'m Message<'a>, signer: &'m SignerInfo<'a>) -> Self {
        Self {
            message,
            signer,
            values: BTreeMap::new(),
        }
    }

    /// Digests of the certificates and answers of the message; nothing beyond the limits (DESIGN §6).
    fn of_choices(&self, digest: Digest) -> Option<Rc<[Digests]>> {
        let choices = self.message.choices.iter().take(MAX_ARCHIVED).count();
        let values = self.signer.unsigned_values().take(MAX_ARCHIVED).count();
        if choices.saturating_add(values) >= MAX_ARCHIVED {
            return None;
        }
        self.message.choices.digests(digest)
    }

    /// §5.5.2: identifier and value together.
    fn of_values(&mut self, digest: Digest) -> &[Digests] {
        self.values.entry(digest).or_insert_with(|| {
            let values = self.signer.unsigned_values();
            values
                .map(|value| cms::digests(digest, value.attribute.encoded_type, &value.element))
                .collect()
        })
    }
}

/// One list of digests, each with whether it has been found to stand for something.
struct List<'a>(BTreeMap<&'a [u8], bool>);

impl<'a> List<'a> {
    fn read(list: &Element<'a>) -> Result<Self, Asn1Error> {
        let mut digests = BTreeMap::new();
        let mut inside = list.expect(tag::SEQUENCE)?.inside();
        while let Some(digest) = inside.next_if_any()? {
            digests.insert(digest.expect(tag::OCTET_STRING)?.body, false);
            if digests.len() > MAX_ARCHIVED {
                return Err(Asn1Error::Unexpected);
            }
        }
        Ok(Self(digests))
    }

    fn names(&mut self, digests: &Digests) -> bool {
        let mut is_named = false;
        for digest in digests {
            if let Some(found) = self.0.get_mut(digest.as_slice()) {
                *found = true;
                is_named = true;
            }
        }
        is_named
    }

    fn is_resolved(&self) -> bool {
        self.0.values().all(|found| *found)
    }
}
