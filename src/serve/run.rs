//! Serves a registry on a port, and stops cleanly.

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::connection::Connections;
use super::options::Options;
use super::watch::{Watch, watch};
use super::{Error, Registry};

/// Serves `registry` to all clients that connect to `listener`, until `shutdown` is ready.
///
/// Requests from web pages are refused, and those for other hosts according to [`Options::hosts`].
///
/// Then no new connection is accepted, idle ones are closed, and open requests have five seconds to finish, which
/// [`Options::on_stop`] is told.
/// An upload that is cut keeps the received bytes, and the client resumes it after a restart.
///
/// # Errors
/// [`Error::Serve`] if the address of `listener` is unknown.
///
/// # Cancel safety
/// All connections are tasks of this future: dropping it ends them. Nothing incomplete becomes visible.
pub async fn run<F>(
    listener: TcpListener,
    registry: Registry,
    options: Options,
    shutdown: F,
) -> Result<(), Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    let on_stop = options.on_stop.clone();
    let watching = Watch::new(listener.local_addr().map_err(Error::Serve)?, options);
    let service = registry.router().layer(axum::middleware::from_fn_with_state(Arc::new(watching), watch));
    let mut connections = Connections::new(listener);
    tokio::select! {
        never = connections.serve(&service) => never,
        () = shutdown => {}
    }
    connections.stop(on_stop).await;
    Ok(())
}
