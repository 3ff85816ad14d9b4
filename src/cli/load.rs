//! `clavero load`: fills a database and measures a running service (`tests/load` does both). Nothing of it belongs beside real
//! employers: filling refuses a production profile, and what is sent is signed with the fixtures' keys.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::operator::with_store;
use super::serve::{ConfigArgs, runtime};
use crate::clock::Clock;
use crate::config::{Config, Profile};
use crate::fixture::people::person;
use crate::load::{self, FIRST_EMPLOYER, Order, REPRESENTATIVES, Server, TABLE_HEAD};
use crate::store::Population;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "load",
        "Mide un servicio en marcha con solicitudes firmadas; para pruebas, nunca junto a empleadores reales",
    ),
    (
        "load fill",
        "Llena la base de datos con empleadores y solicitudes inventados",
    ),
    ("load fill.config", "Archivo de configuración (TOML)"),
    ("load fill.employers", "Número de empleadores"),
    (
        "load fill.petitions",
        "Número de solicitudes antiguas: dos de cada cien esperan a una persona",
    ),
    (
        "load measure",
        "Envía solicitudes firmadas a distintas cargas y escribe una fila de cifras por cada una",
    ),
    (
        "load measure!",
        "Ejemplo:
  clavero load fill --employers 2000 --config carga.toml
  clavero load measure --url http://127.0.0.1:8080 --petitions 1000 --pid 4711",
    ),
    (
        "load measure.url",
        "Dirección del servicio; otra vez por cada instancia más",
    ),
    ("load measure.petitions", "Solicitudes de cada carga"),
    (
        "load measure.employers",
        "De cuántos de los empleadores de «fill» son las solicitudes",
    ),
    (
        "load measure.at_once",
        "Envíos simultáneos con los que se busca la capacidad",
    ),
    (
        "load measure.pid",
        "Proceso del servicio, para decir su memoria y su tiempo de procesador; otra vez por cada instancia más",
    ),
    ("load measure.name", "Nombre del servicio en la tabla"),
    (
        "load measure.head",
        "Escribe antes el encabezado de la tabla",
    ),
    (
        "load measure.json",
        "Una línea JSON por carga en lugar de la tabla",
    ),
];

/// What to do.
#[derive(Debug, Args)]
pub struct LoadArgs {
    #[command(subcommand)]
    command: LoadCommand,
}

#[derive(Debug, Subcommand)]
enum LoadCommand {
    /// Fills the database with employers and petitions that do not exist
    Fill(FillArgs),
    /// Sends signed petitions at different loads and writes a row of figures for each
    #[command(
        after_help = "EXAMPLE:\n  clavero load fill --employers 2000 --config load.toml\n  \
        clavero load measure --url http://127.0.0.1:8080 --petitions 1000 --pid 4711"
    )]
    Measure(MeasureArgs),
}

#[derive(Debug, Args)]
struct FillArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// How many employers
    #[arg(long, default_value_t = 2_000)]
    employers: u64,
    /// How many petitions of old; two of a hundred wait for a person
    #[arg(long, default_value_t = 0)]
    petitions: u64,
}

#[derive(Debug, Args)]
struct MeasureArgs {
    /// Address of the service; again for each other instance of it
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: Vec<String>,
    /// Petitions of each load
    #[arg(long, default_value_t = 1_000)]
    petitions: usize,
    /// Of how many of the employers of `fill` they are
    #[arg(long, default_value_t = 2_000)]
    employers: u64,
    /// Uploads at a time with which the capacity is sought
    #[arg(long, default_value_t = 32)]
    at_once: usize,
    /// Process of the service, for its memory and processor time; again for each other instance
    #[arg(long, value_name = "PID")]
    pid: Vec<u32>,
    /// Name of the service in the table
    #[arg(long, default_value = "clavero")]
    name: String,
    /// Writes the head of the table first
    #[arg(long)]
    head: bool,
    /// One line of JSON for each load instead of the table
    #[arg(long)]
    json: bool,
}

/// Runs it.
///
/// # Errors
/// When the database can't be filled, the service can't be asked, or it decides otherwise than it must.
pub fn run(args: LoadArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        LoadCommand::Fill(args) => fill(&args),
        LoadCommand::Measure(args) => runtime()?.block_on(measure(args)),
    }
}

fn fill(args: &FillArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    if config.profile == Profile::Production {
        bail!("a production service is not filled with employers that do not exist");
    }
    let representatives = REPRESENTATIVES.map(|who| {
        let who = person(who).unwrap_or_else(|| panic!("{who} is not of the cast"));
        (who.document, who.full_name())
    });
    let population = Population {
        first_employer: FIRST_EMPLOYER,
        employers: args.employers,
        petitions: args.petitions,
        representatives: &representatives,
        at: Clock::system().now(),
    };
    let bar = progress(args.employers + args.petitions);
    with_store(&config, async |store| {
        store.populate(&population, |rows| bar.inc(rows)).await?;
        bar.finish_and_clear();
        Ok(ExitCode::SUCCESS)
    })
}

fn progress(all: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(all)
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn measure(args: MeasureArgs) -> anyhow::Result<ExitCode> {
    let order = Order {
        urls: args
            .url
            .iter()
            .map(|url| url.trim_end_matches('/').to_owned())
            .collect(),
        petitions: args.petitions.max(1),
        employers: args.employers.max(1),
        at_once: args.at_once.max(1),
        server: Server { pids: args.pid },
    };
    if args.head && !args.json {
        println!("{TABLE_HEAD}");
    }
    let tell = |row: &load::Row| {
        let line = if args.json {
            serde_json::to_string(row).unwrap_or_default()
        } else {
            row.in_table(&args.name)
        };
        println!("{line}");
        let _ = std::io::stdout().flush();
    };
    load::measure(&order, tell)
        .await
        .context("the service could not be measured")?;
    Ok(ExitCode::SUCCESS)
}
