//! Reads the entries of a layer's tar.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;

use tar::EntryType;

use super::Error;
use super::entry::{Change, Device, Entry, EntryKind, FileContent, Location, Packing};
use super::path::EntryPath;
use crate::archive::compression::{self, BEGINNING, Kind};
use crate::archive::tape::{self, Stream, Tape};
use crate::digest::{Algorithm, Hasher};

/// The size of the buffers for bytes of a layer, in bytes.
const BUFFER: usize = 64 * 1024;

/// Maximum unpacked size of a layer in bytes: 1 TiB. Nothing is stored of it, so it only limits the time that a
/// compressed layer of a few megabytes can take.
const UNPACKED_MAX: u64 = 1 << 40;

/// The beginning of the name of a whiteout, and the name of an opaque one.
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// The beginning of names of AUFS itself, which are neither whiteouts nor files. Docker skips them, too.
const AUFS: &[u8] = b".wh..wh.";

/// Files of eStargz and zstd:chunked at the root, which belong to the format and not to the image.
pub(super) const OF_FORMATS: [&[u8]; 3] =
    [b".prefetch.landmark", b".no.prefetch.landmark", b"stargz.index.json"];

/// What is done with the entries of a layer.
pub trait Visitor {
    /// Receives a change, and says whether to read on.
    ///
    /// # Errors
    /// Errors of the visitor, which end the reading.
    fn change(&mut self, change: &Change) -> Result<ControlFlow<()>, Error>;

    /// Receives the number of entries that are left out because their paths are hostile, one after the other.
    fn hostile(&mut self) {}

    /// Begins the content of a file.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    fn begin(&mut self, path: &EntryPath) -> Result<(), Error> {
        let _ = path;
        Ok(())
    }

    /// Receives the next bytes of the file that has begun.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    fn content(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let _ = bytes;
        Ok(())
    }
}

/// Reads all entries of a layer, which may be compressed. `blob` is at its end afterwards, unless `visitor` has ended
/// the reading.
///
/// # Errors
/// [`Error::Truncated`], [`Error::NotTar`], [`Error::Compression`] or [`Error::Invalid`] for the layer,
/// [`Error::Limit`] if it unpacks to more than 1 TiB; the errors of `visitor`.
pub fn read_layer(mut blob: impl BufRead + Send, visitor: &mut dyn Visitor) -> Result<(), Error> {
    let mut beginning = Vec::with_capacity(BEGINNING);
    blob.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(Error::reading)?;
    let kind = Kind::of(&beginning);
    match kind {
        // An empty blob is an empty layer, as for Docker.
        Kind::Empty => return Ok(()),
        Kind::Other if beginning.len() < BEGINNING => return Err(Error::Truncated),
        Kind::Other => return Err(Error::NotTar),
        Kind::Compressed(format) => return Err(Error::Compression(format)),
        Kind::Tar | Kind::Gzip | Kind::Zstd => {}
    }
    let whole = Cursor::new(beginning).chain(blob);
    let unpacked = compression::unpacked(kind, whole).map_err(Error::reading)?;
    let unpacked = Stream(BufReader::with_capacity(BUFFER, unpacked.take(UNPACKED_MAX)));
    let mut reader = Reader { tape: Tape::new(unpacked), is_plain: kind == Kind::Tar };
    match reader.entries(visitor)? {
        ControlFlow::Continue(()) => finish(reader.tape.into_inner()),
        ControlFlow::Break(()) => Ok(()),
    }
}

type Unpacked<R> = Stream<BufReader<io::Take<R>>>;

/// Reads what follows the tar. Compressed data that ends early is found here.
fn finish<R: Read>(unpacked: Unpacked<R>) -> Result<(), Error> {
    let Stream(mut rest) = unpacked;
    io::copy(&mut rest, &mut io::sink()).map_err(Error::reading)?;
    if rest.get_ref().limit() == 0 { Err(Error::Limit("1 TiB of unpacked content")) } else { Ok(()) }
}

/// Reads entry by entry.
struct Reader<R: Read> {
    tape: Tape<Unpacked<R>>,
    /// Whether offsets in the tar are offsets in the blob.
    is_plain: bool,
}

impl<R: Read> Reader<R> {
    fn entries(&mut self, visitor: &mut dyn Visitor) -> Result<ControlFlow<()>, Error> {
        while let Some(header) = self.tape.next().map_err(Error::reading)? {
            let flow = match found(&header) {
                Found::Change(Change::Add(entry)) => self.entry(entry, &header, visitor)?,
                Found::Change(change) => {
                    self.pass(&header)?;
                    visitor.change(&change)?
                }
                Found::Hostile => {
                    self.pass(&header)?;
                    visitor.hostile();
                    ControlFlow::Continue(())
                }
                Found::Nothing => ControlFlow::Continue(self.pass(&header)?),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pass(&mut self, header: &tape::Entry) -> Result<(), Error> {
        self.tape.pass(header.size).map_err(Error::reading)
    }

    fn entry(
        &mut self,
        mut entry: Entry,
        header: &tape::Entry,
        visitor: &mut dyn Visitor,
    ) -> Result<ControlFlow<()>, Error> {
        match &mut entry.kind {
            EntryKind::File(content) if header.attributes.sparse.is_none() => {
                let start = self.tape.at();
                *content = self.content(&entry.path, header.size, visitor)?;
                if self.is_plain {
                    content.location =
                        Some(Location { start, end: start + content.size, skip: 0, packing: Packing::Plain });
                }
            }
            _ => self.pass(header)?,
        }
        visitor.change(&Change::Add(entry))
    }

    /// Reads and hashes the content of a file.
    fn content(
        &mut self,
        path: &EntryPath,
        size: u64,
        visitor: &mut dyn Visitor,
    ) -> Result<FileContent, Error> {
        visitor.begin(path)?;
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut failed = None;
        let passed = self.tape.pass_through(size, |bytes| {
            hasher.update(bytes);
            visitor.content(bytes).map_err(|error| {
                failed = Some(error);
                io::Error::other("stopped")
            })
        });
        match failed {
            Some(error) => Err(error),
            None => {
                passed.map_err(Error::reading)?;
                Ok(FileContent { size, digest: Some(hasher.finish()), location: None })
            }
        }
    }
}

/// What an entry of the tar means.
enum Found {
    Change(Change),
    /// Its path, or that of its target, leads out of the root.
    Hostile,
    /// It belongs to a format, and not to the image.
    Nothing,
}

fn found(header: &tape::Entry) -> Found {
    let Some(path) = EntryPath::clean(&header.path) else { return Found::Hostile };
    if let Some(change) = whiteout(&path) {
        return change.map_or(Found::Nothing, Found::Change);
    }
    if OF_FORMATS.contains(&path.as_bytes()) {
        return Found::Nothing;
    }
    let attributes = &header.attributes;
    let device = Device { major: attributes.major, minor: attributes.minor };
    let kind = match header.kind {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            // A name with a slash at its end is a directory in tars older than POSIX.
            if header.path.ends_with(b"/") {
                EntryKind::Directory
            } else {
                let size = attributes.sparse.unwrap_or(header.size);
                EntryKind::File(FileContent { size, ..FileContent::default() })
            }
        }
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink if header.target.len() <= LINK_MAX => {
            EntryKind::Symlink { target: header.target.clone() }
        }
        EntryType::Symlink => return Found::Hostile,
        EntryType::Link => match EntryPath::clean(&header.target) {
            Some(target) => EntryKind::Hardlink { target },
            None => return Found::Hostile,
        },
        EntryType::Char => EntryKind::CharacterDevice(device),
        EntryType::Block => EntryKind::BlockDevice(device),
        EntryType::Fifo => EntryKind::Fifo,
        _ => return Found::Nothing,
    };
    let (mode, uid, gid) = (attributes.mode, attributes.uid, attributes.gid);
    Found::Change(Change::Add(Entry { path, kind, mode, uid, gid, modified: attributes.modified }))
}

/// Maximum length of the target of a symbolic link in bytes, as in Linux.
const LINK_MAX: usize = 4096;

/// Returns what a name of a whiteout means: a change, or `None` if AUFS uses it for itself. `None` for other names.
pub(super) fn whiteout(path: &EntryPath) -> Option<Option<Change>> {
    let name = path.name();
    let hidden = name.strip_prefix(WHITEOUT)?;
    let folder = path.parent().unwrap_or_default();
    if name == OPAQUE {
        return Some(Some(Change::Opaque(folder)));
    }
    let is_whiteout = !name.starts_with(AUFS) && !matches!(hidden, b"" | b"." | b"..");
    Some(is_whiteout.then(|| Change::Whiteout(folder.join(hidden))))
}
