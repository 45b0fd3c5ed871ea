//! `push` that fails: transcript 05.

use crate::support::{Fixture, Home, Hub, Kind};

use super::{Recording, keep};

#[test]
fn transcript_05_what_is_not_in_the_store_cannot_be_pushed() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "127.0.0.1:1/ubuntu:latest");
    let recording = Recording::at(&home);
    let hint = "hint: list the images of the store: regcli images";
    recording.check(
        &home.run(["push", "127.0.0.1:1/none"]),
        &format!(
            "out| Using default tag: latest
             out| The push refers to repository [127.0.0.1:1/none]
             err| error: An image does not exist locally with the tag: 127.0.0.1:1/none
             err|
             err| {hint}
             exit 3"
        ),
    );
    recording.check(
        &home.run(["push", "-a", "127.0.0.1:1/none"]),
        &format!(
            "out| The push refers to repository [127.0.0.1:1/none]
             err| error: An image does not exist locally with the tag: 127.0.0.1:1/none
             err|
             err| {hint}
             exit 3"
        ),
    );
    recording.check(
        &home.run(["push", "127.0.0.1:1/ubuntu:nosuchtag"]),
        &format!(
            "out| The push refers to repository [127.0.0.1:1/ubuntu]
             err| error: tag does not exist: 127.0.0.1:1/ubuntu:nosuchtag
             err|
             err| {hint}
             exit 3"
        ),
    );
    recording.check(
        &home.run(["push", &format!("127.0.0.1:1/ubuntu@sha256:{}", "a".repeat(64))]),
        "err| error: cannot push a digest reference\nexit 125",
    );
}

#[test]
fn transcript_05_nobody_listens() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "127.0.0.1:1/x:1");
    Recording::at(&home).check(
        &home.run(["push", "127.0.0.1:1/x:1"]),
        "out| The push refers to repository [127.0.0.1:1/x]
         err| error: Head \"https://127.0.0.1:1/v2/x/manifests/1\": dial tcp 127.0.0.1:1: connect: connection refused
         err|
         err| hint: no registry listens there: start one with regcli serve --addr 127.0.0.1:1
         exit 5",
    );
}

#[test]
fn transcript_05_a_registry_that_wants_a_password() {
    for kind in [Kind::Embedded, Kind::Docker] {
        if kind.missing() {
            return;
        }
        let registry = kind.with_password("user1", "s3cret");
        let home = Home::fresh();
        let image = format!("{}/x:1", registry.host());
        let fixture = Fixture::many_layers(1);
        keep(&home, &fixture, &image);
        let recording = Recording::at(&home).with(registry.host(), "HOST").with_image(&fixture);
        recording.check(
            &home.run(["push", &image]),
            "out| The push refers to repository [HOST/x]
             err| error: no basic auth credentials
             err|   caused by: Get \"http://HOST/v2/x/manifests/1\" answered 401 Unauthorized
             err|
             err| hint: log in: regcli login HOST
             exit 4",
        );
        let write = |password: &str| {
            use base64::Engine as _;
            let auth = base64::engine::general_purpose::STANDARD.encode(format!("user1:{password}"));
            let auths = format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.host());
            super::config_json::write(&home, &auths);
        };
        write("old");
        recording.check(
            &home.run(["push", &image]),
            "out| The push refers to repository [HOST/x]
             err| error: unauthorized: authentication required
             err|   caused by: Get \"http://HOST/v2/x/manifests/1\" answered 401 Unauthorized
             err|
             err| hint: HOST refused the stored credentials: log in again: regcli login HOST
             exit 4",
        );
        write("s3cret");
        recording.check(&home.run(["push", "-q", &image]), "out| HOST/x:1@DIGEST\nexit 0");
    }
}

#[test]
fn transcript_05_somebody_elses_namespace_on_docker_hub() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    let fixture = Fixture::many_layers(1);
    keep(&home, &fixture, "lab/base:1");
    let outcome = home.regcli(["push", "lab/base:1"]).envs(hub.env()).run();
    Recording::at(&home).with_image(&fixture).check(
        &outcome,
        "out| The push refers to repository [docker.io/lab/base]
         err| LAYER0: Preparing
         err| error: denied: requested access to the resource is denied
         err|   caused by: Post \"https://registry-1.docker.io/v2/lab/base/blobs/uploads/\" answered 401 Unauthorized
         err|
         err| hint: log in: regcli login
         exit 4",
    );
}
