//! What is removed, and what is not while it is not known who needs it.

use std::fs;

use serde_json::{Value, json};

use super::{MANIFEST, blobs, flip, put, write_index};
use crate::support::{Api, Fixture, Home, Kind, Registry, blob_path};

/// Two images in a store, and the registry that both came from.
struct Scene {
    registry: Registry,
    home: Home,
    fixture: Fixture,
    kept: String,
    other: String,
}

impl Scene {
    fn of(fixture: Fixture) -> Self {
        let (registry, home) = (Kind::Embedded.open(), Home::fresh());
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        Api::of(registry.host(), "team/other").seed(&Fixture::heavy(1 << 10), "1");
        let [kept, other] = ["app", "other"].map(|name| format!("{}/team/{name}:1", registry.host()));
        for image in [&kept, &other] {
            home.run(["pull", "-q", "--all-platforms", image]).succeeds();
        }
        Self { registry, home, fixture, kept, other }
    }
}

#[test]
fn d1_gc_removes_nothing_while_a_manifest_is_damaged_or_missing() {
    for damage in ["flipped", "missing", "set aside"] {
        let mut scene = Scene::of(Fixture::small());
        let path = blob_path(&scene.home.store(), &scene.fixture.root.digest);
        match damage {
            "flipped" => flip(&path),
            "missing" => fs::remove_file(&path).unwrap(),
            _ => {
                // What an offline verify leaves.
                flip(&path);
                scene.registry = Kind::Embedded.open();
                scene.home.run(["verify", "--retry", "0"]).ends_with(6);
                assert!(!path.exists());
            }
        }
        let before = blobs(&scene.home);
        for command in [&["gc"][..], &["gc", "--dry-run"], &["gc", "--partial"]] {
            let outcome = scene.home.run(command).ends_with(6);
            let outcome = outcome.complains(&format!("cannot determine what {} needs", scene.kept));
            outcome.complains("regcli verify");
        }
        assert_eq!(blobs(&scene.home), before, "{damage}");
        let df = scene.home.run(["df", "--format", "{{.Type}} {{.Count}}"]).succeeds();
        assert!(df.stdout.contains("Reclaimable 0\n"), "{df}");
        df.complains(&scene.kept);

        // The original puts it right, and then the rest can go.
        let place = format!("store:{}", scene.kept);
        scene.home.run(["copy", "-q", &scene.fixture.place(), &place]).succeeds();
        scene.home.run(["rmi", &scene.other]).succeeds();
        scene.home.run(["gc", "--partial"]).succeeds();
        scene.home.run(["verify"]).succeeds();
        assert_eq!(blobs(&scene.home).len(), scene.fixture.blobs.len() + 1, "{damage}");
    }
}

#[test]
fn d1_rmi_of_another_image_removes_its_name_and_no_content() {
    let scene = Scene::of(Fixture::small());
    fs::remove_file(blob_path(&scene.home.store(), &scene.fixture.root.digest)).unwrap();
    let before = blobs(&scene.home);

    let outcome = scene.home.run(["rmi", &scene.other]).succeeds();

    assert_eq!(outcome.stdout, format!("Untagged: {}\n", scene.other));
    let outcome = outcome.complains(&format!("cannot determine what {} needs", scene.kept));
    outcome.complains("regcli verify");
    assert_eq!(blobs(&scene.home), before);
    scene.home.run(["verify"]).succeeds();
    scene.home.run(["gc"]).succeeds();
    assert_eq!(blobs(&scene.home).len(), scene.fixture.blobs.len() + 1);
}

#[test]
fn d1_an_image_that_is_damaged_can_be_given_up() {
    let scene = Scene::of(Fixture::small());
    flip(&blob_path(&scene.home.store(), &scene.fixture.root.digest));
    let outcome = scene.home.run(["rmi", &scene.kept]).succeeds();
    assert_eq!(outcome.stderr, "");
    scene.home.run(["gc"]).succeeds();
    scene.home.run(["verify"]).succeeds();
    assert_eq!(blobs(&scene.home).len(), Fixture::heavy(1 << 10).blobs.len() + 1);
}

#[test]
fn d1_a_damaged_manifest_of_an_index_keeps_everything_until_it_is_fetched() {
    let scene = Scene::of(Fixture::multi_platform());
    let child = &scene.fixture.manifests["linux/arm64/v8"].digest;
    flip(&blob_path(&scene.home.store(), child));
    let before = blobs(&scene.home);
    scene.home.run(["gc"]).ends_with(6).complains(&scene.kept);
    assert_eq!(blobs(&scene.home), before);

    // Nobody can be asked for it: it is set aside, and that it was here is not forgotten.
    let offline = ["verify", "--retry", "0", "--limit-rate", "1k"];
    let config = scene.home.path().join("config");
    fs::create_dir_all(&config).unwrap();
    let proxied = scene.home.regcli(offline).env("HTTP_PROXY", "http://127.0.0.1:1");
    let host = scene.registry.host().to_owned();
    let Scene { registry, home, fixture, kept, .. } = scene;
    drop(registry);
    proxied.run().ends_with(6).complains(&host);
    assert!(!blob_path(&home.store(), child_of(&fixture)).exists());
    let before = blobs(&home);
    for command in [&["gc", "--partial"][..], &["gc"]] {
        home.run(command).ends_with(6).complains(&format!("cannot determine what {kept} needs"));
    }
    assert_eq!(blobs(&home), before);
    let again = home.run(["verify", "--no-fetch"]).ends_with(6);
    again.prints_line(&format!("{}: missing, needed by {kept}", child_of(&fixture)));
    home.run(["copy", "-q", &fixture.place(), &format!("store:{kept}")]).succeeds();
    home.run(["gc", "--partial"]).succeeds();
    home.run(["verify", "--no-fetch"]).succeeds();
}

fn child_of(fixture: &Fixture) -> &str {
    &fixture.manifests["linux/arm64/v8"].digest
}

#[test]
fn d1_a_manifest_of_an_index_that_is_not_here_is_normal() {
    let (registry, home, fixture) = (Kind::Embedded.open(), Home::fresh(), Fixture::multi_platform());
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    home.run(["pull", "-q", "--platform", "linux/arm64", &image]).succeeds();
    let before = blobs(&home);
    home.run(["gc"]).succeeds();
    assert_eq!(blobs(&home), before);
    // The one that was here is gone without a trace: as if it had never been pulled.
    fs::remove_file(blob_path(&home.store(), child_of(&fixture))).unwrap();
    home.run(["gc"]).succeeds();
    assert_eq!(blobs(&home).len(), 1, "the index");
}

#[test]
fn d1_entries_that_cannot_be_read_stay_with_all_that_they_mention() {
    let home = Home::fresh();
    let store = home.store();
    let layer = put(&store, "application/vnd.oci.image.layer.v1.tar", b"layer");
    let config = put(&store, "application/vnd.oci.image.config.v1+json", b"{}");
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    let manifest = put(&store, MANIFEST, manifest.to_string().as_bytes());
    let artifact = json!({"mediaType": "application/vnd.example+json", "blobs": [
        put(&store, "text/plain", b"by another program"),
    ]});
    let artifact = put(&store, "application/vnd.example+json", artifact.to_string().as_bytes());
    let loose = put(&store, "text/plain", b"nobody needs this");
    // A size that is a text, none at all, and a list: no entries that regcli reads.
    let entries = json!([
        {"mediaType": MANIFEST, "digest": manifest["digest"], "size": "12", "x": {"b": 1, "a": [null]}},
        {"digest": artifact["digest"]},
        [artifact["digest"].as_str().unwrap().to_uppercase()],
        null,
        "text",
    ]);
    write_index(&store, &entries);

    let df = home.run(["df", "--format", "{{.Type}} {{.Count}}"]).succeeds();
    assert!(df.stdout.contains("Kept 5\n") && df.stdout.contains("Reclaimable 1\n"), "{df}");
    home.run(["gc"]).succeeds().prints_line(&format!("Deleted: {}", loose["digest"].as_str().unwrap()));
    assert_eq!(blobs(&home).len(), 5);

    // Whatever regcli writes, they stay as they were.
    let fixture = Fixture::small();
    home.run(["copy", "-q", &fixture.place(), "store:app:1"]).succeeds();
    home.run(["tag", "app:1", "app:2"]).succeeds();
    home.run(["rmi", "app:1"]).succeeds();
    home.run(["rmi", "app:2"]).succeeds();
    let index: Value = serde_json::from_slice(&fs::read(store.join("index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"], entries);
    assert_eq!(blobs(&home).len(), 5);
}

#[test]
fn d1_the_folder_of_a_registry_is_no_store() {
    let root = tempfile::Builder::new().prefix("regcli-root-").tempdir().unwrap();
    let folder = root.path().join("registry");
    let home = Home::fresh();
    // As regcli serve leaves it.
    fs::create_dir_all(folder.join("parts")).unwrap();
    fs::write(folder.join("registry.json"), "{\"regcliRegistry\":1}\n").unwrap();
    put(&folder, "text/plain", b"an image's layer");
    fs::write(folder.join("parts/write-1"), "begun").unwrap();
    let there = || {
        let mut names: Vec<_> =
            walkdir(&folder).into_iter().map(|path| path.strip_prefix(&folder).unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let before = there();
    let fixture = Fixture::small();
    let store = folder.to_str().unwrap();
    for command in [
        &["gc", "--partial"][..],
        &["gc", "--dry-run"],
        &["rmi", "app"],
        &["images"],
        &["df"],
        &["verify"],
        &["tag", "a", "b"],
        &["copy", &fixture.place(), "store:app:1"],
        &["copy", &fixture.place(), &format!("oci:{store}")],
        &["push", "127.0.0.1:1/app"],
    ] {
        let outcome = home.run([&["--store", store], command].concat());
        assert_eq!(outcome.code, 1, "{outcome}");
        let outcome = outcome.complains("is the folder of a registry, not a store of images");
        outcome.complains(&format!("regcli serve --root {store}"));
        assert_eq!(there(), before, "{command:?}");
    }
    // A document of this name that another program wrote says nothing.
    let other = home.path().join("other");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("registry.json"), "{\"name\":\"x\"}").unwrap();
    home.run(["--store", other.to_str().unwrap(), "images"]).succeeds();
}

/// All files below a folder.
fn walkdir(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        found.push(entry.path());
        if entry.path().is_dir() {
            found.extend(walkdir(&entry.path()));
        }
    }
    found
}
