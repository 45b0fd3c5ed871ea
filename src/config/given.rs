//! What the files of a command say about the access to registries, such as those of other tools for `sync`.

use super::AuthEntry;
use crate::reference::Registry;

/// What the files of a command say about the access to registries. It comes before all configuration.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Credentials by registry or namespace, as `auths` of podman has them: `quay.io/team`. The most specific key counts.
    pub auths: Vec<(String, AuthEntry)>,
    /// The registries that are reached in another way than by verified HTTPS. Docker Hub never is.
    pub transports: Vec<(Registry, GivenTransport)>,
}

/// Another way to reach a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenTransport {
    /// HTTPS without a check of the certificate.
    Unverified,
    /// Plain HTTP.
    PlainHttp,
}
