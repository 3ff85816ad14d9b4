//! The backup and restore drill of the README, performed: a service that goes on while it is backed up, what the backup holds is
//! put up elsewhere, and there everything that had its receipt when the backup began is known and decided.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clavero::fixture::people;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::ground::fresh_postgres;
use crate::need::Need;
use crate::running::{PATIENCE, signed, text};
use crate::served::{Served, clavero, import_registry_with, until, write_trust};

/// A petition that was handed in.
struct HandedIn {
    number: String,
    secret: String,
}

async fn hand_in(client: &Client, url: &str) -> HandedIn {
    let asked = json!({ "ruc": people::CAFE, "action": "reset_password" });
    let issued = client.post(format!("{url}/api/v1/petitions")).json(&asked);
    let issued: Value = issued.send().await.unwrap().json().await.unwrap();
    let (number, secret) = (text(&issued["number"]), text(&issued["secret"]));
    let petition = format!("{url}/api/v1/petitions/{number}");
    let form = client.get(format!("{petition}/form.pdf"));
    let form = form.bearer_auth(&secret).send().await;
    let document = signed(&form.unwrap().bytes().await.unwrap(), "lucia");
    let upload = client.post(format!("{petition}/document")).body(document);
    assert_eq!(upload.send().await.unwrap().status(), StatusCode::ACCEPTED);
    HandedIn { number, secret }
}

/// Waits until a petition is decided here.
async fn decided(client: &Client, url: &str, petition: &HandedIn) {
    let address = format!("{url}/api/v1/petitions/{}", petition.number);
    until("not decided", async || {
        let asked = client.get(&address).bearer_auth(&petition.secret);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let status: Value = answer.json().await.unwrap();
        (!status["outcome"].is_null()).then_some(())
    })
    .await;
}

fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// What the drill proves of a restored installation.
async fn stands(data: &Path, keys: &[(&str, &str)], petitions: &[HandedIn], client: &Client) {
    let command = |arguments: &[&str]| {
        let mut command = clavero(data, arguments);
        command.envs(keys.iter().copied());
        command
    };
    done(&mut command(&[
        "audit",
        "restored",
        "--backup",
        "the drill's",
    ]));
    done(&mut command(&["audit", "verify"]));
    let served = Served::start_as(command(&["serve"]));
    for petition in petitions {
        decided(client, &served.url, petition).await;
    }
    let new = hand_in(client, &served.url).await;
    decided(client, &served.url, &new).await;
    served.tell_to_stop();
    served.ended();
    for petition in petitions {
        done(&mut command(&["reprocess", &petition.number]));
    }
}

#[tokio::test]
async fn sqlite_is_backed_up_while_it_is_used_and_restored() {
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = here.path();
    write_trust(data);
    import_registry_with(data, &[]);
    let served = Served::start(data);
    let petitions = [
        hand_in(&client, &served.url).await,
        hand_in(&client, &served.url).await,
    ];

    // README, «Respaldo»: the database first, then what its rows name.
    let copy = elsewhere.path().join("clavero.sqlite");
    done(
        Command::new("sqlite3")
            .arg(data.join("clavero.sqlite"))
            .arg(format!(".backup '{}'", copy.display())),
    );
    let later = hand_in(&client, &served.url).await;
    for folder in ["documents", "trust"] {
        done(
            Command::new("cp")
                .arg("-a")
                .arg(data.join(folder))
                .arg(elsewhere.path()),
        );
    }
    decided(&client, &served.url, &later).await;
    served.tell_to_stop();
    served.ended();
    fs::remove_dir_all(data).unwrap();

    stands(elsewhere.path(), &[], &petitions, &client).await;
}

#[tokio::test]
async fn postgresql_is_backed_up_while_it_is_used_and_restored() {
    let Some(server) = Need::Postgres.met() else {
        return;
    };
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = fresh_postgres(&server, "drill").await;
    let keys = [
        ("CLAVERO_DATABASE", database.as_str()),
        ("CLAVERO_DOCUMENTS__KIND", "database"),
    ];
    write_trust(here.path());
    import_registry_with(here.path(), &keys);
    let mut serve = clavero(here.path(), &["serve"]);
    let served = Served::start_as({
        serve.envs(keys);
        serve
    });
    let petitions = [
        hand_in(&client, &served.url).await,
        hand_in(&client, &served.url).await,
    ];

    let dump = elsewhere.path().join("clavero.dump");
    done(
        Command::new(tool("pg_dump"))
            .args(["-Fc", "--dbname", &database, "--file"])
            .arg(&dump),
    );
    hand_in(&client, &served.url).await;
    served.tell_to_stop();
    served.ended();

    let restored = fresh_postgres(&server, "drill_restored").await;
    done(
        Command::new(tool("pg_restore"))
            .args(["--no-owner", "--exit-on-error", "--dbname", &restored])
            .arg(&dump),
    );
    write_trust(elsewhere.path());
    let keys = [("CLAVERO_DATABASE", restored.as_str()), keys[1]];
    stands(elsewhere.path(), &keys, &petitions, &client).await;
}

/// A tool of PostgreSQL: Debian keeps the newest where its servers are.
fn tool(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.unwrap().path().join("bin").join(name))
        .filter(|tool| tool.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| name.into())
}
