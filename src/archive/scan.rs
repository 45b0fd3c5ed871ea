//! Reads the bytes of an archive into a list of its files.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::compression::{self, BEGINNING, Kind};
use super::contents::{Contents, Table};
use super::tape::{Medium, Tape};
use super::{Error, Origin};
use crate::store::disk;

/// How many bytes are copied at a time.
const CHUNK: usize = 256 * 1024;

/// Maximum number of bytes that are read after the end of a tar. `tar` fills up its last record with zeros,
/// and a writer into a pipe should be able to finish. Further bytes are ignored.
const TRAILER_MAX: u64 = 1024 * 1024;

/// The source of an archive.
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Standard input, a file or a pipe.
    Stdin(File),
    /// Any other stream, which is read to its end once.
    Stream {
        /// The bytes. Reading may block.
        stream: Box<dyn Read + Send>,
        /// The name in messages.
        name: String,
    },
}

/// Reads a whole archive. Blocks; stops soon after `stopped` is set.
///
/// A plain tar in a file is read in place, and only the headers of its layers. Anything else is unpacked into
/// a file without a name in the folder `scratch`, which is created if necessary.
pub(super) fn scan(input: Input, scratch: &Path, stopped: &Arc<AtomicBool>) -> Result<Contents, Error> {
    let spool = Spooling { folder: scratch, stopped };
    let (mut file, origin) = match input {
        Input::Path(path) => open(path)?,
        Input::Stdin(file) => (file, Origin::Stdin),
        Input::Stream { mut stream, name } => {
            let origin = Origin::Stream(name);
            let beginning = beginning(&mut stream, &origin)?;
            return spool.take(beginning, stream, origin);
        }
    };
    let failed = |source| Error::Read { origin: origin.clone(), source };
    let start = if file.metadata().map_err(failed)?.is_file() { file.stream_position().ok() } else { None };
    let beginning = beginning(&mut file, &origin)?;
    if Kind::of(&beginning) == Kind::Tar
        && let Some(start) = start
    {
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        return in_place(file, origin, start);
    }
    spool.take(beginning, file, origin)
}

/// Reads the first bytes, and refuses anything but a tar.
fn beginning(stream: &mut impl Read, origin: &Origin) -> Result<Vec<u8>, Error> {
    let mut beginning = Vec::with_capacity(BEGINNING);
    let read = stream.take(BEGINNING as u64).read_to_end(&mut beginning);
    read.map_err(|source| Error::Read { origin: origin.clone(), source })?;
    match Kind::of(&beginning) {
        Kind::Empty => Err(Error::Empty(origin.clone())),
        Kind::Other => Err(Error::NotTar(origin.clone())),
        Kind::Compressed(format) => Err(Error::Compression { origin: origin.to_string(), format }),
        Kind::Tar | Kind::Gzip | Kind::Zstd => Ok(beginning),
    }
}

fn open(path: PathBuf) -> Result<(File, Origin), Error> {
    let origin = Origin::Path(path.clone());
    let opened = File::open(&path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(ErrorKind::IsADirectory.into()),
        false => Ok(file),
    });
    match opened {
        Ok(file) => Ok((file, origin)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::NoSuchFile(path)),
        Err(source) => Err(Error::Read { origin, source }),
    }
}

/// Lists a tar in a file.
fn in_place(file: File, origin: Origin, start: u64) -> Result<Contents, Error> {
    let length = file.metadata().map_err(|source| Error::Read { origin: origin.clone(), source })?.len();
    let medium = Plain { reader: BufReader::new(file), at: start, length };
    let (table, medium) =
        list(medium, start).map_err(|source| Error::Broken { origin: origin.clone(), source })?;
    Ok(Contents { file: medium.reader.into_inner(), origin, table })
}

/// How streams are unpacked into a file without a name.
struct Spooling<'a> {
    folder: &'a Path,
    stopped: &'a Arc<AtomicBool>,
}

impl Spooling<'_> {
    /// Unpacks a stream whose beginning has been read, and lists its files.
    fn take(&self, beginning: Vec<u8>, rest: impl Read + Send, origin: Origin) -> Result<Contents, Error> {
        let kind = Kind::of(&beginning);
        let stream = BufReader::with_capacity(CHUNK, Cursor::new(beginning).chain(rest));
        let stream = compression::unpacked(kind, stream)
            .map_err(|source| Error::Read { origin: origin.clone(), source })?;
        let failed = |source| Error::Scratch { folder: self.folder.to_owned(), source };
        disk::create_scratch(self.folder).map_err(failed)?;
        let file = tempfile::tempfile_in(self.folder).map_err(failed)?;
        let mut spool = Spool { stream, file, failed: None, stopped: Arc::clone(self.stopped) };
        let listed = list(&mut spool, 0).map(|(table, _)| table);
        let problem = spool.failed.take();
        match (listed, problem) {
            (Ok(table), _) => {
                drain(&mut spool.stream, &origin)?;
                Ok(Contents { file: spool.file, origin, table })
            }
            (Err(_), Some(Problem::Full { needed })) => {
                Err(Error::NoSpace { folder: self.folder.to_owned(), needed })
            }
            (Err(_), Some(Problem::Stopped)) => Err(Error::Stopped),
            (Err(source), Some(Problem::Write)) => Err(failed(source)),
            (Err(source), None) => Err(Error::Broken { origin, source }),
        }
    }
}

/// Reads to the end of a compressed stream, where its checksum is.
fn drain(stream: &mut impl Read, origin: &Origin) -> Result<(), Error> {
    let drained = io::copy(&mut stream.take(TRAILER_MAX), &mut io::sink());
    drained.map(drop).map_err(|source| Error::Broken { origin: origin.clone(), source })
}

fn list<M: Medium>(medium: M, start: u64) -> io::Result<(Table, M)> {
    let mut table = Table::default();
    let mut tape = Tape::new(medium);
    while let Some(entry) = tape.next()? {
        let at = start.checked_add(tape.at()).ok_or(ErrorKind::InvalidData)?;
        tape.pass(entry.size)?;
        table.add(&entry, at)?;
    }
    Ok((table, tape.into_inner()))
}

/// A tar in a file. The content is not read.
struct Plain {
    reader: BufReader<File>,
    at: u64,
    length: u64,
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Medium for Plain {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        // A file can be shorter than its last entry claims to be.
        if bytes > self.length.saturating_sub(self.at) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.reader.seek_relative(i64::try_from(bytes).map_err(|_| ErrorKind::InvalidData)?)?;
        self.at += bytes;
        Ok(())
    }
}

/// A tar that is written into a file while it is read.
struct Spool<R> {
    stream: R,
    file: File,
    failed: Option<Problem>,
    stopped: Arc<AtomicBool>,
}

/// Why unpacking stopped for a reason outside the tar.
enum Problem {
    /// There is not enough space for the next file.
    Full {
        needed: u64,
    },
    Write,
    Stopped,
}

impl<R: Read> Spool<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            self.failed = Some(Problem::Stopped);
            return Err(io::Error::other("stopped"));
        }
        self.file.write_all(bytes).inspect_err(|_| self.failed = Some(Problem::Write))
    }

    /// Checks the free space before a file, so that a file too large for the disk, or one that claims to be,
    /// does not fill it.
    fn check_room(&mut self, bytes: u64) -> io::Result<()> {
        let Ok(state) = rustix::fs::fstatvfs(&self.file) else { return Ok(()) };
        let free = state.f_bavail.saturating_mul(state.f_frsize);
        // File systems that are not on a disk report that they have no blocks at all.
        if state.f_blocks > 0 && free < bytes {
            self.failed = Some(Problem::Full { needed: bytes - free });
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl<R: Read> Read for &mut Spool<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.write(&buffer[..read])?;
        Ok(read)
    }
}

impl<R: Read> Medium for &mut Spool<R> {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.check_room(bytes)?;
        let mut chunk = vec![0; CHUNK.min(usize::try_from(bytes).unwrap_or(CHUNK))];
        let mut rest = bytes;
        while rest > 0 {
            let length = chunk.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
            match self.read(&mut chunk[..length]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => rest -= read as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
