//! Locks between processes: a file for each thing that only one may change at a time.
//!
//! They are the operating system's, so those of a process that was killed are free at once. They work
//! between two tasks of one process too.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, disk};

/// How long to wait before asking again for a lock that another holds: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    /// Closing it frees the lock.
    _file: File,
    /// The file to remove at the end, if there would be too many of them otherwise.
    passing: Option<PathBuf>,
}

#[derive(Clone, Copy)]
enum Mode {
    Exclusive,
    Shared,
}

impl Lock {
    /// Waits until nobody else holds the lock.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no lock behind. That is why it asks now and then, where the operating
    /// system could wake it: a thread that waits there cannot be called back.
    pub(super) async fn exclusive(path: &Path) -> Result<Self, Error> {
        Self::wait(path, Mode::Exclusive).await
    }

    /// Waits until nobody holds the lock exclusively.
    ///
    /// # Cancel safety
    /// As [`Lock::exclusive`].
    pub(super) async fn shared(path: &Path) -> Result<Self, Error> {
        Self::wait(path, Mode::Shared).await
    }

    /// Takes the lock if nobody else holds it.
    pub(super) fn try_exclusive(path: &Path) -> Result<Option<Self>, Error> {
        Self::attempt(path, Mode::Exclusive)
    }

    /// Removes the lock's file when the lock is dropped: there is one for each blob, for a short time.
    pub(super) fn passing(mut self, path: &Path) -> Self {
        self.passing = Some(path.to_owned());
        self
    }

    async fn wait(path: &Path, mode: Mode) -> Result<Self, Error> {
        let (mut pause, longest) = PAUSE;
        loop {
            if let Some(lock) = Self::attempt(path, mode)? {
                return Ok(lock);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    fn attempt(path: &Path, mode: Mode) -> Result<Option<Self>, Error> {
        let file = disk::open_or_create(path)?;
        let locked = match mode {
            Mode::Exclusive => file.try_lock(),
            Mode::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path)(error)),
        }
        // Its last holder may have removed the file after it was opened here, and somebody else may have
        // made a new one: then this lock keeps nobody out.
        if !is_named(&file, path) {
            return Ok(None);
        }
        Ok(Some(Self { _file: file, passing: None }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.passing {
            // While it is still held, so that it is the own file. One that stays does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether `path` is still the name of this open file.
fn is_named(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(opened), Ok(named)) => identity(opened) == identity(named),
        _ => false,
    }
}
