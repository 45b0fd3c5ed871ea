//! Reads the bytes of a blob from a registry.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE};

use super::Error;
use super::redirects::{Redirect, Redirects};
use crate::content::{BlobReader, Chunk};
use crate::diagnose::Recovery;
use crate::digest::Digest;
use crate::http::Response;
use crate::image::Descriptor;
use crate::protocol::ContentRange;

/// Reads a blob, or a part of it. Returns exactly the requested bytes, or fails.
#[derive(Debug)]
pub(super) struct RemoteReader {
    response: Response,
    /// How many bytes before the range have to be skipped, because the server does not support ranges.
    skip: u64,
    /// The rest of the chunk that contained the last of them.
    first: Bytes,
    remaining: u64,
    /// How many bytes of the range have arrived.
    brought: u64,
    /// Whether the range ends with the blob: then the body has to end there, too.
    to_the_end: bool,
    takes_ranges: bool,
    /// The redirect to the blob, if the registry itself does not send it. It is forgotten after an interruption.
    redirected: Option<Redirected>,
}

/// A redirect that a body came by.
#[derive(Debug)]
struct Redirected {
    redirects: Redirects,
    blob: Digest,
    redirect: Redirect,
}

impl RemoteReader {
    /// Checks that the response is the requested part of `blob`.
    pub(super) fn new(response: Response, blob: &Descriptor, range: Range<u64>) -> Result<Self, Error> {
        let encoding = response.header(&CONTENT_ENCODING).filter(|value| *value != "identity");
        if response.is_encoded() && response.status() == StatusCode::PARTIAL_CONTENT {
            return Err(restart(&response, "it is a part of an encoded body"));
        }
        if let Some(encoding) = encoding.filter(|_| !response.is_encoded()) {
            let reason = format!("the blob was sent with the content encoding {encoding:?}");
            return Err(Error::unexpected(response.call(), reason));
        }
        let skip = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                check_range(&response, blob, &range)?;
                0
            }
            // The usual response of a server that does not support ranges: the whole blob.
            _ => range.start,
        };
        let remaining = range.end.saturating_sub(range.start);
        check_length(&response, skip + remaining, blob)?;
        let accepts = response.header(&ACCEPT_RANGES).is_some_and(|unit| unit.eq_ignore_ascii_case("bytes"));
        // A server that sends the whole blob for a part does not support ranges, whatever its headers say.
        let takes_ranges = !response.is_encoded()
            && skip == 0
            && (accepts || response.status() == StatusCode::PARTIAL_CONTENT);
        let to_the_end = range.end >= blob.size;
        let (first, brought, redirected) = (Bytes::new(), 0, None);
        Ok(Self { response, skip, first, remaining, brought, to_the_end, takes_ranges, redirected })
    }
}

fn check_range(response: &Response, blob: &Descriptor, range: &Range<u64>) -> Result<(), Error> {
    let sent = response.header(&CONTENT_RANGE).and_then(|value| ContentRange::parse(value).ok());
    let fits = sent.is_some_and(|sent| {
        sent.range.as_ref() == Some(range) && sent.size.is_none_or(|size| size == blob.size)
    });
    if fits { Ok(()) } else { Err(restart(response, "it is not the requested range")) }
}

/// Rejects a wrong length before the first byte.
fn check_length(response: &Response, expected: u64, blob: &Descriptor) -> Result<(), Error> {
    match response.claimed_length() {
        Some(length) if length != expected && length != blob.size => {
            Err(restart(response, &format!("it has {length} bytes, not {expected}")))
        }
        _ => Ok(()),
    }
}

fn restart(response: &Response, reason: &str) -> Error {
    Error::Unexpected {
        call: response.call().clone(),
        reason: reason.to_owned(),
        recovery: Recovery::Restart,
    }
}

impl From<RemoteReader> for BlobReader {
    fn from(reader: RemoteReader) -> Self {
        let takes_ranges = reader.takes_ranges;
        let chunks = stream::try_unfold(reader, async |mut reader: RemoteReader| {
            let next = reader.next().await?;
            Ok(next.map(|chunk| (chunk, reader)))
        });
        let reader = Self::new(chunks);
        if takes_ranges { reader.with_ranges() } else { reader }
    }
}

impl RemoteReader {
    /// Returns the next bytes.
    ///
    /// # Errors
    /// The error that has interrupted the body.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        let next = match self.skip_some().await {
            Ok(Some(skipped)) => Ok(Some(Chunk::Skipped(skipped))),
            Ok(None) => self.read().await.map(|bytes| bytes.map(Chunk::Bytes)),
            Err(error) => Err(error),
        };
        if let (Err(_), Some(Redirected { redirects, blob, redirect })) = (&next, &self.redirected) {
            redirects.forget(blob, redirect);
        }
        next
    }

    /// Returns how many bytes have arrived.
    pub(super) fn brought(&self) -> u64 {
        self.brought
    }

    /// Returns how many bytes are missing.
    pub(super) fn missing(&self) -> u64 {
        self.remaining
    }

    /// Reports whether the server can send parts of the blob.
    pub(super) fn takes_ranges(&self) -> bool {
        self.takes_ranges
    }

    /// Discards bytes before the range, and returns how many; `None` if there are no more of them.
    async fn skip_some(&mut self) -> Result<Option<u64>, Error> {
        if self.skip == 0 {
            return Ok(None);
        }
        let Some(mut bytes) = self.response.chunk().await? else { return Err(self.cut()) };
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        // This is at most the length of `bytes`, which is a `usize`.
        let _ = bytes.split_to(usize::try_from(skipped).unwrap_or(bytes.len()));
        self.first = bytes;
        Ok(Some(skipped))
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        if self.remaining == 0 && !self.to_the_end {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.first);
        while bytes.is_empty() {
            bytes = match self.response.chunk().await? {
                Some(bytes) => bytes,
                None if self.remaining == 0 => return Ok(None),
                None => return Err(self.cut()),
            };
        }
        if bytes.len() as u64 > self.remaining {
            if self.to_the_end {
                return Err(restart(&self.response, "it has more bytes than the blob"));
            }
            bytes.truncate(usize::try_from(self.remaining).unwrap_or(bytes.len()));
        }
        self.remaining -= bytes.len() as u64;
        self.brought += bytes.len() as u64;
        Ok(Some(bytes))
    }

    /// Adds the redirect, which is forgotten after an interruption unless the registry itself sends the blob.
    pub(super) fn redirected_by(self, redirects: &Redirects, blob: &Digest, redirect: &Redirect) -> Self {
        let is_elsewhere = redirect.get().is_some_and(Option::is_some);
        let redirected = is_elsewhere.then(|| Redirected {
            redirects: redirects.clone(),
            blob: blob.clone(),
            redirect: Arc::clone(redirect),
        });
        Self { redirected, ..self }
    }

    fn cut(&self) -> Error {
        Error::Unexpected {
            call: self.response.call().clone(),
            reason: format!("it ended {} bytes too early", self.skip + self.remaining),
            recovery: Recovery::RETRY,
        }
    }
}
