//! `clavero migrate-store`: an installation's database and documents into other stores, as another configuration names them.

mod said;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::Language;
use super::operator::{actor, now, open_any_store, open_documents};
use super::serve::runtime;
use crate::config::Config;
use crate::documents::{Documents, Settings};
use crate::moving::{Compared, Installation, Move, MoveError, Moved, Step};
use crate::store::Store;
use said::Sentences;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "migrate-store",
        "Traslada la base y los documentos de una instalación a otros almacenes",
    ),
    (
        "migrate-store!",
        "Ejemplos:
  clavero migrate-store --from sqlite.toml --to postgres.toml

Detenga antes el servicio: lo que se escriba mientras tanto no se traslada, y el traslado lo nota. El origen solo se lee.
El destino tiene que estar vacío. Interrumpido, se repite la misma orden y sigue donde quedó. Al final se comparan todas
las tablas fila por fila, se leen en el destino todos los documentos con su huella y se sigue la cadena de la bitácora. Las variables CLAVERO_… valen para
las dos configuraciones.

Estado de salida: 0 todo está en el destino, 1 algo no se pudo trasladar o no coincide, 3 no se pudo empezar o seguir",
    ),
    ("migrate-store.from", "Configuración de la instalación que se traslada (TOML)"),
    ("migrate-store.to", "Configuración con los almacenes nuevos (TOML)"),
    (
        "migrate-store.leave_damaged",
        "Termina aunque haya documentos que en el origen están dañados o faltan; quedan anotados en la bitácora",
    ),
];

/// Options of `migrate-store`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:
  clavero migrate-store --from sqlite.toml --to postgres.toml

Stop the service first: what is written meanwhile is not moved, and the move notices. The source is only read. The target
must be empty. Interrupted, the same command goes on where it was. In the end all tables are compared row by row, all
documents are read in the target with their digests, and the chain of the audit log is followed. Variables CLAVERO_… count for both configurations.

EXIT STATUS: 0 everything is in the target, 1 something could not be moved or is not the same, 3 could not begin or go on")]
pub struct MigrateStoreArgs {
    /// Configuration of the installation that is moved (TOML)
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Configuration with the new stores (TOML)
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// End even if documents are damaged or missing in the source; the audit log says which
    #[arg(long)]
    pub leave_damaged: bool,
}

/// Runs the command.
pub fn run(args: &MigrateStoreArgs, language: Language) -> anyhow::Result<ExitCode> {
    let say = Sentences(language);
    let load = |file: &PathBuf| {
        let config = Config::load(Some(file));
        config.with_context(|| file.display().to_string())
    };
    let (from, to) = (load(&args.from)?, load(&args.to)?);
    ensure!(from.database != to.database, "{}", say.same_database());
    let missing = from.keyring()?.missing_in(&to.keyring()?);
    ensure!(missing.is_empty(), "{}", say.keys_missing(&missing));
    runtime()?.block_on(async {
        let source = source(&from, say).await?;
        to.make_data_dir()?;
        let store = open_any_store(&to).await?;
        let target = Installation {
            documents: open_documents(&to, &store)?,
            store,
        };
        let stores = [source.store.clone(), target.store.clone()];
        let shared = from.documents_place(language) == to.documents_place(language);
        let moved = move_all(args, source, target, shared, say).await;
        for store in stores {
            store.close().await;
        }
        let moved = match moved {
            Ok(moved) => moved,
            Err(error) => {
                eprintln!("✗ {}", say.refused(&error));
                let compared = matches!(error, MoveError::Differs(_) | MoveError::Audit(_));
                return Ok(ExitCode::from(if compared { 1 } else { 3 }));
            }
        };
        println!("{}", say.report(&moved));
        if moved.damaged.is_empty() || args.leave_damaged {
            println!("{}", say.ended(&to.data_dir));
            Ok(ExitCode::from(u8::from(!moved.damaged.is_empty())))
        } else {
            println!("{}", say.not_ended());
            Ok(ExitCode::from(1))
        }
    })
}

/// The installation that is moved: nothing of it is made by looking.
async fn source(config: &Config, say: Sentences) -> anyhow::Result<Installation> {
    if let Some(file) = config.database_file() {
        ensure!(file.is_file(), "{}", say.no_such(file));
    }
    let settings = config.document_settings()?;
    if let Settings::Folder(folder) = &settings {
        ensure!(folder.is_dir(), "{}", say.no_such(folder));
    }
    let store = Store::look(&config.database).await?;
    let documents = Documents::open(&settings, &store)?;
    Ok(Installation {
        documents: documents.with_keys(config.keyring()?),
        store,
    })
}

async fn move_all(
    args: &MigrateStoreArgs,
    from: Installation,
    to: Installation,
    shared: bool,
    say: Sentences,
) -> Result<Moved, MoveError> {
    let mut moving = Move::begin(from, to, shared).await?;
    let bar = bar(moving.count_rows().await?, say.rows());
    while moving
        .step(|step| match step {
            Step::Rows(table, rows) => {
                bar.set_message(table.to_owned());
                bar.inc(rows);
            }
            Step::Documents(slice, documents) => {
                if slice == 0 {
                    bar.reset();
                    bar.set_length(256);
                }
                bar.set_message(say.documents(documents));
                bar.set_position(u64::from(slice) + 1);
            }
            Step::Arrived => bar.set_message(say.comparing()),
        })
        .await?
    {}
    let actor = actor();
    let moved = moving
        .end(
            args.leave_damaged,
            &actor,
            now(),
            |compared| match compared {
                Compared::Table(table) => {
                    bar.set_message(format!("{} {table}", say.comparing()));
                    bar.tick();
                }
                Compared::Documents(part) => {
                    bar.set_message(say.reading_documents());
                    bar.set_position(u64::from(part) + 1);
                }
            },
        )
        .await;
    bar.finish_and_clear();
    moved
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(length: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = format!("{{bar:30}} {{percent:>3}} %  {{pos}}/{{len}} {unit}  {{msg}}  {{eta}}");
    if let Ok(style) = ProgressStyle::with_template(&style) {
        bar.set_style(style);
    }
    bar
}
