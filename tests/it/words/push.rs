//! `push` that succeeds: transcript 05.

use crate::support::{Fixture, Home, Kind};

use super::{Recording, keep};

const KINDS: [Kind; 2] = [Kind::Embedded, Kind::Docker];

#[test]
fn transcript_05_first_again_without_a_tag_and_quiet() {
    for kind in KINDS {
        if kind.missing() {
            return;
        }
        for fixture in [Fixture::small(), Fixture::docker()] {
            let registry = kind.open();
            let home = Home::fresh();
            let image = format!("{}/ubuntu", registry.host());
            keep(&home, &fixture, "lab/base:1");
            let recording = Recording::at(&home)
                .with(registry.host(), "HOST")
                .with_image(&fixture)
                .with(format!("size: {}", fixture.root.size), "size: SIZE");
            recording.check(&home.run(["tag", "lab/base:1", &image]), "exit 0");
            recording.check(
                &home.run(["--jobs", "1", "push", &format!("{image}:latest")]),
                "out| The push refers to repository [HOST/ubuntu]
                 out| latest: digest: DIGEST size: SIZE
                 err| LAYER1: Preparing
                 err| LAYER0: Preparing
                 err| LAYER0: Pushed
                 err| LAYER1: Pushed
                 exit 0",
            );
            recording.check(
                &home.run(["push", &image]),
                "out| Using default tag: latest
                 out| The push refers to repository [HOST/ubuntu]
                 out| latest: digest: DIGEST size: SIZE
                 err| LAYER1: Preparing
                 err| LAYER0: Preparing
                 err| LAYER0: Layer already exists
                 err| LAYER1: Layer already exists
                 exit 0",
            );
            // Docker prints the name alone; with the digest it says what it means for good.
            for quiet in ["-q", "--quiet"] {
                let outcome = home.run(["push", quiet, &image]);
                recording.check(&outcome, "out| HOST/ubuntu:latest@DIGEST\nexit 0");
            }
            let outcome = home.run(["image", "push", "-q", &image]);
            recording.check(&outcome, "out| HOST/ubuntu:latest@DIGEST\nexit 0");
        }
    }
}

#[test]
fn transcript_05_layers_of_another_repository_are_mounted() {
    for kind in KINDS {
        if kind.missing() {
            return;
        }
        let registry = kind.open();
        let home = Home::fresh();
        let (below, above) = (Fixture::many_layers(1), Fixture::many_layers(2));
        let image = |name: &str| format!("{}/{name}", registry.host());
        keep(&home, &below, &image("ubuntu:latest"));
        keep(&home, &above, &image("team/app:1.0"));
        home.run(["push", "-q", &image("ubuntu")]).succeeds();
        let recording = Recording::at(&home)
            .with(registry.host(), "HOST")
            .with_image(&above)
            .with(format!("size: {}", above.root.size), "size: SIZE");
        recording.check(
            &home.run(["--jobs", "1", "push", &image("team/app:1.0")]),
            "out| The push refers to repository [HOST/team/app]
             out| 1.0: digest: DIGEST size: SIZE
             err| LAYER1: Preparing
             err| LAYER0: Preparing
             err| LAYER0: Mounted from ubuntu
             err| LAYER1: Pushed
             exit 0",
        );
        home.run(["tag", &image("team/app:1.0"), &image("team/app2:1.0")]).succeeds();
        let third = home.run(["--jobs", "1", "push", &image("team/app2:1.0")]).succeeds();
        third.complains("Mounted from team/app\n");
    }
}

#[test]
fn transcript_05_all_tags_are_pushed_in_their_order() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let fixture = Fixture::many_layers(1);
    let image = format!("{}/team/app", registry.host());
    for tag in ["1.2", "1.0", "1.1"] {
        keep(&home, &fixture, &format!("{image}:{tag}"));
    }
    let recording = Recording::at(&home)
        .with(registry.host(), "HOST")
        .with_image(&fixture)
        .with(format!("size: {}", fixture.root.size), "size: SIZE");
    recording.check(
        &home.run(["--jobs", "1", "push", "-a", &image]),
        "out| The push refers to repository [HOST/team/app]
         out| 1.0: digest: DIGEST size: SIZE
         out| 1.1: digest: DIGEST size: SIZE
         out| 1.2: digest: DIGEST size: SIZE
         err| LAYER0: Preparing
         err| LAYER0: Pushed
         err| LAYER0: Preparing
         err| LAYER0: Layer already exists
         err| LAYER0: Preparing
         err| LAYER0: Layer already exists
         exit 0",
    );
    home.run(["tags", &image]).succeeds().prints("1.0\n1.1\n1.2\n");
}

#[test]
fn docker_29_tells_that_one_image_of_an_index_was_pushed_alone() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    let image = |name: &str| format!("{}/{name}:latest", registry.host());
    super::publish(&home, &fixture, &image("from"));
    home.run(["pull", "-q", "--platform", "linux/arm64", &image("from")]).succeeds();
    home.run(["tag", &image("from"), &image("to")]).succeeds();
    let pushed = &fixture.manifests["linux/arm64/v8"];
    Recording::at(&home)
        .with(registry.host(), "HOST")
        .with(&fixture.root.digest, "INDEX")
        .with(&pushed.digest, "IMAGE")
        .with(format!("size: {}", pushed.size), "size: SIZE")
        .check(
            &home.run(["--progress", "none", "push", &image("to")]),
            "out| The push refers to repository [HOST/to]
             out| latest: digest: IMAGE size: SIZE
             err| Not all multiplatform-content is present and only the available single-platform image was pushed
             err| INDEX -> IMAGE
             exit 0",
        );
}

#[test]
fn docker_29_tells_what_a_push_of_one_platform_leaves_out() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    let image = format!("{}/app:latest", registry.host());
    keep(&home, &fixture, &image);
    let pushed = &fixture.manifests["linux/arm64/v8"];
    Recording::at(&home)
        .with(registry.host(), "HOST")
        .with(&pushed.digest, "IMAGE")
        .with(format!("size: {}", pushed.size), "size: SIZE")
        .check(
            &home.run(["--progress", "none", "push", "--platform", "linux/arm64", &image]),
            "out| The push refers to repository [HOST/app]
             out| latest: digest: IMAGE size: SIZE
             err| Using --platform pushes only the specified platform manifest of a multi-platform image index.
             err| Other components, like attestations, will not be included.
             err| To push the complete multi-platform image, remove the --platform flag.
             err|
             exit 0",
        );
}

#[test]
fn transcript_05_the_flag_for_signatures_is_taken_and_of_no_effect() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let fixture = Fixture::small();
    let image = format!("{}/mine:1", registry.host());
    keep(&home, &fixture, &image);
    Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture).check(
        &home.run(["push", "-q", "--disable-content-trust", &image]),
        "out| HOST/mine:1@DIGEST
         err| Flag --disable-content-trust has been deprecated, support for docker content trust was removed
         exit 0",
    );
}
