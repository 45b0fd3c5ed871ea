//! Which tags are listed, by their names. There is no I/O here.

use crate::sync::{Pattern, Prereleases, Range, version_of};

/// Which tags are listed, by their names.
#[derive(Clone, Debug, Default)]
pub struct TagFilter {
    /// Only tags that match.
    pub matching: Option<Pattern>,
    /// Only versions in one of these ranges. Pre-releases, such as `1.2-alpine`, only if the range names one.
    pub versions: Vec<Range>,
}

impl TagFilter {
    /// Reports whether a tag is listed.
    pub fn keeps(&self, tag: &str) -> bool {
        let is_matched = self.matching.as_ref().is_none_or(|pattern| pattern.matches(tag));
        let in_range = || {
            version_of(tag).is_some_and(|version| {
                self.versions.iter().any(|range| range.contains(&version, Prereleases::Named))
            })
        };
        is_matched && (self.versions.is_empty() || in_range())
    }
}
