//! How each kind of registry lists its tags with details.

use crate::protocol::listing::Fact;
use crate::protocol::listing::tags::{self, TagPage};
use crate::protocol::{Query, Route};
use crate::reference::Name;
use crate::remote::Software;
use crate::remote::deletion::harbor_repository;

/// The order in which a list is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// Any.
    Any,
    /// The tag that was pushed last comes first, if the registry can do that. The dates in the list show whether it did.
    NewestFirst,
}

/// How many tags are requested for a page. None of these registries returns more.
pub(super) const PAGE: usize = 100;

/// How many tags are requested of GitLab for a page.
const GITLAB_PAGE: usize = 1000;

/// Parses a page.
pub(super) type Read = Box<dyn Fn(&[u8]) -> Result<TagPage, serde_json::Error> + Send + Sync>;

/// The list of one kind of registry.
pub(super) struct Dialect {
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) read: Read,
    pub(super) paging: Paging,
    pub(super) host: Host,
    pub(super) facts: &'static [Fact],
}

/// Which server has the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// The registry, with its own token.
    Registry,
    /// The registry's other API, with user name and password.
    Own,
    /// Docker Hub's.
    Hub,
}

/// How the next page is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// There is one page.
    One,
    /// By its number; the page says whether there is another one.
    Number,
    /// By its number; a page that is not full is the last one.
    FullNumber,
    /// By a link, or by the last tag where there is none.
    Link,
    /// By a token.
    Token,
}

impl Dialect {
    /// Returns the lists of `software` to try in turn, because an empty one may be that of another name.
    pub(super) fn of(software: Software, name: &Name, order: ListOrder) -> Vec<Self> {
        let repository = name.repository.as_str();
        let is_newest_first = order == ListOrder::NewestFirst;
        let query = || Query::parse("");
        let sorted = |key: &str, value: &str| match is_newest_first {
            true => query().with(key, value),
            false => query(),
        };
        match software {
            Software::DockerHub => vec![hub(repository)],
            Software::GitLab => vec![Self {
                path: format!("/gitlab/v1/repositories/{repository}/tags/list/"),
                query: sorted("sort", "-published_at").with("n", GITLAB_PAGE),
                read: Box::new(tags::gitlab),
                paging: Paging::Link,
                host: Host::Registry,
                facts: &[Fact::Digest, Fact::Size, Fact::Pushed],
            }],
            Software::Harbor => vec![Self {
                path: format!("{}/artifacts", harbor_repository(name)),
                query: sorted("sort", "-push_time").with("with_tag", true).with("page_size", PAGE),
                read: Box::new(tags::harbor),
                paging: Paging::FullNumber,
                host: Host::Own,
                facts: &[
                    Fact::Digest,
                    Fact::Size,
                    Fact::Platforms,
                    Fact::Created,
                    Fact::Pushed,
                    Fact::Pulled,
                ],
            }],
            Software::Quay => vec![Self {
                path: format!("/api/v1/repository/{repository}/tag/"),
                query: query().with("onlyActiveTags", true).with("limit", PAGE),
                read: Box::new(tags::quay),
                paging: Paging::Number,
                host: Host::Own,
                facts: &[Fact::Digest, Fact::Size, Fact::Pushed],
            }],
            Software::Azure => vec![Self {
                path: format!("/acr/v1/{repository}/_tags"),
                query: sorted("orderby", "timedesc").with("n", PAGE),
                read: Box::new(tags::azure),
                paging: Paging::Link,
                host: Host::Registry,
                facts: &[Fact::Digest, Fact::Pushed],
            }],
            Software::Google => vec![Self {
                path: Route::Tags { name: name.repository.clone() }.to_string(),
                query: query(),
                read: Box::new(tags::google),
                paging: Paging::One,
                host: Host::Registry,
                facts: &[Fact::Digest, Fact::Size, Fact::Created, Fact::Pushed],
            }],
            Software::Nexus => {
                // With routing by path, the first part of the name is the repository in Nexus's sense.
                let within = repository.split_once('/').map(|(within, name)| nexus(name, Some(within)));
                std::iter::once(nexus(repository, None)).chain(within).collect()
            }
            Software::Ecr
            | Software::GitHub
            | Software::Aliyun
            | Software::Artifactory
            | Software::Zot
            | Software::Regcli
            | Software::Distribution
            | Software::Unknown => Vec::new(),
        }
    }
}

/// Docker Hub lists the tags that were pushed last first.
fn hub(repository: &str) -> Dialect {
    let (namespace, name) = repository.split_once('/').unwrap_or(("library", repository));
    Dialect {
        path: format!("/v2/namespaces/{namespace}/repositories/{name}/tags"),
        query: Query::parse("").with("page_size", PAGE),
        read: Box::new(tags::hub),
        paging: Paging::Number,
        host: Host::Hub,
        facts: &[Fact::Digest, Fact::Size, Fact::Platforms, Fact::Pushed, Fact::Pulled],
    }
}

fn nexus(name: &str, within: Option<&str>) -> Dialect {
    let query = Query::parse("").with("format", "docker").with("name", name);
    let (name, within) = (name.to_owned(), within.map(str::to_owned));
    Dialect {
        path: "/service/rest/v1/search".to_owned(),
        query: within.iter().fold(query, |query, within| query.with("repository", within)),
        read: Box::new(move |body| tags::nexus(body, &name, within.as_deref())),
        paging: Paging::Token,
        host: Host::Own,
        facts: &[Fact::Digest, Fact::Pushed, Fact::Pulled],
    }
}
