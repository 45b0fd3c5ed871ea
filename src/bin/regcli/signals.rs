//! `^C`, `SIGTERM` and hang-ups: the first signal stops in an orderly way, the second one immediately.

use std::future::Future;
use std::io;
use std::panic;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use regcli::diagnose::Failure;
use rustix::process::Signal as Number;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ui::report::Exit;

/// How long a command may take to stop. A command that is blocked by a disk, a lock or a pipe does not stop
/// by itself; it ends with the process.
const STOP_LIMIT: Duration = Duration::from_millis(500);

/// How long the clean-up may take after a signal.
pub(crate) const CLEAN_UP_LIMIT: Duration = Duration::from_secs(2);

/// The stack of the thread that runs the command, as large as that of a main thread.
const STACK: usize = 8 << 20;

/// Turns a file that grows beyond `ulimit -f` into an error of the write, with a message, instead of the end
/// of the process. Must be called within a runtime.
pub(crate) fn outlive_large_files() {
    // A handler for the signal is enough to disable its default action.
    let taken = signal(SignalKind::from_raw(Number::XFSZ.as_raw()));
    if let Err(error) = taken {
        tracing::debug!(%error, "cannot handle SIGXFSZ: a file that exceeds ulimit -f ends the process");
    }
}

/// Runs a command until it ends or a signal stops it, then runs `clean_up`.
///
/// The command has its own thread, so that signals are seen even while it blocks.
pub(crate) fn supervise<R>(
    command: impl FnOnce() -> R + Send + 'static,
    clean_up: impl Future<Output = ()> + Send + 'static,
    workers: &Handle,
) -> io::Result<Exit>
where
    R: Future<Output = Result<(), Failure>>,
{
    // A separate runtime, because a hanging disk may block all workers.
    let watch = Builder::new_current_thread().enable_io().enable_time().build()?;
    watch.block_on(async {
        let mut stops = Stops::take()?;
        let mut running = Running::begin(command, workers)?;
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
        let mut clean = workers.spawn(clean_up);
        // The limit applies only after a signal, when the user waits for the exit.
        let limit = if ended.is_err() { CLEAN_UP_LIMIT } else { Duration::MAX };
        tokio::select! {
            biased;
            _ = stops.next() => {}
            _ = timeout(limit, &mut clean) => {}
        }
        Ok(ended.map_or_else(Exit::Interrupted, Exit::of))
    })
}

/// Installs handlers for the signals that ask to stop, and returns a future that waits for the first one. The
/// second one ends the process.
///
/// The wait has its own thread, because a hanging disk may block all others.
pub(crate) fn listen() -> impl Future<Output = ()> + Send {
    let (sender, receiver) = oneshot::channel();
    let listening = thread::Builder::new().name("signals".to_owned()).spawn(|| wait(sender));
    async move {
        match (listening, receiver.await) {
            (Ok(_), Ok(())) => {}
            // Without handlers, signals end the process by their default action.
            _ => std::future::pending().await,
        }
    }
}

/// Waits for a signal, or until the receiver is dropped. Another signal ends the process.
fn wait(mut sender: oneshot::Sender<()>) {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
    runtime.block_on(async move {
        let Ok(mut stops) = Stops::take() else { return };
        tokio::select! {
            () = sender.closed() => return,
            _ = stops.next() => {}
        }
        let _ = sender.send(());
        die_of(stops.next().await);
    });
}

/// Ends the process by the default action of a signal, so that a shell sees the signal and stops its script.
///
/// Returns only if the system does not allow it.
pub(crate) fn die_of(signal: i32) {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Stops the process as `^Z` does. Returns when it continues.
///
/// The signal is for this thread. One for the process may reach another thread first, and this one would run on
/// for a moment.
pub(crate) fn suspend() -> io::Result<()> {
    signal_hook::low_level::raise(Number::TSTP.as_raw())
}

/// A command on its own thread.
struct Running {
    thread: Option<JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
    ended: oneshot::Receiver<Result<(), Failure>>,
}

impl Running {
    fn begin<R>(command: impl FnOnce() -> R + Send + 'static, workers: &Handle) -> io::Result<Self>
    where
        R: Future<Output = Result<(), Failure>>,
    {
        let (stop, stopped) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        let workers = workers.clone();
        let run = move || {
            let result = workers.block_on(async {
                tokio::select! {
                    biased;
                    _ = stopped => None,
                    result = command() => Some(result),
                }
            });
            // After a signal, the receiver may be gone.
            let _ = result.map(|result| done.send(result));
        };
        let thread = thread::Builder::new().name("command".to_owned()).stack_size(STACK).spawn(run)?;
        Ok(Self { thread: Some(thread), stop: Some(stop), ended })
    }

    /// Waits for the end of the command. Resumes a panic of the command.
    async fn result(&mut self) -> Result<(), Failure> {
        match (&mut self.ended).await {
            Ok(result) => result,
            Err(_) => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panic)) => panic::resume_unwind(panic),
                _ => std::future::pending().await,
            },
        }
    }

    /// Drops the command and waits until it is gone.
    async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The command may have ended at the same moment.
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
    /// Installs the handlers. Must be called within a runtime.
    fn take() -> io::Result<Self> {
        // A process started with `nohup` must outlive its terminal.
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

/// Reports whether the process was started with a signal ignored. Returns `None` if the system does not tell;
/// the signal then keeps its action.
fn is_ignored(signal: Number) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal.as_raw() - 1) & 1 == 1)
}
