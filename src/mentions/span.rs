//! The places of parts of a text.

use std::ops::Range;

/// Returns the place of `part`, which is a slice of `whole`, if `whole` begins at `start`.
pub(super) fn span_in(whole: &str, part: &str, start: usize) -> Range<usize> {
    let at = start + (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    at..at + part.len()
}
