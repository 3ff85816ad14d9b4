//! A message as it is written: the same words as plain text and as HTML, from one set of values, in Spanish and below a rule in
//! English, without a link of its own. Nothing is loaded from anywhere, and the only addresses in it are the one thing to do, the page
//! where it is asked for again and, where somebody may not have asked for it, the one that stops it.

use askama::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cause, MailError};
use crate::domain::Failure;

/// Something that can be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// Where it leads: an address of ours.
    pub url: String,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Subject.
    pub subject: String,
    /// Paragraphs before the button.
    pub before: Vec<String>,
    /// The button, where there is something to do.
    pub button: Option<Button>,
    /// Paragraphs behind it.
    pub after: Vec<String>,
    /// Other ways on, in their order; what stops it comes last. Links in a sentence, so that nobody presses one in haste.
    pub beside: Vec<Button>,
    /// The same in fewer English words, about the links above; nothing where only the operator reads it.
    pub english: Vec<String>,
    /// In whose name it is sent.
    pub operator: String,
    /// How to reach them, as a sentence: messages ask to tell them.
    pub contact: Option<String>,
}

/// A message as it travels.
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
    /// The same as HTML.
    #[serde(default)]
    pub html: String,
    /// Links in the text, in order.
    pub links: Vec<String>,
    /// When it was handed over.
    pub at: Timestamp,
}

#[derive(Template)]
#[template(path = "letter.txt", config = "src/mail/askama.toml")]
struct Text<'a> {
    written: &'a Written,
}

#[derive(Template)]
#[template(path = "letter.html", config = "src/mail/askama.toml")]
struct Html<'a> {
    written: &'a Written,
}

impl Letter {
    /// The message `id` to one recipient.
    ///
    /// # Errors
    /// When a part can't be rendered.
    pub fn new(id: &str, to: &str, written: &Written, at: Timestamp) -> Result<Self, MailError> {
        let failed =
            |error: askama::Error| MailError::Permanent(Cause::Here, Failure::said(&error));
        Ok(Self {
            id: id.to_owned(),
            to: to.to_owned(),
            subject: written.subject.clone(),
            text: Text { written }.render().map_err(failed)?,
            html: Html { written }.render().map_err(failed)?,
            links: written
                .button
                .iter()
                .chain(&written.beside)
                .map(|button| button.url.clone())
                .collect(),
            at,
        })
    }
}
