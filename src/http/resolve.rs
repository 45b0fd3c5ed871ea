//! Names to addresses, with an error that says that this is what failed.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver.
pub(super) struct SystemResolver;

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("lookup {host}: no such host")]
pub(super) struct LookupFailed {
    pub(super) host: String,
    #[source]
    source: std::io::Error,
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect);
            let addresses: Vec<SocketAddr> = found.map_err(|source| LookupFailed { host, source })?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
