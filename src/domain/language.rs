//! The two languages that people are spoken to in, and a sentence in both.

/// A word that names no language we speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("es | en")]
pub struct ParseLanguageError;

super::closed_list! {
    /// Languages that people may be spoken to in.
    Language, ParseLanguageError, |_other| ParseLanguageError, {
        /// Spanish of Ecuador.
        Es = "es",
        /// English.
        En = "en",
    }
}

impl Language {
    /// The one of two texts that is in this language.
    pub fn pick<T>(self, spanish: T, english: T) -> T {
        match self {
            Self::Es => spanish,
            Self::En => english,
        }
    }
}

/// The same in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Spanish of Ecuador.
    pub es: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// Both.
    #[must_use]
    pub const fn new(es: &'static str, en: &'static str) -> Self {
        Self { es, en }
    }

    /// The one that was asked for.
    #[must_use]
    pub const fn say(self, language: Language) -> &'static str {
        match language {
            Language::Es => self.es,
            Language::En => self.en,
        }
    }
}
