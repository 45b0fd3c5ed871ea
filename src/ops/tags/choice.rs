//! Which tags are listed, and their order. There is no I/O here.

use std::cmp::Ordering;

use super::options::{TagOrder, TagsOptions};
use crate::protocol::listing::TagDetail;
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

/// Sorts tags. The sort is stable, and unknown values come last, even if the order is reversed.
pub(super) fn sort(tags: &mut [TagDetail], options: &TagsOptions) {
    let Some(order) = options.order else {
        if options.is_reversed {
            tags.reverse();
        }
        return;
    };
    match order {
        TagOrder::Name => tags.sort_by(|a, b| turned(a.tag.cmp(&b.tag), options)),
        TagOrder::Version => {
            tags.sort_by_cached_key(|detail| detail.tag.clone());
            sort_known(tags, options, |detail| version_of(detail.tag.as_str()));
        }
        TagOrder::Date => sort_known(tags, options, TagDetail::date),
        TagOrder::Size => sort_known(tags, options, |detail| detail.size_for(&options.platform)),
    }
}

/// Sorts by a value, the greatest first.
fn sort_known<K: Ord + Clone>(
    tags: &mut [TagDetail],
    options: &TagsOptions,
    key: impl Fn(&TagDetail) -> Option<K>,
) {
    let compare = |a: &Option<K>, b: &Option<K>| match (a, b) {
        (Some(a), Some(b)) => turned(b.cmp(a), options),
        (known, other) => other.is_some().cmp(&known.is_some()),
    };
    let mut keyed: Vec<_> = tags.iter().map(|detail| (key(detail), detail.clone())).collect();
    keyed.sort_by(|(a, _), (b, _)| compare(a, b));
    for (place, (_, detail)) in tags.iter_mut().zip(keyed) {
        *place = detail;
    }
}

fn turned(ordering: Ordering, options: &TagsOptions) -> Ordering {
    if options.is_reversed { ordering.reverse() } else { ordering }
}
