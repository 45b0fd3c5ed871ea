//! Paginated lists: tags and catalogs.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;

use reqwest::StatusCode;
use serde::Deserialize;

use super::Error;
use super::server::{Fetched, Head, Server};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{Request, Target, redacted};
use crate::protocol::{ErrorBody, ErrorCode, Route, Scopes, next_link};
use crate::reference::RepositoryName;

/// How many names are requested for a page: some registries reject more.
const PAGE: usize = 1000;

/// The maximum size of a page in bytes.
const PAGE_MAX: u64 = 16 << 20;

/// The maximum number of pages of a list.
const PAGES_MAX: u32 = 100_000;

/// How many names are remembered to detect repeated pages: 16 MB. Longer lists are limited only by
/// [`PAGES_MAX`].
const NAMES_MAX: usize = 1 << 20;

/// A list of names, read page by page.
///
/// Links to the next page are followed only on the same server, to no URL twice, and only as long as pages
/// contain new names.
pub struct Pages {
    server: Arc<Server>,
    scopes: Scopes,
    list: List,
    next: Option<Target>,
    /// Whether the server has rejected the requested page size.
    counts_refused: bool,
    /// Why the next page is not followed.
    refused: Option<Error>,
    seen: Seen,
}

/// A list of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// The tags of a repository.
    Tags,
    /// The repositories.
    Catalog,
}

/// What was seen of a list, so that its pages end.
pub(super) struct Seen {
    /// The URLs, numbers or tokens of the pages.
    places: HashSet<u64>,
    /// The names, as far as they are remembered.
    names: HashSet<u64>,
    hasher: RandomState,
    /// How many pages have a next one, and how many may.
    pages: u32,
    pages_max: u32,
}

impl Pages {
    /// Begins the list of the tags of `repository`.
    pub(super) fn of_tags(server: Arc<Server>, repository: &RepositoryName) -> Self {
        let route = Route::Tags { name: repository.clone() };
        Self::begin(server, Scopes::pull(repository), List::Tags, &route)
    }

    /// Begins the list of all repositories.
    pub(super) fn of_repositories(server: Arc<Server>) -> Self {
        Self::begin(server, Scopes::catalog(), List::Catalog, &Route::Catalog)
    }

    fn begin(server: Arc<Server>, scopes: Scopes, list: List, route: &Route) -> Self {
        let next = Some(Target::Path(format!("{route}?n={PAGE}")));
        Self { server, scopes, list, next, counts_refused: false, refused: None, seen: Seen::default() }
    }

    /// Returns the names of the next page, or `None` after the last one.
    ///
    /// The names are untrusted text, exactly as the registry sends them.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry refuses; [`Error::NoCatalog`] if it refuses the list of
    /// repositories; [`Error::Unexpected`] if pages form a loop or lead elsewhere, and [`Error::TooManyPages`], after
    /// the names so far.
    pub async fn next_page(&mut self) -> Result<Option<Vec<String>>, Error> {
        let Some(target) = self.next.take() else { return self.refused.take().map_or(Ok(None), Err) };
        let fetched = match self.fetch(&target).await {
            Err(error) if may_be_about_count(&error) => {
                let Some(target) = without_count(&target, Count::Any) else {
                    return Err(self.explained(error));
                };
                tracing::debug!("retrying without a page size: {error}");
                self.counts_refused = true;
                self.fetch(&target).await
            }
            fetched => fetched,
        };
        let fetched = fetched.map_err(|error| self.explained(error))?;
        let names = names(&fetched.body, self.list, &fetched.head)?;
        match self.seen.follow(&fetched.head, &names) {
            Ok(Some(next)) if self.counts_refused => {
                self.next = Some(without_count(&next, Count::Own).unwrap_or(next));
            }
            Ok(next) => self.next = next,
            Err(error) => self.refused = Some(error),
        }
        Ok(Some(names))
    }

    async fn fetch(&self, target: &Target) -> Result<Fetched, Error> {
        let request = || Request::new(reqwest::Method::GET, target.clone()).keeping_redirects();
        self.server.fetch(&self.scopes, request, PAGE_MAX).await
    }

    fn explained(&self, error: Error) -> Error {
        let refused = error.status().is_some_and(|status| match error.kind() {
            // An anonymous user has to log in first; for a known user without permission there is no list.
            ErrorKind::Denied => {
                status.status == StatusCode::FORBIDDEN || status.has_code(&ErrorCode::Denied)
            }
            kind => !matches!(kind, ErrorKind::Unreachable | ErrorKind::RateLimited),
        });
        if self.list == List::Catalog && refused {
            let registry = self.server.session().client().endpoint().credentials.clone();
            return Error::NoCatalog { registry, source: Box::new(error) };
        }
        error
    }
}

/// Reports whether a page may have been rejected because of the page size: docker-registry responds with 400
/// and `PAGINATION_NUMBER_INVALID` if it exceeds its `catalog: maxentries`.
fn may_be_about_count(error: &Error) -> bool {
    error.status().is_some_and(|status| {
        matches!(status.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY)
            || status.has_code(&ErrorCode::PaginationNumberInvalid)
    })
}

/// Which page size is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// The one that is requested here.
    Own,
    /// Any.
    Any,
}

/// Returns the same page without a page size; `None` if it has none.
fn without_count(target: &Target, count: Count) -> Option<Target> {
    let is_count = |pair: &&str| match pair.strip_prefix("n=") {
        Some(number) => count == Count::Any || number == PAGE.to_string(),
        None => false,
    };
    let stripped = |query: &str| {
        let kept: Vec<_> = query.split('&').filter(|pair| !is_count(pair)).collect();
        (kept.len() < query.split('&').count()).then(|| kept.join("&"))
    };
    match target {
        Target::Path(path) => {
            let (path, query) = path.split_once('?')?;
            let query = stripped(query)?;
            Some(Target::Path(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }))
        }
        Target::Url(url) => {
            let query = stripped(url.query()?)?;
            let mut url = url.clone();
            url.set_query(Some(&*query).filter(|query| !query.is_empty()));
            Some(Target::Url(url))
        }
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self::up_to(PAGES_MAX)
    }
}

impl Seen {
    /// Begins a list of at most `pages` pages.
    pub(super) fn up_to(pages: u32) -> Self {
        let (places, names, hasher) = Default::default();
        Self { places, names, hasher, pages: 0, pages_max: pages }
    }

    /// Returns the URL of the next page, if there is one that may be followed.
    pub(super) fn follow(&mut self, head: &Head, names: &[String]) -> Result<Option<Target>, Error> {
        let refuse = |reason: &str| Err(Error::unexpected(&head.call, reason));
        let link = next_link(&head.link).map_err(|error| Error::unexpected(&head.call, error.to_string()))?;
        let Some(link) = link else { return Ok(None) };
        let Ok(next) = head.url.join(link) else { return refuse("its link to the next page is not a URL") };
        if next.origin() != head.url.origin() {
            return Err(Error::Misled {
                call: head.call.clone(),
                location: redacted(&next),
                reason: "leads to another server",
            });
        }
        self.places.insert(self.hasher.hash_one(head.url.as_str()));
        self.advance(head, next.as_str())?;
        self.expect_news(head, names)?;
        Ok(Some(Target::Url(next)))
    }

    /// Records that a page is followed by the one at `next`: a URL, a number or a token.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if that page was read before; [`Error::TooManyPages`].
    pub(super) fn advance(&mut self, head: &Head, next: &str) -> Result<(), Error> {
        self.pages += 1;
        if self.pages >= self.pages_max {
            return Err(Error::TooManyPages { call: head.call.clone(), pages: self.pages_max });
        }
        match self.places.insert(self.hasher.hash_one(next)) {
            true => Ok(()),
            false => Err(Error::unexpected(&head.call, "its pages form a loop")),
        }
    }

    /// Records the names of a page that has a next one.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if none of them is new.
    pub(super) fn expect_news(&mut self, head: &Head, names: &[impl Hash]) -> Result<(), Error> {
        match self.is_news(names) {
            true => Ok(()),
            false => Err(Error::unexpected(&head.call, "its pages bring no new names")),
        }
    }

    /// Reports whether one of the names is new, as far as names are remembered.
    fn is_news(&mut self, names: &[impl Hash]) -> bool {
        let hashes: Vec<u64> = names.iter().map(|name| self.hasher.hash_one(name)).collect();
        let is_news = hashes.iter().any(|hash| !self.names.contains(hash));
        let room = NAMES_MAX.saturating_sub(self.names.len());
        self.names.extend(hashes.into_iter().take(room));
        is_news
    }
}

/// Returns the names in a page. Some registries send `null` for an empty list.
fn names(body: &[u8], list: List, head: &Head) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        tags: Option<Vec<String>>,
        #[serde(default)]
        repositories: Option<Vec<String>>,
        errors: Option<serde::de::IgnoredAny>,
    }
    let unexpected = || {
        Error::unexpected(&head.call, head.content_type.as_deref().unwrap_or("it is not a list").to_owned())
    };
    // serde would read an array as the fields of the page.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(unexpected());
    }
    let page: Page = serde_json::from_slice(body).map_err(|_| unexpected())?;
    // Some servers send an error with the status of success.
    if let Some(error) = page.errors.as_ref().and_then(|_| ErrorBody::parse(500, body)) {
        return Err(Error::unexpected(&head.call, error.to_string()));
    }
    let names = match list {
        List::Tags => page.tags,
        List::Catalog => page.repositories,
    };
    Ok(names.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use reqwest::{Method, Url};

    use super::*;
    use crate::http::Call;
    use crate::reference::Registry;

    fn head(url: &str, link: &str) -> Head {
        let call = Call { method: Method::GET, url: url.into(), registry: Registry::hub() };
        Head {
            content_type: None,
            digest: None,
            pull_limit: None,
            length: None,
            link: format!("<{link}>; rel=\"next\""),
            url: Url::parse(url).unwrap(),
            call,
        }
    }

    fn follow(seen: &mut Seen, url: &str, link: &str, last: &str) -> Result<Option<Target>, Error> {
        seen.follow(&head(url, link), &[last.to_owned()])
    }

    #[test]
    fn pages_are_followed_on_the_same_server() {
        let mut seen = Seen::default();
        let next = follow(&mut seen, "http://r.example/v2/_catalog?n=2", "/v2/_catalog?n=2&last=b", "b");
        let Ok(Some(Target::Url(next))) = next else { panic!("there is a next page") };
        assert_eq!(next.as_str(), "http://r.example/v2/_catalog?n=2&last=b");
    }

    #[test]
    fn pages_that_lead_elsewhere_or_nowhere_are_refused() {
        let first = "http://r.example/v2/_catalog?n=2";
        let mut seen = Seen::default();
        assert!(follow(&mut seen, first, "http://evil.example/v2/_catalog", "a").is_err());
        assert!(follow(&mut seen, first, "http://r.example:81/v2/_catalog", "a").is_err());
        assert!(follow(&mut seen, first, first, "a").is_err(), "a loop of one page");
        assert!(seen.follow(&head(first, "?last=x"), &[]).is_err(), "no names");
        assert!(follow(&mut seen, first, "?last=b", "b").is_ok());
        assert!(
            follow(&mut seen, "http://r.example/v2/_catalog?last=b", "?last=c", "b").is_err(),
            "the same names"
        );
        assert!(
            follow(&mut seen, "http://r.example/v2/_catalog?last=b", first, "c").is_err(),
            "a loop of two pages"
        );
    }

    #[test]
    fn a_list_with_a_new_place_for_ever_ends_at_the_limit_of_pages() {
        let (head, mut seen) = (head("http://r.example/v2/_catalog", "/"), Seen::up_to(3));
        assert!(seen.advance(&head, "2").is_ok());
        assert!(seen.advance(&head, "2").unwrap_err().to_string().ends_with("its pages form a loop"));
        let error = seen.advance(&head, "3").unwrap_err().to_string();
        assert!(error.ends_with("incomplete results: there are more than 3 pages"), "{error}");
    }

    #[test]
    fn r6_a_number_of_names_is_left_out_wherever_it_stands() {
        let path = |path: &str| Target::Path(path.to_owned());
        for (with, without) in [
            ("/v2/_catalog?n=1000", Some("/v2/_catalog")),
            ("/v2/_catalog?last=a&n=1000", Some("/v2/_catalog?last=a")),
            ("/v2/_catalog?last=n%3D1", None),
            ("/v2/_catalog", None),
        ] {
            assert_eq!(without_count(&path(with), Count::Any), without.map(path), "{with}");
        }
        assert_eq!(without_count(&path("/v2/_catalog?n=5"), Count::Own), None);
        let url = |text: &str| Target::Url(Url::parse(text).unwrap());
        let next = url("http://r.example/v2/_catalog?last=a&n=1000");
        assert_eq!(without_count(&next, Count::Own), Some(url("http://r.example/v2/_catalog?last=a")));
    }

    #[test]
    fn an_emptied_repository_lists_null() {
        let head = head("http://r.example/", "/");
        assert!(names(br#"{"name":"x","tags":null}"#, List::Tags, &head).unwrap().is_empty());
        let refused = names(br#"{"errors":[{"code":"DENIED"}]}"#, List::Tags, &head).unwrap_err();
        assert!(refused.to_string().contains("denied"), "{refused}");
        assert!(names(br#"[["ghost"]]"#, List::Tags, &head).is_err());
        assert!(names(b"<html>", List::Tags, &head).is_err());
    }
}
