//! Text that a stranger wrote (names in certificates, letters, notes), as a reviewer may see it: composed (NFC), direction
//! and control marks visible instead of effective, cut where it would push the rest off the screen, with the whole behind
//! one click. Markup is the template's affair: askama escapes everything.

use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters that are shown at once.
const AT_ONCE: usize = 120;
/// Combining marks on one letter; what has more is drawn over its neighbours.
const MARKS: usize = 4;

/// A text with its beginning, and the whole where that is longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Shown {
    pub(in crate::web) short: String,
    pub(in crate::web) whole: Option<String>,
}

impl Shown {
    /// `text` made harmless.
    pub(in crate::web) fn of(text: &str) -> Self {
        Self::up_to(text, AT_ONCE)
    }

    /// The same with another length.
    pub(in crate::web) fn up_to(text: &str, most: usize) -> Self {
        let whole = harmless(text);
        match whole.char_indices().nth(most) {
            None => Self {
                short: whole,
                whole: None,
            },
            Some((end, _)) => Self {
                short: format!("{}…", whole.get(..end).unwrap_or_default()),
                whole: Some(whole),
            },
        }
    }
}

/// Marks that turn, hide or join text: drawn by their number, because what they do could deceive (UAX #9, UTS #39).
fn acts_unseen(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.nfc() {
        if is_combining_mark(c) {
            marks += 1;
            if marks > MARKS {
                continue;
            }
        } else {
            marks = 0;
        }
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{0085}' => out.push(' '),
            c if c.is_control() || acts_unseen(c) => {
                let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_deceive_are_seen_and_do_nothing() {
        const VECTORS: &[(&str, &str)] = &[
            ("JUAN PÉREZ", "JUAN PÉREZ"),
            ("JUAN PE\u{301}REZ", "JUAN PÉREZ"),
            ("AB\u{202E}FDP.exe", "AB⟨U+202E⟩FDP.exe"),
            ("a\u{200B}b\u{2066}c\u{7}", "a⟨U+200B⟩b⟨U+2066⟩c⟨U+0007⟩"),
            ("uno\r\ndos", "uno  dos"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("=HYPERLINK(\"x\")", "=HYPERLINK(\"x\")"),
        ];
        for (text, expected) in VECTORS {
            assert_eq!(Shown::of(text).short, *expected, "{text:?}");
        }
        let heap = format!("a{}b", "\u{0323}".repeat(200));
        assert!(Shown::of(&heap).short.chars().count() <= 2 + MARKS);
    }

    #[test]
    fn a_long_name_is_cut_and_kept_whole() {
        let name = "Ñ".repeat(10_000);
        let shown = Shown::of(&name);
        assert_eq!(shown.short.chars().count(), AT_ONCE + 1);
        assert_eq!(shown.whole.as_deref(), Some(name.as_str()));
        assert_eq!(Shown::of("corto").whole, None);
    }
}
