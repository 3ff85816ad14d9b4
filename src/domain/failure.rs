//! Why something that was to leave did not, as it is kept beside it and told from there.

use std::fmt;

use super::{ParsePetitionError, closed_list};

closed_list!(
    /// Why a call to another system, or the handing over of a message, came to nothing.
    CallCause, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// Nobody answered in time: it may have been done all the same.
        NoAnswer = "no_answer",
        /// There was no line.
        NoConnection = "no_connection",
        /// The answer was an HTTP status, which is the detail.
        Status = "status",
        /// It was answered in words, which are the detail.
        Said = "said",
        /// Whoever worked on it was cut off so often that it may be its fault.
        CutOff = "cut_off",
        /// What it is about is gone.
        NoPetition = "no_petition",
        /// Nothing that a mail could be sent to.
        NotAnAddress = "not_an_address",
        /// There is no key to hand over.
        NoKey = "no_key",
        /// What is kept is not what the portal takes, by its configuration.
        UnfitKey = "unfit_key",
        /// Its account was stopped meanwhile.
        Stopped = "stopped",
        /// A newer key was chosen meanwhile.
        NewerKey = "newer_key",
    }
);

/// A cause and what belongs to it. In a row it is `code[ detail]`; what was kept there before there were codes is read as somebody's
/// words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Of which kind.
    pub cause: CallCause,
    /// What belongs to it; nothing for most.
    pub detail: String,
}

impl Failure {
    /// As it was kept in a row.
    #[must_use]
    pub fn kept(text: &str) -> Self {
        let (code, detail) = text.split_once(' ').unwrap_or((text, ""));
        match code.parse() {
            Ok(cause) => Self {
                cause,
                detail: detail.to_owned(),
            },
            Err(_) => Self::said(&text),
        }
    }

    /// It was answered with this HTTP status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            cause: CallCause::Status,
            detail: status.to_string(),
        }
    }

    /// It was answered in these words.
    #[must_use]
    pub fn said(words: &impl ToString) -> Self {
        Self {
            cause: CallCause::Said,
            detail: words.to_string(),
        }
    }

    /// For the log and the command line, in English as errors are.
    #[must_use]
    pub fn plain(&self) -> String {
        match self.cause {
            CallCause::Said => self.detail.clone(),
            _ => self.to_string().replace('_', " "),
        }
    }

    /// Whether nothing was heard: it may have been done all the same.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self.cause, CallCause::NoAnswer | CallCause::NoConnection)
    }
}

impl From<CallCause> for Failure {
    fn from(cause: CallCause) -> Self {
        Self {
            cause,
            detail: String::new(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => write!(f, "{}", self.cause),
            detail => write!(f, "{} {detail}", self.cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_what_was_kept_before_is_quoted() {
        let causes = CallCause::ALL.iter().map(|cause| Failure::from(*cause));
        let more = [
            Failure::status(503),
            Failure::said(&"550 5.1.1 no such user"),
        ];
        for failure in causes.chain(more) {
            assert_eq!(Failure::kept(&failure.to_string()), failure);
        }
        for before in ["550 5.1.1 no such user", "not now: status 503", ""] {
            assert_eq!(Failure::kept(before), Failure::said(&before), "{before}");
        }
    }
}
