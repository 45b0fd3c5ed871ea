//! What all configuration comes to in the end: how to talk to one registry.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Unverified;
use crate::reference::Registry;

/// How to talk to one registry. Made once for each; [`crate::http`] needs nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// The registry as it stands in references.
    pub registry: Registry,
    /// Where to ask: mirrors in their order, then the registry itself, which is always the last.
    pub endpoints: Vec<Endpoint>,
}

impl HostConfig {
    /// The registry itself, to which everything is written.
    pub fn origin(&self) -> &Endpoint {
        self.endpoints.last().expect("a host config always has its origin")
    }
}

/// One server that answers for a registry. Its Debug shows the names of headers only: values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `host[:port]` to connect to; `registry-1.docker.io` for Docker Hub.
    pub host: String,
    /// A path in front of `/v2/`, without slash at its end; usually empty.
    pub prefix: String,
    /// Which protocols may be spoken.
    pub transport: Transport,
    /// How TLS is checked.
    pub tls: Tls,
    /// Of the servers that it leads to, those that need not be verified if it need not be itself.
    pub unverified: Unverified,
    /// Headers to add to every request, to this server only.
    pub headers: Vec<(String, String)>,
    /// The host whose stored credentials are for this server: the registry, or the mirror's own name.
    pub credentials: Registry,
    /// Whether it is a mirror: asked only when pulling, and every failure falls through to the next endpoint.
    pub mirror: bool,
    /// The registry to name in a `ns` query parameter, as containerd's mirrors want it.
    pub namespace: Option<Registry>,
    /// Whether a proxy from the environment may be used; never for loopback.
    pub proxy: bool,
    /// How long it may say nothing, or take nothing: to a request, and in the middle of a body. Whole transfers
    /// may take as long as they like.
    pub patience: Duration,
    /// The hosts of the proxies in the environment.
    pub proxies: Vec<String>,
    /// Whether it may lead to private addresses though it is at a public one.
    pub private_addresses: bool,
}

/// How long a server may say nothing, if nobody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(30);

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Endpoint")
            .field("host", &self.host)
            .field("prefix", &self.prefix)
            .field("transport", &self.transport)
            .field("tls", &self.tls)
            .field("unverified", &self.unverified)
            .field("headers", &headers)
            .field("credentials", &self.credentials)
            .field("mirror", &self.mirror)
            .field("namespace", &self.namespace)
            .field("proxy", &self.proxy)
            .field("patience", &self.patience)
            .field("proxies", &self.proxies)
            .field("private_addresses", &self.private_addresses)
            .finish()
    }
}

/// Which protocols may be spoken with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS only.
    Https,
    /// HTTP only, because a person said so.
    Http,
    /// HTTPS; HTTP only if the server does not speak TLS at all. For loopback and for `insecure-registries`.
    HttpsOrHttp,
}

/// How TLS is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Whether certificates are verified.
    pub verify: bool,
    /// Files of certificates to trust besides the system's, PEM, that somebody has named.
    pub authorities: Vec<PathBuf>,
    /// The same that were found in certs.d. One that cannot be used does no harm beside a good one.
    pub found: Vec<PathBuf>,
    /// The client certificate and its key, PEM files.
    pub identity: Option<Identity>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { verify: true, authorities: Vec::new(), found: Vec::new(), identity: None }
    }
}

/// A client certificate and its key, PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, with its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}
