//! A directory that nothing is written out of, whatever the paths and links in it are.
//!
//! Every path is opened from the descriptor of the directory, and no symbolic link is followed below it: with `openat2`
//! and `RESOLVE_BENEATH` where the kernel has it (Linux 5.6), else component by component with `O_NOFOLLOW`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, statat};
use rustix::io::Errno;

use crate::filesystem::EntryPath;

use super::ExtractError;

/// How a directory is opened.
const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The mode of directories that are only needed for what is in them. The umask applies.
const NEEDED: Mode = Mode::from_raw_mode(0o777);

/// The directory, open.
pub(super) struct Folder {
    path: PathBuf,
    root: OwnedFd,
    /// The directory that was used last: the next file is usually in the same one.
    last: Option<(EntryPath, Arc<OwnedFd>)>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Present {
    Nothing,
    Directory,
    Other,
}

impl Folder {
    /// Opens the directory, which the user named: links are followed.
    pub(super) fn open(path: &Path) -> Result<Self, ExtractError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotADirectory => ExtractError::NotDirectory(path.to_owned()),
            _ => ExtractError::Write { path: path.to_owned(), source },
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        Ok(Self { path: path.to_owned(), root, last: None })
    }

    /// Creates the directory if it does not exist, and opens it.
    pub(super) fn create(path: &Path) -> Result<Self, ExtractError> {
        if !path.is_dir() {
            match fs::create_dir_all(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(ExtractError::NotDirectory(path.to_owned()));
                }
                made => made.map_err(ExtractError::write(path.to_owned()))?,
            }
        }
        Self::open(path)
    }

    /// Returns the path as users see it.
    pub(super) fn shown(&self, path: &EntryPath) -> PathBuf {
        let path = Path::new(OsStr::from_bytes(path.as_bytes()));
        if self.path == Path::new(".") { path.to_owned() } else { self.path.join(path) }
    }

    /// Looks at a path. No link is followed.
    pub(super) fn look(&mut self, path: &EntryPath) -> Result<Present, ExtractError> {
        let parent = path.parent().unwrap_or_default();
        let folder = match self.existing(&parent) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Present::Nothing),
            Err(error) => return Err(self.failed(&parent, error)),
        };
        match statat(&*folder, path.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if FileType::from_raw_mode(found.st_mode).is_dir() => Ok(Present::Directory),
            Ok(_) => Ok(Present::Other),
            Err(Errno::NOENT) => Ok(Present::Nothing),
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// Opens a directory, and creates those above it and itself that do not exist.
    pub(super) fn folder(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, ExtractError> {
        match self.existing(path) {
            Err(Errno::NOENT) => {}
            opened => return opened.map_err(|error| self.failed(path, error)),
        }
        let made = self.step_by_step(path, |folder, name| match mkdirat(folder, name, NEEDED) {
            Ok(()) | Err(Errno::EXIST) => openat(folder, name, DIRECTORY, Mode::empty()),
            Err(error) => Err(error),
        });
        let made = Arc::new(made.map_err(|error| self.failed(path, error))?);
        self.last = Some((path.clone(), Arc::clone(&made)));
        Ok(made)
    }

    /// Returns the error for a failed call on `path`.
    pub(super) fn failed(&self, path: &EntryPath, error: Errno) -> ExtractError {
        match error {
            Errno::NOTDIR | Errno::LOOP => ExtractError::NotDirectory(self.obstacle(path)),
            Errno::EXIST => ExtractError::Exists { path: self.shown(path), others: 0 },
            _ => ExtractError::Write { path: self.shown(path), source: error.into() },
        }
    }

    /// Returns the link or the file that is in place of a directory.
    fn obstacle(&self, path: &EntryPath) -> PathBuf {
        let shown = self.shown(path);
        let mut above: Vec<&Path> = shown.ancestors().take(path.depth()).collect();
        above.reverse();
        let is_obstacle = |path: &&Path| path.symlink_metadata().is_ok_and(|found| !found.is_dir());
        above.into_iter().find(is_obstacle).map_or_else(|| shown.clone(), Path::to_owned)
    }

    /// Opens a directory that exists.
    fn existing(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, Errno> {
        if let Some((last, folder)) = &self.last
            && last == path
        {
            return Ok(Arc::clone(folder));
        }
        let opened = Arc::new(self.beneath(path)?);
        self.last = Some((path.clone(), Arc::clone(&opened)));
        Ok(opened)
    }

    fn beneath(&self, path: &EntryPath) -> Result<OwnedFd, Errno> {
        if path.is_root() {
            return rustix::io::dup(&self.root).map_err(|_| Errno::MFILE);
        }
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match openat2(&self.root, path.as_bytes(), DIRECTORY, Mode::empty(), resolve) {
                // Old kernels and the filters of old container engines; a path that is too long for one call.
                Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG | Errno::AGAIN) => {}
                opened => return opened,
            }
        }
        self.step_by_step(path, |folder, name| openat(folder, name, DIRECTORY, Mode::empty()))
    }

    /// Opens a directory component by component.
    fn step_by_step(
        &self,
        path: &EntryPath,
        mut step: impl FnMut(&OwnedFd, &[u8]) -> Result<OwnedFd, Errno>,
    ) -> Result<OwnedFd, Errno> {
        let mut folder = rustix::io::dup(&self.root)?;
        for name in path.components() {
            folder = step(&folder, name)?;
        }
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::clean(text.as_bytes()).unwrap()
    }

    #[test]
    fn both_ways_of_opening_a_directory_follow_no_link() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        symlink("a", folder.path().join("link")).unwrap();
        symlink("/", folder.path().join("a/root")).unwrap();
        let opened = Folder::open(folder.path()).unwrap();
        let by_steps = |text| {
            opened.step_by_step(&path(text), |folder, name| openat(folder, name, DIRECTORY, Mode::empty()))
        };
        for text in ["", "a", "a/b"] {
            assert!(opened.beneath(&path(text)).is_ok() && by_steps(text).is_ok(), "{text}");
        }
        for text in ["link", "link/b", "a/root", "a/root/etc", "file", "file/x"] {
            for found in [opened.beneath(&path(text)), by_steps(text)] {
                assert!(matches!(found, Err(Errno::NOTDIR | Errno::LOOP)), "{text}: {found:?}");
            }
        }
        assert_eq!(opened.beneath(&path("a/no")).unwrap_err(), Errno::NOENT);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("d");
        fs::create_dir_all(folder.join("a")).unwrap();
        symlink("..", folder.join("a/up")).unwrap();
        let mut opened = Folder::create(&folder).unwrap();
        let error = opened.folder(&path("a/up/x/y")).unwrap_err();
        assert!(matches!(&error, ExtractError::NotDirectory(path) if path.ends_with("d/a/up")), "{error}");
        assert!(opened.folder(&path("a/new/deeper")).is_ok() && folder.join("a/new/deeper").is_dir());
        assert_eq!(opened.look(&path("a/up")).unwrap(), Present::Other);
    }
}
