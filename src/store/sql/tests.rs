//! What the rest of the store relies on and can't see.

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use sqlx::{Connection as _, PgConnection};

use super::super::tests::need::Need;
use super::super::tests::{databases, empty_postgres};
use super::super::{Store, StoreError};
use super::{Error, migrations, query};

const KEEP: &str = "insert into counters (name, value) values ($1, $2)";
/// Takes a second or so, and gives one row.
const LONG: &str = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 4000000) \
                    select count(*) as counted from n";

async fn keep(store: &Store, name: &str) -> Result<(), Error> {
    let kept = query(KEEP).bind(name).bind(1i64).execute(&store.write);
    kept.await.map(drop)
}

async fn keep_in_transaction(store: &Store, name: &str) -> Result<(), StoreError> {
    let mut writing = store.begin().await?;
    let kept = query(KEEP).bind(name).bind(1i64);
    kept.execute(&mut *writing).await?;
    writing.commit().await
}

async fn kept(store: &Store, name: &str) -> bool {
    let row = query("select value from counters where name = $1").bind(name);
    row.fetch_optional(&store.read).await.unwrap().is_some()
}

/// A database behind the back of the store.
fn raw(file: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(file).unwrap()
}

#[tokio::test]
async fn a_value_is_read_as_what_it_is_or_not_at_all() {
    const ROW: &str =
        "select cast(12 as bigint) as number, '12' as word, cast(null as text) as missed";
    for (engine, store) in &databases("sql_types").await.stores {
        let row = query(ROW).fetch_one(&store.read).await.unwrap();
        assert_eq!(row.try_get::<i64>("number").unwrap(), 12, "{engine}");
        assert_eq!(row.try_get::<String>("word").unwrap(), "12", "{engine}");
        let nothing: Option<String> = row.try_get("missed").unwrap();
        assert_eq!(nothing, None, "{engine}");
        let wrong = [
            row.try_get::<i64>("word").map(drop),
            row.try_get::<String>("number").map(drop),
            row.try_get::<Vec<u8>>("word").map(drop),
            row.try_get::<String>("missed").map(drop),
            row.try_get::<String>("absent").map(drop),
        ];
        for (place, wrong) in wrong.into_iter().enumerate() {
            assert!(wrong.is_err(), "{engine}: {place}");
        }
    }
}

#[tokio::test]
async fn markers_mean_their_number_wherever_they_stand() {
    const NAMED: &str = "select value from counters where value = $2 and name = $1";
    for (engine, store) in &databases("sql_markers").await.stores {
        keep(store, "marker").await.unwrap();
        let row = query(NAMED).bind("marker").bind(1i64);
        let row = row.fetch_optional(&store.read).await.unwrap();
        assert!(row.is_some(), "{engine}");
    }
    let databases = databases("sql_markers_missing").await;
    let (_, store) = &databases.stores[0];
    let row = query(NAMED)
        .bind("marker")
        .fetch_optional(&store.read)
        .await;
    assert!(row.is_err(), "a value that is missing is not null");
}

#[tokio::test]
async fn nothing_is_written_through_connections_that_read() {
    let databases = databases("sql_readers").await;
    let (_, store) = &databases.stores[0];
    for readers in [&store.read, &store.scan] {
        let wrote = query(KEEP).bind("reader").bind(1i64).execute(readers);
        assert!(wrote.await.is_err());
    }
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_and_holds_up_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.sqlite");
    let store = Store::sqlite(&file).await.unwrap();
    let other = raw(&file);
    other.execute_batch("begin immediate").unwrap();
    // The runtime has one thread: were it to wait, nobody could let go of the lock.
    let lets_go = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!kept(&store, "waits").await);
        other.execute_batch("commit").unwrap();
    };
    let (kept_it, ()) = tokio::join!(keep(&store, "waits"), lets_go);
    kept_it.unwrap();
    assert!(kept(&store, "waits").await);
}

#[tokio::test]
async fn who_gives_up_in_the_middle_of_a_long_statement_leaves_no_transaction_and_no_gap() {
    for (engine, store) in &databases("sql_given_up").await.stores {
        // Alone in the transaction, and behind somebody whose work must hold.
        for alone in [true, false] {
            let first = format!("first{alone}");
            let waits = if alone {
                None
            } else {
                let mut writing = store.begin().await.unwrap();
                let wrote = query(KEEP).bind(&first).bind(1i64);
                wrote.execute(&mut *writing).await.unwrap();
                Some(writing)
            };
            let given_up = async {
                let mut writing = store.begin().await.unwrap();
                let wrote = query(KEEP).bind("given up").bind(1i64);
                wrote.execute(&mut *writing).await.unwrap();
                let row = query(LONG).fetch_one(writing.aside()).await.unwrap();
                row.try_get::<i64>("counted").unwrap()
            };
            let mut given_up = Box::pin(given_up);
            assert!(futures::poll!(&mut given_up).is_pending(), "{engine}");
            let committed = waits.map(|writing| tokio::spawn(writing.commit()));
            let patience = Duration::from_millis(100);
            let ended = tokio::time::timeout(patience, &mut given_up).await;
            assert!(ended.is_err(), "{engine}: the statement is not a long one");
            drop(given_up);
            let last = format!("last{alone}");
            keep(store, &last).await.unwrap();
            assert!(!kept(store, "given up").await, "{engine}");
            assert!(kept(store, &last).await, "{engine}");
            if let Some(committed) = committed {
                committed.await.unwrap().unwrap();
                assert!(kept(store, &first).await, "{engine}");
            }
        }
    }
}

#[tokio::test]
async fn who_gives_up_waiting_for_another_process_leaves_nothing_behind() {
    // On SQLite there is one process.
    let Some(server) = Need::Postgres.met() else {
        return;
    };
    let url = empty_postgres(&server, "sql_lock").await;
    let store = Store::open(&url).await.unwrap();
    // Another process, in no hurry.
    let mut other = PgConnection::connect(&url).await.unwrap();
    let locks = "begin; select pg_advisory_xact_lock(4707188)";
    sqlx::raw_sql(locks).execute(&mut other).await.unwrap();
    // Who waits to the end is told that it takes too long.
    let late = store.begin().await.map(drop).unwrap_err();
    assert!(late.is_passing(), "{late}");
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    all_keep(&store, "late").await;
    // Others hang up, and the lock is free before their wait would have been over.
    sqlx::raw_sql(locks).execute(&mut other).await.unwrap();
    for _ in 0..4 {
        let gone = tokio::time::timeout(Duration::from_millis(50), store.begin()).await;
        assert!(gone.is_err());
    }
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    all_keep(&store, "gone").await;
    let others = "set lock_timeout = '1s'; begin; select pg_advisory_xact_lock(4707188)";
    sqlx::raw_sql(others).execute(&mut other).await.unwrap();
}

#[tokio::test]
async fn a_database_that_takes_nothing_is_not_ready_and_is_written_to_again_as_soon_as_it_can_be() {
    // A failover that leaves connections to what is a standby now; a file has no such state.
    let Some(server) = Need::Postgres.met() else {
        return;
    };
    let url = empty_postgres(&server, "sql_read_only").await;
    let store = Store::open(&url).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let closed = "alter database clavero_sql_read_only set default_transaction_read_only = on; \
                  select pg_terminate_backend(pid) from pg_stat_activity \
                  where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::raw_sql(closed).execute(&mut other).await.unwrap();
    for round in 0..3 {
        let ready = store.ping().await.unwrap_err();
        assert!(ready.is_passing(), "{round}: {ready}");
        let alone = keep(&store, "closed").await.unwrap_err();
        assert!(alone.is_passing(), "{round}: {alone}");
        let together = keep_in_transaction(&store, "closed").await.unwrap_err();
        assert!(together.is_passing(), "{round}: {together}");
        assert!(!kept(&store, "closed").await, "what is there can be read");
    }
    let open = "alter database clavero_sql_read_only reset default_transaction_read_only";
    sqlx::raw_sql(open).execute(&mut other).await.unwrap();
    store.ping().await.unwrap();
    keep(&store, "open").await.unwrap();
    all_keep(&store, "open again").await;
}

/// Whoever comes now can write, at once and all of them.
async fn all_keep(store: &Store, when: &str) {
    let names: Vec<String> = (0..40).map(|place| format!("{when}{place}")).collect();
    let all = names.iter().map(|name| keep_in_transaction(store, name));
    let all = tokio::time::timeout(Duration::from_secs(5), join_all(all)).await;
    for written in all.expect("somebody still holds the lock") {
        written.unwrap();
    }
    for name in &names {
        assert!(kept(store, name).await, "{name}");
    }
}

#[tokio::test]
async fn what_must_stand_outside_a_transaction_waits_for_those_who_write() {
    for (engine, store) in &databases("sql_outside").await.stores {
        let all = (0..20).map(|place| async move {
            if place % 5 == 4 {
                store.write.outside("vacuum").await
            } else {
                keep(store, &format!("outside{place}")).await
            }
        });
        for done in join_all(all).await {
            done.expect(engine);
        }
    }
}

#[tokio::test]
async fn a_database_that_sqlx_made_goes_on_and_the_release_before_reads_what_we_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("of-sqlx.sqlite");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let of_sqlx = sqlx::SqlitePool::connect(&url).await.unwrap();
    migrations().run(&of_sqlx).await.unwrap();
    let store = Store::open(&url).await.unwrap();
    keep(&store, "both").await.unwrap();
    migrations().run(&of_sqlx).await.unwrap();

    let file = folder.path().join("ours.sqlite");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = Store::open(&url).await.unwrap();
    keep(&store, "both").await.unwrap();
    let of_sqlx = sqlx::SqlitePool::connect(&url).await.unwrap();
    migrations().run(&of_sqlx).await.unwrap();
}

#[tokio::test]
async fn a_file_is_made_by_whoever_comes_first_and_a_changed_migration_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new folder/x%20?.sqlite");
    for opened in join_all((0..4).map(|_| Store::sqlite(&file))).await {
        opened.unwrap();
    }
    assert!(file.exists());
    for change in [
        "update _sqlx_migrations set checksum = x'00' where version = 1",
        "update _sqlx_migrations set success = false where version = 2",
    ] {
        raw(&file).execute_batch(change).unwrap();
        assert!(Store::sqlite(&file).await.is_err(), "{change}");
    }
    let missing = folder.path().join("missing.sqlite");
    let url = format!("sqlite://{}", missing.display());
    assert!(Store::open(&url).await.is_err());
    assert!(!missing.exists(), "only mode=rwc makes a file");
}

#[tokio::test]
async fn what_was_closed_says_so() {
    for (engine, store) in &databases("sql_closed").await.stores {
        let wrote = join_all(
            (0..8).map(|place| async move { keep(store, &format!("closed{place}")).await }),
        );
        wrote.await.into_iter().for_each(|wrote| wrote.unwrap());
        store.close().await;
        let error = keep(store, "late").await.unwrap_err();
        assert!(error.is_passing(), "{engine}: {error}");
        let asked = query("select 1").fetch_one(&store.read).await.unwrap_err();
        assert!(asked.is_passing(), "{engine}: {asked}");
    }
}

#[test]
fn what_passes_is_told_from_what_stays() {
    for (code, passing) in [
        ("57P01", true),
        ("57P03", true),
        ("08006", true),
        ("53300", true),
        ("40P01", true),
        ("25P03", true),
        ("25006", true),
        ("5", true),
        ("23505", false),
        ("42P01", false),
        ("2067", false),
        ("13", false),
    ] {
        assert_eq!(super::is_passing(code), passing, "{code}");
    }
}
