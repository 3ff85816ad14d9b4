//! The messages, and how they travel: over SMTP, into a folder, or into memory for tests. Text and HTML say the same;
//! neither holds more personal data than the reader needs to know what it is about (PRODUCT threat 23).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::response::Code;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Longest time for handing one message over, in seconds: lettre's own timeout bounds only connecting (CRATES §4).
const HANDOVER_LIMIT: Duration = Duration::from_secs(30);

/// Why a message was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server refused for good (5xx), or the message can't be built: trying again does not help.
    #[error("refused: {0}")]
    Permanent(String),
    /// Anything else: try again later.
    #[error("not now: {0}")]
    Transient(String),
}

/// A message as it is written, before it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Names the effect; the same id replaces the same message in a folder.
    pub id: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Links in the text, in order.
    pub links: Vec<String>,
    /// When it was handed over.
    pub at: Timestamp,
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
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
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
        let tls = match settings.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Starttls => Tls::Required(tls_parameters(settings)?),
            SmtpTls::Tls => Tls::Wrapper(tls_parameters(settings)?),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(HANDOVER_LIMIT));
        let builder = match &settings.credentials {
            Some((name, password)) => builder.credentials(Credentials::new(
                name.clone(),
                password.expose_secret().to_owned(),
            )),
            None => builder,
        };
        Ok(Self {
            from: mailbox(from)?,
            transport: Transport::Smtp(builder.build()),
        })
    }

    /// Into a folder: one `.eml` and one `.json` file per message.
    pub fn folder(from: &str, folder: &Path) -> Result<Self, MailError> {
        std::fs::create_dir_all(folder).map_err(|error| MailError::Permanent(error.to_string()))?;
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

    /// Hands one message over. When this returns, the mail server (or the disk) has it.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        match &self.transport {
            Transport::Smtp(transport) => {
                let message = self.message(letter)?;
                // A pooled connection may have been closed meanwhile: one more try on a fresh one (CRATES §4).
                match handover(transport, message.clone()).await {
                    Err(Failed::Connection(_)) => handover(transport, message).await,
                    other => other,
                }
                .map_err(MailError::from)
            }
            Transport::Folder(folder) => {
                let (folder, letter, message) = (
                    folder.clone(),
                    letter.clone(),
                    self.message(letter)?.formatted(),
                );
                tokio::task::spawn_blocking(move || write_files(&folder, &letter, &message))
                    .await
                    .map_err(|error| MailError::Transient(error.to_string()))?
                    .map_err(|error| MailError::Transient(error.to_string()))
            }
            Transport::Memory(list) => {
                if let Ok(mut list) = list.lock() {
                    list.retain(|known| known.id != letter.id);
                    list.push(letter.clone());
                }
                Ok(())
            }
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        let permanent = |error: lettre::error::Error| MailError::Permanent(error.to_string());
        let html = html(letter);
        Message::builder()
            .from(self.from.clone())
            .to(mailbox(&letter.to)?)
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@clavero>", letter.id.replace(':', "."))))
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
                            .body(html),
                    ),
            )
            .map_err(permanent)
    }
}

/// Why a handover failed: the line did, or somebody answered.
enum Failed {
    Connection(String),
    Answered(MailError),
}

impl From<Failed> for MailError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Connection(text) => Self::Transient(text),
            Failed::Answered(error) => error,
        }
    }
}

async fn handover(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    message: Message,
) -> Result<(), Failed> {
    let transient = |text: String| Failed::Answered(MailError::Transient(text));
    match tokio::time::timeout(HANDOVER_LIMIT, transport.send(message)).await {
        // The server may have taken it: asking again at once would only make it twice.
        Err(_) => Err(transient(
            "the mail server did not answer in time".to_owned(),
        )),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(match error.status() {
            // A wrong password for the server is the operator's to mend, and says nothing about the message.
            Some(code) if about_authentication(code) => transient(error.to_string()),
            Some(_) if error.is_permanent() => {
                Failed::Answered(MailError::Permanent(error.to_string()))
            }
            Some(_) => transient(error.to_string()),
            None => Failed::Connection(error.to_string()),
        }),
    }
}

/// 530, 534, 535 and 538 (RFC 4954 §6).
fn about_authentication(code: Code) -> bool {
    matches!(code.to_string().as_str(), "530" | "534" | "535" | "538")
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, MailError> {
    let permanent = |error: lettre::transport::smtp::Error| MailError::Permanent(error.to_string());
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(permanent)?);
    }
    builder.build().map_err(permanent)
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse()
        .map_err(|_| MailError::Permanent("not an address".to_owned()))
}

/// The HTML part: the same paragraphs, links as links, nothing loaded from anywhere.
fn html(letter: &Letter) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
    };
    let paragraphs: Vec<String> = letter
        .text
        .split("\n\n")
        .map(|paragraph| {
            let mut body = escape(paragraph.trim()).replace('\n', "<br>");
            for link in letter.links.iter().map(|link| escape(link)) {
                body = body.replace(
                    &link,
                    &format!("<a href=\"{link}\" style=\"color:#0b5c4a\">{link}</a>"),
                );
            }
            format!("<p>{body}</p>")
        })
        .collect();
    format!(
        "<!doctype html><html lang=\"es-EC\"><body style=\"font:16px/1.5 sans-serif;color:#1d1d1b;max-width:36em\">\
         {}</body></html>",
        paragraphs.concat()
    )
}

/// Writes a message so that it is there whole or not at all, also after a power cut.
fn write_files(folder: &Path, letter: &Letter, message: &[u8]) -> std::io::Result<()> {
    let name = letter.id.replace(
        |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_',
        ".",
    );
    let json = serde_json::to_vec_pretty(letter)?;
    for (extension, bytes) in [("eml", message), ("json", &json)] {
        let temporary = folder.join(format!(".{name}.{extension}"));
        let mut file = std::fs::File::create(&temporary)?;
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, folder.join(format!("{name}.{extension}")))?;
    }
    std::fs::File::open(folder)?.sync_all()
}

/// The messages in a folder, the newest first.
pub fn read_folder(folder: &Path) -> std::io::Result<Vec<Letter>> {
    let mut letters: Vec<Letter> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden
            && path
                .extension()
                .is_some_and(|extension| extension == "json")
        {
            letters.extend(serde_json::from_slice::<Letter>(&std::fs::read(&path)?).ok());
        }
    }
    letters.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "CLV-2026-000001-B:reset_link:1".into(),
            to: "n@agro.ec".into(),
            subject: "Su enlace para la clave".into(),
            text: "Hola.\n\nAbra <ya>:\nhttps://x.ec/clave/abc".into(),
            links: vec!["https://x.ec/clave/abc".into()],
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
        }
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
        let html = html(&letter());
        assert!(html.contains("&lt;ya&gt;"), "{html}");
        assert!(
            html.contains("<a href=\"https://x.ec/clave/abc\""),
            "{html}"
        );
    }
}
