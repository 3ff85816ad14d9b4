//! People decide what the machine could not (PRODUCT S29): claims, reasons, four eyes, what displaces what.

mod appeals;
mod appointments;
mod completion;
pub mod counter;
mod deadlines;
mod displacing;
mod meanwhile;
mod reading;

use clavero::domain::{
    Action, Barrier, CaseKind, FourEyes, Member, MemberRole, Outcome, PetitionNumber, Phase,
    ReviewReason, Sha256, State,
};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::LinkStand;
use clavero::intake::review::{Deciding, NewAppointment, Objected, Officer, ReviewError};
use clavero::store::{CaseError, Settled};
use jiff::SignedDuration;

use crate::bench::{BEGINNING, Bench, GOOD, Petition};
use crate::flow::crowded;

/// The term of its director has ended, and nobody followed: one person decides.
pub const FOUNDATION: &str = "2990005055001";
/// The term of its manager has ended, and somebody followed.
const TRANSPORT: &str = "2990004045001";
/// No employer has it: there is nobody to approve anything for.
const NOBODY: &str = "2990123456001";
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
    settle(bench, number, officer, reason, appointment, None).await
}

/// Decides having been shown what is in the way, or not.
pub async fn decide_shown(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    reason: ReviewReason,
    confirmed: Option<Sha256>,
) -> Result<Option<Settled>, ReviewError> {
    settle(bench, number, officer, reason, None, confirmed).await
}

/// Decides once more where the registry objected, having been shown it.
pub async fn decide_having_seen(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    reason: ReviewReason,
) -> Result<Option<Settled>, ReviewError> {
    let Err(ReviewError::Objected(compared, Objected::Unconfirmed)) =
        decide(bench, number, officer, reason).await
    else {
        panic!("nothing is in the way");
    };
    decide_shown(bench, number, officer, reason, Some(compared.digest())).await
}

async fn settle(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    reason: ReviewReason,
    appointment: Option<NewAppointment>,
    confirmed: Option<Sha256>,
) -> Result<Option<Settled>, ReviewError> {
    let case = bench.intake.claim(number, officer).await?;
    let deciding = Deciding {
        number,
        round: case.round,
        reason,
        note: "visto",
        content: None,
        appointment,
        confirmed,
    };
    bench.intake.decide_case(&deciding, officer).await
}

/// On an appeal Ana asks for the appointment, and it comes.
async fn attaches_what_is_asked_on_appeal(bench: &Bench, petition: &Petition) {
    let (number, secret) = (&petition.number, &petition.secret);
    bench
        .intake
        .appeal(number, secret, "Es mi firma")
        .await
        .unwrap();
    decide(bench, number, &ana(), ReviewReason::AppointmentWanted)
        .await
        .unwrap();
    let scan: [Result<bytes::Bytes, ()>; 1] = [Ok("%PDF-1.4 nombramiento".into())];
    bench
        .intake
        .attach_appointment(number, secret, futures::stream::iter(scan))
        .await
        .unwrap();
    bench.work().await;
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
            confirmed: None,
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
        bench.sets_password(GOOD).await;
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
        let again = bench.intake.claim(number, &luis()).await;
        assert!(
            matches!(again, Err(ReviewError::Case(CaseError::NotWaiting))),
            "{again:?}"
        );
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// Where nobody may approve there is nothing that a second person could save. Everywhere else it takes two to refuse what takes two
/// to approve: otherwise whoever is asked as the second one would know what the first one did, and one bribed person could refuse.
#[tokio::test]
async fn what_nobody_may_approve_is_refused_by_one() {
    for bench in Bench::on_each_store("review_refused_by_one").await {
        let petition = in_review(&bench, NOBODY, "lucia").await;
        let number = &petition.number;
        let view = bench.intake.look(number, &ana()).await.unwrap();
        assert_eq!(view.barriers, [Barrier::NoEmployer]);
        let names = bench.intake.employers_of(&[view.case]).await.unwrap();
        assert_eq!(names, [Some(format!("RUC {NOBODY}"))], "in the queue");
        let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        // The company may appeal, and is owed two others then.
        let secret = &petition.secret;
        bench
            .intake
            .appeal(number, secret, "Es mi firma")
            .await
            .unwrap();
        let appealed = decide(&bench, number, &luis(), ReviewReason::NotRepresentative).await;
        assert_eq!(appealed.unwrap(), Some(Settled::Second));

        let petition = in_review(&bench, JOINT, "jorge").await;
        let refused = decide(
            &bench,
            &petition.number,
            &ana(),
            ReviewReason::NotRepresentative,
        )
        .await;
        assert_eq!(refused.unwrap(), Some(Settled::Second));
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
            .restart_with(|settings| settings.review.second_look_per_mille = 1000)
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
