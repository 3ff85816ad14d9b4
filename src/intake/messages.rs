//! What became of the messages about a petition, in words for the people who work with it.

use jiff::Timestamp;

use super::{Intake, IntakeError};
use crate::domain::{CallCause, Channel, Failure, PetitionNumber, calendar};
use crate::mail::bounce::Bounce;
use crate::store::{AlarmKind, Message, MessageKind, MessageState};
use crate::words;

/// A message as a reviewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// What it says.
    pub kind: MessageKind,
    /// By which way it travels.
    pub channel: Channel,
    /// Where it goes, masked.
    pub masked_recipient: String,
    /// Where it stands.
    pub state: MessageState,
    /// When it was decided.
    pub created_at: Timestamp,
    /// Where it stands, in words: «entregado al servidor de correo 10:32».
    pub said: String,
}

impl Intake {
    /// Every message about a petition, in the order in which they were decided.
    pub async fn messages_of(
        &self,
        number: &PetitionNumber,
    ) -> Result<Vec<MessageView>, IntakeError> {
        let now = self.now();
        let messages = self.store().messages_of(number).await?;
        Ok(messages.iter().map(|message| view(message, now)).collect())
    }

    /// A mail came back (RFC 3464): its message is marked, with an alarm. Whether there is such a message and it had not come
    /// back before.
    pub async fn mail_came_back(&self, bounce: &Bounce) -> Result<bool, IntakeError> {
        let Some(id) = outbox_id(&bounce.name) else {
            return Ok(false);
        };
        let reason = format!("{} {}", bounce.status, bounce.reason);
        let operator = self.settings().alarm_email.as_ref();
        let known = self
            .store()
            .message_bounced(&id, reason.trim(), operator, self.now())
            .await?;
        if known {
            tracing::error!(
                message = id,
                status = bounce.status,
                alarm = AlarmKind::MessageBounced.as_str(),
                "a mail came back"
            );
            self.message_waits();
        }
        Ok(known)
    }
}

/// The message that a Message-ID names: in it full stops stand for the colons of the outbox.
fn outbox_id(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().all(plain).then(|| name.replace('.', ":"))
}

fn view(message: &Message, now: Timestamp) -> MessageView {
    MessageView {
        kind: message.kind,
        channel: message.recipient.channel(),
        masked_recipient: message.recipient.masked(),
        state: message.state,
        created_at: message.created_at,
        said: said(message, now),
    }
}

/// Where a message stands, in one sentence.
#[must_use]
pub fn said(message: &Message, now: Timestamp) -> String {
    let (server, taken) = match message.recipient.channel() {
        Channel::Mail => ("el servidor de correo", "entregado al servidor de correo"),
        Channel::Sms => ("el servicio de SMS", "entregado al servicio de SMS"),
    };
    let hour = |at: Timestamp| say_hour(at, now);
    let failure = message.error.as_deref().map(Failure::kept);
    let error = failure.as_ref().map(words::call_cause);
    let error = error.as_deref().unwrap_or("sin explicación");
    let cause = (failure.as_ref()).map_or(CallCause::Said, |failure| failure.cause);
    let sent = || {
        let at = message.sent_at.map(hour).unwrap_or_default();
        format!("{taken} {at}").trim_end().to_owned()
    };
    match message.state {
        MessageState::Sent => sent(),
        MessageState::Bounced => {
            let at = message.bounced_at.map(hour).unwrap_or_default();
            let why = message
                .bounce_reason
                .as_deref()
                .unwrap_or("sin explicación");
            format!("{}; volvió {at}: {why}", sent())
        }
        MessageState::Parked => match cause {
            CallCause::Said | CallCause::Status if message.failures == 0 => {
                format!("{server} lo rechazó: {error}")
            }
            CallCause::Said | CallCause::Status => {
                let tries = message.attempts;
                format!("{server} lo rechazó tras {tries} intentos: {error}")
            }
            // Nobody refused what was never answered.
            _ => format!("no se pudo enviar: {error}"),
        },
        MessageState::Withdrawn => format!("no se envió: {error}"),
        MessageState::Pending if message.failures > 0 => {
            let again = format!("se intenta otra vez a las {}", hour(message.due_at));
            match cause {
                CallCause::Said => format!("{again}; {server} dijo: {error}"),
                _ => format!("{again}: {error}"),
            }
        }
        MessageState::Pending if message.due_at > now => {
            format!("se enviará a las {}", hour(message.due_at))
        }
        MessageState::Pending => "por enviar".to_owned(),
    }
}

/// «10:32», and with its day when that is not today in Ecuador.
fn say_hour(at: Timestamp, now: Timestamp) -> String {
    let (then, today) = (calendar::in_ecuador(at), calendar::in_ecuador(now));
    if then.date() == today.date() {
        format!("{:02}:{:02}", then.hour(), then.minute())
    } else {
        calendar::say_minute(at)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::Recipient;

    #[test]
    fn every_state_is_said_in_words() {
        let now: Timestamp = "2026-03-01T15:32:00Z".parse().unwrap();
        let address = || Recipient::Mail("n@agro.ec".parse().unwrap());
        let number = PetitionNumber::new(2026, 123);
        let new = || Message::new(MessageKind::ResetLink, &number, 1, address(), now, now);
        let later = now + SignedDuration::from_mins(5);
        let refused = || Some("550 5.1.1 unknown".to_owned());
        let vectors = [
            (new(), "por enviar"),
            (
                Message {
                    due_at: later,
                    ..new()
                },
                "se enviará a las 10:37",
            ),
            (
                Message {
                    due_at: now + SignedDuration::from_hours(24),
                    ..new()
                },
                "se enviará a las 2 de marzo de 2026, 10:32",
            ),
            (
                Message {
                    failures: 1,
                    attempts: 1,
                    error: Some("451 later".into()),
                    due_at: later,
                    ..new()
                },
                "se intenta otra vez a las 10:37; el servidor de correo dijo: 451 later",
            ),
            (
                Message {
                    state: MessageState::Sent,
                    sent_at: Some(now),
                    ..new()
                },
                "entregado al servidor de correo 10:32",
            ),
            (
                Message {
                    state: MessageState::Parked,
                    attempts: 1,
                    error: refused(),
                    ..new()
                },
                "el servidor de correo lo rechazó: 550 5.1.1 unknown",
            ),
            (
                Message {
                    state: MessageState::Bounced,
                    sent_at: Some(now),
                    bounced_at: Some(later),
                    bounce_reason: Some("5.1.1".into()),
                    ..new()
                },
                "entregado al servidor de correo 10:32; volvió 10:37: 5.1.1",
            ),
            (
                Message {
                    state: MessageState::Parked,
                    attempts: 5,
                    error: Some(CallCause::CutOff.to_string()),
                    ..new()
                },
                "no se pudo enviar: el envío se cortó una y otra vez",
            ),
            (
                Message {
                    failures: 2,
                    attempts: 2,
                    error: Some(CallCause::NoConnection.to_string()),
                    due_at: later,
                    ..new()
                },
                "se intenta otra vez a las 10:37: no hubo conexión",
            ),
            (
                Message {
                    state: MessageState::Withdrawn,
                    error: Some("la cuenta está detenida".into()),
                    ..new()
                },
                "no se envió: la cuenta está detenida",
            ),
            (
                Message {
                    recipient: Recipient::Sms("0991234567".parse().unwrap()),
                    state: MessageState::Sent,
                    sent_at: Some(now),
                    ..new()
                },
                "entregado al servicio de SMS 10:32",
            ),
            (
                Message {
                    recipient: Recipient::Sms("0991234567".parse().unwrap()),
                    state: MessageState::Parked,
                    attempts: 1,
                    error: Some(Failure::status(422).to_string()),
                    ..new()
                },
                "el servicio de SMS lo rechazó: respondió con el estado HTTP 422",
            ),
            // As rows were kept before there were codes.
            (
                Message {
                    failures: 2,
                    attempts: 2,
                    error: Some("not now: no connection".to_owned()),
                    due_at: later,
                    ..new()
                },
                "se intenta otra vez a las 10:37; el servidor de correo dijo: not now: no connection",
            ),
        ];
        for (message, expected) in vectors {
            assert_eq!(said(&message, now), expected);
        }
        let shown = view(&new(), now);
        assert!(!shown.masked_recipient.starts_with("n@"), "{shown:?}");
    }
}
