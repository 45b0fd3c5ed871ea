//! Removing what no image needs.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use super::claim::Claim;
use super::lock::Lock;
use super::verify::ASIDE;
use super::{Error, Store, Sum, disk};
use crate::digest::Digest;
use crate::image::MANIFEST_BYTES_MAX;

/// How long a partial blob is kept for somebody to go on with it.
const PART_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a sweep has removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The blobs, sorted.
    pub deleted: Vec<Digest>,
    /// How many partial blobs.
    pub partials: usize,
    /// The size of both in bytes.
    pub bytes: u64,
}

/// Which partial blobs go with a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partials {
    /// Those that nobody has gone on with for seven days.
    Old,
    /// All of them.
    All,
}

impl Partials {
    fn age(self) -> Duration {
        match self {
            Self::Old => PART_AGE_MAX,
            Self::All => Duration::ZERO,
        }
    }
}

impl Swept {
    fn add(&mut self, partials: Sum) {
        self.partials += partials.files;
        self.bytes += partials.bytes;
    }
}

/// Whether files are removed, or only counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sweeping {
    Removes,
    Counts,
}

/// What becomes of damaged blobs that were set aside and may be manifests. They are all that tells that these were
/// here, so they go only when it is known what images need without them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Damaged {
    Stay,
    Go,
}

impl Store {
    /// Removes the blobs that no image needs, and partial ones that nobody has gone on with for seven days.
    ///
    /// `None` if somebody writes to the store now: their blobs belong to no image yet, so nothing is
    /// removed, and the next sweep does it. A writer that is no regcli is not noticed.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it is not known what an image needs; [`Error::Io`] or [`Error::Document`]. Nothing is
    /// removed then.
    ///
    /// # Cancel safety
    /// A sweep that has begun goes on to its end.
    pub async fn sweep(&self) -> Result<Option<Swept>, Error> {
        self.sweep_with(Partials::Old).await
    }

    /// The same, with these partial blobs.
    ///
    /// # Errors
    /// As [`sweep`](Self::sweep).
    ///
    /// # Cancel safety
    /// As [`sweep`](Self::sweep).
    pub async fn sweep_with(&self, partials: Partials) -> Result<Option<Swept>, Error> {
        if !self.root().exists() {
            return Ok(Some(Swept::default()));
        }
        self.check()?;
        let Some(lock) = Lock::try_exclusive(&self.lock_path("store"))? else { return Ok(None) };
        let store = self.clone();
        disk::aside(move || {
            let mut swept = store.sweep_blobs(Sweeping::Removes)?;
            swept.add(store.sweep_parts(partials.age(), Sweeping::Removes, Damaged::Go)?);
            store.sweep_locks()?;
            drop(lock);
            Ok(Some(swept))
        })
        .await
    }

    /// Tells what a sweep would remove now if nobody writes, and changes nothing.
    ///
    /// # Errors
    /// As [`sweep`](Self::sweep).
    pub fn preview_sweep(&self, partials: Partials) -> Result<Swept, Error> {
        let mut swept = self.sweep_blobs(Sweeping::Counts)?;
        swept.add(self.sweep_parts(partials.age(), Sweeping::Counts, Damaged::Go)?);
        Ok(swept)
    }

    fn sweep_blobs(&self, sweeping: Sweeping) -> Result<Swept, Error> {
        let needed = self.needs()?.known()?;
        let mut swept = Swept::default();
        for digest in self.blobs().list()? {
            if needed.contains(&digest) {
                continue;
            }
            let size = self.blobs().size(&digest)?.unwrap_or_default();
            if sweeping == Sweeping::Counts || self.blobs().remove(&digest)? {
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
        self.prepare()?;
        let Some(lock) = Lock::try_exclusive(&self.lock_path("store"))? else { return Ok(0) };
        let store = self.clone();
        disk::aside(move || {
            let sum = store.sweep_parts(age, Sweeping::Removes, Damaged::Stay)?;
            drop(lock);
            Ok(sum.bytes)
        })
        .await
    }

    /// Removes the partial blobs that have not been written to for longer than `age`.
    fn sweep_parts(&self, age: Duration, sweeping: Sweeping, damaged: Damaged) -> Result<Sum, Error> {
        let folder = self.blobs().parts();
        let mut sum = Sum::default();
        for name in disk::names_in(&folder)? {
            // Nobody writes to the store, so whoever had made it is dead, and nobody will look for it.
            let is_left_over = name.starts_with(disk::TEMPORARY);
            let is_damaged = name.starts_with(ASIDE);
            let path = folder.join(name);
            let metadata = match fs::symlink_metadata(&path) {
                // Whoever only counts is not alone.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata.map_err(Error::io("look at", &path))?,
            };
            let changed = metadata.modified().map_err(Error::io("look at", &path))?;
            // A file from the future is none that was left long ago.
            let unchanged = SystemTime::now().duration_since(changed).unwrap_or_default();
            let stays = damaged == Damaged::Stay && is_damaged && metadata.len() <= MANIFEST_BYTES_MAX;
            let goes = metadata.is_file() && (unchanged >= age || is_left_over) && !stays;
            if goes && (sweeping == Sweeping::Counts || disk::remove(&path)?) {
                sum.add(metadata.len());
            }
        }
        Ok(sum)
    }

    /// Removes the lock files that killed processes have left.
    fn sweep_locks(&self) -> Result<(), Error> {
        let folder = self.root().join("locks");
        Claim::forget_dead(&folder)?;
        for name in disk::names_in(&folder)? {
            // Those of the store are always the same two; what has a dot is a claim.
            if name.contains('-') && !name.contains('.') {
                let path = self.lock_path(&name);
                drop(Lock::try_exclusive(&path)?.map(|lock| lock.passing(&path)));
            }
        }
        Ok(())
    }
}
