//! The sealed receipt of a petition: what it says, to whom, and that others than we accept its seal.

use std::process::Command;

use axum::http::StatusCode;
use clavero::domain::{Event, MemberRole};
use clavero::verify::report::{Conclusion, Coverage, Level};
use clavero::verify::{self, Certificate, Evidence, Policy, Report, RevocationMode, TrustStore};

use crate::bench::{Bench, seal};
use crate::office::Office;
use crate::served::binary;

const RUC: &str = "2990001015001";

fn judged(pdf: &[u8]) -> Report {
    let root = clavero::fixture::pki::roots().into_iter();
    let roots = root.map(|root| Certificate::parse(root.der).unwrap());
    let trust = TrustStore::new(roots.collect(), Vec::new());
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let signed = verify::open(pdf, None).unwrap();
    let at = crate::bench::BEGINNING;
    verify::conclude(&signed, &trust, &Evidence::default(), &policy, at)
}

/// What poppler reads.
fn text(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comprobante.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = Command::new("pdftotext");
    let told = command
        .args(["-layout", file.to_str().unwrap(), "-"])
        .output();
    String::from_utf8(told.unwrap().stdout).unwrap()
}

/// A second judge of the seal, which did not write it.
fn accepted_by_poppler(pdf: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comprobante.pdf");
    std::fs::write(&file, pdf).unwrap();
    let told = Command::new("pdfsig")
        .arg("-nocert")
        .arg(&file)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.contains("Signature is Valid.")
        && told.contains("ETSI.CAdES.detached")
        && told.contains("Total document signed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_where_the_petition_stands_under_the_operators_seal() {
    let office = Office::with(false).await;
    let bench: &Bench = &office.bench;
    let petition = bench.signed_petition(RUC, "lucia", None).await;
    let path = format!("/api/v1/petitions/{}/receipt.pdf", petition.number);
    let answer = office
        .asks_with_secret(&path, petition.secret.reveal())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.html);
    assert_eq!(answer.kind, "application/pdf");
    let report = judged(&answer.bytes);
    assert_eq!(report.conclusion, Conclusion::Passed, "{report:#?}");
    let only = &report.signatures[0];
    assert_eq!(only.level, Some(Level::BB));
    assert_eq!(only.coverage, Coverage::WholeFile);
    assert_eq!(only.chain[0].sha256, seal().certificate().sha256());
    assert!(accepted_by_poppler(&answer.bytes));
    let mut changed = answer.bytes.clone();
    changed[1000] ^= 1;
    assert!(!accepted_by_poppler(&changed));
    let status = bench.status(&petition).await;
    let said = text(&answer.bytes);
    let digest = status.sha256.unwrap().to_string();
    let joined: String = said.split_whitespace().collect();
    assert!(joined.contains(&digest), "{digest} is missing in:\n{said}");
    for words in [
        petition.number.as_str(),
        "1 de marzo de 2026, 07:00",
        "hora de Ecuador",
        "Su solicitud fue aprobada",
        "Qué hacer ahora",
        "¿Es un PDF?",
        "¿Tiene firma electrónica?",
        "Lleva el sello electrónico",
    ] {
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
    assert_eq!(said.matches('¿').count(), 10, "{said}");
}

/// What is kept of a petition is in the language of whoever keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn receipt_and_report_are_in_english_too() {
    let office = Office::with(false).await;
    let petition = office.bench.signed_petition(RUC, "lucia", None).await;
    for (file, own) in [
        (
            "receipt.pdf",
            &[
                "1 March 2026, 07:00",
                "time of Ecuador",
                "Your petition was approved",
                "What to do now",
                "It bears the electronic seal",
                "Is it a PDF?",
            ][..],
        ),
        (
            "report.pdf",
            &[
                "VALID",
                "Is the document unchanged?",
                "Where your petition stands",
            ],
        ),
    ] {
        let path = format!("/api/v1/petitions/{}/{file}?lang=en", petition.number);
        let answer = office
            .asks_with_secret(&path, petition.secret.reveal())
            .await;
        let said = text(&answer.bytes);
        for words in own {
            assert!(said.contains(words), "{words} is missing in:\n{said}");
        }
        for foreign in ["¿", " el ", " la ", " que ", "firma", "sello", "solicitud"] {
            assert!(!said.contains(foreign), "{foreign} stands in:\n{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_for_whoever_holds_the_secret() {
    let office = Office::with(false).await;
    let petition = office.bench.petition(RUC, None).await;
    let path = format!("/api/v1/petitions/{}/receipt.pdf", petition.number);
    let other = office.bench.petition(RUC, None).await;
    let wrong = office.asks_with_secret(&path, other.secret.reveal()).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let none = office.sees(&mut crate::office::Browser::new(), &path).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    let page = format!("/solicitud/{}/comprobante.pdf", petition.number);
    // A browser that has lost its cookie is asked for number and code, as on the page itself.
    let none = office.sees(&mut crate::office::Browser::new(), &page).await;
    assert_eq!(none.status, StatusCode::SEE_OTHER);
    // Before anything was uploaded it says what to do.
    let own = office
        .asks_with_secret(&path, petition.secret.reveal())
        .await;
    let said = text(&own.bytes);
    assert!(
        said.contains("Su solicitud está lista para firmar"),
        "{said}"
    );
}

/// Supervisors and auditors take the package and read the log; both leave a trace.
#[tokio::test(flavor = "multi_thread")]
async fn overseers_take_evidence_and_read_the_log() {
    let office = Office::with(false).await;
    let petition = office.bench.signed_petition(RUC, "lucia", None).await;
    office.member("aura", MemberRole::Auditor).await;
    office.member("ana", MemberRole::Reviewer).await;
    let mut auditor = office.signed_in("aura").await;
    let path = format!("/oficina/caso/{}/evidencia.zip", petition.number);
    let zip = office.sees(&mut auditor, &path).await;
    assert_eq!(
        (zip.status, zip.kind.as_str()),
        (StatusCode::OK, "application/zip")
    );
    let extractor = clavero::extract::Extractor::new(binary());
    clavero::evidence_package::check(&zip.bytes[..], &extractor).unwrap();
    let mut reviewer = office.signed_in("ana").await;
    assert_eq!(
        office.sees(&mut reviewer, &path).await.status,
        StatusCode::FORBIDDEN
    );
    let log = format!("/oficina/bitacora?sobre={}", petition.number);
    let page = office.sees(&mut auditor, &log).await.html;
    assert!(
        page.contains("evidence.exported") && page.contains("auditor/aura"),
        "{page}"
    );
    assert!(!page.contains("session."), "{page}");
    let day = office
        .sees(&mut auditor, "/oficina/bitacora?desde=2027-01-01")
        .await
        .html;
    assert!(day.contains("No hay filas así."), "{day}");
    let wrong = office
        .sees(&mut auditor, "/oficina/bitacora?desde=ayer")
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Nothing of a row is markup or a formula.
    let (store, now) = (office.bench.intake.store(), office.bench.intake.now());
    let facts = serde_json::json!({ "x": "<script>alert(1)</script>" });
    store
        .note(
            now,
            "=cmd|'/c calc'!A1",
            "<b>x</b>",
            Event::AuditExported,
            &facts,
        )
        .await
        .unwrap();
    let page = office.sees(&mut auditor, "/oficina/bitacora").await.html;
    assert!(
        !page.contains("<b>x") && !page.contains("<script>alert"),
        "{page}"
    );
    let csv = office
        .sees(&mut auditor, "/oficina/bitacora.csv?que=audit.exported")
        .await;
    assert_eq!(csv.kind, "text/csv; charset=utf-8");
    assert!(
        csv.html
            .contains("'=cmd|'/c calc'!A1,<b>x</b>,audit.exported,"),
        "{}",
        csv.html
    );
    // What an auditor looked for may be a person's RUC: the log does not keep it for ever.
    let searched = "/oficina/bitacora.csv?sobre=2903141873001";
    office.sees(&mut auditor, searched).await;
    let log = office.bench.intake.store().audit_rows(0, 1000).await;
    assert!(!format!("{:?}", log.unwrap()).contains("2903141873001"));
    let taken = office
        .sees(&mut auditor, "/oficina/bitacora?que=audit.exported")
        .await
        .html;
    assert!(taken.contains("auditor/aura"), "{taken}");
}
