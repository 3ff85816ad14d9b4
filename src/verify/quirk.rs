//! Rules that real CA certificates break, recognised one by one. Whether one is forgiven is data: `tolerances` of the
//! certificate's own row in `certs/ecuador.toml`, with the rule it breaks and who breaks it (STYLE §3).

use serde::{Deserialize, Serialize};

use super::asn1::{Element, Reader, tag};
use super::certificate::Certificate;

/// A rule that a CA certificate breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// RFC 5280 §6.1.4 (k): of version 1, so that nothing says it is a CA (AppFirmas 2025).
    #[serde(rename = "version_1")]
    Version1,
    /// RFC 5280 §4.2.1.9: `basicConstraints` must be critical (Banco Central; Security Data 2011 and SUBCA-1).
    BasicConstraintsNotCritical,
    /// ITU-T X.680 §41.4: bytes above 127 inside a `VisibleString` (ArgosData 2026, Lazzate, PrimeCoreLat).
    Utf8InVisibleString,
    /// RFC 5280 §4.2.1.1: two subordinates with one name and different keys (Banco Central).
    SharedName,
}

impl Quirk {
    /// As written in the table and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Version1 => "version_1",
            Self::BasicConstraintsNotCritical => "basic_constraints_not_critical",
            Self::Utf8InVisibleString => "utf8_in_visible_string",
            Self::SharedName => "shared_name",
        }
    }
}

/// The rules that `certificate`, a CA's, breaks by itself.
#[must_use]
pub fn of(certificate: &Certificate) -> Vec<Quirk> {
    let mut found = Vec::new();
    if certificate.version() < 3 {
        found.push(Quirk::Version1);
    }
    if has_uncritical_constraints(certificate) {
        found.push(Quirk::BasicConstraintsNotCritical);
    }
    if Element::only(certificate.tbs()).is_ok_and(|tbs| has_odd_visible_string(tbs.inside(), 0)) {
        found.push(Quirk::Utf8InVisibleString);
    }
    found
}

fn has_uncritical_constraints(certificate: &Certificate) -> bool {
    certificate.is_ca() && !certificate.is_critical(BASIC_CONSTRAINTS)
}

const BASIC_CONSTRAINTS: &str = "2.5.29.19";

const VISIBLE_STRING: u8 = 0x1a;

/// A certificate nests names and extensions about eight levels deep.
const DEEPEST: u32 = 16;

/// Looks into constructed elements, and into extension values, which are OCTET STRINGs with DER inside.
fn has_odd_visible_string(mut reader: Reader<'_>, depth: u32) -> bool {
    if depth > DEEPEST {
        return false;
    }
    while let Ok(Some(element)) = reader.next_if_any() {
        let odd = match element.tag {
            VISIBLE_STRING => !element.body.is_ascii(),
            tag::OCTET_STRING => Element::only(element.body).is_ok_and(|inside| {
                has_odd_visible_string(inside.inside(), depth.saturating_add(1))
            }),
            constructed if constructed & 0x20 != 0 => {
                has_odd_visible_string(element.inside(), depth.saturating_add(1))
            }
            _ => false,
        };
        if odd {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::forge::{Spec, Subject, ca, extension, issue};

    #[test]
    fn each_quirk_is_seen_and_a_sound_certificate_has_none() {
        let root = Subject::new("Raíz");
        assert_eq!(of(&issue(&root, &root, ca())), []);
        let old = Spec {
            version: 0,
            ..Spec::default()
        };
        assert_eq!(of(&issue(&root, &root, old)), [Quirk::Version1]);
        let uncritical = Spec {
            extra: vec![extension("2.5.29.19", false, "30030101ff")],
            ..Spec::default()
        };
        assert_eq!(
            of(&issue(&root, &root, uncritical)),
            [Quirk::BasicConstraintsNotCritical]
        );
        // certificatePolicies with a userNotice whose explicitText is a VisibleString holding «ñ» in UTF-8.
        let notice =
            "301c301a06022a03301430120 6082b060105050702023006 1a04c3b16162".replace(' ', "");
        let worded = Spec {
            extra: vec![extension("2.5.29.32", false, &notice)],
            ..ca()
        };
        assert_eq!(
            of(&issue(&root, &root, worded)),
            [Quirk::Utf8InVisibleString]
        );
    }
}
