//! Reusable memory in which small pieces of blobs are gathered.
//!
//! New memory is expensive, because the system provides it page by page. With many small blobs that is a
//! considerable part of the cost of a pull.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The capacity of a buffer, in bytes. A pull has up to 32 of them, so four times as much would take 6 MiB more
/// memory, without saving measurable time.
pub(super) const ROOM: usize = 64 * 1024;

/// Unused buffers, at most as many as were ever in use together. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// Returns an empty buffer with the capacity [`ROOM`].
    pub(super) fn take(&self) -> Vec<u8> {
        self.unused().pop().unwrap_or_else(|| Vec::with_capacity(ROOM))
    }

    /// Takes back a buffer with any content.
    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() == ROOM {
            self.unused().push(buffer);
        }
    }

    fn unused(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Each change is one call, so the list stays consistent even if a thread panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_given_back_is_used_again_and_is_empty() {
        let buffers = Buffers::default();
        let mut first = buffers.take();
        first.extend_from_slice(b"content of another blob");
        let place = first.as_ptr();
        buffers.give_back(first);
        let again = buffers.clone().take();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (place, 0, ROOM));
    }

    #[test]
    fn a_buffer_that_has_grown_is_not_kept() {
        let buffers = Buffers::default();
        buffers.give_back(Vec::with_capacity(ROOM * 2));
        assert!(buffers.unused().is_empty());
    }
}
