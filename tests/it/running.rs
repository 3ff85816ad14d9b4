//! A demonstration that runs as its own process, the way a person starts it: on an empty folder, on a free port.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::ground::Ground;
use crate::redaction::{self, ServiceLog};
use crate::served::binary;

/// How long anything may take before a test gives up on it: far beyond the real time, because machines are shared.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A running `clavero demo`.
pub struct Running {
    process: Child,
    data: PathBuf,
    /// Removed with the service, when it is the service's own.
    own_ground: Option<Ground>,
    /// Where it listens, without a slash at the end.
    pub url: String,
    /// A client that keeps no cookies and follows no redirects.
    pub client: Client,
    /// Looked through at the end: nothing personal, no secret.
    _log: ServiceLog,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    /// Starts the demonstration on a folder of its own and waits until it prints its address.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with these keys of the configuration (`CLAVERO_…`).
    pub fn start_with(keys: &[(&str, &str)]) -> Self {
        Self::start_on(Ground::folder(), keys)
    }

    /// Starts the demonstration on this ground, with these keys of the configuration besides.
    pub fn start_on(ground: Ground, keys: &[(&str, &str)]) -> Self {
        let own = ground.keys();
        let mut all: Vec<(&str, &str)> =
            own.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        all.extend(keys);
        let mut running = Self::start_in_with(ground.folder.path(), &all);
        running.own_ground = Some(ground);
        running
    }

    /// Starts the demonstration on what an earlier one left behind.
    pub fn start_in(data: &Path) -> Self {
        Self::start_in_with(data, &[])
    }

    /// The same with these keys of the configuration.
    pub fn start_in_with(data: &Path, keys: &[(&str, &str)]) -> Self {
        let (log, stderr) = ServiceLog::new();
        let mut process = Command::new(binary())
            .args(["demo", "--port", "0", "--data"])
            .arg(data)
            .env(redaction::LEVEL.0, redaction::LEVEL.1)
            .envs(keys.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let printed = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let (found, address) = mpsc::channel();
        // Read to the end, or the process would stop at a full pipe.
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                if let Some(at) = line.find("http://127.0.0.1:") {
                    let url: String = line[at..]
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || ":/.".contains(*c))
                        .collect();
                    let origin: String = url.split('/').take(3).collect::<Vec<_>>().join("/");
                    let _ = found.send(origin);
                }
            }
        });
        let url = address
            .recv_timeout(PATIENCE)
            .expect("the demonstration prints its address");
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        Self {
            process,
            data: data.to_owned(),
            own_ground: None,
            url,
            client,
            _log: log,
        }
    }

    /// The folder with everything.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Asks for a petition by API: number and secret.
    pub async fn petition(&self, body: Value) -> (String, String) {
        let answer = self
            .client
            .post(self.at("/api/v1/petitions"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
        let issued: Value = answer.json().await.expect("JSON");
        (text(&issued["number"]), text(&issued["secret"]))
    }

    /// The form of a petition, for whoever holds its secret.
    pub async fn form(&self, number: &str, secret: &str) -> Vec<u8> {
        let answer = self
            .client
            .get(self.at(&format!("/api/v1/petitions/{number}/form.pdf")))
            .bearer_auth(secret)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.bytes().await.expect("the form").to_vec()
    }

    /// The status of a petition, once it is decided.
    pub async fn decided(&self, number: &str, secret: &str) -> Value {
        self.status_once(number, secret, |status| !status["outcome"].is_null())
            .await
    }

    /// The status of a petition, once the last mail about it has left.
    pub async fn mail_left(&self, number: &str, secret: &str) -> Value {
        self.status_once(number, secret, |status| status["mail"] == "sent")
            .await
    }

    /// The status of a petition, once it has come so far.
    async fn status_once(
        &self,
        number: &str,
        secret: &str,
        come: impl Fn(&Value) -> bool,
    ) -> Value {
        let began = Instant::now();
        loop {
            let address = self.at(&format!("/api/v1/petitions/{number}"));
            let answer = self
                .client
                .get(address)
                .bearer_auth(secret)
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            let status: Value = answer.json().await.expect("JSON");
            if come(&status) {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "not yet: {status}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The newest link of this kind (`clave`, `correo`, `no-fui-yo`) among the mails, as soon as there is one.
    pub async fn link(&self, kind: &str) -> String {
        self.link_in(kind, "").await
    }

    /// The newest link for a new password of this petition.
    pub async fn link_of(&self, number: &str) -> String {
        self.link_in("clave", number).await
    }

    /// The newest link of this kind in a mail that says `words`.
    async fn link_in(&self, kind: &str, words: &str) -> String {
        let began = Instant::now();
        loop {
            let answer = self
                .client
                .get(self.at("/demo/mailbox.json"))
                .send()
                .await
                .expect("an answer");
            let mails: Vec<Value> = answer.json().await.expect("JSON");
            let mut links = mails
                .iter()
                .filter(|mail| {
                    mail["text"]
                        .as_str()
                        .is_some_and(|text| text.contains(words))
                })
                .filter_map(|mail| mail["links"].as_array())
                .flatten()
                .filter_map(Value::as_str);
            if let Some(link) = links.find(|link| link.contains(&format!("/{kind}/"))) {
                return link.to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "no mail with a /{kind}/ link");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The whole address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// A petition of the company whose representative the fixtures call `lucia`.
pub fn reset() -> Value {
    json!({ "ruc": clavero::fixture::people::CAFE, "action": "reset_password" })
}

/// `form` signed by `who`, now.
pub fn signed(form: &[u8], who: &str) -> Vec<u8> {
    use clavero::fixture::{pdf, pki};
    let identity = pki::identity(who).expect("a person of the fixtures");
    pdf::sign_pdf(
        form,
        &identity,
        &pdf::SignOptions::at(jiff::Timestamp::now()),
    )
    .expect("the form can be signed")
}

/// Fields as a form sends them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)))
        .collect();
    pairs.join("&")
}

/// A form as a browser posts it.
pub trait Typed {
    /// Sets the body to these fields.
    fn typed(self, fields: &[(&str, &str)]) -> Self;
}

impl Typed for reqwest::RequestBuilder {
    fn typed(self, fields: &[(&str, &str)]) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(fields))
    }
}
