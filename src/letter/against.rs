//! Words by which something beside a petition may take it back. A list of words and no more: for what is short and means nothing
//! in most cases, as the reason that a signature states.

use super::vocabulary::{AGAINST, AGAINST_STEMS, WITHOUT};

/// Whether a text without accents denies, forbids, doubts or reports something.
pub(super) fn is_said_in(text: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && !"?¿".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let is = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        // «sin novedades» says nothing, «sin mi autorización» takes back; «No. 12» numbers.
        let without = *word == "sin" && is(WITHOUT, next);
        let denies = *word == "no" && !next.starts_with(|c: char| c.is_ascii_digit());
        without
            || denies
            || word.contains(['?', '¿'])
            || is(AGAINST, word)
            || AGAINST_STEMS.split(' ').any(|stem| word.starts_with(stem))
    })
}
