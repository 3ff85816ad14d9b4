//! What commands of the person at the machine share: the database of the configuration, a name for the audit log, the time.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Display, Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::serve::runtime;
use super::told::Failure;
use crate::clock::Clock;
use crate::config::Config;
use crate::documents::{Documents, Settings};
use crate::domain::Language;
use crate::store::Store;

/// The database of the configuration, with its keys. Half of an installation is none: what is written there would not have
/// happened where the other half is, and the move could not end any more.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = open_any_store(config).await?;
    anyhow::ensure!(
        store.move_under_way().await?.is_none(),
        Failure::new(
            "la base tiene la mitad de otra instalación: repita «clavero migrate-store», que termina el traslado",
            "the database holds half of another installation: run `clavero migrate-store` again, which ends the move",
        )
    );
    Ok(store)
}

/// The same, though a move into it may not have ended.
pub(super) async fn open_any_store(config: &Config) -> anyhow::Result<Store> {
    let keys = config.keyring()?;
    Ok(Store::open(&config.database).await?.with_keys(keys))
}

/// The documents of the configuration, with its keys.
pub(super) fn open_documents(config: &Config, store: &Store) -> anyhow::Result<Documents> {
    let documents = Documents::open(&config.document_settings()?, store)?;
    Ok(documents.with_keys(config.keyring()?))
}

/// Refuses a folder in which no service has kept anything: nothing is made by looking.
pub(super) fn ensure_documents(config: &Config) -> anyhow::Result<()> {
    if let Settings::Folder(folder) = config.document_settings()? {
        anyhow::ensure!(
            folder.is_dir(),
            Failure::new(
                format!(
                    "en {} no hay documentos de un servicio; ¿falta --config?",
                    config.data_dir.display()
                ),
                format!(
                    "{} holds no documents of a service; is --config missing?",
                    config.data_dir.display()
                ),
            )
        );
    }
    Ok(())
}

/// The file of a database that is not there; whether a server has one is known once it is asked.
pub(super) fn missing_database(config: &Config) -> Option<Display<'_>> {
    let file = config.database_file()?;
    (!file.is_file()).then(|| file.display())
}

/// Refuses a database that is not there: nothing is made by looking.
pub(super) fn ensure_database(config: &Config) -> anyhow::Result<()> {
    if let Some(file) = missing_database(config) {
        bail!(Failure::new(
            format!(
                "{file}: no hay tal base de datos; ¿falta --config (o CLAVERO_CONFIG)? La crean «serve» y «registry import»"
            ),
            format!(
                "{file}: no such database; is --config (or CLAVERO_CONFIG) missing? `serve` and `registry import` make one"
            ),
        ));
    }
    Ok(())
}

/// Says which database is about to be made, and how another one is named: who forgot the configuration must not believe
/// that it was the service's.
pub(super) fn tell_new_database(config: &Config, language: Language) {
    if let Some(file) = missing_database(config) {
        let said = language.pick(
            format!(
                "Se crea la base de datos {file}; otra se nombra con --config ARCHIVO o CLAVERO_CONFIG=ARCHIVO"
            ),
            format!(
                "The database {file} is made; another one is named with --config FILE or CLAVERO_CONFIG=FILE"
            ),
        );
        eprintln!("{said}");
    }
}

/// Works with the database of the configuration, which is made when it is missing.
pub(super) fn with_store(
    config: &Config,
    work: impl AsyncFnOnce(Store) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    config
        .make_data_dir()
        .with_context(|| config.data_dir.display().to_string())?;
    runtime()?.block_on(async {
        let store = open_store(config).await?;
        let result = work(store.clone()).await;
        store.close().await;
        result
    })
}

/// The current time.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// Who acts: the person at the machine, as far as it is known.
pub(super) fn actor() -> String {
    let name = std::env::var("USER").unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .take(40)
        .collect();
    if name.is_empty() {
        "operator".to_owned()
    } else {
        format!("operator:{name}")
    }
}

/// The same with a database that must be there: nothing is made by looking.
pub(super) fn with_existing_store(
    config: &Config,
    work: impl AsyncFnOnce(Store) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    ensure_database(config)?;
    runtime()?.block_on(async {
        let store = open_store(config).await?;
        let result = work(store.clone()).await;
        store.close().await;
        result
    })
}

/// A file with personal data, written for whoever asked for it: readable by nobody else, and never over something that is
/// there. Unless it is finished, it is taken away again: half a package looks like a whole one.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
    finished: bool,
}

impl NewFile {
    /// Begins it.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(|| path.display().to_string())?;
        Ok(Self {
            file,
            path: path.to_owned(),
            finished: false,
        })
    }

    /// All of it is written, and on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished {
            // What can't be taken away either is told by the error that led here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl io::Seek for NewFile {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
