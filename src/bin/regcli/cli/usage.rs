//! Usage errors, in the words of Docker's `docker.md` §0.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::num::{IntErrorKind, ParseIntError};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, Command};
use regcli::diagnose::{Diagnose, Failure, Hint};
use regcli::ops::Place;
use regcli::reference::{Reference, without_user_info};

use super::instead::context;
use super::{help, instead};
use crate::ui::report::{self, Exit, causes};
use crate::ui::streams::OutputError;

/// An invalid command line, in Docker's words if it has any.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

impl Usage {
    pub(crate) fn failure(text: impl Into<String>) -> Failure {
        Self(text.into()).into()
    }
}

impl Diagnose for Usage {
    fn kind(&self) -> regcli::diagnose::ErrorKind {
        regcli::diagnose::ErrorKind::Usage
    }
}

/// Checks that a repository is not a registry, such as `registry.example.com:5000`.
///
/// # Errors
/// A usage error with a hint.
pub(crate) fn check_repository(typed: &Reference) -> Result<(), Failure> {
    match registry_typed(typed) {
        Some(registry) => Err(NotARepository { registry }.into()),
        None => Ok(()),
    }
}

/// Checks that an image is not a registry. Only an address or `localhost` is certain to be one: `my.app:18`
/// may be an image on Docker Hub.
///
/// # Errors
/// A usage error with a hint.
pub(crate) fn check_image(typed: &Reference) -> Result<(), Failure> {
    let host = typed.name.familiar();
    if host == "localhost" || host.parse::<Ipv4Addr>().is_ok() { check_repository(typed) } else { Ok(()) }
}

/// Checks that the image of a location is not a registry.
///
/// # Errors
/// As [`check_image`].
pub(crate) fn check_place(typed: &Place) -> Result<(), Failure> {
    match typed {
        Place::Registry(reference) => {
            check_archive(reference)?;
            check_image(reference)
        }
        Place::Store(_)
        | Place::Layout { .. }
        | Place::OciArchive { .. }
        | Place::DockerArchive { .. }
        | Place::DockerDaemon(_) => Ok(()),
    }
}

/// Checks that a name is not that of an archive in this directory.
///
/// # Errors
/// An error that names the file as a location.
fn check_archive(typed: &Reference) -> Result<(), Failure> {
    let name = typed.name.familiar();
    let is_archive = [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|end| name.ends_with(end));
    if is_archive && typed.digest.is_none() && Path::new(&name).is_file() {
        return Err(Usage::failure(format!(
            "{name} is a file: name it as docker-archive:{name} or oci-archive:{name}"
        )));
    }
    Ok(())
}

/// Returns the registry that is probably meant by `localhost:5000`, which Docker's grammar reads as a
/// tag of a repository of Docker Hub.
fn registry_typed(typed: &Reference) -> Option<String> {
    let tag = typed.tag.as_ref().filter(|_| typed.name.registry.is_hub() && typed.digest.is_none())?;
    let host = typed.name.familiar();
    let is_host = host == "localhost" || host.contains('.') && !host.contains('/');
    let is_port = tag.as_str().parse::<u16>().is_ok();
    (is_host && is_port).then(|| format!("{host}:{tag}"))
}

/// The error for a registry in place of a repository.
#[derive(Debug, thiserror::Error)]
#[error("{registry} is a registry, not a repository")]
struct NotARepository {
    registry: String,
}

impl Diagnose for NotARepository {
    fn kind(&self) -> regcli::diagnose::ErrorKind {
        regcli::diagnose::ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::SeeCatalog { registry: self.registry.clone() })
    }
}

/// Reports a usage error, or prints the output of `--help` and `--version`.
pub(crate) fn report(error: &clap::Error, mut root: Command) -> ExitCode {
    root.build();
    let arguments = std::env::args_os;
    match error.kind() {
        ErrorKind::DisplayVersion => {
            let printed = error.print().map_err(OutputError::writing);
            return Exit::of(printed.map_err(Failure::from)).into();
        }
        ErrorKind::DisplayHelp => {
            let text = help::text(&root, arguments(), help::Shown::asked(arguments()));
            let mut stdout = io::stdout().lock();
            let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
            return Exit::of(printed.map_err(|error| OutputError::writing(error).into())).into();
        }
        // As in docker: the possible commands go to standard error, and the exit code is zero.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = help::text(&root, arguments(), help::Shown::Short);
            let _ = io::stderr().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    match report::bad_reference(error) {
        Some(bad) => report::tell(&Failure::from(bad.clone())),
        None => report::write(&text(error, &root, arguments())),
    }
    ExitCode::from(report::USAGE)
}

/// Returns the whole text: the error, the usage, where to read more, and a hint.
fn text(error: &clap::Error, root: &Command, arguments: impl Iterator<Item = OsString>) -> String {
    let words: Vec<OsString> = arguments.collect();
    let command = help::called(root, words.iter().cloned());
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let usage = help::usage(command);
    let hint = instead::hint(error, root, &words).map(|hint| format!("\n\nhint: {hint}")).unwrap_or_default();
    let problem = problem(error, command);
    let problem = without_user_info(&problem);
    format!("error: {problem}\n\nUsage:  {usage}\n\nRun '{name} --help' for more information{hint}")
}

/// Returns the error. Kinds that the commands cannot cause keep clap's words.
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
            needed(bare(&missing), command)
        }
        (ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand, ..) => arity(name, command),
        // One word too many, for a command that has subcommands as other spellings.
        (ErrorKind::ArgumentConflict, ..) if context(error, ContextKind::InvalidSubcommand).is_some() => {
            arity(name, command)
        }
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

/// Returns the error for a missing flag that another flag requires.
fn needed(missing: &str, command: &Command) -> String {
    match missing {
        "--key" if command.get_name() == "verify-signature" => {
            "missing flag: --key FILE, a public key, or --identity NAME with --issuer URL".to_owned()
        }
        "--cert" if command.get_name() == "verify-signature" => "--client-key requires --cert".to_owned(),
        "--client-key" => "--cert requires --client-key, the key of the client certificate".to_owned(),
        "--issuer" => "missing flag: --issuer URL, which confirms the identity".to_owned(),
        "--identity" => "missing flag: --identity NAME, that of the certificate".to_owned(),
        "--verify-issuer" => "missing flag: --verify-issuer URL, which confirms the identity".to_owned(),
        "--verify-identity" => "missing flag: --verify-identity NAME, that of the certificate".to_owned(),
        "--dry-run" => "--format requires --dry-run".to_owned(),
        "--files" => "PATH, --ignore and --quick require --files".to_owned(),
        "--key" => "--cert requires --key, the key of the client certificate".to_owned(),
        "--cert" => "--key requires --cert, the client certificate of the key".to_owned(),
        other => format!("missing flag: {other}"),
    }
}

/// Returns `invalid argument "x" for "-f, --filter" flag: `, the beginning of Docker's error about a flag's
/// value.
fn of_flag(command: &Command, argument: &str, value: &str) -> String {
    let long = bare(argument);
    if !long.starts_with('-') {
        return String::new();
    }
    let flag = command.get_arguments().find(|arg| arg.get_long() == long.strip_prefix("--"));
    let short = flag.and_then(Arg::get_short).map(|short| format!("-{short}, ")).unwrap_or_default();
    format!("invalid argument {value:?} for \"{short}{long}\" flag: ")
}

/// Returns the error of the value's own parser, or the possible values.
fn reason(error: &clap::Error) -> String {
    match (causes(error).next(), context(error, ContextKind::ValidValue)) {
        (Some(cause), _) => match cause.downcast_ref::<ParseIntError>().map(ParseIntError::kind) {
            Some(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
                "the number is too large".to_owned()
            }
            Some(_) => "must be a number".to_owned(),
            None => cause.to_string(),
        },
        (None, Some(valid)) => format!("must be one of {valid}"),
        (None, None) => "invalid value".to_owned(),
    }
}

/// Returns how many arguments a command takes.
fn arity(name: &str, command: &Command) -> String {
    if help::requires_command(command) {
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

/// Returns a flag without the name of its value: `--filter <filter>` is `--filter`, `--quiet[=<quiet>]` is
/// `--quiet`.
fn bare(argument: &str) -> &str {
    argument.split([' ', '[']).next().filter(|_| argument.starts_with('-')).unwrap_or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Cli, all_commands};

    #[test]
    fn u5_only_an_address_or_localhost_is_certainly_no_image() {
        let checked =
            |text: &str, check: fn(&Reference) -> Result<(), Failure>| check(&text.parse().unwrap());
        for registry in ["127.0.0.1:5000", "localhost:5000"] {
            assert!(checked(registry, check_image).is_err(), "{registry}");
        }
        for image in ["my.app:18", "ubuntu:22", "localhost/app:1", "127.0.0.1:5000/app:1"] {
            assert!(checked(image, check_image).is_ok(), "{image}");
        }
        // `tags` takes no tag in any case.
        assert!(checked("registry.example.com:5000", check_repository).is_err());
    }

    /// Returns the error for an invalid command line.
    #[track_caller]
    fn said(words: &[String]) -> String {
        let arguments = || words.iter().map(OsString::from);
        let error = Cli::understand(arguments()).expect_err(&words.join(" "));
        text(&error, &all_commands(), arguments())
    }

    /// Returns invalid values for an argument of this kind. For free text, that is only an empty path.
    fn bad_values(word: &str) -> &'static [&'static str] {
        match word {
            "N" => &["x", "1.5", "99999999999999999999", ""],
            "TIME" => &["x", "-1", "1.5s", "99999999999999999999s", ""],
            "BYTES" => &["x", "0", "-1", "1.5M", ""],
            "PLATFORM" => &["a/b/c/d", "linux/", "a b", ""],
            "NAME=VALUE" => &["x", "nosuch=x", ""],
            "KIND" | "FORM" | "TYPE" | "PART" | "KEY" | "COLUMNS" | "ORDER" => &["nosuch", "", "-"],
            "ACTIONS" => &["nosuch", "pull,", ""],
            "ADDR" => &["70000", "127.0.0.1:99999", "http://localhost", ""],
            "REPOSITORY" => &["A", "a b", ""],
            "NAME[:TAG|@DIGEST]" => &["A", "a b", ""],
            "RANGE" => &["x y", ">"],
            "REGEX" => &["(", "[a"],
            "LIMIT" => &["x", "-1", "101%", "%", ""],
            "I/N" => &["x", "4/4", "1", "-1/2", ""],
            "DIR" | "FILE" => &[""],
            "BOOL" => &["x", ""],
            "LEVEL" => &["nosuch", "", "-"],
            "MEDIATYPE" => &["sbom", "a/b/c", "a b/c", ""],
            "SHARE" => &["x", "-1", "1.1", "95%", "nan", ""],
            "KEY=VALUE" => &["x", "=x", ""],
            "HOST[/PREFIX]" => &["a b", "h/A", "h//x"],
            "HOST" | "HOST[:PORT]" | "HOST/PATH" | "FORMAT" | "PASSWORD" | "NAME" | "INSTRUCTION"
            | "TEXT" | "PATTERN" | "URL" => &[],
            other => panic!("what can a {other} not be?"),
        }
    }

    /// Calls `check` for all flags of all commands, with the words that lead to the command.
    fn walk(command: &Command, path: &[String], check: &mut impl FnMut(&Arg, &[String])) {
        for flag in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
            let is_seen = flag.is_global_set() && path.len() > 1;
            if !is_seen && flag.get_long().is_some_and(|long| !["help", "version"].contains(&long)) {
                check(flag, path);
            }
        }
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            walk(command, &[path, &[command.get_name().to_owned()]].concat(), check);
        }
    }

    #[test]
    fn every_flag_refuses_what_it_cannot_be_and_says_which_flag_it_is() {
        let mut count = 0;
        walk(&all_commands(), &["regcli".to_owned()], &mut |flag, path| {
            let long = format!("--{}", flag.get_long().unwrap());
            let given = |text: &str| [path, &[text.to_owned()]].concat();
            let mut refused = |words: &[String], expected: &str| {
                let said = said(words);
                assert!(said.starts_with("error: ") && said.contains(expected), "{words:?}: {said}");
                let [_, usage, run, ..] = said.split("\n\n").collect::<Vec<_>>()[..] else {
                    panic!("{said}")
                };
                assert!(usage.starts_with("Usage:  regcli"), "{said}");
                assert!(run.starts_with("Run 'regcli") && run.contains("--help' for more"), "{said}");
                count += 1;
            };
            if !flag.get_action().takes_values() {
                refused(&given(&format!("{long}=x")), &format!("{long}\" flag: must be true or false\n"));
                return;
            }
            let possible = !flag.get_possible_values().is_empty();
            let word = flag.get_value_names().map_or("", |names| names[0].as_str());
            let values = if possible && word == "FORMAT" { &["nosuch"] } else { bad_values(word) };
            for value in values {
                let expected = match value.is_empty() && (possible || matches!(word, "DIR" | "FILE")) {
                    true => format!("flag needs an argument: {long}\n"),
                    false => format!("{long}\" flag: "),
                };
                refused(&given(&format!("{long}={value}")), &expected);
            }
            if !flag.is_require_equals_set() {
                refused(&given(&long), &format!("flag needs an argument: {long}\n"));
            }
        });
        assert!(count > 200, "{count} command lines");
    }

    #[test]
    fn what_a_flag_needs_besides_is_told_in_a_sentence() {
        let said = |line: &str| said(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for command in ["pull x", "push x", "copy x y", "image pull x"] {
            let said = said(&format!("regcli {command} --format json"));
            assert!(said.starts_with("error: --format requires --dry-run\n"), "{said}");
        }
        assert!(said("regcli --cert x images").starts_with("error: --cert requires --key, "));
        assert!(said("regcli --key x images").starts_with("error: --key requires --cert, "));
    }

    #[test]
    fn numbers_are_refused_in_words_about_numbers() {
        let said = |line: &str| said(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for (line, expected) in [
            (
                "regcli tags --limit x y",
                "error: invalid argument \"x\" for \"--limit\" flag: must be a number\n",
            ),
            (
                "regcli search --stars= y",
                "error: invalid argument \"\" for \"-s, --stars\" flag: must be a number\n",
            ),
            ("regcli --retry=99999999999999999999 x", "the number is too large\n"),
        ] {
            assert!(said(line).contains(expected), "{}", said(line));
        }
    }

    #[test]
    fn switches_take_values_and_what_is_given_twice_counts_once() {
        let parses = |line: &str| Cli::understand(line.split(' ').map(OsString::from)).is_ok();
        for line in [
            "regcli images -aq",
            "regcli images --all=true --quiet=false",
            "regcli images -q -q --format json --format table",
            "regcli images -a=1",
            "regcli --debug=t images",
            "regcli login -u x -p -secret",
            "regcli pull --platform linux/amd64 --platform linux/arm64 x",
        ] {
            assert!(parses(line), "{line}");
        }
        assert!(!parses("regcli images --all=maybe"));
        assert!(!parses("regcli images --all true x"));
    }
}
