//! What is searched for, and what is found.

use crate::protocol::Software;
use crate::protocol::search::{Fact, SearchResult};
use crate::reference::Registry;
use crate::remote::Error;

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
        repository.to_lowercase().contains(&self.term.to_lowercase())
    }
}

/// The results of a search, in the registry's order.
#[derive(Debug)]
pub struct Search {
    /// The repositories, without duplicates.
    pub results: Vec<SearchResult>,
    /// The error that ended the search early, before all results or the requested number of them.
    pub cut: Option<Error>,
    /// What the registry reports of each repository, besides its name.
    pub facts: &'static [Fact],
    /// The software of the registry, as far as it is known.
    pub software: Software,
}
