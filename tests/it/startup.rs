//! What an operator has not set up right, or lost since, is told before anybody is decided about: by `check-config`, by `serve`
//! that refuses to start, and by `/salud/lista`.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use clavero::fixture::{people, pki};
use clavero::mail;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, any, raw_sql};

use crate::need::Need;
use crate::running::{PATIENCE, text};
use crate::served::{Served, clavero, import_registry, import_registry_with, until, write_trust};
use crate::service::sent;
use crate::smtp;

const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Everything that a command said.
fn said(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr];
    parts.map(|part| String::from_utf8_lossy(part)).concat()
}

/// The end of a command that must end by itself.
async fn ended(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ended = tokio::time::timeout(PATIENCE, output).await;
    ended.expect("it goes on").unwrap()
}

/// `check-config` with these keys besides.
async fn checked(data: &Path, keys: &[(&str, &str)]) -> Output {
    let mut command = clavero(data, &["check-config"]);
    command.envs(keys.iter().copied());
    ended(command).await
}

/// `serve` with these keys, which must refuse to.
async fn refused(data: &Path, keys: &[(&str, &str)]) -> String {
    let mut command = clavero(data, &["serve"]);
    command.envs(keys.iter().copied());
    let output = ended(command).await;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    said(&output)
}

/// A port at which nobody listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_a_mail_server_is_checked_by_greeting_it() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    let (address, _) = smtp::serve(&[], |_| ());
    let port = address.port().to_string();
    let keys = |port| {
        [
            ("CLAVERO_MAIL__TRANSPORT", "smtp"),
            ("CLAVERO_MAIL__HOST", "127.0.0.1"),
            ("CLAVERO_MAIL__TLS", "none"),
            ("CLAVERO_MAIL__PORT", port),
        ]
    };
    let good = checked(folder.path(), &keys(port.as_str())).await;
    assert!(good.status.success(), "{}", said(&good));
    let line = format!("✓ mail 127.0.0.1:{port} answers");
    assert!(said(&good).contains(&line), "{}", said(&good));

    let port = closed_port();
    let nobody = checked(folder.path(), &keys(port.as_str())).await;
    assert_eq!(nobody.status.code(), Some(1), "{}", said(&nobody));
    let line = format!("✗ mail: 127.0.0.1:{port}");
    assert!(said(&nobody).contains(&line), "{}", said(&nobody));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_trust_folder_is_away_nobody_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (trust, away) = (data.join("trust"), data.join("trust.away"));
    write_trust(data);
    import_registry(data);
    let serve = || {
        let mut command = clavero(data, &["serve"]);
        command.env("CLAVERO_TRUST__RELOAD_SECONDS", "1");
        command
    };
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let letters = || {
        mail::read_folder(&data.join("mail"))
            .unwrap_or_default()
            .len()
    };

    // Away while the service runs: what was read last goes on counting.
    let mut served = Served::start_as(serve());
    fs::rename(&trust, &away).unwrap();
    let told = served.wait_for("the trust folders can't be used; the last good ones stay in use");
    assert_eq!(told["level"], "ERROR", "{told}");
    let (petition, secret) = sent(&client, &served.url).await;
    let state = async |url: &str, petition: &str, secret: &str| {
        let asked = client.get(format!("{url}{petition}")).bearer_auth(secret);
        let status: Value = asked.send().await.unwrap().json().await.unwrap();
        text(&status["state"])
    };
    let decided = async |url: &str, petition: &str, secret: &str| {
        until("undecided", async || {
            let state = state(url, petition, secret).await;
            (state != "received").then_some(state)
        })
        .await
    };
    assert_eq!(decided(&served.url, &petition, &secret).await, "approved");
    until("no mail", async || (letters() > 0).then_some(())).await;
    drop(served);

    // Away when it starts: it says so, and what comes waits.
    let served = Served::start_as(serve());
    let ready = async |url: &str| {
        let asked = client.get(format!("{url}/salud/lista")).send();
        asked.await.unwrap()
    };
    let (petition, secret) = sent(&client, &served.url).await;
    // Many times what deciding it takes.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(state(&served.url, &petition, &secret).await, "received");
    let answer = ready(&served.url).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let why: Value = answer.json().await.unwrap();
    assert_eq!(why["reason"], "no_roots", "{why}");

    fs::rename(&away, &trust).unwrap();
    assert_eq!(decided(&served.url, &petition, &secret).await, "approved");
    assert_eq!(ready(&served.url).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_is_named_before_anything_is_written_under_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let ring = |keys: &[&str]| format!("{keys:?}");
    let first = ring(&[KEY]);
    import_registry_with(data, &[("CLAVERO_PROTECTION__KEYS", &first)]);
    let reviewer = async |keys: &str, arguments: &[&str]| {
        let mut command = clavero(data, &[&["reviewer"], arguments].concat());
        command.env("CLAVERO_PROTECTION__KEYS", keys);
        let output = ended(command).await;
        (output.status.code(), said(&output))
    };
    let added = reviewer(&first, &["add", "ana", "--name", "Ana Mora"]).await;
    assert_eq!(added.0, Some(0), "{}", added.1);
    let good = checked(data, &[("CLAVERO_PROTECTION__KEYS", &first)]).await;
    assert!(good.status.success(), "{}", said(&good));
    let id = clavero::protection::Keyring::from_base64([KEY]).unwrap();
    let id = id.current().unwrap().to_owned();

    let both = ring(&[OTHER_KEY, KEY]);
    let good = checked(data, &[("CLAVERO_PROTECTION__KEYS", &both)]).await;
    assert!(good.status.success(), "{}", said(&good));

    for keys in [ring(&[OTHER_KEY]), ring(&[])] {
        let keys = [("CLAVERO_PROTECTION__KEYS", keys.as_str())];
        let wrong = checked(data, &keys).await;
        assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
        assert!(said(&wrong).contains("✗ protection: "), "{}", said(&wrong));
        assert!(said(&wrong).contains(&id), "{}", said(&wrong));
        let why = refused(data, &keys).await;
        assert!(why.contains(&id), "{why}");
        // Everywhere in the same words, with what to do.
        let (status, told) = reviewer(keys[0].1, &["list"]).await;
        assert_eq!(status, Some(3), "{told}");
        for word in [&id, "`protection.keys_file`"] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}

/// Nothing stops when the last one goes, but nothing that needs two goes on.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_lets_the_last_supervisor_go_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import_registry(data);
    let reviewer = async |arguments: &[&str]| {
        let output = ended(clavero(data, &[&["reviewer"], arguments].concat())).await;
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    for (user, role) in [("ana", "supervisor"), ("luis", "reviewer")] {
        let name = format!("Persona {user}");
        reviewer(&["add", user, "--name", &name, "--role", role]).await;
    }
    let told = reviewer(&["disable", "luis"]).await;
    assert!(!told.contains("supervisor"), "{told}");
    let told = reviewer(&["disable", "ana"]).await;
    assert!(
        told.contains("no supervisor is left who can come in"),
        "{told}"
    );
}

/// Whoever starts the service is not the one who prepared it: what it can't make is told before.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_made_is_told_where_it_would_be() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing can be made in what is no folder, not even by root.
    let wall = folder.path().join("wall");
    fs::write(&wall, "").unwrap();
    let data = wall.join("data");
    let wrong = checked(&data, &[]).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    for part in ["database", "documents"] {
        let line = format!("✗ {part}: {}", data.display());
        assert!(said(&wrong).contains(&line), "{line}: {}", said(&wrong));
    }
    let why = refused(&data, &[]).await;
    assert!(why.contains("data_dir"), "{why}");
    let elsewhere = format!(
        "sqlite://{}/away/x.sqlite?mode=rwc",
        folder.path().display()
    );
    let data = folder.path().join("data");
    let wrong = checked(&data, &[("CLAVERO_DATABASE", &elsewhere)]).await;
    assert!(
        said(&wrong).contains("✗ database: there is no folder"),
        "{}",
        said(&wrong)
    );
    assert!(
        said(&wrong).contains("✓ documents will go into"),
        "{}",
        said(&wrong)
    );
    assert!(!data.exists(), "nothing is made by looking");
}

/// A database that is away is told once, and what needs it is not said to be well.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    let away = format!("postgres://clavero@127.0.0.1:{}/clavero", closed_port());
    let keys = [
        ("CLAVERO_DATABASE", away.as_str()),
        ("CLAVERO_DOCUMENTS__KIND", "database"),
    ];
    let wrong = checked(folder.path(), &keys).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    assert_eq!(
        said(&wrong).matches("can't be reached").count(),
        1,
        "{}",
        said(&wrong)
    );
    assert!(
        said(&wrong).contains("! documents: not looked at"),
        "{}",
        said(&wrong)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_everybody_to_a_person_or_proves_nothing_is_not_said_to_be_well() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let off = [("CLAVERO_FETCH__ENABLED", "false")];
    let good = checked(data, &off).await;
    assert!(good.status.success(), "{}", said(&good));
    assert!(said(&good).contains("✓ fetch off"), "{}", said(&good));
    let now = jiff::Timestamp::now();
    let hours = jiff::SignedDuration::from_hours;
    let ending = pki::list(pki::Entity::Uno, true, now - hours(30), now + hours(1));
    let crls = data.join("trust/crls");
    fs::write(crls.join(ending.name), ending.der).unwrap();
    let soon = checked(data, &off).await;
    assert!(soon.status.success(), "{}", said(&soon));
    assert!(said(&soon).contains("! fetch.enabled: "), "{}", said(&soon));
    fs::remove_dir_all(crls).unwrap();
    let nobody = checked(data, &off).await;
    assert_eq!(nobody.status.code(), Some(1), "{}", said(&nobody));
    assert!(
        said(&nobody).contains("✗ fetch.enabled: "),
        "{}",
        said(&nobody)
    );
    assert!(!said(&nobody).contains("✓ fetch"), "{}", said(&nobody));

    let person = people::person("rosa").unwrap();
    let ended = pki::issue(person, pki::Defect::Expired);
    let (key, certificate) = (data.join("seal.key"), data.join("seal.pem"));
    fs::write(&key, ended.key_pem()).unwrap();
    fs::write(&certificate, ended.certificates_pem()).unwrap();
    let sealed = [
        ("CLAVERO_SEAL__KEY", key.to_str().unwrap()),
        ("CLAVERO_SEAL__CERTIFICATE", certificate.to_str().unwrap()),
    ];
    let wrong = checked(data, &sealed).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    let line = "✗ seal.certificate: the seal's certificate ended on 31 December 2024";
    assert!(said(&wrong).contains(line), "{}", said(&wrong));
    assert!(!said(&wrong).contains("✓ seal"), "{}", said(&wrong));
    let mut serve = clavero(data, &["serve"]);
    serve.envs(sealed);
    let served = Served::start_as(serve);
    served.tell_to_stop();
    let told = served.ended().concat();
    assert!(told.contains("the seal's certificate ended on"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_may_read_or_choose_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let file = data.join("clavero.toml");
    let secret = "s".repeat(40);
    let text = format!("[portal]\nsecret = \"{secret}\"\n[mail]\nuser = \"u\"\npassword = \"p\"\n");
    fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let keys = [
        ("CLAVERO_CONFIG", path),
        ("CLAVERO_PROXY__TRUSTED", "[\"128.0.0.0/1\"]"),
        ("CLAVERO_MAIL__BOUNCES", "devueltos"),
    ];
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let warned = checked(data, &keys).await;
    assert!(warned.status.success(), "{}", said(&warned));
    let bounces = data.join("devueltos");
    for line in [
        format!(
            "! --config: others on this machine may read {path}, which holds mail.password, portal.secret"
        ),
        "! proxy.trusted: 128.0.0.0/1 holds".to_owned(),
        format!("! mail.bounces: {} is not there", bounces.display()),
    ] {
        assert!(said(&warned).contains(&line), "{line}: {}", said(&warned));
    }
    assert!(!said(&warned).contains(&secret));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(&bounces, "").unwrap();
    let wrong = checked(data, &keys).await;
    assert!(!said(&wrong).contains("--config: "), "{}", said(&wrong));
    assert!(
        said(&wrong).contains("✗ mail.bounces: "),
        "{}",
        said(&wrong)
    );
    let everybody = [("CLAVERO_PROXY__TRUSTED", "[\"0.0.0.0/0\"]")];
    let wrong = checked(data, &everybody).await;
    assert_eq!(wrong.status.code(), Some(3), "{}", said(&wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_can_only_be_read_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_registry(data);
    // The whole of what `serve` would write at its start is there.
    drop(Served::start(data));
    let file = data.join("clavero.sqlite");
    let url = format!("sqlite://{}?mode=ro", file.display());
    let keys = [("CLAVERO_DATABASE", url.as_str())];
    let wrong = checked(data, &keys).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    let line = format!("✗ database: {} can't be written", file.display());
    assert!(said(&wrong).contains(&line), "{}", said(&wrong));
    let why = refused(data, &keys).await;
    assert!(why.contains("can't be written"), "{why}");
}

/// What `serve` and `check-config` say of the same folder is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_for_real_employers_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let production = [("CLAVERO_PROFILE", "production")];
    let bare = checked(data, &production).await;
    assert_eq!(bare.status.code(), Some(1), "{}", said(&bare));
    for line in [
        "public_url = \"\"\n",
        "✗ public_url: ",
        "✗ mail.transport: ",
        "! operator.contact: ",
        "! operator.alarm_email: ",
        "✗ trust: ",
    ] {
        assert!(said(&bare).contains(line), "{line}: {}", said(&bare));
    }
    let why = refused(data, &production).await;
    assert!(why.contains("CLAVERO_PUBLIC_URL"), "{why}");

    let mut command = clavero(data, &["serve"]);
    command.envs([
        ("CLAVERO_PROFILE", "production"),
        ("CLAVERO_PUBLIC_URL", "https://clavero.example.ec"),
        ("CLAVERO_MAIL__TRANSPORT", "smtp"),
        ("CLAVERO_MAIL__HOST", "127.0.0.1"),
    ]);
    let served = Served::start_as(command);
    served.tell_to_stop();
    let log = served.ended().concat();
    for word in ["mail.from", "operator.contact", "there is no root"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_for_nobody_else_on_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    fs::create_dir(data).unwrap();
    fs::set_permissions(data, Permissions::from_mode(0o755)).unwrap();
    write_trust(data);
    import_registry(data);
    let served = Served::start(data);
    sent(&Client::new(), &served.url).await;
    let mode = |path: &str| fs::metadata(data.join(path)).unwrap().permissions().mode();
    for kept in ["clavero.sqlite", "documents", "mail"] {
        assert_eq!(mode(kept) & 0o077, 0, "{kept}");
    }
    drop(served);

    let key = data.join("protection.key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let path = key.to_str().unwrap();
    let warned = checked(data, &[("CLAVERO_PROTECTION__KEYS_FILE", path)]).await;
    assert!(warned.status.success(), "{}", said(&warned));
    for line in [
        "! data_dir: others".to_owned(),
        format!("! protection.keys_file: others on this machine may read {path}"),
        format!("! protection.keys_file: {path} lies within"),
    ] {
        assert!(said(&warned).contains(&line), "{line}: {}", said(&warned));
    }
    fs::set_permissions(data, Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let elsewhere = folder.path().join("protection.key");
    fs::rename(&key, &elsewhere).unwrap();
    let path = elsewhere.to_str().unwrap();
    let good = checked(data, &[("CLAVERO_PROTECTION__KEYS_FILE", path)]).await;
    assert!(!said(&good).contains("! "), "{}", said(&good));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_and_a_gateway_that_nobody_answers_at_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    let secret = "x".repeat(32);
    for (section, place) in [("PORTAL", "portal"), ("SMS", "sms")] {
        let keys = |port: &str| {
            [
                (
                    format!("CLAVERO_{section}__CONNECTOR"),
                    "webhook".to_owned(),
                ),
                (
                    format!("CLAVERO_{section}__URL"),
                    format!("http://127.0.0.1:{port}/clave"),
                ),
                (format!("CLAVERO_{section}__SECRET"), secret.clone()),
            ]
        };
        let check = async |port: &str| {
            let keys = keys(port);
            let keys: Vec<_> = keys
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            checked(folder.path(), &keys).await
        };
        let nobody = check(&closed_port()).await;
        assert_eq!(nobody.status.code(), Some(1), "{}", said(&nobody));
        assert!(
            said(&nobody).contains(&format!("✗ {place}: http://")),
            "{}",
            said(&nobody)
        );

        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = receiver.local_addr().unwrap().port().to_string();
        let answering = tokio::task::spawn_blocking(move || {
            let (mut line, _) = receiver.accept().unwrap();
            let mut asked = [0; 4096];
            let read = line.read(&mut asked).unwrap();
            line.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        let good = check(&port).await;
        assert!(good.status.success(), "{}", said(&good));
        assert!(
            said(&good).contains(&format!("✓ {place} http://")),
            "{}",
            said(&good)
        );
        assert!(answering.await.unwrap().starts_with("HEAD /clave "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_database_is_told_in_spanish_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!(
        "sqlite://{}/no/hay/x.sqlite?mode=rwc",
        folder.path().display()
    );
    let mut addresses = vec![(nowhere, "revise que su carpeta exista")];
    if let Some(server) = Need::Postgres.met() {
        let stranger = server.replace("clavero@", "nobody_known@");
        addresses.push((stranger, "revise usuario, clave"));
    }
    for (address, next) in addresses {
        let mut command = clavero(folder.path(), &["serve"]);
        command.envs([
            ("CLAVERO_DATABASE", address.as_str()),
            ("CLAVERO_LANG", "es"),
        ]);
        let output = ended(command).await;
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(next), "{}", said(&output));
    }
}

/// Whoever watches hears of a disk that is nearly full before companies do.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_nearly_full_is_no_readiness() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_registry(data);
    let keys = [("CLAVERO_LIMITS__FREE_BYTES", "9000000000000000")];
    let wrong = checked(data, &keys).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    let words = said(&wrong);
    assert!(
        words.contains("✗ documents: ")
            && words.contains("9000000000 MB must be (`limits.free_bytes`)"),
        "{words}"
    );
    let mut serve = clavero(data, &["serve"]);
    serve.envs(keys);
    let served = Served::start_as(serve);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let asked = client.get(format!("{}/salud/lista", served.url)).send();
    let answer = asked.await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let why: Value = answer.json().await.unwrap();
    assert_eq!(why["reason"], "disk", "{why}");
}

/// By a clock that is years behind, honest certificates are not valid yet, and expired ones still are.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_behind_the_log_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_registry(data);
    let good = checked(data, &[]).await;
    assert!(good.status.success(), "{}", said(&good));
    let ahead =
        "update audit set at_ms = at_ms + 86400000 where seq = (select max(seq) from audit)";
    any::install_default_drivers();
    let file = format!("sqlite:{}", data.join("clavero.sqlite").display());
    let mut database = AnyConnection::connect(&file).await.unwrap();
    raw_sql(ahead).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let wrong = checked(data, &[]).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    assert!(said(&wrong).contains("NTP"), "{}", said(&wrong));
}
