//! The password policy of PRODUCT S26: what a new employer password must and must not contain.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;

use super::closed_list;

/// A word that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule of passwords: {0}")]
pub struct UnknownPasswordRule(String);

closed_list!(
    /// One rule of the policy, in the order in which the page lists them. All that fail are reported together, so that nobody has
    /// to guess again.
    PasswordRule, UnknownPasswordRule, |word| UnknownPasswordRule(word.to_owned()), {
        /// Length outside the configured range (8 to 12 characters by default).
        Length = "length",
        /// No upper-case letter.
        Uppercase = "uppercase",
        /// No lower-case letter.
        Lowercase = "lowercase",
        /// No digit.
        Digit = "digit",
        /// No special character.
        Special = "special",
        /// Four digits in a row of the RUC or of the representative's document.
        IdentityDigits = "identity_digits",
        /// Four letters in a row of a name.
        NameLetters = "name_letters",
        /// A sequence of four: `1234`, `dcba`, `qwer`.
        Sequence = "sequence",
        /// The same character four times in a row.
        Repeat = "repeat",
        /// A character that is not printable ASCII: the portal's keyboard cannot promise to type it again.
        Character = "character",
    }
);

/// What must not appear in the password, taken from the registry.
#[derive(Debug, Clone, Default)]
pub struct PersonalHints {
    /// RUC and document numbers.
    pub numbers: Vec<String>,
    /// Company and representative names.
    pub names: Vec<String>,
}

/// Length of a run that counts as guessable (PRODUCT S26).
const RUN: usize = 4;

/// Rows of the Spanish keyboard and the alphabets, for sequences in either direction.
const ROWS: [&str; 6] = [
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
];

/// Every rule that `password` breaks, in the order of [`PasswordRule`]; empty when it is acceptable.
#[must_use]
pub fn failed_rules(
    password: &str,
    length: &RangeInclusive<usize>,
    hints: &PersonalHints,
) -> Vec<PasswordRule> {
    let characters: Vec<char> = password.chars().collect();
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let numbers: Vec<String> = hints
        .numbers
        .iter()
        .map(|n| n.chars().filter(char::is_ascii_digit).collect())
        .collect();
    let names: Vec<String> = hints.names.iter().flat_map(|name| words_of(name)).collect();
    let failed = [
        (PasswordRule::Length, !length.contains(&characters.len())),
        (
            PasswordRule::Uppercase,
            !characters.iter().any(char::is_ascii_uppercase),
        ),
        (
            PasswordRule::Lowercase,
            !characters.iter().any(char::is_ascii_lowercase),
        ),
        (
            PasswordRule::Digit,
            !characters.iter().any(char::is_ascii_digit),
        ),
        (
            PasswordRule::Special,
            !characters.iter().any(char::is_ascii_punctuation),
        ),
        (
            PasswordRule::IdentityDigits,
            any_run(&lower, |run| {
                numbers.iter().any(|number| number.contains(run))
            }),
        ),
        (
            PasswordRule::NameLetters,
            any_run(&lower, |run| names.iter().any(|name| name.contains(run))),
        ),
        (PasswordRule::Sequence, any_run(&lower, is_sequence)),
        (
            PasswordRule::Repeat,
            any_run(&lower, |run| run.chars().all(|c| run.starts_with(c))),
        ),
        (
            PasswordRule::Character,
            !characters.iter().all(char::is_ascii_graphic),
        ),
    ];
    failed
        .into_iter()
        .filter_map(|(rule, broken)| broken.then_some(rule))
        .collect()
}

fn any_run(lower: &[char], test: impl Fn(&str) -> bool) -> bool {
    lower
        .windows(RUN)
        .any(|window| test(&window.iter().collect::<String>()))
}

fn is_sequence(run: &str) -> bool {
    let backwards: String = run.chars().rev().collect();
    ROWS.iter()
        .any(|row| row.contains(run) || row.contains(&backwards))
}

/// The words of a name as somebody would type them: lower case, without accents.
fn words_of(name: &str) -> Vec<String> {
    let plain: String = name
        .nfd()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .collect();
    plain
        .to_lowercase()
        .split_whitespace()
        .map(|word| {
            word.chars()
                .filter(char::is_ascii_alphabetic)
                .collect::<String>()
        })
        .filter(|word| word.len() >= RUN)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_named() {
        use PasswordRule::*;
        let hints = PersonalHints {
            numbers: vec!["1790993949001".into(), "1759121716".into()],
            names: vec!["MARÍA FERNANDA PEÑA NÚÑEZ".into()],
        };
        let vectors: &[(&str, &[PasswordRule], &str)] = &[
            ("Tr3s*Gatos", &[], "acceptable"),
            ("Tr3s*Ga", &[Length], "seven characters"),
            ("Tr3s*GatosYYx", &[Length], "thirteen characters"),
            ("tr3s*gatos", &[Uppercase], "no capital"),
            ("TR3S*GATOS", &[Lowercase], "no small letter"),
            ("Tres*Gatos", &[Digit], "no digit"),
            ("Tr3sGatos", &[Special], "no special character"),
            ("Tr*0993Gat", &[IdentityDigits], "four digits of the RUC"),
            ("Ab*9121Gat", &[IdentityDigits], "four digits of the cédula"),
            ("Fern*3Gato", &[NameLetters], "four letters of a name"),
            ("Pena*3Gatx", &[NameLetters], "a name without its tilde"),
            ("Tr*8765Gat", &[Sequence], "a descending sequence"),
            ("Qwer*3Gato", &[Sequence], "a row of the keyboard"),
            ("Tr3*aaaaGx", &[Repeat], "the same letter four times"),
            ("Trés*3Gato", &[Character], "not typeable everywhere"),
            (
                "",
                &[Length, Uppercase, Lowercase, Digit, Special],
                "nothing at all",
            ),
        ];
        for (password, expected, why) in vectors {
            assert_eq!(
                failed_rules(password, &(8..=12), &hints),
                *expected,
                "{why}: {password}"
            );
        }
    }
}
