//! Finds one path in one layer.

use std::io;

use super::cursor::{Cursor, Step};
use super::entry::Entry;
use super::listing::Listing;
use super::path::EntryPath;

/// What a layer says about a path, and about the directories that contain it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// The entry at the path itself, or a file or link in place of one of the directories that contain it: the
    /// outermost.
    pub entry: Option<Entry>,
    /// How many components of the path the layer has as directories.
    pub directories: usize,
    /// Whether the path in lower layers is hidden.
    pub hides: bool,
}

impl Listing {
    /// Looks for `path`. The list is read up to the path.
    ///
    /// # Errors
    /// The system's error; [`io::ErrorKind::InvalidData`] if the file is damaged.
    pub fn find(&self, path: &EntryPath) -> io::Result<Sighting> {
        let (mut cursor, mut sighting) = (Cursor::new(self.changes()), Sighting::default());
        while let Some(at) = cursor.peek()?.cloned() {
            if at > *path {
                break;
            }
            let Some(step) = cursor.next_at(&at)? else { break };
            if path.below(&at).is_some() {
                sighting.take(&at, step, path);
            }
        }
        Ok(sighting)
    }
}

impl Sighting {
    /// Takes a step at `at`, which is `path` or contains it.
    fn take(&mut self, at: &EntryPath, step: Step, path: &EntryPath) {
        match step {
            Step::Opaque => self.hides |= at != path,
            Step::Whiteout => self.hides = true,
            Step::Implied => self.directories = self.directories.max(at.depth()),
            // A layer that has something below a file is not valid: the file counts.
            Step::Add(_) if self.entry.as_ref().is_some_and(|entry| !entry.is_directory()) => {}
            Step::Add(entry) => {
                if entry.is_directory() {
                    self.directories = self.directories.max(at.depth());
                } else {
                    self.hides = true;
                }
                if !entry.is_directory() || at == path {
                    self.entry = Some(entry);
                }
            }
        }
    }
}
