//! `clavero migrate-store`: an installation with a day of petitions and something in every table moves from SQLite and a folder
//! to whatever other stores can be had here, is interrupted again and again, and goes on there as if nothing had been.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use clavero::documents::{Documents, Settings};
use clavero::domain::{Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::moving::{Installation, Move, MoveError, Moved};
use clavero::protection::Keyring;
use clavero::store::Store;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use sqlx::{AnyPool, AssertSqlSafe, Row};
use tempfile::TempDir;

use crate::bench::{Bench, GOOD, Petition};
use crate::bucket::{Bucket, KEY_ID, SECRET};
use crate::ground::fresh_postgres;
use crate::need::Need;
use crate::review::JOINT;
use crate::running::PATIENCE;
use crate::served::{Served, binary, write_trust};

/// A key of protection.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// New stores, empty.
struct Target {
    folder: TempDir,
    database: String,
    settings: Settings,
    bucket: Option<Bucket>,
}

impl Target {
    /// SQLite with documents in a folder.
    fn small() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clavero.sqlite").display().to_string();
        Self {
            database: format!("sqlite://{file}?mode=rwc"),
            settings: Settings::Folder(folder.path().join("documents")),
            bucket: None,
            folder,
        }
    }

    /// PostgreSQL with documents in a bucket, as far as there are servers; otherwise SQLite, and documents in the database.
    async fn large(test: &str) -> Self {
        let mut target = Self::small();
        target.settings = Settings::Database;
        if let Some(server) = Need::Postgres.met() {
            target.database = fresh_postgres(&server, &format!("moving_{test}")).await;
        }
        if let Some(bucket) = Bucket::start() {
            target.settings = bucket.settings();
            target.bucket = Some(bucket);
        }
        target
    }

    async fn installation(&self, keys: &Keyring) -> Installation {
        let store = Store::open(&self.database).await.unwrap();
        let documents = Documents::open(&self.settings, &store).unwrap();
        Installation {
            documents: documents.with_keys(keys.clone()),
            store: store.with_keys(keys.clone()),
        }
    }

    /// As a configuration file of the same stores.
    fn configuration(&self, more: &str) -> PathBuf {
        let documents = match (&self.settings, &self.bucket) {
            (_, Some(bucket)) => format!(
                "kind = \"s3\"\nendpoint = \"{}\"\nbucket = \"clavero\"\nprefix = \"a prefix/of ours\"\n\
                 key_id = \"{KEY_ID}\"\nsecret = \"{SECRET}\"\n",
                bucket.endpoint()
            ),
            (Settings::Folder(_), None) => String::new(),
            (_, None) => "kind = \"database\"\n".to_owned(),
        };
        configuration(
            self.folder.path(),
            &self.database,
            &format!("[documents]\n{documents}{more}"),
        )
    }
}

fn configuration(data: &Path, database: &str, more: &str) -> PathBuf {
    let file = data.join("clavero.toml");
    let text = format!(
        "profile = \"test\"\nlisten = \"127.0.0.1:0\"\ndata_dir = \"{}\"\ndatabase = \"{database}\"\n{more}",
        data.display()
    );
    fs::write(&file, text).unwrap();
    file
}

/// A day of petitions: approved and used, refused, in review, received and not yet decided, never signed, half uploaded.
async fn day(bench: &Bench) -> Vec<Petition> {
    let mut petitions = Vec::new();
    for _ in 0..3 {
        petitions.push(bench.signed_petition(CAFE, "lucia", None).await);
    }
    bench.sets_password(GOOD).await;
    petitions.push(bench.signed_petition(CAFE, "nelly", None).await);
    petitions.push(
        bench
            .signed_petition(CAFE, "lucia", Some("nuevo@cafe-ficticio.ec"))
            .await,
    );
    petitions.push(bench.signed_petition(JOINT, "jorge", None).await);
    bench.work().await;
    petitions.push(bench.petition(CAFE, None).await);
    let waiting = bench.petition(CAFE, None).await;
    let signed = bench.sign(&waiting.form, "lucia");
    bench.upload(Some(&waiting.number), &signed).await.unwrap();
    petitions.push(waiting);
    let half = Sha256::of(b"the whole document");
    let (id, _) = bench.intake.begin_upload(None, half, 18).await.unwrap();
    let first = futures::stream::iter([Ok::<_, ()>("the whole".into())]);
    bench
        .intake
        .append_upload(crate::followed::all_of(&id), first, || Ok(()))
        .await
        .unwrap();
    let store = bench.intake.store();
    let today = clavero::domain::calendar::in_ecuador(bench.intake.now()).date();
    store.record_head(today, bench.intake.now()).await.unwrap();
    petitions
}

/// The tables of a database as it describes itself, on SQLite in the order in which they were made; but for the move, documents (which go from store to store), who
/// looks at the clock next, and what migrations left behind.
async fn tables_in(database: &str) -> Vec<String> {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(database).await.unwrap();
    let listed = if database.starts_with("sqlite") {
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by rowid"
    } else {
        "select cast(table_name as text) as name from information_schema.tables where table_schema = current_schema()"
    };
    let rows = sqlx::query(listed).fetch_all(&pool).await.unwrap();
    pool.close().await;
    let apart = ["moves", "blobs", "rounds", "_sqlx_migrations"];
    let names = rows.iter().map(|row| row.get("name"));
    names
        .filter(|name: &String| !apart.contains(&name.as_str()))
        .collect()
}

/// Something in every table that the day left empty, and more rows than one page in one of them.
async fn fill_the_rest(bench: &Bench) {
    // Petitions that nobody asks about again: what stands under their numbers means nothing.
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(bench.petition(CAFE, None).await.number);
    }
    let database = bench.database();
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(database).await.unwrap();
    let columns = "select group_concat(name) as names, group_concat(lower(type)) as types from pragma_table_info($1)";
    for table in tables_in(database).await {
        let count = AssertSqlSafe(format!("select count(*) as n from {table}"));
        let count: i64 = sqlx::query(count).fetch_one(&pool).await.unwrap().get("n");
        let rows = match (table.as_str(), count) {
            ("quota_counts", _) => 450_i32,
            (_, 0) => 3,
            _ => continue,
        };
        let described = sqlx::query(columns)
            .bind(&table)
            .fetch_one(&pool)
            .await
            .unwrap();
        let (names, types): (String, String) = (described.get("names"), described.get("types"));
        let markers: Vec<String> = (1..=types.split(',').count())
            .map(|n| format!("${n}"))
            .collect();
        let insert = format!(
            "insert into {table} ({names}) values ({})",
            markers.join(", ")
        );
        for row in 0..rows {
            // The same in all columns of a row, so that what refers to another table finds it; petitions there are.
            let described = names.split(',').zip(types.split(','));
            let query = described.fold(
                sqlx::query(AssertSqlSafe(insert.clone())),
                |query, described| match described {
                    (_, "bigint") => query.bind(i64::from(row) * 1_000_003),
                    ("number", _) => {
                        query.bind(numbers[usize::try_from(row).unwrap() % 3].to_string())
                    }
                    _ => query.bind(format!("ñandú ' {row}")),
                },
            );
            query.execute(&pool).await.unwrap();
        }
    }
    pool.close().await;
}

async fn source(bench: &Bench, keys: &Keyring) -> Installation {
    let store = Store::look(bench.database()).await.unwrap();
    let folder = bench.folder().join("documents");
    let documents = Documents::in_folder(&folder).unwrap();
    Installation {
        documents: documents.with_keys(keys.clone()),
        store,
    }
}

/// Moves in one go, or gives up after so many steps.
async fn move_for(
    from: Installation,
    to: Installation,
    steps: usize,
) -> Result<Option<Moved>, MoveError> {
    let stores = [from.store.clone(), to.store.clone()];
    let mut moving = Move::begin(from, to, false).await?;
    let mut left = steps;
    let arrived = loop {
        if left == 0 {
            break false;
        }
        left -= 1;
        if !moving.step(|_| ()).await? {
            break true;
        }
    };
    let moved = if arrived {
        Some(moving.end(false, "test", Timestamp::now(), |_| ()).await?)
    } else {
        // Its snapshot holds a connection.
        drop(moving);
        None
    };
    for store in stores {
        store.close().await;
    }
    Ok(moved)
}

#[tokio::test]
async fn everything_moves_there_and_back_however_often_it_is_interrupted() {
    let none = Keyring::default();
    let mut bench = Bench::new().await;
    let petitions = day(&bench).await;
    fill_the_rest(&bench).await;
    let mut states = Vec::new();
    for petition in &petitions {
        states.push(bench.status(petition).await.state);
    }
    let seen: BTreeSet<&str> = states.iter().map(|state| state.as_str()).collect();
    assert!(seen.len() >= 4, "{seen:?}");

    let large = Target::large("all").await;
    let mut attempts = 0;
    let moved = loop {
        attempts += 1;
        let (from, to) = (source(&bench, &none).await, large.installation(&none).await);
        if let Some(moved) = move_for(from, to, attempts * 37).await.unwrap() {
            break moved;
        }
        let store = Store::open(&large.database).await.unwrap();
        assert!(store.move_under_way().await.unwrap().is_some());
        store.close().await;
    };
    assert!(attempts > 5, "{attempts}");
    for (table, source, target) in &moved.tables {
        assert!(*source > 0, "{table} is empty: it proves nothing");
        assert_eq!(source, target, "{table}");
    }
    assert!(moved.documents > 10 && moved.damaged.is_empty());
    let names: BTreeSet<String> = moved
        .tables
        .iter()
        .map(|(table, ..)| table.clone())
        .collect();
    for database in [bench.database(), &large.database] {
        let known = tables_in(database).await.into_iter().collect();
        assert_eq!(names, known, "no table is forgotten");
    }

    // It goes on there: what was decided is known, what waited is decided, what was half here is finished.
    bench
        .goes_on_with(large.database.clone(), large.settings.clone())
        .await;
    assert_eq!(bench.intake.store().move_under_way().await.unwrap(), None);
    for (petition, state) in petitions.iter().zip(&states) {
        assert_eq!(bench.status(petition).await.state, *state);
    }
    let again = bench.intake.reprocess(&petitions[0].number).await.unwrap();
    assert!(again.differences().is_empty(), "{:?}", again.differences());
    bench.work().await;
    let waited = petitions.last().unwrap();
    assert_ne!(bench.status(waited).await.state, State::Received);
    let new = bench.signed_petition(CAFE, "nelly", None).await;
    assert_ne!(bench.status(&new).await.state, State::Received);
    assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());

    // And back, to what a single machine has.
    let small = Target::small();
    let from = Installation {
        store: Store::look(&large.database).await.unwrap(),
        documents: bench.documents(),
    };
    let back = move_for(from, small.installation(&none).await, usize::MAX).await;
    let back = back.unwrap().unwrap();
    assert!(back.audit_rows > moved.audit_rows && back.documents > moved.documents);
    bench
        .goes_on_with(small.database.clone(), small.settings.clone())
        .await;
    assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    let again = bench.intake.reprocess(&new.number).await.unwrap();
    assert!(again.differences().is_empty(), "{:?}", again.differences());
}

#[tokio::test]
async fn a_target_that_holds_something_else_is_refused() {
    let none = Keyring::default();
    let bench = Bench::new().await;
    bench.signed_petition(CAFE, "lucia", None).await;
    let (other, target) = (Bench::new().await, Target::small());
    other.signed_petition(CAFE, "lucia", None).await;

    // Another installation.
    let theirs = Installation {
        store: Store::open(other.database()).await.unwrap(),
        documents: other.documents(),
    };
    let refused = move_for(source(&bench, &none).await, theirs, usize::MAX).await;
    assert!(
        matches!(refused, Err(MoveError::HoldsRows(_))),
        "{refused:?}"
    );
    // Somebody's documents.
    let to = target.installation(&none).await;
    let foreign = to.documents.keep_bytes("of somebody".into()).await.unwrap();
    let refused = move_for(source(&bench, &none).await, to, usize::MAX).await;
    assert!(
        matches!(refused, Err(MoveError::HoldsDocuments)),
        "{refused:?}"
    );
    // Half of another one.
    let target = Target::small();
    let to = target.installation(&none).await;
    move_for(source(&other, &none).await, to, 60).await.unwrap();
    let to = target.installation(&none).await;
    let refused = move_for(source(&bench, &none).await, to, usize::MAX).await;
    assert!(
        matches!(refused, Err(MoveError::OtherSource)),
        "{refused:?}"
    );
    // Half of this one, which was used meanwhile.
    other.petition(CAFE, None).await;
    let to = target.installation(&none).await;
    let refused = move_for(source(&other, &none).await, to, usize::MAX).await;
    assert!(
        matches!(refused, Err(MoveError::OtherSource)),
        "{refused:?}"
    );
    assert!(!bench.documents().holds(foreign.sha256).await.unwrap());
}

#[tokio::test]
async fn a_source_that_is_used_meanwhile_and_a_row_that_was_changed_are_noticed() {
    let none = Keyring::default();
    let bench = Bench::new().await;
    bench.signed_petition(CAFE, "lucia", None).await;
    let target = Target::small();
    let (from, to) = (
        source(&bench, &none).await,
        target.installation(&none).await,
    );
    let mut moving = Move::begin(from, to, false).await.unwrap();
    while moving.step(|_| ()).await.unwrap() {}
    bench.petition(CAFE, None).await;
    let used = moving.end(false, "test", Timestamp::now(), |_| ()).await;
    assert!(matches!(used, Err(MoveError::Used)), "{used:?}");

    // A mail that was handed over is no row of the log.
    let target = Target::small();
    let (from, to) = (
        source(&bench, &none).await,
        target.installation(&none).await,
    );
    let mut moving = Move::begin(from, to, false).await.unwrap();
    while moving.step(|_| ()).await.unwrap() {}
    change(
        bench.database(),
        "update outbox set attempts = attempts + 1",
    )
    .await;
    let used = moving.end(false, "test", Timestamp::now(), |_| ()).await;
    assert!(matches!(used, Err(MoveError::Used)), "{used:?}");

    let target = Target::small();
    let (from, to) = (
        source(&bench, &none).await,
        target.installation(&none).await,
    );
    let mut moving = Move::begin(from, to, false).await.unwrap();
    while moving.step(|_| ()).await.unwrap() {}
    let later = "update petitions set expires_ms = expires_ms + 1";
    change(&target.database, later).await;
    let differs = moving.end(false, "test", Timestamp::now(), |_| ()).await;
    let told = matches!(&differs, Err(MoveError::Differs(tables)) if tables == &["petitions"]);
    assert!(told, "{differs:?}");
}

/// Changes rows behind everybody's back.
async fn change(database: &str, statement: &'static str) {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(database).await.unwrap();
    let done = sqlx::query(statement).execute(&pool).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
    pool.close().await;
}

/// Where a folder of documents has one.
fn place_of(sha256: &str) -> PathBuf {
    Path::new("documents")
        .join(&sha256[..2])
        .join(&sha256[2..4])
        .join(sha256)
}

#[tokio::test]
async fn every_document_is_read_in_the_target_whenever_it_came() {
    let none = Keyring::default();
    let bench = Bench::new().await;
    let mut digests = Vec::new();
    for _ in 0..2 {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let rows = bench.intake.store().documents(&petition.number).await;
        digests.push(rows.unwrap()[0].sha256.to_string());
    }
    let target = Target::small();
    let (from, to) = (
        source(&bench, &none).await,
        target.installation(&none).await,
    );
    let mut moving = Move::begin(from, to, false).await.unwrap();
    while moving.step(|_| ()).await.unwrap() {}
    // Between the last page and the end, or between two attempts.
    let there = |place: usize| target.folder.path().join(place_of(&digests[place]));
    let right = fs::read(there(0)).unwrap();
    fs::write(there(0), b"something else").unwrap();
    fs::remove_file(there(1)).unwrap();
    let moved = moving.end(false, "test", Timestamp::now(), |_| ()).await;
    let moved = moved.unwrap();
    assert!(moved.damaged.is_empty(), "{moved:?}");
    assert_eq!(fs::read(there(0)).unwrap(), right, "it came again");
    assert!(there(1).exists());
}

#[tokio::test]
async fn documents_that_stay_where_they_are_are_read_too() {
    let bench = Bench::new().await;
    let petition = bench.signed_petition(CAFE, "lucia", None).await;
    let rows = bench.intake.store().documents(&petition.number).await;
    let sha256 = rows.unwrap()[0].sha256.to_string();
    bench.intake.store().close().await;
    let file = bench.folder().join(place_of(&sha256));
    let right = fs::read(&file).unwrap();
    fs::write(&file, b"something else").unwrap();
    let from = configuration(bench.folder(), bench.database(), "");
    let target = Target::small();
    // Only the database is another one.
    let file_of_target = target.folder.path().join("clavero.toml");
    let text = fs::read_to_string(&from).unwrap();
    let text = text.replace(bench.database(), &target.database);
    fs::write(&file_of_target, text).unwrap();
    let told = migrate(&from, &file_of_target, &[]).output().unwrap();
    assert_eq!(told.status.code(), Some(1), "{}", said(&told));
    assert!(said(&told).contains(&sha256), "{}", said(&told));
    assert!(said(&told).contains("has not ended"), "{}", said(&told));
    fs::write(&file, right).unwrap();
    let done = migrate(&from, &file_of_target, &[]).output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
}

/// The command, with nothing of the environment that could change it.
fn migrate(from: &Path, to: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .env_clear()
        .env("CLAVERO_LANG", "en")
        .arg("migrate-store")
        .arg("--from")
        .arg(from)
        .arg("--to")
        .arg(to)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn killed_again_and_again_it_ends_all_the_same_and_the_service_serves() {
    let bench = Bench::new().await;
    let petitions = day(&bench).await;
    let expected = bench.status(&petitions[0]).await.state;
    bench.intake.store().close().await;
    let file = bench.folder().join("clavero.sqlite");
    let before = Sha256::of(&fs::read(&file).unwrap());
    let from = configuration(bench.folder(), bench.database(), "");
    let large = Target::large("killed").await;
    let to = large.configuration("");

    // Each attempt lives a little longer, whatever it gets done in that time.
    let mut life = Duration::from_millis(5);
    let output = loop {
        let mut attempt = migrate(&from, &to, &[]).spawn().unwrap();
        let began = std::time::Instant::now();
        while attempt.try_wait().unwrap().is_none() && began.elapsed() < life {
            std::thread::sleep(Duration::from_millis(1));
        }
        if attempt.try_wait().unwrap().is_some() {
            break attempt.wait_with_output().unwrap();
        }
        attempt.kill().unwrap();
        attempt.wait().unwrap();
        life = life * 3 / 2;
        assert!(life < PATIENCE * 5, "it does not end");
    };
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("audit log whole"),
        "{}",
        said(&output)
    );
    assert_eq!(Sha256::of(&fs::read(&file).unwrap()), before, "the source");

    // It has ended: the same command again finds a target that is in use.
    let again = migrate(&from, &to, &[]).output().unwrap();
    assert_eq!(again.status.code(), Some(3), "{}", said(&again));
    assert!(
        said(&again).contains("the target has rows already"),
        "{}",
        said(&again)
    );

    write_trust(large.folder.path());
    let mut command = Command::new(binary());
    command.env_clear().arg("serve").arg("--config").arg(&to);
    let served = Served::start_as(command);
    let (number, secret) = (&petitions[0].number, petitions[0].secret.reveal());
    let status = reqwest::Client::new()
        .get(format!("{}/api/v1/petitions/{number}", served.url))
        .bearer_auth(secret)
        .send()
        .await
        .unwrap();
    assert_eq!(status.status(), StatusCode::OK);
    let status: Value = status.json().await.unwrap();
    assert_eq!(status["state"], expected.as_str());
    served.tell_to_stop();
    served.ended();
}

#[tokio::test]
async fn a_damaged_document_is_named_and_holds_the_end_up() {
    let bench = Bench::new().await;
    let petition = bench.signed_petition(CAFE, "lucia", None).await;
    let rows = bench
        .intake
        .store()
        .documents(&petition.number)
        .await
        .unwrap();
    let sha256 = rows[0].sha256.to_string();
    bench.intake.store().close().await;
    let file = bench.folder().join(place_of(&sha256));
    let right = fs::read(&file).unwrap();
    let from = configuration(bench.folder(), bench.database(), "");
    let target = Target::small();
    let to = target.configuration("");
    for wrong in [Some(&b"something else"[..]), None] {
        match wrong {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let told = migrate(&from, &to, &[]).output().unwrap();
        assert_eq!(told.status.code(), Some(1), "{}", said(&told));
        assert!(said(&told).contains(&sha256), "{}", said(&told));
        assert!(said(&told).contains("has not ended"), "{}", said(&told));
    }
    // Half of an installation is no installation, for the service and for every command.
    for command in [&["serve"][..], &["reviewer", "list"], &["audit", "verify"]] {
        let mut run = Command::new(binary());
        let run = run.env_clear().args(command).arg("--config").arg(&to);
        let run = run.output().unwrap();
        assert!(!run.status.success(), "{command:?}");
        assert!(said(&run).contains("migrate-store"), "{}", said(&run));
    }

    // Put back from a backup it goes through; or it stays behind, and the log says so.
    let elsewhere = Target::small();
    let left = migrate(&from, &elsewhere.configuration(""), &["--leave-damaged"]);
    let left = { left }.output().unwrap();
    assert_eq!(left.status.code(), Some(1), "{}", said(&left));
    let store = Store::open(&elsewhere.database).await.unwrap();
    assert_eq!(store.move_under_way().await.unwrap(), None);
    let log = store.audit_of("store", 0, 10).await.unwrap();
    assert!(log[0].facts.contains(&sha256), "{log:?}");
    fs::write(&file, right).unwrap();
    let done = migrate(&from, &to, &[]).output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
}

#[tokio::test]
async fn what_is_protected_needs_its_key_and_goes_as_it_is() {
    let keys = Keyring::from_base64([KEY]).unwrap();
    let mut bench = Bench::protected(keys).await;
    let petition = bench.signed_petition(CAFE, "lucia", None).await;
    let key = format!("[protection]\nkeys = [\"{KEY}\"]\n");
    let from = configuration(bench.folder(), bench.database(), &key);
    let target = Target::large("keys").await;
    let refused = migrate(&from, &target.configuration(""), &[])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(
        said(&refused).contains("protection.keys"),
        "{}",
        said(&refused)
    );
    assert!(!said(&refused).contains(KEY), "{}", said(&refused));

    let moved = migrate(&from, &target.configuration(&key), &[])
        .output()
        .unwrap();
    assert!(moved.status.success(), "{}", said(&moved));
    let small = Target::small();
    let unread = migrate(
        &configuration(bench.folder(), bench.database(), ""),
        &small.configuration(""),
        &[],
    );
    let unread = { unread }.output().unwrap();
    assert_eq!(unread.status.code(), Some(3), "{}", said(&unread));
    bench
        .goes_on_with(target.database.clone(), target.settings.clone())
        .await;
    assert_eq!(bench.status(&petition).await.state, State::Approved);
    let again = bench.intake.reprocess(&petition.number).await.unwrap();
    assert!(again.differences().is_empty(), "{:?}", again.differences());
}
