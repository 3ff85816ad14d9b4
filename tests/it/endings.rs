//! What the service stands on ends by its own calendar: whoever answers for it is told, again and again, and what was sealed too late
//! is noted.

use std::path::Path;

use clavero::evidence_package::check;
use clavero::extract::Extractor;
use clavero::fixture::{people, pki};
use clavero::intake::{Judgement, Terms};
use clavero::seal::Seal;
use clavero::verify::{Certificate, Evidence, Policy, TrustStore};
use clavero::worker::upkeep;

use crate::bench::{Bench, HOUR, seal};
use crate::evidence_log;
use crate::served::binary;

const OPERATOR: &str = "operador@clavero.test";

/// A seal whose certificate ended on 31 December 2024.
fn ended() -> Seal {
    let person = people::person("rosa").unwrap();
    let identity = pki::issue(person, pki::Defect::Expired);
    Seal::from_pem(&identity.key_pem(), b"", &identity.certificates_pem()).unwrap()
}

async fn look_after(bench: &Bench) -> Vec<String> {
    let upkeep = upkeep::Upkeep {
        heads: heads(bench.folder()),
        seal: None,
        terms: Terms::default(),
    };
    let before = bench.letters().len();
    upkeep::once(&bench.intake, &upkeep).await.unwrap();
    bench.work().await;
    let letters = bench.letters();
    let new = letters.iter().skip(before);
    new.map(|letter| format!("{}\n{}", letter.subject, letter.text))
        .collect()
}

fn heads(folder: &Path) -> std::path::PathBuf {
    folder.join("heads")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_that_has_ended_rings_every_day() {
    for mut bench in Bench::on_each_engine("endings_seal").await {
        bench.alarms_go_to(OPERATOR).await;
        assert_eq!(look_after(&bench).await, [""; 0], "all is well");
        bench
            .restart_with(|settings| settings.seal = Some(ended()))
            .await;
        for _ in 0..2 {
            let told = look_after(&bench).await;
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].starts_with("Alarma: caduca el sello del operador\n"),
                "{told:?}"
            );
            assert!(told[0].contains("caducó el"), "{told:?}");
            assert!(!told[0].contains("CLV-"), "about no petition: {told:?}");
            assert_eq!(look_after(&bench).await, [""; 0], "once a day");
            bench.pass(HOUR * 24);
        }
        let verified = bench.intake.store().verify_audit().await.unwrap();
        assert!(verified.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_missing_ring_every_day_where_nobody_is_asked() {
    let mut bench = Bench::new().await;
    bench.alarms_go_to(OPERATOR).await;
    assert_eq!(look_after(&bench).await, [""; 0], "all is well");
    let parse = |materials: Vec<pki::Material>| -> Vec<Certificate> {
        let parsed = materials.into_iter().map(|it| Certificate::parse(it.der));
        parsed.map(Result::unwrap).collect()
    };
    bench.intake.replace_judgement(Judgement {
        trust: TrustStore::new(parse(pki::roots()), parse(pki::intermediates())),
        evidence: Evidence::default(),
        policy: Policy::default(),
    });
    for _ in 0..2 {
        let told = look_after(&bench).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("Alarma: faltan listas de revocación\n"),
            "{told:?}"
        );
        assert_eq!(look_after(&bench).await, [""; 0], "once a day");
        bench.pass(HOUR * 24);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_sealed_after_the_end_of_the_seal_is_noted_and_holds() {
    let mut bench = Bench::new().await;
    let petition = bench.signed_petition("2990001015001", "lucia", None).await;
    let extractor = Extractor::new(binary());
    for (seal, noted) in [
        (seal(), None),
        (ended(), Some(ended().certificate().not_after())),
    ] {
        bench
            .restart_with(|settings| settings.seal = Some(seal))
            .await;
        let package = evidence_log::package(&bench, &petition.number).await;
        let checked = check(package.as_slice(), &extractor).unwrap();
        assert_eq!(checked.seal_had_ended(), noted);
    }
}
