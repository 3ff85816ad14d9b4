//! What a run lacks is told, and in a whole run it is a failure: each time with how it is had. Tried on this very program, which is
//! run again for one test, in an environment of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::bucket::files;
use crate::need::Need;

/// One that looks at nothing without `CLAVERO_TEST_PKITS`.
const TEST: &str = "pkits::every_path_is_judged_as_nist_says";

/// Runs it in an environment that knows of nothing but what a whole run says.
fn alone(without: Option<&str>) -> Output {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", TEST]).env_clear();
    if let Some(without) = without {
        program.env("CLAVERO_TEST_WITHOUT", without);
    }
    program.output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_ordinary_run_says_what_it_leaves_out_and_how_it_is_had() {
    let run = alone(None);
    assert!(run.status.success(), "{run:?}");
    let told = said(&run.stderr);
    assert!(told.contains("CLAVERO_TEST_PKITS"), "{told}");
    assert!(told.contains("tests/it/pkits-fetch"), "{told}");
}

#[test]
fn a_whole_run_fails_where_something_is_missing_and_says_how_it_is_had() {
    for without in ["", "CLAVERO_TEST_S3"] {
        let run = alone(Some(without));
        assert!(!run.status.success(), "{without}: {run:?}");
        let told = said(&run.stdout) + &said(&run.stderr);
        assert!(told.contains("CLAVERO_TEST_PKITS is missing"), "{told}");
        assert!(told.contains("tests/it/pkits-fetch"), "{told}");
    }
}

#[test]
fn a_whole_run_goes_without_what_it_names_and_without_nothing_else() {
    let run = alone(Some("CLAVERO_TEST_S3 CLAVERO_TEST_PKITS"));
    assert!(run.status.success(), "{run:?}");
    let misspelt = alone(Some("CLAVERO_TEST_PKITS CLAVERO_TEST_S4"));
    assert!(!misspelt.status.success(), "{misspelt:?}");
    let told = said(&misspelt.stdout) + &said(&misspelt.stderr);
    assert!(told.contains("nothing is called CLAVERO_TEST_S4"), "{told}");
}

/// Whoever asks the environment by himself would be green without an answer.
#[test]
fn nobody_else_asks_the_environment_for_what_tests_need() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = ["src", "tests/it"].map(|folder| files(&root.join(folder)));
    let mut read = 0;
    for source in sources.iter().flatten() {
        if source.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        read += 1;
        let code = fs::read_to_string(source).unwrap();
        for name in Need::ALL.map(Need::variable) {
            for asked in [format!("var(\"{name}\""), format!("var_os(\"{name}\"")] {
                assert!(!code.contains(&asked), "{}: {asked}", source.display());
            }
        }
    }
    assert!(read > 100, "{read}");
}

#[test]
fn a_whole_run_has_each_need_or_says_that_it_goes_without() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = fs::read_to_string(root.join("tests/run")).unwrap();
    assert!(run.contains("export CLAVERO_TEST_WITHOUT="), "{run}");
    for name in Need::ALL.map(Need::variable) {
        let has = run.contains(&format!("export {name}"));
        let says = run.contains(&format!("|| without+=({name})"));
        assert!(has || says, "{name}");
    }
}
