//! What is listed of tags, and in which order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::filter::TagFilter;
use crate::image::Platform;
use crate::protocol::listing::{Fact, TagDetail};

/// The order of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagOrder {
    /// By name.
    Name,
    /// By version, the highest first; then the other tags, by name.
    Version,
    /// By date, the newest first: that of the push, or else that of the build. Tags without a date come last.
    Date,
    /// By size, the largest first. Tags without a size come last.
    Size,
}

/// How the tags of a repository are listed.
#[derive(Clone, Debug)]
pub struct TagsOptions {
    /// Which tags are listed.
    pub filter: TagFilter,
    /// Only tags with a later date are listed.
    pub since: Option<Timestamp>,
    /// The order; `None` for that of the registry.
    pub order: Option<TagOrder>,
    /// Whether the order is reversed.
    pub is_reversed: bool,
    /// The maximum number of tags.
    pub limit: Option<usize>,
    /// The facts that are of use. Where the registry has a list of tags with facts, only those in it are.
    pub wanted: BTreeSet<Fact>,
    /// The facts that are read from manifests and configs if the registry's list does not have them.
    pub needed: BTreeSet<Fact>,
    /// The platform whose image's size is the size of an index.
    pub platform: Platform,
}

impl TagsOptions {
    /// Reports whether names are not enough.
    pub(super) fn needs_facts(&self) -> bool {
        !self.wanted.is_empty() || !self.needed.is_empty() || !self.goes_by_names()
    }

    /// Reports whether the tags can be chosen by their names alone.
    pub(super) fn goes_by_names(&self) -> bool {
        self.since.is_none() && matches!(self.order, None | Some(TagOrder::Name | TagOrder::Version))
    }

    /// Returns the facts that have to be known about a tag before the tags can be chosen and sorted.
    pub(super) fn facts_for_order(&self, detail: &TagDetail) -> BTreeSet<Fact> {
        let by_date = self.since.is_some() || self.order == Some(TagOrder::Date);
        let date = (by_date && detail.date().is_none()).then_some(Fact::Created);
        let size = (self.order == Some(TagOrder::Size)).then_some(Fact::Size);
        date.into_iter().chain(size).collect()
    }

    /// Returns the facts that have to be known about a tag that was chosen. `is_listed` says that it is in the
    /// registry's own list of tags with facts; nothing else is read about it without need.
    pub(super) fn facts_to_show(&self, is_listed: bool) -> BTreeSet<Fact> {
        match is_listed {
            true => self.needed.clone(),
            false => &self.needed | &self.wanted,
        }
    }
}
