//! Pieces of a blob in memory, until their turn comes.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::blocks::{Block, Blocks};
use super::line::Line;
use super::window::Place;
use crate::content::{PartWriter, Parts};
use crate::diagnose::Failure;

/// The pieces of one blob that wait for their turn.
pub(super) struct Waiting {
    line: Line,
    /// In the order of their bytes.
    pieces: Vec<Arc<Piece>>,
    /// The end of the bytes that were due so far.
    position: u64,
    /// Bytes whose turn has come.
    due: VecDeque<Bytes>,
}

/// A piece in memory.
struct Piece {
    kept: Mutex<Kept>,
    _place: Place,
}

/// The bytes of a piece that are not due yet.
struct Kept {
    /// The offset of the first of them.
    start: u64,
    blocks: VecDeque<Bytes>,
}

impl Waiting {
    pub(super) fn new(line: &Line) -> Self {
        Self { line: line.clone(), pieces: Vec::new(), position: 0, due: VecDeque::new() }
    }

    /// Returns the next bytes whose turn has come.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        self.due.pop_front()
    }

    /// Moves the bytes of `piece` up to `end` to those that are due. Another piece may have brought the first of
    /// them already.
    fn drain(&mut self, piece: &Piece, end: u64) {
        let mut kept = locked(&piece.kept);
        while kept.start < end
            && let Some(mut bytes) = kept.blocks.pop_front()
        {
            let stale = self.position.saturating_sub(kept.start).min(bytes.len() as u64);
            kept.start += bytes.len() as u64;
            self.position = self.position.max(kept.start);
            // This is at most the length of `bytes`, which is a `usize`.
            let _ = bytes.split_to(usize::try_from(stale).unwrap_or(bytes.len()));
            if !bytes.is_empty() {
                self.due.push_back(bytes);
            }
        }
    }
}

#[async_trait]
impl Parts for Waiting {
    fn present(&self) -> Vec<Range<u64>> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        let piece = self.line.piece_in_order();
        self.line.window.has_room(piece, self.line.window_now()).then_some(piece)
    }

    fn begin(&mut self, range: Range<u64>) -> Result<Option<Box<dyn PartWriter>>, Failure> {
        let Some(place) = self.line.place(range.end - range.start) else { return Ok(None) };
        let kept = Mutex::new(Kept { start: range.start, blocks: VecDeque::new() });
        let piece = Arc::new(Piece { kept, _place: place });
        let behind = self.pieces.partition_point(|piece| locked(&piece.kept).start <= range.start);
        self.pieces.insert(behind, Arc::clone(&piece));
        let blocks = self.line.window.blocks.clone();
        Ok(Some(Box::new(Writer { end: range.start, piece, block: blocks.take(), blocks })))
    }

    async fn catch_up(&mut self, end: u64) -> Result<(), Failure> {
        for piece in self.pieces.clone() {
            self.drain(&piece, end);
        }
        // A piece that is still being fetched has a writer.
        self.pieces.retain(|piece| Arc::strong_count(piece) > 1 || !locked(&piece.kept).blocks.is_empty());
        Ok(())
    }
}

/// Takes the bytes of one piece.
struct Writer {
    piece: Arc<Piece>,
    /// The end of the bytes that can be due.
    end: u64,
    /// The bytes that follow them.
    block: Block,
    blocks: Blocks,
}

impl Writer {
    fn pass_on(&mut self) {
        if self.block.is_empty() {
            return;
        }
        let bytes = std::mem::replace(&mut self.block, self.blocks.take()).into_bytes();
        self.end += bytes.len() as u64;
        locked(&self.piece.kept).blocks.push_back(bytes);
    }
}

impl PartWriter for Writer {
    fn end(&self) -> u64 {
        self.end
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            bytes = self.block.fill(bytes);
            if self.block.is_full() {
                self.pass_on();
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.pass_on();
        Ok(())
    }
}

/// Each change below these locks is complete before anything can panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::{Options, Splitting};

    #[tokio::test]
    async fn d11_pieces_take_no_more_than_the_window_and_are_due_in_order() {
        let splitting = Splitting { window: 200, piece_in_order: 50, ..Splitting::default() };
        let mut waiting = Waiting::new(&Line::new(&Options { splitting, ..Options::default() }));
        assert_eq!(waiting.longest(), Some(50));
        let mut later = waiting.begin(150..200).unwrap().expect("there is room");
        let mut first = waiting.begin(100..150).unwrap().expect("there is room");
        let rest = waiting.begin(200..300).unwrap().expect("there is room");
        assert!(waiting.longest().is_none() && waiting.begin(300..301).unwrap().is_none());
        // The second one begins within what the first one has fetched already.
        for (writer, bytes) in [(&mut later, [2; 20]), (&mut first, [1; 20])] {
            writer.write(&bytes).unwrap();
            writer.flush().unwrap();
        }
        first.write(&[1; 40]).unwrap();
        first.flush().unwrap();
        assert_eq!((first.end(), later.end()), (160, 170));
        drop((first, later, rest));
        waiting.catch_up(170).await.unwrap();
        let due: Vec<u8> = std::iter::from_fn(|| waiting.next()).flatten().collect();
        assert_eq!(due, [[1; 60].as_slice(), &[2; 10]].concat());
        assert_eq!(waiting.longest(), Some(50), "the room is free again");
    }
}
