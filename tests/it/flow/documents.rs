//! What is uploaded, under a number or without: the same bytes again, copies, letters, and what is no petition at all.

use clavero::decision::ReasonCode;
use clavero::domain::{Outcome, Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::fixture::samples;
use clavero::intake::IntakeError;
use jiff::{SignedDuration, Timestamp};

use super::crowded;
use crate::bench::{Bench, GOOD, HOUR, Petition};

#[tokio::test]
async fn the_same_bytes_get_the_same_receipt_and_a_used_number_takes_no_others() {
    for bench in Bench::on_each_store("same_bytes").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let first = bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench.pass(SignedDuration::from_secs(5));
        let second = bench.upload(Some(&petition.number), &signed).await.unwrap();
        assert!(!first.already && second.already);
        assert_eq!(
            (first.received_at, first.sha256),
            (second.received_at, second.sha256)
        );
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);

        let other = bench.sign(&petition.form, "lucia");
        assert_ne!(other, signed, "another signing time");
        let refused = bench.upload(Some(&petition.number), &other).await;
        assert!(
            matches!(refused, Err(IntakeError::AlreadyUsed)),
            "{refused:?}"
        );
        // Without its number it is recognised all the same, and refused.
        let receipt = bench.upload(None, &other).await.unwrap();
        bench.work().await;
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        assert_eq!(
            bench.outcome(&loose).await,
            (State::Refused, vec!["ALREADY_USED"])
        );
        assert_eq!(bench.letters().len(), 1, "one effect");
    }
}

#[tokio::test]
async fn a_form_without_its_number_is_followed_where_it_belongs() {
    for bench in Bench::on_each_store("merged").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let receipt = bench.upload(None, &signed).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        assert_eq!(bench.outcome(&loose).await.0, State::Approved);
        let row = bench
            .intake
            .store()
            .petition(&loose.number)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.state, row.merged_into),
            (State::Merged, Some(petition.number.clone()))
        );
        let (from, until) = (Timestamp::UNIX_EPOCH, bench.intake.now() + HOUR);
        let flow = bench.intake.store().flow(from, until).await.unwrap();
        let mut counted: Vec<_> = flow
            .iter()
            .map(|row| (row.outcome.as_deref(), row.documents))
            .collect();
        counted.sort_unstable();
        assert_eq!(counted, [(None, 1), (Some("approved"), 1)], "one document");
        bench.sets_password(GOOD).await;
        assert_eq!(bench.outcome(&loose).await.0, State::Completed);
    }
}

/// The same bytes wait without their number, for an answer about revocation say, and under it as well.
#[tokio::test]
async fn what_is_followed_elsewhere_is_decided_once() {
    for bench in Bench::on_each_store("merged_once").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let (store, now) = (bench.intake.store(), bench.intake.now());
        for (under, hours) in [(None, 1), (Some(&petition.number), 2)] {
            bench.upload(under, &signed).await.unwrap();
            let job = store.claim_job(now, now + HOUR).await.unwrap().unwrap();
            let again_at = now + HOUR * hours;
            store.postpone_job(&job, again_at, now).await.unwrap();
        }
        let again = bench.upload(None, &signed).await.unwrap();
        assert!(again.already && again.secret.is_none(), "{again:?}");
        bench.pass(HOUR);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        bench.pass(HOUR);
        bench.work().await;
        let decided = store.decision(&petition.number, Sha256::of(&signed)).await;
        assert_eq!(decided.unwrap().unwrap().outcome, Outcome::Approved);
    }
}

/// Whoever has seen a form can append to it. Nobody has signed that, so it is not the document of the form's number.
#[tokio::test]
async fn an_unsigned_copy_of_a_form_is_nobody_elses_petition() {
    for bench in Bench::on_each_store("copied").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let store = bench.intake.store();
        let before = store.petition(&petition.number).await.unwrap().unwrap();
        let receipt = bench.upload(None, &crowded(&petition.form)).await.unwrap();
        bench.work().await;
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        let (state, codes) = bench.outcome(&loose).await;
        assert_eq!((state, codes), (State::InReview, vec!["TOO_COMPLEX"]));
        let after = store.petition(&petition.number).await.unwrap().unwrap();
        assert_eq!(
            (after.state, after.document),
            (before.state, before.document)
        );
        let sent = bench.intake.send_link(&loose.number, &loose.secret).await;
        assert!(matches!(sent, Err(IntakeError::NotApproved)), "{sent:?}");
        // Nor is it the document of a number that awaits one.
        let awaiting = bench.petition(CAFE, None).await;
        bench.upload(None, &crowded(&awaiting.form)).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&awaiting).await.0, State::Issued);
    }
}

#[tokio::test]
async fn a_letter_works_once_and_only_within_its_window() {
    for bench in Bench::on_each_store("letter").await {
        let recipe = samples::recipes()
            .into_iter()
            .find(|recipe| {
                matches!(recipe.paper, samples::Paper::LetterBy(_))
                    && recipe.outcome == clavero::domain::Outcome::Approved
            })
            .expect("an approved letter among the samples");
        let at = bench.intake.now();
        let letter = recipe.cook(&recipe.own_paper(at).unwrap(), at).unwrap();
        let mut outcomes = Vec::new();
        for _ in 0..2 {
            let receipt = bench.upload(None, &letter).await.unwrap();
            bench.work().await;
            let petition = Petition {
                number: receipt.number,
                secret: receipt.secret.unwrap(),
                form: bytes::Bytes::new(),
            };
            outcomes.push(bench.outcome(&petition).await);
            if outcomes.len() == 1 {
                let link = bench.token("clave");
                bench.intake.set_password(&link, GOOD.into()).await.unwrap();
                bench.work().await;
            }
        }
        assert_eq!(outcomes[0].0, State::Approved, "{outcomes:?}");
        assert_eq!(outcomes[1], (State::Refused, vec!["ALREADY_USED"]));
        assert_eq!(bench.letters().len(), 2, "one link, and that it was used");
    }
}

#[tokio::test]
async fn what_is_refused_does_not_displace_what_waits_for_a_person() {
    for bench in Bench::on_each_store("displace").await {
        // Two must sign; one did.
        let petition = bench.signed_petition("2990003035001", "jorge", None).await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(state, State::InReview, "{codes:?}");
        let status = bench.status(&petition).await;
        let term = status.review_term.unwrap();
        assert_eq!(
            (term.by, term.late),
            (bench.intake.now() + HOUR * 24, false)
        );
        assert!(status.not_taken.is_empty());
        bench.pass(SignedDuration::from_secs(1));
        bench
            .upload(Some(&petition.number), b"anybody can guess a number")
            .await
            .unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await, (State::InReview, codes));
        // Whoever sent it is told, and not left to wonder why the page says the same as before.
        let told = bench.status(&petition).await.not_taken;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].code, ReasonCode::NotAPdf);
        bench.pass(HOUR * 24);
        assert!(bench.status(&petition).await.review_term.unwrap().late);
        bench.pass(SignedDuration::from_secs(1));
        // The same paper with both signatures is what was missing.
        let both = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
        bench.upload(Some(&petition.number), &both).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    }
}

#[tokio::test]
async fn wrong_uploads_are_answered_and_hurt_nothing() {
    for bench in Bench::on_each_store("wrong_uploads").await {
        let petition = bench.petition(CAFE, None).await;
        let under = Some(&petition.number);
        assert!(matches!(
            bench.upload(under, b"").await,
            Err(IntakeError::Empty)
        ));
        let large = vec![b'x'; 1_000_001];
        assert!(matches!(
            bench.upload(under, &large).await,
            Err(IntakeError::TooLarge(1_000_000))
        ));
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::Issued,
            "nothing was received"
        );

        let signed = bench.sign(&petition.form, "lucia");
        let mut flipped = signed.clone();
        flipped[petition.form.len() / 2] ^= 1;
        let others: &[(&str, Vec<u8>)] = &[
            ("a zip named .pdf", b"PK\x03\x04not a pdf".to_vec()),
            ("the form itself", petition.form.to_vec()),
            ("half a form", signed[..signed.len() / 2].to_vec()),
            ("a flipped byte", flipped),
            ("another person", bench.sign(&petition.form, "andres")),
        ];
        for (what, bytes) in others {
            bench.upload(under, bytes).await.unwrap();
            bench.work().await;
            let (state, codes) = bench.outcome(&petition).await;
            assert_eq!(state, State::Refused, "{what}: {codes:?}");
        }
        assert!(bench.letters().is_empty(), "nothing is mailed");
        bench.upload(under, &signed).await.unwrap();
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::Approved,
            "the number stayed open"
        );

        let late = bench.petition(CAFE, None).await;
        let signed = bench.sign(&late.form, "lucia");
        bench.pass(HOUR * 24 * 7);
        let expired = bench.upload(Some(&late.number), &signed).await;
        assert!(matches!(expired, Err(IntakeError::Expired)), "{expired:?}");
    }
}
