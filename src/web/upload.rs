//! The body of an upload as a stream of bytes, raw or as the part `file` of a form, handed on as it arrives. Whole documents
//! are collected by the document store, up to the upload limit.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};

use super::App;
use super::limits::{self, Asked, Client};
use super::messages::{RETRY_WHEN_BUSY, WebError};
use crate::domain::{DossierItem, PetitionNumber, Token};
use crate::intake::Receipt;
use crate::intake::review::Officer;

/// Longest silence on the line before an upload is given up: longer than a phone needs to change its antenna.
const IDLE: Duration = Duration::from_mins(1);

/// How slowly a body may come on average, once [`GRACE`] is over: less than the worst telephone line carries, and too much for
/// somebody who wants to keep every place occupied for nothing.
const LEAST_BYTES_A_SECOND: u64 = 500;
/// How long a body is not measured: lines begin slowly.
const GRACE: Duration = Duration::from_mins(1);

/// What of a refused body is still read away, so that a browser in the middle of sending gets to see our answer
/// instead of a reset connection; beyond it the connection is closed.
const DRAIN_BYTES: u64 = 256 * 1024 * 1024;
/// And for how long.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// Uploads at the same time. Each holds one file and one buffer open for as long as the sender's line is slow; more
/// than these are told to come back (503) before the process runs out of files.
pub(super) const SLOTS: usize = 256;

/// Room for the framing of a form around its file.
const FRAMING_BYTES: u64 = 64 * 1024;

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// Silence for [`IDLE`].
    #[error("the line went silent")]
    Stalled,
    /// The sender went away, or the framing is broken.
    #[error("the body broke off")]
    Broken,
}

/// What an uploaded file is.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) enum Upload<'a> {
    /// A signed document without a number.
    Letter,
    /// A signed document under this number.
    Signed(&'a PetitionNumber),
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
    let Ok(_slot) = app.upload_slots.try_acquire() else {
        return Err(WebError::Busy(RETRY_WHEN_BUSY));
    };
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
        Upload::Signed(number) | Upload::Appointment(number, _) => Some(number),
    };
    // An officer at work is no stranger who floods.
    let stranger = !matches!(upload, Upload::Scan(..));
    // The cheapest question first: in a rush most are told to come back.
    if stranger && let Err(error) = app.intake.check_backlog().await {
        if !waits {
            drain(request.into_body().into_data_stream()).await;
        }
        return Err(error.into());
    }
    let client = request.extensions().get::<Client>().copied();
    if let Some(client) = client.filter(|_| stranger) {
        let asked = Asked::Document(number, announced.unwrap_or(limit));
        let proof = limits::proof_in(request.headers());
        if let Err(error) = limits::admit(app, client, asked, proof).await {
            if !waits {
                drain(request.into_body().into_data_stream()).await;
            }
            return Err(error);
        }
    }
    let receipt = if is_form(request.headers()) {
        from_form(app, upload, request).await?
    } else {
        from_body(app, upload, request.into_body()).await?
    };
    app.metrics.received(receipt.bytes);
    Ok(receipt)
}

async fn from_body(app: &App, upload: Upload<'_>, body: Body) -> Result<Receipt, WebError> {
    let mut body = body.into_data_stream();
    let chunks = chunks(&mut body);
    let received = keep(app, upload, chunks).await;
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
    began: Instant,
    bytes: u64,
}

impl Pace {
    fn began() -> Self {
        Self {
            began: Instant::now(),
            bytes: 0,
        }
    }

    /// Waits for the next piece, which must come within [`IDLE`], and with it the body must not have become too slow.
    async fn next<E>(
        &mut self,
        coming: impl Future<Output = Option<Result<Bytes, E>>>,
    ) -> Option<Result<Bytes, BodyError>> {
        let chunk = match tokio::time::timeout(IDLE, coming).await {
            Err(_) => return Some(Err(BodyError::Stalled)),
            Ok(chunk) => chunk?.map_err(|_| BodyError::Broken),
        };
        if let Ok(chunk) = &chunk {
            self.bytes = self.bytes.saturating_add(chunk.len() as u64);
            if self.is_too_slow(self.began.elapsed()) {
                return Some(Err(BodyError::Stalled));
            }
        }
        Some(chunk)
    }

    fn is_too_slow(&self, elapsed: Duration) -> bool {
        let measured = elapsed.saturating_sub(GRACE).as_secs();
        self.bytes < measured.saturating_mul(LEAST_BYTES_A_SECOND)
    }
}

/// The body piece by piece, until it ends, breaks off, falls silent or is too slow.
pub(super) fn chunks(
    body: &mut BodyDataStream,
) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
    stream::unfold((body, Pace::began()), |(body, mut pace)| async {
        let chunk = pace.next(body.next()).await?;
        Some((chunk, (body, pace)))
    })
}

async fn from_form(app: &App, upload: Upload<'_>, request: Request) -> Result<Receipt, WebError> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| WebError::NoFile)?;
    while let Some(mut field) = form.next_field().await.map_err(|_| WebError::NoFile)? {
        if field.name() != Some("file") {
            continue;
        }
        let source = (&mut field, Pace::began());
        let chunks = stream::unfold(source, |(field, mut pace)| async {
            let chunk = pace.next(async { field.chunk().await.transpose() }).await?;
            Some((chunk, (field, pace)))
        });
        let received = keep(app, upload, chunks).await;
        if unread(&received) {
            drain(field).await;
        }
        return received;
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
        Upload::Signed(number) => app.intake.receive(Some(number), all).await,
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
    fn a_bad_line_is_waited_for_and_one_that_only_occupies_a_place_is_not() {
        let pace = |bytes| Pace {
            began: Instant::now(),
            bytes,
        };
        let after = Duration::from_mins;
        assert!(!pace(1).is_too_slow(GRACE));
        // A byte now and then, never silent for long.
        assert!(pace(30).is_too_slow(after(3)));
        // GPRS at its worst, some 10 kbit/s, for as long as an upload may take.
        assert!(!pace(1_000 * 30 * 60).is_too_slow(after(30)));
    }
}
