//! The connector to the employer portal, where a new key opens the account.
//!
//! - *Embedded*: the accounts are a table of ours (`accounts`, an Argon2id string each), changed in the transaction that uses
//!   the link up. Nothing is handed over.
//! - *Webhook*: the portal is another system. The transaction that uses the link up writes a delivery; the worker makes the
//!   call (see `webhook`) until the portal has taken it, and only then is the petition completed. The page says meanwhile that
//!   the key is being handed over.
//!
//! What waits for the portal is never a key in clear: by default it is the Argon2id string (`hand_over = "argon2id"`), which
//! the portal stores as it is. For a portal that must have the key itself (`hand_over = "password"`) it waits protected with
//! the keys of `[protection]`, bound to its delivery (see `protection`); the configuration is refused without one. Once it is
//! delivered or given up it is wiped. The string is the better choice: whoever steals the database and the configuration has
//! no key of anybody.
//!
//! The body of a call: `{"id", "sequence", "event": "set_password" | "unblock", "ruc", "branch", "at"}` and, for a new key,
//! `"argon2id"` or `"password"`. The portal acts once per `id`, and ignores a `sequence` below the last one it applied for the
//! same event, employer and branch: then retries, duplicates and delays can't bring an older key back, and an unblocking that comes
//! behind a key is done.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::domain::CallCause;
use crate::store::{Delivery, DeliveryKind};
use crate::webhook::{Webhook, WebhookError};

/// How a new key is kept until the portal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// In the table of accounts: we are the portal.
    Embedded,
    /// As the Argon2id string that the portal will store.
    Argon2id,
    /// As it is, for a portal that must have it so; protected at rest like all that is personal.
    Password,
}

impl Keeping {
    /// Whether somebody else is the portal.
    #[must_use]
    pub fn is_elsewhere(self) -> bool {
        !matches!(self, Self::Embedded)
    }
}

/// Calls the portal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Portal {
    webhook: Webhook,
    keeping: Keeping,
}

impl Portal {
    /// The portal behind `webhook`, whose keys were kept in this way.
    #[must_use]
    pub fn new(webhook: Webhook, keeping: Keeping) -> Self {
        Self { webhook, keeping }
    }

    /// Hands one delivery over. When this returns, the portal has it.
    ///
    /// # Errors
    /// When the portal refused or did not answer, or when what was kept for it can't be opened.
    pub async fn deliver(&self, delivery: &Delivery, at: Timestamp) -> Result<(), WebhookError> {
        let mut body = json!({
            "id": delivery.id,
            "sequence": delivery.sequence,
            "event": delivery.kind.as_str(),
            "ruc": delivery.ruc.as_str(),
            "branch": delivery.branch.as_str(),
            "at": delivery.created_at.to_string(),
        });
        if delivery.kind == DeliveryKind::SetPassword {
            let (name, key) = self.key_of(delivery)?;
            body[name] = json!(key.expose_secret());
        }
        let bytes = body.to_string().into_bytes();
        self.webhook.call(&delivery.id, bytes, at).await
    }

    fn key_of(&self, delivery: &Delivery) -> Result<(&'static str, SecretString), WebhookError> {
        let lost = |cause: CallCause| WebhookError::NotNow(cause.into());
        let payload = delivery
            .payload
            .as_deref()
            .ok_or_else(|| lost(CallCause::NoKey))?;
        match self.keeping {
            // What was kept before the configuration changed may be the other one.
            Keeping::Argon2id if payload.starts_with("$argon2id$") => {
                Ok(("argon2id", payload.to_owned().into()))
            }
            Keeping::Password if !payload.starts_with("$argon2id$") => {
                Ok(("password", payload.to_owned().into()))
            }
            _ => Err(lost(CallCause::UnfitKey)),
        }
    }
}
