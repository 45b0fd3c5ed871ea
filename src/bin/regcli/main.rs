//! regcli: a Docker-compatible container registry client, one program, no daemon.

mod browse;
mod cli;
mod commands;
mod context;
mod credential_helper;
mod lines;
mod signals;
mod ui;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::CommandFactory as _;
use regcli::diagnose::{Diagnose, Hint};
use rustix::process::{Resource, getrlimit};
use tokio::runtime::{Builder, Handle};

use cli::{completion, usage};
use commands::Cli;
use context::Context;
use ui::report::{self, Exit};

/// The error when the system grants no threads, or no file descriptors for waiting.
const NO_RUNTIME: &str = "cannot start: the system gives too few threads or file descriptors";

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
    let exit = start(cli).unwrap_or_else(|error| report::error(error.as_ref()));
    if let Exit::Interrupted(signal) = exit {
        signals::die_of(signal);
    }
    exit.into()
}

/// Starts the threads, and runs the command.
///
/// The errors of a command are `Failure`s, which know their exit codes and hints, and are reported where they
/// end. Only what fails around the command is an error here.
fn start(cli: Cli) -> anyhow::Result<Exit> {
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|files| *files < FILES_MIN) {
        return Ok(report::failure(&TooFewFiles(files).into()));
    }
    let runtime = Builder::new_multi_thread().enable_all().build().context(NO_RUNTIME)?;
    let exit = run(cli, runtime.handle());
    // A thread that still waits for a disk or a name server must not delay the exit.
    runtime.shutdown_background();
    exit
}

fn run(cli: Cli, workers: &Handle) -> anyhow::Result<Exit> {
    let _entered = workers.enter();
    signals::outlive_large_files();
    let mut command = cli.command.into_run();
    let context = command.settings().and_then(|settings| Context::load(&cli.global, &cli.docker, settings));
    let context = match context {
        Ok(context) => context,
        Err(error) => return Ok(report::failure(&error)),
    };
    if command.stops_by_itself() {
        return Ok(Exit::of(workers.block_on(command.run(&context))));
    }
    let (context, only_looks) = (Arc::new(context), command.only_looks());
    let command = {
        let context = Arc::clone(&context);
        move || async move { context.ui.telling_waits(command.run(&context)).await }
    };
    let clean_up = async move { context.clean_up(only_looks).await };
    signals::supervise(command, clean_up, workers).context(NO_RUNTIME)
}

#[cfg(test)]
mod tests {
    use regcli::diagnose::Failure;
    use regcli::reference::Reference;

    use super::*;

    /// Why commands return a `Failure`, and anyhow begins only around them.
    #[test]
    fn an_error_in_anyhow_keeps_its_causes_and_loses_its_exit_code_and_its_hint() {
        let failure = || Failure::from("Ubuntu".parse::<Reference>().unwrap_err());
        let error = anyhow::Error::from_boxed(failure().into());
        let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
        assert_eq!(causes.join(": "), report::on_one_line(&failure()));
        assert_eq!(report::failure(&failure()), Exit::Code(report::USAGE));
        assert_eq!(report::error(error.as_ref()), Exit::Code(1));
        assert_eq!(failure().hint(), Some(Hint::Lowercase { suggestion: "ubuntu".to_owned() }));
        assert!(error.downcast_ref::<Failure>().is_none(), "a hint needs the concrete type, one of dozens");
    }
}
