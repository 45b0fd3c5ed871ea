//! One proposal.

/// A whole word that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) value: String,
    /// A description on one line. Never foreign text.
    pub(super) help: Option<String>,
}

impl Candidate {
    /// Creates a candidate that needs no description.
    pub(super) fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), help: None }
    }

    /// Creates a candidate with the first line of a help text as its description.
    pub(super) fn explained(value: impl Into<String>, help: Option<impl ToString>) -> Self {
        let first = |help: String| help.lines().next().map(str::to_owned);
        Self { value: value.into(), help: help.and_then(|help| first(help.to_string())) }
    }
}
