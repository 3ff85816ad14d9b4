//! PostgreSQL, through sqlx.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{Arguments, Decode, Executor, Postgres, Row as _, Transaction, TypeInfo, ValueRef};

use super::value::{Cell, Value};
use super::{Answer, Error, Query, Wanted};

/// How long a connection is waited for. One that is refused is tried again until then, so that a PostgreSQL that restarts is
/// hardly noticed; what takes longer is told to whoever asks, who comes back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a writing transaction begins with: one after another (the number names the lock, and nothing else), and whoever can't
/// get the lock in time gives up.
const LOCK: &str = "set local lock_timeout = '10s'; select pg_advisory_xact_lock(4707188)";
/// Begins a reading one, which lasts as long as it takes, and holds nobody up.
pub(super) const SNAPSHOT: &str = "begin isolation level repeatable read read only; \
     set local idle_in_transaction_session_timeout = 0";
/// A process that stands still in the middle of a transaction, or a machine that is gone, must not hold up all others.
pub(super) const SESSION: &str = "set idle_in_transaction_session_timeout = '15s'; set tcp_keepalives_idle = 10; \
     set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3";
/// Whether a connection may write: not on a standby, nor where the database was closed to writing when it was opened.
const WRITABLE: &str = "select current_setting('transaction_read_only') = 'off'";
/// What a connection is told first where nothing is to be written.
pub(super) const READ_ONLY: &str = "set default_transaction_read_only = on";

/// Connections that write.
pub(super) async fn writers(connections: u32, url: &str) -> Result<PgPool, Error> {
    // A server that becomes a standby keeps its connections, and one that may be written to again does not tell those it has. So
    // each is asked before it is used, which also tells whether it is alive, and one that may not write is replaced.
    let options = options(connections, SESSION)
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async { sqlx::query_scalar(WRITABLE).fetch_one(connection).await })
        });
    Ok(options.connect(url).await?)
}

/// Connections that only read, told `session` first.
pub(super) async fn readers(
    connections: u32,
    session: &'static str,
    url: &str,
) -> Result<PgPool, Error> {
    Ok(options(connections, session).connect(url).await?)
}

fn options(connections: u32, session: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(session).await?;
                Ok(())
            })
        })
}

/// Whether the server takes what is written.
pub(super) async fn takes_writing(pool: &PgPool) -> Result<(), Error> {
    let writable: bool = sqlx::query_scalar(WRITABLE).fetch_one(pool).await?;
    if writable {
        Ok(())
    } else {
        Err(Error::ReadOnly)
    }
}

/// Begins a writing transaction. The lock is not part of its first statement, and whoever waits for it and goes away does not
/// take the wait along: sqlx rolls back only what it has seen begin, and a connection that went back to its pool in the middle
/// would hold the lock, or fail whoever gets it next.
pub(super) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move {
        let mut writing = pool.begin().await?;
        sqlx::raw_sql(LOCK).execute(&mut *writing).await?;
        Ok::<_, sqlx::Error>(writing)
    });
    Ok(begun.await.map_err(|_| Error::Lost)??)
}

/// Runs a statement.
pub(super) async fn run<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    query: Query<'_>,
    wanted: Wanted,
) -> Result<Answer, Error> {
    let mut arguments = PgArguments::default();
    for value in query.values {
        let bound = match value {
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Number(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes.as_deref()),
        };
        bound.map_err(sqlx::Error::Encode)?;
    }
    let query = sqlx::query_with(query.text, arguments);
    Ok(match wanted {
        Wanted::Nothing => Answer {
            rows: Vec::new(),
            changed: query.execute(executor).await?.rows_affected(),
        },
        Wanted::First => {
            let row = query.fetch_optional(executor).await?;
            Answer {
                rows: row.map(Into::into).into_iter().collect(),
                changed: 0,
            }
        }
        Wanted::All => {
            let rows = query.fetch_all(executor).await?;
            Answer {
                rows: rows.into_iter().map(Into::into).collect(),
                changed: 0,
            }
        }
    })
}

/// Says something about the transaction itself: in one message, even where the transaction has failed.
pub(super) async fn control(
    connection: &mut PgConnection,
    text: &'static str,
) -> Result<(), Error> {
    connection.execute(text).await?;
    Ok(())
}

/// What a column of a row holds.
pub(super) fn cell<'r>(row: &'r PgRow, column: &str) -> Result<Cell<'r>, Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().into_owned();
    let unreadable = sqlx::Error::Decode;
    Ok(match kind.name() {
        "INT8" | "INT4" | "INT2" => {
            Cell::Number(<i64 as Decode<Postgres>>::decode(value).map_err(unreadable)?)
        }
        "TEXT" | "VARCHAR" | "NAME" | "CHAR" => {
            Cell::Text(<&str as Decode<Postgres>>::decode(value).map_err(unreadable)?)
        }
        "BYTEA" => Cell::Bytes(<&[u8] as Decode<Postgres>>::decode(value).map_err(unreadable)?),
        _ => Cell::Other,
    })
}

/// Whether a statement is understood.
#[cfg(test)]
pub(super) async fn understands(pool: &PgPool, text: String) -> Result<(), Error> {
    use sqlx::{AssertSqlSafe, SqlSafeStr};
    let mut connection = pool.acquire().await?;
    let text = AssertSqlSafe(text).into_sql_str();
    connection.prepare(text).await?;
    Ok(())
}
