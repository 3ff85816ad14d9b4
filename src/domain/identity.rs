//! Identity numbers of Ecuador: cédula, passport, RUC and branch. Shapes are enforced, check digits never are:
//! living companies fail the old rule (DESIGN M), so a wrong digit is a hint for a typing error, not a refusal.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not an identity number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// A RUC has thirteen ASCII digits.
    #[error("a RUC has 13 digits")]
    NotARuc,
    /// A branch (*sucursal*) has one to four ASCII digits.
    #[error("a branch has 4 digits")]
    NotABranch,
    /// An identity document has 5 to 20 letters or digits.
    #[error("an identity document has 5 to 20 letters or digits")]
    NotADocument,
}

/// Taxpayer number (*Registro Único de Contribuyentes*): thirteen ASCII digits. Household employers use their
/// cédula followed by `000`, natural persons by `001`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Ruc(String);

impl Ruc {
    /// The thirteen digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits: the cédula of a natural person or household employer, meaningless for a company.
    #[must_use]
    pub fn first_ten(&self) -> &str {
        &self.0[..10]
    }

    /// Whether the number has the form of a natural person's (`…001`) or household employer's (`…000`) RUC built on
    /// this very cédula.
    #[must_use]
    pub fn belongs_to_person(&self, document: &IdentityDocument) -> bool {
        matches!(&self.0[10..], "000" | "001") && document.as_str() == self.first_ten()
    }

    /// Whether it looks like a person's: built on a cédula, as far as its shape tells. Third digits of cédulas go up to 6; a public
    /// body's RUC with 6 looks so too.
    #[must_use]
    pub fn looks_like_a_persons(&self) -> bool {
        match &self.0[10..] {
            "000" => true,
            "001" => matches!(self.0.as_bytes()[2], b'0'..=b'6'),
            _ => false,
        }
    }

    /// Whether it was rather mistyped: it looks like a person's, and its cédula fails its check digit. A hint, which whoever typed it
    /// may pass over. Public bodies, whose numbers have a 6 in third place and end with `0001`, have no cédula.
    #[must_use]
    pub fn may_be_mistyped(&self) -> bool {
        let public_body = self.0.as_bytes()[2] == b'6' && self.0.ends_with("0001");
        self.looks_like_a_persons() && !public_body && !cedula_check_digit_matches(self.first_ten())
    }

    /// The same cédula with the other ending of a person: `001` for `000`, and `000` for `001`.
    #[must_use]
    pub fn other_ending(&self) -> Option<Self> {
        let other = match &self.0[10..] {
            "000" => "001",
            "001" => "000",
            _ => return None,
        };
        Some(Self(format!("{}{other}", self.first_ten())))
    }
}

impl FromStr for Ruc {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        if text.len() == 13 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdentityError::NotARuc)
        }
    }
}

/// Branch of an employer (*sucursal*), four digits; `0001` is the main one.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct BranchCode(String);

impl BranchCode {
    /// The four digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for BranchCode {
    fn default() -> Self {
        Self("0001".to_owned())
    }
}

impl FromStr for BranchCode {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentityError::NotABranch);
        }
        Ok(Self(format!("{text:0>4}")))
    }
}

/// Number of a person's identity document, upper-case, without prefixes such as `IDCEC-`: a cédula when it is ten
/// ASCII digits, otherwise a passport or foreigner's code.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct IdentityDocument(String);

impl IdentityDocument {
    /// The number as compared: upper-case ASCII letters and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the shape of a cédula: ten ASCII digits.
    #[must_use]
    pub fn is_cedula(&self) -> bool {
        self.0.len() == 10 && self.0.bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether it is no person's: the number of a company, which may represent another one.
    #[must_use]
    pub fn is_ruc(&self) -> bool {
        self.0.parse::<Ruc>().is_ok()
    }
}

impl FromStr for IdentityDocument {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let number: String = text.trim().to_ascii_uppercase();
        if (5..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(number))
        } else {
            Err(IdentityError::NotADocument)
        }
    }
}

/// Whether the tenth digit of a cédula is the modulo-10 check digit of the other nine (weights 2, 1, 2, …).
/// `false` is a hint that somebody mistyped, never a reason to refuse.
#[must_use]
pub fn cedula_check_digit_matches(digits: &str) -> bool {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let [body @ .., check] = digits.as_slice() else {
        return false;
    };
    if body.len() != 9 {
        return false;
    }
    let sum: u32 = body
        .iter()
        .zip([2, 1].iter().cycle())
        .map(|(digit, weight)| {
            let product = digit * weight;
            if product > 9 { product - 9 } else { product }
        })
        .sum();
    (10 - sum % 10) % 10 == *check
}

macro_rules! text_value {
    ($($type:ty),+) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $type {
            type Error = IdentityError;
            fn try_from(text: String) -> Result<Self, IdentityError> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0
            }
        }
    )+};
}
text_value!(Ruc, BranchCode, IdentityDocument);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruc_is_thirteen_ascii_digits_whatever_its_check_digit() {
        const VECTORS: &[(&str, bool, &str)] = &[
            (
                "1793213150001",
                true,
                "a shape that fails modulo 11, as living S.A.S. do",
            ),
            ("0102030405000", true, "household employer: cédula + 000"),
            (" 1790993949001 ", true, "blanks around are forgiven"),
            ("179099394900", false, "twelve digits"),
            ("17909939490011", false, "fourteen digits"),
            ("١٧٩٠٩٩٣٩٤٩٠٠١", false, "digits, but not ASCII"),
        ];
        for (text, accepted, why) in VECTORS {
            assert_eq!(text.parse::<Ruc>().is_ok(), *accepted, "{why}: {text:?}");
        }
    }

    #[test]
    fn a_branch_is_padded_to_four_digits() {
        assert_eq!("1".parse::<BranchCode>().unwrap(), BranchCode::default());
        assert!("12345".parse::<BranchCode>().is_err());
        assert!("".parse::<BranchCode>().is_err());
    }

    #[test]
    fn a_persons_ruc_is_recognised_by_the_cedula() {
        let cedula: IdentityDocument = "0102030405".parse().unwrap();
        assert!(
            "0102030405000"
                .parse::<Ruc>()
                .unwrap()
                .belongs_to_person(&cedula)
        );
        assert!(
            "0102030405001"
                .parse::<Ruc>()
                .unwrap()
                .belongs_to_person(&cedula)
        );
        assert!(
            !"0102030405002"
                .parse::<Ruc>()
                .unwrap()
                .belongs_to_person(&cedula)
        );
        assert!(
            !"0102030406001"
                .parse::<Ruc>()
                .unwrap()
                .belongs_to_person(&cedula)
        );
    }

    #[test]
    fn a_slip_is_seen_where_a_cedula_has_a_check_digit_and_nowhere_else() {
        const VECTORS: &[(&str, bool, &str)] = &[
            ("0102030400001", false, "a person's"),
            ("0102030400000", false, "a household's"),
            ("0102030401001", true, "another last digit of the cédula"),
            ("0102030040001", true, "two digits changed places"),
            ("0102030401000", true, "a household's"),
            (
                "1793213150001",
                false,
                "a company's: living ones fail their rule",
            ),
            ("1760003410001", false, "a public body's"),
            ("0102030401002", false, "nobody's ending"),
        ];
        for (text, expected, why) in VECTORS {
            let ruc: Ruc = text.parse().unwrap();
            assert_eq!(ruc.may_be_mistyped(), *expected, "{why}: {text}");
        }
    }

    #[test]
    fn check_digits_are_hints() {
        assert!(cedula_check_digit_matches("0102030400"));
        assert!(!cedula_check_digit_matches("0102030405"));
        assert!(!cedula_check_digit_matches("01020304"));
    }
}
