//! Whatever bytes strangers send, every parser answers: no panic, no overflow, no endless work, no verdict out of nothing.
//!
//! One binary, because linking is what takes time; the environment variable `CLAVERO_FUZZ` says which target runs.
//! `tests/fuzz/run` builds it with the coverage that libFuzzer is guided by, and feeds it.

#![no_main]

mod conditions;
mod paper;
mod seeds;
mod targets;

use std::env;
use std::path::PathBuf;
use std::process::exit;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

use targets::{TARGETS, Target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

/// Reads which target runs. With `CLAVERO_FUZZ_SEEDS` only writes its first inputs into that folder; with
/// `CLAVERO_FUZZ=list` only names the targets.
fn choose() {
    let name = env::var("CLAVERO_FUZZ").unwrap_or_default();
    if name == "list" {
        for (name, _) in TARGETS {
            println!("{name}");
        }
        exit(0);
    }
    let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        eprintln!("CLAVERO_FUZZ must name a target, or say list: {name:?}");
        exit(2);
    };
    if let Some(folder) = env::var_os("CLAVERO_FUZZ_SEEDS") {
        seeds::write(&name, &PathBuf::from(folder));
        exit(0);
    }
    conditions::prepare();
    CHOSEN.get_or_init(|| *target);
}

fuzz_target!(init: choose(), |bytes: &[u8]| {
    if let Some(target) = CHOSEN.get() {
        target(bytes);
    }
});
