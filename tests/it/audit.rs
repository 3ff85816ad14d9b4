//! `clavero audit` as an operator and an auditor meet it: on a database with a life behind it, then with one whose log
//! somebody has changed.

use std::path::Path;
use std::process::Output;

use clavero::fixture::people::CAFE;
use clavero::intake::Terms;
use clavero::worker::upkeep;
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, any, raw_sql};

use crate::bench::Bench;
use crate::served::clavero;

/// `clavero audit …` on the database of a bench.
fn audit(bench: &Bench, arguments: &[&str]) -> Output {
    let arguments: Vec<&str> = ["audit"].iter().chain(arguments).copied().collect();
    clavero(bench.folder(), &arguments)
        .env("CLAVERO_DATABASE", bench.database())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn tamper(bench: &Bench, statements: &[&str]) {
    any::install_default_drivers();
    let mut database = AnyConnection::connect(bench.database()).await.unwrap();
    for statement in statements {
        raw_sql(AssertSqlSafe((*statement).to_owned()))
            .execute(&mut database)
            .await
            .unwrap();
    }
    database.close().await.unwrap();
}

fn upkeep_in(folder: &Path) -> upkeep::Upkeep {
    upkeep::Upkeep {
        heads: folder.join("heads"),
        seal: None,
        terms: Terms::default(),
    }
}

#[tokio::test]
async fn it_names_the_row_that_was_edited_deleted_or_swapped() {
    for bench in Bench::on_each_store("audit").await {
        bench.signed_petition(CAFE, "lucia", None).await;
        upkeep::once(&bench.intake, &upkeep_in(bench.folder()))
            .await
            .unwrap();
        let rows = bench.intake.store().count_audit().await.unwrap();
        let whole = audit(&bench, &["verify"]);
        assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
        assert!(
            said(&whole).contains(&format!("{rows} rows, 2 heads")),
            "{}",
            said(&whole)
        );

        let saved = "create table saved as select * from audit";
        let restore = "delete from audit; insert into audit select * from saved";
        tamper(&bench, &[saved]).await;
        let last = format!("delete from audit where seq = {rows}");
        let swap = "update audit set seq = -1 where seq = 3; update audit set seq = 3 where seq = 4; \
                    update audit set seq = 4 where seq = -1";
        for (statement, first, kind) in [
            (
                "update audit set facts = facts || ' ' where seq = 3",
                3,
                "changed",
            ),
            (
                "update audit set at_ms = at_ms + 1 where seq = 1",
                1,
                "changed",
            ),
            ("delete from audit where seq = 3", 3, "missing"),
            (last.as_str(), rows, "cut_off"),
            (swap, 3, "changed"),
        ] {
            tamper(&bench, &[statement]).await;
            let found = audit(&bench, &["verify", "--json"]);
            assert_eq!(
                found.status.code(),
                Some(1),
                "{statement}: {}",
                said(&found)
            );
            let found: Value = serde_json::from_slice(&found.stdout).unwrap();
            assert_eq!(found["first_row"], first, "{statement}: {found}");
            assert_eq!(found["kind"], kind, "{statement}: {found}");
            let words = audit(&bench, &["verify", "--lang", "es"]);
            assert!(
                said(&words).contains(&format!("Fila {first}: ")),
                "{}",
                said(&words)
            );
            tamper(&bench, &[restore]).await;
        }
        let whole = audit(&bench, &["verify"]);
        assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));

        // The end cut off, the counter set back, the heads of the database gone: the head in the folder still tells.
        let cut = format!(
            "delete from audit where seq > {0}; delete from audit_heads; \
             update counters set value = {0} where name = 'audit'",
            rows - 1
        );
        tamper(&bench, &[&cut]).await;
        let found = audit(&bench, &["verify", "--json"]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(
            (&found["kind"], &found["first_row"]),
            (&"cut_off".into(), &rows.into())
        );
    }
}

#[tokio::test]
async fn rows_are_exported_for_some_days_and_the_log_says_so() {
    let bench = Bench::new().await;
    bench.petition(CAFE, None).await;
    bench.pass(jiff::SignedDuration::from_hours(48));
    bench.petition(CAFE, None).await;
    // The bench begins on the first of March; the second petition is of the third.
    let csv = audit(
        &bench,
        &[
            "export",
            "--from",
            "2026-03-03",
            "--to",
            "2026-03-03",
            "--csv",
        ],
    );
    assert!(csv.status.success(), "{}", said(&csv));
    let text = String::from_utf8(csv.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.lines().nth(1).unwrap().contains(",petition.issued,"),
        "{text}"
    );
    let json = audit(&bench, &["export", "--json"]);
    let events: Vec<Value> = String::from_utf8(json.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone())
        .collect();
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "petition.issued")
            .count(),
        2
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "audit.exported")
            .count(),
        2
    );
    assert_eq!(audit(&bench, &["verify"]).status.code(), Some(0));
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let looked = clavero(folder.path(), &["audit", "verify"])
        .output()
        .unwrap();
    assert_eq!(looked.status.code(), Some(3), "{}", said(&looked));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restore_is_written_down_and_excuses_what_it_lost_and_nothing_else() {
    for bench in Bench::on_each_store("audit_restored").await {
        bench.petition(CAFE, None).await;
        let backup = "create table backup as select * from audit; create table counted as select * from counters";
        tamper(&bench, &[backup]).await;
        let backed_up = bench.intake.store().count_audit().await.unwrap();
        bench.petition(CAFE, None).await;
        upkeep::once(&bench.intake, &upkeep_in(bench.folder()))
            .await
            .unwrap();
        let elsewhere = bench.folder().join("elsewhere");
        std::fs::rename(bench.folder().join("heads"), &elsewhere).unwrap();
        let elsewhere = elsewhere.to_str().unwrap();
        let restore = "delete from audit; insert into audit select * from backup; delete from audit_heads; \
                       delete from counters; insert into counters select * from counted";
        tamper(&bench, &[restore]).await;
        let verify = || audit(&bench, &["verify", "--heads", elsewhere]);
        let status = |output: &Output| output.status.code();
        assert_eq!(
            status(&verify()),
            Some(1),
            "cut short, as far as heads can tell"
        );

        // The service that goes on first leaves nothing that could be told from a log made anew.
        let restored = |backup: &str| {
            audit(
                &bench,
                &["restored", "--backup", backup, "--heads", elsewhere],
            )
        };
        bench.petition(CAFE, None).await;
        bench.petition(CAFE, None).await;
        bench.petition(CAFE, None).await;
        let too_late = restored("of Sunday");
        assert_eq!(status(&too_late), Some(1), "{}", said(&too_late));
        assert!(
            said(&too_late).contains("before the service starts"),
            "{}",
            said(&too_late)
        );
        tamper(&bench, &[restore]).await;

        let noted = restored("of Sunday");
        assert_eq!(status(&noted), Some(0), "{}", said(&noted));
        bench.petition(CAFE, None).await;
        let whole = verify();
        assert_eq!(status(&whole), Some(0), "{}", said(&whole));
        for words in ["The log is whole", "a backup was put back (\"of Sunday\")"] {
            assert!(said(&whole).contains(words), "{}", said(&whole));
        }
        let found = audit(&bench, &["verify", "--json", "--heads", elsewhere]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(found["restored"][0]["row"], backed_up + 1, "{found}");
        // Cut off once more, behind that row: nothing excuses it.
        let cut =
            "delete from audit where seq > 1; update counters set value = 1 where name = 'audit'";
        tamper(&bench, &[cut]).await;
        assert_eq!(status(&verify()), Some(1));
    }
}
