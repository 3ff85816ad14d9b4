//! The company is asked for something more: until when, what counts as an answer, and what silence leads to (PRODUCT S30).

use bytes::Bytes;
use clavero::domain::{Phase, ReviewReason, State};
use clavero::fixture::people::CAFE;
use clavero::intake::review::ReviewError;
use clavero::store::CaseError;
use jiff::SignedDuration;

use crate::bench::{BEGINNING, Bench, HOUR};
use crate::review::{JOINT, ana, attaches_what_is_asked_on_appeal, decide, in_review, luis};

/// S30: completion, silence, appeal.
#[tokio::test]
async fn s30_the_company_sees_what_and_until_when_and_silence_ends_in_the_archive() {
    for bench in Bench::on_each_store("review_s30").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let asked = decide(&bench, number, &ana(), ReviewReason::SecondSignatureWanted).await;
        assert_eq!(asked.unwrap(), None);
        bench.work().await;
        assert_eq!(bench.letters().len(), 1, "the company is told");
        let status = bench.status(&petition).await;
        let review = status.review.unwrap();
        assert_eq!(status.state, State::AwaitingCompletion);
        assert_eq!(review.reason, ReviewReason::SecondSignatureWanted);
        assert_eq!(review.note.as_deref(), Some("visto"));
        // Ten working days from a Sunday: the Friday of the week after, to its end in Ecuador.
        let until = review.until.unwrap();
        assert_eq!(until, "2026-03-14T04:59:59Z".parse().unwrap());
        bench.pass(until.duration_since(BEGINNING) - SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::AwaitingCompletion);
        bench.pass(SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::Archived,
            "not refused"
        );
        let closed = bench.intake.claim(number, &luis()).await;
        assert!(
            matches!(closed, Err(ReviewError::Case(CaseError::NotWaiting))),
            "{closed:?}"
        );
    }
}

/// One whose decision can't be read stays where it is, and keeps nothing behind it from its turn.
#[tokio::test]
async fn one_that_cant_be_read_keeps_no_other_from_the_archive() {
    for bench in Bench::on_each_store("review_lapsed").await {
        let mut asked = Vec::new();
        for _ in 0..3 {
            let petition = in_review(&bench, JOINT, "jorge").await;
            let number = &petition.number;
            decide(&bench, number, &ana(), ReviewReason::SecondSignatureWanted)
                .await
                .unwrap();
            asked.push(petition);
            bench.pass(SignedDuration::from_secs(1));
        }
        bench.work().await;
        bench.spoil_decision(&asked[0].number).await;
        bench.pass(HOUR * 24 * 30);
        assert_eq!(bench.intake.archive_lapsed().await.unwrap(), 2);
        for (petition, state) in
            asked
                .iter()
                .zip([State::AwaitingCompletion, State::Archived, State::Archived])
        {
            let row = bench.intake.store().petition(&petition.number).await;
            assert_eq!(row.unwrap().unwrap().state, state);
        }
        assert_eq!(bench.intake.archive_lapsed().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn s30_a_new_document_reopens_what_waits_for_the_company() {
    for bench in Bench::on_each_store("review_reopened").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        decide(&bench, number, &ana(), ReviewReason::SecondSignatureWanted)
            .await
            .unwrap();
        bench.pass(HOUR * 24 * 8); // longer than the number's own life
        let one = bench.sign(&petition.form, "jorge");
        bench.upload(Some(number), &one).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let view = bench.intake.look(number, &ana()).await.unwrap();
        assert_eq!((view.case.phase, view.case.round), (Phase::First, 2));
        let both = bench.sign(&one, "pilar");
        bench.upload(Some(number), &both).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        assert!(
            bench.intake.claim(number, &ana()).await.is_err(),
            "the machine has decided"
        );
    }
}

/// What the machine refuses is no answer: the request and its term stand, and what was wrong is told.
#[tokio::test]
async fn s30_a_wrong_file_does_not_end_what_the_company_was_asked_for() {
    for bench in Bench::on_each_store("review_wrong_answer").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        decide(&bench, number, &ana(), ReviewReason::SecondSignatureWanted)
            .await
            .unwrap();
        let asked = bench.status(&petition).await;
        bench.pass(HOUR);
        // Printed, signed by hand and scanned: no signature in it.
        bench.upload(Some(number), &petition.form).await.unwrap();
        bench.work().await;
        let told = bench.status(&petition).await;
        assert_eq!(told.state, State::AwaitingCompletion);
        assert_eq!(told.review, asked.review, "as it was asked for");
        assert_eq!(told.sha256, asked.sha256);
        let codes: Vec<_> = told.not_taken.iter().map(|why| why.code.as_str()).collect();
        assert_eq!(codes, ["UNSIGNED"]);
        let closed = bench.intake.claim(number, &luis()).await;
        assert!(
            matches!(closed, Err(ReviewError::Case(CaseError::NotWaiting))),
            "{closed:?}"
        );
        // What is being checked when the term ends is looked at first.
        let until = asked.review.unwrap().until.unwrap();
        let second = SignedDuration::from_secs(1);
        bench.pass(until.duration_since(bench.intake.now()) - second);
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.pass(second);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::AwaitingCompletion);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Archived);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// What was asked for may come beside the document: a person looks, though the machine refuses the document again.
#[tokio::test]
async fn s30_an_attachment_that_was_asked_for_is_looked_at() {
    for bench in Bench::on_each_store("review_attached_answer").await {
        let petition = bench.petition(CAFE, None).await;
        bench
            .upload(Some(&petition.number), &petition.form)
            .await
            .unwrap();
        bench.work().await;
        let number = &petition.number;
        attaches_what_is_asked_on_appeal(&bench, &petition).await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let view = bench.intake.look(number, &luis()).await.unwrap();
        assert!(!view.barriers.is_empty(), "and can't approve it");
    }
}

/// What was attached is there to be seen, and answers what was refused before it.
#[tokio::test]
async fn s30_what_was_attached_is_acknowledged() {
    for bench in Bench::on_each_store("review_acknowledged").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let (number, secret) = (&petition.number, &petition.secret);
        decide(&bench, number, &ana(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        bench.pass(HOUR);
        // The wrong way: a copy of the form without a signature.
        bench.upload(Some(number), &petition.form).await.unwrap();
        bench.work().await;
        let told = bench.status(&petition).await;
        assert!(!told.not_taken.is_empty());
        assert!(told.attached.is_empty());
        bench.pass(HOUR);
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
        let scan = futures::stream::iter(scan);
        let attached = bench.intake.attach_appointment(number, secret, scan);
        let receipt = attached.await.unwrap();
        bench.work().await;
        let told = bench.status(&petition).await;
        assert_eq!(told.state, State::InReview);
        let seen: Vec<_> = told.attached.iter().map(|it| (it.at, it.bytes)).collect();
        assert_eq!(seen, [(receipt.received_at, receipt.bytes)]);
        assert!(told.not_taken.is_empty(), "{:?}", told.not_taken);
    }
}
