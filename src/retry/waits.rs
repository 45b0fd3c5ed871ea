//! What this process currently waits for, so that it can be shown.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after its time a retry that is never sent is still shown.
const OVERDUE: Duration = Duration::from_secs(1);

/// The servers that this process currently waits for. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Waits(Arc<Mutex<Vec<(u64, Wait)>>>);

/// A wait for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The server's `host[:port]`.
    pub server: String,
    /// Why the process waits.
    pub cause: Cause,
    /// When the last data arrived from the server.
    pub since: Instant,
    /// When the next request is sent; `None` while one is in flight.
    pub until: Option<Instant>,
    /// How many requests have failed since then.
    pub failed: u32,
    /// The number of failed requests after which the command gives up, if that is limited.
    pub limit: Option<u32>,
    /// When the command gives up, if only the time is limited.
    pub gives_up: Option<Instant>,
}

/// Why the process waits for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server has accepted a request and is silent.
    Silent,
    /// A request failed. Holds a short form of the error, for messages, without secrets.
    Failed(String),
}

impl Waits {
    /// Returns the current waits: one for each server, the longest first.
    pub fn now(&self) -> Vec<Wait> {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> Vec<Wait> {
        let mut waits: Vec<_> = self.list().iter().map(|(_, wait)| wait.clone()).collect();
        // A retry that was never sent is not waited for either.
        waits.retain(|wait| wait.until.is_none_or(|until| now < until + OVERDUE));
        // A failure is more specific than silence.
        waits.sort_by_key(|wait| (wait.cause == Cause::Silent, wait.since));
        let mut servers = Vec::new();
        for wait in waits {
            if servers.iter().all(|known: &Wait| known.server != wait.server) {
                servers.push(wait);
            }
        }
        servers.sort_by_key(|wait| wait.since);
        servers
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
        // Each change is one call, so the list is consistent even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guard: the wait is shown until it is dropped.
#[derive(Debug)]
pub struct Waiting {
    waits: Waits,
    id: u64,
}

impl Waiting {
    /// Changes the wait that is shown.
    pub fn update(&self, change: impl FnOnce(&mut Wait)) {
        if let Some((_, wait)) = self.waits.list().iter_mut().find(|(id, _)| *id == self.id) {
            change(wait);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waits.list().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(server: &str, cause: Cause, since: Instant) -> Wait {
        Wait { server: server.to_owned(), cause, since, until: None, failed: 0, limit: None, gives_up: None }
    }

    #[test]
    fn a_wait_is_shown_as_long_as_its_guard_exists() {
        let waits = Waits::default();
        let wait = |server| wait(server, Cause::Silent, Instant::now());
        let first = waits.begin(wait("a"));
        let second = waits.begin(wait("b"));
        assert_eq!(waits.now().iter().map(|wait| wait.server.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        drop(first);
        let third = waits.begin(wait("c"));
        assert_eq!(waits.now().len(), 2);
        drop((second, third));
        assert_eq!(waits.now(), []);
    }

    #[test]
    fn a_server_is_shown_once_with_its_failure_before_its_silence() {
        let (waits, now) = (Waits::default(), Instant::now());
        let refused = Cause::Failed("connection refused".to_owned());
        let later = |seconds| now + Duration::from_secs(seconds);
        let _guards = [
            waits.begin(wait("a", Cause::Silent, now)),
            waits.begin(wait("a", refused.clone(), later(1))),
            waits.begin(wait("a", Cause::Silent, later(2))),
            waits.begin(wait("b", Cause::Silent, later(3))),
        ];
        let shown: Vec<_> = waits.now().into_iter().map(|wait| (wait.server, wait.cause)).collect();
        assert_eq!(shown, [("a".to_owned(), refused), ("b".to_owned(), Cause::Silent)]);
    }

    #[test]
    fn a_server_whose_retry_is_overdue_is_not_shown() {
        let (waits, now) = (Waits::default(), Instant::now());
        let shown = waits.begin(wait("a", Cause::Silent, now));
        shown.update(|wait| wait.until = Some(now + Duration::from_secs(5)));
        let after = |millis| waits.at(now + Duration::from_millis(millis)).len();
        assert_eq!([0, 5000, 5999, 6000].map(after), [1, 1, 1, 0]);
    }
}
