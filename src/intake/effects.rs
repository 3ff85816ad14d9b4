//! What a decision sets in motion (DESIGN G and H; PRODUCT S08, S21, S37). A person's approval leads to the same, but for the
//! link: it lives three minutes, so it is sent at once only to somebody who is waiting, and never by itself when a person
//! approves (`review` says the rest), when a certification authority answered hours later, or when a hold ends: nobody waits at
//! that hour. Everybody can ask for it, because every petition has a page: whoever sent a letter got a number and a code for it
//! too.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Intake;
use crate::decision::{Decision, ReasonCode};
use crate::domain::{
    Action, EmailAddress, MobileNumber, Outcome, PetitionContent, PetitionNumber, Recipient, Role,
    State,
};
use crate::store::{
    Effects, EmployerRecord, Message, MessageKind, MessageState, PetitionRow, Unblocking,
};

/// How long somebody is taken to wait before the page of the petition, which speaks of seconds: beyond it a link would be dead
/// before it is read. Well above what a decision takes in a rush, and below the first pause before an authority that did not
/// answer is asked again.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Whether whoever asked is still there when it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Before the page, or at the mailbox.
    Waits,
    /// About other things.
    Gone,
}

impl Asker {
    /// Of a document that was received then, and is decided `at`.
    pub(super) fn since(received_at: Timestamp, at: Timestamp) -> Self {
        if at.duration_since(received_at) > PATIENCE {
            Self::Gone
        } else {
            Self::Waits
        }
    }
}

/// Fact of the notice that a link can be asked for: it was approved late, and no hold had to end first.
pub(crate) const LATE_APPROVAL: &str = "late_approval";

impl Intake {
    /// What a decision sets in motion.
    pub(super) fn effects(
        &self,
        number: &PetitionNumber,
        decision: &Decision,
        record: Option<&EmployerRecord>,
        asker: Asker,
    ) -> Effects {
        let (Some(content), Some(record)) = (&decision.content, record) else {
            return Effects::default();
        };
        match decision.outcome {
            Outcome::Approved => self.approval(number, content, record, asker),
            Outcome::Refused | Outcome::InReview if succeeded(decision) => Effects {
                messages: successor_alerts(decision, number, record, self.now()),
                ..Effects::default()
            },
            Outcome::Refused | Outcome::InReview => Effects::default(),
        }
    }

    fn approval(
        &self,
        number: &PetitionNumber,
        content: &PetitionContent,
        record: &EmployerRecord,
        asker: Asker,
    ) -> Effects {
        let at = self.now();
        let link = link_or_notice(number, record, asker, at);
        match content.action {
            Action::ResetPassword => Effects {
                messages: link
                    .into_iter()
                    .chain(by_sms(MessageKind::ResetNotice, number, record, at))
                    .collect(),
                ..Effects::default()
            },
            Action::Unblock => self.unblocked(number, content, record, link, at),
            Action::ChangeEmail => {
                let confirm = content
                    .new_email
                    .clone()
                    .map(|to| Message::new(MessageKind::ConfirmEmail, number, 1, to, at, at));
                let told = notices(MessageKind::EmailChangeNotice, number, record, at);
                Effects {
                    messages: confirm.into_iter().chain(told).collect(),
                    ..Effects::default()
                }
            }
        }
    }

    /// An account is opened, everybody is told, and a link is sent: one visit is enough, even for whoever forgot the password. Where
    /// the portal is another system, it is told once that has opened it.
    fn unblocked(
        &self,
        number: &PetitionNumber,
        content: &PetitionContent,
        record: &EmployerRecord,
        link: Option<Message>,
        at: Timestamp,
    ) -> Effects {
        let elsewhere = self.settings().portal.is_elsewhere();
        // The message that goes out now with the link, or with the way to it, says it too.
        let said_with_link = link.as_ref().is_some_and(|link| link.due_at <= at);
        let told = notices(MessageKind::AccountUnblocked, number, record, at)
            .into_iter()
            .filter(|_| !elsewhere)
            .filter(|notice| !(said_with_link && matches!(notice.recipient, Recipient::Mail(_))));
        Effects {
            messages: link.into_iter().chain(told).collect(),
            unblocking: Some(Unblocking {
                ruc: content.ruc.clone(),
                branch: content.branch.clone(),
                elsewhere,
            }),
        }
    }
}

/// Whoever holds the office hears that somebody else signs for it, each time once: when that is refused, and when an appointment
/// is attached, which on the usual path comes after the refusal.
fn successor_alerts(
    decision: &Decision,
    number: &PetitionNumber,
    record: &EmployerRecord,
    at: Timestamp,
) -> Vec<Message> {
    let attached = decision.outcome == Outcome::InReview;
    let count = if attached { 2 } else { 1 };
    on_file(record)
        .into_iter()
        .map(|to| Message::new(MessageKind::SuccessorAlert, number, count, to, at, at))
        .map(|alert| alert.with_facts(json!({ "attached": attached })))
        .collect()
}

/// The link, to the address on file, for somebody who waits; otherwise the notice that it can be asked for, which comes at the
/// end of the hold while that address is held.
fn link_or_notice(
    number: &PetitionNumber,
    record: &EmployerRecord,
    asker: Asker,
    at: Timestamp,
) -> Option<Message> {
    let to = record.employer.email.clone()?;
    let hold = record.email_hold_until.filter(|until| *until > at);
    Some(match (hold, asker) {
        (Some(until), _) => Message::new(MessageKind::LinkReady, number, 1, to, at, until),
        (None, Asker::Waits) => Message::new(MessageKind::ResetLink, number, 1, to, at, at),
        (None, Asker::Gone) => Message::new(MessageKind::LinkReady, number, 1, to, at, at)
            .with_fact(LATE_APPROVAL, true),
    })
}

/// A notice to the telephone alone: the mail says it with its link, and a thief who reads the mailbox does not read the telephone.
fn by_sms(
    kind: MessageKind,
    number: &PetitionNumber,
    record: &EmployerRecord,
    at: Timestamp,
) -> impl Iterator<Item = Message> {
    notices(kind, number, record, at)
        .into_iter()
        .filter(|notice| matches!(notice.recipient, Recipient::Sms(_)))
}

/// The same notice to every contact on file: the address, and the telephone when it can receive short messages.
pub(super) fn notices(
    kind: MessageKind,
    number: &PetitionNumber,
    record: &EmployerRecord,
    at: Timestamp,
) -> Vec<Message> {
    on_file(record)
        .into_iter()
        .map(|to| Message::new(kind, number, 1, to, at, at))
        .collect()
}

/// Fact of a message about a petition whose link is opened at the counter, and nowhere else.
pub(crate) const AT_THE_COUNTER: &str = "at_the_counter";

/// Fact of a message to an address that is not on file: it must name nobody.
pub(crate) const UNCONFIRMED: &str = "unconfirmed";

/// Fact of a message about a new key of which the portal has said nothing: it may have it since the first call.
pub(crate) const SILENT_PORTAL: &str = "silent_portal";

/// Fact of a message that the portal did not do what was asked: to open the account, and not to take a key.
pub(crate) const STILL_LOCKED: &str = "still_locked";

/// Fact of a message about an unblocking that the portal of another system does: where it stands when the message leaves.
pub(crate) const UNBLOCKING: &str = "unblocking";

/// What a person did, to whoever must know it: every contact on file, and for a change of address the one that the signed
/// document names, where the company may be the only one to look. `round` tells one act from the next one of its kind.
pub(super) fn told(
    kind: MessageKind,
    number: &PetitionNumber,
    asked: Option<&PetitionContent>,
    record: Option<&EmployerRecord>,
    round: i64,
    at: Timestamp,
) -> Vec<Message> {
    let count = usize::try_from(round).unwrap_or(1);
    let contacts = contacts(asked, record);
    let on_file = contacts
        .on_file
        .into_iter()
        .map(|to| Message::new(kind, number, count, to, at, at));
    let named = contacts.named.map(|to| {
        let message = Message::new(kind, number, count, to, at, at);
        Message {
            id: format!("{}:named", message.id),
            ..message
        }
        .with_facts(json!({ UNCONFIRMED: true }))
    });
    on_file.chain(named).collect()
}

/// Fact of a notice that an account is stopped: somebody of the staff did it, and no link.
pub(crate) const BY_STAFF: &str = "by_staff";

/// Fact of a notice that goes to the address on file, as long as it is not taken off by what the notice is about.
pub(crate) const ON_FILE: &str = "on_file";

/// That `denied` was answered with «no fui yo», to every contact on file and to whoever was `told` of it before: the address that it
/// replaced, the one that it put on file, the one that it only asked for. Nobody knows which of them the honest one reads.
pub(super) fn stop_notices(
    denied: &PetitionRow,
    told: &[Message],
    record: Option<&EmployerRecord>,
    at: Timestamp,
) -> Vec<Message> {
    let (number, content) = (&denied.number, denied.content.as_ref());
    let on_file = record.map(on_file).unwrap_or_default();
    let before = told
        .iter()
        .filter(|message| message.kind != MessageKind::Alarm)
        .filter(|message| matches!(message.state, MessageState::Sent | MessageState::Bounced))
        .map(|message| message.recipient.clone());
    let mut recipients = Vec::new();
    for to in on_file.iter().cloned().chain(before) {
        if !recipients.contains(&to) {
            recipients.push(to);
        }
    }
    let kind = MessageKind::AccountStopped;
    let earlier = told.iter().filter(|message| message.kind == kind).count();
    let asked_for = content
        .filter(|_| denied.state != State::Completed)
        .and_then(|content| content.new_email.clone())
        .map(Recipient::from);
    let notice = |(count, to): (usize, Recipient)| {
        let known = on_file.contains(&to);
        let unconfirmed = !known && asked_for.as_ref() == Some(&to);
        Message::new(kind, number, count, to, at, at)
            .with_facts(json!({ ON_FILE: known, UNCONFIRMED: unconfirmed }))
    };
    (earlier + 1..).zip(recipients).map(notice).collect()
}

/// Where somebody can be reached.
pub(super) struct Contacts {
    /// What the registry has.
    pub on_file: Vec<Recipient>,
    /// The address that is asked for, if it is another one.
    pub named: Option<EmailAddress>,
}

/// Where whoever `asked` can be reached.
pub(super) fn contacts(
    asked: Option<&PetitionContent>,
    record: Option<&EmployerRecord>,
) -> Contacts {
    let on_file = record.map(on_file).unwrap_or_default();
    let named = asked.and_then(|content| content.new_email.clone());
    Contacts {
        named: named.filter(|named| !on_file.contains(&Recipient::from(named.clone()))),
        on_file,
    }
}

pub(super) fn on_file(record: &EmployerRecord) -> Vec<Recipient> {
    let mail = record.employer.email.clone().map(Recipient::from);
    let phone = record.employer.phone.as_deref();
    let sms = phone.and_then(MobileNumber::first_in).map(Recipient::from);
    mail.into_iter().chain(sms).collect()
}

/// Whether somebody else holds the signer's office by now: it was refused for that, or waits for a person because of what the
/// signer attached.
fn succeeded(decision: &Decision) -> bool {
    let former = decision
        .representative
        .as_ref()
        .is_some_and(|row| row.role() != Role::Attorney);
    decision.reasons.iter().any(|reason| match reason.code {
        ReasonCode::RepresentationEnded => reason.outcome == Outcome::Refused,
        ReasonCode::AppointmentAttached => former,
        _ => false,
    })
}
