//! `clavero audit`: whether the audit log is whole, and its rows as a table.

mod said;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::Language;
use super::operator::{actor, now, with_existing_store};
use super::serve::ConfigArgs;
use crate::audit::heads::{self, HeadError};
use crate::audit::table::{Format, Table};
use crate::config::Config;
use crate::domain::{Event, calendar};
use crate::store::{AuditBreak, AuditChecked, AuditHead, Store};
use said::Sentences;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    ("audit", "La bitácora: si está completa, y sus filas como tabla"),
    (
        "audit verify",
        "Recorre la bitácora y dice si alguna fila fue cambiada, borrada o movida, y cuál",
    ),
    (
        "audit verify!",
        "Ejemplos:
  clavero audit verify --config clavero.toml
  clavero audit verify --heads /respaldo/heads
  clavero audit verify --heads 2026-11-21.json --json

Las cabezas diarias que se guardaron fuera de la base descubren también una bitácora rehecha o recortada.
Cuentan las de la base, las de la carpeta «audit.heads» y las de --heads.

Estado de salida: 0 completa, 1 alterada, 3 no se pudo revisar",
    ),
    (
        "audit verify.heads",
        "Cabezas guardadas en otra parte: un archivo, o una carpeta con archivos .json",
    ),
    ("audit verify.json", "Escribe exactamente un objeto JSON en la salida"),
    ("audit verify.config", "Archivo de configuración (TOML)"),
    (
        "audit restored",
        "Anota que se volvió a una copia de respaldo, y qué cabezas hablan de filas que con eso se perdieron",
    ),
    (
        "audit restored!",
        "Ejemplos:
  clavero audit restored --backup \"la del 2026-11-21, 03:00\" --heads /respaldo/heads

Se llama antes de arrancar el servicio sobre la copia. Desde entonces «audit verify» no toma esas cabezas por una bitácora
recortada, y dice cada vez que se volvió a una copia. Las de filas que la copia sí tiene siguen contando.

Estado de salida: 0 anotado, 1 la copia no es lo que dicen las cabezas, 3 no se pudo revisar",
    ),
    (
        "audit restored.backup",
        "Qué copia, y por qué, en una frase y sin datos de nadie",
    ),
    (
        "audit restored.heads",
        "Cabezas guardadas en otra parte: un archivo, o una carpeta con archivos .json",
    ),
    ("audit restored.config", "Archivo de configuración (TOML)"),
    (
        "audit export",
        "Escribe las filas de la bitácora en la salida: CSV para hojas de cálculo, o JSON por líneas",
    ),
    (
        "audit export!",
        "Ejemplos:
  clavero audit export --from 2026-11-01 --to 2026-11-30 --csv > noviembre.csv
  clavero audit export --json | head

Los días son los del Ecuador, ambos incluidos. Que se exportó queda escrito en la propia bitácora.

Estado de salida: 0 escrito, 3 no se pudo",
    ),
    ("audit export.from", "Primer día, AAAA-MM-DD; sin esto, desde el comienzo"),
    ("audit export.to", "Último día, AAAA-MM-DD; sin esto, hasta el final"),
    ("audit export.csv", "Valores separados por comas, con encabezado (así sale si no se dice otra cosa)"),
    ("audit export.json", "Un objeto JSON por línea"),
    ("audit export.config", "Archivo de configuración (TOML)"),
];

/// Options of `audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// The commands of `audit`.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Walks the log and says whether a row was changed, deleted or moved, and which
    #[command(after_help = "EXAMPLES:
  clavero audit verify --config clavero.toml
  clavero audit verify --heads /backup/heads
  clavero audit verify --heads 2026-11-21.json --json

Daily heads kept outside of the database also find a log that was made anew or cut short. Those of the database,
of the folder `audit.heads` and of --heads count.

EXIT STATUS: 0 whole, 1 tampered with, 3 could not be checked")]
    Verify(VerifyArgs),
    /// Writes down that a backup was put back, and which heads speak of rows that were lost with that
    #[command(after_help = "EXAMPLES:
  clavero audit restored --backup \"of 2026-11-21, 03:00\" --heads /backup/heads

Called before the service starts on the backup. From then on `audit verify` does not take these heads for a log that was
cut short, and says each time that a backup was put back. Heads of rows that the backup has go on counting.

EXIT STATUS: 0 written down, 1 the backup is not what the heads say, 3 could not be checked")]
    Restored(RestoredArgs),
    /// Writes the rows of the log to standard output: CSV for spreadsheets, or lines of JSON
    #[command(after_help = "EXAMPLES:
  clavero audit export --from 2026-11-01 --to 2026-11-30 --csv > november.csv
  clavero audit export --json | head

Days are those of Ecuador, both included. That somebody exported is written into the log itself.

EXIT STATUS: 0 written, 3 could not be done")]
    Export(ExportArgs),
}

/// Options of `audit verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Heads that were kept elsewhere: a file, or a folder of .json files
    #[arg(long, value_name = "PATH")]
    pub heads: Vec<PathBuf>,
    /// Writes exactly one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `audit restored`.
#[derive(Debug, Clone, Args)]
pub struct RestoredArgs {
    /// Which backup, and why, in a sentence and without anybody's data
    #[arg(long, value_name = "TEXT")]
    pub backup: String,
    /// Heads that were kept elsewhere: a file, or a folder of .json files
    #[arg(long, value_name = "PATH")]
    pub heads: Vec<PathBuf>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `audit export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// First day, YYYY-MM-DD; from the beginning when absent
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// Last day, YYYY-MM-DD; to the end when absent
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    /// Comma-separated values with a header (the default)
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// One JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Runs the command.
pub fn run(args: &AuditArgs, language: Language) -> anyhow::Result<ExitCode> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args, Sentences(language)),
        AuditCommand::Restored(args) => restored(args, Sentences(language)),
        AuditCommand::Export(args) => export(args),
    }
}

/// The heads in `paths` and in the installation's own folder.
fn kept_heads(
    config: &Config,
    paths: &[PathBuf],
) -> anyhow::Result<Result<Vec<AuditHead>, PathBuf>> {
    let own = config.path(&config.audit.heads);
    let operator = config
        .operator_seal()?
        .map(|seal| seal.certificate().sha256());
    let mut kept = Vec::new();
    for path in paths.iter().chain(Some(&own).filter(|own| own.is_dir())) {
        match heads::read(path, operator) {
            Ok(heads) => kept.extend(heads),
            Err(HeadError::Forged(file)) => return Ok(Err(file)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(kept))
}

fn verify(args: &VerifyArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let kept = match kept_heads(&config, &args.heads)? {
        Ok(kept) => kept,
        Err(forged) => return Ok(say.tell_forged(&forged)),
    };
    with_existing_store(&config, async |store| {
        let bar = progress(&store, say).await?;
        let checked = store
            .check_audit(kept, |rows| bar.set_position(rows))
            .await?;
        bar.finish_and_clear();
        if args.json {
            println!("{}", as_json(&checked));
        } else {
            println!("{}", say.checked(&checked));
        }
        Ok(ExitCode::from(u8::from(checked.is_err())))
    })
}

fn restored(args: &RestoredArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let kept = match kept_heads(&config, &args.heads)? {
        Ok(kept) => kept,
        Err(forged) => return Ok(say.tell_forged(&forged)),
    };
    with_existing_store(&config, async |store| {
        let rows = store.count_audit().await?;
        let there = kept.iter().filter(|head| head.seq <= rows).cloned();
        let bar = progress(&store, say).await?;
        let checked = store
            .check_audit(there.collect(), |rows| bar.set_position(rows))
            .await?;
        bar.finish_and_clear();
        if checked.is_err() {
            eprintln!("{}\n{}", say.checked(&checked), say.not_restored());
            return Ok(ExitCode::from(1));
        }
        let restored = store
            .note_restored(now(), &actor(), args.backup.trim(), &kept)
            .await?;
        println!("{}", say.restored(&restored));
        Ok(ExitCode::SUCCESS)
    })
}

/// A bar on a terminal, and nothing elsewhere.
async fn progress(store: &Store, say: Sentences) -> anyhow::Result<ProgressBar> {
    let rows = u64::try_from(store.count_audit().await?).unwrap_or_default();
    let bar = ProgressBar::new(rows);
    let style = format!(
        "{{bar:30}} {{percent:>3}} %  {{pos}}/{{len}} {}  {{eta}}",
        say.rows()
    );
    bar.set_style(ProgressStyle::with_template(&style)?);
    Ok(bar)
}

fn as_json(checked: &Result<AuditChecked, AuditBreak>) -> serde_json::Value {
    match checked {
        Ok(checked) => json!({
            "whole": true,
            "rows": checked.rows,
            "hash": checked.hash,
            "heads": checked.heads,
            "restored": checked.restored,
        }),
        Err(broken) => json!({
            "whole": false,
            "kind": broken.kind,
            "first_row": broken.rows.start(),
            "last_row": broken.rows.end(),
        }),
    }
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let from = args.from.map_or(Timestamp::MIN, calendar::beginning_of);
    let until = args.to.map_or(Ok(Timestamp::MAX), |day| {
        day.tomorrow().map(calendar::beginning_of).context("--to")
    })?;
    let format = if args.json { Format::Json } else { Format::Csv };
    with_existing_store(&config, async |store| {
        let facts = json!({ "from": args.from, "to": args.to });
        store
            .note(now(), &actor(), "audit", Event::AuditExported, &facts)
            .await?;
        let out = BufWriter::new(std::io::stdout().lock());
        match write_rows(&store, format, from..until, out).await {
            // Whoever reads may have seen enough (`| head`).
            Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
            done => done.map(|()| ExitCode::SUCCESS),
        }
    })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

async fn write_rows(
    store: &Store,
    format: Format,
    when: std::ops::Range<Timestamp>,
    out: impl Write,
) -> anyhow::Result<()> {
    let mut table = Table::begin(format, out)?;
    let mut after = 0;
    loop {
        let page = store.audit_rows(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for row in &page {
            if row.at().is_none_or(|at| when.contains(&at)) {
                table.row(row)?;
            }
        }
    }
    Ok(table.finish()?)
}
