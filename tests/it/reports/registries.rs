//! Registries that refuse, answer in pages, or lead elsewhere.

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[];
