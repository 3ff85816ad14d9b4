//! Documents that no decision comes of: they go to a person, and keep nobody else waiting.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clavero::domain::State;
use clavero::fixture::people::CAFE;
use clavero::fixture::samples;
use jiff::SignedDuration;
use tokio::time::timeout;

use crate::bench::{Bench, GOOD};

#[tokio::test]
async fn a_document_that_is_never_decided_goes_to_a_person() {
    for bench in Bench::on_each_store("poison").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        // Ten processes took it and died.
        for _ in 0..10 {
            let now = bench.intake.now();
            let lease = SignedDuration::from_secs(60);
            let job = bench
                .intake
                .store()
                .claim_job(now, now + lease)
                .await
                .unwrap();
            assert!(job.is_some());
            bench.pass(lease);
        }
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await,
            (State::InReview, vec!["TOO_COMPLEX"])
        );
        assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 0);
    }
}

/// A program that takes a letter, says so, and does not come to an end before it is let go.
fn one_that_never_ends(folder: &Path) -> PathBuf {
    let program = folder.join("never-ends");
    let folder = folder.display();
    let script = format!(
        "#!/bin/sh\necho 1 >>'{folder}/taken'\nwhile [ ! -e '{folder}/let-go' ]; do sleep 0.1; done\nexit 1\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// Documents that cost long hold up decisions, and nobody who waits at a page: as many as are decided at a time stand still here.
#[tokio::test]
async fn documents_that_are_never_decided_keep_nobody_from_a_form_or_a_password() {
    const SOON: Duration = Duration::from_secs(30);
    let mut bench = Bench::new().await;
    bench.signed_petition(CAFE, "lucia", None).await;
    let token = bench.token("clave");
    let folder = bench.folder().to_owned();
    bench.reads_letters_with(one_that_never_ends(&folder)).await;
    let recipes = samples::recipes();
    let letter = recipes
        .iter()
        .find(|recipe| matches!(recipe.paper, samples::Paper::LetterBy(_)))
        .unwrap();
    let at_a_time = std::thread::available_parallelism().unwrap().get();
    let mut letters = Vec::new();
    for _ in 0..=at_a_time {
        bench.pass(SignedDuration::from_secs(1));
        let at = bench.intake.now();
        let signed = letter.cook(&letter.own_paper(at).unwrap(), at).unwrap();
        letters.push(bench.upload(None, &signed).await.unwrap());
    }
    let working = bench.starts_working();
    let taken = || fs::read_to_string(folder.join("taken")).map_or(0, |text| text.lines().count());
    let all_taken = async {
        while taken() < at_a_time {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let all_taken = timeout(SOON, all_taken).await;
    let form = timeout(SOON, bench.petition(CAFE, None)).await;
    let password = timeout(SOON, bench.intake.set_password(&token, GOOD.into())).await;
    let at_once = taken();
    fs::write(folder.join("let-go"), "").unwrap();
    working.ends().await;
    all_taken.expect("they are read");
    assert_eq!(at_once, at_a_time, "no more than there are processors");
    form.expect("a form, meanwhile");
    password.expect("a password, meanwhile").unwrap();
}
