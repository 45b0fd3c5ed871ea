//! `save` and `load`: transcript 09. Layers are shown on a terminal only; what is on one is in `terminal.rs`.

use crate::support::{Fixture, Home};

use super::{Recording, keep};

#[test]
fn transcript_09_save_and_load_of_two_images() {
    let home = Home::fresh();
    let recording = Recording::at(&home);
    keep(&home, &Fixture::small(), "lab/base:1");
    keep(&home, &Fixture::docker(), "lab/app:1");
    recording.check(&home.run(["save", "-o", "s.tar", "lab/base:1", "lab/app:1"]), "exit 0");
    let both = "out| Loaded image: lab/base:1
        out| Loaded image: lab/app:1
        exit 0";
    for arguments in
        [&["load", "-i", "s.tar"][..], &["load", "-q", "--input=s.tar"], &["image", "load", "-i", "s.tar"]]
    {
        recording.check(&home.run(arguments), both);
        home.run(["rmi", "-f", "lab/base:1", "lab/app:1"]).succeeds();
    }
    let archive = std::fs::read(home.path().join("s.tar")).unwrap();
    recording.check(&home.regcli(["load"]).stdin(archive).run(), both);
    // Who wants to see lines gets them.
    let recording = recording.with_image(&Fixture::small());
    home.run(["rmi", "-f", "lab/base:1", "lab/app:1"]).succeeds();
    let outcome = home.run(["--progress", "plain", "--jobs", "1", "load", "-i", "s.tar"]).succeeds();
    recording.check(
        &outcome,
        "out| Loaded image: lab/base:1
        out| Loaded image: lab/app:1
        err| LAYER0: Loading layer
        err| LAYER0: Load complete
        err| LAYER1: Loading layer
        err| LAYER1: Load complete
        err| LAYER0: Already exists
        err| LAYER1: Already exists
        exit 0",
    );
}

#[test]
fn transcript_09_save_of_what_is_not_there() {
    let home = Home::fresh();
    for arguments in [&["save", "nosuch:1"][..], &["image", "save", "-o", "x.tar", "nosuch:1"]] {
        Recording::at(&home).check(
            &home.run(arguments),
            "err| error: reference does not exist
            err|   caused by: No such image: nosuch:1
            err|
            err| hint: list the images of the store: regcli images
            exit 3",
        );
    }
}

#[test]
fn transcript_09_load_of_what_is_not_there_or_no_archive() {
    let home = Home::fresh();
    let recording = Recording::at(&home);
    recording.check(
        &home.run(["load", "-i", "/nonexistent.tar"]),
        "err| error: open /nonexistent.tar: no such file or directory
        exit 1",
    );
    recording.check(
        &home.regcli(["load"]).stdin("junk\n").run(),
        "err| error: stdin is not an image archive: it is not a tar, plain or compressed
        exit 1",
    );
    recording.check(
        &home.run(["load"]),
        "err| error: requested load from stdin, but stdin is empty
        exit 1",
    );
}
