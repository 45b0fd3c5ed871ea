//! `pull` that succeeds: transcript 06.

use crate::support::{Fixture, Home, Hub, Kind};

use super::{Recording, keep, layers, publish};

const KINDS: [Kind; 2] = [Kind::Embedded, Kind::Docker];

/// A home that has pulled nothing yet, and a registry that has the image `ubuntu:latest`.
fn prepared(kind: Kind, fixture: &Fixture) -> (Home, crate::support::Registry) {
    let registry = kind.open();
    publish(&Home::fresh(), fixture, &format!("{}/ubuntu:latest", registry.host()));
    (Home::fresh(), registry)
}

#[test]
fn transcript_06_no_tag_then_again_then_quiet() {
    for kind in KINDS {
        if kind.missing() {
            return;
        }
        let fixture = Fixture::small();
        let (home, registry) = prepared(kind, &fixture);
        let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
        let image = format!("{}/ubuntu", registry.host());
        recording.check(
            &home.run(["--jobs", "1", "pull", &image]),
            "out| Using default tag: latest
             out| latest: Pulling from ubuntu
             out| Digest: DIGEST
             out| Status: Downloaded newer image for HOST/ubuntu:latest
             out| HOST/ubuntu:latest
             err| LAYER0: Pulling fs layer
             err| LAYER0: Download complete
             err| LAYER1: Pulling fs layer
             err| LAYER1: Download complete
             err| LAYER0: Pull complete
             err| LAYER1: Pull complete
             exit 0",
        );
        recording.check(
            &home.run(["pull", &image]),
            "out| Using default tag: latest
             out| latest: Pulling from ubuntu
             out| Digest: DIGEST
             out| Status: Image is up to date for HOST/ubuntu:latest
             out| HOST/ubuntu:latest
             exit 0",
        );
        for quiet in ["-q", "--quiet"] {
            recording.check(&home.run(["pull", quiet, &image]), "out| HOST/ubuntu:latest\nexit 0");
            let other = Home::fresh();
            recording.check(&other.run(["pull", quiet, &image]), "out| HOST/ubuntu:latest\nexit 0");
        }
        recording.check(&home.run(["image", "pull", "-q", &image]), "out| HOST/ubuntu:latest\nexit 0");
    }
}

#[test]
fn transcript_06_layers_that_are_here_already_exist() {
    let (below, above) = (Fixture::many_layers(1), Fixture::many_layers(2));
    let (home, registry) = prepared(Kind::Embedded, &above);
    keep(&home, &below, "below:1");
    assert_eq!(layers(&below)[0], layers(&above)[0], "they share a layer");
    Recording::at(&home).with(registry.host(), "HOST").with_image(&above).check(
        &home.run(["--jobs", "1", "pull", &format!("{}/ubuntu:latest", registry.host())]),
        "out| latest: Pulling from ubuntu
         out| Digest: DIGEST
         out| Status: Downloaded newer image for HOST/ubuntu:latest
         out| HOST/ubuntu:latest
         err| LAYER0: Already exists
         err| LAYER1: Pulling fs layer
         err| LAYER1: Download complete
         err| LAYER1: Pull complete
         exit 0",
    );
}

#[test]
fn transcript_06_by_digest_and_by_tag_and_digest() {
    let fixture = Fixture::small();
    let (home, registry) = prepared(Kind::Embedded, &fixture);
    let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
    let image = format!("{}/ubuntu", registry.host());
    recording.check(
        &home.run(["--progress", "none", "pull", &format!("{image}@{}", fixture.root.digest)]),
        "out| HOST/ubuntu@DIGEST: Pulling from ubuntu
         out| Digest: DIGEST
         out| Status: Downloaded newer image for HOST/ubuntu@DIGEST
         out| HOST/ubuntu@DIGEST
         exit 0",
    );
    recording.check(
        &home.run(["images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"]),
        "out| HOST/ubuntu <none> DIGEST\nexit 0",
    );
    recording.check(
        &home.run(["pull", &format!("{image}:latest@{}", fixture.root.digest)]),
        "out| HOST/ubuntu@DIGEST: Pulling from ubuntu
         out| Digest: DIGEST
         out| Status: Image is up to date for HOST/ubuntu@DIGEST
         out| HOST/ubuntu:latest@DIGEST
         exit 0",
    );
}

#[test]
fn transcript_06_all_tags_have_one_status() {
    // In the registry's order, which docker-registry leaves to chance.
    let fixture = Fixture::small();
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/team/app", registry.host());
    for tag in ["1.0", "1.1", "1.2"] {
        publish(&home, &fixture, &format!("{image}:{tag}"));
    }
    let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
    for status in ["Downloaded newer image", "Image is up to date"] {
        recording.check(
            &home.run(["--progress", "none", "pull", "-a", &image]),
            &format!(
                "out| 1.0: Pulling from team/app
                 out| Digest: DIGEST
                 out| 1.1: Pulling from team/app
                 out| Digest: DIGEST
                 out| 1.2: Pulling from team/app
                 out| Digest: DIGEST
                 out| Status: {status} for HOST/team/app
                 out| HOST/team/app
                 exit 0"
            ),
        );
    }
    recording.check(&home.run(["pull", "-aq", &image]), "out| HOST/team/app\nexit 0");
}

#[test]
fn transcript_06_the_digest_is_that_of_the_index_whatever_platform_is_taken() {
    for fixture in [Fixture::multi_platform(), Fixture::docker_list()] {
        let (home, registry) = prepared(Kind::Embedded, &fixture);
        let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
        let image = format!("{}/ubuntu:latest", registry.host());
        let downloaded = "out| latest: Pulling from ubuntu
                          out| Digest: DIGEST
                          out| Status: Downloaded newer image for HOST/ubuntu:latest
                          out| HOST/ubuntu:latest
                          exit 0";
        recording.check(
            &home.run(["--progress", "none", "pull", "--platform", "linux/arm64", &image]),
            downloaded,
        );
        let default = home.regcli(["--progress", "none", "pull", &image]);
        recording.check(&default.env("DOCKER_DEFAULT_PLATFORM", "linux/arm/v7").run(), downloaded);
        recording.check(
            &home.run(["pull", "-q", "--platform", "linux/x86_64", &image]),
            "out| HOST/ubuntu:latest\nexit 0",
        );
        let platforms = ["--platform", "linux/arm64", "--platform", "linux/amd64"];
        recording.check(
            &home.run(["pull"].iter().chain(&platforms).copied().chain([image.as_str()])),
            &downloaded.replace("Downloaded newer image", "Image is up to date"),
        );
        recording
            .check(&home.run(["pull", "-q", "--all-platforms", &image]), "out| HOST/ubuntu:latest\nexit 0");
    }
}

#[test]
fn transcript_06_docker_hub_under_all_its_names_gives_one_image() {
    let fixture = Fixture::small();
    let registry = Kind::Embedded.open();
    for repository in ["library/ubuntu", "demo/base"] {
        publish(&Home::fresh(), &fixture, &format!("{}/{repository}", registry.host()));
    }
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    let recording = Recording::at(&home).with_image(&fixture);
    let pull = |image: &str| home.regcli(["--progress", "none", "pull", image]).envs(hub.env()).run();
    recording.check(
        &pull("ubuntu"),
        "out| Using default tag: latest
         out| latest: Pulling from library/ubuntu
         out| Digest: DIGEST
         out| Status: Downloaded newer image for ubuntu:latest
         out| docker.io/library/ubuntu:latest
         exit 0",
    );
    let up_to_date = "out| latest: Pulling from library/ubuntu
                      out| Digest: DIGEST
                      out| Status: Image is up to date for ubuntu:latest
                      out| docker.io/library/ubuntu:latest
                      exit 0";
    recording.check(&pull("docker.io/library/ubuntu:latest"), up_to_date);
    let with_default = format!("out| Using default tag: latest\n{up_to_date}");
    recording.check(&pull("index.docker.io/library/ubuntu"), &with_default);
    recording.check(&pull("library/ubuntu"), &with_default);

    let login = home.regcli(["login", "-u", "demo", "--password-stdin"]).envs(hub.env()).stdin("hunter2");
    login.run().succeeds();
    recording.check(
        &pull("demo/base"),
        "out| Using default tag: latest
         out| latest: Pulling from demo/base
         out| Digest: DIGEST
         out| Status: Downloaded newer image for demo/base:latest
         out| docker.io/demo/base:latest
         exit 0",
    );
}

#[test]
fn transcript_06_the_flag_for_signatures_is_taken_and_of_no_effect() {
    let fixture = Fixture::small();
    let (home, registry) = prepared(Kind::Embedded, &fixture);
    let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
    for flag in ["--disable-content-trust", "--disable-content-trust=true", "--disable-content-trust=false"] {
        recording.check(
            &home.run(["pull", "-q", flag, &format!("{}/ubuntu", registry.host())]),
            "out| HOST/ubuntu:latest
             err| Flag --disable-content-trust has been deprecated, support for docker content trust was removed
             exit 0",
        );
    }
}

#[test]
fn several_images_in_one_command_are_pulled_one_after_the_other() {
    let fixture = Fixture::small();
    let (home, registry) = prepared(Kind::Embedded, &fixture);
    let image = |name: &str| format!("{}/{name}", registry.host());
    publish(&Home::fresh(), &fixture, &image("other:1"));
    Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture).check(
        &home.run(["pull", "-q", &image("ubuntu"), &image("nosuch"), &image("other:1")]),
        "out| HOST/ubuntu:latest
         out| HOST/other:1
         err| error: manifest for HOST/nosuch:latest not found: manifest unknown: manifest unknown
         err|   caused by: Get \"http://HOST/v2/nosuch/manifests/latest\" answered 404 Not Found
         err| 1 of 3 images failed: HOST/nosuch:latest
         exit 1",
    );
}
