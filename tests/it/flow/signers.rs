//! Who signed, and for whom: two who must sign, strangers with an appointment, branches, and a certificate revoked since.

use bytes::Bytes;
use clavero::domain::{Action, Language, State};
use clavero::fixture::people::{CAFE, person};
use clavero::fixture::pki;
use clavero::fixture::pki::Defect;
use clavero::intake::{IntakeError, NewPetition};
use clavero::verify::Conclusion;
use jiff::SignedDuration;

use crate::bench::Bench;

#[tokio::test]
async fn s07_joint_signatures_wait_for_each_other_and_the_order_does_not_matter() {
    const BROTHERS: &str = "2990003035001";
    for (first, second, waits_for) in [
        ("jorge", "pilar", "PRESIDENTA"),
        ("pilar", "jorge", "GERENTE"),
    ] {
        for bench in Bench::on_each_store(&format!("joint_{first}")).await {
            let petition = bench.petition(BROTHERS, None).await;
            let once = bench.sign(&petition.form, first);
            bench.upload(Some(&petition.number), &once).await.unwrap();
            bench.work().await;
            let status = bench.status(&petition).await;
            assert_eq!(status.state, State::InReview);
            let said = clavero::words::sentence(&status.reasons[0], Language::Es);
            assert!(
                said.to_uppercase().contains(waits_for),
                "after {first}: {said}"
            );

            // The same person once more is still one person.
            let twice = bench.sign(&once, first);
            bench.upload(Some(&petition.number), &twice).await.unwrap();
            bench.work().await;
            let missing = (State::InReview, vec!["JOINT_SIGNATURE_MISSING"]);
            assert_eq!(bench.outcome(&petition).await, missing);

            let both = bench.sign(&once, second);
            bench.upload(Some(&petition.number), &both).await.unwrap();
            bench.work().await;
            let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
            assert_eq!(bench.outcome(&petition).await, approved);
        }
    }
}

#[tokio::test]
async fn s09_an_attached_appointment_brings_a_stranger_before_a_person() {
    for bench in Bench::on_each_store("appointment").await {
        let petition = bench.signed_petition(CAFE, "raul", None).await;
        let refused = (State::Refused, vec!["SIGNER_NOT_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&petition).await, refused);

        let wrong = bench.intake.token();
        let paper =
            || futures::stream::iter([Ok::<_, ()>(Bytes::from_static(b"%PDF-1.7 nombramiento"))]);
        let denied = bench
            .intake
            .attach_appointment(&petition.number, &wrong, paper())
            .await;
        assert!(matches!(denied, Err(IntakeError::NotFound)), "{denied:?}");
        assert_eq!(bench.outcome(&petition).await, refused);

        bench
            .intake
            .attach_appointment(&petition.number, &petition.secret, paper())
            .await
            .unwrap();
        bench.work().await;
        let waits = (State::InReview, vec!["APPOINTMENT_ATTACHED"]);
        assert_eq!(bench.outcome(&petition).await, waits);
        assert!(bench.letters().is_empty(), "nothing takes effect");

        // The same paper again is no second one, and others come to an end.
        for n in 0..4u8 {
            let other = Bytes::from(vec![b'%', n]);
            let attached = bench
                .intake
                .attach_appointment(
                    &petition.number,
                    &petition.secret,
                    futures::stream::iter([Ok::<_, ()>(other)]),
                )
                .await;
            assert_eq!(attached.is_ok(), n < 2, "{n}: {attached:?}");
        }
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// A number that was given for a branch which the registry does not have is of no use to anybody: the company makes another one
/// in a minute. Which branches there are hears only who represents the employer.
#[tokio::test]
async fn a_branch_that_does_not_exist_is_told_with_what_to_do() {
    let own = |who: &str, ending: &str| {
        let person = clavero::fixture::people::person(who).unwrap();
        format!("{}{ending}", person.document)
    };
    let (wrong, right) = (own("rosa", "000"), own("rosa", "001"));
    let vectors = [
        (
            CAFE,
            "0003",
            "lucia",
            State::Refused,
            "BRANCH_UNKNOWN",
            Some("consta 0001"),
        ),
        (CAFE, "0003", "raul", State::Refused, "BRANCH_UNKNOWN", None),
        (
            wrong.as_str(),
            "0001",
            "rosa",
            State::Refused,
            "BRANCH_UNKNOWN",
            Some(right.as_str()),
        ),
        (
            wrong.as_str(),
            "0001",
            "raul",
            State::InReview,
            "REGISTRY_MISSING",
            None,
        ),
        (
            "2990123456001",
            "0001",
            "lucia",
            State::InReview,
            "REGISTRY_MISSING",
            None,
        ),
    ];
    for bench in Bench::on_each_engine("branches").await {
        for (ruc, branch, who, state, code, told) in &vectors {
            let asked = NewPetition {
                ruc: ruc.parse().unwrap(),
                branch: branch.parse().unwrap(),
                action: Action::ResetPassword,
                new_email: None,
                legal_name: None,
            };
            let issued = bench.intake.issue(asked).await.unwrap();
            let petition = bench.held(issued).await;
            bench.sign_and_upload(&petition, who).await;
            let outcome = bench.outcome(&petition).await;
            assert_eq!(outcome, (*state, vec![*code]), "{ruc} {branch} {who}");
            let reasons = bench.status(&petition).await.reasons;
            let said = clavero::words::sentence(&reasons[0], Language::Es);
            let next = clavero::words::next_step(*state, None, &reasons, false).es;
            if *code == "BRANCH_UNKNOWN" {
                assert!(next.starts_with("Cree otra solicitud"), "{next}");
            }
            match told {
                Some(told) => assert!(said.contains(told), "{said}"),
                None => assert!(
                    !said.contains("representa") && !said.contains(&right),
                    "{said}"
                ),
            }
        }
    }
}

/// DESIGN B and C: reception decides about the signature, and whether it is still acted on is for a person when the key
/// turned out to be revoked before anybody had acted.
#[tokio::test]
async fn a_certificate_revoked_before_the_decision_is_for_a_person() {
    for bench in Bench::on_each_store("revoked").await {
        // The revoked certificates of the fixtures were revoked on 15 January, and the lists tell of it in March.
        bench.pass(-SignedDuration::from_hours(50 * 24));
        let petition = bench.petition(CAFE, None).await;
        let stolen = pki::issue(person("lucia").unwrap(), Defect::Revoked);
        let document = bench.sign_as(&petition.form, "lucia", &stolen);
        let uploaded = bench.upload(Some(&petition.number), &document).await;
        uploaded.unwrap();
        bench.pass(SignedDuration::from_hours(50 * 24));
        bench.work().await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(
            (state, codes),
            (State::InReview, vec!["CERT_REVOKED_SINCE"])
        );
        let report = bench.status(&petition).await.report.unwrap();
        assert_eq!(
            report.conclusion,
            Conclusion::Passed,
            "the report is as it was"
        );
    }
}
