//! `regcli mirror`: the list of mirrors, and whether they work.

mod list;
mod test;

use clap::{Args, Subcommand};
use regcli::diagnose::Failure;

use crate::context::Context;

/// List and test the mirrors of registries
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  regcli mirror list\n  regcli mirror test --image nginx:1.27")]
pub(crate) struct Mirror {
    #[command(subcommand)]
    command: MirrorCommand,
}

#[derive(Debug, Subcommand)]
enum MirrorCommand {
    List(list::List),
    Test(test::Test),
}

impl Mirror {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.command {
            MirrorCommand::List(command) => command.run(context),
            MirrorCommand::Test(command) => command.run(context).await,
        }
    }
}
