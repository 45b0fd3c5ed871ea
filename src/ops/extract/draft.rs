//! A file that gets its name once its content is complete.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags, linkat, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::options::Existing;

/// How many names are tried for a temporary file.
const ATTEMPTS: usize = 16;

/// A file without a name, or with a temporary one on file systems that do not support that.
pub(super) struct Draft {
    pub(super) file: File,
    folder: Arc<OwnedFd>,
    /// The temporary name, until the file has another one.
    name: Option<String>,
}

impl Draft {
    /// Creates a file in a directory. The umask applies to `mode`.
    pub(super) fn create(folder: Arc<OwnedFd>, mode: Mode) -> Result<Self, Errno> {
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
            let file = openat(&*folder, c".", flags, mode).ok().map(File::from);
            // Without /proc, it could not be named.
            if let Some(file) = file.filter(|file| std::path::Path::new(&place(file)).exists()) {
                return Ok(Self { file, folder, name: None });
            }
        }
        Self::create_named(folder, mode)
    }

    fn create_named(folder: Arc<OwnedFd>, mode: Mode) -> Result<Self, Errno> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (name, file) = named(|name| openat(&*folder, name, flags, mode))?;
        Ok(Self { file: file.into(), folder, name: Some(name) })
    }

    /// Gives the file its name, in one step.
    pub(super) fn publish(&mut self, name: &[u8], existing: Existing) -> Result<(), Errno> {
        match (&self.name, existing) {
            (Some(temporary), existing) => {
                settle(&self.folder, temporary, name, existing)?;
                self.name = None;
                Ok(())
            }
            (None, Existing::Refuse) => self.link(name),
            (None, Existing::Replace) => place_at(&self.folder, name, existing, |name| self.link(name)),
        }
    }

    #[cfg(target_os = "linux")]
    fn link(&self, name: &[u8]) -> Result<(), Errno> {
        linkat(rustix::fs::CWD, place(&self.file), &*self.folder, name, AtFlags::SYMLINK_FOLLOW)
    }

    #[cfg(not(target_os = "linux"))]
    fn link(&self, _name: &[u8]) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = unlinkat(&*self.folder, &**name, AtFlags::empty());
        }
    }
}

/// Creates something under a temporary name, with `create`, and gives it `name` in one step.
pub(super) fn place_at(
    folder: &OwnedFd,
    name: &[u8],
    existing: Existing,
    create: impl Fn(&[u8]) -> Result<(), Errno>,
) -> Result<(), Errno> {
    if existing == Existing::Refuse {
        return create(name);
    }
    let (temporary, ()) = named(|name| create(name.as_bytes()))?;
    let moved = settle(folder, &temporary, name, existing);
    // The old and the new name of the same file stay both.
    let _ = unlinkat(folder, &*temporary, AtFlags::empty());
    moved
}

/// Renames `temporary` to `name`.
fn settle(folder: &OwnedFd, temporary: &str, name: &[u8], existing: Existing) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    if existing == Existing::Refuse {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(folder, temporary, folder, name, RenameFlags::NOREPLACE) {
            // The file system does not support it. It was checked before that the name is not in use.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            renamed => return renamed,
        }
    }
    let _ = existing;
    renameat(folder, temporary, folder, name)
}

/// Calls `create` with temporary names until one is not in use.
fn named<T>(create: impl Fn(&str) -> Result<T, Errno>) -> Result<(String, T), Errno> {
    for _ in 0..ATTEMPTS {
        let name = format!(".regcli-{:016x}", fastrand::u64(..));
        match create(&name) {
            Err(Errno::EXIST) => {}
            created => return Ok((name, created?)),
        }
    }
    Err(Errno::EXIST)
}

/// Returns the path under which the system shows an open file.
#[cfg(target_os = "linux")]
fn place(file: &File) -> String {
    use std::os::fd::AsRawFd as _;
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    type Create = fn(Arc<OwnedFd>, Mode) -> Result<Draft, Errno>;

    #[test]
    fn a_draft_with_and_without_a_name_is_published_in_one_step() {
        for create in [Draft::create as Create, Draft::create_named] {
            let folder = tempfile::tempdir().unwrap();
            let opened = Arc::new(OwnedFd::from(File::open(folder.path()).unwrap()));
            let draft = |text: &str| {
                let mut draft = create(Arc::clone(&opened), Mode::from_raw_mode(0o600)).unwrap();
                draft.file.write_all(text.as_bytes()).unwrap();
                draft
            };
            let read = || fs::read_to_string(folder.path().join("f")).unwrap();
            draft("first").publish(b"f", Existing::Refuse).unwrap();
            assert_eq!(draft("second").publish(b"f", Existing::Refuse).unwrap_err(), Errno::EXIST);
            assert_eq!(read(), "first");
            draft("third").publish(b"f", Existing::Replace).unwrap();
            assert_eq!(read(), "third");
            drop(draft("dropped"));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
