//! axe-core, put into the page that a browser shows: what it says against the page's accessibility (WCAG 2.2 A and AA).

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use fantoccini::Client;
use serde_json::{Value, json};

/// The script, from where `tests/run` put it, else fetched now: a check that is left out has not passed.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::var("CLAVERO_TEST_AXE").map_or_else(|_| fetched(), PathBuf::from);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
});

fn fetched() -> PathBuf {
    let fetch = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/axe-fetch");
    let done = Command::new(fetch)
        .output()
        .expect("tests/it/axe-fetch runs");
    assert!(done.status.success(), "tests/it/axe-fetch: {done:?}");
    PathBuf::from(String::from_utf8_lossy(&done.stdout).trim())
}

const RUN: &str = r#"
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"], runOnly: arguments[0] }).then(
        (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) =>
            `${rule.id} (${rule.impact}): ${rule.help}\n  ${node.html}\n  ${node.failureSummary}`))),
        (error) => done([`axe could not run: ${error}`]));
"#;

/// Everything that axe-core finds wrong with the page that is shown now, each as a paragraph; empty when nothing is.
pub async fn violations(client: &Client) -> Vec<String> {
    let known = client
        .execute("return typeof window.axe", vec![])
        .await
        .expect("the page can be asked");
    if known != "object" {
        // Through WebDriver, which the page's content security policy does not concern.
        client
            .execute(&SCRIPT, vec![])
            .await
            .expect("axe can be put into the page");
    }
    let rules = json!([
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice"
    ]);
    let found = client
        .execute_async(RUN, vec![rules])
        .await
        .expect("axe runs");
    let Value::Array(found) = found else {
        panic!("axe answers with a list: {found}")
    };
    found
        .iter()
        .map(|text| text.as_str().unwrap_or_default().to_owned())
        .collect()
}
