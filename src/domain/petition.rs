//! A petition (*solicitud*): what is asked, for whom, under which number, and where it stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BranchCode, EmailAddress, Ruc, closed_list};

/// Why a text is not a value of a petition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParsePetitionError {
    /// Not a number of the form `CLV-2026-000123-X`.
    #[error("not a petition number")]
    Number,
    /// A word outside the closed list.
    #[error("unknown word: {0}")]
    Word(String),
}

/// Letters that check a number: no I, O, U or digits, which people misread.
const CHECK_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRSTVWXYZ";

/// Number of a petition (*número de trámite*), `CLV-2026-000123-X`: year, a serial of six or more digits, and a
/// check letter, so that a mistyped number is noticed before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PetitionNumber(String);

impl PetitionNumber {
    /// The number with this year and serial.
    #[must_use]
    pub fn new(year: i16, serial: u64) -> Self {
        let body = format!("CLV-{year:04}-{serial:06}");
        let check = check_letter(&body);
        Self(format!("{body}-{check}"))
    }

    /// What stands in the place of a number where something concerns the service itself: no petition ever has it, for serials of
    /// petitions begin far above.
    #[must_use]
    pub fn of_service() -> Self {
        Self::new(0, 0)
    }

    /// Whether this is no petition's number but stands for the service itself.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        *self == Self::of_service()
    }

    /// The number as printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody wrote in groups, without what stands between them: spaces and hyphens of any kind.
#[must_use]
pub fn without_gaps(text: &str) -> String {
    let gap = |c: char| c.is_whitespace() || c == '-' || ('\u{2010}'..='\u{2015}').contains(&c);
    text.chars().filter(|c| !gap(*c)).collect()
}

fn check_letter(body: &str) -> char {
    let sum = body
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0usize, |sum, b| (sum * 10 + usize::from(b - b'0')) % 23);
    char::from(CHECK_LETTERS[sum])
}

impl FromStr for PetitionNumber {
    type Err = ParsePetitionError;

    /// As people write it: capitals or not, with hyphens, spaces or nothing between its parts. Each part has its place all the same
    /// (four digits of a year, the letter at the end), so that two numbers are never written alike.
    fn from_str(text: &str) -> Result<Self, ParsePetitionError> {
        let written = without_gaps(text).to_ascii_uppercase();
        let parts = || {
            let rest = written.strip_prefix("CLV")?;
            let (year, rest) = rest.split_at_checked(4)?;
            let (serial, check) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
            let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
            let shape = digits(year) && digits(serial) && (6..=12).contains(&serial.len());
            let body = format!("CLV-{year}-{serial}");
            (shape && check.starts_with(check_letter(&body)))
                .then(|| Self(format!("{body}-{check}")))
        };
        parts().ok_or(ParsePetitionError::Number)
    }
}

impl fmt::Display for PetitionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PetitionNumber {
    type Error = ParsePetitionError;

    fn try_from(text: String) -> Result<Self, ParsePetitionError> {
        text.parse()
    }
}

impl From<PetitionNumber> for String {
    fn from(value: PetitionNumber) -> Self {
        value.0
    }
}

closed_list!(
    /// What the employer asks for.
    Action, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// A link to set a new employer password.
        ResetPassword = "reset_password",
        /// A new contact e-mail.
        ChangeEmail = "change_email",
        /// An account that was locked after failed logins is opened again (*desbloqueo*), and a link to set a new
        /// password is sent.
        Unblock = "unblock",
    }
);

impl Action {
    /// Whether its approval leads to a link for a new password at the address on file.
    #[must_use]
    pub fn leads_to_link(self) -> bool {
        match self {
            Self::ResetPassword | Self::Unblock => true,
            Self::ChangeEmail => false,
        }
    }
}

closed_list!(
    /// What was decided about a signed document.
    Outcome, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// Clean: the machine (or a reviewer) said yes.
        Approved = "approved",
        /// A person must look.
        InReview = "in_review",
        /// A hard fact forbids it.
        Refused = "refused",
    }
);

closed_list!(
    /// Where the values that take effect were read from.
    PetitionSource, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// The service's own form, recognised by its exact bytes (DESIGN D).
        Form = "form",
        /// A letter the signer wrote (DESIGN E).
        Letter = "letter",
    }
);

closed_list!(
    /// Where a petition stands. Legal moves are listed by [`State::may_become`].
    State, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// The form was handed out; a signed document is awaited.
        Issued = "issued",
        /// A document was kept and waits for its decision.
        Received = "received",
        /// A person will decide.
        InReview = "in_review",
        /// Approved; the effect (link or address confirmation) is under way.
        Approved = "approved",
        /// The document was refused; the number stays open for another document until it expires.
        Refused = "refused",
        /// The effect has happened: password set or address changed.
        Completed = "completed",
        /// An upload without a number turned out to be the signed form of another petition, where it is followed.
        Merged = "merged",
        /// A reviewer asked the company for something; a document that can be looked at brings it back.
        AwaitingCompletion = "awaiting_completion",
        /// What was asked for never came. Nothing was refused.
        Archived = "archived",
    }
);

impl State {
    /// The moves a petition may make. Everything else is a bug or a race and must not be recorded.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use State::{
            Approved, Archived, AwaitingCompletion, Completed, InReview, Issued, Merged, Received,
            Refused,
        };
        matches!(
            (self, next),
            (Issued | Refused | InReview | AwaitingCompletion, Received)
                // Straight from Issued or Refused when the signed form came without its number.
                | (Issued | Received | InReview | Refused | AwaitingCompletion, Approved)
                // From Refused also by an appeal.
                | (Issued | Received | Refused | AwaitingCompletion, InReview)
                // What is asked of the company stands when what came can't be taken.
                | (Received | InReview, Refused | AwaitingCompletion)
                | (AwaitingCompletion, Archived)
                | (Received, Merged)
                | (Approved, Completed)
        )
    }

    /// Whether another document may still be uploaded under this number: nothing has taken effect yet. A better
    /// document replaces one that waits for a person, for example when the second joint signature was missing.
    #[must_use]
    pub fn accepts_document(self) -> bool {
        matches!(
            self,
            Self::Issued | Self::Refused | Self::InReview | Self::AwaitingCompletion
        )
    }
}

/// The values that take effect, all read from bytes that the signature covers (DESIGN §1.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PetitionContent {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// What is asked.
    pub action: Action,
    /// The new address when the action is a change of e-mail.
    pub new_email: Option<EmailAddress>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_and_a_wrong_digit_is_noticed() {
        let number = PetitionNumber::new(2026, 123);
        assert_eq!(number.as_str().parse::<PetitionNumber>().unwrap(), number);
        let printed = number.as_str();
        for written in [
            printed.to_lowercase(),
            printed.replace('-', " "),
            printed.replace('-', ""),
            printed.replace('-', " – "),
            format!("\u{a0}{printed} "),
        ] {
            assert_eq!(
                written.parse::<PetitionNumber>().unwrap(),
                number,
                "{written:?}"
            );
        }
        for written in [
            "",
            "CLV",
            "CLV-2026",
            "CLV20261X",
            "CLV-2026-00012é-X",
            "2026-000123",
        ] {
            assert!(written.parse::<PetitionNumber>().is_err(), "{written:?}");
        }
        for place in 4..15 {
            let mut wrong = number.as_str().as_bytes().to_vec();
            if !wrong[place].is_ascii_digit() {
                continue;
            }
            wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
            assert!(
                String::from_utf8(wrong)
                    .unwrap()
                    .parse::<PetitionNumber>()
                    .is_err(),
                "digit {place} changed"
            );
        }
    }

    #[test]
    fn a_decided_petition_never_goes_back() {
        assert!(State::Approved.may_become(State::Completed));
        assert!(!State::Completed.may_become(State::Approved));
        assert!(!State::Approved.may_become(State::Received));
        assert!(State::Refused.may_become(State::Received));
        assert!(State::AwaitingCompletion.may_become(State::Received));
        assert!(!State::AwaitingCompletion.may_become(State::Refused));
        assert!(!State::Archived.may_become(State::Received));
    }
}
