//! Connections that do not wait for ever, and can be cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Sleep};

/// The most connections at a time; more wait in the listener's queue. Each is a file descriptor, and most
/// systems give a process 1024.
const CONNECTIONS_MAX: u32 = 512;

/// How long nothing may move in either direction.
///
/// Long enough for a client that hashes a large layer, or a server that syncs one, between two requests.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// Takes connections, and gives each what it needs to end by itself.
pub(super) struct Connections {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    cut: watch::Receiver<bool>,
}

/// Cuts all connections at once, when asked to or when dropped.
pub(super) struct Cutter {
    permits: Arc<Semaphore>,
    cut: watch::Sender<bool>,
}

impl Connections {
    pub(super) fn new(listener: TcpListener) -> (Self, Cutter) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let (sender, cut) = watch::channel(false);
        (Self { listener, permits: Arc::clone(&permits), cut }, Cutter { permits, cut: sender })
    }
}

impl Cutter {
    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Waits until there is no connection left.
    pub(super) async fn all_closed(&self) {
        let _ = self.permits.acquire_many(CONNECTIONS_MAX).await;
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("nobody closes the semaphore");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Answers are small and somebody waits for them. A socket that refuses this works as well.
        let _ = stream.set_nodelay(true);
        let mut cut = self.cut.clone();
        // An error means that the cutter is gone, which is a cut as well.
        let cut = async move { drop(cut.wait_for(|cut| *cut).await) };
        let idle = Box::pin(tokio::time::sleep(IDLE));
        let connection =
            Connection { stream, moved: Instant::now(), idle, cut: Box::pin(cut), _permit: permit };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that fails when it was idle for too long, or was cut.
pub(super) struct Connection {
    stream: TcpStream,
    /// When bytes moved the last time.
    moved: Instant,
    idle: Pin<Box<Sleep>>,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Does `io`, unless the connection was cut. If nothing moves, fails after a while.
    fn attempt<T>(
        &mut self,
        cx: &mut Context<'_>,
        io: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            // It is completed, and must not be polled again.
            self.cut = Box::pin(std::future::ready(()));
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let poll = io(Pin::new(&mut self.stream), cx);
        if poll.is_ready() {
            self.moved = Instant::now();
            return poll;
        }
        // The timer is set anew when it fires, not for each piece that moves.
        while self.idle.as_mut().poll(cx).is_ready() {
            let deadline = self.moved + IDLE;
            if deadline <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.idle.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.attempt(cx, |stream, cx| stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.attempt(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.attempt(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
