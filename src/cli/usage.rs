//! What is wrong with a command line, in Spanish: clap speaks English only.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

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
            let reason = std::error::Error::source(error).map(ToString::to_string);
            let reason = reason.map(|reason| format!(" ({reason})"));
            let (value, argument) = (value()?, argument()?);
            format!(
                "«{value}» no sirve para {argument}{}",
                reason.unwrap_or_default()
            )
        }
        ErrorKind::UnknownArgument => format!("no existe la opción {}", argument()?),
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
    let usage = about(ContextKind::Usage).map(|usage| usage.replacen("Usage:", "Uso:", 1));
    let usage = usage.map(|usage| format!("\n\n{}", usage.trim()));
    Some(format!(
        "error: {what}{}{}\n\nMás con «--help».",
        suggested.unwrap_or_default(),
        usage.unwrap_or_default()
    ))
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
            assert!(!said.contains("Usage"), "{said}");
        }
        let help = Cli::command().try_get_matches_from(["clavero", "--help"]);
        assert_eq!(spanish(&help.unwrap_err()), None);
    }
}
