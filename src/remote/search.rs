//! Searching a registry, in whatever way it has.

use std::collections::HashSet;

use super::server::Server;
use super::{Error, Remote};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::Request;
use crate::protocol::search::{self, More, Page, SearchResult};
use crate::protocol::{Query, Scopes};
use crate::reference::Registry;
use crate::retry::Policy;

/// The most bytes of an answer that are read.
const ANSWER_MAX: u64 = 16 << 20;

/// The most pages that are read. Nexus lists tags, so that one repository may fill many of them.
const PAGES_MAX: u32 = 1000;

/// The same of Quay, which gives the tenth page again for each number above.
const QUAY_PAGES_MAX: u32 = 10;

/// Where Docker Hub is searched; its registry API has no search.
const HUB_INDEX: &str = "index.docker.io";

/// How a kind of registry is searched: path, name of the term's parameter, and how its answer is read.
struct Dialect {
    path: &'static str,
    term: &'static str,
    fixed: &'static [(&'static str, &'static str)],
    pages_max: u32,
    read: fn(&[u8]) -> Result<Page, search::Error>,
}

/// The kinds that can be told apart by who answers, the most common first.
const DIALECTS: [Dialect; 4] = [
    Dialect { path: "/api/v2.0/search", term: "q", fixed: &[], pages_max: PAGES_MAX, read: search::harbor },
    Dialect {
        path: "/api/v1/find/repositories",
        term: "query",
        // Without it Quay knows no stars.
        fixed: &[("includeUsage", "true")],
        pages_max: QUAY_PAGES_MAX,
        read: search::quay,
    },
    Dialect {
        path: "/service/rest/v1/search",
        term: "name",
        fixed: &[("format", "docker")],
        pages_max: PAGES_MAX,
        read: search::nexus,
    },
    Dialect { path: "/v1/search", term: "q", fixed: &[], pages_max: PAGES_MAX, read: search::hub },
];

impl Remote {
    /// Searches `registry` for `term` and answers at most `limit` results in its own order.
    ///
    /// Docker Hub is asked at its index. Of any other registry it is found out what it is: each kind has its
    /// own way. `None` if it has none: then there is only its [catalog](Remote::catalog).
    ///
    /// # Errors
    /// [`Error::Request`] if the registry cannot be reached or refuses.
    pub async fn search(
        &self,
        registry: &Registry,
        term: &str,
        limit: u32,
    ) -> Result<Option<Vec<SearchResult>>, Error> {
        if registry.is_hub() {
            return self.search_hub(term, limit).await.map(Some);
        }
        let server = match self.config.api(registry)? {
            Some(endpoint) => self.api(endpoint),
            None => self.origin(registry, Policy::ONCE)?,
        };
        for dialect in &DIALECTS {
            if let Some(results) = search_in(&server, dialect, term, limit).await? {
                return Ok(Some(results));
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

/// Searches in one way. `None` if the registry does not know it: says no, or answers something else.
///
/// # Errors
/// That the registry cannot be asked, or gives no further page after the first: a part is not the whole.
async fn search_in(
    server: &Server,
    dialect: &Dialect,
    term: &str,
    limit: u32,
) -> Result<Option<Vec<SearchResult>>, Error> {
    let limit = limit as usize;
    let first = match page_of(server, dialect, dialect.query(term)).await {
        Ok(page) => page,
        // Any answer shows that the registry is there, and that this is not the way to search it.
        Err(error) if error.kind() == ErrorKind::RateLimited => return Err(error),
        Err(Error::Unexpected { .. }) => return Ok(None),
        Err(error) if error.status().is_some() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut found = Found::default();
    let (mut more, mut number) = (first.more.clone(), 1);
    found.add(first);
    while found.results.len() < limit && number < dialect.pages_max {
        number += 1;
        let query = match &more {
            More::Token(token) => dialect.query(term).with("continuationToken", token),
            More::NextPage => dialect.query(term).with("page", number),
            More::Nothing => break,
        };
        let page = page_of(server, dialect, query).await?;
        more = page.more.clone();
        // A registry that has come to the end of its patience repeats its last page.
        if !found.add(page) && more == More::NextPage {
            break;
        }
    }
    found.results.truncate(limit);
    Ok(Some(found.results))
}

/// What was found so far: each repository once, though a registry may list it for each of its tags.
#[derive(Default)]
struct Found {
    results: Vec<SearchResult>,
    names: HashSet<String>,
}

impl Found {
    /// Adds a page, and reports whether it had anything new.
    fn add(&mut self, page: Page) -> bool {
        let before = self.results.len();
        self.results.extend(page.results.into_iter().filter(|result| self.names.insert(result.name.clone())));
        self.results.len() > before
    }
}

async fn page_of(server: &Server, dialect: &Dialect, query: Query) -> Result<Page, Error> {
    let path = format!("{}?{query}", dialect.path);
    let fetched = server.fetch(&Scopes::none(), || Request::get(path.clone()), ANSWER_MAX).await?;
    (dialect.read)(&fetched.body).map_err(|error| Error::unexpected(&fetched.head.call, error.to_string()))
}

impl Dialect {
    fn query(&self, term: &str) -> Query {
        // Nexus compares whole names unless it is told otherwise.
        let term = if self.term == "name" { format!("*{term}*") } else { term.to_owned() };
        let fixed = self.fixed.iter().fold(Query::parse(""), |query, (key, value)| query.with(key, value));
        fixed.with(self.term, term)
    }
}
