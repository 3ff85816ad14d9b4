//! Takes queued jobs one by one: documents to their decision, messages to the mail server. Each may run twice (a crash
//! between doing and noting), so each is keyed so that twice does no harm: a decision is recorded once, a message
//! replaces itself, and of two links for one message only the newer one lives.

mod letters;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::domain::Token;
use crate::intake::{Intake, IntakeError};
use crate::mail::{MailError, Mailer};
use crate::store::{LinkKind, LinkRow, Message, MessageKind, MessageState};

/// How long a message may take before another worker may take it over.
const MESSAGE_LEASE: SignedDuration = SignedDuration::from_secs(90);
/// First pause after a failure; doubled each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// Longest pause between two attempts.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);
/// Attempts before a message is parked for a person.
const ATTEMPTS: i64 = 12;
/// How often to look without being told: leases that lapsed, messages that became due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause after a failure of the database, so that a dead one is not hammered.
const BREATH: Duration = Duration::from_secs(1);

/// Works until `stop`. What is under way is finished.
pub async fn run(intake: Intake, mailer: Mailer, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match step(&intake, &mailer).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = intake.wait_for_work() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "the worker could not go on");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Does everything that is due now, and returns: for tests that own the clock.
pub async fn drain(intake: &Intake, mailer: &Mailer) -> Result<(), IntakeError> {
    while step(intake, mailer).await? {}
    Ok(())
}

/// One document and one message, if there are any; whether there was something to do.
async fn step(intake: &Intake, mailer: &Mailer) -> Result<bool, IntakeError> {
    let decided = intake.process_next().await?;
    let sent = send_next(intake, mailer).await?;
    Ok(decided || sent)
}

async fn send_next(intake: &Intake, mailer: &Mailer) -> Result<bool, IntakeError> {
    let now = intake.now();
    let Some(message) = intake
        .store()
        .claim_message(now, now + MESSAGE_LEASE)
        .await?
    else {
        return Ok(false);
    };
    match send(intake, mailer, &message).await {
        Ok(()) => {
            intake
                .store()
                .message_sent(&message.id, intake.now())
                .await?;
            tracing::info!(petition = %message.number, kind = message.kind.as_str(), "message handed over");
        }
        Err(error) => give_back(intake, &message, &error).await?,
    }
    Ok(true)
}

/// Tries again later, or parks the message for a person. The error of a mail server may quote the address, so it is not
/// logged, only kept beside the message.
async fn give_back(
    intake: &Intake,
    message: &Message,
    error: &MailError,
) -> Result<(), IntakeError> {
    let parked = matches!(error, MailError::Permanent(_)) || message.attempts >= ATTEMPTS;
    let state = if parked {
        MessageState::Parked
    } else {
        MessageState::Pending
    };
    let doublings = u32::try_from(message.attempts.clamp(1, 20) - 1).unwrap_or_default();
    let pause = FIRST_PAUSE
        .checked_mul(1 << doublings)
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
    intake
        .store()
        .message_failed(&message.id, &error.to_string(), intake.now() + pause, state)
        .await?;
    tracing::warn!(
        petition = %message.number, kind = message.kind.as_str(), attempts = message.attempts, parked,
        "a message could not be handed over"
    );
    Ok(())
}

/// Makes the link a message carries, at the moment of sending, so that its life starts now; then hands it over.
async fn send(intake: &Intake, mailer: &Mailer, message: &Message) -> Result<(), MailError> {
    let transient = |error: &dyn std::fmt::Display| MailError::Transient(error.to_string());
    let petition = intake
        .store()
        .petition(&message.number)
        .await
        .map_err(|error| transient(&error))?;
    let content = petition
        .and_then(|petition| petition.content)
        .ok_or_else(|| MailError::Permanent("a message without its petition".to_owned()))?;
    let record = intake
        .store()
        .employer(&content.ruc, &content.branch)
        .await
        .map_err(|error| transient(&error))?;
    let now = intake.now();
    let link = match link_of(message.kind) {
        None => None,
        Some((kind, path)) => {
            let token = intake.token();
            let row = LinkRow {
                kind,
                number: message.number.clone(),
                ruc: content.ruc.clone(),
                branch: content.branch.clone(),
                email: (kind == LinkKind::Confirm).then(|| message.recipient.clone()),
                created_at: now,
                expires_at: now + life_of(intake, kind),
                dead_at: None,
            };
            intake
                .store()
                .keep_link(token.hash(), &row)
                .await
                .map_err(|error| transient(&error))?;
            Some(address(intake, path, &token))
        }
    };
    let legal_name = record
        .map(|record| record.employer.legal_name)
        .unwrap_or_default();
    let letter = letters::write(message, &legal_name, link, intake.settings(), now);
    mailer.send(&letter).await
}

fn link_of(kind: MessageKind) -> Option<(LinkKind, &'static str)> {
    match kind {
        MessageKind::ResetLink => Some((LinkKind::Reset, "clave")),
        MessageKind::ConfirmEmail => Some((LinkKind::Confirm, "correo")),
        MessageKind::EmailChangeNotice => Some((LinkKind::Freeze, "no-fui-yo")),
        MessageKind::PasswordChanged | MessageKind::EmailChanged => None,
    }
}

fn life_of(intake: &Intake, kind: LinkKind) -> SignedDuration {
    match kind {
        LinkKind::Reset => intake.settings().link_life,
        LinkKind::Confirm | LinkKind::Freeze => intake.settings().confirmation_life,
    }
}

fn address(intake: &Intake, path: &str, token: &Token) -> String {
    format!("{}/{path}/{}", intake.settings().public_url, token.reveal())
}

/// When a message may be claimed again at the latest, should this process die now.
#[must_use]
pub fn longest_lease(now: Timestamp) -> Timestamp {
    now + MESSAGE_LEASE
}
