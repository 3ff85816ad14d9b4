//! A real S3-compatible server of a test's own: s3s-fs, a program of its own on a folder of its own. `tests/s3/install` builds
//! it, and `tests/run` says in `CLAVERO_TEST_S3` where it is; without it there is no bucket to keep documents in.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use clavero::documents::{S3Settings, Settings};
use tempfile::TempDir;

use crate::need::Need;
use crate::running::PATIENCE;

/// The bucket in it.
const NAME: &str = "clavero";
/// What every name in it begins with.
pub const PREFIX: &str = "a prefix/of ours";
/// Name of the access key.
pub const KEY_ID: &str = "clavero-test";
/// The access key.
pub const SECRET: &str = "s3cr3t-of-the-tests-only";

/// The server, with one bucket.
pub struct Bucket {
    folder: TempDir,
    server: PathBuf,
    process: Option<Child>,
    port: u16,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Bucket {
    /// Starts a server; none without `CLAVERO_TEST_S3`.
    pub fn start() -> Option<Self> {
        let server = Need::S3.met()?;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(NAME)).unwrap();
        let mut bucket = Self {
            folder,
            server: server.into(),
            process: None,
            port: 0,
        };
        bucket.start_again();
        Some(bucket)
    }

    /// Stops the server; nobody answers any more.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it where it was, with what it had.
    pub fn start_again(&mut self) {
        let mut process = Command::new(&self.server)
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--access-key", KEY_ID, "--secret-key", SECRET])
            .arg(self.folder.path())
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the S3 server starts");
        let printed = BufReader::new(process.stdout.take().unwrap());
        self.process = Some(process);
        let (found, port) = mpsc::channel();
        // Read to the end, or the process would stop at a full pipe.
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("http://127.0.0.1:") {
                    let digits = address.chars().take_while(char::is_ascii_digit);
                    let _ = found.send(digits.collect::<String>().parse().unwrap());
                }
            }
        });
        self.port = port
            .recv_timeout(PATIENCE)
            .expect("the S3 server prints its address");
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The settings of documents in it.
    pub fn settings(&self) -> Settings {
        Settings::S3(S3Settings {
            endpoint: self.endpoint(),
            bucket: NAME.to_owned(),
            region: "us-east-1".to_owned(),
            prefix: PREFIX.to_owned(),
            key_id: KEY_ID.to_owned(),
            secret: SECRET.into(),
            authority: None,
            patience: Duration::from_secs(20),
        })
    }

    /// The same as keys of the configuration in the environment.
    pub fn keys(&self) -> Vec<(String, String)> {
        [
            ("KIND", "s3".to_owned()),
            ("ENDPOINT", self.endpoint()),
            ("BUCKET", NAME.to_owned()),
            ("KEY_ID", KEY_ID.to_owned()),
            ("SECRET", SECRET.to_owned()),
        ]
        .map(|(key, value)| (format!("CLAVERO_DOCUMENTS__{key}"), value))
        .into()
    }

    /// The folder in which the objects are files.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join(NAME)
    }
}

/// Every file below `folder`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
