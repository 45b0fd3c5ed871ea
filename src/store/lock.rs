//! Locks between processes: a file for each thing that only one may change at a time.
//!
//! They are the operating system's, so those of a process that was killed are free at once. They work
//! between two tasks of one process too. Where a file system has none, [`Claim`]s stand in for them.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::claim::{Claim, Mode};
use super::wait::{Patience, TOLD_AFTER};
use super::{Error, disk};

/// How long to wait before asking again for a lock that another holds: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _held: Held,
    /// The file to remove at the end, if there would be too many of them otherwise.
    passing: Option<PathBuf>,
}

/// What holds a lock. Dropping it frees the lock.
#[derive(Debug)]
enum Held {
    File(#[expect(dead_code, reason = "it is held, not read")] File),
    /// On a file system without locks.
    Claim(#[expect(dead_code, reason = "it is held, not read")] Claim),
}

impl Lock {
    /// Waits until nobody else holds the lock.
    ///
    /// # Errors
    /// [`Error::Locked`] after the time that `patience` has.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no lock behind. That is why it asks now and then, where the operating
    /// system could wake it: a thread that waits there cannot be called back.
    pub(super) async fn exclusive(path: &Path, patience: &Patience) -> Result<Self, Error> {
        Self::wait((path, Mode::Exclusive), patience, || 0).await
    }

    /// The same for a lock that is held for as long as its work takes: who waits is patient while `progress` changes.
    ///
    /// # Errors
    /// As [`Lock::exclusive`].
    ///
    /// # Cancel safety
    /// As [`Lock::exclusive`].
    pub(super) async fn exclusive_after(
        path: &Path,
        patience: &Patience,
        progress: impl Fn() -> u64,
    ) -> Result<Self, Error> {
        Self::wait((path, Mode::Exclusive), patience, progress).await
    }

    /// Waits until nobody holds the lock exclusively.
    ///
    /// # Errors
    /// As [`Lock::exclusive`].
    ///
    /// # Cancel safety
    /// As [`Lock::exclusive`].
    pub(super) async fn shared(path: &Path, patience: &Patience) -> Result<Self, Error> {
        Self::wait((path, Mode::Shared), patience, || 0).await
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

    async fn wait(
        (path, mode): (&Path, Mode),
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
            // Two who keep each other out must not ask again at the same time for ever.
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
        // Its last holder may have removed the file after it was opened here, and somebody else may have
        // made a new one: then this lock keeps nobody out.
        if !is_named(&file, path) {
            return Ok(None);
        }
        Ok(Some(Self { _held: Held::File(file), passing: None }))
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

/// Whether the file system has no locks at all.
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error())
}

/// Whether `path` is still the name of this open file.
fn is_named(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(opened), Ok(named)) => identity(opened) == identity(named),
        _ => false,
    }
}
