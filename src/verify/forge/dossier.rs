//! A CAdES message that grows by timestamps, validation data and archive timestamps (ETSI EN 319 122-1 §5.5.3), written
//! without a line of the reader's code about them.

use jiff::Timestamp;

use super::{
    ID_DATA, SHA256, Signing, Subject, algorithm, attribute, oid, sequence, set, token, token_with,
};
use crate::verify::asn1::{Element, encode, tag};
use crate::verify::certificate::Certificate;
use crate::verify::crypto::Digest;

const TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
const ARCHIVE_TIMESTAMP: &str = "0.4.0.1733.2.4";

#[derive(Clone)]
pub(in crate::verify) struct Dossier {
    pub(in crate::verify) content: Vec<u8>,
    pub(in crate::verify) attached: bool,
    pub(in crate::verify) certificates: Vec<Vec<u8>>,
    /// `crls`: lists, and whatever else is put there.
    pub(in crate::verify) answers: Vec<Vec<u8>>,
    /// The fields of the signer, in order, the signature value last.
    pub(in crate::verify) fields: Vec<Vec<u8>>,
    /// Identifier and value of each unsigned attribute.
    pub(in crate::verify) unsigned: Vec<(&'static str, Vec<u8>)>,
}

/// How an archive timestamp is made; as the standard says, unless it is changed.
pub(in crate::verify) struct Plan {
    /// Digest of the index.
    pub(in crate::verify) digest: &'static str,
    /// Digest of the imprint and of the content in it.
    pub(in crate::verify) imprint: &'static str,
    /// Digests of certificates, of answers and of unsigned values.
    pub(in crate::verify) named: [Vec<Vec<u8>>; 3],
    pub(in crate::verify) content_type: &'static str,
    pub(in crate::verify) content: Vec<u8>,
    pub(in crate::verify) fields: Vec<Vec<u8>>,
    /// The attribute of the index, as often as it is there.
    pub(in crate::verify) attributes: Vec<&'static str>,
}

impl Dossier {
    /// Signed by a person, with nothing else.
    pub(in crate::verify) fn new(
        content: &[u8],
        person: &Subject,
        certificate: &Certificate,
    ) -> Self {
        let message = Signing::default().over(&[content], person, certificate);
        // ContentInfo, [0], SignedData: the last element is the set of signers.
        let signed = inside(&inside(&inside(&message)[1])[0]);
        let signers = inside(signed.last().unwrap());
        Self {
            content: content.to_vec(),
            attached: true,
            certificates: vec![certificate.der().to_vec()],
            answers: Vec::new(),
            fields: inside(&signers[0]),
            unsigned: Vec::new(),
        }
    }

    /// A timestamp over the signature value.
    pub(in crate::verify) fn stamp(
        &mut self,
        at: Timestamp,
        (authority, certificate): &(Subject, Certificate),
    ) {
        let value = self.fields.last().unwrap();
        let value = Element::only(value).unwrap().body;
        let token = token(&[value], at, authority, certificate, &[]);
        self.unsigned.push((TIMESTAMP, token));
    }

    /// An archive timestamp over everything that is there.
    pub(in crate::verify) fn archive(&mut self, at: Timestamp, authority: &(Subject, Certificate)) {
        self.archive_by(&self.plan(SHA256), at, authority);
    }

    /// What the standard asks for, with this digest.
    pub(in crate::verify) fn plan(&self, digest: &'static str) -> Plan {
        let hash = |bytes: &[u8]| Digest::from_oid(digest).unwrap().of(&[bytes]).unwrap();
        let all = |list: &[Vec<u8>]| list.iter().map(|one| hash(one)).collect();
        let value = |(kind, value): &(&str, Vec<u8>)| hash(&[oid(kind), value.clone()].concat());
        Plan {
            digest,
            imprint: digest,
            named: [
                all(&self.certificates),
                all(&self.answers),
                self.unsigned.iter().map(value).collect(),
            ],
            content_type: ID_DATA,
            content: self.content.clone(),
            fields: self.fields.clone(),
            attributes: vec!["0.4.0.19122.1.5"],
        }
    }

    pub(in crate::verify) fn archive_by(
        &mut self,
        plan: &Plan,
        at: Timestamp,
        authority: &(Subject, Certificate),
    ) {
        let token = plan.token(at, authority);
        self.unsigned.push((ARCHIVE_TIMESTAMP, token));
    }

    pub(in crate::verify) fn bytes(&self) -> Vec<u8> {
        let octets = encode(tag::OCTET_STRING, &self.content);
        let mut encapsulated = vec![oid(ID_DATA)];
        encapsulated.extend(self.attached.then(|| encode(0xa0, &octets)));
        let mut signer = self.fields.clone();
        if !self.unsigned.is_empty() {
            let unsigned = self.unsigned.iter();
            let unsigned: Vec<Vec<u8>> = unsigned
                .map(|(kind, value)| attribute(kind, std::slice::from_ref(value)))
                .collect();
            signer.push(encode(0xa1, &unsigned.concat()));
        }
        let mut signed = vec![
            encode(tag::INTEGER, &[1]),
            set(&[algorithm(SHA256, &[])]),
            sequence(&encapsulated),
            encode(0xa0, &self.certificates.concat()),
        ];
        if !self.answers.is_empty() {
            signed.push(encode(0xa1, &self.answers.concat()));
        }
        signed.push(set(&[sequence(&signer)]));
        let signed = encode(0xa0, &sequence(&signed));
        sequence(&[oid("1.2.840.113549.1.7.2"), signed])
    }
}

impl Plan {
    fn token(&self, at: Timestamp, (authority, certificate): &(Subject, Certificate)) -> Vec<u8> {
        let lists = self.named.iter().map(|list| {
            let list = list.iter().map(|one| encode(tag::OCTET_STRING, one));
            sequence(&list.collect::<Vec<_>>())
        });
        let mut index = vec![algorithm(self.digest, &[])];
        index.extend(lists);
        let index = sequence(&index);
        let attributes = |_: &[u8]| {
            let kinds = self.attributes.iter();
            kinds
                .map(|kind| attribute(kind, std::slice::from_ref(&index)))
                .collect()
        };
        let content = Digest::from_oid(self.imprint).unwrap();
        let content = content.of(&[&self.content]).unwrap();
        let text = [
            oid(self.content_type),
            content,
            self.fields.concat(),
            index.clone(),
        ];
        let text = text.concat();
        token_with(
            self.imprint,
            &attributes,
            &[&text],
            at,
            authority,
            certificate,
            &[],
        )
    }
}

/// The elements inside an element.
fn inside(der: &[u8]) -> Vec<Vec<u8>> {
    let mut inside = Element::only(der).unwrap().inside();
    let mut parts = Vec::new();
    while let Some(part) = inside.next_if_any().unwrap() {
        parts.push(part.raw.to_vec());
    }
    parts
}
