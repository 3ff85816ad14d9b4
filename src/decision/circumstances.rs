//! What was true when a petition was decided, besides the document, the verdict on it, and the employer: what was on file, and what
//! the operator had set. All of it changes without anybody touching the petition, so it is kept with the decision, and its evidence
//! says the same whatever happens later.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Elsewhere;

/// Plain data: the same in the service, in its database, in an evidence package and in a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Until when documents were taken under the number.
    pub expires_at: Timestamp,
    /// Where else the registry knew the employer, when it did not know it as named, as [`super::elsewhere()`] tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
    /// Whether the requester had attached an appointment (*nombramiento*) that the registry may not know yet (PRODUCT S09).
    pub appointment_attached: bool,
    /// Whether number or signature had had its effect (DESIGN F).
    pub used: bool,
    /// Whether the account was frozen: somebody had answered «no fui yo».
    pub frozen: bool,
    /// How long after its claimed signing time a letter was accepted, in seconds.
    pub letter_window_seconds: i64,
    /// How far the signer's clock might be ahead of ours, in seconds.
    pub clock_tolerance_seconds: i64,
}

impl Circumstances {
    /// Nothing on file speaks against it, until `expires_at`.
    #[must_use]
    pub fn clean(
        expires_at: Timestamp,
        letter_window: SignedDuration,
        clock_tolerance: SignedDuration,
    ) -> Self {
        Self {
            expires_at,
            elsewhere: None,
            appointment_attached: false,
            used: false,
            frozen: false,
            letter_window_seconds: letter_window.as_secs(),
            clock_tolerance_seconds: clock_tolerance.as_secs(),
        }
    }

    pub(super) fn letter_window(&self) -> SignedDuration {
        SignedDuration::from_secs(self.letter_window_seconds)
    }

    pub(super) fn clock_tolerance(&self) -> SignedDuration {
        SignedDuration::from_secs(self.clock_tolerance_seconds)
    }
}
