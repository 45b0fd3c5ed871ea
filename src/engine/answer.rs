//! Responses of the Engine, read within limits.

use bytes::Bytes;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;
use super::daemon::{ANSWER_LIMIT, Daemon, WORK_LIMIT};

/// Maximum size of a response that is read into memory, in bytes. The description of an image has some
/// kilobytes, and Docker writes one line for each image that it loads.
const BODY_MAX: usize = 1 << 20;

/// Maximum number of bytes read of an error's body.
const ERROR_MAX: usize = 64 * 1024;

/// Maximum length of the Engine's own words that are shown, in bytes.
const WORDS_MAX: usize = 1024;

/// A response whose body has not been read.
pub(super) struct Answer {
    inner: reqwest::Response,
    daemon: Daemon,
}

/// The Engine's description of an error, in a whole response or in a line of one.
#[derive(Default, Deserialize)]
struct Trouble {
    message: Option<String>,
}

impl Answer {
    pub(super) fn new(inner: reqwest::Response, daemon: Daemon) -> Self {
        Self { inner, daemon }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.inner.status()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// Returns the response itself if its status is a success.
    pub(super) async fn success(mut self) -> Result<Self, Error> {
        if self.status().is_success() {
            return Ok(self);
        }
        let status = self.status().as_u16();
        // The status is known already. A body that cannot be read adds nothing to it.
        let reading = tokio::time::timeout(ANSWER_LIMIT, self.up_to(ERROR_MAX));
        let body = reading.await.ok().and_then(Result::ok).unwrap_or_default();
        let trouble = serde_json::from_slice::<Trouble>(&body).unwrap_or_default();
        Err(Error::Refused { status, message: shown(&trouble.message.unwrap_or_default()) })
    }

    /// Reads the response as one JSON document.
    pub(super) async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let daemon = self.daemon.clone();
        let body = daemon.within(ANSWER_LIMIT, self.up_to(BODY_MAX)).await?;
        serde_json::from_slice(&body).map_err(|_| self.daemon.not_an_engine())
    }

    /// Reads the Engine's progress messages, one JSON document after the other, to the end.
    ///
    /// # Errors
    /// [`Error::Failed`] if one of them reports an error.
    pub(super) async fn messages(mut self) -> Result<Vec<String>, Error> {
        let body = self.up_to(BODY_MAX + 1).await?;
        if body.len() > BODY_MAX {
            return Err(self.daemon.not_an_engine());
        }
        let mut messages = Vec::new();
        for line in serde_json::Deserializer::from_slice(&body).into_iter::<Line>() {
            let line = line.map_err(|_| self.daemon.not_an_engine())?;
            if let Some(message) = line.trouble() {
                return Err(Error::Failed { message: shown(message) });
            }
            messages.extend(line.stream);
        }
        Ok(messages)
    }

    /// Returns the next bytes of the body, or `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let daemon = &self.daemon;
        let chunk = async { self.inner.chunk().await.map_err(|error| daemon.failed(&error)) };
        daemon.within(WORK_LIMIT, chunk).await
    }

    /// Reads the body up to its end or to `limit` bytes.
    async fn up_to(&mut self, limit: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while body.len() < limit
            && let Some(chunk) = self.chunk().await?
        {
            body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
        }
        Ok(body)
    }
}

/// One progress message of the Engine. Its other fields are not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stream: Option<String>,
    error: Option<String>,
    error_detail: Option<Trouble>,
}

impl Line {
    fn trouble(&self) -> Option<&str> {
        let detail = self.error_detail.as_ref().and_then(|detail| detail.message.as_ref());
        detail.or(self.error.as_ref()).map(String::as_str)
    }
}

/// Puts the Engine's words on one line, so that they cannot be mistaken for regcli's own, and shortens them
/// to a readable length.
fn shown(words: &str) -> String {
    let end = (0..=WORDS_MAX.min(words.len())).rev().find(|end| words.is_char_boundary(*end));
    let (words, rest) = words.split_at(end.unwrap_or_default());
    let words: Vec<&str> = words.split_whitespace().collect();
    format!("{}{}", words.join(" "), if rest.is_empty() { "" } else { "…" })
}
