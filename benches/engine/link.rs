//! A distant link on this machine: a TCP proxy with delay, slow start, and limited bandwidth.
//!
//! It models for each direction: a handshake of one round trip; a delay of half a round trip; TCP's slow
//! start, with a first window of ten segments that grows with acknowledged data ([RFC 6928], [RFC
//! 5681]); a limit per connection; a limit shared by all connections. It does not model loss, jitter,
//! or windows that shrink when a connection rests. TLS passes through, and hides the requests.
//!
//! [RFC 6928]: https://www.rfc-editor.org/rfc/rfc6928
//! [RFC 5681]: https://www.rfc-editor.org/rfc/rfc5681

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use crate::cuts::Cuts;
use crate::profile::Profile;
use crate::requests::Requests;

/// The amount that TCP sends before the first acknowledgement: ten Ethernet segments.
const FIRST_WINDOW: usize = 10 * 1460;

/// The maximum amount in flight on one connection. Linux's receive buffer grows to about this size.
const LAST_WINDOW: usize = 6 * 1024 * 1024;

/// The maximum size of a single read.
const CHUNK: usize = 64 * 1024;

/// How much a sender that was woken late may catch up, because the clock of tokio ticks in milliseconds.
const SLACK: Duration = Duration::from_millis(10);

/// The traffic of a link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: u64,
    pub(crate) requests: u64,
    /// Bytes that reached the server.
    pub(crate) up: u64,
    /// Bytes that reached the client.
    pub(crate) down: u64,
}

impl Counts {
    /// Returns the traffic since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            connections: self.connections - before.connections,
            requests: self.requests - before.requests,
            up: self.up - before.up,
            down: self.down - before.down,
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            connections: self.connections + other.connections,
            requests: self.requests + other.requests,
            up: self.up + other.up,
            down: self.down + other.down,
        }
    }

    /// Returns the bytes in both directions.
    pub(crate) fn moved(self) -> u64 {
        self.up + self.down
    }
}

/// A running link. Dropping it closes the port and all connections.
pub(crate) struct Link {
    host: String,
    line: Arc<Line>,
    accepting: JoinHandle<()>,
}

/// The state that all connections of a link share.
struct Line {
    profile: Profile,
    up: Mutex<Limit>,
    down: Mutex<Limit>,
    cuts: Mutex<Cuts>,
    connections: AtomicU64,
    requests: AtomicU64,
    up_bytes: AtomicU64,
    down_bytes: AtomicU64,
}

impl Link {
    /// Opens a port that forwards to `server`, which is `HOST:PORT`.
    pub(crate) fn open(runtime: &Runtime, profile: &Profile, server: &str) -> Result<Self> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let host = listener.local_addr()?.to_string();
        let line = Arc::new(Line {
            profile: profile.clone(),
            up: Mutex::new(Limit::new(profile.shared)),
            down: Mutex::new(Limit::new(profile.shared)),
            cuts: Mutex::default(),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            up_bytes: AtomicU64::new(0),
            down_bytes: AtomicU64::new(0),
        });
        let accepting = runtime.spawn(accept(listener, Arc::clone(&line), server.to_owned()));
        Ok(Self { host, line, accepting })
    }

    /// Returns `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the traffic so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            connections: self.line.connections.load(Relaxed),
            requests: self.line.requests.load(Relaxed),
            up: self.line.up_bytes.load(Relaxed),
            down: self.line.down_bytes.load(Relaxed),
        }
    }

    /// Sets the responses to cut from now on.
    pub(crate) fn cut(&self, cuts: Cuts) {
        *locked(&self.line.cuts) = cuts;
    }

    /// Returns the number of remaining cuts.
    pub(crate) fn cuts_left(&self) -> u64 {
        locked(&self.line.cuts).left()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, line: Arc<Line>, server: String) {
    let (mut open, mut refused) = (JoinSet::new(), JoinSet::new());
    while let Ok((client, _)) = listener.accept().await {
        while open.try_join_next().is_some() {}
        line.connections.fetch_add(1, Relaxed);
        if line.profile.connections.is_some_and(|most| open.len() >= most) {
            refused.spawn(refuse(client, Arc::clone(&line)));
        } else {
            open.spawn(connect(client, Arc::clone(&line), server.clone()));
        }
        while refused.try_join_next().is_some() {}
    }
}

/// Answers the first request of a connection by 429 and closes it, as a server does that limits connections.
async fn refuse(mut client: TcpStream, line: Arc<Line>) -> io::Result<()> {
    let mut requests = Requests::default();
    let mut bytes = Vec::with_capacity(CHUNK);
    let mut is_heard = false;
    while !is_heard && client.read_buf(&mut bytes).await? > 0 {
        requests.read(&bytes, |_| is_heard = true);
        bytes.clear();
    }
    line.requests.fetch_add(1, Relaxed);
    sleep(line.profile.round_trip).await;
    let answer = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    client.write_all(answer).await?;
    client.shutdown().await
}

/// Forwards one connection, until the server's side has ended or the client is gone. An error on one
/// side closes the connection to the other side.
async fn connect(client: TcpStream, line: Arc<Line>, server: String) -> io::Result<()> {
    sleep(line.profile.round_trip).await;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let cut_after = Mutex::new(None);

    let mut requests = Requests::default();
    let upwards = async {
        let sees = |bytes: &mut Vec<u8>| {
            requests.read(bytes, |request| {
                line.requests.fetch_add(1, Relaxed);
                *locked(&cut_after) = locked(&line.cuts).after(&request);
            });
            Next::GoOn
        };
        let way = Way { shared: &line.up, counter: &line.up_bytes, from: from_client, to: to_server };
        way.forward(&line.profile, sees).await
    };
    let way = Way { shared: &line.down, counter: &line.down_bytes, from: from_server, to: to_client };
    let downwards = way.forward(&line.profile, |bytes| shorten(bytes, &mut locked(&cut_after)));
    tokio::select! {
        ended = downwards => ended,
        failed = async {
            match upwards.await {
                // The client has sent everything, but the response may still be in flight.
                Ok(()) => std::future::pending().await,
                Err(error) => error,
            }
        } => Err(failed),
    }
}

/// Reports whether more bytes may follow.
enum Next {
    GoOn,
    Stop,
}

/// Removes the bytes after the cut.
fn shorten(bytes: &mut Vec<u8>, cut_after: &mut Option<u64>) -> Next {
    let Some(rest) = cut_after else { return Next::GoOn };
    let length = bytes.len() as u64;
    if length < *rest {
        *rest -= length;
        return Next::GoOn;
    }
    bytes.truncate(usize::try_from(*rest).expect("less than the length of the bytes"));
    Next::Stop
}

/// One direction of a connection.
struct Way<'a> {
    /// The limit of all connections together.
    shared: &'a Mutex<Limit>,
    counter: &'a AtomicU64,
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
}

impl Way<'_> {
    async fn forward(self, profile: &Profile, sees: impl FnMut(&mut Vec<u8>) -> Next) -> io::Result<()> {
        let (wire, arriving) = unbounded_channel();
        let (acknowledge, acknowledged) = unbounded_channel();
        let half = profile.round_trip / 2;
        let sender = Sender {
            half,
            own: Limit::new(profile.connection),
            window: Window { open: FIRST_WINDOW, on_the_way: 0, acknowledged },
            wire,
        };
        let receiver = Receiver { half, arriving, acknowledge };
        let (sent, arrived) =
            tokio::join!(sender.run(self.from, self.shared, sees), receiver.run(self.to, self.counter));
        sent.and(arrived)
    }
}

/// A piece on the wire, with its arrival time.
type Piece = (Instant, Vec<u8>);

/// An acknowledgement of this many bytes, with its arrival time at the sender.
type Acknowledgement = (Instant, usize);

struct Sender {
    /// Half a round trip.
    half: Duration,
    own: Limit,
    window: Window,
    wire: UnboundedSender<Piece>,
}

impl Sender {
    /// Puts bytes on the wire as fast as the limits allow.
    async fn run(
        mut self,
        mut from: OwnedReadHalf,
        shared: &Mutex<Limit>,
        mut sees: impl FnMut(&mut Vec<u8>) -> Next,
    ) -> io::Result<()> {
        loop {
            let mut bytes = Vec::with_capacity(CHUNK.min(self.window.open));
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            let next = sees(&mut bytes);
            if self.half > Duration::ZERO && !self.window.admit(bytes.len()).await {
                return Ok(());
            }
            let passed = self.own.pass(bytes.len()).max(locked(shared).pass(bytes.len()));
            if passed > Instant::now() {
                sleep_until(passed).await;
            }
            let over = self.wire.send((passed + self.half, bytes)).is_err();
            if over || matches!(next, Next::Stop) {
                return Ok(());
            }
        }
    }
}

struct Receiver {
    /// Half a round trip.
    half: Duration,
    arriving: UnboundedReceiver<Piece>,
    acknowledge: UnboundedSender<Acknowledgement>,
}

impl Receiver {
    /// Delivers the bytes on the wire.
    async fn run(mut self, mut to: OwnedWriteHalf, counter: &AtomicU64) -> io::Result<()> {
        while let Some((due, bytes)) = self.arriving.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            to.write_all(&bytes).await?;
            counter.fetch_add(bytes.len() as u64, Relaxed);
            // A sender that has ended needs no acknowledgement.
            let _ = self.acknowledge.send((Instant::now() + self.half, bytes.len()));
        }
        to.shutdown().await
    }
}

/// The amount that may be in flight.
struct Window {
    open: usize,
    on_the_way: usize,
    acknowledged: UnboundedReceiver<Acknowledgement>,
}

impl Window {
    /// Waits until `bytes` more may be sent. Returns false if the receiver is gone. An empty wire
    /// accepts any piece.
    async fn admit(&mut self, bytes: usize) -> bool {
        while self.on_the_way > 0 && self.on_the_way + bytes > self.open {
            let Some((heard, taken)) = self.acknowledged.recv().await else { return false };
            sleep_until(heard).await;
            self.on_the_way -= taken;
            self.open = (self.open + taken).min(LAST_WINDOW);
        }
        self.on_the_way += bytes;
        true
    }
}

/// A limit in bytes per second.
struct Limit {
    rate: Option<u64>,
    free: Instant,
}

impl Limit {
    fn new(rate: Option<u64>) -> Self {
        Self { rate, free: Instant::now() }
    }

    /// Reserves bandwidth for `bytes`, and returns when they have passed.
    fn pass(&mut self, bytes: usize) -> Instant {
        let now = Instant::now();
        let Some(rate) = self.rate else { return now };
        let begin = now.checked_sub(SLACK).map_or(self.free, |earliest| self.free.max(earliest));
        self.free = begin + Duration::from_secs_f64(bytes as f64 / rate as f64);
        self.free
    }
}

/// A panic elsewhere leaves the state consistent, because each change is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
