//! Parts of a blob that come before their turn, in the file of the partial blob.
//!
//! On a long-distance line several connections bring different parts of a blob. Each part is written where it
//! belongs, so the file has gaps. Which bytes are there is recorded after the blob's last byte, in the same
//! file: a file that is longer than its blob has such a record, and a file that is not has no gaps.
//!
//! ```text
//! 0 ........ size ........ start of the record, at the next multiple of 4096
//!   the blob  |  unused  |  magic (16 bytes), machine (32), unused (16), entries of 32 bytes each:
//!                           start, end, safe end (8 bytes each, little endian), unused (8)
//! ```
//!
//! An entry grows only after its bytes are in the file, so a killed process leaves a true record. After a power
//! cut, entries may be on the disk whose bytes are not. The record has the identity of the machine since its
//! last start; under another one only the bytes up to the safe ends count, which were synced before they were
//! recorded. A record that is wrong nevertheless costs a download and nothing else: the digest of the whole
//! blob is checked at the end.

use std::fs::File;
use std::iter;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::claim::machine;
use super::lock::Lock;
use super::{Error, disk};
use crate::content::PartWriter;
use crate::diagnose::Failure;
use crate::digest::Digest;

/// The beginning of a record.
const MAGIC: [u8; 16] = *b"regcli parts 01\n";

/// The size of the fields before the entries, in bytes.
const HEADER: usize = 64;

/// Where the machine stands in them.
const MACHINE: Range<usize> = 16..48;

/// The size of an entry in bytes. A page holds a whole number of them, so that none is written by half.
const ENTRY: usize = 32;

/// The maximum number of entries. A download has a few dozen parts, and one that resumes adds its own.
const ENTRIES_MAX: usize = 4096;

/// The record starts at a multiple of this.
const PAGE: u64 = 4096;

/// How many bytes of a part are gathered before they are written. A slow connection brings small pieces.
const GATHER: usize = 128 * 1024;

/// The record of what is in a file that has gaps, or may get them. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Record(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: Arc<File>,
    path: PathBuf,
    /// The size of the blob.
    size: u64,
    entries: Mutex<Vec<Entry>>,
    // Held until the last part is written, so that no other process opens the file before.
    _lock: Arc<Lock>,
}

/// The file of a partial blob.
#[derive(Debug)]
pub(super) struct PartOf {
    pub(super) file: Arc<File>,
    pub(super) path: PathBuf,
    /// The size of the whole blob.
    pub(super) size: u64,
    /// The lock of the blob.
    pub(super) lock: Arc<Lock>,
}

/// Bytes that are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    start: u64,
    end: u64,
    /// The end of the bytes that were synced to the disk before this was recorded.
    safe: u64,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        for (field, value) in bytes.chunks_exact_mut(8).zip([self.start, self.end, self.safe]) {
            field.copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// Reads an entry of a blob of `size` bytes, and believes only its safe end unless this is the same
    /// `machine` that wrote it. Returns `None` if no bytes are there.
    fn parse(bytes: &[u8], size: u64, is_same_machine: bool) -> Option<Self> {
        let mut fields = bytes.chunks_exact(8).map(|field| field.try_into().map(u64::from_le_bytes));
        let mut field = || fields.next()?.ok();
        let (start, end, safe) = (field()?, field()?, field()?);
        let end = if is_same_machine { end } else { safe };
        (start < end && end <= size).then_some(Self { start, end, safe: safe.min(end) })
    }
}

/// Returns which bytes of a blob of `size` bytes are in its partial file, in order and without overlaps.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn present(file: &File, path: &Path, size: u64) -> Result<Vec<Range<u64>>, Error> {
    let length = file.metadata().map_err(Error::io("look at", path))?.len();
    if length <= size {
        return Ok(merged(iter::once(0..length).collect()));
    }
    let entries = read(file, size).map_err(Error::io("read", path))?;
    Ok(merged(entries.into_iter().map(|entry| entry.start..entry.end).collect()))
}

/// Returns the offset of the record.
fn place(size: u64) -> u64 {
    size.saturating_add(PAGE - 1) / PAGE * PAGE
}

/// Reads the record of a file. One that is not a record, or of another version, has no entries.
fn read(file: &File, size: u64) -> std::io::Result<Vec<Entry>> {
    let mut content = vec![0; HEADER + ENTRY * ENTRIES_MAX];
    let mut filled = 0;
    loop {
        match file.read_at(&mut content[filled..], place(size).saturating_add(filled as u64))? {
            0 => break,
            read => filled += read,
        }
    }
    content.truncate(filled);
    if content.len() < HEADER || content[..MAGIC.len()] != MAGIC {
        return Ok(Vec::new());
    }
    let is_same_machine = content[MACHINE] == this_machine();
    let entries = content[HEADER..].chunks_exact(ENTRY);
    Ok(entries.filter_map(|bytes| Entry::parse(bytes, size, is_same_machine)).collect())
}

/// Returns the identity of this machine since its last start, shortened.
fn this_machine() -> [u8; MACHINE.end - MACHINE.start] {
    let mut short = [0; MACHINE.end - MACHINE.start];
    let digest = Digest::sha256(machine().as_bytes());
    let hex = digest.hex().as_bytes();
    short.copy_from_slice(&hex[..MACHINE.end - MACHINE.start]);
    short
}

/// Returns the same bytes in order, with those that touch or overlap as one range, and without empty ones.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

impl Record {
    /// Begins the record of a file, or continues the one that it has. `found` is what is in the file, in order;
    /// its first range begins with the blob. Of that range, the bytes up to `safe` are on the disk. The other
    /// ranges were left by an earlier process.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn begin(file: PartOf, found: &[Range<u64>], safe: u64) -> Result<Self, Error> {
        let PartOf { file, path, size, lock } = file;
        let entry = |range: &Range<u64>| Entry { start: range.start, end: range.end, safe: range.end };
        let mut entries: Vec<Entry> = found.iter().map(entry).collect();
        match entries.first_mut() {
            Some(first) if first.start == 0 => first.safe = first.end.min(safe),
            _ => entries.insert(0, Entry { start: 0, end: 0, safe: 0 }),
        }
        let mut content = vec![0; HEADER];
        content[..MAGIC.len()].copy_from_slice(&MAGIC);
        content[MACHINE].copy_from_slice(&this_machine());
        content.extend(entries.iter().flat_map(|entry| entry.to_bytes()));
        // Entries of an earlier record do not count any more, and at no time is there none.
        let length = file.metadata().map_err(Error::io("look at", &path))?.len();
        let earlier = length.saturating_sub(place(size)).min((HEADER + ENTRY * ENTRIES_MAX) as u64);
        content.resize(content.len().max(usize::try_from(earlier).unwrap_or_default()), 0);
        file.write_all_at(&content, place(size)).map_err(Error::io("write", &path))?;
        Ok(Self(Arc::new(Inner { file, path, size, entries: Mutex::new(entries), _lock: lock })))
    }

    /// Returns how many bytes of the blob are in the file.
    pub(super) fn bytes(&self) -> u64 {
        self.entries().iter().map(|entry| entry.end - entry.start).sum()
    }

    /// Records that the bytes from the first on reach to `end` now.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn reach(&self, end: u64) -> Result<(), Error> {
        self.grow(0, end)
    }

    /// Returns the recorded ends, to be passed to [`Record::are_safe`] after a sync.
    pub(super) fn ends(&self) -> Vec<u64> {
        self.entries().iter().map(|entry| entry.end).collect()
    }

    /// Records that the bytes up to `ends` are on the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn are_safe(&self, ends: &[u64]) -> Result<(), Error> {
        let mut entries = self.entries();
        for (index, (entry, end)) in entries.iter_mut().zip(ends).enumerate() {
            if entry.safe < *end {
                entry.safe = *end;
                self.write(index, *entry)?;
            }
        }
        Ok(())
    }

    /// Begins a part at this offset, which is written by what is returned. Returns `None` if there are too many
    /// parts.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn part(&self, offset: u64) -> Result<Option<Part>, Error> {
        let mut entries = self.entries();
        let index = entries.len();
        if index == ENTRIES_MAX {
            return Ok(None);
        }
        let entry = Entry { start: offset, end: offset, safe: offset };
        self.write(index, entry)?;
        entries.push(entry);
        drop(entries);
        let pending = Vec::with_capacity(GATHER);
        Ok(Some(Part { record: self.clone(), index, end: offset, pending }))
    }

    fn grow(&self, index: usize, end: u64) -> Result<(), Error> {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(index) else { return Ok(()) };
        entry.end = entry.end.max(end);
        self.write(index, *entry)
    }

    fn write(&self, index: usize, entry: Entry) -> Result<(), Error> {
        let offset = place(self.0.size) + (HEADER + index * ENTRY) as u64;
        self.0.file.write_all_at(&entry.to_bytes(), offset).map_err(Error::io("write", &self.0.path))
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Each change is one assignment, so the entries stay consistent even if a thread panics.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes one part.
#[derive(Debug)]
pub(super) struct Part {
    record: Record,
    index: usize,
    /// The end of the bytes that are in the file.
    end: u64,
    /// The bytes that follow them.
    pending: Vec<u8>,
}

impl PartWriter for Part {
    fn end(&self) -> u64 {
        self.end
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.pending.len() + bytes.len() < GATHER {
            self.pending.extend_from_slice(bytes);
            return Ok(());
        }
        self.flush()?;
        Ok(disk::in_place(|| self.append(bytes))?)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let pending = std::mem::take(&mut self.pending);
        let appended = disk::in_place(|| self.append(&pending));
        self.pending = pending;
        self.pending.clear();
        Ok(appended?)
    }
}

impl Part {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Inner { file, path, .. } = &*self.record.0;
        file.write_all_at(bytes, self.end).map_err(Error::io("write", path))?;
        self.end += bytes.len() as u64;
        self.record.grow(self.index, self.end)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Bytes that cannot be written now must be sent again: the record does not have them.
        let pending = std::mem::take(&mut self.pending);
        let _ = self.append(&pending);
    }
}
