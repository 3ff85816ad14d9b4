//! What a service of a test stands on: a folder, a database, a store of documents. The kinds that operators choose are few,
//! and whatever people or companies do is tried on each.

use clavero::documents::Settings;
use tempfile::TempDir;

use crate::bucket::Bucket;
use crate::need::Need;

/// One of them, fresh, removed with the service.
pub struct Ground {
    /// The folder of the machine.
    pub folder: TempDir,
    /// The address of the database.
    pub database: String,
    /// Where documents are kept.
    pub documents: Settings,
    /// The server with the documents, when they are in a bucket.
    pub bucket: Option<Bucket>,
}

impl Ground {
    /// A folder with everything in it.
    pub fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clavero.sqlite").display().to_string();
        Self {
            database: format!("sqlite://{file}?mode=rwc"),
            documents: Settings::Folder(folder.path().join("documents")),
            bucket: None,
            folder,
        }
    }

    /// A folder, and with it PostgreSQL when `CLAVERO_TEST_POSTGRES` names a server (`tests/run` starts one).
    pub async fn on_each_engine(test: &str) -> Vec<Self> {
        let mut grounds = vec![Self::folder()];
        if let Some(server) = Need::Postgres.met() {
            grounds.push(Self {
                database: fresh_postgres(&server, test).await,
                ..Self::folder()
            });
        }
        grounds
    }

    /// SQLite with documents in a folder, PostgreSQL with documents in it, and PostgreSQL with documents in a bucket, as far as
    /// `CLAVERO_TEST_POSTGRES` and `CLAVERO_TEST_S3` name servers.
    pub async fn on_each_store(test: &str) -> Vec<Self> {
        let mut grounds = vec![Self::folder()];
        if let Some(server) = Need::Postgres.met() {
            grounds.push(Self {
                database: fresh_postgres(&server, test).await,
                documents: Settings::Database,
                ..Self::folder()
            });
        }
        if let Some(bucket) = Bucket::start() {
            grounds.push(Self::with_bucket(test, bucket).await);
        }
        grounds
    }

    /// Documents in this bucket, on PostgreSQL if there is a server.
    pub async fn with_bucket(test: &str, bucket: Bucket) -> Self {
        let mut ground = Self {
            documents: bucket.settings(),
            bucket: Some(bucket),
            ..Self::folder()
        };
        if let Some(server) = Need::Postgres.met() {
            ground.database = fresh_postgres(&server, &format!("{test}_s3")).await;
        }
        ground
    }

    /// The same as keys of the configuration in the environment.
    pub fn keys(&self) -> Vec<(String, String)> {
        let mut keys = vec![("CLAVERO_DATABASE".to_owned(), self.database.clone())];
        match (&self.documents, &self.bucket) {
            (_, Some(bucket)) => keys.extend(bucket.keys()),
            (Settings::Database, None) => {
                keys.push(("CLAVERO_DOCUMENTS__KIND".to_owned(), "database".to_owned()))
            }
            // In the folder of the machine, as nobody has said otherwise.
            _ => (),
        }
        keys
    }
}

/// The address of an empty database on this server.
pub async fn fresh_postgres(server: &str, test: &str) -> String {
    use sqlx::{AnyConnection, AssertSqlSafe, Connection, any, raw_sql};
    any::install_default_drivers();
    let name = format!("clavero_flow_{test}");
    let mut connection = AnyConnection::connect(server).await.unwrap();
    for statement in [
        format!("drop database if exists {name} with (force)"),
        format!("create database {name}"),
    ] {
        raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}
