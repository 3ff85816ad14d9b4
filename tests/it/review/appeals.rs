//! A refusal is looked at by somebody else (PRODUCT S30).

use clavero::domain::{CaseKind, FourEyes, Outcome, ReviewReason, State};
use clavero::fixture::people::CAFE;
use clavero::intake::review::ReviewError;
use clavero::store::{CaseError, Settled};
use jiff::SignedDuration;

use crate::bench::Bench;
use crate::review::{FOUNDATION, ana, decide, eva, in_review, is_final, luis};

/// Anybody may upload under a number.
#[tokio::test]
async fn s30_what_is_refused_does_not_displace_an_appeal() {
    for bench in Bench::on_each_store("review_appeal_displaced").await {
        let petition = bench.signed_petition(CAFE, "rosa", None).await;
        let (number, secret) = (&petition.number, &petition.secret);
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        let before = bench.status(&petition).await.sha256;
        bench
            .intake
            .appeal(number, secret, "Es mi firma")
            .await
            .unwrap();
        bench.pass(SignedDuration::from_secs(1));
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!((status.state, status.sha256), (State::InReview, before));
    }
}

#[tokio::test]
async fn s30_an_appeal_goes_to_another_reviewer_and_each_refusal_has_one() {
    for bench in Bench::on_each_store("review_appeal").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        let early = bench.intake.appeal(number, secret, "Es mi firma").await;
        assert!(matches!(early, Err(ReviewError::NoAppeal)), "{early:?}");
        let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        bench
            .intake
            .appeal(number, secret, "Sigo en funciones")
            .await
            .unwrap();
        let same = bench.intake.claim(number, &ana()).await;
        assert!(
            matches!(same, Err(ReviewError::Case(CaseError::SamePerson))),
            "{same:?}"
        );
        let next = bench.intake.claim_next(&ana(), None).await.unwrap();
        assert!(next.is_none(), "nor is it offered");
        let view = bench.intake.look(number, &luis()).await.unwrap();
        assert_eq!(view.case.kind, CaseKind::Appeal);
        assert!(view.four_eyes.contains(&FourEyes::Appeal));
        let first = decide(&bench, number, &luis(), ReviewReason::NotRepresentative).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let second = decide(&bench, number, &eva(), ReviewReason::NotRepresentative).await;
        is_final(second, Outcome::Refused);
        assert!(bench.status(&petition).await.appeal_until.is_none());
        let twice = bench.intake.appeal(number, secret, "Es mi firma").await;
        assert!(matches!(twice, Err(ReviewError::NoAppeal)), "{twice:?}");
        bench.work().await;
        let letters = bench.letters();
        let offers: Vec<bool> = letters
            .iter()
            .map(|letter| letter.text.contains("cómo apelar"))
            .collect();
        assert_eq!(offers, [true, false], "{letters:?}");

        // Another document is refused: that is another refusal.
        bench.pass(SignedDuration::from_secs(1));
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        bench
            .intake
            .appeal(number, secret, "Es mi firma")
            .await
            .unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    }
}
