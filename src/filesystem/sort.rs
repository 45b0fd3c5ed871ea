//! Sorts records that may be more than memory has room for.
//!
//! Records are collected in a buffer. A full buffer is sorted and written to a temporary file without a name, as a
//! run. In the end all runs are merged, which needs a small buffer for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::records::{Record, RecordReader, RecordWriter};

/// The size of the buffer in bytes, with its index.
const BUFFER: usize = 8 << 20;

/// What the index of the buffer takes for a record, in bytes.
const INDEXED: usize = size_of::<Spot>();

/// Maximum size of all runs in bytes. With it there are at most some thousand runs, which are merged with 16 KiB each.
/// A layer with ten million files of usual names takes 1 GiB.
const RUNS_MAX: u64 = 8 << 30;

/// Sorts records by their keys. Of several with the same key, only the last one is kept.
pub(crate) struct Sorter {
    folder: PathBuf,
    buffer: Vec<u8>,
    index: Vec<Spot>,
    runs: Option<Runs>,
    capacity: usize,
}

/// Where a record is in the buffer.
#[derive(Clone, Copy)]
struct Spot {
    at: u32,
    key: u32,
    value: u32,
}

/// The runs that were written.
struct Runs {
    file: File,
    ends: Vec<u64>,
}

impl Sorter {
    /// Creates a sorter with temporary files in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self::with_capacity(folder, BUFFER)
    }

    fn with_capacity(folder: &Path, capacity: usize) -> Self {
        Self { folder: folder.to_owned(), buffer: Vec::new(), index: Vec::new(), runs: None, capacity }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The system's error for the temporary file; [`ErrorKind::FileTooLarge`] if there are too many records.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let used = self.buffer.len() + self.index.len() * INDEXED;
        if used + key.len() + value.len() + INDEXED > self.capacity {
            self.spill()?;
        }
        let too_large = |_| io::Error::from(ErrorKind::FileTooLarge);
        let number = |number: usize| u32::try_from(number).map_err(too_large);
        let spot =
            Spot { at: number(self.buffer.len())?, key: number(key.len())?, value: number(value.len())? };
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(value);
        self.index.push(spot);
        Ok(())
    }

    /// Returns all records in the order of their keys.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub(crate) fn finish(mut self) -> io::Result<Sorted> {
        if self.runs.is_some() {
            self.spill()?;
        } else {
            self.sort();
        }
        let mut sources = Vec::new();
        if let Some(Runs { file, ends }) = self.runs {
            let (file, mut start) = (Arc::new(file), 0);
            for end in ends {
                sources.push(Source::File(RecordReader::new(Arc::clone(&file), start..end)));
                start = end;
            }
        } else {
            sources.push(Source::Memory { buffer: self.buffer, index: self.index.into_iter() });
        }
        Sorted::new(sources)
    }

    /// Sorts the buffer. Records with the same key stay in their order.
    fn sort(&mut self) {
        let buffer = &self.buffer;
        self.index.sort_by(|one, other| one.key(buffer).cmp(other.key(buffer)));
    }

    /// Writes the buffer as a run.
    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        if self.runs.is_none() {
            self.runs = Some(Runs { file: tempfile::tempfile_in(&self.folder)?, ends: Vec::new() });
        }
        let Some(runs) = &mut self.runs else { return Ok(()) };
        let mut writer = RecordWriter::new(BufWriter::new(&runs.file));
        for spot in &self.index {
            writer.write(spot.key(&self.buffer), spot.value(&self.buffer))?;
        }
        let end = runs.ends.last().unwrap_or(&0) + writer.bytes;
        writer.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?;
        if end > RUNS_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        runs.ends.push(end);
        self.buffer.clear();
        self.index.clear();
        Ok(())
    }
}

impl Spot {
    fn key<'a>(&self, buffer: &'a [u8]) -> &'a [u8] {
        &buffer[self.at as usize..][..self.key as usize]
    }

    fn value<'a>(&self, buffer: &'a [u8]) -> &'a [u8] {
        &buffer[self.at as usize..][self.key as usize..][..self.value as usize]
    }
}

/// A sorted run.
enum Source {
    Memory { buffer: Vec<u8>, index: std::vec::IntoIter<Spot> },
    File(RecordReader),
}

impl Source {
    fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Self::Memory { buffer, index } => Ok(index
                .next()
                .map(|spot| Record { key: spot.key(buffer).to_vec(), value: spot.value(buffer).to_vec() })),
            Self::File(reader) => reader.next(),
        }
    }
}

/// The next record of a run: its key, the number of the run, and its value. The smallest is the greatest in a heap.
type Head = Reverse<(Vec<u8>, usize, Vec<u8>)>;

/// The records of a [`Sorter`], in order.
pub(crate) struct Sorted {
    sources: Vec<Source>,
    /// The next record of each run. Of equal keys, the one of the earliest run comes first.
    heads: BinaryHeap<Head>,
}

impl Sorted {
    fn new(sources: Vec<Source>) -> io::Result<Self> {
        let mut sorted = Self { heads: BinaryHeap::new(), sources };
        for run in 0..sorted.sources.len() {
            sorted.refill(run)?;
        }
        Ok(sorted)
    }

    fn refill(&mut self, run: usize) -> io::Result<()> {
        if let Some(Record { key, value }) = self.sources[run].next()? {
            self.heads.push(Reverse((key, run, value)));
        }
        Ok(())
    }

    fn pop(&mut self) -> io::Result<Option<Record>> {
        let Some(Reverse((key, run, value))) = self.heads.pop() else { return Ok(None) };
        self.refill(run)?;
        Ok(Some(Record { key, value }))
    }

    /// Returns the next record.
    ///
    /// # Errors
    /// The system's error for the temporary file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(mut record) = self.pop()? else { return Ok(None) };
        while self.heads.peek().is_some_and(|Reverse((key, ..))| *key == record.key) {
            if let Some(later) = self.pop()? {
                record = later;
            }
        }
        Ok(Some(record))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_of_equal_keys_is_kept_in_order(
            records in prop::collection::vec(("[a-c]{0,3}", "[a-z]{0,9}"), 0..60),
            capacity in 20..400_usize,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::with_capacity(folder.path(), capacity);
            for (key, value) in &records {
                sorter.push(key.as_bytes(), value.as_bytes()).unwrap();
            }
            let mut sorted = sorter.finish().unwrap();
            let expected: BTreeMap<String, String> = records.into_iter().collect();
            for (key, value) in expected {
                let record = sorted.next().unwrap().unwrap();
                prop_assert_eq!((record.key, record.value), (key.into_bytes(), value.into_bytes()));
            }
            prop_assert!(sorted.next().unwrap().is_none());
        }
    }
}
