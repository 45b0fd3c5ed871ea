//! What counts as a difference.

/// What counts as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Every difference.
    #[default]
    Exact,
    /// Times, orders and records of the build do not count: what differs when the same sources are built again.
    Semantic,
}
