//! Takes queued jobs one by one: documents to their decision, messages to the mail server or the SMS gateway, new keys to the
//! portal, the evidence of what is completed to the audit log. Each may run twice (a crash between doing and noting), so each is keyed so that twice does no harm: a decision is
//! recorded once, a message replaces itself, of two links for one message only the newer one lives, and a portal acts once per
//! key. Beside them one loop looks at the clock (`schedule`). Whatever is taken is held by a lease that is renewed until it is
//! done (`store::leases`), so any number of processes may work on one database.

mod deliveries;
mod letters;
mod schedule;
pub mod upkeep;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::domain::{Action, Recipient, State, Token};
use crate::intake::{ASKING, Intake, IntakeError, LEASE, messages};
use crate::mail::{Cause, Letter, MailError, Mailer};
use crate::portal::Portal;
use crate::sms::{ShortMessage, Sms};
use crate::store::{
    AlarmKind, DeliveryState, EmployerRecord, Held, LinkKind, LinkRow, Message, MessageKind,
    PetitionRow,
};
use crate::threads;
use crate::webhook::WebhookError;
use letters::Matter;

/// The ways out of the house. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Carriers {
    /// Mails.
    pub mailer: Mailer,
    /// Short messages.
    pub sms: Sms,
    /// New keys, when the portal is another system.
    pub portal: Option<Portal>,
    /// Folder into which a mail server puts what came back, if there is one.
    pub bounces: Option<PathBuf>,
}

/// First pause after a failure; doubled each time. Without chance in it: four at a time is no stampede.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// Longest pause between two attempts (RFC 5321 §4.5.4.1 asks for at least 30 minutes of those who try for days).
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);
/// How long it is tried (RFC 5321 §4.5.4.1: at least four to five days).
const GIVE_UP: SignedDuration = SignedDuration::from_hours(5 * 24);
/// Attempts that were cut off before they could be noted, after which a message or delivery is taken for poison.
const POISON: i64 = 10;
/// What is on its way for longer than this rings.
const LATE: SignedDuration = SignedDuration::from_hours(1);
/// How often to look without being told: leases that lapsed, messages that became due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause after a failure of the database, so that a dead one is not hammered.
const BREATH: Duration = Duration::from_secs(1);

/// Messages on their way at the same time: a slow mail server holds up neither decisions nor other messages.
const MESSAGES_AT_ONCE: usize = 4;

/// Deliveries to the portal at the same time.
const DELIVERIES_AT_ONCE: usize = 2;

/// What a loop of the worker takes.
#[derive(Debug, Clone, Copy)]
enum Work {
    Documents,
    Messages,
    Deliveries,
    Evidence,
    Schedule,
}

/// Works until `stop`. What is under way is finished.
pub async fn run(intake: Intake, carriers: Carriers, stop: CancellationToken) {
    if let Err(error) = intake.store().release_leases().await {
        tracing::error!(%error, "leases of an earlier process lapse by themselves");
    }
    // Some wait for CAs while others compute; how many compute at a time is the intake's affair.
    let deciders = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + ASKING;
    let kinds = [
        (Work::Documents, deciders),
        (Work::Messages, MESSAGES_AT_ONCE),
        (Work::Deliveries, DELIVERIES_AT_ONCE),
        (Work::Evidence, 1),
        (Work::Schedule, 1),
    ];
    let mut loops = JoinSet::new();
    for (work, count) in kinds {
        for _ in 0..count {
            let (intake, carriers, stop) = (intake.clone(), carriers.clone(), stop.clone());
            loops.spawn(supervise(work, intake, carriers, stop));
        }
    }
    while loops.join_next().await.is_some() {}
}

/// Keeps one loop going: a panic costs one attempt, not the loop.
async fn supervise(work: Work, intake: Intake, carriers: Carriers, stop: CancellationToken) {
    loop {
        let (intake, carriers, stop) = (intake.clone(), carriers.clone(), stop.clone());
        let one = move || work_until(work, intake, carriers, stop);
        let ended = match work {
            // Who decides computes most of the time.
            Work::Documents => threads::on_its_own(one),
            _ => tokio::spawn(one()),
        };
        if ended.await.is_ok() {
            return;
        }
        tracing::error!(?work, "a loop of the worker panicked and begins again");
        tokio::time::sleep(BREATH).await;
    }
}

async fn work_until(work: Work, intake: Intake, carriers: Carriers, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let done = match work {
            Work::Documents => intake.process_next().await,
            Work::Messages => send_next(&intake, &carriers).await,
            Work::Deliveries => deliveries::deliver_next(&intake, &carriers).await,
            Work::Evidence => Ok(intake.fix_next_evidence().await),
            Work::Schedule => schedule::look(&intake, &carriers).await.map(|()| false),
        };
        match done {
            Ok(true) => {}
            Ok(false) => {
                let woken = async {
                    match work {
                        Work::Documents => intake.wait_for_document().await,
                        Work::Messages => intake.wait_for_message().await,
                        Work::Deliveries => intake.wait_for_delivery().await,
                        Work::Evidence => intake.wait_for_evidence().await,
                        Work::Schedule => std::future::pending().await,
                    }
                };
                let pause = match work {
                    // What nobody told this process of is found by the schedule.
                    Work::Evidence | Work::Schedule => schedule::EVERY,
                    _ => LOOK_EVERY,
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = woken => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
            Err(error) => {
                tracing::error!(?work, %error, "the worker could not go on");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Does everything that is due now, and returns: for tests that own the clock.
pub async fn drain(intake: &Intake, carriers: &Carriers) -> Result<(), IntakeError> {
    schedule::deadlines(intake).await?;
    schedule::bounces(intake, carriers).await?;
    while step(intake, carriers).await? {}
    Ok(())
}

/// One document, one delivery, one message and the evidence of one petition, if there are any; whether there was something to do.
async fn step(intake: &Intake, carriers: &Carriers) -> Result<bool, IntakeError> {
    let decided = intake.process_next().await?;
    let delivered = deliveries::deliver_next(intake, carriers).await?;
    let sent = send_next(intake, carriers).await?;
    let entered = intake.fix_next_evidence().await;
    Ok(decided || delivered || sent || entered)
}

async fn send_next(intake: &Intake, carriers: &Carriers) -> Result<bool, IntakeError> {
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
        return park(intake, message, messages::CUT_OFF, Cause::Here).await;
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
        Err(error) => give_back(intake, message, &error).await?,
    }
    Ok(())
}

/// What stands behind a message.
struct Context {
    petition: Option<PetitionRow>,
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

/// Whether more attempts than that were cut off before they could be noted: whatever it is brings the process down.
fn is_poison(attempts: i64, failures: i64) -> bool {
    attempts - 1 - failures >= POISON
}

/// The pause after so many failures.
fn pause_after(failures: i64) -> SignedDuration {
    let doublings = u32::try_from(failures.clamp(0, 20)).unwrap_or_default();
    FIRST_PAUSE
        .checked_mul(1 << doublings)
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
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
    if petition.state != State::Approved {
        return Ok(Some("el trámite ya tuvo su efecto"));
    }
    if petition.is_at_the_counter() {
        return Ok(Some("el enlace se abre en la ventanilla"));
    }
    let Some(record) = &context.record else {
        return Ok(Some("el empleador ya no consta en el registro"));
    };
    if record.stops(petition.decided_at) {
        return Ok(Some("la cuenta fue detenida"));
    }
    // The others lead to the link for a password, which goes to the address on file.
    if message.kind == MessageKind::ConfirmEmail {
        return Ok(None);
    }
    let on_file = record.employer.email.clone().map(Recipient::from);
    if on_file.as_ref() != Some(&message.recipient) {
        return Ok(Some("ahora consta otro correo"));
    }
    let deliveries = intake.store().deliveries_of(&message.number).await?;
    // A link would open what nothing may be asked for any more, and the others would promise one.
    let over = petition.decided_at.is_none_or(|decided_at| {
        let hold = record.email_hold_until;
        intake.now() >= intake.approval_until(decided_at, hold, &deliveries)
    });
    if over {
        return Ok(Some("el plazo de la aprobación terminó"));
    }
    let handing_over = deliveries
        .iter()
        .any(|delivery| delivery.payload.is_some() && delivery.state == DeliveryState::Pending);
    Ok(handing_over.then_some("la clave nueva se está entregando al portal"))
}

/// Until when a message waits that says that a link can be asked for: a hold may have begun since it was decided.
fn held_until(message: &Message, context: &Context, now: Timestamp) -> Option<Timestamp> {
    let says_so = matches!(
        message.kind,
        MessageKind::LinkReady | MessageKind::ReviewApproved
    );
    let hold = context.record.as_ref()?.email_hold_until;
    hold.filter(|until| says_so && *until > now)
}

/// Tries again later, or parks the message for a person. The error of a mail server may quote the address, so it is not
/// logged, only kept beside the message.
async fn give_back(
    intake: &Intake,
    message: &Held<Message>,
    error: &MailError,
) -> Result<(), IntakeError> {
    let now = intake.now();
    let age = now.duration_since(message.due_at.min(message.created_at));
    let (MailError::Permanent(cause, said) | MailError::Transient(cause, said)) = error;
    if matches!(error, MailError::Permanent(..)) || age >= GIVE_UP {
        return park(intake, message, said, *cause).await;
    }
    let due_at = now + pause_after(message.failures);
    intake.store().message_failed(message, said, due_at).await?;
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
    why: &str,
    cause: Cause,
) -> Result<(), IntakeError> {
    let operator = intake.settings().alarm_email.as_ref();
    let now = intake.now();
    intake
        .store()
        .park_message(message, why, operator, now)
        .await?;
    tracing::error!(
        petition = %message.number, kind = message.kind.as_str(), attempts = message.attempts, %cause,
        alarm = AlarmKind::MessageParked.as_str(), "a message is parked: somebody must look"
    );
    Ok(())
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
    let link = link_for(intake, message, context, now).await?;
    let stop = if has_stop(message.kind) {
        Some(make_link(intake, message, context, LinkKind::Freeze, now).await?)
    } else {
        None
    };
    let content = context
        .petition
        .as_ref()
        .and_then(|petition| petition.content.as_ref());
    let matter = Matter {
        message,
        action: content.map_or(Action::ResetPassword, |content| content.action),
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
                    let said = WebhookError::Refused(status).to_string();
                    Err(MailError::Permanent(Cause::Status(status), said))
                }
                Err(error) => Err(MailError::Transient(Cause::Gateway, error.to_string())),
            }
        }
    }
}

/// The address that a message leads to. A link that does something is made now.
async fn link_for(
    intake: &Intake,
    message: &Held<Message>,
    context: &Context,
    now: Timestamp,
) -> Result<Option<String>, MailError> {
    let Some(kind) = link_of(message.kind) else {
        let page = format!(
            "{}/consulta?number={}",
            intake.settings().public_url,
            message.number
        );
        return Ok(leads_to_page(message.kind).then_some(page));
    };
    Ok(Some(make_link(intake, message, context, kind, now).await?))
}

/// The address of a link that is made now, for the petition of a message.
async fn make_link(
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
        .ok_or_else(|| MailError::Permanent(Cause::Here, messages::NO_PETITION.to_owned()))?;
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
        .map_err(|error| MailError::Transient(Cause::Here, error.to_string()))?;
    let path = match kind {
        LinkKind::Reset => "clave",
        LinkKind::Confirm => "correo",
        LinkKind::Freeze => "no-fui-yo",
    };
    Ok(address(intake, path, &token))
}

/// Whether a message that leads to a key also carries what stops it (PRODUCT threat 2): whoever reads the registered mailbox
/// and asked for nothing.
fn has_stop(kind: MessageKind) -> bool {
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
        // «No fui yo» must work as long as the change can be confirmed and the hold after it lasts.
        LinkKind::Freeze => intake.settings().confirmation_life + intake.settings().email_hold,
    }
}

fn address(intake: &Intake, path: &str, token: &Token) -> String {
    format!("{}/{path}/{}", intake.settings().public_url, token.reveal())
}
