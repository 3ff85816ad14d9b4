//! The schema, brought up to date: the same numbered files on both engines, each once, whoever starts first. sqlx does it on
//! PostgreSQL; on SQLite it is done here as sqlx does it, in the same table, so that databases of before go on.

use std::time::Instant;

use sqlx::migrate::{MigrateError, Migration, Migrator};

use super::{Error, Writers, WritersOf, sqlite};

const TABLE: &str = "create table if not exists _sqlx_migrations (version bigint primary key, description text not null, \
     installed_on timestamp not null default current_timestamp, success boolean not null, checksum blob not null, \
     execution_time bigint not null)";
const APPLIED: &str = "select checksum, success from _sqlx_migrations where version = ?1";
const NOTE: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
     values (?1, ?2, true, ?3, ?4)";

/// Ours. What a later release has added besides is its affair: we go on beside it until it has replaced us.
pub(in crate::store) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
}

impl Writers {
    /// Runs what has not been run yet.
    pub(in crate::store) async fn migrate(&self, migrations: Migrator) -> Result<(), MigrateError> {
        match &self.0 {
            WritersOf::Postgres(pool) => migrations.run(pool).await,
            WritersOf::Sqlite(file) => {
                let mut line = file.lend().await.map_err(failed)?;
                let migrated = line.aside(move |connection| all(connection, &migrations));
                migrated.await.map_err(failed)?
            }
        }
    }
}

fn failed(error: Error) -> MigrateError {
    match error {
        Error::Postgres(error) => MigrateError::Execute(error),
        other => MigrateError::Execute(sqlx::Error::Protocol(other.to_string())),
    }
}

fn all(connection: &rusqlite::Connection, migrations: &Migrator) -> Result<(), MigrateError> {
    let run = |text| sqlite::batch(connection, text).map_err(failed);
    run(TABLE)?;
    for migration in migrations.iter() {
        if is_applied(connection, migration)? {
            continue;
        }
        // Who had to wait for the lock finds that somebody else has done it meanwhile.
        run("begin immediate")?;
        if !is_applied(connection, migration)? {
            apply(connection, migration)?;
        }
        run("commit")?;
    }
    Ok(())
}

fn is_applied(
    connection: &rusqlite::Connection,
    migration: &Migration,
) -> Result<bool, MigrateError> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?));
    match connection.query_row(APPLIED, [migration.version], read) {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(false),
        Err(error) => Err(failed(error.into())),
        Ok((_, false)) => Err(MigrateError::Dirty(migration.version)),
        Ok((checksum, true)) if checksum != *migration.checksum => {
            Err(MigrateError::VersionMismatch(migration.version))
        }
        Ok(_) => Ok(true),
    }
}

/// Within a transaction.
fn apply(connection: &rusqlite::Connection, migration: &Migration) -> Result<(), MigrateError> {
    let began = Instant::now();
    let wrong = |error: rusqlite::Error| {
        let error = sqlx::Error::Protocol(sqlite::said(&error));
        MigrateError::ExecuteMigration(error, migration.version)
    };
    connection
        .execute_batch(migration.sql.as_str())
        .map_err(wrong)?;
    let took = i64::try_from(began.elapsed().as_nanos()).unwrap_or(i64::MAX);
    let values = (
        migration.version,
        &*migration.description,
        &*migration.checksum,
        took,
    );
    connection.execute(NOTE, values).map_err(wrong)?;
    Ok(())
}
