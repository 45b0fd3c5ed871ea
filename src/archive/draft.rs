//! A file that is written next to the one it finally replaces.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// The mode of an archive, as Docker's: the content of an image may be private.
const MODE: u32 = 0o600;

/// A file that is not visible yet.
pub(super) enum Draft {
    /// Without a name, so that nothing is left of it however the program ends.
    #[cfg(target_os = "linux")]
    Nameless(File),
    /// For file systems that do not support that. A killed program leaves the file behind.
    Named(NamedTempFile),
}

impl Draft {
    /// Creates a draft in this folder.
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

    /// Gives the draft this name, in the same folder, in one step. Its bytes are on the disk before.
    pub(super) fn publish(self, path: &Path, folder: &Path) -> io::Result<()> {
        self.file().sync_all()?;
        match self {
            #[cfg(target_os = "linux")]
            Self::Nameless(file) => {
                // A hard link cannot replace another file, so the draft gets a temporary name first.
                let linked = named().make_in(folder, |name| nameless::link(&file, name))?;
                linked.persist(path).map_err(|error| error.error)?;
            }
            Self::Named(file) => drop(file.persist(path).map_err(|error| error.error)?),
        }
        // The file is complete, even where folders cannot be synced.
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

    /// Creates a file without a name, where that is supported and the file can be named later.
    pub(super) fn create(folder: &Path) -> Option<File> {
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = File::from(open(folder, flags, Mode::from_raw_mode(MODE)).ok()?);
        place(&file).exists().then_some(file)
    }

    /// Gives the file a name that is not in use.
    pub(super) fn link(file: &File, name: &Path) -> io::Result<()> {
        Ok(linkat(CWD, place(file), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
    }

    /// Returns the path under which the system shows the open file.
    fn place(file: &File) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }
}
