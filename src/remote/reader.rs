//! The bytes of a blob as a registry sends them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE};

use super::Error;
use super::mirrors::Giver;
use super::places::{Place, Places};
use crate::content::{BlobReader, Chunk};
use crate::diagnose::Recovery;
use crate::digest::Digest;
use crate::http::Response;
use crate::image::Descriptor;
use crate::protocol::ContentRange;

/// Reads a blob, or a part of it. Gives exactly the bytes that were asked for, or fails.
#[derive(Debug)]
pub(super) struct RemoteReader {
    response: Response,
    /// Bytes before the range, which come along if the server knows no ranges.
    skip: u64,
    /// What has come with the last of them.
    first: Bytes,
    remaining: u64,
    /// How many bytes of the range have come.
    brought: u64,
    /// Whether the range ends where the blob does: then the body has to end there, too.
    to_the_end: bool,
    takes_ranges: bool,
    /// Where it comes from, if that is not the registry itself: to be forgotten if it breaks.
    place: Option<(Places, Digest, Place)>,
    /// The mirror it comes from, if it does: to be left if it breaks again and again.
    giver: Option<Giver>,
}

impl RemoteReader {
    /// Checks that the answer is the part of `blob` that was asked for.
    pub(super) fn new(response: Response, blob: &Descriptor, range: Range<u64>) -> Result<Self, Error> {
        let encoding = response.header(&CONTENT_ENCODING).filter(|value| *value != "identity");
        if response.is_encoded() && response.status() == StatusCode::PARTIAL_CONTENT {
            return Err(restart(&response, "it is a part of something encoded"));
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
            // All of the blob for a part out of its middle: whoever does that says wrongly that it has ranges.
            _ if range.end < blob.size => return Err(not_the_range(&response)),
            _ => range.start,
        };
        let remaining = range.end.saturating_sub(range.start);
        check_length(&response, skip + remaining, blob)?;
        let accepts = response.header(&ACCEPT_RANGES).is_some_and(|unit| unit.eq_ignore_ascii_case("bytes"));
        // Who sends all of a blob for a part has no ranges, whatever it says.
        let takes_ranges = !response.is_encoded()
            && skip == 0
            && (accepts || response.status() == StatusCode::PARTIAL_CONTENT);
        let to_the_end = range.end >= blob.size;
        let (first, brought, place, giver) = (Bytes::new(), 0, None, None);
        Ok(Self { response, skip, first, remaining, brought, to_the_end, takes_ranges, place, giver })
    }
}

fn check_range(response: &Response, blob: &Descriptor, range: &Range<u64>) -> Result<(), Error> {
    let sent = response.header(&CONTENT_RANGE).and_then(|value| ContentRange::parse(value).ok());
    let fits = sent.is_some_and(|sent| {
        sent.range.as_ref() == Some(range) && sent.size.is_none_or(|size| size == blob.size)
    });
    if fits { Ok(()) } else { Err(restart(response, "it is another range than the one asked for")) }
}

/// A length that cannot be right is known before the first byte.
fn check_length(response: &Response, expected: u64, blob: &Descriptor) -> Result<(), Error> {
    match response.claimed_length() {
        Some(length) if length != expected && length != blob.size => {
            Err(restart(response, &format!("it has {length} bytes, not {expected}")))
        }
        _ => Ok(()),
    }
}

fn not_the_range(response: &Response) -> Error {
    restart(response, "it is not the range asked for")
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
            let next = reader.next().await.inspect_err(|error| reader.broke(error))?;
            Ok(next.map(|chunk| (chunk, reader)))
        });
        let reader = Self::new(chunks);
        if takes_ranges { reader.with_ranges() } else { reader }
    }
}

impl RemoteReader {
    async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        match self.skip_some().await? {
            Some(skipped) => Ok(Some(Chunk::Skipped(skipped))),
            None => Ok(self.read().await?.map(Chunk::Bytes)),
        }
    }

    /// Throws away bytes that come before the range, and answers how many; `None` if there are no more of them.
    async fn skip_some(&mut self) -> Result<Option<u64>, Error> {
        if self.skip == 0 {
            return Ok(None);
        }
        let Some(mut bytes) = self.response.chunk().await? else { return Err(self.cut()) };
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        // At most the length of `bytes`, which is a `usize`.
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

    /// Lets others know that nothing more comes from here.
    fn broke(&self, error: &Error) {
        if let Some((places, blob, place)) = &self.place {
            places.forget(blob, place);
        }
        if let Some(giver) = &self.giver {
            giver.broke(error, self.brought);
        }
    }

    /// The same from a mirror.
    pub(super) fn given_by(self, giver: Option<Giver>) -> Self {
        Self { giver, ..self }
    }

    /// The same of one of several parts, for which all of the blob is no answer.
    pub(super) fn of_a_part(self) -> Result<Self, Error> {
        if self.skip > 0 { Err(not_the_range(&self.response)) } else { Ok(self) }
    }

    /// The same from a place, which is forgotten if it breaks and is not the registry itself.
    pub(super) fn placed_at(self, places: &Places, blob: &Digest, place: &Place) -> Self {
        let is_elsewhere = place.get().is_some_and(Option::is_some);
        let place = is_elsewhere.then(|| (places.clone(), blob.clone(), Arc::clone(place)));
        Self { place, ..self }
    }

    /// Parts of this blob are not to be asked for, whatever its server says.
    pub(super) fn take_no_ranges(&mut self) {
        self.takes_ranges = false;
    }

    fn cut(&self) -> Error {
        Error::Unexpected {
            call: self.response.call().clone(),
            reason: format!("it ended {} bytes too early", self.skip + self.remaining),
            recovery: Recovery::RETRY,
        }
    }
}
