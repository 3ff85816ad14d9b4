//! How somebody represents an employer, as forms of the back office ask it and as its screens say it: alone or jointly with how
//! many, and what a power of attorney covers.

use serde::Deserialize;

use crate::domain::{Action, LegalRepresentative, RepresentationMode};
use crate::words;

/// The fields that ask it. Nothing is taken for granted: whoever signs alone is said to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Representation {
    /// `sole` or `joint`.
    pub(in crate::web) mode: String,
    /// How many must sign together.
    pub(in crate::web) signatures: String,
    // What a power covers, of an attorney.
    pub(in crate::web) for_reset: String,
    pub(in crate::web) for_unblock: String,
    pub(in crate::web) for_email: String,
}

impl Representation {
    /// Alone, or how many together.
    pub(super) fn mode(&self) -> Result<(RepresentationMode, u8), ()> {
        let mode: RepresentationMode = self.mode.parse().map_err(|_| ())?;
        let signatures = match mode {
            RepresentationMode::Sole => 1,
            RepresentationMode::Joint => self.signatures.trim().parse().map_err(|_| ())?,
        };
        mode.allows(signatures)
            .then_some((mode, signatures))
            .ok_or(())
    }

    /// What the power covers; nothing when it does not say.
    pub(super) fn scope(&self) -> Option<Vec<Action>> {
        let chosen: Vec<Action> = [
            (&self.for_reset, Action::ResetPassword),
            (&self.for_unblock, Action::Unblock),
            (&self.for_email, Action::ChangeEmail),
        ]
        .into_iter()
        .filter(|(ticked, _)| !ticked.is_empty())
        .map(|(_, action)| action)
        .collect();
        (!chosen.is_empty()).then_some(chosen)
    }
}

/// Alone, or with how many others.
pub(super) fn signs(person: &LegalRepresentative) -> String {
    match person.mode {
        RepresentationMode::Sole => "sola".to_owned(),
        RepresentationMode::Joint => format!("conjunta, {} firmas", person.required_signatures),
    }
}

/// What a power covers.
pub(super) fn scope(person: &LegalRepresentative) -> String {
    let actions = person.scope.iter().flatten();
    let words: Vec<&str> = actions.map(|action| words::action(*action).es).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_signs_alone_because_nothing_was_said() {
        const NOTHING: Result<(RepresentationMode, u8), ()> = Err(());
        let asked = |mode: &str, signatures: &str| {
            Representation {
                mode: mode.to_owned(),
                signatures: signatures.to_owned(),
                ..Representation::default()
            }
            .mode()
        };
        let (sole, joint) = (RepresentationMode::Sole, RepresentationMode::Joint);
        assert_eq!(asked("", ""), NOTHING);
        assert_eq!(asked("", "1"), NOTHING);
        assert_eq!(asked("alone", ""), NOTHING);
        assert_eq!(asked("sole", ""), Ok((sole, 1)));
        // What stands in the field of the others is left over from another choice.
        assert_eq!(asked("sole", "3"), Ok((sole, 1)));
        assert_eq!(asked("joint", ""), NOTHING);
        assert_eq!(asked("joint", "1"), NOTHING);
        assert_eq!(asked("joint", "10"), NOTHING);
        assert_eq!(asked("joint", " 2 "), Ok((joint, 2)));
    }
}
