//! regcli: a Docker-compatible container registry client, one program, no daemon.

mod cli;
mod commands;
mod context;
mod credential_helper;
mod signals;
mod ui;

use std::process::ExitCode;
use std::sync::Arc;

use regcli::diagnose::{Diagnose, Hint};
use rustix::process::{Resource, getrlimit};
use tokio::runtime::Handle;

use clap::CommandFactory as _;
use cli::{completion, usage};
use commands::Cli;
use context::Context;
use ui::report::{self, Exit};

/// The system grants no threads, or no file descriptors for waiting.
#[derive(Debug, thiserror::Error)]
#[error("cannot start: the system gives too few threads or file descriptors")]
struct NoRuntime(#[source] std::io::Error);

impl Diagnose for NoRuntime {}

/// The least number of files that may be open. With fewer, the error appears at random: a name that does not
/// resolve, or a connection that breaks.
const FILES_MIN: u64 = 20;

/// The limit of open files is too low for any command.
#[derive(Debug, thiserror::Error)]
#[error("the limit of open files is {0}, at least {FILES_MIN} are needed")]
struct TooFewFiles(u64);

impl Diagnose for TooFewFiles {
    fn hint(&self) -> Option<Hint> {
        Some(Hint::AllowMoreFiles)
    }
}

fn main() -> ExitCode {
    if let Some(code) = credential_helper::serve() {
        return code;
    }
    if let Some(code) = completion::serve(Cli::command) {
        return code;
    }
    let cli = match Cli::understand(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, Cli::command()),
    };
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|files| *files < FILES_MIN) {
        return report::failure(&TooFewFiles(files).into()).into();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report::failure(&NoRuntime(error).into()).into(),
    };
    let exit = run(cli, runtime.handle());
    // A thread that still waits for a disk or a name server must not delay the exit.
    runtime.shutdown_background();
    if let Exit::Interrupted(signal) = exit {
        signals::die_of(signal);
    }
    exit.into()
}

fn run(cli: Cli, workers: &Handle) -> Exit {
    let _entered = workers.enter();
    signals::outlive_large_files();
    let context = match Context::load(&cli.global, &cli.docker) {
        Ok(context) => context,
        Err(error) => return report::failure(&error),
    };
    let command = cli.command.into_run();
    if command.stops_by_itself() {
        return Exit::of(workers.block_on(command.run(&context)));
    }
    let (context, only_looks) = (Arc::new(context), command.only_looks());
    let command = {
        let context = Arc::clone(&context);
        move || async move { context.ui.telling_waits(command.run(&context)).await }
    };
    let clean_up = async move { context.clean_up(only_looks).await };
    let ended = signals::supervise(command, clean_up, workers);
    ended.unwrap_or_else(|error| report::failure(&NoRuntime(error).into()))
}
