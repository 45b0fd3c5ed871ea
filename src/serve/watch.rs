//! The checks before every request, the limit of open requests, and the access record.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::USER_AGENT;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::api::{self, Peer};
use super::crowd::{Open, Requests};
use super::guard::Guard;
use super::options::{Access, OnAccess, Options};

/// Maximum number of open requests on all connections together. HTTP/2 lets a connection have two hundred,
/// and each may keep a little memory until its client reads.
const REQUESTS_MAX: usize = 4096;

/// The state for watching all requests.
pub(super) struct Watch {
    guard: Guard,
    places: Arc<Semaphore>,
    on_access: Option<OnAccess>,
}

impl Watch {
    pub(super) fn new(local: SocketAddr, options: Options) -> Self {
        Self {
            guard: Guard::new(local, &options.hosts),
            places: Arc::new(Semaphore::new(REQUESTS_MAX)),
            on_access: options.on_access,
        }
    }

    fn record(&self, request: &Request, peer: SocketAddr) -> Option<Record> {
        let on_access = self.on_access.clone()?;
        let agent = request.headers().get(USER_AGENT);
        let access = Access {
            peer,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            version: format!("{:?}", request.version()),
            agent: agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned()),
            status: None,
            bytes: 0,
            took: Duration::ZERO,
        };
        Some(Record { on_access, access, begun: Instant::now() })
    }
}

/// The record of a request. It is delivered when it is dropped.
struct Record {
    on_access: OnAccess,
    access: Access,
    begun: Instant,
}

impl Drop for Record {
    fn drop(&mut self) {
        self.access.took = self.begun.elapsed();
        (self.on_access)(&self.access);
    }
}

/// The resources of a request until the end of its response.
struct Held {
    record: Option<Record>,
    _open: Open,
    place: Option<OwnedSemaphorePermit>,
}

/// Handles a request if it is allowed, and keeps its place until the response has ended.
pub(super) async fn watch(
    State(watch): State<Arc<Watch>>,
    Extension(requests): Extension<Requests>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = requests.peer();
    let place = Arc::clone(&watch.places).try_acquire_owned().ok();
    let record = watch.record(&request, peer);
    let mut held = Held { record, _open: requests.begin(), place };
    let response = match watch.guard.check(&request) {
        Err(foreign) => api::refuse(&foreign),
        Ok(()) if held.place.is_none() => api::overloaded(),
        Ok(()) => {
            request.extensions_mut().insert(Peer(peer.ip()));
            next.run(request).await
        }
    };
    if let Some(record) = &mut held.record {
        record.access.status = Some(response.status().as_u16());
    }
    hold(response, held)
}

/// Returns the response with a body that keeps `held` until its end.
fn hold(response: Response, mut held: Held) -> Response {
    // A body without bytes stays unchanged, so that it remains known to be empty before it is read.
    if response.body().size_hint().exact() == Some(0) {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |chunk| {
            // A closure takes only the fields that it names, and the others would be released here.
            let held = &mut held;
            if let (Ok(chunk), Some(record)) = (&chunk, &mut held.record) {
                record.access.bytes += chunk.len() as u64;
            }
            chunk
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::crowd::Crowd;

    #[tokio::test]
    async fn a_request_is_open_until_the_end_of_its_response() {
        let crowd = Crowd::default();
        let open = crowd.join("127.0.0.1:1".parse().unwrap()).begin();
        let response =
            hold(Response::new(Body::from("content")), Held { record: None, _open: open, place: None });
        assert_eq!(crowd.open(), 1);
        let content = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!((content.len(), crowd.open()), (7, 0));
    }
}
