//! The candidates for the position of the cursor.

use std::collections::HashSet;
use std::time::Instant;

use clap::{Arg, Command};

use super::images;
use super::paths::{Wanted, paths};
use super::session::Session;
use super::spot::{Expects, Spot};

/// A whole word that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) value: String,
    /// A description on one line. Never foreign text.
    pub(super) help: Option<String>,
}

impl Candidate {
    /// Creates a candidate that needs no description.
    pub(super) fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), help: None }
    }

    /// Creates a candidate with the first line of a help text as its description.
    pub(super) fn explained(value: impl Into<String>, help: Option<impl ToString>) -> Self {
        let first = |help: String| help.lines().next().map(str::to_owned);
        Self { value: value.into(), help: help.and_then(|help| first(help.to_string())) }
    }
}

/// The platforms of common images.
const PLATFORMS: [&str; 11] = [
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/loong64",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
    "windows/amd64",
    "darwin/arm64",
];

/// The formats that are single words.
const FORMATS: [&str; 2] = ["json", "table"];

/// The actions that a registry can allow, for `auth token --scope`.
const ACTIONS: [&str; 4] = ["pull", "pull,push", "push", "delete"];

/// The kind of value of an argument or a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One of a few words.
    Words(&'static [&'static str]),
    /// `images --filter`
    ImageFilter,
    /// `search --filter`
    SearchFilter,
    Path(Wanted),
    Registry,
    /// A search term, or a registry to search.
    Term,
    Repository,
    /// An image of the store, by name.
    Named,
    /// An image of the store, by name or ID.
    Local,
    /// An image of the store or at a registry.
    Anywhere,
    Place,
    /// A registry, or an image.
    Start,
    /// A value that cannot be guessed.
    Free,
}

/// Returns all candidates that fit the typed text, each once.
pub(super) fn candidates(spot: &Spot<'_>, deadline: Instant) -> Vec<Candidate> {
    let mut found = match spot.expects {
        Expects::Command => commands(spot.command),
        Expects::Flag => flags(spot.command),
        Expects::Value(arg) => values(spot, arg, deadline),
        Expects::Nothing => Vec::new(),
    };
    // An image need not be named twice.
    let is_flag = !spot.prefix.is_empty() || matches!(spot.expects, Expects::Flag);
    let given = |value: &str| !is_flag && spot.given.contains(&value);
    let mut seen = HashSet::new();
    found.retain(|Candidate { value, .. }| {
        value.starts_with(spot.typed) && !given(value) && seen.insert(value.clone())
    });
    for candidate in &mut found {
        candidate.value.insert_str(0, spot.prefix);
    }
    found
}

fn commands(command: &Command) -> Vec<Candidate> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    let all = shown.flat_map(|command| {
        let names = std::iter::once(command.get_name()).chain(command.get_visible_aliases());
        names.map(|name| Candidate::explained(name, command.get_about()))
    });
    all.collect()
}

fn flags(command: &Command) -> Vec<Candidate> {
    let shown = command.get_arguments().filter(|flag| !flag.is_hide_set());
    let mut flags: Vec<_> = shown
        .filter_map(|flag| Some(Candidate::explained(format!("--{}", flag.get_long()?), flag.get_help())))
        .collect();
    flags.sort_by(|a, b| a.value.cmp(&b.value));
    flags
}

fn values(spot: &Spot<'_>, arg: &Arg, deadline: Instant) -> Vec<Candidate> {
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let shown = possible.iter().filter(|value| !value.is_hide_set());
        return shown.map(|value| Candidate::explained(value.get_name(), value.get_help())).collect();
    }
    let session = || Session::begin(&spot.global, deadline);
    let typed = spot.typed;
    let found = match kind(&spot.path, arg) {
        Kind::Free => Vec::new(),
        Kind::Words(words) => words.iter().map(|&word| word.to_owned()).collect(),
        Kind::Path(wanted) => paths(typed, wanted, session().as_ref().and_then(Session::home)),
        kind => session().map(|session| of_kind(kind, &session, typed)).unwrap_or_default(),
    };
    found.into_iter().map(Candidate::of).collect()
}

fn of_kind(kind: Kind, session: &Session, typed: &str) -> Vec<String> {
    let registries = || session.registries().into_iter();
    match kind {
        Kind::ImageFilter => image_filter(session, typed),
        Kind::SearchFilter => search_filter(typed),
        Kind::Registry => registries().map(|registry| registry.to_string()).collect(),
        Kind::Term => registries().map(|registry| format!("{registry}/")).collect(),
        Kind::Repository => images::repositories(session, typed),
        Kind::Named => images::named(session, typed),
        Kind::Local => images::local(session, typed),
        Kind::Anywhere => images::anywhere(session, typed),
        Kind::Place => images::places(session, typed),
        Kind::Start => {
            let registries = registries().map(|registry| registry.to_string());
            registries.chain(images::anywhere(session, typed)).collect()
        }
        Kind::Words(_) | Kind::Path(_) | Kind::Free => Vec::new(),
    }
}

fn image_filter(session: &Session, typed: &str) -> Vec<String> {
    let with = |key: &str, values: Vec<String>| {
        values.into_iter().map(|value| format!("{key}={value}")).collect::<Vec<_>>()
    };
    match typed.split_once('=') {
        None => {
            ["before=", "dangling=", "label=", "reference=", "since=", "until="].map(str::to_owned).into()
        }
        Some(("dangling", _)) => with("dangling", vec!["true".to_owned(), "false".to_owned()]),
        Some((key @ ("before" | "since"), value)) => with(key, images::local(session, value)),
        Some(("reference", value)) => with("reference", images::named(session, value)),
        Some(_) => Vec::new(),
    }
}

fn search_filter(typed: &str) -> Vec<String> {
    match typed.split_once('=') {
        None => ["is-automated=", "is-official=", "stars="].map(str::to_owned).into(),
        Some((key @ ("is-automated" | "is-official"), _)) => {
            vec![format!("{key}=true"), format!("{key}=false")]
        }
        Some(_) => Vec::new(),
    }
}

/// Returns the kind of an argument, from the name of its value in the help.
fn kind(path: &[&str], arg: &Arg) -> Kind {
    let word = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match (word, path) {
        ("NAME=VALUE", ["search"]) => Kind::SearchFilter,
        ("NAME=VALUE", _) => Kind::ImageFilter,
        ("FORMAT", ["inspect"] | ["image", "inspect"]) => Kind::Words(&["json"]),
        ("FORMAT", _) => Kind::Words(&FORMATS),
        ("PLATFORM" | "PLATFORM|DIGEST", _) => Kind::Words(&PLATFORMS),
        ("BOOL", _) => Kind::Words(&["true", "false"]),
        ("PART", _) => Kind::Words(&["patch", "minor", "major"]),
        ("ACTIONS", _) => Kind::Words(&ACTIONS),
        ("DIR", _) => Kind::Path(Wanted::Folder),
        ("FILE" | "FILE|DIR|-" | "BUNDLE" | "IMAGE|FILE", _) => Kind::Path(Wanted::File),
        ("HOST[:PORT]" | "HOST[:PORT][/REPOSITORY]" | "HOST[/PREFIX]" | "HOST/PATH", _) => Kind::Registry,
        ("TERM", _) => Kind::Term,
        ("REPOSITORY", _) | ("SOURCE" | "DESTINATION", ["sync"]) => Kind::Repository,
        ("NAME[:TAG]" | "REPOSITORY[:TAG]" | "TARGET_IMAGE[:TAG]", _) => Kind::Named,
        ("SOURCE_IMAGE[:TAG]", _) => Kind::Local,
        ("IMAGE", ["rmi" | "save"] | ["image", "rm" | "save"]) => Kind::Local,
        ("IMAGE", ["inspect" | "history"] | ["image" | "index" | "bundle", _]) => Kind::Anywhere,
        ("HOST|IMAGE", _) => Kind::Start,
        ("NAME[:TAG|@DIGEST]" | "NAME:TAG" | "NAME:TAG|NAME@DIGEST" | "REF", _) => Kind::Anywhere,
        ("IMAGE" | "SOURCE" | "DESTINATION" | "OLD" | "NEW", _) => Kind::Place,
        _ => Kind::Free,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::Cli;

    /// Arguments whose value cannot be guessed: numbers, secrets, texts, addresses.
    const FREE: [&str; 23] = [
        "URL",
        "I/N",
        "RANGE",
        "REGEX",
        "LIMIT",
        "N",
        "TIME",
        "BYTES",
        "PASSWORD",
        "NAME",
        "ADDR",
        "HOST",
        "INSTRUCTION",
        "TEXT",
        "MIRROR",
        "COMMAND",
        "ENGINE",
        "SECONDS",
        "MEDIATYPE",
        "KEY=VALUE",
        "PATH",
        "PATTERN",
        "SHARE",
    ];

    fn check(command: &Command, path: &[&str]) {
        for arg in command.get_arguments() {
            let word = arg.get_value_names().map_or("", |names| names[0].as_str());
            if arg.get_action().takes_values() && arg.get_possible_values().is_empty() && !arg.is_hide_set() {
                let is_free = kind(path, arg) == Kind::Free;
                assert_eq!(is_free, FREE.contains(&word), "what can {word} be of {path:?}?");
            }
        }
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            check(command, &[path, &[command.get_name()]].concat());
        }
    }

    #[test]
    fn it_is_known_of_each_argument_what_it_can_be() {
        let mut root = Cli::command();
        root.build();
        check(&root, &[]);
    }
}
