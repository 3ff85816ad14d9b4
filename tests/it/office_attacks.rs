//! What somebody inside the office tries who wants to decide alone, twice, for friends, or with a key that was taken away
//! (PRODUCT S29, threats 17 to 19).

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use clavero::domain::{
    Barrier, CaseAct, CaseKind, FourEyes, MemberRole, Outcome, PetitionContent, PetitionNumber,
    State,
};
use clavero::domain::{Phase, RepresentationMode, ReviewReason};
use clavero::fixture::letter::{self, Letter};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::review::{Deciding, NewAppointment, Officer, ReviewError};
use clavero::intake::{IntakeError, LinkStand};
use clavero::store::{CaseError, Settled};
use jiff::SignedDuration;
use std::net::SocketAddr;
use tower::ServiceExt;

use crate::bench::{Bench, Petition};
use crate::office::Office;
use crate::office_changes::{REASON, Supervisor};
use crate::review::{
    FOUNDATION, JOINT, ana, decide, decide_having_seen, decide_with, eva, in_review, is_final,
    luis, officer,
};

fn pdf(words: &'static str) -> impl futures::Stream<Item = Result<Bytes, ()>> {
    futures::stream::iter([Ok(Bytes::from_static(words.as_bytes()))])
}

/// The password of the main branch.
fn reset() -> PetitionContent {
    PetitionContent {
        ruc: CAFE.parse().unwrap(),
        branch: "0001".parse().unwrap(),
        action: clavero::domain::Action::ResetPassword,
        new_email: None,
    }
}

/// Lucía's letter that seems to ask for two things: a person must read which one is meant.
fn unclear_letter(bench: &Bench) -> Vec<u8> {
    let written = Letter {
        content: reset(),
        legal_name: "CAFÉ QUE CAMBIA SU CORREO".to_owned(),
        representative: (
            "LUCÍA".to_owned(),
            person("lucia").unwrap().document.to_owned(),
            "Gerente".to_owned(),
        ),
        at: bench.intake.now(),
    };
    bench.sign(&letter::render(&written).unwrap(), "lucia")
}

async fn unread_letter(bench: &Bench) -> Petition {
    let receipt = bench.upload(None, &unclear_letter(bench)).await.unwrap();
    bench.work().await;
    let petition = Petition {
        number: receipt.number,
        secret: receipt.secret.unwrap(),
        form: Bytes::new(),
    };
    let (state, codes) = bench.outcome(&petition).await;
    assert_eq!(state, State::InReview, "{codes:?}");
    petition
}

#[tokio::test]
async fn whoever_is_tied_to_the_employer_they_read_in_a_letter_decides_nothing() {
    let bench = Bench::new().await;
    let petition = unread_letter(&bench).await;
    let number = &petition.number;
    let mut tied = ana();
    tied.member.tied_rucs = vec![CAFE.parse().unwrap()];
    let case = bench.intake.claim(number, &tied).await.unwrap();
    let deciding = Deciding {
        number,
        round: case.round,
        reason: ReviewReason::LetterClear,
        note: "",
        content: Some(reset()),
        appointment: None,
        confirmed: None,
    };
    let refused = bench.intake.decide_case(&deciding, &tied).await;
    assert!(
        matches!(refused, Err(ReviewError::Case(CaseError::Tied))),
        "{refused:?}"
    );
    let again = bench.intake.claim(number, &tied).await;
    assert!(
        matches!(again, Err(ReviewError::Case(CaseError::Tied))),
        "kept out from now on: {again:?}"
    );
}

/// Anybody can ask for a number, and upload under it what somebody else once signed. What was typed then is nobody's word.
#[tokio::test]
async fn what_was_typed_for_a_number_is_not_what_a_letter_asks_for() {
    for bench in Bench::on_each_store("typed").await {
        let typed = bench.petition(CAFE, Some("ladron@ejemplo.ec")).await;
        let number = &typed.number;
        let letter = unclear_letter(&bench);
        bench.upload(Some(number), &letter).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&typed).await.0, State::InReview);
        for officer in [ana(), luis()] {
            let view = bench.intake.look(number, &officer).await.unwrap();
            assert_eq!(
                (view.asked, view.four_eyes.contains(&FourEyes::ReadByPerson)),
                (None, true)
            );
            let unread = read_and_approve(&bench, number, &officer, None).await;
            assert!(matches!(unread, Err(ReviewError::Reading)), "{unread:?}");
            let read = read_and_approve(&bench, number, &officer, Some(reset())).await;
            let Err(ReviewError::Barred(barriers)) = read else {
                panic!("{read:?}")
            };
            assert_eq!(barriers, [Barrier::OtherPetition]);
            bench.pass(SignedDuration::from_mins(11));
        }
        bench.work().await;
        assert!(bench.letters().is_empty(), "{:?}", bench.letters());
        assert_eq!(bench.outcome(&typed).await.0, State::InReview);
    }
}

/// Who asked for a number and then sent a letter of their own about the same is not sent away: two people read it.
#[tokio::test]
async fn a_letter_that_asks_for_what_its_number_does_is_read_by_two() {
    for bench in Bench::on_each_store("typed_alike").await {
        let typed = bench.petition(CAFE, None).await;
        let number = &typed.number;
        let letter = unclear_letter(&bench);
        bench.upload(Some(number), &letter).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&typed).await.0, State::InReview);
        let first = read_and_approve(&bench, number, &ana(), Some(reset())).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let second = read_and_approve(&bench, number, &luis(), Some(reset())).await;
        is_final(second, Outcome::Approved);
        assert_eq!(bench.outcome(&typed).await.0, State::Approved);
    }
}

/// Whoever stole a key, changed the address and was noticed has nothing left, however the account becomes free again.
#[tokio::test]
async fn what_was_approved_before_it_was_stopped_never_comes_alive() {
    for bench in Bench::on_each_store("stopped").await {
        let hours = SignedDuration::from_hours;
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(hours(19));
        let stolen = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&stolen).await.0, State::Approved);
        bench.pass(hours(1));
        bench.intake.freeze(&freeze).await.unwrap();

        // The owner's way back, decided by two who know of it; no address is on file meanwhile.
        bench.pass(hours(1));
        let back = bench
            .signed_petition(CAFE, "lucia", Some("duena@ejemplo.ec"))
            .await;
        for officer in [ana(), luis()] {
            let reason = ReviewReason::OwnerConfirmed;
            decide(&bench, &back.number, &officer, reason)
                .await
                .unwrap();
        }
        assert_eq!(bench.outcome(&back).await.0, State::Approved);
        bench.work().await;
        let confirm = bench.token("correo");
        let another = bench.signed_petition(CAFE, "lucia", None).await;
        let (state, codes) = bench.outcome(&another).await;
        assert_ne!(
            state,
            State::Approved,
            "frozen still, and without an address"
        );
        assert_eq!(codes, ["NO_EMAIL", "FROZEN"]);

        // The hold is over, and the owner confirms.
        bench.pass(hours(4));
        bench.work().await;
        let sent = bench.intake.send_link(&stolen.number, &stolen.secret).await;
        let Err(IntakeError::Frozen(stopped)) = sent else {
            panic!("{sent:?}")
        };
        assert!(stopped.address_wanted, "the denied one went with it");
        let link = bench.status(&stolen).await.link;
        assert_eq!((link.stand, link.address_wanted), (LinkStand::Frozen, true));
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(hours(1));
        bench.work().await;
        let sent = bench.intake.send_link(&stolen.number, &stolen.secret).await;
        assert!(matches!(sent, Err(IntakeError::Expired)), "{sent:?}");
        // The account is free again, and what was approved before stays stopped.
        assert_eq!(bench.status(&stolen).await.link.stand, LinkStand::Stopped);
        let links = bench.letters().into_iter().flat_map(|letter| letter.links);
        assert_eq!(links.filter(|link| link.contains("/clave/")).count(), 0);
        let record = bench.record(CAFE).await;
        assert_eq!(record.frozen_since, None);
        assert_eq!(record.employer.email.unwrap().as_str(), "duena@ejemplo.ec");
    }
}

/// What «no fui yo» says of an address goes for both sides: neither the address that was denied nor the one before it gets a link,
/// because nobody knows which of the two mailboxes the honest one reads.
#[tokio::test]
async fn an_address_that_was_denied_is_on_file_no_more_nor_is_the_one_before() {
    for bench in Bench::on_each_store("denied").await {
        let hours = SignedDuration::from_hours;
        let thief = bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(hours(1));
        bench.work().await;
        bench.intake.freeze(&freeze).await.unwrap();
        let on_file = async || {
            let store = bench.intake.store();
            let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
            let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
            let email = record.employer.email.map(|email| email.as_str().to_owned());
            let held = record
                .email_hold_until
                .is_some_and(|until| until > bench.intake.now());
            (email, held)
        };
        assert_eq!(on_file().await, (None, false));

        // Whoever signs for a password is told that an address is missing, and nobody gets a link.
        bench.pass(hours(1));
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let (state, codes) = bench.outcome(&reset).await;
        assert_eq!(state, State::Refused, "{codes:?}");
        assert!(codes.contains(&"NO_EMAIL"), "{codes:?}");
        let links = bench.letters().into_iter().flat_map(|letter| letter.links);
        assert_eq!(links.filter(|link| link.contains("/clave/")).count(), 0);

        // The way back: an address that the owner signs for, and two people who see which one was denied.
        let again = bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let view = bench.intake.look(&again.number, &ana()).await.unwrap();
        let denied = view.comparison.unwrap().denied;
        assert_eq!(denied, ["ladron@ejemplo.ec".parse().unwrap()]);
        let back = bench
            .signed_petition(CAFE, "lucia", Some("duena@ejemplo.ec"))
            .await;
        for officer in [ana(), luis()] {
            let reason = ReviewReason::OwnerConfirmed;
            decide(&bench, &back.number, &officer, reason)
                .await
                .unwrap();
        }
        bench.work().await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        assert_eq!(on_file().await.0.as_deref(), Some("duena@ejemplo.ec"));
        assert_eq!(bench.outcome(&thief).await.0, State::Completed);
        let log = bench.intake.store().verify_audit().await.unwrap();
        assert!(log.is_ok());
    }
}

/// An address that nobody denied stays: what is stopped is stopped, and the company is told where it always was.
#[tokio::test]
async fn an_address_that_stood_before_what_was_denied_stays_on_file() {
    for bench in Bench::on_each_store("denied_not").await {
        let hours = SignedDuration::from_hours;
        bench
            .signed_petition(CAFE, "lucia", Some("duena@ejemplo.ec"))
            .await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(hours(48));
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        let store = bench.intake.store();
        let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
        let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert_eq!(record.employer.email.unwrap().as_str(), "duena@ejemplo.ec");
        assert!(store.denied_emails(&ruc, &branch).await.unwrap().is_empty());
    }
}

async fn read_and_approve(
    bench: &Bench,
    number: &PetitionNumber,
    officer: &Officer,
    content: Option<PetitionContent>,
) -> Result<Option<Settled>, ReviewError> {
    let case = bench.intake.claim(number, officer).await?;
    let deciding = Deciding {
        number,
        round: case.round,
        reason: ReviewReason::LetterClear,
        note: "",
        content,
        appointment: None,
        confirmed: None,
    };
    bench.intake.decide_case(&deciding, officer).await
}

#[tokio::test]
async fn the_signer_does_not_decide_about_their_own_petition() {
    let bench = Bench::new().await;
    // Somebody whom the registry does not know yet, and who works in the office.
    let petition = bench.signed_petition(CAFE, "rosa", None).await;
    let (number, secret) = (&petition.number, &petition.secret);
    bench
        .intake
        .attach_appointment(number, secret, pdf("%PDF-1.4 nombramiento"))
        .await
        .unwrap();
    bench.work().await;
    assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    let mut signer = ana();
    signer.member.document = Some(person("rosa").unwrap().document.parse().unwrap());
    let refused = bench.intake.claim(number, &signer).await;
    assert!(
        matches!(refused, Err(ReviewError::Case(CaseError::Tied))),
        "{refused:?}"
    );
}

/// Nobody can tell any more whose signature it bears: it may be anybody's in the office.
#[tokio::test]
async fn what_cant_be_read_is_decided_by_nobody_and_holds_up_nothing_else() {
    for bench in Bench::on_each_store("attacks_unreadable").await {
        let letter = unread_letter(&bench).await;
        bench.spoil_decision(&letter.number).await;
        bench.pass(SignedDuration::from_secs(1));
        let next = bench.signed_petition(JOINT, "jorge", None).await;
        let mut signer = ana();
        signer.member.document = Some(person("lucia").unwrap().document.parse().unwrap());
        let refused = bench.intake.claim(&letter.number, &signer).await;
        assert!(refused.is_err(), "{refused:?}");
        let taken = bench.intake.claim_next(&signer, None).await.unwrap();
        assert_eq!(taken.map(|case| case.number), Some(next.number));
    }
}

#[tokio::test]
async fn nobody_registers_an_appointment_alone() {
    let bench = Bench::new().await;
    let petition = in_review(&bench, FOUNDATION, "hernan").await;
    let (number, secret) = (&petition.number, &petition.secret);
    let receipt = bench
        .intake
        .attach_appointment(number, secret, pdf("%PDF-1.4 otro papel"))
        .await
        .unwrap();
    let appointment = NewAppointment {
        sha256: receipt.sha256,
        post: "Director".to_owned(),
        from: "2026-01-01".parse().unwrap(),
        to: None,
        mode: RepresentationMode::Sole,
        required_signatures: 1,
        scope: None,
    };
    let reason = ReviewReason::AppointmentRegistered;
    let first = decide_with(&bench, number, &ana(), reason, Some(appointment)).await;
    assert_eq!(first.unwrap(), Some(Settled::Second));
}

#[tokio::test]
async fn two_resets_decided_at_the_same_moment_are_not_both_decided_alone() {
    for bench in Bench::on_each_store("two_resets").await {
        let one = in_review(&bench, FOUNDATION, "hernan").await;
        let other = in_review(&bench, FOUNDATION, "hernan").await;
        let reason = ReviewReason::StillInOffice;
        let (ana, luis) = (ana(), luis());
        let (first, second) = tokio::join!(
            decide(&bench, &one.number, &ana, reason),
            decide(&bench, &other.number, &luis, reason),
        );
        let settled = [first.unwrap(), second.unwrap()];
        let alone = settled
            .iter()
            .filter(|settled| **settled == Some(Settled::Final(Outcome::Approved)));
        assert_eq!(alone.count(), 1, "{settled:?}");
    }
}

#[tokio::test]
async fn a_supervisor_who_is_the_second_person_does_not_see_the_first_verdict() {
    let bench = Bench::new().await;
    let petition = in_review(&bench, JOINT, "jorge").await;
    let number = &petition.number;
    let first = decide(&bench, number, &ana(), ReviewReason::SamePerson).await;
    assert_eq!(first.unwrap(), Some(Settled::Second));
    decide(&bench, number, &luis(), ReviewReason::LegalQuestion)
        .await
        .unwrap();
    let view = bench.intake.look(number, &eva()).await.unwrap();
    assert_eq!(view.case.phase, Phase::Supervisor);
    let acts: Vec<CaseAct> = view.acts.iter().map(|act| act.act).collect();
    assert_eq!(acts, [CaseAct::Escalate], "why it came to her, and no more");
    let second = decide(&bench, number, &eva(), ReviewReason::SamePerson).await;
    is_final(second, Outcome::Approved);
}

#[tokio::test]
async fn nor_does_the_log_tell_them() {
    let office = Office::with(false).await;
    office.member("eva", MemberRole::Supervisor).await;
    office.member("audit", MemberRole::Auditor).await;
    let petition = in_review(&office.bench, JOINT, "jorge").await;
    let number = &petition.number;
    decide(&office.bench, number, &ana(), ReviewReason::SamePerson)
        .await
        .unwrap();
    let log = format!("/oficina/bitacora?sobre={number}");
    let table = format!("/oficina/bitacora.csv?sobre={number}");
    let package = format!("/oficina/caso/{number}/evidencia.zip");
    let mut eva = office.signed_in("eva").await;
    for path in [&log, &table] {
        let page = office.sees(&mut eva, path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.html.contains("case.act"), "that somebody decided");
        assert!(!page.html.contains("same_person"), "{}", page.html);
        assert!(!page.html.contains("approve"), "{}", page.html);
    }
    let refused = office.sees(&mut eva, &package).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let mut auditor = office.signed_in("audit").await;
    let page = office.sees(&mut auditor, &log).await;
    assert!(
        page.html.contains("same_person"),
        "an auditor decides nothing"
    );
    let whole = office.sees(&mut auditor, &package).await;
    assert_eq!(whole.status, StatusCode::OK);

    decide(&office.bench, number, &luis(), ReviewReason::SamePerson)
        .await
        .unwrap();
    for path in [&log, &table] {
        let page = office.sees(&mut eva, path).await;
        assert!(page.html.contains("same_person"), "now it is decided");
    }
    assert_eq!(office.sees(&mut eva, &package).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_appeal_remains_one_when_the_company_completes_it() {
    let bench = Bench::new().await;
    let petition = in_review(&bench, FOUNDATION, "hernan").await;
    let (number, secret) = (&petition.number, &petition.secret);
    let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
    is_final(refused, Outcome::Refused);
    bench
        .intake
        .appeal(number, secret, "Es mi firma")
        .await
        .unwrap();
    decide(&bench, number, &luis(), ReviewReason::AppointmentWanted)
        .await
        .unwrap();
    bench
        .intake
        .attach_appointment(number, secret, pdf("%PDF-1.4 nada"))
        .await
        .unwrap();
    bench.work().await;
    let view = bench.intake.look(number, &luis()).await.unwrap();
    assert_eq!(
        (view.case.kind, view.petition.state),
        (CaseKind::Appeal, State::InReview)
    );
    assert!(view.four_eyes.contains(&FourEyes::Appeal));
    let alone = decide(&bench, number, &luis(), ReviewReason::StillInOffice).await;
    assert_eq!(alone.unwrap(), Some(Settled::Second));
}

#[tokio::test]
async fn who_voted_before_the_owner_said_it_was_not_they_does_not_count() {
    for bench in Bench::on_each_store("vote_and_freeze").await {
        bench
            .signed_petition(CAFE, "lucia", Some("otra@ejemplo.ec"))
            .await;
        let freeze = bench.token("no-fui-yo");
        let petition = bench.signed_petition(CAFE, "rosa", None).await;
        let (number, secret) = (&petition.number, &petition.secret);
        bench
            .intake
            .attach_appointment(number, secret, pdf("%PDF-1.4 nombramiento"))
            .await
            .unwrap();
        bench.work().await;
        let reason = ReviewReason::SamePerson;
        let first = decide(&bench, number, &ana(), reason).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        bench.pass(jiff::SignedDuration::from_secs(1));
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(jiff::SignedDuration::from_secs(1));
        // Whoever approves now answers that too.
        let reason = ReviewReason::OwnerConfirmed;
        let second = decide_having_seen(&bench, number, &luis(), reason).await;
        assert_eq!(
            second.unwrap(),
            Some(Settled::Second),
            "the first one did not know"
        );
        let third = decide_having_seen(&bench, number, &eva(), reason).await;
        is_final(third, Outcome::Approved);
    }
}

#[tokio::test]
async fn the_vote_of_somebody_who_was_shown_out_does_not_count() {
    let office = Office::with(false).await;
    for user in ["ana", "luis", "eva"] {
        office.member(user, MemberRole::Reviewer).await;
    }
    let petition = in_review(&office.bench, JOINT, "jorge").await;
    let number = &petition.number;
    let reason = ReviewReason::SamePerson;
    decide(&office.bench, number, &ana(), reason).await.unwrap();
    let user = "ana".parse().unwrap();
    office.people.disable(&user, "test", "test").await.unwrap();
    let second = decide(&office.bench, number, &luis(), reason).await;
    assert_eq!(second.unwrap(), Some(Settled::Second));
    let eva = officer("eva", MemberRole::Reviewer);
    let third = decide(&office.bench, number, &eva, reason).await;
    is_final(third, Outcome::Approved);
}

/// The body of a form comes when its sender likes: what counts is who they are then.
#[tokio::test]
async fn a_form_that_was_held_back_until_its_sender_was_shown_out_does_nothing() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let petition = in_review(&office.bench, FOUNDATION, "hernan").await;
    let number = petition.number.clone();
    for in_header in [true, false] {
        let mut browser = office.signed_in("ana").await;
        let word = office.word(&mut browser).await;
        let claim = format!("/oficina/caso/{number}/tomar");
        office.sends(&mut browser, &claim, &[("csrf", &word)]).await;
        let form = format!("csrf={word}&round=1&act=approve&reason=still_in_office");
        let people = office.people.clone();
        let body = Bytes::from(form);
        let late = futures::stream::once(async move {
            let user = "ana".parse().unwrap();
            people.disable(&user, "test", "test").await.unwrap();
            Ok::<_, std::convert::Infallible>(body)
        });
        let mut request = Request::builder()
            .method("POST")
            .uri(format!("/oficina/caso/{number}/decidir"))
            .header(COOKIE, browser.cookies.join("; "))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(SocketAddr::new(browser.address, 40_000)));
        if in_header {
            request = request.header("x-ficha", &word);
        }
        let request = request.body(Body::from_stream(late)).unwrap();
        let answer = office.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let page = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
        assert!(
            status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN,
            "{status} {}",
            String::from_utf8_lossy(&page)
        );
        assert_eq!(
            office.bench.outcome(&petition).await.0,
            State::InReview,
            "in the header: {in_header}"
        );
        let user = "ana".parse().unwrap();
        office.people.enable(&user, "test", "test").await.unwrap();
    }
}

#[tokio::test]
async fn a_supervisor_keeps_out_of_what_the_registry_says_of_their_own_employer() {
    let office = Office::with(false).await;
    let mut sara = Supervisor::comes(&office, "sara").await;
    let mut tied = Supervisor::tied(&office, "tamara", &[CAFE]).await;
    let state = format!("/oficina/registro/{CAFE}/0001/estado");
    let fields = [("state", "suspended"), REASON];
    let own = tied.sends(&office, &state, &fields).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.location);
    let proposal = sara.proposes(&office, &state, &fields).await;
    for act in ["confirmar", "rechazar"] {
        let own = tied.sends(&office, &format!("{proposal}/{act}"), &[]).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "{act}");
        assert!(own.html.contains("relacionad"), "{}", own.html);
    }
    let mut simon = Supervisor::comes(&office, "simon").await;
    let done = simon
        .sends(&office, &format!("{proposal}/confirmar"), &[])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    // Neither may she take the change back.
    let import = office.bench.intake.store().imports().await.unwrap();
    let import = import.last().unwrap().id;
    let undo = format!("/oficina/versiones/{import}/deshacer");
    assert_eq!(
        tied.sends(&office, &undo, &[REASON]).await.status,
        StatusCode::CONFLICT
    );
    let proposal = sara.proposes(&office, &undo, &[REASON]).await;
    let own = tied
        .sends(&office, &format!("{proposal}/confirmar"), &[])
        .await;
    assert_eq!(own.status, StatusCode::CONFLICT);
}

/// What strangers send reaches the office as images; the file itself is a step further, and noted.
#[tokio::test]
async fn attachments_are_images_and_belong_to_their_case() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let bench = &office.bench;
    let petition = bench.signed_petition(CAFE, "rosa", None).await;
    let (number, secret) = (&petition.number, &petition.secret);
    let mut photo = Vec::new();
    let mut encoder = png::Encoder::new(&mut photo, 3, 2);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer
        .write_image_data(&[0, 128, 255, 255, 128, 0])
        .unwrap();
    drop(writer);
    let mut files = Vec::new();
    for bytes in [
        petition.form.clone(),
        Bytes::from(photo),
        Bytes::from_static(b"<html><script>alert(1)</script>"),
    ] {
        let body = futures::stream::iter([Ok::<_, ()>(bytes)]);
        let kept = bench.intake.attach_appointment(number, secret, body).await;
        files.push(kept.unwrap().sha256);
        bench.work().await;
    }
    let other = in_review(bench, FOUNDATION, "hernan").await;
    let mut ana = office.signed_in("ana").await;
    for (file, drawn) in files.iter().zip([true, true, false]) {
        let at = format!("/oficina/caso/{number}/adjunto/{file}");
        let page = office.sees(&mut ana, &at).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
        assert!(page.html.contains(&format!("{at}/pagina/1.png")));
        let image = office.sees(&mut ana, &format!("{at}/pagina/1.png")).await;
        let kind = if drawn { "image/png" } else { "image/svg+xml" };
        assert_eq!(image.kind, kind, "{}", image.status);
        assert!(!image.html.contains("alert"));
        let original = office.sees(&mut ana, &format!("{at}/original")).await;
        assert_eq!(original.kind, "application/octet-stream");
        for path in ["", "/pagina/1", "/original"] {
            let foreign = format!("/oficina/caso/{}/adjunto/{file}{path}", other.number);
            let none = office.sees(&mut ana, &foreign).await;
            assert_eq!(none.status, StatusCode::NOT_FOUND, "{foreign}");
        }
    }
    let log = bench.intake.store().audit_rows(0, 10_000).await.unwrap();
    let taken = log.iter().filter(|row| row.event == "attachment.taken");
    assert_eq!(taken.count(), 3);
}
