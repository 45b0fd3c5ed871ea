//! A file that is written beside the one whose place it takes in the end.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// The mode of an archive, as Docker's: what is in an image may be for nobody else.
const MODE: u32 = 0o600;

/// A file that nobody finds yet.
pub(super) enum Draft {
    /// It has no name: whatever ends the program, nothing is left of it.
    #[cfg(target_os = "linux")]
    Nameless(File),
    /// For file systems that cannot do that. A program that is killed leaves it.
    Named(NamedTempFile),
}

impl Draft {
    /// Makes one in this folder.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = nameless::create(folder) {
            return Ok(Self::Nameless(file));
        }
        let mode = Permissions::from_mode(MODE);
        Ok(Self::Named(named().permissions(mode).tempfile_in(folder)?))
    }

    pub(super) fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Nameless(file) => file,
            Self::Named(file) => file.as_file(),
        }
    }

    /// Gives it this name, in the same folder, in one step. Its bytes are on the disk before.
    pub(super) fn publish(self, path: &Path, folder: &Path) -> io::Result<()> {
        self.file().sync_all()?;
        match self {
            #[cfg(target_os = "linux")]
            Self::Nameless(file) => {
                // A link cannot take the place of another one, so that it gets a name for a moment.
                let linked = named().make_in(folder, |name| nameless::link(&file, name))?;
                linked.persist(path).map_err(|error| error.error)?;
            }
            Self::Named(file) => drop(file.persist(path).map_err(|error| error.error)?),
        }
        // The file is there, even where folders cannot be written to the disk by themselves.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

fn named() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".regcli-").suffix(".tar");
    builder
}

#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    use super::MODE;

    /// Makes a file without a name, where that can be done and it can be named later.
    pub(super) fn create(folder: &Path) -> Option<File> {
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = File::from(open(folder, flags, Mode::from_raw_mode(MODE)).ok()?);
        place(&file).exists().then_some(file)
    }

    /// Gives it a name that nothing has.
    pub(super) fn link(file: &File, name: &Path) -> io::Result<()> {
        Ok(linkat(CWD, place(file), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
    }

    /// Where the system shows the open file.
    fn place(file: &File) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }
}
