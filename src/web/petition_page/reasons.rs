//! The reasons of a decision, in words.

use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, ReviewReason, State};
use crate::intake::Status;
use crate::words;

/// One reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct ReasonLine {
    pub(in crate::web) code: &'static str,
    pub(in crate::web) text: String,
}

/// The reasons as the page and the API tell them.
pub(in crate::web) fn reason_lines(status: &Status, language: Language) -> Vec<ReasonLine> {
    // What a person decided stands before what made the machine ask one. A refusal is reasoned (Constitución, Art. 76.7.l): the
    // facts stand under it; an approval needs none.
    let decided = matches!(
        status.state,
        State::Approved | State::Refused | State::Completed
    );
    let Some(review) = status.review.as_ref().filter(|_| decided) else {
        return lines(&status.reasons, language);
    };
    let found = status.reasons.iter().map(|reason| ReasonLine {
        code: reason.code.as_str(),
        text: words::found(reason, language),
    });
    let own = ReasonLine {
        code: review.reason.as_str(),
        text: words::review::reason(review.reason)
            .say(language)
            .to_owned(),
    };
    std::iter::once(own)
        .chain(found.filter(|_| status.state == State::Refused))
        .collect()
}

/// Reasons of the machine, in words.
pub(in crate::web) fn lines(reasons: &[Reason], language: Language) -> Vec<ReasonLine> {
    let line = |reason: &Reason| ReasonLine {
        code: reason.code.as_str(),
        text: words::told_among(reason, reasons, language),
    };
    reasons.iter().map(line).collect()
}

/// Why a person refused, if a person did.
pub(super) fn refused_for(status: &Status) -> Option<ReviewReason> {
    let review = status.review.as_ref();
    review
        .filter(|_| status.state == State::Refused)
        .map(|review| review.reason)
}

/// Whether this is one of them.
pub(super) fn has(status: &Status, code: ReasonCode) -> bool {
    status.reasons.iter().any(|reason| reason.code == code)
}
