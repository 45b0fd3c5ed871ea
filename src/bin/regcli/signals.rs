//! `^C` and `SIGTERM`: the first one stops in order, the second one at once.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;

/// How long registries may take to forget uploads that were begun.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(2);

/// Takes signals that ask to stop from now on; the future waits for the first and answers its number.
pub(crate) fn listen() -> impl Future<Output = i32> + Send {
    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            // Without handlers, signals end the process as they always do.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
        }
    }
}

/// Ends uploads that were begun, unless another signal comes first.
pub(crate) async fn clean_up(context: &Context) {
    tokio::select! {
        _ = listen() => {}
        _ = tokio::time::timeout(CLEAN_UP_LIMIT, context.remote.abandon_uploads()) => {}
    }
}
