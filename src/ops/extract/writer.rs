//! Writes the entries of a tree into a directory.

use std::fs::File;
use std::io::{self, Seek as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, chownat, fchmod, fchown, fstat, futimens,
    linkat, mkdirat, symlinkat, utimensat,
};
use rustix::io::Errno;

use crate::filesystem::{Entry, EntryKind, EntryPath};
use crate::ops::files::TreeFile;

use super::ExtractError;
use super::draft::{Draft, place_at};
use super::folder::Folder;
use super::options::{Attributes, Existing};

/// The bits of a mode that give rights to owner, group and others.
const RIGHTS: u32 = 0o777;

/// The rights that the owner of a directory needs while it is filled.
const FILLING: u32 = 0o700;

/// Writes into a directory.
pub(super) struct Writer {
    pub(super) folder: Folder,
    pub(super) existing: Existing,
    pub(super) attributes: Attributes,
}

impl Writer {
    /// Creates a directory that is open for its owner until it is [finished](Self::finish_directory). Returns `false` if
    /// it existed, and stays as it is.
    pub(super) fn directory(&mut self, entry: &Entry) -> Result<bool, ExtractError> {
        let parent = self.parent(&entry.path)?;
        let mode = match self.attributes {
            Attributes::Own => entry.mode & RIGHTS | FILLING,
            Attributes::Preserve => FILLING,
        };
        match mkdirat(&*parent, entry.path.name(), Mode::from_raw_mode(mode)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(self.folder.failed(&entry.path, error)),
        }
    }

    /// Gives a directory its owner, mode and time.
    pub(super) fn finish_directory(&mut self, entry: &Entry) -> Result<(), ExtractError> {
        let folder = self.folder.folder(&entry.path)?;
        let done = self.owned(&*folder, entry).and_then(|()| {
            if self.attributes == Attributes::Own && entry.mode & FILLING != FILLING {
                let mode = fstat(&*folder)?.st_mode & 0o7777 & !(FILLING & !entry.mode);
                fchmod(&*folder, Mode::from_raw_mode(mode))?;
            }
            futimens(&*folder, &times(entry))
        });
        done.map_err(|error| self.folder.failed(&entry.path, error))
    }

    /// Begins a regular file at `path` with the attributes of `entry`.
    pub(super) fn file(&mut self, path: &EntryPath, entry: &Entry) -> Result<Draft, ExtractError> {
        let parent = self.parent(path)?;
        let mode = match self.attributes {
            Attributes::Own => entry.mode & RIGHTS,
            Attributes::Preserve => 0o600,
        };
        Draft::create(parent, Mode::from_raw_mode(mode)).map_err(|error| self.folder.failed(path, error))
    }

    /// Gives a file its attributes and all its names.
    pub(super) fn finish_file(&mut self, mut draft: Draft, file: &TreeFile) -> Result<(), ExtractError> {
        let Some((first, others)) = file.names.split_first() else { return Ok(()) };
        let done =
            self.owned(&draft.file, &file.entry).and_then(|()| futimens(&draft.file, &times(&file.entry)));
        let named = done.and_then(|()| draft.publish(first.name(), self.existing));
        named.map_err(|error| self.folder.failed(first, error))?;
        others.iter().try_for_each(|name| self.another_name(&draft.file, file, name))
    }

    /// Gives a file another name: a hard link, or a copy where the file system does not support hard links.
    fn another_name(
        &mut self,
        written: &File,
        file: &TreeFile,
        name: &EntryPath,
    ) -> Result<(), ExtractError> {
        let Some(first) = file.names.first() else { return Ok(()) };
        let from = self.parent(first)?;
        let to = self.parent(name)?;
        let link = |temporary: &[u8]| linkat(&*from, first.name(), &*to, temporary, AtFlags::empty());
        match place_at(&to, name.name(), self.existing, link) {
            Err(Errno::PERM | Errno::NOTSUP | Errno::MLINK | Errno::XDEV | Errno::NOSYS) => {
                self.copy(written, name, &file.entry)
            }
            linked => linked.map_err(|error| self.folder.failed(name, error)),
        }
    }

    fn copy(&mut self, written: &File, name: &EntryPath, entry: &Entry) -> Result<(), ExtractError> {
        let mut draft = self.file(name, entry)?;
        let copied = written.try_clone().and_then(|mut from| {
            from.rewind()?;
            io::copy(&mut from, &mut &draft.file)
        });
        copied.map_err(ExtractError::write(self.folder.shown(name)))?;
        let done = self.owned(&draft.file, entry).and_then(|()| futimens(&draft.file, &times(entry)));
        let named = done.and_then(|()| draft.publish(name.name(), self.existing));
        named.map_err(|error| self.folder.failed(name, error))
    }

    /// Writes a symbolic link, whatever its target is.
    pub(super) fn symlink(&mut self, entry: &Entry) -> Result<(), ExtractError> {
        let EntryKind::Symlink { target } = &entry.kind else { return Ok(()) };
        let parent = self.parent(&entry.path)?;
        let create = |name: &[u8]| {
            symlinkat(&**target, &*parent, name)?;
            if self.attributes == Attributes::Preserve {
                let (uid, gid) = owner(entry)?;
                chownat(&*parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
            }
            utimensat(&*parent, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)
        };
        place_at(&parent, entry.path.name(), self.existing, create)
            .map_err(|error| self.folder.failed(&entry.path, error))
    }

    fn parent(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, ExtractError> {
        self.folder.folder(&path.parent().unwrap_or_default())
    }

    /// Sets the owner and the whole mode, if they are preserved. The owner is first, because that clears setuid.
    fn owned(&self, file: impl AsFd, entry: &Entry) -> Result<(), Errno> {
        if self.attributes == Attributes::Own {
            return Ok(());
        }
        let (uid, gid) = owner(entry)?;
        fchown(&file, Some(uid), Some(gid))?;
        fchmod(&file, Mode::from_raw_mode(entry.mode))
    }
}

/// Returns the owner; an error for numbers that Linux does not have.
fn owner(entry: &Entry) -> Result<(Uid, Gid), Errno> {
    // The largest number means that the owner does not change.
    let number =
        |number: u64| u32::try_from(number).ok().filter(|number| *number < u32::MAX).ok_or(Errno::INVAL);
    Ok((Uid::from_raw(number(entry.uid)?), Gid::from_raw(number(entry.gid)?)))
}

/// Returns the time of the last change, for a call that sets it.
fn times(entry: &Entry) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: entry.modified, tv_nsec: 0 },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::filesystem::FileContent;

    #[test]
    fn where_hard_links_are_not_supported_the_other_name_is_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer {
            folder: Folder::open(folder.path()).unwrap(),
            existing: Existing::Refuse,
            attributes: Attributes::Own,
        };
        let path = |text: &str| EntryPath::clean(text.as_bytes()).unwrap();
        let kind = EntryKind::File(FileContent::default());
        let entry = Entry { path: path("a"), kind, mode: 0o4640, uid: 0, gid: 0, modified: 7 };
        let mut draft = writer.file(&path("a"), &entry).unwrap();
        draft.file.write_all(b"content").unwrap();
        writer.copy(&draft.file, &path("d/b"), &entry).unwrap();
        draft.publish(b"a", Existing::Refuse).unwrap();
        let copy = fs::metadata(folder.path().join("d/b")).unwrap();
        assert_eq!((copy.mode() & 0o7777 & !0o640, copy.mtime()), (0, 7));
        assert_ne!(copy.ino(), fs::metadata(folder.path().join("a")).unwrap().ino());
        assert_eq!(fs::read(folder.path().join("d/b")).unwrap(), b"content");
    }
}
