//! Messages that are due. A row is written in the transaction that decides it and sent by the worker, at least once; its id
//! names the effect, so that twice does no harm.

use jiff::Timestamp;
use serde_json::json;

use super::leases::{Queue, claim};
use super::protected::{BOUNCE_REASON, LAST_ERROR, MESSAGE_FACTS, RECIPIENT, SERVER_ANSWER};
use super::sql::{Row, query};
use super::{
    Alarm, AlarmKind, Held, Store, StoreError, Writing, alarms, audit, maybe_moment, moment, parsed,
};
use crate::domain::{
    Channel, EmailAddress, Event, ParsePetitionError, PetitionNumber, Recipient, closed_list,
};
use crate::protection::Keyring;

/// All that is known of a message.
macro_rules! columns {
    () => {
        "id, kind, number, channel, recipient, facts, created_ms, due_ms, attempts, failures, state, sent_ms, \
         server_answer, last_error, bounced_ms, bounce_reason"
    };
}

const ENQUEUE: &str = "insert into outbox (id, kind, number, channel, recipient, facts, created_ms, due_ms, lease_until_ms, \
     attempts, failures, state) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 'pending') on conflict (id) do nothing";
pub(super) const MESSAGES: Queue = Queue {
    claim: claim!(
        "update outbox set lease_until_ms = $1, attempts = attempts + 1 where id = (select id from outbox \
         where state = 'pending' and due_ms <= $2 and lease_until_ms <= $3 order by due_ms, id limit 1",
        ") returning ",
        columns!()
    ),
    renew: "update outbox set lease_until_ms = $1 where lease_until_ms = $2 and id = $3 and state = 'pending'",
};
const SENT: &str = "update outbox set state = 'sent', sent_ms = $1, server_answer = $2, last_error = null where id = $3 \
     and state = 'pending'";
const FAILED: &str = "update outbox set due_ms = $1, lease_until_ms = 0, failures = failures + 1, last_error = $2 where id = $3 \
     and state = 'pending' and lease_until_ms = $4";
const DELAYED: &str = "update outbox set due_ms = $1, lease_until_ms = 0, attempts = attempts - 1 where id = $2 \
     and state = 'pending' and lease_until_ms = $3";
const ENDED: &str = "update outbox set state = $1, last_error = $2 where id = $3 and state = 'pending' and lease_until_ms = $4";
/// Like one that is decided now: its attempts and its days begin anew.
macro_rules! retry {
    ($which:literal) => {
        concat!(
            "update outbox set state = 'pending', created_ms = $1, due_ms = $1, lease_until_ms = 0, attempts = 0, failures = 0 \
             where state = 'parked'",
            $which,
            " returning id, kind, number"
        )
    };
}
const RETRY: &str = retry!("");
const RETRY_OF_PETITION: &str = retry!(" and number = $2");
const BOUNCED: &str = "update outbox set state = 'bounced', bounced_ms = $1, bounce_reason = $2 where id = $3 and state = 'sent'";
const MESSAGE: &str = concat!("select ", columns!(), " from outbox where id = $1");
const ALL_OF_PETITION: &str = concat!(
    "select ",
    columns!(),
    " from outbox where number = $1 order by created_ms, id"
);
const RELEASE_MESSAGES: &str =
    "update outbox set lease_until_ms = 0 where state = 'pending' and lease_until_ms > 0";
const OF_PETITION: &str = concat!(
    "select ",
    columns!(),
    " from outbox where number = $1 and kind = $2 and channel = 'mail' order by created_ms desc, id desc"
);
const WAITING: &str = "select count(*) as waiting from outbox where state = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    ENQUEUE,
    MESSAGES.renew,
    SENT,
    FAILED,
    DELAYED,
    ENDED,
    RETRY,
    RETRY_OF_PETITION,
    BOUNCED,
    MESSAGE,
    ALL_OF_PETITION,
    RELEASE_MESSAGES,
    OF_PETITION,
    WAITING,
];

closed_list!(
    /// What a message says.
    MessageKind, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// The link to set a new password, with «no fui yo» beside it.
        ResetLink = "reset_link",
        /// By SMS: a password was approved; «no fui yo» stops it. A mail with the link says it too, and goes first: of messages
        /// that are due at once, the order is that of these words.
        ResetNotice = "reset_notice",
        /// The password has been changed; «no fui yo» stops the account.
        PasswordChanged = "password_changed",
        /// Please confirm this new address.
        ConfirmEmail = "confirm_email",
        /// To the old address: somebody asked for a change; «no fui yo» stops it.
        EmailChangeNotice = "email_change_notice",
        /// The address has been changed: to the new one.
        EmailChanged = "email_changed",
        /// The address has been changed: to the old one, and to the telephone; «no fui yo» stops the account.
        EmailReplaced = "email_replaced",
        /// Somebody signed whose term ended and who has a registered successor (PRODUCT S08).
        SuccessorAlert = "successor_alert",
        /// The account is open again.
        AccountUnblocked = "account_unblocked",
        /// A person approved: the link can be asked for.
        ReviewApproved = "review_approved",
        /// What was approved had to wait for the hold of a changed address, which is over: the link can be asked for.
        LinkReady = "link_ready",
        /// A person refused.
        ReviewRefused = "review_refused",
        /// A person asks for something.
        CompletionWanted = "completion_wanted",
        /// What was asked for did not come in time.
        PetitionArchived = "petition_archived",
        /// A new representative is in the registry; «no fui yo» stops what they asked for.
        AppointmentNotice = "appointment_notice",
        /// A reset was approved at the counter; «no fui yo» stops it.
        CounterApproved = "counter_approved",
        /// Somebody answered «no fui yo»: to whoever was told of what is denied, and to whoever is on file. With nothing to press.
        AccountStopped = "account_stopped",
        /// The portal did not take the new password: another one can be chosen.
        DeliveryRefused = "delivery_refused",
        /// To the operator; fact `alarm` is its kind, `subject` what it is about.
        Alarm = "alarm",
    }
);

closed_list!(
    /// Where a message stands.
    MessageState, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// To be sent.
        Pending = "pending",
        /// Handed to the mail server.
        Sent = "sent",
        /// Refused for good, or given up after days; a person must look.
        Parked = "parked",
        /// Came back after the mail server had taken it; a person must look.
        Bounced = "bounced",
        /// Overtaken by what happened since; never sent.
        Withdrawn = "withdrawn",
    }
);

/// A message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the effect; the same id is never sent for another one.
    pub id: String,
    /// What it says.
    pub kind: MessageKind,
    /// The petition behind it.
    pub number: PetitionNumber,
    /// Where it goes.
    pub recipient: Recipient,
    /// What its text needs besides the petition; null when it needs nothing.
    pub facts: serde_json::Value,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When it may be sent.
    pub due_at: Timestamp,
    /// How often sending has begun.
    pub attempts: i64,
    /// How often it has failed and was noted; every other attempt but the last was cut off.
    pub failures: i64,
    /// Where it stands.
    pub state: MessageState,
    /// When the server took it.
    pub sent_at: Option<Timestamp>,
    /// What the server said then.
    pub server_answer: Option<String>,
    /// Why it was not sent. A server may quote the recipient in it.
    pub error: Option<String>,
    /// When it came back.
    pub bounced_at: Option<Timestamp>,
    /// Why it came back. A server may quote the recipient in it.
    pub bounce_reason: Option<String>,
}

impl Message {
    /// A message that is decided now and due at `due_at`.
    #[must_use]
    pub fn new(
        kind: MessageKind,
        number: &PetitionNumber,
        count: usize,
        recipient: impl Into<Recipient>,
        at: Timestamp,
        due_at: Timestamp,
    ) -> Self {
        let recipient = recipient.into();
        let id = match recipient.channel() {
            Channel::Mail => format!("{number}:{kind}:{count}"),
            Channel::Sms => format!("{number}:{kind}:sms:{count}"),
        };
        Self {
            id,
            kind,
            number: number.clone(),
            recipient,
            facts: serde_json::Value::Null,
            created_at: at,
            due_at,
            attempts: 0,
            failures: 0,
            state: MessageState::Pending,
            sent_at: None,
            server_answer: None,
            error: None,
            bounced_at: None,
            bounce_reason: None,
        }
    }

    /// An alarm about this message.
    #[must_use]
    pub fn alarm(&self, kind: AlarmKind) -> Alarm {
        Alarm {
            kind,
            number: self.number.clone(),
            subject: self.id.clone(),
            reason: None,
        }
    }

    /// The same message with what its text needs.
    #[must_use]
    pub fn with_facts(self, facts: serde_json::Value) -> Self {
        Self { facts, ..self }
    }

    /// The same message with one more fact.
    #[must_use]
    pub fn with_fact(self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let mut facts = match self.facts {
            serde_json::Value::Object(facts) => facts,
            _ => serde_json::Map::new(),
        };
        facts.insert(name.to_owned(), value.into());
        Self {
            facts: facts.into(),
            ..self
        }
    }
}

/// A message that was parked and is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retried {
    /// The message.
    pub id: String,
    /// What it says.
    pub kind: MessageKind,
    /// The petition behind it.
    pub number: PetitionNumber,
}

fn message(keys: &Keyring, row: &Row) -> Result<Message, StoreError> {
    const TABLE: &str = "outbox";
    let id: String = row.try_get("id")?;
    let key = [id.as_str()];
    Ok(Message {
        kind: parsed(row, TABLE, "kind")?,
        number: parsed(row, TABLE, "number")?,
        recipient: recipient(keys, &id, row)?,
        facts: MESSAGE_FACTS
            .parse_maybe(keys, &key, row)?
            .unwrap_or_default(),
        created_at: moment(row, TABLE, "created_ms")?,
        due_at: moment(row, TABLE, "due_ms")?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        state: parsed(row, TABLE, "state")?,
        sent_at: maybe_moment(row, TABLE, "sent_ms")?,
        server_answer: SERVER_ANSWER.read_maybe(keys, &key, row)?,
        error: LAST_ERROR.read_maybe(keys, &key, row)?,
        bounced_at: maybe_moment(row, TABLE, "bounced_ms")?,
        bounce_reason: BOUNCE_REASON.read_maybe(keys, &key, row)?,
        id,
    })
}

fn recipient(keys: &Keyring, id: &str, row: &Row) -> Result<Recipient, StoreError> {
    const TABLE: &str = "outbox";
    let channel: Channel = parsed(row, TABLE, "channel")?;
    let text = RECIPIENT.read(keys, &[id], row)?;
    Recipient::parse(channel, &text).map_err(|_| StoreError::Inconsistent {
        table: TABLE,
        column: "recipient",
    })
}

/// Adds a message to the transaction that decided it; a message with the same id is the same effect.
pub(super) async fn enqueue(writing: &mut Writing, message: &Message) -> Result<(), StoreError> {
    let key = [message.id.as_str()];
    let recipient = RECIPIENT.protect(&writing.keys, &key, message.recipient.as_str())?;
    let facts = (!message.facts.is_null()).then(|| message.facts.to_string());
    let facts = MESSAGE_FACTS.protect_maybe(&writing.keys, &key, facts.as_deref())?;
    query(ENQUEUE)
        .bind(message.id.as_str())
        .bind(message.kind.as_str())
        .bind(message.number.as_str())
        .bind(message.recipient.channel().as_str())
        .bind(recipient)
        .bind(facts)
        .bind(message.created_at.as_millisecond())
        .bind(message.due_at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Gives back every message that a dead process had taken.
pub(super) async fn release_messages(writing: &mut Writing) -> Result<(), StoreError> {
    query(RELEASE_MESSAGES).execute(&mut **writing).await?;
    Ok(())
}

impl Store {
    /// Adds a message about a petition that is approved already, and says in the log why.
    pub async fn add_message(&self, message: &Message, event: Event) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        enqueue(&mut writing, message).await?;
        audit::append(
            &mut writing,
            message.created_at,
            "company",
            message.number.as_str(),
            event,
            &json!({}),
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Takes the next message that is due, for as long as the lease lasts.
    pub async fn claim_message(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Held<Message>>, StoreError> {
        let read = |row: &Row| {
            let message = message(&self.keys, row)?;
            let key = vec![message.id.clone()];
            Ok((message, key))
        };
        self.claim(&MESSAGES, now, lease_until, read).await
    }

    /// The server has taken it, and what it said. When another worker noted it first, that stands.
    pub async fn message_sent(
        &self,
        id: &str,
        answer: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = SERVER_ANSWER.protect_maybe(&self.keys, &[id], answer)?;
        query(SENT)
            .bind(at.as_millisecond())
            .bind(answer)
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It could not be sent: again at `due_at`.
    pub async fn message_failed(
        &self,
        message: &Held<Message>,
        error: &str,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = message.id.as_str();
        query(FAILED)
            .bind(due_at.as_millisecond())
            .bind(LAST_ERROR.protect(&self.keys, &[id], error)?)
            .bind(id)
            .bind(message.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It is not to be sent before `due_at`: that was no attempt.
    pub async fn delay_message(
        &self,
        message: &Held<Message>,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        query(DELAYED)
            .bind(due_at.as_millisecond())
            .bind(message.id.as_str())
            .bind(message.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It was overtaken and will not be sent.
    pub async fn withdraw_message(
        &self,
        message: &Held<Message>,
        why: &str,
    ) -> Result<(), StoreError> {
        let id = message.id.as_str();
        query(ENDED)
            .bind(MessageState::Withdrawn.as_str())
            .bind(LAST_ERROR.protect(&self.keys, &[id], why)?)
            .bind(id)
            .bind(message.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It will not be sent, and somebody must look: an alarm in the same transaction.
    pub async fn park_message(
        &self,
        message: &Held<Message>,
        error: &str,
        operator: Option<&EmailAddress>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let parked = query(ENDED)
            .bind(MessageState::Parked.as_str())
            .bind(LAST_ERROR.protect(&self.keys, &[message.id.as_str()], error)?)
            .bind(message.id.as_str())
            .bind(message.token())
            .execute(&mut *writing)
            .await?;
        if parked.rows_affected() == 1 {
            let alarm = message.alarm(AlarmKind::MessageParked);
            alarms::raise(&mut writing, &alarm, operator, at).await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// What is parked, of one petition or of all, is to be sent again, by whom in the log. What is sent.
    pub async fn retry_parked(
        &self,
        number: Option<&PetitionNumber>,
        by: &str,
        at: Timestamp,
    ) -> Result<Vec<Retried>, StoreError> {
        const TABLE: &str = "outbox";
        let mut writing = self.begin().await?;
        let retry = match number {
            Some(number) => query(RETRY_OF_PETITION)
                .bind(at.as_millisecond())
                .bind(number.as_str()),
            None => query(RETRY).bind(at.as_millisecond()),
        };
        let rows = retry.fetch_all(&mut *writing).await?;
        let retried = |row: &Row| {
            Ok(Retried {
                id: row.try_get("id")?,
                kind: parsed(row, TABLE, "kind")?,
                number: parsed(row, TABLE, "number")?,
            })
        };
        let retried: Vec<Retried> = rows
            .iter()
            .map(retried)
            .collect::<Result<_, StoreError>>()?;
        for one in &retried {
            let facts = json!({ "id": one.id });
            let (subject, event) = (one.number.as_str(), Event::MessageRetried);
            audit::append(&mut writing, at, by, subject, event, &facts).await?;
        }
        writing.commit().await?;
        Ok(retried)
    }

    /// A message that the server had taken came back: marked, with an alarm. Whether there is such a message and it had not
    /// come back before.
    pub async fn message_bounced(
        &self,
        id: &str,
        reason: &str,
        operator: Option<&EmailAddress>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let bounced = query(BOUNCED)
            .bind(at.as_millisecond())
            .bind(BOUNCE_REASON.protect(&self.keys, &[id], reason)?)
            .bind(id)
            .execute(&mut *writing)
            .await?;
        if bounced.rows_affected() == 0 {
            return Ok(false);
        }
        let row = query(MESSAGE).bind(id).fetch_one(&mut *writing).await?;
        let alarm = message(&self.keys, &row)?.alarm(AlarmKind::MessageBounced);
        alarms::raise(&mut writing, &alarm, operator, at).await?;
        writing.commit().await?;
        Ok(true)
    }

    /// Every message about a petition, by any way, in the order in which they were decided.
    pub async fn messages_of(&self, number: &PetitionNumber) -> Result<Vec<Message>, StoreError> {
        let rows = query(ALL_OF_PETITION)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| message(&self.keys, row)).collect()
    }

    /// Mails of one kind about a petition, the newest first.
    pub async fn messages(
        &self,
        number: &PetitionNumber,
        kind: MessageKind,
    ) -> Result<Vec<Message>, StoreError> {
        let rows = query(OF_PETITION)
            .bind(number.as_str())
            .bind(kind.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| message(&self.keys, row)).collect()
    }

    /// How many messages are in this state.
    pub async fn count_messages(&self, state: MessageState) -> Result<i64, StoreError> {
        Ok(query(WAITING)
            .bind(state.as_str())
            .fetch_one(&self.scan)
            .await?
            .try_get("waiting")?)
    }
}
