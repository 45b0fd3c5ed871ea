//! Limits that the system sets a process: open files, file sizes, lengths of paths.

use std::fs;
use std::path::PathBuf;

use super::{images, is_valid, names_in};
use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy, Registry};

/// An image at a registry.
fn registry(fixture: &Fixture) -> (Registry, String) {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    (registry, image)
}

#[track_caller]
fn limited(home: &Home, limit: &str, arguments: &[&str]) -> Outcome {
    home.regcli(arguments).under("prlimit", [limit, "--"]).run()
}

#[test]
fn f11_thirty_two_open_files_are_enough_for_an_image_of_many_layers() {
    let fixture = Fixture::many_layers(80);
    let (registry, image) = registry(&fixture);
    let home = Home::fresh();
    let archive = home.path().join("archive.tar");
    let archive = archive.to_str().unwrap();
    let other = format!("{}/other/app:1", registry.host());
    for command in [
        &["pull", "-q", &image][..],
        &["pull", "-q", "--jobs", "32", &image],
        &["copy", "-q", &image, &other],
        &["save", "-o", archive, &image],
        &["rmi", &image],
        &["load", "-q", "-i", archive],
        &["tag", &image, &image.replace("team", "third")],
        &["push", "-q", &image.replace("team", "third")],
        &["verify"],
        &["gc"],
        &["images", "-q"],
    ] {
        limited(&home, "--nofile=32", command).succeeds();
    }
    for repository in ["other/app", "third/app"] {
        Api::of(registry.host(), repository).holds(&fixture, "1");
    }
    is_valid(&home.store());
}

#[test]
fn f11_too_few_open_files_are_an_error_that_says_so_and_nothing_half_done() {
    let fixture = Fixture::many_layers(20);
    let (_registry, image) = registry(&fixture);
    let home = Home::fresh();
    for limit in 4..20 {
        let outcome = limited(&home, &format!("--nofile={limit}"), &["pull", "-q", &image]);
        // With the fewest the system cannot even load the program.
        let says_so = outcome.stderr.contains(&format!("error: the limit of open files is {limit}"))
            || outcome.stderr.contains("cannot open shared object file");
        assert!(outcome.code != 0 && says_so, "{limit}\n{outcome}");
        assert_eq!(images(&home), [""; 0], "{limit}\n{outcome}");
    }
    home.run(["pull", "-q", &image]).succeeds();
    is_valid(&home.store());
}

#[test]
fn f01_a_file_that_may_not_grow_is_an_error_and_the_next_run_goes_on() {
    let fixture = Fixture::heavy(4 << 20);
    let (registry, image) = registry(&fixture);
    let proxy = Proxy::before(registry.host());
    let name = format!("{}/team/app:1", proxy.host());
    let home = Home::fresh();
    let hint = "\n\nhint: check the limit of file sizes (ulimit -f)";
    let too_large = |outcome: Outcome| {
        let outcome = outcome.ends_with(1).complains("File too large (os error 27)\n").complains(hint);
        assert!(outcome.stderr.starts_with("error: "), "{outcome}");
    };
    too_large(limited(&home, "--fsize=2097152", &["--progress", "none", "pull", &name]));
    assert_eq!(images(&home), [""; 0]);
    let taken = proxy.blob_bytes_taken();

    home.run(["pull", "-q", &name]).succeeds();

    is_valid(&home.store());
    assert!(proxy.blob_bytes_taken() < taken + fixture.blob_bytes() - (1 << 20), "it went on where it was");
    let (archive, layout) = (home.path().join("archive.tar"), home.path().join("layout"));
    let layout = format!("oci:{}", layout.display());
    for command in [
        &["save", "-o", archive.to_str().unwrap(), &name][..],
        &["--progress", "none", "copy", &image, &layout],
    ] {
        too_large(limited(&home, "--fsize=2097152", command));
        assert_eq!(archive.exists(), command[0] != "save", "there is all of it or nothing");
        home.run(command).succeeds();
    }
    fs::remove_file(&archive).unwrap();
    let left: Vec<_> = names_in(home.path()).into_iter().filter(|name| name.ends_with(".tar")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn f11_paths_of_1024_bytes_work_and_longer_ones_than_the_system_takes_are_an_error() {
    let fixture = Fixture::small();
    let (registry, image) = registry(&fixture);
    let home = Home::fresh();
    let mut folder: PathBuf = home.path().to_owned();
    while folder.as_os_str().len() < 1024 {
        folder.push("镜像".repeat(20));
    }
    let (store, archive) = (folder.join("store"), folder.join("archive.tar"));
    let (store, archive) = (store.to_str().unwrap(), archive.to_str().unwrap());
    let layout = format!("oci:{}:v1", folder.join("layout").display());
    let other = format!("{}/other/app:1", registry.host());
    for command in [
        &["--store", store, "pull", "-q", &image][..],
        &["--store", store, "save", "-o", archive, &image],
        &["--store", store, "load", "-q", "-i", archive],
        &["--store", store, "copy", "-q", &image, &layout],
        &["--store", store, "copy", "-q", &layout, &other],
        &["--store", store, "verify"],
        &["--store", store, "gc"],
    ] {
        home.run(command).succeeds();
    }
    Api::of(registry.host(), "other/app").holds(&fixture, "1");
    is_valid(&folder.join("store"));

    let long_name = home.path().join("x".repeat(300));
    let long_path = home.path().join("y/".repeat(2100));
    for path in [long_name, long_path] {
        let store = path.to_str().unwrap();
        let outcome = home.run(["--store", store, "pull", "-q", &image]).ends_with(1);
        outcome.complains("File name too long (os error 36)\n");
        let outcome = home.run(["copy", "-q", &image, &format!("oci:{store}")]).ends_with(1);
        outcome.complains("File name too long (os error 36)\n");
        let outcome = home.run(["--store", store, "images"]).ends_with(1);
        outcome.complains("File name too long (os error 36)\n");
    }
}
