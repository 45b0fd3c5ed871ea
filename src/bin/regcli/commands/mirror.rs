//! `regcli mirror`: the list of mirrors, and whether they work.

mod list;
mod test;

use clap::{Args, Subcommand};

use super::run::Run;

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
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            MirrorCommand::List(command) => Box::new(command),
            MirrorCommand::Test(command) => Box::new(command),
        }
    }
}
