//! Mails, and how they travel: over SMTP, into a folder, or into memory for tests. Text and HTML say the same
//! (`letter`); what comes back is read by `bounce`.

pub mod bounce;
pub mod folder;
mod letter;
mod smtp;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use letter::{Button, Letter, Written};
pub use smtp::Patience;

use crate::domain::{CallCause, Failure};
use crate::threads;

/// Longest time for greeting a server, for somebody who waits for it.
const GREETING_LIMIT: Duration = Duration::from_secs(10);

/// Why a message was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server refused its recipient for good (5xx), or the message can't be built: trying again does not help.
    #[error("refused: {}", .1.plain())]
    Permanent(Cause, Failure),
    /// The server refused for something else than its recipient: the operator mends it, and it is tried again.
    #[error("refused for now: {}", .1.plain())]
    Relay(Cause, Failure),
    /// Anything else: try again later.
    #[error("not now: {}", .1.plain())]
    Transient(Cause, Failure),
}

impl MailError {
    /// Of which kind the cause is.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let (Self::Permanent(cause, _) | Self::Relay(cause, _) | Self::Transient(cause, _)) = self;
        *cause
    }
}

/// Kinds of causes. What a server says may quote the address; this may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The server does not take our name or password (RFC 4954 §6).
    #[error("authentication (status {0})")]
    Authentication(u16),
    /// The server answered with this status.
    #[error("status {0}")]
    Status(u16),
    /// Its certificate is not trusted, or TLS failed.
    #[error("TLS")]
    Tls,
    /// It does not speak as was configured: no STARTTLS, no way to sign in, no SMTP.
    #[error("protocol")]
    Protocol,
    /// It was not reached, or hung up.
    #[error("connection")]
    Connection,
    /// It did not answer in time.
    #[error("timeout")]
    Timeout,
    /// The gateway for short messages.
    #[error("gateway")]
    Gateway,
    /// Something here: the message can't be built, a folder or the database.
    #[error("here")]
    Here,
}

/// How to reach a mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address.
    pub host: String,
    /// Port; 25, 465 or 587 by custom.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// A further authority to be trusted, PEM: for a mail server with a certificate of the operator's own.
    pub authority: Option<Vec<u8>>,
    /// Name and password, when the server asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// How long it is waited for.
    pub patience: Patience,
}

/// How an SMTP connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Not at all: for a server on the same machine.
    None,
    /// STARTTLS is required (RFC 3207).
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// Messages that were sent into memory.
pub type SentLetters = Arc<Mutex<Vec<Letter>>>;

/// A way for messages to travel.
#[derive(Clone)]
enum Transport {
    Smtp(smtp::Server),
    Folder(PathBuf),
    Memory(SentLetters),
}

/// Sends messages in the operator's name.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailer")
    }
}

impl Mailer {
    /// Over SMTP. `from` is an address, with or without a name.
    pub fn smtp(from: &str, settings: &SmtpSettings) -> Result<Self, MailError> {
        Ok(Self {
            from: mailbox(from)?,
            transport: Transport::Smtp(smtp::Server::new(settings)?),
        })
    }

    /// Into a folder: one `.eml` and one `.json` file per message.
    pub fn folder(from: &str, folder: &Path) -> Result<Self, MailError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| MailError::Permanent(Cause::Here, Failure::said(&error)))?;
        Ok(Self {
            from: mailbox(from)?,
            transport: Transport::Folder(folder.to_owned()),
        })
    }

    /// Into memory, for tests, with the list that grows.
    pub fn memory(from: &str) -> Result<(Self, SentLetters), MailError> {
        let list = Arc::new(Mutex::new(Vec::new()));
        Ok((
            Self {
                from: mailbox(from)?,
                transport: Transport::Memory(Arc::clone(&list)),
            },
            list,
        ))
    }

    /// Hands one message over. When this returns, the mail server (or the disk) has it; what the server said.
    pub async fn send(&self, letter: &Letter) -> Result<Option<String>, MailError> {
        match &self.transport {
            Transport::Smtp(server) => server.hand_over(&self.message(letter)?).await.map(Some),
            Transport::Folder(folder) => {
                let (folder, letter, message) = (
                    folder.clone(),
                    letter.clone(),
                    self.message(letter)?.formatted(),
                );
                let transient = |error: &dyn std::fmt::Display| {
                    MailError::Transient(Cause::Here, Failure::said(&error))
                };
                threads::occupy(move || {
                    let json = serde_json::to_vec_pretty(&letter)?;
                    folder::keep(&folder, &letter.id, &[("eml", &message), ("json", &json)])
                })
                .await
                .map_err(|error| transient(&error))?
                .map_err(|error| transient(&error))?;
                Ok(None)
            }
            Transport::Memory(list) => {
                if let Ok(mut list) = list.lock() {
                    list.retain(|known| known.id != letter.id);
                    list.push(letter.clone());
                }
                Ok(None)
            }
        }
    }

    /// Opens a connection to the server as for a message, and sends none. Where there is no server there is nothing to do.
    pub async fn greet(&self) -> Result<(), MailError> {
        let Transport::Smtp(server) = &self.transport else {
            return Ok(());
        };
        tokio::time::timeout(GREETING_LIMIT, server.greet())
            .await
            .unwrap_or_else(|_| {
                Err(MailError::Transient(
                    Cause::Timeout,
                    CallCause::NoAnswer.into(),
                ))
            })
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        let permanent =
            |error: lettre::error::Error| MailError::Permanent(Cause::Here, Failure::said(&error));
        Message::builder()
            .from(self.from.clone())
            .to(mailbox(&letter.to)?)
            .subject(&letter.subject)
            .message_id(Some(self.message_id(&letter.id)))
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    .singlepart(
                        SinglePart::builder()
                            .header(ContentType::TEXT_PLAIN)
                            .body(letter.text.clone()),
                    )
                    .singlepart(
                        SinglePart::builder()
                            .header(ContentType::TEXT_HTML)
                            .body(letter.html.clone()),
                    ),
            )
            .map_err(permanent)
    }

    /// The same for the same effect, so that a message which was sent twice is known to be one; what comes back names it.
    fn message_id(&self, id: &str) -> String {
        format!("<{}@{}>", folder::file_name(id), self.from.email.domain())
    }
}

/// A machine wrote it, so that no machine answers: a note of absence would quote a link (RFC 3834 §5).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Whether messages can be sent in this name: an address, with or without a name.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    mailbox(text).is_ok()
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse()
        .map_err(|_| MailError::Permanent(Cause::Here, CallCause::NotAnAddress.into()))
}

/// The messages in a folder, the newest first.
///
/// # Errors
/// When the folder can't be read.
pub fn read_folder(folder: &Path) -> std::io::Result<Vec<Letter>> {
    let mut letters: Vec<Letter> = folder::read(folder)?;
    letters.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let written = Written {
            subject: "Su enlace para la clave".into(),
            before: vec!["Hola, abra <ya>:".into()],
            button: Some(Button {
                label: "Crear".into(),
                url: "https://x.ec/clave/abc".into(),
            }),
            after: Vec::new(),
            beside: vec![Button {
                label: "Si no fue usted, deténgalo".into(),
                url: "https://x.ec/no-fui-yo/abc".into(),
            }],
            english: vec!["Open the <link> above.".into()],
            operator: "Operador & Cía.".into(),
            contact: None,
        };
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        Letter::new("CLV-2026-000001-B:reset_link:1", "n@agro.ec", &written, at).unwrap()
    }

    #[tokio::test]
    async fn a_folder_keeps_one_message_per_effect() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::folder("Clavero <no-responder@clavero.ec>", folder.path()).unwrap();
        mailer.send(&letter()).await.unwrap();
        mailer.send(&letter()).await.unwrap();
        let other = Letter {
            id: "other:1".into(),
            at: "2026-11-21T12:00:01Z".parse().unwrap(),
            ..letter()
        };
        mailer.send(&other).await.unwrap();
        let read = read_folder(folder.path()).unwrap();
        assert_eq!(
            read.iter()
                .map(|letter| letter.id.as_str())
                .collect::<Vec<_>>(),
            ["other:1", &letter().id]
        );
    }

    #[test]
    fn html_says_the_same_and_nothing_slips_through() {
        let Letter { html, text, .. } = letter();
        assert!(
            html.contains("&#60;ya&#62;") && html.contains("Operador &#38; C"),
            "{html}"
        );
        assert!(
            html.contains("<a href=\"https://x.ec/clave/abc\""),
            "{html}"
        );
        assert!(
            text.contains("abra <ya>") && text.contains("\nhttps://x.ec/clave/abc\n"),
            "{text}"
        );
        assert!(
            html.contains("<a href=\"https://x.ec/no-fui-yo/abc\"")
                && text.contains("deténgalo:\nhttps://x.ec/no-fui-yo/abc\n"),
            "{text}"
        );
        assert_eq!(letter().links.len(), 2);
        // Nothing is loaded, and the only addresses are the button's and the one that stops it.
        for word in ["<img", "<link", "<script", "src=", "@import", "url("] {
            assert!(!html.contains(word), "{word}: {html}");
        }
        assert!(
            html.match_indices("https://")
                .all(|(at, _)| html[at..].starts_with("https://x.ec/"))
        );
    }

    #[tokio::test]
    async fn no_value_of_a_message_becomes_a_header() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::folder("Clavero <no-responder@clavero.ec>", folder.path()).unwrap();
        let hostile = "x\r\nBcc: ladron@ejemplo.ec\r\n\r\n<p>";
        let vectors = [
            Letter {
                subject: hostile.into(),
                ..letter()
            },
            Letter {
                to: format!("n@agro.ec{hostile}"),
                ..letter()
            },
            Letter {
                to: "n@agro.ec, ladron@ejemplo.ec".into(),
                ..letter()
            },
            Letter {
                id: hostile.into(),
                ..letter()
            },
            Letter {
                text: hostile.into(),
                html: hostile.into(),
                ..letter()
            },
        ];
        for letter in vectors {
            // Refused for good, or written without the line.
            let Ok(message) = mailer.message(&letter) else {
                continue;
            };
            let formatted = String::from_utf8(message.formatted()).unwrap();
            let (head, _) = formatted.split_once("\r\n\r\n").unwrap();
            let injected = head
                .lines()
                .any(|line| line.to_ascii_lowercase().starts_with("bcc"));
            assert!(!injected, "{letter:?}:\n{head}");
        }
        assert!(Mailer::folder("Clavero\r\nBcc: x@y.ec <a@b.ec>", folder.path()).is_err());
    }

    #[test]
    fn the_same_effect_has_the_same_message_id_and_no_machine_answers_it() {
        let (mailer, _) = Mailer::memory("Clavero <no-responder@clavero.ec>").unwrap();
        let expected = "Message-ID: <CLV-2026-000001-B.reset_link.1@clavero.ec>";
        for _ in 0..2 {
            let formatted = mailer.message(&letter()).unwrap().formatted();
            let text = String::from_utf8(formatted).unwrap();
            assert!(text.contains(expected), "{text}");
            assert!(
                text.contains("\r\nAuto-Submitted: auto-generated\r\n"),
                "{text}"
            );
        }
    }
}
