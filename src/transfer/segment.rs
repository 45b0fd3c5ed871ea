//! One segment of a blob, fetched by a task of its own; by two, if the first is slow.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;

use super::blocks::Block;
use super::concurrency::Slot;
use super::ends::Ends;
use super::line::{Line, Place, Turn};
use super::processor::Bottleneck;
use super::tries::{Lost, Reading, Tries};
use crate::content::BlobReader;
use crate::diagnose::Failure;
use crate::image::Descriptor;

/// How many times the usual duration a segment may take before it is requested again.
const PATIENCE: u32 = 3;

/// The minimum time before a segment is requested again.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);

/// The minimum time while the copy waits for this machine, because then all segments are slow.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);

/// The permission for a connection. It is held as long as the connection is.
#[derive(Debug)]
pub(super) enum Connection {
    /// The connection that each blob has.
    Own(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit),
    /// A further connection.
    Further(#[expect(dead_code, reason = "it is held, not read")] Slot),
}

/// A segment in flight, or waiting in the window.
#[derive(Debug)]
pub(super) struct Segment {
    racers: Vec<Racer>,
    range: Range<u64>,
    begun: Instant,
    /// Whether a task has given up fetching it. Then no other is started, because two tasks that fail in
    /// turns would never end.
    given_up: bool,
    _place: Place,
}

/// A task that fetches a segment from some offset on.
#[derive(Debug)]
struct Racer {
    bytes: mpsc::UnboundedReceiver<Result<Bytes, Failure>>,
    /// The offset of the next bytes that it returns.
    position: u64,
    task: AbortHandle,
    /// How many blocks it may send before it is chosen. The window has room for only one of two tasks.
    credit: Option<Arc<Semaphore>>,
}

impl Drop for Racer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Segment {
    /// Starts to fetch `fetch.range`.
    pub(super) fn begin(fetch: Fetch, place: Place, connection: Connection) -> Self {
        let range = fetch.range.clone();
        let racers = vec![Racer::start(fetch, connection)];
        Self { racers, range, begun: Instant::now(), given_up: false, _place: place }
    }

    /// Returns the end of the segment, which is the first byte of the next.
    pub(super) fn end(&self) -> u64 {
        self.range.end
    }

    /// Reports whether the segment has been in flight for much longer than usual on this line, so that a
    /// second task should fetch it. Time in which no requests are allowed does not count.
    pub(super) fn is_late(&self, line: &Line) -> bool {
        if self.racers.len() > 1 || self.given_up {
            return false;
        }
        let Some(typical) = line.window.typical() else { return false };
        let begun = line.concurrency.opened().map_or(self.begun, |opened| self.begun.max(opened));
        let (elapsed, patience) = (begun.elapsed(), typical * PATIENCE);
        let least = || match line.concurrency.bottleneck() {
            Bottleneck::Line => LEAST_PATIENCE,
            Bottleneck::Processor => BUSY_PATIENCE,
        };
        elapsed >= patience.max(LEAST_PATIENCE) && elapsed >= least()
    }

    /// Starts a second task for the missing bytes. The segment takes bytes from the faster one; once the
    /// second task brings missing bytes, the first one is aborted.
    pub(super) fn race(&mut self, fetch: Fetch, slot: Slot) {
        let credit = Arc::new(Semaphore::new(1));
        let fetch = Fetch { credit: Some(Arc::clone(&credit)), ..fetch };
        let mut racer = Racer::start(fetch, Connection::Further(slot));
        racer.credit = Some(credit);
        self.racers.insert(0, racer);
    }

    /// Returns the next bytes from `position` on; never empty.
    ///
    /// # Errors
    /// The last error, when no task is left that could bring them.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes.
    pub(super) async fn next(&mut self, position: u64) -> Result<Bytes, Failure> {
        poll_fn(|context| self.poll_next(position, context)).await
    }

    fn poll_next(&mut self, position: u64, context: &mut Context<'_>) -> Poll<Result<Bytes, Failure>> {
        let mut index = 0;
        while let Some(racer) = self.racers.get_mut(index) {
            let error = match racer.poll_from(position, context) {
                Poll::Ready(Ok(bytes)) => {
                    self.choose(index);
                    return Poll::Ready(Ok(bytes));
                }
                Poll::Pending => {
                    index += 1;
                    continue;
                }
                Poll::Ready(Err(error)) => error,
            };
            self.racers.remove(index);
            self.given_up = true;
            if self.racers.is_empty() {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Pending
    }
}

impl Segment {
    /// Records that the racer at `index` has brought bytes. If it started later than the others, it continues
    /// alone.
    fn choose(&mut self, index: usize) {
        let Some(credit) = self.racers.get_mut(index).and_then(|racer| racer.credit.take()) else { return };
        credit.close();
        self.racers.truncate(index + 1);
        self.begun = Instant::now();
    }
}

impl Racer {
    fn start(mut fetch: Fetch, connection: Connection) -> Self {
        let (sender, bytes) = mpsc::unbounded_channel();
        let position = fetch.range.start;
        let task = tokio::spawn(async move {
            let _connection = connection;
            fetch.run(&sender).await;
        });
        Self { bytes, position, task: task.abort_handle(), credit: None }
    }

    /// Returns the next bytes from `position` on. Bytes before it came from another racer.
    fn poll_from(&mut self, position: u64, context: &mut Context<'_>) -> Poll<Result<Bytes, Failure>> {
        loop {
            let Poll::Ready(received) = self.bytes.poll_recv(context) else { return Poll::Pending };
            let mut bytes = received.unwrap_or_else(|| Err(Lost.into()))?;
            if let Some(credit) = &self.credit {
                credit.add_permits(1);
            }
            let stale = position.saturating_sub(self.position).min(bytes.len() as u64);
            self.position += bytes.len() as u64;
            // This is at most the length of `bytes`, which is a `usize`.
            let _ = bytes.split_to(usize::try_from(stale).unwrap_or(bytes.len()));
            if !bytes.is_empty() {
                return Poll::Ready(Ok(bytes));
            }
        }
    }
}

/// The channel for fetched bytes. It never holds more than the segment.
type Sender = mpsc::UnboundedSender<Result<Bytes, Failure>>;

/// Fetches a part of a blob, with attempts of its own.
pub(super) struct Fetch {
    pub(super) ends: Ends,
    pub(super) blob: Descriptor,
    pub(super) line: Line,
    /// The bytes that are still missing.
    pub(super) range: Range<u64>,
    /// A stream at the first of these bytes, which may extend beyond the last.
    pub(super) reader: Option<BlobReader>,
    /// Set once a part of the blob was given up: then no further segments are requested.
    pub(super) stop: Arc<AtomicBool>,
    /// How many blocks it may send; closed once there is no limit any more.
    pub(super) credit: Option<Arc<Semaphore>>,
}

impl Fetch {
    /// Sends all bytes, or the final error.
    async fn run(&mut self, sender: &Sender) {
        let begun = Instant::now();
        let mut tries = Tries::from(self.range.start, &self.line);
        while let Err(error) = self.forward(sender).await {
            let reading = Reading { ends: &self.ends, blob: &self.blob, line: &self.line };
            if let Err(error) = tries.failed(reading, self.range.start, error).await {
                self.stop.store(true, Ordering::Relaxed);
                // The receiver is gone if the segment was dropped.
                let _ = sender.send(Err(error));
                return;
            }
        }
        self.line.window.segment_took(begun.elapsed());
    }

    /// Sends the bytes that arrive, and records the position.
    async fn forward(&mut self, sender: &Sender) -> Result<(), Failure> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.open().await?,
        };
        let mut block = self.line.window.blocks.take();
        let mut turn = Turn::default();
        let read = loop {
            let left = self.range.end - self.range.start - block.as_ref().len() as u64;
            if left == 0 {
                break Ok(());
            }
            turn.come().await;
            let mut bytes = match reader.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break Err(Lost.into()),
                Err(error) => break Err(error),
            };
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            turn = self.line.received(bytes.len() as u64);
            while !bytes.is_empty() {
                block.fill(&mut bytes);
                if block.is_full() {
                    self.may_send().await;
                    self.send(std::mem::replace(&mut block, self.line.window.blocks.take()), sender);
                }
            }
        };
        self.send(block, sender);
        read
    }

    /// Waits until another block may be sent.
    async fn may_send(&mut self) {
        if let Some(credit) = &self.credit
            && let Ok(permit) = credit.acquire().await
        {
            permit.forget();
        }
    }

    fn send(&mut self, block: Block, sender: &Sender) {
        self.range.start += block.as_ref().len() as u64;
        if !block.is_empty() {
            // The receiver is gone if another task was faster, or the blob was given up; then this task ends
            // soon.
            let _ = sender.send(Ok(block.into_bytes()));
        }
    }

    // Takes `&mut self` because readers need not be `Sync`, so a shared reference could not move to another
    // thread.
    async fn open(&mut self) -> Result<BlobReader, Failure> {
        self.line.concurrency.open().await;
        let asked = Instant::now();
        let reader = self.ends.source.open(&self.blob, self.range.clone()).await?;
        self.line.source_answered(asked.elapsed());
        Ok(reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Memory;
    use crate::transfer::controller::Purpose;
    use crate::transfer::{Jobs, Options, Silent};

    const SIZE: usize = 1 << 20;

    /// A segment with two racers; the first one hangs after some bytes.
    fn raced(jobs: usize) -> (Segment, Bytes) {
        let content = Bytes::from((0..SIZE).map(|place| (place % 251) as u8).collect::<Vec<_>>());
        let source = Memory::default().hanging_at(200_000);
        let blob = source.insert(content.clone());
        let jobs = Jobs::Fixed(jobs.try_into().unwrap());
        let line = Line::new(&Options { jobs, ..Options::default() });
        let ends = Ends {
            source: Arc::new(source),
            target: Arc::new(Memory::default()),
            observer: Arc::new(Silent),
        };
        let fetch = || Fetch {
            ends: ends.clone(),
            blob: blob.clone(),
            line: line.clone(),
            range: 0..blob.size,
            reader: None,
            stop: Arc::default(),
            credit: None,
        };
        let place = line.place(blob.size).unwrap();
        let slot = || line.concurrency.slot(Purpose::Segment).unwrap();
        let mut segment = Segment::begin(fetch(), place, Connection::Further(slot()));
        segment.race(fetch(), slot());
        (segment, content)
    }

    fn waiting(segment: &Segment) -> usize {
        segment.racers.iter().map(|racer| racer.bytes.len()).sum()
    }

    #[tokio::test]
    async fn d11_two_who_race_for_a_segment_do_not_fill_the_window_twice() {
        let (mut segment, content) = raced(4);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        // Blocks of 64 KiB: three of the hanging racer, and one of the other.
        assert!(waiting(&segment) <= 4, "{} blocks", waiting(&segment));
        let mut got = Vec::new();
        while got.len() < SIZE {
            got.extend_from_slice(&segment.next(got.len() as u64).await.unwrap());
            assert_eq!(segment.racers.len(), 1, "the hanging racer is aborted");
        }
        assert!(got == content);
    }
}
