//! The commands: the enum of all, and a file for each with its flags, its help, and `run`.

mod auth;
mod batch;
mod catalog;
mod completion;
mod config;
mod copy;
mod df;
mod digest;
mod doctor;
mod gc;
mod history;
mod image;
mod images;
mod import;
mod load;
mod inspect;
mod login;
mod logout;
mod man;
mod manifest;
mod mirror;
mod pull;
mod push;
mod reference;
mod rmi;
mod save;
mod search;
mod serve;
mod system;
mod tag;
mod tags;
mod verify;
mod version;

use std::ffi::OsString;

use clap::builder::styling::Styles;
use clap::{Arg, ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use regcli::diagnose::Failure;

use crate::cli::flags::{DockerArgs, GlobalArgs};
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
    styles = Styles::plain(),
    after_help = "Images are stored in an OCI image layout: --store, else $REGCLI_STORE, else\n\
                  ~/.local/share/regcli/store.\n\n\
                  Exit codes: 0 done, 1 failed, 3 not found, 4 denied, 5 unreachable,\n\
                  6 corrupt, 7 rate-limited, 125 wrong usage, 130 or 143 interrupted.\n\n\
                  Examples:\n  \
                  regcli pull ubuntu:22.04\n  \
                  regcli serve\n  \
                  regcli copy ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(flatten)]
    pub(crate) docker: DockerArgs,

    /// Print version
    #[arg(short = 'v', short_alias = 'V', long = "version", action = ArgAction::Version)]
    _version: Option<bool>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Parses a command line that begins with the program's name.
    pub(crate) fn understand(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = as_docker(Self::command());
        let mut matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
    }
}

/// Adapts the commands to Docker's rule that a repeated flag counts once, with its last value.
fn as_docker(command: clap::Command) -> clap::Command {
    command.args_override_self(true).mut_args(flag_as_docker).mut_subcommands(as_docker)
}

/// Adapts a flag to Docker's rules: a switch accepts `=true` and `=false`, and a flag with a value takes
/// the next word, even if it begins with a dash, as passwords may.
fn flag_as_docker(arg: Arg) -> Arg {
    let switch = |text: &str| match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err("must be true or false"),
    };
    match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .value_parser(switch),
        action if action.takes_values() && !arg.is_positional() && !arg.is_require_equals_set() => {
            arg.allow_hyphen_values(true)
        }
        _ => arg,
    }
}

/// Returns all commands as clap prepares them, for tests of help and usage.
#[cfg(test)]
pub(crate) fn all_commands() -> clap::Command {
    let mut root = Cli::command();
    root.build();
    root
}

/// All commands, in the order in which users meet them.
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
    Manifest(manifest::ShowManifest),
    Config(config::ShowConfig),
    Digest(digest::ShowDigest),
    Copy(copy::Copy),
    Import(import::Import),
    Df(df::Df),
    Gc(gc::Gc),
    Verify(verify::Verify),
    System(system::System),
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
    /// Reports whether the command handles signals itself, and then ends successfully.
    pub(crate) fn stops_by_itself(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Reports whether the command must not change anything.
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
            Self::System(command) => command.run(context).await,
            Self::Serve(command) => command.run(context).await,
            Self::Auth(command) => command.run(context).await,
            Self::Mirror(command) => command.run(context).await,
            Self::Doctor(command) => command.run(context).await,
            Self::Reference(command) => command.run(context),
            Self::Completion(command) => command.run(context),
            Self::Man(command) => command.run(Cli::command()),
            Self::Version(command) => command.run(context),
        }
    }
}
