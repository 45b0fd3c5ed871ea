//! Transcript 15: what a registry in trouble answers. Docker gives up where regcli asks again, so that each fault
//! is shown as it is told in the end.

use crate::support::{Api, Fault, Fixture, Home, Kind, OddAnswer, OddServer, Proxy};
use crate::words::keep;

use super::recording;

/// Asserts what a pull and a push say of a registry that answers this to everything.
#[track_caller]
fn says(answer: OddAnswer, pulled: &str, pushed: &str) {
    let server = OddServer::start(answer);
    let home = Home::fresh();
    let recording = recording(&home, server.host());
    let image = format!("{}/ubuntu", server.host());
    let run = |arguments: &[&str]| home.run(["--retry", "0", "--progress", "none"].iter().chain(arguments));
    recording.check(&run(&["pull", &image]), &format!("out| Using default tag: latest\n{pulled}"));
    keep(&home, &Fixture::small(), &image);
    recording.check(
        &run(&["push", &format!("{image}:latest")]),
        &format!("out| The push refers to repository [HOST/ubuntu]\n{pushed}"),
    );
}

#[test]
fn transcript_15_a_rate_limit() {
    // To a HEAD there is no answer with words.
    says(
        OddAnswer {
            status: 429,
            headers: &[("Content-Type", "application/json"), ("Retry-After", "90")],
            body: r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"}]}"#,
        },
        "err| error: toomanyrequests: You have reached your pull rate limit. You may increase the limit by \
         authenticating and upgrading: https://www.docker.com/increase-rate-limit
         err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/latest\" answered 429 Too Many Requests
         err|
         err| hint: try again in about a minute
         exit 7",
        "err| error: toomanyrequests: too many requests
         err|   caused by: Head \"http://HOST/v2/ubuntu/manifests/latest\" answered 429 Too Many Requests
         err|
         err| hint: try again in about a minute
         exit 7",
    );
}

#[test]
fn transcript_15_an_internal_error() {
    says(
        OddAnswer { status: 500, headers: &[], body: "" },
        "err| error: received unexpected HTTP status: 500 Internal Server Error
         err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/latest\" answered 500 Internal Server Error
         exit 5",
        "err| error: received unexpected HTTP status: 500 Internal Server Error
         err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/latest\" answered 500 Internal Server Error
         exit 5",
    );
}

/// What a registry that forbids everything is told of.
const PULL_DENIED: &str =
    "err| error: pull access denied for HOST/ubuntu, repository does not exist or may require \
     'docker login': denied: requested access to the resource is denied
     err|   caused by: Get \"http://HOST/v2/ubuntu/manifests/latest\" answered 403 Forbidden
     err|
     err| hint: log in: regcli login HOST
     exit 4";

/// The same of a push.
const PUSH_DENIED: &str = "err| error: denied: requested access to the resource is denied
     err|   caused by: Post \"http://HOST/v2/ubuntu/blobs/uploads/\" answered 403 Forbidden
     err|
     err| hint: log in: regcli login HOST
     exit 4";

#[test]
fn transcript_15_a_page_that_forbids_and_a_denial() {
    for (kind, body) in [
        (&[("Content-Type", "text/html")], "<html>Forbidden</html>"),
        (
            &[("Content-Type", "application/json")],
            r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#,
        ),
    ] {
        says(OddAnswer { status: 403, headers: kind, body }, PULL_DENIED, PUSH_DENIED);
    }
}

#[test]
fn transcript_15_a_layer_that_is_not_what_its_digest_says() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let fixture = Fixture::many_layers(1);
    Api::of(registry.host(), "ubuntu").seed(&fixture, "latest");
    let home = Home::fresh();
    let root: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let layer = root["layers"][0]["digest"].as_str().unwrap();
    // It is fetched once more, unlike by Docker: some proxy on the way may have mixed up its cache.
    for _ in 0..2 {
        proxy.fault("GET", layer, Fault::GarbleAnswer);
    }

    let outcome =
        home.run(["--jobs", "1", "--progress", "none", "pull", &format!("{}/ubuntu", proxy.host())]);

    let got = outcome.stderr.trim_end().rsplit(' ').next().unwrap().to_owned();
    recording(&home, proxy.host()).with(layer, "LAYER").with(got, "OTHER").check(
        &outcome,
        "out| Using default tag: latest
         out| latest: Pulling from ubuntu
         err| error: filesystem layer verification failed for digest LAYER
         err|   caused by: content does not match its digest: expected LAYER, got OTHER
         exit 6",
    );
    home.run(["images", "-q"]).succeeds().prints("");
}

#[test]
fn transcript_15_a_layer_that_is_cut_off_is_gone_on_with() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let fixture = Fixture::heavy(1 << 20);
    Api::of(registry.host(), "ubuntu").seed(&fixture, "latest");
    let home = Home::fresh();
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });

    let outcome = home.run(["pull", &format!("{}/ubuntu", proxy.host())]).succeeds();

    let id = &layer.digest["sha256:".len()..][..12];
    let retried = outcome.stderr.lines().find(|line| line.contains("Retrying")).unwrap();
    let expected = format!("{id}: Retrying in 1 second (");
    assert!(retried.starts_with(&expected) && retried.ends_with(" closed the connection)"), "{outcome}");
    let resumed = outcome.stderr.lines().find(|line| line.ends_with(" are kept)")).unwrap_or_default();
    assert!(resumed.starts_with(&format!("{id}: Pulling fs layer (")), "{outcome}");
    assert!(outcome.stderr.contains(&format!("{id}: Download complete\n")), "{outcome}");
}

#[test]
fn transcript_15_a_layer_that_never_comes() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let fixture = Fixture::many_layers(1);
    Api::of(registry.host(), "ubuntu").seed(&fixture, "latest");
    let home = Home::fresh();
    let root: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let layer = root["layers"][0]["digest"].as_str().unwrap();
    proxy.fault("GET", layer, Fault::Answer { status: 500, headers: Vec::new(), body: "" });
    let image = format!("{}/ubuntu", proxy.host());
    let pull = ["--jobs", "1", "--retry", "0", "--progress", "none", "pull", &image];
    let short = &layer["sha256:".len()..][..12];
    recording(&home, proxy.host()).with(layer, "LAYER").with(short, "SHORT").check(
        &home.run(pull),
        "out| Using default tag: latest
         out| latest: Pulling from ubuntu
         err| error: HOST answered 500 Internal Server Error (blob SHORT)
         err|   caused by: received unexpected HTTP status: 500 Internal Server Error
         err|   caused by: Get \"http://HOST/v2/ubuntu/blobs/LAYER\" answered 500 Internal Server Error
         exit 5",
    );
}
