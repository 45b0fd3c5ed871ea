//! `copy` from and to archives.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Kind};

use super::{document, is_tidy, keep, old_archive, save};

#[test]
fn from_a_registry_to_an_archive_the_store_is_not_touched() {
    for kind in Kind::present() {
        let registry = kind.open();
        for (name, fixture) in [
            ("small", Fixture::small()),
            ("many", Fixture::many_layers(40)),
            ("heavy", Fixture::heavy(24 << 20)),
            ("index", Fixture::multi_platform()),
        ] {
            let home = Home::fresh();
            let (there, back) =
                (format!("{}/{name}:1", registry.host()), format!("{}/{name}:2", registry.host()));
            home.run(["copy", "-q", &fixture.place(), &there]).succeeds();
            let copied = home.run(["copy", "-q", &there, "oci-archive:x.tar:1"]).succeeds();
            copied.prints(&format!("oci-archive:x.tar:1@{}\n", fixture.root.digest));
            assert!(!home.store().exists(), "{name}");
            assert_eq!(home.entries(), 1, "only the archive is there");

            home.run(["copy", "-q", "oci-archive:x.tar:1", &back]).succeeds();
            home.run(["digest", &back]).succeeds().prints(&format!("{}\n", fixture.root.digest));
            assert!(!home.store().exists(), "{name}");
        }
    }
}

#[test]
fn an_archive_has_the_names_that_its_place_says() {
    let (home, fixture) = (Home::fresh(), Fixture::small());
    let names = |place: &str| {
        home.run(["copy", "-q", &fixture.place(), place]).succeeds();
        let file = home.path().join("x.tar");
        let annotations = document(&file, "index.json")["manifests"][0]["annotations"].clone();
        (document(&file, "manifest.json")[0]["RepoTags"].clone(), annotations)
    };
    let (short, long) = ("org.opencontainers.image.ref.name", "io.containerd.image.name");
    assert_eq!(names("oci-archive:x.tar"), (json!(null), json!(null)));
    assert_eq!(names("oci-archive:x.tar:1"), (json!(null), json!({short: "1"})));
    assert_eq!(names("oci-archive:x.tar:lab/a:1"), (json!(["lab/a:1"]), json!({short: "lab/a:1"})));
    assert_eq!(names("docker-archive:x.tar"), (json!(null), json!(null)));
    let full = json!({short: "latest", long: "docker.io/library/a:latest"});
    assert_eq!(names("docker-archive:x.tar:a"), (json!(["a:latest"]), full));
}

#[test]
fn one_of_several_images_is_found_by_each_of_its_names() {
    let home = Home::fresh();
    let (small, docker) = (Fixture::small(), Fixture::docker());
    keep(&home, &small, "lab/a:1");
    keep(&home, &docker, "lab/b:2");
    save(&home, "x.tar", &["lab/a:1", "lab/b:2"]);
    for (place, fixture) in [
        ("oci-archive:x.tar:1", &small),
        ("oci-archive:x.tar:2", &docker),
        ("oci-archive:x.tar:lab/b:2", &docker),
        ("docker-archive:x.tar:lab/a:1", &small),
        ("docker-archive:x.tar:docker.io/lab/b:2", &docker),
    ] {
        home.run(["digest", place]).succeeds().prints(&format!("{}\n", fixture.root.digest));
        let manifest = home.run(["manifest", place]).succeeds();
        assert!(manifest.raw == fixture.content(&fixture.root.digest));
    }
    let outcome = home.run(["digest", "oci-archive:x.tar"]).ends_with(1);
    outcome.complains("error: several images in x.tar: lab/a:1, lab/b:2\n");
    let outcome = home.run(["copy", "docker-archive:x.tar:lab/c:1", "oci:y"]).ends_with(3);
    outcome.complains("error: image docker.io/lab/c:1 not found in x.tar\n");
    assert!(!home.path().join("y").exists());
}

#[test]
fn an_old_archive_goes_to_a_registry_and_a_compressed_one_to_a_layout() {
    let home = Home::fresh();
    fs::write(home.path().join("old.tar"), old_archive()).unwrap();
    let registry = Kind::Embedded.open();
    let target = format!("{}/old:1", registry.host());
    home.run(["copy", "-q", "docker-archive:old.tar", &target]).succeeds();
    let digest = home.run(["digest", &target]).succeeds().stdout;
    crate::support::run("gzip", [home.path().join("old.tar")]).succeeds();
    home.run(["copy", "-q", "docker-archive:old.tar.gz:lab/old:1", "oci:lay:1"]).succeeds();
    home.run(["digest", "oci:lay:1"]).succeeds().prints(&digest);
    assert!(is_tidy(&home), "what was unpacked is gone");
}

#[test]
fn of_an_archive_with_a_part_of_an_index_the_one_image_there_is_copied() {
    let (home, fixture) = (Home::fresh(), Fixture::multi_platform());
    let registry = Kind::Embedded.open();
    let (all, one) = (format!("{}/all:1", registry.host()), format!("{}/one:1", registry.host()));
    home.run(["copy", "-q", &fixture.place(), &all]).succeeds();
    home.run(["pull", "-q", "--platform", "linux/arm/v7", &all]).succeeds();
    save(&home, "x.tar", &[&all]);
    let arm = &fixture.manifests["linux/arm/v7"].digest;
    home.run(["copy", "-q", "oci-archive:x.tar", &one]).succeeds().prints(&format!("{one}@{arm}\n"));
    // In the store the index keeps its digest.
    let fresh = Home::fresh();
    fresh.run(["load", "-i", home.path().join("x.tar").to_str().unwrap()]).succeeds();
    fresh.run(["digest", &format!("store:{all}")]).succeeds().prints(&format!("{}\n", fixture.root.digest));
}

#[test]
fn r2_several_platforms_go_into_an_archive_that_can_be_copied_on() {
    let (home, fixture) = (Home::fresh(), Fixture::multi_platform());
    let platforms = ["copy", "--platform", "linux/arm64", "--platform", "linux/amd64"];
    let copy = |options: &[&str]| {
        let ends = [fixture.place(), "oci-archive:m.tar:1".to_owned()];
        let options = platforms.iter().chain(options).copied().map(str::to_owned);
        home.run(options.chain(ends)).succeeds()
    };
    let foreseen = copy(&["-q", "--dry-run"]);
    let copied = copy(&["-q"]);
    assert_eq!(copied.stdout, foreseen.stdout);
    let digest = document(&home.path().join("m.tar"), "index.json")["manifests"][0]["digest"].clone();
    let digest = digest.as_str().unwrap();
    copied.prints(&format!("oci-archive:m.tar:1@{digest}\n"));
    assert_ne!(digest, fixture.root.digest);

    let registries: Vec<_> = Kind::present().map(Kind::open).collect();
    let places = registries.iter().map(|registry| format!("{}/x:1", registry.host()));
    for place in places.chain(["store:lab/x:1".to_owned(), "oci:lay:1".to_owned()]) {
        home.run(["copy", "-q", "oci-archive:m.tar", &place]).succeeds();
        home.run(["digest", &place]).succeeds().prints(&format!("{digest}\n"));
    }
}

#[test]
fn r2_of_an_archive_with_a_part_of_an_index_the_images_there_are_copied() {
    let (home, fixture) = (Home::fresh(), Fixture::multi_platform());
    // A layout may have an index without all of its images, and an archive of another program may too.
    let platforms = ["copy", "-q", "--platform", "linux/arm64", "--platform", "linux/amd64"];
    home.run(platforms.map(str::to_owned).into_iter().chain([fixture.place(), "oci:lay:1".to_owned()]))
        .succeeds();
    let layout = home.path().join("lay");
    let archive = layout.with_extension("tar");
    crate::support::run("tar", ["-C", layout.to_str().unwrap(), "-cf", archive.to_str().unwrap(), "."])
        .succeeds();

    for place in ["store:lab/x:1", "oci:to:1"] {
        home.run(["copy", "-q", "oci-archive:lay.tar", place]).succeeds();
        home.run(["digest", place]).succeeds().prints(&format!("{}\n", fixture.root.digest));
    }
    let registries: Vec<_> = Kind::present().map(Kind::open).collect();
    let places = registries.iter().map(|registry| format!("{}/x:1", registry.host()));
    for place in places.chain(["oci-archive:new.tar:1".to_owned()]) {
        let foreseen = home.run(["copy", "-q", "--dry-run", "oci-archive:lay.tar", &place]).succeeds();
        home.run(["copy", "-q", "oci-archive:lay.tar", &place]).succeeds().prints(&foreseen.stdout);
        let index: Value = serde_json::from_slice(&home.run(["manifest", &place]).succeeds().raw).unwrap();
        let digests: Vec<_> =
            index["manifests"].as_array().unwrap().iter().map(|entry| &entry["digest"]).collect();
        let copied = ["linux/amd64", "linux/arm64/v8"].map(|platform| &fixture.manifests[platform].digest);
        assert_eq!(digests, copied);
    }
}

#[test]
fn a_copy_that_fails_leaves_the_archive_that_was_there() {
    let (home, fixture) = (Home::fresh(), Fixture::small());
    home.run(["copy", "-q", &fixture.place(), "oci-archive:x.tar:1"]).succeeds();
    let before = fs::read(home.path().join("x.tar")).unwrap();
    let broken = Fixture::heavy(2 << 20);
    let layer = broken.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let path = crate::support::blob_path(broken.path(), &layer.digest);
    let mut content = fs::read(&path).unwrap();
    content[1000] ^= 1;
    fs::write(path, content).unwrap();
    let outcome = home.run(["copy", "-q", &broken.place(), "oci-archive:x.tar:1"]).ends_with(6);
    outcome.complains(&format!("error: filesystem layer verification failed for digest {}\n", layer.digest));
    assert!(fs::read(home.path().join("x.tar")).unwrap() == before);
    assert_eq!(home.entries(), 1, "no temporary file is left");
}

#[test]
fn a_dry_run_makes_no_archive() {
    let (home, fixture) = (Home::fresh(), Fixture::small());
    let arguments = ["copy", "--dry-run", &fixture.place(), "oci-archive:x.tar:1"];
    let told = home.run(arguments).succeeds();
    assert!(told.stdout.contains("\noci-archive:x.tar:1: would copy "), "{told}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
