//! Kills, full disks, limits, links and clocks: whatever happens to the machine, the store stays right.
//!
//! Names begin with the row of the catalogue of faults that they are about. Rows that are shown elsewhere:
//!
//! | row | what | where |
//! |---|---|---|
//! | F01 | a limit of what may be written | `limits` |
//! | F02 | memory of pulls, pushes and copies | `registry::far::memory` |
//! | F03 | a full disk | `full`; `bad_input::stores`, `a_full_disk_is_found_out_before_the_first_byte…` |
//! | F04 | a store that is read-only or somebody else's | `owners`; `bad_input::stores`, `a_read_only_store…` |
//! | F05 | kill -9, power loss | `kills`, `steps` (at each step that changes a name), `power`; `processes`; `registry::far::kills` |
//! | F07 | a damaged entry of the store | `damage`; `upkeep`; `bad_input::stores`, `a_blob_that_was_lost…` |
//! | F08 | a wrong clock | `clocks`; `cache` and `auth::token` for lifetimes |
//! | F09 | links where files should be | `links`; `cache`, `what_is_no_file_is_neither_read…` |
//! | F10 | a file system without locks | `locks` |
//! | F11 | 32 open files, long paths | `limits` |
//!
//! Several processes on one store at once: `together`.

mod clocks;
mod damage;
mod frozen;
mod full;
mod kills;
mod limits;
mod links;
mod locks;
mod owners;
mod power;
mod steps;
mod together;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Home, blob_path, sha256};

/// Asserts, without regcli's help, that a store has every byte of every image that it names, and that nothing in
/// it only looks whole.
#[track_caller]
fn is_valid(store: &Path) {
    for name in names_in(&store.join("blobs/sha256")) {
        let content = fs::read(store.join("blobs/sha256").join(&name)).unwrap();
        assert_eq!(sha256(&content), format!("sha256:{name}"), "a blob under a wrong name");
    }
    let Ok(index) = fs::read(store.join("index.json")) else { return };
    let index: Value = serde_json::from_slice(&index).expect("index.json is read by anybody");
    for entry in index["manifests"].as_array().expect("a list of images") {
        has_all_of(store, entry);
    }
}

/// Asserts that an image and all it refers to is there.
#[track_caller]
fn has_all_of(store: &Path, descriptor: &Value) {
    let digest = descriptor["digest"].as_str().unwrap();
    let content = fs::read(blob_path(store, digest));
    let content = content.unwrap_or_else(|error| panic!("{digest} is named and not there: {error}"));
    assert_eq!(content.len() as u64, descriptor["size"].as_u64().unwrap(), "{digest}");
    let media_type = descriptor["mediaType"].as_str().unwrap_or_default();
    if !media_type.contains("manifest") && !media_type.contains("index") {
        return;
    }
    let document: Value = serde_json::from_slice(&content).unwrap();
    for list in ["manifests", "layers"] {
        document[list].as_array().into_iter().flatten().for_each(|part| has_all_of(store, part));
    }
    if document["config"].is_object() {
        has_all_of(store, &document["config"]);
    }
}

/// The names in a folder, sorted; none if there is no such folder.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names of the images in the store.
#[track_caller]
fn images(home: &Home) -> Vec<String> {
    let listed = home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds();
    listed.stdout.lines().map(ToOwned::to_owned).collect()
}

/// A number from the environment, for longer runs than the ordinary one.
fn setting(name: &str, ordinary: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
        Err(_) => ordinary,
    }
}
