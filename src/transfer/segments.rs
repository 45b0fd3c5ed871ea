//! One blob by several connections, its bytes delivered in order.
//!
//! On a long-distance line a connection is slow however wide the line is. A blob begins as one stream; if
//! that turns out to be slow, or hangs, the rest is requested in segments on further connections. The reader
//! returns their bytes in order, so that hash, partial file and upload stay simple; bytes that arrive too
//! early wait in a window of bounded size. On a fast line none of this happens, so it costs nothing.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::Event;
use super::controller::Purpose;
use super::ends::Ends;
use super::head::{Alternative, Head, Heard};
use super::line::{Line, Place};
use super::segment::{Connection, Fetch, Segment};
use super::splitting::Splitting;
use super::tries::{Reading, Tries};
use crate::diagnose::Failure;
use crate::image::Descriptor;

/// How often a segment is checked for being late.
const LOOK: Duration = Duration::from_millis(100);

/// Returns the bytes of a blob from an offset to its end, in order, by one connection or by several.
pub(super) struct Ordered {
    ends: Ends,
    blob: Descriptor,
    line: Line,
    /// The offset of the next byte to return.
    position: u64,
    /// The stream that returns all the rest, unless there are segments.
    head: Option<Head>,
    /// Segments in their order.
    ahead: VecDeque<Segment>,
    /// The start of the next segment to request.
    next: u64,
    /// The connection that the blob always has: a single permit.
    own: Arc<Semaphore>,
    /// Set once a segment was given up: then no further segments are requested.
    stop: Arc<AtomicBool>,
    tries: Tries,
    /// Whether a stream has failed and no other has been opened since.
    broken: bool,
}

impl Ordered {
    /// Starts at `offset` with one stream.
    pub(super) fn new(ends: &Ends, blob: &Descriptor, offset: u64, line: &Line) -> Self {
        Self {
            ends: ends.clone(),
            blob: blob.clone(),
            line: line.clone(),
            position: offset,
            head: None,
            ahead: VecDeque::new(),
            next: blob.size,
            own: Arc::new(Semaphore::new(1)),
            stop: Arc::default(),
            tries: Tries::from(offset, line),
            broken: false,
        }
    }

    /// Returns the next bytes, or `None` at the end of the blob.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            self.split();
            self.ask_ahead();
            match self.listen_to_head().await {
                Ok(Some(Heard::Bytes(bytes))) => return Ok(Some(self.given(bytes))),
                Ok(Some(Heard::End)) => return Ok(None),
                Ok(Some(Heard::Nothing)) => continue,
                Ok(None) => {}
                Err(error) => {
                    self.head_failed(error).await?;
                    continue;
                }
            }
            if self.ahead.front().is_some_and(|segment| segment.end() <= self.position) {
                self.ahead.pop_front();
            } else if !self.ahead.is_empty() {
                return self.next_of_front().await.map(Some);
            } else if self.position >= self.blob.size {
                return Ok(None);
            } else if let Err(error) = self.open_head().await {
                self.head_failed(error).await?;
            }
        }
    }

    /// Handles a failed stream. Another one resumes at its position, and the target is not affected.
    async fn head_failed(&mut self, error: Failure) -> Result<(), Failure> {
        (self.head, self.broken) = (None, true);
        let Self { ends, blob, line, tries, position, .. } = self;
        tries.failed(Reading { ends, blob, line }, *position, error).await
    }

    async fn open_head(&mut self) -> Result<(), Failure> {
        let Self { ends, blob, line, own, position, .. } = self;
        self.head = Some(Head::open(Reading { ends, blob, line }, *position..blob.size, own).await?);
        self.next = self.blob.size;
        if std::mem::take(&mut self.broken) {
            let (digest, offset, size) = (self.blob.digest.clone(), self.position, self.blob.size);
            self.ends.observer.event(Event::Started { digest, offset, size });
        }
        Ok(())
    }

    async fn listen_to_head(&mut self) -> Result<Option<Heard>, Failure> {
        let alternative = if self.can_be_split() { Alternative::Segments } else { Alternative::None };
        let Some(head) = &mut self.head else { return Ok(None) };
        head.listen(alternative, &self.line).await.map(Some)
    }

    /// Returns the next bytes of the first segment. If it is late, a second task fetches it.
    async fn next_of_front(&mut self) -> Result<Bytes, Failure> {
        loop {
            let Some(front) = self.ahead.front_mut() else { return Ok(Bytes::new()) };
            if front.is_late(&self.line)
                && let Some(slot) = self.line.concurrency.spare()
            {
                tracing::debug!(digest = %self.blob.digest, at = self.position, "requesting a slow segment again");
                let rest = self.position..front.end();
                let fetch = self.fetch(rest);
                if let Some(front) = self.ahead.front_mut() {
                    front.race(fetch, slot);
                }
                continue;
            }
            if let Ok(bytes) = tokio::time::timeout(LOOK, front.next(self.position)).await {
                return bytes.map(|bytes| self.given(bytes));
            }
        }
    }

    fn given(&mut self, bytes: Bytes) -> Bytes {
        self.position += bytes.len() as u64;
        bytes
    }

    fn can_be_split(&self) -> bool {
        let Splitting { from, segment, .. } = self.line.splitting;
        let is_large = self.blob.size - self.position.min(self.blob.size) > from.max(segment);
        let has_ranges = self.head.as_ref().is_some_and(Head::takes_ranges);
        is_large && has_ranges && !self.stop.load(Ordering::Relaxed)
    }

    /// Turns a slow stream into the first of several segments, if there is room for more.
    fn split(&mut self) {
        let is_slow = self.head.as_ref().is_some_and(|head| head.is_slow(&self.line));
        if !is_slow || !self.can_be_split() {
            return;
        }
        let length = self.line.segment();
        let (Some(first), Some(second)) = (self.line.place(length), self.line.place(length)) else { return };
        let Some(slot) = self.line.concurrency.slot(Purpose::Segment) else { return };
        let Some((reader, connection)) = self.head.take().map(Head::into_parts) else { return };
        self.next = self.position + length;
        let rest = Fetch { reader: Some(reader), ..self.fetch(self.position..self.next) };
        self.ahead.push_back(Segment::begin(rest, first, Connection::Own(connection)));
        self.ask(length, second, Connection::Further(slot));
    }

    /// Requests segments as long as there is room in the window and a connection for them.
    fn ask_ahead(&mut self) {
        while self.next < self.blob.size && !self.stop.load(Ordering::Relaxed) {
            let length = self.line.segment().min(self.blob.size - self.next);
            let Some(place) = self.line.place(length) else { return };
            let own = Arc::clone(&self.own).try_acquire_owned().ok().map(Connection::Own);
            let further = || self.line.concurrency.slot(Purpose::Segment).map(Connection::Further);
            let Some(connection) = own.or_else(further) else { return };
            self.ask(length, place, connection);
        }
    }

    fn ask(&mut self, length: u64, place: Place, connection: Connection) {
        let end = self.blob.size.min(self.next + length);
        let fetch = self.fetch(self.next..end);
        self.ahead.push_back(Segment::begin(fetch, place, connection));
        self.next = end;
    }

    fn fetch(&self, range: Range<u64>) -> Fetch {
        Fetch {
            ends: self.ends.clone(),
            blob: self.blob.clone(),
            line: self.line.clone(),
            range,
            reader: None,
            stop: Arc::clone(&self.stop),
            credit: None,
        }
    }
}
