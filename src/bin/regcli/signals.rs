//! `^C` and `SIGTERM`: the first one stops in order, the second one at once.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::context::Context;

/// How long registries may take to forget uploads that were begun.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(2);

/// Lets a file that grows beyond `ulimit -f` be an error of who writes it, with a message, and not the end of the
/// process. To be called within a runtime.
pub(crate) fn outlive_large_files() {
    // Once it was taken, the signal does nothing by itself; nobody has to listen.
    let taken = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    if let Err(error) = taken {
        tracing::debug!(%error, "a file that is too large ends the process");
    }
}

/// Takes signals that ask to stop from now on; the future waits for the first and answers its number.
///
/// They are waited for on a thread of their own: a disk that hangs may hold up all others.
pub(crate) fn listen() -> impl Future<Output = i32> + Send {
    let (sender, receiver) = oneshot::channel();
    let listening = std::thread::Builder::new().name("signals".to_owned()).spawn(|| wait(sender));
    async move {
        match (listening, receiver.await) {
            (Ok(_), Ok(signal)) => signal,
            // Without handlers, signals end the process as they always do.
            _ => std::future::pending().await,
        }
    }
}

/// Waits for a signal, or until nobody wants to know of it any more.
fn wait(mut sender: oneshot::Sender<i32>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    runtime.block_on(async move {
        let interrupt = signal(SignalKind::interrupt());
        let terminate = signal(SignalKind::terminate());
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else { return };
        let number = tokio::select! {
            () = sender.closed() => return,
            _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
        };
        // Nobody listens any more if the command has ended meanwhile.
        let _ = sender.send(number);
    });
}

/// Ends uploads that were begun and not finished, however the command ended, unless a signal comes first.
pub(crate) async fn clean_up(context: &Context) {
    // Who listens has a thread for it, which most commands do not need.
    if !context.remote.has_open_uploads() {
        return;
    }
    tokio::select! {
        _ = listen() => {}
        _ = tokio::time::timeout(CLEAN_UP_LIMIT, context.remote.abandon_uploads()) => {}
    }
}
