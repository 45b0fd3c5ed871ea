//! Response bodies that are read from files while they are sent.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::Semaphore;

use crate::serve::memory::{self, FREE, Memory};
use crate::store::{self, disk};

/// How many bytes are read at a time while memory is available: enough to make system calls cheap, few enough
/// for the cache.
const CHUNK: u64 = 256 * 1024;

/// A part of a body.
pub(super) enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// A part of this file. The file is open only while a chunk is read, since thousands of responses may
    /// wait for slow clients.
    File {
        /// The file.
        path: PathBuf,
        /// The part.
        range: Range<u64>,
    },
}

/// A body in progress.
struct Sending {
    pieces: VecDeque<Piece>,
    memory: Memory,
    /// One permit: a chunk is read when the one before it has left the process.
    turn: Arc<Semaphore>,
}

/// Returns a body of these pieces.
pub(super) fn body(memory: &Memory, pieces: impl IntoIterator<Item = Piece>) -> Body {
    let pieces = pieces.into_iter().collect();
    let sending = Sending { pieces, memory: memory.clone(), turn: Arc::new(Semaphore::new(1)) };
    Body::from_stream(stream::try_unfold(sending, |mut sending| async {
        match sending.next().await {
            Ok(next) => Ok(next.map(|bytes| (bytes, sending))),
            Err(error) => {
                // The client detects that the body ends early.
                tracing::error!(error = &error as &dyn std::error::Error, "a response could not be read");
                Err(io::Error::other(error.to_string()))
            }
        }
    }))
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, store::Error> {
        loop {
            match self.pieces.pop_front() {
                None => return Ok(None),
                Some(Piece::Bytes(bytes)) => return Ok(Some(bytes)),
                Some(Piece::File { range, .. }) if range.is_empty() => {}
                Some(Piece::File { path, range }) => return self.chunk(path, range).await.map(Some),
            }
        }
    }

    /// Reads the next chunk of a file, and leaves the rest for later.
    async fn chunk(&mut self, path: PathBuf, range: Range<u64>) -> Result<Bytes, store::Error> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| store::Error::Stopped)?;
        let rest = range.end - range.start;
        let wanted = usize::try_from(rest.min(CHUNK)).unwrap_or(FREE);
        let share = if wanted > FREE { self.memory.take(wanted) } else { None };
        let length = if share.is_some() { wanted } else { wanted.min(FREE) };
        let content = disk::in_place(|| read(&path, range.start, length))?;
        let start = range.start + content.len() as u64;
        self.pieces.push_front(Piece::File { path, range: start..range.end });
        Ok(memory::keeping(content, (turn, share)))
    }
}

/// Reads at most `length` bytes, and at least one.
fn read(path: &Path, start: u64, length: usize) -> Result<Vec<u8>, store::Error> {
    let gone = || store::Error::io("open", path)(io::ErrorKind::NotFound.into());
    let file = disk::open(path)?.ok_or_else(gone)?;
    let content = disk::read_at(&file, start, length).map_err(store::Error::io("read", path))?;
    if content.is_empty() {
        return Err(store::Error::io("read", path)(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(content)
}
