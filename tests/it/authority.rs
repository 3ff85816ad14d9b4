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
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
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
    /// One that answers with the key of the subordinate itself.
    pub fn new(entity: Entity, identity: &Identity, entry: Entry) -> Arc<Self> {
        let (certificate, key) = pki::subordinate(entity);
        Self::signing_with(entity, identity, entry, &certificate, &key)
    }

    /// One to which the subordinate gave the right to answer (RFC 6960 §4.2.2.2). Its own certificate needs no status,
    /// or says where its list is.
    pub fn delegated(entity: Entity, identity: &Identity, list: Option<&str>) -> Arc<Self> {
        let (certificate, key) = pki::subordinate(entity);
        let authority = X509::from_der(&certificate).unwrap();
        let authority_key = PKey::private_key_from_pem(&key).unwrap();
        let own = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
        let mut builder = unsigned(&own, "RESPONDEDOR");
        builder.set_issuer_name(authority.subject_name()).unwrap();
        let mut usage = KeyUsage::new();
        builder
            .append_extension(usage.digital_signature().build().unwrap())
            .unwrap();
        let mut purpose = ExtendedKeyUsage::new();
        builder
            .append_extension(purpose.other("OCSPSigning").build().unwrap())
            .unwrap();
        let last = match list {
            Some(address) => extension("2.5.29.31", &points(address)),
            // id-pkix-ocsp-nocheck
            None => extension("1.3.6.1.5.5.7.48.1.5", &[5, 0]),
        };
        builder.append_extension(last).unwrap();
        builder
            .sign(&authority_key, MessageDigest::sha256())
            .unwrap();
        let certificate = builder.build().to_der().unwrap();
        let key = own.private_key_to_pem_pkcs8().unwrap();
        Self::signing_with(entity, identity, Entry::Valid, &certificate, &key)
    }

    fn signing_with(
        entity: Entity,
        identity: &Identity,
        entry: Entry,
        signer: &[u8],
        key: &[u8],
    ) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        let pem = |der: &[u8]| X509::from_der(der).unwrap().to_pem().unwrap();
        write("ca.pem", &pem(&pki::subordinate(entity).0));
        write("signer.pem", &pem(signer));
        write("key.pem", key);
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
                "signer.pem",
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

/// A certificate to be signed, valid for two days around the beginning and until the fixtures end.
pub fn unsigned(key: &PKey<Private>, name: &str) -> X509Builder {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = openssl::bn::BigNum::from_u32(77).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    builder.set_subject_name(&subject.build()).unwrap();
    builder.set_pubkey(key).unwrap();
    let time = |seconds: i64| Asn1Time::from_unix(seconds).unwrap();
    builder.set_not_before(&time(1_772_280_000)).unwrap(); // 2026-02-28
    builder.set_not_after(&time(2_524_600_000)).unwrap(); // the last day of 2049
    builder
}

/// An extension that is not critical.
pub fn extension(oid: &str, value: &[u8]) -> X509Extension {
    X509Extension::new_from_der(
        &Asn1Object::from_str(oid).unwrap(),
        false,
        &Asn1OctetString::new_from_bytes(value).unwrap(),
    )
    .unwrap()
}

/// `CRLDistributionPoints` with one address.
pub fn points(address: &str) -> Vec<u8> {
    let wrap = |tag: u8, inner: &[u8]| [&[tag, u8::try_from(inner.len()).unwrap()], inner].concat();
    let name = wrap(0xa0, &wrap(0xa0, &wrap(0x86, address.as_bytes())));
    wrap(0x30, &wrap(0x30, &name))
}
