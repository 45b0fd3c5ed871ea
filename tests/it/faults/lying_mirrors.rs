//! Mirrors that send wrong bytes, which the registry itself could serve.

use std::fs;

use crate::support::scripted::{Answer, Route, Scripted};
use crate::support::{Fixture, Outcome};

use super::Pulling;
use super::mirrors::Mirrored;

/// Enough for a speed, and read as a whole for it.
const LAYER: usize = 300 << 10;

/// The largest file, which takes most of its layer.
const LARGEST: &str = "/usr/share/words";

const PATH: &str = "/etc/os-release";

/// The place of a byte in a body of so many.
type Place = fn(usize) -> usize;

/// The first byte, which makes a layer no archive, and one that leaves it an archive as far as its beginning says.
const PLACES: [Place; 2] = [|_| 0, |length| length / 2];

/// Lets a server change one byte of every blob.
fn flip(server: &Scripted, place: Place) {
    let change = move |answer: &mut Answer| {
        let mut body = answer.body.to_vec();
        if !body.is_empty() {
            let at = place(body.len());
            body[at] ^= 1;
        }
        answer.body = body.into();
    };
    server.on(Route::Blob).edit(move |_, answer| change(answer)).forever();
}

impl Mirrored {
    /// The commands that read all of an image, or a part of it.
    fn commands(&self) -> Vec<Vec<String>> {
        let out = |name: &str| self.there.home.path().join(name).to_str().unwrap().to_owned();
        let image = self.there.image();
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        vec![
            line(&["files", "-q", &image]),
            line(&["cat", &image, PATH]),
            line(&["extract", "-C", &out("files"), &image, "/"]),
            line(&["export", "-o", &out("export.tar"), &image]),
            line(&["pull", &image]),
            line(&["copy", "-q", &image, "store:other.example/app:1"]),
            line(&["size", &image]),
        ]
    }

    /// Asserts that a command did well, and has named the mirror as the one that was left out.
    #[track_caller]
    fn names_the_mirror(&self, done: &Outcome) {
        let words = format!("mirror {} is left out", self.mirror.host());
        assert!(done.stderr.contains(&words), "{}", done.stderr);
    }
}

#[test]
fn a_mirror_with_wrong_bytes_breaks_no_command_even_without_retries() {
    for place in PLACES {
        let count = Mirrored::of(Pulling::small()).commands().len();
        // The last one reads no blob.
        for number in 0..count - 1 {
            let scene = Mirrored::of(Pulling::small());
            flip(&scene.mirror, place);
            let command = scene.commands().swap_remove(number);
            let line = ["--retry", "0"].into_iter().chain(command.iter().map(String::as_str));

            let done = scene.there.home.run(line).succeeds();

            scene.names_the_mirror(&done);
            if command[0] == "cat" {
                assert!(done.stdout.starts_with("ID=regcli\n"), "{}", done.stdout);
            }
            if command[0] == "pull" {
                scene.there.is_kept();
            }
        }
    }
}

#[test]
fn a_list_that_is_kept_makes_wrong_bytes_of_a_mirror_no_error() {
    for place in PLACES {
        for command in ["cat", "extract"] {
            let scene = Mirrored::of(Pulling::small());
            let (home, image) = (&scene.there.home, scene.there.image());
            let folder = home.path().join("files");
            let read = || match command {
                "cat" => home.run(["cat", &image, LARGEST]).succeeds(),
                _ => home.run(["extract", "-C", folder.to_str().unwrap(), &image, "/"]).succeeds(),
            };
            let content = |done: &Outcome| match command {
                "cat" => done.stdout.clone(),
                _ => fs::read_to_string(folder.join(&LARGEST[1..])).unwrap(),
            };
            let right = content(&read());
            let _ = fs::remove_dir_all(&folder);
            flip(&scene.mirror, place);

            let done = read();

            scene.names_the_mirror(&done);
            assert_eq!(content(&done), right);
        }
    }
}

#[test]
fn wrong_bytes_of_the_registry_do_not_match_the_digest_whether_a_list_is_kept_or_not() {
    for place in PLACES {
        for is_kept in [false, true] {
            let there = Pulling::small();
            if is_kept {
                there.home.run(["files", "-q", &there.image()]).succeeds();
            }
            flip(&there.registry, place);

            let failed = there.home.run(["cat", &there.image(), LARGEST]).ends_with(6);

            assert!(failed.stderr.contains("does not match its digest"), "{}", failed.stderr);
        }
    }
}

#[test]
fn a_mirror_with_another_manifest_than_it_states_breaks_no_command() {
    let count = Mirrored::of(Pulling::small()).commands().len();
    for number in 0..count {
        let scene = Mirrored::of(Pulling::small());
        let spoil = scene.mirror.on(Route::Manifest).edit(|_, answer| {
            let Ok(mut manifest) = serde_json::from_slice::<serde_json::Value>(&answer.body) else { return };
            manifest["layers"] = "none".into();
            answer.body = manifest.to_string().into();
        });
        spoil.forever();
        let command = scene.commands().swap_remove(number);

        let done = scene.there.home.run(command.iter().map(String::as_str)).succeeds();

        scene.names_the_mirror(&done);
        assert!(!done.stderr.contains("the registry states"), "{}", done.stderr);
    }
}

#[test]
fn a_mirror_with_wrong_content_does_not_pass_the_test_of_mirrors() {
    for place in PLACES {
        let scene = Mirrored::of(Pulling::small());
        flip(&scene.mirror, place);
        let home = &scene.there.home;
        let format = "{{.Mirror}}|{{.Manifest}}|{{.Verdict}}";

        let tested = home.run(["mirror", "test", "--image", &scene.there.image(), "--format", format]);

        let tested = tested.ends_with(1);
        let rows: Vec<&str> = tested.stdout.lines().collect();
        assert_eq!(rows[0], "(the registry)|yes|works", "{rows:#?}");
        assert!(rows[1].starts_with(&format!("{}|yes|wrong content", scene.mirror.origin())), "{rows:#?}");
    }
}

#[test]
fn a_mirror_whose_layers_alone_are_wrong_does_not_pass_the_test_of_mirrors() {
    let scene = Mirrored::of(Pulling::of(Scripted::start(), Fixture::heavy(LAYER)));
    scene.mirror.on(Route::Blob).of(&scene.there.layer().digest).flip_byte(100).forever();
    let test = ["mirror", "test", "--image", &scene.there.image(), "--format", "{{.Verdict}}"];

    let tested = scene.there.home.run(test).ends_with(1);

    assert!(tested.stdout.starts_with("works\nwrong content: "), "{}", tested.stdout);
}
