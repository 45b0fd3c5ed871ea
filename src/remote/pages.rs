//! Lists that come in pages: tags and catalogs.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use reqwest::StatusCode;
use serde::Deserialize;

use super::server::{Head, Server};
use super::{Error, Repository};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{Request, Target};
use crate::protocol::{ErrorCode, Scopes, next_link};

/// How many names are asked for at a time: more is an error at some registries.
const PAGE: usize = 1000;

/// The most bytes of a page that are read.
const PAGE_MAX: u64 = 16 << 20;

/// The most pages of one list that are read.
const PAGES_MAX: usize = 100_000;

/// How many names are remembered, to tell new ones from old ones: 16 MB. Whoever has more is stopped by
/// [`PAGES_MAX`] only.
const NAMES_MAX: usize = 1 << 20;

/// A list of names, read page by page.
///
/// Links to the next page are followed on the same server only, to no URL twice, and only as long as they
/// bring names that were not there before.
pub struct Pages {
    server: Origin,
    scopes: Scopes,
    field: &'static str,
    next: Option<Target>,
    /// Why the next page is not gone to.
    refused: Option<Error>,
    seen: Seen,
}

/// Whose server to ask.
enum Origin {
    Registry(Box<Server>),
    Repository(Repository),
}

#[derive(Default)]
struct Seen {
    urls: HashSet<u64>,
    /// The names, as far as they are remembered.
    names: HashSet<u64>,
    hasher: RandomState,
}

impl Pages {
    pub(super) fn new(server: Server, path: &str, field: &'static str, scopes: Scopes) -> Self {
        Self::begin(Origin::Registry(Box::new(server)), path, field, scopes)
    }

    pub(super) fn of_repository(repository: Repository, path: &str, field: &'static str) -> Self {
        let scopes = repository.pull_scopes();
        Self::begin(Origin::Repository(repository), path, field, scopes)
    }

    fn begin(server: Origin, path: &str, field: &'static str, scopes: Scopes) -> Self {
        let next = Some(Target::Path(format!("{path}?n={PAGE}")));
        Self { server, scopes, field, next, refused: None, seen: Seen::default() }
    }

    /// The names of the next page, `None` after the last one.
    ///
    /// Foreign text: names are as the registry sends them.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry says no; [`Error::NoCatalog`] if it says no to the list of
    /// repositories; [`Error::Unexpected`] if pages lead in a circle or elsewhere, after the names until there.
    pub async fn next_page(&mut self) -> Result<Option<Vec<String>>, Error> {
        let Some(target) = self.next.take() else { return self.refused.take().map_or(Ok(None), Err) };
        let request = || Request::new(reqwest::Method::GET, target.clone()).keeping_redirects();
        let server = match &self.server {
            Origin::Registry(server) => server,
            Origin::Repository(repository) => repository.shared().origin(),
        };
        let fetched = server.fetch(&self.scopes, request, PAGE_MAX).await;
        let fetched = fetched.map_err(|error| self.explained(server, error))?;
        let names = names(&fetched.body, self.field, &fetched.head)?;
        match self.seen.follow(&fetched.head, &names) {
            Ok(next) => self.next = next,
            Err(error) => self.refused = Some(error),
        }
        Ok(Some(names))
    }

    fn explained(&self, server: &Server, error: Error) -> Error {
        let is_catalog = matches!(self.server, Origin::Registry(_));
        let refused = error.status().is_some_and(|status| match error.kind() {
            // Whoever is not known has to log in first; whoever is known and may not has no list.
            ErrorKind::Denied => {
                status.status == StatusCode::FORBIDDEN || status.has_code(&ErrorCode::Denied)
            }
            kind => !matches!(kind, ErrorKind::Unreachable | ErrorKind::RateLimited),
        });
        if is_catalog && refused {
            let registry = server.session().client().endpoint().credentials.clone();
            return Error::NoCatalog { registry, source: Box::new(error) };
        }
        error
    }
}

impl Seen {
    /// Where the next page is, if there is one that can be gone to.
    fn follow(&mut self, head: &Head, names: &[String]) -> Result<Option<Target>, Error> {
        let Some(link) = head.link.as_deref().and_then(next_link) else { return Ok(None) };
        let refuse = |reason: &str| Err(Error::unexpected(&head.call, reason));
        let Ok(next) = head.url.join(link) else { return refuse("its link to the next page is no URL") };
        if next.origin() != head.url.origin() {
            return refuse("its link to the next page leads to another server");
        }
        self.urls.insert(self.hasher.hash_one(head.url.as_str()));
        if self.urls.contains(&self.hasher.hash_one(next.as_str())) || self.urls.len() > PAGES_MAX {
            return refuse("its pages lead in a circle");
        }
        if !self.is_news(names) {
            return refuse("its pages bring no new names");
        }
        Ok(Some(Target::Url(next)))
    }

    /// Whether one of the names was not there before, as far as that is remembered.
    fn is_news(&mut self, names: &[String]) -> bool {
        let hashes: Vec<u64> = names.iter().map(|name| self.hasher.hash_one(name)).collect();
        let is_news = hashes.iter().any(|hash| !self.names.contains(hash));
        let room = NAMES_MAX.saturating_sub(self.names.len());
        self.names.extend(hashes.into_iter().take(room));
        is_news
    }
}

/// The names in a page; `null`, which some registries send for an empty list, is none.
fn names(body: &[u8], field: &str, head: &Head) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        tags: Option<Vec<String>>,
        #[serde(default)]
        repositories: Option<Vec<String>>,
    }
    let page: Page = serde_json::from_slice(body).map_err(|_| {
        Error::unexpected(&head.call, head.content_type.as_deref().unwrap_or("it is no list").to_owned())
    })?;
    Ok(if field == "tags" { page.tags } else { page.repositories }.unwrap_or_default())
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
            length: None,
            link: Some(format!("<{link}>; rel=\"next\"")),
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
        assert!(follow(&mut seen, first, first, "a").is_err(), "a circle of one");
        assert!(seen.follow(&head(first, "?last=x"), &[]).is_err(), "no names");
        assert!(follow(&mut seen, first, "?last=b", "b").is_ok());
        assert!(
            follow(&mut seen, "http://r.example/v2/_catalog?last=b", "?last=c", "b").is_err(),
            "the same names"
        );
        assert!(
            follow(&mut seen, "http://r.example/v2/_catalog?last=b", first, "c").is_err(),
            "a circle of two"
        );
    }

    #[test]
    fn an_emptied_repository_lists_null() {
        let head = head("http://r.example/", "/");
        assert!(names(br#"{"name":"x","tags":null}"#, "tags", &head).unwrap().is_empty());
        assert!(names(b"<html>", "tags", &head).is_err());
    }
}
