//! People decide what the machine could not (PRODUCT S09, S29–S31, S39): reasons, four eyes, completion, appeal, the counter.

use bytes::Bytes;
use clavero::domain::{
    Action, Barrier, CaseKind, DossierItem, Employer, EmployerKind, FourEyes, Member, MemberRole,
    Outcome, PetitionNumber, Phase, RepresentationMode, ReviewReason, State,
};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::review::{Deciding, NewAppointment, NewVisit, Officer, ReviewError};
use clavero::intake::{IntakeError, Issued, LinkStand};
use clavero::registry::supercias::{Company, CompanyFacts};
use clavero::store::{CaseError, ImportKind, MessageKind, Settled, Wanted};
use jiff::SignedDuration;

use crate::bench::{BEGINNING, Bench, GOOD, Petition};
use crate::flow::crowded;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The term of its director has ended, and nobody followed: one person decides.
pub const FOUNDATION: &str = "2990005055001";
/// The term of its manager has ended, and somebody followed.
const TRANSPORT: &str = "2990004045001";
/// Two must sign.
pub const JOINT: &str = "2990003035001";

pub fn officer(user: &str, role: MemberRole) -> Officer {
    Officer {
        member: Member {
            user: user.parse().unwrap(),
            name: user.to_owned(),
            role,
            email: None,
            document: None,
            tied_rucs: Vec::new(),
            created_at: BEGINNING,
            disabled_at: None,
        },
        address: "127.0.0.1".to_owned(),
        session: None,
    }
}

pub fn ana() -> Officer {
    officer("ana", MemberRole::Reviewer)
}

pub fn luis() -> Officer {
    officer("luis", MemberRole::Reviewer)
}

pub fn eva() -> Officer {
    officer("eva", MemberRole::Supervisor)
}

pub async fn decide(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    reason: ReviewReason,
) -> Result<Option<Settled>, ReviewError> {
    decide_with(bench, number, officer, reason, None).await
}

pub async fn decide_with(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    reason: ReviewReason,
    appointment: Option<NewAppointment>,
) -> Result<Option<Settled>, ReviewError> {
    let case = bench.intake.claim(number, officer).await?;
    let deciding = Deciding {
        number,
        round: case.round,
        reason,
        note: "visto",
        content: None,
        appointment,
    };
    bench.intake.decide_case(&deciding, officer).await
}

pub async fn in_review(bench: &Bench, ruc: &str, who: &str) -> Petition {
    let petition = bench.signed_petition(ruc, who, None).await;
    let (state, codes) = bench.outcome(&petition).await;
    assert_eq!(state, State::InReview, "{codes:?}");
    petition
}

pub fn is_final(settled: Result<Option<Settled>, ReviewError>, outcome: Outcome) {
    assert_eq!(settled.unwrap(), Some(Settled::Final(outcome)));
}

/// Whoever decides has seen the document that they decide about, however another one came in meanwhile.
#[tokio::test]
async fn a_form_that_comes_without_its_number_begins_another_round() {
    for bench in Bench::on_each_store("review_swapped").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let held = bench.intake.claim(&petition.number, &ana()).await.unwrap();
        bench.pass(SignedDuration::from_mins(1));
        let again = bench.sign(&petition.form, "hernan");
        bench.upload(None, &again).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let deciding = Deciding {
            number: &petition.number,
            round: held.round,
            reason: ReviewReason::StillInOffice,
            note: "visto",
            content: None,
            appointment: None,
        };
        let late = bench.intake.decide_case(&deciding, &ana()).await;
        assert!(
            matches!(late, Err(ReviewError::Case(CaseError::Lost))),
            "{late:?}"
        );
        let reason = ReviewReason::StillInOffice;
        let anew = decide(&bench, &petition.number, &ana(), reason).await;
        is_final(anew, Outcome::Approved);
    }
}

#[tokio::test]
async fn an_approval_sends_a_notice_and_the_person_asks_for_the_link() {
    for bench in Bench::on_each_store("review_approved").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let held = bench.intake.claim(&petition.number, &ana()).await.unwrap();
        assert_eq!((held.kind, held.phase), (CaseKind::Petition, Phase::First));
        assert_eq!(held.reason, "REPRESENTATION_ENDED");
        let other = bench.intake.claim(&petition.number, &luis()).await;
        assert!(
            matches!(&other, Err(ReviewError::Case(CaseError::Held { by, .. })) if by == "ana"),
            "{other:?}"
        );
        let settled = decide(
            &bench,
            &petition.number,
            &ana(),
            ReviewReason::StillInOffice,
        )
        .await;
        is_final(settled, Outcome::Approved);
        bench.work().await;
        let letters = bench.letters();
        assert_eq!(letters.len(), 1);
        let to_password = |link: &String| link.contains("/clave/");
        assert!(
            !letters[0].links.iter().any(to_password),
            "a notice, and no link to the password yet"
        );
        let status = bench.status(&petition).await;
        assert_eq!(
            (status.state, status.outcome),
            (State::Approved, Some(Outcome::Approved))
        );
        assert_eq!(status.review.unwrap().reason, ReviewReason::StillInOffice);

        let (number, secret) = (&petition.number, &petition.secret);
        assert_eq!(status.link.stand, LinkStand::Unsent);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work().await;
        assert_eq!(bench.status(&petition).await.link.stand, LinkStand::Sent);
        let token = bench.token("clave");
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
        let again = bench.intake.claim(number, &luis()).await;
        assert!(
            matches!(again, Err(ReviewError::Case(CaseError::NotWaiting))),
            "{again:?}"
        );
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// S29: a case that needs two persons.
#[tokio::test]
async fn s29_the_same_person_and_a_person_tied_to_the_ruc_are_refused_and_the_first_verdict_is_hidden()
 {
    for bench in Bench::on_each_store("review_s29").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let view = bench.intake.look(number, &ana()).await.unwrap();
        assert_eq!(view.four_eyes, [FourEyes::Override]);
        let first = decide(&bench, number, &ana(), ReviewReason::SamePerson).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::InReview,
            "nothing has happened yet"
        );

        let again = decide(&bench, number, &ana(), ReviewReason::SamePerson).await;
        assert!(
            matches!(again, Err(ReviewError::Case(CaseError::SamePerson))),
            "{again:?}"
        );
        let mut tied = luis();
        tied.member.document = Some(person("pilar").unwrap().document.parse().unwrap());
        let refused = bench.intake.claim(number, &tied).await;
        assert!(
            matches!(refused, Err(ReviewError::Case(CaseError::Tied))),
            "{refused:?}"
        );
        let mut listed = officer("ines", MemberRole::Supervisor);
        listed.member.tied_rucs = vec![JOINT.parse().unwrap()];
        let refused = bench.intake.claim(number, &listed).await;
        assert!(
            matches!(refused, Err(ReviewError::Case(CaseError::Tied))),
            "{refused:?}"
        );
        // Once tied, kept out: also when the list is shortened afterwards.
        listed.member.tied_rucs.clear();
        assert!(bench.intake.claim(number, &listed).await.is_err());

        let marta = officer("marta", MemberRole::Reviewer);
        let view = bench.intake.look(number, &marta).await.unwrap();
        assert_eq!(view.case.phase, Phase::Second);
        assert!(view.acts.is_empty(), "{:?}", view.acts);
        let auditor = officer("audit", MemberRole::Auditor);
        assert_eq!(
            bench
                .intake
                .look(number, &auditor)
                .await
                .unwrap()
                .acts
                .len(),
            1
        );
        let reads = bench.intake.claim(number, &auditor).await;
        assert!(matches!(reads, Err(ReviewError::ReadsOnly)), "{reads:?}");
        let second = decide(&bench, number, &marta, ReviewReason::SamePerson).await;
        is_final(second, Outcome::Approved);
    }
}

#[tokio::test]
async fn two_who_disagree_go_to_a_supervisor() {
    for bench in Bench::on_each_store("review_disagree").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        decide(&bench, number, &ana(), ReviewReason::SamePerson)
            .await
            .unwrap();
        let second = decide(&bench, number, &luis(), ReviewReason::NotRepresentative).await;
        assert_eq!(second.unwrap(), Some(Settled::Supervisor));
        let marta = officer("marta", MemberRole::Reviewer);
        let below = bench.intake.claim(number, &marta).await;
        assert!(
            matches!(below, Err(ReviewError::Case(CaseError::ForSupervisor))),
            "{below:?}"
        );
        let view = bench.intake.look(number, &eva()).await.unwrap();
        assert_eq!(view.acts.len(), 2, "a supervisor sees both");
        let third = decide(&bench, number, &eva(), ReviewReason::NotRepresentative).await;
        is_final(third, Outcome::Refused);
        let status = bench.status(&petition).await;
        assert_eq!(
            (status.state, status.outcome),
            (State::Refused, Some(Outcome::Refused))
        );
        assert_eq!(
            status.review.unwrap().reason,
            ReviewReason::NotRepresentative
        );
    }
}

#[tokio::test]
async fn chance_brings_a_second_look() {
    for mut bench in Bench::on_each_store("review_chance").await {
        bench
            .changes(|settings| settings.review.second_look_per_mille = 1000)
            .await;
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let number = &petition.number;
        let first = decide(&bench, number, &ana(), ReviewReason::StillInOffice).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let view = bench.intake.look(number, &luis()).await.unwrap();
        assert!(view.case.second_look && view.acts.is_empty());
        let second = decide(&bench, number, &luis(), ReviewReason::StillInOffice).await;
        is_final(second, Outcome::Approved);
    }
}

#[tokio::test]
async fn what_failed_is_approved_by_nobody() {
    for bench in Bench::on_each_store("review_failed").await {
        let petition = bench.petition(CAFE, None).await;
        let mut signed = bench.sign(&petition.form, "lucia");
        let place = signed
            .windows(7)
            .position(|part| part == b"/Border")
            .unwrap_or(petition.form.len() / 2);
        signed[place + 1] ^= 0x20;
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Refused, "{:?}", status.reasons);
        assert!(status.appeal_until.is_some());
        bench
            .intake
            .appeal(&petition.number, &petition.secret, "Es mi firma")
            .await
            .unwrap();
        for officer in [ana(), eva()] {
            let refused =
                decide(&bench, &petition.number, &officer, ReviewReason::SamePerson).await;
            let Err(ReviewError::Barred(barriers)) = refused else {
                panic!("{refused:?}");
            };
            assert!(
                barriers.contains(&Barrier::SignatureFailed)
                    || barriers.contains(&Barrier::HardFact),
                "{barriers:?}"
            );
            bench
                .intake
                .hand_over(&petition.number, &officer, "")
                .await
                .unwrap();
        }
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    }
}

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
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.appeal(number, secret, "").await.unwrap();
        decide(&bench, number, &ana(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
        bench
            .intake
            .attach_appointment(number, secret, futures::stream::iter(scan))
            .await
            .unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let view = bench.intake.look(number, &luis()).await.unwrap();
        assert!(!view.barriers.is_empty(), "and can't approve it");
    }
}

/// What a person refused comes back with nothing that is refused after it, nor what it had replaced.
#[tokio::test]
async fn a_refusal_ends_also_what_the_refused_document_had_replaced() {
    for bench in Bench::on_each_store("review_replaced").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        bench.pass(SignedDuration::from_secs(1));
        bench.sign_and_upload(&petition, "jorge").await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        for officer in [ana(), luis()] {
            decide(&bench, number, &officer, ReviewReason::NotRepresentative)
                .await
                .unwrap();
        }
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        bench.pass(SignedDuration::from_secs(1));
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
    }
}

/// Anybody may upload under a number.
#[tokio::test]
async fn s30_what_is_refused_does_not_displace_an_appeal() {
    for bench in Bench::on_each_store("review_appeal_displaced").await {
        let petition = bench.signed_petition(CAFE, "rosa", None).await;
        let (number, secret) = (&petition.number, &petition.secret);
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        let before = bench.status(&petition).await.sha256;
        bench.intake.appeal(number, secret, "").await.unwrap();
        bench.pass(SignedDuration::from_secs(1));
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!((status.state, status.sha256), (State::InReview, before));
    }
}

/// What nobody signed displaces nothing that waits for people, and costs nobody their vote, their place or their turn.
#[tokio::test]
async fn what_nobody_signed_does_not_displace_what_waits() {
    for bench in Bench::on_each_store("review_unsigned").await {
        let address = Some("nueva@fundacion-ejemplo.ec");
        let petition = bench.signed_petition(FOUNDATION, "hernan", address).await;
        let number = &petition.number;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        let first = decide(&bench, number, &ana(), ReviewReason::StillInOffice).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let standing = async || {
            let case = bench.intake.store().case(number).await.unwrap().unwrap();
            let sha256 = bench.status(&petition).await.sha256;
            (case.round, case.phase, case.opened_at, sha256)
        };
        let before = standing().await;
        for junk in [crowded(&petition.form), b"nothing".to_vec()] {
            bench.pass(SignedDuration::from_secs(1));
            bench.upload(Some(number), &junk).await.unwrap();
            bench.work().await;
            assert_eq!(bench.outcome(&petition).await.0, State::InReview);
            assert_eq!(standing().await, before);
        }
        let same = bench.intake.claim(number, &ana()).await;
        assert!(
            matches!(same, Err(ReviewError::Case(CaseError::SamePerson))),
            "{same:?}"
        );
        let second = decide(&bench, number, &luis(), ReviewReason::StillInOffice).await;
        is_final(second, Outcome::Approved);
    }
}

#[tokio::test]
async fn s30_an_appeal_goes_to_another_reviewer_and_each_refusal_has_one() {
    for bench in Bench::on_each_store("review_appeal").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        let early = bench.intake.appeal(number, secret, "").await;
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
        let twice = bench.intake.appeal(number, secret, "").await;
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
        bench.intake.appeal(number, secret, "").await.unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    }
}

/// S09: the appointment of a new representative goes into the registry with the approval.
#[tokio::test]
async fn s09_an_approved_appointment_is_in_the_registry_with_its_digest() {
    for bench in Bench::on_each_store("review_s09").await {
        let petition = bench.signed_petition(CAFE, "rosa", None).await;
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        let (number, secret) = (&petition.number, &petition.secret);
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
        let receipt = bench
            .intake
            .attach_appointment(number, secret, futures::stream::iter(scan))
            .await
            .unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.1, ["APPOINTMENT_ATTACHED"]);
        let appointment = NewAppointment {
            sha256: receipt.sha256,
            post: "Directora Ejecutiva".to_owned(),
            from: "2026-01-01".parse().unwrap(),
            to: Some("2028-12-31".parse().unwrap()),
            mode: RepresentationMode::Sole,
            required_signatures: 1,
            scope: None,
        };
        let reason = ReviewReason::AppointmentRegistered;
        let first = decide_with(&bench, number, &ana(), reason, Some(appointment.clone())).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let second = decide_with(&bench, number, &luis(), reason, Some(appointment)).await;
        is_final(second, Outcome::Approved);
        let store = bench.intake.store();
        let record = store
            .employer(&CAFE.parse().unwrap(), &"0001".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let rosa = person("rosa").unwrap();
        let new = record
            .employer
            .representatives
            .iter()
            .find(|one| one.document.as_str() == rosa.document)
            .expect("registered");
        assert_eq!(new.from.to_string(), "2026-01-01");
        assert!(
            new.source.contains(&receipt.sha256.to_string()),
            "{}",
            new.source
        );
        bench.work().await;
        assert_eq!(
            store
                .messages(number, MessageKind::AppointmentNotice)
                .await
                .unwrap()
                .len(),
            1
        );
        bench.token("no-fui-yo");
        // The next petition needs nobody.
        let next = bench.signed_petition(CAFE, "rosa", None).await;
        assert_eq!(bench.outcome(&next).await.0, State::Approved);
    }
}

/// A company that nobody but the Superintendencia knows.
const DIRECTORY: &str = "2990099995001";

/// What the registry says of it, once its directory was imported.
async fn known_from_the_directory(bench: &Bench) -> Employer {
    let company = Company {
        ruc: DIRECTORY.parse().unwrap(),
        facts: CompanyFacts {
            legal_name: "DIRECTORIO DE MENTIRA S.A.S.".to_owned(),
            kind: EmployerKind::Sas,
            situation: "ACTIVA".to_owned(),
            representative: String::new(),
            post: String::new(),
        },
    };
    let wanted = vec![Wanted::Company(company)];
    let kind = ImportKind::Supercias;
    bench.imports(kind, "directorio", wanted).await;
    known(bench, DIRECTORY).await
}

async fn known(bench: &Bench, ruc: &str) -> Employer {
    let (ruc, branch) = (ruc.parse().unwrap(), "0001".parse().unwrap());
    let record = bench.intake.store().employer(&ruc, &branch).await.unwrap();
    record.unwrap().employer
}

async fn two_approve(
    bench: &Bench,
    number: &PetitionNumber,
    reason: ReviewReason,
    appointment: Option<NewAppointment>,
) {
    let first = decide_with(bench, number, &ana(), reason, appointment.clone()).await;
    assert_eq!(first.unwrap(), Some(Settled::Second));
    let second = decide_with(bench, number, &luis(), reason, appointment).await;
    is_final(second, Outcome::Approved);
    bench.work().await;
}

#[tokio::test]
async fn an_address_approved_for_a_company_of_the_directory_alone_is_put_on_file() {
    for bench in Bench::on_each_store("review_directory").await {
        let before = known_from_the_directory(&bench).await;
        let address = "nueva@directorio-ficticio.ec";
        let change = bench
            .signed_petition(DIRECTORY, "rosa", Some(address))
            .await;
        let unknown = vec!["REPRESENTATIVE_UNKNOWN"];
        assert_eq!(bench.outcome(&change).await, (State::InReview, unknown));
        two_approve(&bench, &change.number, ReviewReason::OwnerConfirmed, None).await;
        let token = bench.token("correo");
        bench.intake.open_confirmation(&token).await.unwrap();
        bench.intake.confirm_address(&token).await.unwrap();
        assert_eq!(bench.outcome(&change).await.0, State::Completed);
        let expected = Employer {
            email: Some(address.parse().unwrap()),
            ..before
        };
        let after = known(&bench, DIRECTORY).await;
        assert_eq!(after, expected, "what it is has not changed");
    }
}

#[tokio::test]
async fn an_appointment_is_registered_for_a_company_of_the_directory_alone() {
    for bench in Bench::on_each_store("review_directory_s09").await {
        let before = known_from_the_directory(&bench).await;
        let address = "nueva@directorio-ficticio.ec";
        let change = bench.petition(DIRECTORY, Some(address)).await;
        bench.sign_and_upload(&change, "rosa").await;
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
        let receipt = bench
            .intake
            .attach_appointment(&change.number, &change.secret, futures::stream::iter(scan))
            .await;
        bench.work().await;
        let appointment = NewAppointment {
            sha256: receipt.unwrap().sha256,
            post: "Gerente General".to_owned(),
            from: "2026-01-01".parse().unwrap(),
            to: None,
            mode: RepresentationMode::Sole,
            required_signatures: 1,
            scope: None,
        };
        let reason = ReviewReason::AppointmentRegistered;
        two_approve(&bench, &change.number, reason, Some(appointment)).await;
        let after = known(&bench, DIRECTORY).await;
        let rosa = person("rosa").unwrap();
        assert_eq!(after.representatives.len(), 1);
        assert_eq!(after.representatives[0].document.as_str(), rosa.document);
        let expected = Employer {
            representatives: after.representatives.clone(),
            ..before
        };
        assert_eq!(after, expected, "what it is has not changed");
        let token = bench.token("correo");
        bench.intake.confirm_address(&token).await.unwrap();
        assert_eq!(bench.outcome(&change).await.0, State::Completed);
    }
}

/// S06, S08: whom the registry knows in an office that has ended attaches what it does not know yet, and two persons read it.
#[tokio::test]
async fn an_appointment_of_somebody_whose_term_ended_is_for_two_persons() {
    for bench in Bench::on_each_store("review_new_term").await {
        let petition = bench.signed_petition(TRANSPORT, "eduardo", None).await;
        let refused = (State::Refused, vec!["REPRESENTATION_ENDED"]);
        assert_eq!(bench.outcome(&petition).await, refused);
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.appeal(number, secret, "").await.unwrap();
        decide(&bench, number, &ana(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
        bench
            .intake
            .attach_appointment(number, secret, futures::stream::iter(scan))
            .await
            .unwrap();
        bench.work().await;
        let attached = (State::InReview, vec!["APPOINTMENT_ATTACHED"]);
        assert_eq!(bench.outcome(&petition).await, attached);
        let view = bench.intake.look(number, &luis()).await.unwrap();
        assert_eq!(view.barriers, []);
        assert!(view.four_eyes.contains(&FourEyes::NewRepresentative));

        // The same file once more is nothing new, unless it is what a person asks for.
        let again = async || {
            let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
            let scan = futures::stream::iter(scan);
            let receipt = bench.intake.attach_appointment(number, secret, scan).await;
            let already = receipt.unwrap().already;
            bench.work().await;
            (already, bench.outcome(&petition).await.0)
        };
        assert_eq!(again().await, (true, State::InReview));
        decide(&bench, number, &luis(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::AwaitingCompletion);
        assert_eq!(again().await, (false, State::InReview));

        // Attached before anything was signed: whoever holds the office hears of it all the same, each time once.
        let first = bench.petition(TRANSPORT, None).await;
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 otro"))];
        let scan = futures::stream::iter(scan);
        let (number, secret) = (&first.number, &first.secret);
        bench
            .intake
            .attach_appointment(number, secret, scan)
            .await
            .unwrap();
        bench.sign_and_upload(&first, "eduardo").await;
        assert_eq!(bench.outcome(&first).await, attached);
        let told = async |petition: &Petition| {
            let store = bench.intake.store();
            let alerts = store.messages(&petition.number, MessageKind::SuccessorAlert);
            alerts.await.unwrap().len()
        };
        assert_eq!(
            told(&petition).await,
            2,
            "of the refusal, and of the appointment"
        );
        assert_eq!(told(&first).await, 1);
    }
}

/// Somebody of the café stands at the counter, and Ana opens their case.
async fn visit(bench: &Bench) -> Issued {
    let visit = NewVisit {
        ruc: CAFE.parse().unwrap(),
        branch: "0001".parse().unwrap(),
        turn: "T-123".to_owned(),
    };
    bench.intake.open_counter(&visit, &ana()).await.unwrap()
}

/// Ana scans the five documents.
async fn scan_all(bench: &Bench, number: &PetitionNumber) {
    for item in DossierItem::ALL {
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(format!("%PDF-1.4 {item}")))];
        let scan = futures::stream::iter(scan);
        bench.intake.scan(number, item, &ana(), scan).await.unwrap();
    }
}

/// S39: the counter.
#[tokio::test]
async fn s39_two_officers_see_five_documents_and_the_link_is_opened_at_the_counter() {
    for bench in Bench::on_each_store("review_s39").await {
        let issued = visit(&bench).await;
        let number = &issued.number;
        // Whoever knows the number can't close the case with a document that is refused.
        let junk = bench.upload(Some(number), b"%PDF-1.4 junk").await;
        assert!(matches!(junk, Err(IntakeError::AtTheCounter)), "{junk:?}");
        let early = decide(&bench, number, &ana(), ReviewReason::DossierComplete).await;
        assert!(
            matches!(early, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{early:?}"
        );
        let unseen = bench.intake.tick(number, DossierItem::Ruc, &ana()).await;
        assert!(
            matches!(unseen, Err(ReviewError::Case(CaseError::ScanMissing))),
            "{unseen:?}"
        );
        for item in DossierItem::ALL {
            let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(format!("%PDF-1.4 {item}")))];
            let scan = futures::stream::iter(scan);
            bench.intake.scan(number, item, &ana(), scan).await.unwrap();
            bench.intake.tick(number, item, &ana()).await.unwrap();
        }
        let first = decide(&bench, number, &ana(), ReviewReason::DossierComplete).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let lazy = decide(&bench, number, &luis(), ReviewReason::DossierComplete).await;
        assert!(
            matches!(lazy, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{lazy:?}"
        );
        for item in DossierItem::ALL {
            bench.intake.tick(number, item, &luis()).await.unwrap();
        }
        let none = bench.intake.counter_link(number, &luis()).await;
        assert!(
            matches!(none, Err(ReviewError::Intake(IntakeError::NotApproved))),
            "{none:?}"
        );
        let second = decide(&bench, number, &luis(), ReviewReason::DossierComplete).await;
        is_final(second, Outcome::Approved);
        let stranger = bench.intake.counter_link(number, &eva()).await;
        assert!(stranger.is_err(), "only who approved opens the link");
        let link = bench.intake.counter_link(number, &luis()).await.unwrap();
        // Whoever reads the address on file may be the accountant of before: nothing goes there but the notice.
        let (id, secret) = (number.clone(), issued.secret.clone());
        let status = bench.intake.status(&id, &secret).await.unwrap().unwrap();
        assert!(!status.link.can_send && status.at_the_counter);
        assert_eq!(status.link.stand, LinkStand::AtTheCounter);
        let mailed = bench.intake.send_link(&id, &secret).await;
        assert!(
            matches!(mailed, Err(IntakeError::AtTheCounter)),
            "{mailed:?}"
        );
        bench.work().await;
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.links.contains(&link.url)
                    && !letter.links.iter().any(|link| link.contains("/clave/"))),
            "the link is not mailed"
        );
        bench.token("no-fui-yo");
        let token = link.url.rsplit('/').next().unwrap();
        let token = clavero::domain::Token::presented(token).unwrap();
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        let attachments = bench.intake.store().attachments(number).await.unwrap();
        assert_eq!(attachments.len(), 5);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// S39, S30: a refusal at the counter is looked at again by the rules of the counter, by two others.
#[tokio::test]
async fn s39_an_appeal_at_the_counter_is_judged_by_the_dossier() {
    for bench in Bench::on_each_store("review_s39_appeal").await {
        let issued = visit(&bench).await;
        let number = &issued.number;
        scan_all(&bench, number).await;
        for officer in [ana(), luis()] {
            decide(&bench, number, &officer, ReviewReason::DossierIncomplete)
                .await
                .unwrap();
        }
        bench
            .intake
            .appeal(number, &issued.secret, "La carpeta está completa")
            .await
            .unwrap();
        let same = bench.intake.claim(number, &ana()).await;
        assert!(
            matches!(same, Err(ReviewError::Case(CaseError::SamePerson))),
            "{same:?}"
        );
        let marta = officer("marta", MemberRole::Reviewer);
        let wanted = decide(&bench, number, &marta, ReviewReason::FormWanted).await;
        assert!(matches!(wanted, Err(ReviewError::Reason)), "{wanted:?}");
        let unseen = decide(&bench, number, &marta, ReviewReason::DossierComplete).await;
        assert!(
            matches!(unseen, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{unseen:?}"
        );
        for item in DossierItem::ALL {
            bench.intake.tick(number, item, &marta).await.unwrap();
        }
        let first = decide(&bench, number, &marta, ReviewReason::DossierComplete).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        bench.intake.claim(number, &eva()).await.unwrap();
        for item in DossierItem::ALL {
            bench.intake.tick(number, item, &eva()).await.unwrap();
        }
        let second = decide(&bench, number, &eva(), ReviewReason::DossierComplete).await;
        is_final(second, Outcome::Approved);
        bench.intake.counter_link(number, &eva()).await.unwrap();
    }
}

/// Whoever did not stand at the counter stops it: their notice does not wait for the end of a hold, as a link would.
#[tokio::test]
async fn what_is_approved_at_the_counter_is_told_at_once() {
    for bench in Bench::on_each_store("review_counter_told").await {
        let address = Some("nueva@cafe-ficticio.ec");
        bench.signed_petition(CAFE, "lucia", address).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.work().await;
        let issued = visit(&bench).await;
        let number = &issued.number;
        scan_all(&bench, number).await;
        for who in [ana(), luis()] {
            bench.intake.claim(number, &who).await.unwrap();
            for item in DossierItem::ALL {
                bench.intake.tick(number, item, &who).await.unwrap();
            }
            let settled = decide(&bench, number, &who, ReviewReason::DossierComplete).await;
            settled.unwrap();
        }
        bench.work().await;
        let told = bench.letters().pop().unwrap();
        assert!(told.subject.contains("ventanilla"), "{}", told.subject);
        bench.intake.counter_link(number, &luis()).await.unwrap();
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        let stopped = bench.intake.counter_link(number, &luis()).await;
        assert!(
            matches!(stopped, Err(ReviewError::Intake(IntakeError::Frozen))),
            "{stopped:?}"
        );
    }
}

/// An account is opened without any link: want of an address must not keep it shut.
#[tokio::test]
async fn a_person_unblocks_an_account_of_an_employer_without_an_address() {
    for bench in Bench::on_each_store("review_unblock").await {
        bench
            .changes_employer(FOUNDATION, "no address", |employer| employer.email = None)
            .await;
        let unblock = bench.petition_for(FOUNDATION, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "hernan").await;
        assert_eq!(bench.outcome(&unblock).await.0, State::InReview);
        let reason = ReviewReason::StillInOffice;
        let settled = decide(&bench, &unblock.number, &ana(), reason).await;
        is_final(settled, Outcome::Approved);
        assert_eq!(
            bench.status(&unblock).await.link.stand,
            LinkStand::NoAddress
        );

        // A password is nothing without its link.
        let reset = bench.petition(FOUNDATION, None).await;
        bench.sign_and_upload(&reset, "hernan").await;
        let (state, codes) = bench.outcome(&reset).await;
        assert_eq!(state, State::Refused, "{codes:?}");
        assert!(codes.contains(&"NO_EMAIL"), "{codes:?}");
    }
}

/// S31: terms are shown and alarms are due, and time alone approves nothing.
#[tokio::test]
async fn s31_time_alone_decides_nothing() {
    for bench in Bench::on_each_store("review_s31").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let day = |days: i64| BEGINNING + HOUR * 24 * i32::try_from(days).unwrap();
        bench.pass(HOUR * 25);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 1);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 0, "told once");
        let view = bench.intake.look(&petition.number, &ana()).await.unwrap();
        assert_eq!(view.clock.alarm_at, day(1));
        assert_eq!(
            view.clock.alarm_day,
            day(26),
            "20 working days from a Sunday"
        );
        bench.pass(HOUR * 24 * 25 - HOUR * 2);
        assert_eq!(
            bench.intake.ring_deadlines().await.unwrap(),
            0,
            "an hour early"
        );
        bench.pass(HOUR);
        assert_eq!(
            bench.intake.ring_deadlines().await.unwrap(),
            1,
            "the 20th day"
        );
        bench.pass(HOUR * 24 * 120);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    }
}

/// S31: the term begins when the case is opened, each time; the days that a company takes to complete are its own (COA Art. 162).
#[tokio::test]
async fn s31_each_round_of_a_case_rings_for_itself() {
    for bench in Bench::on_each_store("review_s31_rounds").await {
        let rings = async || bench.intake.ring_deadlines().await.unwrap();
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        bench.pass(HOUR * 25);
        assert_eq!(rings().await, 1);
        decide(&bench, number, &ana(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        bench.pass(HOUR * 24 * 5);
        assert_eq!(rings().await, 0, "the company's days");
        bench.sign_and_upload(&petition, "hernan").await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        assert_eq!(rings().await, 0, "it waits since a moment");
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0));
        // The second round began on Saturday, 2026-03-07: the twentieth working day is the Monday behind Good Friday.
        bench.pass(HOUR * 24 * 29 - HOUR * 2);
        assert_eq!(rings().await, 0, "counted from the second round");
        bench.pass(HOUR * 2);
        assert_eq!(rings().await, 1, "the 20th day");

        let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        bench.intake.appeal(number, secret, "").await.unwrap();
        assert_eq!(rings().await, 0);
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0), "an appeal");

        visit(&bench).await;
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0), "the counter");
    }
}

/// Anybody may upload under a number: what is refused neither delays an alarm nor rings again.
#[tokio::test]
async fn s31_what_displaces_nothing_changes_no_term() {
    for bench in Bench::on_each_store("review_s31_junk").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let opened = bench.intake.look(number, &ana()).await.unwrap().case;
        bench.pass(HOUR * 23);
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        let again = bench.intake.look(number, &ana()).await.unwrap().case;
        let place = |case: clavero::store::CaseRow| (case.place().to_string(), case.opened_at);
        assert_eq!(place(again), place(opened));
        bench.pass(HOUR);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 1);
        bench.upload(Some(number), b"nothing again").await.unwrap();
        bench.work().await;
        bench.pass(HOUR);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 0);
    }
}
