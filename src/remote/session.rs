//! Sessions of uploads: where one goes on, how far it got, and how it is given up.

use std::time::Duration;

use reqwest::header::{HeaderName, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};

use super::Repository;
use crate::http::{self, Request, Response, Target};
use crate::image::Descriptor;
use crate::protocol::{ContentRange, ErrorCode};
use crate::retry::{self, Policy};

/// A session is often given up just when its connection is closed, and the request may go by that very one.
const CANCEL: Policy = Policy { attempts: 3, budget: Duration::from_secs(2) };

/// `OCI-Chunk-Min-Length`: how many bytes a piece of a blob has to have, but for the last.
const CHUNK_MIN: HeaderName = HeaderName::from_static("oci-chunk-min-length");

/// A session that has been opened at the registry.
pub(super) enum Session {
    /// Nothing has been sent yet.
    Fresh(Url),
    /// How much of what was sent has arrived, only the registry knows.
    Used(Url),
    /// The last request was refused for its token, and there is a new one. The registry has the bytes up to this one.
    Refused(Url, u64),
    /// The last request was led here with its bytes, of which this is the first.
    Moved(Url, u64),
}

impl Session {
    pub(super) fn into_url(self) -> Url {
        match self {
            Self::Fresh(url) | Self::Used(url) | Self::Refused(url, _) | Self::Moved(url, _) => url,
        }
    }
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
    let left = repository.shared().uploads().remove(&blob.digest);
    if let Some(session) = left {
        cancel(repository, session.into_url()).await;
    }
}

/// Asks the registry to forget a session. It sweeps what is left by itself, only later.
pub(super) async fn cancel(repository: &Repository, session: Url) {
    let scopes = repository.push_scopes();
    let delete = || async {
        let request = Request::new(Method::DELETE, Target::Url(session.clone()));
        repository.shared().origin().send(request, &scopes).await
    };
    let _ = retry::run(CANCEL, delete).await;
}

/// How far a session has got, and where it goes on; `None` if it cannot be gone on with, and then it is ended.
pub(super) async fn status(repository: &Repository, blob: &Descriptor, session: &Url) -> Option<(u64, Url)> {
    let request = Request::new(Method::GET, Target::Url(session.clone())).keeping_redirects();
    let response = repository.shared().origin().send(request, &repository.push_scopes()).await.ok()?;
    if response.status() != StatusCode::NO_CONTENT {
        return None;
    }
    // `0-N` inclusive; an upload without bytes is `0-0` by the specification, which one byte is, too.
    let range = response.header(&RANGE).and_then(|value| ContentRange::parse(value).ok()?.range);
    let offset = match range {
        Some(range) if range.start == 0 && range.end > 1 => range.end,
        _ => 0,
    };
    let location = location(&response).unwrap_or_else(|| session.clone());
    if offset > 0 && offset <= blob.size {
        return Some((offset, location));
    }
    // It is there, and of no use: nobody else would end it.
    cancel(repository, location).await;
    None
}

/// Where an upload goes on: `Location`, resolved as RFC 3986 says. It does not lead from HTTPS to plain HTTP.
pub(super) fn location(response: &Response) -> Option<Url> {
    let location = response.url().join(response.header(&LOCATION)?).ok()?;
    match (response.url().scheme(), location.scheme()) {
        (_, "https") | ("http", "http") => Some(location),
        _ => None,
    }
}
