//! Requests, as the layers above make them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};

/// From how many bytes on a body is worth a connection of its own.
const LARGE: u64 = 256 * 1024;

/// A request to be sent by a [`Client`](super::Client).
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// Headers; credentials are not among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// How long the head of the answer may take, the sending of the body included; as long as the server may say
    /// nothing if `None`.
    pub patience: Option<Duration>,
    /// What to do about an answer that leads elsewhere.
    pub redirects: Redirects,
    /// By what kind of connection it goes.
    pub lane: Lane,
    /// What is shown of the query of its URL; what is known to be harmless if `None`.
    pub asks: Option<String>,
}

/// By what kind of connection a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Any. Over HTTP/2 it shares one with all others of its kind.
    Shared,
    /// One of its own as long as it lasts: what one TCP stream brings is limited, however wide the line is.
    Own,
}

/// What to do about an answer that leads elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Follow it, if method and body allow.
    Follow,
    /// Take it for the answer, as for requests that carry a secret of their own.
    Keep,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path on the client's server, from `/v2/` on, with its query.
    Path(String),
    /// Anywhere, as a server said: an upload's location, the next page.
    Url(Url),
}

/// A request's body.
#[derive(Debug)]
pub enum Body {
    /// None.
    Empty,
    /// Bytes, which can be sent again.
    Bytes(Bytes),
    /// A stream of exactly this many bytes, which can be sent only once.
    Stream(reqwest::Body, u64),
}

impl Request {
    /// A request without headers and body.
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

    /// A `GET` of a path on the server.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, Target::Path(path.into()))
    }

    /// A `HEAD` of a path on the server.
    pub fn head(path: impl Into<String>) -> Self {
        Self::new(Method::HEAD, Target::Path(path.into()))
    }

    /// The same with another header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with these headers instead of its own.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The same with another limit for the head of the answer.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// The same for a body of `size` bytes, which gets a connection of its own if it is large.
    #[must_use]
    pub fn moving(mut self, size: u64) -> Self {
        self.lane = if size > LARGE { Lane::Own } else { Lane::Shared };
        self
    }

    /// The same, with redirects taken for answers.
    #[must_use]
    pub fn keeping_redirects(mut self) -> Self {
        self.redirects = Redirects::Keep;
        self
    }

    /// The same with a query whose parameters were made here, these of which are shown.
    #[must_use]
    pub fn asking(mut self, asks: String) -> Self {
        self.asks = Some(asks);
        self
    }

    /// A copy, unless its body can be sent only once.
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
    /// Adds the body to a request, with its length: many registries refuse chunked bodies.
    pub(super) fn attach(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Empty => request,
            Self::Bytes(bytes) => request.header(CONTENT_LENGTH, bytes.len()).body(bytes),
            Self::Stream(body, length) => request.header(CONTENT_LENGTH, length).body(body),
        }
    }
}
