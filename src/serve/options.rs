//! Options for running a registry.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Receives each request when its response has ended.
pub type OnAccess = Arc<dyn Fn(&Access) + Send + Sync>;

/// Is told what a stop waits for.
pub type OnStop = Arc<dyn Fn(&Stop) + Send + Sync>;

/// How a registry is served.
#[derive(Clone, Default)]
pub struct Options {
    /// Host names that clients use for this registry, besides `localhost` and addresses.
    ///
    /// On a loopback address, requests for other names are refused: a web page may give its own name the
    /// address 127.0.0.1, and may then read the responses. On other addresses every name is accepted unless
    /// some are listed here.
    pub hosts: Vec<String>,
    /// Receives a record of each request.
    pub on_access: Option<OnAccess>,
    /// Is called once if requests are open when the registry is to stop.
    pub on_stop: Option<OnStop>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_logging, tells_stop) = (self.on_access.is_some(), self.on_stop.is_some());
        let mut options = f.debug_struct("Options");
        options.field("hosts", &self.hosts).field("on_access", &is_logging);
        options.field("on_stop", &tells_stop).finish()
    }
}

/// What a stop waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stop {
    /// How many requests are open; at least one.
    pub requests: usize,
    /// How long they may take until they are cut.
    pub limit: Duration,
}

/// A request and its result. It contains neither the query nor any header that may hold a secret.
///
/// All text comes from the client: escape it before showing it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// The client, or the proxy in front of it.
    pub peer: SocketAddr,
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The version, `HTTP/1.1`.
    pub version: String,
    /// The client's `User-Agent`.
    pub agent: Option<String>,
    /// The status of the response, or `None` if the client disconnected before.
    pub status: Option<u16>,
    /// How many bytes of the response's body were sent.
    pub bytes: u64,
    /// The time from the request's head to the end of the response.
    pub took: Duration,
}
