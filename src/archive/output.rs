//! The destination of an archive: a file that appears when it is complete, or a stream.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};

use super::draft::Draft;
use super::outlet::{self, Inlet, Outlet};
use super::tape::{BLOCK, padded};
use super::{Error, Origin};
use crate::store::disk;

/// Headers are gathered with the following bytes up to this size. A layer's bytes are written as they arrive.
const GATHER: usize = 64 * 1024;

/// The destination of an archive. It is valid only once the [`Writer`](super::Writer) has finished it.
pub struct Output {
    sink: Sink,
    /// The bytes to write next. Dropping the output discards them, because the reader of a pipe may have
    /// stopped.
    pending: Vec<u8>,
    origin: Origin,
    /// The number of bytes of the tar that have been written.
    written: u64,
}

enum Sink {
    /// A file that is created before the first byte is written.
    Planned(PathBuf),
    /// A file next to the final one, whose name it gets in the end.
    File { draft: Draft, path: PathBuf },
    /// A stream, where written bytes cannot be changed.
    Stream(Box<dyn Write + Send>),
    /// An outlet, where written bytes are on their way to the receiver or wait for it.
    Inlet(Inlet),
    /// The archive is complete.
    Done,
}

impl Output {
    /// Writes to a file. Under its name there is either the old file or the complete new one. If the path is
    /// a device or a pipe, the bytes go there. Nothing is created before the first byte.
    ///
    /// # Errors
    /// [`Error::NoSuchFolder`], or [`Error::Write`] if the path is not writable.
    pub fn file(path: &Path) -> Result<Self, Error> {
        let fail = |source| Error::Write { origin: Origin::Path(path.to_owned()), source };
        if is_planted(path) {
            return Err(fail(io::Error::other(
                "it is another user's link in a folder that all users may write to",
            )));
        }
        // A symbolic link leads to the file to be replaced.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let origin = Origin::Path(path.clone());
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(metadata) if !metadata.is_file() => {
                let stream = OpenOptions::new().write(true).open(path).map_err(fail)?;
                return Ok(Self::new(Sink::Stream(Box::new(stream)), origin));
            }
            _ => {}
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Error::NoSuchFolder(folder.to_owned()));
        }
        Ok(Self::new(Sink::Planned(path.clone()), origin))
    }

    /// Writes to standard output.
    pub fn stdout(stream: impl Write + Send + 'static) -> Self {
        Self::new(Sink::Stream(Box::new(stream)), Origin::Stdout)
    }

    /// Writes to an outlet, whose receiver takes the bytes as fast as it can. `name` is used in messages.
    pub fn outlet(name: String) -> (Self, Outlet) {
        let (inlet, outlet) = outlet::outlet();
        (Self::new(Sink::Inlet(inlet), Origin::Stream(name)), outlet)
    }

    fn new(sink: Sink, origin: Origin) -> Self {
        Self { sink, pending: Vec::new(), origin, written: 0 }
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Writes the next bytes of the tar. Blocks.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if matches!(self.sink, Sink::Done) {
            return Err(self.error(io::Error::other("the archive has ended")));
        }
        if self.pending.len() + bytes.len() > GATHER {
            self.flush()?;
        }
        if bytes.len() >= GATHER {
            let written = disk::in_place(|| self.sink.write_all(bytes));
            written.map_err(|source| self.error(source))?;
        } else {
            self.pending.extend_from_slice(bytes);
        }
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        let written = disk::in_place(|| self.sink.write_all(&pending).and_then(|()| self.sink.flush()));
        written.map_err(|source| self.error(source))
    }

    /// Begins a file of `size` bytes.
    pub(super) fn begin(&mut self, path: &str, size: u64) -> Result<(), Error> {
        self.write(&headers(path, EntryType::Regular, size))
    }

    /// Fills the last block of a file.
    pub(crate) fn pad(&mut self) -> Result<(), Error> {
        let rest = self.written.next_multiple_of(BLOCK) - self.written;
        self.write(&[0; BLOCK as usize][..usize::try_from(rest).unwrap_or_default()])
    }

    /// Writes a whole file.
    pub(super) fn put(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        self.begin(path, content.len() as u64)?;
        self.write(content)?;
        self.pad()
    }

    pub(super) fn folder(&mut self, path: &str) -> Result<(), Error> {
        self.write(&headers(path, EntryType::Directory, 0))
    }

    /// Reports whether bytes can be written at any position.
    pub(super) fn has_places(&self) -> bool {
        matches!(self.sink, Sink::Planned(_) | Sink::File { .. })
    }

    /// Reserves space for a file of `size` bytes to be written later, and returns its position. Space that is
    /// not written to is zeros.
    pub(super) fn reserve(&mut self, path: &str, size: u64) -> Result<u64, Error> {
        self.begin(path, size)?;
        self.flush()?;
        let at = self.written;
        let padded = padded(size).map_err(|source| self.error(source))?;
        self.written =
            at.checked_add(padded).ok_or_else(|| self.error(io::ErrorKind::FileTooLarge.into()))?;
        let mut file = self.places()?;
        file.seek(SeekFrom::Start(self.written)).map_err(|source| self.error(source))?;
        Ok(at)
    }

    /// Returns the file that has been begun.
    pub(super) fn places(&self) -> Result<File, Error> {
        let file = match &self.sink {
            Sink::File { draft, .. } => draft.file().try_clone(),
            _ => Err(io::Error::other("the archive has ended")),
        };
        file.map_err(|source| self.error(source))
    }

    /// Waits until the bytes for an outlet are on their way, so that it never holds more than one piece. Any
    /// other output writes its bytes immediately.
    pub(super) async fn deliver(&mut self) -> Result<(), Error> {
        let Sink::Inlet(inlet) = &mut self.sink else { return Ok(()) };
        let delivered = inlet.deliver().await;
        delivered.map_err(|source| self.error(source))
    }

    /// Ends the tar and makes the file visible. Blocks.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.write(&[0; 2 * BLOCK as usize])?;
        self.flush()?;
        self.sink.finish().map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> Error {
        Error::Write { origin: self.origin.clone(), source }
    }
}

impl Sink {
    fn finish(&mut self) -> io::Result<()> {
        if let Self::Inlet(inlet) = self {
            inlet.end();
            return Ok(());
        }
        match std::mem::replace(self, Self::Done) {
            Self::File { draft, path } => draft.publish(&path, folder_of(&path)),
            _ => Ok(()),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Self::Planned(path) = self {
            *self = Self::File { draft: Draft::create(folder_of(path))?, path: std::mem::take(path) };
        }
        match self {
            Self::File { draft, .. } => draft.file().write(bytes),
            Self::Stream(stream) => stream.write(bytes),
            Self::Inlet(inlet) => inlet.write(bytes),
            Self::Planned(_) | Self::Done => Err(io::Error::other("the archive has ended")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { draft, .. } => draft.file().flush(),
            Self::Stream(stream) => stream.flush(),
            Self::Inlet(inlet) => inlet.flush(),
            Self::Planned(_) | Self::Done => Ok(()),
        }
    }
}

/// Reports whether a symbolic link may have been planted in order to have another user's file replaced. Linux
/// itself does not follow such links either (`fs.protected_symlinks` in proc(5)), but reading the target of a
/// link does not follow it.
fn is_planted(path: &Path) -> bool {
    const STICKY_FOR_ALL: u32 = 0o1002;
    let (Ok(link), Ok(folder)) = (fs::symlink_metadata(path), fs::metadata(folder_of(path))) else {
        return false;
    };
    let owners = [rustix::process::geteuid().as_raw(), folder.uid()];
    link.is_symlink() && folder.mode() & STICKY_FOR_ALL == STICKY_FOR_ALL && !owners.contains(&link.uid())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Maximum length of a name in a header, in bytes.
const NAME_MAX: usize = 100;

/// Returns the headers of an entry.
fn headers(path: &str, kind: EntryType, size: u64) -> Vec<u8> {
    let mut headers = if path.len() > NAME_MAX { long_name(path) } else { Vec::new() };
    headers.extend(header(path.get(..NAME_MAX).unwrap_or(path), kind, size).as_bytes());
    headers
}

/// Returns GNU's extra entry for a name that is too long for its header, such as that of a SHA-512.
fn long_name(path: &str) -> Vec<u8> {
    // The name ends with a zero.
    let header = header("././@LongLink", EntryType::GNULongName, path.len() as u64 + 1);
    let mut headers = header.as_bytes().to_vec();
    headers.extend(path.as_bytes());
    headers.push(0);
    headers.resize(headers.len().next_multiple_of(BLOCK as usize), 0);
    headers
}

/// Returns the header of an entry without owner and time, so that the same content always gives the same
/// archive.
fn header(path: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_path(path).expect("a digest's path is short enough, relative, and has no dots");
    header.set_cksum();
    header
}
