//! Resolves names, with an error of its own for that.

use std::net::IpAddr;

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("lookup {host}: no such host")]
pub(super) struct LookupFailed {
    pub(super) host: String,
    #[source]
    source: std::io::Error,
}

/// Returns the addresses of a host from the system's resolver, without duplicates.
///
/// # Errors
/// The error of the system, if there is no address.
pub async fn look_up(host: &str) -> std::io::Result<Vec<IpAddr>> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in tokio::net::lookup_host((host, 0)).await? {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    Ok(found)
}

/// Resolves a host, with an error that names the host.
pub(super) async fn resolve(host: &str) -> Result<Vec<IpAddr>, LookupFailed> {
    let failed = |source| LookupFailed { host: host.to_owned(), source };
    look_up(host).await.map_err(failed)
}
