//! The load driver against a service that runs as its own process: every petition it sends is decided as it must be, and its
//! figures are figures. How good they are is for `tests/load` to say, on a quiet machine.

use serde_json::Value;

use crate::served::{Served, clavero, write_trust};

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
