//! Sorted records in a file: each key without the bytes that it shares with the key before.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::codec::put;

/// The size of the buffer for reading records, in bytes. Hundreds of files are read concurrently.
const BUFFER: usize = 16 * 1024;

/// Maximum size of a key and of a value, in bytes. A path and the target of a link have at most 4 KiB each.
pub(super) const PART_MAX: usize = 16 * 1024;

/// A key and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Writes records in the order of their keys.
pub(super) struct RecordWriter<W> {
    writer: W,
    last: Vec<u8>,
    /// The bytes written.
    pub(super) bytes: u64,
}

impl<W: Write> RecordWriter<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer, last: Vec::new(), bytes: 0 }
    }

    pub(super) fn write(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let shared = key.iter().zip(&self.last).take_while(|(new, old)| new == old).count();
        let mut record = Vec::with_capacity(16 + key.len() - shared + value.len());
        put(&mut record, shared as u64);
        put(&mut record, (key.len() - shared) as u64);
        put(&mut record, value.len() as u64);
        record.extend_from_slice(&key[shared..]);
        record.extend_from_slice(value);
        self.last.truncate(shared);
        self.last.extend_from_slice(&key[shared..]);
        self.bytes += record.len() as u64;
        self.writer.write_all(&record)
    }

    pub(super) fn into_inner(self) -> W {
        self.writer
    }
}

/// Reads the records in a part of a file.
pub(super) struct RecordReader {
    reader: BufReader<Part>,
    last: Vec<u8>,
}

impl RecordReader {
    pub(super) fn new(file: Arc<File>, part: Range<u64>) -> Self {
        Self { reader: BufReader::with_capacity(BUFFER, Part { file, part }), last: Vec::new() }
    }

    /// Returns the next record, or `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if the bytes are not records in order; the system's error.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(shared) = self.number()? else { return Ok(None) };
        let (Some(rest), Some(length)) = (self.number()?, self.number()?) else { return Err(damaged()) };
        if shared > self.last.len() || shared + rest > PART_MAX || length > PART_MAX {
            return Err(damaged());
        }
        let mut key = self.last[..shared].to_vec();
        key.resize(shared + rest, 0);
        self.reader.read_exact(&mut key[shared..])?;
        let mut value = vec![0; length];
        self.reader.read_exact(&mut value)?;
        self.last.clone_from(&key);
        Ok(Some(Record { key, value }))
    }

    /// Reads a number, which is at most [`PART_MAX`] where it is valid. Returns `None` at the end of the file.
    fn number(&mut self) -> io::Result<Option<usize>> {
        let (mut number, mut byte) = (0, [0]);
        for shift in [0, 7, 14] {
            if self.reader.read(&mut byte)? == 0 {
                return if shift == 0 { Ok(None) } else { Err(damaged()) };
            }
            number |= usize::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(Some(number));
            }
        }
        Err(damaged())
    }
}

/// Reads a part of a file, without moving the position that all its readers share.
struct Part {
    file: Arc<File>,
    part: Range<u64>,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.part.end - self.part.start).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let read = self.file.read_at(&mut buffer[..wanted], self.part.start)?;
        if read == 0 && wanted > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.part.start += read as u64;
        Ok(read)
    }
}

pub(super) fn damaged() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the list of files is damaged")
}
