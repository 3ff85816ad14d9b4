//! The audit log in an evidence package: whatever others did between a petition's first row and its last one, its evidence is
//! entered soon, nobody waits for it, and the package proves as much as a short one.

use std::time::Duration;

use clavero::domain::{Event, PetitionNumber, Sha256};
use clavero::evidence_package::archive::{self, Entry};
use clavero::evidence_package::{Checked, Fault, check};
use clavero::extract::Extractor;
use clavero::store::{AuditRow, Round};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, any, raw_sql};

use crate::bench::{Bench, GOOD};
use crate::evidence::listed_anew;
use crate::served::binary;

const RUC: &str = "2990001015001";

/// How long whoever waits for the worker is patient: a busy machine is slow.
const SOON: Duration = Duration::from_mins(1);

/// The evidence package of a petition, as long as it was announced.
pub async fn package(bench: &Bench, number: &PetitionNumber) -> Vec<u8> {
    let file = bench.intake.evidence_package(number).await.unwrap();
    let announced = file.bytes();
    let pieces: Vec<_> = file.into_pieces().try_collect().await.unwrap();
    let zip = pieces.concat();
    assert_eq!(u64::try_from(zip.len()).unwrap(), announced);
    zip
}

fn checked(package: &[u8]) -> Result<Checked, Fault> {
    check(package, &Extractor::new(binary()))
}

fn rows_in(package: &[u8]) -> Vec<AuditRow> {
    let files = archive::read(package).unwrap();
    let log = files.iter().find(|file| file.name == "bitacora.jsonl");
    let lines = log.unwrap().bytes.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// So many rows about other things, as the service appends them.
async fn others_do(bench: &Bench, rows: usize) {
    let (store, now, facts) = (bench.intake.store(), bench.intake.now(), json!({}));
    stream::iter(0..rows)
        .for_each_concurrent(200, |_| async {
            let noted = store
                .note(now, "test", "other", Event::OfficeDenied, &facts)
                .await;
            noted.unwrap();
        })
        .await;
}

async fn sets_password(bench: &Bench) {
    let token = bench.token("clave");
    let password = GOOD.to_owned().into();
    bench.intake.set_password(&token, password).await.unwrap();
}

/// How often the log says which evidence it was.
async fn times_sealed(bench: &Bench, number: &PetitionNumber) -> usize {
    let rows = bench
        .intake
        .store()
        .audit_of(number.as_str(), 0, 1000)
        .await;
    let rows = rows.unwrap();
    rows.iter()
        .filter(|row| row.event == "evidence.sealed")
        .count()
}

/// What is entered does not depend on the log, and is entered however long that has become.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_entered_however_much_others_did_meanwhile() {
    let bench = Bench::new().await;
    let number = bench.signed_petition(RUC, "lucia", None).await.number;
    any::install_default_drivers();
    let mut line = AnyConnection::connect(bench.database()).await.unwrap();
    // More than half a million: some days of the busiest service. They need not be linked, nobody looks at them here.
    let others = "insert into audit (seq, at_ms, actor, subject, event, facts, previous_hash, hash) \
                  with recursive more(n) as (select 1 union all select n + 1 from more where n < 500001) \
                  select (select max(seq) from audit) + n, 0, 'test', 'other', 'test.noted', '{}', '-', '-' from more";
    raw_sql(others).execute(&mut line).await.unwrap();
    line.close().await.unwrap();
    sets_password(&bench).await;
    bench.work().await;
    assert_eq!(times_sealed(&bench, &number).await, 1);
    let left = bench.intake.store().unsealed(None, 10).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

/// Whoever sets a password does not wait for the evidence, and does not wait for the next round either: the worker is told.
#[tokio::test(flavor = "multi_thread")]
async fn the_worker_enters_the_evidence_soon_after_the_password_was_set() {
    for bench in Bench::on_each_engine("evidence_soon").await {
        let number = bench.signed_petition(RUC, "lucia", None).await.number;
        // Another process does the rounds, and stands still.
        let (store, now) = (bench.intake.store(), bench.intake.now());
        let long = now + SignedDuration::from_hours(24);
        let rounds = store.claim_round(Round::Deadlines, now, long).await;
        assert!(rounds.unwrap().is_some());
        sets_password(&bench).await;
        assert_eq!(times_sealed(&bench, &number).await, 0, "nobody waits");
        let working = bench.starts_working();
        tokio::time::timeout(SOON, async {
            while times_sealed(&bench, &number).await == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("the evidence in the log");
        working.ends().await;
        assert_eq!(times_sealed(&bench, &number).await, 1);
    }
}

/// That somebody looked, or that something was deleted when its time had come, is no news of the petition: the rows of others
/// until then say nothing about it.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_ends_where_the_petition_changed_last() {
    for bench in Bench::on_each_engine("evidence_end").await {
        let number = bench.signed_petition(RUC, "lucia", None).await.number;
        sets_password(&bench).await;
        bench.work().await;
        let first = package(&bench, &number).await;
        let last = rows_in(&first).pop().unwrap();
        assert_eq!(
            (last.subject.as_str(), last.event.as_str()),
            (number.as_str(), "evidence.sealed")
        );
        let store = bench.intake.store();
        for event in [
            Event::EvidenceExported,
            Event::AttachmentTaken,
            Event::MessagesErased,
            Event::LinksErased,
        ] {
            others_do(&bench, 3).await;
            let (now, facts) = (bench.intake.now(), json!({}));
            let noted = store.note(now, "auditor/aura", number.as_str(), event, &facts);
            noted.await.unwrap();
            assert!(package(&bench, &number).await == first, "{event}");
        }
        checked(&first).unwrap();
    }
}

/// A long log is never in memory as a whole, and proves what a short one proves.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_written_in_pieces_and_holds() {
    const OTHERS: usize = 2500;
    for bench in Bench::on_each_engine("evidence_long").await {
        let number = bench.signed_petition(RUC, "lucia", None).await.number;
        others_do(&bench, OTHERS).await;
        sets_password(&bench).await;
        bench.work().await;
        let file = bench.intake.evidence_package(&number).await.unwrap();
        let most = file.into_pieces().try_fold(0, async |most: usize, piece| {
            let rows = piece
                .windows(8)
                .filter(|text| text == b"{\"seq\":1" || text == b"{\"seq\":2");
            Ok(most.max(rows.count()))
        });
        let most = most.await.unwrap();
        assert!((100..=1000).contains(&most), "{most} rows at once");

        let zip = package(&bench, &number).await;
        let whole = checked(&zip).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(whole.rows > OTHERS, "{}", whole.rows);
        assert_eq!(rows_in(&zip).len(), whole.rows);
        // A row of somebody else in the middle, changed or left out by somebody who then writes the package anew.
        let rows = rows_in(&zip);
        let middle = &rows[rows.len() / 2];
        let with = |change: &dyn Fn(&AuditRow) -> Option<AuditRow>| {
            let mut files = archive::read(&zip).unwrap();
            let log = files.iter_mut().find(|file| file.name == "bitacora.jsonl");
            let lines = rows.iter().filter_map(change).map(|row| json_line(&row));
            log.unwrap().bytes = lines.collect::<String>().into_bytes();
            fault_of(files)
        };
        assert_eq!(with(&|row| Some(row.clone())), None, "written as we do");
        let changed = with(&|row| {
            let actor = if row == middle {
                "somebody"
            } else {
                &row.actor
            };
            Some(AuditRow {
                actor: actor.to_owned(),
                ..row.clone()
            })
        });
        assert_eq!(changed, Some(Fault::Audit(middle.seq)));
        let left_out = with(&|row| (row != middle).then(|| row.clone()));
        assert_eq!(left_out, Some(Fault::Audit(middle.seq + 1)));
    }
}

fn json_line(row: &AuditRow) -> String {
    serde_json::to_string(row).unwrap() + "\n"
}

fn fault_of(files: Vec<Entry>) -> Option<Fault> {
    let zip = archive::write(&listed_anew(files)).unwrap();
    checked(&zip).err()
}

/// Whoever writes a package and its log anew, hash by hash, is found out by the row that fixed the evidence, and by the head.
#[tokio::test(flavor = "multi_thread")]
async fn other_evidence_than_the_log_fixed_is_found_out() {
    let bench = Bench::new().await;
    let number = bench.signed_petition(RUC, "lucia", None).await.number;
    sets_password(&bench).await;
    bench.work().await;
    let zip = package(&bench, &number).await;
    let mut files = archive::read(&zip).unwrap();
    let log = files.iter_mut().find(|file| file.name == "bitacora.jsonl");
    let mut rows = rows_in(&zip);
    let mut previous = rows[0].previous_hash.clone();
    for row in &mut rows {
        if row.event == "evidence.sealed" {
            row.facts = json!({ "evidence": Sha256::of(b"another") }).to_string();
        }
        row.previous_hash = previous;
        row.hash = row.expected_hash();
        previous = row.hash.clone();
    }
    log.unwrap().bytes = rows.iter().map(json_line).collect::<String>().into_bytes();
    assert!(matches!(fault_of(files.clone()), Some(Fault::Audit(_))));
    let head = files.iter_mut().find(|file| file.name == "cabeza.json");
    let head = head.unwrap();
    let mut value: Value = serde_json::from_slice(&head.bytes).unwrap();
    value["hash"] = previous.into();
    head.bytes = serde_json::to_vec(&value).unwrap();
    assert_eq!(fault_of(files), Some(Fault::Fixed));
}
