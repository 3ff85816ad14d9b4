//! «No fui yo»: everything of that employer stops, whatever is under way beside it.

use std::collections::BTreeSet;

use clavero::decision::Decision;
use clavero::domain::{Outcome, Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::intake::LinkStand;
use clavero::store::{Effects, FormOf, MessageKind, MessageState, Recorded, StoreError};
use jiff::SignedDuration;

use crate::bench::{Bench, GOOD, HOUR};

#[tokio::test]
async fn it_was_not_me_stops_everything_of_that_employer() {
    for bench in Bench::on_each_store("freeze").await {
        // A reset whose link is out, and a change of address that its owner did not ask for.
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let link = bench.token("clave");
        let change = bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        // One more link is decided but not sent yet.
        bench
            .intake
            .send_link(&reset.number, &reset.secret)
            .await
            .unwrap();
        bench.intake.freeze(&freeze).await.unwrap();

        for petition in [&reset, &change] {
            let told = bench.status(petition).await.link.stand;
            assert_eq!(told, LinkStand::Frozen, "both pages say so");
        }
        assert!(bench.intake.open_link(&link).await.is_err());
        assert!(bench.intake.set_password(&link, GOOD.into()).await.is_err());
        assert!(bench.intake.confirm_address(&confirm).await.is_err());
        let before = bench.letters().len();
        bench.work().await;
        let mailed = bench.letters().split_off(before);
        assert!(
            mailed.iter().all(|letter| letter.links.is_empty()),
            "nothing that opens anything is mailed for a frozen account: {mailed:?}"
        );
        let messages = bench
            .intake
            .store()
            .messages(&reset.number, MessageKind::ResetLink)
            .await
            .unwrap();
        assert!(
            messages
                .iter()
                .any(|message| message.state == MessageState::Withdrawn)
        );
        let refused = bench.intake.send_link(&reset.number, &reset.secret).await;
        assert!(refused.is_err(), "{refused:?}");
        let next = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&next).await.0, State::InReview);
    }
}

/// Two clocks are never quite one: what the other one approved, a moment ahead, is stopped all the same.
#[tokio::test]
async fn what_another_clock_approved_a_moment_later_is_stopped_too() {
    for bench in Bench::on_each_store("freeze_skew").await {
        let moment = SignedDuration::from_secs(2);
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let freeze = bench.token("no-fui-yo");
        bench.pass(moment);
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
        bench.pass(-moment);
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(moment);
        assert_eq!(bench.status(&reset).await.link.stand, LinkStand::Frozen);
        let link = bench.token("clave");
        assert!(bench.intake.set_password(&link, GOOD.into()).await.is_err());
    }
}

/// The account was free when it was looked up, and is not when the decision is recorded.
#[tokio::test]
async fn an_approval_beside_it_was_not_me_is_not_recorded() {
    for bench in Bench::on_each_store("freeze_beside").await {
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        let (store, now) = (bench.intake.store(), bench.intake.now());
        let job = store.claim_job(now, now + HOUR).await.unwrap().unwrap();
        let row = store.petition(&petition.number).await.unwrap().unwrap();
        let recorded = Recorded {
            job: &job,
            target: &row,
            content: row.content.as_ref(),
            decision: &Decision {
                outcome: Outcome::Approved,
                ..Decision::unreadable("pdf.malformed")
            },
            conditions: &serde_json::json!({}),
            report: None,
            trust_digest: Sha256::of(b""),
            registry_version: 1,
            evidence: &[],
            signed: true,
            signers: &BTreeSet::new(),
            form: FormOf::Target,
            signatures: &[],
            effects: &Effects::default(),
            at: now,
        };
        let refused = store.record(&recorded).await;
        assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    }
}

#[tokio::test]
async fn not_me_works_for_as_long_as_the_hold_lasts() {
    for bench in Bench::on_each_store("hold").await {
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        bench.pass(HOUR * 24 - SignedDuration::from_secs(1));
        bench.intake.confirm_address(&confirm).await.unwrap();
        // The thief confirmed at the last moment: the owner still has the whole hold.
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        bench.pass(HOUR * 23);
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(HOUR * 2);
        bench.work().await;
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.links.iter().any(|l| l.contains("/clave/")))
        );
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
    }
}

/// Whoever was away over the weekend, or reads the mailbox once a week, still stops what they did not ask for.
#[tokio::test]
async fn not_me_works_for_a_week() {
    let week = HOUR * 24 * 7;
    let moment = SignedDuration::from_secs(1);
    for (passed, alive) in [(week - moment, true), (week, false)] {
        for bench in Bench::on_each_store(&format!("week_{alive}")).await {
            bench.signed_petition(CAFE, "lucia", None).await;
            let stop = bench.token("no-fui-yo");
            bench.pass(passed);
            let opened = bench.intake.open_freeze(&stop).await;
            assert_eq!(opened.is_ok(), alive, "{opened:?}");
            let stopped = bench.intake.freeze(&stop).await;
            assert_eq!(stopped.is_ok(), alive, "{stopped:?}");
        }
    }
}
