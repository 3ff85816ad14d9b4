//! The layering of STYLE §2 as a test: a file that names what its layer must not know fails the build, and so does a README that
//! draws it otherwise.

use std::collections::BTreeSet;
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
            if self::rank(&used).is_some_and(|other| other > rank) {
                broken.push(format!(
                    "{}: `{layer}` must not use `{used}`",
                    path.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The map of the crate shows them in the same order, those of one rank together.
#[test]
fn the_modules_stand_in_the_order_of_their_layers() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let groups: Vec<BTreeSet<&str>> = map
        .split("\n\n")
        .map(|group| {
            let lines = group.lines();
            let modules = lines.filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
            modules.collect()
        })
        .filter(|group: &BTreeSet<&str>| !group.is_empty())
        .collect();
    let order: Vec<BTreeSet<&str>> = ORDER
        .iter()
        .map(|rank| rank.iter().copied().collect())
        .collect();
    assert_eq!(groups, order);
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

/// The first segments behind `crate::`, which are layers: one, or those between braces.
fn used_layers(code: &str) -> Vec<String> {
    let paths = code
        .match_indices("crate::")
        .map(|(at, word)| &code[at + word.len()..]);
    paths
        .flat_map(|path| match path.strip_prefix('{') {
            Some(many) => first_segments(many),
            None => vec![first_segment(path)],
        })
        .collect()
}

fn first_segment(path: &str) -> String {
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Of each of several paths, up to the brace that closes them; further braces belong to one of them.
fn first_segments(many: &str) -> Vec<String> {
    let (mut found, mut depth, mut begins) = (Vec::new(), 0, 0);
    for (at, c) in many.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(first_segment(many[begins..at].trim_start()));
                begins = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found.retain(|segment| !segment.is_empty());
    found
}

#[test]
fn layers_are_found_however_they_are_named() {
    for (code, layers) in [
        ("use crate::store::Store;", &["store"][..]),
        (
            "use crate::{fetch, mail::{Letter, Mailer}, web};",
            &["fetch", "mail", "web"],
        ),
        (
            "use crate::{\n    cli::run,\n    load,\n};",
            &["cli", "load"],
        ),
        (
            "let now = crate::clock::now(crate::words::x());",
            &["clock", "words"],
        ),
        ("pub(crate) fn nothing() {}", &[]),
    ] {
        assert_eq!(used_layers(code), layers, "{code}");
    }
}

/// Unit tests in the file of what they test stand at its end.
const TESTS: [&str; 3] = [
    "#[cfg(test)]\nmod tests {\n",
    "#[cfg(test)]\npub(crate) mod tests {\n",
    "#[cfg(test)]\npub(super) mod tests {\n",
];

/// What is looked at of a source file.
fn without_tests(code: &str) -> &str {
    TESTS.iter().fold(code, |code, tests| {
        code.split(tests).next().unwrap_or_default()
    })
}

/// A test that looks at nothing can't fail: all but the unit tests is read.
#[test]
fn all_of_the_code_is_looked_at() {
    let (mut all, mut read) = (0, 0);
    for path in source_files() {
        let code = fs::read_to_string(&path).unwrap();
        read += without_tests(&code).lines().count();
        // Counted another way: a module of tests ends where a brace closes it.
        let (mut previous, mut in_tests) = ("", false);
        for line in code.lines() {
            in_tests |= previous == "#[cfg(test)]" && line.ends_with("mod tests {");
            all += usize::from(!in_tests);
            in_tests &= line != "}";
            previous = line;
        }
    }
    assert!(all > 50_000, "{all} lines");
    assert!(read * 100 >= all * 95, "{read} of {all} lines");
}

/// Every source file but those with nothing but tests.
fn source_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.retain(|path| {
        let mut parts = in_sources(path).iter();
        !parts.any(|part| part == "tests" || part == "tests.rs")
    });
    files
}

/// Every source file with its layer and its code, without comments and without its unit tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    source_files()
        .into_iter()
        .filter_map(|path| {
            let first = in_sources(&path).iter().next()?.to_str()?;
            let first = first.trim_end_matches(".rs").to_owned();
            if matches!(first.as_str(), "lib" | "main") {
                return None;
            }
            let code = fs::read_to_string(&path).unwrap();
            let code = without_tests(&code)
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            Some((first, path, code))
        })
        .collect()
}

fn readme() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(file).unwrap()
}

/// The arrows of the README.
#[test]
fn the_readme_draws_these_layers() {
    let readme = readme();
    let drawing = readme
        .split("```text\n")
        .find(|block| block.starts_with("domain ←"))
        .and_then(|block| block.split("```").next())
        .expect("the arrows");
    let drawn: Vec<BTreeSet<&str>> = drawing
        .split('←')
        .map(|layers| {
            let layers = layers.trim().trim_matches(['{', '}']);
            layers.split(',').map(str::trim).collect()
        })
        .collect();
    let order = ORDER.iter().copied().chain([&["main"][..]]);
    let order: Vec<BTreeSet<&str>> = order
        .map(|layers| layers.iter().copied().collect())
        .collect();
    assert_eq!(drawn, order);
}

/// The table of the README has a row for each layer, and names nothing that is not there.
#[test]
fn the_readme_says_what_each_layer_decides() {
    let readme = readme();
    let table = readme
        .split("| where | what it decides |\n|---|---|\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("the table of modules");
    let places: Vec<&str> = table
        .lines()
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|places| places.split('`').skip(1).step_by(2))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for place in &places {
        let there = root.join("src").join(place).exists() || root.join(place).exists();
        assert!(there, "`{place}` is not there");
    }
    let named: BTreeSet<&str> = places
        .iter()
        .map(|place| place.trim_end_matches('/').trim_end_matches(".rs"))
        .collect();
    for layer in ORDER.iter().copied().flatten() {
        assert!(named.contains(layer), "no row for `{layer}`");
    }
}

/// Wherever the README names a source file, there is one.
#[test]
fn the_readme_names_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    let readme = readme();
    let words = readme.split(|c: char| !(c.is_ascii_alphanumeric() || "._/-".contains(c)));
    let named: BTreeSet<&str> = words
        .map(|word| word.trim_matches('.'))
        .filter(|word| {
            Path::new(word).extension().is_some_and(|it| it == "rs") && *word != "docs.rs"
        })
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !files.iter().any(|file| file.ends_with(name)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
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
