//! One blob by several connections.
//!
//! On a long-distance line a connection is slow however wide the line is. A blob begins as one stream, which is
//! read as long as there is something left for it. If it turns out to be slow, further connections fetch pieces
//! of the rest: few and long ones, because each costs a round trip and begins slowly. Where the target takes bytes
//! in any order, they are written where they belong, so nothing waits for its turn and nothing is kept in memory; the
//! bytes are hashed in order, those that came early when their turn has come. Where it takes them only in order, the
//! pieces are short and wait in a [window](super::window).
//!
//! Pieces are taken from the front of what no connection fetches yet. They become shorter towards the end, so that
//! all connections end at about the same time. When nothing is left to take, the far half of the largest piece is
//! taken from its connection.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinError, JoinSet};

use super::Event;
use super::concurrency::Slot;
use super::controller::Purpose;
use super::ends::Ends;
use super::error::Fault;
use super::head::{Alternative, Head, Heard};
use super::line::Line;
use super::piece::{Ending, Piece, Span, Together};
use super::shares::Share;
use super::tries::{Lost, Reading, Tries};
use crate::content::Parts;
use crate::diagnose::Failure;
use crate::image::Descriptor;

/// How many times the minimum size of a piece its maximum is; more of a blob that would have too many.
const MOST: u64 = 16;

/// The maximum number of pieces of the largest size.
const PIECES: u64 = 512;

/// How many times smaller than a piece may be what is taken from another connection. A very slow one takes long for
/// little.
const HALF: u64 = 16;

/// How many response times the rest of a piece must take before a half of it is given to another connection.
const WORTH: u32 = 4;

/// How many times as long as a new connection takes to begin, where there is no other one.
const WORTH_NEW: u32 = 6;

/// The time that it must take at least.
const WORTH_LEAST: Duration = Duration::from_millis(250);

/// One part of this many of a blob may travel twice: what is on its way when a stream is ended.
const TWICE: u64 = 128;

/// How long a blob without an answer yet has a claim to further connections.
const BEGINS: Duration = Duration::from_secs(2);

/// How often to look whether there is something to do.
const LOOK: Duration = Duration::from_millis(100);

/// What there is next of a blob.
pub(super) enum Next {
    /// The next bytes, to be written.
    Bytes(Bytes),
    /// The bytes up to this offset are at the target.
    Stored(u64),
}

/// What is at the target of a blob beyond the bytes in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// These bytes at first, and all pieces that are fetched.
    AtTarget(Vec<Range<u64>>),
    /// Nothing: pieces are kept in memory until their turn.
    InMemory,
}

/// The permission for a connection. It is held as long as the connection is.
#[derive(Debug)]
enum Connection {
    /// The connection that each blob has.
    Own(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit),
    /// A further connection.
    Further(#[expect(dead_code, reason = "it is held, not read")] Slot),
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
    /// The offset of the next byte of the stream. A piece may have brought some of them, where it was shortened too late.
    head_at: u64,
    /// The first byte that the stream does not have to bring.
    head_end: u64,
    /// What no connection fetches, in order.
    free: Vec<Range<u64>>,
    /// What is at the target beyond the position.
    stored: Vec<Range<u64>>,
    /// What is being fetched.
    pieces: Vec<(Id, Arc<Span>)>,
    tasks: JoinSet<Result<Ending, Fault>>,
    /// Whether there were pieces.
    is_split: bool,
    /// The claim to further connections.
    share: Share,
    /// The connection that the blob always has: a single permit.
    own: Arc<Semaphore>,
    together: Together,
    /// The estimate of what has travelled for nothing.
    twice: u64,
    /// Whether parts of the blob can be read concurrently.
    takes_ranges: bool,
    tries: Tries,
    begun: Instant,
    /// Whether a stream has failed and no other has been opened since.
    broken: bool,
}

impl Spread {
    /// Starts at `offset` with one stream.
    pub(super) fn new(reading: Reading<'_>, offset: u64, kept: Kept) -> Self {
        let Reading { ends, blob, line } = reading;
        let (stored, together) = match kept {
            Kept::AtTarget(present) => (present, Together::at_target()),
            Kept::InMemory => (Vec::new(), Together::default()),
        };
        let mut spread = Self {
            ends: ends.clone(),
            blob: blob.clone(),
            line: line.clone(),
            position: offset,
            head: None,
            head_at: offset,
            head_end: offset,
            free: Vec::new(),
            stored,
            pieces: Vec::new(),
            tasks: JoinSet::new(),
            is_split: false,
            share: line.shares.add(),
            own: Arc::new(Semaphore::new(1)),
            together,
            twice: 0,
            takes_ranges: false,
            tries: Tries::of(offset..blob.size, line),
            begun: Instant::now(),
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
        self.together.brought.as_ref().map_or(0, |brought| brought.load(Ordering::Relaxed))
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
            if self.pieces.iter().any(|(_, span)| span.covers(self.position)) {
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
            if let Err(error) = self.open_head().await
                && !(self.position > 0 && self.tries.repeats(&error))
            {
                self.head_failed(error).await?;
            }
            return Ok(None);
        }
        let alternative = if self.is_large() { Alternative::Pieces } else { Alternative::None };
        let Some(head) = &mut self.head else { return Ok(None) };
        let mut bytes = match head.listen(alternative, &self.line).await {
            Ok(Heard::Bytes(bytes)) => bytes,
            Ok(Heard::Nothing) => {
                tracing::debug!(digest = %self.blob.digest, at = self.position, "a stream hangs");
                self.give_up_head();
                return Ok(None);
            }
            ended => {
                let error = ended.err().unwrap_or_else(|| Lost.into());
                self.head_failed(error).await?;
                return Ok(None);
            }
        };
        let left = self.head_end.saturating_sub(self.head_at);
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let stale = self.position.saturating_sub(self.head_at).min(bytes.len() as u64);
        self.head_at += bytes.len() as u64;
        if self.head_at >= self.head_end {
            // Its connection is free for a piece.
            self.head = None;
        }
        // This is at most the length of `bytes`, which is a `usize`.
        let _ = bytes.split_to(usize::try_from(stale).unwrap_or(bytes.len()));
        self.position += bytes.len() as u64;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// Opens a stream for the bytes from the position up to those that are there or are being fetched.
    async fn open_head(&mut self) -> Result<(), Failure> {
        let found = self.free.iter().position(|range| range.contains(&self.position));
        let mut range = found.map_or(self.position..self.blob.size, |index| self.free[index].clone());
        if self.together.brought.is_none() && self.is_split {
            range.end = range.end.min(range.start + self.line.piece_in_order());
        } else if self.line.is_far() && self.line.takes_parts() && length(&range) > self.line.splitting.from {
            // Further connections follow, so its own one need not be ended for them.
            range.end = range.start + self.line.first_share(length(&range));
        }
        let Self { ends, blob, line, own, .. } = self;
        let head = Head::open(Reading { ends, blob, line }, range.clone(), own).await?;
        self.takes_ranges = head.takes_ranges();
        if head.end() > range.end {
            // The whole blob comes, so all of the rest comes.
            self.end_pieces().await;
            self.stored.clear();
            self.free.clear();
        } else if let Some(index) = found {
            self.free[index].start = range.end;
            self.free.retain(|range| !range.is_empty());
        }
        (self.head_at, self.head_end) = (range.start, head.end());
        self.head = Some(head);
        if std::mem::take(&mut self.broken) {
            let (digest, offset, size) = (self.blob.digest.clone(), self.there(), self.blob.size);
            self.ends.observer.event(Event::Started { digest, offset, size });
        }
        Ok(())
    }

    /// Returns how many bytes of the blob are at the target.
    pub(super) fn there(&self) -> u64 {
        if self.together.brought.is_none() {
            return self.position;
        }
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
        // It may wait for long.
        self.share.withdraw();
        let Self { ends, blob, line, tries, position, .. } = self;
        let failed = tries.failed(Reading { ends, blob, line }, *position, error);
        failed.await.map_err(Fault::of_source)
    }

    /// Ends all pieces. What they have brought stays where it is.
    async fn end_pieces(&mut self) {
        self.tasks.shutdown().await;
        for (_, span) in std::mem::take(&mut self.pieces) {
            self.stored.push(span.there());
            self.give_back(span.missing());
        }
        self.stored.sort_by_key(|range| range.start);
    }

    fn give_back(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.free.push(range);
            self.free.sort_by_key(|range| range.start);
        }
    }

    fn piece_ended(&mut self, ended: Result<(Id, Result<Ending, Fault>), JoinError>) -> Result<(), Fault> {
        let (id, result) = ended.map_err(|_| Fault::of_source(Lost))?;
        let Some(index) = self.pieces.iter().position(|(piece, _)| *piece == id) else { return Ok(()) };
        let (_, span) = self.pieces.swap_remove(index);
        self.stored.push(span.there());
        self.stored.sort_by_key(|range| range.start);
        let at = span.missing().start;
        match result? {
            Ending::Complete if span.is_whole() => self.line.shares.released(),
            Ending::Complete => {}
            Ending::Hung => {
                tracing::debug!(digest = %self.blob.digest, at, "a stream hangs");
                self.give_back(span.missing());
            }
            Ending::Refused => {
                tracing::debug!(digest = %self.blob.digest, at, "the source refuses parts of blobs");
                self.give_back(span.missing());
                self.line.refused_part();
            }
        }
        Ok(())
    }

    /// Starts pieces as long as there are connections for them.
    fn start_pieces(&mut self, parts: &mut dyn Parts) -> Result<(), Fault> {
        loop {
            let longest = parts.longest().filter(|_| self.may_use_more());
            let donor = longest.and_then(|longest| Some((self.donor(longest)?, longest)));
            let is_next = self.is_next(donor.as_ref().map(|_| self.missing()));
            let Some((donor, longest)) = donor else { return Ok(()) };
            let own = Arc::clone(&self.own).try_acquire_owned().ok().map(Connection::Own);
            let slot = || is_next.then(|| self.line.concurrency.slot(Purpose::Piece)).flatten();
            let further = || slot().map(Connection::Further);
            let Some(connection) = own.or_else(further) else { return Ok(()) };
            self.take_from(donor, longest);
            let Some(range) = self.free.first().map(|first| self.piece_of(first, longest)) else {
                return Ok(());
            };
            let Some(writer) = parts.begin(range.clone()).map_err(Fault::of_target)? else { return Ok(()) };
            self.free[0].start = range.end;
            self.free.retain(|range| !range.is_empty());
            tracing::debug!(digest = %self.blob.digest, start = range.start, end = range.end, "requesting a piece");
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
            self.is_split = true;
            self.line.shares.taken();
            self.pieces.push((task.id(), span));
        }
    }

    /// Reports whether a further connection is of more use for this blob, which `wants` so many bytes, than for any
    /// other one.
    fn is_next(&self, wants: Option<u64>) -> bool {
        // A blob that has just begun has a claim, so that the first one that is answered does not take everything.
        let begins = self.head.is_none() && !self.is_split && self.begun.elapsed() < BEGINS;
        let missing = wants.or_else(|| begins.then(|| self.missing())).unwrap_or_default();
        let connections = self.pieces.len() + usize::from(self.head.is_some() || begins);
        self.share.is_next(missing, connections)
    }

    /// Reports whether more than one connection is of use.
    fn may_use_more(&self) -> bool {
        let is_slow = || self.head.as_ref().is_none_or(|head| head.is_slow(&self.line));
        !self.pieces.is_empty() && self.takes_parts() || self.is_large() && is_slow()
    }

    /// Reports whether so much is missing that several connections may be of use.
    fn is_large(&self) -> bool {
        self.takes_parts() && self.missing() > self.line.splitting.from
    }

    fn missing(&self) -> u64 {
        self.blob.size.saturating_sub(self.there())
    }

    fn takes_parts(&self) -> bool {
        self.takes_ranges && self.line.takes_parts()
    }

    /// Returns the next piece of what is free.
    fn piece_of(&self, first: &Range<u64>, longest: u64) -> Range<u64> {
        let free: u64 = self.free.iter().map(length).sum();
        let piece = self.line.splitting.piece;
        let most = (piece * MOST).max(self.blob.size / PIECES).min(longest);
        let least = self.line.least_piece().min(most);
        let concurrency = &self.line.concurrency;
        let share = free / (2 * concurrency.limit().max(1) as u64);
        // Where that is too little, each connection gets one piece, as long as the others.
        let even = free / self.line.connections_to_come();
        let size = if share < least { even.clamp(piece.min(least), least) } else { share.min(most) };
        let end = first.start.saturating_add(size);
        // A rest that is too small for a piece belongs to this one.
        let rest = first.end.saturating_sub(end);
        first.start..if rest < piece.min(longest / 2) { first.end } else { end }
    }

    /// Returns what the next piece can be taken from.
    fn donor(&self, longest: u64) -> Option<Donor> {
        if !self.free.is_empty() {
            return Some(Donor::Free);
        }
        let head = self.head.as_ref().map(|head| (Donor::Head, self.position..self.head_end, head.rate()));
        let spans = self.pieces.iter().enumerate();
        let pieces = spans.map(|(index, (_, span))| (Donor::Piece(index), span.missing(), span.rate()));
        let (donor, missing, rate) =
            head.into_iter().chain(pieces).max_by_key(|(_, missing, _)| length(missing))?;
        let below = self.line.splitting.below;
        if length(&missing) < 2 * (self.line.least_piece().min(longest) / HALF).max(1) {
            return None;
        }
        if self.pieces.is_empty() && (below.is_none() || self.line.is_far()) {
            return Some(donor);
        }
        let distance = self.line.window.distance();
        let rate = rate?;
        let on_its_way = (rate * distance.as_secs_f64()) as u64;
        // The first answers include the opening of connections, so they say little about the distance.
        let is_first = self.pieces.is_empty();
        let worth = if is_first {
            WORTH_LEAST
        } else if self.line.shares.has_idle() {
            WORTH_LEAST.max(distance * WORTH)
        } else {
            WORTH_LEAST.max(self.line.concurrency.time_to_begin(rate) * WORTH_NEW)
        };
        let is_long = below.is_none() || length(&missing) as f64 / rate > worth.as_secs_f64();
        let is_cheap = is_first || self.twice + on_its_way <= self.blob.size / TWICE;
        (is_long && is_cheap).then_some(donor)
    }

    /// Makes the far half of what the donor has free; of the stream, what follows the longest possible piece.
    fn take_from(&mut self, donor: Donor, longest: u64) {
        let (taken, rate) = match donor {
            Donor::Free => return,
            Donor::Head => {
                // This costs what is on its way; a further connection brings more.
                let missing = self.position..self.head_end;
                let all = length(&missing);
                let kept = if self.is_split { all / 2 } else { self.line.first_share(all) };
                self.head_end = self.position + kept.min(longest);
                (self.head_end..missing.end, None)
            }
            Donor::Piece(index) => {
                let (_, span) = &self.pieces[index];
                let missing = span.missing();
                let half = missing.start + length(&missing) / 2;
                span.shorten(half);
                (half..missing.end, span.rate())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Memory;
    use crate::transfer::{Options, Silent};

    #[tokio::test]
    async fn bytes_of_the_stream_that_a_piece_has_brought_are_left_out() {
        let content: Vec<u8> = (0..1000).map(|place: usize| (place % 251) as u8).collect();
        let source = Memory::default();
        let blob = source.insert(content.clone());
        let ends = Ends {
            source: Arc::new(source),
            target: Arc::new(Memory::default()),
            observer: Arc::new(Silent),
        };
        let line = Line::new(&Options::default());
        let reading = Reading { ends: &ends, blob: &blob, line: &line };
        let mut spread = Spread::new(reading, 0, Kept::InMemory);
        spread.open_head().await.unwrap();
        // A piece that was shortened too late has brought them.
        spread.position = 100;
        let mut got = Vec::new();
        while spread.position < blob.size {
            got.extend(spread.read_head().await.unwrap().unwrap_or_default());
        }
        assert!(got == content[100..]);
    }
}
