//! One server of a registry: an authenticated session and its retry policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderName;

use super::Error;
use super::refusal::Refusal;
use super::warnings::Warnings;
use crate::auth::Session;
use crate::config::Resolve;
use crate::http::{Request, Response};
use crate::protocol::{CONTENT_DIGEST_HEADER, PullLimit, Scopes};
use crate::reference::RepositoryName;
use crate::retry::{self, Policy};

/// How long a mirror may take to respond to a small request; the registry itself gets more time.
const MIRROR_ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A mirror, or the registry itself.
pub(super) struct Server {
    session: Arc<Session>,
    retry: Policy,
    warnings: Arc<Warnings>,
    /// Set once the server has refused a `HEAD`.
    refuses_head: AtomicBool,
}

impl Server {
    pub(super) fn new(session: Arc<Session>, retry: Policy, warnings: Arc<Warnings>) -> Self {
        Self { session, retry, warnings, refuses_head: AtomicBool::new(false) }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the `host[:port]`.
    pub(super) fn host(&self) -> &str {
        &self.session.client().endpoint().host
    }

    /// Returns the name of a repository at this server.
    pub(super) fn name_of(&self, repository: &RepositoryName) -> RepositoryName {
        // Mirrors without such a repository are not among its servers.
        self.session.client().endpoint().naming.of(repository).unwrap_or_else(|| repository.clone())
    }

    /// Returns which server resolves tags, if this is a mirror.
    pub(super) fn resolve(&self) -> Resolve {
        self.session.client().endpoint().resolve
    }

    /// Returns the retry policy.
    pub(super) fn retry(&self) -> Policy {
        self.retry
    }

    /// Reports whether the server has refused a `HEAD`, so that `GET` is used instead.
    pub(super) fn refuses_head(&self) -> bool {
        self.refuses_head.load(Ordering::Relaxed)
    }

    pub(super) fn head_was_refused(&self) {
        self.refuses_head.store(true, Ordering::Relaxed);
    }

    /// Warns the user of a problem of this server, once.
    pub(super) fn warn(&self, warning: &str) {
        self.warnings.tell(warning);
    }

    /// Sends a request once and returns any response.
    pub(super) async fn send(&self, request: Request, scopes: &Scopes) -> Result<Response, Error> {
        // The future is boxed, because all requests are nested around it. Otherwise the nesting would be too
        // deep for the compiler of programs that use this library.
        let response = Box::pin(self.session.send(request, scopes)).await?;
        self.warnings.hear(&response);
        Ok(response)
    }

    /// Sends a request until it succeeds or its error is final.
    pub(super) async fn call(
        &self,
        scopes: &Scopes,
        request: impl Fn() -> Request,
    ) -> Result<Response, Error> {
        let call = || async { Ok(self.send(self.in_time(request()), scopes).await?.success().await?) };
        self.retrying(call).await
    }

    /// Sends a request like [`Server::call`], and reads the whole body, at most `limit` bytes.
    pub(super) async fn fetch(
        &self,
        scopes: &Scopes,
        request: impl Fn() -> Request,
        limit: u64,
    ) -> Result<Fetched, Error> {
        let fetch = || async {
            let response = self.send(self.in_time(request()), scopes).await?.success().await?;
            let head = Head::of(&response);
            Ok(Fetched { head, body: response.bytes(limit).await? })
        };
        self.retrying(fetch).await
    }
}

impl Server {
    /// Sends a `HEAD` request. Returns `None` if it is refused, so that only `GET` can decide.
    ///
    /// If the server asks to wait, the client waits and then uses `GET`. A server that has finally refused a
    /// `HEAD` gets no further one.
    ///
    /// # Errors
    /// An error if the content does not exist, or the server cannot be asked.
    pub(super) async fn look(
        &self,
        scopes: &Scopes,
        request: impl Fn() -> Request,
    ) -> Result<Option<Response>, Error> {
        let was_busy = AtomicBool::new(false);
        let ask = || async {
            if self.refuses_head() || was_busy.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let response = self.send(self.in_time(request()), scopes).await?;
            let error = match response.success().await {
                Ok(response) => return Ok(Some(response)),
                Err(error) => Error::from(error),
            };
            let Some(refusal) = Refusal::of(&error) else { return Err(error) };
            tracing::debug!("HEAD was refused, GET decides: {error}");
            match refusal {
                Refusal::Busy => {
                    was_busy.store(true, Ordering::Relaxed);
                    Err(error)
                }
                Refusal::Trouble => Ok(None),
                Refusal::Final => {
                    self.head_was_refused();
                    Ok(None)
                }
            }
        };
        self.retrying(ask).await
    }

    /// Retries an operation that fails, and shows the waits.
    pub(super) async fn retrying<T, F>(&self, operation: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let server = self.session.client().own_outage().ok();
        retry::run(self.retry, server.as_deref(), operation).await
    }

    /// Adds the shorter time limit of a mirror to a small request.
    pub(super) fn in_time(&self, request: Request) -> Request {
        if !self.session.client().endpoint().mirror {
            return request;
        }
        let patience = self.session.client().endpoint().patience;
        let limit = request.patience.unwrap_or(patience).min(MIRROR_ANSWER_LIMIT);
        request.patient(limit)
    }
}

/// A response with its whole body.
#[derive(Clone)]
pub(super) struct Fetched {
    pub(super) head: Head,
    pub(super) body: Bytes,
}

/// The headers of a response that are used.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) content_type: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) length: Option<u64>,
    pub(super) pull_limit: Option<PullLimit>,
    /// All `Link` headers, which contain the URL of the next page.
    pub(super) link: String,
    pub(super) url: reqwest::Url,
    pub(super) call: crate::http::Call,
}

impl Head {
    pub(super) fn of(response: &Response) -> Self {
        let owned = |name| response.header(&name).map(str::to_owned);
        Self {
            content_type: owned(reqwest::header::CONTENT_TYPE),
            digest: owned(DIGEST_HEADER),
            length: response.claimed_length(),
            pull_limit: PullLimit::read(|name| response.header(&HeaderName::from_static(name))),
            link: response.texts(&reqwest::header::LINK).collect::<Vec<_>>().join(", "),
            url: response.url().clone(),
            call: response.call().clone(),
        }
    }
}

/// `Docker-Content-Digest`: the digest of the body, as the registry reports it.
pub(super) const DIGEST_HEADER: HeaderName = HeaderName::from_static(CONTENT_DIGEST_HEADER);
