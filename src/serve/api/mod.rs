//! The HTTP API: maps requests to handlers.

mod blobs;
mod body;
mod call;
mod lists;
mod manifests;
mod pieces;
mod referrers;
mod refusal;
mod response;
mod uploads;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, HeaderName, RETRY_AFTER, SERVER};
use axum::http::{HeaderValue, Method, StatusCode, request};
use axum::response::Response;
use body::Incoming;
pub(super) use call::Peer;
use call::{Answer, Call};
use refusal::Refusal;
use response::{empty, json};

use super::guard::Foreign;
use super::layout::Layout;
use crate::protocol::{API_VERSION, API_VERSION_HEADER, ErrorCode, ErrorItem, Query, Route, RouteError};
use crate::store::disk;

/// The name of this server in responses.
const NAME: &str = concat!("regcli/", env!("CARGO_PKG_VERSION"));

/// Answers any request.
pub(super) async fn answer(State(layout): State<Arc<Layout>>, request: Request) -> Response {
    let began = Instant::now();
    let (request::Parts { method, uri, headers, extensions, .. }, body) = request.into_parts();
    let peer = extensions.get::<Peer>().map(|Peer(address)| *address);
    let query = Query::parse(uri.query().unwrap_or_default());
    let call = Call { layout, method, query, headers, peer };
    let mut body = Incoming::new(body);
    let result = dispatch(&call, uri.path(), &mut body).await;
    let mut response = match result {
        Ok(response) => response,
        Err(refusal) => {
            if !call.expects_continue() {
                // A client that is still sending would not see the response if the connection were closed.
                body.drain().await;
            }
            refusal.into_response()
        }
    };
    sign(&mut response);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    // Without the query, which may be private.
    tracing::info!(method = %call.method, path = uri.path(), status, ?took, "answered");
    response
}

/// Adds the headers that identify this server.
fn sign(response: &mut Response) {
    let version = HeaderValue::from_static(API_VERSION);
    response.headers_mut().insert(HeaderName::from_static(API_VERSION_HEADER), version);
    response.headers_mut().insert(SERVER, HeaderValue::from_static(NAME));
}

/// Refuses a request that comes from a web page, or is for another host.
pub(super) fn refuse(foreign: &Foreign) -> Response {
    let (status, message) = match foreign {
        Foreign::Host(host) => (
            StatusCode::MISDIRECTED_REQUEST,
            format!("unknown host {host:?}; regcli serve --allow-host NAME allows a name"),
        ),
        Foreign::Page => (StatusCode::FORBIDDEN, "requests from other web pages are refused".to_owned()),
    };
    let refusal = Refusal::from(ErrorItem::new(ErrorCode::Denied).with_message(message)).with_status(status);
    let mut response = refusal.into_response();
    sign(&mut response);
    response
}

/// Refuses a request because too many others are open.
pub(super) fn overloaded() -> Response {
    let item = ErrorItem::new(ErrorCode::Unavailable).with_message("too many open requests");
    let refusal = Refusal::from(item).with_status(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = refusal.with_header(RETRY_AFTER, "1").into_response();
    sign(&mut response);
    response
}

async fn dispatch(call: &Call, path: &str, body: &mut Incoming) -> Answer {
    let route = match Route::parse(path) {
        Ok(route) => route,
        Err(error) => return refuse_path(call, path, &error),
    };
    let reading = matches!(call.method, Method::GET | Method::HEAD);
    match (&route, call.method.as_str()) {
        (Route::Base, _) if reading => Ok(json(StatusCode::OK, b"{}".to_vec())),
        (Route::Catalog, _) if reading => disk::in_place(|| lists::catalog(call)),
        (Route::Tags { name }, _) if reading => disk::in_place(|| lists::tags(call, name)),
        (Route::Referrers { name, digest }, _) if reading => {
            disk::in_place(|| referrers::list(call, name, digest))
        }
        (Route::Manifest { name, selector }, _) if reading => {
            disk::in_place(|| manifests::get(call, name, selector))
        }
        (Route::Manifest { name, selector }, "PUT") => manifests::put(call, name, selector, body).await,
        (Route::Manifest { name, selector }, "DELETE") => manifests::delete(call, name, selector).await,
        (Route::Blob { name, digest }, _) if reading => blobs::get(call, name, digest),
        (Route::Blob { name, digest }, "DELETE") => blobs::delete(call, name, digest).await,
        (Route::Uploads { name }, "POST") => uploads::begin(call, name, body).await,
        (Route::Upload { name, session }, _) if reading => uploads::status(call, name, session).await,
        (Route::Upload { name, session }, "PATCH") => uploads::append(call, name, session, body).await,
        (Route::Upload { name, session }, "PUT") => uploads::commit(call, name, session, body).await,
        (Route::Upload { name, session }, "DELETE") => uploads::cancel(call, name, session).await,
        _ => Err(wrong_method(&route)),
    }
}

fn refuse_path(call: &Call, path: &str, error: &RouteError) -> Answer {
    match error.code() {
        None if path == "/" => Ok(empty(StatusCode::OK)),
        // No manifest can have an invalid tag, so only a request that would create one is an error.
        Some(ErrorCode::TagInvalid) if call.method != Method::PUT => Err(ErrorCode::ManifestUnknown.into()),
        Some(code) => Err(ErrorItem::new(code).with_detail(error.to_string()).into()),
        None => Err(Refusal::from(ErrorItem::new(ErrorCode::Unsupported).with_message(error.to_string()))
            .with_status(StatusCode::NOT_FOUND)),
    }
}

fn wrong_method(route: &Route) -> Refusal {
    let allowed = match route {
        Route::Base | Route::Catalog | Route::Tags { .. } | Route::Referrers { .. } => "GET, HEAD",
        Route::Manifest { .. } => "DELETE, GET, HEAD, PUT",
        Route::Blob { .. } => "DELETE, GET, HEAD",
        Route::Uploads { .. } => "POST",
        Route::Upload { .. } => "DELETE, GET, HEAD, PATCH, PUT",
    };
    Refusal::from(ErrorCode::Unsupported).with_header(ALLOW, allowed)
}
