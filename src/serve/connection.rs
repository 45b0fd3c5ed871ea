//! Connections with time limits that make room for others and can be cut.
//!
//! hyper-util serves them and ends them gracefully. Its limits are not used: hyper's `header_read_timeout`
//! also runs while a connection is idle between two requests.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, timeout};

use super::crowd::{Crowd, Requests};
use super::options::{OnStop, Stop};

/// Maximum number of connections. If there are more, an idle one is closed. Each is a file descriptor, and
/// most systems give a process 1024.
const CONNECTIONS_MAX: usize = 512;

/// How long a connection may be idle in both directions.
///
/// Long enough for a client that hashes a large layer, or a server that syncs one, between two requests.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// How long the head of a request may take, from its first byte. A client that sends it byte by byte wants to
/// occupy connections.
const HEAD: Duration = Duration::from_secs(30);

/// How long a new connection waits before another one is asked to make room for it.
const AGAIN: Duration = Duration::from_millis(500);

/// How long a stop takes at most without a word about it.
const MOMENT: Duration = Duration::from_millis(100);

/// How long requests may then continue, before their connections are cut.
const GRACE: Duration = Duration::from_secs(5);

/// How long connections that were cut may take to end.
const CUT: Duration = Duration::from_secs(1);

/// Accepts and serves connections. Dropping it ends all of them.
pub(super) struct Connections {
    listener: TcpListener,
    http: Builder<TokioExecutor>,
    tasks: JoinSet<()>,
    graceful: GracefulShutdown,
    crowd: Crowd,
    head_limit: Duration,
}

impl Connections {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            http: Builder::new(TokioExecutor::new()),
            tasks: JoinSet::new(),
            graceful: GracefulShutdown::new(),
            crowd: Crowd::default(),
            head_limit: HEAD,
        }
    }

    /// Serves `service` on all connections. Each request has the [`Requests`] of its connection as an
    /// extension.
    ///
    /// # Cancel safety
    /// Dropping the future accepts no more connections; the open ones continue.
    pub(super) async fn serve(&mut self, service: &Router) -> ! {
        loop {
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            self.make_room().await;
            // Responses are small and clients wait for them. A socket that refuses this works as well.
            let _ = stream.set_nodelay(true);
            let requests = self.crowd.join(peer);
            let service = TowerToHyperService::new(service.clone().layer(Extension(requests.clone())));
            let connection = Connection::new(stream, requests, self.head_limit, self.crowd.clone());
            let http = self.http.clone();
            let watcher = self.graceful.watcher();
            self.tasks.spawn(async move {
                let served = http.serve_connection(TokioIo::new(connection), service).into_owned();
                if let Err(error) = watcher.watch(served).await {
                    tracing::trace!(error, "a connection failed");
                }
            });
        }
    }

    /// Waits until there is room for one more connection.
    async fn make_room(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        while self.tasks.len() >= CONNECTIONS_MAX {
            self.crowd.make_room();
            let _ = timeout(AGAIN, self.tasks.join_next()).await;
        }
    }

    /// Accepts no more connections, closes idle ones, and lets open requests finish. Those that take too long
    /// are cut.
    pub(super) async fn stop(mut self, on_stop: Option<OnStop>) {
        drop(self.listener);
        let mut ended = pin!(self.graceful.shutdown());
        if timeout(MOMENT, &mut ended).await.is_ok() {
            return;
        }
        while self.tasks.try_join_next().is_some() {}
        // The rest of a response is sent after its request is closed, so a connection counts as one.
        let requests = self.crowd.open().max(self.tasks.len());
        if let Some(on_stop) = on_stop.filter(|_| requests > 0) {
            on_stop(&Stop { requests, limit: GRACE });
        }
        if timeout(GRACE, ended).await.is_err() {
            tracing::warn!("cutting requests that are still running");
            self.crowd.cut();
            let all_closed = async { while self.tasks.join_next().await.is_some() {} };
            let _ = timeout(CUT, all_closed).await;
        }
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

/// A connection that fails when it was idle for too long, or has to leave.
struct Connection {
    stream: TcpStream,
    /// The last time that bytes moved.
    moved: Instant,
    idle: Pin<Box<Sleep>>,
    requests: Requests,
    head: Head,
    head_limit: Duration,
    leave: Pin<Box<dyn Future<Output = ()> + Send>>,
    crowd: Crowd,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.crowd.leave(&self.requests);
    }
}

impl Connection {
    fn new(stream: TcpStream, requests: Requests, head_limit: Duration, crowd: Crowd) -> Self {
        let own = requests.clone();
        Self {
            stream,
            moved: Instant::now(),
            idle: Box::pin(tokio::time::sleep(IDLE)),
            requests,
            head: Head::Unbegun,
            head_limit,
            leave: Box::pin(async move { own.asked_to_leave().await }),
            crowd,
        }
    }

    /// Performs `io`, unless the connection has to leave. Fails if nothing moves for too long.
    fn attempt<T>(
        &mut self,
        cx: &mut Context<'_>,
        io: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.leave.as_mut().poll(cx).is_ready() {
            // It is complete, and must not be polled again.
            self.leave = Box::pin(std::future::ready(()));
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
    use std::net::SocketAddr;

    use axum::extract::Request;
    use axum::middleware::Next;
    use axum::response::Response;
    use hyper_util::rt::TokioTimer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(400);

    /// Reports a request to the connection.
    async fn tell(Extension(requests): Extension<Requests>, request: Request, next: Next) -> Response {
        let _open = requests.begin();
        next.run(request).await
    }

    /// Starts a server that accepts bodies, with these limits.
    async fn server(limited: impl FnOnce(Connections) -> Connections) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut connections = limited(Connections::new(listener));
        let take = |request: Request| async move {
            axum::body::to_bytes(request.into_body(), 1000).await.unwrap().len().to_string()
        };
        let service = Router::new().fallback(take).layer(axum::middleware::from_fn(tell));
        tokio::spawn(async move { connections.serve(&service).await });
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
        let address = server(|connections| Connections { head_limit: LIMIT, ..connections }).await;
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

    #[tokio::test]
    async fn the_limit_of_hyper_would_also_end_a_connection_between_two_requests() {
        let limited = |mut connections: Connections| {
            connections.http.http1().timer(TokioTimer::new()).header_read_timeout(LIMIT);
            connections
        };
        let mut connection = TcpStream::connect(server(limited).await).await.unwrap();
        let answer = trickle(&mut connection, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Duration::ZERO).await;
        assert!(answer.unwrap().ends_with("\r\n0"));

        // A client that hashes a large layer now would find its connection closed.
        let end = timeout(LIMIT * 10, connection.read(&mut [0; 100])).await;
        assert!(matches!(end, Ok(Ok(0) | Err(_))), "{end:?}");
    }
}
