//! `regcli auth`: the accounts at registries, and tokens for other programs.

mod status;
mod token;

use clap::{Args, Subcommand};

use super::run::Run;

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
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            AuthCommand::Status(command) => Box::new(command),
            AuthCommand::Token(command) => Box::new(command),
        }
    }
}
