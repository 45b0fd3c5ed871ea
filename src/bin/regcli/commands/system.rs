//! `regcli system`: Docker's long names for commands about the store.

use clap::{Args, Subcommand};
use regcli::diagnose::Failure;

use super::{df, gc};
use crate::context::Context;

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
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.command {
            SystemCommand::Df(command) => command.run(context),
            SystemCommand::Prune(command) => command.run(context).await,
        }
    }
}
