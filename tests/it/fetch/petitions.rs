//! Asking over the service (PRODUCT S14): petitions wait for the authority, and a person decides where nobody answers.

use clavero::domain::{PetitionNumber, State};
use clavero::fixture::people::{CAFE, person};
use clavero::fixture::pki::{Addresses, Defect, Entity, Identity};
use clavero::fixture::{pdf, pki};
use clavero::intake::LinkStand;
use clavero::verify::{Evidence, Policy, TrustStore};
use jiff::SignedDuration;

use super::{LUCIA, allowing, lucia};
use crate::authority::{Authority, Does, list};
use crate::bench::{BEGINNING, Bench, HOUR, Petition};
use crate::served::binary;

/// A petition signed with a certificate that names the authority's list, uploaded and worked through.
async fn petition(bench: &Bench, identity: &Identity) -> Petition {
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign_as(&petition.form, "lucia", identity);
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work().await;
    petition
}

#[tokio::test]
async fn a_petition_waits_for_the_authority_and_is_decided_as_of_its_reception() {
    let authority = Authority::start().await;
    let minutes = SignedDuration::from_mins;
    for (defect, expected) in [
        (Defect::None, (State::Approved, "MATCHED_REPRESENTATIVE")),
        (Defect::Revoked, (State::Refused, "CERT_REVOKED")),
    ] {
        authority.set("/lista.crl", Does::Fail(503));
        let mut bench = Bench::online(allowing()).await;
        let identity = lucia(defect, &[], &[authority.at("/lista.crl")]);
        let petition = petition(&bench, &identity).await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Received, "{:?}", status.reasons);
        let waiting = status.waiting.unwrap();
        assert_eq!(
            (waiting.asked, waiting.next_at),
            (1, BEGINNING + minutes(15))
        );
        assert!(bench.letters().is_empty());

        // Not a moment too early, and over a restart.
        bench.pass(minutes(15) - SignedDuration::from_millis(1));
        bench.restart().await;
        bench.work().await;
        assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 1);
        bench.pass(SignedDuration::from_millis(1));
        bench.work().await;
        assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 2);

        // The authority is back; its list was issued after the reception.
        let later = list(LUCIA, BEGINNING + minutes(30), BEGINNING + HOUR * 24);
        authority.set("/lista.crl", Does::Give(later));
        bench.pass(HOUR);
        bench.work().await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(state, expected.0, "{codes:?}");
        assert!(codes.contains(&expected.1), "{codes:?}");
        assert_eq!(bench.status(&petition).await.waiting, None);
        let letters = bench.letters();
        assert_eq!(letters.len(), usize::from(state == State::Approved));
        // Nobody waits any more: a link of three minutes would be dead before it is read. It is asked for on the page.
        for letter in &letters {
            assert!(!letter.text.contains("/clave/"), "{}", letter.text);
            let words = format!("Se aprobó la solicitud {} ", petition.number);
            assert!(letter.text.contains(&words), "{}", letter.text);
            let [page, stop] = letter.links.as_slice() else {
                panic!("{:?}", letter.links)
            };
            assert!(page.contains("/consulta?number="), "{page}");
            assert!(stop.contains("/no-fui-yo/"), "{stop}");
            let link = bench.status(&petition).await.link;
            assert_eq!((link.stand, link.can_send), (LinkStand::Unsent, true));
            let (number, secret) = (&petition.number, &petition.secret);
            bench.intake.send_link(number, secret).await.unwrap();
            bench.work().await;
            bench.intake.open_link(&bench.token("clave")).await.unwrap();
        }
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_petition_that_nobody_answers_for_goes_to_a_person() {
    let authority = Authority::start().await;
    let bench = Bench::online(allowing()).await;
    let identity = lucia(Defect::None, &[], &[authority.at("/nadie")]);
    let petition = petition(&bench, &identity).await;
    for (asked, hours) in [(1, 1), (2, 1), (3, 4)] {
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Received);
        assert_eq!(status.waiting.unwrap().asked, asked);
        bench.pass(HOUR * hours);
        bench.work().await;
    }
    let outcome = bench.outcome(&petition).await;
    assert_eq!(outcome, (State::InReview, vec!["REVOCATION_UNKNOWN"]));
    assert!(bench.letters().is_empty());
    assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 0);

    // Where nobody can be asked, nobody is waited for.
    let identity = lucia(
        Defect::None,
        &[],
        &["ldap://directorio.invalid/".to_owned()],
    );
    let silent = self::petition(&bench, &identity).await;
    assert_eq!(bench.outcome(&silent).await.0, State::InReview);
}

/// An address that hands out a list of others will do so tomorrow; one that brings nothing may do better.
#[tokio::test]
async fn an_address_that_answers_beside_the_point_is_not_waited_for() {
    let authority = Authority::start().await;
    let other = list(Entity::Uno, BEGINNING - HOUR, BEGINNING + HOUR);
    authority.set("/ajena.crl", Does::Give(other));
    authority.set("/ocupada.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let beside = authority.at("/ajena.crl");
    let identity = lucia(Defect::None, &[], std::slice::from_ref(&beside));
    let in_vain = petition(&bench, &identity).await;
    let outcome = bench.outcome(&in_vain).await;
    assert_eq!(outcome, (State::InReview, vec!["REVOCATION_UNKNOWN"]));
    let identity = lucia(Defect::None, &[], &[beside, authority.at("/ocupada.crl")]);
    let hopeful = petition(&bench, &identity).await;
    assert_eq!(bench.status(&hopeful).await.state, State::Received);
}

/// PRODUCT S14: a document that brings a list of weeks ago, still in its time, stops nobody from asking; what the authority
/// says is kept with the decision.
#[tokio::test]
async fn what_a_document_brings_along_does_not_answer_for_the_authority() {
    let authority = Authority::start().await;
    let before = pki::crls(BEGINNING - HOUR * 24 * 20);
    let lists: Vec<&[u8]> = before.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/lista.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign_as(&petition.form, "lucia", &identity);
    let carrying = pdf::add_lists(&signed, &lists).unwrap();
    let uploaded = bench.upload(Some(&petition.number), &carrying).await;
    uploaded.unwrap();
    bench.work().await;
    let status = bench.status(&petition).await;
    assert_eq!(status.state, State::Received, "{:?}", status.reasons);
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR * 24);
    authority.set("/lista.crl", Does::Give(current));
    bench.pass(HOUR);
    bench.work().await;
    assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    comes_out_again(&bench, &petition).await;
}

/// Report and evidence of a petition say the same once more.
async fn comes_out_again(bench: &Bench, petition: &Petition) {
    let made = bench.intake.reprocess(&petition.number).await.unwrap();
    assert_eq!(made.differences(), Vec::<String>::new());
    let package = crate::evidence_log::package(bench, &petition.number).await;
    let extractor = clavero::extract::Extractor::new(binary());
    clavero::evidence_package::check(&package[..], &extractor).unwrap();
}

/// A young answer that a document brings along stands in for the authority once asking it has come to its end, and not a moment
/// sooner: whoever keeps it from answering for a minute gains nothing by it (PRODUCT threat 4).
#[tokio::test]
async fn a_young_answer_that_a_document_brings_along_counts_after_asking_in_vain() {
    let authority = Authority::start().await;
    let young = pki::crls(BEGINNING - HOUR);
    let young: Vec<&[u8]> = young.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/muda.crl", Does::Fail(503));
    authority.set("/lejos.crl", Does::Redirect("ldap://ca.invalid/".into()));
    // Silent to the end; turned away by somebody on the way; back after a while, with an answer of its own.
    for (path, asked_in_vain) in [("/muda.crl", 3), ("/lejos.crl", 3), ("/muda.crl", 2)] {
        let bench = Bench::online(allowing()).await;
        let identity = lucia(Defect::None, &[], &[authority.at(path)]);
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign_as(&petition.form, "lucia", &identity);
        let carrying = pdf::add_lists(&signed, &young).unwrap();
        let uploaded = bench.upload(Some(&petition.number), &carrying).await;
        uploaded.unwrap();
        bench.work().await;
        for (asked, hours) in [(1, 1), (2, 1), (3, 4)].into_iter().take(asked_in_vain) {
            let status = bench.status(&petition).await;
            assert_eq!(status.state, State::Received, "{path} {:?}", status.reasons);
            assert_eq!(status.waiting.unwrap().asked, asked);
            assert!(bench.letters().is_empty());
            if asked == 2 && asked_in_vain == 2 {
                let current = list(LUCIA, BEGINNING + HOUR, BEGINNING + HOUR * 24);
                authority.set("/muda.crl", Does::Give(current));
            }
            bench.pass(HOUR * hours);
            bench.work().await;
        }
        let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&petition).await, approved, "{path}");
        comes_out_again(&bench, &petition).await;
    }
}

/// What only a person can decide waits as well: the answer would look to him like the authority's own.
#[tokio::test]
async fn what_goes_to_a_person_waits_for_the_authority_too_where_a_document_answers_for_it() {
    let authority = Authority::start().await;
    let young = pki::crls(BEGINNING - HOUR);
    let young: Vec<&[u8]> = young.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/muda.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let addresses = Addresses {
        crls: vec![authority.at("/muda.crl")],
        ocsp: Vec::new(),
    };
    // A term that ended without a successor.
    let identity = pki::issue_naming(person("hernan").unwrap(), Defect::None, &addresses);
    let petition = bench.petition(crate::review::FOUNDATION, None).await;
    let signed = bench.sign_as(&petition.form, "hernan", &identity);
    let carrying = pdf::add_lists(&signed, &young).unwrap();
    let uploaded = bench.upload(Some(&petition.number), &carrying).await;
    uploaded.unwrap();
    bench.work().await;
    assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 1);
    for hours in [1, 1, 4] {
        bench.pass(HOUR * hours);
        bench.work().await;
    }
    assert_eq!(bench.outcome(&petition).await.0, State::InReview);
}

#[tokio::test]
async fn a_report_is_made_again_from_what_was_kept() {
    let authority = Authority::start().await;
    let mut bench = Bench::online(allowing()).await;
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let petition = petition(&bench, &identity).await;
    assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    // Years later the authority is gone, and so are its certificates from the folders.
    authority.set("/lista.crl", Does::Fail(404));
    bench.pass(HOUR * 24 * 1000);
    bench.restart().await;
    bench.intake.replace_judgement(clavero::intake::Judgement {
        trust: TrustStore::new(Vec::new(), Vec::new()),
        evidence: Evidence::default(),
        policy: Policy::default(),
    });
    let visits = authority.all_visits();
    let made = bench.intake.reprocess(&petition.number).await.unwrap();
    assert_eq!(made.differences(), Vec::<String>::new());
    assert_eq!(
        made.answers, 2,
        "the lists of the root and of the subordinate"
    );
    assert!(made.now.is_some());
    assert_eq!(authority.all_visits(), visits, "nobody is asked");
    let unknown = PetitionNumber::new(2026, 999);
    assert!(bench.intake.reprocess(&unknown).await.is_err());
}
