//! With a key in the configuration nothing personal is readable on the disk: the database file and every document are
//! looked through, byte by byte.

use std::fs;
use std::path::Path;

use clavero::domain::Sha256;
use clavero::fixture::employers;
use clavero::fixture::people::{CAFE, PEOPLE};
use clavero::protection::Keyring;

use crate::bench::{Bench, GOOD};
use crate::served::clavero;

/// A key as `openssl rand -base64 32` makes it.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

/// What must not be readable. Document numbers and RUCs are not among them: they are the keys of their tables, and the
/// RUC of a person holds the person's number (README, «What is protected»).
fn personal() -> Vec<String> {
    let mut words = vec![GOOD.to_owned(), "nueva@cafe-ficticio.ec".to_owned()];
    for person in PEOPLE {
        words.push(person.names.to_owned());
        words.push(format!("{} {}", person.surname_1, person.surname_2));
        words.push(person.full_name());
        // A digest of ten digits is as good as the digits.
        let named = format!("signer:{}", person.document);
        words.push(Sha256::of(named.as_bytes()).to_string());
    }
    for sample in employers::employers() {
        words.extend(sample.employer.phone);
        words.extend(sample.employer.email.map(|email| email.as_str().to_owned()));
    }
    words
}

/// Places where one of `words` can be read in a file below `folder`.
fn readable(folder: &Path, words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(readable(&path, words));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |word: &&String| {
            bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes())
        };
        found.extend(
            words
                .iter()
                .filter(holds)
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    found
}

/// A life: a reset, a change of address, a refusal, a letter.
async fn live(bench: &Bench) {
    bench.signed_petition(CAFE, "lucia", None).await;
    bench.sets_password(GOOD).await;
    let change = Some("nueva@cafe-ficticio.ec");
    bench.signed_petition(CAFE, "lucia", change).await;
    bench
        .intake
        .confirm_address(&bench.token("correo"))
        .await
        .unwrap();
    bench.signed_petition(CAFE, "nelly", None).await;
    bench.work().await;
}

#[tokio::test]
async fn with_a_key_nothing_personal_is_readable_on_the_disk() {
    let keys = Keyring::from_base64([KEY]).unwrap();
    let bench = Bench::protected(keys).await;
    live(&bench).await;
    assert!(bench.letters().len() >= 4, "a life has passed");
    bench.intake.store().close().await;
    let found = readable(bench.folder(), &personal());
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn what_was_kept_in_the_open_is_protected_by_one_command_and_a_key_is_replaced_by_another() {
    let bench = Bench::new().await;
    live(&bench).await;
    bench.intake.store().close().await;
    let found = readable(bench.folder(), &personal());
    assert!(
        found.len() > 5,
        "without a key everything is readable: {found:#?}"
    );

    let run = |arguments: &[&str], keys: &str| {
        clavero(bench.folder(), arguments)
            .env("CLAVERO_PROTECTION__KEYS", keys)
            .output()
            .unwrap()
    };
    let protect = |what: &str, keys: &str| run(&["protect", what], keys);
    let first = format!("[\"{KEY}\"]");
    let both = format!("[\"{OTHER_KEY}\", \"{KEY}\"]");
    let second = format!("[\"{OTHER_KEY}\"]");
    assert_eq!(protect("status", &first).status.code(), Some(1));
    for keys in [&first, &both] {
        // Whoever runs without that key could not read what is protected with it.
        let early = protect("rotate", keys);
        assert_eq!(early.status.code(), Some(3), "{early:?}");
        let said = String::from_utf8(early.stderr).unwrap();
        assert!(
            said.contains("restart them") && said.contains("--yes"),
            "{said}"
        );
        assert_eq!(protect("status", keys).status.code(), Some(1));
        let done = run(&["protect", "rotate", "--yes"], keys);
        assert!(done.status.success(), "{done:?}");
        let status = protect("status", keys);
        assert_eq!(status.status.code(), Some(0), "{status:?}");
        let found = readable(bench.folder(), &personal());
        assert!(found.is_empty(), "{found:#?}");
        let again = protect("rotate", keys);
        assert!(again.status.success(), "the key is in use: {again:?}");
    }
    assert_eq!(protect("status", &second).status.code(), Some(0));
    assert_eq!(protect("status", &first).status.code(), Some(1));
    let nothing = clavero(bench.folder(), &["protect", "rotate"])
        .output()
        .unwrap();
    assert_eq!(nothing.status.code(), Some(3), "{nothing:?}");
    let audit = clavero(bench.folder(), &["audit", "verify"])
        .output()
        .unwrap();
    assert!(audit.status.success(), "{audit:?}");
}
