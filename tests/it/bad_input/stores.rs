//! Stores that cannot be used: a file, read-only, full, damaged.

use std::fs;

use crate::support::{Fault, Fixture, Home, Kind, Proxy};

use super::{Tmpfs, fails, files, names};

/// A home whose commands work on the store in a folder.
fn with_store(home: &Home, store: &std::path::Path, arguments: &[&str]) -> crate::support::Outcome {
    let fixed = ["--store", store.to_str().unwrap()];
    home.run(fixed.iter().chain(arguments))
}

#[test]
fn a_store_that_is_a_file_is_left_alone() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/x:1", registry.host());
    home.run(["copy", "-q", &Fixture::small().place(), &image]).succeeds();
    let file = home.path().join("file");
    fs::write(&file, "keep me").unwrap();
    let hint = format!("check {} and its permissions", file.display());
    let source = home.path().join("source");
    fs::create_dir(&source).unwrap();
    for command in [
        &["images"][..],
        &["pull", &image],
        &["push", &image],
        &["tag", &image, "x"],
        &["rmi", &image],
        &["copy", "-q", &image, "store:x"],
        &["manifest", "store:x"],
        &["import", source.to_str().unwrap(), "x"],
    ] {
        let outcome = with_store(&home, &file, command);
        fails(outcome, 1, "", &hint).complains("Not a directory (os error 20)");
        assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");
    }
}

#[test]
fn a_read_only_store_can_be_read_and_nothing_else() {
    let Some(disk) = Tmpfs::mount(8 << 20) else { return };
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let (image, other) = (format!("{}/x:1", registry.host()), format!("{}/other:1", registry.host()));
    home.run(["copy", "-q", &Fixture::small().place(), &image]).succeeds();
    home.run(["copy", "-q", &Fixture::heavy(1 << 20).place(), &other]).succeeds();
    let store = disk.path().join("store");
    with_store(&home, &store, &["pull", "-q", &image]).succeeds();
    disk.make_read_only();
    let before = files(disk.path());
    for command in [
        &["images"][..],
        &["pull", "-q", &image],
        &["push", "-q", &image],
        &["manifest", &format!("store:{image}")],
        &["copy", "-q", &format!("store:{image}"), &other.replace("other", "third")],
    ] {
        with_store(&home, &store, command).succeeds();
    }
    for command in [
        &["pull", &other][..],
        &["tag", &image, "x"],
        &["rmi", &image],
        &["copy", "-q", &other, "store:x"],
        &["import", "/proc/self/cmdline", "x"],
    ] {
        let outcome = with_store(&home, &store, command).ends_with(1);
        assert!(outcome.stderr.contains("Read-only file system (os error 30)\n\nhint: check "), "{outcome}");
    }
    let elsewhere = disk.path().join("elsewhere");
    let root = elsewhere.to_str().unwrap();
    let outcome = home.run(["serve", "--addr", "127.0.0.1:0", "--root", root]);
    fails(outcome, 1, "", "").complains("Read-only file system");
    let login = ["--config", root, "login", "-u", "x", "--password-stdin", registry.host()];
    let outcome = home.regcli(login).stdin("y").run().ends_with(1);
    assert!(outcome.stderr.contains("error: error saving credentials: "), "{outcome}");
    assert_eq!(files(disk.path()), before);
}

#[test]
fn room_is_asked_for_once_a_layer_and_not_for_what_an_earlier_run_left() {
    let Some(disk) = Tmpfs::mount(3 << 20) else { return };
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let home = Home::fresh();
    let image = format!("{}/x:1", proxy.host());
    let layer = Fixture::layer("data", 2 << 20);
    let fixture = Fixture::with_config(serde_json::json!({}), &[layer.clone(), layer]);
    home.run(["copy", "-q", &fixture.place(), &image]).succeeds();
    let store = disk.path().join("store");
    // Twice this layer would not fit; nor would the layer and two thirds of it.
    let heaviest = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    proxy.fault("GET", &heaviest.digest, Fault::CutAnswer { after: heaviest.size * 2 / 3 });
    with_store(&home, &store, &["--retry", "0", "pull", &image]).ends_with(5);
    with_store(&home, &store, &["pull", &image]).succeeds();
}

#[test]
fn a_full_disk_is_found_out_before_the_first_byte_and_told_with_its_place() {
    let Some(disk) = Tmpfs::mount(1 << 20) else { return };
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let (small, large) = (format!("{}/small:1", registry.host()), format!("{}/large:1", registry.host()));
    home.run(["copy", "-q", &Fixture::small().place(), &small]).succeeds();
    home.run(["copy", "-q", &Fixture::heavy(4 << 20).place(), &large]).succeeds();
    let store = disk.path().join("store");
    with_store(&home, &store, &["pull", "-q", &small]).succeeds();
    let before = files(&store);
    let copy = ["copy", "-q", &large, "store:large:1"];
    for command in [&["pull", &large][..], &["pull", "--dry-run", &large], &copy] {
        fails(
            with_store(&home, &store, command),
            1,
            &format!("no space in {}: ", store.display()),
            &format!("free space on the file system of {}", store.display()),
        );
    }
    assert_eq!(files(&store), before, "nothing was begun");

    let noise = home.path().join("noise");
    fs::write(&noise, fs::read(env!("CARGO_BIN_EXE_regcli")).unwrap()).unwrap();
    let hint = format!("free space on the file system of {}", store.join("parts").display());
    let outcome = with_store(&home, &store, &["import", noise.to_str().unwrap(), "large:1"]);
    fails(outcome, 1, "cannot ", &hint).complains("caused by: No space left on device (os error 28)\n");
    let format = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
    with_store(&home, &store, &format).succeeds().prints(&format!("{small}\n"));
    let outcome = with_store(&home, &store, &["push", "-q", &small]).succeeds();
    assert!(outcome.stdout.starts_with(&small), "{outcome}");
}

#[test]
fn an_index_that_cannot_be_read_is_never_written_over() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    let index = home.store().join("index.json");
    let hint = format!("fix {}; regcli did not change it", index.display());
    for content in ["{\"schemaVersion\": 2, \"manif", "[]", "{\"manifests\": 1}"] {
        fs::write(&index, content).unwrap();
        for command in [
            &["images"][..],
            &["tag", "x:1", "y"],
            &["rmi", "x:1"],
            &["push", "x:1"],
            &["copy", "-q", &Fixture::many_layers(1).place(), "store:y"],
        ] {
            let outcome = home.run(command);
            fails(outcome, 6, "", &hint).complains(&format!("cannot read {}\n", index.display()));
            assert_eq!(fs::read_to_string(&index).unwrap(), content);
        }
    }
}

#[test]
fn a_layout_of_a_later_version_is_not_touched() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    fs::write(home.store().join("oci-layout"), r#"{"imageLayoutVersion":"9.0.0"}"#).unwrap();
    let before = files(&home.store());
    for command in [&["images"][..], &["rmi", "x:1"], &["tag", "x:1", "y"]] {
        fails(home.run(command), 1, "", "").complains("has the unsupported version 9.0.0\n");
    }
    assert_eq!(files(&home.store()), before);
}

#[test]
fn a_blob_that_was_lost_or_changed_is_not_pushed() {
    let registry = Kind::Embedded.open();
    let fixture = Fixture::small();
    let image = format!("{}/x:1", registry.host());
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    for change in ["lost", "changed"] {
        let home = Home::fresh();
        home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
        let blob = crate::support::blob_path(&home.store(), &layer.digest);
        fs::remove_file(&blob).unwrap();
        if change == "changed" {
            fs::write(&blob, vec![0; usize::try_from(layer.size).unwrap()]).unwrap();
        }
        let outcome = home.run(["--progress", "none", "push", &image]);
        assert!([1, 3, 6].contains(&outcome.code) && outcome.stderr.starts_with("error: "), "{outcome}");
        home.run(["digest", &image]).ends_with(3);
        assert_eq!(names(&home), format!("{image}\n"));
    }
}
