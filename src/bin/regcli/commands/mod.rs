//! The commands: the enum of all, and a file for each with its flags, its help, and `run`.

mod attach;
mod auth;
mod batch;
mod browse;
mod bundle;
mod cat;
mod catalog;
mod check;
mod completion;
mod config;
mod copy;
mod delete;
mod df;
mod diff;
mod digest;
mod doctor;
mod export;
mod extract;
mod files;
mod gc;
mod history;
mod image;
mod images;
mod import;
mod index;
mod load;
mod inspect;
mod login;
mod logout;
mod man;
mod manifest;
mod mentioned;
mod mirror;
mod pin;
mod prune;
mod pull;
mod push;
mod reference;
mod referrers;
mod rmi;
mod rules;
mod rewriting;
mod run;
mod save;
mod search;
mod serve;
mod size;
mod sync;
mod system;
mod tag;
mod tags;
mod targets;
mod trusted_signers;
mod untag;
mod verify;
mod verify_signature;
mod version;

use std::ffi::OsString;

use clap::builder::styling::Styles;
use clap::{Arg, ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::cli::flags::{DockerArgs, GlobalArgs};
use run::Run;

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
                  6 corrupt, 7 rate-limited, 10 something to do, 125 wrong usage, 130 or 143\n\
                  interrupted.\n\n\
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
    Browse(browse::Browse),
    Catalog(catalog::Catalog),
    Tags(tags::Tags),
    Manifest(manifest::ShowManifest),
    Config(config::ShowConfig),
    Digest(digest::ShowDigest),
    Size(size::Size),
    Check(check::Check),
    Pin(pin::Pin),
    Files(files::Files),
    Diff(diff::Diff),
    Cat(cat::Cat),
    Extract(extract::Extract),
    Export(export::Export),
    Referrers(referrers::Referrers),
    Attach(attach::Attach),
    Index(index::Index),
    Bundle(bundle::Bundle),
    Copy(copy::Copy),
    Sync(Box<sync::Sync>),
    Untag(untag::Untag),
    Delete(delete::Delete),
    Prune(Box<prune::Prune>),
    Import(import::Import),
    Df(df::Df),
    Gc(gc::Gc),
    Verify(verify::Verify),
    VerifySignature(verify_signature::VerifySignature),
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
    /// Returns the command that was chosen: the only place that knows all of them.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self {
            Self::Login(command) => Box::new(command),
            Self::Logout(command) => Box::new(command),
            Self::Search(command) => Box::new(command),
            Self::Pull(command) => Box::new(command),
            Self::Push(command) => Box::new(command),
            Self::Tag(command) => Box::new(command),
            Self::Images(command) => Box::new(command),
            Self::Rmi(command) => Box::new(command),
            Self::Save(command) => Box::new(command),
            Self::Load(command) => Box::new(command),
            Self::Inspect(command) => Box::new(command),
            Self::History(command) => Box::new(command),
            Self::Image(group) => group.into_run(),
            Self::Browse(command) => Box::new(command),
            Self::Catalog(command) => Box::new(command),
            Self::Tags(command) => Box::new(command),
            Self::Manifest(command) => Box::new(command),
            Self::Config(command) => Box::new(command),
            Self::Digest(command) => Box::new(command),
            Self::Size(command) => Box::new(command),
            Self::Check(command) => Box::new(command),
            Self::Pin(command) => Box::new(command),
            Self::Files(command) => Box::new(command),
            Self::Diff(command) => Box::new(command),
            Self::Cat(command) => Box::new(command),
            Self::Extract(command) => Box::new(command),
            Self::Export(command) => Box::new(command),
            Self::Referrers(command) => Box::new(command),
            Self::Attach(command) => Box::new(command),
            Self::Index(group) => group.into_run(),
            Self::Bundle(group) => group.into_run(),
            Self::Copy(command) => Box::new(command),
            Self::Sync(command) => command,
            Self::Untag(command) => Box::new(command),
            Self::Delete(command) => Box::new(command),
            Self::Prune(command) => command,
            Self::Import(command) => Box::new(command),
            Self::Df(command) => Box::new(command),
            Self::Gc(command) => Box::new(command),
            Self::Verify(command) => Box::new(command),
            Self::VerifySignature(command) => Box::new(command),
            Self::System(group) => group.into_run(),
            Self::Serve(command) => Box::new(command),
            Self::Auth(group) => group.into_run(),
            Self::Mirror(group) => group.into_run(),
            Self::Doctor(command) => Box::new(command),
            Self::Reference(command) => Box::new(command),
            Self::Completion(command) => Box::new(command),
            Self::Man(command) => Box::new(command.about(Cli::command())),
            Self::Version(command) => Box::new(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_itself_whether_it_only_looks_and_who_handles_signals() {
        let command =
            |line: &str| Cli::understand(line.split(' ').map(OsString::from)).unwrap().command.into_run();
        for line in ["pull", "push", "copy store:a", "image pull", "image push"] {
            assert!(command(&format!("regcli {line} --dry-run a:1")).only_looks(), "{line}");
            assert!(!command(&format!("regcli {line} a:1")).only_looks(), "{line}");
        }
        for (line, stops) in [("serve", true), ("images", false), ("system df", false), ("man x", false)] {
            assert_eq!(command(&format!("regcli {line}")).stops_by_itself(), stops, "{line}");
        }
    }
}
