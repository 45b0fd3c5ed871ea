//! Ranges of versions.

use std::fmt;

use semver::Version;

use super::error::Problem;

/// A range of versions, such as `>=1.2 <2 || ^3.1`.
#[derive(Clone, PartialEq, Eq)]
pub struct Range {
    text: String,
}

/// Whether a range contains pre-releases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prereleases {
    /// Only those ranges contain pre-releases that name one.
    #[default]
    Named,
    /// Every range contains them.
    All,
}

impl Range {
    /// Parses a range.
    ///
    /// # Errors
    /// [`Problem::Range`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self { text: text.to_owned() })
    }

    /// Returns the range, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reports whether the range contains a version.
    pub fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        let _ = (version, prereleases);
        true
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
