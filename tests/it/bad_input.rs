//! Bad input for each command: a clear error with its hint, the documented exit code, and nothing half-done.

mod config_json;
mod copies;
mod imports;
mod inspections;
mod references;
mod stores;
mod streams;
mod unreachable;

use std::fs;
use std::path::Path;

use crate::support::{Home, Outcome, run};

/// Asserts that it failed with this code, printed nothing but what Docker prints before it fails, and told why.
#[track_caller]
fn fails(outcome: Outcome, code: i32, problem: &str, hint: &str) -> Outcome {
    let outcome = outcome.ends_with(code);
    let hint = if hint.is_empty() { String::new() } else { format!("\n\nhint: {hint}\n") };
    assert!(outcome.stderr.starts_with(&format!("error: {problem}")), "expected error: {problem}\n{outcome}");
    assert!(outcome.stderr.ends_with(&hint), "expected {hint}\n{outcome}");
    let before = ["Using default tag: latest", "The push refers to repository", ": Pulling from "];
    let only = outcome.stdout.lines().all(|line| before.iter().any(|known| line.contains(known)));
    assert!(only, "nothing is claimed that did not happen\n{outcome}");
    outcome
}

/// The names of the images in the store; that also shows that the store can be used.
#[track_caller]
fn names(home: &Home) -> String {
    home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds().stdout
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(path).into_iter().flatten().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => waiting.push(entry.path()),
                false => found.push((
                    entry.path().strip_prefix(folder).unwrap().display().to_string(),
                    fs::read(entry.path()).unwrap(),
                )),
            }
        }
    }
    found.sort();
    found
}

/// A small file system of its own, unmounted when it is dropped.
pub(crate) struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    /// Mounts one of so many bytes. `None` if this user may not, and the test is left out.
    #[track_caller]
    pub(crate) fn mount(bytes: usize) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("regcli-tmpfs-").tempdir().unwrap();
        let options = format!("size={bytes},mode=0755");
        let arguments = ["-t", "tmpfs", "-o", &options, "none", folder.path().to_str().unwrap()];
        let mounted = run("mount", arguments);
        if mounted.code != 0 {
            eprintln!("{mounted}");
            crate::support::refused("tmpfs");
            return None;
        }
        Some(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// From now on it has so many bytes.
    #[track_caller]
    pub(crate) fn resize(&self, bytes: usize) {
        let options = format!("remount,size={bytes}");
        run("mount", ["-o", &options, self.path().to_str().unwrap()]).succeeds();
    }

    /// From now on nothing can be written.
    #[track_caller]
    fn make_read_only(&self) {
        run("mount", ["-o", "remount,ro", self.path().to_str().unwrap()]).succeeds();
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let unmounted = run("umount", [self.path()]);
        if !std::thread::panicking() {
            unmounted.succeeds();
        }
    }
}
