//! Writes blobs: hashed as they arrive, visible when complete, resumable after a crash.

use std::fs::File;
use std::iter;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::buffers::{self, Buffers};
use super::lock::Lock;
use super::parts::{self, PartOf, Record};
use super::settling::{Settling, Synced};
use super::{Blobs, Error, disk};
use crate::content::{BlobWriter, PartWriter, Parts};
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
    lock: Arc<Lock>,
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
            let lock = Arc::new(lock);
            file.resume_record(&lock)?;
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
            file.forget_record()?;
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

    fn parts(&mut self) -> Option<&mut dyn Parts> {
        self.part.as_mut().map(|part| part as &mut dyn Parts)
    }

    async fn commit(self: Box<Self>) -> Result<(), Failure> {
        Ok(Self::commit(*self).await?)
    }

    async fn discard(self: Box<Self>) -> Result<(), Failure> {
        Ok(Self::discard(*self)?)
    }
}

#[async_trait]
impl Parts for Part {
    fn present(&self) -> Vec<Range<u64>> {
        self.file.beyond().cloned().collect()
    }

    fn longest(&self) -> Option<u64> {
        Some(u64::MAX)
    }

    fn begin(&mut self, range: Range<u64>) -> Result<Option<Box<dyn PartWriter>>, Failure> {
        let part = self.file.record(&self.lock)?.part(range.start)?;
        Ok(part.map(|part| Box::new(part) as Box<dyn PartWriter>))
    }

    async fn catch_up(&mut self, end: u64) -> Result<(), Failure> {
        self.file.settle().await?;
        self.file.flush()?;
        Ok(self.file.hash_up_to(end, &mut self.verifier).await?)
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
    /// The size of the whole blob.
    size: u64,
    /// What an earlier ingest has left.
    found: Vec<Range<u64>>,
    /// The record of what is in the file, if it has gaps or may get them.
    record: Option<Record>,
}

impl PartFile {
    /// Opens the file of a blob of `size` bytes. A longer file without a record of parts cannot be a part of
    /// the blob, and is emptied.
    fn open(path: PathBuf, size: u64, buffers: &Buffers) -> Result<Self, Error> {
        let file = match disk::open_or_create(&path) {
            // A process that was about to publish it had made it read-only, and was killed.
            Err(error) if error.is_denied() && disk::make_writable(&path) => disk::open_or_create(&path)?,
            opened => opened?,
        };
        let found = parts::present(&file, &path, size)?;
        if found.is_empty() {
            file.set_len(0).map_err(Error::io("empty", &path))?;
        }
        Ok(Self {
            file: Arc::new(file),
            path,
            written: 0,
            pending: buffers.take(),
            buffers: buffers.clone(),
            settling: Settling::begin(0),
            size,
            found,
            record: None,
        })
    }

    /// Hashes the bytes that an earlier ingest left, up to the first gap.
    async fn rehash(&mut self, mut verifier: Verifier) -> Result<Verifier, Error> {
        let end = self.found.first().filter(|first| first.start == 0).map_or(0, |first| first.end);
        self.hash_up_to(end, &mut verifier).await?;
        self.settling = Settling::begin(self.written);
        Ok(verifier)
    }

    /// Hashes the next bytes, which are in the file.
    async fn hash_up_to(&mut self, end: u64, verifier: &mut Verifier) -> Result<(), Error> {
        let mut chunk = Vec::new();
        while self.written < end {
            let length = REHASH.min(end - self.written);
            chunk.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
            let read = || self.file.read_exact_at(&mut chunk, self.written);
            disk::in_place(read).map_err(Error::io("read", &self.path))?;
            verifier.update(&chunk)?;
            self.written += length;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Returns what an earlier ingest has left beyond the bytes that are hashed.
    fn beyond(&self) -> impl Iterator<Item = &Range<u64>> {
        self.found.iter().filter(|range| range.start > self.written)
    }

    /// Returns the record of what is in the file, which begins now if there is none.
    fn record(&mut self, lock: &Arc<Lock>) -> Result<&Record, Error> {
        self.flush()?;
        let record = match self.record.take() {
            Some(record) => record,
            None => {
                let (file, path) = (Arc::clone(&self.file), self.path.clone());
                let file = PartOf { file, path, size: self.size, lock: Arc::clone(lock) };
                let found: Vec<_> = iter::once(0..self.written).chain(self.beyond().cloned()).collect();
                Record::begin(file, &found, self.settling.synced())?
            }
        };
        Ok(self.record.insert(record))
    }

    /// Continues the record of the file, if it has one: the bytes that follow count only if they are recorded.
    fn resume_record(&mut self, lock: &Arc<Lock>) -> Result<(), Error> {
        if self.length()? > self.size {
            self.record(lock)?;
        }
        Ok(())
    }

    fn length(&self) -> Result<u64, Error> {
        Ok(self.file.metadata().map_err(Error::io("look at", &self.path))?.len())
    }

    /// Removes the record from the file of a complete blob, if it has one.
    fn forget_record(&mut self) -> Result<(), Error> {
        self.record = None;
        if self.length()? <= self.size {
            return Ok(());
        }
        self.file.set_len(self.size).map_err(Error::io("write", &self.path))
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
        let written = self.record.as_ref().map_or(self.written, Record::bytes);
        let file = Synced { file: &self.file, path: &self.path, record: self.record.as_ref() };
        self.settling.advance(file, written).await
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let result = self.append(&pending);
        self.pending = pending;
        result.map(|()| self.pending.clear())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all_at(bytes, self.written).map_err(Error::io("write", &self.path))?;
        self.written += bytes.len() as u64;
        self.record.as_ref().map_or(Ok(()), |record| record.reach(self.written))
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
