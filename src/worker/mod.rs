//! Takes queued jobs, some of each kind at a time: documents to their decision (`intake`), messages to the mail server or the SMS gateway
//! (`messages`, in the words of `letters`), new keys to the portal (`deliveries`), the evidence of what is completed to the
//! audit log. Each may run twice (a crash between doing and noting), so each is keyed so that twice does no harm: a decision is
//! recorded once, a message replaces itself, of two links for one message only the newer one lives, and a portal acts once per
//! key. Beside them one loop looks at the clock (`schedule`). Whatever is taken is held by a lease that is renewed until it is
//! done (`store::leases`), so any number of processes may work on one database.

mod deliveries;
mod letters;
mod links;
mod messages;
mod schedule;
pub mod upkeep;

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::intake::{ASKING, Intake, IntakeError};
use crate::mail::Mailer;
use crate::portal::Portal;
use crate::sms::Sms;
use crate::threads;

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
            Work::Messages => messages::send_next(&intake, &carriers).await,
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
    let sent = messages::send_next(intake, carriers).await?;
    let entered = intake.fix_next_evidence().await;
    Ok(decided || delivered || sent || entered)
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
