//! Texts as people hear them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Without accents, ligatures as their letters.
#[must_use]
pub fn unaccented(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Lower case without accents, ligatures as their letters: how letters, names and posts are compared.
#[must_use]
pub fn plain(text: &str) -> String {
    unaccented(text).to_lowercase()
}
