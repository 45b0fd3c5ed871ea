//! Blobs: giving them whole or in part, and removing them from a repository.

use std::ops::Range;
use std::sync::Arc;

use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_RANGE,
    LOCATION, RANGE,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::call::{Answer, Call};
use super::pieces::{self, Piece};
use super::refusal::Refusal;
use super::response::{empty, set};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType};
use crate::protocol::{
    ByteRange, CONTENT_DIGEST_HEADER, ContentRange, ErrorCode, ErrorItem, RangeError, Route,
};
use crate::reference::RepositoryName;
use crate::serve::layout::Layout;
use crate::store::{self, disk};

/// Content under a digest never changes: it may be kept for a year, as registry:2 says.
const FOR_EVER: &str = "max-age=31536000";

/// Answers GET and HEAD.
pub(super) fn get(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let Some(blob) = find(&call.layout, name, digest)? else {
        return Err(ErrorItem::new(ErrorCode::BlobUnknown).with_detail(digest.as_str()).into());
    };
    if call.is_cached(digest) {
        return Ok(with_identity(empty(StatusCode::NOT_MODIFIED), digest));
    }
    let (status, range) = match requested_range(call, &blob) {
        None => (StatusCode::OK, 0..blob.size),
        Some(Ok(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Err(_)) => return Err(out_of_range(blob.size)),
    };
    let mut response = with_identity(empty(status), digest);
    set(&mut response, ACCEPT_RANGES, "bytes");
    set(&mut response, CONTENT_TYPE, MediaType::OCTET_STREAM.as_str());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut response, CONTENT_RANGE, ContentRange::part(range.clone(), blob.size).to_string());
    }
    if call.method == Method::GET {
        // What is not as large as it should be is found out before the head is sent.
        drop(call.layout.blobs.open(&blob, range.clone())?);
        let path = call.layout.blobs.path(digest);
        *response.body_mut() = pieces::body(&call.layout.memory, [Piece::File { path, range }]);
    }
    Ok(response)
}

/// Answers DELETE. The content goes when the registry is opened the next time, if nobody holds it then.
pub(super) async fn delete(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    if find(&call.layout, name, digest)?.is_none() {
        return Err(ErrorCode::BlobUnknown.into());
    }
    let (layout, name, digest) = (Arc::clone(&call.layout), name.clone(), digest.clone());
    let removed =
        disk::aside(move || layout.change(&name, |repository| repository.unlink_blob(&digest))).await?;
    if removed { Ok(empty(StatusCode::ACCEPTED)) } else { Err(ErrorCode::BlobUnknown.into()) }
}

/// A blob, if it is visible in this repository.
pub(super) fn find(
    layout: &Layout,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<Option<Descriptor>, store::Error> {
    if !layout.repository(name).holds_blob(digest)? {
        return Ok(None);
    }
    let size = layout.blobs.size(digest)?;
    Ok(size.map(|size| Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), size)))
}

/// The answer to whoever has just made a blob visible in a repository.
pub(super) fn created(name: &RepositoryName, digest: &Digest) -> Response {
    let mut response = empty(StatusCode::CREATED);
    let route = Route::Blob { name: name.clone(), digest: digest.clone() };
    set(&mut response, LOCATION, route.path());
    set(&mut response, HeaderName::from_static(CONTENT_DIGEST_HEADER), digest.as_str());
    response
}

/// What the client asks for, if it is not the whole blob.
fn requested_range(call: &Call, blob: &Descriptor) -> Option<Result<Range<u64>, RangeError>> {
    let range = ByteRange::parse(call.header(RANGE)?)?;
    // RFC 9110 §13.1.5: with another version in mind, the client wants it all.
    let other_version = |tag: &str| tag.trim_matches('"') != blob.digest.as_str();
    if call.header(IF_RANGE).is_some_and(other_version) {
        return None;
    }
    Some(range.resolve(blob.size))
}

fn out_of_range(size: u64) -> Refusal {
    let refusal =
        Refusal::from(ErrorItem::new(ErrorCode::RangeInvalid).with_message("range not satisfiable"));
    refusal.with_header(CONTENT_RANGE, ContentRange::none_of(size).to_string())
}

/// Adds the headers that say what content this is.
pub(super) fn with_identity(mut response: Response, digest: &Digest) -> Response {
    set(&mut response, HeaderName::from_static(CONTENT_DIGEST_HEADER), digest.as_str());
    set(&mut response, ETAG, format!("\"{digest}\""));
    set(&mut response, CACHE_CONTROL, FOR_EVER);
    response
}
