//! `clavero breach`: starts the clock of a breach of personal data, and writes what must be told to whom and until when.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::operator::{actor, now, with_existing_store};
use super::serve::ConfigArgs;
use super::told::Failure;
use crate::config::Config;
use crate::domain::calendar;
use crate::protection::Keyring;
use crate::store::{Breach, Scope, Store};

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "breach",
        "Vulneraciones de datos personales: el reloj de los plazos y el informe",
    ),
    (
        "breach start",
        "Anota una vulneración: desde que se conoce corren los plazos",
    ),
    (
        "breach start!",
        "Ejemplos:
  clavero breach start --what \"copia de respaldo extraviada\"
  clavero breach start --what \"acceso ajeno al servidor\" --known 2026-11-21T09:00:00-05:00",
    ),
    (
        "breach start.what",
        "Qué pasó, en una frase y sin datos de personas",
    ),
    (
        "breach start.known",
        "Cuándo se conoció, en RFC 3339; sin esto, ahora",
    ),
    ("breach start.config", "Archivo de configuración (TOML)"),
    (
        "breach report",
        "Escribe el informe: a quién se avisa y hasta cuándo, y cuántos datos hay",
    ),
    (
        "breach report!",
        "Ejemplos:
  clavero breach report
  clavero breach report --id 2 --out informe.md

Estado de salida: 0 escrito, 3 no hay tal vulneración o no se pudo escribir",
    ),
    (
        "breach report.id",
        "Número de la vulneración; sin esto, la última",
    ),
    ("breach report.out", "Archivo; sin esto, en la salida"),
    ("breach report.config", "Archivo de configuración (TOML)"),
];

/// Whom to tell and within how many days of knowing (LOPDP Art. 43 and 46). Counted in calendar days: never too late.
const DEADLINES: [(i64, &str); 3] = [
    (
        2,
        "El encargado del tratamiento al responsable (LOPDP, art. 43)",
    ),
    (
        3,
        "A las personas afectadas, si hay riesgo para sus derechos (art. 46)",
    ),
    (
        5,
        "A la Autoridad de Protección de Datos Personales y a la ARCOTEL (art. 43)",
    ),
];

/// Options of `breach`.
#[derive(Debug, Clone, Args)]
pub struct BreachArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BreachCommand,
}

/// The commands of `breach`.
#[derive(Debug, Clone, Subcommand)]
pub enum BreachCommand {
    /// Notes a breach: the terms run from when it was known
    #[command(after_help = "EXAMPLES:
  clavero breach start --what \"a backup was lost\"
  clavero breach start --what \"somebody else on the server\" --known 2026-11-21T09:00:00-05:00")]
    Start(StartArgs),
    /// Writes the report: whom to tell until when, and how much data there is
    #[command(after_help = "EXAMPLES:
  clavero breach report
  clavero breach report --id 2 --out report.md

The report is in Spanish, for whom it goes to.

EXIT STATUS: 0 written, 3 no such breach or it could not be written")]
    Report(ReportArgs),
}

/// Options of `breach start`.
#[derive(Debug, Clone, Args)]
pub struct StartArgs {
    /// What happened, in a sentence and without anybody's data
    #[arg(long, value_name = "TEXT")]
    pub what: String,
    /// When it became known, in RFC 3339; now when absent
    #[arg(long, value_name = "RFC3339")]
    pub known: Option<Timestamp>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `breach report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Number of the breach; the last one when absent
    #[arg(long)]
    pub id: Option<i64>,
    /// File; standard output when absent
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Runs the command.
pub fn run(args: &BreachArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        BreachCommand::Start(args) => {
            let config = Config::load(args.config.config.as_deref())?;
            with_existing_store(&config, async |store| {
                let known_at = args.known.unwrap_or_else(now);
                let breach = store
                    .begin_breach(&args.what, known_at, &actor(), now())
                    .await?;
                print!("{}", deadlines(&breach, now()));
                Ok(ExitCode::SUCCESS)
            })
        }
        BreachCommand::Report(args) => {
            let config = Config::load(args.config.config.as_deref())?;
            let keys = config.keyring()?;
            with_existing_store(&config, async |store| {
                let text = report(&store, args.id, &keys, now()).await?;
                match &args.out {
                    Some(file) => {
                        std::fs::write(file, text).with_context(|| file.display().to_string())?
                    }
                    None => print!("{text}"),
                }
                Ok(ExitCode::SUCCESS)
            })
        }
    }
}

/// The clock, line by line.
fn deadlines(breach: &Breach, at: Timestamp) -> String {
    let mut text = format!(
        "Vulneración {}: {}\nConocida el {} (UTC-5).\n\n",
        breach.id,
        breach.what,
        calendar::say_minute(breach.known_at),
    );
    for (days, whom) in DEADLINES {
        let until = breach.known_at + SignedDuration::from_hours(24 * days);
        let left = until.duration_since(at).as_hours();
        let how = if left < 0 {
            "VENCIDO".to_owned()
        } else {
            format!("quedan {left} horas")
        };
        let _ = writeln!(
            text,
            "- {days} días, hasta el {} ({how}): {whom}",
            calendar::say_minute(until)
        );
    }
    text
}

async fn report(
    store: &Store,
    id: Option<i64>,
    keys: &Keyring,
    at: Timestamp,
) -> anyhow::Result<String> {
    let breaches = store.breaches().await?;
    let breach = match id {
        Some(id) => breaches.iter().find(|breach| breach.id == id),
        None => breaches.last(),
    };
    let breach = breach.ok_or_else(|| {
        Failure::new(
            "no hay tal vulneración; anótela con «clavero breach start»",
            "there is no such breach; note it with `clavero breach start`",
        )
    })?;
    let log = match store.verify_audit().await? {
        Ok(rows) => format!("completa, {rows} filas"),
        Err(broken) => format!("ALTERADA, {broken}"),
    };
    let Scope {
        employers,
        persons,
        petitions,
        documents,
        accounts,
        messages,
    } = store.scope().await?;
    let protected = match keys.current() {
        Some(key) => {
            format!("cifrados en disco (llave {key}); «clavero protect status» dice cuáles")
        }
        None => "a la vista en el disco: no hay llave en «protection.keys»".to_owned(),
    };
    Ok(format!(
        "# Informe de vulneración de datos personales\n\nEscrito el {} (UTC-5).\n\n{}\n## Alcance posible\n\n\
         - {employers} empleadores, {persons} personas en el registro\n\
         - {petitions} solicitudes, {documents} documentos firmados\n\
         - {accounts} cuentas con clave (solo su huella Argon2id), {messages} mensajes\n\
         - Datos personales: {protected}\n- Bitácora: {log}\n\n\
         ## Lo que falta escribir\n\n- Qué datos y de quiénes, en concreto\n- Consecuencias probables\n\
         - Medidas tomadas y propuestas\n- Nombre y contacto del delegado de protección de datos\n",
        calendar::say_minute(at),
        deadlines(breach, at),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_from_when_it_was_known() {
        let known_at: Timestamp = "2026-11-21T14:00:00Z".parse().unwrap();
        let breach = Breach {
            id: 1,
            what: "copia extraviada".to_owned(),
            known_at,
            actor: "operator".to_owned(),
        };
        let text = deadlines(&breach, known_at + SignedDuration::from_hours(60));
        assert!(
            text.contains("2 días, hasta el 23 de noviembre de 2026, 09:00 (VENCIDO)"),
            "{text}"
        );
        assert!(
            text.contains("3 días, hasta el 24 de noviembre de 2026, 09:00 (quedan 12 horas)"),
            "{text}"
        );
        assert!(
            text.contains("5 días, hasta el 26 de noviembre de 2026, 09:00 (quedan 60 horas)"),
            "{text}"
        );
    }
}
