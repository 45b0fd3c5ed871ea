//! The order of tags. There is no I/O here.

use std::cmp::Ordering;

use super::options::{TagOrder, TagsOptions};
use crate::protocol::listing::TagDetail;
use crate::sync::version_of;

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
