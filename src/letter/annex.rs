//! Words behind the first page that make a person read. An annex may say anything, and takes no effect; but «lo anterior queda sin
//! efecto» may stand there too. This is a list of words and no more: who signs a first page that asks has asked.

use super::vocabulary::{AGAINST, AGAINST_STEMS, LOADED_STEMS, WITHOUT};

/// What one sentence says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Something is denied, forbidden, doubted or reported.
    pub(super) against: bool,
    /// A password, or what is done to one, is spoken of.
    pub(super) loaded: bool,
}

/// Reads a sentence without accents.
pub(super) fn read(sentence: &str) -> Said {
    let sentence = sentence.to_lowercase();
    let words: Vec<&str> = sentence
        .split(|c: char| !c.is_alphanumeric() && !"?¿".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let mut said = Said::default();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let is = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        let begins = |stems: &str| stems.split(' ').any(|stem| word.starts_with(stem));
        // «sin novedades» says nothing, «sin mi autorización» takes back; «No. 12» numbers.
        let without = *word == "sin" && is(WITHOUT, next);
        let denies = *word == "no" && !next.starts_with(|c: char| c.is_ascii_digit());
        said.against |= without
            || denies
            || word.contains(['?', '¿'])
            || is(AGAINST, word)
            || begins(AGAINST_STEMS);
        said.loaded |= begins(LOADED_STEMS);
    }
    said
}
