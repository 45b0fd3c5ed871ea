//! Walks over a folder from one open folder to the next, and follows no link on the way.
//!
//! Paths are names only: whatever somebody does to the folders meanwhile, what is read is below the folder that was
//! opened first.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

/// How many folders are open at once; there may be few files, and more levels than that.
const OPEN_MAX: usize = 16;

/// Something in a folder.
pub(super) struct Found {
    /// Its name from the first folder on.
    pub(super) name: PathBuf,
    /// What it was when it was opened, or looked at if it is none that is opened.
    pub(super) stat: Stat,
    pub(super) content: Content,
}

/// What is packed of something.
pub(super) enum Content {
    File(OwnedFd),
    /// Where a link leads to.
    Link(CString),
    /// A folder, a device, a pipe: nothing more than that.
    Nothing,
}

/// A walk over all that is in a folder, each folder before what is in it, in the order of the names.
pub(super) struct Descent {
    levels: Vec<Level>,
}

/// A folder that the walk is in.
struct Level {
    /// Its name in the folder above; the first one has none.
    name: CString,
    /// Not there while it is one of too many.
    folder: Option<OwnedFd>,
    /// Device and inode.
    identity: (u64, u64),
    /// What is still to come, the first name last.
    names: Vec<CString>,
}

impl Descent {
    /// Begins in a folder, or what a link to one leads to.
    pub(super) fn into_folder(root: &Path) -> io::Result<Self> {
        let folder = rustix::fs::open(root, FOLDER, Mode::empty())?;
        let stat = rustix::fs::fstat(&folder)?;
        Ok(Self { levels: vec![Level::new(CString::default(), folder, &stat)?] })
    }

    /// Returns what comes next, or an error with the name of what it is about.
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

    /// The name of something in the last folder.
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
                // Without NONBLOCK, a pipe that is there by now would be waited for.
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
                // The first one stays open: from there the others are found again.
                if let Some(level @ 1..) = self.levels.len().checked_sub(OPEN_MAX) {
                    self.levels[level].folder = None;
                }
                Ok(found)
            }
            _ => Ok(found(seen, Content::Nothing)),
        }
    }

    /// Opens the last folder again if it was closed, and makes sure that it is the same.
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

/// What tells a file from all others.
fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

fn changed() -> io::Error {
    io::Error::other("it became something else meanwhile")
}
