//! The tags of a repository, and what is not known about them.

use crate::diagnose::Failure;
use crate::protocol::listing::TagDetail;
use crate::reference::{Selector, Tag};

/// The tags of a repository.
#[derive(Debug, Default)]
pub struct ListedTags {
    /// The tags that were asked for, in their order.
    pub tags: Vec<TagDetail>,
    /// Tags that the registry listed, and then did not have.
    pub gone: Vec<Tag>,
    /// The names in the registry's list that are not valid tags, and so cannot be requested.
    pub invalid: InvalidTags,
    /// How many tags are left out because their date is unknown.
    pub undated: usize,
    /// How many tags lack facts because the registry limits pulls, and reading their manifests would use these up.
    pub spared: usize,
    /// Tags that could not be resolved, and manifests and configs that could not be read, so that facts are unknown.
    pub unread: Vec<Unread>,
}

/// Names in a registry's list of tags that are not valid tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvalidTags {
    /// How many there are.
    pub count: usize,
    /// The first one, as the registry sends it.
    pub first: Option<String>,
}

impl InvalidTags {
    /// Returns the tag of this name, or records that it is none.
    pub(in crate::ops) fn sift(&mut self, name: String) -> Option<Tag> {
        let tag = name.parse().ok();
        if tag.is_none() {
            self.count += 1;
            self.first.get_or_insert(name);
        }
        tag
    }
}

/// A tag that could not be resolved, or a manifest or the config of an image that could not be read.
#[derive(Debug)]
pub struct Unread {
    /// The tag, or the digest of the manifest.
    pub manifest: Selector,
    /// Why.
    pub failure: Failure,
}
