//! skopeo reads what we write, and writes what we read, as both kinds of archives.

use serde_json::{Value, json};

use crate::support::{Fixture, Home, missing, run, sha256};

use super::{document, id, keep, save};

/// The config of an image as skopeo finds it.
#[track_caller]
fn config_at(place: &str) -> String {
    sha256(&run("skopeo", ["inspect", "--config", "--raw", place]).succeeds().raw)
}

#[test]
fn skopeo_reads_what_regcli_saved_as_both_kinds_of_archive() {
    if missing("skopeo") {
        return;
    }
    let home = Home::fresh();
    for (fixture, image) in [
        (Fixture::small(), "lab/oci:1"),
        (Fixture::docker(), "127.0.0.1:5000/lab/docker:2"),
        (Fixture::multi_platform(), "lab/index:3"),
    ] {
        keep(&home, &fixture, image);
        let archive = save(&home, "s.tar", &[image]);
        let expected = id(&home, image);
        let docker = format!("docker-archive:{}:{image}", archive.display());
        let tag = image.rsplit(':').next().unwrap();
        let oci = format!("oci-archive:{}:{tag}", archive.display());
        assert_eq!(config_at(&docker), expected);
        // Its layouts are OCI's only: Docker's manifests it does not take from there.
        if image.contains("docker") {
            continue;
        }
        assert_eq!(config_at(&oci), expected);
        let copy = format!("dir:{}", home.path().join(tag).display());
        run("skopeo", ["copy", "-q", "--all", "--preserve-digests", &oci, &copy]).succeeds();
        let kept = std::fs::read(home.path().join(tag).join("manifest.json")).unwrap();
        assert_eq!(sha256(&kept), fixture.root.digest);
    }
}

#[test]
fn regcli_loads_what_skopeo_wrote() {
    if missing("skopeo") {
        return;
    }
    let (home, fixture) = (Home::fresh(), Fixture::small());
    keep(&home, &fixture, "x:1");
    let expected = id(&home, "x:1");
    let place = |kind: &str, file: &str| format!("{kind}:{}", home.path().join(file).display());
    let source = format!("oci:{}:v1", fixture.path().display());

    let docker = place("docker-archive", "d.tar:127.0.0.1:5000/lab/d:1");
    run("skopeo", ["copy", "-q", &source, &docker]).succeeds();
    let oci = place("oci-archive", "o.tar:lab/o:2");
    run("skopeo", ["copy", "-q", &source, &oci]).succeeds();
    let tagged = place("oci-archive", "t.tar:3");
    run("skopeo", ["copy", "-q", &source, &tagged]).succeeds();

    let fresh = Home::fresh();
    let load = |file: &str| fresh.run(["load", "-i", home.path().join(file).to_str().unwrap()]).succeeds();
    load("d.tar").prints("Loaded image: 127.0.0.1:5000/lab/d:1\n");
    load("o.tar").prints("Loaded image: lab/o:2\n");
    load("t.tar").prints(&format!("Loaded image ID: {expected}\n"));
    assert_eq!(id(&fresh, "127.0.0.1:5000/lab/d:1"), expected);
    fresh.run(["digest", "store:lab/o:2"]).succeeds().prints(&format!("{}\n", fixture.root.digest));
}

#[test]
fn skopeo_and_regcli_copy_between_archives_and_find_each_others_names() {
    if missing("skopeo") {
        return;
    }
    let (home, fixture) = (Home::fresh(), Fixture::small());
    let place = |kind: &str, rest: &str| format!("{kind}:{}", home.path().join(rest).display());
    home.run(["copy", "-q", &fixture.place(), &place("oci-archive", "a.tar:lab/app:1")]).succeeds();
    run(
        "skopeo",
        ["copy", "-q", &place("oci-archive", "a.tar:lab/app:1"), &place("docker-archive", "b.tar:lab/b:1")],
    )
    .succeeds();
    home.run([
        "copy",
        "-q",
        &place("docker-archive", "b.tar:lab/b:1"),
        &place("docker-archive", "c.tar:lab/c:1"),
    ])
    .succeeds();
    let found = run("skopeo", ["inspect", &place("docker-archive", "c.tar:lab/c:1")]).succeeds();
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["Architecture"], json!("amd64"));
    let archive = home.path().join("c.tar");
    assert_eq!(document(&archive, "manifest.json")[0]["RepoTags"], json!(["lab/c:1"]));
    let config = home.run(["config", &place("docker-archive", "c.tar")]).succeeds();
    let original = home.run(["config", &fixture.place()]).succeeds();
    assert!(config.raw == original.raw, "the config is the same after three copies");
}
