//! A piece of a blob, fetched by a task of its own and written where it belongs.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;

use super::Event;
use super::ends::Ends;
use super::error::{End, Fault};
use super::head::{STALL, STALLS};
use super::line::{Line, Turn};
use super::tries::{Lost, Reading, Tries};
use crate::content::{BlobReader, PartWriter};
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::image::Descriptor;

/// How many response times a stream may bring nothing, where that is more than [`STALL`].
const DISTANCES: u32 = 8;

/// The bytes of a piece, as its task and the blob see them.
#[derive(Debug)]
pub(super) struct Span {
    start: u64,
    /// The end of the bytes that are at the target.
    at: AtomicU64,
    /// The end of the piece, which comes closer when another connection takes the rest.
    end: AtomicU64,
    /// The end at first.
    planned: u64,
    /// When the first byte came.
    begun: OnceLock<Instant>,
}

impl Span {
    pub(super) fn new(range: Range<u64>) -> Arc<Self> {
        let Range { start, end } = range;
        Arc::new(Self { start, at: start.into(), end: end.into(), planned: end, begun: OnceLock::new() })
    }

    /// Returns the bytes that are at the target.
    pub(super) fn there(&self) -> Range<u64> {
        self.start..self.at.load(Ordering::Acquire)
    }

    /// Reports whether the piece has this byte, or is to bring it. One question for both, because the byte may come
    /// between two.
    pub(super) fn covers(&self, offset: u64) -> bool {
        let end = self.end.load(Ordering::Acquire).max(self.at.load(Ordering::Acquire));
        (self.start..end).contains(&offset)
    }

    /// Returns the bytes that are missing.
    pub(super) fn missing(&self) -> Range<u64> {
        let at = self.at.load(Ordering::Acquire);
        at..self.end.load(Ordering::Acquire).max(at)
    }

    /// Ends the piece at an earlier byte. The task may have fetched some bytes beyond it already.
    pub(super) fn shorten(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }

    /// Reports whether nothing was taken from the piece, so that its connection remains usable.
    pub(super) fn is_whole(&self) -> bool {
        self.end.load(Ordering::Acquire) == self.planned
    }

    /// Returns how many bytes a second come, once there were any.
    pub(super) fn rate(&self) -> Option<f64> {
        let there = self.there();
        let seconds = self.begun.get()?.elapsed().as_secs_f64();
        (there.end > there.start && seconds > 0.0).then(|| (there.end - there.start) as f64 / seconds)
    }
}

/// How a task ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// All bytes are at the target.
    Complete,
    /// The stream brought nothing for a while. Another connection may do better.
    Hung,
    /// The source offers parts of the blob, and has repeatedly sent something else.
    Refused,
}

/// What the pieces of a blob share. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Together {
    /// How many bytes the pieces have brought to the target; `None` if they wait in memory.
    pub(super) brought: Option<Arc<AtomicU64>>,
    /// How many streams have hung.
    hung: Arc<AtomicU32>,
    /// Notified when more bytes are at the target.
    pub(super) progress: Arc<Notify>,
}

/// Fetches a piece of a blob, with attempts of its own.
pub(super) struct Piece {
    pub(super) ends: Ends,
    pub(super) blob: Descriptor,
    pub(super) line: Line,
    pub(super) span: Arc<Span>,
    pub(super) writer: Box<dyn PartWriter>,
    pub(super) together: Together,
}

impl Piece {
    /// Fetches all bytes up to the end of the span.
    ///
    /// # Errors
    /// The final error.
    pub(super) async fn run(mut self) -> Result<Ending, Fault> {
        let mut tries = Tries::of(self.span.missing(), &self.line);
        loop {
            let read = self.read(&mut tries).await;
            // What has come is at the target before anything is waited for.
            self.writer.flush().map_err(Fault::of_target)?;
            self.report();
            let failure = match read {
                Ok(ending) => return Ok(ending),
                Err(Fault { end: End::Source, failure }) => failure,
                Err(fault) => return Err(fault),
            };
            let Self { ends, blob, line, writer, .. } = &self;
            let failed = tries.failed(Reading { ends, blob, line }, writer.end(), failure);
            match failed.await {
                Ok(()) => {}
                // No byte of a wrong answer was taken.
                Err(failure) if failure.recovery() == Recovery::Restart => return Ok(Ending::Refused),
                Err(failure) => return Err(Fault::of_source(failure)),
            }
        }
    }

    async fn read(&mut self, tries: &mut Tries) -> Result<Ending, Fault> {
        self.line.concurrency.open().await;
        let mut position = self.writer.end();
        let end = self.span.missing().end;
        if position >= end {
            return Ok(Ending::Complete);
        }
        let opened = match self.open(position..end).await {
            Err(error) if tries.repeats(&error) => self.open(position..end).await,
            opened => opened,
        };
        let opened = opened.map_err(Fault::of_source)?;
        let Some(mut reader) = opened else { return Ok(Ending::Hung) };
        let mut turn = Turn::default();
        loop {
            let left = self.span.missing().end.saturating_sub(position);
            if left == 0 {
                return Ok(Ending::Complete);
            }
            turn.come().await;
            let next = self.next(&mut reader).await.map_err(Fault::of_source)?;
            let Some(mut bytes) = next else { return Ok(Ending::Hung) };
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            turn = self.line.received(bytes.len() as u64);
            self.span.begun.get_or_init(Instant::now);
            self.writer.write(&bytes).map_err(Fault::of_target)?;
            position += bytes.len() as u64;
            self.report();
        }
    }

    /// Reports to the blob and to the observer what is at the target now.
    fn report(&self) {
        let end = self.writer.end();
        let bytes = end - self.span.at.swap(end, Ordering::AcqRel);
        if bytes == 0 {
            return;
        }
        if let Some(brought) = &self.together.brought {
            brought.fetch_add(bytes, Ordering::Relaxed);
            self.ends.observer.event(Event::Advanced { digest: self.blob.digest.clone(), bytes });
        }
        self.together.progress.notify_one();
    }

    /// Opens a stream, or returns `None` if there is no answer for a while.
    async fn open(&mut self, range: Range<u64>) -> Result<Option<BlobReader>, Failure> {
        let asked = Instant::now();
        let opened = self.together.within(&self.line, self.ends.source.open(&self.blob, range)).await;
        let Some(reader) = opened.transpose()? else { return Ok(None) };
        self.line.source_answered(asked.elapsed());
        if reader.takes_ranges() { Ok(Some(reader)) } else { Err(Whole.into()) }
    }

    /// Returns the next bytes, or `None` if there are none for a while.
    async fn next(&mut self, reader: &mut BlobReader) -> Result<Option<Bytes>, Failure> {
        match self.together.within(&self.line, reader.next()).await {
            Some(bytes) => bytes?.map(Some).ok_or_else(|| Lost.into()),
            None => Ok(None),
        }
    }
}

/// A server has sent the whole blob for a piece of it.
#[derive(Debug, thiserror::Error)]
#[error("the registry sent the whole blob for a part of it")]
struct Whole;

impl Diagnose for Whole {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }

    fn recovery(&self) -> Recovery {
        Recovery::Restart
    }
}

impl Together {
    /// Creates what pieces share that are written where they belong.
    pub(super) fn at_target() -> Self {
        Self { brought: Some(Arc::default()), ..Self::default() }
    }

    /// Waits for `work`, but only for a while unless that has not helped before.
    async fn within<T>(&self, line: &Line, work: impl Future<Output = T>) -> Option<T> {
        if self.hung.load(Ordering::Relaxed) >= STALLS {
            return Some(work.await);
        }
        let limit = STALL.max(line.window.distance() * DISTANCES);
        let done = tokio::time::timeout(limit, work).await.ok();
        if done.is_none() {
            self.hung.fetch_add(1, Ordering::Relaxed);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_covers_what_it_has_and_what_it_is_to_bring() {
        let span = Span::new(10..20);
        span.at.store(15, Ordering::Release);
        assert!([10, 14, 15, 19].into_iter().all(|offset| span.covers(offset)));
        assert!(!span.covers(9) && !span.covers(20));
        // Shortened too late: the bytes beyond its end are there all the same.
        span.shorten(12);
        assert!(span.covers(14) && !span.covers(15));
        assert!(!span.is_whole() && span.missing().is_empty());
    }
}
