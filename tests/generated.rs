//! What the program generates and the repository keeps is fresh: the manual pages and the shell completions.
//!
//! `REGCLI_UPDATE=1 cargo test --test generated` writes them anew.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of a folder: their names and contents.
type Files = BTreeMap<String, String>;

/// The shells, each with the name that its completion script goes by.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "regcli.bash"),
    ("elvish", "regcli.elv"),
    ("fish", "regcli.fish"),
    ("powershell", "_regcli.ps1"),
    ("zsh", "_regcli"),
];

/// The program on a machine that knows nothing of its user.
fn regcli(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
    command.env_clear().env("HOME", home).current_dir(home);
    command
}

/// Runs it to its good end and answers its standard output.
fn output_of(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn files_in(folder: &Path) -> Files {
    let Ok(entries) = fs::read_dir(folder) else { return Files::new() };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// The manual pages as a machine generates them whose environment has `variables` besides a home.
fn man_pages(variables: &[(&str, &str)]) -> Files {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("man");
    let mut command = regcli(home.path());
    command.arg("man").arg(&folder).envs(variables.iter().copied());
    output_of(command);
    files_in(&folder)
}

/// The completion scripts as such a machine generates them.
fn completions(variables: &[(&str, &str)]) -> Files {
    let home = tempfile::tempdir().unwrap();
    let script = |(shell, name): (&str, &str)| {
        let mut command = regcli(home.path());
        command.args(["completion", shell]).envs(variables.iter().copied());
        (name.to_owned(), output_of(command))
    };
    SHELLS.map(script).into()
}

/// Compares the files that are kept in `folder` with `fresh` ones, or replaces them if that is asked for.
fn assert_fresh(folder: &str, fresh: &Files) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("REGCLI_UPDATE").is_some() {
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::create_dir_all(&path).unwrap();
        for (name, content) in fresh {
            fs::write(path.join(name), content).unwrap();
        }
        return;
    }
    let kept = files_in(&path);
    let names = kept.keys().chain(fresh.keys());
    let stale: Vec<_> = names.filter(|name| kept.get(*name) != fresh.get(*name)).collect();
    assert!(
        stale.is_empty(),
        "{folder}/ is not what the program generates: {stale:?}\n\
         to write it anew: REGCLI_UPDATE=1 cargo test --test generated"
    );
}

#[test]
fn the_manual_pages_are_fresh() {
    let pages = man_pages(&[]);

    assert!(pages.contains_key("regcli.1") && pages.contains_key("regcli-pull.1"), "{:?}", pages.keys());
    assert_fresh("man", &pages);
}

#[test]
fn the_completions_are_fresh() {
    assert_fresh("completions", &completions(&[]));
}

#[test]
fn what_is_generated_does_not_depend_on_the_machine() {
    let other = [
        ("COLUMNS", "40"),
        ("DOCKER_DEFAULT_PLATFORM", "linux/arm64"),
        ("REGCLI_STORE", "/srv/images"),
        ("XDG_DATA_HOME", "/data"),
        ("NO_COLOR", "1"),
        ("LC_ALL", "zh_CN.UTF-8"),
    ];

    assert_eq!(man_pages(&other), man_pages(&[]));
    assert_eq!(completions(&other), completions(&[]));
}
