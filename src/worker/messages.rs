//! Messages on their way: whether one still goes out when its turn has come, and what becomes of it when it can't.

use jiff::Timestamp;

use super::letters::{self, Matter};
use super::links;
use super::{Carriers, GIVE_UP, LATE, is_poison, pause_after};
use crate::domain::{Action, CallCause, Failure, LinkStand, Recipient};
use crate::intake::{Intake, IntakeError, LEASE, UNBLOCKING, bars, diverted, is_handing_over};
use crate::mail::{Cause, Letter, MailError};
use crate::sms::ShortMessage;
use crate::store::{
    AlarmKind, DeliveryKind, DeliveryState, EmployerRecord, Held, LinkKind, Message, MessageKind,
    PetitionRow,
};
use crate::webhook::WebhookError;
use crate::words;

/// Sends what is due next; whether there was something.
pub(super) async fn send_next(intake: &Intake, carriers: &Carriers) -> Result<bool, IntakeError> {
    let now = intake.now();
    let Some(message) = intake.store().claim_message(now, now + LEASE).await? else {
        return Ok(false);
    };
    // Where one waits another one may: wake the next loop.
    intake.message_waits();
    let sending = send_held(intake, carriers, &message);
    intake
        .while_held(&message, sending)
        .await
        .unwrap_or(Ok(()))?;
    Ok(true)
}

async fn send_held(
    intake: &Intake,
    carriers: &Carriers,
    message: &Held<Message>,
) -> Result<(), IntakeError> {
    if is_poison(message.attempts, message.failures) {
        return park(intake, message, &CallCause::CutOff.into(), Cause::Here).await;
    }
    let context = Context::of(intake, message).await?;
    if let Some(why) = overtaken(intake, message, &context).await? {
        intake.store().withdraw_message(message, why).await?;
        tracing::info!(petition = %message.number, kind = message.kind.as_str(), why, "message withdrawn");
        return Ok(());
    }
    if let Some(until) = held_until(message, &context, intake.now()) {
        intake.store().delay_message(message, until).await?;
        tracing::info!(petition = %message.number, kind = message.kind.as_str(), %until, "message waits for a hold");
        return Ok(());
    }
    match send(intake, carriers, message, &context).await {
        Ok(answer) => {
            let at = intake.now();
            intake
                .store()
                .message_sent(&message.id, answer.as_deref(), at)
                .await?;
            tracing::info!(petition = %message.number, kind = message.kind.as_str(), "message handed over");
        }
        Err(error) => {
            let since = could_go_since(message, &context);
            give_back(intake, message, since, &error).await?;
        }
    }
    Ok(())
}

/// What stands behind a message.
pub(super) struct Context {
    pub(super) petition: Option<PetitionRow>,
    record: Option<EmployerRecord>,
}

impl Context {
    async fn of(intake: &Intake, message: &Message) -> Result<Self, IntakeError> {
        let petition = intake.store().petition(&message.number).await?;
        let record = match petition
            .as_ref()
            .and_then(|petition| petition.content.as_ref())
        {
            Some(content) => {
                intake
                    .store()
                    .employer(&content.ruc, &content.branch)
                    .await?
            }
            None => None,
        };
        Ok(Self { petition, record })
    }
}

/// Why a message that was decided once must not be sent any more. Time may have passed since: a hold, a mail server that
/// was down, «no fui yo».
async fn overtaken(
    intake: &Intake,
    message: &Message,
    context: &Context,
) -> Result<Option<&'static str>, IntakeError> {
    let bound = matches!(
        message.kind,
        MessageKind::ResetLink
            | MessageKind::LinkReady
            | MessageKind::ConfirmEmail
            | MessageKind::ReviewApproved
    );
    let Some(petition) = context.petition.as_ref().filter(|_| bound) else {
        return Ok(None);
    };
    let (record, now) = (context.record.as_ref(), intake.now());
    let deliveries = intake.store().deliveries_of(&message.number).await?;
    // A link would open what nothing may be asked for any more, and the others would promise one.
    let until = intake.approval_until(petition, record, &deliveries);
    let confirms = message.kind == MessageKind::ConfirmEmail;
    let stand = match bars(petition, record, until, now) {
        // It is sent this once, and opens when the registry has the employer as active again.
        Some(LinkStand::NotActive) if confirms => None,
        // The others lead to the link for a password, which goes to the address on file.
        None if !confirms => diverted(petition, record, now),
        barred => barred,
    };
    if let Some(why) = stand.and_then(words::withdrawn) {
        return Ok(Some(why));
    }
    let on_file = record.and_then(|record| record.employer.email.clone());
    if !confirms && on_file.map(Recipient::from).as_ref() != Some(&message.recipient) {
        return Ok(Some(words::ANOTHER_ADDRESS));
    }
    Ok((!confirms && is_handing_over(&deliveries)).then_some(words::KEY_UNDER_WAY))
}

/// Until when a message waits that says that a link can be asked for: a hold may have begun since it was decided.
fn held_until(message: &Message, context: &Context, now: Timestamp) -> Option<Timestamp> {
    end_of_hold(message, context).filter(|until| *until > now)
}

/// The end of the hold that a message waits for, or waited for.
fn end_of_hold(message: &Message, context: &Context) -> Option<Timestamp> {
    let says_so = matches!(
        message.kind,
        MessageKind::LinkReady | MessageKind::ReviewApproved
    );
    let hold = context.record.as_ref()?.email_hold_until;
    hold.filter(|_| says_so)
}

/// Since when a message could be on its way. When it is due does not tell: that moves with every try.
fn could_go_since(message: &Message, context: &Context) -> Timestamp {
    let since = message.created_at;
    end_of_hold(message, context).map_or(since, |held| held.max(since))
}

/// Tries again later, or parks the message for a person. The error of a mail server may quote the address, so it is not
/// logged, only kept beside the message.
async fn give_back(
    intake: &Intake,
    message: &Held<Message>,
    since: Timestamp,
    error: &MailError,
) -> Result<(), IntakeError> {
    let now = intake.now();
    let age = now.duration_since(since);
    let (MailError::Permanent(cause, said)
    | MailError::Relay(cause, said)
    | MailError::Transient(cause, said)) = error;
    // Whoever answers for the service must hear of what is wrong with it, also when that is what its alarms are refused for.
    let for_good = matches!(error, MailError::Permanent(..)) && message.kind != MessageKind::Alarm;
    if for_good || age >= GIVE_UP {
        return park(intake, message, said, *cause).await;
    }
    if matches!(error, MailError::Relay(..)) {
        tracing::error!(%cause, "the mail server refuses what we send, and not because of whom it goes to: somebody must look");
    }
    let due_at = now + pause_after(message.failures);
    let kept = said.to_string();
    intake
        .store()
        .message_failed(message, &kept, due_at)
        .await?;
    tracing::warn!(
        petition = %message.number, kind = message.kind.as_str(), attempts = message.attempts, %cause,
        "a message could not be handed over"
    );
    if age >= LATE {
        let alarm = message.alarm(AlarmKind::MessageLate);
        let operator = intake.settings().alarm_email.as_ref();
        intake.store().raise_alarm(&alarm, operator, now).await?;
    }
    Ok(())
}

async fn park(
    intake: &Intake,
    message: &Held<Message>,
    why: &Failure,
    cause: Cause,
) -> Result<(), IntakeError> {
    let operator = intake.settings().alarm_email.as_ref();
    let now = intake.now();
    intake
        .store()
        .park_message(message, &why.to_string(), operator, now)
        .await?;
    tracing::error!(
        petition = %message.number, kind = message.kind.as_str(), attempts = message.attempts, %cause,
        alarm = AlarmKind::MessageParked.as_str(), "a message is parked: somebody must look"
    );
    Ok(())
}

/// Where the unblocking stands that a petition asks for, when the portal of another system does it.
async fn unblocking(
    intake: &Intake,
    message: &Message,
    action: Action,
) -> Result<Option<DeliveryState>, MailError> {
    if action != Action::Unblock {
        return Ok(None);
    }
    let deliveries = intake.store().deliveries_of(&message.number).await;
    let deliveries =
        deliveries.map_err(|error| MailError::Transient(Cause::Here, Failure::said(&error)))?;
    let asked = deliveries
        .iter()
        .find(|delivery| delivery.kind == DeliveryKind::Unblock);
    Ok(asked.map(|delivery| delivery.state))
}

/// Makes the link a message carries, at the moment of sending, so that its life starts now; then hands it over. What the
/// server said.
async fn send(
    intake: &Intake,
    carriers: &Carriers,
    message: &Held<Message>,
    context: &Context,
) -> Result<Option<String>, MailError> {
    let now = intake.now();
    let link = links::link_for(intake, message, context, now).await?;
    let stop = if links::has_stop(message.kind) {
        Some(links::make_link(intake, message, context, LinkKind::Freeze, now).await?)
    } else {
        None
    };
    let content = context
        .petition
        .as_ref()
        .and_then(|petition| petition.content.as_ref());
    let action = content.map_or(Action::ResetPassword, |content| content.action);
    let told = match unblocking(intake, message, action).await? {
        Some(state) => Message::clone(message).with_fact(UNBLOCKING, state.as_str()),
        None => Message::clone(message),
    };
    let matter = Matter {
        message: &told,
        action,
        employer: context.record.as_ref().map(|record| &record.employer),
        link,
        stop,
        settings: intake.settings(),
    };
    match &message.recipient {
        Recipient::Mail(address) => {
            let written = letters::mail(&matter);
            let letter = Letter::new(&message.id, address.as_str(), &written, now)?;
            carriers.mailer.send(&letter).await
        }
        Recipient::Sms(number) => {
            let short = ShortMessage {
                id: message.id.clone(),
                to: number.as_str().to_owned(),
                text: letters::short(&matter),
                at: now,
            };
            match carriers.sms.send(&short).await {
                Ok(()) => Ok(None),
                Err(WebhookError::Refused(status)) => {
                    let failure = Failure::status(status);
                    Err(MailError::Permanent(Cause::Status(status), failure))
                }
                Err(error) => Err(MailError::Transient(Cause::Gateway, error.failure())),
            }
        }
    }
}
