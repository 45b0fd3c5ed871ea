//! Which tags of a repository are copied, and why the others are not.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use super::pattern::Pattern;
use super::range::{Prereleases, Range};
use super::recipe::Rule;
use crate::digest::Digest;
use crate::reference::Tag;

/// A selection of tags.
///
/// Tags that match a pattern and are in a range, without those excluded, then the newest of them; `names` and `digests`
/// are added in any case. A set that has neither of all these selects every tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TagSet {
    /// Tags that are always selected, whether the registry lists them or not.
    pub names: Vec<Tag>,
    /// Images that are selected by their digests.
    pub digests: Vec<Pinned>,
    /// Patterns, one of them has to match. Empty matches every tag.
    pub patterns: Vec<Pattern>,
    /// Ranges of versions; one of them has to contain the tag. Empty contains every tag.
    pub semver: Vec<Range>,
    /// Whether ranges contain pre-releases.
    pub prereleases: Prereleases,
    /// Patterns whose matches are dropped.
    pub exclude: Vec<Pattern>,
    /// The limit of tags.
    pub newest: Option<Newest>,
}

/// An image that is selected by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pinned {
    /// The digest.
    pub digest: Digest,
    /// The tag that the image gets at the target. Without one it is copied under its digest only.
    pub tag: Option<Tag>,
}

/// How many of the newest tags are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Newest {
    /// The number of tags.
    pub count: NonZeroUsize,
    /// What makes a tag newer than another.
    pub by: Order,
}

/// What makes a tag newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The version in its name, then the name. Tags that are not versions are dropped.
    #[default]
    Semver,
    /// The date of its image, then the name. Tags without a date are the oldest.
    Date,
}

/// The step that dropped a tag, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// No pattern matches.
    NotMatched,
    /// The tag is not a version.
    NoSemver,
    /// No range contains the version.
    OutOfRange,
    /// A pattern excludes it.
    Excluded,
    /// There are enough newer tags.
    NotNewest,
}

/// The tags of a repository that a rule selects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// The selected tags: those of the list in its order, then those that the list does not have.
    pub kept: Vec<Tag>,
    /// Images that are selected by digest.
    pub pinned: Vec<Pinned>,
    /// The tags of the list that are not selected, by the last step that one of them has reached.
    pub dropped: Vec<Dropped>,
}

/// The tags that one step dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The step.
    pub stage: Stage,
    /// The tags, in the order of the list.
    pub tags: Vec<Tag>,
}

impl TagSet {
    /// Reports whether the registry's list of tags is needed. It is not if the set only has names and digests.
    pub fn needs_list(&self) -> bool {
        let selects = !self.patterns.is_empty()
            || !self.semver.is_empty()
            || !self.exclude.is_empty()
            || self.newest.is_some();
        selects || self.names.is_empty() && self.digests.is_empty()
    }
}

impl Rule {
    /// Reports whether the registry's list of tags is needed.
    pub fn needs_list(&self) -> bool {
        self.tags.is_empty() || self.tags.iter().any(TagSet::needs_list)
    }

    /// Returns the tags whose dates decide which are selected. Empty if dates do not matter.
    pub fn dated(&self, tags: &[Tag]) -> Vec<Tag> {
        let _ = tags;
        Vec::new()
    }

    /// Selects tags from a repository's list of tags. `dates` has those of [`dated`](Self::dated), in any type that
    /// orders them.
    pub fn choose<D: Ord>(&self, tags: &[Tag], dates: &HashMap<Tag, D>) -> Chosen {
        let _ = dates;
        Chosen { kept: tags.to_vec(), ..Chosen::default() }
    }
}
