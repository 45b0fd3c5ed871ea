//! `^C`, `SIGTERM` and hang-ups: the first one stops in order, the second one at once.

use std::future::Future;
use std::io;
use std::panic;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use regcli::diagnose::Failure;
use rustix::process::Signal as Number;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::cli::Command;
use crate::context::Context;
use crate::report::Exit;

/// How long a command may take to stop. A command that is blocked by a disk, a lock or a pipe does not stop at all,
/// and ends with the process.
const STOP_LIMIT: Duration = Duration::from_millis(500);

/// How long registries may take to forget uploads that were begun.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(2);

/// The stack of the thread that runs the command: as large as that of a main thread.
const STACK: usize = 8 << 20;

/// Lets a file that grows beyond `ulimit -f` be an error of who writes it, with a message, and not the end of the
/// process. To be called within a runtime.
pub(crate) fn outlive_large_files() {
    // Once it was taken, the signal does nothing by itself; nobody has to listen.
    let taken = signal(SignalKind::from_raw(Number::XFSZ.as_raw()));
    if let Err(error) = taken {
        tracing::debug!(%error, "a file that is too large ends the process");
    }
}

/// Runs a command until it ends or a signal asks it to stop, and cleans up.
///
/// The command has a thread of its own, so that signals are seen even while it blocks.
pub(crate) fn supervise(command: Command, context: Arc<Context>, workers: &Handle) -> io::Result<Exit> {
    let only_looks = command.only_looks();
    // A runtime of its own: a disk that hangs may hold up all workers.
    let watch = Builder::new_current_thread().enable_io().enable_time().build()?;
    watch.block_on(async {
        let mut stops = Stops::take()?;
        let mut running = Running::begin(command, Arc::clone(&context), workers)?;
        let ended = tokio::select! {
            biased;
            signal = stops.next() => Err(signal),
            result = running.result() => Ok(result),
        };
        if let Err(signal) = ended {
            tokio::select! {
                biased;
                _ = stops.next() => return Ok(Exit::Interrupted(signal)),
                _ = timeout(STOP_LIMIT, running.stop()) => {}
            }
        }
        let mut clean = workers.spawn(clean_up(context, only_looks));
        // The time limit is for those who wait after a signal.
        let limit = if ended.is_err() { CLEAN_UP_LIMIT } else { Duration::MAX };
        tokio::select! {
            biased;
            _ = stops.next() => {}
            _ = timeout(limit, &mut clean) => {}
        }
        Ok(ended.map_or_else(Exit::Interrupted, Exit::of))
    })
}

/// Takes the signals that ask to stop; the future waits for the first one.
///
/// They are waited for on a thread of their own: a disk that hangs may hold up all others.
pub(crate) fn listen() -> impl Future<Output = ()> + Send {
    let (sender, receiver) = oneshot::channel();
    let listening = thread::Builder::new().name("signals".to_owned()).spawn(|| wait(sender));
    async move {
        match (listening, receiver.await) {
            (Ok(_), Ok(())) => {}
            // Without handlers, signals end the process as they always do.
            _ => std::future::pending().await,
        }
    }
}

/// Waits for a signal, or until nobody wants to know of it any more.
fn wait(mut sender: oneshot::Sender<()>) {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
    runtime.block_on(async move {
        let Ok(mut stops) = Stops::take() else { return };
        tokio::select! {
            () = sender.closed() => return,
            _ = stops.next() => {}
        }
        let _ = sender.send(());
    });
}

/// Saves what was found out, and ends uploads that were begun and not finished, however the command ended.
async fn clean_up(context: Arc<Context>, only_looks: bool) {
    if !only_looks {
        context.remote.save_caches().await;
    }
    if context.remote.has_open_uploads() {
        // What is not answered in time is swept by the registry.
        let _ = timeout(CLEAN_UP_LIMIT, context.remote.abandon_uploads()).await;
    }
}

/// Ends the process by the default action of a signal, so that a shell sees what it died of, and stops its script.
///
/// Returns only if the system does not let it.
pub(crate) fn die_of(signal: i32) {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// A command on its thread.
struct Running {
    thread: Option<JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
    ended: oneshot::Receiver<Result<(), Failure>>,
}

impl Running {
    fn begin(command: Command, context: Arc<Context>, workers: &Handle) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        let workers = workers.clone();
        let run = move || {
            let result = workers.block_on(async {
                tokio::select! {
                    biased;
                    _ = stopped => None,
                    result = context.ui.telling_waits(command.run(&context)) => Some(result),
                }
            });
            // Nobody waits any more after a signal.
            let _ = result.map(|result| done.send(result));
        };
        let thread = thread::Builder::new().name("command".to_owned()).stack_size(STACK).spawn(run)?;
        Ok(Self { thread: Some(thread), stop: Some(stop), ended })
    }

    /// Waits for the command's end. A panic of the command goes on here.
    async fn result(&mut self) -> Result<(), Failure> {
        match (&mut self.ended).await {
            Ok(result) => result,
            Err(_) => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panic)) => panic::resume_unwind(panic),
                _ => std::future::pending().await,
            },
        }
    }

    /// Drops the command, and waits until it is gone.
    async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended at the same moment.
            let _ = stop.send(());
        }
        let _ = (&mut self.ended).await;
    }
}

/// The signals that ask to stop.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Stops {
    /// Takes the signals from now on. To be called within a runtime.
    fn take() -> io::Result<Self> {
        // What `nohup` starts is to outlive its terminal.
        let hang_up = match is_ignored(Number::HUP) {
            Some(false) => Some(signal(SignalKind::hangup())?),
            Some(true) | None => None,
        };
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hang_up })
    }

    /// Waits for a signal and returns its number.
    async fn next(&mut self) -> i32 {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = hang_up => SignalKind::hangup(),
        };
        kind.as_raw_value()
    }
}

/// Reports whether the process was started with a signal ignored; `None` where the system does not tell, so that
/// the signal keeps the action it has.
fn is_ignored(signal: Number) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal.as_raw() - 1) & 1 == 1)
}
