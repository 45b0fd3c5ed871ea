//! Interrupted bodies: a mirror that fails twice to deliver any of a part is not asked for it again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// An interrupted body with at least this many bytes counts as progress.
const PROGRESS: u64 = 64 * 1024;

/// A part of a blob, identified by its end, because each attempt may start at another offset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) blob: Digest,
    pub(super) end: u64,
}

/// The parts whose last body was interrupted without progress.
#[derive(Debug, Default)]
pub(super) struct Breaks(Mutex<HashSet<Part>>);

impl Breaks {
    /// Records that a body of `part` was interrupted after this many bytes. Reports whether that was the
    /// second time without progress.
    pub(super) fn add(&self, part: &Part, brought: u64) -> bool {
        // Each change is one call, so the set is consistent even after a panic elsewhere.
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if brought >= PROGRESS {
            parts.remove(part);
            return false;
        }
        !parts.insert(part.clone())
    }

    /// Forgets all parts, because another server is used from now on.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_part_in_vain_twice_in_a_row_is_in_vain_twice() {
        let breaks = Breaks::default();
        let blob = Digest::sha256(b"blob");
        let (part, other) = (Part { blob: blob.clone(), end: 100 }, Part { blob, end: 200 });

        assert!(!breaks.add(&part, 0) && !breaks.add(&other, 0));
        assert!(!breaks.add(&part, PROGRESS), "that was progress");
        assert!(!breaks.add(&part, PROGRESS - 1));
        assert!(breaks.add(&part, 0) && breaks.add(&other, 0));
        breaks.forget();
        assert!(!breaks.add(&part, 0));
    }
}
