//! `pull` that fails: transcript 06.

use crate::support::{Fixture, Home, Hub, Kind};

use super::{Recording, publish};

const KINDS: [Kind; 2] = [Kind::Embedded, Kind::Docker];

#[test]
fn transcript_06_what_is_not_there_is_named_in_full() {
    for kind in KINDS {
        if kind.missing() {
            return;
        }
        let registry = kind.open();
        let home = Home::fresh();
        let host = registry.host();
        publish(&home, &Fixture::small(), &format!("{host}/ubuntu"));
        let digest = format!("sha256:{}", "a".repeat(64));
        let recording = Recording::at(&home).with(host, "HOST").with(&digest, "DIGEST");
        recording.check(
            &home.run(["pull", &format!("{host}/ubuntu:nosuchtag")]),
            "err| error: manifest for HOST/ubuntu:nosuchtag not found: manifest unknown: manifest unknown
             err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/nosuchtag\" answered 404 Not Found
             err|
             err| hint: list the tags of HOST/ubuntu: regcli tags HOST/ubuntu
             exit 3",
        );
        recording.check(
            &home.run(["pull", &format!("{host}/nosuchrepo")]),
            "out| Using default tag: latest
             err| error: manifest for HOST/nosuchrepo:latest not found: manifest unknown: manifest unknown
             err|   caused by: Get \"http://HOST/v2/nosuchrepo/manifests/latest\" answered 404 Not Found
             exit 3",
        );
        recording.check(
            &home.run(["pull", "-a", &format!("{host}/nosuchrepo")]),
            "err| error: repository HOST/nosuchrepo not found: name unknown: repository name not known to registry
             err|   caused by: Get \"http://HOST/v2/nosuchrepo/tags/list?n=1000\" answered 404 Not Found
             exit 3",
        );
        recording.check(
            &home.run(["pull", &format!("{host}/ubuntu@{digest}")]),
            "err| error: manifest for HOST/ubuntu@DIGEST not found: manifest unknown: manifest unknown
             err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/DIGEST\" answered 404 Not Found
             exit 3",
        );
        home.run(["images", "-q"]).succeeds().prints("");
    }
}

#[test]
fn transcript_06_a_platform_that_is_not_in_the_index() {
    let fixture = Fixture::multi_platform();
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/ubuntu:multi", registry.host());
    publish(&home, &fixture, &image);
    for platform in ["linux/riscv64", "windows/amd64"] {
        Recording::at(&home).with(registry.host(), "HOST").check(
            &home.run(["pull", "--platform", platform, &image]),
            &format!(
                "out| multi: Pulling from ubuntu
                 err| error: no matching manifest for {platform} in the manifest list entries
                 err|
                 err| hint: available: linux/amd64, linux/arm64/v8, linux/arm/v7 (choose with --platform)
                 exit 3"
            ),
        );
    }
    home.run(["images", "-q"]).succeeds().prints("");
}

#[test]
fn docker_only_warns_of_another_platform_but_regcli_does_not_take_it() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/ubuntu", registry.host());
    publish(&home, &Fixture::small(), &image);
    let recording = Recording::at(&home).with(registry.host(), "HOST");
    let refused = "out| Using default tag: latest
                   out| latest: Pulling from ubuntu
                   err| error: image is for linux/amd64, not for linux/arm64
                   err|
                   err| hint: available: linux/amd64 (choose with --platform)
                   exit 3";
    let pull = || home.run(["pull", "--platform", "linux/arm64", &image]);
    recording.check(&pull(), refused);
    home.run(["images", "-q"]).succeeds().prints("");
    home.run(["pull", "-q", "--platform", "linux/amd64", &image]).succeeds();
    recording.check(&pull(), refused);
    for command in ["manifest", "digest", "config"] {
        let outcome = home.run([command, "--platform", "linux/arm64", &image]).ends_with(3);
        outcome.prints("").complains("error: image is for linux/amd64, not for linux/arm64\n");
    }
    home.run(["copy", "--platform", "linux/arm64", &image, "store:other"]).ends_with(3);
    home.run(["tag", &image, &format!("{image}:again")]).succeeds();
    home.run(["push", "--platform", "linux/arm64", &format!("{image}:again")]).ends_with(3);
    home.run(["tags", &image]).succeeds().prints("latest\n");
}

#[test]
fn transcript_06_words_that_are_no_platform() {
    let home = Home::fresh();
    for (platform, problem) in [
        ("nonsense", "\"nonsense\": unknown operating system or architecture: invalid argument"),
        ("bad/plat/form/x", "\"bad/plat/form/x\": cannot parse platform specifier: invalid argument"),
    ] {
        Recording::at(&home).check(
            &home.run(["pull", "--platform", platform, "nosuch.invalid/ubuntu"]),
            &format!(
                "err| error: invalid argument \"{platform}\" for \"--platform\" flag: {problem}
                 err|
                 err| Usage:  regcli pull [OPTIONS] NAME[:TAG|@DIGEST]...
                 err|
                 err| Run 'regcli pull --help' for more information
                 exit 125"
            ),
        );
    }
}

#[test]
fn transcript_06_a_registry_that_wants_a_password() {
    for kind in KINDS {
        if kind.missing() {
            return;
        }
        let registry = kind.with_password("user1", "s3cret");
        let home = Home::fresh();
        let recording = Recording::at(&home).with(registry.host(), "HOST");
        let image = format!("{}/x:1", registry.host());
        recording.check(
            &home.run(["pull", &image]),
            "err| error: no basic auth credentials
            err|   caused by: Get \"http://HOST/v2/x/manifests/1\" answered 401 Unauthorized
             err|
             err| hint: log in: regcli login HOST
             exit 4",
        );
        super::config_json::write(
            &home,
            &format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjE6b2xk"}}}}}}"#, registry.host()),
        );
        recording.check(
            &home.run(["pull", &image]),
            "err| error: unauthorized: authentication required
             err|   caused by: Get \"http://HOST/v2/x/manifests/1\" answered 401 Unauthorized
             err|
             err| hint: HOST refused the stored credentials: log in again: regcli login HOST
             exit 4",
        );
    }
}

#[test]
fn transcript_06_nobody_listens() {
    let home = Home::fresh();
    Recording::at(&home).check(
        &home.run(["pull", "127.0.0.1:1/x"]),
        "out| Using default tag: latest
         err| error: Get \"https://127.0.0.1:1/v2/x/manifests/latest\": dial tcp 127.0.0.1:1: connect: connection refused
         err|
         err| hint: no registry listens there: start one with regcli serve --addr 127.0.0.1:1
         exit 5",
    );
    Recording::at(&home).check(
        &home.run(["pull", "nosuch.invalid/x"]),
        "out| Using default tag: latest
         err| error: Get \"https://nosuch.invalid/v2/x/manifests/latest\": dial tcp: lookup nosuch.invalid: no such host
         err|
         err| hint: check the name nosuch.invalid and the network; set HTTPS_PROXY if a proxy is needed
         exit 5",
    );
}

#[test]
fn transcript_06_scratch_is_nothing_to_pull() {
    let home = Home::fresh();
    Recording::at(&home).check(
        &home.run(["pull", "scratch"]),
        "out| Using default tag: latest\nerr| error: 'scratch' is a reserved name\nexit 125",
    );
}

#[test]
fn transcript_06_tags_and_all_tags_do_not_go_together() {
    let home = Home::fresh();
    for command in ["pull", "push"] {
        for image in ["127.0.0.1:1/team/app:1.0", &format!("team/app@sha256:{}", "a".repeat(64))] {
            Recording::at(&home).check(
                &home.run([command, "-a", image]),
                "err| error: tag can't be used with --all-tags/-a\nexit 125",
            );
        }
    }
}

#[test]
fn transcript_06_docker_hub_does_not_say_whether_a_private_repository_exists() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    let pull = |image: &str| home.regcli(["pull", image]).envs(hub.env()).run();
    let denied = |name: &str, hint: &str| {
        format!(
            "out| Using default tag: latest
             err| error: pull access denied for {name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied
             err|   caused by: Get \"https://registry-1.docker.io/v2/{name}/manifests/latest\" answered 401 Unauthorized
             err|
             err| hint: {hint}
             exit 4"
        )
    };
    Recording::at(&home).check(&pull("nobody/private"), &denied("nobody/private", "log in: regcli login"));
    Recording::at(&home).check(
        &pull("nosuchimage"),
        "out| Using default tag: latest
         err| error: manifest for nosuchimage:latest not found: manifest unknown: manifest unknown
         err|   caused by: Get \"https://registry-1.docker.io/v2/library/nosuchimage/manifests/latest\" answered 404 Not Found
         exit 3",
    );
    Recording::at(&home).check(
        &pull("ubuntu:nosuchtag"),
        "err| error: manifest for ubuntu:nosuchtag not found: manifest unknown: manifest unknown
         err|   caused by: Get \"https://registry-1.docker.io/v2/library/ubuntu/manifests/nosuchtag\" answered 404 Not Found
         exit 3",
    );
}
