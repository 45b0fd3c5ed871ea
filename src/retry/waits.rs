//! What this process waits for, for those who show it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The servers that this process waits for at the moment. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Waits(Arc<Mutex<Vec<(u64, Wait)>>>);

/// One server that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The server's `host[:port]`.
    pub server: String,
    /// Why it is waited for.
    pub cause: Cause,
    /// Since when nothing has come from it.
    pub since: Instant,
    /// When it is asked again, if that is known.
    pub until: Option<Instant>,
    /// How many requests have failed since then.
    pub failed: u32,
    /// After how many failed requests the command gives up, if their number is limited.
    pub limit: Option<u32>,
}

/// Why a server is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It has taken a request, and sends nothing.
    Silent,
    /// A request failed: the error in short, for people, without secrets.
    Failed(String),
}

impl Waits {
    /// Returns what is waited for now, the longest wait first.
    pub fn now(&self) -> Vec<Wait> {
        let mut waits: Vec<_> = self.list().iter().map(|(_, wait)| wait.clone()).collect();
        waits.sort_by_key(|wait| wait.since);
        waits
    }

    /// Shows `wait` until the returned guard is dropped.
    pub fn begin(&self, wait: Wait) -> Waiting {
        let mut list = self.list();
        let id = list.last().map_or(0, |(id, _)| id + 1);
        list.push((id, wait));
        drop(list);
        Waiting { waits: self.clone(), id }
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Wait)>> {
        // Each change is one call: the list is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait that is shown as long as this exists.
#[derive(Debug)]
pub struct Waiting {
    waits: Waits,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waits.list().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shown_as_long_as_its_guard_exists() {
        let waits = Waits::default();
        let wait = |server: &str| Wait {
            server: server.to_owned(),
            cause: Cause::Silent,
            since: Instant::now(),
            until: None,
            failed: 0,
            limit: None,
        };
        let first = waits.begin(wait("a"));
        let second = waits.begin(wait("b"));
        assert_eq!(waits.now().iter().map(|wait| wait.server.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        drop(first);
        let third = waits.begin(wait("c"));
        assert_eq!(waits.now().len(), 2);
        drop((second, third));
        assert_eq!(waits.now(), []);
    }
}
