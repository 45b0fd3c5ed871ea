//! What is listed of tags, and in which order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::choice::TagFilter;
use crate::image::Platform;
use crate::protocol::listing::Fact;

/// The order of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagOrder {
    /// By name.
    Name,
    /// By version, the highest first; then the tags that are no versions, by name.
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
    /// Reports whether the order or the choice of tags depends on their dates.
    pub(super) fn needs_dates(&self) -> bool {
        self.since.is_some() || self.order == Some(TagOrder::Date)
    }

    /// Reports whether the tags can be chosen by their names alone.
    pub(super) fn goes_by_names(&self) -> bool {
        self.since.is_none() && matches!(self.order, None | Some(TagOrder::Name | TagOrder::Version))
    }
}
