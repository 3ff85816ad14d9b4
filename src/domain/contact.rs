//! How an employer is reached: by mail, or by a short message to a mobile telephone.

use std::fmt;
use std::str::FromStr;

use super::{EmailAddress, closed_list};

/// Why a text is no way to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Not an address we could send to.
    #[error("not an e-mail address")]
    Email,
    /// Not a mobile telephone that we could write to.
    #[error("not a mobile telephone")]
    Mobile,
    /// A word outside the list of channels.
    #[error("unknown channel: {0}")]
    Channel(String),
}

/// A mobile telephone in international form (ITU-T E.164), `+593991234567`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MobileNumber(String);

impl MobileNumber {
    /// The number with its plus sign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as a page may show it: its last three digits, `+•••••567`.
    #[must_use]
    pub fn masked(&self) -> String {
        let end = self.0.len().saturating_sub(3);
        format!("+•••••{}", self.0.get(end..).unwrap_or_default())
    }

    /// The first mobile telephone in what a registry wrote as telephone: several numbers, blanks, dashes, landlines. A
    /// landline can't receive a short message and is passed over.
    #[must_use]
    pub fn first_in(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_alphabetic() || "/,;|&\n".contains(c))
            .find_map(|piece| piece.parse().ok())
    }
}

impl FromStr for MobileNumber {
    type Err = ContactError;

    /// Ecuadorian numbers as people write them (`099 123 4567`, `593991234567`, `+593 99 123 4567`), others with their plus.
    fn from_str(text: &str) -> Result<Self, ContactError> {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let rest_ok = text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-.()".contains(c));
        let national = if text.starts_with('+') {
            match digits.strip_prefix("593") {
                Some(national) => national,
                // E.164 allows 15 digits; fewer than eight are no telephone abroad.
                None if rest_ok && (8..=15).contains(&digits.len()) => {
                    return Ok(Self(format!("+{digits}")));
                }
                None => return Err(ContactError::Mobile),
            }
        } else if let Some(national) = digits.strip_prefix("593").filter(|_| digits.len() == 12) {
            national
        } else {
            digits.strip_prefix('0').ok_or(ContactError::Mobile)?
        };
        // Mobile numbers of Ecuador: 9 and eight digits more behind the trunk prefix 0.
        if rest_ok && national.len() == 9 && national.starts_with('9') {
            Ok(Self(format!("+593{national}")))
        } else {
            Err(ContactError::Mobile)
        }
    }
}

// A telephone number is personal data: it prints masked unless somebody asks for `as_str`.
impl fmt::Debug for MobileNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

closed_list!(
    /// By which way a message travels.
    Channel, ContactError, |word| ContactError::Channel(word.to_owned()), {
        /// Electronic mail.
        Mail = "mail",
        /// A short message to a mobile telephone.
        Sms = "sms",
    }
);

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// To an address.
    Mail(EmailAddress),
    /// To a mobile telephone.
    Sms(MobileNumber),
}

impl Recipient {
    /// The recipient that was written down for a channel.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(channel: Channel, text: &str) -> Result<Self, ContactError> {
        match channel {
            Channel::Mail => text
                .parse()
                .map(Self::Mail)
                .map_err(|_| ContactError::Email),
            Channel::Sms => text.parse().map(Self::Sms),
        }
    }

    /// By which way it is reached.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Mail(_) => Channel::Mail,
            Self::Sms(_) => Channel::Sms,
        }
    }

    /// The address or number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mail(address) => address.as_str(),
            Self::Sms(number) => number.as_str(),
        }
    }

    /// The address or number as a page may show it.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Mail(address) => address.masked(),
            Self::Sms(number) => number.masked(),
        }
    }
}

impl From<EmailAddress> for Recipient {
    fn from(address: EmailAddress) -> Self {
        Self::Mail(address)
    }
}

impl From<MobileNumber> for Recipient {
    fn from(number: MobileNumber) -> Self {
        Self::Sms(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mobile_telephone_is_found_among_what_registries_write() {
        const VECTORS: &[(&str, Option<&str>, &str)] = &[
            ("0991234567", Some("+593991234567"), "as dialled"),
            ("099 123-4567", Some("+593991234567"), "in groups"),
            ("+593 99 123 4567", Some("+593991234567"), "from abroad"),
            ("593991234567", Some("+593991234567"), "without its plus"),
            (
                "022345678 / 0987654321",
                Some("+593987654321"),
                "a landline first",
            ),
            (
                "Telf. 042345678 ext 12, cel. 0987654321",
                Some("+593987654321"),
                "with words",
            ),
            ("+1 (305) 555-0100", Some("+13055550100"), "another country"),
            ("022000000", None, "a landline"),
            ("+593 2 234 5678", None, "a landline from abroad"),
            ("09912345678", None, "a digit too many"),
            ("", None, "nothing"),
            ("no tiene", None, "words"),
            (
                "0991234567\r\nX: y",
                Some("+593991234567"),
                "nothing slips through",
            ),
        ];
        for (text, expected, why) in VECTORS {
            let found = MobileNumber::first_in(text);
            assert_eq!(
                found.as_ref().map(MobileNumber::as_str),
                *expected,
                "{why}: {text}"
            );
        }
        let number: MobileNumber = "0991234567".parse().unwrap();
        assert_eq!(format!("{number:?}"), "+•••••567");
    }
}
