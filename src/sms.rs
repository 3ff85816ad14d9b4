//! Short messages to mobile telephones, and how they travel: into a folder (one `.json` file each, for a gateway that reads
//! folders, or nobody), to a gateway's HTTPS address as a signed call (see `webhook`, body `{"id", "to", "text"}`), or into
//! memory for tests.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::Failure;
use crate::mail::folder;
use crate::threads;
use crate::webhook::{Webhook, WebhookError};

/// A short message as it is written, before it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortMessage {
    /// Names the effect; the same id replaces the same message in a folder.
    pub id: String,
    /// The telephone, in international form.
    pub to: String,
    /// What it says.
    pub text: String,
    /// When it was handed over.
    pub at: Timestamp,
}

/// Short messages that were sent into memory.
pub type SentShortMessages = Arc<Mutex<Vec<ShortMessage>>>;

/// A way for short messages to travel. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sms(Way);

#[derive(Debug, Clone)]
enum Way {
    Folder(PathBuf),
    Webhook(Box<Webhook>),
    Memory(SentShortMessages),
}

impl Sms {
    /// Into a folder, made when it is missing.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn folder(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(Way::Folder(folder.to_owned())))
    }

    /// To a gateway.
    #[must_use]
    pub fn webhook(webhook: Webhook) -> Self {
        Self(Way::Webhook(Box::new(webhook)))
    }

    /// Into memory, for tests, with the list that grows.
    #[must_use]
    pub fn memory() -> (Self, SentShortMessages) {
        let list = SentShortMessages::default();
        (Self(Way::Memory(Arc::clone(&list))), list)
    }

    /// Hands one message over. When this returns, the gateway (or the disk) has it.
    ///
    /// # Errors
    /// When it was refused, or could not be handed over now.
    pub async fn send(&self, message: &ShortMessage) -> Result<(), WebhookError> {
        match &self.0 {
            Way::Folder(folder) => {
                let (folder, message) = (folder.clone(), message.clone());
                let not_now =
                    |error: &dyn std::fmt::Display| WebhookError::NotNow(Failure::said(&error));
                threads::occupy(move || {
                    let json = serde_json::to_vec_pretty(&message)?;
                    folder::keep(&folder, &message.id, &[("json", &json)])
                })
                .await
                .map_err(|error| not_now(&error))?
                .map_err(|error| not_now(&error))
            }
            Way::Webhook(webhook) => {
                let body = json!({ "id": message.id, "to": message.to, "text": message.text });
                let bytes = body.to_string().into_bytes();
                webhook.call(&message.id, bytes, message.at).await
            }
            Way::Memory(list) => {
                if let Ok(mut list) = list.lock() {
                    list.retain(|known| known.id != message.id);
                    list.push(message.clone());
                }
                Ok(())
            }
        }
    }
}

/// The short messages in a folder, the newest first.
///
/// # Errors
/// When the folder can't be read.
pub fn read_folder(folder: &Path) -> std::io::Result<Vec<ShortMessage>> {
    let mut messages: Vec<ShortMessage> = folder::read(folder)?;
    messages.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
    Ok(messages)
}
