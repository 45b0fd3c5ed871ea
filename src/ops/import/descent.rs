//! Walks through a directory tree by open directories, and follows no link on the way.
//!
//! Paths are used only as names. Whatever other processes do to the directories meanwhile, only files below
//! the first open directory are read.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

/// How many directories are open at the same time. The number of open files is limited, and a tree may be
/// deeper.
const OPEN_MAX: usize = 16;

/// An entry of a directory.
pub(super) struct Found {
    /// Its name relative to the first directory.
    pub(super) name: PathBuf,
    /// Its metadata when it was opened, or when it was looked at if it is not opened.
    pub(super) stat: Stat,
    pub(super) content: Content,
}

/// The content that is packed.
pub(super) enum Content {
    File(OwnedFd),
    /// The target of a link.
    Link(CString),
    /// None, as for a directory, a device or a pipe.
    Nothing,
}

/// A walk through a directory tree, in the order of names. Each directory comes before its entries.
pub(super) struct Descent {
    levels: Vec<Level>,
}

/// A directory on the current path of the walk.
struct Level {
    /// Its name in its parent; the first one has none.
    name: CString,
    /// `None` while too many directories are open.
    folder: Option<OwnedFd>,
    /// Device and inode.
    identity: (u64, u64),
    /// The remaining entries, in reverse order.
    names: Vec<CString>,
}

impl Descent {
    /// Starts in a directory, or in the target of a link to one.
    pub(super) fn into_folder(root: &Path) -> io::Result<Self> {
        let folder = rustix::fs::open(root, FOLDER, Mode::empty())?;
        let stat = rustix::fs::fstat(&folder)?;
        Ok(Self { levels: vec![Level::new(CString::default(), folder, &stat)?] })
    }

    /// Returns the next entry, or an error with the path that it is about.
    pub(super) fn next(&mut self) -> Result<Option<Found>, (PathBuf, io::Error)> {
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            let Some(name) = level.names.pop() else {
                self.levels.pop();
                continue;
            };
            let path = self.path(&name);
            return match self.find(&name, &path) {
                Ok(found) => Ok(Some(found)),
                Err(error) => Err((path, error)),
            };
        }
    }

    /// Returns the path of an entry of the current directory.
    fn path(&self, name: &CStr) -> PathBuf {
        let names = self.levels.iter().skip(1).map(|level| level.name.as_c_str()).chain([name]);
        names.map(|name| OsStr::from_bytes(name.to_bytes())).collect()
    }

    fn find(&mut self, name: &CStr, path: &Path) -> io::Result<Found> {
        self.reopen()?;
        let folder = self.levels.last().and_then(|level| level.folder.as_ref()).ok_or_else(changed)?;
        let seen = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let found = |stat, content| Found { name: path.to_owned(), stat, content };
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(folder, name, Vec::new())?;
                Ok(found(seen, Content::Link(target)))
            }
            FileType::RegularFile => {
                // NONBLOCK prevents waiting for a pipe that has replaced the file meanwhile.
                let file = rustix::fs::openat(folder, name, FILE, Mode::empty())?;
                let stat = rustix::fs::fstat(&file)?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::RegularFile => Ok(found(stat, Content::File(file))),
                    _ => Err(changed()),
                }
            }
            FileType::Directory => {
                let inner = rustix::fs::openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
                let stat = rustix::fs::fstat(&inner)?;
                let found = found(stat, Content::Nothing);
                self.levels.push(Level::new(name.to_owned(), inner, &stat)?);
                // The first one stays open, so that the others can be opened again from there.
                if let Some(level @ 1..) = self.levels.len().checked_sub(OPEN_MAX) {
                    self.levels[level].folder = None;
                }
                Ok(found)
            }
            _ => Ok(found(seen, Content::Nothing)),
        }
    }

    /// Opens the current directory again if it was closed, and checks that it is the same.
    fn reopen(&mut self) -> io::Result<()> {
        let (first, others) = self.levels.split_first_mut().ok_or_else(changed)?;
        let Some(last) = others.last() else { return Ok(()) };
        if last.folder.is_some() {
            return Ok(());
        }
        let mut folder = first.folder.as_ref().ok_or_else(changed)?.try_clone()?;
        for level in &*others {
            let name = level.name.as_c_str();
            folder = rustix::fs::openat(&folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
            if identity(&rustix::fs::fstat(&folder)?) != level.identity {
                return Err(changed());
            }
        }
        if let Some(last) = others.last_mut() {
            last.folder = Some(folder);
        }
        Ok(())
    }
}

impl Level {
    fn new(name: CString, folder: OwnedFd, stat: &Stat) -> io::Result<Self> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Self { name, folder: Some(folder), identity: identity(stat), names })
    }
}

/// Returns what identifies a file.
fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

fn changed() -> io::Error {
    io::Error::other("it was replaced during the import")
}
