//! Searching a registry, in whatever way it has.

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

/// The most pages that are read.
const PAGES_MAX: u32 = 100;

/// Where Docker Hub is searched; its registry API has no search.
const HUB_INDEX: &str = "index.docker.io";

/// How a kind of registry is searched: path, name of the term's parameter, and how its answer is read.
struct Dialect {
    path: &'static str,
    term: &'static str,
    fixed: &'static [(&'static str, &'static str)],
    read: fn(&[u8]) -> Result<Page, search::Error>,
}

/// The kinds that can be told apart by who answers, the most common first.
const DIALECTS: [Dialect; 4] = [
    Dialect { path: "/api/v2.0/search", term: "q", fixed: &[], read: search::harbor },
    Dialect { path: "/api/v1/find/repositories", term: "query", fixed: &[], read: search::quay },
    Dialect {
        path: "/service/rest/v1/search",
        term: "name",
        fixed: &[("format", "docker")],
        read: search::nexus,
    },
    Dialect { path: "/v1/search", term: "q", fixed: &[], read: search::hub },
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
        let server = self.origin(registry, Policy::ONCE)?;
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
async fn search_in(
    server: &Server,
    dialect: &Dialect,
    term: &str,
    limit: u32,
) -> Result<Option<Vec<SearchResult>>, Error> {
    let limit = limit as usize;
    let Some(mut page) = page_of(server, dialect, dialect.query(term)).await? else { return Ok(None) };
    let mut results = page.results;
    for number in 2..=PAGES_MAX {
        let query = match &page.more {
            More::Token(token) => dialect.query(term).with("continuationToken", token),
            More::NextPage => dialect.query(term).with("page", number),
            More::Nothing => break,
        };
        if results.len() >= limit {
            break;
        }
        match page_of(server, dialect, query).await? {
            Some(next) if !next.results.is_empty() => page = next,
            _ => break,
        }
        results.append(&mut page.results);
    }
    results.truncate(limit);
    Ok(Some(results))
}

async fn page_of(server: &Server, dialect: &Dialect, query: Query) -> Result<Option<Page>, Error> {
    let path = format!("{}?{query}", dialect.path);
    match server.fetch(&Scopes::none(), || Request::get(path.clone()), ANSWER_MAX).await {
        Ok(fetched) => Ok((dialect.read)(&fetched.body).ok()),
        // Any answer shows that the registry is there, and that this is not the way to search it.
        Err(error) if error.status().is_some() && error.kind() != ErrorKind::RateLimited => Ok(None),
        Err(error) => Err(error),
    }
}

impl Dialect {
    fn query(&self, term: &str) -> Query {
        // Nexus compares whole names unless it is told otherwise.
        let term = if self.term == "name" { format!("*{term}*") } else { term.to_owned() };
        let fixed = self.fixed.iter().fold(Query::parse(""), |query, (key, value)| query.with(key, value));
        fixed.with(self.term, term)
    }
}
