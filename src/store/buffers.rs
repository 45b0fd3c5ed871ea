//! Memory in which small pieces of blobs are gathered, used by one blob after the other.
//!
//! Memory that is new costs: the system hands it out page by page. With many small blobs that is a good part of
//! what a pull costs at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The room of a buffer, in bytes.
pub(super) const ROOM: usize = 256 * 1024;

/// Buffers that nobody uses at present: never more than were used at once. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// An empty buffer with [`ROOM`].
    pub(super) fn take(&self) -> Vec<u8> {
        self.unused().pop().unwrap_or_else(|| Vec::with_capacity(ROOM))
    }

    /// Takes back a buffer, whatever is in it.
    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() == ROOM {
            self.unused().push(buffer);
        }
    }

    fn unused(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Each change is one call: the list is whole even after a panic elsewhere.
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
    fn what_has_grown_is_not_kept() {
        let buffers = Buffers::default();
        buffers.give_back(Vec::with_capacity(ROOM * 2));
        assert!(buffers.unused().is_empty());
    }
}
