//! The layering of STYLE §2 as a test: a file that names what its layer must not know fails the build.

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the left: each may use itself and what stands before it. A layer is a file or folder under `src/`.
const ORDER: &[&[&str]] = &[
    &["domain"],
    &["verify"],
    &["sheet"],
    &["seal"],
    &["letter", "form", "registry"],
    &["decision", "words"],
    &["explain", "questions", "summary"],
    &["protection"],
    &[
        "store",
        "documents",
        "clock",
        "mail",
        "extract",
        "pages",
        "sandbox",
        "material",
        "fetch",
        "webhook",
        "argon",
        "threads",
    ],
    &["reading", "import", "audit", "moving", "portal", "sms"],
    &["evidence_package"],
    &["intake", "people", "proposals", "numbers", "shared_trust"],
    &["web", "worker", "subject"],
    &["fixture", "config"],
    &["load"],
    &["cli"],
];

/// Layers that are pure: bytes and values in, values out.
const PURE: &[&str] = &[
    "domain",
    "verify",
    "letter",
    "form",
    "registry",
    "decision",
    "words",
    "explain",
    "questions",
    "sheet",
    "seal",
    "summary",
];

/// What pure layers must not name: the network, files, the clock, SQL, HTML and the runtime.
const IMPURE_WORDS: &[&str] = &[
    "axum",
    "sqlx",
    "askama",
    "tokio",
    "lettre",
    "hyper",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "rand_bytes",
];

/// Words that only one layer may say, or one folder of it.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx::", &["store/sql"]),
    ("rusqlite::", &["store/sql"]),
    ("axum::", &["web", "cli", "load"]),
    ("askama::", &["web", "mail"]),
    ("lettre::", &["mail"]),
    ("reqwest::", &["documents", "fetch", "webhook", "load"]),
    ("Timestamp::now", &["clock", "cli"]),
];

#[test]
fn every_file_knows_only_its_own_layer_and_those_before_it() {
    let mut broken = Vec::new();
    for (layer, path, code) in sources() {
        let Some(rank) = rank(&layer) else {
            broken.push(format!(
                "{}: layer `{layer}` is not in the order",
                path.display()
            ));
            continue;
        };
        for used in used_layers(&code) {
            if rank_of_use(&used).is_some_and(|other| other > rank) {
                broken.push(format!(
                    "{}: `{layer}` must not use `{used}`",
                    path.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn pure_layers_name_no_side_effects() {
    let mut broken = Vec::new();
    for (layer, path, code) in sources() {
        if PURE.contains(&layer.as_str()) {
            let words = IMPURE_WORDS.iter().filter(|word| code.contains(*word));
            broken.extend(words.map(|word| format!("{}: names `{word}`", path.display())));
        }
        for (word, layers) in ONLY_IN {
            let allowed = |place: &&str| *place == layer || in_sources(&path).starts_with(place);
            if code.contains(word) && !layers.iter().any(allowed) {
                broken.push(format!(
                    "{}: `{word}` belongs to {layers:?}",
                    path.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_top_level_is_the_given_one() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "certs",
        "fixtures",
        "migrations",
        "tests",
        "README.md",
        "target",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let odd: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str()))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
}

fn rank(layer: &str) -> Option<usize> {
    ORDER.iter().position(|layers| layers.contains(&layer))
}

fn rank_of_use(layer: &str) -> Option<usize> {
    rank(layer)
}

/// The first segment behind `crate::`, which is a layer.
fn used_layers(code: &str) -> Vec<String> {
    code.match_indices("crate::")
        .map(|(at, word)| {
            code[at + word.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        })
        .collect()
}

/// Every source file with its layer and its code, without comments and without its unit tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files
        .into_iter()
        .filter_map(|path| {
            let relative = path.strip_prefix(&root).unwrap();
            let first = relative
                .iter()
                .next()?
                .to_str()?
                .trim_end_matches(".rs")
                .to_owned();
            let tests = relative.file_name().is_some_and(|name| name == "tests.rs");
            if matches!(first.as_str(), "lib" | "main") || tests {
                return None;
            }
            let code = fs::read_to_string(&path).unwrap();
            let code = [
                "#[cfg(test)]\nmod tests",
                "#[cfg(test)]\npub(crate) mod tests",
            ]
            .iter()
            .fold(code.as_str(), |code, tests| {
                code.split(tests).next().unwrap_or_default()
            });
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            Some((first, path, code))
        })
        .collect()
}

/// Where a file lies under `src/`.
fn in_sources(path: &Path) -> &Path {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    path.strip_prefix(root).unwrap()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
