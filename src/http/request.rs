//! Requests, as the upper layers create them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};

/// The name of this program in requests.
pub(crate) const USER_AGENT: &str = concat!("regcli/", env!("CARGO_PKG_VERSION"));

/// The size in bytes from which a body gets its own connection.
const LARGE: u64 = 256 * 1024;

/// A request to be sent by a [`Client`](super::Client).
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The destination.
    pub target: Target,
    /// The headers, without credentials.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// How long the head of the response may take, including sending the body. `None` means as long as the
    /// server may be silent.
    pub patience: Option<Duration>,
    /// What to do with a redirect.
    pub redirects: Redirects,
    /// The kind of connection.
    pub lane: Lane,
    /// The part of the query that is shown in errors; `None` shows only parameters that are known to be
    /// harmless.
    pub asks: Option<String>,
}

/// The kind of connection of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Any. With HTTP/2 one connection is shared by all such requests.
    Shared,
    /// A connection of its own: the rate of a single TCP stream is limited, however wide the line is.
    Own,
}

/// What to do with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Follow it, if method and body allow.
    Follow,
    /// Return it as the response, for requests with a secret of their own.
    Keep,
}

/// The destination of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path on the client's server, starting with `/v2/`, with its query.
    Path(String),
    /// A URL that a server has sent, on any host: an upload's location, the next page.
    Url(Url),
}

/// The body of a request.
#[derive(Debug)]
pub enum Body {
    /// No body.
    Empty,
    /// Bytes, which can be sent again.
    Bytes(Bytes),
    /// A stream of exactly this many bytes, which can be sent only once.
    Stream(reqwest::Body, u64),
}

impl Request {
    /// Creates a request without headers and body.
    pub fn new(method: Method, target: Target) -> Self {
        Self {
            method,
            target,
            headers: HeaderMap::new(),
            body: Body::Empty,
            patience: None,
            redirects: Redirects::Follow,
            lane: Lane::Shared,
            asks: None,
        }
    }

    /// Creates a `GET` request for a path on the server.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, Target::Path(path.into()))
    }

    /// Creates a `HEAD` request for a path on the server.
    pub fn head(path: impl Into<String>) -> Self {
        Self::new(Method::HEAD, Target::Path(path.into()))
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Replaces all headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets the time limit for the head of the response.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Prepares the request for a body of `size` bytes in either direction, which gets its own connection if
    /// it is large.
    #[must_use]
    pub fn moving(mut self, size: u64) -> Self {
        self.lane = if size > LARGE { Lane::Own } else { Lane::Shared };
        self
    }

    /// Returns redirects as responses.
    #[must_use]
    pub fn keeping_redirects(mut self) -> Self {
        self.redirects = Redirects::Keep;
        self
    }

    /// Sets the part of the query that is shown in errors; it must have been made here.
    #[must_use]
    pub fn asking(mut self, asks: String) -> Self {
        self.asks = Some(asks);
        self
    }

    /// Returns a copy, unless the body can be sent only once.
    pub fn try_clone(&self) -> Option<Self> {
        let body = match &self.body {
            Body::Empty => Body::Empty,
            Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
            Body::Stream(..) => return None,
        };
        Some(Self {
            method: self.method.clone(),
            target: self.target.clone(),
            headers: self.headers.clone(),
            body,
            patience: self.patience,
            redirects: self.redirects,
            lane: self.lane,
            asks: self.asks.clone(),
        })
    }
}

impl Body {
    /// Adds the body to a request, with its length, because many registries reject chunked bodies.
    pub(super) fn attach(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Empty => request,
            Self::Bytes(bytes) => request.header(CONTENT_LENGTH, bytes.len()).body(bytes),
            Self::Stream(body, length) => request.header(CONTENT_LENGTH, length).body(body),
        }
    }
}
