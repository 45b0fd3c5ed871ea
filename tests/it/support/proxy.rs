//! A reverse proxy that counts: in front of any registry, so that all are measured the same way.
//!
//! It can also ask for credentials ([`Gate`]), speak TLS, and break things on purpose ([`Fault`]).

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response;

use super::authority::Identity;
use super::flow::{counted, cut_after, garbled, stalled};
use super::gate::Gate;
use super::pace::Pace;
use super::web::{Handler, Switch, WebServer};

/// Headers that are about one connection, not about the message.
const HOP_BY_HOP: [HeaderName; 4] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::PROXY_AUTHORIZATION];

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    /// 0 if there was no answer.
    pub(crate) status: u16,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// The scheme of the `Authorization` header, if there was one: `Basic`, `Bearer`.
    pub(crate) authorization: Option<String>,
    /// The `Range` header.
    pub(crate) range: Option<String>,
}

/// A proxy that counts.
pub(crate) struct Proxy {
    server: WebServer,
    relay: Arc<Relay>,
}

impl Proxy {
    /// Puts a proxy in front of `host`, which speaks plain HTTP.
    pub(crate) fn before(host: &str) -> Self {
        Self::open(Relay::new(host, Gate::Open))
    }

    /// The same, but only who has credentials gets through.
    pub(crate) fn guarding(host: &str, gate: Gate) -> Self {
        Self::open(Relay::new(host, gate))
    }

    /// The same, speaking TLS to its clients.
    pub(crate) fn tls(host: &str, gate: Gate, identity: &Identity) -> Self {
        let relay = Arc::new(Relay { scheme: "https", ..Relay::new(host, gate) });
        let server = WebServer::start_tls(relay.handler(), identity.server_config());
        Self { server, relay }
    }

    fn open(relay: Relay) -> Self {
        let relay = Arc::new(relay);
        Self { server: WebServer::start(relay.handler()), relay }
    }

    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    /// All requests until now.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.relay.exchanges()
    }

    /// Forgets the requests until now, so that those of the next command can be counted.
    pub(crate) fn forget(&self) {
        self.relay.forget();
    }

    /// All requests of a method whose path has `part` in it.
    pub(crate) fn requests(&self, method: &str, part: &str) -> Vec<Exchange> {
        let mut found = self.exchanges();
        found.retain(|exchange| exchange.method == method && exchange.path.contains(part));
        found
    }

    /// How many bytes of blobs clients have sent.
    pub(crate) fn blob_bytes_sent(&self) -> u64 {
        self.blob_exchanges().map(|exchange| exchange.request_bytes).sum()
    }

    /// How many bytes of blobs clients have taken.
    pub(crate) fn blob_bytes_taken(&self) -> u64 {
        self.blob_exchanges()
            .filter(|exchange| exchange.method == "GET")
            .map(|exchange| exchange.response_bytes)
            .sum()
    }

    /// Lets so many bytes of each body through a second; 0 takes the limit away.
    pub(crate) fn slow_down(&self, bytes_per_second: u64) {
        self.relay.pace.set(bytes_per_second);
    }

    fn blob_exchanges(&self) -> impl Iterator<Item = Exchange> {
        self.exchanges().into_iter().filter(|exchange| exchange.path.contains("/blobs/"))
    }

    /// From now on the registry is asked for this many names a page, whatever clients want.
    pub(crate) fn set_page(&self, names: usize) {
        *self.relay.page.lock().unwrap() = Some(names);
    }

    /// Breaks the next request of `method` whose path has `part` in it. A fault that never came about fails
    /// the test.
    pub(crate) fn fault(&self, method: &str, part: &str, fault: Fault) {
        let rule = Rule { method: method.to_owned(), part: part.to_owned(), fault };
        self.relay.rules.lock().unwrap().push(rule);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let rules = self.relay.rules.lock().unwrap();
        if !std::thread::panicking() {
            assert!(rules.is_empty(), "faults that never came about: {rules:#?}\n{:#?}", self.exchanges());
        }
    }
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The answer is this, and the registry hears nothing.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: &'static str },
    /// The connection breaks after so many bytes of the answer's body.
    CutAnswer { after: u64 },
    /// The connection breaks after so many bytes of the request's body; the registry hears those.
    CutRequest { after: u64 },
    /// The registry hears the request, but its answer is lost.
    LoseAnswer,
    /// The answer comes late.
    Delay(Duration),
    /// After so many bytes of the answer's body nothing comes any more.
    StallAnswer { after: u64 },
    /// The first byte of the answer's body is another one.
    GarbleAnswer,
    /// The registry does not hear this header of the request.
    Unheard(HeaderName),
}

#[derive(Debug)]
struct Rule {
    method: String,
    part: String,
    fault: Fault,
}

/// An exchange that may still be going on.
#[derive(Default)]
struct Entry {
    method: String,
    path: String,
    authorization: Option<String>,
    range: Option<String>,
    status: AtomicU16,
    request_bytes: Arc<AtomicU64>,
    response_bytes: Arc<AtomicU64>,
}

impl Entry {
    fn of(request: &Request) -> Self {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            method: request.method().to_string(),
            path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
            authorization: text(header::AUTHORIZATION)
                .and_then(|value| value.split(' ').next())
                .map(ToOwned::to_owned),
            range: text(header::RANGE).map(ToOwned::to_owned),
            ..Self::default()
        }
    }

    fn exchange(&self) -> Exchange {
        Exchange {
            method: self.method.clone(),
            path: self.path.clone(),
            status: self.status.load(Ordering::SeqCst),
            request_bytes: self.request_bytes.load(Ordering::SeqCst),
            response_bytes: self.response_bytes.load(Ordering::SeqCst),
            authorization: self.authorization.clone(),
            range: self.range.clone(),
        }
    }
}

/// What passes requests on.
pub(super) struct Relay {
    upstream: String,
    /// What clients speak with the proxy.
    scheme: &'static str,
    client: reqwest::Client,
    gate: Gate,
    entries: Mutex<Vec<Arc<Entry>>>,
    rules: Mutex<Vec<Rule>>,
    /// How many names a page may have.
    page: Mutex<Option<usize>>,
    pace: Pace,
}

impl Relay {
    /// Passes requests on to `host`, which speaks plain HTTP.
    pub(super) fn new(host: &str, gate: Gate) -> Self {
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            upstream: host.to_owned(),
            scheme: "http",
            client,
            gate,
            entries: Mutex::default(),
            rules: Mutex::default(),
            page: Mutex::default(),
            pace: Pace::default(),
        }
    }

    /// For clients that speak TLS.
    pub(super) fn behind_tls(self) -> Self {
        Self { scheme: "https", ..self }
    }

    /// Forgets the requests until now.
    pub(super) fn forget(&self) {
        self.entries.lock().unwrap().clear();
    }

    /// What a server does with it.
    fn handler(self: &Arc<Self>) -> Handler {
        let relay = Arc::clone(self);
        Arc::new(move |request| {
            let relay = Arc::clone(&relay);
            Box::pin(async move { relay.answer(request).await })
        })
    }

    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.entries.lock().unwrap().iter().map(|entry| entry.exchange()).collect()
    }

    /// Answers one request, and notes it.
    pub(super) async fn answer(&self, request: Request) -> Response {
        let entry = Arc::new(Entry::of(&request));
        self.entries.lock().unwrap().push(Arc::clone(&entry));
        let response = match self.gate.refuse(request.method(), request.uri(), request.headers()) {
            None => self.admit(request, &entry).await,
            Some(refusal) => refusal,
        };
        entry.status.store(response.status().as_u16(), Ordering::SeqCst);
        response
    }

    async fn admit(&self, request: Request, entry: &Entry) -> Response {
        let switch = Switch::of(&request);
        match self.fault_for(&request) {
            None => self.pass(request, entry, Cut::Nowhere).await,
            Some(Fault::Answer { status, headers, body }) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(body)).unwrap()
            }
            Some(Fault::CutAnswer { after }) => self.pass(request, entry, Cut::Answer(after)).await,
            Some(Fault::StallAnswer { after }) => self.pass(request, entry, Cut::AnswerStalls(after)).await,
            Some(Fault::GarbleAnswer) => garbled(self.pass(request, entry, Cut::Nowhere).await),
            Some(Fault::CutRequest { after }) => {
                self.pass(request, entry, Cut::Request(after)).await;
                switch.hang_up()
            }
            Some(Fault::LoseAnswer) => {
                self.pass(request, entry, Cut::Nowhere).await;
                switch.hang_up()
            }
            Some(Fault::Unheard(name)) => {
                let mut request = request;
                request.headers_mut().remove(name);
                self.pass(request, entry, Cut::Nowhere).await
            }
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                self.pass(request, entry, Cut::Nowhere).await
            }
        }
    }

    fn fault_for(&self, request: &Request) -> Option<Fault> {
        let path = request.uri().path_and_query()?.as_str();
        let mut rules = self.rules.lock().unwrap();
        let place = rules
            .iter()
            .position(|rule| rule.method == request.method().as_str() && path.contains(&rule.part))?;
        Some(rules.remove(place).fault)
    }

    /// Passes a request on and streams the answer back. What is cut off is not counted.
    async fn pass(&self, request: Request, entry: &Entry, cut: Cut) -> Response {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://{}{}", self.upstream, self.with_short_pages(path));
        let host = request.headers().get(header::HOST).cloned();
        let (parts, body) = request.into_parts();
        let mut outgoing = self.client.request(parts.method.clone(), url).headers(forwarded(&parts.headers));
        if has_body(&parts.headers) {
            let stream = cut_after(self.pace.keep(body.into_data_stream()), cut.of_request());
            outgoing = outgoing.body(reqwest::Body::wrap_stream(counted(stream, &entry.request_bytes)));
        }
        let answer = match outgoing.send().await {
            Ok(answer) => answer,
            Err(error) => return plain(StatusCode::BAD_GATEWAY, format!("{error:?}")),
        };
        let mut response = Response::builder().status(answer.status());
        *response.headers_mut().unwrap() = forwarded(answer.headers());
        let headers = response.headers_mut().unwrap();
        if let (Some(location), Some(host)) = (headers.get(header::LOCATION), host) {
            let location = self.seen_from_outside(location.to_str().unwrap(), host.to_str().unwrap());
            headers.insert(header::LOCATION, location.parse().unwrap());
        }
        let body = match parts.method {
            Method::HEAD => Body::empty(),
            _ => {
                let stream = cut_after(self.pace.keep(answer.bytes_stream()), cut.of_answer());
                let stream = stalled(stream, matches!(cut, Cut::AnswerStalls(_)));
                Body::from_stream(counted(stream, &entry.response_bytes))
            }
        };
        response.body(body).unwrap()
    }

    fn with_short_pages(&self, path: &str) -> String {
        let page = *self.page.lock().unwrap();
        match (page, path.split_once("?n=")) {
            (Some(page), Some((path, rest))) => {
                let rest = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
                format!("{path}?n={page}{rest}")
            }
            _ => path.to_owned(),
        }
    }

    /// The registry knows its host by the `Host` header, but not whether TLS is spoken in front of it.
    fn seen_from_outside(&self, location: &str, host: &str) -> String {
        location.replacen(&format!("http://{host}/"), &format!("{}://{host}/", self.scheme), 1)
    }
}

/// A short answer in words.
pub(super) fn plain(status: StatusCode, words: String) -> Response {
    Response::builder().status(status).body(Body::from(words)).unwrap()
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}

/// Which body breaks off, and after how many bytes.
#[derive(Clone, Copy)]
enum Cut {
    Nowhere,
    Request(u64),
    Answer(u64),
    /// Nothing tells that it broke off.
    AnswerStalls(u64),
}

impl Cut {
    fn of_request(self) -> Option<u64> {
        if let Self::Request(after) = self { Some(after) } else { None }
    }

    fn of_answer(self) -> Option<u64> {
        if let Self::Answer(after) | Self::AnswerStalls(after) = self { Some(after) } else { None }
    }
}
