//! Who hears of what: by mail and SMS, the old address and the new one, and nobody whom it no longer concerns.

use clavero::domain::{ReviewReason, State};
use clavero::fixture::people::CAFE;
use clavero::intake::LinkStand;
use clavero::store::{MessageKind, MessageState};
use jiff::SignedDuration;

use super::{states, stop_in, with_mobile};
use crate::bench::{Bench, HOUR};
use crate::review::{FOUNDATION, ana, decide};

const TRANSPORT: &str = "2990004045001"; // eduardo's term ended, sofia follows

#[tokio::test]
async fn s21_a_change_of_address_is_told_to_the_old_address_and_the_telephone() {
    for bench in Bench::on_each_store("effects_s21").await {
        with_mobile(&bench, CAFE).await;
        let change = bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        let short = bench.short_messages();
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!(short[0].to, "+593991234567");
        assert!(short[0].text.contains("/no-fui-yo/"), "{}", short[0].text);
        bench
            .intake
            .confirm_address(&bench.token("correo"))
            .await
            .unwrap();
        bench.work().await;
        let to: Vec<String> = bench
            .letters()
            .into_iter()
            .map(|letter| letter.to)
            .collect();
        assert_eq!(
            to,
            [
                "nueva@cafe-ficticio.ec",
                "gerencia@cafe-ficticio.ec",
                "nueva@cafe-ficticio.ec",
                "gerencia@cafe-ficticio.ec",
            ],
            "confirm, notice, confirmed, replaced"
        );
        assert_eq!(bench.short_messages().len(), 2);
        assert_eq!(bench.outcome(&change).await.0, State::Completed);

        // Each of the links that stop the account works, whichever came last: the telephone's first one still does.
        let token = stop_in(&short[0].text).unwrap();
        bench.intake.freeze(&token).await.unwrap();
        // Nor does the address that was denied get anything more: the way back begins with one that the owner signs for.
        let next = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(
            bench.outcome(&next).await,
            (State::Refused, vec!["NO_EMAIL", "FROZEN"])
        );
    }
}

/// What a person asks for, and that it did not come, reaches whoever can be reached; an address that is only asked for hears
/// the number and no name, and nothing that grants anything.
#[tokio::test]
async fn what_a_person_asks_for_and_what_lapses_is_told() {
    for bench in Bench::on_each_store("effects_told").await {
        with_mobile(&bench, FOUNDATION).await;
        let new = "nueva@fundacion-ejemplo.ec";
        let change = bench.signed_petition(FOUNDATION, "hernan", Some(new)).await;
        assert!(bench.status(&change).await.review_term.unwrap().told);
        decide(
            &bench,
            &change.number,
            &ana(),
            ReviewReason::AppointmentWanted,
        )
        .await
        .unwrap();
        bench.work().await;
        let both = ["secretaria@fundacion-ejemplo.ec", new];
        let letters = bench.letters();
        let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(to, both);
        assert_eq!(bench.short_messages().len(), 1);

        bench.pass(HOUR * 24 * 20);
        bench.work().await;
        assert_eq!(bench.outcome(&change).await.0, State::Archived);
        let letters = bench.letters();
        let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(to, [both, both].concat());
        assert!(letters[3].subject.contains("se archivó"), "{letters:?}");
        assert_eq!(bench.short_messages().len(), 2);
        for letter in &letters {
            let named = letter.text.contains("FUNDACIÓN DE EJEMPLO");
            assert_eq!(named, letter.to != new, "{}", letter.text);
            let to_page = |link: &String| link.contains("/consulta?number=");
            assert!(letter.links.iter().all(to_page), "{:?}", letter.links);
        }
    }
}

/// Whoever reads an address that is on file no longer does not hear that a link can be asked for.
#[tokio::test]
async fn an_approval_is_not_told_to_an_address_that_was_replaced_since() {
    for bench in Bench::on_each_store("effects_replaced").await {
        let reset = bench.signed_petition(FOUNDATION, "hernan", None).await;
        let reason = ReviewReason::StillInOffice;
        decide(&bench, &reset.number, &ana(), reason).await.unwrap();
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
        let other = "otra@fundacion-ejemplo.ec".parse().unwrap();
        bench
            .changes_employer(FOUNDATION, "replaced", |it| it.email = Some(other))
            .await;
        bench.work().await;
        assert!(bench.letters().is_empty(), "{:?}", bench.letters());
        let withdrawn = (MessageKind::ReviewApproved, MessageState::Withdrawn);
        assert_eq!(states(&bench, &reset).await, [withdrawn]);
    }
}

/// While the mail server did not answer the approval ended: what would lead to a link is not sent any more.
#[tokio::test]
async fn what_leads_to_a_link_does_not_go_out_after_the_approval() {
    for bench in Bench::on_each_store("effects_over").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let (number, secret) = (&petition.number, &petition.secret);
        bench.upload(Some(number), &signed).await.unwrap();
        while bench.intake.process_next().await.unwrap() {}
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        let reviewed = bench.signed_petition(FOUNDATION, "hernan", None).await;
        // The messages that this sent along are worked through too: begin again with one that waits.
        bench.pass(SignedDuration::from_mins(4));
        bench.intake.send_link(number, secret).await.unwrap();
        let reason = ReviewReason::StillInOffice;
        decide(&bench, &reviewed.number, &ana(), reason)
            .await
            .unwrap();
        let before = bench.letters().len();
        bench.pass(HOUR * 24);
        bench.work().await;
        assert_eq!(bench.letters().len(), before, "{:?}", bench.letters());
        let link = MessageKind::ResetLink;
        assert_eq!(
            states(&bench, &petition).await,
            [
                (link, MessageState::Sent),
                (MessageKind::ResetNotice, MessageState::Sent),
                (link, MessageState::Withdrawn)
            ]
        );
        assert_eq!(
            states(&bench, &reviewed).await,
            [(MessageKind::ReviewApproved, MessageState::Withdrawn)]
        );
        assert_eq!(bench.status(&petition).await.link.stand, LinkStand::Over);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// Nobody is promised a message that is not for him, or can't reach him.
#[tokio::test]
async fn only_whom_a_message_reaches_is_promised_one() {
    for bench in Bench::on_each_store("effects_promised").await {
        let reset = bench.signed_petition(FOUNDATION, "hernan", None).await;
        assert!(bench.status(&reset).await.review_term.unwrap().told);
        // What is on file reaches the employer, not a stranger with an appointment.
        let stranger = bench.petition(CAFE, None).await;
        let scan: [Result<bytes::Bytes, ()>; 1] = [Ok("%PDF-1.4 nombramiento".into())];
        let scan = futures::stream::iter(scan);
        bench
            .intake
            .attach_appointment(&stranger.number, &stranger.secret, scan)
            .await
            .unwrap();
        bench.sign_and_upload(&stranger, "rosa").await;
        assert!(!bench.status(&stranger).await.review_term.unwrap().told);
    }
}

#[tokio::test]
async fn s08_a_successor_is_told_when_the_one_before_signs() {
    for bench in Bench::on_each_store("effects_s08").await {
        with_mobile(&bench, TRANSPORT).await;
        let petition = bench.signed_petition(TRANSPORT, "eduardo", None).await;
        let refused = (State::Refused, vec!["REPRESENTATION_ENDED"]);
        assert_eq!(bench.outcome(&petition).await, refused);
        let letters = bench.letters();
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!(letters[0].to, "despacho@transportes-mentira.ec");
        assert!(
            letters[0].text.contains("nombramiento ya terminó"),
            "{}",
            letters[0].text
        );
        assert!(letters[0].links.is_empty(), "there is nothing to press");
        assert_eq!(bench.short_messages().len(), 1);
        // The same petition again rings once; somebody without a successor rings nobody.
        bench.sign_and_upload(&petition, "eduardo").await;
        bench.signed_petition("2990005055001", "hernan", None).await;
        assert_eq!(bench.letters().len(), 1);
    }
}
