//! Lists: of repositories, of tags, of referrers.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, LINK};
use axum::response::Response;
use serde_json::json;

use super::{Answer, Call, Refusal, json, set};
use crate::digest::Digest;
use crate::image::MediaType;
use crate::protocol::{ErrorCode, ErrorItem, FILTERS_APPLIED_HEADER, Query, Route};
use crate::reference::{RepositoryName, Tag};

/// How many names a page holds when the client does not say.
const PAGE: usize = 1000;

/// The most names on a page, whatever the client says.
const PAGE_MAX: usize = 10_000;

/// Answers the list of all repositories that hold a manifest.
pub(super) fn catalog(call: &Call) -> Answer {
    let limit = page_size(call)?;
    let mut names = call.layout.catalog(call.query.get("last"), limit + 1)?;
    let more = names.len() > limit;
    names.truncate(limit);
    let texts: Vec<_> = names.iter().map(RepositoryName::as_str).collect();
    let response = json(StatusCode::OK, json!({ "repositories": texts }).to_string().into_bytes());
    let next = names.last().filter(|_| more);
    Ok(with_next(response, &Route::Catalog, next.map(|name| (name.as_str(), limit))))
}

/// Answers the list of a repository's tags.
pub(super) fn tags(call: &Call, name: &RepositoryName) -> Answer {
    let limit = page_size(call)?;
    let repository = call.layout.repository(name);
    if !repository.is_known()? {
        return Err(ErrorItem::new(ErrorCode::NameUnknown)
            .with_detail(json!({ "name": name.as_str() }))
            .into());
    }
    let tags = repository.tags()?;
    let last = call.query.get("last").unwrap_or_default();
    let rest = &tags[tags.partition_point(|tag| tag.as_str() <= last)..];
    let page: Vec<_> = rest.iter().take(limit).map(Tag::as_str).collect();
    let document = json!({ "name": name.as_str(), "tags": page });
    let response = json(StatusCode::OK, document.to_string().into_bytes());
    let next = page.last().filter(|_| rest.len() > limit);
    Ok(with_next(response, &Route::Tags { name: name.clone() }, next.map(|tag| (*tag, limit))))
}

/// Answers the index of all manifests with this subject. There are none for a subject that nobody knows.
pub(super) fn referrers(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let mut referrers = call.layout.repository(name).referrers(digest)?;
    let wanted = call.query.get("artifactType");
    if let Some(wanted) = wanted {
        referrers.retain(|referrer| referrer.artifact_type.as_deref() == Some(wanted));
    }
    let media_type = MediaType::OCI_INDEX;
    let index = json!({ "schemaVersion": 2, "mediaType": media_type.as_str(), "manifests": referrers });
    let mut response = json(StatusCode::OK, index.to_string().into_bytes());
    set(&mut response, CONTENT_TYPE, media_type.as_str());
    if wanted.is_some() {
        set(&mut response, HeaderName::from_static(FILTERS_APPLIED_HEADER), "artifactType");
    }
    Ok(response)
}

fn page_size(call: &Call) -> Result<usize, Refusal> {
    match call.query.get("n").map(str::parse::<usize>) {
        None => Ok(PAGE),
        Some(Ok(count)) => Ok(count.min(PAGE_MAX)),
        Some(Err(_)) => Err(ErrorCode::PaginationNumberInvalid.into()),
    }
}

/// Adds where the next page is, if there is one: after `last`, with at most `limit` names.
fn with_next(mut response: Response, route: &Route, next: Option<(&str, usize)>) -> Response {
    if let Some((last, limit)) = next {
        let query = Query::default().with("last", last).with("n", limit);
        set(&mut response, LINK, format!("<{route}?{query}>; rel=\"next\""));
    }
    response
}
