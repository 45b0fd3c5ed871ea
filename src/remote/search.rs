//! Searches a registry with the kind of search that it has.

use std::collections::HashSet;

use super::server::Server;
use super::{Error, Remote};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{Call, Request};
use crate::protocol::search::{self, More, Page, SearchResult};
use crate::protocol::{Query, Scopes};
use crate::reference::Registry;
use crate::retry::Policy;

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 16 << 20;

/// The maximum number of pages. Nexus lists tags, so that one repository may fill many of them.
const PAGES_MAX: u32 = 1000;

/// The last page of Quay, which returns it again for each higher number.
const QUAY_LAST_PAGE: u32 = 10;

/// The host for searching Docker Hub, whose registry API has no search.
const HUB_INDEX: &str = "index.docker.io";

/// A kind of search: the path, the parameter of the term, and the parser of the response.
struct Dialect {
    path: &'static str,
    term: &'static str,
    fixed: &'static [(&'static str, &'static str)],
    last_page: Option<u32>,
    read: fn(&[u8]) -> Result<Page, search::Error>,
}

/// The kinds that can be distinguished by their responses, the most common one first.
const DIALECTS: [Dialect; 4] = [
    Dialect { path: "/api/v2.0/search", term: "q", fixed: &[], last_page: None, read: search::harbor },
    Dialect {
        path: "/api/v1/find/repositories",
        term: "query",
        // Without this parameter Quay sends no stars.
        fixed: &[("includeUsage", "true")],
        last_page: Some(QUAY_LAST_PAGE),
        read: search::quay,
    },
    Dialect {
        path: "/service/rest/v1/search",
        term: "name",
        fixed: &[("format", "docker")],
        last_page: None,
        read: search::nexus,
    },
    Dialect { path: "/v1/search", term: "q", fixed: &[], last_page: None, read: search::hub },
];

/// The results of a search, in the registry's order.
#[derive(Debug)]
pub struct Search {
    /// The repositories, without duplicates.
    pub results: Vec<SearchResult>,
    /// The error that ended the search early, before all results or the requested number of them.
    pub cut: Option<Error>,
}

impl Remote {
    /// Searches `registry` for `term` and returns at most `limit` results in its own order.
    ///
    /// Docker Hub is asked at its index. For any other registry the kind is determined, because each kind has
    /// its own search. Returns `None` if it has none: then there is only its [catalog](Remote::catalog).
    ///
    /// # Errors
    /// [`Error::Request`] if the registry is unreachable or refuses.
    pub async fn search(&self, registry: &Registry, term: &str, limit: u32) -> Result<Option<Search>, Error> {
        if registry.is_hub() {
            let results = self.search_hub(term, limit).await?;
            return Ok(Some(Search { results, cut: None }));
        }
        let server = match self.config.api(registry)? {
            Some(endpoint) => self.api(endpoint),
            None => self.origin(registry, Policy::ONCE)?,
        };
        for dialect in &DIALECTS {
            let asked = Asked { server: &server, dialect, term, limit: limit as usize };
            if let Some(search) = asked.search().await? {
                return Ok(Some(search));
            }
        }
        Ok(None)
    }

    async fn search_hub(&self, term: &str, limit: u32) -> Result<Vec<SearchResult>, Error> {
        let server = self.beside(&Registry::hub(), HUB_INDEX)?;
        let query = Query::parse("").with("q", term).with("n", limit);
        let path = format!("/v1/search?{query}");
        let fetched = server.fetch(&Scopes::none(), || Request::get(path.clone()), ANSWER_MAX).await?;
        let page = search::hub(&fetched.body);
        let page = page.map_err(|error| Error::unexpected(&fetched.head.call, error.to_string()))?;
        Ok(page.results.into_iter().take(limit as usize).collect())
    }
}

/// A search of a registry by one kind.
struct Asked<'a> {
    server: &'a Server,
    dialect: &'a Dialect,
    term: &'a str,
    limit: usize,
}

impl Asked<'_> {
    /// Searches with this kind. Returns `None` if the registry does not support it: it refuses, or sends a
    /// different response.
    ///
    /// # Errors
    /// An error if the registry cannot be asked, or if the search failed before the first result.
    async fn search(&self) -> Result<Option<Search>, Error> {
        let (page, call) = match self.page(self.query()).await {
            Ok(first) => first,
            // Any response shows that the registry is reachable and does not support this kind.
            Err(error) if error.kind() == ErrorKind::RateLimited => return Err(error),
            Err(Error::Unexpected { .. }) => return Ok(None),
            Err(error) if error.status().is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut found = Found::default();
        let cut = match self.collect(&mut found, page, call).await {
            Err(error) if found.results.is_empty() => return Err(error),
            collected => collected.err(),
        };
        found.results.truncate(self.limit);
        Ok(Some(Search { results: found.results, cut }))
    }

    /// Adds the pages from the first one on, until there are enough results.
    ///
    /// # Errors
    /// The error of a page, because an incomplete list must not look complete.
    async fn collect(&self, found: &mut Found, mut page: Page, mut call: Call) -> Result<(), Error> {
        for number in 2.. {
            let more = page.more.clone();
            let is_news = found.add(page);
            let query = match more {
                More::Nothing => break,
                _ if found.results.len() >= self.limit => break,
                // Some registries repeat their last page.
                More::NextPage if number > 2 && !is_news => break,
                More::NextPage if self.dialect.last_page.is_some_and(|last| number > last) => break,
                _ if number > PAGES_MAX => return Err(Error::TooManyPages { call, pages: PAGES_MAX }),
                More::Token(token) => self.query().with("continuationToken", token),
                More::NextPage => self.query().with("page", number),
            };
            (page, call) = self.page(query).await?;
        }
        Ok(())
    }

    async fn page(&self, query: Query) -> Result<(Page, Call), Error> {
        let path = format!("{}?{query}", self.dialect.path);
        let fetched = self.server.fetch(&Scopes::none(), || Request::get(path.clone()), ANSWER_MAX).await?;
        match (self.dialect.read)(&fetched.body) {
            Ok(page) => Ok((page, fetched.head.call)),
            Err(error) => Err(Error::unexpected(&fetched.head.call, error.to_string())),
        }
    }

    fn query(&self) -> Query {
        let Dialect { term, fixed, .. } = self.dialect;
        // Nexus compares whole names unless the term has wildcards.
        let wanted = if *term == "name" { format!("*{}*", self.term) } else { self.term.to_owned() };
        let fixed = fixed.iter().fold(Query::parse(""), |query, (key, value)| query.with(key, value));
        fixed.with(term, wanted)
    }
}

/// The results so far: each repository once, though a registry may list it for each of its tags.
#[derive(Default)]
struct Found {
    results: Vec<SearchResult>,
    names: HashSet<String>,
}

impl Found {
    /// Adds a page, and reports whether it had any new results.
    fn add(&mut self, page: Page) -> bool {
        let before = self.results.len();
        self.results.extend(page.results.into_iter().filter(|result| self.names.insert(result.name.clone())));
        self.results.len() > before
    }
}
