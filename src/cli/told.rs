//! The failure of a command with its causes, in the language of who reads it. What comes from a library that speaks only
//! English stays English.

use std::error::Error;
use std::{fmt, io};

use crate::config::ConfigError;
use crate::domain::{Language, system_error};
use crate::intake::IntakeError;
use crate::material::{Defect, MaterialError};
use crate::protection::ProtectionError;
use crate::registry::RegistryError;
use crate::store::StoreError;

/// A failure of a command itself, in both languages.
#[derive(Debug)]
pub(super) struct Failure {
    es: String,
    en: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// One that speaks for itself.
    pub(super) fn new(es: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            es: es.into(),
            en: en.into(),
            cause: None,
        }
    }

    /// The same with its cause.
    pub(super) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause: &(dyn Error + 'static) = self.cause.as_deref()?;
        Some(cause)
    }
}

/// The failure and its causes on one line. A cause that was told already is not told again.
pub(super) fn told(error: &anyhow::Error, language: Language) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        if let Some((es, en)) = known(cause) {
            words.push(language.pick(es, en));
            // Its causes are in it.
            break;
        }
        let said = match language {
            Language::Es => spanish(cause),
            Language::En => cause.to_string(),
        };
        if words.last().is_none_or(|last| !last.contains(&said)) {
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
    } else if let Some(error) = cause.downcast_ref::<ConfigError>() {
        error.say(Language::Es)
    } else if let Some(failure) = cause.downcast_ref::<Failure>() {
        failure.es.clone()
    } else if let Some(error) = cause.downcast_ref::<io::Error>() {
        system_error(error)
    } else {
        cause.to_string()
    }
}

/// Whether nobody reads the output any more, as behind `| head`: no failure worth a word. A database that is lost looks alike.
pub(super) fn is_unread_output(error: &anyhow::Error) -> bool {
    let is_broken = |cause: &(dyn Error + 'static)| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    let is_ours = |cause: &(dyn Error + 'static)| cause.is::<StoreError>();
    error.chain().any(is_broken) && !error.chain().any(is_ours)
}

/// What an operator meets with a service, with what to do about it.
fn known(cause: &(dyn Error + 'static)) -> Option<(String, String)> {
    let error = cause.downcast_ref::<StoreError>();
    if let Some(StoreError::Protection {
        error: ProtectionError::UnknownKey(id),
        ..
    }) = error
    {
        return Some((
            format!(
                "hay datos cifrados con la llave {id}, que no está: agréguela después de la actual en «protection.keys» o en «protection.keys_file»"
            ),
            format!(
                "there are data protected with the key {id}, which is not there: add it behind the current one in `protection.keys` or `protection.keys_file`"
            ),
        ));
    }
    fixed(cause).map(|(es, en)| (es.to_owned(), en.to_owned()))
}

fn fixed(cause: &(dyn Error + 'static)) -> Option<(&'static str, &'static str)> {
    if let Some(IntakeError::NotFound) = cause.downcast_ref::<IntakeError>() {
        return Some((
            "no hay un trámite con ese número, nada se ha decidido sobre él, o su documento se borró al terminar su plazo",
            "there is no petition of that number, nothing has been decided about it, or its document was deleted when its term had ended",
        ));
    }
    match cause.downcast_ref::<StoreError>()? {
        error @ StoreError::Database(_) if error.to_string().contains("database is locked") => {
            Some((
                "otro programa ocupa la base de datos; inténtelo de nuevo cuando termine",
                "another program holds the database; try again when it has ended",
            ))
        }
        error if error.is_passing() => Some((
            "no se llega a la base de datos: revise que esté en marcha, y la dirección en «database»",
            "the database can't be reached: see whether it runs, and the address in `database`",
        )),
        error if error.is_no_entry() => Some((
            "el servidor de la base de datos no deja entrar: revise usuario, clave y nombre de la base en «database»",
            "the server of the database lets nobody in like this: see user, password and name of the database in `database`",
        )),
        error if error.is_unopened() => Some((
            "el archivo de la base de datos no se puede abrir: revise que su carpeta exista y que este usuario pueda escribir en ella («database», «data_dir»)",
            "the file of the database can't be opened: see that its folder is there and that this user may write in it (`database`, `data_dir`)",
        )),
        StoreError::Outdated => Some((
            "las tablas de la base son de otra versión del programa",
            "the tables of the database are of another release of the program",
        )),
        _ => None,
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
        let failure = Failure::new("la puerta está cerrada", "the door is shut");
        let vectors: [(anyhow::Error, &str, &str); 7] = [
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
            (
                failure.because(missing()).into(),
                "la puerta está cerrada: no existe",
                "the door is shut: entity not found",
            ),
            (
                anyhow::Error::from(StoreError::Outdated).context("f"),
                "f: las tablas de la base son de otra versión del programa",
                "f: the tables of the database are of another release of the program",
            ),
        ];
        for (error, es, en) in vectors {
            assert_eq!(told(&error, Language::Es), es);
            assert_eq!(told(&error, Language::En), en);
        }
    }

    #[test]
    fn whoever_reads_no_further_is_told_nothing() {
        let unread = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_unread_output(
            &anyhow::Error::from(unread()).context("csv")
        ));
        assert!(!is_unread_output(
            &io::Error::from(io::ErrorKind::NotFound).into()
        ));
        let lost = StoreError::Folder(unread());
        assert!(!is_unread_output(&lost.into()));
    }
}
