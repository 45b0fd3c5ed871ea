//! The result of all configuration: how to connect to one registry.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use super::identity::Identity;
use super::naming::Naming;
use super::resolve::Resolve;
use super::{Proxies, Unverified};
use crate::reference::Registry;

/// How to connect to one registry. It is created once for each registry, and [`crate::http`] needs nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// The registry, as named in references.
    pub registry: Registry,
    /// The mirrors to read from before the registry itself, in their order.
    pub mirrors: Vec<Endpoint>,
    /// The registry itself, which receives everything that is written.
    pub origin: Endpoint,
}

/// One server of a registry. Its Debug output shows only the names of headers, because values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The `host[:port]` to connect to; `registry-1.docker.io` for Docker Hub.
    pub host: String,
    /// A path in front of `/v2/`, without a trailing slash; usually empty.
    pub prefix: String,
    /// The allowed protocols.
    pub transport: Transport,
    /// How TLS is verified.
    pub tls: Tls,
    /// Of the servers that this one refers to, those that need not be verified if this one need not be.
    pub unverified: Unverified,
    /// Headers to add to every request to this server, and to no other.
    pub headers: Vec<(String, String)>,
    /// The host whose stored credentials are for this server: the registry, or the mirror's own name.
    pub credentials: Registry,
    /// Whether this is a mirror. Mirrors are used only for pulling, and every failure falls through to the
    /// next endpoint.
    pub mirror: bool,
    /// The registry to name in a `ns` query parameter, as containerd's mirrors expect.
    pub namespace: Option<Registry>,
    /// The names of repositories at this server.
    pub naming: Naming,
    /// Which server resolves tags, if this is a mirror.
    pub resolve: Resolve,
    /// Whether a proxy from the environment may be used; never for loopback.
    pub proxy: bool,
    /// How long the server may be silent or accept no bytes, before its response and in the middle of a body.
    /// A transfer as a whole has no time limit.
    pub patience: Duration,
    /// The proxies in the environment.
    pub proxies: Proxies,
    /// Whether the server may refer to private addresses though its own address is public.
    pub private_addresses: bool,
    /// The highest rate of requests to the server, if the user limits it.
    pub request_rate: Option<RequestRate>,
}

/// A rate of requests, kept in thousandths of a request per second so that equal rates compare equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRate(NonZeroU32);

impl RequestRate {
    /// Returns a rate in requests per second, if it is between 0.001 and 1,000,000.
    pub fn new(per_second: f64) -> Option<Self> {
        let is_sane = (0.001..=1_000_000.0).contains(&per_second);
        is_sane.then(|| NonZeroU32::new((per_second * 1000.0).round() as u32)).flatten().map(Self)
    }

    /// Returns the rate of each of several processes that share this one.
    pub(super) fn shared_by(self, processes: NonZeroUsize) -> Self {
        let part = self.0.get() / u32::try_from(processes.get()).unwrap_or(u32::MAX);
        Self(NonZeroU32::new(part).unwrap_or(NonZeroU32::MIN))
    }

    /// Returns the number of requests per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.0.get()) / 1000.0
    }
}

/// The default time that a server may be silent.
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
            .field("naming", &self.naming)
            .field("resolve", &self.resolve)
            .field("proxy", &self.proxy)
            .field("patience", &self.patience)
            .field("proxies", &self.proxies)
            .field("private_addresses", &self.private_addresses)
            .field("request_rate", &self.request_rate)
            .finish()
    }
}

/// The protocols that are allowed for a server. Plain HTTP always has a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS only.
    Https,
    /// HTTP only, because the user requested it.
    Http(Permission),
    /// HTTPS, or HTTP if the server does not speak TLS at all. For loopback and for `insecure-registries`.
    HttpsOrHttp(Permission),
}

impl Transport {
    /// Returns what permits plain HTTP; `None` if it is not allowed.
    pub fn plain_http(self) -> Option<Permission> {
        match self {
            Self::Https => None,
            Self::Http(permission) | Self::HttpsOrHttp(permission) => Some(permission),
        }
    }
}

/// The source of a permission that is not given by default: to use plain HTTP, or not to verify certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// A flag of the command line.
    Flag,
    /// regcli's own config.toml.
    Own,
    /// `insecure-registries` in a daemon.json.
    Daemon,
    /// The file of containerd or podman that names a mirror.
    MirrorFile,
    /// No source: loopback addresses are always permitted.
    Loopback,
    /// The address itself: a mirror or an API that is written with `http://`.
    Address,
    /// Docker's settings for its Engine: `DOCKER_TLS_VERIFY`, or a context.
    Engine,
}

/// How TLS is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// What permits not to verify certificates; `None` if they are verified.
    pub unverified: Option<Permission>,
    /// PEM files of authorities to trust in addition to the system's, as named by the user.
    pub authorities: Vec<PathBuf>,
    /// The same, as found in certs.d. An unusable one does no harm if another one is usable.
    pub found: Vec<PathBuf>,
    /// The client certificate and its key, PEM files.
    pub identity: Option<Identity>,
}

impl Tls {
    /// Reports whether certificates are verified.
    pub fn is_verified(&self) -> bool {
        self.unverified.is_none()
    }
}
