//! Two workers, or two instances, and one piece of work.

use std::collections::BTreeSet;

use futures::future::join_all;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::super::sql::query;
use super::*;
use crate::domain::{EmailAddress, Event, PetitionNumber, Sha256, State};
use crate::store::tests::need::Need;
use crate::store::tests::{at, content, databases, next_number, row};
use crate::store::{AttemptCounts, LinkKind, LinkRow, Message, MessageKind, MessageState};

/// So many documents wait.
async fn documents(store: &Store, count: usize) {
    for _ in 0..count {
        let number = next_number();
        let petition = row(&number, State::Received, None);
        let sha256 = Sha256::of(number.as_str().as_bytes());
        store
            .receive_without_number(&petition, sha256, 5)
            .await
            .unwrap();
    }
}

/// A petition with a message on its way.
async fn message(store: &Store) -> PetitionNumber {
    let number = next_number();
    store
        .issue(&row(&number, State::Approved, Some(content())))
        .await
        .unwrap();
    let to: EmailAddress = "n@agro.ec".parse().unwrap();
    let message = Message::new(MessageKind::ResetLink, &number, 1, to, at(0), at(0));
    store
        .add_message(&message, Event::MessageResetLink)
        .await
        .unwrap();
    number
}

#[tokio::test]
async fn nobody_takes_what_another_one_is_taking_nor_waits_for_it() {
    let databases = databases("leases_taking").await;
    for (engine, store) in &databases.stores {
        documents(store, 12).await;
        let claims = (0..16).map(|_| store.claim_job(at(1), at(21)));
        let taken: Vec<_> = join_all(claims)
            .await
            .into_iter()
            .filter_map(|claim| claim.unwrap())
            .collect();
        let numbers: BTreeSet<&str> = taken.iter().map(|job| job.number.as_str()).collect();
        assert_eq!((taken.len(), numbers.len()), (12, 12), "{engine}");
        if store.embedded {
            continue;
        }
        // Somebody is in the middle of taking the first one.
        documents(store, 2).await;
        let first = "select number from jobs where lease_until_ms = 0 order by due_ms, number limit 1 for update";
        let mut writing = store.write.writers().begin().await.unwrap();
        let row = query(first).fetch_one(&mut writing).await.unwrap();
        let first: String = row.try_get("number").unwrap();
        let patience = std::time::Duration::from_mins(1);
        let taken = tokio::time::timeout(patience, store.claim_job(at(1), at(21))).await;
        let taken = taken.expect("it waits for nobody").unwrap().unwrap();
        assert_ne!(taken.number.as_str(), first);
        writing.roll_back().await.unwrap();
    }
}

#[tokio::test]
async fn a_lease_that_is_renewed_holds_and_one_that_was_lost_says_nothing_any_more() {
    let databases = databases("leases_losing").await;
    for (engine, store) in &databases.stores {
        let number = message(store).await;
        let stalled = store.claim_message(at(0), at(20)).await.unwrap().unwrap();
        store.renew(stalled.lease(), at(35)).await.unwrap();
        let none = store.claim_message(at(34), at(54)).await.unwrap();
        assert!(none.is_none(), "{engine}: it was renewed");
        let next = store.claim_message(at(40), at(60)).await.unwrap().unwrap();

        let link = LinkRow {
            kind: LinkKind::Reset,
            number: number.clone(),
            ruc: content().ruc,
            branch: content().branch,
            email: None,
            created_at: at(40),
            expires_at: at(400),
            dead_at: None,
        };
        let living = Sha256::of(format!("living {number}").as_bytes());
        store.keep_link_of(&next, living, &link).await.unwrap();

        // The first one wakes up.
        let late = Sha256::of(format!("late {number}").as_bytes());
        for lost in [
            store.renew(stalled.lease(), at(61)).await,
            store.keep_link_of(&stalled, late, &link).await,
        ] {
            assert!(matches!(lost, Err(StoreError::Stale)), "{engine}: {lost:?}");
        }
        store.message_failed(&stalled, "x", at(41)).await.unwrap();
        store.withdraw_message(&stalled, "x").await.unwrap();
        store
            .park_message(&stalled, "x", None, at(41))
            .await
            .unwrap();
        let kept = store.messages(&number, MessageKind::ResetLink).await;
        let kept = kept.unwrap().remove(0);
        assert_eq!(
            (kept.state, kept.failures, kept.error),
            (MessageState::Pending, 0, None),
            "{engine}"
        );
        let link = store.link(living).await.unwrap().unwrap();
        assert!(link.alive(at(41)), "{engine}: the link on its way lives");
        let none = store.claim_message(at(59), at(79)).await.unwrap();
        assert!(none.is_none(), "{engine}: it is still the second one's");
    }
}

#[tokio::test]
async fn an_attempt_counts_when_it_may_be_the_documents_fault() {
    let databases = databases("leases_attempts").await;
    for (engine, store) in &databases.stores {
        documents(store, 1).await;
        for (counts, attempts) in [
            (AttemptCounts::No, 1),
            (AttemptCounts::No, 1),
            (AttemptCounts::Yes, 1),
            (AttemptCounts::Yes, 2),
        ] {
            let job = store.claim_job(at(1), at(21)).await.unwrap().unwrap();
            assert_eq!(job.attempts, attempts, "{engine}");
            store.delay_job(&job, counts, at(1)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_round_is_done_by_one_and_comes_again() {
    let databases = databases("leases_rounds").await;
    for (engine, store) in &databases.stores {
        let claim = |now, until| store.claim_round(Round::Deadlines, at(now), at(until));
        let held = claim(0, 20).await.unwrap().unwrap();
        assert!(claim(10, 30).await.unwrap().is_none(), "{engine}: held");
        let other = store.claim_round(Round::Upkeep, at(10), at(30)).await;
        assert!(other.unwrap().is_some(), "{engine}: another round");
        store.end_round(&held, at(30)).await.unwrap();
        assert!(claim(29, 49).await.unwrap().is_none(), "{engine}: not due");
        let stalled = claim(30, 50).await.unwrap().unwrap();
        let next = claim(50, 70).await.unwrap();
        assert!(next.is_some(), "{engine}: its holder is gone");
        store.end_round(&stalled, at(40)).await.unwrap();
        assert!(
            claim(60, 80).await.unwrap().is_none(),
            "{engine}: not his to end"
        );
    }
}

#[tokio::test]
async fn leases_are_told_by_the_clock_of_the_database_whatever_ours_says() {
    let databases = databases("leases_clocks").await;
    for (engine, store) in &databases.stores {
        documents(store, 1).await;
        assert_eq!(
            store.measure_clock().await.unwrap(),
            SignedDuration::ZERO,
            "{engine}: one machine"
        );
        // The clock of this one is an hour ahead of the database's, and it knows.
        let ahead = Store {
            ahead: Ahead(Arc::new(AtomicI64::new(-3_600_000))),
            ..store.clone()
        };
        let held = store.claim_job(at(0), at(20)).await.unwrap();
        assert!(held.is_some(), "{engine}");
        let none = ahead.claim_job(at(3610), at(3630)).await.unwrap();
        assert!(none.is_none(), "{engine}: ten seconds have passed");
        let taken = ahead.claim_job(at(3620), at(3640)).await.unwrap();
        assert!(taken.is_some(), "{engine}: twenty seconds have passed");
        let none = store.claim_job(at(39), at(59)).await.unwrap();
        assert!(
            none.is_none(),
            "{engine}: and so they have for the other one"
        );
    }
}

#[tokio::test]
async fn instances_that_start_at_once_make_one_schema_and_write_one_after_another() {
    let Some(server) = Need::Postgres.met() else {
        return;
    };
    let url = crate::store::tests::empty_postgres(&server, "start").await;
    let opened = join_all((0..4).map(|_| Store::open(&url))).await;
    let stores: Vec<Store> = opened.into_iter().map(Result::unwrap).collect();
    let trust = crate::verify::TrustStore::default();
    let recorded = join_all(
        stores
            .iter()
            .map(|store| store.record_trust(&trust, "service", at(0))),
    );
    let news = recorded.await.into_iter().map(Result::unwrap);
    assert_eq!(news.filter(|news| *news).count(), 1);
    let facts = serde_json::json!({});
    let notes = (0..40).map(|place| {
        let store = &stores[place % stores.len()];
        store.note(at(1), "test", "subject", Event::OfficeDenied, &facts)
    });
    for noted in join_all(notes).await {
        noted.unwrap();
    }
    assert_eq!(stores[0].verify_audit().await.unwrap().unwrap(), 41);
}

#[tokio::test]
async fn a_release_works_on_the_schema_of_the_next_one() {
    let databases = databases("leases_next_release").await;
    for (engine, store) in &databases.stores {
        let add = "alter table petitions add column of_the_future text; \
                   create table of_the_future (id bigint not null primary key)";
        let mut next = Migrator::with_migrations(vec![Migration::new(
            9999,
            "of the future".into(),
            MigrationType::Simple,
            sqlx::AssertSqlSafe(add).into_sql_str(),
            false,
        )]);
        next.set_ignore_missing(true);
        store.write.writers().migrate(next).await.unwrap();
        // Those of us that run go on, and those that start do so too.
        let ours = super::super::sql::migrations();
        store.write.writers().migrate(ours).await.unwrap();
        documents(store, 1).await;
        assert!(
            store.claim_job(at(1), at(21)).await.unwrap().is_some(),
            "{engine}"
        );
    }
}
