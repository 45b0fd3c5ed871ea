//! The files of an archive: which there are, and where in the tar.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use tar::EntryType;

use super::tape;
use super::{Error, Origin};

/// The most entries that an archive may have; those of old Docker have four for each layer.
const ENTRIES_MAX: usize = 100_000;

/// The most bytes that all their names may have together, in memory.
const NAMES_MAX: usize = 16 * 1024 * 1024;

/// How many links may lead from one to the next. Old Docker writes one.
const LINKS_MAX: usize = 8;

/// Where the content of a file is in the tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) size: u64,
}

/// What a name in an archive stands for.
#[derive(Debug)]
enum Node {
    File(Span),
    /// The whole name of another one.
    Link(String),
}

/// Why a name leads to no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Nothing has this name.
    File,
    /// It is a link to this name, and nothing has that.
    Target(String),
    /// It is a link that leads to too many others.
    Circle,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("which is not in it"),
            Self::Target(target) => write!(f, "which is a link to {target:?}, which is not in it"),
            Self::Circle => f.write_str("which is a link that leads to no file"),
        }
    }
}

/// The files of an archive by their names, which are looked up and never used for anything else.
#[derive(Debug, Default)]
pub(super) struct Table {
    nodes: HashMap<String, Node>,
    names: usize,
    /// Documents that are there more than once: which of them counts, every reader decides for itself.
    pub(super) ambiguous: Option<String>,
}

impl Table {
    /// Notes an entry. Folders, devices, and whatever has a name that leads out of the archive are nothing
    /// that a document can mean, and are left out. Of several files with one name the last one counts, as
    /// when they are unpacked.
    pub(super) fn add(&mut self, entry: &tape::Entry, at: u64) -> io::Result<()> {
        let Some(name) = clean("", &entry.name) else { return Ok(()) };
        let node = match entry.kind {
            EntryType::Regular | EntryType::Continuous => Node::File(Span { at, size: entry.size }),
            EntryType::Symlink => match clean(folder_of(&name), &entry.link) {
                Some(target) => Node::Link(target),
                None => return Ok(()),
            },
            EntryType::Link => match clean("", &entry.link) {
                Some(target) => Node::Link(target),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.names += name.len() + if let Node::Link(target) = &node { target.len() } else { 0 };
        if self.nodes.len() >= ENTRIES_MAX || self.names > NAMES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it has more entries than an image can have",
            ));
        }
        if self.nodes.contains_key(&name) && !name.contains('/') && name.ends_with(".json") {
            self.ambiguous = Some(name.clone());
        }
        self.nodes.insert(name, node);
        Ok(())
    }

    /// Returns the file with this name, or the one that a link of this name leads to.
    ///
    /// # Errors
    /// What is missing: the file, or the target of a link.
    pub(super) fn find(&self, name: &str) -> Result<Span, Absent> {
        let mut name = clean("", name).ok_or(Absent::File)?;
        let mut absent = Absent::File;
        for _ in 0..=LINKS_MAX {
            match self.nodes.get(&name) {
                Some(Node::File(span)) => return Ok(*span),
                Some(Node::Link(target)) => {
                    name.clone_from(target);
                    absent = Absent::Target(target.clone());
                }
                None => return Err(absent),
            }
        }
        Err(Absent::Circle)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }
}

/// A tar in a file, and what is where in it.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) file: File,
    pub(super) origin: Origin,
    pub(super) table: Table,
}

impl Contents {
    /// Reads a file of at most `limit` bytes; `None` if it is larger.
    pub(super) fn read(&self, span: Span, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        if span.size > limit {
            return Ok(None);
        }
        // The scan has seen all of these bytes, and there are not more than the limit.
        let mut content = vec![0; usize::try_from(span.size).unwrap_or_default()];
        self.read_at(&mut content, span.at)?;
        Ok(Some(content))
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> Result<(), Error> {
        let read = self.file.read_exact_at(buffer, at);
        read.map_err(|source| Error::Read { origin: self.origin.clone(), source })
    }

    /// A reader for one file.
    pub(super) fn open(&self, span: Span) -> SpanBytes<'_> {
        SpanBytes { file: &self.file, span }
    }

    /// Says that the archive is not what it should be.
    pub(super) fn invalid(&self, problem: impl Into<String>) -> Error {
        Error::Invalid { origin: self.origin.clone(), problem: problem.into() }
    }
}

/// Reads one file of an archive.
pub(super) struct SpanBytes<'a> {
    file: &'a File,
    span: Span,
}

impl io::Read for SpanBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let limit = usize::try_from(self.span.size).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..limit], self.span.at)?;
        if read == 0 && limit > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.span.at += read as u64;
        self.span.size -= read as u64;
        Ok(read)
    }
}

/// The folder of a clean name.
fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns a name without `.`, `..` and double slashes, from `folder` on. An absolute one begins at the top of the
/// archive, as some writers have all of theirs (buildpacks' imgutil). `None` if it leads out of the archive.
fn clean(folder: &str, name: &str) -> Option<String> {
    let folder = if name.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}
