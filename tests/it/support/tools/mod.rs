//! Tools of other people that tests need. This is the one place that decides what happens to a test without its tool:
//! `scripts/test` fails it, a plain `cargo test` leaves it out. Nothing is left out in silence.

mod left_out;

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The variable that names what a machine has not: `REGCLI_TEST_WITHOUT=dockerd,skopeo`.
const WITHOUT: &str = "REGCLI_TEST_WITHOUT";

/// The variables that make a missing tool a failure. `scripts/test` sets the first one. The second one is
/// cargo-nextest's, which hides what a test prints if it passes.
const STRICT: [&str; 2] = ["REGCLI_TEST_STRICT", "NEXTEST"];

/// What a test needs if only root can do it; `find` knows no program of this name.
const ROOT: &str = "root";

/// Where the packages of the system put their programs. They come before `PATH`: a test means the tool that
/// `scripts/test` installs, and no other version that this machine happens to have.
const OF_PACKAGES: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// Reports whether the test must end here because `tool`, a program or `root`, is missing or is to be left out.
///
/// # Panics
/// If the tool is missing and must not be.
#[track_caller]
pub(crate) fn missing(tool: &str) -> bool {
    let is_there = if tool == ROOT { rustix::process::geteuid().is_root() } else { find(tool).is_some() };
    is_left_out(tool, is_there)
}

/// Leaves the test out because this machine does not let it have `what`, such as a mounted file system.
///
/// # Panics
/// If it must not be left out.
#[track_caller]
pub(crate) fn refused(what: &str) {
    is_left_out(what, false);
}

#[track_caller]
fn is_left_out(tool: &str, is_there: bool) -> bool {
    let is_named = names(&env::var(WITHOUT).unwrap_or_default(), tool);
    if is_there && !is_named {
        return false;
    }
    let is_strict = STRICT.iter().any(|name| env::var_os(name).is_some());
    assert!(
        is_named || !is_strict,
        "this test needs `{tool}`, which is missing: run scripts/test as root, which installs tools, \
         or set {WITHOUT}={tool}; a plain `cargo test` leaves the test out"
    );
    left_out::note(tool);
    true
}

/// Returns where a program lies.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = OF_PACKAGES.map(PathBuf::from).into_iter().chain(env::split_paths(&path));
    folders.map(|folder| folder.join(tool)).find(|file| file.is_file())
}

/// Returns a command that runs a tool.
///
/// # Panics
/// If it is not installed.
#[track_caller]
pub(crate) fn command(tool: &str) -> Command {
    Command::new(find(tool).unwrap_or_else(|| panic!("`{tool}` is not installed")))
}

/// Whether a comma list has an entry.
fn names(list: &str, tool: &str) -> bool {
    list.split(',').any(|entry| entry.trim() == tool)
}

#[test]
fn a_tool_is_left_out_only_by_its_whole_name() {
    assert!(names("skopeo, dockerd", "dockerd"));
    assert!(!names("docker-registry", "docker"));
    assert!(!names("", "skopeo"));
}

#[test]
fn the_tool_of_the_systems_package_comes_before_another_one_on_the_path() {
    let sh = find("sh").unwrap();
    assert!(OF_PACKAGES.iter().any(|folder| sh.starts_with(folder)), "{}", sh.display());
}
