//! Uploads: in one request, in two, in chunks, or as a mount from another repository without any bytes.

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

/// How long a request may be silent when another one wants to resume its upload.
const STALLED: Duration = Duration::from_millis(500);

/// Handles POST: mounts a blob, takes it as a whole, or begins an upload.
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
            Ok(()) => publish(call, name, &digest, lease).await,
            // The client does not know its name, so it cannot be resumed.
            Err(refusal) => end(call, lease, refusal),
        };
    }
    let lease = call.layout.sessions.begin(name, call.peer).await?;
    Ok(progress(StatusCode::ACCEPTED, name, &lease))
}

/// Handles GET: reports the progress of the upload.
///
/// Waits for a request that is still writing, and stops it if it stalls, so that the reported progress stays
/// correct: clients ask after an interruption.
pub(super) async fn status(call: &Call, name: &RepositoryName, session: &Session) -> Answer {
    let lease = resume(call, name, session).await?;
    Ok(progress(StatusCode::NO_CONTENT, name, &lease))
}

/// Handles PATCH: takes the next bytes. If the connection breaks, the received bytes are kept.
pub(super) async fn append(
    call: &Call,
    name: &RepositoryName,
    session: &Session,
    body: &mut Incoming,
) -> Answer {
    let mut lease = resume(call, name, session).await?;
    match fill(call, &mut lease, body).await {
        Ok(()) => Ok(progress(StatusCode::ACCEPTED, name, &lease)),
        Err(refusal) => Err(with_progress(refusal, name, &lease)),
    }
}

/// Handles PUT: takes the last bytes, if any, verifies the upload, and makes the blob visible.
pub(super) async fn commit(
    call: &Call,
    name: &RepositoryName,
    session: &Session,
    body: &mut Incoming,
) -> Answer {
    let mut lease = resume(call, name, session).await?;
    let digest = requested_digest(call)?;
    fill(call, &mut lease, body).await.map_err(|refusal| with_progress(refusal, name, &lease))?;
    publish(call, name, &digest, lease).await
}

/// Handles DELETE: cancels the upload.
pub(super) async fn cancel(call: &Call, name: &RepositoryName, session: &Session) -> Answer {
    let lease = resume(call, name, session).await?;
    call.layout.sessions.end(lease)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Mounts a blob of another repository. Returns `None` if it does not exist, and then the client uploads it.
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

/// Returns the digest that a whole blob comes with.
fn requested_digest(call: &Call) -> Result<Digest, Refusal> {
    let detail = match call.query.get("digest").map(str::parse::<Digest>) {
        Some(Ok(digest)) => return Ok(digest),
        Some(Err(_)) => "digest parsing failed",
        None => "digest missing",
    };
    Err(ErrorItem::new(ErrorCode::DigestInvalid).with_detail(detail).into())
}

/// Takes the body. A chunk that does not match its `Content-Range` leaves nothing behind.
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
    // Bytes that arrived before the connection broke are as valid as a whole chunk, and are kept.
    write(lease, body, length).await?;
    if lease.offset() != range.end {
        lease.rewind(mark)?;
        return Err(size_invalid().into());
    }
    Ok(())
}

/// Writes the body, and stops after the first piece that exceeds `limit` bytes.
///
/// When another request wants the upload, bytes that have already arrived are still taken, but no further
/// ones.
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

/// Returns the range of a chunk. It has to begin at the current offset of the upload.
fn chunk_range(call: &Call, offset: u64) -> Result<Option<Range<u64>>, Refusal> {
    let Some(value) = call.headers.get(CONTENT_RANGE) else { return Ok(None) };
    let range = value.to_str().ok().and_then(|value| ContentRange::parse(value).ok()?.range);
    match range {
        Some(range) if range.start == offset => Ok(Some(range)),
        _ => Err(ErrorCode::RangeInvalid.into()),
    }
}

/// Verifies an upload and makes it a blob of the repository. An invalid upload is dropped.
async fn publish(call: &Call, name: &RepositoryName, digest: &Digest, mut lease: Lease) -> Answer {
    if !lease.verify(digest).await? {
        let item = ErrorItem::new(ErrorCode::DigestInvalid).with_detail(digest.as_str());
        return end(call, lease, item.into());
    }
    // The last step runs to its end even if the client disconnects, so that it will find the blob. The link
    // alone shows nothing while the content is missing.
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

/// Adds the same headers to a refusal, so that the client knows where to resume.
fn with_progress(refusal: Refusal, name: &RepositoryName, lease: &Lease) -> Refusal {
    refusal
        .with_header(LOCATION, location(name, &lease.session))
        .with_header(RANGE, ContentRange::progress(lease.offset()))
        .with_header(HeaderName::from_static(UPLOAD_UUID_HEADER), lease.session.as_str())
}
