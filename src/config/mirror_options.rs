//! How a mirror is used, besides its address.

use std::path::PathBuf;

use super::headers::Headers;
use super::host::Identity;
use super::naming::Naming;

/// Which server resolves a tag, that is, returns the digest that it points to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolve {
    /// The mirror: it may be behind the registry.
    #[default]
    Mirror,
    /// The registry itself, by a `HEAD` that no registry counts as a pull. The mirror sends content by digest. If the
    /// registry cannot be asked, the mirror resolves the tag.
    Upstream,
    /// The registry itself, always: containerd's mirrors without the capability `resolve`, podman's `digest-only`.
    #[serde(skip)]
    Never,
}

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
