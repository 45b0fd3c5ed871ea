//! The files of an archive and their positions in the tar.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use tar::EntryType;

use super::tape;
use super::{Error, Origin};

/// Maximum number of entries of an archive. Old Docker archives have four for each layer.
const ENTRIES_MAX: usize = 100_000;

/// Maximum total length of all names, which are kept in memory.
const NAMES_MAX: usize = 16 * 1024 * 1024;

/// Maximum length of a chain of links. Old Docker writes one link.
const LINKS_MAX: usize = 8;

/// The position of a file's content in the tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) size: u64,
}

/// What a name in an archive refers to.
#[derive(Debug)]
enum Node {
    File(Span),
    /// The full name of another entry.
    Link(String),
}

/// Why a name refers to no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// No entry has this name.
    File,
    /// The name is a link to a missing entry.
    Target(String),
    /// The name is a link that leads through too many others.
    Circle,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("which is missing"),
            Self::Target(target) => write!(f, "which is a link to {target:?}, which is missing"),
            Self::Circle => f.write_str("which is a link that leads to no file"),
        }
    }
}

/// The files of an archive by their names. The names are only looked up and never used as paths.
#[derive(Debug, Default)]
pub(super) struct Table {
    nodes: HashMap<String, Node>,
    names: usize,
    /// A document that occurs more than once. Different readers would use different ones of them.
    pub(super) ambiguous: Option<String>,
}

impl Table {
    /// Adds an entry. Folders, devices and names that lead out of the archive are left out, because no
    /// document can refer to them. Of several files with one name the last one counts, as in unpacking.
    pub(super) fn add(&mut self, entry: &tape::Entry, at: u64) -> io::Result<()> {
        let Some(name) = clean("", entry.name()) else { return Ok(()) };
        let node = match entry.kind {
            EntryType::Regular | EntryType::Continuous => Node::File(Span { at, size: entry.size }),
            EntryType::Symlink => match clean(folder_of(&name), entry.link()) {
                Some(target) => Node::Link(target),
                None => return Ok(()),
            },
            EntryType::Link => match clean("", entry.link()) {
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

    /// Returns all names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }
}

/// A tar in a file, with the positions of its files.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) file: File,
    pub(super) origin: Origin,
    pub(super) table: Table,
}

impl Contents {
    /// Reads a file of at most `limit` bytes. Returns `None` if it is larger.
    pub(super) fn read(&self, span: Span, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        if span.size > limit {
            return Ok(None);
        }
        // The scan has read all of these bytes, and they do not exceed the limit.
        let mut content = vec![0; usize::try_from(span.size).unwrap_or_default()];
        self.read_at(&mut content, span.at)?;
        Ok(Some(content))
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> Result<(), Error> {
        let read = self.file.read_exact_at(buffer, at);
        read.map_err(|source| Error::Read { origin: self.origin.clone(), source })
    }

    /// Returns a reader for one file.
    pub(super) fn open(&self, span: Span) -> SpanBytes<'_> {
        SpanBytes { file: &self.file, span }
    }

    /// Returns the error of an invalid archive.
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

/// Returns the folder of a clean name.
fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns a name relative to `folder`, without `.`, `..` and double slashes. An absolute name begins at the
/// top of the archive, because some writers make all names absolute (buildpacks' imgutil). Returns `None` if
/// the name leads out of the archive.
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
