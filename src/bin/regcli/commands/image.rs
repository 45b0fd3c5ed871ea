//! `regcli image`: Docker's long names.

use clap::{Args, Subcommand};
use regcli::diagnose::Failure;

use super::{gc, history, images, import, inspect, load, pull, push, rmi, save, tag};
use crate::context::Context;

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
    pub(crate) fn only_looks(&self) -> bool {
        match &self.command {
            ImageCommand::Pull(command) => command.only_looks(),
            ImageCommand::Push(command) => command.only_looks(),
            _ => false,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.command {
            ImageCommand::History(command) => command.run(context).await,
            ImageCommand::Import(command) => command.run(context).await,
            ImageCommand::Load(command) => command.run(context).await,
            ImageCommand::Inspect(command) => command.run(context).await,
            ImageCommand::Ls(command) => command.run(context),
            ImageCommand::Prune(command) => command.run(context).await,
            ImageCommand::Pull(command) => command.run(context).await,
            ImageCommand::Push(command) => command.run(context).await,
            ImageCommand::Rm(command) => command.run(context).await,
            ImageCommand::Save(command) => command.run(context).await,
            ImageCommand::Tag(command) => command.run(context).await,
        }
    }
}
