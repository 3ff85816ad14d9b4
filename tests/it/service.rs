//! `clavero serve` and `check-config` as an operator meets them: their own process, a folder, the environment.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use clavero::fixture::people;
use clavero::mail;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::day::Remains;
use crate::running::{PATIENCE, signed, text};
use crate::served::{Served, clavero, import_registry, until, write_trust};

const PASSWORD: &str = "Tr3s*Gatos";

/// A petition that will be approved, with its document sent: its path, and its secret.
pub async fn sent(client: &Client, url: &str) -> (String, String) {
    let asked = json!({ "ruc": people::CAFE, "action": "reset_password" });
    let issued = client.post(format!("{url}/api/v1/petitions")).json(&asked);
    let issued: Value = issued.send().await.unwrap().json().await.unwrap();
    let (number, secret) = (text(&issued["number"]), text(&issued["secret"]));
    let petition = format!("/api/v1/petitions/{number}");
    let form = client.get(format!("{url}{petition}/form.pdf"));
    let form = form
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let upload = client.post(format!("{url}{petition}/document"));
    let upload = upload.body(signed(&form, "lucia")).send().await.unwrap();
    assert_eq!(upload.status(), StatusCode::ACCEPTED);
    (petition, secret)
}

#[tokio::test]
async fn it_serves_logs_no_personal_data_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_registry(data);
    let served = Served::start(data);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let at = |path: &str| format!("{}{path}", served.url);
    let (petition, secret) = sent(&client, &served.url).await;

    let mailbox = data.join("mail");
    let link = until("no mail", async || {
        let letters = mail::read_folder(&mailbox).unwrap_or_default();
        letters.into_iter().flat_map(|letter| letter.links).next()
    })
    .await;
    // The address in the mail is the configured one; the service listens on a port of its own choosing.
    let token = link.rsplit('/').next().unwrap().to_owned();
    let page = at(&format!("/clave/{token}"));
    assert_eq!(
        client.get(&page).send().await.unwrap().status(),
        StatusCode::OK
    );
    let set = |password: &str| {
        client
            .post(&page)
            .json(&json!({ "password": password }))
            .send()
    };
    assert_eq!(
        set("weak").await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(set(PASSWORD).await.unwrap().status(), StatusCode::OK);
    assert_eq!(set(PASSWORD).await.unwrap().status(), StatusCode::GONE);
    let status = client
        .get(at(&petition))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    assert_eq!(status.json::<Value>().await.unwrap()["state"], "completed");

    served.tell_to_stop();
    let log = served.ended();
    assert!(log.len() > 5, "{log:?}");
    for line in &log {
        let parsed: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(
            parsed["timestamp"].is_string() && parsed["level"].is_string(),
            "{line}"
        );
        for personal in [
            "2901047296",
            "ÑAUTA",
            "LUCÍA",
            "cafe-ficticio.ec",
            "CAFÉ",
            people::CAFE,
            &token,
            &secret,
            PASSWORD,
        ] {
            assert!(!line.contains(personal), "the log names {personal}: {line}");
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_does_not_keep_it_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_registry(data);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = clavero(data, &["serve"]);
    command.envs([
        ("CLAVERO_MAIL__TRANSPORT", "smtp"),
        ("CLAVERO_MAIL__HOST", "127.0.0.1"),
        ("CLAVERO_MAIL__TLS", "none"),
    ]);
    command.env(
        "CLAVERO_MAIL__PORT",
        silent.local_addr().unwrap().port().to_string(),
    );
    let served = Served::start_as(command);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    sent(&client, &served.url).await;
    let connected = tokio::task::spawn_blocking(move || silent.accept()).await;
    let _line = connected.unwrap().unwrap();
    served.tell_to_stop();
    let log = tokio::task::spawn_blocking(|| served.ended())
        .await
        .unwrap();
    let cut_off = |line: &String| line.contains("work under way was cut off");
    assert!(log.iter().any(cut_off), "{log:?}");
}

/// Whoever watches the log for errors is not woken for what a client is told to repeat.
#[tokio::test]
async fn what_is_put_off_is_a_warning_in_the_log_and_what_fails_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let mut served = Served::start(data);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let url = served.url.clone();
    let (petition, secret) = sent(&client, &url).await;

    // Documents can't be kept for a while.
    fs::rename(data.join("documents"), data.join("elsewhere")).unwrap();
    fs::write(data.join("documents"), "no folder").unwrap();
    let put_off = client
        .get(format!("{url}/salud/lista"))
        .send()
        .await
        .unwrap();
    assert_eq!(put_off.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(put_off.headers().contains_key("retry-after"));
    let told = served.wait_for("request put off");
    assert_eq!(told["level"], "WARN", "{told}");
    assert_eq!(told["fields"]["status"], 503, "{told}");

    // A table is gone: nobody mends that by asking again.
    let mut remains = Remains::open(&format!(
        "sqlite://{}",
        data.join("clavero.sqlite").display()
    ))
    .await;
    remains
        .change("alter table petitions rename to lost_petitions")
        .await;
    let failed = client
        .get(format!("{url}{petition}/form.pdf"))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!failed.headers().contains_key("retry-after"));
    let told = served.wait_for("request failed");
    assert_eq!(told["level"], "ERROR", "{told}");
}

#[test]
fn whoever_connects_and_does_not_ask_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let served = Served::start(data);
    let address = served.url.trim_start_matches("http://");
    let beginnings: [&[u8]; 4] = [b"", b"P", b"GET / HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"];
    let lines = beginnings.map(|beginning| {
        let mut line = TcpStream::connect(address).unwrap();
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        line.write_all(beginning).unwrap();
        line
    });
    for (mut line, beginning) in lines.into_iter().zip(beginnings) {
        let mut answer = Vec::new();
        let cut = line.read_to_end(&mut answer);
        assert!(cut.is_ok(), "{beginning:?}: {cut:?}");
        // Nobody is spoken to in HTTP/2, whose limits are others.
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"));
    }
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_nobody_out_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let serve = clavero(data, &["serve"]);
    // Four hundred file descriptors, as on a machine that gives no more.
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 400 && exec \"$0\" \"$@\""]);
    command.arg(serve.get_program()).args(serve.get_args());
    command.env_clear();
    command.envs(
        serve
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    let served = Served::start_as(command);
    let address = served.url.trim_start_matches("http://");
    let crowd: Vec<_> = (0..380)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let asked = json!({ "ruc": people::CAFE, "action": "reset_password" });
    let issued = client.post(format!("{}/api/v1/petitions", served.url));
    let issued = issued.json(&asked).send().await.unwrap();
    assert_eq!(issued.status(), StatusCode::CREATED);
    drop(crowd);
    served.tell_to_stop();
    for line in served.ended() {
        assert!(!line.contains("could not be accepted"), "{line}");
    }
}

#[test]
fn an_upload_under_way_is_finished_before_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let mut served = Served::start(data);
    let address = served.url.trim_start_matches("http://").to_owned();
    let mut line = TcpStream::connect(&address).unwrap();
    line.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /api/v1/documents HTTP/1.1\r\nhost: {address}\r\ncontent-length: 14\r\nexpect: 100-continue\r\n\
         connection: close\r\n\r\n"
    );
    line.write_all(head.as_bytes()).unwrap();
    // "100 Continue" says that the body is being read.
    let mut answer = [0; 25];
    line.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100"), "{answer:?}");
    served.tell_to_stop();
    served.wait_for("stopping");
    line.write_all(b"not a document").unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    served.ended();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_configuration_is_checked_before_anybody_notices() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let nobody_trusted = clavero(data, &["check-config"]).output().unwrap();
    assert_eq!(
        nobody_trusted.status.code(),
        Some(1),
        "{}",
        said(&nobody_trusted)
    );

    write_trust(data);
    let good = clavero(data, &["check-config"]).output().unwrap();
    assert!(good.status.success(), "{}", said(&good));
    assert!(said(&good).contains("3 roots"), "{}", said(&good));

    let hidden = clavero(data, &["check-config"])
        .env("CLAVERO_MAIL__PASSWORD", "hunter2")
        .output()
        .unwrap();
    assert!(!said(&hidden).contains("hunter2"));

    // A variable is named as it was given; a password of digits is one, and what is none is not repeated.
    let digits = clavero(data, &["check-config"])
        .env("CLAVERO_MAIL__PASSWORD", "4711")
        .output()
        .unwrap();
    assert!(digits.status.success(), "{}", said(&digits));
    assert!(!said(&digits).contains("4711"));
    let wrong = clavero(data, &["check-config"])
        .env("CLAVERO_PROTECTION__KEYS", "hunter2")
        .env("CLAVERO_LINKS__LIFE", "5")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(3), "{}", said(&wrong));
    for word in ["CLAVERO_PROTECTION__KEYS: ", "CLAVERO_LINKS__LIFE: "] {
        assert!(said(&wrong).contains(word), "{word}: {}", said(&wrong));
    }
    assert!(!said(&wrong).contains("hunter2"), "{}", said(&wrong));

    let file = data.join("clavero.toml");
    fs::write(&file, "listn = \"x\"\n[links]\nlife_secs = 1\n").unwrap();
    let wrong = clavero(data, &["check-config", "--config", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!wrong.status.success());
    for word in ["listn", "life_secs"] {
        assert!(
            said(&wrong).contains(word),
            "{word} is missing: {}",
            said(&wrong)
        );
    }
}

#[test]
fn a_production_service_refuses_the_roots_of_the_fixtures() {
    let folder = tempfile::tempdir().unwrap();
    write_trust(folder.path());
    for command in ["serve", "check-config"] {
        let mut refused = clavero(folder.path(), &[command])
            .env("CLAVERO_PROFILE", "production")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while refused.try_wait().unwrap().is_none() {
            if began.elapsed() > PATIENCE {
                refused.kill().unwrap();
                panic!("{command} goes on");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!refused.wait().unwrap().success(), "{command}");
        let mut words = String::new();
        refused
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut words)
            .unwrap();
        refused
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut words)
            .unwrap();
        assert!(words.contains("fixtures"), "{command}: {words}");
    }
}
