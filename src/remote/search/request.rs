//! What is searched for, and what is found.

use crate::protocol::Software;
use crate::protocol::search::{Fact, SearchResult};
use crate::reference::Registry;
use crate::remote::{Error, Pages};

/// How much of each result is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What Docker shows. Docker Hub is asked as Docker asks.
    Docker,
    /// Everything that the registry knows. Docker Hub is asked for public repositories and for those of the user
    /// by its newer API, at `hub.docker.com`, which gets the user's name and password.
    Everything,
}

/// A search.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// The registry.
    pub registry: &'a Registry,
    /// The text that names or descriptions have to contain; may be empty.
    pub term: &'a str,
    /// The maximum number of results.
    pub limit: u32,
    /// How much of each result is wanted.
    pub detail: Detail,
}

impl SearchRequest<'_> {
    /// Reports whether a repository's name contains the term, for registries that do not compare it themselves.
    pub fn fits(&self, repository: &str) -> bool {
        fits(self.term, repository)
    }
}

/// The results of a search, in the registry's order.
///
/// A catalog is read on as its results are needed.
pub struct Search {
    /// The repositories so far, without duplicates.
    pub results: Vec<SearchResult>,
    /// The error that ended the search early, before all results or the requested number of them.
    pub cut: Option<Error>,
    /// What the registry reports of each repository, besides its name.
    pub facts: &'static [Fact],
    /// The software of the registry, as far as it is known.
    pub software: Software,
    /// The catalog after those pages that were read.
    pub(super) rest: Option<Rest>,
}

/// The rest of a catalog.
pub(super) struct Rest {
    pub(super) pages: Pages,
    pub(super) term: String,
    /// How many results are still wanted.
    pub(super) left: usize,
}

impl Search {
    /// Returns the results of the next page, which may be none, or `None` if there are no more.
    ///
    /// # Errors
    /// An error of the registry, after which there are no more results.
    ///
    /// # Cancel safety
    /// A page whose future was dropped is lost, and the search ends.
    pub async fn more(&mut self) -> Result<Option<Vec<SearchResult>>, Error> {
        let Some(mut rest) = self.rest.take() else { return Ok(None) };
        let more = rest.next_page().await?;
        self.rest = more.is_some().then_some(rest);
        Ok(more)
    }

    /// Reads all results. An error after the first one ends them.
    ///
    /// # Errors
    /// The error of the registry if there is no result.
    ///
    /// # Cancel safety
    /// As [`more`](Self::more).
    pub async fn complete(&mut self) -> Result<(), Error> {
        loop {
            match self.more().await {
                Ok(None) => return Ok(()),
                Ok(Some(more)) => self.results.extend(more),
                Err(error) if self.results.is_empty() => return Err(error),
                Err(error) => self.cut = Some(error),
            }
        }
    }
}

impl Rest {
    pub(super) async fn next_page(&mut self) -> Result<Option<Vec<SearchResult>>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(names) = self.pages.next_page().await? else { return Ok(None) };
        let fitting = names.into_iter().filter(|name| fits(&self.term, name)).take(self.left);
        let results: Vec<_> = fitting.map(SearchResult::named).collect();
        self.left -= results.len();
        Ok(Some(results))
    }
}

fn fits(term: &str, repository: &str) -> bool {
    repository.to_lowercase().contains(&term.to_lowercase())
}
