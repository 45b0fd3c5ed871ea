//! Searches: the queries and the responses of Docker Hub, Harbor, Quay, Nexus, Artifactory, GitLab and zot.
//!
//! None of them guarantees its format, so it is read leniently. Missing values are empty, an entry without a
//! name is skipped, and only a response without the list itself is an error.

mod components;
mod error;
mod fields;
mod hub;
pub mod query;
mod repositories;
mod result;

pub use components::{artifactory, nexus};
pub use error::Error;
pub use hub::{hub, hub_own, hub_repositories};
pub use repositories::{gitlab, harbor, harbor_repositories, is_zot, quay, zot};
pub use result::{Fact, More, Page, SearchResult};

#[cfg(test)]
mod tests;
