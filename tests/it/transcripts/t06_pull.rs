//! Transcript 06: pulls that are decided by who asks, and for which platform.

use crate::support::{Fault, Fixture, Home, Hub, Kind, Proxy};
use crate::words::{Recording, publish};

use super::{login, recording};

#[test]
fn transcript_06_who_is_logged_in_at_the_hub_and_what_is_not_there() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    let fixture = Fixture::small();
    publish(&Home::fresh(), &fixture, &format!("{}/demo/base:1", registry.host()));
    hub.keep_namespaces_apart();
    let run = |arguments: &[&str]| home.regcli(arguments).envs(hub.env());
    run(&["login", "-u", "demo", "--password-stdin"]).stdin("hunter2").run().succeeds();
    let recording = Recording::at(&home).with_image(&fixture);
    recording.check(
        &run(&["pull", "nobody/private"]).run(),
        "out| Using default tag: latest
         err| error: pull access denied for nobody/private, repository does not exist or may require 'docker login': \
         denied: requested access to the resource is denied
         err|   caused by: Get \"https://registry-1.docker.io/v2/nobody/private/manifests/latest\" answered 401 Unauthorized
         err|
         err| hint: docker.io does not let this account use nobody/private: use another repository, or log \
         in with another account: regcli login
         exit 4",
    );
    recording.check(
        &run(&["--progress", "none", "pull", "demo/base:1"]).run(),
        "out| 1: Pulling from demo/base
         out| Digest: DIGEST
         out| Status: Downloaded newer image for demo/base:1
         out| docker.io/demo/base:1
         exit 0",
    );
    recording.check(
        &run(&["pull", "demo/nothere"]).run(),
        "out| Using default tag: latest
         err| error: manifest for demo/nothere:latest not found: manifest unknown: manifest unknown
         err|   caused by: Get \"https://registry-1.docker.io/v2/demo/nothere/manifests/latest\" answered 404 Not Found
         exit 3",
    );
    // Signatures of Docker's own kind are no more; nobody is asked for them.
    let trusting = run(&["pull", "-q", "demo/base:1"]).env("DOCKER_CONTENT_TRUST", "1").run();
    recording.check(&trusting, "out| docker.io/demo/base:1\nexit 0");
}

#[test]
fn transcript_06_a_name_in_upper_case() {
    let home = Home::fresh();
    Recording::at(&home).check(
        &home.run(["pull", "UPPER"]),
        "err| error: invalid reference format: repository name (library/UPPER) must be lowercase
         err|
         err|   UPPER
         err|   ^
         err|
         err| hint: use lower case: upper
         exit 125",
    );
}

#[test]
fn transcript_06_an_index_without_this_machines_platform() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/ubuntu:multi", registry.host());
    publish(&home, &Fixture::multi_platform(), &image);
    let recording = recording(&home, registry.host());
    let refused = home.regcli(["pull", &image]).env("DOCKER_DEFAULT_PLATFORM", "linux/s390x").run();
    recording.check(
        &refused,
        "out| multi: Pulling from ubuntu
         err| error: no matching manifest for linux/s390x in the manifest list entries
         err|
         err| hint: available: linux/amd64, linux/arm64/v8, linux/arm/v7 (choose with --platform)
         exit 3",
    );
    home.run(["pull", "-q", "--platform", "linux/arm64", &image]).succeeds();
}

#[test]
fn transcript_06_a_password_that_is_wrong_and_one_that_is_right() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    login(&home, "user1", "s3cret", registry.host()).succeeds();
    let image = format!("{}/x:1", registry.host());
    publish(&home, &Fixture::small(), &image);
    recording(&home, registry.host()).check(&home.run(["pull", "-q", &image]), "out| HOST/x:1\nexit 0");
}

#[test]
fn an_image_of_dockers_old_format_is_refused_in_dockers_words() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let home = Home::fresh();
    let image = format!("{}/old:1", proxy.host());
    let kind =
        || vec![("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws".to_owned())];
    let body = r#"{"schemaVersion":1,"name":"old","tag":"1","fsLayers":[],"history":[]}"#;
    let words =
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. ";
    let more = "More information at https://docs.docker.com/go/deprecated-image-specs/";
    proxy.fault("GET", "/manifests/", Fault::Answer { status: 200, headers: kind(), body });
    recording(&home, proxy.host()).check(
        &home.run(["pull", &image]),
        &format!(
            "err| error: {words}Suggest the author of HOST/old:1 to upgrade the image to the OCI Format or Docker \
             Image manifest v2, schema 2. {more}
             exit 1"
        ),
    );
    proxy.fault("GET", "/manifests/", Fault::Answer { status: 200, headers: kind(), body });
    home.run(["copy", "-q", &image, "store:x"]).ends_with(1).complains(words);
}
