//! Serves a registry on a port, and stops cleanly.

use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::connection::Connections;
use super::crowd::Requests;
use super::options::Options;
use super::watch::{Watch, watch};
use super::{Error, Registry};

/// How long requests may continue after the stop, before their connections are cut.
const GRACE: Duration = Duration::from_secs(5);

/// How long connections that were cut may take to end.
const CUT: Duration = Duration::from_secs(1);

/// Serves `registry` to all clients that connect to `listener`, until `shutdown` is ready.
///
/// Requests from web pages are refused, and those for other hosts according to [`Options::hosts`].
///
/// Then no new connection is accepted, idle ones are closed, and open requests have five seconds to finish.
/// An upload that is cut keeps the received bytes, and the client resumes it after a restart.
///
/// # Errors
/// [`Error::Serve`] if the port can no longer be served.
///
/// # Cancel safety
/// Dropping the future cuts all connections. Nothing incomplete becomes visible.
pub async fn run<F>(
    listener: TcpListener,
    registry: Registry,
    options: Options,
    shutdown: F,
) -> Result<(), Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    let watching = Watch::new(listener.local_addr().map_err(Error::Serve)?, options);
    let (connections, cutter) = Connections::new(listener);
    let (stop, stopped) = oneshot::channel();
    let service = registry.router().layer(axum::middleware::from_fn_with_state(Arc::new(watching), watch));
    let service = service.into_make_service_with_connect_info::<Requests>();
    let served = axum::serve(connections, service).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = stop.send(());
    });
    let overdue = async {
        // An error means that the server has ended by itself, and so has the other branch.
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = served.into_future() => result.map_err(Error::Serve),
        () = overdue => {
            tracing::warn!("cutting requests that are still running");
            cutter.cut();
            let _ = tokio::time::timeout(CUT, cutter.all_closed()).await;
            Ok(())
        }
    }
}
