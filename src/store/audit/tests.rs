//! The log on both engines, changed behind the service's back.

use jiff::civil::Date;
use serde_json::json;

use super::super::sql::query;
use super::*;
use crate::domain::Event;
use crate::store::tests::{at, databases};

const DAY: Date = Date::constant(2026, 11, 21);

/// A log with so many rows.
async fn fill(store: &Store, rows: i64) {
    for number in 0..rows {
        store
            .note(
                at(number),
                "service",
                "CLV-2026-000001-A",
                Event::OfficeDenied,
                &json!({ "n": number }),
            )
            .await
            .unwrap();
    }
}

async fn tamper(store: &Store, statement: &'static str) {
    query(statement).execute(&store.write).await.unwrap();
}

fn broken(kind: BreakKind, rows: std::ops::RangeInclusive<i64>) -> Result<u64, AuditBreak> {
    Err(AuditBreak { kind, rows })
}

#[tokio::test]
async fn an_edited_row_a_missing_row_and_swapped_rows_are_named() {
    let tampering: [(&'static str, &[&'static str], Result<u64, AuditBreak>); 5] = [
        ("nothing", &[], Ok(6)),
        (
            "one byte of one row",
            &["update audit set facts = '{\"n\":9}' where seq = 3"],
            broken(BreakKind::Changed, 3..=3),
        ),
        (
            "a row in the middle deleted",
            &["delete from audit where seq = 3"],
            broken(BreakKind::Missing, 3..=3),
        ),
        (
            "the last row deleted",
            &["delete from audit where seq = 6"],
            broken(BreakKind::CutOff, 6..=6),
        ),
        (
            "two rows swapped",
            &[
                "update audit set seq = -1 where seq = 3",
                "update audit set seq = 3 where seq = 4",
                "update audit set seq = 4 where seq = -1",
            ],
            broken(BreakKind::Changed, 3..=3),
        ),
    ];
    for (place, (what, statements, expected)) in tampering.into_iter().enumerate() {
        let databases = databases(&format!("audit_tampering_{place}")).await;
        for (engine, store) in &databases.stores {
            fill(store, 6).await;
            for statement in statements {
                tamper(store, statement).await;
            }
            let found = store.verify_audit().await.unwrap();
            assert_eq!(found, expected, "{engine}: {what}");
        }
    }
}

#[tokio::test]
async fn a_head_is_recorded_once_a_day_and_finds_a_cut_whose_counter_was_set_back() {
    let databases = databases("audit_heads").await;
    for (engine, store) in &databases.stores {
        assert_eq!(
            store.record_head(DAY, at(0)).await.unwrap(),
            None,
            "{engine}: no row"
        );
        fill(store, 4).await;
        let head = store.record_head(DAY, at(9)).await.unwrap().unwrap();
        assert_eq!((head.seq, head.day), (4, DAY), "{engine}");
        fill(store, 2).await;
        assert_eq!(
            store.record_head(DAY, at(10)).await.unwrap(),
            None,
            "{engine}"
        );
        assert_eq!(
            store.audit_heads().await.unwrap(),
            std::slice::from_ref(&head),
            "{engine}"
        );
        assert_eq!(store.verify_audit().await.unwrap(), Ok(6), "{engine}");
        tamper(store, "delete from audit where seq > 3").await;
        tamper(store, "update counters set value = 3 where name = 'audit'").await;
        let expected = AuditBreak {
            kind: BreakKind::CutOff,
            rows: 4..=4,
        };
        assert_eq!(
            store.verify_audit().await.unwrap(),
            Err(expected.clone()),
            "{engine}"
        );
        // Even where the database forgot its heads, the one that was kept elsewhere tells.
        tamper(store, "delete from audit_heads").await;
        assert_eq!(store.verify_audit().await.unwrap(), Ok(3), "{engine}");
        let checked = store.check_audit(vec![head], |_| ()).await.unwrap();
        assert_eq!(checked, Err(expected), "{engine}");
    }
}

#[tokio::test]
async fn a_row_that_is_no_text_any_more_is_named() {
    // PostgreSQL refuses such bytes itself.
    let databases = databases("audit_bytes").await;
    let (_, store) = &databases.stores[0];
    fill(store, 4).await;
    tamper(
        store,
        "update audit set facts = cast(x'ff00' as text) where seq = 3",
    )
    .await;
    let expected = broken(BreakKind::Changed, 3..=3);
    assert_eq!(store.verify_audit().await.unwrap(), expected);
}

#[tokio::test]
async fn a_long_log_is_walked_in_pages_and_searched_by_index() {
    let databases = databases("audit_search").await;
    for (engine, store) in &databases.stores {
        fill(store, 5).await;
        store
            .note(
                at(100),
                "machine",
                "CLV-2026-000002-B",
                Event::DocumentDecided,
                &json!({}),
            )
            .await
            .unwrap();
        let search = AuditSearch {
            actor: "machine".to_owned(),
            from: Some(at(50)),
            until: Some(at(101)),
            ..AuditSearch::default()
        };
        let found = store.find_audit(&search, None, 10).await.unwrap();
        assert_eq!(
            found.iter().map(|row| row.seq).collect::<Vec<_>>(),
            [6],
            "{engine}"
        );
        let newest = store
            .find_audit(&AuditSearch::default(), Some(5), 2)
            .await
            .unwrap();
        assert_eq!(
            newest.iter().map(|row| row.seq).collect::<Vec<_>>(),
            [4, 3],
            "{engine}"
        );
        let of = store.audit_of("CLV-2026-000001-A", 1, 2).await.unwrap();
        assert_eq!(
            of.iter().map(|row| row.seq).collect::<Vec<_>>(),
            [2, 3],
            "{engine}"
        );
        let mut told = Vec::new();
        store
            .check_audit(Vec::new(), |rows| told.push(rows))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(told, [6], "{engine}");
    }
}

#[tokio::test]
async fn the_log_goes_on_in_front_of_one_who_gave_up_within_the_others_transaction() {
    for (engine, store) in &databases("audit_given_up").await.stores {
        let facts = json!({});
        let note = async |writing: &mut Writing| {
            append(
                writing,
                at(1),
                "test",
                "subject",
                Event::OfficeDenied,
                &facts,
            )
            .await
        };
        let mut first = store.begin().await.unwrap();
        note(&mut first).await.unwrap();
        let gives_up = async {
            let mut writing = store.begin().await.unwrap();
            note(&mut writing).await.unwrap();
        };
        let last = store.note(at(2), "test", "subject", Event::OfficeDenied, &facts);
        let ((), last, first) = tokio::join!(gives_up, last, first.commit());
        last.unwrap();
        first.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), Ok(2), "{engine}");
    }
}

/// Many share a transaction, some of whom take back what they appended: the log is whole, and its rows are counted.
#[tokio::test]
async fn rows_of_those_who_gave_up_are_neither_there_nor_counted() {
    let databases = databases("audit_shared").await;
    for (engine, store) in &databases.stores {
        let all = (0..60).map(|number| async move {
            let mut writing = store.begin().await.unwrap();
            let facts = json!({ "n": number });
            append(
                &mut writing,
                at(0),
                "service",
                "shared",
                Event::OfficeDenied,
                &facts,
            )
            .await
            .unwrap();
            if number % 4 != 3 {
                writing.commit().await.unwrap();
            }
        });
        futures::future::join_all(all).await;
        assert_eq!(store.count_audit().await.unwrap(), 45, "{engine}");
        assert_eq!(store.verify_audit().await.unwrap(), Ok(45), "{engine}");
    }
}
