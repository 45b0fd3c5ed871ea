//! Uploads: in one request, in two, in chunks, or without any byte from another repository.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use axum::response::Response;

use super::blobs;
use super::body::Incoming;
use super::call::{Answer, Call};
use super::refusal::Refusal;
use super::response::{empty, set};
use crate::digest::Digest;
use crate::protocol::{ContentRange, ErrorCode, ErrorItem, Route, Session, UPLOAD_UUID_HEADER};
use crate::reference::RepositoryName;
use crate::serve::sessions::{Lease, SessionError};
use crate::store::disk;

/// How long a request may send nothing when another one wants to go on with its upload.
const STALLED: Duration = Duration::from_millis(500);

/// Answers POST: mounts a blob, takes it whole, or begins an upload.
pub(super) async fn begin(call: &Call, name: &RepositoryName, body: &mut Incoming) -> Answer {
    if let Some(digest) = call.query.get("mount")
        && let Some(mounted) = mount(call, name, digest).await?
    {
        return Ok(mounted);
    }
    if call.query.get("digest").is_some() && call.query.get("mount").is_none() {
        let digest = requested_digest(call)?;
        let mut lease = call.layout.sessions.begin_whole(call.peer).await?;
        return match fill(call, &mut lease, body).await {
            Ok(()) => publish(call, (name, &digest), lease).await,
            // It has no name that the client knows, so it cannot be resumed.
            Err(refusal) => end(call, lease, refusal),
        };
    }
    let lease = call.layout.sessions.begin(name, call.peer).await?;
    Ok(progress(StatusCode::ACCEPTED, name, &lease))
}

/// Answers GET: how far the upload has come.
///
/// Waits for a request that still writes, and stops it if it stalls, so that what is said stays true: clients
/// ask after a cut.
pub(super) async fn status(call: &Call, name: &RepositoryName, session: &Session) -> Answer {
    let lease = resume(call, name, session).await?;
    Ok(progress(StatusCode::NO_CONTENT, name, &lease))
}

/// Answers PATCH: takes the next bytes. If the connection breaks, those that came are kept.
pub(super) async fn append(
    call: &Call,
    (name, session): (&RepositoryName, &Session),
    body: &mut Incoming,
) -> Answer {
    let mut lease = resume(call, name, session).await?;
    match fill(call, &mut lease, body).await {
        Ok(()) => Ok(progress(StatusCode::ACCEPTED, name, &lease)),
        Err(refusal) => Err(with_progress(refusal, name, &lease)),
    }
}

/// Answers PUT: takes the last bytes, if there are any, verifies all, and makes the blob visible.
pub(super) async fn commit(
    call: &Call,
    (name, session): (&RepositoryName, &Session),
    body: &mut Incoming,
) -> Answer {
    let mut lease = resume(call, name, session).await?;
    let digest = requested_digest(call)?;
    fill(call, &mut lease, body).await.map_err(|refusal| with_progress(refusal, name, &lease))?;
    publish(call, (name, &digest), lease).await
}

/// Answers DELETE: gives the upload up.
pub(super) async fn cancel(call: &Call, name: &RepositoryName, session: &Session) -> Answer {
    let lease = resume(call, name, session).await?;
    call.layout.sessions.end(lease)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Makes a blob of another repository visible in this one. `None` if it is not there: the client uploads it.
async fn mount(call: &Call, name: &RepositoryName, digest: &str) -> Result<Option<Response>, Refusal> {
    let source = call.query.get("from").map(str::parse::<RepositoryName>);
    let (Some(Ok(source)), Ok(digest)) = (source, digest.parse::<Digest>()) else { return Ok(None) };
    if blobs::find(&call.layout, &source, &digest)?.is_none() {
        return Ok(None);
    }
    link(call, name, &digest).await?;
    Ok(Some(blobs::created(name, &digest)))
}

async fn link(call: &Call, name: &RepositoryName, digest: &Digest) -> Result<(), Refusal> {
    let (layout, name, digest) = (Arc::clone(&call.layout), name.clone(), digest.clone());
    Ok(disk::aside(move || layout.change(&name, |repository| repository.link_blob(&digest))).await?)
}

async fn resume(call: &Call, name: &RepositoryName, session: &Session) -> Result<Lease, SessionError> {
    call.layout.sessions.resume(name, session).await
}

/// The digest that a whole blob comes with.
fn requested_digest(call: &Call) -> Result<Digest, Refusal> {
    let detail = match call.query.get("digest").map(str::parse::<Digest>) {
        Some(Ok(digest)) => return Ok(digest),
        Some(Err(_)) => "digest parsing failed",
        None => "digest missing",
    };
    Err(ErrorItem::new(ErrorCode::DigestInvalid).with_detail(detail).into())
}

/// Takes the body. A chunk that is not what its `Content-Range` says leaves nothing behind.
async fn fill(call: &Call, lease: &mut Lease, body: &mut Incoming) -> Result<(), Refusal> {
    let Some(range) = chunk_range(call, lease.offset())? else {
        return write(lease, body, u64::MAX).await;
    };
    let mark = lease.mark();
    let length = range.end - range.start;
    let size_invalid = || ErrorItem::new(ErrorCode::SizeInvalid);
    let announced = call.header(CONTENT_LENGTH).and_then(|value| value.parse::<u64>().ok());
    if announced.is_some_and(|announced| announced != length) {
        return Err(size_invalid().into());
    }
    // Bytes that came before the connection broke are as good as those of a whole chunk, and stay.
    write(lease, body, length).await?;
    if lease.offset() != range.end {
        lease.rewind(mark)?;
        return Err(size_invalid().into());
    }
    Ok(())
}

/// Writes the body, and stops after the first piece that goes beyond `limit` bytes.
///
/// When another request wants the upload, what its client sent before is still taken, but not waited for.
async fn write(lease: &mut Lease, body: &mut Incoming, limit: u64) -> Result<(), Refusal> {
    let end = lease.offset().saturating_add(limit);
    let mut patience = None;
    while lease.offset() <= end {
        let next = match patience {
            None => tokio::select! {
                next = body.next() => next?,
                () = lease.is_wanted() => {
                    patience = Some(STALLED);
                    continue;
                }
            },
            Some(patience) => {
                tokio::time::timeout(patience, body.next()).await.map_err(|_| SessionError::Busy)??
            }
        };
        match next {
            Some(bytes) => lease.write(&bytes)?,
            None => break,
        }
    }
    Ok(())
}

/// The bytes that a chunk says it holds. They have to begin where the upload has come to.
fn chunk_range(call: &Call, offset: u64) -> Result<Option<Range<u64>>, Refusal> {
    let Some(value) = call.headers.get(CONTENT_RANGE) else { return Ok(None) };
    let range = value.to_str().ok().and_then(|value| ContentRange::parse(value).ok()?.range);
    match range {
        Some(range) if range.start == offset => Ok(Some(range)),
        _ => Err(ErrorCode::RangeInvalid.into()),
    }
}

/// Verifies an upload and makes it a blob of the repository. One that is not what it should be is dropped.
async fn publish(call: &Call, (name, digest): (&RepositoryName, &Digest), mut lease: Lease) -> Answer {
    if !lease.verify(digest).await? {
        let item = ErrorItem::new(ErrorCode::DigestInvalid).with_detail(digest.as_str());
        return end(call, lease, item.into());
    }
    // The last step runs to its end even if the client goes away: it will find the blob. The link alone shows
    // nothing as long as there is no content.
    link(call, name, digest).await?;
    call.layout.blobs.adopt(lease.path(), digest).await?;
    call.layout.sessions.end(lease)?;
    Ok(blobs::created(name, digest))
}

fn end(call: &Call, lease: Lease, refusal: Refusal) -> Answer {
    call.layout.sessions.end(lease)?;
    Err(refusal)
}

fn location(name: &RepositoryName, session: &Session) -> String {
    Route::Upload { name: name.clone(), session: session.clone() }.path()
}

fn progress(status: StatusCode, name: &RepositoryName, lease: &Lease) -> Response {
    let mut response = empty(status);
    set(&mut response, LOCATION, location(name, &lease.session));
    set(&mut response, RANGE, ContentRange::progress(lease.offset()));
    set(&mut response, HeaderName::from_static(UPLOAD_UUID_HEADER), lease.session.as_str());
    response
}

/// The same headers with a refusal: they tell where to go on.
fn with_progress(refusal: Refusal, name: &RepositoryName, lease: &Lease) -> Refusal {
    refusal
        .with_header(LOCATION, location(name, &lease.session))
        .with_header(RANGE, ContentRange::progress(lease.offset()))
        .with_header(HeaderName::from_static(UPLOAD_UUID_HEADER), lease.session.as_str())
}
