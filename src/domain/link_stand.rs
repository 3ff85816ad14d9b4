//! How far the links of an approval have come.

use super::{ParsePetitionError, closed_list};

closed_list!(
    /// How far the links of an approval have come: what there is to do now depends on it.
    #[derive(Default)]
    LinkStand, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// There is none to be sent.
        #[default]
        None = "none",
        /// Somebody answered «no fui yo».
        Frozen = "frozen",
        /// It is opened at the counter, and never sent (PRODUCT S39).
        AtTheCounter = "at_the_counter",
        /// The registry does not know the employer any more: an import was taken back.
        NotRegistered = "not_registered",
        /// The registry has the employer as suspended or closed.
        NotActive = "not_active",
        /// There is no address on file to send it to.
        NoAddress = "no_address",
        /// The address was changed lately.
        Held = "held",
        /// The account is free again, but somebody had answered «no fui yo» after the approval: it never comes alive again.
        Stopped = "stopped",
        /// Whoever signed represents the employer no longer: it never comes alive again.
        SignerLeft = "signer_left",
        /// The approval has ended.
        Over = "over",
        /// All that one approval gives were sent, and the last one is dead.
        Spent = "spent",
        /// None was sent yet.
        Unsent = "unsent",
        /// One is on its way, alive or dead by now.
        Sent = "sent",
    }
);

impl LinkStand {
    /// Whether nothing comes of the approval any more: only another petition helps.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Frozen | Self::Stopped | Self::SignerLeft | Self::Over | Self::Spent
        )
    }
}
