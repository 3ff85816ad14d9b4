//! Documents made to cost: whatever the bytes, `clavero verify` answers, within 2 s of processor time and 256 MB above the
//! size of the file (DESIGN §6), measured on a release build:
//!
//! `CLAVERO_TEST_BINARY=target/release/clavero cargo test --test it hostile -- --nocapture`
//!
//! Without the variable the binary of this build is judged, which is unoptimised: the same memory, 10 s.

mod certificates;
mod documents;
pub mod drawings;
mod messages;
mod readers;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::served::{binary, release};

/// One document with what belongs to it.
pub struct Case {
    /// What is excessive about it.
    name: &'static str,
    /// The document.
    document: Vec<u8>,
    /// The only trust anchor, if the document is to come so far.
    root: Option<Vec<u8>>,
    /// Revocation lists given beside it.
    crls: Vec<Vec<u8>>,
}

impl Case {
    fn new(name: &'static str, document: Vec<u8>) -> Self {
        Self {
            name,
            document,
            root: None,
            crls: Vec::new(),
        }
    }
}

/// What judging a case took.
struct Cost {
    processor: Duration,
    /// Peak of resident memory above the size of the file, in bytes.
    memory: u64,
    answer: String,
}

const MEMORY_LIMIT: u64 = 256 * 1024 * 1024;

/// Address space is more than memory: the program itself, its libraries and the reserves of the allocator.
const ADDRESS_RESERVE: u64 = 512 * 1024 * 1024;

#[test]
fn every_document_is_answered_in_time_and_memory() {
    let limit = Duration::from_secs(if release().is_some() { 2 } else { 10 });
    let binary = binary();
    let mut table = String::new();
    let mut broken = Vec::new();
    for case in all_cases() {
        let size = case.document.len();
        match judge(&binary, &case, limit) {
            Ok(cost) => {
                let _ = writeln!(
                    table,
                    "{:44} {:>9} KB {:>6.2} s {:>5} MB  {}",
                    case.name,
                    size / 1024,
                    cost.processor.as_secs_f64(),
                    cost.memory / 1024 / 1024,
                    cost.answer
                );
                if cost.processor > limit || cost.memory > MEMORY_LIMIT {
                    broken.push(case.name.to_owned());
                }
            }
            Err(reason) => broken.push(format!("{}: {reason}", case.name)),
        }
    }
    println!("{table}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn all_cases() -> impl Iterator<Item = Case> {
    let files = documents::cases().into_iter();
    files.chain(messages::cases()).chain(readers::cases())
}

/// Runs the program on a case, under limits that the system enforces.
fn judge(binary: &Path, case: &Case, limit: Duration) -> Result<Cost, String> {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("document");
    fs::write(&document, &case.document).unwrap();
    for (name, files) in [("roots", case.root.as_slice()), ("crls", &case.crls)] {
        let inside = folder.path().join(name);
        fs::create_dir(&inside).unwrap();
        for (index, der) in files.iter().enumerate() {
            fs::write(inside.join(format!("{index}.der")), der).unwrap();
        }
    }
    let size = u64::try_from(case.document.len()).unwrap();
    let kilobytes = (size + MEMORY_LIMIT + ADDRESS_RESERVE) / 1024;
    let seconds = limit.as_secs() + 1;
    let mut child = Command::new("bash")
        .arg("-c")
        .arg(format!(
            "ulimit -v {kilobytes}; ulimit -t {seconds}; exec \"$@\""
        ))
        .arg("bash")
        .arg(binary)
        .arg("verify")
        .arg(&document)
        .arg("--roots")
        .arg(folder.path().join("roots"))
        .arg("--crls")
        .arg(folder.path().join("crls"))
        .args(["--at", "2026-11-21T12:00:00Z", "--json"])
        .stdout(fs::File::create(folder.path().join("out")).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (processor, peak) = watch(child.id(), binary);
    let status = child.wait().unwrap();
    if !matches!(status.code(), Some(0..=3)) {
        return Err(format!("ended with {status} after {processor:?}"));
    }
    let out = fs::read(folder.path().join("out")).unwrap();
    let report: Value = serde_json::from_slice(&out).map_err(|error| error.to_string())?;
    Ok(Cost {
        processor,
        memory: peak.saturating_sub(size),
        answer: answer(&report),
    })
}

/// Conclusion and heaviest codes, or the error.
fn answer(report: &Value) -> String {
    if let Some(code) = report["error"]["code"].as_str() {
        return code.to_owned();
    }
    let signatures = report["signatures"].as_array().unwrap();
    let findings = signatures
        .iter()
        .filter_map(|one| one["findings"].as_array())
        .chain(report["findings"].as_array());
    let mut codes: Vec<&str> = findings
        .flatten()
        .filter(|finding| finding["severity"] != "note")
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    format!(
        "{} {}",
        report["conclusion"].as_str().unwrap(),
        codes.join(" ")
    )
}

/// Follows a process until it has ended and is not yet buried: its processor time and the peak of its memory in bytes. Until
/// it has become the program its memory is still that of these tests.
fn watch(id: u32, binary: &Path) -> (Duration, u64) {
    let program = binary.file_name().unwrap().to_str().unwrap();
    let name = format!("Name:\t{}\n", &program[..program.len().min(15)]);
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        if let Some(kilobytes) = status
            .strip_prefix(name.as_str())
            .unwrap_or_default()
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .and_then(|number| number.parse::<u64>().ok())
        {
            peak = peak.max(kilobytes * 1024);
        }
        // Fields 3 (state), 14 and 15 (ticks in user and system mode, 100 a second); the second may hold anything.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        if fields[0] == "Z" {
            let ticks = |index: usize| fields[index].parse::<u64>().unwrap();
            return (Duration::from_millis((ticks(11) + ticks(12)) * 10), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
