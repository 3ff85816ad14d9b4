//! A new address that was rather mistyped is asked about once, before anybody signs for it: both answers count.

use crate::domain::EmailAddress;

/// The address as typed, and what was rather meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct AddressDoubt {
    pub(in crate::web) typed: String,
    pub(in crate::web) meant: String,
}

/// The address to go on with, after `choice`: the one of the two that was chosen, or nothing yet.
///
/// # Errors
/// The question, where it was not answered.
pub(super) fn settled(typed: EmailAddress, choice: &str) -> Result<EmailAddress, AddressDoubt> {
    let Some(meant) = typed.rather() else {
        return Ok(typed);
    };
    match choice {
        choice if choice == typed.as_str() => Ok(typed),
        choice if choice == meant.as_str() => Ok(meant),
        _ => Err(AddressDoubt {
            typed: typed.as_str().to_owned(),
            meant: meant.as_str().to_owned(),
        }),
    }
}
