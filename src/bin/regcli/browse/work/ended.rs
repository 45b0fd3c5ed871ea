//! How the loading of a view ended.

/// How the loading of a view ended.
pub(super) enum Ended {
    /// All is there.
    Complete,
    /// All is there, except what the text says.
    Partly(String),
    /// The view knows already.
    Already,
}

impl Ended {
    pub(super) fn of(missing: Option<String>) -> Self {
        missing.map_or(Self::Complete, Self::Partly)
    }
}
