//! S36: a person asks for access, correction and deletion of their own data, as the operator's commands answer it; and the
//! clock of a breach.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use clavero::domain::{MemberRole, Sha256};
use clavero::fixture::people::CAFE;
use serde_json::Value;

use crate::bench::{Bench, GOOD};
use crate::office::Office;
use crate::retention::answers_about;
use crate::served::{clavero, write_trust};

/// The representative of the company.
const LUCIA: &str = "2901047296";

fn run(bench: &Bench, arguments: &[&str]) -> Output {
    clavero(bench.folder(), arguments)
        .env("CLAVERO_DATABASE", bench.database())
        .env("CLAVERO_LANG", "es")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// `datos.json` of an export, and the names of its files.
fn opened(zip: &Path) -> (Value, Vec<String>) {
    let mut zip = zip::ZipArchive::new(File::open(zip).unwrap()).unwrap();
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    let mut text = String::new();
    zip.by_name("datos.json")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (serde_json::from_str(&text).unwrap(), names)
}

#[tokio::test]
async fn s36_access_correction_and_deletion_each_with_proof_and_trace() {
    for bench in Bench::on_each_engine("subject").await {
        let office = Office::on(bench, false);
        office.member("sara", MemberRole::Supervisor).await;
        let bench = &office.bench;
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        bench.sets_password(GOOD).await;
        let others = bench.signed_petition("2990002025001", "andres", None).await;
        let (number, other) = (petition.number.as_str(), others.number.as_str());
        let out = bench.folder().join("datos.zip");
        let file = out.to_str().unwrap();

        // Without proof nothing is told, and another person's petition proves nothing.
        let export = ["subject", "export", "--document", LUCIA, "--out", file];
        assert_eq!(run(bench, &export).status.code(), Some(3));
        let with = |proof: &[&'static str]| [export.as_slice(), proof].concat();
        let stranger = [&export[..], &["--petition", other]].concat();
        assert_eq!(run(bench, &stranger).status.code(), Some(3));
        assert!(!out.exists());

        let done = run(bench, &[&export[..], &["--petition", number]].concat());
        assert!(done.status.success(), "{}", said(&done));
        assert_eq!(
            fs::metadata(&out).unwrap().permissions().mode() & 0o777,
            0o600,
            "for whoever asked, and nobody else on the machine"
        );
        let (data, names) = opened(&out);
        assert_eq!(data["representations"][0]["ruc"], CAFE);
        assert_eq!(data["petitions"].as_array().unwrap().len(), 1, "hers alone");
        assert_eq!(data["petitions"][0]["number"], number);
        assert!(data["petitions"][0]["decisions"][0]["report"].is_object());
        assert!(!data["petitions"][0]["audit"].as_array().unwrap().is_empty());
        let messages = data["petitions"][0]["messages"].as_array().unwrap();
        assert!(
            messages
                .iter()
                .any(|it| it["kind"] == "reset_link"
                    && it["recipient"] == "gerencia@cafe-ficticio.ec"),
            "{messages:?}"
        );
        assert!(
            names.iter().any(|name| name.starts_with("documentos/")),
            "{names:?}"
        );
        let again = run(bench, &with(&["--reason", "cédula en ventanilla"]));
        assert_eq!(again.status.code(), Some(3), "nothing is written over");
        // What whoever saw the proof wrote may name anybody: the log, which nothing erases, has its digest.
        let log = bench.intake.store().audit_rows(0, 10_000).await.unwrap();
        let mut asked = log.iter().filter(|row| row.event == "subject.exported");
        let digest = Sha256::of("cédula en ventanilla".as_bytes()).to_string();
        assert!(asked.any(|row| row.facts.contains(&digest)));
        assert!(log.iter().all(|row| !row.facts.contains("ventanilla")));

        let name = "LUCÍA E. ÑAUTA CÁRDENAS";
        let correct = [
            "subject",
            "correct",
            "--document",
            LUCIA,
            "--petition",
            number,
            "--name",
            name,
        ];
        let corrected = run(bench, &correct);
        assert!(corrected.status.success(), "{}", said(&corrected));
        let known = bench
            .intake
            .store()
            .representations(&LUCIA.parse().unwrap())
            .await
            .unwrap();
        assert!(known.iter().all(|one| one.entry.name == name), "{known:?}");
        let same = run(bench, &correct);
        assert!(said(&same).contains("nada que corregir"), "{}", said(&same));

        write_trust(bench.folder());
        let erase = [
            "subject",
            "erase",
            "--document",
            LUCIA,
            "--petition",
            number,
        ];
        let stays = run(bench, &erase);
        assert_eq!(stays.status.code(), Some(1), "{}", said(&stays));
        assert!(said(&stays).contains(number) && said(&stays).contains("quedan hasta el"));
        // Once the operator's term is over, it goes.
        let gone = clavero(bench.folder(), &erase)
            .env("CLAVERO_DATABASE", bench.database())
            .env("CLAVERO_RETENTION__DOCUMENTS_DAYS", "1")
            .env("CLAVERO_LANG", "en")
            .output()
            .unwrap();
        assert!(
            said(&gone).contains(&format!("✓ documents of petition {number}: deleted")),
            "{}",
            said(&gone)
        );
        answers_about(&office, &petition, true).await;

        let rows = bench
            .intake
            .store()
            .audit_of("subject", 0, 100)
            .await
            .unwrap();
        let events: Vec<&str> = rows.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(
            events,
            [
                "subject.exported",
                "subject.exported",
                "subject.corrected",
                "subject.corrected",
                "subject.erasure_asked",
                "subject.erasure_asked"
            ]
        );
        assert!(
            rows.iter().all(|row| !row.facts.contains(LUCIA)),
            "the log holds no personal data"
        );
        assert_eq!(run(bench, &["audit", "verify"]).status.code(), Some(0));
        fs::remove_file(&out).unwrap();
    }
}

/// Who is an employer too is told what stays of that, and half an export is none.
#[tokio::test]
async fn s36_nothing_that_stays_is_left_out_and_nothing_half_is_left_behind() {
    const ROSA: &str = "2903141873";
    let bench = Bench::new().await;
    write_trust(bench.folder());
    let erase = |document| {
        let proof = ["--reason", "cédula en ventanilla"];
        run(
            &bench,
            &[&["subject", "erase", "--document", document], &proof[..]].concat(),
        )
    };
    let stays = erase(ROSA);
    assert_eq!(stays.status.code(), Some(1), "{}", said(&stays));
    assert!(
        said(&stays).contains(&format!("{ROSA}001 0001: queda")),
        "{}",
        said(&stays)
    );
    let unknown = erase("2999999999");
    assert_eq!(unknown.status.code(), Some(0), "{}", said(&unknown));
    assert!(said(&unknown).contains("no se guarda nada"));

    let petition = bench.signed_petition(CAFE, "lucia", None).await;
    let row = bench.intake.store().petition(&petition.number).await;
    let sha256 = row.unwrap().unwrap().document.unwrap().to_string();
    damage(&bench.folder().join("documents"), &sha256);
    let out = bench.folder().join("datos.zip");
    let number = petition.number.as_str();
    let (out_text, proof) = (out.to_str().unwrap(), ["--petition", number]);
    let export = ["subject", "export", "--document", LUCIA, "--out", out_text];
    let failed = run(&bench, &[&export[..], &proof].concat());
    assert_eq!(failed.status.code(), Some(3), "{}", said(&failed));
    assert!(!out.exists(), "{}", said(&failed));
}

/// Another document stands where this one was kept.
fn damage(folder: &Path, name: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage(&path, name);
        } else if path.to_string_lossy().contains(name) {
            fs::write(path, "another one").unwrap();
        }
    }
}

#[tokio::test]
async fn the_clock_of_a_breach_runs_from_when_it_was_known() {
    let bench = Bench::new().await;
    bench.signed_petition(CAFE, "lucia", None).await;
    let none = run(&bench, &["breach", "report"]);
    assert_eq!(none.status.code(), Some(3), "{}", said(&none));
    let known = "2026-01-01T12:00:00Z";
    let start = [
        "breach",
        "start",
        "--what",
        "copia de respaldo extraviada",
        "--known",
        known,
    ];
    let started = run(&bench, &start);
    assert!(started.status.success(), "{}", said(&started));
    let file = bench.folder().join("informe.md");
    let report = ["breach", "report", "--out", file.to_str().unwrap()];
    assert!(run(&bench, &report).status.success());
    let text = fs::read_to_string(&file).unwrap();
    for part in [
        "copia de respaldo extraviada",
        "2 días, hasta el 3 de enero de 2026, 07:00 (VENCIDO)",
        "5 días, hasta el 6 de enero de 2026, 07:00 (VENCIDO)",
        "1 solicitudes, 1 documentos firmados",
        "a la vista en el disco",
        "Bitácora: completa",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}
