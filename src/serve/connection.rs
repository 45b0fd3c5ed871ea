//! Connections with time limits that make room for others and can be cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Sleep};

use super::crowd::{Crowd, Requests};

/// Maximum number of connections. If there are more, an idle one is closed. Each is a file descriptor, and
/// most systems give a process 1024.
const CONNECTIONS_MAX: u32 = 512;

/// How long a connection may be idle in both directions.
///
/// Long enough for a client that hashes a large layer, or a server that syncs one, between two requests.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// How long the head of a request may take, from its first byte. A client that sends it byte by byte wants to
/// occupy connections.
const HEAD: Duration = Duration::from_secs(30);

/// How long a new connection waits before another one is asked to make room for it.
const AGAIN: Duration = Duration::from_millis(500);

/// Accepts connections, and gives each the means to end by itself.
pub(super) struct Connections {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    crowd: Crowd,
    cut: watch::Receiver<bool>,
    head_limit: Duration,
}

/// Cuts all connections together, when asked to or when dropped.
pub(super) struct Cutter {
    permits: Arc<Semaphore>,
    cut: watch::Sender<bool>,
}

impl Connections {
    pub(super) fn new(listener: TcpListener) -> (Self, Cutter) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let (sender, cut) = watch::channel(false);
        let head_limit = HEAD;
        let crowd = Crowd::default();
        (
            Self { listener, permits: Arc::clone(&permits), crowd, cut, head_limit },
            Cutter { permits, cut: sender },
        )
    }
}

impl Cutter {
    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Waits until no connection is left.
    pub(super) async fn all_closed(&self) {
        let _ = self.permits.acquire_many(CONNECTIONS_MAX).await;
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let permit = self.place().await;
        // Responses are small and clients wait for them. A socket that refuses this works as well.
        let _ = stream.set_nodelay(true);
        let requests = self.crowd.join(address);
        let (mut cut, own) = (self.cut.clone(), requests.clone());
        let cut = async move {
            tokio::select! {
                // An error means that the cutter is gone, which is a cut as well.
                _ = cut.wait_for(|cut| *cut) => {}
                () = own.asked_to_leave() => {}
            }
        };
        let idle = Box::pin(tokio::time::sleep(IDLE));
        let connection = Connection {
            stream,
            moved: Instant::now(),
            idle,
            requests,
            head: Head::Unbegun,
            head_limit: self.head_limit,
            cut: Box::pin(cut),
            crowd: self.crowd.clone(),
            _permit: permit,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Connections>> for Requests {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().requests.clone()
    }
}

/// The state of the head of the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// No byte of it has arrived.
    Unbegun,
    /// The time of its first byte, and the number of requests before.
    Since(Instant, u64),
    /// The connection uses HTTP/2, where heads do not belong to a connection.
    Never,
}

/// The beginning of an HTTP/2 connection (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI ";

/// A connection that fails when it was idle for too long, or was cut.
pub(super) struct Connection {
    stream: TcpStream,
    /// The last time that bytes moved.
    moved: Instant,
    idle: Pin<Box<Sleep>>,
    requests: Requests,
    head: Head,
    head_limit: Duration,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    crowd: Crowd,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    /// Waits until there is room for one more connection.
    async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
                return permit;
            }
            self.crowd.make_room();
            let permit = Arc::clone(&self.permits).acquire_owned();
            if let Ok(Ok(permit)) = tokio::time::timeout(AGAIN, permit).await {
                return permit;
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.crowd.leave(&self.requests);
    }
}

impl Connection {
    /// Performs `io`, unless the connection was cut. Fails if nothing moves for too long.
    fn attempt<T>(
        &mut self,
        cx: &mut Context<'_>,
        io: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            // It is complete, and must not be polled again.
            self.cut = Box::pin(std::future::ready(()));
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let poll = io(Pin::new(&mut self.stream), cx);
        if poll.is_ready() {
            self.moved = Instant::now();
            self.requests.moved();
            return poll;
        }
        // The timer is reset when it fires, not for each piece that moves.
        while self.idle.as_mut().poll(cx).is_ready() {
            let deadline = self.deadline();
            if deadline <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.idle.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl Connection {
    fn deadline(&self) -> Instant {
        match self.head {
            Head::Since(since, begun) if begun == self.requests.begun() => since + self.head_limit,
            _ => self.moved + IDLE,
        }
    }

    /// Records that bytes of a body or of the next head have arrived.
    fn heard(&mut self, bytes: &[u8]) {
        let begun = self.requests.begun();
        match self.head {
            Head::Never => {}
            Head::Unbegun if begun == 0 && bytes.starts_with(PREFACE) => self.head = Head::Never,
            _ if bytes.is_empty() || self.requests.are_open() => {}
            Head::Since(_, same) if same == begun => {}
            Head::Since(..) | Head::Unbegun => {
                self.head = Head::Since(self.moved, begun);
                self.idle.as_mut().reset(self.moved + self.head_limit);
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = self.attempt(cx, |stream, cx| stream.poll_read(cx, buf));
        if poll.is_ready() {
            self.heard(&buf.filled()[before..]);
        }
        poll
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::{ConnectInfo, Request};
    use axum::middleware::Next;
    use axum::response::Response;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(400);

    /// Reports a request to the connection.
    async fn tell(ConnectInfo(requests): ConnectInfo<Requests>, request: Request, next: Next) -> Response {
        let _open = requests.begin();
        next.run(request).await
    }

    /// Starts a server that accepts bodies, and waits for heads no longer than [`LIMIT`].
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, cutter) = Connections::new(listener);
        let connections = Connections { head_limit: LIMIT, ..connections };
        let take = |request: Request| async move {
            axum::body::to_bytes(request.into_body(), 1000).await.unwrap().len().to_string()
        };
        let service = Router::new().fallback(take).layer(axum::middleware::from_fn(tell));
        tokio::spawn(async move {
            let _cutter = cutter;
            axum::serve(connections, service.into_make_service_with_connect_info::<Requests>()).await
        });
        address
    }

    /// Sends these bytes with a pause of `step` after each, and returns the response.
    async fn trickle(connection: &mut TcpStream, bytes: &[u8], step: Duration) -> io::Result<String> {
        for byte in bytes {
            connection.write_all(&[*byte]).await?;
            tokio::time::sleep(step).await;
        }
        let mut answer = vec![0; 1000];
        let length = connection.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }

    #[tokio::test]
    async fn a_slow_head_ends_the_connection_but_a_slow_body_does_not() {
        let address = server().await;
        let head = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n";
        let step = Duration::from_millis(40);
        let mut connection = TcpStream::connect(address).await.unwrap();
        let began = Instant::now();
        let answer = trickle(&mut connection, head, step).await;
        assert!(answer.as_ref().map_or(true, String::is_empty), "{answer:?}");
        assert!(began.elapsed() >= LIMIT);

        let mut connection = TcpStream::connect(address).await.unwrap();
        for _ in 0..2 {
            connection.write_all(head).await.unwrap();
            let answer = trickle(&mut connection, &[b'x'; 30], step).await.unwrap();
            assert!(answer.ends_with("\r\n30"), "{answer}");
            // A pause between two requests is allowed.
            tokio::time::sleep(LIMIT * 2).await;
        }
    }
}
