//! What waits for a person is displaced by its own people only: everybody who knows a number may upload under it (PRODUCT
//! threat 13).

use bytes::Bytes;
use clavero::decision::ReasonCode;
use clavero::domain::{Action, Outcome, PetitionContent, ReviewReason, State, Token};
use clavero::fixture::letter::{self, Letter};
use clavero::fixture::people::person;
use clavero::intake::review::Deciding;
use jiff::SignedDuration;

use crate::bench::{Bench, HOUR, Petition};
use crate::review::{FOUNDATION, JOINT, ana, decide, in_review, is_final, luis};

/// A letter of his own that has nothing to do with what it is uploaded under, signed by this person.
fn strangers_paper(bench: &Bench, who: &str) -> Vec<u8> {
    let signer = person(who).unwrap();
    let written = Letter {
        content: PetitionContent {
            ruc: FOUNDATION.parse().unwrap(),
            branch: "0001".parse().unwrap(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: "EMPRESA QUE CAMBIA SU CORREO".to_owned(),
        representative: (
            signer.full_name(),
            signer.document.to_owned(),
            "Gerente".to_owned(),
        ),
        at: bench.intake.now(),
    };
    bench.sign(&letter::render(&written).unwrap(), who)
}

async fn arrives(bench: &Bench, petition: &Petition, bytes: &[u8]) {
    bench.pass(SignedDuration::from_secs(1));
    bench.upload(Some(&petition.number), bytes).await.unwrap();
    bench.work().await;
}

/// What was signed by a stranger changes nothing: not the document, not the case, not who works on it; and it is said.
#[tokio::test]
async fn what_a_stranger_signed_displaces_nothing() {
    for bench in Bench::on_each_store("displacing_stranger").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let number = &petition.number;
        let held = bench.intake.claim(number, &ana()).await.unwrap();
        let before = bench.status(&petition).await;
        arrives(&bench, &petition, &strangers_paper(&bench, "andres")).await;
        let after = bench.status(&petition).await;
        assert_eq!(
            (after.state, after.sha256),
            (State::InReview, before.sha256)
        );
        assert_eq!(after.reasons, before.reasons);
        let told: Vec<_> = after.not_taken.iter().map(|why| why.code).collect();
        assert_eq!(told, [ReasonCode::WrongForm]);
        let case = bench.intake.look(number, &ana()).await.unwrap().case;
        assert_eq!(case, held, "as if nothing had come");
        // Ana decides about what she holds, and what was signed by the stranger is not in the way of the form.
        let deciding = Deciding {
            number,
            round: held.round,
            reason: ReviewReason::StillInOffice,
            note: "visto",
            content: None,
            appointment: None,
            confirmed: None,
        };
        let settled = bench.intake.decide_case(&deciding, &ana()).await;
        is_final(settled, Outcome::Approved);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// Whoever works on a case goes on with it, while what came is being checked and after it.
#[tokio::test]
async fn garbage_takes_no_case_out_of_anybodys_hands() {
    for bench in Bench::on_each_store("displacing_garbage").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let number = &petition.number;
        let held = bench.intake.claim(number, &ana()).await.unwrap();
        bench.pass(SignedDuration::from_secs(1));
        bench.upload(Some(number), b"garbage").await.unwrap();
        let case = bench.intake.look(number, &ana()).await.unwrap().case;
        assert_eq!(case, held, "while it is being checked");
        bench.work().await;
        let case = bench.intake.look(number, &ana()).await.unwrap().case;
        assert_eq!(case, held);
        let settled = decide(&bench, number, &ana(), ReviewReason::StillInOffice).await;
        is_final(settled, Outcome::Approved);
    }
}

/// What came while somebody refused is decided like what comes after a refusal.
#[tokio::test]
async fn what_was_being_checked_when_a_case_was_decided_is_decided_after_it() {
    for bench in Bench::on_each_store("displacing_after").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let first = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        assert!(first.is_ok());
        let both = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
        bench.upload(Some(number), &both).await.unwrap();
        // The page and the interface say that something is being checked.
        assert_eq!(bench.status(&petition).await.state, State::Received);
        let second = decide(&bench, number, &luis(), ReviewReason::NotRepresentative).await;
        is_final(second, Outcome::Refused);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// A stranger's paper neither answers what the company was asked for nor ends its term.
#[tokio::test]
async fn what_a_stranger_signed_is_no_answer_to_what_was_asked_for() {
    for bench in Bench::on_each_store("displacing_asked").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        decide(&bench, number, &ana(), ReviewReason::SecondSignatureWanted)
            .await
            .unwrap();
        let asked = bench.status(&petition).await;
        bench.pass(HOUR);
        arrives(&bench, &petition, &strangers_paper(&bench, "andres")).await;
        let after = bench.status(&petition).await;
        assert_eq!(after.state, State::AwaitingCompletion);
        assert_eq!((after.sha256, &after.review), (asked.sha256, &asked.review));
        assert_eq!(after.not_taken.len(), 1);
        // Whoever was asked answers.
        let both = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
        arrives(&bench, &petition, &both).await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    }
}

/// Whoever signed what waits may send something else, and so may whoever has the form, whose signature it may bear.
#[tokio::test]
async fn its_own_people_displace_what_waits() {
    for bench in Bench::on_each_store("displacing_own").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let before = bench.status(&petition).await.sha256;
        arrives(&bench, &petition, &strangers_paper(&bench, "hernan")).await;
        let other = bench.status(&petition).await;
        assert_eq!(other.state, State::InReview);
        assert_ne!(other.sha256, before, "his own letter");
        let signed = bench.sign(&bench.sign(&petition.form, "andres"), "hernan");
        arrives(&bench, &petition, &signed).await;
        let form = bench.status(&petition).await;
        assert_eq!(form.state, State::InReview);
        assert_ne!(form.sha256, other.sha256, "the form");
    }
}

/// What comes with the petition's secret is its company's, whoever signed it.
#[tokio::test]
async fn whoever_holds_the_secret_displaces_what_waits() {
    for bench in Bench::on_each_store("displacing_secret").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        let before = bench.status(&petition).await.sha256;
        bench.pass(SignedDuration::from_secs(1));
        let other = strangers_paper(&bench, "andres");
        let sent = |secret: Token| {
            let chunks: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(other.clone()))];
            let body = futures::stream::iter(chunks);
            let intake = bench.intake.clone();
            async move { intake.receive_from_holder(number, &secret, body).await }
        };
        let taken = sent(secret.clone()).await.unwrap();
        bench.work().await;
        let after = bench.status(&petition).await;
        assert_eq!(after.state, State::InReview);
        assert_eq!(after.sha256, Some(taken.sha256));
        assert_ne!(after.sha256, before);
    }
    for bench in Bench::on_each_store("displacing_wrong_secret").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let before = bench.status(&petition).await.sha256;
        bench.pass(SignedDuration::from_secs(1));
        let wrong = Token::presented("abcdefghijklmnopqrstuvwxyz012345").unwrap();
        let chunks: [Result<Bytes, ()>; 1] = [Ok(strangers_paper(&bench, "andres").into())];
        let body = futures::stream::iter(chunks);
        let sent = bench
            .intake
            .receive_from_holder(&petition.number, &wrong, body);
        sent.await.unwrap();
        bench.work().await;
        assert_eq!(bench.status(&petition).await.sha256, before);
    }
}

/// Garbage that comes with the secret gives the case back into the same hands.
#[tokio::test]
async fn what_its_holder_sends_in_vain_leaves_the_case_in_the_same_hands() {
    for bench in Bench::on_each_store("displacing_hands").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        let held = bench.intake.claim(number, &ana()).await.unwrap();
        bench.pass(SignedDuration::from_secs(1));
        let chunks: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"garbage"))];
        let body = futures::stream::iter(chunks);
        let sent = bench.intake.receive_from_holder(number, secret, body);
        sent.await.unwrap();
        bench.work().await;
        let case = bench.intake.look(number, &ana()).await.unwrap().case;
        assert_eq!(case, held);
    }
}

/// What was passed over is decided once it is alone, should it come again.
#[tokio::test]
async fn what_was_passed_over_may_come_again_after_a_refusal() {
    for bench in Bench::on_each_store("displacing_again").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let paper = strangers_paper(&bench, "andres");
        arrives(&bench, &petition, &paper).await;
        let refuse = ReviewReason::NotRepresentative;
        decide(&bench, number, &ana(), refuse).await.unwrap();
        is_final(
            decide(&bench, number, &luis(), refuse).await,
            Outcome::Refused,
        );
        let again = bench.upload(Some(number), &paper).await.unwrap();
        assert!(again.already && !again.in_vain);
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::InReview);
        assert_eq!(status.sha256, Some(again.sha256));
    }
}
