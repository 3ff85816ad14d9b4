//! What tests need and the project does not bring along: servers, programs, suites and certificates of others. A variable of the
//! environment says where each is. In an ordinary run (`cargo test`) what is missing is left out, and standard error says so, with
//! how it is had. `tests/run` is whole: it says in `CLAVERO_TEST_WITHOUT` what it goes without, mostly nothing, and whatever else
//! is missing then is a failure. The unit tests of the library read this file too.

use std::collections::BTreeSet;
use std::env::VarError;
use std::io::Write as _;
use std::sync::Mutex;

/// Names of variables, with spaces in between; set in a whole run, empty where it has everything.
const WITHOUT: &str = "CLAVERO_TEST_WITHOUT";

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A PostgreSQL server on which databases may be made and dropped.
    Postgres,
    /// The program of an S3-compatible server.
    S3,
    /// The folder with the NIST test suite for certification paths.
    Pkits,
    /// A Python that has pyHanko.
    PyHanko,
    /// The folder with the certificates of the real authorities.
    EcuadorPki,
}

impl Need {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::Postgres,
        Self::S3,
        Self::Pkits,
        Self::PyHanko,
        Self::EcuadorPki,
    ];

    /// The variable that says where it is.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "CLAVERO_TEST_POSTGRES",
            Self::S3 => "CLAVERO_TEST_S3",
            Self::Pkits => "CLAVERO_TEST_PKITS",
            Self::PyHanko => "CLAVERO_TEST_PYHANKO",
            Self::EcuadorPki => "CLAVERO_ECUADOR_PKI",
        }
    }

    /// How it is had.
    fn how(self) -> &'static str {
        match self {
            Self::Postgres => {
                "set it to the address of a server on which databases may be made and dropped \
                 (postgres://user@127.0.0.1:5432/postgres), or let tests/run start one"
            }
            Self::S3 => "set it to what tests/s3/install prints",
            Self::Pkits => "set it to what tests/it/pkits-fetch prints",
            Self::PyHanko => "set it to what tests/pyhanko/install prints",
            Self::EcuadorPki => {
                "set it to the folder with the authorities' certificates, which are no part of the project"
            }
        }
    }

    /// Where it is; nothing where this run goes without.
    ///
    /// # Panics
    /// When it is missing in a whole run.
    pub fn met(self) -> Option<String> {
        let read = |name: &str| match std::env::var(name) {
            Err(VarError::NotUnicode(value)) => panic!("{name} is no text: {}", value.display()),
            value => value.ok(),
        };
        if let Some(place) = read(self.variable()).filter(|place| !place.is_empty()) {
            return Some(place);
        }
        let (variable, how) = (self.variable(), self.how());
        match read(WITHOUT) {
            None => self.tells(),
            Some(named) => assert!(
                goes_without(&named, self),
                "{variable} is missing, and this run is whole: {how}. To go without it knowingly, name it in {WITHOUT}"
            ),
        }
        None
    }

    /// Says once what is left out. Not by `eprintln`: what that prints is shown of failures only.
    fn tells(self) {
        static TOLD: Mutex<BTreeSet<Need>> = Mutex::new(BTreeSet::new());
        if TOLD.lock().unwrap().insert(self) {
            let (variable, how) = (self.variable(), self.how());
            let told = format!("\nleft out: what needs {variable}, which is not set: {how}\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
        }
    }
}

/// Whether a whole run names this one among those that it goes without.
fn goes_without(named: &str, need: Need) -> bool {
    for name in named.split_whitespace() {
        let known = Need::ALL.iter().any(|known| known.variable() == name);
        assert!(known, "{WITHOUT}: nothing is called {name}");
    }
    named.split_whitespace().any(|name| name == need.variable())
}
