//! One bounded request: public targets only, every redirect judged like a first address, a limit on bytes and on time,
//! no proxy unless one is configured.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Proxy, StatusCode, Url};
use tokio::time::{sleep, timeout};

use super::FetchError;
use super::target::{OnlyPrivate, Resolver, Targets};

/// What may be asked, and how long it may take. The defaults are those of `config/example.en.toml`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Which machines may be asked.
    pub targets: Targets,
    /// The proxy that all requests go through, if the operator has one. It then resolves the names: what may be reached
    /// is for its rules to say.
    pub proxy: Option<String>,
    /// Until a connection stands.
    pub connect: Duration,
    /// Until an answer is complete, redirects and all.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            targets: Targets::Public,
            proxy: None,
            connect: Duration::from_secs(5),
            request: Duration::from_secs(20),
        }
    }
}

/// Redirects that are followed: from http to https, to a mirror, and one to spare.
const MAX_REDIRECTS: usize = 3;
/// Attempts for one address: a lost packet is no news, a third failure is.
const ATTEMPTS: u32 = 3;
/// Pause before the second attempt; doubled before the third.
const PAUSE: Duration = Duration::from_millis(300);

/// Asks other machines. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    limits: Limits,
}

/// What is asked of an address.
#[derive(Debug, Clone, Copy)]
enum Question<'a> {
    Get,
    /// RFC 6960 appendix A.1.1.
    Ocsp(&'a [u8]),
}

impl Client {
    /// A client for these limits.
    ///
    /// # Errors
    /// When the proxy is no address, or TLS is not to be had.
    pub fn new(limits: Limits) -> Result<Self, FetchError> {
        let failed = |error: reqwest::Error| FetchError::Connection(root_of(&error));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("clavero/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(limits.connect)
            .no_proxy();
        builder = match &limits.proxy {
            Some(proxy) => builder.proxy(Proxy::all(proxy).map_err(failed)?),
            None => builder.dns_resolver(Arc::new(Resolver(limits.targets))),
        };
        Ok(Self {
            http: builder.build().map_err(failed)?,
            limits,
        })
    }

    /// Brings what is at an address, at most `max_bytes` of it.
    ///
    /// # Errors
    /// When the address may not be asked, does not answer in time, or answers with too much or with an error.
    pub async fn get(&self, address: &str, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
        self.ask(address, Question::Get, max_bytes).await
    }

    /// Sends an OCSP request and brings the answer.
    pub(super) async fn ocsp(
        &self,
        address: &str,
        request: &[u8],
        max_bytes: usize,
    ) -> Result<Vec<u8>, FetchError> {
        self.ask(address, Question::Ocsp(request), max_bytes).await
    }

    async fn ask(
        &self,
        address: &str,
        question: Question<'_>,
        max_bytes: usize,
    ) -> Result<Vec<u8>, FetchError> {
        let url = self.limits.targets.check(address)?;
        let mut pause = PAUSE;
        for attempt in 1.. {
            let answer = timeout(
                self.limits.request,
                self.follow(url.clone(), question, max_bytes),
            )
            .await
            .unwrap_or(Err(FetchError::TimedOut));
            match answer {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                    sleep(pause).await;
                    pause *= 2;
                }
                other => return other,
            }
        }
        Err(FetchError::TimedOut)
    }

    /// One attempt, redirects included.
    async fn follow(
        &self,
        mut url: Url,
        question: Question<'_>,
        max_bytes: usize,
    ) -> Result<Vec<u8>, FetchError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.request(url.clone(), question).send().await;
            let response = response.map_err(|error| describe(&error))?;
            if !response.status().is_redirection() {
                return read(response, max_bytes).await;
            }
            url = self.next(&url, response.headers())?;
        }
        Err(FetchError::Redirects)
    }

    fn request(&self, url: Url, question: Question<'_>) -> reqwest::RequestBuilder {
        match question {
            Question::Get => self.http.get(url),
            Question::Ocsp(request) => self
                .http
                .post(url)
                .header(CONTENT_TYPE, "application/ocsp-request")
                .header(ACCEPT, "application/ocsp-response")
                .body(request.to_vec()),
        }
    }

    /// Where a redirect leads: judged like any other address, and never from https back to http.
    fn next(&self, from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
        let location = headers
            .get(LOCATION)
            .and_then(|location| location.to_str().ok())
            .ok_or(FetchError::Redirects)?;
        let to = from.join(location).map_err(|_| FetchError::Unusable)?;
        let to = self.limits.targets.check(to.as_str())?;
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(FetchError::Redirects);
        }
        Ok(to)
    }
}

/// The body of a good answer; a longer one is given up as soon as that is known.
async fn read(mut response: reqwest::Response, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let stated = response.content_length().unwrap_or(0);
    if usize::try_from(stated).map_or(true, |stated| stated > max_bytes) {
        return Err(FetchError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > max_bytes {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn describe(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if this.is::<OnlyPrivate>() {
            return FetchError::PrivateTarget;
        }
        cause = this.source();
    }
    if error.is_timeout() {
        FetchError::TimedOut
    } else {
        FetchError::Connection(root_of(error))
    }
}

/// The innermost cause: what went wrong, without the address it was asked of.
fn root_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
