//! Servers that are no registries, or not quite: they answer everything in the same way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::response::Response;

use super::web::WebServer;

/// What an [`OddServer`] answers to everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OddAnswer {
    pub(crate) status: u16,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static str,
}

/// A running server that answers everything in the same way.
pub(crate) struct OddServer {
    server: WebServer,
    asked: Arc<AtomicUsize>,
}

impl OddServer {
    /// Starts it.
    pub(crate) fn start(answer: OddAnswer) -> Self {
        let asked = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&asked);
        let server = WebServer::start(Arc::new(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { answer.response() })
        }));
        Self { server, asked }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    /// How many requests there were until now.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl OddAnswer {
    fn response(self) -> Response {
        let response = Response::builder().status(self.status);
        let response =
            self.headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
        response.body(Body::from(self.body)).unwrap()
    }
}
