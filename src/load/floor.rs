//! The floor: what any service must do that gives receipts which hold, on this machine and with this client. It takes the same
//! files over HTTP, writes them to one file, syncs it, answers, and verifies them. It knows no employer, decides nothing, and
//! remembers nothing that anybody could ask for.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::LoadError;
use super::bare::{Judge, processors};
use super::papers::Paper;

/// A document, and who waits until it is on the disk.
type Arrived = (Bytes, oneshot::Sender<()>);

/// Documents a second that are taken, synced and verified, sent `at_once` at a time. What is written lies in `folder` meanwhile.
///
/// # Errors
/// When nothing can be written there, or the floor can't be asked.
pub async fn rate(
    client: &reqwest::Client,
    papers: &[Paper],
    at_once: usize,
    folder: &Path,
    at: Timestamp,
) -> Result<f64, LoadError> {
    let path = folder.join(format!("clavero-load-{}", std::process::id()));
    let file = File::create(&path)?;
    // Gone when it is closed.
    std::fs::remove_file(&path)?;
    let (arrives, arrived) = mpsc::channel();
    let (synced, to_judge) = mpsc::channel();
    let judged = Arc::new(AtomicUsize::new(0));
    let writer = std::thread::spawn(move || write(file, &arrived, &synced));
    let to_judge = Arc::new(Mutex::new(to_judge));
    let judges: Vec<_> = (0..processors())
        .map(|_| {
            let (to_judge, judged) = (Arc::clone(&to_judge), Arc::clone(&judged));
            std::thread::spawn(move || verify(&to_judge, &judged, at))
        })
        .collect();

    let router = Router::new()
        .route("/", post(take))
        .layer(DefaultBodyLimit::disable())
        .with_state(arrives);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let began = Instant::now();
    stream::iter(papers)
        .map(|paper| {
            let sent = client.post(&url).body(paper.body.clone()).send();
            async { sent.await?.error_for_status() }
        })
        .buffer_unordered(at_once)
        .try_for_each(async |_| Ok(()))
        .await?;
    while judged.load(Ordering::Relaxed) < papers.len() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let took = began.elapsed();
    server.abort();
    // With the server the last sender goes, and they end.
    drop((writer, judges));
    Ok(super::sending::per_second(papers.len(), took))
}

async fn take(State(arrives): State<mpsc::Sender<Arrived>>, body: Bytes) -> StatusCode {
    let (sender, synced) = oneshot::channel();
    if arrives.send((body, sender)).is_ok() && synced.await.is_ok() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// Writes all that has arrived, syncs once, and tells everybody. Who can't be told that it holds is told so by silence.
fn write(mut file: File, arrived: &mpsc::Receiver<Arrived>, synced: &mpsc::Sender<Bytes>) {
    while let Ok(first) = arrived.recv() {
        let group: Vec<Arrived> = std::iter::once(first).chain(arrived.try_iter()).collect();
        let written = group
            .iter()
            .try_for_each(|(bytes, _)| file.write_all(bytes));
        if written.and_then(|()| file.sync_data()).is_err() {
            return;
        }
        for (bytes, sender) in group {
            let _ = sender.send(());
            let _ = synced.send(bytes);
        }
    }
}

fn verify(synced: &Mutex<mpsc::Receiver<Bytes>>, judged: &AtomicUsize, at: Timestamp) {
    let judge = Judge::of_fixtures(at);
    loop {
        let next = synced.lock().map(|synced| synced.recv());
        let Ok(Ok(bytes)) = next else {
            return;
        };
        std::hint::black_box(judge.judge(&bytes));
        judged.fetch_add(1, Ordering::Relaxed);
    }
}
