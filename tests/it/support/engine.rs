//! Docker Engines that do what no real one does.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tempfile::TempDir;

use super::authority::Identity;
use super::web::WebServer;

/// What answers a request: gets its first line without the protocol, and the connection after the head.
type Handler = dyn Fn(&str, &mut UnixStream) + Send + Sync;

/// An Engine at a socket, as far as a test plays it.
pub(crate) struct Engine {
    folder: TempDir,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    /// Answers the ping with this version of the API, and everything else by `handler`. Each connection has one
    /// request. It goes on until the test ends.
    pub(crate) fn of_version(
        version: &'static str,
        handler: impl Fn(&str, &mut UnixStream) + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |request, stream| {
            if request == "GET /_ping" {
                let head =
                    format!("HTTP/1.1 200 OK\r\nApi-Version: {version}\r\nContent-Length: 2\r\n\r\nOK");
                stream.write_all(head.as_bytes()).unwrap();
            } else {
                handler(request, stream);
            }
        })
    }

    /// Answers everything by `handler`.
    pub(crate) fn start(handler: impl Fn(&str, &mut UnixStream) + Send + Sync + 'static) -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-engine-").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (seen, handler): (_, Arc<Handler>) = (Arc::clone(&heads), Arc::new(handler));
        // It waits for connections as long as the process is there: nobody connects to a removed socket.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, handler) = (Arc::clone(&seen), Arc::clone(&handler));
                thread::spawn(move || answer(stream, &seen, &*handler));
            }
        });
        Self { folder, heads }
    }

    /// Where it listens, as `DOCKER_HOST` has it.
    pub(crate) fn socket(&self) -> String {
        format!("unix://{}", self.folder.path().join("socket").display())
    }

    /// The heads of all requests until now.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The first lines of all requests until now, without the protocol.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.heads().iter().map(|head| first_line(head)).collect()
    }
}

fn answer(mut stream: UnixStream, seen: &Mutex<Vec<String>>, handler: &Handler) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    if head.is_empty() {
        return;
    }
    seen.lock().unwrap().push(head.clone());
    handler(&first_line(&head), &mut stream);
}

fn first_line(head: &str) -> String {
    head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned()
}

/// Answers with a status, and a body as long as it says.
pub(crate) fn reply(stream: &mut UnixStream, status: &str, body: &str) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // Whoever has heard enough may have gone.
    drop(stream.write_all(head.as_bytes()));
}

/// Reads the body of a request until its last chunk.
pub(crate) fn swallow(stream: &mut UnixStream) {
    let mut tail = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    while !tail.ends_with(b"0\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => tail.extend_from_slice(&buffer[..read]),
        }
        tail.drain(..tail.len().saturating_sub(5));
    }
}

/// An Engine that has every image and speaks TLS.
pub(crate) struct TlsEngine {
    server: WebServer,
}

impl TlsEngine {
    pub(crate) fn start(identity: &Identity) -> Self {
        let handler = |request: Request| -> super::web::Answer {
            assert!(request.headers().get("authorization").is_none());
            Box::pin(async {
                Response::builder().header("Api-Version", "1.44").body(Body::from("{}")).unwrap()
            })
        };
        Self { server: WebServer::start_tls(Arc::new(handler), identity.server_config()) }
    }

    /// Its port.
    pub(crate) fn port(&self) -> String {
        self.server.host().rsplit_once(':').unwrap().1.to_owned()
    }
}
