//! A bucket of an S3-compatible store (signature version 4). HTTP is `reqwest` with the TLS of the whole program, digests are
//! OpenSSL's: `object_store`'s own choices would bring a second TLS stack and a second cryptography into the binary.
//!
//! A question is asked again for a few seconds only: whoever uploads shall hear soon that it must be tried later, and what
//! waits in the queue is asked again by the queue.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, HttpClient, HttpConnector,
    HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, Signer, SigningAlgorithm,
};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::Sha256 as Hasher;
use openssl::sign;
use reqwest::redirect::Policy;
use reqwest::{Body, Certificate, Client, Request, Url};
use secrecy::{ExposeSecret, SecretString};

use super::DocumentError;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(3);
/// How often a question is asked again, and for how long.
const RETRIES: usize = 3;
const RETRY_FOR: Duration = Duration::from_secs(5);

/// Which bucket, and how to get there.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// `https://…`, without the bucket.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// Its region; most stores of one's own take any.
    pub region: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// Name of the access key.
    pub key_id: String,
    /// The access key.
    pub secret: SecretString,
    /// A further authority to be trusted, PEM: for a store with a certificate of the operator's own.
    pub authority: Option<Vec<u8>>,
    /// Until an answer is complete.
    pub patience: Duration,
}

/// The bucket of these settings. Nobody is asked yet.
pub(super) fn bucket(settings: &S3Settings) -> Result<Arc<dyn ObjectStore>, DocumentError> {
    let store = AmazonS3Builder::new()
        .with_endpoint(settings.endpoint.as_str())
        .with_bucket_name(settings.bucket.as_str())
        .with_region(settings.region.as_str())
        .with_access_key_id(settings.key_id.as_str())
        .with_secret_access_key(settings.secret.expose_secret())
        .with_crypto_provider(Arc::new(OpenSsl))
        .with_http_connector(Reqwest(client(settings)?))
        // Which addresses may go without TLS is judged with the configuration.
        .with_allow_http(true)
        .with_retry(RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: RETRY_FOR,
        })
        .build()?;
    let prefix = Key::from(settings.prefix.as_str());
    if prefix.as_ref().is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

fn client(settings: &S3Settings) -> Result<Client, DocumentError> {
    let mut builder = Client::builder()
        .user_agent(concat!("clavero/", env!("CARGO_PKG_VERSION")))
        // A redirect would carry documents to an address that nobody configured.
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(settings.patience);
    if let Some(pem) = &settings.authority {
        let authority = Certificate::from_pem(pem)
            .map_err(|_| DocumentError::Settings("documents.authority: not PEM"))?;
        builder = builder.add_root_certificate(authority);
    }
    builder
        .build()
        .map_err(|_| DocumentError::Settings("TLS is not to be had"))
}

/// Our HTTP client, given to `object_store`.
#[derive(Debug)]
struct Reqwest(Client);

impl HttpConnector for Reqwest {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self(self.0.clone())))
    }
}

impl HttpService for Reqwest {
    fn call<'a, 'f>(
        &'a self,
        request: HttpRequest,
    ) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(ask(&self.0, request))
    }
}

/// One question and the whole of its answer: documents are small, and an answer that breaks off is asked for again.
async fn ask(client: &Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().parse::<Url>();
    let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
    let mut sent = Request::new(parts.method, url);
    *sent.headers_mut() = parts.headers;
    *sent.body_mut() = Some(Body::wrap(body));
    let mut answer = client.execute(sent).await.map_err(failed)?;
    let status = answer.status();
    let headers = std::mem::take(answer.headers_mut());
    let body = answer.bytes().await.map_err(failed)?;
    let mut response = HttpResponse::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What kind of failure it was: the kind says whether it is tried again. The address stays out of it.
fn failed(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else {
        HttpErrorKind::Request
    };
    HttpError::new(kind, error.without_url())
}

/// Digests and MACs by OpenSSL.
#[derive(Debug)]
struct OpenSsl;

impl CryptoProvider for OpenSsl {
    fn digest(&self, algorithm: DigestAlgorithm) -> object_store::Result<Box<dyn DigestContext>> {
        known(&algorithm)?;
        Ok(Box::new(Digest {
            hasher: Hasher::new(),
            digest: [0; 32],
        }))
    }

    fn hmac(
        &self,
        algorithm: DigestAlgorithm,
        secret: &[u8],
    ) -> object_store::Result<Box<dyn HmacContext>> {
        known(&algorithm)?;
        Ok(Box::new(Hmac {
            secret: secret.to_vec(),
            message: Vec::new(),
            mac: [0; 32],
        }))
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> object_store::Result<Box<dyn Signer>> {
        Err(unknown())
    }
}

fn known(algorithm: &DigestAlgorithm) -> object_store::Result<()> {
    match algorithm {
        DigestAlgorithm::Sha256 => Ok(()),
        _ => Err(unknown()),
    }
}

/// S3 asks for SHA-256 and HMAC with it, and for nothing else.
fn unknown() -> object_store::Error {
    object_store::Error::NotSupported {
        source: "not an algorithm of S3's signature version 4".into(),
    }
}

struct Digest {
    hasher: Hasher,
    digest: [u8; 32],
}

impl DigestContext for Digest {
    fn update(&mut self, data: &[u8]) {
        self.hasher.update(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        self.digest = std::mem::take(&mut self.hasher).finish();
        Ok(&self.digest)
    }
}

/// What is signed is a few lines of text: it is gathered, so that it needs no context that borrows the key.
struct Hmac {
    secret: Vec<u8>,
    message: Vec<u8>,
    mac: [u8; 32],
}

impl HmacContext for Hmac {
    fn update(&mut self, data: &[u8]) {
        self.message.extend_from_slice(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        let mut sign = || {
            let key = PKey::hmac(&self.secret)?;
            sign::Signer::new(MessageDigest::sha256(), &key)?
                .sign_oneshot(&mut self.mac, &self.message)
        };
        sign().map_err(|error| object_store::Error::Generic {
            store: "S3",
            source: Box::new(error),
        })?;
        Ok(&self.mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_and_mac_are_those_of_the_standards() {
        let mut digest = OpenSsl.digest(DigestAlgorithm::Sha256).unwrap();
        digest.update(b"a");
        digest.update(b"bc");
        // FIPS 180-4, the example «abc».
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(digest.finish().unwrap()), expected);
        let mut mac = OpenSsl.hmac(DigestAlgorithm::Sha256, b"Jefe").unwrap();
        mac.update(b"what do ya want ");
        mac.update(b"for nothing?");
        // RFC 4231 §4.3.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac.finish().unwrap()), expected);
    }
}
