//! What was approved on somebody's signature ends when the registry learns that they represent the employer no longer; what somebody
//! else signed, who stays, does not.

use clavero::domain::{LegalRepresentative, State};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::{IntakeError, LinkError, LinkStand, SetPasswordError};

use crate::bench::{Bench, GOOD, Petition};
use crate::review::JOINT;

/// The row of somebody else of the samples, beside another one.
fn beside(row: &LegalRepresentative, who: &str) -> LegalRepresentative {
    let other = person(who).unwrap();
    LegalRepresentative {
        document: other.document.parse().unwrap(),
        name: other.full_name(),
        post: "Presidenta".to_owned(),
        ..row.clone()
    }
}

async fn stands(bench: &Bench, petition: &Petition) -> (State, LinkStand) {
    let status = bench.status(petition).await;
    (status.state, status.link.stand)
}

/// A manager is dismissed who has a change of address and a key under way, and the president has a key under way too.
#[tokio::test]
async fn whoever_leaves_takes_along_what_was_approved_for_them_and_nothing_else() {
    for bench in Bench::on_each_store("effects_leaving").await {
        bench
            .changes_employer(CAFE, "two", |employer| {
                let row = beside(&employer.representatives[0], "rosa");
                employer.representatives.push(row);
            })
            .await;
        let stays = bench.signed_petition(CAFE, "rosa", None).await;
        let hers = bench.token("clave");
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let key = bench.token("clave");
        let thief = "ex-gerente@correo-ladron.ec";
        let change = bench.signed_petition(CAFE, "lucia", Some(thief)).await;
        let confirm = bench.token("correo");
        // One more link is on its way when she leaves.
        let (number, secret) = (&reset.number, &reset.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        let before = bench.letters().len();

        bench
            .changes_employer(CAFE, "dismissed", |employer| {
                let lucia = person("lucia").unwrap().document;
                let people = &mut employer.representatives;
                people.retain(|row| row.document.as_str() != lucia);
            })
            .await;
        bench.work().await;
        assert_eq!(bench.letters().len(), before, "no other link leaves");
        let is_over = async || {
            let ended = (State::Approved, LinkStand::SignerLeft);
            assert_eq!(stands(&bench, &reset).await, ended);
            assert_eq!(stands(&bench, &change).await, ended);
            let confirmed = bench.intake.confirm_address(&confirm).await;
            assert!(
                matches!(confirmed, Err(LinkError::SignerLeft)),
                "{confirmed:?}"
            );
            let opened = bench.intake.open_link(&key).await;
            assert!(matches!(opened, Err(LinkError::SignerLeft)), "{opened:?}");
            let set = bench.intake.set_password(&key, GOOD.into()).await;
            assert!(
                matches!(set, Err(SetPasswordError::Link(LinkError::SignerLeft))),
                "{set:?}"
            );
            let asked = bench.intake.send_link(number, secret).await;
            assert!(matches!(asked, Err(IntakeError::SignerLeft)), "{asked:?}");
        };
        is_over().await;
        bench.intake.open_link(&hers).await.unwrap();

        // The table was wrong: she signs again, and nothing comes alive by itself.
        bench.undoes_last_import().await;
        is_over().await;
        let anew = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&anew).await.0, State::Approved);
        bench.intake.set_password(&hers, GOOD.into()).await.unwrap();
        assert_eq!(bench.outcome(&stays).await.0, State::Completed);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// A newer table spells the post otherwise, gives another first day or another telephone: whoever stays keeps what was approved.
#[tokio::test]
async fn another_row_of_whoever_stays_ends_nothing() {
    for bench in Bench::on_each_store("effects_staying").await {
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        bench
            .changes_employer(CAFE, "spelt anew", |employer| {
                let row = &mut employer.representatives[0];
                row.post = "Gerenta".to_owned();
                row.from = "2025-01-02".parse().unwrap();
            })
            .await;
        assert_eq!(
            stands(&bench, &reset).await,
            (State::Approved, LinkStand::Sent)
        );
        let token = bench.token("clave");
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        assert_eq!(bench.outcome(&reset).await.0, State::Completed);
    }
}

/// Two signed together; when one of them leaves, the other one alone is not enough, and nobody whom the registry does not know takes
/// the place of who left.
#[tokio::test]
async fn an_approval_of_two_ends_with_either() {
    for (leaves, stranger) in [
        ("jorge", None),
        ("pilar", None),
        ("jorge", Some("daniel")),
        ("pilar", Some("daniel")),
    ] {
        for bench in Bench::on_each_store("effects_joint_leaving").await {
            let petition = bench.petition(JOINT, None).await;
            let mut signed = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
            if let Some(stranger) = stranger {
                signed = bench.sign(&signed, stranger);
            }
            bench.upload(Some(&petition.number), &signed).await.unwrap();
            bench.work().await;
            assert_eq!(bench.outcome(&petition).await.0, State::Approved);
            let token = bench.token("clave");
            bench
                .changes_employer(JOINT, "left", |employer| {
                    let document = person(leaves).unwrap().document;
                    let people = &mut employer.representatives;
                    people.retain(|row| row.document.as_str() != document);
                })
                .await;
            assert_eq!(
                stands(&bench, &petition).await,
                (State::Approved, LinkStand::SignerLeft),
                "{leaves} beside {stranger:?}"
            );
            let set = bench.intake.set_password(&token, GOOD.into()).await;
            assert!(
                matches!(set, Err(SetPasswordError::Link(LinkError::SignerLeft))),
                "{set:?}"
            );
        }
    }
}

/// Three signed where two were enough: the two who stay carry it, until another one leaves.
#[tokio::test]
async fn an_approval_of_three_stands_while_enough_of_them_stay() {
    for bench in Bench::on_each_store("effects_three_leaving").await {
        bench
            .changes_employer(JOINT, "three", |employer| {
                let row = beside(&employer.representatives[0], "rosa");
                employer.representatives.push(row);
            })
            .await;
        let petition = bench.petition(JOINT, None).await;
        let signed = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
        let signed = bench.sign(&signed, "rosa");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench.work().await;
        for (leaves, stand) in [("jorge", LinkStand::Sent), ("rosa", LinkStand::SignerLeft)] {
            bench
                .changes_employer(JOINT, leaves, |employer| {
                    let document = person(leaves).unwrap().document;
                    let people = &mut employer.representatives;
                    people.retain(|row| row.document.as_str() != document);
                })
                .await;
            let now = stands(&bench, &petition).await;
            assert_eq!(now, (State::Approved, stand), "{leaves} left");
        }
    }
}
