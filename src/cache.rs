//! What commands keep for the next one, shared by all processes of one user: journals, which are small files of facts,
//! and shelves, which are folders of larger files.

mod file;
mod shelf;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use file::{Entry, now};
pub use shelf::{Shelf, ShelfFile, Shelved};

use file::JournalFile;

/// The entries of one kind that this process and others have found. All users of the process share it.
///
/// The file is read when it is needed. Changes stay in memory until [`save`](Self::save) merges them into the
/// file, which other processes may have changed meanwhile.
pub struct Journal<E> {
    file: Option<JournalFile<E>>,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// The content of the file and the changes since then; `None` until it is needed.
    entries: Option<Vec<E>>,
    /// The changes that are not in the file yet, in order.
    unsaved: Vec<Change<E>>,
}

type Change<E> = Box<dyn Fn(&mut Vec<E>) + Send>;

impl<E: Entry> Journal<E> {
    /// Creates the journal in `folder`, which need not exist. Without a folder, nothing outlives the process.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| JournalFile::new(&folder));
        Self { file, state: Mutex::new(State { entries: None, unsaved: Vec::new() }) }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(JournalFile::path)
    }

    /// Returns the first valid entry with this property.
    pub fn find(&self, is_wanted: impl Fn(&E) -> bool) -> Option<E> {
        let now = now();
        self.state()
            .entries(self.file.as_ref())
            .iter()
            .find(|entry| entry.is_alive(now) && is_wanted(entry))
            .cloned()
    }

    /// Changes the entries. A change that has no effect on the known entries is not saved.
    pub fn change(&self, change: impl Fn(&mut Vec<E>) + Send + 'static) {
        let mut state = self.state();
        let entries = state.entries(self.file.as_ref());
        let before = entries.clone();
        change(entries);
        if *entries != before {
            state.unsaved.push(Box::new(change));
        }
    }

    /// Removes the entries with this property, including those that other processes have added.
    pub fn remove(&self, is_unwanted: impl Fn(&E) -> bool + Send + 'static) {
        let change = move |entries: &mut Vec<E>| entries.retain(|entry| !is_unwanted(entry));
        let mut state = self.state();
        change(state.entries(self.file.as_ref()));
        state.unsaved.push(Box::new(change));
    }

    /// Reports whether there are changes to save.
    pub fn is_changed(&self) -> bool {
        !self.state().unsaved.is_empty()
    }

    /// Writes the changes to the file. This blocks for at most half a second if another process holds the
    /// file.
    ///
    /// A write error is only logged.
    pub fn save(&self) {
        let changes = std::mem::take(&mut self.state().unsaved);
        if let (Some(file), false) = (&self.file, changes.is_empty()) {
            file.update(|entries| changes.iter().for_each(|change| change(entries)), now());
        }
    }

    /// Changes the file immediately. This blocks as [`save`](Self::save) does.
    ///
    /// # Errors
    /// The system's error, or `FileTooLarge` for too many entries that must not be lost. The file is
    /// unchanged then. Without a file there is no error.
    pub fn write(&self, change: impl Fn(&mut Vec<E>)) -> io::Result<()> {
        let Some(file) = &self.file else {
            change(self.state().entries(None));
            return Ok(());
        };
        let written = file.keep(change, now());
        self.state().entries = None;
        written
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        // A panic elsewhere leaves at worst a change that is not saved.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Entry> State<E> {
    fn entries(&mut self, file: Option<&JournalFile<E>>) -> &mut Vec<E> {
        let unsaved = &self.unsaved;
        self.entries.get_or_insert_with(|| {
            let mut entries = file.map(JournalFile::read).unwrap_or_default();
            unsaved.iter().for_each(|change| change(&mut entries));
            entries
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// An entry for the tests.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Server {
        name: String,
        learned: u64,
    }

    impl Entry for Server {
        const FILE_NAME: &str = "servers.json";
        const LIFE: u64 = 60;

        fn learned(&self) -> u64 {
            self.learned
        }
    }

    fn add(journal: &Journal<Server>, name: &str) {
        let server = Server { name: name.to_owned(), learned: now() };
        journal.change(move |servers| {
            if servers.iter().all(|known| known.name != server.name) {
                servers.push(server.clone());
            }
        });
    }

    fn has(journal: &Journal<Server>, name: &str) -> bool {
        journal.find(|server| server.name == name).is_some()
    }

    #[test]
    fn two_processes_keep_each_others_changes() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Journal::<Server>::new(Some(folder.path().to_owned()));
        let (first, second) = (open(), open());
        add(&first, "a");
        add(&second, "b");
        assert!(has(&first, "a") && !has(&first, "b"));

        first.save();
        second.save();

        assert!(!first.is_changed() && has(&open(), "a") && has(&open(), "b"));
    }

    #[test]
    fn a_change_without_effect_is_not_saved_and_a_removal_always_is() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Journal::<Server>::new(Some(folder.path().to_owned()));
        let (first, second) = (open(), open());
        first.change(Vec::clear);
        assert!(!first.is_changed());
        first.remove(|server| server.name == "a");
        add(&second, "a");
        second.save();

        first.save();

        assert!(!has(&open(), "a"), "another process had added it");
    }

    #[test]
    fn an_immediate_change_keeps_those_that_are_not_saved() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(Some(folder.path().to_owned()));
        add(&journal, "a");

        journal.write(|servers| servers.push(Server { name: "b".to_owned(), learned: now() })).unwrap();

        assert!(has(&journal, "a") && has(&journal, "b") && journal.is_changed());
        let memory = Journal::<Server>::new(None);
        memory.write(|servers| servers.push(Server { name: "b".to_owned(), learned: now() })).unwrap();
        assert!(has(&memory, "b") && memory.path().is_none());
    }

    #[test]
    fn an_expired_entry_is_not_found() {
        let journal = Journal::<Server>::new(None);
        let old = Server { name: "a".to_owned(), learned: now() - Server::LIFE };
        journal.change(move |servers| servers.push(old.clone()));
        assert!(!has(&journal, "a"));
    }
}
