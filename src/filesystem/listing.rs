//! The changes of one layer in order, in a file.
//!
//! The file begins with [`MAGIC`], which is also its version, and ends with the number of hostile paths and the SHA-256
//! of everything before. Between them are the changes. It is not compressed: most of it are digests, and an image with a
//! hundred layers is read from a hundred files concurrently, whose decompression would need a buffer each.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::codec;
use super::entry::Change;
use super::path::EntryPath;
use super::records::{RecordReader, RecordWriter, damaged};
use super::sort::Sorter;
use crate::digest::{Algorithm, Hasher};

/// The beginning of a file of this version.
const MAGIC: &[u8; 8] = b"regfls2\n";

/// The size of what follows the changes in bytes: a number and a hash in hexadecimal.
const TRAILER: u64 = 8 + 64;

/// The size of the buffer for writing, and for checking a file, in bytes.
const BUFFER: usize = 64 * 1024;

/// The changes of one layer, in the order of their paths. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Listing {
    file: Arc<File>,
    size: u64,
    hostile: u64,
}

impl Listing {
    /// Opens a file that [`copy_to`](Self::copy_to) has written. All of it is read and checked.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if the file is damaged or of another version.
    pub fn open(mut file: File) -> io::Result<Self> {
        file.rewind()?;
        let size = file.metadata()?.len();
        let signed =
            size.checked_sub(64).filter(|_| size >= MAGIC.len() as u64 + TRAILER).ok_or_else(damaged)?;
        let (mut hasher, mut buffer) = (Hasher::new(Algorithm::Sha256), vec![0; BUFFER]);
        let mut reader = BufReader::new(&file).take(signed);
        loop {
            match reader.read(&mut buffer)? {
                0 => break,
                read => hasher.update(&buffer[..read]),
            }
        }
        let (mut magic, mut hash, mut hostile) = ([0; 8], [0; 64], [0; 8]);
        file.read_exact_at(&mut magic, 0)?;
        file.read_exact_at(&mut hostile, size - TRAILER)?;
        file.read_exact_at(&mut hash, signed)?;
        if magic != *MAGIC || hasher.finish().hex().as_bytes() != hash {
            return Err(damaged());
        }
        Ok(Self { file: Arc::new(file), size, hostile: u64::from_le_bytes(hostile) })
    }

    /// Returns the changes.
    pub fn changes(&self) -> Changes {
        let part = MAGIC.len() as u64..self.size - TRAILER;
        Changes { records: RecordReader::new(Arc::clone(&self.file), part) }
    }

    /// Returns how many entries are left out because their paths are hostile, as [`EntryPath::clean`] defines it, or lead
    /// through a file or a link of the same layer: a [`Merge`](super::Merge) does not show those.
    ///
    /// [`EntryPath::clean`]: super::EntryPath::clean
    pub fn hostile(&self) -> u64 {
        self.hostile
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes the file, so that it can be [opened](Self::open) later.
    ///
    /// # Errors
    /// The errors of `writer`; the system's error.
    pub fn copy_to(&self, writer: &mut impl Write) -> io::Result<()> {
        let (mut at, mut buffer) = (0, vec![0; BUFFER]);
        while at < self.size {
            let read = self.file.read_at(&mut buffer, at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            writer.write_all(&buffer[..read])?;
            at += read as u64;
        }
        Ok(())
    }
}

/// Reads the changes of a [`Listing`].
pub struct Changes {
    records: RecordReader,
}

impl Iterator for Changes {
    type Item = io::Result<Change>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.next().transpose()?;
        Some(record.and_then(|record| codec::change(&record.key, &record.value).ok_or_else(damaged)))
    }
}

/// Collects the changes of a layer in any order. Of several at one path, the last one counts, as in unpacking.
pub struct ListingBuilder {
    folder: PathBuf,
    sorter: Sorter,
    hostile: u64,
}

impl ListingBuilder {
    /// Creates a builder with temporary files in the directory `folder`, which exists. The memory that it uses does
    /// not grow with the number of changes.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), sorter: Sorter::new(folder), hostile: 0 }
    }

    /// Adds a change.
    ///
    /// # Errors
    /// [`Error::Scratch`] for a temporary file, [`Error::Limit`] if there are too many changes.
    pub fn add(&mut self, change: &Change) -> Result<(), Error> {
        let pushed = self.sorter.push(&codec::key(change), &codec::value(change));
        pushed.map_err(|source| self.failed(source))
    }

    /// Counts an entry that is left out because its path is hostile.
    pub fn leave_out(&mut self) {
        self.hostile += 1;
    }

    /// Returns the listing, in a temporary file without a name.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn finish(self) -> Result<Listing, Error> {
        let Self { folder, sorter, mut hostile } = self;
        let failed = |source| scratch_error(&folder, source);
        let mut sorted = sorter.finish().map_err(failed)?;
        let file = tempfile::tempfile_in(&folder).map_err(failed)?;
        let mut writer = Hashing {
            writer: BufWriter::with_capacity(BUFFER, file),
            hasher: Hasher::new(Algorithm::Sha256),
        };
        let written = writer.write_all(MAGIC).and_then(|()| {
            let mut records = RecordWriter::new(&mut writer);
            let mut obstacle = Obstacle::default();
            while let Some(record) = sorted.next()? {
                let change = codec::change(&record.key, &record.value).ok_or_else(damaged)?;
                hostile += u64::from(obstacle.hides(&change));
                records.write(&record.key, &record.value)?;
            }
            let bytes = records.bytes;
            writer.write_all(&hostile.to_le_bytes())?;
            let Hashing { mut writer, hasher } = writer;
            writer.write_all(hasher.finish().hex().as_bytes())?;
            let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
            Ok(Listing { file: Arc::new(file), size: MAGIC.len() as u64 + bytes + TRAILER, hostile })
        });
        written.map_err(failed)
    }

    fn failed(&self, source: io::Error) -> Error {
        scratch_error(&self.folder, source)
    }
}

/// The last path of a layer that other paths of the same layer cannot be below, because it is not a directory.
#[derive(Default)]
struct Obstacle(Option<EntryPath>);

impl Obstacle {
    /// Reports whether the entry is below such a path. Changes come in the order of their paths.
    fn hides(&mut self, change: &Change) -> bool {
        let Change::Add(entry) = change else { return false };
        let rest = self.0.as_ref().and_then(|obstacle| entry.path.below(obstacle));
        let is_hidden = rest.is_some_and(|rest| !rest.is_empty());
        if !is_hidden && !entry.is_directory() && !entry.path.is_root() {
            self.0 = Some(entry.path.clone());
        }
        is_hidden
    }
}

pub(super) fn scratch_error(folder: &Path, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::FileTooLarge => Error::Limit("8 GiB of paths"),
        _ => Error::Scratch { folder: folder.to_owned(), source },
    }
}

/// Hashes what is written.
struct Hashing<W> {
    writer: W,
    hasher: Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
