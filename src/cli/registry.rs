//! `clavero registry import`: the operator's table of employers and representatives into the database, row by row.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::serve::{ConfigArgs, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::registry::{Flaw, representatives};
use crate::store::Store;

/// Options of `registry`.
#[derive(Debug, Clone, Args)]
pub struct RegistryArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RegistryCommand,
}

/// The commands of `registry`.
#[derive(Debug, Clone, Subcommand)]
pub enum RegistryCommand {
    /// Takes employers and representatives from a table
    Import(ImportArgs),
}

/// Options of `registry import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The table (CSV, UTF-8)
    pub file: PathBuf,
    /// What kind of table it is: representatives
    #[arg(long, value_enum, hide_possible_values = true)]
    pub kind: TableKind,
    /// Where rejected rows are reported (CSV: line, reason); FILE.rejected.csv when absent
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Kinds of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableKind {
    /// The operator's table of representatives (DESIGN §5).
    Representatives,
}

/// Runs the command. Exit status 0 when every row was taken, 1 when some were rejected.
pub fn run(args: &RegistryArgs) -> anyhow::Result<ExitCode> {
    let RegistryCommand::Import(args) = &args.command;
    let config = Config::load(args.config.config.as_deref())?;
    let file = File::open(&args.file)
        .with_context(|| format!("{} can't be opened", args.file.display()))?;
    let bar = ProgressBar::new(file.metadata()?.len());
    let style = "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {eta}  {msg}";
    bar.set_style(ProgressStyle::with_template(style).context("progress")?);

    let rejected_path = args
        .rejected
        .clone()
        .unwrap_or_else(|| args.file.with_extension("rejected.csv"));
    let mut rejected = Vec::new();
    let rows = representatives::rows(bar.wrap_read(file))
        .with_context(|| args.file.display().to_string())?;
    let taken = runtime()?.block_on(async {
        std::fs::create_dir_all(&config.data_dir)?;
        let store = Store::open(&config.database).await?;
        let source = args
            .file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let good = rows.filter_map(|row| {
            let entry = row.ok()?.entry;
            let reject = |flaw| rejected.push((entry.line, flaw));
            entry.taken.map_err(reject).ok()
        });
        let taken = store
            .import(good, &source, Clock::system().now(), |count| {
                bar.set_message(format!("{count} filas"));
            })
            .await?;
        store.close().await;
        anyhow::Ok(taken)
    })?;
    bar.finish_and_clear();
    println!("{taken} filas tomadas, {} rechazadas", rejected.len());
    if rejected.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    report(&rejected_path, &rejected)?;
    println!(
        "Las rechazadas, con línea y motivo: {}",
        rejected_path.display()
    );
    Ok(ExitCode::from(1))
}

fn report(path: &PathBuf, rejected: &[(u64, Flaw)]) -> anyhow::Result<()> {
    let file =
        File::create(path).with_context(|| format!("{} can't be written", path.display()))?;
    let mut file = BufWriter::new(file);
    writeln!(file, "line,reason")?;
    for (line, flaw) in rejected {
        writeln!(file, "{line},\"{}\"", flaw.spanish().replace('"', "\"\""))?;
    }
    file.flush()?;
    Ok(())
}
