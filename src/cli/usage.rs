//! What is wrong with a command line, in Spanish: clap speaks English only.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::{IdentityError, ParseEmployerError, ParseMemberError, ParsePetitionError};

/// The error in Spanish with the usage; nothing for kinds that say something else than an error.
pub(super) fn spanish(error: &Error) -> Option<String> {
    let about = |kind| said(error.get(kind)?);
    let argument = || about(ContextKind::InvalidArg);
    let value = || about(ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let what = match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("falta {}", argument()?),
        ErrorKind::InvalidValue => match (value(), about(ContextKind::ValidValue)) {
            (Some(value), Some(valid)) => {
                format!("«{value}» no sirve para {}: puede ser {valid}", argument()?)
            }
            (Some(value), None) => format!("«{value}» no sirve para {}", argument()?),
            (None, _) => format!("falta el valor de {}", argument()?),
        },
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(reason);
            let reason = reason.map(|reason| format!(" ({reason})"));
            let (value, argument) = (value()?, argument()?);
            format!(
                "«{value}» no sirve para {argument}{}",
                reason.unwrap_or_default()
            )
        }
        ErrorKind::UnknownArgument if argument()?.starts_with('-') => {
            format!("no existe la opción {}", argument()?)
        }
        ErrorKind::UnknownArgument => {
            // Of commands that take one file that is the last word of their usage, in Spanish or as it was written.
            let one = about(ContextKind::Usage).is_some_and(|usage| {
                let last = usage.split_whitespace().next_back().unwrap_or_default();
                ["FILE", "ARCHIVO"].contains(&last.trim_matches(['<', '>', '[', ']']))
            });
            let why = if one {
                ": la orden va con un solo archivo"
            } else {
                ""
            };
            format!("sobra «{}»{why}", argument()?)
        }
        ErrorKind::InvalidSubcommand => {
            format!(
                "no existe la orden {}",
                about(ContextKind::InvalidSubcommand)?
            )
        }
        ErrorKind::ArgumentConflict => match about(ContextKind::PriorArg) {
            Some(other) if other != argument()? => format!("{} no va con {other}", argument()?),
            _ => format!("{} va una sola vez", argument()?),
        },
        _ => return None,
    };
    let suggested = about(ContextKind::SuggestedArg)
        .or_else(|| about(ContextKind::SuggestedSubcommand))
        .map(|other| format!("; ¿quiso decir {other}?"));
    let usage = about(ContextKind::Usage)
        .map(|usage| usage.replacen("Usage:", "Uso:", 1))
        .map(|usage| usage.replace("[OPTIONS]", "[OPCIONES]"));
    let usage = usage.map(|usage| format!("\n\n{}", usage.trim()));
    Some(format!(
        "error: {what}{}{}\n\nMás con «--help».",
        suggested.unwrap_or_default(),
        usage.unwrap_or_default()
    ))
}

/// Why a value is none. What only a library says stays as it is.
fn reason(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = if let Some(cause) = cause.downcast_ref::<IdentityError>() {
        match cause {
            IdentityError::NotARuc => "un RUC tiene 13 dígitos",
            IdentityError::NotABranch => "una sucursal tiene 4 dígitos",
            IdentityError::NotADocument => "un documento tiene de 5 a 20 letras o cifras",
        }
    } else if cause.is::<ParsePetitionError>() {
        "un número de trámite tiene esta forma: CLV-2026-000123-X"
    } else if let Some(cause) = cause.downcast_ref::<ParseMemberError>() {
        match cause {
            ParseMemberError::UserName => {
                "un usuario tiene de 2 a 32 letras minúsculas, cifras, puntos o guiones, y comienza con una letra"
            }
            ParseMemberError::Role(_) => "hay reviewer, supervisor y auditor",
        }
    } else if cause.is::<ParseEmployerError>() {
        "un correo tiene la forma nombre@dominio.ec"
    } else if cause.is::<jiff::Error>() {
        "un día es 2026-11-21, un momento 2026-11-21T12:00:00Z"
    } else {
        return cause.to_string();
    };
    text.to_owned()
}

fn said(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(all) if !all.is_empty() => Some(all.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn usage_errors_are_spanish_too() {
        let vectors: &[(&[&str], &str)] = &[
            (&["verify"], "error: falta <FILE>"),
            (&["decide", "a.pdf"], "error: falta --registry <FILE>"),
            (
                &["verify", "a.pdf", "--revocation", "maybe"],
                "error: «maybe» no sirve para --revocation <MODE>: puede ser required, none",
            ),
            (
                &["verify", "a.pdf", "--at", "ayer"],
                "error: «ayer» no sirve para --at <TIME> (",
            ),
            (
                &["verify", "a.pdf", "--roots"],
                "error: falta el valor de --roots <DIR>",
            ),
            (
                &["verify", "a.pdf", "--rots", "x"],
                "error: no existe la opción --rots; ¿quiso decir --roots?",
            ),
            (
                &["verify", "a.pdf", "b.jpg"],
                "error: sobra «b.jpg»: la orden va con un solo archivo",
            ),
            (
                &["registry", "show", "2990001015001", "x"],
                "error: sobra «x»\n",
            ),
            (
                &["registry", "show", "299"],
                "error: «299» no sirve para <RUC> (un RUC tiene 13 dígitos)",
            ),
            (
                &["mail", "list", "foo"],
                "error: «foo» no sirve para <NUMBER> (un número de trámite tiene esta forma: CLV-2026-000123-X)",
            ),
            (
                &[
                    "reviewer", "add", "A B", "--name", "x", "--role", "reviewer",
                ],
                "error: «A B» no sirve para <USER> (un usuario tiene",
            ),
            (
                &["subject", "erase", "--document", "2901047296"],
                "error: falta <--petition <NUMBER>|--reason <TEXT>>",
            ),
            (
                &["verfy"],
                "error: no existe la orden verfy; ¿quiso decir verify?",
            ),
            (
                &[
                    "verify",
                    "a.pdf",
                    "--at",
                    "2026-01-01T00:00:00Z",
                    "--at",
                    "2026-01-01T00:00:00Z",
                ],
                "error: --at <TIME> va una sola vez",
            ),
        ];
        for (arguments, expected) in vectors {
            let line = std::iter::once("clavero").chain(arguments.iter().copied());
            let error = Cli::command().try_get_matches_from(line).unwrap_err();
            let said = spanish(&error).unwrap();
            assert!(said.starts_with(expected), "{arguments:?}: {said}");
            assert!(
                !said.contains("Usage") && !said.contains("OPTIONS"),
                "{said}"
            );
        }
        // As people meet it: with the placeholders in Spanish.
        let translated = crate::cli::spanish::translate(Cli::command());
        let error = translated.try_get_matches_from(["clavero", "verify", "a.pdf", "b.jpg"]);
        let said = spanish(&error.unwrap_err()).unwrap();
        assert!(said.contains("con un solo archivo"), "{said}");
        let help = Cli::command().try_get_matches_from(["clavero", "--help"]);
        assert_eq!(spanish(&help.unwrap_err()), None);
    }
}
