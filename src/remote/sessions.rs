//! Sessions of uploads: starts, resumes and cancels them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{HeaderName, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use super::Error;
use super::server::Server;
use crate::diagnose::{Diagnose as _, Recovery};
use crate::digest::Digest;
use crate::http::{self, Request, Response, Target};
use crate::image::Descriptor;
use crate::protocol::{ContentRange, ErrorCode, Route, Scopes};
use crate::reference::RepositoryName;
use crate::retry::{self, Policy};

/// The policy of cancelling. A session is often cancelled just when its connection is closed, and the request
/// may use that connection.
const CANCEL: Policy = Policy { attempts: Some(3), budget: Duration::from_secs(2) };

/// `OCI-Chunk-Min-Length`: the minimum size of a piece of a blob, except for the last one.
const CHUNK_MIN: HeaderName = HeaderName::from_static("oci-chunk-min-length");

/// How often a failing registry is asked for the progress of a session, before all bytes are sent again.
const ASKED_MAX: u32 = 3;

/// How long to wait at the end for sessions that the registry is just opening.
const OPENING_LIMIT: Duration = Duration::from_secs(1);

/// Where an upload starts or resumes.
pub(super) struct Start {
    pub(super) session: Url,
    /// How many bytes the registry has.
    pub(super) offset: u64,
    /// Whether the token is new because the last one was refused for the bytes that are sent next.
    pub(super) renewed: bool,
}

/// The sessions that are open at a registry, by blob.
///
/// A session is listed from the moment its location is known until its blob is committed, or the session is
/// cancelled or lost. All sessions that are listed at the end of a command have to be cancelled.
pub(super) struct Sessions {
    repository: RepositoryName,
    origin: Arc<Server>,
    open: Mutex<HashMap<Digest, Session>>,
    /// Locked for reading by all requests that may open a session, until there is a response.
    opening: Arc<RwLock<()>>,
    /// The minimum size of a piece of an upload that the registry requires.
    piece_min: AtomicU64,
}

impl Sessions {
    pub(super) fn new(repository: RepositoryName, origin: Arc<Server>) -> Self {
        Self {
            repository,
            origin,
            open: Mutex::default(),
            opening: Arc::default(),
            piece_min: AtomicU64::new(0),
        }
    }

    /// Returns the minimum size of a piece of an upload, except for the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.piece_min.load(Ordering::Relaxed)
    }

    fn scopes(&self) -> Scopes {
        Scopes::push(&self.repository)
    }

    /// Returns the open session of a blob.
    pub(super) fn get(&self, blob: &Digest) -> Option<Session> {
        self.open().get(blob).cloned()
    }

    /// Stores the session of this blob.
    pub(super) fn keep(&self, blob: &Digest, session: Session) {
        self.open().insert(blob.clone(), session);
    }

    /// Records that a request for this blob uses this session, and may be interrupted anywhere.
    pub(super) fn used(&self, blob: &Digest, session: &Url) {
        self.keep(blob, Session::Used(session.clone(), 0));
    }

    /// Records that this blob has no session any more.
    pub(super) fn ended(&self, blob: &Digest) {
        self.open().remove(blob);
    }

    /// Returns all open sessions, locked.
    fn open(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is open at the registry.
#[derive(Clone)]
pub(super) enum Session {
    /// No bytes were sent yet.
    Fresh(Url),
    /// Bytes were sent, and only the registry knows how many have arrived. The number counts failed attempts
    /// to ask it.
    Used(Url, u32),
    /// The last request was refused because of its token, and there is a new one. The registry has the bytes
    /// up to this offset.
    Refused(Url, u64),
    /// The last request was redirected here with its bytes, which begin at this offset.
    Moved(Url, u64),
}

impl Session {
    /// Returns the location at which it resumes.
    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Fresh(url) | Self::Used(url, _) | Self::Refused(url, _) | Self::Moved(url, _) => url,
        }
    }
}

impl Sessions {
    /// Reports whether there are unfinished uploads, including those that are just being started.
    pub(super) fn are_any(&self) -> bool {
        self.opening.try_write().is_err() || !self.open().is_empty()
    }

    /// Asks the registry to cancel the unfinished uploads, concurrently.
    pub(super) async fn abandon(&self) {
        // The location of a session that is just being opened is known only from the response.
        let opened = tokio::time::timeout(OPENING_LIMIT, self.opening.write()).await;
        drop(opened);
        let left: Vec<_> = self.open().drain().map(|(_, session)| session).collect();
        join_all(left.iter().map(|session| self.cancel(session.url()))).await;
    }

    /// Returns a guard for requests that must not end with the command: its clean-up waits for them for a moment.
    pub(super) async fn unfinished(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.opening).read_owned().await
    }

    /// Sends a request that may open a session for `blob`, which is kept in that case.
    ///
    /// If the future is dropped, the request continues: a session whose location is unknown could not be
    /// cancelled.
    pub(super) async fn post(
        self: &Arc<Self>,
        blob: &Descriptor,
        path: String,
        scopes: Scopes,
    ) -> Result<Response, Error> {
        let opening = self.unfinished().await;
        let (sessions, digest) = (Arc::clone(self), blob.digest.clone());
        let posting = tokio::spawn(async move {
            let _opening = opening;
            let response =
                sessions.origin.send(Request::new(Method::POST, Target::Path(path)), &scopes).await?;
            if let (StatusCode::ACCEPTED, Some(location)) = (response.status(), sessions.opened(&response)) {
                sessions.keep(&digest, Session::Fresh(location));
            }
            Ok(response)
        });
        posting.await.unwrap_or_else(|_| Err(self.lost("no session was opened for it")))
    }

    /// Opens a session, or resumes the one that is open.
    pub(super) async fn start(self: &Arc<Self>, blob: &Descriptor) -> Result<Start, Error> {
        let at = |session, offset| Start { session, offset, renewed: false };
        match self.get(&blob.digest) {
            Some(Session::Fresh(session)) => return Ok(at(session, 0)),
            Some(Session::Moved(session, offset)) => return Ok(at(session, offset)),
            Some(Session::Refused(session, offset)) => {
                return Ok(Start { renewed: true, ..at(session, offset) });
            }
            Some(Session::Used(session, asked)) => {
                if let Some(start) = self.resume(blob, session, asked).await? {
                    return Ok(start);
                }
            }
            None => {}
        }
        let route = Route::Uploads { name: self.repository.clone() };
        let response = self.post(blob, route.to_string(), self.scopes()).await?.success().await?;
        let session = self.opened(&response).ok_or_else(|| nowhere(&response))?;
        // The session is kept even if the status of the response was unusual.
        self.keep(&blob.digest, Session::Fresh(session.clone()));
        Ok(at(session, 0))
    }

    /// Returns the session that a response has opened, if it has a location, and records its other information
    /// on uploads.
    fn opened(&self, response: &Response) -> Option<Url> {
        let least = response.header(&CHUNK_MIN).and_then(|bytes| bytes.trim().parse().ok());
        self.piece_min.fetch_max(least.unwrap_or(0), Ordering::Relaxed);
        location(response)
    }

    /// Cancels the upload of a blob.
    pub(super) async fn discard(&self, blob: &Descriptor) {
        if let Some(session) = self.get(&blob.digest) {
            self.cancel(session.url()).await;
            self.ended(&blob.digest);
        }
    }

    /// Cancels the upload that a declined mount has started, because the blob is present already.
    pub(super) async fn end_unused(&self, blob: &Descriptor) {
        if let Some(Session::Fresh(_)) = self.get(&blob.digest) {
            self.discard(blob).await;
        }
    }

    /// Asks the registry to cancel a session. A registry removes the rest by itself, only later.
    async fn cancel(&self, session: &Url) {
        let scopes = self.scopes();
        let delete = || async {
            let request = Request::new(Method::DELETE, Target::Url(session.clone()));
            self.origin.send(request, &scopes).await
        };
        // The response does not matter.
        let _ = tokio::time::timeout(CANCEL.budget, retry::run(CANCEL, None, delete)).await;
    }

    /// Asks for the progress of a session, after `asked` failures to do so. Returns `None` if it cannot be
    /// resumed; it is cancelled then.
    ///
    /// # Errors
    /// The errors of a failing registry, which may respond later.
    async fn resume(&self, blob: &Descriptor, session: Url, asked: u32) -> Result<Option<Start>, Error> {
        let response = match self.ask(&session).await {
            Ok(response) => response,
            Err(error) if error.recovery().is_retry() && asked + 1 < ASKED_MAX => {
                self.keep(&blob.digest, Session::Used(session, asked + 1));
                return Err(error);
            }
            Err(error) => {
                if error.is_not_found() {
                    self.ended(&blob.digest);
                }
                self.discard(blob).await;
                return Ok(None);
            }
        };
        // `0-N` is inclusive. An upload without bytes is `0-0` by the specification, as is one with a single
        // byte.
        let range = response.header(&RANGE).and_then(|value| ContentRange::parse(value).ok()?.range);
        let offset = match range {
            Some(range) if range.start == 0 && range.end > 1 => range.end,
            _ => 0,
        };
        let session = location(&response).unwrap_or(session);
        self.used(&blob.digest, &session);
        if response.status() == StatusCode::NO_CONTENT && offset > 0 && offset <= blob.size {
            return Ok(Some(Start { session, offset, renewed: false }));
        }
        // The session exists but is useless, and would stay open otherwise.
        self.discard(blob).await;
        Ok(None)
    }

    async fn ask(&self, session: &Url) -> Result<Response, Error> {
        let request = Request::new(Method::GET, Target::Url(session.clone())).keeping_redirects();
        Ok(self.origin.send(request, &self.scopes()).await?.success().await?)
    }

    /// Creates the error of an upload that has to be resumed or restarted after a wait.
    pub(super) fn lost(&self, reason: &str) -> Error {
        self.broken(reason, Recovery::RETRY)
    }

    /// Creates the error of an upload that has to be resumed or restarted.
    pub(super) fn broken(&self, reason: &str, recovery: Recovery) -> Error {
        Error::UploadBroken { host: self.origin.host().to_owned(), reason: reason.to_owned(), recovery }
    }
}

/// Explains why a response has no usable upload location.
fn nowhere(response: &Response) -> Error {
    let Some(location) = response.header(&LOCATION) else {
        return Error::unexpected(response.call(), "it has no upload location");
    };
    match response.url().join(location) {
        Ok(url) => Error::Misled {
            call: response.call().clone(),
            location: http::redacted(&url),
            reason: "leads from HTTPS to plain HTTP, or out of HTTP",
        },
        Err(_) => Error::unexpected(response.call(), "its upload location is not a URL"),
    }
}

/// What is wrong with a session whose bytes the registry has refused.
pub(super) enum Trouble {
    /// The registry does not know the session.
    Unknown,
    /// The session cannot be resumed.
    Invalid,
    /// The session has all bytes, but they do not match the blob.
    OtherBytes,
}

/// Returns what a refusal says about the session; `None` if it is about something else. Registries use
/// different statuses.
pub(super) fn trouble(error: &http::Error) -> Option<Trouble> {
    let status = error.status()?;
    let is_code = |code| status.has_code(&code);
    if is_code(ErrorCode::DigestInvalid) {
        return Some(Trouble::OtherBytes);
    }
    if is_code(ErrorCode::BlobUploadInvalid) || status.status == StatusCode::RANGE_NOT_SATISFIABLE {
        return Some(Trouble::Invalid);
    }
    let is_unknown = is_code(ErrorCode::BlobUploadUnknown) || status.status == StatusCode::NOT_FOUND;
    is_unknown.then_some(Trouble::Unknown)
}

/// Returns the location where an upload resumes: `Location`, resolved by RFC 3986. It must not lead from
/// HTTPS to plain HTTP. A server that the registry has redirected to cannot redirect back to the registry,
/// because credentials would then go to a location that it has chosen.
pub(super) fn location(response: &Response) -> Option<Url> {
    let location = response.url().join(response.header(&LOCATION)?).ok()?;
    if !response.is_own() && location.origin() != response.url().origin() {
        return None;
    }
    match (response.url().scheme(), location.scheme()) {
        (_, "https") | ("http", "http") => Some(location),
        _ => None,
    }
}
