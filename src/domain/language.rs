//! The two languages that people are spoken to in, and a sentence in both.

use std::borrow::Cow;
use std::io::{self, ErrorKind};

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

/// What the system says of a file, a folder or an address, in Spanish; words that it has none for stay as they are.
#[must_use]
pub fn system_error(error: &io::Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => "no existe",
        ErrorKind::PermissionDenied => "no hay permiso",
        ErrorKind::AlreadyExists => "ya existe",
        ErrorKind::IsADirectory => "es una carpeta",
        ErrorKind::NotADirectory => "no es una carpeta",
        ErrorKind::StorageFull => "no queda espacio en el disco",
        ErrorKind::ReadOnlyFilesystem => "el disco es de solo lectura",
        ErrorKind::AddrInUse => "ya está en uso",
        ErrorKind::AddrNotAvailable => "no es una dirección de esta máquina",
        ErrorKind::UnexpectedEof => "termina antes de tiempo",
        _ => return error.to_string(),
    };
    known.to_owned()
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

/// What is said in both languages, where it holds something that only this case knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    es: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Spoken {
    /// What `say` says in each.
    pub fn of(say: impl Fn(Language) -> String) -> Self {
        Self {
            es: say(Language::Es).into(),
            en: say(Language::En).into(),
        }
    }

    /// The one that was asked for.
    #[must_use]
    pub fn say(&self, language: Language) -> &str {
        language.pick(&self.es, &self.en)
    }
}

impl From<Text> for Spoken {
    fn from(text: Text) -> Self {
        Self {
            es: text.es.into(),
            en: text.en.into(),
        }
    }
}
