//! Docker Hub, whose registry API has no search.

use std::collections::HashSet;

use super::request::{Detail, Search, SearchRequest};
use crate::http::Request;
use crate::protocol::search::{self, Fact, More, Page, SearchResult};
use crate::protocol::{Query, Scopes, Software};
use crate::reference::Registry;
use crate::remote::hub::Account;
use crate::remote::server::Fetched;
use crate::remote::{Error, Remote};

/// The host that Docker asks.
const INDEX: &str = "index.docker.io";

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 16 << 20;

/// The maximum size of a page.
const PAGE: u32 = 100;

/// The maximum number of pages of a user's own repositories.
const OWN_PAGES_MAX: u32 = 100;

impl Remote {
    pub(super) async fn search_hub(&self, wanted: &SearchRequest<'_>) -> Result<Search, Error> {
        match wanted.detail {
            Detail::Docker => self.search_index(wanted).await,
            Detail::Everything => self.search_hub_api(wanted).await,
        }
    }

    async fn search_index(&self, wanted: &SearchRequest<'_>) -> Result<Search, Error> {
        let server = self.beside(&Registry::hub(), INDEX)?;
        let query = Query::default().with("q", wanted.term).with("n", wanted.limit);
        let path = format!("/v1/search?{query}");
        let fetched = server.fetch(&Scopes::none(), || Request::get(path.as_str()), ANSWER_MAX).await?;
        let page = page(&fetched, search::hub)?;
        let facts = &[Fact::Description, Fact::Stars, Fact::Official];
        Ok(outcome(page.results, wanted, facts, None))
    }

    /// Searches by the newer API: first the repositories of the user, then the public ones.
    ///
    /// The API is known from [public clients](https://docs.docker.com/reference/api/hub/latest/) and only partly
    /// documented.
    async fn search_hub_api(&self, wanted: &SearchRequest<'_>) -> Result<Search, Error> {
        let account = self.hub_account().await?;
        let mut results = Vec::new();
        let mut cut = own(&account, wanted, &mut results).await.err();
        let limit = wanted.limit as usize;
        let mut names: HashSet<String> = results.iter().map(|result| result.name.clone()).collect();
        for number in 1.. {
            if results.len() >= limit {
                break;
            }
            let query = Query::default().with("query", wanted.term).with("page", number);
            let path =
                format!("/v2/search/repositories/?{}", query.with("page_size", PAGE.min(wanted.limit)));
            let read = account.read_public(&path, ANSWER_MAX).await;
            let page = match read.and_then(|fetched| page(&fetched, search::hub_repositories)) {
                Ok(page) => page,
                Err(error) if results.is_empty() => return Err(error),
                Err(error) => {
                    cut = Some(error);
                    break;
                }
            };
            let before = results.len();
            results.extend(page.results.into_iter().filter(|result| names.insert(result.name.clone())));
            if page.more == More::Nothing || results.len() == before {
                break;
            }
        }
        let facts =
            &[Fact::Description, Fact::Stars, Fact::Official, Fact::Pulls, Fact::Updated, Fact::Private];
        Ok(outcome(results, wanted, facts, cut))
    }
}

/// Adds the repositories of the user whose names contain the term; none for an anonymous user.
async fn own(
    account: &Account,
    wanted: &SearchRequest<'_>,
    results: &mut Vec<SearchResult>,
) -> Result<(), Error> {
    let Some(username) = account.username() else { return Ok(()) };
    // The name becomes a part of a path. Docker Hub's have only these characters.
    let namespace = username.to_lowercase();
    if !namespace.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    for number in 1..=OWN_PAGES_MAX {
        let query = Query::default().with("page", number).with("page_size", PAGE);
        let path = format!("/v2/namespaces/{namespace}/repositories?{query}");
        let page = page(&account.read_own(&path, ANSWER_MAX).await?, search::hub_own)?;
        let is_last = page.more == More::Nothing || page.results.is_empty();
        results.extend(page.results.into_iter().filter(|result| wanted.fits(&result.name)));
        if is_last || results.len() >= wanted.limit as usize {
            break;
        }
    }
    Ok(())
}

fn page(fetched: &Fetched, read: fn(&[u8]) -> Result<Page, search::Error>) -> Result<Page, Error> {
    read(&fetched.body).map_err(|error| Error::unexpected(&fetched.head.call, error.to_string()))
}

fn outcome(
    mut results: Vec<SearchResult>,
    wanted: &SearchRequest<'_>,
    facts: &'static [Fact],
    cut: Option<Error>,
) -> Search {
    results.truncate(wanted.limit as usize);
    Search { results, cut, facts, software: Software::DockerHub, rest: None }
}
