//! What was answered is remembered, judged again, and asked for once.

use std::path::Path;

use clavero::fetch::{Fetcher, Settings};
use clavero::fixture::pki;
use clavero::fixture::pki::Defect;
use clavero::verify::report::Conclusion;
use jiff::SignedDuration;

use super::{LUCIA, allowing, judge, lucia, signed_by};
use crate::authority::{Authority, Does, list};
use crate::bench::{BEGINNING, HOUR};

fn in_folder(folder: &Path) -> Fetcher {
    Fetcher::new(Settings {
        folder: Some(folder.to_owned()),
        ..allowing()
    })
    .unwrap()
}

#[tokio::test]
async fn an_answer_is_remembered_over_a_restart_and_asked_for_again_when_its_time_is_over() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR * 24);
    authority.set("/lista.crl", Does::Give(current));
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let passes = async |fetcher: &Fetcher, now| {
        let (report, _) = judge(fetcher, &document, now).await;
        report.conclusion == Conclusion::Passed
    };
    let first = in_folder(folder.path());
    assert!(passes(&first, BEGINNING).await && passes(&first, BEGINNING).await);
    let second = in_folder(folder.path());
    assert!(passes(&second, BEGINNING + SignedDuration::from_mins(59)).await);
    assert_eq!(authority.visits("/lista.crl"), 1, "asked for once");
    assert!(passes(&second, BEGINNING + HOUR).await);
    assert_eq!(authority.visits("/lista.crl"), 2, "an hour later again");
    // Nobody is there any more: the list at hand is still in its own time.
    authority.set("/lista.crl", Does::Fail(503));
    let third = in_folder(folder.path());
    assert!(passes(&third, BEGINNING + HOUR * 5).await);
    // A list from before: somebody on the way sends the past again.
    let past = list(LUCIA, BEGINNING - HOUR * 2, BEGINNING + HOUR * 48);
    authority.set("/lista.crl", Does::Give(past));
    let (report, _) = judge(&in_folder(folder.path()), &document, BEGINNING + HOUR * 6).await;
    let facts = &report.signatures[0].revocation[0];
    assert_eq!(
        facts.this_update,
        Some(BEGINNING - HOUR),
        "the younger one stays"
    );
}

#[tokio::test]
async fn a_failure_is_not_asked_for_again_at_once() {
    let authority = Authority::start().await;
    authority.set("/lista.crl", Does::Fail(404));
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let fetcher = Fetcher::new(allowing()).unwrap();
    for (seconds, visits) in [(0, 1), (59, 1), (61, 2)] {
        judge(
            &fetcher,
            &document,
            BEGINNING + SignedDuration::from_secs(seconds),
        )
        .await;
        assert_eq!(authority.visits("/lista.crl"), visits, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_remembered_answer_is_judged_again() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    judge(&in_folder(folder.path()), &document, BEGINNING).await;
    // Whoever can write to the folder can put a list of his own there, checksum and all.
    let file = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let kept = std::fs::read(&file).unwrap();
    let forged = pki::list(LUCIA, false, BEGINNING - HOUR, BEGINNING + HOUR).der;
    let end = kept.iter().position(|byte| *byte == b'\n').unwrap();
    let mut header: serde_json::Value = serde_json::from_slice(&kept[..end]).unwrap();
    header["sha256"] = clavero::domain::Sha256::of(&forged).to_string().into();
    std::fs::write(
        &file,
        [header.to_string().as_bytes(), b"\n", &forged].concat(),
    )
    .unwrap();
    authority.set("/lista.crl", Does::Fail(404));
    let (report, _) = judge(&in_folder(folder.path()), &document, BEGINNING).await;
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(authority.visits("/lista.crl"), 2, "it was asked for again");
}

#[tokio::test]
async fn two_documents_at_once_ask_once() {
    let authority = Authority::start().await;
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let fetcher = Fetcher::new(allowing()).unwrap();
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let all = (0..5).map(|_| judge(&fetcher, &document, BEGINNING));
    for (report, _) in futures::future::join_all(all).await {
        assert_eq!(report.conclusion, Conclusion::Passed);
    }
    assert_eq!(authority.visits("/lista.crl"), 1);
}
