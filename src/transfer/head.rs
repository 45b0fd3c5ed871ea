//! The stream that a blob begins with.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::line::{Line, Turn};
use super::splitting::Splitting;
use super::tries::Reading;
use crate::content::BlobReader;
use crate::diagnose::Failure;

/// How long a stream brings nothing before it counts as hanging, if there is an alternative.
pub(super) const STALL: Duration = Duration::from_secs(1);

/// How many times [`STALL`] a hanging stream is read with a time limit. After that only the reader's own
/// timeout counts, because it restarts with each read.
pub(super) const STALLS: u32 = 4;

/// A stream that is read where its bytes are used.
pub(super) struct Head {
    reader: BlobReader,
    /// The end of the bytes that it brings.
    end: u64,
    received: u64,
    waited: Duration,
    /// For how many [`STALL`]s in a row it has brought nothing.
    stalls: u32,
    turn: Turn,
    _connection: OwnedSemaphorePermit,
}

/// The result of reading a stream.
pub(super) enum Heard {
    Bytes(Bytes),
    End,
    /// No bytes for a while.
    Nothing,
}

/// The alternative to waiting for a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alternative {
    Pieces,
    None,
}

impl Head {
    /// Opens the bytes `range` of a blob on the connection that the blob always has. A source that takes no
    /// ranges is read to the [end](Self::end) of the blob, because each request would bring all of it.
    pub(super) async fn open(
        Reading { ends, blob, line }: Reading<'_>,
        range: Range<u64>,
        own: &Arc<Semaphore>,
    ) -> Result<Self, Failure> {
        let permit = Arc::clone(own).acquire_owned().await;
        let connection = permit.expect("the semaphore is never closed");
        line.concurrency.open().await;
        let asked = Instant::now();
        let mut end = range.end;
        let mut reader = ends.source.open(blob, range.clone()).await?;
        if !reader.takes_ranges() && end < blob.size {
            end = blob.size;
            reader = ends.source.open(blob, range.start..end).await?;
        }
        line.source_answered(asked.elapsed());
        let mut turn = Turn::default();
        // The first bytes take a while to come, and further connections need not wait for them.
        if range.start > 0 && !reader.takes_ranges() {
            while let Some(skipped) = reader.skip().await? {
                turn.come().await;
                turn = line.skipped(skipped);
            }
        }
        let (received, waited, stalls) = (0, Duration::ZERO, 0);
        Ok(Self { reader, end, received, waited, stalls, turn, _connection: connection })
    }

    /// Returns the end of the bytes that it brings.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Reports whether the stream is so slow that further connections may help.
    pub(super) fn is_slow(&self, line: &Line) -> bool {
        let Splitting { below, after, .. } = line.splitting;
        if line.is_far() {
            return true;
        }
        let Some(below) = below else { return self.waited >= after };
        // In bytes per millisecond, since the waits are short.
        let millis = self.waited.as_millis().max(1);
        let is_below = u128::from(self.received) * 1000 < u128::from(below) * millis;
        self.hangs() || self.waited >= after && is_below
    }

    /// Reports whether the stream has brought nothing for a while.
    fn hangs(&self) -> bool {
        self.stalls > 0
    }

    /// Reports whether parts of the blob can be read concurrently.
    pub(super) fn takes_ranges(&self) -> bool {
        self.reader.takes_ranges()
    }

    /// Returns how many bytes a second it brings, once there were any.
    pub(super) fn rate(&self) -> Option<f64> {
        let seconds = self.waited.as_secs_f64();
        (self.received > 0 && seconds > 0.0).then(|| self.received as f64 / seconds)
    }

    /// Reads the stream; with an `alternative`, only for a while.
    pub(super) async fn listen(&mut self, alternative: Alternative, line: &Line) -> Result<Heard, Failure> {
        self.turn.come().await;
        let asked = Instant::now();
        let bytes = if alternative == Alternative::Pieces && self.stalls < STALLS {
            let Ok(bytes) = tokio::time::timeout(STALL, self.reader.next()).await else {
                (self.received, self.waited) = (0, STALL);
                self.stalls += 1;
                return Ok(Heard::Nothing);
            };
            bytes?
        } else {
            self.reader.next().await?
        };
        self.stalls = 0;
        let Some(bytes) = bytes else { return Ok(Heard::End) };
        self.waited += asked.elapsed();
        self.received += bytes.len() as u64;
        self.turn = line.received(bytes.len() as u64);
        Ok(Heard::Bytes(bytes))
    }
}
