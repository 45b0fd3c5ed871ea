//! Content addressed by digest, in files.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::buffers::Buffers;
use super::lock::Lock;
use super::wait::Patience;
use super::{Error, FileReader, disk, parts};
use crate::digest::{self, Algorithm, Digest, Verifier};
use crate::image::{Descriptor, MediaType};

/// Blobs in a folder. Cheap to clone.
///
/// ```text
/// blobs/<algorithm>/<hex>   complete and verified; never changed, mode 0444
/// parts/<algorithm>-<hex>   the bytes that are there of an incomplete blob
/// locks/<algorithm>-<hex>   held by the process that writes the blob
/// ```
///
/// Nothing is created before the first write. A file's bytes are on the disk before it gets its final name.
/// The names are on the disk only after [`Blobs::sync_folders`]: call it once before writing anything that
/// relies on the blobs. A crash before that call may lose a blob, but never leaves an incomplete one under
/// its final name.
///
/// Methods that are not `async` make a few system calls each.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: Arc<Path>,
    buffers: Buffers,
    patience: Patience,
}

impl Blobs {
    /// Creates a handle for the blobs under this folder, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), buffers: Buffers::default(), patience: Patience::default() }
    }

    /// Sets how long to wait for locks.
    pub(super) fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Returns how long to wait for locks.
    pub(super) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Takes the lock of a blob. Waits for another writer as long as its partial blob grows.
    pub(super) async fn lock(&self, digest: &Digest) -> Result<Lock, Error> {
        let (path, part) = (self.lock_path(digest), self.part_path(digest));
        let written = || disk::file_growth(&part).ok().flatten().unwrap_or_default();
        Ok(Lock::exclusive_after(&path, &self.patience, written).await?.passing(&path))
    }

    /// Removes the partial blob that an earlier ingest has left.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Locked`].
    ///
    /// # Cancel safety
    /// The partial blob is removed or it is not.
    pub async fn discard(&self, digest: &Digest) -> Result<(), Error> {
        let _lock = self.lock(digest).await?;
        disk::remove(&self.part_path(digest)).map(drop)
    }

    /// Returns the buffers for writers.
    pub(super) fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of a blob, which need not exist.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.folder(digest.algorithm()).join(digest.hex())
    }

    /// Returns the size of a blob in bytes, if it exists.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn size(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        disk::file_size(&self.path(digest))
    }

    /// Reports whether a blob exists with the right size.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn contains(&self, blob: &Descriptor) -> Result<bool, Error> {
        Ok(self.size(&blob.digest)? == Some(blob.size))
    }

    /// Returns how many bytes of a blob the next [`create`](Blobs::create) would find. They are not verified,
    /// and nothing is changed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn partial(&self, blob: &Descriptor) -> Result<u64, Error> {
        let path = self.part_path(&blob.digest);
        let Some(file) = disk::open(&path)? else { return Ok(0) };
        let found = parts::present(&file, &path, blob.size)?;
        Ok(found.into_iter().map(|range| range.end - range.start).sum())
    }

    /// Reads a blob of at most `limit` bytes, and verifies it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::TooLarge`], [`Error::Damaged`] or [`Error::Io`].
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Bytes, Error> {
        let path = self.path(digest);
        let content = disk::read(&path, limit)?.ok_or_else(|| Error::Missing(digest.clone()))?;
        let mut verifier = Verifier::new(digest, content.len() as u64);
        let verified = verifier.update(&content).and_then(|()| verifier.finish());
        verified.map_err(|source| Error::Damaged { path, source })?;
        Ok(content.into())
    }

    /// Opens the bytes `range` of a blob. They are not verified.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Io`], or [`Error::Damaged`] if the blob has the wrong size.
    pub fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<FileReader, Error> {
        let path = self.path(&blob.digest);
        let file = disk::open(&path)?.ok_or_else(|| Error::Missing(blob.digest.clone()))?;
        let actual = file.metadata().map_err(Error::io("look at", &path))?.len();
        let wrong = |expected| digest::Error::Size { digest: blob.digest.clone(), expected, actual };
        if actual != blob.size {
            return Err(Error::Damaged { path, source: wrong(blob.size) });
        }
        if range.end > actual {
            return Err(Error::Damaged { path, source: wrong(range.end) });
        }
        Ok(FileReader { file, path, range })
    }

    /// Stores a small document and returns its descriptor. An existing one is not written again.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// The document is stored as a whole or not at all.
    pub async fn put(&self, media_type: MediaType, content: impl Into<Bytes>) -> Result<Descriptor, Error> {
        let content = content.into();
        let descriptor = Descriptor::of(media_type, &content);
        self.put_as(&descriptor.digest, content).await?;
        Ok(descriptor)
    }

    /// Stores a small document under its known digest.
    pub(crate) async fn put_as(&self, digest: &Digest, content: Bytes) -> Result<(), Error> {
        let (path, folder) = (self.path(digest), self.parts());
        disk::aside(move || {
            // A damaged one is replaced.
            let present = disk::read(&path, content.len() as u64);
            if present.is_ok_and(|present| present.is_some_and(|present| present == content)) {
                return Ok(());
            }
            disk::replace(&path, &folder, &content, 0o444)
        })
        .await
    }

    /// Publishes the file `part` as the blob `digest`. Its content must be verified already.
    ///
    /// The file has to be on the same file system. It is moved.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// Work that has begun runs to its end.
    pub async fn adopt(&self, part: impl Into<PathBuf>, digest: &Digest) -> Result<(), Error> {
        let (part, path) = (part.into(), self.path(digest));
        disk::aside(move || {
            let file = fs::File::open(&part).map_err(Error::io("open", &part))?;
            disk::publish(&file, &part, &path)
        })
        .await
    }

    /// Removes a blob, and reports whether it existed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(&self, digest: &Digest) -> Result<bool, Error> {
        disk::remove(&self.path(digest))
    }

    /// Returns all existing blobs, in no particular order. Files with other names are left out.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn list(&self) -> Result<Vec<Digest>, Error> {
        let mut digests = Vec::new();
        for algorithm in Algorithm::ALL {
            for name in disk::names_in(&self.folder(algorithm))? {
                digests.extend(format!("{algorithm}:{name}").parse::<Digest>());
            }
        }
        Ok(digests)
    }

    /// Makes the names of all blobs durable, so that they survive a crash.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn sync_folders(&self) -> Result<(), Error> {
        let blobs = self.clone();
        disk::aside(move || blobs.sync_names()).await
    }

    /// Like [`sync_folders`](Self::sync_folders), on this thread.
    pub(super) fn sync_names(&self) -> Result<(), Error> {
        for algorithm in Algorithm::ALL {
            disk::sync_folder(&self.folder(algorithm))?;
        }
        disk::sync_folder(&self.root.join("blobs"))?;
        disk::sync_folder(&self.root)
    }

    /// Returns how many bytes this user may still write here, if the operating system reports it.
    pub fn free_space(&self) -> Option<u64> {
        disk::free_space(&self.root)
    }

    /// Returns the folder of partial blobs and other unfinished files.
    pub(super) fn parts(&self) -> PathBuf {
        self.root.join("parts")
    }

    pub(super) fn part_path(&self, digest: &Digest) -> PathBuf {
        self.parts().join(file_name(digest))
    }

    pub(super) fn lock_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("locks").join(file_name(digest))
    }

    fn folder(&self, algorithm: Algorithm) -> PathBuf {
        self.root.join("blobs").join(algorithm.name())
    }
}

fn file_name(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm(), digest.hex())
}
