//! `tag` and `rmi`: transcript 09.

use crate::support::{Fixture, Home};

use super::{Recording, keep, layers};

const SEE_IMAGES: &str = "err|
    err| hint: list the images of the store: regcli images
    exit 3";

#[track_caller]
fn lists(home: &Home, expected: &str) {
    let format = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
    home.run(format).succeeds().prints(expected);
}

#[test]
fn transcript_09_tag_says_nothing() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/base:1");
    let id = home.run(["images", "-q", "lab/base:1"]).succeeds().stdout.trim().to_owned();
    let recording = Recording::at(&home);
    for (source, target) in [
        ("lab/base:1", "127.0.0.1:5010/ubuntu:latest"),
        ("lab/base:1", "ubuntu"),
        (id.as_str(), "byid:1"),
        (&id[..6], "byid:2"),
        ("docker.io/lab/base:1", "docker.io/library/ubuntu:20.04"),
    ] {
        recording.check(&home.run(["tag", source, target]), "exit 0");
    }
    recording.check(&home.run(["image", "tag", "ubuntu", "ubuntu:again"]), "exit 0");
    lists(
        &home,
        "127.0.0.1:5010/ubuntu:latest\nbyid:1\nbyid:2\nlab/base:1\nubuntu:20.04\nubuntu:again\nubuntu:latest\n",
    );
}

#[test]
fn transcript_09_a_source_that_is_not_there() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/base:1");
    for (source, named) in [("nosuch:1", "nosuch:1"), ("lab/base", "lab/base:latest")] {
        Recording::at(&home).check(
            &home.run(["tag", source, "127.0.0.1:5010/x:1"]),
            &format!("err| error: No such image: {named}\n{SEE_IMAGES}"),
        );
    }
    lists(&home, "lab/base:1\n");
}

#[test]
fn transcript_09_a_target_that_is_no_name() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/base:1");
    let (id, long) = ("1a3f5e7d".repeat(8), format!("x:{}", "t".repeat(129)));
    for (target, problem, position, hint) in [
        (
            "Upper:1",
            "invalid reference format: repository name (library/Upper) must be lowercase",
            0,
            "err|\nerr| hint: use lower case: upper:1\n",
        ),
        ("x:bad:tag", "invalid reference format", 5, ""),
        (
            "http://127.0.0.1:5010/x",
            "invalid reference format",
            5,
            "err|\nerr| hint: leave out http://: a reference begins with the host\n",
        ),
        (&long, "invalid reference format", 130, ""),
        (&id, &format!("invalid repository name ({id}), cannot specify 64-byte hexadecimal strings"), 0, ""),
    ] {
        Recording::at(&home).check(
            &home.run(["tag", "lab/base:1", target]),
            &format!(
                "err| error: Error parsing reference: \"{target}\" is not a valid repository/tag: {problem}
                 err|
                 err|   {target}
                 err|   {}^\n{hint}exit 125",
                " ".repeat(position)
            ),
        );
    }
    Recording::at(&home).check(
        &home.run(["tag", "lab/base:1", &format!("x@sha256:{}", "a".repeat(64))]),
        "err| error: refusing to create a tag with a digest reference\nexit 125",
    );
    lists(&home, "lab/base:1\n");
}

#[test]
fn transcript_09_rmi_takes_a_name_away_and_with_the_last_one_the_content() {
    let home = Home::fresh();
    let fixture = Fixture::many_layers(1);
    keep(&home, &fixture, "ubuntu:latest");
    let id = home.run(["images", "-q", "--no-trunc"]).succeeds().stdout;
    home.run(["tag", "ubuntu", "ubuntu:20.04"]).succeeds();
    let recording = Recording::at(&home)
        .with(id.trim(), "ID")
        .with(&fixture.root.digest, "MANIFEST")
        .with(&layers(&fixture)[0], "LAYER");
    recording.check(&home.run(["rmi", "ubuntu"]), "out| Untagged: ubuntu:latest\nexit 0");
    let outcome = home.run(["rmi", "ubuntu:20.04"]).succeeds();
    let mut lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "Untagged: ubuntu:20.04");
    assert_eq!(lines[1], format!("Deleted: {}", id.trim()), "the image itself goes first");
    lines[2..].sort_unstable();
    let mut rest = [&fixture.root.digest, &layers(&fixture)[0]].map(|digest| format!("Deleted: {digest}"));
    rest.sort_unstable();
    assert_eq!(lines[2..], rest);
    let blobs = home.store().join("blobs/sha256");
    assert_eq!(std::fs::read_dir(blobs).map_or(0, Iterator::count), 0, "nothing is left over");
}

#[test]
fn transcript_09_rmi_of_what_is_not_there() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "ubuntu:latest");
    let missing = format!("err| error: No such image: nosuch:1\n{SEE_IMAGES}");
    let recording = Recording::at(&home);
    recording.check(&home.run(["rmi", "nosuch:1"]), &missing);
    recording.check(&home.run(["rmi", "-f", "nosuch:1"]), &missing.replace("exit 3", "exit 0"));
    home.run(["tag", "ubuntu", "other"]).succeeds();
    // All are tried, and what fails is told.
    recording.check(
        &home.run(["rmi", "nosuch:1", "other"]),
        &format!("out| Untagged: other:latest\n{}", missing.replace("exit 3", "exit 1")),
    );
    lists(&home, "ubuntu:latest\n");
}

#[test]
fn transcript_09_rmi_by_id_wants_force_if_several_repositories_name_the_image() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "ubuntu:latest");
    home.run(["tag", "ubuntu", "lab/base:1"]).succeeds();
    let id = home.run(["images", "-q", "ubuntu"]).succeeds().stdout.trim().to_owned();
    let recording = Recording::at(&home).with(&id, "ID");
    recording.check(
        &home.run(["rmi", &id]),
        "err| error: conflict: unable to delete ID (must be forced) - image is referenced in multiple repositories
         err|
         err| hint: use --force to do it anyway
         exit 1",
    );
    lists(&home, "lab/base:1\nubuntu:latest\n");
    let outcome = home.run(["image", "rm", "--force", &id]).succeeds();
    assert!(outcome.stdout.starts_with("Untagged: lab/base:1\nUntagged: ubuntu:latest\nDeleted: sha256:"));
    lists(&home, "");
}

#[test]
fn transcript_09_rmi_of_a_digest() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    let name = format!("127.0.0.1:5010/ubuntu@{}", fixture.root.digest);
    keep(&home, &fixture, "ubuntu");
    home.run(["copy", "-q", "store:ubuntu", &format!("store:{name}")]).succeeds();
    Recording::at(&home)
        .with(&fixture.root.digest, "DIGEST")
        .check(&home.run(["rmi", &name]), "out| Untagged: 127.0.0.1:5010/ubuntu@DIGEST\nexit 0");
    lists(&home, "ubuntu:latest\n");
}
