//! `clavero registry`: imports tables of employers and representatives, lists what imports changed, takes them back, and
//! shows one employer as the registry knows or knew it.

pub(super) mod arrears;
mod report;
mod shown;
pub(super) mod stop;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::Language;
use super::operator::{
    actor, ensure_database, now, tell_new_database, with_existing_store, with_store,
};
use super::serve::ConfigArgs;
use super::standing::ensure_keys;
use crate::config::Config;
use crate::domain::{BranchCode, Ruc};
use crate::import::{self, Order, Table, TakeError};
use crate::store::{ImportError, ImportKind, ImportRow, Store, Tally};
use report::Report;
use shown::{Progress, Sentences};

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    ("registry", "Empleadores y representantes"),
    (
        "registry!",
        "Ejemplos:
  clavero registry import representantes.csv --kind representatives
  clavero registry import SRI_RUC_Morona_Santiago.csv --kind sri-ruc
  clavero registry import directorio_companias.xlsx --kind supercias
  clavero registry show 1790993949001
  clavero registry stop 1790993949001 --reason \"La gerente llama desde el teléfono registrado: no lo pidió\"",
    ),
    (
        "registry import",
        "Toma empleadores y representantes de una tabla; interrumpido, se repite y continúa",
    ),
    (
        "registry import!",
        "Ejemplos:
  clavero registry import representantes.csv --kind representatives --dry-run
  clavero registry import representantes.csv --kind representatives --full
  clavero registry import SRI_RUC_Pichincha.csv --kind sri-ruc --config clavero.toml

La tabla de representantes (CSV, UTF-8) es la que decide: de cada empleador que nombra, enumera a todos los que pueden
firmar. Quien ya no consta queda fuera del cargo desde ese día, y se conserva como historia.
Sus columnas: ruc, branch (vacía: 0001), legal_name, kind (company, sas, public_body, natural_person o household),
state (active, suspended o closed), email, phone, document, name, post, from y to (AAAA-MM-DD; to vacía: sin término),
mode y required_signatures (sole con 1, joint con 2 a 9), source; y, si se quiere, scope (lo que cubre un poder:
reset_password, unblock, change_email). Una fila sin document trae solo al empleador.
Con --full, una tabla sin filas, o que dejaría sin nadie a más de 20 empleadores y a más del 2 %, no se toma sin --yes.

Estado de salida: 0 todas las filas tomadas, 1 hubo filas rechazadas, 3 no se pudo importar",
    ),
    ("registry import.file", "La tabla: CSV, o .xlsx de la Supercias"),
    (
        "registry import.kind",
        "Qué tabla es: representatives (la del operador), sri-ruc (catastro), supercias (directorio)",
    ),
    (
        "registry import.full",
        "La tabla de representantes es el registro completo: los empleadores que no nombra quedan sin representantes",
    ),
    (
        "registry import.dry_run",
        "Lee, informa y compara, sin cambiar nada",
    ),
    (
        "registry import.yes",
        "Con --full, toma la tabla aunque parezca cortada y muchos empleadores queden sin nadie en el cargo",
    ),
    (
        "registry import.rejected",
        "Dónde se anotan las filas rechazadas u observadas (CSV: línea, qué se hizo, motivo, fila); sin esto, junto a tabla.csv, tabla.rejected.csv",
    ),
    ("registry import.config", "Archivo de configuración (TOML)"),
    ("registry imports", "Enumera las importaciones, con las versiones que dejaron"),
    ("registry imports.config", "Archivo de configuración (TOML)"),
    ("registry changes", "Enumera lo que cambió una importación: un objeto JSON por línea"),
    (
        "registry changes!",
        "Ejemplos:
  clavero registry changes 3
  clavero registry changes 3 | head",
    ),
    ("registry changes.id", "Número de la importación"),
    ("registry changes.config", "Archivo de configuración (TOML)"),
    (
        "registry undo",
        "Deshace una importación: vuelve a lo que se sabía antes; es a su vez una importación",
    ),
    (
        "registry undo!",
        "Ejemplos:
  clavero registry imports
  clavero registry undo 3

Se niega si una importación posterior cambió los mismos empleadores: primero se deshace aquella.
Las direcciones que cambió una solicitud firmada no se tocan.",
    ),
    ("registry undo.id", "Número de la importación"),
    ("registry undo.config", "Archivo de configuración (TOML)"),
    ("registry show", "Muestra un empleador como consta, o como constaba en una versión anterior"),
    (
        "registry show!",
        "Ejemplos:
  clavero registry show 1790993949001
  clavero registry show 1790993949001 --branch 0002 --as-of 1200

Estado de salida: 0 consta, 1 no consta, 3 no se pudo mirar",
    ),
    ("registry show.ruc", "RUC del empleador"),
    ("registry show.branch", "Sucursal"),
    (
        "registry show.as_of",
        "Versión del registro (las decisiones anotan la suya); sin esto, la actual",
    ),
    ("registry show.config", "Archivo de configuración (TOML)"),
];

/// Options of `registry`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "EXAMPLES:\n  clavero registry import representatives.csv --kind representatives\n  \
    clavero registry import SRI_RUC_Morona_Santiago.csv --kind sri-ruc\n  \
    clavero registry import directorio_companias.xlsx --kind supercias\n  \
    clavero registry show 1790993949001\n  \
    clavero registry stop 1790993949001 --reason \"The manager calls from the telephone on file: she did not ask for it\""
)]
pub struct RegistryArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RegistryCommand,
}

/// The commands of `registry`.
#[derive(Debug, Clone, Subcommand)]
pub enum RegistryCommand {
    /// Takes employers and representatives from a table; interrupted, it is run again and goes on
    #[command(
        after_help = "EXAMPLES:\n  clavero registry import representatives.csv --kind representatives --dry-run\n  \
        clavero registry import representatives.csv --kind representatives --full\n  \
        clavero registry import SRI_RUC_Pichincha.csv --kind sri-ruc --config clavero.toml\n\n\
        The table of representatives (CSV, UTF-8) is the one that decides: of each employer it names, \
        it lists everybody who may sign. Who is no longer listed is out of office from that day, and stays as history.\n\
        Its columns: ruc, branch (empty: 0001), legal_name, kind (company, sas, public_body, natural_person or household), \
        state (active, suspended or closed), email, phone, document, name, post, from and to (YYYY-MM-DD; empty to: without end), \
        mode and required_signatures (sole with 1, joint with 2 to 9), source; and, if wanted, scope (what a power covers: \
        reset_password, unblock, change_email). A row without document lists the employer alone.\n\
        With --full, a table without rows, or one that would leave more than 20 employers and more than 2 % of them without \
        anybody, is not taken without --yes.\n\n\
        EXIT STATUS: 0 every row taken, 1 some rejected, 3 nothing could be imported"
    )]
    Import(ImportArgs),
    /// Lists the imports with the versions they led to
    Imports(ConfigArgs),
    /// Lists what an import changed, one JSON object per line
    #[command(
        after_help = "EXAMPLES:\n  clavero registry changes 3\n  clavero registry changes 3 | head"
    )]
    Changes(OneImport),
    /// Takes an import back: what was known before is known again; an import of its own
    #[command(
        after_help = "EXAMPLES:\n  clavero registry imports\n  clavero registry undo 3\n\n\
        Refused when a later import changed the same employers: undo that one first.\n\
        Addresses that a signed petition changed stay as they are."
    )]
    Undo(OneImport),
    /// Shows an employer as it is on file, or was in an earlier version
    #[command(after_help = "EXAMPLES:\n  clavero registry show 1790993949001\n  \
        clavero registry show 1790993949001 --branch 0002 --as-of 1200\n\n\
        EXIT STATUS: 0 on file, 1 not on file, 3 could not be looked at")]
    Show(ShowArgs),
    /// Employers in arrears: what they ask goes first in the queue; lists them when nothing is said
    Arrears(arrears::ArrearsArgs),
    /// Stops the account of an employer who says that they did not ask for a change
    Stop(stop::StopArgs),
}

/// Options of `registry import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The table: CSV, or the .xlsx of the Supercias
    pub file: PathBuf,
    /// Which table it is: representatives (the operator's), sri-ruc (catalogue), supercias (directory)
    #[arg(long, value_enum, hide_possible_values = true)]
    pub kind: TableKind,
    /// The representatives table is the whole registry: employers it does not name lose their representatives
    #[arg(long)]
    pub full: bool,
    /// Reads, reports and compares without changing anything
    #[arg(long)]
    pub dry_run: bool,
    /// With --full, takes the table although it looks cut short and many employers are left without anybody in office
    #[arg(long)]
    pub yes: bool,
    /// Where rejected and odd rows are reported (CSV: line, what was done, reason, row); beside table.csv, table.rejected.csv when absent
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Names an import.
#[derive(Debug, Clone, Args)]
pub struct OneImport {
    /// Number of the import
    pub id: i64,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `registry show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// RUC of the employer
    pub ruc: Ruc,
    /// Branch
    #[arg(long, default_value = "0001", hide_default_value = true)]
    pub branch: BranchCode,
    /// Version of the registry (decisions record theirs); the current one when absent
    #[arg(long, value_name = "VERSION")]
    pub as_of: Option<i64>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Kinds of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableKind {
    /// The operator's table of representatives (DESIGN §5).
    Representatives,
    /// The taxpayer catalogue of the SRI.
    SriRuc,
    /// The directory of companies of the Supercias.
    Supercias,
}

impl From<TableKind> for ImportKind {
    fn from(kind: TableKind) -> Self {
        match kind {
            TableKind::Representatives => Self::Representatives,
            TableKind::SriRuc => Self::SriRuc,
            TableKind::Supercias => Self::Supercias,
        }
    }
}

/// Folder under the data folder that a large table is sorted in.
const SORTING: &str = "registry-import";

/// Runs the command. `import`: exit status 0 when every row was taken, 1 when some were rejected.
pub fn run(args: &RegistryArgs, language: Language) -> anyhow::Result<ExitCode> {
    let say = Sentences(language);
    match &args.command {
        RegistryCommand::Import(args) => import(args, say),
        RegistryCommand::Imports(config) => looking(config, async |store| {
            for import in store.imports().await? {
                println!("{}", say.import(&import));
            }
            Ok(ExitCode::SUCCESS)
        }),
        RegistryCommand::Changes(args) => looking(&args.config, async |store| {
            changes(&store, args.id, say).await
        }),
        RegistryCommand::Undo(args) => {
            looking(&args.config, async |store| undo(&store, args.id, say).await)
        }
        RegistryCommand::Show(args) => {
            looking(&args.config, async |store| show(&store, args, say).await)
        }
        RegistryCommand::Arrears(args) => arrears::run(args, language),
        RegistryCommand::Stop(args) => stop::run(args, say),
    }
}

/// Works with a registry that must be there.
fn looking(
    args: &ConfigArgs,
    work: impl AsyncFnOnce(Store) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    with_existing_store(&Config::load(args.config.as_deref())?, work)
}

// -- import ---------------------------------------------------------------------------------------------------------------

fn import(args: &ImportArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    if args.full && args.kind != TableKind::Representatives {
        bail!(say.full_is_for_representatives());
    }
    let config = Config::load(args.config.config.as_deref())?;
    if args.dry_run {
        ensure_database(&config)?;
    } else {
        tell_new_database(&config, say.0);
    }
    let report_path = args
        .rejected
        .clone()
        .unwrap_or_else(|| args.file.with_extension("rejected.csv"));
    let mut report = Report::new(report_path, say);
    let mut table = read(args, &config.data_dir.join(SORTING), &mut report, say)?;
    let rows = table.rows();
    let file = file_name(&args.file);
    let order = Order {
        file: &file,
        actor: &actor(),
        whole: args.full,
        at: now(),
    };
    let taken = with_store(&config, async |store| {
        ensure_keys(&store).await?;
        if args.full && !args.yes {
            let losses = told(import::losses(&store, &mut table).await, say)?;
            if losses.are_suspicious() {
                let doubt = say.looks_cut_short(losses);
                anyhow::ensure!(args.dry_run, say.not_without_yes(&doubt));
                eprintln!("{doubt}");
            }
        }
        let progress = Progress::comparing(rows.read, say);
        let done = |tally: &Tally| progress.compared(tally);
        let summary = if args.dry_run {
            let tally = import::rehearse(&store, table, &order, done).await;
            say.rehearsed(&told(tally, say)?)
        } else {
            let import = import::take(&store, table, &order, done).await;
            say.taken(&told(import, say)?)
        };
        progress.finish();
        println!("{}", say.rows(rows));
        if let Some(posts) = say.posts(&report.posts()) {
            println!("{posts}");
        }
        println!("{summary}");
        Ok(ExitCode::SUCCESS)
    });
    // Of a table that is not taken it says why, too.
    if let Some(path) = report.finish()? {
        println!("{}", say.report_is_at(&path));
    }
    let tally = taken?;
    Ok(if rows.rejected > 0 {
        ExitCode::from(1)
    } else {
        tally
    })
}

fn read(
    args: &ImportArgs,
    folder: &Path,
    report: &mut Report,
    say: Sentences,
) -> anyhow::Result<Table> {
    let file = File::open(&args.file).with_context(|| say.cannot_open(&args.file))?;
    let progress = Progress::reading(file.metadata()?.len(), say)?;
    let table = import::read(
        args.kind.into(),
        progress.watch(file),
        folder,
        |complaint| report.tell(complaint),
        |rows| progress.read(rows),
    );
    progress.finish();
    told(table, say).with_context(|| args.file.display().to_string())
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The same result, its error in the reader's language.
fn told<T>(result: Result<T, TakeError>, say: Sentences) -> anyhow::Result<T> {
    result.map_err(|error| anyhow::anyhow!(say.take_error(&error)))
}

// -- the other commands -----------------------------------------------------------------------------------------------------

/// Changes that are read at a time.
const PAGE: i64 = 1000;

async fn changes(store: &Store, id: i64, say: Sentences) -> anyhow::Result<ExitCode> {
    use std::io::Write;

    let import = found(store.registry_import(id).await, say)?;
    let mut after = 0;
    let mut out = std::io::stdout().lock();
    loop {
        let page = store.registry_changes(&import, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for change in &page {
            // Whoever reads may have seen enough (`| head`).
            if writeln!(out, "{}", shown::change(change)).is_err() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn undo(store: &Store, id: i64, say: Sentences) -> anyhow::Result<ExitCode> {
    let mut undo: ImportRow = found(store.open_undo(id, &actor(), now()).await, say)?;
    let progress = Progress::comparing(0, say);
    while found(store.undo_some(&mut undo).await, say)? {
        progress.compared(&undo.tally);
    }
    store.finish_import(&mut undo, now()).await?;
    progress.finish();
    println!("{}", say.undone(id, &undo));
    Ok(ExitCode::SUCCESS)
}

async fn show(store: &Store, args: &ShowArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let (version, record) = match args.as_of {
        None => {
            let lookup = store.lookup(&args.ruc, &args.branch).await?;
            (lookup.version, lookup.record)
        }
        Some(version) => {
            // Of a version that has not come yet nobody can tell.
            let newest = store.registry_version().await?;
            anyhow::ensure!(version <= newest, say.no_such_version(version, newest));
            let record = store.employer_as_of(&args.ruc, &args.branch, version);
            (version, record.await?)
        }
    };
    let Some(record) = record else {
        eprintln!("{}", say.not_on_file(&args.ruc, &args.branch));
        return Ok(ExitCode::from(1));
    };
    let why = store.why_stopped(&record).await?;
    println!("{}", shown::employer(version, &record, why.as_ref())?);
    Ok(ExitCode::SUCCESS)
}

fn found<T>(result: Result<T, ImportError>, say: Sentences) -> anyhow::Result<T> {
    result.map_err(|error| anyhow::anyhow!(say.import_error(&error)))
}
