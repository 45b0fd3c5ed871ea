//! Locks between processes: a file for each resource that only one process may change at a time.
//!
//! The locks are the operating system's, so those of a killed process are released immediately. They also
//! work between two tasks of one process. On a file system without locks, [`Claim`]s replace them.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::claim::{Claim, Mode};
use super::wait::{Patience, TOLD_AFTER};
use super::{Error, disk};

/// The pauses between attempts to take a lock that another process holds: the first one and the longest one.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _held: Held,
    /// The file to remove at the end, so that lock files do not accumulate.
    passing: Option<PathBuf>,
}

/// The underlying lock. Dropping it releases the lock.
#[derive(Debug)]
enum Held {
    File(#[expect(dead_code, reason = "it is held, not read")] File),
    /// On a file system without locks.
    Claim(#[expect(dead_code, reason = "it is held, not read")] Claim),
}

impl Lock {
    /// Waits until no other holder has the lock.
    ///
    /// # Errors
    /// [`Error::Locked`] after the limit of `patience`.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no lock behind. That is why it polls instead of letting the operating
    /// system wake it: a thread that waits there cannot be cancelled.
    pub(super) async fn exclusive(path: &Path, patience: &Patience) -> Result<Self, Error> {
        Self::wait(path, Mode::Exclusive, patience, || 0).await
    }

    /// Like [`exclusive`](Self::exclusive), for a lock that is held during long work. The limit counts only
    /// while `progress` does not change.
    ///
    /// # Errors
    /// Those of [`Lock::exclusive`].
    ///
    /// # Cancel safety
    /// As [`Lock::exclusive`].
    pub(super) async fn exclusive_after(
        path: &Path,
        patience: &Patience,
        progress: impl Fn() -> u64,
    ) -> Result<Self, Error> {
        Self::wait(path, Mode::Exclusive, patience, progress).await
    }

    /// Waits until no holder has the lock exclusively.
    ///
    /// # Errors
    /// Those of [`Lock::exclusive`].
    ///
    /// # Cancel safety
    /// As [`Lock::exclusive`].
    pub(super) async fn shared(path: &Path, patience: &Patience) -> Result<Self, Error> {
        Self::wait(path, Mode::Shared, patience, || 0).await
    }

    /// Takes the lock if it is free.
    pub(super) fn try_exclusive(path: &Path) -> Result<Option<Self>, Error> {
        Self::attempt(path, Mode::Exclusive)
    }

    /// Removes the lock file when the lock is dropped, because there is one for each blob, needed only for a
    /// short time.
    pub(super) fn passing(mut self, path: &Path) -> Self {
        self.passing = Some(path.to_owned());
        self
    }

    async fn wait(
        path: &Path,
        mode: Mode,
        patience: &Patience,
        progress: impl Fn() -> u64,
    ) -> Result<Self, Error> {
        let (mut pause, longest) = PAUSE;
        let begun = Instant::now();
        let (mut reached, mut since, mut is_told) = (None, begun, false);
        loop {
            if let Some(lock) = Self::attempt(path, mode)? {
                return Ok(lock);
            }
            let now = Some(progress());
            if now != reached {
                (reached, since) = (now, Instant::now());
            }
            if patience.is_over(since.elapsed()) {
                return Err(patience.error(path));
            }
            if !is_told && begun.elapsed() >= TOLD_AFTER {
                is_told = true;
                patience.tell(path);
            }
            // Two processes that exclude each other must not retry at the same time forever.
            tokio::time::sleep(pause + pause.mul_f64(fastrand::f64())).await;
            pause = (pause * 2).min(longest);
        }
    }

    fn attempt(path: &Path, mode: Mode) -> Result<Option<Self>, Error> {
        let file = disk::open_private(path)?;
        let locked = match mode {
            Mode::Exclusive => file.try_lock(),
            Mode::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                let claim = Claim::attempt(path, mode)?;
                return Ok(claim.map(|claim| Self { _held: Held::Claim(claim), passing: None }));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path)(error)),
        }
        // The last holder may have removed the file after it was opened here, and another process may have
        // created a new one. Then this lock excludes no other process.
        if !is_named(&file, path) {
            return Ok(None);
        }
        Ok(Some(Self { _held: Held::File(file), passing: None }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.passing {
            // While the lock is still held, so that it is the own file. A file that remains does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Reports whether the file system does not support locks.
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error())
}

/// Reports whether `path` is still the name of this open file.
fn is_named(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(opened), Ok(named)) => identity(opened) == identity(named),
        _ => false,
    }
}
