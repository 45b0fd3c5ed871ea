//! What `serve` takes for its folder, and what it removes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Fixture, Home, eventually};

use super::{PATIENCE, Served, folder, serve};

/// The names of all blobs.
fn blobs(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("blobs/sha256")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Fills a registry with two repositories, and returns the folder of the first.
fn fill(root: &Path) -> PathBuf {
    let served = Served::local(root);
    served.push_blob("team/one", b"a layer of its own");
    served.push_image("team/one", "1");
    let first = fs::read_dir(root.join("repositories")).unwrap().next().unwrap().unwrap().path();
    served.push_blob("team/two", b"another layer");
    served.push_image("team/two", "1");
    first
}

/// Starts a server that has to refuse, and returns its exit code and what it told.
fn refused(root: &Path) -> (Option<i32>, String) {
    let output = serve(root, &["--addr", "127.0.0.1:0"]).output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn d2_a_repository_that_cannot_be_read_ends_the_start_and_nothing_is_removed() {
    let root = folder();
    let name = fill(root.path()).join("name");
    let before = blobs(root.path());
    let text = fs::read(&name).unwrap();
    fs::remove_file(&name).unwrap();
    // Reading a folder fails for everybody, root included.
    fs::create_dir(&name).unwrap();

    let (code, told) = refused(root.path());

    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(name.to_str().unwrap()) && told.contains("Is a directory"), "{told}");
    assert_eq!(blobs(root.path()), before);
    fs::remove_dir(&name).unwrap();
    fs::write(&name, text).unwrap();
    let served = Served::local(root.path());
    assert_eq!(served.send("GET /v2/team/one/manifests/1 HTTP/1.1\r\n", b"").status, 200);
    assert_eq!(blobs(root.path()), before);
}

#[test]
fn d2_what_an_unknown_folder_holds_stays_and_is_served_again_when_it_is_known() {
    for damage in [None, Some("other/name"), Some(""), Some("\u{0}")] {
        let root = folder();
        let name = fill(root.path()).join("name");
        let before = blobs(root.path());
        let text = fs::read(&name).unwrap();
        match damage {
            Some(damage) => fs::write(&name, damage).unwrap(),
            None => fs::remove_file(&name).unwrap(),
        }
        // Neither is a file that somebody left there.
        fs::write(root.path().join("repositories/README"), "").unwrap();

        let served = Served::local(root.path());
        let warned = eventually(PATIENCE, || served.told().contains("WARNING: ").then_some(()));
        assert!(warned.is_some(), "{damage:?}: {}", served.told());
        drop(served);

        assert_eq!(blobs(root.path()), before, "{damage:?}");
        fs::write(&name, text).unwrap();
        let served = Served::local(root.path());
        assert_eq!(served.send("GET /v2/team/one/manifests/1 HTTP/1.1\r\n", b"").status, 200, "{damage:?}");
    }
}

#[test]
fn d2_an_image_store_is_not_served_and_another_folder_is_advised() {
    let home = Home::fresh();
    let store = home.path().join("store");
    home.run(["--store", store.to_str().unwrap(), "copy", &Fixture::small().place(), "store:app:1"])
        .succeeds();
    let before = blobs(&store);
    let (code, told) = refused(&store);
    assert_eq!(code, Some(125), "{told}");
    assert!(told.contains(" is an image store, not a registry"), "{told}");
    assert!(told.contains("hint: use another directory: regcli serve --root DIR"), "{told}");
    // As an interrupted first pull leaves it.
    fs::remove_file(store.join("index.json")).unwrap();
    fs::remove_file(store.join("oci-layout")).unwrap();
    assert!(refused(&store).1.contains(" is an image store"));
    assert_eq!(blobs(&store), before);
    assert!(!store.join("registry.json").exists());
}

#[test]
fn d2_a_registry_of_another_version_is_refused_and_left_as_it_is() {
    let root = folder();
    fill(root.path());
    fs::write(root.path().join("blobs/sha256").join("0".repeat(64)), "what a sweep would remove").unwrap();
    let before = blobs(root.path());
    let marker = root.path().join("registry.json");
    for (content, message, hint) in [
        (
            r#"{"regcliRegistry":2}"#,
            "has the unsupported version 2",
            "use the version of regcli that wrote it",
        ),
        (
            r#"{"regcliRegistry":"1b"}"#,
            "has the unsupported version \"1b\"",
            "use the version of regcli that wrote it",
        ),
        ("{}", "does not name the version", "registry.json"),
        ("\u{0}\u{0}", "does not name the version", "registry.json"),
    ] {
        fs::write(&marker, content).unwrap();
        let (code, told) = refused(root.path());
        assert!(code == Some(1) || code == Some(6), "{content}: {told}");
        assert!(
            told.contains(message) && told.contains("hint: ") && told.contains(hint),
            "{content}: {told}"
        );
        assert_eq!(fs::read_to_string(&marker).unwrap(), content);
        assert_eq!(blobs(root.path()), before, "{content}");
    }
    // As a crash leaves it between the creation of the file and its first byte.
    fs::write(&marker, "").unwrap();
    drop(Served::local(root.path()));
    assert_eq!(fs::read_to_string(&marker).unwrap(), "{\"regcliRegistry\":1}\n");
    assert_eq!(blobs(root.path()).len(), before.len() - 1);
}
