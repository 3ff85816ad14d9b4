//! A signed form that came without its number («Ya tengo mi documento firmado») got a number of its own: whoever holds that one
//! goes on with it as if it were the form's, and with nobody else's secret.

use bytes::Bytes;
use clavero::domain::{Outcome, PetitionNumber, ReviewReason, Sha256, State, Token};
use clavero::fixture::cms::{self, CmsOptions};
use clavero::fixture::people::CAFE;
use clavero::fixture::{pki, samples};
use clavero::intake::review::ReviewError;
use clavero::intake::{IntakeError, Piece};
use jiff::SignedDuration;

use crate::bench::{Bench, Petition};
use crate::review::{FOUNDATION, JOINT, ana, decide, is_final, luis};

/// An upload in one piece.
pub fn all_of(id: &Token) -> Piece<'_> {
    Piece {
        id,
        secret: None,
        offset: 0,
        announced: None,
    }
}

/// The form of a petition of this employer signed by `who`, uploaded without its number: the petition, and what its sender holds.
async fn loose(bench: &Bench, ruc: &str, who: &str) -> (Petition, Petition, Vec<u8>) {
    let petition = bench.petition(ruc, None).await;
    let signed = bench.sign(&petition.form, who);
    let receipt = bench.upload(None, &signed).await.unwrap();
    bench.work().await;
    let held = Petition {
        number: receipt.number,
        secret: receipt.secret.unwrap(),
        form: Bytes::new(),
    };
    (petition, held, signed)
}

async fn attach(
    bench: &Bench,
    number: &PetitionNumber,
    secret: &Token,
    paper: &'static [u8],
) -> Result<Sha256, IntakeError> {
    let paper: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(paper))];
    let paper = futures::stream::iter(paper);
    let attached = bench.intake.attach_appointment(number, secret, paper).await;
    attached.map(|receipt| receipt.sha256)
}

async fn attachments(bench: &Bench, petition: &Petition) -> Vec<Sha256> {
    let rows = bench.intake.store().attachments(&petition.number).await;
    rows.unwrap().into_iter().map(|row| row.sha256).collect()
}

#[tokio::test]
async fn a_second_joint_signature_is_taken_under_the_number_that_its_sender_has() {
    for bench in Bench::on_each_store("followed_joint").await {
        let (petition, held, signed) = loose(&bench, JOINT, "jorge").await;
        let missing = (State::InReview, vec!["JOINT_SIGNATURE_MISSING"]);
        assert_eq!(bench.outcome(&held).await, missing);
        let both = bench.sign(&signed, "pilar");
        let receipt = bench.upload(Some(&held.number), &both).await.unwrap();
        assert_eq!(receipt.number, held.number, "the one that they can ask by");
        bench.work().await;
        let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&held).await, approved);
        assert_eq!(bench.outcome(&petition).await, approved);
        assert_eq!(bench.letters().len(), 1, "one effect");
        let again = bench.upload(Some(&held.number), &both).await.unwrap();
        assert!(again.already && again.received_at == receipt.received_at);
        let more = bench.upload(Some(&held.number), b"%PDF-1.7 other").await;
        assert!(matches!(more, Err(IntakeError::AlreadyUsed)), "{more:?}");
    }
}

#[tokio::test]
async fn in_pieces_too() {
    for bench in Bench::on_each_store("followed_pieces").await {
        let (_, held, signed) = loose(&bench, JOINT, "jorge").await;
        let both = bench.sign(&signed, "pilar");
        let (sha256, length) = (Sha256::of(&both), both.len() as u64);
        let intake = &bench.intake;
        let (id, state) = intake
            .begin_upload(Some(&held.number), sha256, length)
            .await
            .unwrap();
        assert_eq!(state.offset, 0);
        let body: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(both))];
        let body = futures::stream::iter(body);
        let whole = intake.append_upload(all_of(&id), body, || Ok(()));
        let whole = whole.await.unwrap();
        assert_eq!(whole.receipt.unwrap().number, held.number);
        bench.work().await;
        assert_eq!(bench.outcome(&held).await.0, State::Approved);
        let again = intake.upload_state(&id).await.unwrap().receipt.unwrap();
        assert_eq!(again.number, held.number);
    }
}

#[tokio::test]
async fn what_a_person_asks_for_is_sent_and_a_refusal_appealed_once() {
    for bench in Bench::on_each_store("followed_person").await {
        let (petition, held, _) = loose(&bench, FOUNDATION, "hernan").await;
        let (number, intake) = (&petition.number, &bench.intake);
        let asked = decide(&bench, number, &ana(), ReviewReason::AppointmentWanted).await;
        assert_eq!(asked.unwrap(), None);
        assert_eq!(bench.outcome(&held).await.0, State::AwaitingCompletion);
        // Each secret opens under its own number only.
        for (number, secret) in [
            (&held.number, &petition.secret),
            (&petition.number, &held.secret),
        ] {
            let denied = attach(&bench, number, secret, b"%PDF-1.7 falso").await;
            assert!(matches!(denied, Err(IntakeError::NotFound)), "{denied:?}");
            let denied = intake.appeal(number, secret, "Es mi firma").await;
            let unknown = matches!(denied, Err(ReviewError::Intake(IntakeError::NotFound)));
            assert!(unknown, "{denied:?}");
        }
        let paper = attach(&bench, &held.number, &held.secret, b"%PDF-1.7 acta").await;
        bench.work().await;
        assert_eq!(bench.outcome(&held).await.0, State::InReview);
        assert_eq!(attachments(&bench, &petition).await, [paper.unwrap()]);

        let refused = decide(&bench, number, &luis(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        intake
            .appeal(&held.number, &held.secret, "Sigo en funciones")
            .await
            .unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let twice = intake
            .appeal(&petition.number, &petition.secret, "Es mi firma")
            .await;
        assert!(matches!(twice, Err(ReviewError::NoAppeal)), "{twice:?}");
        assert!(intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// It was attached under the number that the document was given, before anybody knew whose form it is.
#[tokio::test]
async fn an_appointment_goes_with_the_document_that_turns_out_to_be_a_form() {
    for bench in Bench::on_each_store("followed_paper").await {
        let (petition, held, _) = loose(&bench, CAFE, "rosa").await;
        assert_eq!(bench.outcome(&held).await.0, State::Refused);
        assert_eq!(bench.outcome(&petition).await.0, State::Issued);
        let paper = attach(&bench, &held.number, &held.secret, b"%PDF-1.7 acta").await;
        bench.pass(SignedDuration::from_secs(1));
        bench.work().await;
        let waits = (State::InReview, vec!["APPOINTMENT_ATTACHED"]);
        assert_eq!(bench.outcome(&held).await, waits);
        let case = bench.intake.look(&petition.number, &ana()).await.unwrap();
        let seen: Vec<Sha256> = case.attachments.iter().map(|file| file.sha256).collect();
        assert_eq!(seen, [paper.unwrap()], "whoever decides can read it");
    }
}

/// Signed as a message, a form is known by what the message holds, however it was written down.
#[tokio::test]
async fn a_form_in_a_message_is_known_in_whatever_way_it_is_wrapped() {
    for bench in Bench::on_each_store("followed_wrapped").await {
        let petition = bench.petition(CAFE, Some("nueva@cafe-ficticio.ec")).await;
        let options = CmsOptions {
            signing_time: Some(bench.intake.now()),
            ..CmsOptions::default()
        };
        let lucia = pki::identity("lucia").unwrap();
        let message = cms::sign(&petition.form, true, &lucia, &options);
        let text = openssl::base64::encode_block(&message);
        let pem = format!("-----BEGIN PKCS7-----\n{text}\n-----END PKCS7-----\n");
        bench.upload(None, pem.as_bytes()).await.unwrap();
        bench.work().await;
        let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&petition).await, approved);
    }
}

/// Two signed copies of one form: its number is good for one effect, whichever of them is looked at first.
#[tokio::test]
async fn a_copy_without_its_number_waits_for_the_one_that_has_it() {
    for bench in Bench::on_each_store("followed_copies").await {
        let petition = bench.petition(CAFE, None).await;
        let copy = bench.sign(&petition.form, "lucia");
        let receipt = bench.upload(None, &copy).await.unwrap();
        let held = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: Bytes::new(),
        };
        bench.pass(SignedDuration::from_secs(1));
        let signed = bench.sign(&petition.form, "lucia");
        let under = Some(&petition.number);
        bench.upload(under, &signed).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        bench.pass(SignedDuration::from_mins(2));
        bench.work().await;
        let used = (State::Refused, vec!["ALREADY_USED"]);
        assert_eq!(bench.outcome(&held).await, used);
        assert_eq!(bench.letters().len(), 1, "one effect");
    }
}

/// Lucía's letter for a new password, which never had a form.
fn letter(bench: &Bench) -> Vec<u8> {
    let at = bench.intake.now();
    let recipe = samples::recipes().into_iter().find(|recipe| {
        matches!(recipe.paper, samples::Paper::LetterBy(_)) && recipe.outcome == Outcome::Approved
    });
    let recipe = recipe.expect("an approved letter among the samples");
    recipe.cook(&recipe.own_paper(at).unwrap(), at).unwrap()
}

/// Bytes that were approved lead to their approval, not to a petition of their own that finds them used (DESIGN F). Whoever has
/// no more than a copy of them gets the receipt, and nothing that opens it.
#[tokio::test]
async fn the_same_bytes_without_their_number_get_the_receipt_of_the_approval_that_lives() {
    for bench in Bench::on_each_store("followed_again").await {
        // Approved under its number, without it, and as a letter.
        let numbered = bench.petition(CAFE, None).await;
        let signed = bench.sign(&numbered.form, "lucia");
        let first = bench.upload(Some(&numbered.number), &signed).await.unwrap();
        bench.work().await;
        let (form, _, unnumbered) = loose(&bench, JOINT, "jorge").await;
        let both = bench.sign(&unnumbered, "pilar");
        let second = bench.upload(None, &both).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&form).await.0, State::Approved);
        let written = letter(&bench);
        let third = bench.upload(None, &written).await.unwrap();
        // Not decided yet: the same receipt already (PRODUCT S18).
        let soon = bench.upload(None, &written).await.unwrap();
        assert_eq!((&soon.number, soon.secret), (&third.number, None));
        bench.work().await;
        let before = bench.letters().len();
        bench.pass(SignedDuration::from_mins(5));
        for (bytes, number, received_at) in [
            (&signed, &numbered.number, first.received_at),
            (&both, &form.number, second.received_at),
            (&written, &third.number, third.received_at),
        ] {
            let again = bench.upload(None, bytes).await.unwrap();
            assert_eq!((&again.number, again.received_at), (number, received_at));
            assert!(again.already && !again.in_vain, "{again:?}");
            assert!(again.secret.is_none(), "a copy opens nothing");
            let (sha256, length) = (Sha256::of(bytes), bytes.len() as u64);
            let begun = bench.intake.begin_upload(None, sha256, length).await;
            let body: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(bytes.clone()))];
            let body = futures::stream::iter(body);
            let id = begun.unwrap().0;
            let whole = bench
                .intake
                .append_upload(all_of(&id), body, || Ok(()))
                .await;
            let whole = whole.unwrap().receipt.unwrap();
            assert_eq!((&whole.number, whole.received_at), (number, received_at));
            assert!(whole.secret.is_none() && whole.already, "in pieces too");
        }
        bench.work().await;
        assert_eq!(bench.letters().len(), before, "nothing happens once more");
    }
}

/// What has ended gives nobody hope: the bytes get a petition of their own, which says that they were used.
#[tokio::test]
async fn the_same_bytes_after_their_approval_ended_are_told_so() {
    for bench in Bench::on_each_store("followed_over").await {
        let written = letter(&bench);
        bench.upload(None, &written).await.unwrap();
        bench.work().await;
        bench.pass(SignedDuration::from_hours(25));
        let receipt = bench.upload(None, &written).await.unwrap();
        bench.work().await;
        let held = Petition {
            number: receipt.number,
            secret: receipt.secret.expect("a petition of its own"),
            form: Bytes::new(),
        };
        let (state, codes) = bench.outcome(&held).await;
        assert_eq!(state, State::Refused);
        assert!(codes.contains(&"ALREADY_USED"), "{codes:?}");
    }
}
