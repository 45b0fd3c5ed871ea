//! The store: what is kept, what is removed, and what it costs.

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[];
