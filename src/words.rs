//! What people read: one sentence per reason, and the one next step (PRODUCT §3.2). *Usted*, plain words; English beside it.
//! Used by pages, mails and the command line alike, so that nobody hears two versions of the same thing.

pub mod log;
mod next_steps;
mod reasons;
pub mod review;
mod undelivered;

use std::borrow::Cow;

use crate::domain::{Action, Language, Outcome, PasswordRule, Text};

pub use next_steps::{
    ATTACH_MEANWHILE, ATTACH_WHAT_IS_ASKED, FREEING, FREEING_WITH_ADDRESS, HANDING_OVER,
    LINKS_SPENT, NOT_ACTIVE, NOT_REGISTERED, NOT_TAKEN, SIGNER_LEFT, STOPPED_PETITION, TRIED_OUT,
    ask_now, asked_again, attach_or_sign, form_is_quicker, held, leaving, links_this_hour,
    next_step, quicker, remedy, review_term, sign_from_that_day, stopped,
};
pub use reasons::{doubt, found, in_the_office, sentence, told_among};
pub use undelivered::{ANOTHER_ADDRESS, KEY_UNDER_WAY, call_cause, withdrawn};

/// One sentence with the same values in both languages: each of them has to say every value, or nothing compiles.
macro_rules! in_both {
    ($language:expr, $es:literal, $en:literal, $($values:tt)+) => {
        match $language {
            $crate::domain::Language::Es => format!($es, $($values)+),
            $crate::domain::Language::En => format!($en, $($values)+),
        }
    };
}
pub(crate) use in_both;

/// Nothing more is taken under this number.
const EXPIRED: Text = Text::new(
    "El plazo de esta solicitud terminó. Cree una nueva; solo toma un minuto.",
    "The time of this petition is over. Create a new one; it takes just a minute.",
);

/// A text for a cell of a table that a spreadsheet may open: one that begins like a formula is no formula (PRODUCT threat
/// 25, OWASP «CSV injection»).
#[must_use]
pub fn harmless_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// «… CÍA. LTDA..» has one full stop too many: names may end in one of their own.
#[must_use]
pub fn tidy(text: &str) -> String {
    text.replace("..", ".")
}

/// A rule of the password policy, as the list below the field says it.
#[must_use]
pub fn password_rule(rule: PasswordRule, least: usize, most: usize, language: Language) -> String {
    let said = match rule {
        PasswordRule::Length => {
            return in_both!(
                language,
                "Debe tener entre {least} y {most} caracteres.",
                "It must have from {least} to {most} characters.",
                least = least,
                most = most,
            );
        }
        PasswordRule::Uppercase => Text::new(
            "Debe tener una letra mayúscula.",
            "It must have a capital letter.",
        ),
        PasswordRule::Lowercase => Text::new(
            "Debe tener una letra minúscula.",
            "It must have a small letter.",
        ),
        PasswordRule::Digit => Text::new("Debe tener un número.", "It must have a digit."),
        PasswordRule::Special => Text::new(
            "Debe tener un signo, por ejemplo * # ? !",
            "It must have a sign, for example * # ? !",
        ),
        PasswordRule::IdentityDigits => Text::new(
            "No use cuatro números seguidos del RUC o de la cédula.",
            "Do not use four digits in a row of the RUC or of the cédula (identity card).",
        ),
        PasswordRule::NameLetters => Text::new(
            "No use cuatro letras seguidas de un nombre de la empresa o del representante.",
            "Do not use four letters in a row of a name of the company or of the representative.",
        ),
        PasswordRule::Sequence => Text::new(
            "No use secuencias como 1234, abcd o qwer.",
            "Do not use sequences such as 1234, abcd or qwer.",
        ),
        PasswordRule::Repeat => Text::new(
            "No repita el mismo carácter cuatro veces seguidas.",
            "Do not repeat the same character four times in a row.",
        ),
        PasswordRule::Character => Text::new(
            "Use solo letras sin tilde, números y signos, sin espacios.",
            "Use only letters without accents, digits and signs, without spaces.",
        ),
    };
    said.say(language).to_owned()
}

/// `1234567` → `1.234.567`, as numbers are written in Ecuador, or `1,234,567` in English.
#[must_use]
pub fn thousands(number: u64, language: Language) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(language.pick('.', ','));
        }
        text.push(digit);
    }
    text
}

/// An outcome in one word or two.
#[must_use]
pub fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Approved => Text::new("Aprobada", "Approved"),
        Outcome::InReview => Text::new("En revisión", "In review"),
        Outcome::Refused => Text::new("Negada", "Refused"),
    }
}

/// An action as people call it.
#[must_use]
pub fn action(action: Action) -> Text {
    match action {
        Action::ResetPassword => Text::new(
            "Restablecimiento de la clave de empleador",
            "Reset of the employer password",
        ),
        Action::ChangeEmail => Text::new(
            "Cambio del correo registrado",
            "Change of the e-mail on file",
        ),
        Action::Unblock => Text::new(
            "Desbloqueo de la cuenta de empleador",
            "Unblocking of the employer account",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_each_language_does() {
        for (number, es, en) in [(5, "5", "5"), (1_234_567, "1.234.567", "1,234,567")] {
            assert_eq!(thousands(number, Language::Es), es);
            assert_eq!(thousands(number, Language::En), en);
        }
    }
}
