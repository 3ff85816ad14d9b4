//! What a decision sets in motion (DESIGN G and H; PRODUCT S08, S21, S37). A person's approval leads to the same, but for the
//! link: it lives three minutes, so it is sent at once only to somebody who is waiting (`review` says the rest), and never by
//! itself when a hold ends: nobody waits at that hour. Everybody can ask for it, because every petition has a page: whoever
//! sent a letter got a number and a code for it too.

use jiff::Timestamp;

use super::Intake;
use crate::decision::{Decision, ReasonCode};
use crate::domain::{Action, MobileNumber, Outcome, PetitionContent, PetitionNumber, Recipient};
use crate::store::{Effects, EmployerRecord, Message, MessageKind, Unblocking};

impl Intake {
    /// What a decision sets in motion.
    pub(super) fn effects(
        &self,
        number: &PetitionNumber,
        decision: &Decision,
        record: Option<&EmployerRecord>,
    ) -> Effects {
        let (Some(content), Some(record)) = (&decision.content, record) else {
            return Effects::default();
        };
        match decision.outcome {
            Outcome::Approved => self.approval(number, content, record),
            Outcome::Refused if succeeded(decision) => Effects {
                messages: notices(MessageKind::SuccessorAlert, number, record, self.now()),
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
    ) -> Effects {
        let at = self.now();
        match content.action {
            Action::ResetPassword => Effects {
                messages: link_or_notice(number, record, at).into_iter().collect(),
                ..Effects::default()
            },
            Action::Unblock => self.unblocked(number, content, record, at),
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

    /// An account is opened, everybody is told, and a link is sent: one visit is enough, even for whoever forgot the password.
    fn unblocked(
        &self,
        number: &PetitionNumber,
        content: &PetitionContent,
        record: &EmployerRecord,
        at: Timestamp,
    ) -> Effects {
        let link = link_or_notice(number, record, at);
        // The message with the link says it too.
        let said_with_link = link
            .as_ref()
            .is_some_and(|link| link.kind == MessageKind::ResetLink);
        let told = notices(MessageKind::AccountUnblocked, number, record, at)
            .into_iter()
            .filter(|notice| !(said_with_link && matches!(notice.recipient, Recipient::Mail(_))));
        Effects {
            messages: link.into_iter().chain(told).collect(),
            unblocking: Some(Unblocking {
                ruc: content.ruc.clone(),
                branch: content.branch.clone(),
                elsewhere: self.settings().portal.is_elsewhere(),
            }),
        }
    }
}

/// The link, to the address on file; while that one is held, the notice for the end of the hold.
fn link_or_notice(
    number: &PetitionNumber,
    record: &EmployerRecord,
    at: Timestamp,
) -> Option<Message> {
    let to = record.employer.email.clone()?;
    let (kind, due) = match record.email_hold_until.filter(|until| *until > at) {
        Some(until) => (MessageKind::LinkReady, until),
        None => (MessageKind::ResetLink, at),
    };
    Some(Message::new(kind, number, 1, to, at, due))
}

/// The same notice to every contact on file: the address, and the telephone when it can receive short messages.
pub(super) fn notices(
    kind: MessageKind,
    number: &PetitionNumber,
    record: &EmployerRecord,
    at: Timestamp,
) -> Vec<Message> {
    let mail = record.employer.email.clone().map(Recipient::from);
    let phone = record.employer.phone.as_deref();
    let sms = phone.and_then(MobileNumber::first_in).map(Recipient::from);
    mail.into_iter()
        .chain(sms)
        .map(|to| Message::new(kind, number, 1, to, at, at))
        .collect()
}

/// Whether it was refused because somebody else holds the office by now.
fn succeeded(decision: &Decision) -> bool {
    decision.reasons.iter().any(|reason| {
        reason.code == ReasonCode::RepresentationEnded && reason.outcome == Outcome::Refused
    })
}
