//! Docker Hub on this machine: index.docker.io, auth.docker.io and registry-1.docker.io under their own names.
//!
//! It is an HTTPS proxy: who is told to use it (`HTTPS_PROXY`) and to trust its authority (`SSL_CERT_FILE`)
//! reaches these names here, by TLS and with all that belongs to it, and nothing else.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use super::gate::{Gate, basic};
use super::proxy::{Exchange, Relay, plain};
use super::tokens::{Issuer, TokenRequest};
use super::web::{WebServer, Wire};

const NAMES: [&str; 3] = ["index.docker.io", "auth.docker.io", "registry-1.docker.io"];

/// What the Hub says when no pull is left.
const SPENT: &str = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"}]}"#;

/// What a search finds: the data of the recording 08-search.
const SEARCH: &str = include_str!("../data/08-search.json");

/// A running Docker Hub. It knows the user `demo` with the password `hunter2`.
pub(crate) struct Hub {
    server: WebServer,
    authority: Authority,
    servers: Arc<Servers>,
}

/// A search that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    /// With the query.
    pub(crate) path: String,
    /// `user:password`, if it came with one.
    pub(crate) credentials: Option<String>,
}

impl Hub {
    /// Starts it with the images of the registry at `host`.
    pub(crate) fn before(host: &str) -> Self {
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(authority.issue(&NAMES).server_config());
        let issuer = Arc::new(Issuer::new());
        issuer.set_realm("https://auth.docker.io/token");
        let relay = Relay::new(host, Gate::Token(Arc::clone(&issuer))).behind_tls();
        let servers =
            Arc::new(Servers { issuer, relay, searches: Mutex::default(), pulls: Mutex::default() });
        let answering = Arc::clone(&servers);
        let server = WebServer::serve(
            Arc::new(move |request| {
                let servers = Arc::clone(&answering);
                Box::pin(async move { servers.answer(request).await })
            }),
            |listener, sender| async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, sender) = (acceptor.clone(), sender.clone());
                    tokio::spawn(async move {
                        // Whoever wants something else than these names is left standing.
                        let Ok(stream) = tunnel(stream).await else { return };
                        if let Ok(stream) = acceptor.accept(stream).await {
                            drop(sender.send(Wire::new(Box::new(stream))).await);
                        }
                    });
                }
            },
        );
        Self { server, authority, servers }
    }

    /// Starts it without any image.
    pub(crate) fn without_images() -> Self {
        Self::before("127.0.0.1:1")
    }

    /// From now on nobody but `demo` has a namespace that `demo` may use.
    pub(crate) fn keep_namespaces_apart(&self) {
        self.servers.issuer.grant_own_namespaces();
    }

    /// Allows this many more pulls, of 100 in six hours. Images of `library/sponsored-…` do not count.
    pub(crate) fn allow_pulls(&self, count: u64) {
        *self.servers.pulls.lock().unwrap() = Some(count);
    }

    /// The variables by which a program finds it.
    pub(crate) fn env(&self) -> [(&'static str, PathBuf); 2] {
        let proxy = format!("http://{}", self.server.host());
        [("HTTPS_PROXY", proxy.into()), ("SSL_CERT_FILE", self.authority.certificate())]
    }

    /// The searches until now.
    pub(crate) fn searches(&self) -> Vec<Search> {
        self.servers.searches.lock().unwrap().clone()
    }

    /// What auth.docker.io was asked for until now.
    pub(crate) fn token_requests(&self) -> Vec<TokenRequest> {
        self.servers.issuer.requests.lock().unwrap().clone()
    }

    /// Forgets the requests to registry-1.docker.io until now.
    pub(crate) fn forget(&self) {
        self.servers.relay.forget();
    }

    /// The requests to registry-1.docker.io until now.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.servers.relay.exchanges()
    }
}

/// Reads `CONNECT host:443` and answers that the way is free, if it is to one of [`NAMES`].
async fn tunnel(mut stream: TcpStream) -> io::Result<TcpStream> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let known = NAMES.iter().any(|name| target == format!("{name}:443"));
    let answer = if known { "200 Connection established" } else { "502 Bad Gateway" };
    stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await?;
    if known { Ok(stream) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// The servers behind the names.
struct Servers {
    issuer: Arc<Issuer>,
    relay: Relay,
    searches: Mutex<Vec<Search>>,
    /// The pulls that are left, if they are limited.
    pulls: Mutex<Option<u64>>,
}

impl Servers {
    async fn answer(&self, request: Request) -> Response {
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        match host.trim_end_matches(":443") {
            "index.docker.io" => self.search(&request),
            "auth.docker.io" => self.issuer.answer(request).await,
            "registry-1.docker.io" => self.limited(request).await,
            other => plain(StatusCode::MISDIRECTED_REQUEST, format!("nobody called {other} lives here")),
        }
    }

    /// Counts each `GET` of a manifest, and reports what is left with each answer that has a manifest.
    async fn limited(&self, request: Request) -> Response {
        let path = request.uri().path();
        let counts = path.contains("/manifests/") && !path.starts_with("/v2/library/sponsored-");
        let is_get = request.method() == Method::GET;
        if !counts || self.pulls.lock().unwrap().is_none() {
            return self.relay.answer(request).await;
        }
        let is_spent = is_get && *self.pulls.lock().unwrap() == Some(0);
        let mut answer = match is_spent {
            true => plain(StatusCode::TOO_MANY_REQUESTS, SPENT.to_owned()),
            false => self.relay.answer(request).await,
        };
        let mut pulls = self.pulls.lock().unwrap();
        if is_get && answer.status() == StatusCode::OK {
            *pulls = pulls.map(|left| left.saturating_sub(1));
        }
        if answer.status() != StatusCode::UNAUTHORIZED {
            let left = format!("{};w=21600", pulls.unwrap_or_default());
            for (name, value) in [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", &left)] {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        answer
    }

    fn search(&self, request: &Request) -> Response {
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        self.searches
            .lock()
            .unwrap()
            .push(Search { path: path.clone(), credentials: basic(request.headers()) });
        if request.uri().path() != "/v1/search" {
            return plain(StatusCode::NOT_FOUND, "not found".to_owned());
        }
        let url = reqwest::Url::parse(&format!("https://index.docker.io{path}")).unwrap();
        let field =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let limit = field("n").and_then(|limit| limit.parse().ok()).unwrap_or(25);
        let term = field("q").unwrap_or_default();
        let mut results: Vec<Value> = serde_json::from_str(SEARCH).unwrap();
        results.retain(|result| result["name"].as_str().unwrap().contains(&term));
        results.truncate(limit);
        let answer = json!({
            "num_pages": 1, "num_results": results.len(), "results": results,
            "page_size": limit, "query": term, "page": 1,
        });
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(answer.to_string()))
            .unwrap()
    }
}
