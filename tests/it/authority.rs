//! A certification authority on loopback: its lists over HTTP, its OCSP answers by `openssl ocsp`, and everything that
//! goes wrong with either.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use clavero::fixture::pki::{self, Entity, Identity};
use jiff::Timestamp;
use openssl::x509::X509;
use tempfile::TempDir;

/// What an address does.
#[derive(Clone)]
pub enum Does {
    /// Hands out these bytes.
    Give(Vec<u8>),
    /// Answers with this status.
    Fail(u16),
    /// Sends elsewhere.
    Redirect(String),
    /// Sends a byte now and then, without end.
    Drip,
    /// Says that a great deal will come.
    Announce(u64),
    /// Answers OCSP requests.
    Respond(Arc<Responder>),
}

/// The server.
pub struct Authority {
    base: String,
    places: Arc<Mutex<HashMap<String, Does>>>,
    visits: Arc<Mutex<Vec<String>>>,
}

impl Authority {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let places: Arc<Mutex<HashMap<String, Does>>> = Arc::default();
        let visits: Arc<Mutex<Vec<String>>> = Arc::default();
        let (known, seen) = (Arc::clone(&places), Arc::clone(&visits));
        let router = Router::new().fallback(move |uri: Uri, body: Bytes| {
            let (known, seen) = (Arc::clone(&known), Arc::clone(&seen));
            async move {
                seen.lock().unwrap().push(uri.path().to_owned());
                let does = known.lock().unwrap().get(uri.path()).cloned();
                answer(does.unwrap_or(Does::Fail(404)), body).await
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            base,
            places,
            visits,
        }
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// From now on.
    pub fn set(&self, path: &str, does: Does) {
        self.places.lock().unwrap().insert(path.to_owned(), does);
    }

    /// How often a path was asked for.
    pub fn visits(&self, path: &str) -> usize {
        let visits = self.visits.lock().unwrap();
        visits.iter().filter(|visited| *visited == path).count()
    }

    /// How often anything was asked for.
    pub fn all_visits(&self) -> usize {
        self.visits.lock().unwrap().len()
    }
}

async fn answer(does: Does, body: Bytes) -> Response {
    match does {
        Does::Give(bytes) => bytes.into_response(),
        Does::Fail(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Does::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Does::Drip => Body::from_stream(futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((
                Ok::<_, std::convert::Infallible>(Bytes::from_static(b"0")),
                (),
            ))
        }))
        .into_response(),
        Does::Announce(bytes) => Response::builder()
            .header(header::CONTENT_LENGTH, bytes)
            .body(Body::from_stream(futures::stream::pending::<
                Result<Bytes, std::convert::Infallible>,
            >()))
            .unwrap(),
        Does::Respond(responder) => {
            let answered = tokio::task::spawn_blocking(move || responder.respond(&body));
            answered.await.unwrap().into_response()
        }
    }
}

/// What OpenSSL's index says about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Valid,
    Revoked,
    Missing,
}

/// `openssl ocsp` with an index of its own, in the name of a subordinate.
pub struct Responder {
    folder: TempDir,
}

impl Responder {
    pub fn new(entity: Entity, identity: &Identity, entry: Entry) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = pki::subordinate(entity);
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        write(
            "ca.pem",
            &X509::from_der(&certificate).unwrap().to_pem().unwrap(),
        );
        write("key.pem", &key);
        let own = X509::from_der(&identity.certificate).unwrap();
        write("own.pem", &own.to_pem().unwrap());
        let serial = own.serial_number().to_bn().unwrap().to_hex_str().unwrap();
        write(
            "index.txt",
            match entry {
                Entry::Valid => format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=x\n"),
                Entry::Revoked => {
                    format!(
                        "R\t491231235959Z\t260115000000Z,keyCompromise\t{serial}\tunknown\t/CN=x\n"
                    )
                }
                Entry::Missing => String::new(),
            }
            .as_bytes(),
        );
        Arc::new(Self { folder })
    }

    /// The answer to a request.
    pub fn respond(&self, request: &[u8]) -> Vec<u8> {
        let draft = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        std::fs::write(draft.path(), request).unwrap();
        let answer = draft.path().with_extension("answer");
        openssl(
            self.folder.path(),
            &[
                "ocsp",
                "-index",
                "index.txt",
                "-CA",
                "ca.pem",
                "-rsigner",
                "ca.pem",
                "-rkey",
                "key.pem",
                "-nmin",
                "60",
                "-reqin",
                draft.path().to_str().unwrap(),
                "-respout",
                answer.to_str().unwrap(),
            ],
        );
        let bytes = std::fs::read(&answer).unwrap();
        std::fs::remove_file(answer).unwrap();

        bytes
    }

    /// An answer to somebody else's request, with or without a nonce in it.
    pub fn earlier(&self, nonce: bool) -> Vec<u8> {
        let choice = if nonce { "-nonce" } else { "-no_nonce" };
        openssl(
            self.folder.path(),
            &[
                "ocsp",
                "-issuer",
                "ca.pem",
                "-cert",
                "own.pem",
                choice,
                "-reqout",
                "earlier.req",
            ],
        );
        let request = std::fs::read(self.folder.path().join("earlier.req")).unwrap();
        self.respond(&request)
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let run = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("openssl is installed (tests/run installs it)");
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "openssl {arguments:?}: {told}");
}

/// The list of a subordinate in these times.
pub fn list(entity: Entity, from: Timestamp, until: Timestamp) -> Vec<u8> {
    pki::list(entity, true, from, until).der
}
