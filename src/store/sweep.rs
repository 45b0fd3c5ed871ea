//! Removes content that no image needs.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use super::claim::Claim;
use super::lock::Lock;
use super::verify::ASIDE;
use super::{Error, Store, Sum, disk};
use crate::digest::Digest;
use crate::image::MANIFEST_BYTES_MAX;

/// How long a partial blob is kept for resuming.
const PART_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The content that a sweep has removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The blobs, sorted.
    pub deleted: Vec<Digest>,
    /// The number of partial blobs.
    pub partials: usize,
    /// The size of both in bytes.
    pub bytes: u64,
}

/// The partial blobs that a sweep removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partials {
    /// Those that have not grown for seven days.
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

/// What happens to damaged blobs that were set aside and may be manifests. Only they show that these
/// manifests were in the store, so they are removed only if the needs of all images are known without them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Damaged {
    Stay,
    Go,
}

impl Store {
    /// Removes the blobs that no image needs, and partial blobs that have not grown for seven days.
    ///
    /// Returns `None` if another process is writing to the store: its blobs belong to no image yet, so
    /// nothing is removed until the next sweep. Writers other than regcli are not detected.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the needs of an image are not known, [`Error::Io`] or [`Error::Document`].
    /// Nothing is removed then.
    ///
    /// # Cancel safety
    /// A sweep that has begun runs to its end.
    pub async fn sweep(&self) -> Result<Option<Swept>, Error> {
        self.sweep_with(Partials::Old).await
    }

    /// Like [`sweep`](Self::sweep), but removes these partial blobs.
    ///
    /// # Errors
    /// Those of [`sweep`](Self::sweep).
    ///
    /// # Cancel safety
    /// As for [`sweep`](Self::sweep).
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

    /// Returns what a sweep would remove now if no process were writing. Changes nothing.
    ///
    /// # Errors
    /// Those of [`sweep`](Self::sweep).
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

    /// Removes all partial blobs that no process is writing, to make room on a full disk. Returns their size
    /// in bytes, or 0 if a process is writing to the store.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// A removal that has begun runs to its end.
    pub async fn forget_partials(&self) -> Result<u64, Error> {
        self.remove_partials(Duration::ZERO).await
    }

    /// Removes the partial blobs that have not grown for seven days, unless another process is writing.
    /// Writers call this before they begin. A failure does not stop them.
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
            // No process writes to the store, so the process that created it is dead, and no other will look
            // for it.
            let is_left_over = name.starts_with(disk::TEMPORARY);
            let is_damaged = name.starts_with(ASIDE);
            let path = folder.join(name);
            let metadata = match fs::symlink_metadata(&path) {
                // A preview does not exclude other processes.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata.map_err(Error::io("look at", &path))?,
            };
            let changed = metadata.modified().map_err(Error::io("look at", &path))?;
            // A file with a time in the future was not left long ago.
            let unchanged = SystemTime::now().duration_since(changed).unwrap_or_default();
            let stays = damaged == Damaged::Stay && is_damaged && metadata.len() <= MANIFEST_BYTES_MAX;
            let goes = metadata.is_file() && (unchanged >= age || is_left_over) && !stays;
            if goes && (sweeping == Sweeping::Counts || disk::remove(&path)?) {
                sum.add(disk::taken(&metadata));
            }
        }
        Ok(sum)
    }

    /// Removes the lock files that killed processes have left.
    fn sweep_locks(&self) -> Result<(), Error> {
        let folder = self.root().join("locks");
        Claim::forget_dead(&folder)?;
        for name in disk::names_in(&folder)? {
            // The store's own lock files are always the same two. A name with a dot is a claim.
            if name.contains('-') && !name.contains('.') {
                let path = self.lock_path(&name);
                drop(Lock::try_exclusive(&path)?.map(|lock| lock.passing(&path)));
            }
        }
        Ok(())
    }
}
