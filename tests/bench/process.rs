//! The same file by others, in the same run: a whole `clavero verify` beside a whole `pdfsig` (poppler), process start
//! included, and one validation in our process beside one in pyHanko's. Both answer less than is asked of us: `pdfsig` follows
//! no chain to our roots and asks about no revocation, pyHanko compares no objects between revisions unless there are some.
//! Beside each aim stands what it leaves room for: starting our program and doing nothing, and the floor of the validation.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use clavero::fixture::pki;

use super::{AT, Case, at, median, micros, time, validate};

/// Processes of each kind, one after the other.
const ROUNDS: usize = 60;
/// Validations inside pyHanko's process.
const PYHANKO_ROUNDS: &str = "20";
/// Python with pyHanko, as for the tests: `tests/pyhanko/install` prints it.
const PYTHON: &str = "CLAVERO_TEST_PYHANKO";

/// Compares the first case with both, and the others with pyHanko alone; their trust is that of the fixtures. Each comes with
/// its floor.
pub fn compare(cases: &[(&Case, Duration)]) {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("roots"), pki::roots());
    write(&folder.path().join("intermediates"), pki::intermediates());
    write(&folder.path().join("crls"), pki::crls(at()));
    for (index, (case, floor)) in cases.iter().enumerate() {
        let file = folder.path().join(format!("{index}.pdf"));
        std::fs::write(&file, &case.document).expect("room for the file");
        println!("\n{}: beside others, in the same run", case.name);
        if index == 0 {
            beside_pdfsig(&file, folder.path());
        }
        beside_pyhanko(&file, folder.path(), case, *floor);
    }
}

fn write(folder: &Path, files: Vec<pki::Material>) {
    std::fs::create_dir(folder).expect("a folder");
    for (index, file) in files.into_iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.der")), file.der).expect("room for the file");
    }
}

fn beside_pdfsig(file: &Path, folder: &Path) {
    let mut ours = Command::new(env!("CARGO_BIN_EXE_clavero"));
    ours.arg("verify").arg(file).args(["--at", AT, "--json"]);
    for name in ["roots", "intermediates", "crls"] {
        ours.arg(format!("--{name}")).arg(folder.join(name));
    }
    let mut nothing = Command::new(env!("CARGO_BIN_EXE_clavero"));
    nothing.arg("--version");
    let mut theirs = Command::new("pdfsig");
    theirs.arg("-no-ocsp").arg(file);
    if !runs(&mut theirs) {
        println!("pdfsig: not compared, it is not installed (poppler-utils)");
        return;
    }
    assert!(runs(&mut ours), "our own verdict on the file");
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let commands = [&mut ours, &mut nothing, &mut theirs];
        for (command, times) in commands.into_iter().zip(&mut times) {
            times.push(time(|| assert!(runs(command))));
        }
    }
    let [ours, nothing, theirs] = times.map(median);
    told(
        "a whole `clavero verify`",
        ours,
        "pdfsig",
        theirs,
        Some(0.5),
    );
    told("  of which `--version`", nothing, "pdfsig", theirs, None);
}

fn runs(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn beside_pyhanko(file: &Path, folder: &Path, case: &Case, floor: Duration) {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("pyHanko: not compared, {PYTHON} names no Python that has it");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyhanko/validate.py");
    let out = Command::new(python)
        .args([script.as_path(), file, folder])
        .args([AT.replace('Z', "+00:00").as_str(), PYHANKO_ROUNDS])
        .output()
        .expect("Python");
    let seconds = String::from_utf8_lossy(&out.stdout).trim().parse();
    let Ok(theirs) = seconds.map(Duration::from_secs_f64) else {
        panic!("pyHanko: {}", String::from_utf8_lossy(&out.stderr));
    };
    let ours = (0..case.rounds).map(|_| time(|| drop(validate(case))));
    let ours = median(ours.collect());
    told("one validation", ours, "pyHanko", theirs, Some(0.01));
    told("  its floor", floor, "pyHanko", theirs, None);
}

fn told(what: &str, ours: Duration, who: &str, theirs: Duration, aim: Option<f64>) {
    println!(
        "{what:<27} {:>9.1} µs, {who} {:>9.1} µs: {:.4} × {who}{}",
        micros(ours),
        micros(theirs),
        ours.as_secs_f64() / theirs.as_secs_f64(),
        aim.map(|aim| format!("; aim {aim} ×")).unwrap_or_default()
    );
}
