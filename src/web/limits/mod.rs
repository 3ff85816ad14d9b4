//! How much one address may ask for (PRODUCT threats 13, 14 and 22):
//!
//! - **requests**: beyond it everything is refused with 429. In memory, each instance its own: a first fence that costs nothing;
//! - **wrong guesses** of secrets, numbers and tokens, counted in the database for all instances together, behind a fence in
//!   memory that spares it those who guess without end: beyond it wrong ones are answered 429, all alike. Right ones are still
//!   served: behind one address of a provider sit many companies, and nobody may close the door to the others. What protects
//!   a secret is its length, not this;
//! - **pieces of uploads** that bring next to nothing, in memory: beyond it they are not kept, and told to come back (429);
//! - **petitions and documents**, in the database too: beyond it, or beyond the employer's budget (`intake::limits`), or when
//!   this instance is busy, each costs some seconds of work of the sender's machine (`work`).

mod client;
mod work;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::App;
use super::company;
use super::messages::WebError;
use crate::domain::Token;

pub(super) use client::Client;
pub(super) use work::{Asked, admit, proof_in};

/// How often one address may do what.
#[derive(Debug, Clone)]
pub struct Rates {
    /// Requests of one address within a minute.
    pub requests_per_minute: NonZeroU32,
    /// Wrong secrets and tokens of one address within a minute.
    pub wrong_guesses_per_minute: NonZeroU32,
    /// Petitions and documents of all addresses within a minute before work is asked.
    pub petitions_per_minute: NonZeroU32,
    /// Petitions and documents of one address within an hour before work is asked.
    pub petitions_per_address_hour: NonZeroU32,
}

/// Nobody is held back, for services that are not open to the world.
impl Default for Rates {
    fn default() -> Self {
        Self {
            requests_per_minute: NonZeroU32::MAX,
            wrong_guesses_per_minute: NonZeroU32::MAX,
            petitions_per_minute: NonZeroU32::MAX,
            petitions_per_address_hour: NonZeroU32::MAX,
        }
    }
}

type PerAddress = DefaultKeyedRateLimiter<IpAddr>;

/// The budgets of this instance.
#[derive(Debug)]
pub(super) struct Limits {
    rates: Rates,
    clock: DefaultClock,
    requests: PerAddress,
    guesses: PerAddress,
    little: PerAddress,
    all_petitions: DefaultDirectRateLimiter,
    asked: AtomicU32,
}

/// Pieces of uploads of one address within a minute that bring next to nothing. Each costs a sync of the disk, and the only
/// writer of a database in a file for as long: some ten milliseconds. A line that breaks every ten seconds makes six of them, so
/// fifty such lines behind one address are held back by nothing.
const LITTLE_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("not zero");

/// So many requests, and the addresses whose budgets are full again are forgotten.
const SWEEP_EVERY: u32 = 10_000;

impl Limits {
    pub(super) fn new(rates: &Rates) -> Self {
        Self {
            clock: DefaultClock::default(),
            requests: RateLimiter::keyed(Quota::per_minute(rates.requests_per_minute)),
            guesses: RateLimiter::keyed(Quota::per_minute(rates.wrong_guesses_per_minute)),
            little: RateLimiter::keyed(Quota::per_minute(LITTLE_PER_MINUTE)),
            all_petitions: RateLimiter::direct(Quota::per_minute(rates.petitions_per_minute)),
            asked: AtomicU32::new(0),
            rates: rates.clone(),
        }
    }

    /// Takes one from the requests of `client`; how long until there is one again.
    fn request(&self, client: Client) -> Result<(), u64> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.requests.retain_recent();
            self.guesses.retain_recent();
            self.little.retain_recent();
        }
        if client.is_local() {
            return Ok(());
        }
        self.takes_one(&self.requests, client)
    }

    /// Takes one from the pieces of next to nothing that `client` may send; how long until there is one again.
    pub(super) fn may_send_little(&self, client: Client) -> Result<(), u64> {
        if client.is_local() {
            return Ok(());
        }
        self.takes_one(&self.little, client)
    }

    fn takes_one(&self, budget: &PerAddress, client: Client) -> Result<(), u64> {
        budget
            .check_key(&client.address)
            .map_err(|until| in_seconds(until.wait_time_from(self.clock.now())))
    }
}

/// Takes one from the wrong guesses of `client`; how long until there is one again.
async fn count_guess(app: &App, client: Client) -> Result<(), WebError> {
    let limits = &app.limits;
    limits
        .takes_one(&limits.guesses, client)
        .map_err(|wait| WebError::TooMany(Some(wait)))?;
    let most = limits.rates.wrong_guesses_per_minute;
    let counted = app.intake.count_guess(client.address, most).await?;
    counted.map_err(|wait| WebError::TooMany(Some(in_seconds(wait.unsigned_abs()))))
}

/// Whether one more petition, or document of so many bytes, is within the budgets of its sender and of this instance.
async fn counts_as_usual(app: &App, client: Client, bytes: u64) -> Result<bool, WebError> {
    let most = app.limits.rates.petitions_per_address_hour;
    // Whoever has used up his own takes nothing from what everybody has.
    let of_address = client.is_local()
        || app.intake.count_sending(client.address, most).await?
            && app.intake.count_upload_from(client.address, bytes).await?;
    Ok(of_address && app.limits.all_petitions.check().is_ok())
}

fn in_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(1)
}

/// Layer that knows who asks, refuses who asks too much, and counts wrong guesses.
pub(super) async fn guard(
    State(app): State<App>,
    // An address without a path (`OPTIONS *`, `CONNECT host:1`) has none.
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = app
        .proxies
        .client_of(request.extensions(), request.headers());
    let client = Client::at(address);
    if counts(request.uri().path())
        && let Err(wait) = app.limits.request(client)
    {
        return WebError::TooMany(Some(wait)).into_response();
    }
    request.extensions_mut().insert(client);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(String::new(), |route| route.as_str().to_owned());
    let held_a_secret = company::is_presented(request.headers());
    let answer = next.run(request).await;
    let guess = Guess::of(&route, parameters.ok().as_ref(), held_a_secret, &answer);
    if !guess.counts_as_wrong(&app).await {
        return answer;
    }
    match count_guess(&app, client).await {
        Ok(()) => answer,
        Err(refused) => refused.into_response(),
    }
}

/// What everybody may have at any time: what pages load, and whether the service lives.
fn counts(path: &str) -> bool {
    !["/assets/", "/salud/", "/metrics"]
        .iter()
        .any(|free| path.starts_with(free))
}

/// What an answer says about the number, the secret or the token that was asked with.
enum Guess {
    /// It fits, or there was none to fit.
    Right,
    /// There is none like it.
    Wrong,
    /// It is no living link; whether it ever was one is for the store to say.
    Dead(Token),
}

impl Guess {
    fn of(
        route: &str,
        parameters: Option<&RawPathParams>,
        held_a_secret: bool,
        answer: &Response,
    ) -> Self {
        // Members of the back office have a door of their own.
        let guessable = !route.starts_with("/oficina")
            // What a browser forgets is not looked at.
            && route != "/solicitud/{number}/olvidar"
            && ["{number}", "{token}", "{id}"]
                .iter()
                .any(|part| route.contains(part));
        let to = answer.headers().get(LOCATION);
        let sent_away = to.is_some_and(|to| to.as_bytes().starts_with(b"/consulta"));
        match answer.status() {
            StatusCode::NOT_FOUND if guessable => Self::Wrong,
            // The form that asks for number and secret.
            StatusCode::UNPROCESSABLE_ENTITY if route == "/consulta" => Self::Wrong,
            // A page asked for with a cookie that is not that petition's.
            StatusCode::SEE_OTHER if guessable && sent_away && held_a_secret => Self::Wrong,
            StatusCode::GONE => parameters
                .into_iter()
                .flatten()
                .find(|(name, _)| *name == "token")
                .and_then(|(_, text)| Token::presented(text))
                .map_or(Self::Wrong, Self::Dead),
            _ => Self::Right,
        }
    }

    /// A link that once was one is no guess: somebody opens it twice, or too late.
    async fn counts_as_wrong(self, app: &App) -> bool {
        match self {
            Self::Right => false,
            Self::Wrong => true,
            Self::Dead(token) => !app.intake.is_link(&token).await.unwrap_or(false),
        }
    }
}
