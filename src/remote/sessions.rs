//! Sessions of uploads: starts, resumes and cancels them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{HeaderName, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};

use super::uploads::Session;
use super::{Error, Repository};
use crate::diagnose::{Diagnose as _, Recovery};
use crate::http::{self, Request, Response, Target};
use crate::image::Descriptor;
use crate::protocol::{ContentRange, ErrorCode, Route, Scopes};
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

impl Repository {
    /// Reports whether there are unfinished uploads, including those that are just being started.
    pub(super) fn has_open_uploads(&self) -> bool {
        let sessions = self.shared().sessions();
        sessions.opening.try_write().is_err() || !sessions.open().is_empty()
    }

    /// Asks the registry to cancel the unfinished uploads, concurrently.
    pub(super) async fn abandon_uploads(&self) {
        let sessions = self.shared().sessions();
        // The location of a session that is just being opened is known only from the response.
        let opened = tokio::time::timeout(OPENING_LIMIT, sessions.opening.write()).await;
        drop(opened);
        let left: Vec<_> = sessions.open().drain().map(|(_, session)| session).collect();
        join_all(left.iter().map(|session| cancel(self, session.url()))).await;
    }

    /// Sends a request that may open a session for `blob`, which is kept in that case.
    ///
    /// If the future is dropped, the request continues: a session whose location is unknown could not be
    /// cancelled.
    /// given up.
    pub(super) async fn post(
        &self,
        blob: &Descriptor,
        path: String,
        scopes: Scopes,
    ) -> Result<Response, Error> {
        let opening = Arc::clone(&self.shared().sessions().opening).read_owned().await;
        let (repository, digest) = (self.clone(), blob.digest.clone());
        let posting = tokio::spawn(async move {
            let _opening = opening;
            let shared = repository.shared();
            let response =
                shared.origin().send(Request::new(Method::POST, Target::Path(path)), &scopes).await?;
            if let (StatusCode::ACCEPTED, Some(place)) = (response.status(), opened(&repository, &response)) {
                shared.sessions().keep(&digest, Session::Fresh(place));
            }
            Ok(response)
        });
        posting.await.unwrap_or_else(|_| Err(lost(self, "no session was opened for it")))
    }
}

/// Opens a session, or resumes the one that is open.
pub(super) async fn start(repository: &Repository, blob: &Descriptor) -> Result<Start, Error> {
    let at = |session, offset| Start { session, offset, renewed: false };
    match repository.shared().sessions().get(&blob.digest) {
        Some(Session::Fresh(session)) => return Ok(at(session, 0)),
        Some(Session::Moved(session, offset)) => return Ok(at(session, offset)),
        Some(Session::Refused(session, offset)) => return Ok(Start { renewed: true, ..at(session, offset) }),
        Some(Session::Used(session, asked)) => {
            if let Some((offset, session)) = status(repository, blob, (session, asked)).await? {
                return Ok(at(session, offset));
            }
        }
        None => {}
    }
    let route = Route::Uploads { name: repository.name().repository.clone() };
    let response =
        repository.post(blob, route.to_string(), repository.push_scopes()).await?.success().await?;
    let session = opened(repository, &response).ok_or_else(|| nowhere(&response))?;
    // The session is kept even if the status of the response was unusual.
    repository.shared().sessions().keep(&blob.digest, Session::Fresh(session.clone()));
    Ok(at(session, 0))
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

/// Creates the error of an upload that has to be resumed or restarted after a wait.
pub(super) fn lost(repository: &Repository, reason: &str) -> Error {
    broken(repository, reason, Recovery::RETRY)
}

/// Creates the error of an upload that has to be resumed or restarted.
pub(super) fn broken(repository: &Repository, reason: &str, recovery: Recovery) -> Error {
    let host = repository.shared().origin().session().client().endpoint().host.clone();
    Error::UploadBroken { host, reason: reason.to_owned(), recovery }
}

/// Returns the session that a response has opened, if it has a location, and records its other information on
/// uploads.
pub(super) fn opened(repository: &Repository, response: &Response) -> Option<Url> {
    let least = response.header(&CHUNK_MIN).and_then(|bytes| bytes.trim().parse().ok());
    repository.shared().pieces_have(least.unwrap_or(0));
    location(response)
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

/// Cancels the upload of a blob.
pub(super) async fn discard(repository: &Repository, blob: &Descriptor) {
    let sessions = repository.shared().sessions();
    if let Some(session) = sessions.get(&blob.digest) {
        cancel(repository, session.url()).await;
        sessions.ended(&blob.digest);
    }
}

/// Cancels the upload that a declined mount has started, because the blob is present already.
pub(super) async fn end_unused(repository: &Repository, blob: &Descriptor) {
    if let Some(Session::Fresh(_)) = repository.shared().sessions().get(&blob.digest) {
        discard(repository, blob).await;
    }
}

/// Asks the registry to cancel a session. A registry removes the rest by itself, only later.
async fn cancel(repository: &Repository, session: &Url) {
    let scopes = repository.push_scopes();
    let delete = || async {
        let request = Request::new(Method::DELETE, Target::Url(session.clone()));
        repository.shared().origin().send(request, &scopes).await
    };
    // The response does not matter.
    let _ = tokio::time::timeout(CANCEL.budget, retry::run(CANCEL, None, delete)).await;
}

/// Returns the progress of a session, and its location. Returns `None` if it cannot be resumed; it is
/// cancelled then.
///
/// # Errors
/// The errors of a failing registry, which may respond later.
async fn status(
    repository: &Repository,
    blob: &Descriptor,
    (session, asked): (Url, u32),
) -> Result<Option<(u64, Url)>, Error> {
    let sessions = repository.shared().sessions();
    let response = match ask(repository, &session).await {
        Ok(response) => response,
        Err(error) if error.recovery().is_retry() && asked + 1 < ASKED_MAX => {
            sessions.keep(&blob.digest, Session::Used(session, asked + 1));
            return Err(error);
        }
        Err(error) => {
            if error.is_not_found() {
                sessions.ended(&blob.digest);
            }
            discard(repository, blob).await;
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
    sessions.used(&blob.digest, &session);
    if response.status() == StatusCode::NO_CONTENT && offset > 0 && offset <= blob.size {
        return Ok(Some((offset, session)));
    }
    // The session exists but is useless, and would stay open otherwise.
    discard(repository, blob).await;
    Ok(None)
}

async fn ask(repository: &Repository, session: &Url) -> Result<Response, Error> {
    let request = Request::new(Method::GET, Target::Url(session.clone())).keeping_redirects();
    let response = repository.shared().origin().send(request, &repository.push_scopes()).await?;
    Ok(response.success().await?)
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
