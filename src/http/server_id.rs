//! How a server is told from others in what is remembered of it.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::config::Tls;
use crate::digest::Digest;
use crate::reference::{Scheme, Server};

/// A server, in the way that it is told from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerId {
    /// Its root, a URL with scheme and port: what was said over HTTP does not count for HTTPS.
    url: String,
    /// Stands for how its certificate was checked, if not by the system's authorities alone. What an unverified
    /// server said does not count where it is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust: Option<String>,
}

impl ServerId {
    /// The server whose root is `root`, checked as `tls` says.
    pub(super) fn new(mut root: Url, tls: &Tls) -> Self {
        root.set_query(None);
        let named: Vec<_> = tls.authorities.iter().chain(&tls.found).collect();
        let is_usual = root.scheme() != "https" || tls.verify && named.is_empty();
        let trust = (!is_usual).then(|| {
            let checks = format!("{} {named:?}", tls.verify);
            Digest::sha256(checks.as_bytes()).to_string()
        });
        Self { url: root.into(), trust }
    }

    /// Whether it is at `host[:port]`, by whatever scheme and path.
    pub fn is_at(&self, host: &str) -> bool {
        let server = Server::parse(&self.url);
        [Scheme::Http, Scheme::Https].into_iter().any(|scheme| Server::new(scheme, host) == server)
    }
}
