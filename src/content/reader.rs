//! The bytes of a blob on their way from a source.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

use crate::diagnose::Failure;

/// A piece of what a source sends for a range of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// The next bytes of the range, never empty.
    Bytes(Bytes),
    /// The number of bytes before the range that the source discarded, because its server does not support
    /// ranges.
    Skipped(u64),
}

/// Reads a blob, or a part of it, as its bytes arrive.
/// All sources use the same kind of stream, so that nothing but its bytes is allocated for a chunk, and
/// dropping a future of [`next`](Self::next) loses nothing.
pub struct BlobReader {
    chunks: BoxStream<'static, Result<Chunk, Failure>>,
    /// Bytes that arrived while others were skipped.
    first: Option<Bytes>,
    takes_ranges: bool,
}

impl BlobReader {
    /// Reads the items of `chunks` up to its end or an error.
    pub fn new(chunks: impl Stream<Item = Result<Chunk, Failure>> + Send + 'static) -> Self {
        Self { chunks: chunks.fuse().boxed(), first: None, takes_ranges: false }
    }

    /// Reads bytes that are in memory.
    pub fn of(bytes: Bytes) -> Self {
        Self::new(stream::iter((!bytes.is_empty()).then_some(Ok(Chunk::Bytes(bytes)))))
    }

    /// Marks a blob whose parts can be read concurrently, where that may be useful.
    #[must_use]
    pub fn with_ranges(self) -> Self {
        Self { takes_ranges: true, ..self }
    }

    /// Reports whether parts of the blob can be read concurrently.
    pub fn takes_ranges(&self) -> bool {
        self.takes_ranges
    }

    /// Returns the next bytes, never empty, or `None` after the last byte of the range.
    ///
    /// # Errors
    /// If the source fails or sends something else.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes: the next call returns them.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        while self.skip().await?.is_some() {}
        Ok(self.first.take())
    }

    /// Waits for the next bytes before the range and returns how many the source discarded, so that the
    /// caller can count them. Returns `None` when there are no more of them. [`next`](Self::next) skips them
    /// as well.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    /// As [`next`](Self::next).
    pub async fn skip(&mut self) -> Result<Option<u64>, Failure> {
        if self.first.is_some() {
            return Ok(None);
        }
        match self.chunks.try_next().await? {
            Some(Chunk::Skipped(bytes)) => return Ok(Some(bytes)),
            Some(Chunk::Bytes(bytes)) => self.first = Some(bytes),
            None => {}
        }
        Ok(None)
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader").field("takes_ranges", &self.takes_ranges).finish_non_exhaustive()
    }
}
