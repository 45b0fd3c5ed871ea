//! `logout`: transcripts 01 and 04.

use std::fs;

use crate::support::Home;

use super::Recording;
use super::config_json;

#[test]
fn transcript_01_logout_says_the_same_whether_anything_was_stored_or_not() {
    let home = Home::fresh();
    for (arguments, server) in [
        (&["logout"][..], "https://index.docker.io/v1/"),
        (&["logout", "docker.io"], "https://index.docker.io/v1/"),
        (&["logout", "never.example.com"], "never.example.com"),
        (&["logout", "localhost:5011"], "localhost:5011"),
        (&["logout", "http://127.0.0.1:5011/v2/"], "127.0.0.1:5011"),
    ] {
        Recording::at(&home)
            .check(&home.run(arguments), &format!("out| Removing login credentials for {server}\nexit 0"));
    }
    assert!(!home.docker_config().exists(), "a file with nothing in it is not made");
}

#[test]
fn transcript_04_logout_finds_the_hub_under_every_name_that_was_ever_written() {
    for key in ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"] {
        let home = Home::fresh();
        config_json::write(
            &home,
            &format!(r#"{{"auths":{{"{key}":{{"auth":"ZGVtbzpodW50ZXIy"}},"other":{{"auth":"dTpw"}}}}}}"#),
        );
        home.run(["logout", "docker.io"]).succeeds();
        let left = fs::read_to_string(home.docker_config()).unwrap();
        assert_eq!(
            left, "{\n\t\"auths\": {\n\t\t\"other\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}",
            "{key}"
        );
    }
}

#[test]
fn docker_auth_config_is_told_about_because_logout_does_not_change_it() {
    let home = Home::fresh();
    let outcome = home
        .regcli(["logout", "127.0.0.1:5011"])
        .env("DOCKER_AUTH_CONFIG", r#"{"auths":{"127.0.0.1:5011":{"auth":"dXNlcjE6czNjcmV0"}}}"#)
        .run();
    Recording::at(&home).check(
        &outcome,
        "out| Removing login credentials for 127.0.0.1:5011
         err|
         err|  Warn -> DOCKER_AUTH_CONFIG is set and takes precedence.
         err|          Unset DOCKER_AUTH_CONFIG to restore the CLI auth behaviour.
         err|          \n         err|\n         exit 0",
    );
}
