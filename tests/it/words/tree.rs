//! `images --tree`: docker.md §6, in the style of docker 28 and 29.

use crate::support::{Fixture, Home, Kind, Outcome, blob_path};

use super::{Recording, keep, publish, short};

/// A home with one image for one platform under two names, and an index of which one platform was pulled.
fn home() -> (Home, Recording) {
    let registry = Kind::Embedded.open();
    let (home, index, small) = (Home::fresh(), Fixture::multi_platform(), Fixture::many_layers(2));
    let name = format!("{}/lab/multi:1", registry.host());
    publish(&home, &index, &name);
    home.run(["pull", "-q", "--platform", "linux/arm64", &name]).succeeds();
    home.run(["tag", &name, "lab/multi:1"]).succeeds();
    home.run(["rmi", &name]).succeeds();
    keep(&home, &small, "app:latest");
    keep(&home, &small, "app:v1");
    let arm64 = home.run(["inspect", "-f", "{{.Id}}", "lab/multi:1"]).succeeds();
    // How large they are is gzip's business.
    let sizes = home.run(["images", "--format", "{{.Size}}"]).succeeds().stdout;
    let recording = sizes
        .lines()
        .fold(Recording::at(&home), |recording, size| recording.with(format!("{size:>6}"), "<SIZE>"))
        .with(short(&small.config_digest()), "<-id-small->")
        .with(short(&index.root.digest), "<-id-index->")
        .with(short(arm64.last_line()), "<-id-arm64->")
        .with(short(&index.manifests["linux/amd64"].digest), "<--amd64--->")
        .with(short(&index.manifests["linux/arm/v7"].digest), "<---armv7-->");
    (home, recording)
}

const TREE: &str = "
    out| IMAGE               ID             DISK USAGE   CONTENT SIZE   EXTRA
    out| app:latest
    out| app:v1              <-id-small->       <SIZE>         <SIZE>
    out| └─ linux/amd64      <-id-small->       <SIZE>         <SIZE>
    out|
    out| lab/multi:1         <-id-index->       <SIZE>         <SIZE>
    out| ├─ linux/amd64      <--amd64--->           0B            N/A   not pulled
    out| ├─ linux/arm64/v8   <-id-arm64->       <SIZE>         <SIZE>
    out| └─ linux/arm/v7     <---armv7-->           0B            N/A   not pulled
    exit 0";

#[test]
fn each_image_has_its_platforms_and_what_there_is_of_them() {
    let (home, recording) = home();
    let check = |outcome: Outcome, expected: &str| recording.check(&outcome, expected);
    check(home.run(["images", "--tree"]), TREE);
    check(home.run(["image", "ls", "--tree"]), TREE);
    let ascii = TREE.replace('├', "|").replace('└', "`").replace('─', "-");
    check(home.regcli(["images", "--tree"]).env("LANG", "C").run(), &ascii);
    check(home.regcli(["images", "--tree"]).env("LC_ALL", "POSIX").run(), &ascii);
    check(
        home.run(["images", "--tree", "app:v*"]),
        "out| IMAGE            ID             DISK USAGE   CONTENT SIZE   EXTRA
         out| app:v1           <-id-small->       <SIZE>         <SIZE>
         out| └─ linux/amd64   <-id-small->       <SIZE>         <SIZE>
         exit 0",
    );
    check(
        home.run(["images", "--tree", "nosuch"]),
        "out| IMAGE   ID             DISK USAGE   CONTENT SIZE   EXTRA\nexit 0",
    );
}

#[test]
fn flags_that_do_not_go_with_a_tree_are_refused_in_dockers_words() {
    let home = Home::fresh();
    for (given, flag) in [
        ("-q", "--quiet"),
        ("--no-trunc", "--no-trunc"),
        ("--digests", "--digests"),
        ("--format=json", "--format"),
    ] {
        Recording::at(&home).check(
            &home.run(["images", "--tree", given]),
            &format!("err| error: {flag} is not yet supported with --tree\nexit 125"),
        );
    }
}

#[test]
fn an_image_that_is_damaged_does_not_spoil_the_tree() {
    let (home, small) = (Home::fresh(), Fixture::small());
    keep(&home, &small, "app:1");
    let layer = small.blobs.iter().find(|blob| blob.digest != small.config_digest()).unwrap();
    std::fs::remove_file(blob_path(&home.store(), &layer.digest)).unwrap();
    let outcome = home.run(["images", "--tree"]).succeeds();
    assert!(outcome.stdout.lines().any(|line| line.ends_with("   incomplete")), "{outcome}");
    std::fs::remove_file(blob_path(&home.store(), &small.root.digest)).unwrap();
    let outcome = home.run(["images", "--tree"]).succeeds().complains("WARNING: ");
    assert!(outcome.stdout.lines().any(|line| line.ends_with("   not pulled")), "{outcome}");
}
