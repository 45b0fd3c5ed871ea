//! Packs folders and files into a tar that is the same wherever and whenever it is made.
//!
//! Entries come in the order of their names and belong to root. Modes, times, links and devices are kept;
//! sockets, which mean nothing in an image, and extended attributes are left out.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

/// Why packing failed.
#[derive(Debug)]
pub(super) enum PackError {
    /// A file could not be read.
    Read { path: PathBuf, source: io::Error },
    /// The tar could not be written.
    Write(io::Error),
}

/// Packs what is in the folder `root`, but not the folder itself.
pub(super) fn pack<W: Write>(root: &Path, tar: &mut Builder<W>) -> Result<(), PackError> {
    let mut links = HashMap::new();
    let mut pending = children(root)?;
    while let Some(path) = pending.pop() {
        let metadata = fs::symlink_metadata(&path).map_err(at(&path))?;
        let name = path.strip_prefix(root).expect("it was found below the root");
        append(tar, &Entry { path: &path, name, metadata: &metadata }, &mut links)?;
        if metadata.is_dir() {
            pending.extend(children(&path)?);
        }
    }
    Ok(())
}

/// Packs one file under its own name. A link to it is followed.
pub(super) fn pack_file<W: Write>(path: &Path, tar: &mut Builder<W>) -> Result<(), PackError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    let name = path.file_name().map_or(path, Path::new);
    append(tar, &Entry { path, name, metadata: &metadata }, &mut HashMap::new())
}

/// What is in a folder, the first name last.
fn children(folder: &Path) -> Result<Vec<PathBuf>, PackError> {
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.collect::<io::Result<_>>().map_err(at(folder))?;
    paths.sort_unstable_by(|a, b| b.file_name().cmp(&a.file_name()));
    Ok(paths)
}

struct Entry<'a> {
    path: &'a Path,
    name: &'a Path,
    metadata: &'a Metadata,
}

/// The names of files that have several, by device and inode.
type Links = HashMap<(u64, u64), PathBuf>;

fn append<W: Write>(tar: &mut Builder<W>, entry: &Entry<'_>, links: &mut Links) -> Result<(), PackError> {
    let mut header = header(entry.metadata);
    let kind = entry.metadata.file_type();
    if kind.is_symlink() {
        let destination = fs::read_link(entry.path).map_err(at(entry.path))?;
        return link(tar, header, EntryType::Symlink, (entry.name, &destination));
    }
    let inode = (entry.metadata.dev(), entry.metadata.ino());
    if let Some(first) = links.get(&inode) {
        return link(tar, header, EntryType::Link, (entry.name, first));
    }
    if entry.metadata.nlink() > 1 && !kind.is_dir() {
        links.insert(inode, entry.name.to_owned());
    }
    if kind.is_file() {
        return file(tar, header, entry);
    }
    header.set_entry_type(match () {
        () if kind.is_dir() => EntryType::Directory,
        () if kind.is_fifo() => EntryType::Fifo,
        () if kind.is_char_device() => EntryType::Char,
        () if kind.is_block_device() => EntryType::Block,
        () => return Ok(()),
    });
    if kind.is_char_device() || kind.is_block_device() {
        let device = entry.metadata.rdev();
        header.set_device_major(rustix::fs::major(device)).map_err(PackError::Write)?;
        header.set_device_minor(rustix::fs::minor(device)).map_err(PackError::Write)?;
    }
    tar.append_data(&mut header, entry.name, io::empty()).map_err(PackError::Write)
}

fn header(metadata: &Metadata) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(metadata.mode() & 0o7777);
    // A time before 1970 cannot be written portably.
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

fn link<W: Write>(
    tar: &mut Builder<W>,
    mut header: Header,
    kind: EntryType,
    (name, destination): (&Path, &Path),
) -> Result<(), PackError> {
    header.set_entry_type(kind);
    tar.append_link(&mut header, name, destination).map_err(PackError::Write)
}

fn file<W: Write>(tar: &mut Builder<W>, mut header: Header, entry: &Entry<'_>) -> Result<(), PackError> {
    let size = entry.metadata.len();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    let file = File::open(entry.path).map_err(at(entry.path))?;
    let mut content = Promised { file, left: size, failed: false };
    let appended = tar.append_data(&mut header, entry.name, &mut content);
    appended.map_err(|source| match content.failed {
        true => PackError::Read { path: entry.path.to_owned(), source },
        false => PackError::Write(source),
    })
}

/// Gives exactly as many bytes as the header has promised, even if the file changes meanwhile.
struct Promised {
    file: File,
    left: u64,
    failed: bool,
}

impl Read for Promised {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = match self.file.read(&mut buffer[..wanted]) {
            Ok(0) if wanted > 0 => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter meanwhile"))
            }
            read => read,
        };
        let read = read.inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PackError + '_ {
    |source| PackError::Read { path: path.to_owned(), source }
}
