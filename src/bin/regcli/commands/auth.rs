//! `regcli auth`: the accounts at registries, and tokens for other programs.

mod status;
mod token;

use clap::{Args, Subcommand};
use regcli::diagnose::Failure;

use crate::context::Context;

/// Show accounts at registries, and print tokens for scripts
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  regcli auth status --check\n  regcli auth token registry.example.com/team/app"
)]
pub(crate) struct Auth {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
enum AuthCommand {
    Status(status::Status),
    Token(token::Token),
}

impl Auth {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.command {
            AuthCommand::Status(command) => command.run(context).await,
            AuthCommand::Token(command) => command.run(context).await,
        }
    }
}
