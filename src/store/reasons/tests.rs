//! What people said, on both engines: protected, found, and gone when its term ends.

use super::super::employers::unfreeze;
use super::super::protected::tests::ring;
use super::super::sql::AssertSqlSafe;
use super::super::tests::{at, databases, next_number, take};
use super::*;
use crate::store::AccountStop;

const TABLE: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n\
                     2901047296001,0001,LUCÍA ÑAUTA,natural_person,active,n@agro.ec,,2901047296,LUCÍA ÑAUTA,Dueña,2024-01-01,,sole,1,deed\n";
const WORDS: &str = "Llama Rosa Inventada, cédula a la vista";

async fn stopped(store: &Store, second: i64) -> Option<Why> {
    let (ruc, branch) = account();
    let stop = AccountStop {
        ruc: &ruc,
        branch: &branch,
        denied: None,
        by: "sara",
        reason: Some(WORDS),
        operator: None,
    };
    store.stop_account(&stop, &[], at(second)).await.unwrap();
    why_now(store).await
}

fn account() -> (Ruc, BranchCode) {
    ("2901047296001".parse().unwrap(), BranchCode::default())
}

async fn why_now(store: &Store) -> Option<Why> {
    let (ruc, branch) = account();
    let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
    store.why_stopped(&record).await.unwrap()
}

async fn kept(store: &Store) -> Vec<String> {
    let rows = query(AssertSqlSafe("select words from reasons order by seq"))
        .fetch_all(&store.read)
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get("words").unwrap())
        .collect()
}

#[tokio::test]
async fn words_are_protected_and_of_them_and_of_the_account_the_log_has_digests() {
    let databases = databases("reasons").await;
    for (engine, store) in &databases.stores {
        let store = store.clone().with_keys(ring(&[1]));
        take(&store, TABLE, false, at(0)).await;
        assert_eq!(why_now(&store).await, None, "{engine}");
        let why = stopped(&store, 5).await.unwrap();
        assert_eq!((why.by.as_str(), why.reason.as_str()), ("sara", WORDS));
        let (ruc, _) = account();
        let about = store.reasons_about_employer(&ruc).await.unwrap();
        assert_eq!(about, [why], "{engine}");
        assert!(kept(&store).await[0].starts_with("s1:"), "{engine}");
        let log = store.audit_rows(0, 100).await.unwrap();
        let entry = log.last().unwrap();
        assert_eq!(entry.event, Event::AccountFrozen.as_str(), "{engine}");
        let facts: Value = serde_json::from_str(&entry.facts).unwrap();
        assert_eq!(facts["reason"], digest(WORDS), "{engine}");
        let unkeyed = Sha256::of(format!("account:{ruc}").as_bytes());
        assert_ne!(facts["ruc"], unkeyed.to_string(), "nobody can try them all");
        for row in &log {
            for word in ["Rosa", "2901047296"] {
                assert!(!format!("{row:?}").contains(word), "{engine}: {row:?}");
            }
        }
    }
}

#[tokio::test]
async fn words_go_at_the_end_of_their_term_but_those_that_say_why_an_account_stands_still() {
    let databases = databases("reasons_term").await;
    for (engine, store) in &databases.stores {
        take(store, TABLE, false, at(0)).await;
        let number = next_number();
        let event = Event::SubjectExported;
        let asked = store.note_request(at(1), "eva", event, Some(&number), Some(WORDS));
        asked.await.unwrap();
        let by_petition = store.note_request(at(1), "eva", event, Some(&number), None);
        by_petition.await.unwrap();
        let about = store.reasons_about(&number).await.unwrap();
        assert_eq!(about.len(), 1, "{engine}: {about:?}");
        assert_eq!(
            (about[0].by.as_str(), about[0].event.as_str()),
            ("eva", event.as_str())
        );
        stopped(store, 2).await.unwrap();
        stopped(store, 3).await.unwrap();
        let erase = async |before| store.erase_reasons(at(before), "retention", at(9)).await;
        assert_eq!(erase(0).await.unwrap(), 0, "{engine}");
        assert_eq!(erase(8).await.unwrap(), 2, "{engine}: but the last one");
        assert!(why_now(store).await.is_some(), "{engine}");
        let (ruc, branch) = account();
        let mut writing = store.begin().await.unwrap();
        unfreeze(&mut writing, &ruc, &branch).await.unwrap();
        writing.commit().await.unwrap();
        assert!(why_now(store).await.is_some(), "{engine}: of the last one");
        assert_eq!(erase(8).await.unwrap(), 1, "{engine}");
        assert_eq!(kept(store).await, Vec::<String>::new(), "{engine}");
        assert!(store.verify_audit().await.unwrap().is_ok(), "{engine}");
    }
}
