//! A list of tags with details, read page by page.

use std::collections::HashSet;
use std::sync::Arc;

use super::dialect::{Dialect, Host, ListOrder, PAGE, Paging};
use crate::http::{Request, Target};
use crate::protocol::Scopes;
use crate::protocol::listing::TagDetail;
use crate::protocol::listing::tags::TagPage;
use crate::reference::{Name, Tag};
use crate::remote::hub::Account;
use crate::remote::pages::Seen;
use crate::remote::server::{Fetched, Server};
use crate::remote::{Error, Remote, Software};

/// The maximum size of a page in bytes. Google lists all manifests on one.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// The maximum number of pages: as many tags as are kept in memory.
const PAGES_MAX: u32 = 1000;

/// A registry's own list of tags with details.
///
/// Pages are followed only on the same server, to no place twice, and only as long as they differ.
pub struct TagList {
    host: TagHost,
    scopes: Scopes,
    dialects: std::vec::IntoIter<Dialect>,
    current: Dialect,
    next: Option<Next>,
    seen: HashSet<Tag>,
    pages: Seen,
}

/// The server that has the list.
enum TagHost {
    Server(Arc<Server>),
    Hub(Account),
}

/// The next page.
enum Next {
    /// The first one, or the one with this number.
    Number(usize),
    /// The one after this tag.
    Last(Tag),
    /// The one of this token.
    Token(String),
    /// The one that a link leads to.
    Link(Target),
}

impl Remote {
    /// Returns the list of tags with details that the registry of `name` has, if it is known to have one.
    ///
    /// Which software the registry is, costs one request, unless its name says it or it is remembered.
    ///
    /// # Errors
    /// An error if the registry is unreachable.
    pub async fn tag_list(&self, name: &Name, order: ListOrder) -> Result<Option<TagList>, Error> {
        let registry = &name.registry;
        let software = match Software::of_host(registry.host()) {
            Some(known) => known,
            None => match self.remembered_software(registry).await? {
                Some(remembered) => remembered,
                None => self.software(registry).await?,
            },
        };
        let mut dialects = Dialect::of(software, name, order).into_iter();
        let Some(current) = dialects.next() else { return Ok(None) };
        let host = match current.host {
            Host::Registry => TagHost::Server(Arc::clone(&self.repository(name)?.uploads.origin)),
            Host::Own => TagHost::Server(self.own_api(&name.registry)?),
            Host::Hub => TagHost::Hub(self.hub_account().await?),
        };
        let scopes = match current.host {
            Host::Registry => Scopes::pull(&name.repository),
            Host::Own | Host::Hub => Scopes::none(),
        };
        Ok(Some(TagList {
            host,
            scopes,
            dialects,
            current,
            next: Some(Next::Number(1)),
            seen: HashSet::new(),
            pages: Seen::up_to(PAGES_MAX),
        }))
    }
}

impl TagList {
    /// Returns the tags of the next page, or `None` after the last one. No tag comes twice.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry refuses; [`Error::Unexpected`] if the page is not a list, or the pages repeat
    /// themselves; [`Error::TooManyPages`]. The tags so far are not all.
    ///
    /// # Cancel safety
    /// A page whose future was dropped is lost, and the list ends.
    pub async fn next_page(&mut self) -> Result<Option<Vec<TagDetail>>, Error> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let fetched = self.fetch(&next).await?;
        let page = (self.current.read)(&fetched.body)
            .map_err(|error| Error::unexpected(&fetched.head.call, error.to_string()))?;
        self.next = self.after(&next, &page, &fetched)?;
        let TagPage { mut tags, .. } = page;
        tags.retain(|detail| self.seen.insert(detail.tag.clone()));
        if self.next.is_none()
            && self.seen.is_empty()
            && let Some(other) = self.dialects.next()
        {
            self.current = other;
            self.pages = Seen::up_to(PAGES_MAX);
            self.next = Some(Next::Number(1));
        }
        Ok(Some(tags))
    }

    /// Returns the page after this one.
    fn after(&mut self, this: &Next, page: &TagPage, fetched: &Fetched) -> Result<Option<Next>, Error> {
        let number = match this {
            Next::Number(number) => number + 1,
            Next::Last(_) | Next::Token(_) | Next::Link(_) => 1,
        };
        let head = &fetched.head;
        let next = match self.current.paging {
            Paging::One => None,
            Paging::Number => page.has_more.then_some(Next::Number(number)),
            Paging::FullNumber => (page.entries >= PAGE).then_some(Next::Number(number)),
            Paging::Token => page.token.clone().map(Next::Token),
            Paging::Link => {
                let names: Vec<_> = page.tags.iter().map(|detail| detail.tag.to_string()).collect();
                let is_full = head.link.is_empty() && page.entries == PAGE;
                let by_link = self.pages.follow(head, &names)?;
                let last =
                    || page.tags.last().filter(|_| is_full).map(|detail| Next::Last(detail.tag.clone()));
                by_link.map(Next::Link).or_else(last)
            }
        };
        let place = match &next {
            Some(Next::Number(number)) => number.to_string(),
            Some(Next::Last(tag)) => tag.to_string(),
            Some(Next::Token(token)) => token.clone(),
            Some(Next::Link(_)) | None => return Ok(next),
        };
        self.pages.advance(head, &place)?;
        // A page of artifacts without tags has no new tags, so pages are compared as a whole.
        self.pages.expect_news(head, &[&fetched.body])?;
        Ok(next)
    }

    async fn fetch(&self, next: &Next) -> Result<Fetched, Error> {
        let query = &self.current.query;
        let query = match next {
            Next::Number(1) => query.clone(),
            Next::Number(number) => query.clone().with("page", number),
            Next::Last(tag) => query.clone().with("last", tag),
            Next::Token(token) => query.clone().with("continuationToken", token),
            Next::Link(target) => return self.get(target).await,
        };
        let path = &self.current.path;
        let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        self.get(&Target::Path(path)).await
    }

    async fn get(&self, target: &Target) -> Result<Fetched, Error> {
        let request = || Request::new(reqwest::Method::GET, target.clone()).keeping_redirects();
        match &self.host {
            TagHost::Hub(account) => account.read(target, PAGE_BYTES_MAX).await,
            TagHost::Server(server) => server.fetch(&self.scopes, request, PAGE_BYTES_MAX).await,
        }
    }
}
