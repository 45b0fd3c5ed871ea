//! What came to a server, and what it sent.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::message::Head;
use super::route::Route;

/// How much of a request's body is kept.
const BODY_MAX: usize = 4096;

/// One request and its answer, as far as they got.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) route: Route,
    pub(crate) head: Head,
    /// 0 if there was no answer.
    pub(crate) status: u16,
    /// Of the request's body.
    pub(crate) taken: u64,
    /// The beginning of the request's body.
    pub(crate) body: Vec<u8>,
    /// Of the answer's body.
    pub(crate) sent: u64,
}

impl Heard {
    /// Where the range begins that was asked for.
    pub(crate) fn range_start(&self) -> Option<u64> {
        self.head.header("range")?.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
    }
}

/// A request that may still be going on.
#[derive(Debug)]
pub(super) struct Entry {
    route: Route,
    head: Head,
    status: AtomicU16,
    taken: AtomicU64,
    body: Mutex<Vec<u8>>,
    sent: AtomicU64,
}

impl Entry {
    pub(super) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(super) fn took(&self, bytes: &[u8]) {
        self.taken.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        let mut body = self.body.lock().unwrap();
        let room = BODY_MAX.saturating_sub(body.len()).min(bytes.len());
        body.extend_from_slice(&bytes[..room]);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::SeqCst);
    }

    fn heard(&self) -> Heard {
        Heard {
            route: self.route,
            head: self.head.clone(),
            status: self.status.load(Ordering::SeqCst),
            taken: self.taken.load(Ordering::SeqCst),
            body: self.body.lock().unwrap().clone(),
            sent: self.sent.load(Ordering::SeqCst),
        }
    }
}

/// Everything that came to one server.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Mutex<Vec<Arc<Entry>>>,
    connections: AtomicU64,
    /// What came and was no HTTP: the beginnings.
    strange: Mutex<Vec<Vec<u8>>>,
}

impl Log {
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn strange(&self, bytes: &[u8]) {
        self.strange.lock().unwrap().push(bytes.to_owned());
    }

    pub(super) fn begin(&self, head: &Head) -> Arc<Entry> {
        let entry = Arc::new(Entry {
            route: Route::of(head),
            head: head.clone(),
            status: AtomicU16::default(),
            taken: AtomicU64::default(),
            body: Mutex::default(),
            sent: AtomicU64::default(),
        });
        self.entries.lock().unwrap().push(Arc::clone(&entry));
        entry
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn strangers(&self) -> usize {
        self.strange.lock().unwrap().len()
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.entries.lock().unwrap().iter().map(|entry| entry.heard()).collect()
    }

    pub(super) fn forget(&self) {
        self.entries.lock().unwrap().clear();
        self.strange.lock().unwrap().clear();
        self.connections.store(0, Ordering::SeqCst);
    }
}
