//! Nothing personal and no secret is logged, at any level, by any process or flow of the whole test run: every service that
//! a test starts writes its log into a file that is read when the service ends, and whatever a flow inside of the test
//! process logs goes through the same sieve. The levels are the most talkative ones (PRODUCT threat 19).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, Once};

use clavero::fixture::employers;
use clavero::fixture::people::PEOPLE;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::bench::GOOD;

/// What a service under test is told to log: everything.
pub const LEVEL: (&str, &str) = ("CLAVERO_LOG__LEVEL", "trace");

/// Everything that must never be read in a log, in lower case.
static PERSONAL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words = vec![GOOD.to_owned()];
    for person in PEOPLE {
        words.push(person.document.to_owned());
        words.push(person.names.to_owned());
        words.push(format!("{} {}", person.surname_1, person.surname_2));
    }
    for sample in employers::employers() {
        let employer = sample.employer;
        words.push(employer.ruc.to_string());
        words.push(employer.legal_name);
        words.extend(employer.phone);
        words.extend(employer.email.map(|email| email.as_str().to_owned()));
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().map(|word| word.to_lowercase()).collect()
});

/// Why a line may not be logged; `None` when it may.
fn objection(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    if let Some(word) = PERSONAL.iter().find(|word| lower.contains(word.as_str())) {
        return Some(format!("it names {word:?}"));
    }
    if let Some(address) = words(line, |c| c.is_ascii_alphanumeric() || "@._+-".contains(c))
        .find(|word| is_address(word))
    {
        return Some(format!("it holds the address {address:?}"));
    }
    words(line, |c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        .find(|word| is_secret(word))
        .map(|secret| format!("it holds what looks like a secret, {secret:?}"))
}

/// Runs of certain characters.
fn words(line: &str, part: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    line.split(move |c| !part(c))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| {
        let ends_in_letters = host
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.bytes().all(|byte| byte.is_ascii_alphabetic()));
        !name.is_empty() && ends_in_letters && !host.contains('@') && name != "no-responder"
    })
}

/// A link's token, 32 characters of base64url, or a receipt's secret, 39 of base32 ([`clavero::domain::Token`]). Words that are
/// merely as long have no capitals, or no digits.
fn is_secret(word: &str) -> bool {
    let base32 = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
    let legible = word.len() == 39 && word.bytes().all(base32);
    legible && word.bytes().any(|byte| byte.is_ascii_digit())
        || word.len() == 32
            && word.bytes().any(|byte| byte.is_ascii_uppercase())
            && word.bytes().any(|byte| byte.is_ascii_lowercase())
            && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Lines of `log` that may not be there.
fn objections(log: &str) -> Vec<String> {
    log.lines()
        .filter_map(|line| objection(line).map(|why| format!("{why}: {line}")))
        .collect()
}

/// The log of one service: looked through when the service has ended and this is dropped.
pub struct ServiceLog(PathBuf);

impl ServiceLog {
    /// A new file, and what the service writes to instead of standard error.
    pub fn new() -> (Self, Stdio) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("logs");
        fs::create_dir_all(&folder).expect("a folder for logs");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}.log", std::process::id()));
        let file = File::create(&path).expect("a file for the log");
        (Self(path), file.into())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What has been logged so far.
    pub fn text(&self) -> String {
        let bytes = fs::read(&self.0).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for ServiceLog {
    fn drop(&mut self) {
        let objections = objections(&self.text());
        if objections.is_empty() {
            let _ = fs::remove_file(&self.0);
        } else if !std::thread::panicking() {
            panic!(
                "the log {} says too much:\n{}",
                self.0.display(),
                objections.join("\n")
            );
        }
    }
}

/// Lines that flows inside of this process logged and must not have.
static OVERHEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Listens to everything that the service's code logs in this process. Whoever holds it fails at its end when something was
/// said that may not be; a line of another test may fail this one too, and there is no such line.
pub struct Listening;

impl Listening {
    pub fn begin() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // Of the test's own clients and servers nobody expects discretion.
            let ours = ["clavero", "sqlx", "lettre", "object_store"];
            let filter = Targets::new().with_targets(ours.map(|target| (target, Level::TRACE)));
            let lines = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(|| Sieve);
            tracing_subscriber::registry()
                .with(lines.with_filter(filter))
                .init();
        });
        Self
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let overheard = OVERHEARD
            .lock()
            .map(|lines| lines.clone())
            .unwrap_or_default();
        assert!(
            overheard.is_empty() || std::thread::panicking(),
            "the log says too much:\n{}",
            overheard.join("\n")
        );
    }
}

/// Takes a line, remembers it when it may not be said, and forgets it otherwise.
struct Sieve;

impl Write for Sieve {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let found = objections(&String::from_utf8_lossy(line));
        if !found.is_empty()
            && let Ok(mut overheard) = OVERHEARD.lock()
        {
            overheard.extend(found);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_sieve_holds_back_what_it_must_and_nothing_else() {
    let secret = clavero::domain::Token::from_random(std::array::from_fn(|place| {
        u8::try_from(place * 37 % 256).unwrap()
    }));
    for said in [
        "approved for 2901047296".to_owned(),
        "petition of Lucía Estefanía".to_owned(),
        "signed by ÑAUTA CÁRDENAS".to_owned(),
        "RUC 2990001015001".to_owned(),
        "café de altura ficticio cía. ltda. was found".to_owned(),
        "could not write to gerencia@cafe-ficticio.ec: 550".to_owned(),
        "to=<alguien.mas+x@otro.com.ec>".to_owned(),
        format!("GET /clave/{}", secret.reveal()),
        format!("password {GOOD}"),
    ] {
        assert!(objection(&said).is_some(), "{said}");
    }
    for said in [
        "serving address=127.0.0.1:8080 profile=Test",
        "petition=CLV-2026-100000001-K kind=\"reset_link\" message handed over",
        "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "postgres://clavero@127.0.0.1:29999/postgres",
        "from no-responder@clavero.invalid",
    ] {
        assert_eq!(objection(said), None, "{said}");
    }
}
