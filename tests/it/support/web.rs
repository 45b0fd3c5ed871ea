//! HTTP servers written here: one function from request to response, on a thread of its own.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

/// What answers a request.
pub(super) type Handler = Arc<dyn Fn(Request) -> Answer + Send + Sync>;

/// What a [`Handler`] gives.
pub(super) type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A running server; it stops when it is dropped, whatever it was doing.
pub(super) struct WebServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WebServer {
    /// Serves plain HTTP on a free port of 127.0.0.1.
    pub(super) fn start(handler: Handler) -> Self {
        Self::serve(handler, |listener, sender| async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(Wire::new(Box::new(stream))).await.is_err() {
                    return;
                }
            }
        })
    }

    /// Serves HTTPS on a free port of 127.0.0.1.
    pub(super) fn start_tls(handler: Handler, config: Arc<ServerConfig>) -> Self {
        let acceptor = TlsAcceptor::from(config);
        Self::serve(handler, |listener, sender| async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    // A client that does not speak TLS, or does not trust the certificate, goes away.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        drop(sender.send(Wire::new(Box::new(stream))).await);
                    }
                });
            }
        })
    }

    /// Serves the connections that `accept` makes out of those that come in at a free port.
    pub(super) fn serve<A, F>(handler: Handler, accept: A) -> Self
    where
        A: FnOnce(TcpListener, mpsc::Sender<Wire>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let (announce, announced) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                announce.send(address).unwrap();
                let (sender, wires) = mpsc::channel(1);
                tokio::spawn(accept(listener, sender));
                let app = Router::new().fallback(move |request| handler(request));
                let app = app.into_make_service_with_connect_info::<Switch>();
                tokio::select! {
                    ended = axum::serve(Wires { wires, address }, app) => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address: announced.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Breaks the connection of a request, without an answer.
#[derive(Clone, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// The switch of the connection that `request` came by.
    pub(super) fn of(request: &Request) -> Self {
        request.extensions().get::<ConnectInfo<Self>>().map(|info| info.0.clone()).unwrap_or_default()
    }

    /// Breaks it; nothing of what is returned reaches the client.
    pub(super) fn hang_up(&self) -> Response {
        self.0.store(true, Ordering::SeqCst);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl Connected<IncomingStream<'_, Wires>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().switch.clone()
    }
}

/// Whatever bytes go both ways through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that can be broken.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    switch: Switch,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, switch: Switch::default() }
    }

    fn check(&self) -> io::Result<()> {
        if self.switch.0.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The connections of a server, one after the other.
pub(super) struct Wires {
    wires: mpsc::Receiver<Wire>,
    address: SocketAddr,
}

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.wires.recv().await {
            Some(wire) => (wire, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
