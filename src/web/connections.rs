//! Connections: as many at a time as there are file descriptors for, not all of them from one address, and none that stands
//! still. HTTP/1.1 only: proxies speak it to us.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::address::Proxies;
use super::limits::Client;
use super::shares::{Share, Shares};

/// Slowest client that is waited for while it sends its headers, or nothing at all: `axum::serve` would wait forever
/// (CRATES §5), and so would hyper-util's `auto`, for the first bytes that tell HTTP/1 from HTTP/2.
const HEADER_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of a connection that wait to be read: hundreds of uploads may be under way, and headers are shorter.
const READ_BYTES: usize = 64 * 1024;
/// How long a client may take none of the bytes that wait for it. A slow line takes some within seconds.
const STALL_LIMIT: Duration = Duration::from_mins(2);
/// How long requests under way may take after the signal to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);
/// Pause after a connection that could not be accepted.
const BREATH: Duration = Duration::from_millis(50);

/// Most connections at a time.
const MOST: u64 = 4096;
/// Descriptors that are kept for everything else: database, documents, mails, children.
const OTHERS: u64 = 256;
/// Part of the places that one address may take.
const SHARE: usize = 4;

/// Accepts connections until `stop`, then lets those under way finish. Whoever finds no place waits until one is free.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    proxies: &Proxies,
    stop: &CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let server = server();
    let places = Places::new(descriptors(), proxies.clone());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = places.accept(&listener) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(Some(accepted)) => accepted,
            // He has too many already.
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let connection = server.serve_connection(
            TokioIo::new(impatient(stream, STALL_LIMIT)),
            TowerToHyperService::new(router.clone().map_request(
                move |mut request: hyper::Request<Incoming>| {
                    request.extensions_mut().insert(ConnectInfo(peer));
                    request.map(Body::new)
                },
            )),
        );
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that hangs up is not news.
            let _ = watched.await;
            drop(place);
        });
    }
    if tokio::time::timeout(DRAIN_LIMIT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were cut off");
    }
}

fn server() -> http1::Builder {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .max_buf_size(READ_BYTES);
    server
}

/// A line that breaks when the other end takes nothing for so long. Reading has limits of its own, above.
fn impatient<S>(line: S, limit: Duration) -> std::pin::Pin<Box<TimeoutStream<S>>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    let mut line = TimeoutStream::new(line);
    line.set_write_timeout(Some(limit));
    Box::pin(line)
}

/// File descriptors of this process, after it has asked for as many as it can use.
fn descriptors() -> u64 {
    let wanted = MOST + OTHERS;
    let now = getrlimit(Resource::Nofile);
    let granted = Rlimit {
        current: Some(now.maximum.map_or(wanted, |most| most.min(wanted))),
        maximum: now.maximum,
    };
    match now.current {
        Some(current) if current < wanted && setrlimit(Resource::Nofile, granted).is_ok() => {
            granted.current.unwrap_or(wanted)
        }
        Some(current) => current,
        None => wanted,
    }
}

/// Who is connected.
#[derive(Debug, Clone)]
struct Places {
    free: Arc<Semaphore>,
    shares: Shares,
    proxies: Proxies,
}

/// A place that somebody has.
#[derive(Debug)]
struct Place {
    _one: OwnedSemaphorePermit,
    _share: Share,
}

impl Places {
    /// As many places as so many descriptors leave.
    fn new(descriptors: u64, proxies: Proxies) -> Self {
        let places = descriptors
            .saturating_sub(OTHERS)
            .clamp(OTHERS.min(descriptors / 2), MOST);
        let places = usize::try_from(places).unwrap_or(usize::MAX).max(SHARE);
        Self {
            free: Arc::new(Semaphore::new(places)),
            shares: Shares::of(places / SHARE),
            proxies,
        }
    }

    /// The next connection, once there is a place for it; nothing when its address has its share already.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> std::io::Result<Option<(TcpStream, SocketAddr, Place)>> {
        let place = Arc::clone(&self.free).acquire_owned().await;
        let place = place.map_err(std::io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        let place = self.count(peer.ip().to_canonical(), place);
        Ok(place.map(|place| (stream, peer, place)))
    }

    fn count(&self, peer: IpAddr, one: OwnedSemaphorePermit) -> Option<Place> {
        let client = Client::at(peer);
        // Behind a proxy stands everybody.
        let share = if self.proxies.trust(peer) {
            Shares::uncounted()
        } else {
            self.shares.take(client)?
        };
        Some(Place {
            _one: one,
            _share: share,
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn places(descriptors: u64) -> Places {
        let proxy = "203.0.113.1".parse().unwrap();
        Places::new(descriptors, Proxies::new(vec![proxy], "x-forwarded-for"))
    }

    fn sit(places: &Places, peer: &str) -> Option<Place> {
        let one = Arc::clone(&places.free).try_acquire_owned().ok()?;
        places.count(peer.parse().unwrap(), one)
    }

    #[test]
    fn one_address_gets_its_share_and_the_others_find_room() {
        let places = places(1024);
        assert_eq!(
            (places.free.available_permits(), places.shares.most()),
            (768, 192)
        );
        let mut sitting: Vec<Place> = std::iter::from_fn(|| sit(&places, "198.51.100.7")).collect();
        assert_eq!(sitting.len(), 192);
        // A network of IPv6 is one customer.
        let network = (0..).map_while(|host| sit(&places, &format!("2001:db8::{host:x}")));
        let network: Vec<Place> = network.collect();
        assert_eq!(network.len(), 192);
        assert!(sit(&places, "198.51.100.8").is_some());
        sitting.pop();
        assert!(
            sit(&places, "198.51.100.7").is_some(),
            "a place is free again"
        );
        drop((sitting, network));
        assert!(places.shares.is_unused());
        assert_eq!(places.free.available_permits(), 768);
        // Behind a proxy, and on this machine, stands everybody.
        for peer in ["203.0.113.1", "127.0.0.1"] {
            let all: Vec<Place> = std::iter::from_fn(|| sit(&places, peer)).collect();
            assert_eq!(all.len(), 768, "{peer}");
        }
    }

    #[test]
    fn few_descriptors_are_shared_with_everything_else() {
        for (descriptors, found) in [(4352, 4096), (1_000_000, 4096), (512, 256), (300, 150)] {
            assert_eq!(places(descriptors).free.available_permits(), found);
        }
    }

    #[tokio::test]
    async fn who_takes_no_answer_is_cut_off() {
        let (mut client, line) = tokio::io::duplex(64);
        let pages = Router::new().route("/", get(async || vec![b'x'; 1_000_000]));
        let pages = pages.map_request(|request: hyper::Request<Incoming>| request.map(Body::new));
        let line = TokioIo::new(impatient(line, Duration::from_millis(50)));
        let talk = server().serve_connection(line, TowerToHyperService::new(pages));
        let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        client.write_all(request).await.unwrap();
        // The client lives on and reads nothing.
        let ended = tokio::time::timeout(Duration::from_mins(1), talk).await;
        assert!(ended.expect("it ends").is_err());
        drop(client);
    }
}
