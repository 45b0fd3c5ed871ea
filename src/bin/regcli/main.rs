//! regcli: a Docker-compatible container registry client, one program, no daemon.

mod args;
mod cli;
mod commands;
mod context;
mod output;
mod prompt;
mod render;
mod report;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;
use context::Context;
use report::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("the system gives threads and an event queue");
    let exit = runtime.block_on(run(cli));
    // Nothing that is still waiting for a disk or a name server may hold up the end.
    runtime.shutdown_background();
    exit.into()
}

async fn run(cli: Cli) -> Exit {
    let context = match Context::load(&cli.global) {
        Ok(context) => context,
        Err(error) => return report::failure(&error),
    };
    if cli.command.stops_by_itself() {
        return Exit::of(cli.command.run(&context).await);
    }
    let ended = tokio::select! {
        biased;
        signal = signals::listen() => Err(signal),
        result = cli.command.run(&context) => Ok(result),
    };
    context.ui.finish();
    match ended {
        Ok(result) => Exit::of(result),
        Err(signal) => {
            signals::clean_up(&context).await;
            Exit::Interrupted(signal)
        }
    }
}
