//! Marks on both engines: what is found by them before and after a key came, and after another one took its place.

use super::super::sql::query;
use super::*;
use crate::domain::{BranchCode, IdentityDocument, PetitionNumber, Sha256};
use crate::store::petitions::insert;
use crate::store::protected::DECISION_TEXT;
use crate::store::protected::tests::{petition_of, ring};
use crate::store::tests::{approved_by, at, databases, take};

const TABLE: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n\
                     2990001015001,0001,CAFÉ S.A.,company,active,uno@cafe.ec,,2901047296,LUCÍA ÑAUTA,Gerente,2024-01-01,,sole,1,deed\n\
                     2990002025001,0001,CACAO S.A.,company,active,uno@cafe.ec,,2901047296,LUCÍA ÑAUTA,Gerente,2024-01-01,,sole,1,deed\n";
const SIGNER: &str = "2901047296";

async fn signed(store: &Store, serial: u64) -> PetitionNumber {
    let row = petition_of(serial);
    let mut writing = store.begin().await.unwrap();
    insert(&mut writing, &row).await.unwrap();
    let sha256 = Sha256::of(&serial.to_be_bytes()).to_string();
    let key = [row.number.as_str(), sha256.as_str()];
    let text = serde_json::to_string(&approved_by(SIGNER)).unwrap();
    let decision = DECISION_TEXT.protect(&writing.keys, &key, &text).unwrap();
    query(
        "insert into decisions (number, sha256, outcome, decision, trust_digest, decided_ms) \
         values ($1, $2, 'approved', $3, '', 0)",
    )
    .bind(row.number.as_str())
    .bind(sha256.as_str())
    .bind(decision)
    .execute(&mut *writing)
    .await
    .unwrap();
    keep_signer(&mut writing, SIGNER, row.number.as_str())
        .await
        .unwrap();
    writing.commit().await.unwrap();
    row.number
}

async fn renewed(store: &Store) -> u64 {
    let mut renewed = 0;
    for marked in MARKED {
        let mut after = None;
        loop {
            let page = store
                .walk_marks(*marked, after.as_ref(), true)
                .await
                .unwrap();
            renewed += page.renewed;
            let Some(next) = page.next else { break };
            after = Some(next);
        }
    }
    renewed
}

/// What is stored as marks.
async fn raw(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for statement in [
        "select email_mark as mark from employers",
        "select document_hash as mark from signers",
    ] {
        for row in query(statement).fetch_all(&store.read).await.unwrap() {
            all.push(row.try_get("mark").unwrap());
        }
    }
    all
}

async fn finds_everything(store: &Store, petitions: usize) -> bool {
    let signer: IdentityDocument = SIGNER.parse().unwrap();
    let signed = store.petitions_signed_by(&signer, 10).await.unwrap();
    let (email, ruc) = ("uno@cafe.ec".parse().unwrap(), "2990001015001".parse());
    let elsewhere = store
        .email_is_elsewhere(&email, &ruc.unwrap(), &BranchCode::default())
        .await
        .unwrap();
    signed.len() == petitions && elsewhere
}

#[tokio::test]
async fn marks_are_keyed_and_follow_the_key() {
    let databases = databases("marks").await;
    for (engine, store) in &databases.stores {
        take(store, TABLE, false, at(0)).await;
        signed(store, 1).await;
        let trivial = Sha256::of(format!("signer:{SIGNER}").as_bytes()).to_string();
        assert!(raw(store).await.contains(&trivial), "{engine}: no key yet");

        // A key comes: what was marked before is found still, what is marked now can't be guessed.
        let first = store.clone().with_keys(ring(&[1]));
        signed(&first, 2).await;
        assert!(finds_everything(&first, 2).await, "{engine}");
        assert_eq!(
            renewed(&first).await,
            3,
            "{engine}: two addresses, one signer"
        );
        assert_eq!(renewed(&first).await, 0, "{engine}: nothing is left to do");
        let plain = [
            trivial,
            Sha256::of(b"employers.email_mark:uno@cafe.ec").to_string(),
        ];
        let kept = raw(&first).await;
        assert_eq!(kept.len(), 4, "{engine}");
        assert!(kept.iter().all(|mark| !plain.contains(mark)), "{engine}");

        // Another key takes its place, and the first one is gone.
        let both = store.clone().with_keys(ring(&[2, 1]));
        assert!(finds_everything(&both, 2).await, "{engine}");
        let page = both.walk_marks(Marked::Signer, None, false).await.unwrap();
        assert!(page.kept.iter().all(|kept| {
            matches!(kept, Some(Kept::Under(_)))
                && kept != &both.keys.current().map(|id| Kept::Under(id.to_owned()))
        }));
        for column in crate::store::PROTECTED {
            both.protect_values(column, None).await.unwrap();
        }
        assert_eq!(renewed(&both).await, 4, "{engine}");
        let second = store.clone().with_keys(ring(&[2]));
        assert!(finds_everything(&second, 2).await, "{engine}");

        // Nothing tells any more whose mark it is: it goes with the next renewal.
        query("delete from decisions")
            .execute(&second.write)
            .await
            .unwrap();
        let third = store.clone().with_keys(ring(&[3, 2]));
        renewed(&third).await;
        assert_eq!(raw(&third).await.len(), 2, "{engine}: the two addresses");
    }
}
