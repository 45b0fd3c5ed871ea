//! The tags of a repository, page by page.

use std::collections::HashSet;

use crate::ops::Error;
use crate::protocol::listing::TagDetail;
use crate::reference::{Name, Tag};
use crate::remote::{ListOrder, Pages, Remote, TagList};

/// The tags of a repository as they arrive, with what the registry's own list says about them where it has one.
pub struct TagPages {
    name: Name,
    own: Option<TagList>,
    pages: Pages,
    /// The tags of the registry's own list, which may end early.
    seen: HashSet<Tag>,
    is_complete: bool,
}

impl TagPages {
    /// Begins the list of the tags of `name`.
    ///
    /// # Errors
    /// An error if the registry is unreachable.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn begin(remote: &Remote, name: &Name) -> Result<Self, Error> {
        let own = remote.tag_list(name, ListOrder::Any).await?;
        let pages = remote.repository(name)?.tags();
        Ok(Self { name: name.clone(), own, pages, seen: HashSet::new(), is_complete: false })
    }

    /// Returns the tags of the next page, or `None` after the last one. No tag comes twice.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`], [`Error::PullDenied`], or an error if the registry cannot be asked.
    ///
    /// # Cancel safety
    /// A page whose future was dropped is lost.
    pub async fn next_page(&mut self) -> Result<Option<Vec<TagDetail>>, Error> {
        if let Some(page) = self.next_own().await {
            return Ok(Some(page));
        }
        if self.is_complete {
            return Ok(None);
        }
        let page = self.pages.next_page().await.map_err(|error| Error::of_tags(&self.name, error))?;
        let Some(names) = page else { return Ok(None) };
        // An invalid tag cannot be requested.
        let tags = names.iter().filter_map(|name| name.parse::<Tag>().ok());
        Ok(Some(tags.filter(|tag| !self.seen.contains(tag)).map(TagDetail::named).collect()))
    }

    /// Returns the next page of the registry's own list. A list that ends early is followed by that of the API.
    async fn next_own(&mut self) -> Option<Vec<TagDetail>> {
        match self.own.as_mut()?.next_page().await {
            Ok(Some(page)) => {
                self.seen.extend(page.iter().map(|detail| detail.tag.clone()));
                return Some(page);
            }
            Ok(None) => self.is_complete = !self.seen.is_empty(),
            Err(error) => {
                tracing::debug!("the registry's own list of tags ends after {}: {error}", self.seen.len());
            }
        }
        self.own = None;
        None
    }
}
