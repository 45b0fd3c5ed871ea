//! Reads the changes of one layer, with the directories that they imply.

use std::collections::VecDeque;
use std::io;

use super::entry::{Change, Entry};
use super::listing::Changes;
use super::path::EntryPath;

/// What a layer does at one path.
pub(super) enum Step {
    /// Everything below it in lower layers is hidden.
    Opaque,
    /// It and everything below it in lower layers is hidden.
    Whiteout,
    /// It is a directory, because the layer has something below it.
    Implied,
    /// It is this entry.
    Add(Entry),
}

/// The changes of one layer, in the order of their paths.
pub(super) struct Cursor {
    changes: Changes,
    /// The steps that were read, in order.
    ahead: VecDeque<(EntryPath, Step)>,
    /// The last path that the layer has; all directories that contain it were implied or added.
    last: EntryPath,
}

impl Cursor {
    pub(super) fn new(changes: Changes) -> Self {
        Self { changes, ahead: VecDeque::new(), last: EntryPath::root() }
    }

    /// Returns the path of the next step; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<&EntryPath>> {
        self.fill()?;
        Ok(self.ahead.front().map(|(path, _)| path))
    }

    /// Returns the next step if it is at `path`.
    pub(super) fn next_at(&mut self, path: &EntryPath) -> io::Result<Option<Step>> {
        self.fill()?;
        let is_there = self.ahead.front().is_some_and(|(next, _)| next == path);
        Ok(if is_there { self.ahead.pop_front().map(|(_, step)| step) } else { None })
    }

    fn fill(&mut self) -> io::Result<()> {
        if !self.ahead.is_empty() {
            return Ok(());
        }
        let Some(change) = self.changes.next().transpose()? else { return Ok(()) };
        let path = change.path().clone();
        // Docker and containerd create missing directories for whatever they unpack, whiteouts too.
        let mut ancestor = path.parent();
        while let Some(directory) =
            ancestor.filter(|above| !above.is_root() && self.last.below(above).is_none())
        {
            ancestor = directory.parent();
            self.ahead.push_front((directory, Step::Implied));
        }
        self.last.clone_from(&path);
        match change {
            Change::Opaque(_) => {
                self.ahead.push_back((path.clone(), Step::Opaque));
                self.ahead.push_back((path, Step::Implied));
            }
            Change::Whiteout(_) => {
                // Below it, the layer may have something new, which implies the directory again.
                self.last = path.parent().unwrap_or_default();
                self.ahead.push_back((path, Step::Whiteout));
            }
            Change::Add(entry) => self.ahead.push_back((path, Step::Add(entry))),
        }
        Ok(())
    }
}
