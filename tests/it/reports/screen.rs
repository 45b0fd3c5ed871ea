//! What a terminal shows while a command works, and after it was interrupted.

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[];
