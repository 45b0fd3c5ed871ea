//! What one copy leaves to the next one between the same places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many connections were found to be worth while. Clones share it: whoever copies several images one after the
/// other finds it out once.
#[derive(Clone, Debug, Default)]
pub struct Experience {
    /// None as long as it is 0.
    connections: Arc<AtomicUsize>,
}

impl Experience {
    /// As many connections as the last copy has found, if it has found anything.
    pub(super) fn connections(&self) -> Option<usize> {
        Some(self.connections.load(Ordering::Relaxed)).filter(|connections| *connections > 0)
    }

    /// So many connections are worth while.
    pub(super) fn found(&self, connections: usize) {
        self.connections.store(connections, Ordering::Relaxed);
    }
}
