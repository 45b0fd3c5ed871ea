//! Answers, none of which is believed about its own size or pace.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};

use super::encoding::Decoder;
use super::error::{Asker, Call, Error, Status, sign};
use super::limits::CONNECT_LIMIT;
use super::problem;
use super::proxy::Proxy;
use super::trouble::Problem;
use super::url::address;
use crate::protocol::{Challenge, ErrorBody, ErrorCode, ErrorItem, retry_after, storage_words};
use crate::retry::{Outage, Verdict};

/// The least that has to come in a second, on the average of the time in which a body may bring nothing at all.
const LEAST_RATE: u64 = 1024;

/// What is wrong with a body that cannot be decoded.
const MISCODED: &str = "its content is not encoded as it says";

/// The most of an error's body that is read.
const ERROR_BODY_MAX: u64 = 64 * 1024;

/// An answer, its body still to be read.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    origin: Origin,
    window: Window,
    /// How long the body may bring nothing.
    patience: Duration,
    decoder: Option<Decoder>,
}

/// What a response is the answer to.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) call: Call,
    pub(super) asker: Asker,
    /// Whether the server itself was asked, and nobody else has chosen for what.
    pub(super) own: bool,
    /// Whether it comes from a server that the registry has led to, which knows nothing of its users.
    pub(super) led: bool,
    /// The proxy that it came through, if the answer may be the proxy's own.
    pub(super) proxy: Option<Proxy>,
    /// Where it is known whether the server is away.
    pub(super) outage: Arc<Outage>,
    pub(super) verdict: Verdict,
}

/// What came in how much waiting: tells a slow body from one that trickles on for ever. Time in which
/// nobody reads does not count.
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

    /// Whether it is the server's own: neither another one's, nor that to a request which another one has chosen.
    pub fn is_own(&self) -> bool {
        self.origin.own
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// Where it came from in the end, after redirects.
    pub fn url(&self) -> &Url {
        self.inner.url()
    }

    /// Whether a server that the registry has led to says what storages say of a signature that has run out: S3, Azure
    /// and CDNs answer 403, Google 400 (`ExpiredToken`). Other refusals look the same.
    pub(super) fn has_run_out(&self) -> bool {
        self.origin.led && matches!(self.status(), StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN)
    }

    /// The request, for errors.
    pub fn call(&self) -> &Call {
        &self.origin.call
    }

    /// Who has asked, as far as its headers tell.
    pub fn asker(&self) -> Asker {
        self.origin.asker
    }

    /// The same answer, for errors that know better than the headers who has asked.
    #[must_use]
    pub fn asked_by(self, asker: Asker) -> Self {
        Self { origin: Origin { asker, ..self.origin }, ..self }
    }

    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// All values of a header that are text.
    pub fn headers<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a str> {
        self.inner.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// All values of a header that people are to read. Whatever is no UTF-8 in them is marked.
    pub fn texts<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> {
        self.inner.headers().get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    /// Whether the body comes in another form than the content has.
    pub fn is_encoded(&self) -> bool {
        self.decoder.is_some()
    }

    /// What `Content-Length` claims, in bytes; `None` if the body is [encoded](Self::is_encoded).
    pub fn claimed_length(&self) -> Option<u64> {
        if self.is_encoded() {
            return None;
        }
        self.inner.headers().get(reqwest::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The answer itself if its status says yes.
    ///
    /// # Errors
    /// [`Error::Status`] with what the body tells.
    pub async fn success(self) -> Result<Self, Error> {
        if self.status().is_success() { Ok(self) } else { Err(self.into_error().await) }
    }

    /// The answer itself, unless its status says that another attempt may be answered otherwise.
    ///
    /// # Errors
    /// [`Error::Status`] with what the body tells.
    pub async fn untroubled(self) -> Result<Self, Error> {
        if sign(self.status()).is_none() { Ok(self) } else { Err(self.into_error().await) }
    }

    /// Makes an error of the answer, and reads its body for that, as far as it can be read.
    pub async fn into_error(mut self) -> Error {
        let status = self.status();
        let wait = wait(self.inner.headers());
        // The status is known already; a body that cannot be read adds nothing to it.
        let content = self.bytes_up_to(ERROR_BODY_MAX).await.unwrap_or_default();
        let mut body = ErrorBody::parse(status.as_u16(), &content).unwrap_or_default();
        let challenged = self.header(&WWW_AUTHENTICATE).is_some();
        let code = challenge_code(&self);
        if let Some(code) = code.filter(|code| !body.has(code)) {
            // That somebody has to be known says less than that this one may not.
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
    /// [`Error::Unexpected`] as soon as there are more than `limit` bytes.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, Error> {
        let content = self.bytes_up_to(limit).await?;
        if content.len() as u64 > limit {
            return Err(self.unexpected(format!("it has more than {limit} bytes")));
        }
        Ok(content)
    }

    /// Reads the body until it ends or is longer than `limit`.
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

    /// The next bytes of the body, `None` at its end. What a proxy has compressed comes as it was before.
    ///
    /// # Errors
    /// [`Error::Transport`] if the connection broke, or brought less than 1 KiB a second for as
    /// long as the server may say nothing.
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

    /// The next bytes as they come.
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
                let problem = problem::diagnose(&error, &address(self.url()), CONNECT_LIMIT);
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

    /// An error that says what is odd about this answer.
    pub fn unexpected(&self, reason: impl Into<String>) -> Error {
        Error::Unexpected { call: self.call().clone(), reason: reason.into() }
    }

    /// An error that says that the body is of another kind than it should be.
    pub fn unexpected_content(&self) -> Error {
        let kind = self.header(&CONTENT_TYPE).unwrap_or("no content type").to_owned();
        self.unexpected(kind)
    }

    fn broken(&self, problem: Problem) -> Error {
        Error::Transport { call: self.call().clone(), problem, answered_before: true, verdict: Verdict::Own }
    }
}

/// How long a server asks to wait.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
}

/// What a bearer challenge says about the token that was sent, RFC 6750, section 3.1.
fn challenge_code(response: &Response) -> Option<ErrorCode> {
    let mut challenges = response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all);
    challenges.find_map(|challenge| match challenge.parameter("error") {
        Some("insufficient_scope") => Some(ErrorCode::Denied),
        Some("invalid_token") => Some(ErrorCode::Unauthorized),
        _ => None,
    })
}
