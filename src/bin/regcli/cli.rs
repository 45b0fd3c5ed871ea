//! The command line: global flags, and the enum of commands.

use clap::builder::styling::Styles;
use clap::{ArgAction, Parser, Subcommand};
use regcli::diagnose::Failure;

use crate::args::GlobalArgs;
use crate::commands::{
    auth, catalog, completion, config, copy, df, digest, doctor, gc, history, image, images, import, inspect,
    load, login, logout, man, manifest, mirror, pull, push, reference, rmi, save, search, serve, tag, tags,
    verify, version,
};
use crate::context::Context;

/// A Docker-compatible container registry client: no daemon, no Docker needed
#[derive(Debug, Parser)]
#[command(
    name = "regcli",
    version,
    disable_version_flag = true,
    disable_help_subcommand = false,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    styles = Styles::plain(),
    after_help = "Images are kept in an OCI image layout: --store, else $REGCLI_STORE, else\n\
                  ~/.local/share/regcli/store.\n\n\
                  Exit codes: 0 done, 1 failed, 3 not found, 4 denied, 5 unreachable,\n\
                  6 corrupt, 7 rate-limited, 125 wrong usage, 130 or 143 interrupted.\n\n\
                  Run 'regcli COMMAND --help' for more information on a command."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    /// Print version
    #[arg(short = 'v', short_alias = 'V', long = "version", action = ArgAction::Version)]
    _version: Option<bool>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// All commands, in the order in which people meet them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::Login),
    Logout(logout::Logout),
    Search(search::Search),
    Pull(pull::Pull),
    Push(push::Push),
    Tag(tag::Tag),
    Images(images::Images),
    Rmi(rmi::Rmi),
    Save(save::Save),
    Load(load::Load),
    Inspect(inspect::Inspect),
    History(history::History),
    Image(image::Image),
    Catalog(catalog::Catalog),
    Tags(tags::Tags),
    Manifest(manifest::Manifest),
    Config(config::ShowConfig),
    Digest(digest::ShowDigest),
    Copy(copy::Copy),
    Import(import::Import),
    Df(df::Df),
    Gc(gc::Gc),
    Verify(verify::Verify),
    Serve(serve::Serve),
    Auth(auth::Auth),
    Mirror(mirror::Mirror),
    Doctor(doctor::Doctor),
    Reference(reference::ShowReference),
    Completion(completion::Completion),
    Man(man::Man),
    Version(version::Version),
}

impl Command {
    /// Whether it takes signals for what they ask, and ends as if it were done.
    pub(crate) fn stops_by_itself(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Whether it was promised that nothing at all will be changed.
    pub(crate) fn only_looks(&self) -> bool {
        match self {
            Self::Pull(command) => command.only_looks(),
            Self::Push(command) => command.only_looks(),
            Self::Copy(command) => command.only_looks(),
            Self::Image(command) => command.only_looks(),
            _ => false,
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Login(command) => command.run(context).await,
            Self::Logout(command) => command.run(context).await,
            Self::Search(command) => command.run(context).await,
            Self::Pull(command) => command.run(context).await,
            Self::Push(command) => command.run(context).await,
            Self::Tag(command) => command.run(context).await,
            Self::Images(command) => command.run(context),
            Self::Rmi(command) => command.run(context).await,
            Self::Save(command) => command.run(context).await,
            Self::Load(command) => command.run(context).await,
            Self::Inspect(command) => command.run(context).await,
            Self::History(command) => command.run(context).await,
            Self::Image(command) => command.run(context).await,
            Self::Catalog(command) => command.run(context).await,
            Self::Tags(command) => command.run(context).await,
            Self::Manifest(command) => command.run(context).await,
            Self::Config(command) => command.run(context).await,
            Self::Digest(command) => command.run(context).await,
            Self::Copy(command) => command.run(context).await,
            Self::Import(command) => command.run(context).await,
            Self::Df(command) => command.run(context),
            Self::Gc(command) => command.run(context).await,
            Self::Verify(command) => command.run(context).await,
            Self::Serve(command) => command.run(context).await,
            Self::Auth(command) => command.run(context).await,
            Self::Mirror(command) => command.run(context).await,
            Self::Doctor(command) => command.run(context).await,
            Self::Reference(command) => command.run(context),
            Self::Completion(command) => command.run(context),
            Self::Man(command) => command.run(),
            Self::Version(command) => command.run(context),
        }
    }
}
