//! Reads blobs.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream;

use super::{Error, disk};
use crate::content::{BlobReader, Chunk};

/// How many bytes are read at a time: enough to make system calls cheap, few enough for the cache.
const CHUNK: u64 = 256 * 1024;

/// Reads a part of a blob's file. The bytes are not verified.
#[derive(Debug)]
pub struct FileReader {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// The bytes still to read.
    pub(super) range: Range<u64>,
}

impl FileReader {
    /// Returns the number of bytes that are left.
    pub fn rest(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Returns the next bytes, or `None` at the end. On a multi-threaded runtime a slow disk does not block
    /// other tasks.
    ///
    /// # Errors
    /// [`Error::Io`], also if the file has become shorter.
    pub fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        disk::in_place(|| self.read())
    }

    fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let length = usize::try_from(self.rest().min(CHUNK)).unwrap_or_default();
        if length == 0 {
            return Ok(None);
        }
        let chunk = disk::read_at(&self.file, self.range.start, length);
        let chunk = chunk.map_err(Error::io("read", &self.path))?;
        if chunk.is_empty() {
            let end = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(Error::io("read", &self.path)(end));
        }
        self.range.start += chunk.len() as u64;
        Ok(Some(chunk.into()))
    }
}

impl From<FileReader> for BlobReader {
    fn from(reader: FileReader) -> Self {
        Self::new(stream::try_unfold(reader, async |mut reader| {
            Ok(reader.chunk()?.map(|bytes| (Chunk::Bytes(bytes), reader)))
        }))
    }
}
