//! A second reader of CMS, written by others (the `cms` crate in BER mode), reads the same in every fixture as ours does.

use std::fs;
use std::path::{Path, PathBuf};

use clavero::verify;
use clavero::verify::cms::{self as ours, Message, SignerId};
use clavero::verify::crypto::Digest;
use cms::content_info::CmsVersion;
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, AnyRef, Decode, Encode, EncodingRules, Reader, Sequence, SliceReader};

/// `ContentInfo` and `SignedData` (RFC 5652 §3, §5.1). The crate's own `SignedData` refuses the whole message for one
/// certificate or revocation answer that it does not know, so here they stay what they are.
#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

#[derive(Sequence)]
struct SignedData {
    version: CmsVersion,
    digest_algorithms: SetOfVec<Any>,
    encapsulated: EncapsulatedContentInfo,
    #[asn1(
        context_specific = "0",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    certificates: Option<SetOfVec<Any>>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    crls: Option<SetOfVec<Any>>,
    signers: SetOfVec<SignerInfo>,
}

/// What both must agree on about one signer.
#[derive(Debug, PartialEq)]
struct Reading {
    id: Id,
    digest: Result<Digest, String>,
    /// Identifier and values, in DER and in the order of the message.
    signed_attributes: Vec<(String, Vec<Vec<u8>>)>,
    value: Vec<u8>,
}

#[derive(Debug, PartialEq)]
enum Id {
    IssuerAndSerial(Vec<u8>, Vec<u8>),
    KeyId(Vec<u8>),
}

/// What both must agree on about a message.
#[derive(Debug, PartialEq)]
struct Readings {
    content_type: String,
    content: Option<Vec<u8>>,
    certificates: usize,
    signers: Vec<Reading>,
}

#[test]
fn another_reader_reads_the_same_in_every_message() {
    let messages = messages();
    assert!(messages.len() >= 40, "the fixtures are complete");
    let mut signers = 0;
    for (name, message) in messages {
        let theirs = theirs(&message).unwrap_or_else(|error| panic!("{name}: they fail: {error}"));
        let ours = read_by_us(&message).unwrap_or_else(|| panic!("{name}: we fail"));
        signers += ours.signers.len();
        assert_eq!(ours, theirs, "{name}");
    }
    assert!(signers >= 40, "messages have signers");
}

/// Every CMS message of the fixtures: files, `/Contents` of PDF signatures, and the timestamp tokens inside them.
fn messages() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut files,
    );
    let mut found = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let bytes = fs::read(&file).unwrap();
        let Ok(signed) = verify::open(&bytes, None) else {
            continue;
        };
        let Some(pdf) = signed.pdf() else {
            found.push((name, bytes));
            continue;
        };
        for signature in &pdf.signatures {
            if Message::parse(&signature.contents).is_ok() {
                found.push((
                    format!("{name}: {}", signature.field),
                    signature.contents.clone(),
                ));
            }
        }
    }
    let tokens: Vec<_> = found
        .iter()
        .flat_map(|(name, bytes)| {
            let message = Message::parse(bytes).unwrap();
            let tokens = message
                .signers
                .iter()
                .flat_map(ours::SignerInfo::timestamps);
            tokens
                .map(|token| (format!("{name}: timestamp"), token.bytes.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!tokens.is_empty(), "some samples carry a timestamp");
    found.extend(tokens);
    found
}

/// Adds the signed files below this folder.
pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, files);
        } else if matches!(extension, Some("pdf" | "p7m" | "p7s")) {
            files.push(path);
        }
    }
}

fn read_by_us(bytes: &[u8]) -> Option<Readings> {
    let message = Message::parse(bytes).ok()?;
    Some(Readings {
        content_type: message.content_type,
        content: message.content.map(std::borrow::Cow::into_owned),
        certificates: message.material.certificates.len(),
        signers: message.signers.iter().map(signer_by_us).collect(),
    })
}

fn signer_by_us(signer: &ours::SignerInfo<'_>) -> Reading {
    Reading {
        id: match &signer.id {
            SignerId::IssuerAndSerial { issuer, serial } => {
                Id::IssuerAndSerial(issuer.to_definite(false).unwrap(), serial.to_vec())
            }
            SignerId::KeyId(id) => Id::KeyId(id.to_vec()),
        },
        digest: signer.digest.clone(),
        signed_attributes: signer
            .signed_attributes()
            .map(|attribute| {
                let values = attribute.values.iter();
                let values = values.map(|value| value.to_definite(false).unwrap());
                (attribute.oid.clone(), values.collect())
            })
            .collect(),
        value: signer.value.to_vec(),
    }
}

fn theirs(bytes: &[u8]) -> der::Result<Readings> {
    // The padding of `/Contents` is not theirs to read.
    let mut reader = SliceReader::new_with_encoding_rules(bytes, EncodingRules::Ber)?;
    let message = ContentInfo::decode(&mut reader)?.content;
    let content = message.encapsulated.econtent.as_ref();
    let content = content.map(|content| in_one_piece(AnyRef::from(content).value()));
    Ok(Readings {
        content_type: message.encapsulated.econtent_type.to_string(),
        content,
        certificates: message.certificates.map_or(0, |set| set.len()),
        signers: message
            .signers
            .iter()
            .map(signer_by_them)
            .collect::<der::Result<_>>()?,
    })
}

/// BER lets a string come in pieces (X.690 §8.7.3), which their reader hands over as they are.
fn in_one_piece(value: &[u8]) -> Vec<u8> {
    let pieces = || -> der::Result<Vec<u8>> {
        let mut reader = SliceReader::new_with_encoding_rules(value, EncodingRules::Ber)?;
        let mut whole = Vec::new();
        while !reader.is_finished() {
            whole.extend_from_slice(OctetString::decode(&mut reader)?.as_bytes());
        }
        Ok(whole)
    };
    pieces().unwrap_or_else(|_| value.to_vec())
}

fn signer_by_them(signer: &SignerInfo) -> der::Result<Reading> {
    let digest = signer.digest_alg.oid.to_string();
    let mut signed_attributes = Vec::new();
    for attribute in signer.signed_attrs.iter().flat_map(SetOfVec::iter) {
        let values = attribute.values.iter().map(Encode::to_der);
        signed_attributes.push((
            attribute.oid.to_string(),
            values.collect::<der::Result<_>>()?,
        ));
    }
    Ok(Reading {
        id: match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                Id::IssuerAndSerial(id.issuer.to_der()?, id.serial_number.as_bytes().to_vec())
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => Id::KeyId(id.0.as_bytes().to_vec()),
        },
        digest: Digest::from_oid(&digest).ok_or(digest),
        signed_attributes,
        value: signer.signature.as_bytes().to_vec(),
    })
}
