//! What is asked for, and what was done.

use std::path::PathBuf;

use crate::filesystem::EntryPath;

/// Options of an extraction.
#[derive(Clone, Debug)]
pub struct ExtractOptions {
    /// The directory to write to. It is created if it does not exist.
    pub folder: PathBuf,
    /// What to do about files that exist.
    pub existing: Existing,
    /// What to keep of owners and modes.
    pub attributes: Attributes,
    /// How many bytes may be written.
    pub size_max: Option<u64>,
    /// Whether to write anything.
    pub mode: Mode,
}

/// What to do about files that exist. Directories that exist stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Fail before anything is written.
    Refuse,
    /// Replace them, each in one step.
    Replace,
}

/// What to keep of owners and modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attributes {
    /// The caller owns all files. The umask applies to modes, which lose setuid, setgid and sticky.
    Own,
    /// All owners and modes are those of the image, which only root can set.
    Preserve,
}

/// Whether to write anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    Write,
    /// Check everything that can be checked before writing.
    Check,
}

/// What was extracted, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The paths of everything, in order. Only a check has them.
    pub paths: Vec<EntryPath>,
    /// The number of regular files; each name counts.
    pub files: usize,
    /// The number of directories of the selection, also of those that existed.
    pub directories: usize,
    /// The number of symbolic links.
    pub links: usize,
    /// The bytes of the files.
    pub bytes: u64,
    /// The number of devices and pipes that were left out.
    pub special: usize,
    /// The number of hard links to nothing that were left out.
    pub dangling: usize,
    /// The number of symbolic links with a target that Linux cannot have, which were left out.
    pub impossible: usize,
    /// The number of paths of layers that lead out of the image, which were left out.
    pub hostile: u64,
}
