//! The content of a registry: its list of repositories, a byte of a blob, and the rate limit.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RANGE};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::report::{Advice, Check, Finding, Reason, Status, Subject};
use super::visit::Visit;
use crate::auth::{self, Session};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::{Request, Response, Target};
use crate::image::{Descriptor, MANIFEST_BYTES_MAX, Manifest, MediaType};
use crate::protocol::{PullLimit, Route, Scopes};
use crate::reference::{RepositoryName, Selector, Tag};
use crate::remote::Error;

/// The maximum size of a list of repositories or tags. One name is requested, but some registries send the
/// whole list.
const LIST_MAX: u64 = 1 << 20;

/// Docker Hub's repository for reading the rate limit; such a request does not count against it.
const HUB_PREVIEW: &str = "ratelimitpreview/test";

/// A blob that exists.
pub(super) struct Sample {
    pub(super) repository: RepositoryName,
    pub(super) blob: Descriptor,
}

/// A response with a list of repositories.
#[derive(Deserialize)]
struct Repositories {
    repositories: Option<Vec<String>>,
}

/// A response with a list of tags.
#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

impl Visit<'_> {
    /// Checks the list of repositories and returns the first of them.
    pub(super) async fn catalog(&mut self, session: &Session) -> Option<RepositoryName> {
        if self.options.registry.is_hub() {
            self.note(Check::skip(Subject::Catalog, Reason::Hub));
            return None;
        }
        let request = Request::get(format!("{}?n=1", Route::Catalog)).keeping_redirects();
        let listing = async {
            let answer = session.send(request, &Scopes::catalog()).await?;
            let status = answer.status();
            let body = if status.is_success() { answer.bytes(LIST_MAX).await.ok() } else { None };
            Ok::<_, Error>((status, body))
        };
        let check = match self.time.within(listing).await {
            None => Check::ok(Subject::Catalog, Finding::Silent(super::time::STEP_LIMIT))
                .but(Advice::AskAdministrator),
            // A token service that fails says nothing about the catalog.
            Some(Err(error @ Error::Request(auth::Error::Service(_)))) => {
                Check::error(Subject::Catalog, &error)
            }
            Some(Err(error)) if error.kind() != ErrorKind::Unreachable => {
                Check::ok(Subject::Catalog, Finding::Error(super::report::told(&error)))
            }
            Some(Err(error)) => Check::error(Subject::Catalog, &error),
            Some(Ok((status, None))) => {
                let check = Check::ok(Subject::Catalog, Finding::NoCatalog { status: status.as_u16() });
                let in_trouble = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                if in_trouble { check.but(Advice::AskAdministrator) } else { check }
            }
            Some(Ok((_, Some(body)))) => {
                let list = serde_json::from_slice::<Repositories>(&body).ok();
                let first =
                    list.and_then(|list| list.repositories).and_then(|names| names.into_iter().next());
                let name = first.as_ref().and_then(|name| name.parse().ok());
                self.note(Check::ok(Subject::Catalog, Finding::Catalog { first }));
                return name;
            }
        };
        self.note(check);
        None
    }

    /// Requests one byte of a blob, from the given repository or the first of the catalog.
    pub(super) async fn ranges(
        &mut self,
        session: &Session,
        first: Option<RepositoryName>,
    ) -> Option<Sample> {
        let named = self.options.repository.clone().or(self.options.write.clone());
        let Some(repository) = named.clone().or(first) else {
            self.note(Check::skip(Subject::Ranges, Reason::NoRepository));
            return None;
        };
        let time = self.time;
        let found = time.within(self.sample(session, &repository)).await;
        let check = match found {
            None => Check::ok(Subject::Ranges, Finding::Silent(super::time::STEP_LIMIT))
                .but(Advice::AskAdministrator),
            Some(Ok(Some((sample, finding)))) => {
                let check = Check::ok(Subject::Ranges, finding);
                let whole = matches!(check.finding, Finding::NoRanges { .. });
                self.note(if whole { check.but(Advice::AskAdministrator) } else { check });
                return Some(sample);
            }
            Some(Ok(None)) => {
                Check::ok(Subject::Ranges, Finding::Empty { repository: repository.to_string() })
            }
            // The first repository of the catalog need not be readable, and may be gone.
            Some(Err(error)) if named.is_none() && error.kind() != ErrorKind::Unreachable => {
                Check::new(Subject::Ranges, Status::Skip, Finding::Error(super::report::told(&error)))
            }
            // A missing repository is not an error if only `write` names it.
            Some(Err(error)) if self.options.repository.is_none() && error.kind() == ErrorKind::NotFound => {
                Check::ok(Subject::Ranges, Finding::Empty { repository: repository.to_string() })
            }
            Some(Err(error)) => Check::error(Subject::Ranges, &error),
        };
        self.note(check);
        None
    }

    async fn sample(
        &mut self,
        session: &Session,
        repository: &RepositoryName,
    ) -> Result<Option<(Sample, Finding)>, Error> {
        let scopes = Scopes::pull(repository);
        let Some(blob) = self.some_blob(session, repository).await? else { return Ok(None) };
        let route = Route::Blob { name: repository.clone(), digest: blob.digest.clone() };
        let one_byte = HeaderValue::from_static("bytes=0-0");
        let request = Request::get(route.to_string()).with(RANGE, one_byte);
        // The body is not read, because a registry without range support sends all of the blob.
        let answer = session.send(request, &scopes).await?.success().await?;
        let name = repository.to_string();
        let finding = if answer.status() == StatusCode::PARTIAL_CONTENT {
            Finding::Ranges { repository: name, elsewhere: self.elsewhere(&answer) }
        } else {
            Finding::NoRanges { repository: name }
        };
        Ok(Some((Sample { repository: repository.clone(), blob }, finding)))
    }

    /// Returns the config of some image in `repository`; `None` if there is no image.
    async fn some_blob(
        &mut self,
        session: &Session,
        repository: &RepositoryName,
    ) -> Result<Option<Descriptor>, Error> {
        let tags = Route::Tags { name: repository.clone() };
        let request = Request::get(format!("{tags}?n=1")).keeping_redirects();
        let answer = session.send(request, &Scopes::pull(repository)).await?.success().await?;
        let list = serde_json::from_slice::<Tags>(&answer.bytes(LIST_MAX).await?);
        let tags = list.ok().and_then(|list| list.tags).unwrap_or_default();
        let Some(tag) = tags.iter().find_map(|tag| tag.parse::<Tag>().ok()) else { return Ok(None) };
        let mut manifest = self.manifest(session, repository, Selector::Tag(tag)).await?;
        if let Manifest::Index(index) = &manifest {
            let Some(image) = index.manifests.first() else { return Ok(None) };
            manifest = self.manifest(session, repository, Selector::Digest(image.digest.clone())).await?;
        }
        Ok(match manifest {
            Manifest::Image(image) => Some(image.config),
            Manifest::Index(_) => None,
        })
    }

    async fn manifest(
        &mut self,
        session: &Session,
        repository: &RepositoryName,
        selector: Selector,
    ) -> Result<Manifest, Error> {
        let route = Route::Manifest { name: repository.clone(), selector };
        let accept = HeaderValue::from_static(MediaType::ACCEPT_MANIFEST);
        let request = Request::get(route.to_string()).with(ACCEPT, accept);
        let answer = session.send(request, &Scopes::pull(repository)).await?.success().await?;
        self.note_limits(&answer);
        let media_type = media_type(&answer);
        Ok(Manifest::parse(&media_type, &answer.bytes(MANIFEST_BYTES_MAX).await?)?)
    }

    /// Reports how many requests are left, if the registry says so.
    pub(super) async fn rate_limit(&mut self, session: &Session) {
        if self.options.registry.is_hub()
            && let Some(check) = self.ask_hub(session).await
        {
            return self.note(check);
        }
        let check = match self.limits {
            None => Check::ok(Subject::RateLimit, Finding::NoRateLimit),
            Some(PullLimit { limit, remaining, window }) => {
                let finding = Finding::RateLimit { limit, remaining, window };
                match remaining {
                    0 => Check::new(Subject::RateLimit, Status::Fail(ErrorKind::RateLimited), finding)
                        .advise(Advice::SpareRequests),
                    _ => Check::ok(Subject::RateLimit, finding),
                }
            }
        };
        self.note(check);
    }

    /// Asks Docker Hub, which reports its limit only for manifests. Returns the check if that failed.
    async fn ask_hub(&mut self, session: &Session) -> Option<Check> {
        let name: RepositoryName = HUB_PREVIEW.parse().expect("it is a repository's name");
        let tag: Tag = crate::reference::LATEST.parse().expect("it is a tag");
        let route = Route::Manifest { name: name.clone(), selector: Selector::Tag(tag) };
        let accept = HeaderValue::from_static(MediaType::ACCEPT_MANIFEST);
        let request = Request::new(Method::HEAD, Target::Path(route.to_string())).with(ACCEPT, accept);
        let (time, scopes) = (self.time, Scopes::pull(&name));
        match time.within(session.send(request, &scopes)).await {
            None => {
                let check = Check::ok(Subject::RateLimit, Finding::Silent(super::time::STEP_LIMIT));
                Some(check.but(Advice::AskAdministrator))
            }
            Some(Err(error)) => Some(Check::error(Subject::RateLimit, &error)),
            Some(Ok(answer)) => {
                self.note_limits(&answer);
                let over = answer.status() == StatusCode::TOO_MANY_REQUESTS;
                if !over {
                    return None;
                }
                Some(Check::error(Subject::RateLimit, &answer.into_error().await))
            }
        }
    }
}

fn media_type(answer: &Response) -> MediaType {
    let kind = answer.header(&CONTENT_TYPE).unwrap_or_default();
    MediaType::from(kind.split(';').next().unwrap_or_default().trim().to_owned())
}
