//! `clavero registry arrears`: which employers owe contributions; what they ask goes first in the queue.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::super::Language;
use super::super::operator::{actor, now, with_existing_store};
use super::super::serve::ConfigArgs;
use crate::config::Config;
use crate::domain::{Ruc, Text};
use crate::store::Store;

/// The Spanish of this command.
pub(in crate::cli) const SPANISH: &[(&str, &str)] = &[
    (
        "registry arrears",
        "Empleadores en mora patronal: sus trámites van primero en la cola; sin opciones, los enumera",
    ),
    (
        "registry arrears!",
        "Ejemplos:
  clavero registry arrears
  clavero registry arrears --set 1790993949001 --clear 1790993950001
  clavero registry arrears --from mora.txt

El archivo de «--from» tiene un RUC por línea y es la lista completa: quien no consta en él ya no está en mora.

Estado de salida: 0 hecho, 3 no se pudo (con una línea que no es un RUC no se cambia nada)",
    ),
    ("registry arrears.set", "RUC en mora; se puede repetir"),
    ("registry arrears.clear", "RUC que ya no está en mora; se puede repetir"),
    ("registry arrears.from", "Archivo con la lista completa, un RUC por línea"),
    ("registry arrears.config", "Archivo de configuración (TOML)"),
];

const NOT_A_RUC: Text = Text::new("no es un RUC", "is not a RUC");
const NOW_IN: Text = Text::new("entraron en mora", "are in arrears from now on");
const NOW_OUT: Text = Text::new("salieron de mora", "are in arrears no more");

/// Options of `registry arrears`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:
  clavero registry arrears
  clavero registry arrears --set 1790993949001 --clear 1790993950001
  clavero registry arrears --from arrears.txt

The file of `--from` has one RUC a line and is the whole list: who is not in it is in arrears no more.

EXIT STATUS: 0 done, 3 not done (with a line that is no RUC nothing is changed)")]
pub struct ArrearsArgs {
    /// RUC in arrears; may be repeated
    #[arg(long, value_name = "RUC")]
    pub set: Vec<Ruc>,
    /// RUC that is in arrears no more; may be repeated
    #[arg(long, value_name = "RUC")]
    pub clear: Vec<Ruc>,
    /// File with the whole list, one RUC a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "clear"])]
    pub from: Option<PathBuf>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

/// Runs the command.
pub(super) fn run(args: &ArrearsArgs, language: Language) -> anyhow::Result<ExitCode> {
    let whole = args.from.as_deref().map(|path| read(path, language));
    let whole = whole.transpose()?;
    let config = Config::load(args.config.config.as_deref())?;
    with_existing_store(&config, async |store| {
        let known = known(&store).await?;
        let (set, clear): (Vec<Ruc>, Vec<Ruc>) = match whole {
            Some(listed) => (
                listed.difference(&known).cloned().collect(),
                known.difference(&listed).cloned().collect(),
            ),
            None => (args.set.clone(), args.clear.clone()),
        };
        if args.from.is_none() && set.is_empty() && clear.is_empty() {
            for ruc in known {
                println!("{ruc}");
            }
            return Ok(ExitCode::SUCCESS);
        }
        let (mut now_in, mut now_out) = (0, 0);
        for ruc in &set {
            now_in += u64::from(store.set_arrears(ruc, &actor(), now()).await?);
        }
        for ruc in &clear {
            now_out += u64::from(store.clear_arrears(ruc, &actor(), now()).await?);
        }
        println!("{now_in} {}", NOW_IN.say(language));
        println!("{now_out} {}", NOW_OUT.say(language));
        Ok(ExitCode::SUCCESS)
    })
}

/// The whole list of a file.
fn read(path: &Path, language: Language) -> anyhow::Result<BTreeSet<Ruc>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut listed = BTreeSet::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match line.parse() {
            Ok(ruc) => listed.insert(ruc),
            Err(_) => bail!(
                "{}:{}: {}",
                path.display(),
                index + 1,
                NOT_A_RUC.say(language)
            ),
        };
    }
    Ok(listed)
}

async fn known(store: &Store) -> anyhow::Result<BTreeSet<Ruc>> {
    let mut known = BTreeSet::new();
    loop {
        let page = store.arrears(known.last(), PAGE).await?;
        if page.is_empty() {
            return Ok(known);
        }
        known.extend(page.into_iter().map(|one| one.ruc));
    }
}
