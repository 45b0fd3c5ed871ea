//! Names to addresses, with an error that says that this is what failed.

use std::net::IpAddr;

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("lookup {host}: no such host")]
pub(super) struct LookupFailed {
    pub(super) host: String,
    #[source]
    source: std::io::Error,
}

/// The addresses of a name, as the system's resolver knows them.
pub(super) async fn look_up(host: &str) -> Result<Vec<IpAddr>, LookupFailed> {
    let failed = |source| LookupFailed { host: host.to_owned(), source };
    super::look::look_up(host).await.map_err(failed)
}
