//! Sessions of uploads: which ones are open, where they go on, how far they got, and how they are given up.

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

/// A session is often given up just when its connection is closed, and the request may go by that very one.
const CANCEL: Policy = Policy { attempts: Some(3), budget: Duration::from_secs(2) };

/// `OCI-Chunk-Min-Length`: how many bytes a piece of a blob has to have, but for the last.
const CHUNK_MIN: HeaderName = HeaderName::from_static("oci-chunk-min-length");

/// How often a registry in trouble is asked how far a session has got, before all bytes are sent again.
const ASKED_MAX: u32 = 3;

/// How long is waited at the end for sessions that the registry is just opening.
const OPENING_LIMIT: Duration = Duration::from_secs(1);

/// Where an upload begins, or goes on.
pub(super) struct Start {
    pub(super) session: Url,
    /// How many bytes the registry has.
    pub(super) offset: u64,
    /// Whether the token is new because another one was refused for the bytes that come now.
    pub(super) renewed: bool,
}

impl Repository {
    /// Whether there are uploads that were begun here and not finished, or are just being begun.
    pub(super) fn has_open_uploads(&self) -> bool {
        let sessions = self.shared().sessions();
        sessions.opening.try_write().is_err() || !sessions.open().is_empty()
    }

    /// Asks the registry to forget the uploads that were begun here and not finished, all at once.
    pub(super) async fn abandon_uploads(&self) {
        let sessions = self.shared().sessions();
        // Where a session is that is just being opened, only the answer says.
        let opened = tokio::time::timeout(OPENING_LIMIT, sessions.opening.write()).await;
        drop(opened);
        let left: Vec<_> = sessions.open().drain().map(|(_, session)| session).collect();
        join_all(left.iter().map(|session| cancel(self, session.url()))).await;
    }

    /// Asks the registry to do what may open a session for `blob`; one that it opens is kept.
    ///
    /// # Cancel safety
    /// If the future is dropped, the request goes on all the same: a session whose place nobody has heard could not be
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
        posting.await.unwrap_or_else(|_| Err(lost(self, blob, "nobody opened a session for it")))
    }
}

/// Opens a session, or goes on with the one that is open.
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
    // Also if its status was another one than it should be.
    repository.shared().sessions().keep(&blob.digest, Session::Fresh(session.clone()));
    Ok(at(session, 0))
}

/// Why an answer does not tell where to upload.
fn nowhere(response: &Response) -> Error {
    let Some(location) = response.header(&LOCATION) else {
        return Error::unexpected(response.call(), "it does not say where to upload");
    };
    match response.url().join(location) {
        Ok(url) => Error::Misled {
            call: response.call().clone(),
            location: http::redacted(&url),
            reason: "leads from HTTPS to plain HTTP, or out of HTTP",
        },
        Err(_) => Error::unexpected(response.call(), "where it says to upload is no URL"),
    }
}

/// An upload that has to go on, or begin anew, when it suits.
pub(super) fn lost(repository: &Repository, blob: &Descriptor, reason: &str) -> Error {
    broken(repository, blob, (reason, Recovery::RETRY))
}

/// An upload that has to go on, or begin anew.
pub(super) fn broken(
    repository: &Repository,
    blob: &Descriptor,
    (reason, recovery): (&str, Recovery),
) -> Error {
    let endpoint = repository.shared().origin().session().client().endpoint();
    let call = http::Call {
        method: Method::PUT,
        url: format!("{}/{}", endpoint.host, blob.digest).into(),
        registry: endpoint.credentials.clone(),
    };
    Error::Unexpected { call, reason: format!("upload broken: {reason}"), recovery }
}

/// The session that an answer has opened, if it says where. What else it says of uploads is remembered.
pub(super) fn opened(repository: &Repository, response: &Response) -> Option<Url> {
    let least = response.header(&CHUNK_MIN).and_then(|bytes| bytes.trim().parse().ok());
    repository.shared().pieces_have(least.unwrap_or(0));
    location(response)
}

/// What is wrong with a session that the registry has refused bytes of.
pub(super) enum Trouble {
    /// The registry does not know it.
    Unknown,
    /// It cannot be gone on with as it is.
    Invalid,
    /// All bytes are there, and they are not those of the blob.
    OtherBytes,
}

/// What a refusal says about the session; `None` if it is about something else. Registries differ in the status.
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

/// Gives up what was begun for a blob.
pub(super) async fn discard(repository: &Repository, blob: &Descriptor) {
    let sessions = repository.shared().sessions();
    if let Some(session) = sessions.get(&blob.digest) {
        cancel(repository, session.url()).await;
        sessions.ended(&blob.digest);
    }
}

/// Ends the upload that a declined mount has begun, because the blob is present already.
pub(super) async fn end_unused(repository: &Repository, blob: &Descriptor) {
    if let Some(Session::Fresh(_)) = repository.shared().sessions().get(&blob.digest) {
        discard(repository, blob).await;
    }
}

/// Asks the registry to forget a session. It sweeps what is left by itself, only later.
async fn cancel(repository: &Repository, session: &Url) {
    let scopes = repository.push_scopes();
    let delete = || async {
        let request = Request::new(Method::DELETE, Target::Url(session.clone()));
        repository.shared().origin().send(request, &scopes).await
    };
    // What the answer is does not matter.
    let _ = tokio::time::timeout(CANCEL.budget, retry::run(CANCEL, None, delete)).await;
}

/// How far a session has got, and where it goes on; `None` if it cannot be gone on with, and then it is ended.
///
/// # Errors
/// Those of a registry in trouble, which may say it another time.
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
    // `0-N` inclusive; an upload without bytes is `0-0` by the specification, which one byte is, too.
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
    // It is there, and of no use: nobody else would end it.
    discard(repository, blob).await;
    Ok(None)
}

async fn ask(repository: &Repository, session: &Url) -> Result<Response, Error> {
    let request = Request::new(Method::GET, Target::Url(session.clone())).keeping_redirects();
    let response = repository.shared().origin().send(request, &repository.push_scopes()).await?;
    Ok(response.success().await?)
}

/// Where an upload goes on: `Location`, resolved as RFC 3986 says. It does not lead from HTTPS to plain HTTP. Where the
/// registry has led to another server, that one does not lead further: back at the registry, credentials would go to a
/// place that it has chosen.
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
