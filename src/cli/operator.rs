//! What commands of the person at the machine share: the database of the configuration, a name for the audit log, the time.

use std::process::ExitCode;

use jiff::Timestamp;

use super::serve::{ConfigArgs, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::documents::{Documents, Settings};
use crate::store::Store;

/// The database of the configuration, with its keys.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Store> {
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
            "{} holds no documents of a service",
            config.data_dir.display()
        );
    }
    Ok(())
}

/// Works with the database of the configuration, which is made when it is missing.
pub(super) fn with_store(
    args: &ConfigArgs,
    work: impl AsyncFnOnce(Store) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    runtime()?.block_on(async {
        std::fs::create_dir_all(&config.data_dir)?;
        let store = open_store(&config).await?;
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
    if let Some(file) = config.database_file() {
        anyhow::ensure!(file.is_file(), "{}: no such database", file.display());
    }
    runtime()?.block_on(async {
        let store = open_store(config).await?;
        let result = work(store.clone()).await;
        store.close().await;
        result
    })
}
