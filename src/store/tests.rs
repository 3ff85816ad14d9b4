//! The store on SQLite always, and on PostgreSQL when `CLAVERO_TEST_POSTGRES` names a server (`tests/run` starts one).

// As the integration tests read it.
#[path = "../../tests/it/need.rs"]
pub(super) mod need;

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::Connection as _;

use super::*;
use crate::decision::Decision;
use crate::domain::{
    Action, EmailAddress, Outcome, PetitionContent, PetitionNumber, Sha256, State,
};
use crate::import;
use crate::verify::signer::Signer;

const T0: i64 = 1_795_000_000_000;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(T0).unwrap() + SignedDuration::from_secs(seconds)
}

/// A number that no other test has.
pub(super) fn next_number() -> PetitionNumber {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    PetitionNumber::new(2026, SERIAL.fetch_add(1, Ordering::Relaxed))
}

/// A database of its own for one test, on each engine.
pub(super) struct Databases {
    _folder: tempfile::TempDir,
    pub(super) stores: Vec<(&'static str, Store)>,
}

pub(super) async fn databases(test: &str) -> Databases {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = vec![(
        "sqlite",
        Store::sqlite(&folder.path().join("x.sqlite"))
            .await
            .unwrap(),
    )];
    if let Some(url) = need::Need::Postgres.met() {
        stores.push(("postgres", fresh_postgres(&url, test).await));
    }
    Databases {
        _folder: folder,
        stores,
    }
}

async fn fresh_postgres(url: &str, test: &str) -> Store {
    Store::open(&empty_postgres(url, test).await).await.unwrap()
}

/// The address of a database without a table.
pub(super) async fn empty_postgres(url: &str, test: &str) -> String {
    sqlx::any::install_default_drivers();
    let name = format!("clavero_{test}");
    let mut server = sqlx::AnyConnection::connect(url).await.unwrap();
    for statement in [
        format!("drop database if exists {name} with (force)"),
        format!("create database {name}"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut server)
            .await
            .unwrap();
    }
    let base = url.rsplit_once('/').unwrap().0;
    format!("{base}/{name}")
}

/// Takes a representatives table, as `registry import` does.
pub(super) async fn take(store: &Store, table: &str, whole: bool, at: Timestamp) -> ImportRow {
    let folder = tempfile::tempdir().unwrap();
    let table = import::read(
        ImportKind::Representatives,
        std::io::Cursor::new(table),
        folder.path(),
        |_| Ok(()),
        |_| (),
    );
    let order = import::Order {
        file: "table.csv",
        actor: "test",
        whole,
        at,
    };
    import::take(store, table.unwrap(), &order, |_| ())
        .await
        .unwrap()
}

/// The employer of [`content`].
const AGRO: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n\
                    1790993949001,0001,AGRO,company,active,old@agro.ec,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed\n";

pub(super) fn content() -> PetitionContent {
    PetitionContent {
        ruc: "1790993949001".parse().unwrap(),
        branch: crate::domain::BranchCode::default(),
        action: Action::ResetPassword,
        new_email: None,
    }
}

pub(super) fn row(
    number: &PetitionNumber,
    state: State,
    content: Option<PetitionContent>,
) -> PetitionRow {
    PetitionRow {
        number: number.clone(),
        secret_hash: Sha256::of(b"secret"),
        state,
        content,
        form: None,
        issued_at: at(0),
        expires_at: at(1000),
        document: None,
        decided_at: None,
        merged_into: None,
        erased_at: None,
        signer_left_at: None,
    }
}

/// What the machine says when nothing is in the way.
pub(super) fn approved_by(document: &str) -> Decision {
    let signer = Signer {
        document: Some(document.parse().unwrap()),
        ..Signer::default()
    };
    Decision {
        outcome: Outcome::Approved,
        signer: Some(signer),
        ..Decision::unreadable("pdf.malformed")
    }
}

static NOBODY: std::collections::BTreeSet<crate::domain::IdentityDocument> =
    std::collections::BTreeSet::new();

fn recorded<'a>(
    job: &'a Job,
    target: &'a PetitionRow,
    effects: &'a Effects,
    signatures: &'a [Sha256],
    (decision, conditions): (&'a Decision, &'a serde_json::Value),
) -> Recorded<'a> {
    Recorded {
        job,
        target,
        content: None,
        decision,
        conditions,
        report: None,
        trust_digest: Sha256::of(b"trust"),
        registry_version: 7,
        evidence: &[],
        signed: true,
        signers: &NOBODY,
        form: FormOf::Nobody,
        signatures,
        effects,
        at: at(20),
    }
}

fn reset_message(number: &PetitionNumber) -> Message {
    Message::new(
        MessageKind::ResetLink,
        number,
        1,
        "n@agro.ec".parse::<EmailAddress>().unwrap(),
        at(20),
        at(20),
    )
}

#[tokio::test]
async fn every_statement_is_understood() {
    let databases = databases("statements").await;
    for (engine, store) in &databases.stores {
        for statement in statements(store.embedded) {
            let prepared = store.read.understands(statement.clone()).await;
            assert!(
                prepared.is_ok(),
                "{engine}: {statement}: {:?}",
                prepared.err()
            );
        }
    }
}

#[tokio::test]
async fn a_document_travels_from_receipt_to_one_decision_and_one_message() {
    let databases = databases("travel").await;
    for (engine, store) in &databases.stores {
        let number = next_number();
        store
            .issue(&row(&number, State::Issued, Some(content())))
            .await
            .unwrap();
        let petition = store.petition(&number).await.unwrap().unwrap();
        assert_eq!(petition.content, Some(content()));

        let sha256 = Sha256::of(b"document");
        store.receive(&petition, sha256, 8, at(10)).await.unwrap();
        let again = store.receive(&petition, sha256, 8, at(10)).await;
        assert!(
            matches!(again, Err(StoreError::Stale)),
            "{engine}: the state has moved on"
        );

        let job = store.claim_job(at(11), at(71)).await.unwrap().unwrap();
        assert!(
            store.claim_job(at(12), at(72)).await.unwrap().is_none(),
            "{engine}: a lease holds"
        );
        assert!(
            store.claim_job(at(80), at(140)).await.unwrap().is_some(),
            "{engine}: and lapses"
        );

        let petition = store.petition(&number).await.unwrap().unwrap();
        let effects = Effects {
            messages: vec![reset_message(&number)],
            ..Effects::default()
        };
        let signatures = [Sha256::of(b"value")];
        let decision = approved_by("1700000001");
        // A telephone that reads like somebody's number.
        let conditions = json!({"employer": {"phone": "0991234567"}});
        let first = recorded(
            &job,
            &petition,
            &effects,
            &signatures,
            (&decision, &conditions),
        );
        store.record(&first).await.unwrap();
        store.record(&first).await.unwrap();
        let petition = store.petition(&number).await.unwrap().unwrap();
        assert_eq!(
            (petition.state, petition.document),
            (State::Approved, Some(sha256)),
            "{engine}"
        );
        assert!(store.signature_used(Sha256::of(b"value")).await.unwrap());
        assert_eq!(
            store
                .decision(&number, sha256)
                .await
                .unwrap()
                .unwrap()
                .said()
                .unwrap(),
            Some(decision.clone())
        );
        assert_eq!(
            store.said_about(&petition).await.unwrap(),
            Some(decision),
            "{engine}"
        );
        let kept = store.decision(&number, sha256).await.unwrap().unwrap();
        assert_eq!(kept.registry_version, Some(7), "{engine}");
        assert_eq!(kept.conditions, Some(conditions), "{engine}");
        for (document, found) in [("1700000001", 1), ("0991234567", 0)] {
            let document = document.parse().unwrap();
            let about = store.petitions_about(&document, &[]).await.unwrap();
            assert_eq!(about.len(), found, "{engine}: {document}");
        }
        assert_eq!(
            store
                .messages(&number, MessageKind::ResetLink)
                .await
                .unwrap()
                .len(),
            1,
            "{engine}"
        );
        assert_eq!(store.count_jobs().await.unwrap(), 0);

        let message = store.claim_message(at(21), at(111)).await.unwrap().unwrap();
        assert_eq!(message.number, number);
        assert!(
            store
                .claim_message(at(22), at(112))
                .await
                .unwrap()
                .is_none(),
            "{engine}: a lease holds"
        );
        store
            .message_sent(&message.id, Some("250 queued"), at(23))
            .await
            .unwrap();
        assert!(
            store
                .claim_message(at(500), at(600))
                .await
                .unwrap()
                .is_none(),
            "{engine}: sent is sent"
        );
        assert!(store.verify_audit().await.unwrap().is_ok(), "{engine}");
    }
}

#[tokio::test]
async fn a_signature_value_is_used_once() {
    let databases = databases("signature").await;
    for (engine, store) in &databases.stores {
        let signatures = [Sha256::of(b"the same value")];
        let (decision, conditions) = (approved_by("1700000001"), json!({}));
        let mut results = Vec::new();
        for document in [b"first".as_slice(), b"second"] {
            let number = next_number();
            let petition = row(&number, State::Received, None);
            store
                .receive_without_number(&petition, Sha256::of(document), 5)
                .await
                .unwrap();
            let job = store.claim_job(at(11), at(71)).await.unwrap().unwrap();
            let effects = Effects::default();
            let target = store.petition(&job.number).await.unwrap().unwrap();
            let recorded = recorded(
                &job,
                &target,
                &effects,
                &signatures,
                (&decision, &conditions),
            );
            results.push(store.record(&recorded).await);
        }
        assert!(results[0].is_ok(), "{engine}: {results:?}");
        assert!(
            matches!(results[1], Err(StoreError::Stale)),
            "{engine}: {results:?}"
        );
        assert_eq!(
            store.count_jobs().await.unwrap(),
            1,
            "{engine}: nothing of the second one was recorded"
        );
    }
}

#[tokio::test]
async fn of_two_tabs_exactly_one_uses_the_link() {
    let databases = databases("tabs").await;
    for (engine, store) in &databases.stores {
        let number = next_number();
        store
            .issue(&row(&number, State::Approved, Some(content())))
            .await
            .unwrap();
        let link = LinkRow {
            kind: LinkKind::Reset,
            number: number.clone(),
            ruc: content().ruc,
            branch: content().branch,
            email: None,
            created_at: at(0),
            expires_at: at(180),
            dead_at: None,
        };
        let hash = Sha256::of(b"token");
        store.keep_link(hash, &link).await.unwrap();
        let late = store
            .apply_link(hash, &link, &Applied::Password("x"), &[], at(180))
            .await;
        assert!(
            matches!(late, Err(StoreError::Stale)),
            "{engine}: 180 seconds are over at 180 seconds"
        );
        let of_nobody = store
            .apply_link(hash, &link, &Applied::Password("x"), &[], at(99))
            .await;
        assert!(
            matches!(of_nobody, Err(StoreError::Stale)),
            "{engine}: the registry does not know the employer"
        );
        take(store, AGRO, false, at(0)).await;
        let (a, b) = tokio::join!(
            store.apply_link(hash, &link, &Applied::Password("a"), &[], at(100)),
            store.apply_link(hash, &link, &Applied::Password("b"), &[], at(100)),
        );
        assert_eq!(
            usize::from(a.is_ok()) + usize::from(b.is_ok()),
            1,
            "{engine}: {a:?} {b:?}"
        );
        let kept = store
            .password_hash(&content().ruc, &content().branch)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept, if a.is_ok() { "a" } else { "b" }, "{engine}");
        assert_eq!(
            store.petition(&number).await.unwrap().unwrap().state,
            State::Completed,
            "{engine}"
        );
    }
}

#[tokio::test]
async fn a_new_link_kills_the_old_one() {
    let databases = databases("links").await;
    for (engine, store) in &databases.stores {
        let number = next_number();
        let link = |seconds| LinkRow {
            kind: LinkKind::Reset,
            number: number.clone(),
            ruc: content().ruc,
            branch: content().branch,
            email: None,
            created_at: at(seconds),
            expires_at: at(seconds + 180),
            dead_at: None,
        };
        store.keep_link(Sha256::of(b"old"), &link(0)).await.unwrap();
        store
            .keep_link(Sha256::of(b"new"), &link(10))
            .await
            .unwrap();
        let old = store.link(Sha256::of(b"old")).await.unwrap().unwrap();
        let new = store.link(Sha256::of(b"new")).await.unwrap().unwrap();
        assert!(!old.alive(at(20)) && new.alive(at(20)), "{engine}");
        assert_eq!(
            store.living_link(&number, LinkKind::Reset).await.unwrap(),
            Some(new),
            "{engine}"
        );
    }
}

#[tokio::test]
async fn a_file_imported_twice_changes_nothing_and_a_confirmed_address_stays() {
    let databases = databases("import").await;
    for (engine, store) in &databases.stores {
        let import = async || take(store, AGRO, false, at(0)).await.tally;
        assert_eq!(import().await.added, 2, "{engine}");
        assert_eq!(
            import().await,
            Tally {
                unchanged: 2,
                ..Tally::default()
            },
            "{engine}"
        );
        let find = async || {
            store
                .employer(&content().ruc, &content().branch)
                .await
                .unwrap()
                .unwrap()
        };
        assert_eq!(find().await.employer.representatives.len(), 1, "{engine}");

        let number = next_number();
        store
            .issue(&row(&number, State::Approved, Some(content())))
            .await
            .unwrap();
        let link = LinkRow {
            kind: LinkKind::Confirm,
            number,
            ruc: content().ruc,
            branch: content().branch,
            email: Some("new@agro.ec".parse().unwrap()),
            created_at: at(0),
            expires_at: at(180),
            dead_at: None,
        };
        store.keep_link(Sha256::of(b"c"), &link).await.unwrap();
        let email = link.email.clone().unwrap();
        store
            .apply_link(
                Sha256::of(b"c"),
                &link,
                &Applied::Address(&email, at(900)),
                &[],
                at(1),
            )
            .await
            .unwrap();
        import().await;
        let record = find().await;
        assert_eq!(
            record.employer.email,
            Some(email),
            "{engine}: a signed change is newer than any file"
        );
        assert_eq!(record.email_hold_until, Some(at(900)), "{engine}");
    }
}
