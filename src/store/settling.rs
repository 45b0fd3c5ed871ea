//! What has come of a blob, brought to the disk now and then, so that a power cut takes only the last of it.
//!
//! The kernel does so by itself only after half a minute, and until then a file may even be empty. Nothing else
//! depends on it: whatever is found in the file is hashed before it is built on.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::{Error, disk};

/// How long bytes are left to the kernel. Blobs that are whole before that are synced once, at their end.
const EVERY: Duration = Duration::from_secs(3);

/// One file at a time: a disk that many ask at once is slow for all of them.
static TURN: Semaphore = Semaphore::const_new(1);

/// Syncs one file that grows.
#[derive(Debug)]
pub(super) struct Settling {
    /// When it was done last, and how many bytes were in the file then.
    last: (Instant, u64),
    running: Option<JoinHandle<Result<(), Error>>>,
}

impl Settling {
    /// Begins with a file that has `written` bytes, which another run may have left.
    pub(super) fn begin(written: u64) -> Self {
        Self { last: (Instant::now(), written), running: None }
    }

    /// Begins to sync `file`, which has `written` bytes by now, if it is time for that. Nobody waits for it.
    ///
    /// # Errors
    /// [`Error::Io`] of the last time: the system tells it only once.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(super) async fn go_on(
        &mut self,
        (file, path): (&Arc<File>, &Path),
        written: u64,
    ) -> Result<(), Error> {
        if self.running.as_ref().is_some_and(JoinHandle::is_finished) {
            self.end().await?;
        }
        let (at, before) = self.last;
        if self.running.is_some() || written <= before || at.elapsed() < EVERY {
            return Ok(());
        }
        let Ok(turn) = TURN.try_acquire() else { return Ok(()) };
        self.last = (Instant::now(), written);
        let (file, path) = (Arc::clone(file), path.to_owned());
        self.running = Some(tokio::task::spawn_blocking(move || {
            let _turn = turn;
            file.sync_data().map_err(Error::io("write", &path))
        }));
        Ok(())
    }

    /// Waits until nothing is synced any more.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(super) async fn end(&mut self) -> Result<(), Error> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let result = disk::joined(running).await;
        self.running = None;
        result
    }
}
