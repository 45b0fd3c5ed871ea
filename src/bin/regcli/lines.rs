//! What earlier commands have found out about the lines to registries: how many connections are of use.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use regcli::cache::{Entry, Journal, now};
use regcli::transfer::Experience;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// How long the end of a command waits for a disk.
const SAVE_LIMIT: Duration = Duration::from_secs(1);

/// The lines that this command uses, and those that are known.
pub(crate) struct Lines {
    known: Arc<Journal<Line>>,
    used: Mutex<HashMap<String, Experience>>,
}

/// A line between registries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    /// Both ends, as far as they are registries.
    registries: String,
    connections: usize,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

impl Entry for Line {
    const FILE_NAME: &str = "lines.json";
    /// A machine moves from one network to another, and servers have busy hours.
    const LIFE: u64 = 60 * 60;

    fn learned(&self) -> u64 {
        self.learned
    }
}

impl Lines {
    /// Creates an instance with the file in `folder`; without a folder nothing outlives the process.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { known: Arc::new(Journal::new(folder)), used: Mutex::default() }
    }

    /// Returns what this command and those of the last hour have found out about the line. A copy without a registry
    /// has none.
    pub(crate) fn experience(&self, registries: &str) -> Experience {
        if registries.is_empty() {
            return Experience::default();
        }
        let known = || {
            let line = self.known.find(|line| line.registries == registries);
            line.map_or_else(Experience::default, |line| Experience::of(line.connections))
        };
        self.used().entry(registries.to_owned()).or_insert_with(known).clone()
    }

    /// Saves what this command has found out. A write error is only logged.
    ///
    /// # Cancel safety
    /// A write that has started is finished, or leaves the file unchanged.
    pub(crate) async fn save(&self) {
        for (registries, experience) in &*self.used() {
            let Some(connections) = experience.connections() else { continue };
            if self
                .known
                .find(|line| line.registries == *registries)
                .is_some_and(|line| line.connections == connections)
            {
                continue;
            }
            let line = Line { registries: registries.clone(), connections, learned: now() };
            self.known.change(move |lines| {
                lines.retain(|known| known.registries != line.registries);
                lines.push(line.clone());
            });
        }
        if self.known.is_changed() {
            let known = Arc::clone(&self.known);
            // A disk that hangs must not hold up the end of a command.
            let _ = timeout(SAVE_LIMIT, tokio::task::spawn_blocking(move || known.save())).await;
        }
    }

    fn used(&self) -> MutexGuard<'_, HashMap<String, Experience>> {
        // Each change is a single call, so the map is consistent even after a panic elsewhere.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_next_command_begins_with_what_the_last_one_has_found() {
        let folder = tempfile::tempdir().unwrap();
        let load = || Lines::new(Some(folder.path().to_owned()));
        let first = load();
        assert_eq!(first.experience("a.example").connections(), None);
        first.experience("b.example").found(16);
        first.experience("").found(16);
        first.save().await;

        let next = load();
        assert_eq!(next.experience("a.example").connections(), None, "nothing was measured");
        assert_eq!(next.experience("b.example").connections(), Some(16));
        assert_eq!(next.experience("").connections(), None, "that is not a line");
        next.save().await;
        assert!(!next.known.is_changed(), "what is known already is not written again");
    }
}
