//! Syncs a growing partial blob to the disk from time to time, so that a power cut loses only its end.
//!
//! The kernel itself does so only after half a minute, and until then a file may even be empty. Correctness
//! does not depend on it: the content of the file is hashed before a download resumes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::{Error, disk};

/// The interval between syncs. A blob that is complete before is synced once, at its end.
const EVERY: Duration = Duration::from_secs(3);

/// One file at a time, because concurrent syncs slow each other down.
static TURN: Semaphore = Semaphore::const_new(1);

/// Syncs one file that grows.
#[derive(Debug)]
pub(super) struct Settling {
    /// The time of the last sync, and the number of bytes in the file then.
    last: (Instant, u64),
    running: Option<JoinHandle<Result<(), Error>>>,
}

impl Settling {
    /// Begins with a file that has `written` bytes, which another run may have left.
    pub(super) fn begin(written: u64) -> Self {
        Self { last: (Instant::now(), written), running: None }
    }

    /// Begins to sync `file`, which now has `written` bytes, if the interval has passed. Does not wait for
    /// the end of the sync.
    ///
    /// # Errors
    /// [`Error::Io`] of the last sync: the system reports it only once.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(super) async fn advance(&mut self, file: &Arc<File>, path: &Path, written: u64) -> Result<(), Error> {
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

    /// Waits until no sync is running.
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
