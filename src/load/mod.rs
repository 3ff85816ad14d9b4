//! Measures a running service the way its clients meet it: real petitions, signed before anything is measured, sent at the
//! moments of a timetable and not when the one before was answered, so that a slow answer costs whoever waits behind it
//! (without this, a service that stalls looks fast: the "coordinated omission").
//!
//! - `papers`: what is sent, and what the service must answer;
//! - [`bare`]: how fast the same files are verified on this machine when nothing else is done with them;
//! - [`floor`]: how fast they are taken, synced and verified by the same client and a service that does nothing else;
//! - `sending`: one stretch of load, from the first request to the last decision;
//! - `figures`: what came of it, as a row of a table.

pub mod bare;
mod figures;
pub mod floor;
mod papers;
mod sending;
mod server;

use std::time::Duration;

pub use figures::{Row, TABLE_HEAD};
pub use papers::{FIRST_EMPLOYER, Paper, REPRESENTATIVES};
pub use server::Server;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Order {
    /// Addresses of its instances, at least one, without a slash at the end: each request goes to the next one.
    pub urls: Vec<String>,
    /// Petitions of each stretch.
    pub petitions: usize,
    /// Employers whose petitions are sent: those that [`crate::store::Store::populate`] made.
    pub employers: u64,
    /// Uploads under way at a time while the capacity is sought.
    pub at_once: usize,
    /// Processes of the service whose memory and processor time are told, if they run on this machine.
    pub server: Server,
}

impl Order {
    /// The instance that a request goes to.
    fn instance(&self, request: usize) -> &str {
        let instances = self.urls.len().max(1);
        self.urls
            .get(request % instances)
            .map_or("", String::as_str)
    }
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The service could not be asked.
    #[error("the service can't be asked: {0}")]
    Http(#[from] reqwest::Error),
    /// Nothing could be written, or listened to.
    #[error("the floor can't be measured: {0}")]
    Io(#[from] std::io::Error),
    /// It answered something else than was expected.
    #[error("{what}: the service answered {said}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// Status and the beginning of the body.
        said: String,
    },
    /// A form could not be signed.
    #[error("a form can't be signed: {0}")]
    Sign(String),
    /// Petitions that were promised a decision had none in time.
    #[error("{0} petitions were not decided in time")]
    Undecided(usize),
    /// Petitions were decided otherwise than they had to be.
    #[error("{0} petitions were decided otherwise than they must be, the first one: {1}")]
    Wrong(usize, String),
}

/// How a stretch of load is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pace {
    /// So many at a time, each as soon as the one before it is answered: what finds out the capacity.
    AtOnce(usize),
    /// So many a second, whatever becomes of the earlier ones.
    PerSecond(f64),
}

/// Parts of the capacity at which the service is measured.
const PARTS: [(&str, f64); 3] = [("half", 0.5), ("full", 0.9), ("twice", 2.0)];

/// Prepares everything, then measures: the bare rate, the capacity, and the parts of it. `tell` gets each row as it comes.
///
/// # Errors
/// When the service can't be asked, or decides otherwise than it must.
pub async fn measure(order: &Order, mut tell: impl FnMut(&Row)) -> Result<(), LoadError> {
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(order.at_once.max(64))
        .build()?;
    let clock = crate::clock::Clock::system();
    let mut papers = papers::prepare(&client, order, PARTS.len() + 1, &clock).await?;
    let bare = bare::rate(papers.iter().flatten(), Duration::from_secs(2), clock.now());
    let whole: Vec<Paper> = papers.first().cloned().unwrap_or_default();
    let folder = std::env::temp_dir();
    let floor = floor::rate(&client, &whole, order.at_once, &folder, clock.now()).await?;
    let mut next = || papers.pop().unwrap_or_default();
    let stretch = sending::Stretch {
        client: &client,
        order,
        clock: &clock,
        bare,
        floor,
    };
    let row = stretch
        .run("capacity", next(), Pace::AtOnce(order.at_once))
        .await?;
    let capacity = row.decided_per_second;
    tell(&row);
    for (name, part) in PARTS {
        let pace = Pace::PerSecond(capacity * part);
        tell(&stretch.run(name, next(), pace).await?);
    }
    Ok(())
}
