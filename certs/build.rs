//! The build script.
//!
//! - Writes `ecuador.toml` again as JSON, which `verify::entities` embeds and reads when the program starts: TOML is for people
//!   and takes its reader five times as long, in every process.
//! - Has the linker write the addresses that the loader adjusts as a bitmap (DT_RELR), where the loader can read it. There are a
//!   hundred thousand of them, in a table of more than two megabytes otherwise, and every process begins with them.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const TABLE: &str = "certs/ecuador.toml";
/// The first glibc whose loader reads the bitmap.
const READS_BITMAP: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=certs/build.rs");
    println!("cargo::rerun-if-changed={TABLE}");
    embed_table();
    // Built for another machine, nobody knows its loader.
    if env::var("HOST") == env::var("TARGET") && glibc().is_some_and(|found| found >= READS_BITMAP)
    {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn embed_table() {
    let text = fs::read_to_string(TABLE).expect("the table lies in certs/");
    let table: toml::Table = toml::from_str(&text).expect("the table is TOML");
    let json = serde_json::to_string(&table).expect("a table that JSON can hold");
    let folder = env::var_os("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&folder).join("ecuador.json"), json).expect("room for the table");
}

/// The version of this machine's C library, if it is glibc.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let told = String::from_utf8(told.ok()?.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
