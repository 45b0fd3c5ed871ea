//! Responses, which are not trusted to state their size correctly or to keep a minimum rate.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};

use super::diagnosis;
use super::encoding::Decoder;
use super::error::{Asker, Call, Error, Status, sign};
use super::limits::CONNECT_LIMIT;
use super::problem::Problem;
use super::proxy::Proxy;
use super::url::address;
use crate::protocol::{Challenge, ErrorBody, ErrorCode, ErrorItem, RateLimit, retry_after, storage_words};
use crate::retry::{Outage, Verdict};

/// The minimum rate in bytes a second, averaged over the time in which a body may be silent.
const LEAST_RATE: u64 = 1024;

/// The problem of a body that cannot be decoded.
const MISCODED: &str = "its content does not match its encoding";

/// The maximum size of an error body.
const ERROR_BODY_MAX: u64 = 64 * 1024;

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    origin: Origin,
    window: Window,
    /// How long the body may be silent.
    patience: Duration,
    decoder: Option<Decoder>,
}

/// The request of a response.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) call: Call,
    pub(super) asker: Asker,
    /// Whether the request went to the server itself, by the client's own choice.
    pub(super) own: bool,
    /// Whether the response comes from a host that the registry has redirected to, which does not know its
    /// users.
    pub(super) led: bool,
    /// The proxy that the response came through, if the proxy may have made it.
    pub(super) proxy: Option<Proxy>,
    /// The outage state of the server.
    pub(super) outage: Arc<Outage>,
    pub(super) verdict: Verdict,
}

/// The bytes and the waiting time since the last check, to detect a body that trickles forever. Only time
/// spent in reading counts.
#[derive(Debug, Default)]
struct Window {
    waited: Duration,
    bytes: u64,
}

impl Response {
    pub(super) fn new(inner: reqwest::Response, origin: Origin, patience: Duration) -> Self {
        let encoding = inner.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let decoder = encoding.and_then(Decoder::of);
        Self { inner, origin, window: Window::default(), patience, decoder }
    }

    /// Reports whether the response is the server's own, to a request that no other server has chosen.
    pub fn is_own(&self) -> bool {
        self.origin.own
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// Returns the final URL, after redirects.
    pub fn url(&self) -> &Url {
        self.inner.url()
    }

    /// Reports whether a host that the registry has redirected to responds as to an expired signature: S3,
    /// Azure and CDNs use 403, Google uses 400 (`ExpiredToken`). Other refusals look the same.
    pub(super) fn has_run_out(&self) -> bool {
        self.origin.led && matches!(self.status(), StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN)
    }

    /// Returns the description of the request, for errors.
    pub fn call(&self) -> &Call {
        &self.origin.call
    }

    /// Returns the authentication of the request, as far as its headers show it.
    pub fn asker(&self) -> Asker {
        self.origin.asker
    }

    /// Sets the authentication of the request, for callers that know it better than the headers.
    #[must_use]
    pub fn asked_by(self, asker: Asker) -> Self {
        Self { origin: Origin { asker, ..self.origin }, ..self }
    }

    /// Returns the value of a header, if it exists and is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// Returns all values of a header that are text.
    pub fn headers<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a str> {
        self.inner.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Returns all values of a header for display. Invalid UTF-8 in them is marked.
    pub fn texts<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> {
        self.inner.headers().get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    /// Reports whether the body has a content encoding.
    pub fn is_encoded(&self) -> bool {
        self.decoder.is_some()
    }

    /// Returns the claimed `Content-Length` in bytes; `None` if the body is [encoded](Self::is_encoded).
    pub fn claimed_length(&self) -> Option<u64> {
        if self.is_encoded() {
            return None;
        }
        self.inner.headers().get(reqwest::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Returns the response itself if its status is a success.
    ///
    /// # Errors
    /// [`Error::Status`] with the errors in the body.
    pub async fn success(self) -> Result<Self, Error> {
        if self.status().is_success() { Ok(self) } else { Err(self.into_error().await) }
    }

    /// Returns the response itself, unless its status suggests a retry.
    ///
    /// # Errors
    /// [`Error::Status`] with the errors in the body.
    pub async fn untroubled(self) -> Result<Self, Error> {
        if sign(self.status()).is_none() { Ok(self) } else { Err(self.into_error().await) }
    }

    /// Turns the response into an error, with the errors in the body as far as it can be read.
    pub async fn into_error(mut self) -> Error {
        let status = self.status();
        let wait = wait(&self.inner);
        // The status is known already, so an unreadable body is ignored.
        let content = self.bytes_up_to(ERROR_BODY_MAX).await.unwrap_or_default();
        let mut body = ErrorBody::parse(status.as_u16(), &content).unwrap_or_default();
        let challenged = self.header(&WWW_AUTHENTICATE).is_some();
        let code = challenge_code(&self);
        if let Some(code) = code.filter(|code| !body.has(code)) {
            // `UNAUTHORIZED` is less specific than `DENIED`.
            body.errors.retain(|item| code != ErrorCode::Denied || item.code != ErrorCode::Unauthorized);
            body.errors.insert(0, ErrorItem::new(code));
        }
        let words = match body.errors.is_empty() {
            true => storage_words(self.header(&CONTENT_TYPE), &content),
            false => None,
        };
        let elsewhere = self.origin.led.then(|| address(self.url()));
        let mut error = Status::new(self.origin.call, status, body).in_words(words, elsewhere);
        error = error.through(self.origin.proxy.as_ref());
        error.retry_after = wait;
        error.asker = self.origin.asker;
        error.verdict = self.origin.verdict;
        error.challenged = challenged;
        Error::Status(Box::new(error))
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// [`Error::Unexpected`] as soon as the body exceeds `limit` bytes.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, Error> {
        let content = self.bytes_up_to(limit).await?;
        if content.len() as u64 > limit {
            return Err(self.unexpected(format!("it has more than {limit} bytes")));
        }
        Ok(content)
    }

    /// Reads the body until it ends or exceeds `limit`.
    async fn bytes_up_to(&mut self, limit: u64) -> Result<Bytes, Error> {
        let mut content = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            content.extend_from_slice(&chunk);
            if content.len() as u64 > limit {
                break;
            }
        }
        Ok(content.into())
    }

    /// Returns the next bytes of the body, or `None` at its end. If a proxy has compressed the body, it is
    /// decompressed.
    ///
    /// # Errors
    /// [`Error::Transport`] if the connection broke, or if the rate was below 1 KiB a second for as long as
    /// the server may be silent.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(decoder) = &mut self.decoder else { return self.raw_chunk().await };
            match decoder.next() {
                Ok(Some(bytes)) => return Ok(Some(bytes)),
                Ok(None) => {}
                Err(_) => return Err(self.unexpected(MISCODED)),
            }
            let raw = self.raw_chunk().await?;
            let Some(decoder) = &mut self.decoder else { return Ok(raw) };
            match raw {
                Some(bytes) => decoder.take(bytes),
                None => return decoder.finish().map_err(|_| self.unexpected(MISCODED)),
            }
        }
    }

    /// Returns the next bytes without decoding them.
    async fn raw_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let limit = self.patience;
        let stalled = Problem::Timeout { waiting_for: "data", limit };
        let outage = &self.origin.outage;
        let asked = Instant::now();
        let chunk = match outage.hear(limit, self.inner.chunk()).await {
            None => {
                outage.stalled(asked.into());
                return Err(self.broken(stalled));
            }
            Some(Err(error)) => {
                outage.broke();
                let problem = diagnosis::diagnose(&error, &address(self.url()), CONNECT_LIMIT);
                return Err(self.broken(problem));
            }
            Some(Ok(chunk)) => chunk,
        };
        outage.heard();
        let Some(bytes) = &chunk else { return Ok(None) };
        self.window.bytes += bytes.len() as u64;
        self.window.waited += asked.elapsed();
        if self.window.bytes >= LEAST_RATE.saturating_mul(limit.as_secs().max(1)) {
            self.window = Window::default();
        } else if self.window.waited > limit {
            return Err(self.broken(stalled));
        }
        Ok(chunk)
    }

    /// Creates the error of an unexpected response.
    pub fn unexpected(&self, reason: impl Into<String>) -> Error {
        Error::Unexpected { call: self.call().clone(), reason: reason.into() }
    }

    /// Creates the error of a body with the wrong content type.
    pub fn unexpected_content(&self) -> Error {
        let kind = self.header(&CONTENT_TYPE).unwrap_or("no content type").to_owned();
        self.unexpected(kind)
    }

    fn broken(&self, problem: Problem) -> Error {
        Error::Transport { call: self.call().clone(), problem, answered_before: true, verdict: Verdict::Own }
    }
}

/// Returns the wait that a server asks for. When Docker Hub's pulls are used up, that is at most the length of its
/// window.
pub(super) fn wait(response: &reqwest::Response) -> Option<Duration> {
    let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
    let asked = header(RETRY_AFTER).and_then(|header| retry_after(header, SystemTime::now()));
    if asked.is_some() || response.status() != StatusCode::TOO_MANY_REQUESTS {
        return asked;
    }
    let left = RateLimit::parse(header(HeaderName::from_static("ratelimit-remaining"))?)?;
    left.window.filter(|_| left.requests == 0)
}

/// Returns what a bearer challenge says about the token that was sent, RFC 6750, section 3.1.
fn challenge_code(response: &Response) -> Option<ErrorCode> {
    let mut challenges = response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all);
    challenges.find_map(|challenge| match challenge.parameter("error") {
        Some("insufficient_scope") => Some(ErrorCode::Denied),
        Some("invalid_token") => Some(ErrorCode::Unauthorized),
        _ => None,
    })
}
