//! Tags from the list that a registry has beside that of the registry's API.

use std::collections::HashMap;

use jiff::Timestamp;

use super::listed::InvalidTags;
use super::options::{TagOrder, TagsOptions};
use crate::ops::Error;
use crate::ops::all_tags::{TAGS_MAX, sift_tags};
use crate::protocol::listing::TagDetail;
use crate::reference::{Name, Tag};
use crate::remote::{ListOrder, Remote, TagList};

/// The tags that such a list has.
#[derive(Debug, Default)]
pub(super) struct OwnTags {
    pub(super) tags: Vec<TagDetail>,
    /// The names that are not valid tags.
    pub(super) invalid: InvalidTags,
    /// Whether these are all that can be chosen.
    is_complete: bool,
}

impl OwnTags {
    /// Reads the registry's own list, as far as it has one and shows it. A list that ends early is not an error.
    ///
    /// # Errors
    /// An error if the registry is unreachable; [`Error::TooManyTags`].
    pub(super) async fn read(remote: &Remote, name: &Name, options: &TagsOptions) -> Result<Self, Error> {
        let mut own = Self::default();
        let is_newest_first = options.order == Some(TagOrder::Date) && !options.is_reversed;
        let order = match is_newest_first || options.since.is_some() {
            true => ListOrder::NewestFirst,
            false => ListOrder::Any,
        };
        let Some(mut list) = remote.tag_list(name, order).await? else { return Ok(own) };
        match own.fill(&mut list, options).await {
            Ok(()) => own.is_complete = !own.tags.is_empty(),
            // Docker Hub refuses its last pages, and others refuse anonymous users.
            Err(error) => {
                tracing::debug!("the registry's own list of tags ends after {}: {error}", own.tags.len());
            }
        }
        if own.tags.len() > TAGS_MAX {
            return Err(Error::TooManyTags { name: name.clone(), limit: TAGS_MAX });
        }
        Ok(own)
    }

    async fn fill(&mut self, list: &mut TagList, options: &TagsOptions) -> Result<(), crate::remote::Error> {
        let mut progress = Progress { kept: 0, last: Some(Timestamp::MAX) };
        while let Some(page) = list.next_page().await? {
            progress.add(&page, options);
            self.tags.extend(page);
            if progress.is_enough(options) || self.tags.len() > TAGS_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Adds the tags that the list lacks, unless it is complete.
    ///
    /// # Errors
    /// The errors of [`all_tags`](crate::ops::all_tags()).
    pub(super) async fn add_the_rest(&mut self, remote: &Remote, name: &Name) -> Result<(), Error> {
        if self.is_complete {
            return Ok(());
        }
        let of_list = self.tags.drain(..);
        let mut known: HashMap<Tag, TagDetail> = of_list.map(|detail| (detail.tag.clone(), detail)).collect();
        let tags = sift_tags(remote, name, &mut self.invalid).await?.into_iter();
        self.tags = tags.map(|tag| known.remove(&tag).unwrap_or_else(|| TagDetail::named(tag))).collect();
        Ok(())
    }
}

/// How far a list was read.
struct Progress {
    /// How many tags were kept by their names.
    kept: usize,
    /// The date of the last tag, as long as each tag was older than the one before.
    last: Option<Timestamp>,
}

impl Progress {
    fn add(&mut self, page: &[TagDetail], options: &TagsOptions) {
        self.kept += page.iter().filter(|detail| options.filter.keeps(detail.tag.as_str())).count();
        for detail in page {
            self.last = self.last.and_then(|last| detail.date().filter(|date| *date <= last));
        }
    }

    /// Reports whether no later page can change the result.
    fn is_enough(&self, options: &TagsOptions) -> bool {
        let is_full = options.limit.is_some_and(|limit| self.kept >= limit);
        let is_past = |since: Timestamp| self.last.is_some_and(|last| last < since);
        match options.order {
            _ if options.since.is_some_and(is_past) => true,
            _ if options.is_reversed => false,
            None => is_full && options.since.is_none(),
            Some(TagOrder::Date) => is_full && self.last.is_some(),
            Some(TagOrder::Name | TagOrder::Version | TagOrder::Size) => false,
        }
    }
}
