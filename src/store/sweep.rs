//! Removing what no image needs.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, SystemTime};

use super::blobs::names_in;
use super::contents::Contents;
use super::lock::Lock;
use super::{Error, Store, disk};
use crate::digest::Digest;

/// How long a partial blob is kept for somebody to go on with it.
const PART_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a sweep has removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The blobs, sorted.
    pub deleted: Vec<Digest>,
    /// Their size in bytes, and that of partial blobs.
    pub bytes: u64,
}

impl Store {
    /// Removes the blobs that no image needs, and partial ones that nobody has gone on with for seven days.
    ///
    /// `None` if somebody writes to the store now: their blobs belong to no image yet, so nothing is
    /// removed, and the next sweep does it. A writer that is no regcli is not noticed.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Document`]; if it is not known what an image needs, nothing is removed.
    ///
    /// # Cancel safety
    /// A sweep that has begun goes on to its end.
    pub async fn sweep(&self) -> Result<Option<Swept>, Error> {
        if !self.root().exists() {
            return Ok(Some(Swept::default()));
        }
        let Some(lock) = Lock::try_exclusive(&self.lock_path("store"))? else { return Ok(None) };
        let store = self.clone();
        disk::aside(move || {
            let mut swept = store.sweep_blobs()?;
            swept.bytes += store.sweep_parts(PART_AGE_MAX)?;
            store.sweep_locks()?;
            drop(lock);
            Ok(Some(swept))
        })
        .await
    }

    fn sweep_blobs(&self) -> Result<Swept, Error> {
        let mut needed = HashSet::new();
        for image in self.images()? {
            needed.extend(Contents::of(self.blobs(), &image.descriptor)?.reached);
        }
        let mut swept = Swept::default();
        for digest in self.blobs().list()? {
            if needed.contains(&digest) {
                continue;
            }
            let size = self.blobs().size(&digest)?.unwrap_or_default();
            if self.blobs().remove(&digest)? {
                swept.deleted.push(digest);
                swept.bytes += size;
            }
        }
        swept.deleted.sort();
        Ok(swept)
    }

    /// Removes all partial blobs that nobody is writing, to make room on a full disk. Answers their size in
    /// bytes; 0 if somebody writes to the store now.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// A removal that has begun goes on to its end.
    pub async fn forget_partials(&self) -> Result<u64, Error> {
        self.remove_partials(Duration::ZERO).await
    }

    /// Removes the partial blobs that nobody has gone on with for seven days, unless somebody writes now. For
    /// those who begin to write: that it cannot be done does not keep them from it.
    pub(super) async fn forget_old_partials(&self) {
        match self.remove_partials(PART_AGE_MAX).await {
            Ok(0) => {}
            Ok(bytes) => tracing::debug!(bytes, "removed old partial blobs"),
            Err(error) => tracing::debug!(%error, "old partial blobs stay"),
        }
    }

    async fn remove_partials(&self, age: Duration) -> Result<u64, Error> {
        let Some(lock) = Lock::try_exclusive(&self.lock_path("store"))? else { return Ok(0) };
        let store = self.clone();
        disk::aside(move || {
            let bytes = store.sweep_parts(age)?;
            drop(lock);
            Ok(bytes)
        })
        .await
    }

    /// Removes the partial blobs that have not been written to for longer than `age`.
    fn sweep_parts(&self, age: Duration) -> Result<u64, Error> {
        let folder = self.blobs().parts();
        let mut bytes = 0;
        for name in names_in(&folder)? {
            let path = folder.join(name);
            let metadata = fs::symlink_metadata(&path).map_err(Error::io("look at", &path))?;
            let changed = metadata.modified().map_err(Error::io("look at", &path))?;
            // A file from the future is none that was left long ago.
            let unchanged = SystemTime::now().duration_since(changed).unwrap_or_default();
            if metadata.is_file() && unchanged >= age && disk::remove(&path)? {
                bytes += metadata.len();
            }
        }
        Ok(bytes)
    }

    /// Removes the lock files that killed processes have left.
    fn sweep_locks(&self) -> Result<(), Error> {
        for name in names_in(&self.root().join("locks"))? {
            // Those of the store are always the same two.
            if name.contains('-') {
                let path = self.lock_path(&name);
                drop(Lock::try_exclusive(&path)?.map(|lock| lock.passing(&path)));
            }
        }
        Ok(())
    }
}
