//! Cases on each engine: the plan of the queue, leases, and many people at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::*;
use crate::domain::{Acting, FourEyes, MemberRole, Outcome, PetitionContent, ReviewReason, Sha256};
use crate::store::petitions::{insert, move_state};
use crate::store::tests::{at, databases};
use crate::store::{Effects, PetitionRow, Store};

fn acting(user: &str, role: MemberRole) -> Acting {
    Acting {
        user: user.parse().unwrap(),
        role,
        address: "127.0.0.1".to_owned(),
        session: None,
    }
}

const RUC: &str = "1790993949001";
const IN_ARREARS: &str = "1790999999001";

fn petition(ruc: &str, serial: u64, opened: i64) -> PetitionRow {
    PetitionRow {
        number: PetitionNumber::new(2026, serial),
        secret_hash: Sha256::of(b"secret"),
        state: State::Issued,
        content: Some(PetitionContent {
            ruc: ruc.parse().unwrap(),
            branch: crate::domain::BranchCode::default(),
            action: Action::ResetPassword,
            new_email: None,
        }),
        form: None,
        issued_at: at(opened),
        expires_at: at(opened + 100_000),
        document: None,
        decided_at: None,
        merged_into: None,
        erased_at: None,
        signer_left_at: None,
    }
}

/// Petitions in review, one a second, in one transaction.
async fn waiting(store: &Store, serials: std::ops::Range<u64>) -> Vec<PetitionNumber> {
    waiting_of(store, RUC, serials).await
}

async fn waiting_of(
    store: &Store,
    ruc: &str,
    serials: std::ops::Range<u64>,
) -> Vec<PetitionNumber> {
    let mut writing = store.begin().await.unwrap();
    let mut numbers = Vec::new();
    for serial in serials {
        let opened = i64::try_from(serial).unwrap();
        let row = petition(ruc, serial, opened);
        insert(&mut writing, &row).await.unwrap();
        let (from, to) = (State::Issued, State::InReview);
        move_state(&mut writing, &row.number, from, to, "machine", at(opened))
            .await
            .unwrap();
        numbers.push(row.number);
    }
    writing.commit().await.unwrap();
    numbers
}

async fn vote(
    store: &Store,
    case: &CaseRow,
    acting: &Acting,
    reason: ReviewReason,
    four_eyes: &[FourEyes],
    now: Timestamp,
) -> Result<Settled, CaseError> {
    let row = store.petition(&case.number).await.unwrap().unwrap();
    let reading = ReadByPerson::default();
    let vote = Vote {
        act: NewAct {
            number: &case.number,
            round: case.round,
            acting,
            reason,
            note: "",
            at: now,
        },
        reading: &reading,
        four_eyes,
        drawn: false,
        seen: Seen::default(),
        settlement: Settlement {
            petition: &row,
            content: row.content.as_ref(),
            signatures: &[],
            effects: &Effects::default(),
            unfreeze: false,
        },
    };
    store.vote(&vote).await
}

#[tokio::test]
async fn the_queue_is_read_through_its_index_and_nothing_is_scanned() {
    let databases = databases("cases_plan").await;
    let (_, store) = &databases.stores[0];
    for statement in [QUEUE, QUEUE_BACK, COUNT, HELD, CANDIDATES] {
        let plan = store.read.plan(statement).await.unwrap();
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")),
            "{statement}: {plan:#?}"
        );
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorts || statement == HELD, "{statement}: {plan:#?}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_and_the_count_is_what_they_show() {
    let databases = databases("cases_pages").await;
    for (engine, store) in &databases.stores {
        let ruc = IN_ARREARS.parse().unwrap();
        let mut expected = waiting(store, 1..8).await;
        // What waits already goes before the others too, and comes back when nothing is owed any more.
        let mut urgent = waiting_of(store, IN_ARREARS, 8..9).await;
        assert!(store.set_arrears(&ruc, "test", at(0)).await.unwrap());
        assert!(!store.set_arrears(&ruc, "test", at(0)).await.unwrap());
        let first = store.case(&urgent[0]).await.unwrap().unwrap();
        assert!(first.urgent, "{engine}");
        assert!(store.clear_arrears(&ruc, "test", at(0)).await.unwrap());
        let back = store.case(&urgent[0]).await.unwrap().unwrap();
        assert!(!back.urgent, "{engine}");
        store.set_arrears(&ruc, "test", at(0)).await.unwrap();
        let listed = store.arrears(None, 10).await.unwrap();
        assert_eq!(listed.len(), 1, "{engine}");
        urgent.extend(waiting_of(store, IN_ARREARS, 9..10).await);
        expected.splice(0..0, urgent);
        let filter = QueueFilter::default();
        assert_eq!(store.count_queue(&filter).await.unwrap(), 9, "{engine}");

        let (mut page, mut shown) = (QueueSlice::First, Vec::new());
        let mut last = None;
        while let Some(cases) =
            Some(store.queue(&filter, &page, 4).await.unwrap()).filter(|cases| !cases.is_empty())
        {
            page = QueueSlice::After(cases.last().unwrap().place());
            shown.extend(cases.iter().map(|case| case.number.clone()));
            last = Some(cases);
        }
        assert_eq!(
            shown, expected,
            "{engine}: urgent ones first, then the oldest"
        );
        let before = QueueSlice::Before(last.unwrap()[0].place());
        let back = store.queue(&filter, &before, 4).await.unwrap();
        let back: Vec<_> = back.into_iter().map(|case| case.number).collect();
        assert_eq!(back, expected[4..8], "{engine}: and back");

        let urgent = QueueFilter {
            urgent: true,
            ..QueueFilter::default()
        };
        assert_eq!(store.count_queue(&urgent).await.unwrap(), 2, "{engine}");
        let old = QueueFilter {
            opened_before: Some(at(3)),
            ..QueueFilter::default()
        };
        assert_eq!(store.count_queue(&old).await.unwrap(), 3, "{engine}");
        let second = QueueFilter {
            phase: Some(Phase::Second),
            ..QueueFilter::default()
        };
        assert_eq!(store.count_queue(&second).await.unwrap(), 0, "{engine}");
    }
}

#[tokio::test]
async fn a_lapsed_lease_returns_the_case_and_its_last_holder_is_told() {
    let databases = databases("cases_lease").await;
    for (engine, store) in &databases.stores {
        let number = waiting(store, 1..2).await.remove(0);
        let (ana, luis) = (
            acting("ana", MemberRole::Reviewer),
            acting("luis", MemberRole::Reviewer),
        );
        let mine = store
            .claim_case(&number, &ana, at(100), at(700))
            .await
            .unwrap();
        let held = store.claim_case(&number, &luis, at(699), at(1300)).await;
        assert!(
            matches!(&held, Err(CaseError::Held { by, .. }) if by == "ana"),
            "{engine}: {held:?}"
        );
        assert!(
            store
                .candidates(&luis, None, at(699), 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .renew_case(&number, &ana, at(699), at(1300))
                .await
                .unwrap()
        );
        assert!(
            store
                .claim_case(&number, &luis, at(701), at(1300))
                .await
                .is_err()
        );

        // The lease has lapsed, and nobody has taken the case: deciding is too late all the same.
        let late = vote(store, &mine, &ana, ReviewReason::SamePerson, &[], at(1300)).await;
        assert!(matches!(late, Err(CaseError::Lost)), "{engine}: {late:?}");
        assert!(
            !store
                .renew_case(&number, &ana, at(1300), at(1900))
                .await
                .unwrap()
        );
        let theirs = store
            .claim_case(&number, &luis, at(1300), at(1900))
            .await
            .unwrap();
        let late = vote(store, &mine, &ana, ReviewReason::SamePerson, &[], at(1301)).await;
        assert!(matches!(late, Err(CaseError::Lost)), "{engine}: {late:?}");
        let settled = vote(
            store,
            &theirs,
            &luis,
            ReviewReason::SamePerson,
            &[],
            at(1302),
        )
        .await;
        assert_eq!(
            settled.unwrap(),
            Settled::Final(Outcome::Approved),
            "{engine}"
        );
        let again = store.claim_case(&number, &ana, at(1303), at(1900)).await;
        assert!(
            matches!(again, Err(CaseError::NotWaiting)),
            "{engine}: {again:?}"
        );
    }
}

/// Cases and people of the test below.
const CASES: u64 = 1000;
const PEOPLE: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_people_decide_a_thousand_cases_and_nothing_twice() {
    let databases = databases("cases_many").await;
    for (engine, store) in &databases.stores {
        let numbers = waiting(store, 1..CASES + 1).await;
        let clock = Arc::new(AtomicU64::new(10_000));
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            let (store, clock) = (store.clone(), Arc::clone(&clock));
            let role = if n < 4 {
                MemberRole::Supervisor
            } else {
                MemberRole::Reviewer
            };
            let acting = acting(&format!("persona-{n}"), role);
            people.push(tokio::spawn(work_off(store, acting, n, clock)));
        }
        let mut decided: BTreeMap<PetitionNumber, u32> = BTreeMap::new();
        for person in people {
            for number in person.await.unwrap() {
                *decided.entry(number).or_default() += 1;
            }
        }
        let twice: Vec<_> = decided.iter().filter(|(_, times)| **times != 1).collect();
        assert!(twice.is_empty(), "{engine}: {twice:?}");
        assert_eq!(decided.len(), numbers.len(), "{engine}");
        assert_eq!(store.count_queue(&QueueFilter::default()).await.unwrap(), 0);
        for number in &numbers {
            let state = store.petition(number).await.unwrap().unwrap().state;
            assert!(
                matches!(state, State::Approved | State::Refused),
                "{engine}: {state}"
            );
            let mut voters: Vec<String> = store
                .case_acts(number)
                .await
                .unwrap()
                .into_iter()
                .map(|act| act.member)
                .collect();
            let votes = voters.len();
            voters.sort();
            voters.dedup();
            assert_eq!(voters.len(), votes, "{engine}: nobody votes twice");
            assert!((1..=3).contains(&votes), "{engine}: {votes}");
        }
    }
}

/// Decides whatever there is until nothing is left; what this person's vote made final.
async fn work_off(
    store: Store,
    acting: Acting,
    taste: usize,
    clock: Arc<AtomicU64>,
) -> Vec<PetitionNumber> {
    let mut decided = Vec::new();
    loop {
        let now = at(i64::try_from(clock.fetch_add(1, Ordering::Relaxed)).unwrap() / 100);
        let until = now + jiff::SignedDuration::from_mins(10);
        let candidates = store.candidates(&acting, None, now, 25).await.unwrap();
        if candidates.is_empty() {
            if store.count_queue(&QueueFilter::default()).await.unwrap() == 0 {
                return decided;
            }
            tokio::task::yield_now().await;
            continue;
        }
        for (place, number) in candidates.iter().enumerate() {
            // People begin at different places, and meet all the same.
            if place % 4 != taste % 4 && candidates.len() > 4 {
                continue;
            }
            let Ok(case) = store.claim_case(number, &acting, now, until).await else {
                continue;
            };
            let serial: u64 = number.as_str()[9..15].parse().unwrap();
            // Every third needs two persons; some of these disagree.
            let four_eyes: &[FourEyes] = if serial.is_multiple_of(3) {
                &[FourEyes::Attorney]
            } else {
                &[]
            };
            let reason = if serial.is_multiple_of(6) && taste.is_multiple_of(2) {
                ReviewReason::NotRepresentative
            } else {
                ReviewReason::PowerRead
            };
            match vote(&store, &case, &acting, reason, four_eyes, now)
                .await
                .unwrap()
            {
                Settled::Final(_) => decided.push(number.clone()),
                Settled::Second | Settled::Supervisor => {}
            }
            break;
        }
    }
}

/// Not run by itself: measures a page of a queue of 100,000 by hand (`CLAVERO_TEST_LONG_QUEUE=1`).
#[tokio::test]
async fn a_page_of_a_long_queue() {
    let cases: u64 = if std::env::var_os("CLAVERO_TEST_LONG_QUEUE").is_some() {
        100_000
    } else {
        300
    };
    let databases = databases("cases_long").await;
    for (engine, store) in &databases.stores {
        waiting(store, 1..cases + 1).await;
        let filter = QueueFilter::default();
        let rare = QueueFilter {
            reason: Some("ATTORNEY".to_owned()),
            ..QueueFilter::default()
        };
        let middle = store.queue(&filter, &QueueSlice::First, 200).await.unwrap();
        let deep = QueueSlice::After(middle.last().unwrap().place());
        for (name, filter, page) in [
            ("first", &filter, &QueueSlice::First),
            ("next", &filter, &deep),
            ("rare reason", &rare, &QueueSlice::First),
        ] {
            let began = std::time::Instant::now();
            let shown = store.queue(filter, page, 50).await.unwrap();
            let paged = began.elapsed();
            let count = store.count_queue(filter).await.unwrap();
            println!(
                "{engine} {name}: page {paged:?}, with count {:?}",
                began.elapsed()
            );
            let expected = if filter.reason.is_some() { 0 } else { cases };
            assert_eq!(u64::try_from(count).unwrap(), expected);
            assert_eq!(shown.len(), usize::try_from(expected.min(50)).unwrap());
        }
    }
}
