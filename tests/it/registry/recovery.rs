//! Connections that break and registries that have no time: work goes on where it had got to.

use std::time::{Duration, Instant};

use axum::http::header::RANGE;

use crate::support::{Fault, Fixture, Home, Kind, Part, blob_path};

use super::{Counted, assert_kept, keep, parts};

at_every_registry! {
    a_cut_download_goes_on_where_it_was,
    a_download_that_is_cut_again_and_again_goes_on_where_it_was,
    a_download_that_was_given_up_goes_on_in_the_next_run,
    a_cut_upload_goes_on,
    a_lost_answer_does_not_send_a_blob_twice,
    a_lost_answer_to_a_manifest_does_no_harm,
    too_many_requests_are_waited_for_as_long_as_asked,
    too_long_a_wait_is_told_instead,
    an_unavailable_registry_is_asked_again,
    an_unavailable_registry_is_given_up_at_last,
    a_broken_copy_between_registries_goes_on,
    a_registry_that_cannot_go_on_sends_all_of_it_again,
    wrong_bytes_are_taken_again_and_never_kept,
    a_registry_that_stops_answering_is_unreachable,
}

/// Large enough that a chunk more or less is no tenth of it.
const BYTES: usize = 4 << 20;

fn heaviest(fixture: &Fixture) -> &Part {
    fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap()
}

/// Asserts that at most a tenth of the bytes moved twice.
#[track_caller]
fn assert_little_twice(moved: u64, fixture: &Fixture) {
    let all = fixture.blob_bytes();
    assert!(moved >= all && moved * 10 <= all * 11, "{moved} bytes moved for {all}");
}

fn status(status: u16, retry_after: Option<&str>) -> Fault {
    let headers = retry_after.map(|after| ("Retry-After", after.to_owned())).into_iter().collect();
    Fault::Answer { status, headers, body: "" }
}

fn a_cut_download_goes_on_where_it_was(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    let home = Home::fresh();
    home.run(["pull", &there.at("app:1")]).succeeds().complains(": Retrying in ");
    assert_kept(&home, &fixture, parts(&fixture));
    assert_little_twice(there.proxy.blob_bytes_taken(), &fixture);
    let requests = there.proxy.requests("GET", &layer.digest);
    assert_eq!(requests[0].range, None);
    let start = requests[1].range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let start: u64 = start.unwrap().0.parse().unwrap();
    assert!(start > 0 && start <= layer.size / 2, "it goes on at {start}");
}

fn a_download_that_is_cut_again_and_again_goes_on_where_it_was(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    // More often than attempts may fail: each gets further.
    for _ in 0..8 {
        there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 10 });
    }
    let home = Home::fresh();
    home.run(["pull", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
    // What the proxy had read from the registry, but not passed on, was counted as well.
    let requests = there.proxy.requests("GET", &layer.digest);
    let starts: Vec<u64> = requests[1..]
        .iter()
        .map(|request| {
            request.range.as_deref().unwrap()["bytes=".len()..].split_once('-').unwrap().0.parse().unwrap()
        })
        .collect();
    assert_eq!(starts.len(), 8);
    assert!(starts.is_sorted_by(|one, next| one < next), "{starts:?}");
    assert!(
        starts[7] >= layer.size / 10 * 8 - 8 * 65536,
        "nearly every byte of each attempt is kept: {starts:?}"
    );
}

fn a_download_that_was_given_up_goes_on_in_the_next_run(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    let home = Home::fresh();
    home.run(["--retry", "0", "pull", &there.at("app:1")]).ends_with(5).complains("unexpected EOF");
    assert!(home.run(["images", "-q"]).succeeds().stdout.is_empty(), "no tag without its content");
    home.run(["pull", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
    assert_little_twice(there.proxy.blob_bytes_taken(), &fixture);
}

fn a_cut_upload_goes_on(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    let home = Home::fresh();
    keep(&home, &fixture, &there.at("app:1"));
    let cut = heaviest(&fixture).size / 2;
    seed_small_ones(&there, &fixture);
    there.proxy.fault("PUT", "/blobs/uploads/", Fault::CutRequest { after: cut });
    home.run(["push", &there.at("app:1")]).succeeds();
    there.api("app").holds(&fixture, "1");
    let sent = there.proxy.blob_bytes_sent();
    let layer = heaviest(&fixture).size;
    match kind {
        Kind::Embedded => assert!(sent >= layer && sent * 10 <= layer * 11, "{sent} bytes for {layer}"),
        // docker-registry 2 forgets an upload that broke off: all of it has to be sent anew, once.
        Kind::Docker => assert!(sent >= layer && sent * 10 <= layer * 16, "{sent} bytes for {layer}"),
    }
}

/// Brings all blobs but the heaviest to `app`, so that the only upload is that one.
fn seed_small_ones(there: &Counted, fixture: &Fixture) {
    for blob in fixture.blobs.iter().filter(|blob| *blob != heaviest(fixture)) {
        there.api("app").seed_blob(fixture, blob);
    }
}

fn a_lost_answer_does_not_send_a_blob_twice(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    let home = Home::fresh();
    keep(&home, &fixture, &there.at("app:1"));
    seed_small_ones(&there, &fixture);
    there.proxy.fault("PUT", "/blobs/uploads/", Fault::LoseAnswer);
    home.run(["push", &there.at("app:1")]).succeeds();
    there.api("app").holds(&fixture, "1");
    assert_eq!(there.proxy.blob_bytes_sent(), heaviest(&fixture).size);
}

fn a_lost_answer_to_a_manifest_does_no_harm(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    let home = Home::fresh();
    keep(&home, &fixture, &there.at("app:1"));
    there.proxy.fault("PUT", "/manifests/sha256:", Fault::LoseAnswer);
    there.proxy.fault("PUT", "/manifests/1", Fault::LoseAnswer);
    home.run(["push", &there.at("app:1")]).succeeds();
    there.api("app").holds(&fixture, "1");

    there.proxy.fault("GET", "/manifests/1", Fault::LoseAnswer);
    let other = Home::fresh();
    other.run(["pull", "--all-platforms", &there.at("app:1")]).succeeds();
    assert_kept(&other, &fixture, parts(&fixture));
}

fn too_many_requests_are_waited_for_as_long_as_asked(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let home = Home::fresh();
    keep(&home, &fixture, &there.at("app:1"));
    let timed = |method: &str, part: &str, command: &[&str]| {
        there.proxy.fault(method, part, status(429, Some("1")));
        let begin = Instant::now();
        home.run(command.iter().copied().chain([there.at("app:1").as_str()])).succeeds();
        let taken = begin.elapsed();
        assert!(taken >= Duration::from_secs(1), "{method} {part} was asked again after {taken:?}");
    };
    timed("POST", "/blobs/uploads/", &["push"]);
    timed("HEAD", "/manifests/1", &["push"]);
    there.api("app").holds(&fixture, "1");
    home.run(["rmi", &there.at("app:1")]).succeeds();
    timed("GET", "/manifests/1", &["pull"]);
    home.run(["rmi", &there.at("app:1")]).succeeds();
    timed("GET", "/blobs/", &["pull"]);
    assert_kept(&home, &fixture, parts(&fixture));
}

fn too_long_a_wait_is_told_instead(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "1");
    there.proxy.fault("GET", "/manifests/1", status(429, Some("3600")));
    let home = Home::fresh();
    let told = home.run(["pull", &there.at("app:1")]).ends_with(7);
    told.complains("toomanyrequests").complains("hint: try again in ");
    assert_eq!(there.proxy.exchanges().len(), 1);
}

fn an_unavailable_registry_is_asked_again(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let home = Home::fresh();
    keep(&home, &fixture, &there.at("app:1"));
    for (method, part) in [
        ("HEAD", "/manifests/1"),
        ("HEAD", "/blobs/sha256:"),
        ("POST", "/blobs/uploads/"),
        ("PUT", "/blobs/uploads/"),
        ("PUT", "/manifests/1"),
    ] {
        there.proxy.fault(method, part, status(503, None));
    }
    home.run(["push", &there.at("app:1")]).succeeds();
    there.api("app").holds(&fixture, "1");
    home.run(["rmi", &there.at("app:1")]).succeeds();
    there.proxy.fault("GET", "/manifests/1", status(503, None));
    there.proxy.fault("GET", "/manifests/1", status(502, None));
    there.proxy.fault("GET", "/blobs/", status(500, None));
    home.run(["pull", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
    there.proxy.fault("GET", "/_catalog", status(503, None));
    home.run(["catalog", &there.proxy.host()]).succeeds().prints("app\n");
    there.proxy.fault("GET", "/tags/list", status(503, None));
    home.run(["tags", &there.at("app")]).succeeds().prints("1\n");
}

fn an_unavailable_registry_is_given_up_at_last(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    for _ in 0..3 {
        there.proxy.fault("GET", "/manifests/1", status(503, None));
    }
    let given_up = home.run(["--retry", "2", "pull", &there.at("app:1")]).ends_with(5);
    given_up.complains("received unexpected HTTP status: 503 Service Unavailable");
    assert_eq!(there.proxy.exchanges().len(), 3);
}

fn a_broken_copy_between_registries_goes_on(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::heavy(BYTES);
    from.api("app").seed(&fixture, "1");
    seed_small_ones(&to, &fixture);
    let layer = heaviest(&fixture);
    from.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    to.proxy.fault("PUT", "/blobs/uploads/", Fault::CutRequest { after: layer.size / 4 });
    Home::fresh().run(["copy", &from.at("app:1"), &to.at("app:1")]).succeeds();
    to.api("app").holds(&fixture, "1");
}

fn a_registry_that_cannot_go_on_sends_all_of_it_again(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(BYTES);
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    there.proxy.fault("GET", &layer.digest, Fault::Unheard(RANGE));
    let home = Home::fresh();
    home.run(["pull", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
    assert_eq!(there.proxy.requests("GET", &layer.digest).len(), 2, "no third attempt is needed");
}

fn wrong_bytes_are_taken_again_and_never_kept(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let layer = heaviest(&fixture);
    let wrong = || {
        let fault = Fault::Answer { status: 200, headers: Vec::new(), body: "not what was asked for" };
        there.proxy.fault("GET", &layer.digest, fault);
    };
    let home = Home::fresh();
    wrong();
    wrong();
    home.run(["pull", &there.at("app:1")]).ends_with(6).complains(&layer.digest);
    assert!(!blob_path(&home.store(), &layer.digest).exists());
    assert!(home.run(["images", "-q"]).succeeds().stdout.is_empty());

    wrong();
    home.run(["pull", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
}

fn a_registry_that_stops_answering_is_unreachable(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    for _ in 0..2 {
        there.proxy.fault("GET", "/manifests/1", Fault::LoseAnswer);
    }
    let image = there.at("app:1");
    Home::fresh().run(["--retry", "1", "pull", &image]).ends_with(5).complains("Get \"http://");
    let gone = { kind.open().host().to_owned() };
    let refused = Home::fresh().run(["pull", &format!("{gone}/app:1")]).ends_with(5);
    refused.complains("connect: connection refused").complains("hint: ");
}
