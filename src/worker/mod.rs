//! Takes queued jobs one by one: documents to their decision, messages to the mail server. Each may run twice (a crash
//! between doing and noting), so each is keyed so that twice does no harm: a decision is recorded once, a message
//! replaces itself, and of two links for one message only the newer one lives.

mod letters;
pub mod upkeep;

use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::domain::{State, Token};
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

/// Messages on their way at the same time: a slow mail server holds up neither decisions nor other messages.
const MESSAGES_AT_ONCE: usize = 4;

/// Documents that may wait for answers of CAs without holding up the others.
const ASKING: usize = 8;

/// What a loop of the worker takes.
#[derive(Debug, Clone, Copy)]
enum Work {
    Documents,
    Messages,
    /// Terms that have run out.
    Terms,
}

/// Works until `stop`. What is under way is finished.
pub async fn run(intake: Intake, mailer: Mailer, stop: CancellationToken) {
    if let Err(error) = intake.store().release_leases().await {
        tracing::error!(%error, "leases of an earlier process lapse by themselves");
    }
    // Some wait for CAs while others compute; how many compute at a time is the intake's affair.
    let deciders = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + ASKING;
    let mut loops = JoinSet::new();
    for _ in 0..deciders {
        let (intake, mailer, stop) = (intake.clone(), mailer.clone(), stop.clone());
        loops.spawn(supervise(Work::Documents, intake, mailer, stop));
    }
    for _ in 0..MESSAGES_AT_ONCE {
        let (intake, mailer, stop) = (intake.clone(), mailer.clone(), stop.clone());
        loops.spawn(supervise(Work::Messages, intake, mailer, stop));
    }
    let (terms, post, end) = (intake.clone(), mailer.clone(), stop.clone());
    loops.spawn(supervise(Work::Terms, terms, post, end));
    while loops.join_next().await.is_some() {}
}

/// Keeps one loop going: a panic costs one attempt, not the loop.
async fn supervise(work: Work, intake: Intake, mailer: Mailer, stop: CancellationToken) {
    loop {
        let one = work_until(work, intake.clone(), mailer.clone(), stop.clone());
        if tokio::spawn(one).await.is_ok() {
            return;
        }
        tracing::error!(?work, "a loop of the worker panicked and begins again");
        tokio::time::sleep(BREATH).await;
    }
}

async fn work_until(work: Work, intake: Intake, mailer: Mailer, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let done = match work {
            Work::Documents => intake.process_next().await,
            Work::Messages => send_next(&intake, &mailer).await,
            Work::Terms => intake.archive_lapsed().await.map(|archived| archived > 0),
        };
        match done {
            Ok(true) => {}
            Ok(false) => {
                let woken = async {
                    match work {
                        Work::Documents => intake.wait_for_document().await,
                        Work::Messages => intake.wait_for_message().await,
                        Work::Terms => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = woken => {}
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
    let archived = intake.archive_lapsed().await?;
    Ok(decided || sent || archived > 0)
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
    // Where one waits another one may: wake the next loop.
    intake.message_waits();
    if let Some(why) = overtaken(intake, &message).await? {
        let state = MessageState::Withdrawn;
        intake
            .store()
            .message_failed(&message.id, why, now, state)
            .await?;
        tracing::info!(petition = %message.number, kind = message.kind.as_str(), why, "message withdrawn");
        return Ok(true);
    }
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

/// Why a message that was decided once must not be sent any more. Time may have passed since: a hold, a mail server that
/// was down, «no fui yo».
async fn overtaken(
    intake: &Intake,
    message: &Message,
) -> Result<Option<&'static str>, IntakeError> {
    if !matches!(
        message.kind,
        MessageKind::ResetLink | MessageKind::ConfirmEmail
    ) {
        return Ok(None);
    }
    let Some(petition) = intake.store().petition(&message.number).await? else {
        return Ok(None);
    };
    if petition.state != State::Approved {
        return Ok(Some("the petition has had its effect"));
    }
    let Some(content) = petition.content else {
        return Ok(None);
    };
    let record = intake
        .store()
        .employer(&content.ruc, &content.branch)
        .await?;
    let Some(record) = record else {
        return Ok(Some("the employer is not in the registry any more"));
    };
    if record.frozen_since.is_some() {
        return Ok(Some("the account is frozen"));
    }
    let elsewhere = record.employer.email.as_ref() != Some(&message.recipient);
    if message.kind == MessageKind::ResetLink && elsewhere {
        return Ok(Some("another address is on file now"));
    }
    Ok(None)
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
        MessageKind::EmailChangeNotice
        | MessageKind::AppointmentNotice
        | MessageKind::CounterApproved => Some((LinkKind::Freeze, "no-fui-yo")),
        MessageKind::PasswordChanged
        | MessageKind::EmailChanged
        | MessageKind::ReviewApproved
        | MessageKind::ReviewRefused
        | MessageKind::CompletionWanted => None,
    }
}

fn life_of(intake: &Intake, kind: LinkKind) -> SignedDuration {
    match kind {
        LinkKind::Reset => intake.settings().link_life,
        LinkKind::Confirm => intake.settings().confirmation_life,
        // «No fui yo» must work as long as the change can be confirmed and the hold after it lasts.
        LinkKind::Freeze => intake.settings().confirmation_life + intake.settings().email_hold,
    }
}

fn address(intake: &Intake, path: &str, token: &Token) -> String {
    format!("{}/{path}/{}", intake.settings().public_url, token.reveal())
}
