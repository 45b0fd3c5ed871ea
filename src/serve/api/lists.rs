//! Lists: of repositories and of tags.

use axum::http::header::{CONTENT_LENGTH, LINK};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::refusal::Refusal;
use super::response::{json, set};
use crate::protocol::{ErrorCode, ErrorItem, Query, Route};
use crate::reference::{RepositoryName, Tag};
use crate::serve::memory::{FREE, keeping};
use crate::store;

/// How many names a page holds when the client does not say.
const PAGE: usize = 1000;

/// The most names on a page, whatever the client says.
const PAGE_MAX: usize = 10_000;

/// How many names a page holds when memory is short.
const PAGE_MIN: usize = 50;

/// A page of a list.
struct Page {
    document: Value,
    /// The last name, if there is another page.
    last: Option<String>,
    limit: usize,
}

/// Answers the list of all repositories that hold a manifest.
pub(super) fn catalog(call: &Call) -> Answer {
    paged(call, &Route::Catalog, |limit| {
        let mut names = call.layout.catalog(call.query.get("last"), limit + 1)?;
        let more = names.len() > limit;
        names.truncate(limit);
        let texts: Vec<_> = names.iter().map(RepositoryName::as_str).collect();
        let last = texts.last().filter(|_| more).map(|name| (*name).to_owned());
        Ok(Page { document: json!({ "repositories": texts }), last, limit })
    })
}

/// Answers the list of a repository's tags.
pub(super) fn tags(call: &Call, name: &RepositoryName) -> Answer {
    let repository = call.layout.repository(name);
    if !repository.is_known()? {
        return Err(ErrorItem::new(ErrorCode::NameUnknown)
            .with_detail(json!({ "name": name.as_str() }))
            .into());
    }
    let tags = repository.tags()?;
    let last = call.query.get("last").unwrap_or_default();
    let rest = &tags[tags.partition_point(|tag| tag.as_str() <= last)..];
    paged(call, &Route::Tags { name: name.clone() }, |limit| {
        let page: Vec<_> = rest.iter().take(limit).map(Tag::as_str).collect();
        let last = page.last().filter(|_| rest.len() > limit).map(|tag| (*tag).to_owned());
        Ok(Page { document: json!({ "name": name.as_str(), "tags": page }), last, limit })
    })
}

/// Answers with a page as large as the client wants it, or smaller if clients that do not read take the memory.
fn paged(call: &Call, route: &Route, page: impl Fn(usize) -> Result<Page, store::Error>) -> Answer {
    let wanted = page(page_size(call)?)?;
    let document = wanted.document.to_string().into_bytes();
    if document.len() <= FREE {
        return Ok(with_next(json(StatusCode::OK, document), route, &wanted));
    }
    if let Some(share) = call.layout.memory.take(document.len()) {
        let length = document.len();
        let mut response = json(StatusCode::OK, Vec::new());
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        *response.body_mut() = keeping(document, share).into();
        return Ok(with_next(response, route, &wanted));
    }
    let small = page(wanted.limit.min(PAGE_MIN))?;
    Ok(with_next(json(StatusCode::OK, small.document.to_string().into_bytes()), route, &small))
}

fn page_size(call: &Call) -> Result<usize, Refusal> {
    match call.query.get("n").map(str::parse::<usize>) {
        None => Ok(PAGE),
        Some(Ok(count)) => Ok(count.min(PAGE_MAX)),
        Some(Err(_)) => Err(ErrorCode::PaginationNumberInvalid.into()),
    }
}

/// Adds where the next page is, if there is one.
fn with_next(mut response: Response, route: &Route, page: &Page) -> Response {
    if let Some(last) = &page.last {
        let query = Query::default().with("last", last).with("n", page.limit);
        set(&mut response, LINK, format!("<{route}?{query}>; rel=\"next\""));
    }
    response
}
