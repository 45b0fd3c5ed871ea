//! `bundle`: many images in one file, and what is left out of it.

mod apply;
mod create;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::registry::Counted;
use crate::support::{Fixture, Home, Outcome};

/// The path of a file in a home, as text.
fn path(home: &Home, name: &str) -> String {
    home.path().join(name).display().to_string()
}

/// Runs `regcli bundle` with these arguments.
#[track_caller]
fn bundle<A: AsRef<str>>(home: &Home, arguments: &[A]) -> Outcome {
    home.run(["bundle"].into_iter().chain(arguments.iter().map(AsRef::as_ref)))
}

/// Unpacks a tar with the system's tar, and returns the folder.
#[track_caller]
fn unpacked(home: &Home, tar: &str) -> PathBuf {
    let folder = home.path().join(format!("{}.d", Path::new(tar).file_name().unwrap().to_str().unwrap()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let done = Command::new("tar").arg("-xf").arg(tar).arg("-C").arg(&folder).status().unwrap();
    assert!(done.success());
    folder
}

/// The digests of the files in an unpacked bundle.
fn blobs_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("blobs/sha256")).unwrap();
    let mut found: Vec<String> =
        entries.map(|entry| format!("sha256:{}", entry.unwrap().file_name().to_str().unwrap())).collect();
    found.sort();
    found
}

fn document(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// Two images that share a layer, `team/a:1` and `team/b:1`, and the same later: `team/b:2` has one layer more.
struct Scene {
    there: Counted,
    few: Fixture,
    many: Fixture,
}

impl Scene {
    fn open(kind: crate::support::Kind) -> Self {
        let there = Counted::open(kind);
        let (few, many) = (Fixture::many_layers(3), Fixture::many_layers(5));
        there.api("team/a").seed(&few, "1");
        there.api("team/b").seed(&many, "2");
        Self { there, few, many }
    }
}
