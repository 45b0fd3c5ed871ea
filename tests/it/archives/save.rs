//! `save`: what is in the archive, and where it goes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;

use crate::support::{Fixture, Home, run, sha256};

use super::{document, id, keep, load, save};

#[test]
fn the_archive_is_an_oci_layout_with_dockers_documents_beside_it() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    keep(&home, &fixture, "127.0.0.1:5000/lab/base:1");
    home.run(["tag", "127.0.0.1:5000/lab/base:1", "app"]).succeeds();

    let archive = save(&home, "s.tar", &["127.0.0.1:5000/lab/base:1", "app:latest"]);

    let blob = |digest: &str| format!("blobs/{}", digest.replacen(':', "/", 1));
    let manifest: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let path = |part: &serde_json::Value| blob(part["digest"].as_str().unwrap());
    let layers: Vec<String> = manifest["layers"].as_array().unwrap().iter().map(path).collect();
    assert_eq!(
        document(&archive, "manifest.json"),
        json!([{
            "Config": path(&manifest["config"]), "RepoTags": ["127.0.0.1:5000/lab/base:1", "app:latest"], "Layers": layers,
        }])
    );
    let index = document(&archive, "index.json");
    let names = |entry: &serde_json::Value| {
        let annotations = &entry["annotations"];
        (
            annotations["io.containerd.image.name"].clone(),
            annotations["org.opencontainers.image.ref.name"].clone(),
        )
    };
    let named: Vec<_> = index["manifests"].as_array().unwrap().iter().map(names).collect();
    assert_eq!(
        named,
        [
            (json!("127.0.0.1:5000/lab/base:1"), json!("1")),
            (json!("docker.io/library/app:latest"), json!("latest"))
        ]
    );
    assert_eq!(document(&archive, "oci-layout"), json!({"imageLayoutVersion": "1.0.0"}));
    let top = layers[1].rsplit('/').next().unwrap();
    assert_eq!(
        document(&archive, "repositories"),
        json!({"127.0.0.1:5000/lab/base": {"1": top}, "app": {"latest": top}})
    );
    for part in fixture.blobs.iter().chain([&fixture.root]) {
        let stored = run("tar", ["-xOf", archive.to_str().unwrap(), &blob(&part.digest)]).succeeds();
        assert_eq!(sha256(&stored.raw), part.digest);
    }
}

#[test]
fn the_same_store_gives_the_same_bytes_to_a_file_and_to_a_pipe() {
    let home = Home::fresh();
    for (fixture, name) in [(Fixture::many_layers(20), "many:1"), (Fixture::multi_platform(), "all:1")] {
        keep(&home, &fixture, name);
    }
    let archive = fs::read(save(&home, "a.tar", &["many:1", "all:1"])).unwrap();
    assert_eq!(fs::read(save(&home, "b.tar", &["many:1", "all:1"])).unwrap(), archive);
    assert!(home.run(["save", "many:1", "all:1"]).succeeds().raw == archive);
    assert!(home.run(["save", "many:1", "all:1", "many:1", "many"]).succeeds().raw == archive);

    let copy = Home::fresh();
    load(&copy, &archive).succeeds().prints("Loaded image: many:1\nLoaded image: all:1\n");
    assert!(copy.run(["save", "many:1", "all:1"]).succeeds().raw == archive, "nothing is lost on the way");
}

#[test]
fn blobs_that_images_share_are_there_once() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "a:1");
    keep(&home, &Fixture::multi_platform(), "b:1");
    let archive = save(&home, "s.tar", &["a:1", "b:1"]);
    let listed = run("tar", ["-tf", archive.to_str().unwrap()]).succeeds().stdout;
    let mut names: Vec<&str> = listed.lines().collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{listed}");
    // Index, three images, each with config and two layers; the amd64 one is a:1's.
    let blobs = names.iter().filter(|name| name.len() > 64).count();
    assert_eq!(blobs, 1 + 3 * 4, "{listed}");
}

#[test]
fn a_name_without_a_tag_means_all_its_tags_and_an_id_means_no_name() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/app:2");
    home.run(["tag", "lab/app:2", "lab/app:1"]).succeeds();
    keep(&home, &Fixture::docker(), "lab/other:1");
    let tags = |file: &str, image: &str| {
        let archive = save(&home, file, &[image]);
        document(&archive, "manifest.json")[0]["RepoTags"].clone()
    };
    assert_eq!(tags("a.tar", "lab/app"), json!(["lab/app:1", "lab/app:2"]));
    assert_eq!(tags("b.tar", "docker.io/lab/app:2"), json!(["lab/app:2"]));
    let config = id(&home, "lab/other:1");
    assert_eq!(tags("c.tar", &config), json!(null));
    assert_eq!(tags("d.tar", &config["sha256:".len()..][..12]), json!(null));

    let fresh = Home::fresh();
    let archive = fs::read(home.path().join("c.tar")).unwrap();
    load(&fresh, &archive).succeeds().prints(&format!("Loaded image ID: {config}\n"));
    fresh.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds().prints("<none>:<none>\n");
}

#[test]
fn of_an_index_what_is_in_the_store_is_saved() {
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    keep(&home, &fixture, "all:1");
    let whole = save(&home, "whole.tar", &["all:1"]);
    let arm = &fixture.manifests["linux/arm64/v8"];

    let one = Home::fresh();
    one.run(["load", "--platform", "linux/arm64", "-i", whole.to_str().unwrap()]).succeeds();
    one.run(["digest", "store:all:1"]).succeeds().prints(&format!("{}\n", arm.digest));

    let alone = save(&home, "alone.tar", &["--platform", "linux/arm64", "all:1"]);
    assert_eq!(document(&alone, "index.json")["manifests"][0]["digest"], json!(arm.digest));
    let two = save(&home, "two.tar", &["--platform", "linux/arm64", "--platform", "linux/arm/v7", "all:1"]);
    let part = Home::fresh();
    part.run(["load", "-i", two.to_str().unwrap()]).succeeds().prints("Loaded image: all:1\n");
    // The index lists only what is in the archive, which can be copied on.
    let index: serde_json::Value =
        serde_json::from_slice(&part.run(["manifest", "store:all:1"]).succeeds().raw).unwrap();
    let mut expected: serde_json::Value =
        serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let left_out = &fixture.manifests["linux/amd64"].digest;
    expected["manifests"].as_array_mut().unwrap().retain(|entry| entry["digest"] != **left_out);
    assert_eq!(index, expected);
    home.run(["copy", "-q", "oci-archive:two.tar", "store:two:1"]).succeeds();
    // The same is saved if only this part of the index is in the store.
    let sparse = Home::fresh();
    let two_platforms = ["copy", "--platform", "linux/arm64", "--platform", "linux/arm/v7"];
    let ends = [fixture.place(), "store:all:1".to_owned()];
    sparse.run(two_platforms.map(str::to_owned).into_iter().chain(ends)).succeeds();
    sparse.run(["digest", "store:all:1"]).succeeds().prints(&format!("{}\n", fixture.root.digest));
    let again = save(&sparse, "again.tar", &["all:1"]);
    assert_eq!(fs::read(again).unwrap(), fs::read(two).unwrap());

    let missing = home.run(["save", "--platform", "linux/riscv64", "-o", "x.tar", "all:1"]).ends_with(3);
    missing.complains("error: no matching manifest for linux/riscv64 in the manifest list entries\n");
    assert!(!home.path().join("x.tar").exists());
}

#[test]
fn the_file_appears_whole_and_is_for_nobody_else() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "a:1");
    let archive = save(&home, "a.tar", &["a:1"]);
    assert_eq!(fs::metadata(&archive).unwrap().permissions().mode() & 0o777, 0o600, "as Docker's");

    // A link leads to the file that is replaced.
    symlink("a.tar", home.path().join("link.tar")).unwrap();
    keep(&home, &Fixture::docker(), "b:1");
    save(&home, "link.tar", &["b:1"]);
    assert!(fs::symlink_metadata(home.path().join("link.tar")).unwrap().is_symlink());
    assert_eq!(document(&archive, "manifest.json")[0]["RepoTags"], json!(["b:1"]));
}
