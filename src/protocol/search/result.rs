//! What a search finds.

use jiff::Timestamp;

/// The maximum number of hosting repositories that are kept of one result.
const REPOSITORIES_MAX: usize = 20;

/// A repository that a search found. `None`, and an empty text or list, mean that the registry does not report it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// The name in the form that the registry's own references have: `ansible/centos7-ansible`, or `centos` for
    /// an official one of Docker Hub.
    pub name: String,
    /// The description. It may have several lines or be empty.
    pub description: String,
    /// The number of stars.
    pub stars: Option<u64>,
    /// Whether the image is one of Docker Hub's official images.
    pub official: Option<bool>,
    /// Whether the registry built the image itself. Docker Hub no longer says so.
    pub automated: Option<bool>,
    /// The number of pulls.
    pub pulls: Option<u64>,
    /// The number of artifacts: images, indexes and others.
    pub artifacts: Option<u64>,
    /// The time of the last change.
    pub updated: Option<Timestamp>,
    /// The repositories in the sense of Nexus and Artifactory that have it.
    pub repositories: Vec<String>,
    /// Whether it is not for everyone.
    pub private: Option<bool>,
}

/// Something that a registry may report of a repository, besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// [`SearchResult::description`].
    Description,
    /// [`SearchResult::stars`].
    Stars,
    /// [`SearchResult::official`].
    Official,
    /// [`SearchResult::pulls`].
    Pulls,
    /// [`SearchResult::artifacts`].
    Artifacts,
    /// [`SearchResult::updated`].
    Updated,
    /// [`SearchResult::repositories`].
    Repositories,
    /// [`SearchResult::private`].
    Private,
}

impl SearchResult {
    /// Creates a result with nothing but a name, as from a catalog.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Returns the description on one line. Each line break becomes a space, as Docker shows it.
    pub fn summary(&self) -> String {
        self.description.replace(['\n', '\r'], " ")
    }

    /// Adds what another result says of the same repository: Nexus and Artifactory list it for each tag and for
    /// each of their repositories.
    pub fn merge(&mut self, other: Self) {
        self.updated = self.updated.max(other.updated);
        for repository in other.repositories {
            if self.repositories.len() < REPOSITORIES_MAX && !self.repositories.contains(&repository) {
                self.repositories.push(repository);
            }
        }
    }
}

/// One page of results, and how to get the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The results in the registry's order, which is that of relevance. A repository may come several times.
    pub results: Vec<SearchResult>,
    /// How to request the next page.
    pub more: More,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum More {
    /// Nothing.
    Nothing,
    /// The page with the next number, if this one has new results.
    NextPage,
    /// The page with the next number, even if this one has nothing but further tags of known results.
    NextTags,
    /// The page that this token stands for.
    Token(String),
    /// The page that the `Link` header names, if there is one.
    Link,
}
