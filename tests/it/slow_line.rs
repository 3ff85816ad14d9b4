//! A bad line on loopback: carries so many bytes a second to the service, and breaks or falls silent at the very byte that a
//! test names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::running::PATIENCE;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It carries.
    Carries,
    /// Every connection is broken, new ones too.
    Broken,
    /// Connections stand, and nothing arrives.
    Silent,
}

/// The line, and the address at which one reaches the service through it.
pub struct SlowLine {
    /// Instead of the service's own address, without a slash at the end.
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    service: String,
    bytes_a_second: u64,
    carried: AtomicU64,
    limit: AtomicU64,
    state: watch::Sender<(Line, u64)>,
    at_limit: watch::Sender<Line>,
}

impl SlowLine {
    /// A line to the service at `url`.
    pub fn to(url: &str, bytes_a_second: u64) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // A short queue, or the sender would believe that all of it has left.
        socket.set_recv_buffer_size(64 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let own = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            service: url.trim_start_matches("http://").to_owned(),
            bytes_a_second,
            carried: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
            state: watch::Sender::new((Line::Carries, 0)),
            at_limit: watch::Sender::new(Line::Broken),
        });
        let accepting = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&accepting).connect(near));
            }
        });
        Self {
            url: format!("http://{own}"),
            inner,
        }
    }

    /// After this many more bytes towards the service the line becomes so.
    pub fn after(&self, bytes: u64, then: Line) {
        self.inner.at_limit.send_replace(then);
        let limit = self.carried() + bytes;
        self.inner.limit.store(limit, Ordering::SeqCst);
    }

    /// It carries again; connections from before are gone.
    pub fn mend(&self) {
        self.inner.limit.store(u64::MAX, Ordering::SeqCst);
        self.inner
            .state
            .send_modify(|(line, times)| (*line, *times) = (Line::Carries, *times + 1));
    }

    /// Bytes carried towards the service since the beginning.
    pub fn carried(&self) -> u64 {
        self.inner.carried.load(Ordering::SeqCst)
    }

    /// Waits until the line has become what [`Self::after`] said.
    pub async fn failed(&self) {
        let mut state = self.inner.state.subscribe();
        let failed = state.wait_for(|(line, _)| *line != Line::Carries);
        tokio::time::timeout(PATIENCE, failed)
            .await
            .expect("the line fails in time")
            .expect("the line is there");
    }
}

impl Inner {
    async fn connect(self: Arc<Self>, near: TcpStream) {
        let mut state = self.state.subscribe();
        let (line, times) = *state.borrow_and_update();
        if line == Line::Broken {
            return;
        }
        let Ok(far) = TcpStream::connect(&self.service).await else {
            return;
        };
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        let gone = async {
            // Broken now, or mended since.
            let _ = state
                .wait_for(|now| now.0 == Line::Broken || now.1 != times)
                .await;
        };
        let both = async {
            tokio::join!(self.up(near_in, far_out), down(far_in, near_out));
        };
        tokio::select! {
            () = gone => {}
            () = both => {}
        }
    }

    /// Towards the service, slowly.
    async fn up(
        &self,
        mut from: tokio::net::tcp::OwnedReadHalf,
        mut to: tokio::net::tcp::OwnedWriteHalf,
    ) {
        let mut buffer = vec![0; 16 * 1024];
        let began = Instant::now();
        let mut sent = 0u64;
        while let Ok(read) = from.read(&mut buffer).await {
            if read == 0 {
                break;
            }
            let room = self
                .limit
                .load(Ordering::SeqCst)
                .saturating_sub(self.carried.load(Ordering::SeqCst));
            let fits = read.min(usize::try_from(room).unwrap_or(usize::MAX));
            if to.write_all(&buffer[..fits]).await.is_err() {
                return;
            }
            sent += fits as u64;
            self.carried.fetch_add(fits as u64, Ordering::SeqCst);
            if fits < read {
                let _ = to.flush().await;
                let line = *self.at_limit.borrow();
                self.state.send_modify(|state| state.0 = line);
                // Whoever connected this line ends it.
                std::future::pending::<()>().await;
            }
            let due = Duration::from_micros(sent * 1_000_000 / self.bytes_a_second);
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        }
        let _ = to.shutdown().await;
    }
}

/// Back to the sender.
async fn down(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
    let _ = to.shutdown().await;
}
