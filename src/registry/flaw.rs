//! What can be wrong with a row, as data; its sentences in both languages.

use crate::domain::{IdentityError, ParseEmployerError};

/// What is wrong with a row, or odd about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 (in Excel, save it as “CSV UTF-8”)")]
    NotUtf8,
    /// Another number of fields than the header has.
    #[error("{found} fields instead of {expected}")]
    Fields {
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// Separators within a name that is not in quotes.
    #[error("a separator stands inside a field without quotes")]
    StraySeparator,
    /// A quote that opens nothing or closes nothing.
    #[error("a quote that is never closed, or stands inside a field")]
    StrayQuote,
    /// A row beyond the limit.
    #[error("the row is longer than {0} bytes")]
    LongRow(usize),
    /// A field beyond the limit.
    #[error("{column} is longer than {limit} characters")]
    LongField {
        /// The column.
        column: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A character that no text holds, NUL above all.
    #[error("a control character")]
    ControlCharacter,
    /// A field that must not be empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A number of another shape.
    #[error("{column}: {error}")]
    Number {
        /// The column.
        column: &'static str,
        /// What is wrong.
        error: IdentityError,
    },
    /// A word that the column does not know.
    #[error("unknown {column}: {word}")]
    Word {
        /// The column.
        column: &'static str,
        /// The word.
        word: String,
    },
    /// Not an e-mail address.
    #[error("email: not an e-mail address")]
    Email,
    /// Not a date, with the form it should have.
    #[error("{column} is not a date {form}")]
    Date {
        /// The column.
        column: &'static str,
        /// How it should look.
        form: &'static str,
    },
    /// A term that ends before it begins.
    #[error("to lies before from")]
    EndsBeforeItBegins,
    /// A number of signatures that does not fit the mode.
    #[error("required_signatures must be 1 for sole and 2 to 9 for joint")]
    RequiredSignatures,
    /// Nine digits that are a cédula with a zero before them: a spreadsheet took it for a number.
    #[error("{0}: nine digits, perhaps a cédula that has lost its leading zero")]
    LostZero(&'static str),
    /// A cédula whose last digit does not fit: perhaps a typing error (DESIGN M).
    #[error("{0}: the check digit does not fit, perhaps a typing error")]
    CheckDigit(&'static str),
    /// Rows of one employer that can't all be true: nobody can tell which one is, and nothing is taken of that employer.
    #[error("{0}: an earlier row of this employer says something else; nothing is taken of it")]
    Contradicts(&'static str),
    /// A post that is not known to represent anybody: what its holder signs goes to a person.
    #[error(
        "post: “{0}” is not known to represent anybody; what its holder signs goes to a person"
    )]
    UnrecognisedPost(String),
}

impl Flaw {
    /// The same in Spanish.
    #[must_use]
    pub fn spanish(&self) -> String {
        match self {
            Self::NotUtf8 => "no está en UTF-8 (en Excel, guarde como «CSV UTF-8»)".to_owned(),
            Self::Fields { found, expected } => format!("{found} campos en vez de {expected}"),
            Self::StraySeparator => "un separador dentro de un campo sin comillas".to_owned(),
            Self::StrayQuote => "una comilla sin cerrar, o dentro de un campo".to_owned(),
            Self::LongRow(limit) => format!("la fila pasa de {limit} bytes"),
            Self::LongField { column, limit } => format!("{column} pasa de {limit} caracteres"),
            Self::ControlCharacter => "un carácter de control".to_owned(),
            Self::Empty(column) => format!("{column} está vacío"),
            Self::Number { column, error } => {
                let what = match error {
                    IdentityError::NotARuc => "un RUC tiene 13 dígitos",
                    IdentityError::NotABranch => "una sucursal tiene 4 dígitos",
                    IdentityError::NotADocument => {
                        "un documento de identidad tiene de 5 a 20 letras o dígitos"
                    }
                };
                format!("{column}: {what}")
            }
            Self::Word { column, word } => format!("{column} desconocido: {word}"),
            Self::Email => "email: no es una dirección de correo".to_owned(),
            Self::Date { column, form } => format!("{column} no es una fecha {form}"),
            Self::EndsBeforeItBegins => "to es anterior a from".to_owned(),
            Self::RequiredSignatures => {
                "required_signatures debe ser 1 con sole y de 2 a 9 con joint".to_owned()
            }
            Self::LostZero(column) => {
                format!("{column}: nueve dígitos; quizá una cédula que perdió su cero inicial")
            }
            Self::CheckDigit(column) => {
                format!("{column}: el dígito verificador no cuadra; quizá un error de tecleo")
            }
            Self::Contradicts(column) => format!(
                "{column}: una fila anterior de este empleador dice otra cosa; no se toma nada de él"
            ),
            Self::UnrecognisedPost(post) => {
                format!(
                    "post: «{post}» no es un cargo que se sepa que representa; lo que firme irá a una persona"
                )
            }
        }
    }
}

impl From<ParseEmployerError> for Flaw {
    fn from(error: ParseEmployerError) -> Self {
        match error {
            ParseEmployerError::Email => Self::Email,
            ParseEmployerError::Word { column, word } => Self::Word {
                column,
                word: word.chars().take(40).collect(),
            },
        }
    }
}
