//! The entries of layers, and what layers change.

use super::EntryPath;
use crate::digest::Digest;

/// A file, a directory or another entry that a layer adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: EntryPath,
    /// What it is.
    pub kind: EntryKind,
    /// The permissions with the bits for setuid, setgid and sticky: the lower twelve bits of `st_mode`.
    pub mode: u32,
    /// The user ID of the owner.
    pub uid: u64,
    /// The group ID of the owner.
    pub gid: u64,
    /// The time of the last change of the content, in seconds since 1970.
    pub modified: i64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File(FileContent),
    /// A directory.
    Directory,
    /// A symbolic link to any text, which may lead anywhere.
    Symlink {
        /// The text, as it is in the layer.
        target: Vec<u8>,
    },
    /// Another name of a file, usually in the same layer.
    Hardlink {
        /// The file.
        target: EntryPath,
    },
    /// A character device.
    CharacterDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A named pipe.
    Fifo,
}

/// The content of a regular file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileContent {
    /// The size in bytes.
    pub size: u64,
    /// The digest of the content. It is missing if nothing has read the content, as in a layer with sparse files.
    pub digest: Option<Digest>,
    /// Where the content is in the layer's blob, if it can be read without the rest of the layer.
    pub location: Option<Location>,
}

/// The position of a file's content in the blob of its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The offset of the first byte in the blob.
    pub start: u64,
    /// The offset after the last byte in the blob, or more, up to the end of the blob.
    pub end: u64,
    /// How many unpacked bytes precede the content in this range.
    pub skip: u64,
    /// How the range is compressed.
    pub packing: Packing,
}

/// How a part of a blob is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// It is not compressed.
    Plain,
    /// Gzip members.
    Gzip,
    /// Zstandard frames.
    Zstd,
}

/// The numbers of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The driver.
    pub major: u32,
    /// The device of the driver.
    pub minor: u32,
}

/// What a layer changes at one path.
///
/// See the [OCI layer specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An opaque whiteout: everything below the path in lower layers is hidden.
    Opaque(EntryPath),
    /// A whiteout: the path and everything below it in lower layers is hidden.
    Whiteout(EntryPath),
    /// The layer adds the entry, or replaces one of lower layers.
    Add(Entry),
}

impl Change {
    /// Returns where the change is.
    pub fn path(&self) -> &EntryPath {
        match self {
            Self::Opaque(path) | Self::Whiteout(path) => path,
            Self::Add(entry) => &entry.path,
        }
    }
}

impl Entry {
    /// Returns a directory that no layer mentions, only paths below it. Docker creates it with this mode.
    pub(crate) fn implied(path: EntryPath) -> Self {
        Self { path, kind: EntryKind::Directory, mode: 0o755, uid: 0, gid: 0, modified: 0 }
    }

    /// Returns the size of the content in bytes: 0 for everything but regular files.
    pub fn size(&self) -> u64 {
        self.content().map_or(0, |content| content.size)
    }

    /// Returns the content of a regular file.
    pub fn content(&self) -> Option<&FileContent> {
        match &self.kind {
            EntryKind::File(content) => Some(content),
            EntryKind::Directory
            | EntryKind::Symlink { .. }
            | EntryKind::Hardlink { .. }
            | EntryKind::CharacterDevice(_)
            | EntryKind::BlockDevice(_)
            | EntryKind::Fifo => None,
        }
    }

    /// Reports whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == EntryKind::Directory
    }
}
