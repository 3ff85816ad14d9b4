//! The failure of a command with its causes, in the language of who reads it. What comes from a library that speaks only
//! English stays English.

use std::error::Error;
use std::io;

use crate::domain::{Language, system_error};
use crate::material::{Defect, MaterialError};
use crate::registry::RegistryError;

/// The failure and its causes on one line. A cause that was told already is not told again.
pub(super) fn told(error: &anyhow::Error, language: Language) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        let said = match language {
            Language::Es => spanish(cause),
            Language::En => cause.to_string(),
        };
        if words.last().is_none_or(|last| !last.ends_with(&said)) {
            words.push(said);
        }
    }
    words.join(": ")
}

fn spanish(cause: &(dyn Error + 'static)) -> String {
    if let Some(error) = cause.downcast_ref::<MaterialError>() {
        error.spanish()
    } else if let Some(error) = cause.downcast_ref::<Defect>() {
        error.spanish()
    } else if let Some(error) = cause.downcast_ref::<RegistryError>() {
        error.spanish()
    } else if let Some(error) = cause.downcast_ref::<io::Error>() {
        system_error(error)
    } else {
        cause.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use anyhow::Context;

    use super::*;
    use crate::material;

    #[test]
    fn a_failure_is_told_in_the_language_of_who_reads() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let table = || Err::<(), _>(RegistryError::Read(io::ErrorKind::IsADirectory.into()));
        let folder = material::certificates(Path::new("/nowhere/at/all")).unwrap_err();
        let unusable = MaterialError::Unusable {
            path: PathBuf::from("raiz.pem"),
            reason: Defect::NotBase64,
        };
        let vectors: [(anyhow::Error, &str, &str); 5] = [
            (
                Err::<(), _>(missing()).context("tabla.csv").unwrap_err(),
                "tabla.csv: no existe",
                "tabla.csv: entity not found",
            ),
            (
                table().context("tabla").unwrap_err(),
                "tabla: no se puede leer la tabla: es una carpeta",
                "tabla: the table can't be read: is a directory",
            ),
            (
                folder.into(),
                "/nowhere/at/all: no existe",
                "/nowhere/at/all: No such file or directory (os error 2)",
            ),
            (
                unusable.into(),
                "raiz.pem: un bloque PEM no está en base64",
                "raiz.pem: a PEM block is not base64",
            ),
            (anyhow::anyhow!("listo"), "listo", "listo"),
        ];
        for (error, es, en) in vectors {
            assert_eq!(told(&error, Language::Es), es);
            assert_eq!(told(&error, Language::En), en);
        }
    }
}
