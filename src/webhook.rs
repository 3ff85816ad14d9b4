//! Signed calls to another system of the operator: the portal that takes new keys, a gateway for short messages.
//!
//! One POST of JSON over HTTPS. `Clavero-Signature: v1=…` is the HMAC-SHA256 (RFC 2104), in hexadecimal, of the bytes
//! `TIMESTAMP.BODY` under the shared secret; `Clavero-Timestamp` is TIMESTAMP, in seconds since 1970: a receiver refuses old
//! ones, so that a recorded call can't be played again. `Idempotency-Key` names the effect
//! (draft-ietf-httpapi-idempotency-key-header): calls come at least once, and a receiver acts once per key.
//!
//! 2xx means done. 400, 413, 415 and 422 mean that this call will never be taken. Everything else, redirects and wrong
//! credentials included, is for the operator to mend and is tried again. Of an answer only its status is read: a body may
//! quote what was sent.

use std::time::Duration;

use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{CallCause, Failure};

/// Where calls go, and how.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// `https://…`; `http://…` for a receiver on the same machine.
    pub url: String,
    /// What calls are signed with.
    pub secret: SecretString,
    /// A further authority to be trusted, PEM: for a receiver with a certificate of the operator's own.
    pub authority: Option<Vec<u8>>,
    /// Until an answer is there.
    pub patience: Duration,
}

/// Why a call was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// OpenSSL can't sign it.
    #[error("not signed: {0}")]
    Unsigned(String),
    /// The receiver will never take it.
    #[error("refused with status {0}")]
    Refused(u16),
    /// Anything else: try again later.
    #[error("not now: {}", .0.plain())]
    NotNow(Failure),
}

impl WebhookError {
    /// As it is kept beside what was not taken.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unsigned(cause) => Failure::said(cause),
            Self::Refused(status) => Failure::status(*status),
            Self::NotNow(failure) => failure.clone(),
        }
    }
}

/// What keeps another system from being called at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No address, or one to which a key would travel in the open.
    #[error("url: https://…; http:// is for the same machine")]
    Url,
    /// The secret is too short to sign with.
    #[error("secret: at least 32 characters")]
    Secret,
    /// The authority is not PEM.
    #[error("authority: not PEM")]
    Authority,
    /// The TLS library does not start.
    #[error("TLS is not to be had")]
    Tls,
}

/// Shortest secret that calls are signed with, in bytes: as long as the digest (RFC 2104 §3).
pub const LEAST_SECRET: usize = 32;

/// Calls another system. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhook {
    http: Client,
    url: Url,
    secret: SecretString,
}

impl Webhook {
    /// A way to the receiver.
    ///
    /// # Errors
    /// When address, secret or authority can't be used.
    pub fn new(settings: &WebhookSettings) -> Result<Self, Unusable> {
        let url: Url = settings.url.parse().map_err(|_| Unusable::Url)?;
        let near = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && near) {
            return Err(Unusable::Url);
        }
        if settings.secret.expose_secret().len() < LEAST_SECRET {
            return Err(Unusable::Secret);
        }
        let mut builder = Client::builder()
            .user_agent(concat!("clavero/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry a key to an address that nobody configured.
            .redirect(Policy::none())
            .timeout(settings.patience)
            .no_proxy();
        if let Some(pem) = &settings.authority {
            let authority = Certificate::from_pem(pem).map_err(|_| Unusable::Authority)?;
            builder = builder.add_root_certificate(authority);
        }
        Ok(Self {
            http: builder.build().map_err(|_| Unusable::Tls)?,
            url,
            secret: settings.secret.clone(),
        })
    }

    /// Whether there is somebody, behind the TLS that calls go through. Nothing is sent but the question, and whatever is answered
    /// will do.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn reach(&self) -> Result<(), WebhookError> {
        answered(self.http.head(self.url.clone()).send().await).map(drop)
    }

    /// Makes one call. When this returns, the receiver has taken it.
    ///
    /// # Errors
    /// When the receiver refused, or did not answer.
    pub async fn call(&self, key: &str, body: Vec<u8>, at: Timestamp) -> Result<(), WebhookError> {
        let timestamp = at.as_second();
        let signature = signature(&self.secret, timestamp, &body)?;
        let answer = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", format!("\"{key}\""))
            .header("Clavero-Timestamp", timestamp)
            .header("Clavero-Signature", format!("v1={signature}"))
            .body(body)
            .send()
            .await;
        match answered(answer)?.as_u16() {
            200..=299 => Ok(()),
            status @ (400 | 413 | 415 | 422) => Err(WebhookError::Refused(status)),
            status => Err(WebhookError::NotNow(Failure::status(status))),
        }
    }
}

/// The status of an answer, or why there is none: neither address nor cause, because an address may carry credentials.
fn answered(answer: reqwest::Result<Response>) -> Result<StatusCode, WebhookError> {
    match answer {
        Err(error) if error.is_timeout() => Err(WebhookError::NotNow(CallCause::NoAnswer.into())),
        Err(_) => Err(WebhookError::NotNow(CallCause::NoConnection.into())),
        Ok(answer) => Ok(answer.status()),
    }
}

/// HMAC-SHA256 over `TIMESTAMP.BODY`, in hexadecimal.
///
/// # Errors
/// When OpenSSL can't compute it.
pub fn signature(
    secret: &SecretString,
    timestamp: i64,
    body: &[u8],
) -> Result<String, WebhookError> {
    let compute = || {
        let key = PKey::hmac(secret.expose_secret().as_bytes())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(format!("{timestamp}.").as_bytes())?;
        signer.update(body)?;
        signer.sign_to_vec()
    };
    compute()
        .map(hex::encode)
        .map_err(|error: openssl::error::ErrorStack| WebhookError::Unsigned(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, secret: &str) -> WebhookSettings {
        WebhookSettings {
            url: url.to_owned(),
            secret: secret.into(),
            authority: None,
            patience: Duration::from_secs(5),
        }
    }

    #[test]
    fn a_key_never_travels_in_the_open() {
        let secret = "x".repeat(32);
        for (url, taken) in [
            ("https://portal.example.ec/clave", true),
            ("http://127.0.0.1:9000/clave", true),
            ("http://portal.example.ec/clave", false),
            ("ftp://127.0.0.1/clave", false),
            ("portal", false),
        ] {
            assert_eq!(
                Webhook::new(&settings(url, &secret)).is_ok(),
                taken,
                "{url}"
            );
        }
        assert!(Webhook::new(&settings("https://portal.example.ec", "short")).is_err());
    }

    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 00000000000000000000000000000000
        let secret: SecretString = "0".repeat(32).into();
        let made = signature(&secret, 1_700_000_000, b"{\"a\":1}").unwrap();
        assert_eq!(
            made,
            "e9be86d7a1aeaa30190cd4b7c3b754fe8148232e9aa1d467951fdc9200bb7482"
        );
        assert!(include_str!("../README.md").contains(&format!("v1={made}")));
    }
}
