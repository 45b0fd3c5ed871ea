//! How a mirror is used, besides its address.

use std::path::PathBuf;

use super::headers::Headers;
use super::identity::Identity;
use super::naming::Naming;
use super::resolve::Resolve;

/// How a mirror is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorOptions {
    /// Whether requests name the registry in a query parameter `ns`.
    pub namespace: bool,
    /// The names of repositories at the mirror.
    pub naming: Naming,
    /// Which server resolves tags.
    pub resolve: Resolve,
    /// Headers to send to the mirror, and to no other server.
    pub headers: Headers,
    /// How TLS is verified, in addition to the settings of the mirror's host.
    pub tls: MirrorTls,
}

/// What the file that names a mirror says about TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorTls {
    /// Whether the file allows plain HTTP, and certificates that are not trusted.
    pub insecure: bool,
    /// PEM files of authorities to trust.
    pub authorities: Vec<PathBuf>,
    /// The client certificate and its key.
    pub identity: Option<Identity>,
}
