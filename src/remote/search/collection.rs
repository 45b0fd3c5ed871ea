//! Reads the pages of a search.

use std::collections::HashMap;

use super::dialect::{Access, Ask, Dialect, Position};
use super::request::{Search, SearchRequest};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::Request;
use crate::protocol::Scopes;
use crate::protocol::search::{More, SearchResult};
use crate::remote::Error;
use crate::remote::pages::Seen;
use crate::remote::server::{Head, Server};

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 16 << 20;

/// The maximum number of pages. Nexus lists tags, so that one repository may fill many of them.
const PAGES_MAX: u32 = 1000;

/// A search of a registry by one kind.
pub(super) struct Collection<'a> {
    pub(super) server: &'a Server,
    pub(super) dialect: &'a Dialect,
    pub(super) wanted: &'a SearchRequest<'a>,
}

/// A page as it was received.
struct Received {
    results: Vec<SearchResult>,
    more: More,
    head: Head,
}

impl Collection<'_> {
    /// Searches with this kind.
    ///
    /// # Errors
    /// An error before the first result. [`is_no_search`] reports whether it means that the registry does not
    /// support this kind.
    pub(super) async fn read(&self) -> Result<Option<Search>, Error> {
        let Some(first) = self.page(&Position::Page(1)).await? else { return Ok(None) };
        let mut found = Found::default();
        let cut = match self.follow(&mut found, first).await {
            Err(error) if found.results.is_empty() => return Err(error),
            followed => followed.err(),
        };
        found.results.truncate(self.wanted.limit as usize);
        let Dialect { facts, software, .. } = *self.dialect;
        Ok(Some(Search { results: found.results, cut, facts, software, rest: None }))
    }

    /// Adds the pages from the first one on, until there are enough results.
    ///
    /// # Errors
    /// The error of a page, because an incomplete list must not look complete.
    async fn follow(&self, found: &mut Found, first: Received) -> Result<(), Error> {
        let (mut page, mut seen) = (first, Seen::up_to(PAGES_MAX));
        for number in 2.. {
            let Received { results, more, head } = page;
            let names: Vec<String> = results.iter().map(|result| result.name.clone()).collect();
            let is_news = found.add(results, |name| self.name(name));
            let position = match more {
                More::Nothing => break,
                _ if found.results.len() >= self.wanted.limit as usize => break,
                // Some registries repeat their last page.
                More::NextPage if number > 2 && !is_news => break,
                More::NextPage if self.dialect.last_page.is_some_and(|last| number > last) => break,
                More::NextPage | More::NextTags => {
                    seen.advance(&head, &number.to_string())?;
                    Position::Page(number)
                }
                More::Token(token) => {
                    seen.advance(&head, &token)?;
                    Position::Token(token)
                }
                More::Link => match seen.follow(&head, &names)? {
                    Some(target) => Position::Link(target),
                    None => break,
                },
            };
            match self.page(&position).await? {
                Some(next) => page = next,
                None => break,
            }
        }
        Ok(())
    }

    async fn page(&self, position: &Position) -> Result<Option<Received>, Error> {
        let ask = self.ask(position);
        if ask.request(self.dialect).is_none() {
            return Ok(None);
        }
        let scopes = match self.dialect.access {
            Access::IfAsked | Access::Volunteered => Scopes::none(),
            Access::Registry(scopes) => scopes(&ask),
        };
        let request = || ask.request(self.dialect).unwrap_or_else(|| Request::get("/v2/"));
        let fetched = self.server.fetch(&scopes, request, ANSWER_MAX).await?;
        match (self.dialect.read)(&fetched.body) {
            Ok(page) => Ok(Some(Received { results: page.results, more: page.more, head: fetched.head })),
            Err(error) => Err(Error::unexpected(&fetched.head.call, error.to_string())),
        }
    }

    fn name(&self, name: String) -> Option<String> {
        (self.dialect.name)(&self.ask(&Position::Page(1)), name)
    }

    fn ask<'b>(&'b self, position: &'b Position) -> Ask<'b> {
        let SearchRequest { registry, term, limit, .. } = *self.wanted;
        Ask { host: registry.host(), term, limit, position }
    }
}

/// Reports whether the response to a search shows a registry that does not support it: it refuses, or sends
/// something else.
pub(super) fn is_no_search(error: &Error) -> bool {
    let is_refusal = error.status().is_some() && error.kind() != ErrorKind::RateLimited;
    is_refusal || matches!(error, Error::Unexpected { .. })
}

/// The results so far: each repository once, though a registry may list it for each of its tags.
#[derive(Default)]
struct Found {
    results: Vec<SearchResult>,
    places: HashMap<String, usize>,
}

impl Found {
    /// Adds a page under the names that `name` returns, and reports whether it had any new results.
    fn add(&mut self, page: Vec<SearchResult>, name: impl Fn(String) -> Option<String>) -> bool {
        let before = self.results.len();
        for mut result in page {
            let Some(name) = name(std::mem::take(&mut result.name)) else { continue };
            if let Some(known) = self.places.get(&name) {
                self.results[*known].merge(result);
                continue;
            }
            self.places.insert(name.clone(), self.results.len());
            result.name = name;
            self.results.push(result);
        }
        self.results.len() > before
    }
}
