//! Archives, layouts and folders, as others have written them.

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[];
