//! Transcript 19: servers that are no registries, or not quite.

use std::fs;

use crate::support::{Fixture, Home, Kind, OddAnswer, OddServer, Tunnel};
use crate::words::keep;

use super::{UNENCRYPTED, login, recording};

const NOTHING: OddAnswer =
    OddAnswer { status: 404, headers: &[("Content-Type", "text/plain")], body: "404 page not found\n" };

const PAGE: OddAnswer =
    OddAnswer { status: 200, headers: &[("Content-Type", "text/html")], body: "<html>It works!</html>" };

const NO_CHALLENGE: OddAnswer = OddAnswer {
    status: 401,
    headers: &[("Content-Type", "application/json")],
    body: r#"{"errors":[{"code":"UNAUTHORIZED","message":"nope"}]}"#,
};

const DEAD_TOKEN_SERVICE: OddAnswer = OddAnswer {
    status: 401,
    headers: &[("WWW-Authenticate", r#"Bearer realm="http://127.0.0.1:1/token",service="s""#)],
    body: "",
};

const UNAVAILABLE: OddAnswer = OddAnswer { status: 503, headers: &[], body: "" };

/// Asserts what a login, a pull and a push say there.
#[track_caller]
fn says(answer: OddAnswer, logged_in: &str, pulled: &str, pushed: &str) {
    let server = OddServer::start(answer);
    let home = Home::fresh();
    let fixture = Fixture::small();
    let recording = fixture.blobs.iter().fold(recording(&home, server.host()), |recording, blob| {
        recording.with(&blob.digest, "BLOB").with(&blob.digest["sha256:".len()..][..12], "BLOB")
    });
    let mut outcome = login(&home, "a", "b", &server.host());
    // A server in trouble is asked again, after waits that are drawn by lot.
    outcome.stderr =
        outcome.stderr.split_inclusive('\n').filter(|line| !line.contains(", asking again ")).collect();
    recording.check(&outcome, logged_in);
    let _ = fs::remove_dir_all(home.docker_config().parent().unwrap());
    let image = format!("{}/x", server.host());
    let run = |arguments: &[&str]| home.run(["--retry", "0", "--progress", "none"].iter().chain(arguments));
    recording.check(&run(&["pull", &image]), &format!("out| Using default tag: latest\n{pulled}"));
    keep(&home, &fixture, &image);
    recording.check(
        &run(&["push", &format!("{image}:latest")]),
        &format!("out| The push refers to repository [HOST/x]\n{pushed}"),
    );
}

#[test]
fn transcript_19_nothing_is_found_anywhere() {
    says(
        NOTHING,
        "err| error: login attempt to http://HOST/v2/ failed with status: 404 Not Found
         err|   caused by: received unexpected HTTP status: 404 Not Found
         err|   caused by: Get \"http://HOST/v2/\" answered 404 Not Found: 404 page not found
         exit 3",
        "err| error: manifest for HOST/x:latest not found: received unexpected HTTP status: 404 Not Found
         err|   caused by: Get \"http://HOST/v2/x/manifests/latest\" answered 404 Not Found: 404 page not found
         exit 3",
        "err| error: cannot write blob BLOB
         err|   caused by: received unexpected HTTP status: 404 Not Found
         err|   caused by: Post \"http://HOST/v2/x/blobs/uploads/\" answered 404 Not Found: 404 page not found
         exit 3",
    );
}

#[test]
fn transcript_19_a_page_for_everything() {
    says(
        PAGE,
        &format!(
            "out| Login Succeeded
             err| WARNING: HOST does not ask for credentials; they are stored unchecked
             {UNENCRYPTED}
             exit 0"
        ),
        "err| error: Get \"http://HOST/v2/x/manifests/latest\": not a registry's answer: text/html
         exit 1",
        "err| error: Get \"http://HOST/v2/x/manifests/latest\": not a registry's answer: text/html
         exit 1",
    );
}

#[test]
fn transcript_19_a_refusal_that_does_not_say_what_is_wanted() {
    says(
        NO_CHALLENGE,
        "err| error: HOST refused user a: wrong name or password
         err|   caused by: login attempt to http://HOST/v2/ failed with status: 401 Unauthorized
         err|   caused by: unauthorized: nope
         err|
         err| hint: check the name and the password; with two-factor login or single sign-on, use an access token as the password
         exit 4",
        "err| error: unauthorized: nope
         err|   caused by: Get \"http://HOST/v2/x/manifests/latest\" answered 401 Unauthorized
         err|
         err| hint: log in: regcli login HOST
         exit 4",
        "err| error: unauthorized: nope
         err|   caused by: Get \"http://HOST/v2/x/manifests/latest\" answered 401 Unauthorized
         err|
         err| hint: log in: regcli login HOST
         exit 4",
    );
}

#[test]
fn transcript_19_a_token_service_that_is_not_there() {
    says(
        DEAD_TOKEN_SERVICE,
        "err| error: Get \"http://HOST/v2/\": Get \"http://127.0.0.1:1/token?service=s\": dial tcp 127.0.0.1:1: \
         connect: connection refused
         exit 5",
        "err| error: Get \"http://127.0.0.1:1/token?service=s&scope=repository:x:pull\": dial tcp 127.0.0.1:1: \
         connect: connection refused
         exit 5",
        "err| error: Get \"http://127.0.0.1:1/token?service=s&scope=repository:x:pull\": dial tcp 127.0.0.1:1: \
         connect: connection refused
         exit 5",
    );
}

#[test]
fn transcript_19_a_server_that_is_not_available() {
    says(
        UNAVAILABLE,
        "err| error: login attempt to http://HOST/v2/ failed with status: 503 Service Unavailable
         err|   caused by: received unexpected HTTP status: 503 Service Unavailable
         err|   caused by: Get \"http://HOST/v2/\" answered 503 Service Unavailable
         exit 5",
        "err| error: received unexpected HTTP status: 503 Service Unavailable
         err|   caused by: Get \"http://HOST/v2/x/manifests/latest\" answered 503 Service Unavailable
         exit 5",
        "err| error: received unexpected HTTP status: 503 Service Unavailable
         err|   caused by: Get \"http://HOST/v2/x/manifests/latest\" answered 503 Service Unavailable
         exit 5",
    );
}

#[test]
fn a_token_service_that_was_never_there_is_not_waited_for() {
    let server = OddServer::start(DEAD_TOKEN_SERVICE);
    let home = Home::fresh();
    let begin = std::time::Instant::now();
    home.run(["pull", &format!("{}/x", server.host())]).ends_with(5);
    assert!(begin.elapsed() < std::time::Duration::from_secs(2), "took {:?}", begin.elapsed());
    assert!(server.asked() <= 2, "the registry was asked {} times", server.asked());
}

#[test]
fn transcript_19_a_registry_that_is_declared_insecure_may_speak_http() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let port = registry.host().rsplit(':').next().unwrap();
    let host = format!("registry.test:{port}");
    let folder = home.path().join(".config/docker");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("daemon.json"), serde_json::json!({"insecure-registries": [host]}).to_string())
        .unwrap();
    // Both lead to the registry, whatever its name: the one by CONNECT, the other by an absolute URL.
    let tunnel = Tunnel::to(registry.host());
    let login = home
        .regcli(["login", "-u", "user1", "--password-stdin", &host])
        .envs([tunnel.env(), ("HTTP_PROXY", format!("http://{}", registry.host()))]);
    let login = login.stdin("s3cret").run();
    recording(&home, &host).check(&login, &format!("out| Login Succeeded\n{UNENCRYPTED}\nexit 0"));
}
