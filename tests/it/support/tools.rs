//! Tools of other people that tests need. None is left out in silence.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The variable that names what a machine has not: `REGCLI_TEST_WITHOUT=dockerd,skopeo`.
const WITHOUT: &str = "REGCLI_TEST_WITHOUT";

/// Whether the test has to end here because `REGCLI_TEST_WITHOUT` names `tool`; says so on stderr then.
///
/// # Panics
/// If the tool is not there and nobody said that it may be missing.
#[track_caller]
pub(crate) fn missing(tool: &str) -> bool {
    if names(&env::var(WITHOUT).unwrap_or_default(), tool) {
        eprintln!("skipped by {WITHOUT}: {tool}");
        return true;
    }
    assert!(
        find(tool).is_some(),
        "this test needs `{tool}`, which is not installed: run scripts/test, which installs it, \
         or set {WITHOUT}={tool}"
    );
    false
}

/// Where the packages of the system put their programs. They come before `PATH`: a test means the tool that
/// `scripts/test` installs, and no other version that this machine happens to have.
const OF_PACKAGES: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

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
#[should_panic(expected = "this test needs `no-such-tool`, which is not installed")]
fn a_tool_that_is_not_there_fails_the_test() {
    missing("no-such-tool");
}

#[test]
fn the_tool_of_the_systems_package_comes_before_another_one_on_the_path() {
    let sh = find("sh").unwrap();
    assert!(OF_PACKAGES.iter().any(|folder| sh.starts_with(folder)), "{}", sh.display());
}
