//! All connections, and the choice of the one to close when there are too many.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// After this time without any movement, a connection with an open request may be closed to make room. It is
/// long enough for a server that hashes a layer, or a client that unpacks one.
const STALLED: Duration = Duration::from_secs(60);

/// All connections. Cheap to clone; clones share them.
#[derive(Clone)]
pub(super) struct Crowd {
    members: Arc<Mutex<Vec<Requests>>>,
    since: Instant,
}

/// The requests of one connection. Cheap to clone; clones share them.
#[derive(Clone)]
pub(super) struct Requests(Arc<Member>);

struct Member {
    peer: SocketAddr,
    since: Instant,
    /// The last time that bytes moved, in milliseconds after `since`.
    moved: AtomicU64,
    begun: AtomicU64,
    open: AtomicUsize,
    is_leaving: AtomicBool,
    leave: Notify,
}

/// A request that is being handled, until the end of its response.
pub(super) struct Open(Requests);

impl Default for Crowd {
    fn default() -> Self {
        Self { members: Arc::default(), since: Instant::now() }
    }
}

impl Crowd {
    /// Adds a new connection.
    pub(super) fn join(&self, peer: SocketAddr) -> Requests {
        let requests = Requests(Arc::new(Member {
            peer,
            since: self.since,
            moved: AtomicU64::default(),
            begun: AtomicU64::default(),
            open: AtomicUsize::default(),
            is_leaving: AtomicBool::default(),
            leave: Notify::new(),
        }));
        requests.moved();
        self.members().push(requests.clone());
        requests
    }

    /// Removes a closed connection.
    pub(super) fn leave(&self, requests: &Requests) {
        self.members().retain(|member| !Arc::ptr_eq(&member.0, &requests.0));
    }

    /// Asks a connection to end: one that has never sent a request, else one that waits for its next, else a
    /// stalled one. If there are several, it is the one that has been idle for longest.
    pub(super) fn make_room(&self) {
        let members = self.members();
        let stalled = millis(self.since.elapsed().saturating_sub(STALLED));
        let may_go = |member: &&Requests| !member.are_open() || member.moved_at() < stalled;
        let staying = members.iter().filter(|member| !member.0.is_leaving.load(Ordering::Relaxed));
        let quiet = staying
            .filter(may_go)
            .min_by_key(|member| (member.are_open(), member.begun() > 0, member.moved_at()));
        if let Some(quiet) = quiet {
            quiet.must_leave();
        }
    }

    /// Returns how many requests are open on all connections.
    pub(super) fn open(&self) -> usize {
        self.members().iter().map(|member| member.0.open.load(Ordering::Relaxed)).sum()
    }

    /// Asks all connections to end, even those with an open request.
    pub(super) fn cut(&self) {
        self.members().iter().for_each(Requests::must_leave);
    }

    /// Locks the list. Each change is one step, so the list stays consistent even if a thread panics.
    fn members(&self) -> MutexGuard<'_, Vec<Requests>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Requests {
    pub(super) fn begin(self) -> Open {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    pub(super) fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::Relaxed)
    }

    pub(super) fn are_open(&self) -> bool {
        self.0.open.load(Ordering::Relaxed) > 0
    }

    /// Returns the address of the client.
    pub(super) fn peer(&self) -> SocketAddr {
        self.0.peer
    }

    /// Records that bytes have moved.
    pub(super) fn moved(&self) {
        self.0.moved.store(millis(self.0.since.elapsed()), Ordering::Relaxed);
    }

    fn must_leave(&self) {
        self.0.is_leaving.store(true, Ordering::Relaxed);
        self.0.leave.notify_one();
    }

    fn moved_at(&self) -> u64 {
        self.0.moved.load(Ordering::Relaxed)
    }

    /// Waits until the connection has to make room.
    pub(super) async fn asked_to_leave(&self) {
        self.0.leave.notified().await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_silent_connections_make_room_before_used_ones_and_none_at_work_does() {
        let crowd = Crowd::default();
        let join = || crowd.join("127.0.0.1:1".parse().unwrap());
        let (working, used, silent) = (join(), join(), join());
        let _open = working.clone().begin();
        drop(used.clone().begin());
        let leaving =
            || [&working, &used, &silent].map(|requests| requests.0.is_leaving.load(Ordering::Relaxed));
        crowd.make_room();
        assert_eq!(leaving(), [false, false, true]);
        crowd.make_room();
        assert_eq!(leaving(), [false, true, true]);
        crowd.make_room();
        assert_eq!(leaving(), [false, true, true], "a request is under way");
        crowd.leave(&silent);
        assert_eq!(crowd.members().len(), 2);
    }
}
