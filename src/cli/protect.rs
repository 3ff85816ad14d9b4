//! `clavero protect`: what of the personal data is protected at rest and with which key, and protecting it anew.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde_json::json;

use super::Language;
use super::operator::{actor, now, open_documents, with_existing_store};
use super::serve::ConfigArgs;
use crate::config::Config;
use crate::domain::{Event, Text};
use crate::protection::{Kept, Keyring};
use crate::store::{Column, MARKED, MarkPage, Marked, PROTECTED, RowKey, Store};

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    ("protect", "Los datos personales en disco: qué está cifrado, y con qué llave"),
    (
        "protect status",
        "Cuenta, por columna, cuántos valores están a la vista y cuántos bajo cada llave",
    ),
    (
        "protect status!",
        "Ejemplos:
  clavero protect status --config clavero.toml

Estado de salida: 0 todo está como debe con la llave actual, 1 falta «clavero protect rotate», 3 no se pudo mirar",
    ),
    ("protect status.config", "Archivo de configuración (TOML)"),
    (
        "protect rotate",
        "Cifra con la llave actual (la primera) todo lo que no lo está; interrumpido, se repite",
    ),
    (
        "protect rotate!",
        "Ejemplos:
  clavero protect rotate --config clavero.toml
  clavero protect status --config clavero.toml  # sin valores bajo la llave vieja, esta ya se puede quitar

Un servicio en marcha lee sus llaves solo al arrancar, y no puede leer lo que se cifra con una que no tiene. Por eso:
  1. openssl rand -base64 32: una llave nueva; póngala segunda en «protection.keys», en todas las máquinas, y reinícielas
  2. pásela al primer lugar en todas, y reinícielas otra vez: desde entonces se cifra con ella
  3. clavero protect rotate; el servicio puede seguir en marcha
  4. cuando «protect status» ya no cuente nada bajo la llave vieja, quítela de todas
La primera llave de una instalación no pasa por el paso 1: detenga todas las máquinas, póngala y arranque.

Si nada está todavía bajo la llave primera no se cifra nada sin --yes. Los respaldos hechos antes siguen bajo la llave vieja.",
    ),
    (
        "protect rotate.yes",
        "Cifra aunque nada conste todavía bajo la llave primera: todos los procesos la tienen, o están detenidos",
    ),
    ("protect rotate.config", "Archivo de configuración (TOML)"),
];

/// Options of `protect`.
#[derive(Debug, Clone, Args)]
pub struct ProtectArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ProtectCommand,
}

/// The commands of `protect`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProtectCommand {
    /// Counts, for each column, how many values are in the open and how many under which key
    #[command(after_help = "EXAMPLES:
  clavero protect status --config clavero.toml

EXIT STATUS: 0 everything is as it should be, 1 `clavero protect rotate` is due, 3 could not be looked at")]
    Status(ConfigArgs),
    /// Protects with the current key (the first one) whatever is not yet; interrupted, it is run again
    #[command(after_help = "EXAMPLES:
  clavero protect rotate --config clavero.toml
  clavero protect status --config clavero.toml  # no values under the old key: it can be taken away

A service that runs has read its keys at its start, and can't read what is protected with one that it lacks. Therefore:
  1. openssl rand -base64 32: a new key; make it the second of `protection.keys` on all machines, and restart them
  2. move it to the first place on all of them, and restart them again: from then on it protects
  3. clavero protect rotate; the service may go on meanwhile
  4. once `protect status` counts nothing under the old key, take it away everywhere
The first key of an installation needs no step 1: stop all machines, put it in, and start.

While nothing is under the first key yet, nothing is done without --yes. Backups made before stay under the old key.")]
    Rotate(RotateArgs),
}

/// Options of `protect rotate`.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// Goes on although nothing is under the first key yet: all processes have it, or stand still
    #[arg(long)]
    pub yes: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

const DOCUMENTS: Text = Text::new("documentos", "documents");
const PLAIN: Text = Text::new("a la vista", "in the open");
const UNDER: Text = Text::new("bajo la llave", "under the key");
const LOST: Text = Text::new(
    "marcas de ninguna llave conocida",
    "marks of no key that is known",
);
const NO_KEY: Text = Text::new(
    "no hay llave: ponga una en «protection.keys» (openssl rand -base64 32)",
    "there is no key: put one into `protection.keys` (openssl rand -base64 32)",
);
const RENEWED: Text = Text::new(
    "valores y documentos cifrados",
    "values and documents protected",
);

/// How many are kept how.
type Counts = BTreeMap<Kept, u64>;

/// Runs the command.
pub fn run(args: &ProtectArgs, language: Language) -> anyhow::Result<ExitCode> {
    match &args.command {
        ProtectCommand::Status(config) => status(config, language),
        ProtectCommand::Rotate(args) => rotate(args, language),
    }
}

fn status(args: &ConfigArgs, language: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    let keys = config.keyring()?;
    with_existing_store(&config, async |store| {
        let mut sound = true;
        for column in PROTECTED {
            let mut counts = Counts::new();
            walk(async |after| {
                let page = store.kept_values(column, after).await?;
                count(&mut counts, page.kept);
                Ok(page.next)
            })
            .await?;
            let name = format!("{}.{}", column.table, column.name);
            sound &= tell(&name, &counts, &keys, language);
        }
        for marked in MARKED {
            let mut counts = Counts::new();
            let mut lost = 0;
            walk_marks(&store, *marked, false, |page| {
                lost += page.kept.iter().filter(|kept| kept.is_none()).count();
                count(&mut counts, page.kept.into_iter().flatten());
            })
            .await?;
            sound &= tell(marked.name(), &counts, &keys, language);
            if lost > 0 {
                sound = false;
                println!("✗ {}: {lost} {}", marked.name(), LOST.say(language));
            }
        }
        let mut counts = Counts::new();
        let documents = open_documents(&config, &store)?;
        documents
            .each_kept(false, |kept| count(&mut counts, [kept]))
            .await?;
        sound &= tell(DOCUMENTS.say(language), &counts, &keys, language);
        Ok(ExitCode::from(u8::from(!sound)))
    })
}

/// Walks along a column, page by page.
async fn walk(
    mut page: impl AsyncFnMut(Option<&RowKey>) -> anyhow::Result<Option<RowKey>>,
) -> anyhow::Result<()> {
    let mut after = None;
    while let Some(next) = page(after.as_ref()).await? {
        after = Some(next);
    }
    Ok(())
}

fn count(counts: &mut Counts, kept: impl IntoIterator<Item = Kept>) {
    for kept in kept {
        *counts.entry(kept).or_default() += 1;
    }
}

/// One line per way in which values are kept; whether all are kept as they should be.
fn tell(name: &str, counts: &Counts, keys: &Keyring, language: Language) -> bool {
    let mut sound = true;
    for (kept, count) in counts {
        let good = keys.is_current(kept);
        sound &= good;
        let how = match kept {
            Kept::Plain => PLAIN.say(language).to_owned(),
            Kept::Under(id) => format!("{} {id}", UNDER.say(language)),
        };
        println!("{} {name}: {count} {how}", if good { '✓' } else { '✗' });
    }
    sound
}

fn rotate(args: &RotateArgs, language: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let keys = config.keyring()?;
    let Some(current) = keys.current() else {
        anyhow::bail!(NO_KEY.say(language));
    };
    with_existing_store(&config, async |store| {
        anyhow::ensure!(
            args.yes || current_is_in_use(&store).await?,
            not_in_use(current, language)
        );
        let bar = ProgressBar::new_spinner();
        let mut renewed = 0;
        for column in PROTECTED {
            bar.set_message(format!("{}.{}", column.table, column.name));
            renewed += protect_column(&store, column, &bar).await?;
        }
        for marked in MARKED {
            bar.set_message(marked.name());
            walk_marks(&store, *marked, true, |page| {
                renewed += page.renewed;
                bar.tick();
            })
            .await?;
        }
        bar.set_message(DOCUMENTS.say(language));
        let documents = open_documents(&config, &store)?;
        renewed += documents.each_kept(true, |_| bar.tick()).await?;
        if renewed > 0 {
            store.forget_old_pages().await?;
            let facts = json!({ "key": current, "renewed": renewed });
            store
                .note(
                    now(),
                    &actor(),
                    "protection",
                    Event::ProtectionRotated,
                    &facts,
                )
                .await?;
        }
        bar.finish_and_clear();
        println!("{renewed} {} ({current})", RENEWED.say(language));
        Ok(ExitCode::SUCCESS)
    })
}

/// Whether somebody has written with the current key, as a service does that was started with it, or this command when it was
/// interrupted; or whether there is nothing to protect.
async fn current_is_in_use(store: &Store) -> anyhow::Result<bool> {
    let mut nothing = true;
    for column in PROTECTED {
        let mut after = None;
        loop {
            let page = store.kept_values(column, after.as_ref()).await?;
            if page.kept.iter().any(|kept| store.keys().is_current(kept)) {
                return Ok(true);
            }
            nothing &= page.kept.is_empty();
            if page.next.is_none() {
                break;
            }
            after = page.next;
        }
    }
    Ok(nothing)
}

fn not_in_use(current: &str, language: Language) -> String {
    language.pick(
        format!(
            "nada consta todavía bajo la llave {current}, y no se cambió nada: un servicio en marcha que no la tenga no podría leer lo que se cifre con ella. Póngala segunda en «protection.keys» en todas las máquinas y reinícielas; pásela después al primer lugar y reinícielas otra vez. Si todas arrancaron ya con ella primera, o están detenidas, repita con «--yes»"
        ),
        format!(
            "nothing is under the key {current} yet, and nothing was changed: a service that runs without it could not read what is protected with it. Make it the second of `protection.keys` on all machines and restart them; then move it to the first place and restart them again. If all were started with it in the first place, or stand still, repeat with `--yes`"
        ),
    )
}

async fn protect_column(store: &Store, column: &Column, bar: &ProgressBar) -> anyhow::Result<u64> {
    let mut renewed = 0;
    walk(async |after| {
        let page = store.protect_values(column, after).await?;
        renewed += page.renewed;
        bar.tick();
        Ok(page.next)
    })
    .await?;
    Ok(renewed)
}

/// Walks along a column of marks, page by page.
async fn walk_marks(
    store: &Store,
    marked: Marked,
    renew: bool,
    mut each: impl FnMut(MarkPage),
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let mut page = store.walk_marks(marked, after.as_ref(), renew).await?;
        let next = page.next.take();
        each(page);
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}
