//! What differs between two entries.

use super::entry::{Entry, EntryKind, FileContent};

/// What differs between two entries at one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// One is a file, the other a directory or something else.
    Kind,
    /// The size of the content.
    Size,
    /// The content of files of the same size; also if it is unknown, as that of sparse files.
    Content,
    /// The path that the link leads to.
    Target,
    /// The numbers of the device.
    Device,
    /// The permissions.
    Mode,
    /// The user or the group.
    Owner,
    /// The time of the last change.
    Time,
}

impl Entry {
    /// Returns what differs from `new`. Extended attributes are not compared, because lists do not have them.
    pub fn aspects(&self, new: &Self) -> Vec<Aspect> {
        let is_link =
            matches!((&self.kind, &new.kind), (EntryKind::Symlink { .. }, EntryKind::Symlink { .. }));
        let mut aspects: Vec<Aspect> = self.kind.aspect(&new.kind).into_iter().collect();
        // Linux ignores the mode of a symbolic link.
        aspects.extend((self.mode != new.mode && !is_link).then_some(Aspect::Mode));
        aspects.extend(((self.uid, self.gid) != (new.uid, new.gid)).then_some(Aspect::Owner));
        aspects.extend((self.modified != new.modified).then_some(Aspect::Time));
        aspects
    }
}

impl EntryKind {
    fn aspect(&self, new: &Self) -> Option<Aspect> {
        match (self, new) {
            (Self::File(old), Self::File(new)) => content_aspect(old, new),
            (Self::Symlink { target: old }, Self::Symlink { target: new }) => {
                (old != new).then_some(Aspect::Target)
            }
            (Self::Hardlink { target: old }, Self::Hardlink { target: new }) => {
                (old != new).then_some(Aspect::Target)
            }
            (Self::CharacterDevice(old), Self::CharacterDevice(new))
            | (Self::BlockDevice(old), Self::BlockDevice(new)) => (old != new).then_some(Aspect::Device),
            (Self::Directory, Self::Directory) | (Self::Fifo, Self::Fifo) => None,
            (
                Self::File(_)
                | Self::Directory
                | Self::Symlink { .. }
                | Self::Hardlink { .. }
                | Self::CharacterDevice(_)
                | Self::BlockDevice(_)
                | Self::Fifo,
                _,
            ) => Some(Aspect::Kind),
        }
    }
}

fn content_aspect(old: &FileContent, new: &FileContent) -> Option<Aspect> {
    let is_same = || old.size == 0 || (old.digest.is_some() && old.digest == new.digest);
    match old.size == new.size {
        false => Some(Aspect::Size),
        true => (!is_same()).then_some(Aspect::Content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::filesystem::{Device, EntryPath};

    fn entry(kind: EntryKind) -> Entry {
        Entry { path: EntryPath::clean(b"a").unwrap(), kind, mode: 0o644, uid: 0, gid: 0, modified: 0 }
    }

    fn file(size: u64, content: Option<&str>) -> EntryKind {
        let digest = content.map(|content| Digest::sha256(content.as_bytes()));
        EntryKind::File(FileContent { size, digest, location: None })
    }

    #[test]
    fn content_of_the_same_size_is_compared_by_its_digest() {
        let aspects = |old, new| entry(old).aspects(&entry(new));
        assert_eq!(aspects(file(1, Some("a")), file(1, Some("a"))), []);
        assert_eq!(aspects(file(1, Some("a")), file(1, Some("b"))), [Aspect::Content]);
        assert_eq!(aspects(file(1, Some("a")), file(2, Some("bb"))), [Aspect::Size]);
        assert_eq!(
            aspects(file(1, None), file(1, None)),
            [Aspect::Content],
            "nothing proves that it is equal"
        );
        assert_eq!(aspects(file(0, None), file(0, Some(""))), []);
    }

    #[test]
    fn every_attribute_is_compared() {
        let old = entry(EntryKind::Directory);
        let new = Entry { mode: 0o600, gid: 5, modified: 1, ..entry(EntryKind::Fifo) };
        assert_eq!(old.aspects(&new), [Aspect::Kind, Aspect::Mode, Aspect::Owner, Aspect::Time]);
        let link =
            |target: &[u8], mode| Entry { mode, ..entry(EntryKind::Symlink { target: target.to_vec() }) };
        assert_eq!(link(b"x", 0o777).aspects(&link(b"y", 0o644)), [Aspect::Target]);
        let device = |minor| entry(EntryKind::BlockDevice(Device { major: 1, minor }));
        assert_eq!(device(1).aspects(&device(2)), [Aspect::Device]);
    }
}
