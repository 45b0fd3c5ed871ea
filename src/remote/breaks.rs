//! Bodies that break off: a mirror that gives none of a part in two attempts is not asked a third time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// With so many bytes, a body that broke has brought something all the same.
const PROGRESS: u64 = 64 * 1024;

/// A part of a blob: it ends where it ends, wherever the next attempt begins.
pub(super) type Part = (Digest, u64);

/// The parts whose last body broke off with next to nothing.
#[derive(Debug, Default)]
pub(super) struct Breaks(Mutex<HashSet<Part>>);

impl Breaks {
    /// Takes note that a body of `part` broke after so many bytes; answers whether that was in vain twice.
    pub(super) fn add(&self, part: &Part, brought: u64) -> bool {
        // Each change is one call: the set is whole even after a panic elsewhere.
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if brought >= PROGRESS {
            parts.remove(part);
            return false;
        }
        !parts.insert(part.clone())
    }

    /// Another server is asked from now on.
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
        let (part, other) = ((blob.clone(), 100), (blob, 200));

        assert!(!breaks.add(&part, 0) && !breaks.add(&other, 0));
        assert!(!breaks.add(&part, PROGRESS), "it brought something");
        assert!(!breaks.add(&part, PROGRESS - 1));
        assert!(breaks.add(&part, 0) && breaks.add(&other, 0));
        breaks.forget();
        assert!(!breaks.add(&part, 0));
    }
}
