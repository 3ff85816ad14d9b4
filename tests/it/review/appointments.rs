//! What a person finds in an attached appointment goes to the registry (PRODUCT S09).

use bytes::Bytes;
use clavero::domain::{
    Employer, EmployerKind, FourEyes, Outcome, PetitionNumber, RepresentationMode, ReviewReason,
    State,
};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::review::NewAppointment;
use clavero::registry::supercias::{Company, CompanyFacts};
use clavero::store::{ImportKind, MessageKind, Settled, Wanted};

use crate::bench::{Bench, Petition};
use crate::review::{
    TRANSPORT, ana, attaches_what_is_asked_on_appeal, decide, decide_with, is_final, luis,
};

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
        let record = bench.record(CAFE).await;
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
        attaches_what_is_asked_on_appeal(&bench, &petition).await;
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
