//! Employers and the people who may sign for them, as the operator's registry knows them at a date.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, BranchCode, IdentityDocument, Ruc, closed_list, post};

/// Why a text is not a value of the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseEmployerError {
    /// Not an address we could send to.
    #[error("not an e-mail address")]
    Email,
    /// A word outside the closed list of the column.
    #[error("unknown {column}: {word}")]
    Word {
        /// The column that holds it.
        column: &'static str,
        /// What stood there.
        word: String,
    },
}

/// An e-mail address: one `@`, a domain with a dot, ASCII without blanks or control characters (so that no header
/// can be injected), at most 254 characters (RFC 5321 §4.5.3.1.3). The domain is kept in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as mails use it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as a page may show it: first character and domain, `n•••••@example.ec`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or(("", &self.0));
        let first: String = local.chars().take(1).collect();
        format!("{first}•••••@{domain}")
    }

    /// What was rather meant, where the domain is a near miss of a mailbox that everybody uses, or ends in what is no domain of the
    /// world. A hint, which whoever typed it may pass over.
    #[must_use]
    pub fn rather(&self) -> Option<Self> {
        let (local, domain) = self.0.split_once('@')?;
        let (name, ending) = domain.rsplit_once('.')?;
        // The root zone has none of these endings.
        let ending = match ending {
            "con" | "cmo" | "ocm" | "comm" | "cim" | "vom" | "xom" => "com",
            ending => ending,
        };
        let name = NEAR_MISSES
            .iter()
            .find(|(_, misses)| misses.contains(&name))
            .map_or(name, |(meant, _)| meant);
        // `.co` is Colombia's, where none of these has mailboxes.
        let ending = match (name, ending) {
            ("gmail" | "hotmail" | "outlook", "co" | "om" | "cm") => "com",
            (_, ending) => ending,
        };
        let meant = format!("{local}@{name}.{ending}");
        (meant != self.0).then_some(Self(meant))
    }
}

/// What fingers make of the names of the four mailboxes. Each is one slip away; names that somebody uses are not among them.
const NEAR_MISSES: [(&str, &[&str]); 4] = [
    (
        "gmail",
        &[
            "gmial", "gmai", "gmal", "gmil", "gamil", "gmaill", "gmaiil", "gmmail", "ggmail",
            "gnail", "gmali", "gmaul", "gmsil", "gimail", "gemail", "gmeil", "hmail", "fmail",
        ],
    ),
    (
        "hotmail",
        &[
            "hotmal", "hotmai", "hotmial", "hotmil", "hotmaill", "hotmali", "hotnail", "hormail",
            "homail", "htomail", "hotamil", "hottmail", "hotmeil", "otmail", "jotmail", "hitmail",
            "hoymail",
        ],
    ),
    (
        "outlook",
        &[
            "outlok", "outloo", "outlool", "outllok", "oulook", "outook", "otlook", "outlock",
            "outlokk", "outloook", "autlook", "oulutok", "outlouk",
        ],
    ),
    (
        "yahoo",
        &[
            "yaho", "yahooo", "yhoo", "yahho", "yhaoo", "yaoo", "yaho0", "yahu", "jahoo", "yajoo",
        ],
    ),
];

impl FromStr for EmailAddress {
    type Err = ParseEmployerError;

    fn from_str(text: &str) -> Result<Self, ParseEmployerError> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(ParseEmployerError::Email)?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b));
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label_ok);
        if local_ok && domain_ok && text.len() <= 254 {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(ParseEmployerError::Email)
        }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = ParseEmployerError;

    fn try_from(text: String) -> Result<Self, ParseEmployerError> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(value: EmailAddress) -> Self {
        value.0
    }
}

// An address is personal data: it prints masked unless somebody asks for `as_str`.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

closed_list!(
    /// What kind of employer it is; taken from the registry, never from the digits of the RUC.
    EmployerKind, ParseEmployerError, |word| ParseEmployerError::Word { column: "kind", word: word.to_owned() }, {
        /// Company (*S.A.*, *Cía. Ltda.* …).
        Company = "company",
        /// Simplified company (*S.A.S.*).
        Sas = "sas",
        /// Public body.
        PublicBody = "public_body",
        /// Natural person: RUC = cédula + `001`.
        NaturalPerson = "natural_person",
        /// Household employer (*patrono de hogar*): cédula + `000`.
        Household = "household",
    }
);

closed_list!(
    /// State of the employer in the taxpayer catalogue.
    EmployerState, ParseEmployerError, |word| ParseEmployerError::Word { column: "state", word: word.to_owned() }, {
        /// *ACTIVO*.
        Active = "active",
        /// *SUSPENDIDO*.
        Suspended = "suspended",
        /// *PASIVO*.
        Closed = "closed",
    }
);

closed_list!(
    /// Whether a representative signs alone or together with others.
    RepresentationMode, ParseEmployerError, |word| ParseEmployerError::Word { column: "mode", word: word.to_owned() }, {
        /// One signature is enough.
        Sole = "sole",
        /// Several are needed (*representación conjunta*).
        Joint = "joint",
    }
);

impl RepresentationMode {
    /// Whether a petition can need so many signatures by this mode: alone is one, and more than nine was never seen.
    #[must_use]
    pub fn allows(self, signatures: u8) -> bool {
        match self {
            Self::Sole => signatures == 1,
            Self::Joint => (2..=9).contains(&signatures),
        }
    }
}

/// In which quality somebody represents an employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Legal representative, highest authority of a public body, natural person: whoever the law or the statutes name.
    Administrator,
    /// Acts by a power of attorney (*apoderado*, *mandatario*, *procurador*): only as far and as long as the power goes.
    Attorney,
    /// Represents an employer in liquidation, in place of its administrators (*liquidador*).
    Liquidator,
    /// The post is none that is known to represent anybody: a person must read what the register means by it.
    Unrecognised,
}

/// A person who may sign for an employer during a term of office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegalRepresentative {
    /// Cédula or passport: what a signer is matched by.
    pub document: IdentityDocument,
    /// Full name as the registry writes it: shown, never matched by the machine.
    pub name: String,
    /// Post (*cargo*), for example «Gerente General».
    pub post: String,
    /// First day of the term.
    pub from: Date,
    /// Last day of the term; `None` is open-ended.
    pub to: Option<Date>,
    /// Alone or with others.
    pub mode: RepresentationMode,
    /// How many different representatives must sign the same petition; 1 when `mode` is sole.
    pub required_signatures: u8,
    /// What a power of attorney covers; `None` when the registry does not say, and for everybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<Action>>,
    /// Where the operator has it from (deed, register entry …).
    pub source: String,
    /// First day out of office because a newer table of the operator no longer lists this row; kept as history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
}

impl LegalRepresentative {
    /// The quality in which the row says that somebody signs. Whatever the post is called, a row with limits is a power: of no
    /// other office the register says what it covers.
    #[must_use]
    pub fn role(&self) -> Role {
        match &self.scope {
            Some(_) => Role::Attorney,
            None => self.post_quality(),
        }
    }

    /// The quality that the post alone names.
    #[must_use]
    pub fn post_quality(&self) -> Role {
        post::quality(&self.post)
    }

    /// Whether `day` (in Ecuador) lies inside the term.
    #[must_use]
    pub fn in_office(&self, day: Date) -> bool {
        self.from <= day && self.last_day().is_none_or(|last| day <= last)
    }

    /// The last day in office, by the term or because a newer table ended it; `None` is open-ended.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        let before_end = self.ended.map(|day| day.yesterday().unwrap_or(Date::MIN));
        match (self.to, before_end) {
            (Some(to), Some(before)) => Some(to.min(before)),
            (to, before) => to.or(before),
        }
    }
}

/// A representative of whom only the name is known, from an open table: something to show a reviewer, never a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRepresentative {
    /// Full name as the table writes it.
    pub name: String,
    /// Post (*cargo*).
    pub post: String,
    /// Which table.
    pub source: String,
}

/// An employer as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employer {
    /// Taxpayer number.
    pub ruc: Ruc,
    /// Branch.
    pub branch: BranchCode,
    /// Legal name (*razón social*).
    pub legal_name: String,
    /// Kind.
    pub kind: EmployerKind,
    /// State.
    pub state: EmployerState,
    /// Contact e-mail on file, if any.
    pub email: Option<EmailAddress>,
    /// Telephone on file, as written.
    pub phone: Option<String>,
    /// Everybody who may or might have signed, past and present.
    pub representatives: Vec<LegalRepresentative>,
    /// Whom an open table names as representative, without a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_representative: Option<NamedRepresentative>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_mailbox_that_everybody_uses_is_noticed() {
        const VECTORS: &[(&str, Option<&str>)] = &[
            ("ana@gmial.com", Some("ana@gmail.com")),
            ("Ana@GMAIL.con", Some("Ana@gmail.com")),
            ("ana@hotmal.com", Some("ana@hotmail.com")),
            ("ana@hotmial.cmo", Some("ana@hotmail.com")),
            ("ana@outlok.es", Some("ana@outlook.es")),
            ("ana@yaho.com", Some("ana@yahoo.com")),
            ("ana@gmail.co", Some("ana@gmail.com")),
            ("nomina@empresa.con", Some("nomina@empresa.com")),
            ("nomina@empresa.com.co", None),
            ("ana@gmail.com", None),
            ("ana@hotmail.es", None),
            ("ana@yahoo.com.ar", None),
            ("ana@ymail.com", None),
            ("ana@mail.com", None),
            ("ana@gmx.com", None),
            ("nomina@elcondor-agro.ec", None),
        ];
        for (typed, meant) in VECTORS {
            let typed: EmailAddress = typed.parse().unwrap();
            let rather = typed.rather();
            assert_eq!(rather.as_ref().map(EmailAddress::as_str), *meant);
            // What is proposed is asked about no more.
            assert_eq!(rather.and_then(|meant| meant.rather()), None);
        }
    }

    #[test]
    fn an_address_cannot_carry_a_header() {
        const VECTORS: &[(&str, bool)] = &[
            ("nomina@elcondor-agro.ec", true),
            ("a.b+c@Example.COM.ec", true),
            ("a@b", false),
            ("a@b.ec\r\nBcc: x@y.ec", false),
            ("\"a b\"@c.ec", false),
            ("a@@b.ec", false),
            ("@b.ec", false),
            (".a@b.ec", false),
            ("a@-b.ec", false),
            ("ñ@b.ec", false),
        ];
        for (text, accepted) in VECTORS {
            assert_eq!(text.parse::<EmailAddress>().is_ok(), *accepted, "{text:?}");
        }
        let address: EmailAddress = "nomina@Elcondor.ec".parse().unwrap();
        assert_eq!(address.as_str(), "nomina@elcondor.ec");
        assert_eq!(format!("{address:?}"), "n•••••@elcondor.ec");
    }
}
