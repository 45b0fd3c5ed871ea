//! A command line that cannot be understood, told in the words of Docker's `docker.md` §0.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::causes;
use crate::cli::Cli;

/// The whole text: what is wrong, how it is meant, where to read more, and what may have been meant.
pub(super) fn text(error: &clap::Error) -> String {
    let mut root = Cli::command();
    root.build();
    let command = called(&root, std::env::args_os());
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let usage = usage(command);
    let hint = hint(error).map(|hint| format!("\n\nhint: {hint}")).unwrap_or_default();
    let problem = problem(error, command);
    format!("error: {problem}\n\nUsage:  {usage}\n\nRun '{name} --help' for more information{hint}")
}

/// What is wrong. Kinds that the commands do not give cause to are told as clap tells them.
fn problem(error: &clap::Error, command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let argument = context(error, ContextKind::InvalidArg);
    let value = context(error, ContextKind::InvalidValue);
    match (error.kind(), argument, value) {
        (ErrorKind::InvalidSubcommand, ..) => {
            let typed = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("unknown command: {name} {typed}")
        }
        (ErrorKind::UnknownArgument, Some(flag), _) if flag.starts_with("--") => {
            format!("unknown flag: {flag}")
        }
        (ErrorKind::UnknownArgument, Some(flag), _) if flag.starts_with('-') => {
            format!("unknown shorthand flag: '{}' in {flag}", flag.trim_start_matches('-'))
        }
        (ErrorKind::UnknownArgument, ..) => arity(name, command),
        (ErrorKind::MissingRequiredArgument, Some(missing), _) if missing.starts_with("--") => {
            format!("flag is needed, too: {missing}")
        }
        (ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand, ..) => arity(name, command),
        (ErrorKind::ArgumentConflict, Some(flag), _) => {
            let other = context(error, ContextKind::PriorArg).unwrap_or_default();
            format!("conflicting options: cannot specify both {} and {}", bare(&flag), bare(&other))
        }
        (ErrorKind::InvalidValue, Some(flag), Some(value)) if value.is_empty() => {
            format!("flag needs an argument: {}", bare(&flag))
        }
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Some(argument), Some(value)) => {
            format!("{}{}", of_flag(command, &argument, &value), reason(error))
        }
        _ => {
            let text = error.render().to_string();
            let problem = text.split("\n\n").next().unwrap_or_default();
            problem.trim_start_matches("error: ").trim_end().to_owned()
        }
    }
}

/// `invalid argument "x" for "-f, --filter" flag: `, as Docker begins what is wrong with a flag's value.
fn of_flag(command: &Command, argument: &str, value: &str) -> String {
    let long = bare(argument);
    if !long.starts_with('-') {
        return String::new();
    }
    let flag = command.get_arguments().find(|arg| arg.get_long() == long.strip_prefix("--"));
    let short = flag.and_then(Arg::get_short).map(|short| format!("-{short}, ")).unwrap_or_default();
    format!("invalid argument {value:?} for \"{short}{long}\" flag: ")
}

/// What the value's own parser says, or what it may be.
fn reason(error: &clap::Error) -> String {
    match (causes(error).next(), context(error, ContextKind::ValidValue)) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(valid)) => format!("must be one of {valid}"),
        (None, None) => "cannot be understood".to_owned(),
    }
}

/// How many arguments a command takes.
fn arity(name: &str, command: &Command) -> String {
    if command.has_subcommands() {
        return format!("'{name}' requires a command");
    }
    let least = command.get_positionals().filter(|arg| arg.is_required_set()).count();
    let most = command.get_positionals().count();
    let repeated = command.get_positionals().any(|arg| matches!(arg.get_action(), ArgAction::Append));
    let noun = |count| if count == 1 { "argument" } else { "arguments" };
    match (least, most) {
        (_, 0) => format!("'{name}' accepts no arguments"),
        _ if repeated => format!("'{name}' requires at least {least} {}", noun(least)),
        (0, most) => format!("'{name}' requires at most {most} {}", noun(most)),
        (least, most) if least == most => format!("'{name}' requires {least} {}", noun(least)),
        (least, most) => {
            format!("'{name}' requires at least {least} and at most {most} {}", noun(most))
        }
    }
}

/// `regcli pull [OPTIONS] NAME[:TAG|@DIGEST]...`
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage: ").trim_end().to_owned()
}

/// The command that was meant: as far as the words of the command line name one.
fn called(root: &Command, arguments: impl Iterator<Item = OsString>) -> &Command {
    let mut command = root;
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        let word = argument.to_string_lossy();
        if word.starts_with('-') {
            let global = root.get_arguments().find(|arg| arg.get_long() == word.strip_prefix("--"));
            if global.is_some_and(|arg| arg.get_action().takes_values()) {
                arguments.next();
            }
            continue;
        }
        match command.find_subcommand(&*word) {
            Some(found) => command = found,
            None => break,
        }
    }
    command
}

/// What to type instead.
fn hint(error: &clap::Error) -> Option<String> {
    let typed = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    let instead = instead_of(&typed).map(str::to_owned);
    instead.or_else(|| suggestion(error).map(|word| format!("did you mean {word}?")))
}

/// What to type instead of a command that docker has and this program has not.
fn instead_of(command: &str) -> Option<&'static str> {
    match command {
        "export" => Some("regcli has no containers; regcli save writes an image to an archive"),
        "build" | "buildx" | "compose" | "container" | "create" | "exec" | "kill" | "logs" | "network"
        | "ps" | "rm" | "run" | "start" | "stop" | "volume" => Some(
            "regcli has no containers; to give an image to Docker, push it to a registry that Docker pulls from",
        ),
        _ => None,
    }
}

/// What clap thinks was meant.
fn suggestion(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| context(error, kind))
        .map(|words| words.replace(", ", " or "))
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A flag without what its value is called: `--filter <filter>` is `--filter`.
fn bare(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}
