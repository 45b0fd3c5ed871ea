//! What fuzzing has found stays mended: every file of `fuzz/corpus` through the properties of its target.

#![cfg(feature = "cli")] // The templates are the program's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the last file that is named is the one that fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[allow(unreachable_pub, reason = "the targets are another package's library")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use fuzz::TARGETS;

/// A file or folder of the fuzz targets' package.
fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

/// The names in a folder, without the ends of files.
fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(place(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn check(target: &str) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(place("corpus").join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 2, "{target} has a corpus");
    for file in files {
        println!("{}", file.display());
        check(&fs::read(&file).unwrap());
    }
    check(b"");
}

macro_rules! corpus {
    ($($target:ident)*) => {
        /// The targets that have a test here.
        const TESTED: &[&str] = &[$(stringify!($target)),*];

        $(#[test]
        fn $target() {
            check(stringify!($target));
        })*
    };
}

corpus! {
    answers archive challenge configuration content_range docker_config files headers image link mentions
    reference serve signature template terminal
}

#[test]
fn every_target_has_a_program_a_corpus_and_a_test() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, TESTED.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(targets, names_in("fuzz_targets"));
    assert_eq!(targets, names_in("corpus"));
    let manifest = fs::read_to_string(place("Cargo.toml")).unwrap();
    assert!(targets.iter().all(|target| manifest.contains(&format!("name = \"{target}\""))));
}
