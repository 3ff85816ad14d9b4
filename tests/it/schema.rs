//! What the program writes is what its published JSON Schema says, for every sample and vector and for what can't be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use serde_json::Value;

use crate::second_opinion::collect;
use crate::served::binary;

fn clavero(arguments: &[&str]) -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
    let output = Command::new(binary())
        .args(arguments)
        .env("CLAVERO_TRUST_DIR", samples.join("trust/std"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn schema(command: &str) -> Validator {
    let schema: Value = serde_json::from_str(&clavero(&[command, "--schema"])).unwrap();
    assert!(
        jsonschema::meta::is_valid(&schema),
        "the schema of {command} is one"
    );
    jsonschema::validator_for(&schema).unwrap()
}

fn fits(schema: &Validator, line: &str, what: &str) {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{what}: {error}"));
    let errors: Vec<String> = schema
        .iter_errors(&value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?}");
}

/// Signed files and attacked ones, PDF and CMS.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    collect(&fixtures, &mut found);
    found.sort();
    assert!(found.len() > 60, "the fixtures are complete");
    found
}

#[test]
fn every_verdict_fits_the_published_schema() {
    let schema = schema("verify");
    for file in files() {
        let path = file.to_str().unwrap();
        let at = "2026-11-21T12:00:00Z";
        fits(
            &schema,
            &clavero(&["verify", path, "--json", "--at", at]),
            path,
        );
    }
    fits(
        &schema,
        &clavero(&["verify", "nowhere.pdf", "--json"]),
        "a missing file",
    );
    assert!(!schema.is_valid(&serde_json::json!({ "conclusion": "perhaps" })));
}

#[test]
fn every_decision_fits_the_published_schema() {
    let schema = schema("decide");
    let folder = tempfile::tempdir().unwrap();
    let registry = folder.path().join("registry.csv");
    let header = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    fs::write(&registry, format!("{header}\n")).unwrap();
    let files = files();
    // Every fifth: a letter costs a process of its own.
    let some: Vec<&str> = files
        .iter()
        .step_by(5)
        .map(|file| file.to_str().unwrap())
        .collect();
    let mut arguments = vec![
        "decide",
        "--registry",
        registry.to_str().unwrap(),
        "nowhere.pdf",
    ];
    arguments.extend(&some);
    let lines = clavero(&arguments);
    assert_eq!(lines.lines().count(), some.len() + 1);
    for line in lines.lines() {
        fits(&schema, line, line.get(..80).unwrap_or(line));
    }
    assert!(!schema.is_valid(&serde_json::json!({ "file": "x", "outcome": "perhaps" })));
}

#[test]
fn who_has_read_enough_sees_no_accident() {
    // As `clavero verify --schema | head -0`: nobody reads any more when it writes.
    let (nobody, write) = std::io::pipe().unwrap();
    drop(nobody);
    let mut command = Command::new(binary());
    let ended = command.args(["verify", "--schema"]).stdout(write).output();
    let ended = ended.unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert_eq!(ended.status.code(), Some(141));
}

#[test]
fn a_full_disk_behind_the_output_is_told_in_one_line() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(binary());
    let ended = command.args(["verify", "--schema"]).stdout(full).output();
    let ended = ended.unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        said.starts_with("clavero: la salida no se pudo escribir: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(ended.status.code(), Some(3));
}
