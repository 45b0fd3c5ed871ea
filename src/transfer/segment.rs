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
use super::tries::{Reading, Tries};
use crate::content::BlobReader;
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::image::Descriptor;

/// A segment may take so many times what segments usually take, before it is asked for again.
const PATIENCE: u32 = 3;

/// The least time until it is.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);

/// The same, while this machine is what the copy waits for: then all are slow.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);

/// By whose leave a connection is used. It is held as long as the connection is.
#[derive(Debug)]
pub(super) enum Connection {
    /// The one that every blob has.
    Own(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit),
    /// A further one.
    Further(#[expect(dead_code, reason = "it is held, not read")] Slot),
}

/// A segment on its way, or waiting in the window.
#[derive(Debug)]
pub(super) struct Segment {
    racers: Vec<Racer>,
    range: Range<u64>,
    begun: Instant,
    /// Whether somebody has given up fetching it. Then nobody else is sent: two who fail by turns would go on for
    /// ever.
    given_up: bool,
    _place: Place,
}

/// One who fetches a segment, from some byte of it on.
#[derive(Debug)]
struct Racer {
    bytes: mpsc::UnboundedReceiver<Result<Bytes, Failure>>,
    /// Where the next bytes that it gives belong.
    position: u64,
    task: AbortHandle,
    /// How many blocks it may send ahead, until it is chosen. The window has room for one of two.
    credit: Option<Arc<Semaphore>>,
}

impl Drop for Racer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Segment {
    /// Begins to fetch `fetch.range`.
    pub(super) fn begin(fetch: Fetch, place: Place, connection: Connection) -> Self {
        let range = fetch.range.clone();
        let racers = vec![Racer::start(fetch, connection)];
        Self { racers, range, begun: Instant::now(), given_up: false, _place: place }
    }

    /// Its end, the first byte of the next segment.
    pub(super) fn end(&self) -> u64 {
        self.range.end
    }

    /// Whether it has been on its way for so long, compared with what is usual on this line, that somebody else
    /// should try. Time in which nobody may ask does not count.
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

    /// Lets another one fetch what is still missing. Whoever is faster is listened to; once the other one brings
    /// something that is still missing, the first one is given up.
    pub(super) fn race(&mut self, fetch: Fetch, slot: Slot) {
        let credit = Arc::new(Semaphore::new(1));
        let fetch = Fetch { credit: Some(Arc::clone(&credit)), ..fetch };
        let mut racer = Racer::start(fetch, Connection::Further(slot));
        racer.credit = Some(credit);
        self.racers.insert(0, racer);
    }

    /// The bytes from `position` on that come next; never empty.
    ///
    /// # Errors
    /// The last error, when nobody is left who could bring them.
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
    /// The racer at `index` has brought something. If it is the one that came later, it goes on alone.
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

    /// The next bytes from `position` on; what comes before it, another one has brought.
    fn poll_from(&mut self, position: u64, context: &mut Context<'_>) -> Poll<Result<Bytes, Failure>> {
        loop {
            let Poll::Ready(received) = self.bytes.poll_recv(context) else { return Poll::Pending };
            let mut bytes = received.unwrap_or_else(|| Err(Lost.into()))?;
            if let Some(credit) = &self.credit {
                credit.add_permits(1);
            }
            let stale = position.saturating_sub(self.position).min(bytes.len() as u64);
            self.position += bytes.len() as u64;
            // At most the length of `bytes`, which is a `usize`.
            let _ = bytes.split_to(usize::try_from(stale).unwrap_or(bytes.len()));
            if !bytes.is_empty() {
                return Poll::Ready(Ok(bytes));
            }
        }
    }
}

/// Where bytes are sent to. It never holds more than the segment.
type Sender = mpsc::UnboundedSender<Result<Bytes, Failure>>;

/// Fetches a part of a blob, with attempts of its own.
pub(super) struct Fetch {
    pub(super) ends: Ends,
    pub(super) blob: Descriptor,
    pub(super) line: Line,
    /// What is still to come.
    pub(super) range: Range<u64>,
    /// A stream that is at the first byte of it, and may go beyond the last.
    pub(super) reader: Option<BlobReader>,
    /// Set once a part of the blob was given up: then no further ones are asked for.
    pub(super) stop: Arc<AtomicBool>,
    /// How many blocks it may send; closed once that does not matter any more.
    pub(super) credit: Option<Arc<Semaphore>>,
}

impl Fetch {
    /// Sends on all bytes, or the error that was final.
    async fn run(&mut self, sender: &Sender) {
        let begun = Instant::now();
        let mut tries = Tries::from(self.range.start, &self.line);
        while let Err(error) = self.forward(sender).await {
            let reading = Reading { ends: &self.ends, blob: &self.blob, line: &self.line };
            if let Err(error) = tries.failed(reading, self.range.start, error).await {
                self.stop.store(true, Ordering::Relaxed);
                // Nobody listens any more if it was given up.
                let _ = sender.send(Err(error));
                return;
            }
        }
        self.line.window.segment_took(begun.elapsed());
    }

    /// Sends on what comes, and remembers how far it got.
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
            // Nobody listens any more if another one was faster, or the blob was given up: then this ends soon.
            let _ = sender.send(Ok(block.into_bytes()));
        }
    }

    // Readers need not be `Sync`, so a reference that another thread may take along is one to change.
    async fn open(&mut self) -> Result<BlobReader, Failure> {
        self.line.concurrency.open().await;
        let asked = Instant::now();
        let reader = self.ends.source.open(&self.blob, self.range.clone()).await?;
        self.line.source_answered(asked.elapsed());
        Ok(reader)
    }
}

/// Who should have brought the bytes has ended without them.
#[derive(Debug, thiserror::Error)]
#[error("a part of a blob ended too early")]
struct Lost;

impl Diagnose for Lost {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unreachable
    }

    fn recovery(&self) -> Recovery {
        Recovery::RETRY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Memory;
    use crate::transfer::controller::Purpose;
    use crate::transfer::{Jobs, Options, Silent};

    const SIZE: usize = 1 << 20;

    /// Both who fetch the only segment of a blob, of which the first one hangs after some bytes.
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
        // Blocks of 64 KiB: three of the one who hangs, and one of the other.
        assert!(waiting(&segment) <= 4, "{} blocks", waiting(&segment));
        let mut got = Vec::new();
        while got.len() < SIZE {
            got.extend_from_slice(&segment.next(got.len() as u64).await.unwrap());
            assert_eq!(segment.racers.len(), 1, "the one who hangs is given up");
        }
        assert!(got == content);
    }
}
