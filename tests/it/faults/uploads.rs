//! N and H: networks and registries that break while something is pushed.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::scripted::{Answer, Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Fixture, Home, Started, eventually};

use super::{Pushing, TIMEOUT, little_twice};

#[test]
fn n11_an_upload_that_is_cut_goes_on_where_it_was() {
    for resets in [false, true] {
        let there = Pushing::heavy();
        let half = there.layer().size / 2;
        let rule = there.registry.on(Route::UploadPut).above(half);
        if resets {
            rule.reset_request_after(half).once();
        } else {
            rule.cut_request_after(half).once();
        }
        there.succeeds();
        little_twice(there.sent(), there.layer().size);
        assert_eq!(there.registry.requests(Route::UploadStatus).len(), 1);
        assert_eq!(there.registry.open_uploads(), 0);
    }
}

#[test]
fn n11_an_upload_whose_session_is_lost_with_it_begins_anew() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.registry.on(Route::UploadStatus).error(404, "BLOB_UPLOAD_UNKNOWN").once();
    there.succeeds();
    assert!(there.sent() * 10 <= there.layer().size * 16, "{} bytes", there.sent());
}

#[test]
fn n12_a_blob_whose_answer_was_lost_is_not_sent_twice() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).lose_answer().once();
    there.succeeds();
    assert_eq!(there.sent(), there.layer().size);
}

#[test]
fn n16_a_registry_that_takes_no_bytes_is_not_waited_for() {
    let there = Pushing::of(Scripted::start(), Fixture::huge(64 << 20));
    there.registry.on(Route::UploadPut).above(1 << 20).stall_request_after(1 << 20).once();
    let begun = Instant::now();
    there.home.run(["--timeout", TIMEOUT, "push", &there.image()]).succeeds();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    there.registry.holds("app", &there.fixture, "1");
}

#[test]
fn n16_a_registry_may_take_longer_for_a_blob_that_it_has_all_bytes_of() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).late(Duration::from_millis(2500)).once();
    there.home.run(["--timeout", TIMEOUT, "push", &there.image()]).succeeds();
    there.registry.holds("app", &there.fixture, "1");
    assert_eq!(there.registry.requests(Route::UploadPut).len(), 1);
}

#[test]
fn n19_what_was_pushed_before_a_kill_is_not_pushed_again() {
    let there = Pushing::of(Scripted::start(), Fixture::heavy(4 << 20));
    let layer = there.layer().size;
    there.registry.on(Route::UploadPut).above(1 << 20).stall_request_after(layer / 2).once();
    let push = there.begin(layer / 2);
    push.signal(Signal::KILL);
    push.finish().ends_with(137);
    assert!(!there.registry.has_manifest("app", "1"), "no tag without its content");
    there.registry.forget();
    there.succeeds();
    assert_eq!(there.sent(), layer, "the small blobs were there");
}

#[test]
fn n20_an_interrupted_push_leaves_no_upload_open() {
    for signal in [Signal::INT, Signal::TERM] {
        let there = Pushing::heavy();
        let half = there.layer().size / 2;
        there.registry.on(Route::UploadPut).above(half).stall_request_after(half).once();
        let push = there.begin(half);
        push.signal(signal);
        let begun = Instant::now();
        push.finish().ends_with(if signal == Signal::INT { 130 } else { 143 });
        eprintln!("ended {:?} after the signal", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(there.registry.requests(Route::UploadCancel).len(), 1);
        assert_eq!(there.registry.open_uploads(), 0);
    }
}

impl Pushing {
    /// Begins to push, and answers once so many bytes have come.
    fn begin(&self, bytes: u64) -> Started {
        let push = self.home.regcli(["push", &self.image()]).start();
        let come = || (self.sent() >= bytes).then_some(());
        eventually(Duration::from_secs(10), come).unwrap();
        push
    }
}

#[test]
fn h25_a_registry_without_head_of_manifests_is_asked_by_get() {
    let there = Pushing::small();
    there.registry.on(Route::ManifestHead).status(405).forever();
    there.succeeds();
    there.home.run(["digest", &there.image()]).succeeds();
}

#[test]
fn h26_a_registry_without_head_of_blobs_is_given_the_bytes() {
    for status in [405, 400, 501, 404] {
        let there = Pushing::small();
        there.registry.on(Route::BlobHead).status(status).forever();
        there.succeeds();
        assert_eq!(there.sent(), there.fixture.blob_bytes());
    }
}

#[test]
fn h27_blobs_that_are_there_only_by_hearsay_are_sent_after_all() {
    let there = Pushing::small();
    there.registry.on(Route::BlobHead).status(200).header("Content-Length", "1").times(3);
    there.succeeds();
    assert_eq!(there.sent(), there.fixture.blob_bytes());
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn h28_h29_h30_a_location_is_resolved_against_the_request() {
    let there = Pushing::small();
    let host = there.registry.host();
    there.registry.on(Route::UploadBegin).located_at(there.registry.origin()).once();
    there.registry.on(Route::UploadBegin).located_at(format!("//{host}")).once();
    // Relative to `…/blobs/uploads/`.
    let relative = |answer: &mut Answer| {
        let last = answer.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
        answer.set("Location", last);
    };
    there.registry.on(Route::UploadBegin).edit(move |_, answer| relative(answer)).once();
    there.succeeds();
}

#[test]
fn h31_a_missing_location_is_told() {
    let there = Pushing::small();
    there.registry.on(Route::UploadBegin).without_header("Location").forever();
    let outcome = there.home.run(["push", &there.image()]).ends_with(1);
    outcome.complains("it has no upload location");
    assert!(there.registry.heard().len() <= 20);
}

#[test]
fn h32_h33_a_location_elsewhere_gets_the_bytes_and_no_credentials() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let there = Pushing::small();
        there.registry.demand(demand);
        let elsewhere = there.registry.beside();
        there.registry.on(Route::UploadBegin).located_at(elsewhere.origin()).forever();
        let login = ["login", "-u", USER, "--password-stdin", &there.registry.host()];
        there.home.regcli(login).stdin(PASSWORD).run().succeeds();
        there.succeeds();
        assert_eq!(elsewhere.bytes_taken(), there.fixture.blob_bytes());
        assert_eq!(elsewhere.credentials(), [""; 0]);
        assert!(!there.registry.credentials().is_empty());
    }
}

#[test]
fn h34_h35_h36_a_mount_that_is_refused_is_an_upload() {
    for status in [202, 405, 400, 401, 404] {
        let there = Pushing::small();
        let name = there.registry.at("other:1");
        there.home.run(["push", &there.image()]).succeeds();
        there.registry.forget();
        // 202 is what the registry itself says if it has not the blob.
        let mounts = there.registry.on(Route::Mount);
        if status == 202 {
            mounts.edit(|_, _| {}).forever();
        } else {
            mounts.status(status).forever();
        }
        if status == 202 {
            for blob in &there.fixture.blobs {
                there.registry.remove_blob("app", &blob.digest);
            }
        }
        let begun = Instant::now();
        there.home.run(["tag", &there.image(), &name]).succeeds();
        there.home.run(["push", &name]).succeeds();
        assert!(begun.elapsed() < Duration::from_secs(2), "{status}: {:?}", begun.elapsed());
        there.registry.holds("other", &there.fixture, "1");
        assert_eq!(there.registry.open_uploads(), 0, "{status}");
    }
}

#[test]
fn h37_a_session_that_is_lost_is_opened_anew() {
    let there = Pushing::small();
    there.registry.on(Route::UploadPut).error(404, "BLOB_UPLOAD_UNKNOWN").times(2);
    there.succeeds();
}

#[test]
fn h40_to_h44_what_a_registry_could_not_do_is_asked_for_again_with_its_body() {
    let there = Pushing::small();
    there.registry.on(Route::UploadBegin).status(500).times(2);
    there.registry.on(Route::UploadPut).status(502).once();
    there.registry.on(Route::UploadPut).status(429).header("Retry-After", "1").once();
    there.registry.on(Route::UploadPut).status(503).early().once();
    there.registry.on(Route::ManifestPut).status(503).times(2);
    there.succeeds();
}

#[test]
fn h44_an_early_answer_is_heard_while_bytes_are_still_to_be_sent() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).error(403, "DENIED").early().once();
    there.home.run(["push", &there.image()]).ends_with(4).complains("denied");
    assert!(!there.registry.has_manifest("app", "1"));
}

#[test]
fn i06_a_manifest_that_the_registry_says_it_stored_as_another_one_is_an_error() {
    let there = Pushing::small();
    let other = format!("sha256:{}", "a".repeat(64));
    there.registry.on(Route::ManifestPut).with_header("Docker-Content-Digest", other.clone()).forever();
    there.home.run(["push", &there.image()]).ends_with(6).complains(&other);
}

#[test]
fn h45_what_is_too_large_at_once_is_sent_in_pieces() {
    const LIMIT: u64 = 1 << 20;
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).above(LIMIT).status(413).early().forever();
    there.registry.on(Route::UploadPatch).above(LIMIT).status(413).early().forever();
    there.succeeds();
    assert!(there.bodies().iter().all(|heard| heard.taken <= LIMIT));
    assert_eq!(there.sent(), there.layer().size, "nothing was sent twice");
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn h45_who_takes_no_piece_however_small_is_believed() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).above(1).status(413).early().forever();
    there.registry.on(Route::UploadPatch).above(1).status(413).early().forever();
    there.home.run(["push", &there.image()]).ends_with(1).complains("413 Payload Too Large");
    assert!(there.registry.heard().len() <= 30, "{}", there.registry.heard().len());
}

#[test]
fn h55_a_blob_is_one_body_wherever_it_can_be() {
    let there = Pushing::small();
    there.succeeds();
    assert_eq!(there.registry.requests(Route::UploadPatch).len(), 0);
    assert_eq!(there.registry.requests(Route::UploadPut).len(), there.fixture.blobs.len());
}

#[test]
fn h56_no_cookie_comes_back() {
    let there = Pushing::small();
    there.registry.on(Route::BlobHead).status(404).header("Set-Cookie", "sid=harbor; Path=/").forever();
    there.registry.on(Route::UploadBegin).with_header("Set-Cookie", "sid=harbor; Path=/").forever();
    there.succeeds();
    assert_eq!(there.registry.credentials(), [""; 0]);
}

#[test]
fn a_push_and_a_pull_without_faults_take_few_requests() {
    let there = Pushing::of(Scripted::start(), Fixture::many_layers(3));
    there.succeeds();
    let push = there.registry.heard().len();
    there.registry.forget();
    Home::fresh().run(["pull", &there.image()]).succeeds();
    let pull = there.registry.heard().len();
    eprintln!("{pull} requests to pull three layers, {push} to push them");
    assert!(pull <= 5 && push <= 14, "{pull} / {push}");
}
