//! The build script: writes `ecuador.toml` again as JSON, which `verify::entities` embeds and reads when the program starts.
//! TOML is for people and takes its reader five times as long, in every process.

use std::path::Path;
use std::{env, fs};

const TABLE: &str = "certs/ecuador.toml";

fn main() {
    println!("cargo::rerun-if-changed={TABLE}");
    let text = fs::read_to_string(TABLE).expect("the table lies in certs/");
    let table: toml::Table = toml::from_str(&text).expect("the table is TOML");
    let json = serde_json::to_string(&table).expect("a table that JSON can hold");
    let folder = env::var_os("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&folder).join("ecuador.json"), json).expect("room for the table");
}
