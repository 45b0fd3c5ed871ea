//! Transcript 18: skopeo's auth.json and regcli's config.json are each other's.

use std::fs;

use crate::support::{Fixture, Home, Kind, Outcome, missing};
use crate::words::publish;

use super::{login, recording};

fn skopeo(home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = crate::support::command("skopeo");
    command.args(arguments).env("HOME", home.path()).env("REGISTRY_AUTH_FILE", home.path().join("auth.json"));
    crate::support::Started::spawn(command, b"").finish()
}

#[test]
fn transcript_18_regcli_uses_what_skopeo_has_stored_and_leaves_it_alone() {
    if missing("skopeo") {
        return;
    }
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let (publisher, home) = (Home::fresh(), Home::fresh());
    login(&publisher, "user1", "s3cret", registry.host()).succeeds();
    let image = format!("{}/x:1", registry.host());
    publish(&publisher, &Fixture::small(), &image);
    let logged_in =
        skopeo(&home, &["login", "--tls-verify=false", "-u", "user1", "-p", "s3cret", registry.host()]);
    logged_in.succeeds().prints("Login Succeeded!\n");
    let auth = home.path().join("auth.json");
    let before = fs::read_to_string(&auth).unwrap();
    let recording = recording(&home, registry.host());
    let run = |arguments: &[&str]| home.regcli(arguments).env("REGISTRY_AUTH_FILE", &auth).run();

    recording.check(&run(&["pull", "-q", &image]), "out| HOST/x:1\nexit 0");
    recording.check(&run(&["logout", registry.host()]), "out| Removing login credentials for HOST\nexit 0");

    assert_eq!(fs::read_to_string(&auth).unwrap(), before, "it is skopeo's to forget");
    skopeo(&home, &["logout", registry.host()]).succeeds();
    run(&["pull", &image]).ends_with(4);
}

#[test]
fn transcript_18_skopeo_uses_what_regcli_has_stored() {
    if missing("skopeo") {
        return;
    }
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    login(&home, "user1", "s3cret", registry.host()).succeeds();
    publish(&home, &Fixture::small(), &format!("{}/x:1", registry.host()));
    let file = home.docker_config();
    let list = ["list-tags", "--tls-verify=false", "--authfile", file.to_str().unwrap()];
    let place = format!("docker://{}/x", registry.host());
    let tags = skopeo(&home, &[&list[..], &[&place]].concat()).succeeds();
    let tags: serde_json::Value = serde_json::from_str(&tags.stdout).unwrap();
    assert_eq!(tags["Tags"], serde_json::json!(["1"]));
    let known =
        skopeo(&home, &["login", "--get-login", "--authfile", file.to_str().unwrap(), registry.host()]);
    known.succeeds().prints("user1\n");
}
