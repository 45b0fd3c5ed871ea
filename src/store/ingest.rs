//! Writes blobs: hashed as they arrive, visible when complete, resumable after a crash.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::buffers::{self, Buffers};
use super::lock::Lock;
use super::settling::Settling;
use super::{Blobs, Error, disk};
use crate::content::BlobWriter;
use crate::diagnose::Failure;
use crate::digest::{self, Verifier};
use crate::image::Descriptor;

/// Smaller pieces are gathered up to this size before they are written. Larger ones, as from a fast
/// connection, are written directly.
const GATHER: usize = buffers::ROOM;

/// How much of a partial blob is hashed before other tasks may run.
const REHASH: u64 = 1024 * 1024;

/// Writes a blob into a store.
///
/// It hashes and writes in the task that receives the bytes, because handing them to another thread costs 8
/// to 14 % more CPU time. On a multi-threaded runtime a slow disk does not block other tasks.
///
/// After an error of [`write`](BlobWriter::write) the ingest is unchanged.
#[derive(Debug)]
pub struct Ingest {
    blobs: Blobs,
    blob: Descriptor,
    /// The partial blob, or `None` if the blob existed already.
    part: Option<Part>,
}

/// A partial blob that only this process writes to.
#[derive(Debug)]
struct Part {
    file: PartFile,
    verifier: Verifier,
    // Dropped last, so that no other process opens the file before.
    lock: Lock,
}

impl Blobs {
    /// Begins to write a blob, or resumes at the byte that an earlier ingest of any process reached.
    ///
    /// Waits while another process writes the blob. If the blob exists then, or existed from the beginning,
    /// the ingest's [`offset`](BlobWriter::offset) is the blob's size and there is nothing left to do.
    ///
    /// # Errors
    /// [`Error::Io`].
    ///
    /// # Cancel safety
    /// Dropping the future, like dropping the ingest, keeps what was written.
    pub async fn create(&self, blob: &Descriptor) -> Result<Ingest, Error> {
        let mut ingest = Ingest { blobs: self.clone(), blob: blob.clone(), part: None };
        if self.contains(blob)? {
            return Ok(ingest);
        }
        let lock = self.lock(&blob.digest).await?;
        // The last holder of the lock may have written it.
        if !self.contains(blob)? {
            let mut file = PartFile::open(self.part_path(&blob.digest), blob.size, self.buffers())?;
            let verifier = file.rehash(blob.verifier()).await?;
            ingest.part = Some(Part { file, verifier, lock });
        }
        Ok(ingest)
    }
}

impl Ingest {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let offset = self.offset();
        let actual = offset + bytes.len() as u64;
        match &mut self.part {
            Some(part) if actual <= self.blob.size => {
                part.file.take(bytes)?;
                Ok(part.verifier.update(bytes)?)
            }
            _ if bytes.is_empty() => Ok(()),
            _ => {
                let (digest, expected) = (self.blob.digest.clone(), self.blob.size);
                Err(digest::Error::Size { digest, expected, actual }.into())
            }
        }
    }

    /// Like [`BlobWriter::commit`].
    ///
    /// # Errors
    /// If the content does not match the blob, or cannot be written.
    pub async fn commit(self) -> Result<(), Error> {
        let Some(mut part) = self.part else { return Ok(()) };
        part.file.settling.end().await?;
        let Part { mut file, verifier, lock } = part;
        if let Err(error) = verifier.finish() {
            file.remove()?;
            return Err(error.into());
        }
        let target = self.blobs.path(&self.blob.digest);
        disk::aside(move || {
            file.flush()?;
            disk::publish(&file.file, &file.path, &target)?;
            drop(lock);
            Ok(())
        })
        .await
    }

    /// Like [`BlobWriter::discard`].
    ///
    /// # Errors
    /// If the partial blob cannot be removed.
    pub fn discard(self) -> Result<(), Error> {
        self.part.map_or(Ok(()), |mut part| part.file.remove())
    }
}

#[async_trait]
impl BlobWriter for Ingest {
    fn offset(&self) -> u64 {
        self.part.as_ref().map_or(self.blob.size, |part| part.verifier.seen())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        // Before any change, because the caller may not know of the bytes if this fails.
        if let Some(part) = &mut self.part {
            part.file.settle().await?;
        }
        Ok(self.take(&bytes)?)
    }

    async fn commit(self: Box<Self>) -> Result<(), Failure> {
        Ok(Self::commit(*self).await?)
    }

    async fn discard(self: Box<Self>) -> Result<(), Failure> {
        Ok(Self::discard(*self)?)
    }
}

/// The file of a partial blob. Bytes that were taken are in it when it is dropped, or before.
#[derive(Debug)]
struct PartFile {
    file: Arc<File>,
    path: PathBuf,
    /// The bytes that are in the file.
    written: u64,
    /// The bytes that follow them.
    pending: Vec<u8>,
    /// The source of the memory for `pending`.
    buffers: Buffers,
    settling: Settling,
}

impl PartFile {
    /// Opens the file of a blob of `size` bytes. A longer file cannot be a part of the blob, and is emptied.
    fn open(path: PathBuf, size: u64, buffers: &Buffers) -> Result<Self, Error> {
        let file = match disk::open_or_create(&path) {
            // A process that was about to publish it had made it read-only, and was killed.
            Err(error) if error.is_denied() && disk::make_writable(&path) => disk::open_or_create(&path)?,
            opened => opened?,
        };
        let length = file.metadata().map_err(Error::io("look at", &path))?.len();
        if length > size {
            file.set_len(0).map_err(Error::io("empty", &path))?;
        }
        let (file, settling) = (Arc::new(file), Settling::begin(0));
        Ok(Self { file, path, written: 0, pending: buffers.take(), buffers: buffers.clone(), settling })
    }

    /// Hashes the bytes that an earlier ingest left.
    async fn rehash(&mut self, mut verifier: Verifier) -> Result<Verifier, Error> {
        let mut chunk = Vec::new();
        loop {
            chunk.clear();
            let read = || (&*self.file).take(REHASH).read_to_end(&mut chunk);
            if disk::in_place(read).map_err(Error::io("read", &self.path))? == 0 {
                self.settling = Settling::begin(self.written);
                return Ok(verifier);
            }
            verifier.update(&chunk)?;
            self.written += chunk.len() as u64;
            tokio::task::yield_now().await;
        }
    }

    /// Takes all of `bytes` or none.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.pending.len() + bytes.len() > GATHER {
            disk::in_place(|| self.flush())?;
        }
        if bytes.len() >= GATHER {
            return disk::in_place(|| self.append(bytes));
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// Syncs the file to the disk from time to time.
    async fn settle(&mut self) -> Result<(), Error> {
        self.settling.advance(&self.file, &self.path, self.written).await
    }

    fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        let result = self.append(&pending);
        self.pending = pending;
        result.map(|()| self.pending.clear())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all_at(bytes, self.written).map_err(Error::io("write", &self.path))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn remove(&mut self) -> Result<(), Error> {
        self.pending.clear();
        disk::remove(&self.path).map(drop)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // Bytes that cannot be written now must be sent again: the next ingest uses the length of the file.
        let _ = self.flush();
        self.buffers.give_back(std::mem::take(&mut self.pending));
    }
}
