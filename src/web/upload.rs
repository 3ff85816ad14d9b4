//! The body of an upload as a stream of bytes, raw or as the part `file` of a form, handed on as it arrives. Whole documents
//! are collected by the document store, up to the upload limit.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::App;
use super::limits::{self, Asked, Client};
use super::messages::{RETRY_WHEN_BUSY, WebError};
use super::shares::{Share, Shares};
use crate::domain::{DossierItem, PetitionNumber, Token};
use crate::intake::Receipt;
use crate::intake::review::Officer;

/// How bad a line may be.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Longest silence before an upload is given up.
    idle: Duration,
    /// How long a body is not measured: lines begin slowly.
    grace: Duration,
    /// How slowly it may come on average after that.
    least_bytes_a_second: u64,
}

/// With everybody. Silence for longer than a phone needs to change its antenna; less than the worst telephone line carries, and
/// too much for somebody who wants to keep every place occupied for nothing.
const PATIENCE: Patience = Patience {
    idle: Duration::from_mins(1),
    grace: Duration::from_mins(1),
    least_bytes_a_second: 500,
};

/// What of a refused body is still read away, so that a browser in the middle of sending gets to see our answer
/// instead of a reset connection; beyond it the connection is closed.
const DRAIN_BYTES: u64 = 256 * 1024 * 1024;
/// And for how long.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// Uploads at the same time. Each holds one file and one buffer open for as long as the sender's line is slow; more
/// than these are told to come back (503) before the process runs out of files.
const SLOTS: usize = 256;
/// Of those, what one address may have at any time.
const SLOTS_OF_ONE: usize = SLOTS / 16;
/// With more than so many free it may have others too: a whole town of slow lines may stand behind one address. Those that are
/// left are for all other addresses.
const SLOTS_FOR_OTHERS: usize = SLOTS / 2;

/// Places for uploads under way.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    shares: Shares,
}

/// The place of an upload under way. Whoever refuses one gives it back before he reads the rest away.
#[derive(Debug)]
pub(super) struct Slot {
    _one: OwnedSemaphorePermit,
    _share: Share,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            free: Arc::new(Semaphore::new(SLOTS)),
            shares: Shares::of(SLOTS_OF_ONE),
        }
    }

    /// A place for an upload of `client`; of somebody at work in the office without one, in nobody's share.
    ///
    /// # Errors
    /// [`WebError::Busy`] when there is none.
    pub(super) fn take(&self, client: Option<Client>) -> Result<Slot, WebError> {
        let none = || WebError::Busy(RETRY_WHEN_BUSY);
        let of_its_own = client.map_or_else(
            || Some(Shares::uncounted()),
            |client| self.shares.take(client),
        );
        let share = match of_its_own {
            Some(share) => share,
            None if self.free.available_permits() > SLOTS_FOR_OTHERS => Shares::uncounted(),
            None => return Err(none()),
        };
        let one = Arc::clone(&self.free).try_acquire_owned();
        Ok(Slot {
            _one: one.map_err(|_| none())?,
            _share: share,
        })
    }
}

/// Room for the framing of a form around its file.
const FRAMING_BYTES: u64 = 64 * 1024;

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// Silence, or next to nothing, for too long ([`PATIENCE`]).
    #[error("the line went silent")]
    Stalled,
    /// More than any form has around a document of at most so many bytes.
    #[error("more than {0} bytes")]
    TooLarge(u64),
    /// The sender went away, or the framing is broken.
    #[error("the body broke off")]
    Broken,
}

/// What an uploaded file is.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) enum Upload<'a> {
    /// A signed document without a number.
    Letter,
    /// A signed document under this number, from whoever shows this secret, if any.
    Signed(&'a PetitionNumber, Option<&'a Token>),
    /// The appointment of a new representative, from whoever holds the petition's secret.
    Appointment(&'a PetitionNumber, &'a Token),
    /// The scan of a document at the counter, by an officer.
    Scan(&'a PetitionNumber, DossierItem, &'a Officer),
}

/// Takes the body of `request` to the intake and gives back the receipt.
pub(in crate::web) async fn receive(
    app: &App,
    upload: Upload<'_>,
    request: Request,
) -> Result<Receipt, WebError> {
    // An officer at work is no stranger who floods.
    let stranger = !matches!(upload, Upload::Scan(..));
    let client = request.extensions().get::<Client>().copied();
    let client = client.filter(|_| stranger);
    let limit = app.upload_bytes();
    let (announced, waits) = (
        announced_length(request.headers()),
        request.headers().contains_key(EXPECT),
    );
    if announced.is_some_and(|length| length > limit + FRAMING_BYTES) {
        // A client that asked first (`Expect: 100-continue`) has sent nothing yet.
        if !waits {
            drain(request.into_body().into_data_stream()).await;
        }
        return Err(WebError::TooLarge(limit));
    }
    let number = match upload {
        Upload::Letter | Upload::Scan(..) => None,
        Upload::Signed(number, _) | Upload::Appointment(number, _) => Some(number),
    };
    let slot = app.upload_slots.take(client)?;
    // The cheapest question first: in a rush most are told to come back.
    if stranger && let Err(error) = app.intake.check_backlog().await {
        drop(slot);
        if !waits {
            drain(request.into_body().into_data_stream()).await;
        }
        return Err(error.into());
    }
    if let Some(client) = client {
        let asked = Asked::Document(number, announced.unwrap_or(limit));
        let proof = limits::proof_in(request.headers());
        if let Err(error) = limits::admit(app, client, asked, proof).await {
            drop(slot);
            if !waits {
                drain(request.into_body().into_data_stream()).await;
            }
            return Err(error);
        }
    }
    let receipt = if is_form(request.headers()) {
        from_form(app, upload, slot, request).await?
    } else {
        from_body(app, upload, slot, request.into_body()).await?
    };
    app.metrics.received(receipt.bytes);
    Ok(receipt)
}

async fn from_body(
    app: &App,
    upload: Upload<'_>,
    slot: Slot,
    body: Body,
) -> Result<Receipt, WebError> {
    let mut body = body.into_data_stream();
    let chunks = chunks(&mut body);
    let received = keep(app, upload, chunks).await;
    drop(slot);
    if unread(&received) {
        drain(body).await;
    }
    received
}

/// Whether it was refused while the sender may still be sending.
fn unread(received: &Result<Receipt, WebError>) -> bool {
    received
        .as_ref()
        .is_err_and(|error| !matches!(error, WebError::Stalled | WebError::NoFile))
}

/// How a body comes in.
struct Pace {
    patience: Patience,
    began: Instant,
    bytes: u64,
    limit: u64,
}

impl Pace {
    /// With a document of at most `limit` bytes in it.
    fn began(patience: Patience, limit: u64) -> Self {
        Self {
            patience,
            began: Instant::now(),
            bytes: 0,
            limit,
        }
    }

    /// Waits for the next piece, which must come soon, and with it the body must not have become too slow or too long.
    async fn next<E>(
        &mut self,
        coming: impl Future<Output = Option<Result<Bytes, E>>>,
    ) -> Option<Result<Bytes, BodyError>> {
        let chunk = match tokio::time::timeout(self.patience.idle, coming).await {
            Err(_) => return Some(Err(BodyError::Stalled)),
            Ok(chunk) => chunk?.map_err(|_| BodyError::Broken),
        };
        if let Ok(chunk) = &chunk {
            self.bytes = self.bytes.saturating_add(chunk.len() as u64);
            if self.bytes > self.limit.saturating_add(FRAMING_BYTES) {
                return Some(Err(BodyError::TooLarge(self.limit)));
            }
            if self.is_too_slow(self.began.elapsed()) {
                return Some(Err(BodyError::Stalled));
            }
        }
        Some(chunk)
    }

    fn is_too_slow(&self, elapsed: Duration) -> bool {
        let measured = elapsed.saturating_sub(self.patience.grace).as_millis();
        let least = measured.saturating_mul(u128::from(self.patience.least_bytes_a_second));
        u128::from(self.bytes).saturating_mul(1000) < least
    }
}

/// The body piece by piece, until it ends, breaks off, falls silent or is too slow. Whoever keeps it counts its length.
pub(super) fn chunks(
    body: &mut BodyDataStream,
) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
    paced(body, PATIENCE, u64::MAX)
}

fn paced<E>(
    body: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    patience: Patience,
    limit: u64,
) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
    let pace = Pace::began(patience, limit);
    stream::unfold((body, pace), |(mut body, mut pace)| async {
        let chunk = pace.next(body.next()).await?;
        Some((chunk, (body, pace)))
    })
}

/// A body of which a form is read, and the rest of it afterwards, when the form was refused.
#[derive(Clone)]
struct Shared(Arc<Mutex<BodyDataStream>>);

impl Stream for Shared {
    type Item = <BodyDataStream as Stream>::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.poll_next_unpin(context)
    }
}

/// A form on its way in, and its body. The whole of it has one pace and one limit: what stands before the file keeps a place
/// occupied just as well.
async fn open_form(
    request: Request,
    patience: Patience,
    limit: u64,
) -> Result<(Multipart, Shared), WebError> {
    let (head, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body.into_data_stream())));
    let whole = Body::from_stream(paced(body.clone(), patience, limit));
    let form = Multipart::from_request(Request::from_parts(head, whole), &()).await;
    Ok((form.map_err(|_| WebError::NoFile)?, body))
}

/// What became of the body below a form that can't be read on.
fn why_broken(error: &MultipartError) -> BodyError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(why) = error.downcast_ref() {
            return *why;
        }
        cause = error.source();
    }
    BodyError::Broken
}

async fn from_form(
    app: &App,
    upload: Upload<'_>,
    slot: Slot,
    request: Request,
) -> Result<Receipt, WebError> {
    let (mut form, body) = open_form(request, PATIENCE, app.upload_bytes()).await?;
    let received = keep_file(app, upload, &mut form).await;
    drop((form, slot));
    if unread(&received) {
        drain(body).await;
    }
    received
}

/// Keeps the part `file`; what stands before it is passed over.
async fn keep_file(
    app: &App,
    upload: Upload<'_>,
    form: &mut Multipart,
) -> Result<Receipt, WebError> {
    while let Some(field) = form
        .next_field()
        .await
        .map_err(|error| why_broken(&error))?
    {
        if field.name() == Some("file") {
            let chunks = field.map_err(|error| why_broken(&error));
            return keep(app, upload, chunks).await;
        }
    }
    Err(WebError::NoFile)
}

async fn keep(
    app: &App,
    upload: Upload<'_>,
    chunks: impl Stream<Item = Result<Bytes, BodyError>> + Send,
) -> Result<Receipt, WebError> {
    let mut chunks = std::pin::pin!(chunks);
    // An empty body is told apart before anything is created for it.
    let first = loop {
        match chunks.next().await {
            None => return Err(WebError::Empty),
            Some(Ok(chunk)) if chunk.is_empty() => {}
            Some(chunk) => break chunk?,
        }
    };
    let all = stream::once(async { Ok(first) }).chain(chunks);
    let receipt = match upload {
        Upload::Letter => app.intake.receive(None, all).await,
        Upload::Signed(number, None) => app.intake.receive(Some(number), all).await,
        Upload::Signed(number, Some(secret)) => {
            app.intake.receive_from_holder(number, secret, all).await
        }
        Upload::Appointment(number, secret) => {
            app.intake.attach_appointment(number, secret, all).await
        }
        Upload::Scan(number, item, officer) => {
            return app
                .intake
                .scan(number, item, officer, all)
                .await
                .map_err(WebError::from);
        }
    };
    receipt.map_err(WebError::from)
}

impl From<BodyError> for WebError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Stalled => Self::Stalled,
            BodyError::TooLarge(limit) => Self::TooLarge(limit),
            BodyError::Broken => Self::NoFile,
        }
    }
}

pub(super) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_form(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .get(..19)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"))
    })
}

/// Reads and forgets the rest of a refused body, within limits.
pub(super) async fn drain<E>(mut rest: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let reading = async {
        let mut read = 0u64;
        while let Some(Ok(chunk)) = rest.next().await {
            read = read.saturating_add(chunk.len() as u64);
            if read > DRAIN_BYTES {
                break;
            }
        }
    };
    // When the time is over the connection closes under the sender: it has had its chance to listen.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_its_share_of_the_places_for_uploads() {
        let slots = Slots::new();
        let at = |address: &str| Some(Client::at(address.parse().unwrap()));
        let one = at("203.0.113.9");
        let taken: Vec<Slot> = std::iter::from_fn(|| slots.take(one).ok()).collect();
        assert_eq!(taken.len(), SLOTS / 2, "a town, while nobody else comes");
        // A second one has its share, and leaves room for seven more.
        let second = at("203.0.113.10");
        let more: Vec<Slot> = std::iter::from_fn(|| slots.take(second).ok()).collect();
        assert_eq!(more.len(), SLOTS / 16);
        let other = slots.take(at("198.51.100.1"));
        assert!(other.is_ok());
        drop((taken, more));
        assert!(slots.take(one).is_ok(), "given back");
        // On this machine, and in the office, is everybody.
        for client in [at("127.0.0.1"), None] {
            let all: Vec<Slot> = std::iter::from_fn(|| slots.take(client).ok()).collect();
            assert_eq!(all.len(), SLOTS - 1);
        }
    }

    #[test]
    fn a_bad_line_is_waited_for_and_one_that_only_occupies_a_place_is_not() {
        let is_too_slow = |bytes, elapsed| {
            let mut pace = Pace::began(PATIENCE, u64::MAX);
            pace.bytes = bytes;
            pace.is_too_slow(elapsed)
        };
        let after = Duration::from_mins;
        assert!(!is_too_slow(1, PATIENCE.grace));
        // A byte now and then, never silent for long.
        assert!(is_too_slow(30, after(3)));
        // GPRS at its worst, some 10 kbit/s, for as long as an upload may take.
        assert!(!is_too_slow(1_000 * 30 * 60, after(30)));
    }

    /// A form with one part of this name, whose contents come as they come.
    fn form_with(name: &str, contents: impl Stream<Item = Bytes> + Send + 'static) -> Request {
        let head = format!(
            "--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n"
        );
        let body = stream::once(async { Bytes::from(head) }).chain(contents);
        Request::builder()
            .method("POST")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from_stream(body.map(Ok::<_, BodyError>)))
            .unwrap()
    }

    /// How reading a form ends.
    async fn ends(request: Request, patience: Patience, limit: u64) -> Result<u64, BodyError> {
        let (mut form, _) = open_form(request, patience, limit).await.unwrap();
        let mut bytes = 0;
        loop {
            let next = form.next_field().await;
            let Some(mut field) = next.map_err(|error| why_broken(&error))? else {
                return Ok(bytes);
            };
            // Like `keep_file`: another part is dropped, and read away by the next question.
            while field.name() == Some("file")
                && let Some(chunk) = field.try_next().await.map_err(|error| why_broken(&error))?
            {
                bytes += chunk.len() as u64;
            }
        }
    }

    #[tokio::test]
    async fn a_part_before_the_file_that_drips_is_given_up_like_the_file() {
        let impatient = Patience {
            grace: Duration::ZERO,
            ..PATIENCE
        };
        let breathless = Patience {
            idle: Duration::from_millis(20),
            ..PATIENCE
        };
        for name in ["x", "file"] {
            let drops = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Some((Bytes::from_static(b"."), ()))
            });
            let ended = ends(form_with(name, drops), impatient, 1_000_000).await;
            assert_eq!(ended, Err(BodyError::Stalled), "{name} drips");
            let silence = stream::pending();
            let ended = ends(form_with(name, silence), breathless, 1_000_000).await;
            assert_eq!(ended, Err(BodyError::Stalled), "{name} is silent");
            let flood = stream::repeat(Bytes::from_static(&[b'.'; 1000]));
            let ended = ends(form_with(name, flood), PATIENCE, 10_000).await;
            assert_eq!(ended, Err(BodyError::TooLarge(10_000)), "{name} has no end");
        }
    }

    #[tokio::test]
    async fn a_file_of_the_largest_size_fits_into_its_form() {
        let contents = stream::iter([Bytes::from(vec![b'.'; 10_000]), "\r\n--b--\r\n".into()]);
        let ended = ends(form_with("file", contents), PATIENCE, 10_000).await;
        assert_eq!(ended, Ok(10_000));
    }

    #[tokio::test]
    async fn what_a_form_leaves_unread_can_be_read_away() {
        let contents = stream::iter(["12345", "67890"].map(Bytes::from));
        let request = form_with("file", contents);
        let (form, mut body) = open_form(request, PATIENCE, 10_000).await.unwrap();
        drop(form);
        let mut left = 0;
        while let Some(Ok(chunk)) = body.next().await {
            left += chunk.len();
        }
        assert!(left > 10, "{left}");
    }
}
