//! The load driver against a service that runs as its own process: every petition it sends is decided as it must be, and its
//! figures are figures. How good they are is for `tests/load` to say, on a quiet machine.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use clavero::load::Server;
use serde_json::Value;

use crate::bench::Bench;
use crate::day::Remains;
use crate::office::Office;
use crate::served::{Served, clavero, until, write_trust};

/// Petitions of each of the four stretches.
const PETITIONS: u64 = 10;

#[test]
fn what_the_driver_sends_is_decided_as_it_must_be_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    let filled = clavero(
        folder.path(),
        &["load", "fill", "--employers", "8", "--petitions", "100"],
    )
    .output();
    let filled = filled.unwrap();
    assert!(filled.status.success(), "{filled:?}");
    let served = Served::start(folder.path());
    let (pid, petitions) = (served.pid().to_string(), PETITIONS.to_string());
    let measured = clavero(
        folder.path(),
        &[
            "load",
            "measure",
            "--json",
            "--url",
            &served.url,
            "--petitions",
            &petitions,
            "--employers",
            "8",
            "--at-once",
            "4",
            "--pid",
            &pid,
        ],
    );
    let measured = { measured }.output().unwrap();
    assert!(measured.status.success(), "{measured:?}");
    let rows: Vec<Value> = String::from_utf8(measured.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let loads: Vec<&str> = rows.iter().filter_map(|row| row["load"].as_str()).collect();
    assert_eq!(loads, ["capacity", "half", "full", "twice"]);
    for row in &rows {
        assert_eq!(row["sent"], PETITIONS, "{row}");
        // A test profile turns nobody away.
        assert_eq!(row["turned_away"], 0, "{row}");
        for figure in ["decided_per_second", "bare_per_second", "memory"] {
            assert!(
                row[figure].as_f64().is_some_and(|figure| figure > 0.0),
                "{figure}: {row}"
            );
        }
        let decided = row["decision"]["p99"].as_f64().unwrap();
        assert!(decided >= row["decision"]["p50"].as_f64().unwrap(), "{row}");
    }
}

#[tokio::test]
async fn a_burst_is_taken_and_a_queue_that_stands_is_kept_short() {
    let mut bench = Bench::new().await;
    bench
        .restart_with(|settings| settings.budgets.standing = 2)
        .await;
    let busy = async || bench.intake.check_backlog().await.is_err();
    for letter in ["one", "two", "three"] {
        assert!(!busy().await, "{letter} comes with the others");
        bench.upload(None, letter.as_bytes()).await.unwrap();
    }
    assert!(!busy().await, "within a moment");
    bench.pass(jiff::SignedDuration::from_secs(1));
    assert!(busy().await, "it stands");
    bench.work().await;
    assert!(!busy().await);
}

/// Issue 7: memory stays bounded, also in a build that is not optimised and with the allocator as it comes.
#[tokio::test]
async fn sixty_four_uploads_of_ten_megabytes_at_once_stay_below_300_mb() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    let served = Served::start(folder.path());
    let client = reqwest::Client::new();
    let mut letter = b"%PDF-1.7\n".to_vec();
    letter.resize(9_990_000, b'x');
    let letter = bytes::Bytes::from(letter);
    let uploads = (0..64).map(|_| {
        let address = format!("{}/api/v1/documents", served.url);
        let sent = client.post(address).body(letter.clone()).send();
        tokio::spawn(async move { sent.await.unwrap().status() })
    });
    for taken in futures::future::join_all(uploads).await {
        assert_eq!(taken.unwrap(), StatusCode::ACCEPTED);
    }
    let file = folder.path().join("clavero.sqlite");
    let mut remains = Remains::open(&format!("sqlite://{}", file.display())).await;
    let waiting = "select count(*) from jobs";
    until("not all are decided", async || {
        (remains.count(waiting).await == 0).then_some(())
    })
    .await;
    let pid = served.pid().as_raw_nonzero().get().unsigned_abs();
    let most = Server { pids: vec![pid] }.most_memory().unwrap();
    println!("{} MB", most / 1_000_000);
    assert!(most < 300_000_000, "{most} bytes");
}

#[test]
fn a_production_service_is_not_filled() {
    let folder = tempfile::tempdir().unwrap();
    let filled = clavero(folder.path(), &["load", "fill"])
        .env("CLAVERO_PROFILE", "production")
        .output()
        .unwrap();
    assert!(!filled.status.success());
    assert!(!folder.path().join("clavero.sqlite").exists());
}

#[test]
fn a_service_that_has_not_run_yet_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let filled = clavero(
        folder.path(),
        &["load", "fill", "--employers", "1", "--petitions", "1"],
    )
    .env("CLAVERO_DATA_DIR", folder.path().join("new"))
    .output()
    .unwrap();
    assert!(filled.status.success(), "{filled:?}");
}

#[tokio::test]
async fn more_is_not_promised_than_can_be_decided_soon() {
    let mut bench = Bench::new().await;
    bench
        .restart_with(|settings| settings.budgets.undecided = 2)
        .await;
    let office = Office::on(bench, false);
    let sends = async |path: &str, letter: &str| {
        let request = Request::post(path).body(Body::from(letter.to_owned()));
        office.answer_to(request.unwrap()).await
    };
    for letter in ["one", "two"] {
        let (taken, _) = sends("/api/v1/documents", letter).await;
        assert_eq!(taken.status, StatusCode::ACCEPTED);
    }
    let (busy, said) = sends("/api/v1/documents", "three").await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(busy.headers.contains_key("retry-after"));
    assert_eq!(busy.headers["content-type"], "application/problem+json");
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(said["code"], "BUSY");
    let (busy, page) = sends("/documento", "three").await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(busy.headers.contains_key("retry-after"));
    assert!(String::from_utf8(page).unwrap().contains("muy ocupado"));
    // What got its receipt is decided, and then there is room again.
    office.bench.work().await;
    let (taken, _) = sends("/api/v1/documents", "three").await;
    assert_eq!(taken.status, StatusCode::ACCEPTED);
}
