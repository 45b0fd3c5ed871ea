//! Bytes that arrive asynchronously, for code that blocks.

use std::io::{self, BufRead, Read};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;

use super::Error;
use crate::diagnose::Failure;

/// How many chunks wait for the reader. With chunks of at most some hundred kilobytes, this is a few megabytes.
const WAITING: usize = 8;

/// Reads bytes that another task receives.
pub struct Feed {
    /// The chunks; `None` after the last one.
    chunks: mpsc::Receiver<Option<Bytes>>,
    chunk: Bytes,
    is_done: bool,
}

/// Runs `work`, which may block, on the bytes that `next` returns, until `next` returns `None`.
///
/// # Errors
/// The errors of `next` and of `work`.
///
/// # Cancel safety
/// Dropping the future ends `work` at its next read.
pub async fn feed<T: Send + 'static>(
    mut next: impl AsyncFnMut() -> Result<Option<Bytes>, Failure>,
    work: impl FnOnce(Feed) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, chunks) = mpsc::channel(WAITING);
    let working = tokio::task::spawn_blocking(|| work(Feed { chunks, chunk: Bytes::new(), is_done: false }));
    loop {
        let chunk = match next().await {
            Ok(chunk) => chunk,
            Err(error) => {
                drop(sender);
                // The work must not run on while the caller tries again.
                let _ = working.await;
                return Err(error.into());
            }
        };
        let is_last = chunk.is_none();
        // If the receiver is gone, the work has ended, usually with an error.
        if sender.send(chunk).await.is_err() || is_last {
            break;
        }
    }
    match working.await {
        Ok(result) => result,
        Err(panicked) => Err(Error::Invalid(io::Error::other(panicked))),
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() && !self.is_done {
            match self.chunks.blocking_recv() {
                Some(Some(chunk)) => self.chunk = chunk,
                Some(None) => self.is_done = true,
                None => return Err(io::Error::other("the reading was stopped")),
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, bytes: usize) {
        self.chunk.advance(bytes);
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut chunk = self.fill_buf()?;
        let read = chunk.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
