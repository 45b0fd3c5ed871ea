//! `regcli image`: Docker's long names.

use clap::{Args, Subcommand};

use super::run::Run;
use super::{gc, history, images, import, inspect, load, pull, push, rmi, save, tag};

/// Manage images
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  regcli image ls\n  regcli image pull ubuntu:22.04\n  regcli image rm ubuntu:22.04"
)]
pub(crate) struct Image {
    #[command(subcommand)]
    command: ImageCommand,
}

#[derive(Debug, Subcommand)]
enum ImageCommand {
    History(history::History),
    Import(import::Import),
    Inspect(inspect::Inspect),
    Load(load::Load),
    #[command(alias = "list")]
    Ls(images::Images),
    Prune(gc::Prune),
    Pull(pull::Pull),
    Push(push::Push),
    #[command(aliases = ["remove", "rmi"])]
    Rm(rmi::Rmi),
    Save(save::Save),
    Tag(tag::Tag),
}

impl Image {
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            ImageCommand::History(command) => Box::new(command),
            ImageCommand::Import(command) => Box::new(command),
            ImageCommand::Load(command) => Box::new(command),
            ImageCommand::Inspect(command) => Box::new(command),
            ImageCommand::Ls(command) => Box::new(command),
            ImageCommand::Prune(command) => Box::new(command),
            ImageCommand::Pull(command) => Box::new(command),
            ImageCommand::Push(command) => Box::new(command),
            ImageCommand::Rm(command) => Box::new(command),
            ImageCommand::Save(command) => Box::new(command),
            ImageCommand::Tag(command) => Box::new(command),
        }
    }
}
