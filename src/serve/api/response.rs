//! Responses: empty ones, documents, and their headers.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

/// Returns a response without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    }
    response
}

/// Returns a response with a JSON document.
pub(super) fn json(status: StatusCode, document: Vec<u8>) -> Response {
    let mut response = empty(status);
    set(&mut response, CONTENT_TYPE, "application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(document.len()));
    *response.body_mut() = document.into();
    response
}

/// Sets a header of a response.
///
/// All values are made of names, digests and numbers that were parsed before: a value that does not fit
/// would be a mistake here, and is left out.
pub(super) fn set(response: &mut Response, name: HeaderName, value: impl AsRef<str>) {
    match HeaderValue::from_str(value.as_ref()) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        Err(_) => tracing::error!(%name, "a header was left out, for its value is none"),
    }
}
