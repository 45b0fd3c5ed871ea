//! Time limits of requests.

use std::time::Duration;

use crate::config::Endpoint;

/// The time limit of connecting, including TLS.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The limit for a mirror is lower, because there is another server to ask and many mirrors are dead.
const MIRROR_CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// The time limit of finding out why a server closed the connection.
pub(super) const REFUSAL_LIMIT: Duration = Duration::from_secs(5);

/// Returns how long connecting to a server may take.
pub(super) fn connect_limit(endpoint: &Endpoint) -> Duration {
    let limit = if endpoint.mirror { MIRROR_CONNECT_LIMIT } else { CONNECT_LIMIT };
    limit.min(endpoint.patience)
}
