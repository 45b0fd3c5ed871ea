//! One proposal.

/// What may stand where the cursor is: the whole word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) value: String,
    /// What it is, in one line. Never foreign text.
    pub(super) help: Option<String>,
}

impl Candidate {
    /// One that explains itself.
    pub(super) fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), help: None }
    }

    /// One that is explained by the first line of a help text.
    pub(super) fn explained(value: impl Into<String>, help: Option<impl ToString>) -> Self {
        let first = |help: String| help.lines().next().map(str::to_owned);
        Self { value: value.into(), help: help.and_then(|help| first(help.to_string())) }
    }
}
