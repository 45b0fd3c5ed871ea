//! What is said of a command line that cannot be understood, and what is said for help: `docker.md` §0.

use crate::support::{Home, regcli};

use super::Recording;

/// The whole text about a bad command line.
fn text(command: &str, arguments: &str, problem: &str) -> String {
    format!(
        "err| error: {problem}
         err|
         err| Usage:  {command} {arguments}
         err|
         err| Run '{command} --help' for more information
         exit 125"
    )
}

#[test]
fn transcripts_01_to_09_too_few_or_too_many_arguments() {
    let home = Home::fresh();
    for (arguments, problem, usage) in [
        (&["login", "a", "b"][..], "requires at most 1 argument", "[OPTIONS] [HOST[:PORT]]"),
        (&["logout", "a", "b"], "requires at most 1 argument", "[OPTIONS] [HOST[:PORT]]"),
        (&["pull"], "requires at least 1 argument", "[OPTIONS] NAME[:TAG|@DIGEST]..."),
        (&["push"], "requires at least 1 argument", "[OPTIONS] NAME[:TAG]..."),
        (&["tag", "a"], "requires 2 arguments", "[OPTIONS] SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]"),
        (&["tag", "a", "b", "c"], "requires 2 arguments", "[OPTIONS] SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]"),
        (&["images", "a", "b"], "requires at most 1 argument", "[OPTIONS] [REPOSITORY[:TAG]]"),
        (&["rmi"], "requires at least 1 argument", "[OPTIONS] IMAGE..."),
        (&["save"], "requires at least 1 argument", "[OPTIONS] IMAGE..."),
        (&["load", "a"], "accepts no arguments", "[OPTIONS]"),
        (&["inspect"], "requires at least 1 argument", "[OPTIONS] IMAGE..."),
        (&["history"], "requires 1 argument", "[OPTIONS] IMAGE"),
        (&["history", "a", "b"], "requires 1 argument", "[OPTIONS] IMAGE"),
        (&["catalog", "a", "b"], "requires at most 1 argument", "[OPTIONS] [HOST[:PORT]]"),
        (&["tags"], "requires 1 argument", "[OPTIONS] REPOSITORY"),
        (&["copy", "a"], "requires 2 arguments", "[OPTIONS] SOURCE DESTINATION"),
        (&["import", "a"], "requires 2 arguments", "[OPTIONS] FILE|DIR|- REPOSITORY[:TAG]"),
        (&["serve", "a"], "accepts no arguments", "[OPTIONS]"),
        (&["reference"], "requires at least 1 argument", "[OPTIONS] REF..."),
    ] {
        let command = format!("regcli {}", arguments[0]);
        let problem = format!("'{command}' {problem}");
        Recording::at(&home).check(&home.run(arguments), &text(&command, usage, &problem));
    }
    Recording::at(&home).check(
        &home.run(["image", "pull"]),
        &text(
            "regcli image pull",
            "[OPTIONS] NAME[:TAG|@DIGEST]...",
            "'regcli image pull' requires at least 1 argument",
        ),
    );
}

#[test]
fn transcript_01_flags_that_there_are_not() {
    let home = Home::fresh();
    for (flag, problem) in [
        ("--nope", "unknown flag: --nope"),
        ("-x", "unknown shorthand flag: 'x' in -x"),
        ("--username", "flag needs an argument: --username"),
    ] {
        Recording::at(&home)
            .check(&home.run(["login", flag]), &text("regcli login", "[OPTIONS] [HOST[:PORT]]", problem));
    }
    let outcome = home.run(["--store", "x", "images", "--digest"]).ends_with(125);
    outcome.complains("error: unknown flag: --digest\n").complains("\nhint: did you mean --digests?\n");
    let outcome = home.run(["pull", "--progress", "loud", "a"]).ends_with(125);
    outcome.complains("invalid argument \"loud\" for \"--progress\" flag: must be one of auto, tty, plain,");
    let outcome = home.run(["pull", "--all-platforms", "--platform", "linux/amd64", "a"]).ends_with(125);
    outcome.complains("error: conflicting options: cannot specify both --all-platforms and --platform\n");
}

#[test]
fn commands_that_there_are_not() {
    let home = Home::fresh();
    Recording::at(&home)
        .check(&home.run(["nosuch"]), &text("regcli", "[OPTIONS] COMMAND", "unknown command: regcli nosuch"));
    home.run(["imagse"]).ends_with(125).complains("\nhint: did you mean ");
    home.run(["image", "nosuch"]).ends_with(125).complains("error: unknown command: regcli image nosuch\n");
}

#[test]
fn help_and_version_go_to_stdout_and_nothing_at_all_gets_help_on_stderr() {
    for arguments in [&["--help"][..], &["help"], &["pull", "--help"], &["help", "pull"], &["rmi", "-h"]] {
        let outcome = regcli(arguments).succeeds();
        assert!(outcome.stdout.starts_with("Usage:  regcli "), "{outcome}");
        assert_eq!(outcome.stderr, "");
        let widest = outcome.stdout.lines().map(str::len).max();
        assert!(widest <= Some(80), "{widest:?}: {outcome}");
    }
    for (arguments, heading) in
        [(&[][..], "\nCommon Commands:\n"), (&["auth"], "\nCommands:\n"), (&["image"], "\nCommands:\n")]
    {
        let outcome = regcli::<&str>(arguments.iter().copied()).succeeds();
        assert!(outcome.stdout.is_empty() && outcome.stderr.contains(heading), "{outcome}");
        assert!(
            outcome.stderr.ends_with("COMMAND --help' for more information on a command.\n"),
            "{outcome}"
        );
    }
    for flag in ["-v", "--version", "-V"] {
        regcli([flag]).succeeds().prints(&format!("regcli {}\n", env!("CARGO_PKG_VERSION")));
    }
    let version = regcli(["version"]).succeeds();
    assert!(version.stdout.starts_with(&format!("regcli version {}, ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn help_is_laid_out_as_dockers() {
    regcli(["rmi", "-h"]).succeeds().prints(
        "Usage:  regcli rmi [OPTIONS] IMAGE...\n\n\
         Remove images from the store\n\n\
         Aliases:\n  regcli image rm, regcli image remove, regcli image rmi, regcli rmi\n\n\
         Arguments:\n  IMAGE...  Name, digest, or beginning of the ID\n\n\
         Options:\n  \
         -f, --force     Remove an image with all its names; ignore missing images\n  \
         -h, --help      Print help\n      \
         --no-prune  Docker's flag; images have no parents in regcli\n      \
         --remote    Print how to delete at a registry, and remove nothing\n\n\
         Run 'regcli rmi --help' for examples and the options of every command.\n",
    );
}

#[test]
fn a_bad_flag_ends_everything_before_any_file_is_touched() {
    let home = Home::fresh();
    for arguments in [
        &["pull", "--platform", "x/y/z/w", "127.0.0.1:1/a"][..],
        &["pull", "--format", "json", "127.0.0.1:1/a"],
        &["serve", "--addr", "nonsense"],
        &["serve", "--root"],
        &["images", "--filter", "nosuch=x"],
        &["images", "--all=maybe"],
        &["login", "--username"],
        &["save", "-o", "", "a"],
        &["copy", "--jobs", "0", "a", "b"],
        &["images", "--format", "{{"],
        &["inspect", "--format", "{{nosuch}}", "a"],
    ] {
        let outcome = home.run(arguments).ends_with(125);
        assert!(outcome.stdout.is_empty() && outcome.stderr.starts_with("error: "), "{outcome}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "{outcome}");
    }
}

#[test]
fn flags_may_be_written_in_all_of_dockers_ways() {
    let home = Home::fresh();
    for arguments in [
        &["images", "-aq"][..],
        &["images", "--filter=dangling=true", "--quiet"],
        &["images", "nosuch", "-q"],
        &["images", "-fdangling=true", "-q"],
        &["images", "-q", "--", "nosuch"],
    ] {
        home.run(arguments).succeeds().prints("");
    }
}

#[test]
fn what_is_no_number_of_connections_or_bytes_is_said_with_what_is_one() {
    let jobs = ["0", "-1", "many", "99999999999999999999", ""];
    let rates = ["0", "2 M", "fast", "99999999999G", "M", "1.5M"];
    let jobs = jobs.map(|value| ("--jobs", value, "must be a number, at least 1"));
    let rates = rates.map(|value| ("--limit-rate", value, "must be a number of bytes, such as 500k or 2M"));
    for (flag, value, problem) in jobs.into_iter().chain(rates) {
        let outcome = regcli([&format!("{flag}={value}"), "pull", "x"]).ends_with(125);
        outcome.complains(&format!("invalid argument \"{value}\" for \"{flag}\" flag: {problem}\n"));
    }
}
