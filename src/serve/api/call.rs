//! A request as handlers get it, and what they give back.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::refusal::Refusal;
use crate::protocol::Query;
use crate::serve::layout::Layout;

/// What a handler returns.
pub(super) type Answer = Result<Response, Refusal>;

/// Where a request comes from, as an extension of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct Peer(pub(in crate::serve) IpAddr);

/// The head of a request, as handlers need it.
pub(super) struct Call {
    pub(super) layout: Arc<Layout>,
    pub(super) method: Method,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    /// Where the request comes from, if that is known.
    pub(super) peer: Option<IpAddr>,
}

impl Call {
    /// Returns the value of a header, if it is present and text.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reports whether the client has the content with this digest already (RFC 9110 §13.1.2).
    pub(super) fn is_cached(&self, digest: &crate::digest::Digest) -> bool {
        let known = self.header(axum::http::header::IF_NONE_MATCH).unwrap_or_default();
        known.split(',').any(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == digest.as_str()
        })
    }

    /// Reports whether the client waits for permission to send its body.
    pub(super) fn expects_continue(&self) -> bool {
        self.headers.contains_key(axum::http::header::EXPECT)
    }
}
