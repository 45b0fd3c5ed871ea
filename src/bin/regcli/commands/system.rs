//! `regcli system`: Docker's long names for commands about the store.

use clap::{Args, Subcommand};

use super::run::Run;
use super::{df, gc};

/// Manage the store
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  regcli system df\n  regcli system prune -f")]
pub(crate) struct System {
    #[command(subcommand)]
    command: SystemCommand,
}

#[derive(Debug, Subcommand)]
enum SystemCommand {
    Df(df::Df),
    Prune(gc::Prune),
}

impl System {
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            SystemCommand::Df(command) => Box::new(command),
            SystemCommand::Prune(command) => Box::new(command),
        }
    }
}
