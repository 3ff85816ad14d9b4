//! The cryptography: digests, public keys and signature values, done by OpenSSL.
//!
//! Keys go to OpenSSL as numbers (RFC 3279, RFC 5480, RFC 8410), because its general decoder costs more than the
//! operation itself. What an algorithm is *worth* is not decided here but in `policy`.

use std::fmt;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sha;
use openssl::sign::{RsaPssSaltlen, Verifier};

use super::asn1::{Asn1Error, Element, encode, tag};

/// Digest algorithms that are known; not all of them are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    /// RFC 1321.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha224,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4.
    Sha512,
    /// FIPS 202.
    Sha3_256,
    /// FIPS 202.
    Sha3_384,
    /// FIPS 202.
    Sha3_512,
    /// FIPS 202, 512 bits of output: what Ed448 asks for in CMS (RFC 8419 §2.3).
    Shake256,
}

/// Identifier, digest and name used in reports (RFC 3370, RFC 5754, RFC 8702).
const DIGESTS: &[(&str, Digest, &str)] = &[
    ("1.2.840.113549.2.5", Digest::Md5, "md5"),
    ("1.3.14.3.2.26", Digest::Sha1, "sha1"),
    ("2.16.840.1.101.3.4.2.4", Digest::Sha224, "sha224"),
    ("2.16.840.1.101.3.4.2.1", Digest::Sha256, "sha256"),
    ("2.16.840.1.101.3.4.2.2", Digest::Sha384, "sha384"),
    ("2.16.840.1.101.3.4.2.3", Digest::Sha512, "sha512"),
    ("2.16.840.1.101.3.4.2.8", Digest::Sha3_256, "sha3-256"),
    ("2.16.840.1.101.3.4.2.9", Digest::Sha3_384, "sha3-384"),
    ("2.16.840.1.101.3.4.2.10", Digest::Sha3_512, "sha3-512"),
    ("2.16.840.1.101.3.4.2.12", Digest::Shake256, "shake256"),
];

/// SHAKE256 with its length in bits as parameter.
const ID_SHAKE256_LEN: &str = "2.16.840.1.101.3.4.2.18";

impl Digest {
    /// By object identifier.
    #[must_use]
    pub fn from_oid(oid: &str) -> Option<Self> {
        DIGESTS
            .iter()
            .find(|(known, ..)| *known == oid)
            .map(|(_, digest, _)| *digest)
    }

    /// Reads a digest `AlgorithmIdentifier`; parameters must be absent or NULL (RFC 5754 §2), but for the length that
    /// `id-shake256-len` has to give (RFC 8419 §2.3).
    ///
    /// # Errors
    /// When it is malformed. An unknown algorithm is `Ok(Err(identifier))`.
    pub fn read(algorithm: &Element<'_>) -> Result<Result<Self, String>, Asn1Error> {
        let (oid, parameters) = algorithm_identifier(algorithm)?;
        if oid == ID_SHAKE256_LEN {
            let length = parameters.map(|length| length.small()).transpose()?;
            return Ok(if length == Some(512) {
                Ok(Self::Shake256)
            } else {
                Err(oid)
            });
        }
        match Self::from_oid(&oid) {
            Some(digest) if absent_or_null(parameters) => Ok(Ok(digest)),
            _ => Ok(Err(oid)),
        }
    }

    /// Name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        DIGESTS
            .iter()
            .find(|(_, digest, _)| *digest == self)
            .map_or("unknown", |(_, _, name)| name)
    }

    fn openssl(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
            Self::Sha3_256 => MessageDigest::sha3_256(),
            Self::Sha3_384 => MessageDigest::sha3_384(),
            Self::Sha3_512 => MessageDigest::sha3_512(),
            Self::Shake256 => MessageDigest::shake_256(),
        }
    }

    /// The digest of the parts, one after another, without joining them.
    ///
    /// # Errors
    /// When this build of OpenSSL lacks the algorithm.
    pub fn of(self, parts: &[&[u8]]) -> Result<Vec<u8>, ErrorStack> {
        // Nearly always this one, and asked for directly: OpenSSL looks up the others by their names each time.
        if self == Self::Sha256 {
            let mut hasher = sha::Sha256::new();
            for part in parts {
                hasher.update(part);
            }
            return Ok(hasher.finish().to_vec());
        }
        let mut hasher = Hasher::new(self.openssl())?;
        for part in parts {
            hasher.update(part)?;
        }
        if self == Self::Shake256 {
            let mut out = vec![0; 64];
            hasher.finish_xof(&mut out)?;
            return Ok(out);
        }
        Ok(hasher.finish()?.to_vec())
    }

    /// `DigestInfo` (RFC 8017 §9.2) in its one encoding: what RSASSA-PKCS1-v1_5 signs. SHAKE256 has none.
    fn info(self, hash: &[u8]) -> Option<Vec<u8>> {
        let oid: &[u8] = match self {
            Self::Md5 => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05],
            Self::Sha1 => &[0x2b, 0x0e, 0x03, 0x02, 0x1a],
            Self::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
            Self::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
            Self::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
            Self::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
            Self::Sha3_256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x08],
            Self::Sha3_384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x09],
            Self::Sha3_512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x0a],
            Self::Shake256 => return None,
        };
        let algorithm = [encode(tag::OID, oid), encode(tag::NULL, &[])].concat();
        let parts = [
            encode(tag::SEQUENCE, &algorithm),
            encode(tag::OCTET_STRING, hash),
        ];
        Some(encode(tag::SEQUENCE, &parts.concat()))
    }
}

/// A signature algorithm as an `AlgorithmIdentifier` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5; without a digest when the identifier is plain `rsaEncryption` (RFC 3370 §3.2).
    RsaPkcs1(Option<Digest>),
    /// RSASSA-PSS (RFC 4055 §3.1).
    RsaPss(PssParameters),
    /// ECDSA; without a digest when the identifier is plain `id-ecPublicKey`, as some signers write.
    Ecdsa(Option<Digest>),
    /// RFC 8410.
    Ed25519,
    /// RFC 8410.
    Ed448,
    /// Not known here, with its identifier.
    Unknown(String),
}

/// `RSASSA-PSS-params` whose mask generation is MGF1 with the same digest and whose trailer is 0xbc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PssParameters {
    /// Digest of the message and of MGF1.
    pub digest: Digest,
    /// Salt length in bytes.
    pub salt: u32,
}

/// Identifiers with their meaning (RFC 3279, RFC 4055, RFC 5758, RFC 8410, NIST CSOR).
const SIGNATURES: &[(&str, SignatureAlgorithm)] = &[
    ("1.2.840.113549.1.1.1", SignatureAlgorithm::RsaPkcs1(None)),
    (
        "1.2.840.113549.1.1.4",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Md5)),
    ),
    (
        "1.2.840.113549.1.1.5",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha1)),
    ),
    (
        "1.2.840.113549.1.1.14",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha224)),
    ),
    (
        "1.2.840.113549.1.1.11",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha256)),
    ),
    (
        "1.2.840.113549.1.1.12",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha384)),
    ),
    (
        "1.2.840.113549.1.1.13",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha512)),
    ),
    (
        "2.16.840.1.101.3.4.3.14",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha3_256)),
    ),
    (
        "2.16.840.1.101.3.4.3.15",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha3_384)),
    ),
    (
        "2.16.840.1.101.3.4.3.16",
        SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha3_512)),
    ),
    ("1.2.840.10045.2.1", SignatureAlgorithm::Ecdsa(None)),
    (
        "1.2.840.10045.4.1",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha1)),
    ),
    (
        "1.2.840.10045.4.3.1",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha224)),
    ),
    (
        "1.2.840.10045.4.3.2",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha256)),
    ),
    (
        "1.2.840.10045.4.3.3",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha384)),
    ),
    (
        "1.2.840.10045.4.3.4",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha512)),
    ),
    (
        "2.16.840.1.101.3.4.3.10",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha3_256)),
    ),
    (
        "2.16.840.1.101.3.4.3.11",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha3_384)),
    ),
    (
        "2.16.840.1.101.3.4.3.12",
        SignatureAlgorithm::Ecdsa(Some(Digest::Sha3_512)),
    ),
    ("1.3.101.112", SignatureAlgorithm::Ed25519),
    ("1.3.101.113", SignatureAlgorithm::Ed448),
];

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";

impl SignatureAlgorithm {
    /// Reads an `AlgorithmIdentifier`. What can't be read is an unknown algorithm.
    #[must_use]
    pub fn read(raw: &[u8]) -> Self {
        let Ok((oid, parameters)) =
            Element::only(raw).and_then(|element| algorithm_identifier(&element))
        else {
            return Self::Unknown("malformed".to_owned());
        };
        if oid == RSASSA_PSS {
            return match PssParameters::read(parameters) {
                Ok(parameters) => Self::RsaPss(parameters),
                Err(_) => Self::Unknown(oid),
            };
        }
        match SIGNATURES.iter().find(|(known, _)| *known == oid) {
            // id-ecPublicKey may carry the curve, which the key states anyway.
            Some((_, algorithm @ Self::Ecdsa(None))) => algorithm.clone(),
            Some((_, algorithm)) if absent_or_null(parameters) => algorithm.clone(),
            _ => Self::Unknown(oid),
        }
    }

    /// The digest that the identifier itself fixes.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::RsaPkcs1(digest) | Self::Ecdsa(digest) => *digest,
            Self::RsaPss(parameters) => Some(parameters.digest),
            Self::Ed25519 | Self::Ed448 | Self::Unknown(_) => None,
        }
    }
}

impl PssParameters {
    /// `RSASSA-PSS-params` (RFC 4055 §3.1); what is absent has the default, which is SHA-1.
    fn read(parameters: Option<Element<'_>>) -> Result<Self, Asn1Error> {
        let mut out = Self {
            digest: Digest::Sha1,
            salt: 20,
        };
        let mut mask = Digest::Sha1;
        let parameters = parameters.ok_or(Asn1Error::Unexpected)?;
        let mut inside = parameters.expect(tag::SEQUENCE)?.inside();
        if let Some(hash) = inside.optional(tag::context(0))? {
            out.digest = known_digest(&Element::only(hash.body)?)?;
        }
        if let Some(generator) = inside.optional(tag::context(1))? {
            let (oid, digest) = algorithm_identifier(&Element::only(generator.body)?)?;
            if oid != MGF1 {
                return Err(Asn1Error::Unexpected);
            }
            mask = known_digest(&digest.ok_or(Asn1Error::Unexpected)?)?;
        }
        if let Some(salt) = inside.optional(tag::context(2))? {
            out.salt = Element::only(salt.body)?.small()?;
        }
        if let Some(trailer) = inside.optional(tag::context(3))?
            && Element::only(trailer.body)?.small()? != 1
        {
            return Err(Asn1Error::Unexpected);
        }
        inside.finish()?;
        // RFC 8017 §9.1 allows another digest in MGF1; nobody uses it, and policies name one digest.
        if mask != out.digest || out.salt > 512 {
            return Err(Asn1Error::Unexpected);
        }
        Ok(out)
    }
}

fn known_digest(algorithm: &Element<'_>) -> Result<Digest, Asn1Error> {
    Digest::read(algorithm)?.map_err(|_| Asn1Error::Unexpected)
}

/// `AlgorithmIdentifier`: identifier and parameters.
fn algorithm_identifier<'a>(
    element: &Element<'a>,
) -> Result<(String, Option<Element<'a>>), Asn1Error> {
    let mut inside = element.expect(tag::SEQUENCE)?.inside();
    let oid = inside.next()?.oid()?;
    let parameters = inside.next_if_any()?;
    inside.finish()?;
    Ok((oid, parameters))
}

fn absent_or_null(parameters: Option<Element<'_>>) -> bool {
    parameters.is_none_or(|element| element.tag == tag::NULL && element.body.is_empty())
}

/// A public key, ready to use.
#[derive(Clone)]
pub struct PublicKey {
    key: PKey<Public>,
    kind: KeyKind,
}

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with its modulus length in bits, and the restriction of an `id-RSASSA-PSS` key if there is one.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
        /// The key may be used for PSS only.
        pss_only: bool,
        /// With at least these parameters.
        parameters: Option<PssParameters>,
    },
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// RFC 8032.
    Ed25519,
    /// RFC 8032.
    Ed448,
}

/// The key can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A kind of key or curve that is not known here.
    #[error("unknown kind of key {0}")]
    Unknown(String),
    /// The numbers are not those of a key.
    #[error("malformed key")]
    Malformed,
}

impl From<ErrorStack> for KeyError {
    fn from(_: ErrorStack) -> Self {
        Self::Malformed
    }
}

impl From<Asn1Error> for KeyError {
    fn from(_: Asn1Error) -> Self {
        Self::Malformed
    }
}

/// Longest RSA modulus that is tried: verification grows with its square, and no CA uses more.
const MAX_RSA_BITS: u32 = 8192;

impl PublicKey {
    /// Reads `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// When the kind is unknown or the numbers are no key.
    pub fn read(spki: &[u8]) -> Result<Self, KeyError> {
        let mut inside = Element::only(spki)?.expect(tag::SEQUENCE)?.inside();
        let (oid, parameters) = algorithm_identifier(&inside.next()?)?;
        let bits = inside.next()?.bits()?;
        inside.finish()?;
        match oid.as_str() {
            "1.2.840.113549.1.1.1" => rsa(bits, false, None),
            RSASSA_PSS => {
                let parameters = match parameters {
                    None => None,
                    some => Some(PssParameters::read(some)?),
                };
                rsa(bits, true, parameters)
            }
            "1.2.840.10045.2.1" => elliptic(&parameters.ok_or(KeyError::Malformed)?.oid()?, bits),
            "1.3.101.112" => edwards(bits, Id::ED25519, KeyKind::Ed25519),
            "1.3.101.113" => edwards(bits, Id::ED448, KeyKind::Ed448),
            _ => Err(KeyError::Unknown(oid)),
        }
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

fn rsa(
    bits: &[u8],
    pss_only: bool,
    parameters: Option<PssParameters>,
) -> Result<PublicKey, KeyError> {
    let mut numbers = Element::only(bits)?.expect(tag::SEQUENCE)?.inside();
    let modulus = BigNum::from_slice(numbers.next()?.unsigned()?)?;
    let exponent = BigNum::from_slice(numbers.next()?.unsigned()?)?;
    numbers.finish()?;
    let length = u32::try_from(modulus.num_bits()).map_err(|_| KeyError::Malformed)?;
    let usable = length <= MAX_RSA_BITS
        && modulus.is_odd()
        && exponent.is_odd()
        && exponent.num_bits() > 1
        && exponent.num_bits() <= 64;
    if !usable {
        return Err(KeyError::Malformed);
    }
    Ok(PublicKey {
        key: PKey::from_rsa(Rsa::from_public_components(modulus, exponent)?)?,
        kind: KeyKind::Rsa {
            bits: length,
            pss_only,
            parameters,
        },
    })
}

fn elliptic(curve: &str, point: &[u8]) -> Result<PublicKey, KeyError> {
    let (nid, kind) = match curve {
        "1.2.840.10045.3.1.7" => (Nid::X9_62_PRIME256V1, KeyKind::P256),
        "1.3.132.0.34" => (Nid::SECP384R1, KeyKind::P384),
        "1.3.132.0.35" => (Nid::SECP521R1, KeyKind::P521),
        other => return Err(KeyError::Unknown(other.to_owned())),
    };
    let group = EcGroup::from_curve_name(nid)?;
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    Ok(PublicKey {
        key: PKey::from_ec_key(key)?,
        kind,
    })
}

fn edwards(bits: &[u8], id: Id, kind: KeyKind) -> Result<PublicKey, KeyError> {
    Ok(PublicKey {
        key: PKey::public_key_from_raw_bytes(bits, id)?,
        kind,
    })
}

/// What came out of checking a signature value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It verifies.
    Valid,
    /// It does not.
    Invalid,
    /// The key is not of the kind that the algorithm needs.
    Mismatch,
    /// Algorithm or key are not known here.
    Unsupported(String),
}

/// Checks a signature value over the parts, one after another, without joining them. `outside` is the digest stated
/// beside the algorithm, for identifiers that fix none (RFC 3370 §3.2).
#[must_use]
pub fn verify(
    key: Result<&PublicKey, &KeyError>,
    algorithm: &SignatureAlgorithm,
    outside: Option<Digest>,
    parts: &[&[u8]],
    value: &[u8],
) -> Verdict {
    let key = match key {
        Ok(key) => key,
        Err(KeyError::Unknown(oid)) => return Verdict::Unsupported(oid.clone()),
        Err(KeyError::Malformed) => return Verdict::Invalid,
    };
    let outcome = match (algorithm, key.kind) {
        (SignatureAlgorithm::Unknown(oid), _) => return Verdict::Unsupported(oid.clone()),
        (SignatureAlgorithm::RsaPkcs1(digest), KeyKind::Rsa { pss_only, .. }) if !pss_only => {
            let Some(digest) = digest.or(outside) else {
                return Verdict::Unsupported("rsaEncryption".to_owned());
            };
            raised(key, digest, parts, value)
        }
        (SignatureAlgorithm::RsaPss(used), KeyKind::Rsa { parameters, .. }) => {
            let allowed =
                parameters.is_none_or(|only| only.digest == used.digest && used.salt >= only.salt);
            if !allowed {
                return Verdict::Mismatch;
            }
            streamed(key, used.digest, Some(*used), parts, value)
        }
        (SignatureAlgorithm::Ecdsa(digest), KeyKind::P256 | KeyKind::P384 | KeyKind::P521) => {
            let Some(digest) = digest.or(outside) else {
                return Verdict::Unsupported("id-ecPublicKey".to_owned());
            };
            streamed(key, digest, None, parts, value)
        }
        (SignatureAlgorithm::Ed25519, KeyKind::Ed25519)
        | (SignatureAlgorithm::Ed448, KeyKind::Ed448) => one_shot(key, parts, value),
        _ => return Verdict::Mismatch,
    };
    match outcome {
        Ok(true) => Verdict::Valid,
        // OpenSSL answers a value of the wrong form with an error: the signature does not verify.
        Ok(false) | Err(_) => Verdict::Invalid,
    }
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): OpenSSL raises the value to the public exponent and takes the padding off, and what
/// is under it must be the one encoding of the digest, whole. That is what OpenSSL's own verification does after having
/// looked up key and algorithm by name, which costs half as much as the operation itself.
fn raised(
    key: &PublicKey,
    digest: Digest,
    parts: &[&[u8]],
    value: &[u8],
) -> Result<bool, ErrorStack> {
    let rsa = key.key.rsa()?;
    let mut block = vec![0; usize::try_from(rsa.size()).unwrap_or_default()];
    // Step 1: a value of another length is none, even where it stands for the same number.
    if value.len() != block.len() {
        return Ok(false);
    }
    let length = rsa.public_decrypt(value, &mut block, Padding::PKCS1)?;
    let expected = digest.info(&digest.of(parts)?);
    Ok(expected.is_some() && block.get(..length) == expected.as_deref())
}

fn streamed(
    key: &PublicKey,
    digest: Digest,
    pss: Option<PssParameters>,
    parts: &[&[u8]],
    value: &[u8],
) -> Result<bool, ErrorStack> {
    let mut verifier = Verifier::new(digest.openssl(), &key.key)?;
    if let Some(pss) = pss {
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        let salt = i32::try_from(pss.salt).unwrap_or(i32::MAX);
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt))?;
        verifier.set_rsa_mgf1_md(digest.openssl())?;
    }
    for part in parts {
        verifier.update(part)?;
    }
    verifier.verify(value)
}

fn one_shot(key: &PublicKey, parts: &[&[u8]], value: &[u8]) -> Result<bool, ErrorStack> {
    let mut verifier = Verifier::new_without_digest(&key.key)?;
    match parts {
        [only] => verifier.verify_oneshot(value, only),
        several => verifier.verify_oneshot(value, &several.concat()),
    }
}

/// The one form of a signature value that stands for all forms which verify alike. An ECDSA value (r, s) verifies as
/// (r, n − s) too, so that anybody can make a second value out of a first; the smaller s is taken. The other algorithms
/// have one form only, which OpenSSL insists on.
#[must_use]
pub fn canonical_value(key: &PublicKey, value: &[u8]) -> Vec<u8> {
    smaller_s(key, value)
        .ok()
        .flatten()
        .unwrap_or_else(|| value.to_vec())
}

fn smaller_s(key: &PublicKey, value: &[u8]) -> Result<Option<Vec<u8>>, ErrorStack> {
    if !matches!(key.kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521) {
        return Ok(None);
    }
    let elliptic = key.key.ec_key()?;
    let signature = EcdsaSig::from_der(value)?;
    let mut context = BigNumContext::new()?;
    let mut order = BigNum::new()?;
    elliptic.group().order(&mut order, &mut context)?;
    let mut other = BigNum::new()?;
    other.checked_sub(&order, signature.s())?;
    if other.is_negative() || *signature.s() <= *other {
        return Ok(None);
    }
    EcdsaSig::from_private_components(signature.r().to_owned()?, other)?
        .to_der()
        .map(Some)
}

/// Algorithm and key for the report: `rsa-2048`, `rsa-pss-2048`, `ecdsa-p256`, `ed25519`.
#[must_use]
pub fn algorithm_name(algorithm: &SignatureAlgorithm, kind: KeyKind) -> String {
    let pss = matches!(algorithm, SignatureAlgorithm::RsaPss(_));
    match kind {
        KeyKind::Rsa { bits, .. } if pss => format!("rsa-pss-{bits}"),
        KeyKind::Rsa { bits, .. } => format!("rsa-{bits}"),
        KeyKind::P256 => "ecdsa-p256".to_owned(),
        KeyKind::P384 => "ecdsa-p384".to_owned(),
        KeyKind::P521 => "ecdsa-p521".to_owned(),
        KeyKind::Ed25519 => "ed25519".to_owned(),
        KeyKind::Ed448 => "ed448".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use openssl::sign::Signer;

    use super::*;
    use crate::verify::forge::{Spec, Subject, issue};

    #[test]
    fn both_forms_of_an_ecdsa_value_are_one_value() {
        let person = Subject::new("Ana");
        let certificate = issue(&person, &person, Spec::default());
        let key = certificate.key().unwrap();
        let value = certificate.signature();
        let signature = EcdsaSig::from_der(value).unwrap();
        let mut context = BigNumContext::new().unwrap();
        let mut order = BigNum::new().unwrap();
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        group.order(&mut order, &mut context).unwrap();
        let mut other_s = BigNum::new().unwrap();
        other_s.checked_sub(&order, signature.s()).unwrap();
        let other = EcdsaSig::from_private_components(signature.r().to_owned().unwrap(), other_s)
            .unwrap()
            .to_der()
            .unwrap();
        assert_ne!(other, value);
        let verdict = |value: &[u8]| {
            verify(
                Ok(key),
                certificate.algorithm(),
                None,
                &[certificate.tbs()],
                value,
            )
        };
        assert_eq!(verdict(value), Verdict::Valid);
        assert_eq!(verdict(&other), Verdict::Valid, "which is why it matters");
        assert_eq!(canonical_value(key, value), canonical_value(key, &other));
    }

    /// RFC 8017 §8.2.2 and §9.2: one value, one block and one encoding of the digest; nothing more, less or in another place
    /// (Bleichenbacher's forgery of 2006 hides what it computes behind a digest that is not at the end).
    #[test]
    fn an_rsa_value_holds_the_digest_and_nothing_else() {
        let rsa = Rsa::generate(2048).unwrap();
        let pair = PKey::from_rsa(rsa.clone()).unwrap();
        let numbers = [rsa.n().to_vec(), rsa.e().to_vec()];
        let integer = |number: &Vec<u8>| encode(tag::INTEGER, &[&[0], number.as_slice()].concat());
        let bits = encode(
            tag::SEQUENCE,
            &[integer(&numbers[0]), encode(tag::INTEGER, &numbers[1])].concat(),
        );
        let key = super::rsa(&bits, false, None).unwrap();
        let verdict = |digest, value: &[u8]| {
            let algorithm = SignatureAlgorithm::RsaPkcs1(Some(digest));
            verify(Ok(&key), &algorithm, None, &[b"a ", b"letter"], value)
        };
        for (_, digest, name) in DIGESTS {
            if *digest == Digest::Shake256 {
                assert_eq!(verdict(*digest, &[1; 256]), Verdict::Invalid, "{name}");
                continue;
            }
            // As OpenSSL's own signer writes it.
            let mut signer = Signer::new(digest.openssl(), &pair).unwrap();
            let value = signer.sign_oneshot_to_vec(b"a letter").unwrap();
            assert_eq!(verdict(*digest, &value), Verdict::Valid, "{name}");
            let mut other = value.clone();
            other[255] ^= 1;
            assert_eq!(verdict(*digest, &other), Verdict::Invalid, "{name}");
        }
        let hash = Digest::Sha256.of(&[b"a letter"]).unwrap();
        let info = Digest::Sha256.info(&hash).unwrap();
        let sign = |text: &[u8], padding| {
            let mut value = vec![0; 256];
            let length = rsa.private_encrypt(text, &mut value, padding).unwrap();
            assert_eq!(length, 256);
            value
        };
        let padded = |text: &[u8]| sign(text, Padding::PKCS1);
        let block = |before: &[u8], after: &[u8]| {
            let mut block = before.to_vec();
            block.extend_from_slice(&info);
            block.extend_from_slice(after);
            block.resize(256, 0xff);
            sign(&block, Padding::NONE)
        };
        assert_eq!(verdict(Digest::Sha256, &padded(&info)), Verdict::Valid);
        let without_null = encode(
            tag::SEQUENCE,
            &[
                encode(tag::SEQUENCE, &info[4..15]),
                encode(tag::OCTET_STRING, &hash),
            ]
            .concat(),
        );
        let mut short_padding = vec![0, 1];
        short_padding.extend([0xff; 8]);
        short_padding.push(0);
        let mut of_encryption = vec![0, 2];
        of_encryption.extend([0xff; 202]);
        of_encryption.push(0);
        let refused = [
            (padded(&hash), "the digest alone"),
            (padded(&info[..50]), "a digest cut short"),
            (
                padded(&[info.as_slice(), &[0]].concat()),
                "a byte behind it",
            ),
            (
                padded(&[&[0], info.as_slice()].concat()),
                "a byte before it",
            ),
            (padded(&without_null), "another encoding of the algorithm"),
            (block(&short_padding, b"garbage"), "garbage behind it"),
            (block(&of_encryption, b""), "the padding of encryption"),
            (
                padded(&Digest::Sha256.info(&[7; 32]).unwrap()),
                "another digest",
            ),
        ];
        for (value, why) in refused {
            assert_eq!(verdict(Digest::Sha256, &value), Verdict::Invalid, "{why}");
        }
        let value = padded(&info);
        let longer = [&[0], value.as_slice()].concat();
        for value in [&longer, &value[1..].to_vec(), &Vec::new()] {
            assert_eq!(verdict(Digest::Sha256, value), Verdict::Invalid);
        }
        // The same number in fewer octets: until a value begins with a zero, which one in 256 does.
        let shorter = (0u32..).find_map(|count| {
            let mut signer = Signer::new(MessageDigest::sha256(), &pair).unwrap();
            let text = count.to_string();
            let value = signer.sign_oneshot_to_vec(text.as_bytes()).unwrap();
            (value[0] == 0).then_some((text, value))
        });
        let (text, value) = shorter.unwrap();
        let verdict = |value: &[u8]| {
            let algorithm = SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha256));
            verify(Ok(&key), &algorithm, None, &[text.as_bytes()], value)
        };
        assert_eq!(verdict(&value), Verdict::Valid);
        assert_eq!(verdict(&value[1..]), Verdict::Invalid);
    }

    /// RFC 8017 §3.1, RFC 4055 §1.2 and §3.1: what no honest key or signature has, and what a key is restricted to.
    #[test]
    fn odd_keys_and_parameters_are_refused() {
        let sequence = |parts: &[&[u8]]| encode(tag::SEQUENCE, &parts.concat());
        let hex = |text: &str| hex::decode(text).unwrap();
        let parameters = |salt: &[u8], trailer: u8| {
            let sha256 = hex("300d06096086480165030402010500");
            let mask = sequence(&[&hex("06092a864886f70d010108"), &sha256]);
            sequence(&[
                &encode(tag::context(0), &sha256),
                &encode(tag::context(1), &mask),
                &encode(tag::context(2), &encode(tag::INTEGER, salt)),
                &encode(tag::context(3), &[2, 1, trailer]),
            ])
        };
        let with_salt = |salt: &[u8], trailer| {
            let parameters = parameters(salt, trailer);
            sequence(&[&hex("06092a864886f70d01010a"), &parameters])
        };
        let pss = |trailer| with_salt(&[32], trailer);
        let plain = sequence(&[&hex("06092a864886f70d010101"), &[5, 0]]);
        let read = |algorithm: &[u8], modulus: &[u8], exponent: &[u8]| {
            let modulus = encode(tag::INTEGER, &[&[0], modulus].concat());
            let key = sequence(&[&modulus, &encode(tag::INTEGER, exponent)]);
            let bits = encode(tag::BIT_STRING, &[&[0], key.as_slice()].concat());
            PublicKey::read(&sequence(&[algorithm, &bits]))
        };
        let (modulus, exponent) = ([0xff; 256], [1, 0, 1]);
        assert!(read(&plain, &modulus, &exponent).is_ok());
        let even = [[0xff; 255].as_slice(), &[0xfe]].concat();
        let refused: [(&[u8], &[u8], &str); 5] = [
            (&even, &exponent, "an even modulus"),
            (&modulus, &[1, 0, 0], "an even exponent"),
            (&modulus, &[1], "an exponent that changes nothing"),
            (&modulus, &[1; 9], "an exponent of 65 bits"),
            (&[0xff; 1025], &exponent, "longer than is bearable"),
        ];
        for (modulus, exponent, why) in refused {
            let error = read(&plain, modulus, exponent).err();
            assert_eq!(error, Some(KeyError::Malformed), "{why}");
        }

        // The point at infinity lies on every curve and is nobody's key.
        let curve = sequence(&[&hex("06072a8648ce3d0201"), &hex("06082a8648ce3d030107")]);
        let nowhere = sequence(&[&curve, &encode(tag::BIT_STRING, &[0, 0])]);
        assert_eq!(PublicKey::read(&nowhere).err(), Some(KeyError::Malformed));

        let used = SignatureAlgorithm::read(&pss(1));
        assert!(matches!(used, SignatureAlgorithm::RsaPss(_)));
        let odd = SignatureAlgorithm::read(&pss(2));
        assert!(matches!(odd, SignatureAlgorithm::Unknown(_)), "a trailer");
        let other_mask = pss(1)
            .windows(2)
            .rposition(|pair| pair == [0x01, 0x08])
            .map(|last| {
                let mut bytes = pss(1);
                bytes[last + 1] = 9;
                bytes
            });
        let odd = SignatureAlgorithm::read(&other_mask.unwrap());
        assert!(matches!(odd, SignatureAlgorithm::Unknown(_)), "a mask");
        for (salt, known) in [(&[2, 0], true), (&[2, 1], false)] {
            let read = SignatureAlgorithm::read(&with_salt(salt, 1));
            let is_known = matches!(read, SignatureAlgorithm::RsaPss(_));
            assert_eq!(is_known, known, "a salt of {salt:?}");
        }
        let restricted = read(&pss(1), &modulus, &exponent).unwrap();
        let verdict = |algorithm: &SignatureAlgorithm| {
            verify(Ok(&restricted), algorithm, None, &[b"x"], &[1; 256])
        };
        assert_eq!(verdict(&used), Verdict::Invalid);
        let other = PssParameters {
            digest: Digest::Sha512,
            salt: 64,
        };
        assert_eq!(
            verdict(&SignatureAlgorithm::RsaPss(other)),
            Verdict::Mismatch
        );
        let short = PssParameters {
            digest: Digest::Sha256,
            salt: 20,
        };
        assert_eq!(
            verdict(&SignatureAlgorithm::RsaPss(short)),
            Verdict::Mismatch
        );
        let older = SignatureAlgorithm::RsaPkcs1(Some(Digest::Sha256));
        assert_eq!(verdict(&older), Verdict::Mismatch);
    }
}
