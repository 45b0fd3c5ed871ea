//! The identity of a server in caches.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::config::Tls;
use crate::digest::Digest;
use crate::reference::{Scheme, Server};

/// The identity of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerId {
    /// The root URL with scheme and port: what is known of a server by HTTP does not count for HTTPS.
    url: String,
    /// A hash of how its certificate was checked, if not by the system's authorities alone. What is known of
    /// an unverified server does not count for a verified one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust: Option<String>,
}

impl ServerId {
    /// Creates the identity of the server whose root is `root`, verified as `tls` says.
    pub(super) fn new(mut root: Url, tls: &Tls) -> Self {
        root.set_query(None);
        let named: Vec<_> = tls.authorities.iter().chain(&tls.found).collect();
        let is_usual = root.scheme() != "https" || tls.is_verified() && named.is_empty();
        let trust = (!is_usual).then(|| {
            let checks = format!("{} {named:?}", tls.is_verified());
            Digest::sha256(checks.as_bytes()).to_string()
        });
        Self { url: root.into(), trust }
    }

    /// Reports whether the server is at `host[:port]`, with any scheme and path.
    pub fn is_at(&self, host: &str) -> bool {
        let server = Server::parse(&self.url);
        [Scheme::Http, Scheme::Https].into_iter().any(|scheme| Server::new(scheme, host) == server)
    }
}
