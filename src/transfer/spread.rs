//! One blob by several connections, for a target that takes its bytes in any order.
//!
//! On a long-distance line a connection is slow however wide the line is. A blob begins as one stream, which is
//! read as long as there is something left for it. If it turns out to be slow, further connections fetch pieces
//! of the rest: few and long ones, because each costs a round trip and begins slowly. They are written where
//! they belong, so nothing waits for its turn and nothing is kept in memory. The bytes of the blob are hashed in
//! order, those that came early when their turn has come.
//!
//! Pieces are taken from the front of what no connection fetches yet. They become shorter towards the end, so that
//! all connections end at about the same time. When nothing is left to take, the far half of the largest piece is
//! taken from its connection.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};

use super::Event;
use super::controller::Purpose;
use super::ends::Ends;
use super::error::Fault;
use super::head::{Alternative, Head, Heard};
use super::line::Line;
use super::piece::{Ending, Piece, Span, Together};
use super::segment::Connection;
use super::tries::{Lost, Reading, Tries};
use crate::content::Parts;
use crate::diagnose::Failure;
use crate::image::Descriptor;

/// The minimum size of a piece in bytes, where the source is near.
const LEAST: u64 = 4 << 20;

/// The response time for which the minimum grows by its own size, because each piece costs one.
const STEP: Duration = Duration::from_millis(25);

/// The maximum size of a piece in bytes; more of a blob that would have too many.
const MOST: u64 = 64 << 20;

/// The maximum number of pieces of the largest size.
const PIECES: u64 = 512;

/// The minimum size of what is taken from another connection, in bytes. A very slow one has little left for long.
const HALF: u64 = 256 << 10;

/// How many response times the rest of a piece must take before a half of it is given to another connection.
const WORTH: u32 = 4;

/// The time that it must take at least.
const WORTH_LEAST: Duration = Duration::from_millis(250);

/// One part of this many of a blob may travel twice: what is on its way when a stream is ended.
const TWICE: u64 = 128;

/// How often to look whether there is something to do.
const LOOK: Duration = Duration::from_millis(100);

/// What there is next of a blob.
pub(super) enum Next {
    /// The next bytes, to be written.
    Bytes(Bytes),
    /// The bytes up to this offset are at the target.
    Stored(u64),
}

/// Brings the bytes of a blob from an offset to its end, by one connection or by several.
pub(super) struct Spread {
    ends: Ends,
    blob: Descriptor,
    line: Line,
    /// The offset of the next byte in order.
    position: u64,
    /// The stream that the blob begins with.
    head: Option<Head>,
    /// The first byte that the stream does not have to bring.
    head_end: u64,
    /// What no connection fetches, in order.
    free: Vec<Range<u64>>,
    /// What is at the target beyond the position.
    stored: Vec<Range<u64>>,
    /// What is being fetched.
    pieces: Vec<(Id, Arc<Span>)>,
    tasks: JoinSet<Result<Ending, Fault>>,
    /// The connection that the blob always has: a single permit.
    own: Arc<Semaphore>,
    together: Together,
    /// The estimate of what has travelled for nothing.
    twice: u64,
    /// Whether parts of the blob can be read concurrently.
    takes_ranges: bool,
    tries: Tries,
    /// Whether a stream has failed and no other has been opened since.
    broken: bool,
}

impl Spread {
    /// Starts at `offset` with one stream. The bytes `present` beyond it are at the target.
    pub(super) fn new(reading: Reading<'_>, offset: u64, present: Vec<Range<u64>>) -> Self {
        let Reading { ends, blob, line } = reading;
        let mut spread = Self {
            ends: ends.clone(),
            blob: blob.clone(),
            line: line.clone(),
            position: offset,
            head: None,
            head_end: offset,
            free: Vec::new(),
            stored: present,
            pieces: Vec::new(),
            tasks: JoinSet::new(),
            own: Arc::new(Semaphore::new(1)),
            together: Together::default(),
            twice: 0,
            takes_ranges: false,
            tries: Tries::from(offset, line),
            broken: false,
        };
        let mut start = offset;
        for range in &spread.stored {
            spread.free.push(start..range.start);
            start = range.end;
        }
        spread.free.push(start..blob.size);
        spread.free.retain(|range| !range.is_empty());
        spread
    }

    /// Returns how many bytes its tasks have brought to the target.
    pub(super) fn brought(&self) -> u64 {
        self.together.brought.load(Ordering::Relaxed)
    }

    /// Returns what is next, or `None` at the end of the blob.
    ///
    /// # Errors
    /// The final error of any piece. No task runs any more then.
    pub(super) async fn next(&mut self, parts: &mut dyn Parts) -> Result<Option<Next>, Fault> {
        let next = self.advance(parts).await;
        if matches!(next, Ok(None) | Err(_)) {
            self.tasks.shutdown().await;
        }
        next
    }

    async fn advance(&mut self, parts: &mut dyn Parts) -> Result<Option<Next>, Fault> {
        loop {
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.piece_ended(ended)?;
            }
            self.start_pieces(parts)?;
            if self.position >= self.blob.size {
                return Ok(None);
            }
            if let Some(end) = self.stored_up_to() {
                self.position = end;
                return Ok(Some(Next::Stored(end)));
            }
            if self.pieces.iter().any(|(_, span)| span.missing().contains(&self.position)) {
                self.wait().await?;
            } else if let Some(bytes) = self.read_head().await? {
                return Ok(Some(Next::Bytes(bytes)));
            }
        }
    }

    /// Waits until a piece has made progress, or it is time to look.
    async fn wait(&mut self) -> Result<(), Fault> {
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => self.piece_ended(ended),
            () = self.together.progress.notified() => Ok(()),
            () = tokio::time::sleep(LOOK) => Ok(()),
        }
    }

    /// Returns the end of the bytes that are at the target without a gap, if that is beyond the position.
    fn stored_up_to(&mut self) -> Option<u64> {
        let mut end = self.position;
        let there = || self.stored.iter().cloned().chain(self.pieces.iter().map(|(_, span)| span.there()));
        while let Some(range) = there().find(|range| range.contains(&end)) {
            end = range.end;
        }
        self.stored.retain(|range| range.end > end);
        (end > self.position).then_some(end)
    }

    /// Reads the stream at the position, and opens one if there is none. Returns `None` if there is something
    /// else to do first.
    async fn read_head(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.head.is_none() || self.position >= self.head_end {
            self.head = None;
            if let Err(error) = self.open_head().await {
                self.head_failed(error).await?;
            }
            return Ok(None);
        }
        let alternative = if self.is_large() { Alternative::Segments } else { Alternative::None };
        let Some(head) = &mut self.head else { return Ok(None) };
        let mut bytes = match head.listen(alternative, &self.line).await {
            Ok(Heard::Bytes(bytes)) => bytes,
            Ok(Heard::Nothing) => {
                tracing::debug!(digest = %self.blob.digest, at = self.position, "a stream hangs");
                self.give_up_head();
                return Ok(None);
            }
            Ok(Heard::End) => {
                self.head_failed(Lost.into()).await?;
                return Ok(None);
            }
            Err(error) => {
                self.head_failed(error).await?;
                return Ok(None);
            }
        };
        let left = self.head_end - self.position;
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.position += bytes.len() as u64;
        if self.position == self.head_end {
            // Its connection is free for a piece.
            self.head = None;
        }
        Ok(Some(bytes))
    }

    /// Opens a stream for the bytes from the position up to those that are there or are being fetched.
    async fn open_head(&mut self) -> Result<(), Failure> {
        let found = self.free.iter().position(|range| range.contains(&self.position));
        let range = found.map_or(self.position..self.blob.size, |index| self.free[index].clone());
        let Self { ends, blob, line, own, .. } = self;
        let head = Head::open(Reading { ends, blob, line }, range.clone(), own).await?;
        self.takes_ranges = head.takes_ranges() && self.line.splitting.from < u64::MAX;
        self.head = Some(head);
        self.head_end = range.end;
        if let Some(index) = found {
            self.free.remove(index);
        }
        if std::mem::take(&mut self.broken) {
            let (digest, offset, size) = (self.blob.digest.clone(), self.there(), self.blob.size);
            self.ends.observer.event(Event::Started { digest, offset, size });
        }
        Ok(())
    }

    /// Returns how many bytes of the blob are at the target.
    pub(super) fn there(&self) -> u64 {
        let beyond = |range: Range<u64>| range.end.saturating_sub(range.start.max(self.position));
        let pieces = self.pieces.iter().map(|(_, span)| span.there());
        self.position + self.stored.iter().cloned().chain(pieces).map(beyond).sum::<u64>()
    }

    /// Ends the stream. What it has not brought is free again.
    fn give_up_head(&mut self) {
        self.head = None;
        self.give_back(self.position..self.head_end);
        self.head_end = self.position;
    }

    /// Handles a failed stream. Another one resumes at its position, and the target is not affected.
    async fn head_failed(&mut self, error: Failure) -> Result<(), Fault> {
        self.give_up_head();
        self.broken = true;
        let Self { ends, blob, line, tries, position, .. } = self;
        let failed = tries.failed(Reading { ends, blob, line }, *position, error);
        failed.await.map_err(Fault::of_source)
    }

    fn give_back(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.free.push(range);
            self.free.sort_by_key(|range| range.start);
        }
    }

    fn piece_ended(
        &mut self,
        ended: Result<(Id, Result<Ending, Fault>), JoinError>,
    ) -> Result<(), Fault> {
        let (id, result) = ended.map_err(|_| Fault::of_source(Lost))?;
        let Some(index) = self.pieces.iter().position(|(piece, _)| *piece == id) else { return Ok(()) };
        let (_, span) = self.pieces.swap_remove(index);
        self.stored.push(span.there());
        self.stored.sort_by_key(|range| range.start);
        if result? == Ending::Hung {
            tracing::debug!(digest = %self.blob.digest, at = span.missing().start, "a stream hangs");
            self.give_back(span.missing());
        }
        Ok(())
    }

    /// Starts pieces as long as there are connections for them.
    fn start_pieces(&mut self, parts: &mut dyn Parts) -> Result<(), Fault> {
        if !self.may_use_more() {
            return Ok(());
        }
        while let Some(donor) = self.donor() {
            let own = Arc::clone(&self.own).try_acquire_owned().ok().map(Connection::Own);
            let further = || self.line.concurrency.slot(Purpose::Segment).map(Connection::Further);
            let Some(connection) = own.or_else(further) else { return Ok(()) };
            self.take_from(donor);
            let Some(range) = self.free.first().map(|first| self.piece_of(first)) else { return Ok(()) };
            let Some(writer) = parts.begin(range.start).map_err(Fault::of_target)? else { return Ok(()) };
            self.free[0].start = range.end;
            self.free.retain(|range| !range.is_empty());
            let span = Span::new(range);
            let piece = Piece {
                ends: self.ends.clone(),
                blob: self.blob.clone(),
                line: self.line.clone(),
                span: Arc::clone(&span),
                writer,
                together: self.together.clone(),
            };
            let task = self.tasks.spawn(async move {
                let _connection = connection;
                piece.run().await
            });
            self.pieces.push((task.id(), span));
        }
        Ok(())
    }

    /// Reports whether more than one connection is of use.
    fn may_use_more(&self) -> bool {
        let is_slow = || self.head.as_ref().is_none_or(|head| head.is_slow(&self.line));
        self.takes_ranges && !self.pieces.is_empty() || self.is_large() && is_slow()
    }

    /// Reports whether so much is missing that several connections may be of use.
    fn is_large(&self) -> bool {
        self.takes_ranges && self.blob.size.saturating_sub(self.there()) > self.line.splitting.from
    }

    /// Returns the next piece of what is free.
    fn piece_of(&self, first: &Range<u64>) -> Range<u64> {
        let free: u64 = self.free.iter().map(|range| range.end - range.start).sum();
        let share = free / (2 * self.line.concurrency.limit().max(1) as u64);
        let steps = self.line.window.distance().as_secs_f64() / STEP.as_secs_f64();
        let least = ((LEAST as f64 * (1.0 + steps)) as u64).min(MOST);
        let end = first.start.saturating_add(share.clamp(least, MOST.max(self.blob.size / PIECES)));
        // A rest that is too small for a piece belongs to this one.
        first.start..if first.end.saturating_sub(end) < least { first.end } else { end }
    }

    /// Returns what the next piece can be taken from.
    fn donor(&self) -> Option<Donor> {
        if !self.free.is_empty() {
            return Some(Donor::Free);
        }
        let head = self.head.as_ref().map(|head| (Donor::Head, self.position..self.head_end, head.rate()));
        let spans = self.pieces.iter().enumerate();
        let pieces = spans.map(|(index, (_, span))| (Donor::Piece(index), span.missing(), span.rate()));
        let (donor, missing, rate) =
            head.into_iter().chain(pieces).max_by_key(|(_, missing, _)| length(missing))?;
        let distance = self.line.window.distance();
        let seconds = length(&missing) as f64 / rate?;
        let on_its_way = (rate? * distance.as_secs_f64()) as u64;
        let is_worth = length(&missing) >= 2 * HALF
            && seconds > WORTH_LEAST.max(distance * WORTH).as_secs_f64()
            && self.twice + on_its_way <= self.blob.size / TWICE;
        is_worth.then_some(donor)
    }

    /// Makes the far half of what the donor has free.
    fn take_from(&mut self, donor: Donor) {
        let far_half = |missing: Range<u64>| missing.start + length(&missing) / 2..missing.end;
        let (taken, rate) = match donor {
            Donor::Free => return,
            Donor::Head => {
                let taken = far_half(self.position..self.head_end);
                self.head_end = taken.start;
                (taken, self.head.as_ref().and_then(Head::rate))
            }
            Donor::Piece(index) => {
                let (_, span) = &self.pieces[index];
                let taken = far_half(span.missing());
                span.shorten(taken.start);
                (taken, span.rate())
            }
        };
        self.twice += (rate.unwrap_or_default() * self.line.window.distance().as_secs_f64()) as u64;
        self.give_back(taken);
    }
}

/// Where the next piece comes from.
#[derive(Clone, Copy, Debug)]
enum Donor {
    /// What no connection fetches.
    Free,
    /// The far half of what the stream has not brought.
    Head,
    /// The far half of what this piece has not brought.
    Piece(usize),
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}
