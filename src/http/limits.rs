//! Time limits of requests.

use std::time::Duration;

use crate::config::Endpoint;

/// How long connecting may take, TLS included.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The same for a mirror, because there is another server to ask and many mirrors are dead.
const MIRROR_CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// How long finding out may take why a server hung up.
pub(super) const REFUSAL_LIMIT: Duration = Duration::from_secs(5);

/// Returns how long connecting to a server may take.
pub(super) fn connect_limit(endpoint: &Endpoint) -> Duration {
    let limit = if endpoint.mirror { MIRROR_CONNECT_LIMIT } else { CONNECT_LIMIT };
    limit.min(endpoint.patience)
}
