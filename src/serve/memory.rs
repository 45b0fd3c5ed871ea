//! The limit of memory for responses in progress.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The memory for all responses together, in addition to [`FREE`] for each, in KiB. Slow clients keep their
/// share for as long as they are connected.
const KIBIBYTES: usize = 48 * 1024;

/// The memory for each response in any case, in bytes, so that all make progress when the rest is in use.
pub(super) const FREE: usize = 16 * 1024;

/// The memory of all responses. Cheap to clone; clones share the memory.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Semaphore>);

/// A part of the memory, until it is dropped.
pub(super) type Share = OwnedSemaphorePermit;

impl Memory {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(KIBIBYTES)))
    }

    /// Takes this number of bytes, if that many are left.
    pub(super) fn take(&self, bytes: usize) -> Option<Share> {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(kibibytes).ok()
    }
}

/// Returns `content` as bytes that keep `kept` until they are sent.
pub(super) fn keeping<K: Send + 'static>(content: Vec<u8>, kept: K) -> Bytes {
    Bytes::from_owner(Keeping { content, _kept: kept })
}

struct Keeping<K> {
    content: Vec<u8>,
    _kept: K,
}

impl<K> AsRef<[u8]> for Keeping<K> {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_what_is_taken_is_there_again_once_its_bytes_are_sent() {
        let memory = Memory::new();
        let all = memory.take(KIBIBYTES * 1024).unwrap();
        assert!(memory.take(1).is_none());
        let bytes = keeping(vec![1; 10], all);
        let part = bytes.slice(3..5);
        drop(bytes);
        assert!(memory.take(1).is_none(), "a part is still to be sent");
        drop(part);
        assert!(memory.take(KIBIBYTES * 1024).is_some());
    }
}
