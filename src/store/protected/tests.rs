//! Protected columns on both engines: switched on later, under one key after another.

use super::super::sql::{AssertSqlSafe, query};
use super::*;
use crate::domain::{Action, BranchCode, PetitionContent, PetitionNumber, Ruc, Sha256, State};
use crate::store::tests::{at, databases, take};
use crate::store::{PetitionRow, Store};

const TABLE: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n\
                     2901047296001,0001,LUCÍA ÑAUTA,natural_person,active,n@agro.ec,0990000000,2901047296,LUCÍA ÑAUTA,Dueña,2024-01-01,,sole,1,deed\n\
                     2990001015001,0001,CAFÉ S.A.,company,active,,,2901047296,LUCÍA ÑAUTA,Gerente,2024-01-01,,sole,1,deed\n";

pub(in crate::store) fn ring(bytes: &[u8]) -> Keyring {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let keys: Vec<String> = bytes
        .iter()
        .map(|byte| STANDARD.encode([*byte; 32]))
        .collect();
    Keyring::from_base64(keys.iter().map(String::as_str)).unwrap()
}

fn ruc() -> Ruc {
    "2901047296001".parse().unwrap()
}

pub(in crate::store) fn petition_of(serial: u64) -> PetitionRow {
    PetitionRow {
        number: PetitionNumber::new(2026, serial),
        secret_hash: Sha256::of(b"secret"),
        state: State::Issued,
        content: Some(PetitionContent {
            ruc: ruc(),
            branch: BranchCode::default(),
            action: Action::ChangeEmail,
            new_email: Some("nueva@agro.ec".parse().unwrap()),
        }),
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

async fn petition(store: &Store) -> PetitionNumber {
    let row = petition_of(1);
    store.issue(&row).await.unwrap();
    row.number
}

/// Everything that the tables hold, as it is stored.
async fn raw(store: &Store) -> String {
    let mut all = String::new();
    for column in COLUMNS {
        let statement = format!(
            "select {0} from {1} where {0} is not null",
            column.name, column.table
        );
        let rows = query(AssertSqlSafe(statement))
            .fetch_all(&store.read)
            .await
            .unwrap();
        for row in rows {
            all += &row.try_get::<String>(column.name).unwrap();
            all.push('\n');
        }
    }
    all
}

async fn protect_everything(store: &Store) -> u64 {
    let mut renewed = 0;
    for column in COLUMNS {
        let mut after = None;
        loop {
            let page = store.protect_values(column, after.as_ref()).await.unwrap();
            renewed += page.renewed;
            let Some(next) = page.next else { break };
            after = Some(next);
        }
    }
    renewed
}

#[tokio::test]
async fn protection_is_switched_on_later_and_its_key_replaced() {
    let databases = databases("protected").await;
    for (engine, store) in &databases.stores {
        take(store, TABLE, false, at(0)).await;
        let number = petition(store).await;
        let known = store
            .employer(&ruc(), &BranchCode::default())
            .await
            .unwrap();
        let asked = store.petition(&number).await.unwrap();
        assert!(raw(store).await.contains("ÑAUTA"), "{engine}");

        let first = store.clone().with_keys(ring(&[1]));
        assert_eq!(
            first
                .employer(&ruc(), &BranchCode::default())
                .await
                .unwrap(),
            known
        );
        assert!(protect_everything(&first).await > 0, "{engine}");
        assert_eq!(
            protect_everything(&first).await,
            0,
            "{engine}: nothing is left to do"
        );
        for word in ["ÑAUTA", "agro.ec", "0990000000"] {
            assert!(!raw(store).await.contains(word), "{engine}: {word}");
        }
        assert!(
            raw(store).await.contains("CAFÉ S.A."),
            "{engine}: a company's name is public"
        );
        // Without its key it is not opened, and with it nothing has changed.
        let closed = store.employer(&ruc(), &BranchCode::default()).await;
        assert!(
            matches!(closed, Err(StoreError::Protection { .. })),
            "{engine}: {closed:?}"
        );

        let both = store.clone().with_keys(ring(&[2, 1]));
        assert_eq!(both.petition(&number).await.unwrap(), asked, "{engine}");
        assert!(protect_everything(&both).await > 0, "{engine}");
        let second = store.clone().with_keys(ring(&[2]));
        assert_eq!(
            second
                .employer(&ruc(), &BranchCode::default())
                .await
                .unwrap(),
            known
        );
        assert_eq!(second.petition(&number).await.unwrap(), asked, "{engine}");
        // The same table again is still the same table.
        let again = take(&second, TABLE, false, at(5)).await.tally;
        assert_eq!((again.added, again.changed), (0, 0), "{engine}");
    }
}

#[tokio::test]
async fn what_was_moved_to_another_row_is_not_read() {
    let databases = databases("protected_moved").await;
    for (engine, store) in &databases.stores {
        let store = store.clone().with_keys(ring(&[1]));
        take(&store, TABLE, false, at(0)).await;
        let number = petition(&store).await;
        // Whoever writes to the database, but has no key, can't put somebody's address in another's place.
        let theft = "update employers set email = (select new_email from petitions) where ruc = '2990001015001'";
        query(theft).execute(&store.write).await.unwrap();
        let company = "2990001015001".parse().unwrap();
        let read = store.employer(&company, &BranchCode::default()).await;
        assert!(
            matches!(read, Err(StoreError::Protection { .. })),
            "{engine}: {read:?}"
        );
        assert!(store.petition(&number).await.is_ok(), "{engine}");
    }
}
