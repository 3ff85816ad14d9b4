//! PRODUCT S32: an evidence package says the same on a machine without network, and one changed byte fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clavero::domain::{Action, Outcome, PetitionContent, PetitionNumber, State};
use clavero::evidence_package::archive::{self, ArchiveError, Entry};
use clavero::evidence_package::{Checked, Fault, check};
use clavero::extract::Extractor;
use clavero::fixture::letter::{self, Letter};
use clavero::fixture::people::person;
use clavero::fixture::pki::{self, Defect};
use clavero::fixture::samples;
use clavero::intake::Judgement;
use clavero::store::Applied;
use clavero::verify::{Evidence, Policy, TrustStore};
use jiff::SignedDuration;
use serde_json::Value;

use crate::bench::{Bench, GOOD, seal};
use crate::evidence_log;
use crate::served::binary;

const RUC: &str = "2990001015001";
const MINE: &str = "2990006065001"; // no e-mail on file
const TRANSPORT: &str = "2990004045001"; // eduardo's term ended, sofia follows

fn extractor() -> Extractor {
    Extractor::new(binary())
}

fn checked(package: &[u8]) -> Result<Checked, Fault> {
    check(package, &extractor())
}

async fn package(bench: &Bench, number: &PetitionNumber) -> Vec<u8> {
    evidence_log::package(bench, number).await
}

/// Every document of the fixtures, as if somebody had sent it.
fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    documents(&root, &mut found);
    found.sort();
    found
}

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            documents(&path, found);
        } else if matches!(ending, Some("pdf" | "p7m" | "p7s"))
            // An empty file gets no receipt.
            && std::fs::metadata(&path).unwrap().len() > 0
        {
            found.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_of_all_fixtures_say_the_same_again_without_network() {
    let bench = Bench::new().await;
    let mut numbers = std::collections::BTreeMap::new();
    for path in fixtures() {
        let bytes = std::fs::read(&path).unwrap();
        let receipt = bench.upload(None, &bytes).await.unwrap();
        numbers.insert(receipt.number, path);
    }
    bench.work().await;
    assert!(numbers.len() >= 280, "{}", numbers.len());
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for number in numbers.keys() {
        let file = folder.path().join(format!("{number}.zip"));
        std::fs::write(&file, package(&bench, number).await).unwrap();
        files.push(file);
    }
    let seal_file = folder.path().join("seal.der");
    std::fs::write(&seal_file, seal().certificate().der()).unwrap();
    let told = verify(&files, &["--json", "--seal", seal_file.to_str().unwrap()]);
    let text = String::from_utf8(told.stdout).unwrap();
    let (mut concluded, mut told_of) = (0, 0);
    for (line, (number, path)) in text.lines().zip(&numbers) {
        let told: Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["holds"], true, "{}: {line}", path.display());
        assert_eq!(told["number"], number.as_str());
        concluded += usize::from(!told["conclusion"].is_null());
        told_of += 1;
    }
    assert_eq!(told_of, numbers.len());
    assert!(concluded >= 200, "{concluded}");
    assert_eq!(told.status.code(), Some(0));
}

/// The kinds of petitions that the service itself gives numbers to, from refusal to the new password.
async fn petitions(bench: &Bench) -> Vec<PetitionNumber> {
    let approved = bench.signed_petition(RUC, "lucia", None).await;
    let completed = bench.signed_petition(RUC, "lucia", None).await;
    let token = bench.token("clave");
    bench
        .intake
        .set_password(&token, GOOD.to_owned().into())
        .await
        .unwrap();
    bench.work().await;
    let address = bench
        .signed_petition(RUC, "lucia", Some("nueva@ejemplo.ec"))
        .await;
    let refused = bench.signed_petition(RUC, "carmen", None).await;
    let unsigned = bench.petition(RUC, None).await;
    let form = unsigned.form.clone();
    bench.upload(Some(&unsigned.number), &form).await.unwrap();
    let scanned = bench.petition(RUC, None).await;
    bench
        .upload(Some(&scanned.number), b"\xff\xd8 a scan")
        .await
        .unwrap();
    let merged = bench.petition(RUC, None).await;
    let signed = bench.sign(&merged.form, "lucia");
    let without_number = bench.upload(None, &signed).await.unwrap();
    bench.work().await;
    vec![
        approved.number,
        completed.number,
        address.number,
        refused.number,
        unsigned.number,
        scanned.number,
        without_number.number,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_of_every_kind_of_petition_say_the_same_again() {
    let bench = Bench::new().await;
    let mut outcomes = Vec::new();
    for number in petitions(&bench).await {
        let zip = package(&bench, &number).await;
        assert_eq!(zip, package(&bench, &number).await, "{number}: equal bytes");
        let checked = checked(&zip).unwrap_or_else(|fault| panic!("{number}: {fault}"));
        outcomes.push(checked.decision.outcome.as_str());
    }
    assert!(
        outcomes.contains(&"approved") && outcomes.contains(&"refused"),
        "{outcomes:?}"
    );
}

async fn confirm_change(bench: &Bench, ruc: &str, who: &str, email: &str) {
    let change = bench.signed_petition(ruc, who, Some(email)).await;
    let token = bench.token("correo");
    bench.intake.confirm_address(&token).await.unwrap();
    bench.work().await;
    assert_eq!(bench.outcome(&change).await.0, State::Completed);
}

/// What was on file decided, and is in the evidence that the log fixed; what is on file today is another matter.
#[tokio::test(flavor = "multi_thread")]
async fn packages_say_the_same_after_the_address_was_changed() {
    for bench in Bench::on_each_engine("evidence_address").await {
        let completed = bench.signed_petition(RUC, "lucia", None).await;
        let token = bench.token("clave");
        let password = GOOD.to_owned().into();
        bench.intake.set_password(&token, password).await.unwrap();
        bench.work().await;
        let without_address = bench.signed_petition(MINE, "monica", None).await;
        let refused = (State::Refused, vec!["NO_EMAIL"]);
        assert_eq!(bench.outcome(&without_address).await, refused);
        // A letter that expects its link at the address on file.
        let at = bench.intake.now();
        let lucia = person("lucia").unwrap();
        let paper = letter::render(&Letter {
            content: PetitionContent {
                ruc: RUC.parse().unwrap(),
                branch: "0001".parse().unwrap(),
                action: Action::ResetPassword,
                new_email: None,
            },
            legal_name: "CAFÉ DE ALTURA FICTICIO CÍA. LTDA.".to_owned(),
            representative: (
                lucia.full_name(),
                lucia.document.to_owned(),
                "Gerente General (gerencia@cafe-ficticio.ec)".to_owned(),
            ),
            at,
        });
        let letter = bench.sign(&paper.unwrap(), "lucia");
        let letter = bench.upload(None, &letter).await.unwrap();
        bench.work().await;
        let decided = checked(&package(&bench, &letter.number).await).unwrap();
        assert!(decided.decision.content.is_some(), "it could be read");
        assert!(
            !decided
                .decision
                .codes()
                .contains(&"LETTER_NAMES_OTHER_EMAIL"),
            "{:?}",
            decided.decision.codes()
        );

        confirm_change(&bench, RUC, "lucia", "nueva@cafe-ficticio.ec").await;
        confirm_change(&bench, MINE, "monica", "nueva@mina-ficticia.ec").await;
        for number in [&completed.number, &without_address.number, &letter.number] {
            let zip = package(&bench, number).await;
            checked(&zip).unwrap_or_else(|fault| panic!("{number}: {fault}"));
        }
    }
}

/// A later import is taken back to make the employer of then: everything in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_says_the_same_after_the_registry_changed() {
    for bench in Bench::on_each_engine("evidence_registry").await {
        let completed = bench.signed_petition(TRANSPORT, "sofia", None).await;
        let token = bench.token("clave");
        let password = GOOD.to_owned().into();
        bench.intake.set_password(&token, password).await.unwrap();
        bench.work().await;
        bench
            .changes_employer(TRANSPORT, "corrected", |it| {
                assert!(it.representatives.len() > 1);
                it.representatives[0].source = "escritura corregida".to_owned();
                it.phone = Some("042000000".to_owned());
            })
            .await;
        let zip = package(&bench, &completed.number).await;
        checked(&zip).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// The operator changes a setting: what was decided under another one was decided so.
#[tokio::test(flavor = "multi_thread")]
async fn packages_say_the_same_after_a_setting_was_changed() {
    let mut bench = Bench::new().await;
    let recipe = samples::recipes().into_iter().find(|recipe| {
        matches!(recipe.paper, samples::Paper::LetterBy(_)) && recipe.outcome == Outcome::Approved
    });
    let recipe = recipe.expect("an approved letter among the samples");
    let signed_at = bench.intake.now();
    let paper = recipe.own_paper(signed_at).unwrap();
    let letter = recipe.cook(&paper, signed_at).unwrap();
    bench.pass(SignedDuration::from_hours(2));
    let letter = bench.upload(None, &letter).await.unwrap().number;
    bench.work().await;
    let form = bench.signed_petition(RUC, "lucia", None).await.number;
    for number in [&letter, &form] {
        let zip = package(&bench, number).await;
        checked(&zip).unwrap_or_else(|fault| panic!("{number}: {fault}"));
    }

    bench
        .restart_with(|settings| {
            settings.letter_window = SignedDuration::from_hours(1);
            settings.clock_tolerance = SignedDuration::ZERO;
        })
        .await;
    // No answer is fresh enough for this one.
    bench.intake.replace_judgement(Judgement {
        trust: TrustStore::new(Vec::new(), Vec::new()),
        evidence: Evidence::default(),
        policy: Policy {
            evidence_age: Some(SignedDuration::from_secs(1)),
            ..Policy::default()
        },
    });
    for number in [&letter, &form] {
        let zip = package(&bench, number).await;
        checked(&zip).unwrap_or_else(|fault| panic!("{number}: {fault}"));
        let again = bench.intake.reprocess(number).await.unwrap();
        assert_eq!(again.differences(), Vec::<String>::new(), "{number}");
    }
}

/// DESIGN B and C: reception decides about the signature, and that the key was revoked before anybody acted is for a person.
#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_a_certificate_revoked_since_says_the_same_again() {
    let bench = Bench::new().await;
    // The revoked certificates of the fixtures were revoked on 15 January, and the lists tell of it in March.
    let days = SignedDuration::from_hours(50 * 24);
    bench.pass(-days);
    let petition = bench.petition(RUC, None).await;
    let stolen = pki::issue(person("lucia").unwrap(), Defect::Revoked);
    let document = bench.sign_as(&petition.form, "lucia", &stolen);
    let uploaded = bench.upload(Some(&petition.number), &document).await;
    uploaded.unwrap();
    bench.pass(days);
    bench.work().await;
    let (_, codes) = bench.outcome(&petition).await;
    assert_eq!(codes, ["CERT_REVOKED_SINCE"]);
    let zip = package(&bench, &petition.number).await;
    checked(&zip).unwrap_or_else(|fault| panic!("{fault}"));
}

/// The number whose life had ended is the form's; the document came without it, and got one of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_a_form_that_came_too_late_without_its_number_says_the_same_again() {
    let bench = Bench::new().await;
    let petition = bench.petition(RUC, None).await;
    bench.pass(SignedDuration::from_hours(8 * 24));
    let signed = bench.sign(&petition.form, "lucia");
    let receipt = bench.upload(None, &signed).await.unwrap();
    bench.work().await;
    let zip = package(&bench, &receipt.number).await;
    let checked = checked(&zip).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(checked.decision.codes(), ["PETITION_EXPIRED"]);
}

/// PRODUCT S27: once the password is set, the log says which evidence it was.
#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_completed_petition_is_fixed_in_the_log() {
    let bench = Bench::new().await;
    let completed = &petitions(&bench).await[1];
    let zip = package(&bench, completed).await;
    let files = archive::read(&zip).unwrap();
    let manifest: Value = serde_json::from_slice(&files[0].bytes).unwrap();
    let rows = &files
        .iter()
        .find(|file| file.name == "bitacora.jsonl")
        .unwrap()
        .bytes;
    let fixed = rows
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .find(|row| row["event"] == "evidence.sealed" && row["subject"] == completed.as_str())
        .expect("a row that fixes the evidence");
    let facts: Value = serde_json::from_str(fixed["facts"].as_str().unwrap()).unwrap();
    assert_eq!(facts["evidence"], manifest["evidence"]);
}

/// A crash between the effect and the entry: the next round enters it, once.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_a_crash_left_out_is_entered_by_the_next_round() {
    for bench in Bench::on_each_store("unsealed").await {
        let number = bench.signed_petition(RUC, "lucia", None).await.number;
        let store = bench.intake.store();
        let token = bench.token("clave");
        let link = store.link(token.hash()).await.unwrap().unwrap();
        // As `set_password` does it, and then the process is gone.
        let applied = Applied::Password("$argon2id$");
        let now = bench.intake.now();
        store
            .apply_link(token.hash(), &link, &applied, &[], now)
            .await
            .unwrap();
        let sealed = async || {
            let rows = store.audit_of(number.as_str(), 0, 1000).await.unwrap();
            let sealed = rows.iter().filter(|row| row.event == "evidence.sealed");
            sealed.count()
        };
        assert_eq!(sealed().await, 0);
        let (one, other) = tokio::join!(
            bench.intake.fix_all_evidence(),
            bench.intake.fix_all_evidence()
        );
        assert!(one.unwrap() + other.unwrap() >= 1);
        bench.work().await;
        assert_eq!(sealed().await, 1);
        assert!(store.unsealed(None, 10).await.unwrap().is_empty());
    }
}

/// Where the contents of a file begin in the archive: behind its header and its name (APPNOTE.TXT §4.3.6).
fn contents_at(zip: &[u8], name: &str) -> usize {
    let mut at = 0;
    for file in archive::read(zip).unwrap() {
        at += 30 + file.name.len();
        if file.name == name {
            return at;
        }
        at += file.bytes.len();
    }
    panic!("no {name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_fails_and_its_file_is_named() {
    let bench = Bench::new().await;
    let number = bench.signed_petition(RUC, "lucia", None).await.number;
    let zip = package(&bench, &number).await;
    // Most of it is the forms' fonts and the lists: every prime step meets every file.
    for at in (0..zip.len()).step_by(997) {
        let mut changed = zip.clone();
        changed[at] ^= 0x10;
        assert!(checked(&changed).is_err(), "byte {at}");
    }
    for file in archive::read(&zip).unwrap() {
        let mut changed = zip.clone();
        changed[contents_at(&zip, &file.name)] ^= 1;
        let fault = checked(&changed).unwrap_err();
        let named = ArchiveError::Changed(file.name.clone());
        assert_eq!(fault, Fault::Archive(named), "{}", file.name);
    }
}

/// Somebody who writes the archive anew, with a right manifest, still has to face what is computed and chained.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_was_made_anew_is_found_out() {
    let bench = Bench::new().await;
    let number = bench.signed_petition(RUC, "carmen", None).await.number;
    let zip = package(&bench, &number).await;
    let honest = archive::read(&zip).unwrap();
    let with = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files: Vec<Entry> = honest.clone();
        let file = files.iter_mut().find(|file| file.name == name).unwrap();
        change(&mut file.bytes);
        files
    };
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{from}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
    };
    // The manifest lists another digest.
    let files = with("decision.json", &replace("refused", "approved"));
    let zip = archive::write(&files).unwrap();
    assert_eq!(
        checked(&zip).unwrap_err(),
        Fault::NotAsListed("decision.json".to_owned())
    );
    // The manifest is made anew, and its seal taken away.
    for (name, change, fault) in [
        (
            "decision.json",
            replace("\"refused\"", "\"approved\""),
            "the decision comes out another way",
        ),
        (
            "informe.json",
            replace("passed", "failed"),
            "the report comes out another way",
        ),
        (
            "bitacora.jsonl",
            replace("machine", "machina"),
            "of bitacora.jsonl does not fit",
        ),
        ("registro.json", replace("sole", "joint"), ""),
        (
            "cabeza.json",
            replace("\"hash\": \"", "\"hash\": \"0"),
            "does not fit",
        ),
    ] {
        let files = listed_anew(with(name, &change));
        let result = checked(&archive::write(&files).unwrap());
        match result {
            Err(told) => assert!(told.to_string().contains(fault), "{name}: {told}"),
            // What made no difference to the decision is only told by seal and log.
            Ok(checked) => assert!(fault.is_empty() && checked.sealed_by.is_none(), "{name}"),
        }
    }
}

/// The same files with a manifest that fits them, and without a seal.
pub fn listed_anew(mut files: Vec<Entry>) -> Vec<Entry> {
    files.retain(|file| file.name != "manifiesto.p7s");
    let mut manifest: Value = serde_json::from_slice(&files[0].bytes).unwrap();
    let mut lines = String::new();
    for (file, listed) in files[1..]
        .iter()
        .zip(manifest["files"].as_array_mut().unwrap())
    {
        let sha256 = clavero::domain::Sha256::of(&file.bytes).to_string();
        listed["bytes"] = file.bytes.len().into();
        listed["sha256"] = sha256.clone().into();
        let left_out = [
            "leeme.txt",
            "caso.json",
            "informe.pdf",
            "bitacora.jsonl",
            "cabeza.json",
        ];
        if !left_out.contains(&file.name.as_str()) {
            writeln!(lines, "{sha256} {}", file.name).unwrap();
        }
    }
    let evidence = clavero::domain::Sha256::of(lines.as_bytes()).to_string();
    // By hand, in the order in which it is written.
    let mut text = format!(
        "{{\n  \"format\": {},\n  \"number\": {},\n  \"evidence\": \"{evidence}\",\n  \"files\": [\n",
        manifest["format"], manifest["number"]
    );
    let listed = manifest["files"].as_array().unwrap();
    for (index, file) in listed.iter().enumerate() {
        let comma = if index + 1 < listed.len() { "," } else { "" };
        writeln!(
            text,
            "    {{\n      \"name\": {},\n      \"bytes\": {},\n      \"sha256\": {}\n    }}{comma}",
            file["name"], file["bytes"], file["sha256"]
        )
        .unwrap();
    }
    files[0].bytes = (text + "  ]\n}\n").into_bytes();
    files
}

/// The command on a machine without network: where this test may, in a network namespace of its own, which has no
/// interface at all.
fn verify(files: &[PathBuf], more: &[&str]) -> Output {
    let clavero = binary();
    let mut arguments = vec!["evidence", "verify"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    arguments.extend(more);
    let alone = Command::new("unshare").args(["-rn", "true"]).status();
    let mut command = if alone.is_ok_and(|status| status.success()) {
        let mut command = Command::new("unshare");
        command.arg("-rn").arg(clavero);
        command
    } else {
        Command::new(clavero)
    };
    command.args(arguments).env_clear().output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_verifies_without_network() {
    let bench = Bench::new().await;
    let number = bench.signed_petition(RUC, "lucia", None).await.number;
    let zip = package(&bench, &number).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let good = path("good.zip", &zip);
    let own = path("own.der", seal().certificate().der());
    let other = path(
        "other.der",
        &clavero::fixture::identity("lucia").unwrap().certificate,
    );
    let (own, other) = (own.to_str().unwrap(), other.to_str().unwrap());
    let told = verify(std::slice::from_ref(&good), &["--seal", own]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(0), "{text}");
    assert!(
        text.contains("el mismo informe y la misma decisión"),
        "{text}"
    );
    assert!(text.contains("MATCHED_REPRESENTATIVE"), "{text}");
    assert_eq!(
        verify(std::slice::from_ref(&good), &["--seal", other])
            .status
            .code(),
        Some(1)
    );
    let mut changed = zip.clone();
    changed[contents_at(&zip, "documento") + 500] ^= 1;
    let told = verify(&[path("bad.zip", &changed)], &[]);
    assert_eq!(told.status.code(), Some(1));
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("documento fue alterado"), "{text}");
    for junk in [&b""[..], b"PK", &zip[..zip.len() / 2]] {
        assert_eq!(
            verify(&[path("junk.zip", junk)], &[]).status.code(),
            Some(1)
        );
    }
    let told = verify(std::slice::from_ref(&good), &["--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["outcome"], "approved");
    assert_eq!(told["holds"], true);
}
