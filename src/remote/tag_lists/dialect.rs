//! How each kind of registry lists its tags with details.

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
        match software {
            Software::DockerHub => vec![hub(repository)],
            Software::GitLab => vec![gitlab(repository, order)],
            Software::Harbor => vec![harbor(name, order)],
            Software::Quay => vec![quay(repository)],
            Software::Azure => vec![azure(repository, order)],
            Software::Google => vec![google(name)],
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

/// Begins a query for the newest tags first, where they are wanted in this order.
fn sorted(order: ListOrder, key: &str, newest_first: &str) -> Query {
    let query = Query::parse("");
    match order {
        ListOrder::Any => query,
        ListOrder::NewestFirst => query.with(key, newest_first),
    }
}

fn gitlab(repository: &str, order: ListOrder) -> Dialect {
    Dialect {
        path: format!("/gitlab/v1/repositories/{repository}/tags/list/"),
        query: sorted(order, "sort", "-published_at").with("n", GITLAB_PAGE),
        read: Box::new(tags::gitlab),
        paging: Paging::Link,
        host: Host::Registry,
    }
}

fn harbor(name: &Name, order: ListOrder) -> Dialect {
    Dialect {
        path: format!("{}/artifacts", harbor_repository(name)),
        query: sorted(order, "sort", "-push_time").with("with_tag", true).with("page_size", PAGE),
        read: Box::new(tags::harbor),
        paging: Paging::FullNumber,
        host: Host::Own,
    }
}

/// Quay lists the tags that were pushed last first.
fn quay(repository: &str) -> Dialect {
    Dialect {
        path: format!("/api/v1/repository/{repository}/tag/"),
        query: Query::parse("").with("onlyActiveTags", true).with("limit", PAGE),
        read: Box::new(tags::quay),
        paging: Paging::Number,
        host: Host::Own,
    }
}

fn azure(repository: &str, order: ListOrder) -> Dialect {
    Dialect {
        path: format!("/acr/v1/{repository}/_tags"),
        query: sorted(order, "orderby", "timedesc").with("n", PAGE),
        read: Box::new(tags::azure),
        paging: Paging::Link,
        host: Host::Registry,
    }
}

fn google(name: &Name) -> Dialect {
    Dialect {
        path: Route::Tags { name: name.repository.clone() }.to_string(),
        query: Query::parse(""),
        read: Box::new(tags::google),
        paging: Paging::One,
        host: Host::Registry,
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
    }
}
