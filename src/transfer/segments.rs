//! One blob by several connections, its bytes delivered in order.
//!
//! Behind a long way a connection is slow however wide the line is. A blob begins as one stream; if that turns
//! out to be slow, the rest is asked for in segments on further connections. The reader gives their bytes in
//! order, so hash, partial file and upload stay as simple as they are; what arrives too early waits in a
//! window of bounded size. On a fast line nothing of this happens, and nothing of it costs.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::pace::Pace;
use super::{Ends, Event};
use crate::content::{BlobReader, Source};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Next, Policy};

/// When and how blobs are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitting {
    /// Smaller rests than this many bytes stay on one connection.
    pub from: u64,
    /// Streams that bring fewer bytes a second are slow.
    pub below: u64,
    /// How long a stream has to have been slow, counted while it was waited for.
    pub after: Duration,
    /// How many bytes a segment has.
    pub segment: u64,
    /// How many segments are on their way or waiting in the window, of all blobs together.
    pub window: usize,
}

impl Default for Splitting {
    /// A window of 16 segments of 2 MiB: 32 MiB of memory, and at 4 MB/s and 100 ms a connection still spends
    /// four fifths of its time receiving.
    fn default() -> Self {
        Self {
            from: 16 << 20,
            below: 32 << 20,
            after: Duration::from_millis(50),
            segment: 2 << 20,
            window: 16,
        }
    }
}

impl Splitting {
    /// The places in the window, for all blobs of one copy.
    pub(super) fn window(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(self.window))
    }
}

/// How the blobs of one copy are read.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) splitting: Splitting,
    pub(super) window: Arc<Semaphore>,
    pub(super) retry: Policy,
    pub(super) pace: Option<Arc<Pace>>,
}

/// Gives the bytes of a blob from an offset to its end, in order, by one connection or by several.
pub(super) struct Ordered<S: Source, T> {
    ends: Ends<S, T>,
    blob: Descriptor,
    reading: Reading,
    /// The next byte to give.
    position: u64,
    /// The stream that gives it, unless a segment does.
    head: Option<Head<S::Reader>>,
    /// Segments behind the head, the next one first.
    ahead: VecDeque<Segment>,
    /// Where the next segment to ask for begins.
    next: u64,
    tasks: JoinSet<()>,
}

struct Head<R> {
    reader: R,
    /// Where the first segment takes over; the end of the blob if there is none.
    end: u64,
    received: u64,
    waited: Duration,
}

struct Segment {
    bytes: mpsc::UnboundedReceiver<Result<Bytes, Failure>>,
    /// Its place in the window, given back when all its bytes have been given on.
    _place: OwnedSemaphorePermit,
}

impl<S, T> Ordered<S, T>
where
    S: Source + 'static,
    T: Send + Sync + 'static,
{
    /// Begins at `offset` with one stream.
    pub(super) fn new(ends: &Ends<S, T>, blob: &Descriptor, offset: u64, reading: &Reading) -> Self {
        Self {
            ends: ends.clone(),
            blob: blob.clone(),
            reading: reading.clone(),
            position: offset,
            head: None,
            ahead: VecDeque::new(),
            next: blob.size,
            tasks: JoinSet::new(),
        }
    }

    /// The next bytes, `None` at the end of the blob.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            self.split();
            self.ask_ahead();
            if self.head.is_some() {
                return self.next_of_head().await;
            }
            match self.ahead.front_mut() {
                Some(segment) => match segment.bytes.recv().await.transpose()? {
                    Some(bytes) => return Ok(Some(self.given(bytes))),
                    None => drop(self.ahead.pop_front()),
                },
                None if self.position >= self.blob.size => return Ok(None),
                None => self.open_head().await?,
            }
        }
    }

    async fn open_head(&mut self) -> Result<(), Failure> {
        let end = self.blob.size;
        let reader = self.ends.source.open(&self.blob, self.position..end).await?;
        self.head = Some(Head { reader, end, received: 0, waited: Duration::ZERO });
        self.next = end;
        Ok(())
    }

    async fn next_of_head(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some(head) = &mut self.head else { return Ok(None) };
        let asked = Instant::now();
        let bytes = head.reader.next().await?;
        head.waited += asked.elapsed();
        let Some(mut bytes) = bytes else { return Ok(None) };
        let left = usize::try_from(head.end - self.position).unwrap_or(usize::MAX);
        bytes.truncate(left);
        head.received += bytes.len() as u64;
        // A stream that goes to the blob's end is asked once more: it has to end there.
        if bytes.len() == left && head.end < self.blob.size {
            self.head = None;
        }
        Ok(Some(self.given(bytes)))
    }

    fn given(&mut self, bytes: Bytes) -> Bytes {
        self.position += bytes.len() as u64;
        bytes
    }

    /// Ends the head early if it is slow, and the window has room for what comes behind it.
    fn split(&mut self) {
        let Splitting { from, below, after, segment, .. } = self.reading.splitting;
        let Some(head) = &mut self.head else { return };
        let is_whole = head.end == self.blob.size;
        let is_large = self.blob.size - self.position > from.max(segment);
        // Bytes a millisecond, since the waits are short.
        let is_slow = head.waited >= after
            && u128::from(head.received) * 1000 < u128::from(below) * head.waited.as_millis().max(1);
        let has_room = self.reading.window.available_permits() > 0;
        if is_whole && is_large && is_slow && has_room && head.reader.takes_ranges() {
            head.end = self.position + segment;
            self.next = head.end;
        }
    }

    /// Asks for segments as long as the window has room.
    fn ask_ahead(&mut self) {
        while self.next < self.blob.size {
            let Ok(place) = Arc::clone(&self.reading.window).try_acquire_owned() else { return };
            let end = self.blob.size.min(self.next + self.reading.splitting.segment);
            let (sender, bytes) = mpsc::unbounded_channel();
            let fetch = Fetch {
                ends: self.ends.clone(),
                blob: self.blob.clone(),
                range: self.next..end,
                retry: self.reading.retry,
                sender,
            };
            self.tasks.spawn(fetch.run());
            self.ahead.push_back(Segment { bytes, _place: place });
            self.next = end;
        }
    }
}

/// Fetches one segment, with attempts of its own.
struct Fetch<S, T> {
    ends: Ends<S, T>,
    blob: Descriptor,
    range: Range<u64>,
    retry: Policy,
    /// Never holds more than the segment's bytes.
    sender: mpsc::UnboundedSender<Result<Bytes, Failure>>,
}

impl<S, T> Fetch<S, T>
where
    S: Source,
    T: Send + Sync,
{
    async fn run(mut self) {
        let mut attempts = self.retry.begin();
        loop {
            let before = self.range.start;
            let error = match self.forward().await {
                Ok(()) => return,
                Err(error) => error,
            };
            if self.range.start > before {
                attempts.progress();
            }
            let Next::Continue(wait) = attempts.failure(error.recovery()) else {
                // Nobody listens any more if the blob was given up.
                let _ = self.sender.send(Err(error));
                return;
            };
            self.ends.observer.event(Event::Interrupted {
                digest: self.blob.digest.clone(),
                attempt: attempts.failed(),
                wait,
                cause: error.to_string(),
            });
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends on what comes, and remembers how far it got.
    async fn forward(&mut self) -> Result<(), Failure> {
        let mut reader = self.ends.source.open(&self.blob, self.range.clone()).await?;
        while let Some(bytes) = reader.next().await? {
            self.range.start += bytes.len() as u64;
            if self.sender.send(Ok(bytes)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
