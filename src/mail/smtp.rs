//! One message over one SMTP connection, step by step (RFC 5321): how long each step is waited for, what counts as taken, and whom
//! a refusal speaks of.
//!
//! A connection carries one message and is never used again. When a send is cut off, by its term or because its lease was lost,
//! the answer to it is still to come on that line, and whoever sent another message there would read every answer one command
//! too early: a refusal would be kept as success.

use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret;

use crate::domain::{CallCause, Failure};

use super::{Cause, MailError, SmtpSettings, SmtpTls};

/// How long a server is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For each step before the data: what is cut off there was not taken, and is tried again.
    pub step: Duration,
    /// For the data and the answer to them. Whoever gives up here does not know whether the server has the message, and sends it
    /// twice.
    pub verdict: Duration,
}

impl Default for Patience {
    /// RFC 5321 §4.5.3.2.6 asks for ten minutes after the data. The steps before, which it grants two to five, lose nothing when
    /// they are tried again.
    fn default() -> Self {
        Self {
            step: Duration::from_secs(30),
            verdict: Duration::from_mins(10),
        }
    }
}

/// A mail server, and how it is spoken with.
#[derive(Clone)]
pub(super) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    credentials: Option<Credentials>,
    patience: Patience,
}

impl Server {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, MailError> {
        let tls = match settings.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Starttls => Tls::Required(tls_parameters(settings)?),
            SmtpTls::Tls => Tls::Wrapper(tls_parameters(settings)?),
        };
        let credentials = settings.credentials.as_ref().map(|(name, password)| {
            Credentials::new(name.clone(), password.expose_secret().to_owned())
        });
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            tls,
            hello: ClientId::default(),
            credentials,
            patience: settings.patience,
        })
    }

    /// Hands one message over. What the server said when it took it.
    pub(super) async fn hand_over(&self, message: &Message) -> Result<String, MailError> {
        let mut line = self.open().await?;
        let said = self.converse(&mut line, message).await;
        if !matches!(said, Err(MailError::Transient(Cause::Timeout, _))) {
            part(line, self.patience.step);
        }
        said
    }

    /// Opens a connection as for a message, and sends none.
    pub(super) async fn greet(&self) -> Result<(), MailError> {
        let line = self.open().await?;
        part(line, self.patience.step);
        Ok(())
    }

    /// Connects, protects the line and says who we are.
    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let opening = async {
            let wrapper = match &self.tls {
                Tls::Wrapper(parameters) => Some(parameters.clone()),
                _ => None,
            };
            let address = (self.host.as_str(), self.port);
            let mut line =
                AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapper, None)
                    .await?;
            if let Tls::Required(parameters) = &self.tls {
                line.starttls(parameters.clone(), &self.hello).await?;
            }
            if let Some(credentials) = &self.credentials {
                line.auth(DEFAULT_MECHANISMS, credentials).await?;
            }
            Ok(line)
        };
        within(self.patience.step, Step::Opening, opening).await
    }

    async fn converse(
        &self,
        line: &mut AsyncSmtpConnection,
        message: &Message,
    ) -> Result<String, MailError> {
        let (envelope, bytes) = (message.envelope(), message.formatted());
        let step = self.patience.step;
        let options = options(line, message, &bytes)?;
        let from = Mail::new(envelope.from().cloned(), options);
        wanted(
            Severity::PositiveCompletion,
            within(step, Step::Sender, line.command(from)).await?,
        )?;
        for to in envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            wanted(
                Severity::PositiveCompletion,
                within(step, Step::Recipient, line.command(to)).await?,
            )?;
        }
        wanted(
            Severity::PositiveIntermediate,
            within(step, Step::Data, line.command(Data)).await?,
        )?;
        let verdict = within(self.patience.verdict, Step::Verdict, line.message(&bytes)).await?;
        let verdict = wanted(Severity::PositiveCompletion, verdict)?;
        let said: Vec<&str> = verdict.message().collect();
        Ok(format!("{} {}", verdict.code(), said.join(" ")))
    }
}

/// What lies outside ASCII needs a server that takes it (RFC 6152, RFC 6531).
fn options(
    line: &AsyncSmtpConnection,
    message: &Message,
    bytes: &[u8],
) -> Result<Vec<MailParameter>, MailError> {
    let envelope = message.envelope();
    let addresses = envelope.from().into_iter().chain(envelope.to());
    let plain_addresses = addresses.into_iter().all(|address| {
        let text: &str = address.as_ref();
        text.is_ascii()
    });
    let wants = [
        (
            plain_addresses,
            Extension::SmtpUtfEight,
            MailParameter::SmtpUtfEight,
        ),
        (
            bytes.is_ascii(),
            Extension::EightBitMime,
            MailParameter::Body(MailBodyParameter::EightBitMime),
        ),
    ];
    let mut options = Vec::new();
    for (plain, extension, parameter) in wants {
        if plain {
            continue;
        }
        if !line.server_info().supports_feature(extension) {
            let said = format!("{extension} is not supported on this server");
            return Err(MailError::Transient(Cause::Protocol, Failure::said(&said)));
        }
        options.push(parameter);
    }
    Ok(options)
}

/// lettre takes 3xx for success too: after the data that would be somebody else's answer.
fn wanted(severity: Severity, answer: Response) -> Result<Response, MailError> {
    if answer.code().severity == severity {
        return Ok(answer);
    }
    let said = format!("out of order: {}", answer.code());
    Err(MailError::Transient(Cause::Protocol, Failure::said(&said)))
}

/// What a server answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The connection, our name, our password.
    Opening,
    Sender,
    Recipient,
    /// The data are announced.
    Data,
    /// The data are there.
    Verdict,
}

/// Waits for a step so long.
async fn within<T>(
    limit: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, MailError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(|error| judged(step, &error)),
        Err(_) => Err(MailError::Transient(
            Cause::Timeout,
            CallCause::NoAnswer.into(),
        )),
    }
}

/// Takes leave (RFC 5321 §4.1.1.10), which holds nobody up: what was said before counts.
fn part(mut line: AsyncSmtpConnection, patience: Duration) {
    tokio::spawn(async move { tokio::time::timeout(patience, line.quit()).await.is_ok() });
}

/// A refusal for good counts as such when it speaks of the recipient. Everything else that a relay refuses (our name, the sender, a
/// quota, its own state) is the operator's to mend and passes; nobody who waits for a mail should lose it for that.
fn judged(step: Step, error: &Error) -> MailError {
    let (cause, said) = (cause_of(error), Failure::said(error));
    match cause {
        Cause::Status(_) if error.is_permanent() => {
            if speaks_of_recipient(step, enhanced_code(error)) {
                MailError::Permanent(cause, said)
            } else {
                MailError::Relay(cause, said)
            }
        }
        Cause::Authentication(_) => MailError::Relay(cause, said),
        _ => MailError::Transient(cause, said),
    }
}

/// Whether a refusal is about the one whom the mail goes to, by the step and its enhanced code (RFC 3463 §3): X.1 addresses, but X.1.7
/// and X.1.8 of the sender; X.2 mailboxes; X.3 the system, X.5 the protocol and X.7 the policy are not about anybody.
fn speaks_of_recipient(step: Step, code: Option<(u16, u16)>) -> bool {
    match (step, code) {
        (Step::Opening | Step::Sender, _) | (_, Some((1, 7 | 8) | (3 | 5 | 7, _))) => false,
        (Step::Recipient, _) | (_, Some((1 | 2, _))) => true,
        (Step::Data | Step::Verdict, _) => false,
    }
}

/// Subject and detail of the enhanced code that an answer begins with, if it has one (RFC 2034 §4).
fn enhanced_code(error: &Error) -> Option<(u16, u16)> {
    let said = std::error::Error::source(error)?.to_string();
    let mut numbers = said.split_whitespace().next()?.splitn(3, '.');
    let mut number = || numbers.next()?.parse().ok();
    let (_class, subject, detail): (u16, _, _) = (number()?, number()?, number()?);
    Some((subject, detail))
}

fn cause_of(error: &Error) -> Cause {
    match error.status().map(u16::from) {
        // RFC 4954 §6.
        Some(status @ (530 | 534 | 535 | 538)) => Cause::Authentication(status),
        Some(status) => Cause::Status(status),
        None if error.is_tls() || is_about_tls(error) => Cause::Tls,
        None if error.is_timeout() => Cause::Timeout,
        None if error.is_client() || error.is_response() => Cause::Protocol,
        None => Cause::Connection,
    }
}

/// A handshake that failed is told as a connection that did, with the complaints of OpenSSL behind it.
fn is_about_tls(error: &dyn std::error::Error) -> bool {
    std::iter::successors(error.source(), |cause| cause.source())
        .any(<dyn std::error::Error>::is::<openssl::error::ErrorStack>)
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, MailError> {
    let permanent = |error: Error| MailError::Permanent(cause_of(&error), Failure::said(&error));
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(permanent)?);
    }
    builder.build().map_err(permanent)
}
