//! The Spanish of the command line: one text per command and argument. A test fails when one is missing.

use std::fmt::Write;

use clap::builder::{PossibleValue, Str};
use clap::{Arg, ArgAction, Command};

/// How help is laid out: clap's own headings are English.
const TEMPLATE: &str = "{about-with-newline}\nUso: {usage}\n\n{all-args}{after-help}\n";

/// `command` or `command.argument` → text. An entry `command!` is what stands below the help (examples).
const TEXTS: &[(&str, &str)] = &[
    (
        "",
        "Devuelve a un empleador ecuatoriano su clave del portal, con la sola fuerza de una firma electrónica.",
    ),
    (".lang", "Idioma de la ayuda y de los mensajes: es o en; la variable CLAVERO_LANG dice lo mismo"),
    (
        "verify",
        "Comprueba sin conexión un documento firmado: PDF, .p7m o .p7s",
    ),
    (
        "verify!",
        "Ejemplos:
  clavero verify solicitud.pdf --roots raices/ --intermediates intermedios/ --crls listas/
  clavero verify solicitud.p7s --original solicitud.pdf --roots raices/ --crls listas/
  clavero verify solicitud.pdf --roots raices/ --at 2026-11-21T12:00:00Z --revocation none --json

Estado de salida:
  0 válido, 1 no válido, 2 indeterminado, 3 archivo ilegible o uso incorrecto",
    ),
    ("verify.file", "Documento firmado: PDF, .p7m o .p7s"),
    (
        "verify.original",
        "Documento original de una firma separada (.p7s)",
    ),
    (
        "verify.roots",
        "Carpeta con las raíces de confianza, PEM o DER; solo estas cuentan",
    ),
    (
        "verify.intermediates",
        "Carpeta con certificados intermedios que completan las cadenas",
    ),
    (
        "verify.trust_dir",
        "Almacén de confianza: carpeta con «roots» e «intermediates», si no se da --roots; sin ninguno de los dos, el de la configuración (CLAVERO_CONFIG)",
    ),
    ("verify.crls", "Carpeta con listas de revocación (CRL)"),
    ("verify.ocsp", "Carpeta con respuestas OCSP"),
    (
        "verify.revocation",
        "Si se exige saber el estado de revocación: required (sí, si no se dice otra cosa) o none (no)",
    ),
    (
        "verify.at",
        "Momento de recepción en RFC 3339, por ejemplo 2026-11-21T12:00:00Z; sin esto, ahora",
    ),
    (
        "verify.report",
        "Escribe además un informe de una página para personas: ARCHIVO.html o ARCHIVO.pdf",
    ),
    (
        "verify.schema",
        "Imprime el esquema JSON de --json y no comprueba nada",
    ),
    (
        "decide.schema",
        "Imprime el esquema JSON de una línea y no decide nada",
    ),
    ("explain", "Dice qué significa un código y qué hacer"),
    (
        "explain!",
        "Ejemplos:
  clavero explain chain.expired
  clavero explain CERT_REVOKED --lang en
  clavero explain --all",
    ),
    (
        "explain.codes",
        "Código de un hallazgo (chain.expired), de una razón (CERT_EXPIRED) o de un archivo ilegible (pdf.truncated)",
    ),
    ("explain.all", "Todos los códigos que hay"),
    (
        "verify.online",
        "Consulta por la revocación en las direcciones de los certificados (OCSP, CRL) si lo que hay no basta",
    ),
    (
        "verify.cache",
        "Carpeta donde se recuerdan las respuestas consultadas",
    ),
    (
        "reprocess",
        "Vuelve a hacer el informe de un trámite decidido, con lo que se guardó, y lo compara",
    ),
    (
        "reprocess!",
        "Ejemplos:
  clavero reprocess CLV-2026-000123-X --config clavero.toml
  clavero reprocess CLV-2026-000123-X --json

Estado de salida:
  0 el mismo informe, 1 otro distinto, 3 no existe el trámite o nada se ha decidido",
    ),
    (
        "reprocess.numbers",
        "Número de un trámite; se toman varios, uno tras otro",
    ),
    ("reprocess.config", "Archivo de configuración (TOML)"),
    (
        "reprocess.json",
        "Escribe un objeto JSON por trámite en la salida estándar",
    ),
    ("serve", "Pone en marcha el servicio: páginas, API y cola de trabajo"),
    (
        "serve!",
        "Ejemplos:
  clavero check-config --example > clavero.toml
  clavero serve --config clavero.toml
  CLAVERO_LISTEN=0.0.0.0:8080 CLAVERO_PUBLIC_URL=https://clavero.ejemplo.ec clavero serve",
    ),
    ("serve.config", "Archivo de configuración (TOML)"),
    ("decide", "Ensaya la decisión completa sobre archivos, contra un registro en un archivo"),
    (
        "decide!",
        "Ejemplos:
  clavero decide solicitud.pdf --registry empleadores.csv --roots raices/ --crls listas/
  clavero decide uno.pdf dos.pdf --registry empleadores.csv --roots raices/ --at 2026-11-21T12:00:00Z

Estado de salida:
  0 todas aprobadas, 1 alguna negada, 2 lo demás, 3 archivo ilegible o uso incorrecto",
    ),
    ("decide.files", "Documentos firmados, en el orden en que se recibieron"),
    ("decide.registry", "Tabla de empleadores y representantes (CSV)"),
    ("decide.json", "Un objeto JSON por línea, que es la única forma que hay"),
    ("check-config", "Revisa la configuración y todo lo que nombra"),
    ("check-config.config", "Archivo de configuración (TOML)"),
    (
        "check-config.example",
        "Escribe un ejemplo con todas las claves y sus valores, y nada más",
    ),
    (
        "verify.json",
        "Escribe exactamente un objeto JSON en la salida",
    ),
];

/// Options that `verify` and `decide` share, under either name.
const SHARED: [&str; 10] = [
    "roots",
    "intermediates",
    "trust_dir",
    "crls",
    "ocsp",
    "revocation",
    "online",
    "cache",
    "at",
    "original",
];

/// Arguments that every command has.
const COMMON: &[(&str, &str)] = &[
    ("help", "Muestra esta ayuda"),
    ("version", "Muestra la versión"),
];

fn text(key: &str) -> Option<&'static str> {
    // `decide` takes the options of `verify`; they are written once.
    let shared = key
        .strip_prefix("decide.")
        .filter(|name| SHARED.contains(name))
        .map(|name| format!("verify.{name}"));
    let key = shared.as_deref().unwrap_or(key);
    TEXTS
        .iter()
        .chain(super::audit::SPANISH)
        .chain(super::breach::SPANISH)
        .chain(super::subject::SPANISH)
        .chain(super::demo::SPANISH)
        .chain(super::evidence::SPANISH)
        .chain(super::fixture::SPANISH)
        .chain(super::load::SPANISH)
        .chain(super::mail::SPANISH)
        .chain(super::migrate_store::SPANISH)
        .chain(super::protect::SPANISH)
        .chain(super::registry::SPANISH)
        .chain(super::registry::arrears::SPANISH)
        .chain(super::registry::stop::SPANISH)
        .chain(super::reviewer::SPANISH)
        .chain(super::trust::SPANISH)
        .find(|(name, _)| *name == key)
        .map(|(_, text)| *text)
}

/// What stands for a value in usage and help; what is not here is the same in both languages.
const VALUES: &[(&str, &str)] = &[
    ("ADDRESS", "CORREO"),
    ("CODE", "CÓDIGO"),
    ("DAY", "DÍA"),
    ("DIR", "CARPETA"),
    ("FILE", "ARCHIVO"),
    ("FILE.zip", "ARCHIVO.zip"),
    ("MODE", "MODO"),
    ("NUMBER", "NÚMERO"),
    ("PATH", "RUTA"),
    ("TEXT", "TEXTO"),
    ("TIME", "MOMENTO"),
    ("VERSION", "VERSIÓN"),
];

fn value(name: &Str) -> Str {
    let known = VALUES.iter().find(|(english, _)| name == english);
    known.map_or_else(|| name.clone(), |(_, spanish)| Str::from(*spanish))
}

/// The same command line, speaking Spanish.
pub(super) fn translate(command: Command) -> Command {
    translate_at(command, "")
}

fn translate_at(mut command: Command, path: &str) -> Command {
    // Makes clap add its own arguments now, so that they can be renamed like the others.
    command = command
        .help_template(TEMPLATE)
        .next_help_heading("Opciones")
        .subcommand_help_heading("Órdenes")
        .subcommand_value_name("ORDEN")
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .display_order(999)
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(common("help")),
        );
    if path.is_empty() {
        command = command.disable_version_flag(true).arg(
            Arg::new("version")
                .display_order(999)
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help(common("version")),
        );
    }
    if let Some(about) = text(path) {
        command = command.about(about).long_about(about);
    }
    if let Some(examples) = text(&format!("{path}!")) {
        command = command.after_help(examples).after_long_help(examples);
    }
    command = command.mut_args(|argument| {
        let key = format!("{path}.{}", argument.get_id());
        let heading = if argument.is_positional() {
            "Argumentos"
        } else {
            "Opciones"
        };
        let argument = argument.help_heading(heading);
        let names = argument.get_value_names().unwrap_or_default();
        let names: Vec<Str> = names.iter().map(value).collect();
        let argument = if names.is_empty() {
            argument
        } else {
            argument.value_names(names)
        };
        match text(&key) {
            Some(help) => {
                if !argument.get_action().takes_values() {
                    return argument.help(help).long_help(help);
                }
                let help = format!("{help}{}", added(&argument));
                argument
                    .help(help.clone())
                    .long_help(help)
                    .hide_default_value(true)
                    .hide_possible_values(true)
                    .hide_env(true)
            }
            None => argument,
        }
    });
    let usage = usage(&mut command, path);
    command = command.override_usage(usage);
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path} {name}")
        };
        command = command.mut_subcommand(name, |sub| translate_at(sub, &path));
    }
    command
}

/// The line that says how a command is written.
fn usage(command: &mut Command, path: &str) -> String {
    let written = command.render_usage().to_string();
    let written = written.trim_start_matches("Usage: ");
    let rest = written.split_once(' ').map_or("", |(_, rest)| rest);
    let rest = rest.replace("[OPTIONS]", "[OPCIONES]");
    let words = ["clavero", path, &rest];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// What clap would add to the help of an argument in English.
fn added(argument: &Arg) -> String {
    let mut all = String::new();
    let defaults = argument.get_default_values();
    if !defaults.is_empty() && !argument.is_hide_default_value_set() {
        let words: Vec<_> = defaults.iter().map(|word| word.to_string_lossy()).collect();
        let _ = write!(all, " [si falta: {}]", words.join(", "));
    }
    let possible = argument.get_possible_values();
    if !possible.is_empty() && !argument.is_hide_possible_values_set() {
        let words: Vec<_> = possible.iter().map(PossibleValue::get_name).collect();
        let _ = write!(all, " [hay: {}]", words.join(", "));
    }
    if let (Some(variable), false) = (argument.get_env(), argument.is_hide_env_set()) {
        let _ = write!(all, " [variable: {}]", variable.to_string_lossy());
    }
    all
}

fn common(name: &str) -> &'static str {
    COMMON
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::domain::PetitionNumber;

    #[test]
    fn every_command_and_argument_speaks_spanish() {
        let mut missing = Vec::new();
        collect(&Cli::command(), "", &mut missing);
        assert!(missing.is_empty(), "without Spanish text: {missing:#?}");
    }

    #[test]
    fn the_translated_command_line_is_still_sound() {
        translate(Cli::command()).debug_assert();
    }

    #[test]
    fn spanish_help_holds_no_english_of_claps() {
        let mut commands = vec![(translate(Cli::command()), String::new())];
        while let Some((command, path)) = commands.pop() {
            let help = command.clone().render_long_help().to_string();
            for english in [
                "[OPTIONS]",
                "[default",
                "[possible",
                "[env",
                "Usage",
                "<FILE",
                "<DIR",
            ] {
                assert!(!help.contains(english), "{path}: {help}");
            }
            assert!(help.contains(&format!("Uso: clavero{path} ")), "{help}");
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                commands.push((sub.clone(), format!("{path} {}", sub.get_name())));
            }
        }
    }

    /// Who copies an example must not be told that its number can't be one.
    #[test]
    fn every_petition_number_of_an_example_could_be_one() {
        let mut numbers = 0;
        for command in [Cli::command(), translate(Cli::command())] {
            let mut commands = vec![command];
            while let Some(command) = commands.pop() {
                let help = command.clone().render_long_help().to_string();
                for word in help
                    .split_whitespace()
                    .filter(|word| word.starts_with("CLV-"))
                {
                    assert!(word.parse::<PetitionNumber>().is_ok(), "{word}");
                    numbers += 1;
                }
                commands.extend(command.get_subcommands().cloned());
            }
        }
        assert!(numbers > 10, "{numbers}");
    }

    /// Examples name their files in the reader's language; what is done in them, and how a command ends, is the same.
    #[test]
    fn both_languages_have_the_same_examples_and_exit_statuses() {
        let options = |line: &str| -> Vec<String> {
            let words = line
                .split_whitespace()
                .skip_while(|word| *word != "clavero");
            let options = words.filter(|word| word.starts_with('-'));
            options.map(str::to_owned).collect()
        };
        let examples = |help: &str| -> Vec<Vec<String>> {
            let lines = help.lines().filter(|line| line.starts_with("  "));
            let lines = lines.filter(|line| line.contains("clavero "));
            lines.map(options).collect()
        };
        let statuses = |help: &str, heading: &str| -> Vec<u8> {
            let (_, ends) = help.split_once(heading).unwrap_or_default();
            let words = ends.split_whitespace();
            words.filter_map(|word| word.parse().ok()).collect()
        };
        let mut with_examples = 0;
        let mut commands = vec![(Cli::command(), String::new())];
        while let Some((command, path)) = commands.pop() {
            let spanish = text(&format!("{path}!")).unwrap_or_default();
            let english = command.get_after_help().map(ToString::to_string);
            let english = english.unwrap_or_default();
            assert_eq!(examples(&english), examples(spanish), "{path}");
            assert_eq!(
                statuses(&english, "EXIT STATUS:"),
                statuses(spanish, "Estado de salida:"),
                "{path}"
            );
            with_examples += usize::from(!spanish.is_empty());
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                let path = format!("{path} {}", sub.get_name()).trim().to_owned();
                commands.push((sub.clone(), path));
            }
        }
        assert!(with_examples > 30, "{with_examples}");
    }

    fn collect(command: &Command, path: &str, missing: &mut Vec<String>) {
        if text(path).is_none() {
            missing.push(path.to_owned());
        }
        for argument in command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
        {
            let key = format!("{path}.{}", argument.get_id());
            if text(&key).is_none() {
                missing.push(key);
            }
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let path = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path} {}", sub.get_name())
            };
            collect(sub, &path, missing);
        }
    }
}
