//! The hint for a command line that cannot be parsed: what to type instead, if that is known.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::help::called;
use super::nearest::nearest;

/// Returns a detail of clap's error.
pub(super) fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Returns what to type instead.
pub(super) fn hint(error: &clap::Error, root: &Command, arguments: &[OsString]) -> Option<String> {
    let words = plain_words(root, arguments);
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            of_docker(&plain).map(str::to_owned).or_else(|| {
                let command = called(root, arguments.iter().cloned());
                did_you_mean(
                    &typed,
                    command.get_subcommands().flat_map(Command::get_name_and_visible_aliases),
                )
            })
        }
        ErrorKind::UnknownArgument => {
            let flag = context(error, ContextKind::InvalidArg).unwrap_or_default();
            let late = || belongs_to(root, &flag, &plain);
            of_engine(&flag)
                .or_else(|| of_docker(&plain))
                .map(str::to_owned)
                .or_else(late)
                .or_else(|| suggested(error, ContextKind::SuggestedArg, &flag))
        }
        _ => {
            let typed = context(error, ContextKind::InvalidValue).unwrap_or_default();
            of_docker(&plain)
                .map(str::to_owned)
                .or_else(|| suggested(error, ContextKind::SuggestedValue, &typed))
        }
    }
}

/// Returns the words that are neither flags nor values of the global flags.
fn plain_words(root: &Command, arguments: &[OsString]) -> Vec<String> {
    let mut words = Vec::new();
    let mut arguments = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = arguments.next() {
        if !word.starts_with('-') {
            words.push(word.into_owned());
        } else if flag_of(root, &word).is_some_and(|flag| flag.get_action().takes_values()) {
            arguments.next();
        }
    }
    words
}

/// Returns the flag of `command` that a word such as `--store` or `-D` names.
fn flag_of<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let short = word.strip_prefix('-')?;
    command.get_arguments().find(|arg| match short.strip_prefix('-') {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short().is_some_and(|flag| short.starts_with(flag)),
    })
}

/// Docker commands that regcli does not have, by their first words, with the alternative. The longest match
/// counts.
const OF_DOCKER: &[(&str, &str)] = &[
    ("buildx imagetools create", "regcli copy SOURCE DESTINATION copies an image or an index as it is"),
    ("buildx imagetools", "regcli manifest inspect IMAGE, or regcli inspect --remote IMAGE"),
    ("manifest annotate", MAKES_NO_INDEX),
    ("manifest create", MAKES_NO_INDEX),
    ("manifest push", MAKES_NO_INDEX),
    ("manifest rm", MAKES_NO_INDEX),
    ("info", HAS_NO_DAEMON),
    ("system info", HAS_NO_DAEMON),
    ("system events", HAS_NO_DAEMON),
    ("events", HAS_NO_DAEMON),
    ("context", "regcli -c CONTEXT uses one of docker's contexts; docker context ls lists them"),
    ("cp", "regcli extract IMAGE PATH... writes files of an image to a directory"),
    ("container cp", "regcli extract IMAGE PATH... writes files of an image to a directory"),
    ("container export", "regcli export IMAGE writes the root file system of an image as a tar"),
    ("build", BUILDS_NOTHING),
    ("builder", BUILDS_NOTHING),
    ("buildx", BUILDS_NOTHING),
    ("image build", BUILDS_NOTHING),
    ("commit", RUNS_NOTHING),
    ("compose", RUNS_NOTHING),
    ("container", RUNS_NOTHING),
    ("create", RUNS_NOTHING),
    ("exec", RUNS_NOTHING),
    ("kill", RUNS_NOTHING),
    ("logs", RUNS_NOTHING),
    ("network", RUNS_NOTHING),
    ("pause", RUNS_NOTHING),
    ("port", RUNS_NOTHING),
    ("ps", RUNS_NOTHING),
    ("rename", RUNS_NOTHING),
    ("restart", RUNS_NOTHING),
    ("rm", "regcli has no containers; regcli rmi removes images"),
    ("run", RUNS_NOTHING),
    ("start", RUNS_NOTHING),
    ("stats", RUNS_NOTHING),
    ("stop", RUNS_NOTHING),
    ("top", RUNS_NOTHING),
    ("unpause", RUNS_NOTHING),
    ("update", RUNS_NOTHING),
    ("volume", RUNS_NOTHING),
    ("wait", RUNS_NOTHING),
];

const RUNS_NOTHING: &str =
    "regcli has no containers; to run an image with Docker: regcli copy store:IMAGE docker-daemon:IMAGE";

const BUILDS_NOTHING: &str = "regcli does not run Dockerfiles; regcli import makes an image of a folder or an archive, \
                              and regcli copy store:IMAGE docker-daemon:IMAGE gives one to Docker";

const HAS_NO_DAEMON: &str =
    "regcli has no daemon; regcli doctor shows what it finds on this machine and at a registry";

const MAKES_NO_INDEX: &str =
    "regcli makes no indexes; it shows them (regcli manifest inspect) and copies them whole (regcli copy)";

/// Returns the alternative to a Docker command.
fn of_docker(words: &[&str]) -> Option<&'static str> {
    let begins =
        |command: &str| command.split(' ').enumerate().all(|(at, word)| words.get(at) == Some(&word));
    OF_DOCKER
        .iter()
        .filter(|(command, _)| begins(command))
        .max_by_key(|(command, _)| command.len())
        .map(|found| found.1)
}

/// Returns the alternative to a Docker flag for the connection to the Engine.
fn of_engine(flag: &str) -> Option<&'static str> {
    ["--tls", "--tlscacert", "--tlscert", "--tlskey", "--tlsverify"].contains(&flag).then_some(
        "for a Docker Engine set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH=DIR; for a registry use --ca-file, --cert \
         and --key",
    )
}

/// Returns the hint that a flag belongs after the command, if the command has that flag.
fn belongs_to(root: &Command, flag: &str, words: &[&str]) -> Option<String> {
    let command = words.iter().find_map(|word| root.find_subcommand(word))?;
    flag_of(command, flag)?;
    let name = command.get_name();
    Some(format!("{flag} is a flag of {name}: write it after the command, regcli {name} {flag} ..."))
}

/// Returns the best of clap's suggestions.
fn suggested(error: &clap::Error, kind: ContextKind, typed: &str) -> Option<String> {
    let words = context(error, kind)?;
    let first = words.split(", ").next().map(str::to_owned)?;
    Some(did_you_mean(typed, words.split(", ")).unwrap_or_else(|| format!("did you mean {first}?")))
}

fn did_you_mean<'a>(typed: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(typed, words).map(|word| format!("did you mean {word}?"))
}
