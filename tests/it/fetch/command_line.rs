//! Asking from the command line: only when it is told to, and by the same ages of answers as the service.

use std::process::Command;

use clavero::fixture::pki;
use clavero::fixture::pki::Defect;
use jiff::{SignedDuration, Timestamp};

use super::{LUCIA, lucia, signed_by};
use crate::authority::{Authority, Does, list};
use crate::bench::{BEGINNING, HOUR};
use crate::served::binary;

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_asks_only_when_told() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, Timestamp::now() + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.pdf"), signed_by(&identity)).unwrap();
    for name in ["roots", "intermediates", "crls"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    let keep = |place: &str, files: Vec<pki::Material>| {
        for file in files {
            std::fs::write(path(place).join(file.name), file.der).unwrap();
        }
    };
    keep("roots", pki::roots());
    keep("intermediates", pki::intermediates());
    let mut lists = pki::crls(BEGINNING - HOUR);
    lists.retain(|list| list.name.contains("raiz"));
    keep("crls", lists);
    let run = |private: bool, more: &[&str]| {
        let done = Command::new(binary())
            .current_dir(folder.path())
            .args([
                "verify",
                "a.pdf",
                "--roots",
                "roots",
                "--intermediates",
                "intermediates",
            ])
            .args(["--crls", "crls", "--at", &BEGINNING.to_string(), "--json"])
            .args(more)
            .env("CLAVERO_FETCH__ALLOW_PRIVATE_TARGETS", private.to_string())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let _: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), told)
    };
    assert_eq!(run(true, &[]).0, Some(2));
    let (status, told) = run(false, &["--online"]);
    assert_eq!(status, Some(2));
    assert!(told.contains("red privada"), "{told}");
    assert_eq!(authority.all_visits(), 0);
    for visits in [1, 1, 2] {
        let cache: &[&str] = if visits == 1 {
            &["--online", "--cache", "cache"]
        } else {
            &["--online"]
        };
        let (status, told) = run(true, cache);
        assert_eq!((status, told.as_str()), (Some(0), ""));
        assert_eq!(authority.all_visits(), visits);
    }
}

/// `trust.evidence_age_seconds` holds for files that are judged by the service's own trust, as it does for the service.
#[test]
fn the_age_of_answers_that_the_configuration_allows_holds_for_files_too() {
    let data = tempfile::tempdir().unwrap();
    let keep = |place: &str, files: Vec<pki::Material>| {
        let folder = data.path().join("trust").join(place);
        std::fs::create_dir_all(&folder).unwrap();
        for file in files {
            std::fs::write(folder.join(file.name), file.der).unwrap();
        }
    };
    keep("roots", pki::roots());
    keep("intermediates", pki::intermediates());
    keep("crls", pki::crls(BEGINNING - HOUR * 2));
    let file = data.path().join("a.pdf");
    std::fs::write(&file, signed_by(&lucia(Defect::None, &[], &[]))).unwrap();
    let status = |age: SignedDuration| {
        let mut command = Command::new(binary());
        command.arg("verify").arg(&file);
        command.args(["--at", &BEGINNING.to_string()]);
        command.env("CLAVERO_DATA_DIR", data.path());
        command.env("CLAVERO_PROFILE", "demo");
        let age = age.as_secs().to_string();
        command.env("CLAVERO_TRUST__EVIDENCE_AGE_SECONDS", age);
        command.env_remove("CLAVERO_CONFIG");
        command.output().unwrap().status.code()
    };
    assert_eq!(status(SignedDuration::ZERO), Some(0));
    assert_eq!(status(HOUR * 3), Some(0));
    assert_eq!(status(HOUR), Some(2));
}
