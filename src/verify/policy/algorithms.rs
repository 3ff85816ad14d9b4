//! Which algorithms and key sizes are refused, from when, and by which document. What is in no row is accepted, if
//! `crypto` knows it at all.
//!
//! A rule counts at the time of reception; a proof of existence from before its date makes it a doubt (`past`). RSASSA-PSS
//! needs no row: MGF1 with another digest is not known to `crypto`, and the length of the salt is no weakness (RFC 8017
//! §9.1 allows any, FIPS 186-5 §5.4 from nothing to the length of the digest).

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::Offset;

use crate::verify::crypto::{Digest, KeyError, KeyKind};
use crate::verify::report::{Code, Finding};

/// A digest that is refused, from when, by which document.
struct RefusedDigest {
    digest: Digest,
    from: Date,
    source: &'static str,
}

const REFUSED_DIGESTS: &[RefusedDigest] = &[
    RefusedDigest {
        digest: Digest::Md5,
        from: date(2009, 1, 1),
        source: "RFC 6151 §2; collisions used against a CA in December 2008",
    },
    RefusedDigest {
        digest: Digest::Sha1,
        from: date(2014, 1, 1),
        source: "NIST SP 800-131A Rev. 1 §3: disallowed for signatures after 2013",
    },
];

/// Shorter keys are refused from a date on.
struct Minimum {
    bits: u32,
    from: Date,
    source: &'static str,
}

/// Of RSA moduli, later rows first.
const RSA: &[Minimum] = &[
    Minimum {
        bits: 2048,
        from: date(2014, 1, 1),
        source: "NIST SP 800-131A Rev. 1 §3; ETSI TS 119 312",
    },
    Minimum {
        bits: 1024,
        from: date(2011, 1, 1),
        source: "NIST SP 800-131A §3: less than 80 bits of security after 2010",
    },
];

/// Of elliptic curves, later rows first.
const CURVES: &[Minimum] = &[
    Minimum {
        bits: 256,
        from: date(2017, 5, 1),
        source: "ETSI TS 119 312 V1.2.1: no curve below 256 bits",
    },
    Minimum {
        bits: 224,
        from: date(2014, 1, 1),
        source: "NIST SP 800-131A Rev. 1 §3",
    },
];

/// Curves that are too short to be built in, by identifier, with their bits (SEC 2, RFC 5639).
const SHORT_CURVES: &[(&str, u32)] = &[
    ("1.2.840.10045.3.1.1", 192),
    ("1.2.840.10045.3.1.2", 192),
    ("1.2.840.10045.3.1.3", 192),
    ("1.3.132.0.6", 112),
    ("1.3.132.0.8", 160),
    ("1.3.132.0.9", 160),
    ("1.3.132.0.30", 160),
    ("1.3.132.0.28", 128),
    ("1.3.132.0.31", 192),
    ("1.3.132.0.32", 224),
    ("1.3.132.0.33", 224),
    ("1.3.132.0.1", 163),
    ("1.3.132.0.15", 163),
    ("1.3.36.3.3.2.8.1.1.1", 160),
    ("1.3.36.3.3.2.8.1.1.3", 192),
    ("1.3.36.3.3.2.8.1.1.5", 224),
];

/// Checks a digest at the time that counts.
#[must_use]
pub fn check_digest(digest: Digest, subject: &str, at: Timestamp) -> Option<Finding> {
    // SHA-224 is in no list of ours (ETSI TS 119 312 does not recommend it, NIST still allows it): a person decides.
    if digest == Digest::Sha224 {
        return Some(
            Finding::new(Code::AlgorithmUnsupported, subject).fact("algorithm", digest.name()),
        );
    }
    let refused = REFUSED_DIGESTS
        .iter()
        .find(|refused| refused.digest == digest && since(refused.from, at))?;
    Some(
        Finding::new(Code::AlgorithmWeak, subject)
            .fact("algorithm", digest.name())
            .fact("refused_from", refused.from.to_string())
            .fact("source", refused.source),
    )
}

/// Checks the size of a key at the time that counts. The other kinds that are known are long enough.
#[must_use]
pub fn check_key(kind: KeyKind, subject: &str, at: Timestamp) -> Option<Finding> {
    match kind {
        KeyKind::Rsa { bits, .. } => check_length(RSA, bits, subject, at),
        _ => None,
    }
}

/// What is held against a key that can't be used: a curve that is too short, or just not known.
#[must_use]
pub fn check_unusable_key(error: &KeyError, subject: &str, at: Timestamp) -> Finding {
    let short = match error {
        KeyError::Unknown(oid) => SHORT_CURVES.iter().find(|(curve, _)| curve == oid),
        KeyError::Malformed => None,
    };
    short
        .and_then(|(_, bits)| check_length(CURVES, *bits, subject, at))
        .unwrap_or_else(|| {
            Finding::new(Code::AlgorithmUnsupported, subject).fact("key", error.to_string())
        })
}

/// The first row that refuses, which is the one that asks for most.
fn check_length(rows: &[Minimum], bits: u32, subject: &str, at: Timestamp) -> Option<Finding> {
    let row = rows
        .iter()
        .find(|row| bits < row.bits && since(row.from, at))?;
    // A proof from before the earliest row that refuses this length may help (`past`).
    let from = rows
        .iter()
        .filter(|row| bits < row.bits)
        .map(|row| row.from)
        .min()
        .unwrap_or(row.from);
    Some(
        Finding::new(Code::AlgorithmKeyTooShort, subject)
            .fact("bits", bits)
            .fact("minimum", row.bits)
            .fact("refused_from", from.to_string())
            .fact("source", row.source),
    )
}

fn since(from: Date, at: Timestamp) -> bool {
    Offset::UTC.to_datetime(at).date() >= from
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = Box<dyn Fn(Timestamp) -> Option<Finding>>;

    #[test]
    fn each_refusal_has_its_day() {
        use Code::{
            AlgorithmKeyTooShort as Short, AlgorithmUnsupported as Unknown, AlgorithmWeak as Weak,
        };
        let rsa = |bits| {
            move |at| {
                let kind = KeyKind::Rsa {
                    bits,
                    pss_only: false,
                    parameters: None,
                };
                check_key(kind, "", at)
            }
        };
        let digest = |digest| move |at| check_digest(digest, "", at);
        let curve = |oid: &'static str| {
            move |at| {
                Some(check_unusable_key(
                    &KeyError::Unknown(oid.to_owned()),
                    "",
                    at,
                ))
            }
        };
        let cases: Vec<(Check, &str, Option<Code>)> = vec![
            (Box::new(digest(Digest::Md5)), "2008-12-31", None),
            (Box::new(digest(Digest::Md5)), "2009-01-01", Some(Weak)),
            (Box::new(digest(Digest::Sha1)), "2013-12-31", None),
            (Box::new(digest(Digest::Sha1)), "2014-01-01", Some(Weak)),
            (
                Box::new(digest(Digest::Sha224)),
                "2026-01-01",
                Some(Unknown),
            ),
            (Box::new(digest(Digest::Sha256)), "2026-01-01", None),
            (Box::new(digest(Digest::Sha3_512)), "2026-01-01", None),
            (Box::new(rsa(512)), "2010-12-31", None),
            (Box::new(rsa(512)), "2011-01-01", Some(Short)),
            (Box::new(rsa(1024)), "2013-12-31", None),
            (Box::new(rsa(1024)), "2014-01-01", Some(Short)),
            (Box::new(rsa(2047)), "2026-01-01", Some(Short)),
            (Box::new(rsa(2048)), "2026-01-01", None),
            (
                Box::new(curve("1.2.840.10045.3.1.1")),
                "2013-12-31",
                Some(Unknown),
            ),
            (
                Box::new(curve("1.2.840.10045.3.1.1")),
                "2014-01-01",
                Some(Short),
            ),
            (Box::new(curve("1.3.132.0.33")), "2017-04-30", Some(Unknown)),
            (Box::new(curve("1.3.132.0.33")), "2017-05-01", Some(Short)),
            // secp256k1 is long enough, and not built in.
            (Box::new(curve("1.3.132.0.10")), "2026-01-01", Some(Unknown)),
            // DSA.
            (
                Box::new(curve("1.2.840.10040.4.1")),
                "2026-01-01",
                Some(Unknown),
            ),
        ];
        for (index, (check, day, expected)) in cases.iter().enumerate() {
            let at = format!("{day}T12:00:00Z").parse().unwrap();
            let found = check(at).map(|finding| finding.code);
            assert_eq!(found, *expected, "row {index} on {day}");
        }
    }
}
