//! `copy` between places of which one is none, or cannot be used.

use std::fs;

use crate::support::{Fixture, Home, Kind};

use super::{fails, files, names};

#[test]
fn places_that_are_none_are_refused_before_anything_is_done() {
    let home = Home::fresh();
    for (place, problem) in [
        ("oci:", "\"oci:\" is not a valid location: an OCI layout is written oci:FOLDER or oci:FOLDER:TAG\n"),
        ("oci:folder:", "\"oci:folder:\" is not a valid location: "),
        (
            "oci-archive:",
            "\"oci-archive:\" is not a valid location: an archive is written oci-archive:FILE[:TAG] or docker-",
        ),
        (
            "docker-archive::x",
            "\"docker-archive::x\" is not a valid location: an archive is written oci-archive:FILE",
        ),
        (
            "docker-archive:x.tar:Y",
            "invalid reference format: repository name (library/Y) must be lowercase\n",
        ),
        ("docker-daemon:", "invalid reference format\n"),
        ("docker-daemon:Y", "invalid reference format: repository name (library/Y) must be lowercase\n"),
        (
            "containers-storage:x",
            "locations of the kind containers-storage: are not supported; use a registry, ",
        ),
        ("dir:folder", "locations of the kind dir: are not supported; use a registry, "),
        ("store:", "invalid reference format\n"),
        ("ftp://host/x", "invalid reference format\n"),
    ] {
        let before = files(home.path());
        for arguments in [["copy", place, "store:x"], ["copy", "127.0.0.1:1/x", place]] {
            let outcome = home.run(arguments).ends_with(125);
            assert!(outcome.stderr.starts_with(&format!("error: {problem}")), "{outcome}");
        }
        assert_eq!(files(home.path()), before);
    }
}

#[test]
fn a_layout_that_is_not_there_or_does_not_have_it_is_not_found() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    let folder = fixture.path().display();
    fs::create_dir(home.path().join("empty")).unwrap();
    for (place, problem) in [
        ("oci:empty".to_owned(), "no image in empty\n".to_owned()),
        ("oci:empty:1".to_owned(), "image 1 not found in empty\n".to_owned()),
        ("oci:nosuch".to_owned(), "directory nosuch does not exist\n".to_owned()),
        ("oci:nosuch:1".to_owned(), "directory nosuch does not exist\n".to_owned()),
        (format!("oci:{folder}:v2"), format!("image v2 not found in {folder}\n")),
    ] {
        fails(home.run(["copy", &place, "store:x"]), 3, &problem, "");
        fails(home.run(["manifest", &place]), 3, &problem, "");
    }
    assert!(!home.path().join("nosuch").exists(), "looking makes nothing");
    assert_eq!(names(&home), "");
}

#[test]
fn a_platform_that_is_not_there_is_not_copied() {
    let home = Home::fresh();
    let registry = Kind::Embedded.open();
    let target = format!("{}/x:1", registry.host());
    let many = Fixture::multi_platform();
    fails(
        home.run(["copy", "--platform", "linux/riscv64", &many.place(), &target]),
        3,
        "no matching manifest for linux/riscv64 in the manifest list entries\n",
        "available: linux/amd64, linux/arm64/v8, linux/arm/v7 (choose with --platform)",
    );
    fails(
        home.run(["copy", "--platform", "linux/arm64", &Fixture::small().place(), &target]),
        3,
        "image is for linux/amd64, not for linux/arm64\n",
        "available: linux/amd64 (choose with --platform)",
    );
    home.run(["catalog", registry.host()]).succeeds().prints("");
}

#[test]
fn content_that_is_not_what_its_digest_says_arrives_nowhere() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let blob = crate::support::blob_path(fixture.path(), &layer.digest);
    let mut content = fs::read(&blob).unwrap();
    content[100] ^= 1;
    fs::write(&blob, content).unwrap();
    let registry = Kind::Embedded.open();
    for target in ["store:x".to_owned(), "oci:copy:1".to_owned(), format!("{}/x:1", registry.host())] {
        let outcome = home.run(["copy", "-q", &fixture.place(), &target]).ends_with(6);
        let problem = format!("error: filesystem layer verification failed for digest {}\n", layer.digest);
        assert!(outcome.stderr.starts_with(&problem), "{outcome}");
    }
    assert_eq!(names(&home), "");
    home.run(["digest", &format!("{}/x:1", registry.host())]).ends_with(3);
    fails(home.run(["manifest", "oci:copy:1"]), 3, "", "");
}

#[test]
fn a_digest_of_another_image_is_no_name_for_this_one() {
    let home = Home::fresh();
    let other = format!("x@sha256:{}", "a".repeat(64));
    let fixture = Fixture::small();
    let outcome = home.run(["copy", "-q", &fixture.place(), &format!("store:{other}")]);
    let outcome = fails(outcome, 125, "", "");
    outcome.complains(&format!("is not the digest of the image, {}\n", fixture.root.digest));
    assert_eq!(names(&home), "");
}
