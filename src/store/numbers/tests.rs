use serde_json::json;

use super::super::audit;
use super::super::tests::databases;
use super::*;
use crate::domain::Event;

/// The beginning of an hour.
const HOUR: i64 = 498_611;

fn at(hour: i64, minutes: i64) -> Timestamp {
    Timestamp::from_millisecond((HOUR + hour) * HOUR_MS + minutes * 60_000).unwrap()
}

async fn happens(store: &Store, at: Timestamp, outcome: Option<&str>) {
    let (event, facts) = match outcome {
        None => (Event::DocumentReceived, json!({ "bytes": 1 })),
        Some(outcome) => (Event::DocumentDecided, json!({ "outcome": outcome })),
    };
    let mut writing = store.begin().await.unwrap();
    audit::append(
        &mut writing,
        at,
        "service",
        "CLV-2026-000001-B",
        event,
        &facts,
    )
    .await
    .unwrap();
    writing.commit().await.unwrap();
}

async fn flow(store: &Store, from: Timestamp, until: Timestamp) -> Vec<(i64, String, i64)> {
    let rows = store.flow(from, until).await.unwrap();
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let hour = row.hour.as_millisecond() / HOUR_MS - HOUR;
            (hour, row.outcome.unwrap_or_default(), row.documents)
        })
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn hours_that_are_counted_say_what_their_events_said_and_are_not_gone_through_again() {
    let databases = databases("flow_hours").await;
    for (name, store) in &databases.stores {
        for (hour, minutes, outcome) in [
            (0, 0, None),
            (0, 59, Some("approved")),
            (1, 0, None),
            (1, 1, None),
            (1, 2, Some("refused")),
            (1, 3, Some("in_review")),
            // Nothing happens in the hour after it.
            (3, 30, None),
            (4, 5, Some("approved")),
        ] {
            happens(store, at(hour, minutes), outcome).await;
        }
        let windows = [
            (at(-2, 0), at(6, 0)),
            (at(0, 0), at(3, 0)),
            (at(0, 30), at(1, 30)),
            (at(1, 2), at(1, 3)),
            (at(3, 0), at(5, 0)),
        ];
        let mut before = Vec::new();
        for (from, until) in windows {
            before.push(flow(store, from, until).await);
        }
        assert_eq!(before[0].len(), 7, "{name}: {before:?}");
        // Not before it is sure that nothing more comes.
        store.count_hours(at(4, 9)).await.unwrap();
        assert_eq!(
            store.counted_hours().await.unwrap().unwrap().end,
            HOUR + 3,
            "{name}"
        );
        assert_eq!(store.count_hours(at(4, 10)).await.unwrap(), 1, "{name}");
        assert_eq!(store.count_hours(at(4, 10)).await.unwrap(), 0, "{name}");
        for ((from, until), before) in windows.into_iter().zip(before) {
            assert_eq!(
                flow(store, from, until).await,
                before,
                "{name}: from {from}"
            );
        }
        happens(store, at(1, 5), None).await;
        happens(store, at(4, 6), None).await;
        let after = flow(store, at(0, 0), at(5, 0)).await;
        assert!(
            after.contains(&(1, String::new(), 2)),
            "{name}: it is counted: {after:?}"
        );
        assert!(
            after.contains(&(4, String::new(), 1)),
            "{name}: it is not: {after:?}"
        );
        // After a pause of weeks it goes on where it was, some hours at a time.
        let later = at(24 * 20, 0);
        while store.count_hours(later).await.unwrap() > 0 {}
        assert_eq!(
            store.counted_hours().await.unwrap().unwrap().end,
            HOUR + 24 * 20 - 1
        );
        assert_eq!(flow(store, at(0, 0), at(5, 0)).await.len(), 8, "{name}");
    }
}
