//! The kinds of search, each with its source.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::dialect::{Access, Ask, Dialect, Position};
use crate::http::{Body, Request, Target};
use crate::protocol::search::{self, Fact, query};
use crate::protocol::{Query, Scopes, Software};
use crate::reference::RepositoryName;

/// The maximum size of a page, as Harbor and Docker Hub allow it.
const PAGE: u32 = 100;

/// How many results are requested from zot in one page.
const ZOT_PAGE: u32 = 1000;

/// Harbor's list of repositories, from its [OpenAPI
/// document](https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml).
///
/// Its search at `/api/v2.0/search` has no pages and no descriptions; this has both, and an order.
pub(super) const HARBOR: Dialect = Dialect {
    software: Software::Harbor,
    facts: &[Fact::Description, Fact::Pulls, Fact::Artifacts, Fact::Updated],
    // Harbor shows only public projects to an anonymous user.
    access: Access::Volunteered,
    last_page: None,
    request: |ask| {
        let query = Query::default().with("sort", "-pull_count").with("page", ask.number());
        let query = query.with("page_size", PAGE.min(ask.limit));
        let query = match query::harbor(ask.term) {
            Some(filter) => query.with("q", filter),
            None if ask.term.is_empty() => query,
            None => return None,
        };
        Some(get("/api/v2.0/repositories", &query))
    },
    read: search::harbor_repositories,
    name: as_it_is,
};

/// Harbor's search, for terms that its list cannot filter by, and for versions without the list.
pub(super) const HARBOR_SEARCH: Dialect = Dialect {
    software: Software::Harbor,
    facts: &[Fact::Pulls, Fact::Artifacts, Fact::Private],
    access: Access::Volunteered,
    last_page: None,
    request: |ask| Some(get("/api/v2.0/search", &Query::default().with("q", ask.term))),
    read: search::harbor,
    name: as_it_is,
};

/// Quay's search, from its [source](https://github.com/quay/quay/blob/master/endpoints/api/search.py). It ignores
/// user name and password.
pub(super) const QUAY: Dialect = Dialect {
    software: Software::Quay,
    facts: &[Fact::Description, Fact::Stars, Fact::Updated, Fact::Private],
    access: Access::IfAsked,
    // Quay returns its tenth page for each higher number.
    last_page: Some(10),
    request: |ask| {
        // Newer versions send stars and times only with this parameter.
        let query = Query::default().with("includeUsage", "true").with("query", ask.term);
        let number = ask.number();
        let query = if number > 1 { query.with("page", number) } else { query };
        Some(get("/api/v1/find/repositories", &query))
    },
    read: search::quay,
    name: as_it_is,
};

/// Nexus' search of components, from its [documentation](https://help.sonatype.com/en/search-api.html).
pub(super) const NEXUS: Dialect = Dialect {
    software: Software::Nexus,
    facts: &[Fact::Repositories],
    // Nexus shows an anonymous user less.
    access: Access::Volunteered,
    last_page: None,
    request: |ask| Some(nexus(ask, Query::default().with("format", "docker"), ask.term)),
    read: search::nexus,
    name: as_it_is,
};

/// The same search where the first part of a name is the repository in Nexus' sense, with routing by path.
pub(super) const NEXUS_BY_PATH: Dialect = Dialect {
    request: |ask| {
        let (repository, image) = ask.term.split_once('/')?;
        let query = Query::default().with("format", "docker").with("repository", repository);
        Some(nexus(ask, query, image))
    },
    name: |ask, name| Some(format!("{}/{name}", ask.term.split_once('/')?.0)),
    ..NEXUS
};

/// Artifactory's [query language](https://jfrog.com/help/r/jfrog-rest-apis/artifactory-query-language).
pub(super) const ARTIFACTORY: Dialect = Dialect {
    software: Software::Artifactory,
    facts: &[Fact::Updated, Fact::Repositories],
    access: Access::Volunteered,
    last_page: None,
    request: |ask| {
        let offset = (ask.number() - 1).saturating_mul(query::ARTIFACTORY_PAGE);
        let body = Bytes::from(query::artifactory(ask.term, offset));
        let request = Request::new(Method::POST, Target::Path("/artifactory/api/search/aql".to_owned()));
        Some(request.with(CONTENT_TYPE, HeaderValue::from_static("text/plain")).with_body(Body::Bytes(body)))
    },
    read: search::artifactory,
    name: |ask, name| {
        let (repository, image) = name.split_once('/')?;
        // With routing by subdomain, the host names the repository, and others cannot be pulled from there.
        let is_own =
            ask.host.split_once('.').is_some_and(|(label, _)| label.eq_ignore_ascii_case(repository));
        fitting(ask, if is_own { image.to_owned() } else { name })
    },
};

/// The repositories below a path, from the [specification of GitLab's
/// registry](https://gitlab.com/gitlab-org/container-registry/-/blob/master/docs/spec/gitlab/api.md).
pub(super) const GITLAB: Dialect = Dialect {
    software: Software::GitLab,
    facts: &[Fact::Updated],
    access: Access::Registry(|ask| {
        gitlab_path(ask.term).map_or_else(Scopes::none, |path| Scopes::pull(&path))
    }),
    last_page: None,
    request: |ask| {
        let path = gitlab_path(ask.term)?;
        let query = Query::default().with("n", PAGE);
        Some(get(&format!("/gitlab/v1/repository-paths/{path}/repositories/list/"), &query))
    },
    read: search::gitlab,
    name: fitting,
};

/// zot's search, from its [schema](https://github.com/project-zot/zot/blob/main/pkg/extensions/search/schema.graphql).
pub(super) const ZOT: Dialect = Dialect {
    software: Software::Zot,
    facts: &[Fact::Description, Fact::Stars, Fact::Pulls, Fact::Updated],
    access: Access::Registry(|_| Scopes::catalog()),
    last_page: None,
    request: |ask| {
        let limit = ZOT_PAGE.min(ask.limit);
        let offset = (ask.number() - 1).saturating_mul(limit);
        let variables = query::zot(ask.term, offset, limit);
        let query = Query::default().with("query", query::ZOT).with("variables", variables);
        Some(get("/v2/_zot/ext/search", &query))
    },
    read: search::zot,
    name: as_it_is,
};

/// The search of Docker's first registry, which some registries still have.
pub(super) const INDEX: Dialect = Dialect {
    software: Software::Unknown,
    facts: &[Fact::Description, Fact::Stars, Fact::Official],
    access: Access::IfAsked,
    last_page: None,
    request: |ask| {
        let query = Query::default().with("q", ask.term);
        let number = ask.number();
        let query = if number > 1 { query.with("page", number) } else { query };
        Some(get("/v1/search", &query))
    },
    read: search::hub,
    name: as_it_is,
};

fn get(path: &str, query: &Query) -> Request {
    Request::get(format!("{path}?{query}"))
}

/// Nexus compares whole names unless the term has wildcards.
fn nexus(ask: &Ask<'_>, query: Query, term: &str) -> Request {
    let query = query.with("name", format!("*{term}*"));
    let query = match ask.position {
        Position::Token(token) => query.with("continuationToken", token),
        Position::Page(_) | Position::Link(_) => query,
    };
    get("/service/rest/v1/search", &query)
}

/// Returns the path whose repositories are listed: `group` for `group/app` and for `group`.
fn gitlab_path(term: &str) -> Option<RepositoryName> {
    term.rsplit_once('/').map_or(term, |(path, _)| path).parse().ok()
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of several functions of this type")]
fn as_it_is(_: &Ask<'_>, name: String) -> Option<String> {
    Some(name)
}

/// Returns the name if it contains the term.
fn fitting(ask: &Ask<'_>, name: String) -> Option<String> {
    name.to_lowercase().contains(&ask.term.to_lowercase()).then_some(name)
}
