//! Where a message leads: to the page of its petition, or to a link that is made at the moment of sending.

use jiff::{SignedDuration, Timestamp};

use super::messages::Context;
use crate::domain::{CallCause, Failure, PetitionNumber, Recipient};
use crate::intake::{Intake, Settings};
use crate::mail::{Cause, MailError};
use crate::store::{Held, LinkKind, LinkRow, Message, MessageKind};

/// The address that a message leads to. A link that does something is made now.
pub(super) async fn link_for(
    intake: &Intake,
    message: &Held<Message>,
    context: &Context,
    now: Timestamp,
) -> Result<Option<String>, MailError> {
    let Some(kind) = link_of(message.kind) else {
        if message.kind == MessageKind::EmailChanged {
            let way = format!(
                "{}/solicitud?action=reset_password",
                intake.settings().public_url
            );
            return Ok(Some(way));
        }
        let page = petition_page(intake.settings(), &message.number);
        return Ok(leads_to_page(message.kind).then_some(page));
    };
    Ok(Some(make_link(intake, message, context, kind, now).await?))
}

/// The page of a petition as a message names it. A browser does not send to it what it keeps for our pages, because a mail is another
/// site; the page knows a way on.
pub(super) fn petition_page(settings: &Settings, number: &PetitionNumber) -> String {
    format!("{}/consulta?number={number}", settings.public_url)
}

/// The address of a link that is made now, for the petition of a message.
pub(super) async fn make_link(
    intake: &Intake,
    message: &Held<Message>,
    context: &Context,
    kind: LinkKind,
    now: Timestamp,
) -> Result<String, MailError> {
    let content = context
        .petition
        .as_ref()
        .and_then(|petition| petition.content.as_ref())
        .ok_or_else(|| MailError::Permanent(Cause::Here, CallCause::NoPetition.into()))?;
    let email = match (&message.recipient, kind) {
        (Recipient::Mail(address), LinkKind::Confirm) => Some(address.clone()),
        _ => None,
    };
    let token = intake.token();
    let row = LinkRow {
        kind,
        number: message.number.clone(),
        ruc: content.ruc.clone(),
        branch: content.branch.clone(),
        email,
        created_at: now,
        expires_at: now + life_of(intake, kind),
        dead_at: None,
    };
    intake
        .store()
        .keep_link_of(message, token.hash(), &row)
        .await
        .map_err(|error| MailError::Transient(Cause::Here, Failure::said(&error)))?;
    Ok(intake.link_address(kind, &token))
}

/// Whether a message that leads to a key also carries what stops it (PRODUCT threat 2): whoever reads the registered mailbox
/// and asked for nothing.
pub(super) fn has_stop(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::ResetLink
            | MessageKind::LinkReady
            | MessageKind::ReviewApproved
            | MessageKind::DeliveryRefused
    )
}

/// Whether a message leads to the page of its petition, where its secret opens it.
fn leads_to_page(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::LinkReady
            | MessageKind::ReviewApproved
            | MessageKind::ReviewRefused
            | MessageKind::CompletionWanted
            | MessageKind::PetitionArchived
            | MessageKind::DeliveryRefused
    )
}

fn link_of(kind: MessageKind) -> Option<LinkKind> {
    match kind {
        MessageKind::ResetLink => Some(LinkKind::Reset),
        MessageKind::ConfirmEmail => Some(LinkKind::Confirm),
        MessageKind::EmailChangeNotice
        | MessageKind::EmailReplaced
        | MessageKind::AppointmentNotice
        | MessageKind::CounterApproved
        | MessageKind::ResetNotice
        | MessageKind::PasswordChanged
        | MessageKind::AccountUnblocked => Some(LinkKind::Freeze),
        MessageKind::EmailChanged
        | MessageKind::SuccessorAlert
        | MessageKind::LinkReady
        | MessageKind::ReviewApproved
        | MessageKind::ReviewRefused
        | MessageKind::CompletionWanted
        | MessageKind::PetitionArchived
        | MessageKind::AccountStopped
        | MessageKind::DeliveryRefused
        | MessageKind::Alarm => None,
    }
}

fn life_of(intake: &Intake, kind: LinkKind) -> SignedDuration {
    match kind {
        LinkKind::Reset => intake.settings().link_life,
        LinkKind::Confirm => intake.settings().confirmation_life,
        // «No fui yo» must work for whoever was away, and as long as the change can be confirmed and the hold after it lasts.
        LinkKind::Freeze => {
            let settings = intake.settings();
            let held = settings.confirmation_life + settings.email_hold;
            settings.stop_life.max(held)
        }
    }
}
