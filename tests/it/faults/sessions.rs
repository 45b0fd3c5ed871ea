//! Sessions of uploads: none is forgotten, and one that is of no use any more is no reason to give up.

use std::time::{Duration, Instant};

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};

use super::{Pushing, little_twice};

impl Pushing {
    /// Somebody for whom the image has names in other repositories as well, which the registry has never seen.
    fn under_other_names(self) -> Self {
        for other in ["nosuch1:1", "nosuch2:1"] {
            self.home.run(["tag", &self.image(), &self.registry.at(other)]).succeeds();
        }
        self
    }
}

#[test]
fn h34_a_mount_that_begins_an_upload_is_the_last_one_that_is_asked_for() {
    let there = Pushing::small().under_other_names();
    there.succeeds();
    assert_eq!(there.registry.open_uploads(), 0);
    assert_eq!(there.registry.requests(Route::Mount).len(), there.fixture.blobs.len());
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), 0, "the mounts have begun them");
}

#[test]
fn h34_a_repository_that_had_nothing_to_mount_is_asked_after_those_that_have() {
    let there = Pushing::small();
    there.registry.seed("zebra", &there.fixture, "1");
    for other in ["nosuch:1", "zebra:1"] {
        there.home.run(["tag", &there.image(), &there.registry.at(other)]).succeeds();
    }
    there.home.run(["--jobs", "1", "push", &there.image()]).succeeds();
    there.registry.holds("app", &there.fixture, "1");
    let mounts = there.registry.requests(Route::Mount);
    let asked = |name: &str| mounts.iter().filter(|heard| heard.head.path.contains(name)).count();
    assert_eq!(
        (asked("from=nosuch"), asked("from=zebra")),
        (1, there.fixture.blobs.len() - 1),
        "{mounts:#?}"
    );
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn n11_an_upload_that_a_mount_began_goes_on_where_it_was() {
    let there = Pushing::heavy().under_other_names();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.succeeds();
    little_twice(there.sent(), there.layer().size);
    assert_eq!(there.registry.requests(Route::UploadStatus).len(), 1);
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn h37_a_session_is_opened_anew_whatever_the_registry_says_is_wrong_with_it() {
    for (status, code) in [
        (400, "BLOB_UPLOAD_INVALID"),
        (404, "BLOB_UPLOAD_INVALID"),
        (400, "BLOB_UPLOAD_UNKNOWN"),
        (400, "DIGEST_INVALID"),
    ] {
        let there = Pushing::heavy();
        there.registry.on(Route::UploadPut).error(status, code).once();
        there.succeeds();
        assert_eq!(there.registry.requests(Route::UploadBegin).len(), 2, "{status} {code}");
        // The registry was told that it does not know the first one.
        let open = usize::from(code == "BLOB_UPLOAD_UNKNOWN");
        assert_eq!(there.registry.open_uploads(), open, "{status} {code}");
    }
}

#[test]
fn h37_a_session_that_has_other_bytes_than_it_said_is_opened_anew() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.registry.on(Route::UploadPatch).error(416, "RANGE_INVALID").once();
    there.succeeds();
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), 2);
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn i01_a_blob_that_the_registry_finds_wrong_is_sent_once_more_and_not_for_ever() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).error(400, "DIGEST_INVALID").forever();
    there.home.run(["push", &there.image()]).ends_with(6);
    assert_eq!(there.registry.requests(Route::UploadPut).len(), 2);
    assert_eq!(there.registry.open_uploads(), 0);
    assert!(!there.registry.has_manifest("app", "1"));
}

#[test]
fn i01_after_bytes_that_were_found_wrong_a_registry_in_trouble_is_asked_again() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).error(400, "DIGEST_INVALID").once();
    there.registry.on(Route::UploadBegin).skipping(1).status(503).once();
    there.succeeds();
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), 3, "none to be cancelled only");
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn h42_an_upload_that_fails_after_its_last_byte_gets_no_further_however_long_it_was() {
    for (status, code, exit) in [(502, "UNAVAILABLE", 5), (404, "BLOB_UPLOAD_UNKNOWN", 1)] {
        let there = Pushing::heavy();
        there.registry.on(Route::UploadPut).error(status, code).forever();
        there.home.run(["--retry", "2", "push", &there.image()]).ends_with(exit);
        let bodies = there.bodies().len();
        assert!(bodies <= 4, "{bodies} times the whole layer");
    }
}

#[test]
fn h42_the_end_of_an_upload_that_was_cut_is_asked_for_again_and_its_bytes_are_not() {
    let there = Pushing::heavy();
    let size = there.layer().size;
    there.registry.on(Route::UploadPut).above(1).cut_request_after(size).once();
    there.registry.on(Route::UploadPut).status(503).once();
    there.succeeds();
    assert_eq!(there.sent(), size);
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), 1);
    assert_eq!(there.registry.open_uploads(), 0);
}

/// Requests of this kind are led to the same path at another origin, once.
fn lead_on(from: &Scripted, to: &Scripted, (route, status): (Route, u16)) {
    let origin = to.origin();
    from.on(route)
        .status(status)
        .edit(move |head, answer| answer.set("Location", format!("{origin}{}", head.path)))
        .once();
}

#[test]
fn h22_what_is_sent_is_led_elsewhere_with_its_body_and_without_credentials() {
    for route in [Route::UploadBegin, Route::UploadPut, Route::ManifestPut] {
        for status in [307, 308] {
            let there = Pushing::heavy();
            there.registry.demand(Demand::Token(String::new()));
            let elsewhere = there.registry.beside();
            lead_on(&there.registry, &elsewhere, (route, status));
            let login = ["login", "-u", USER, "--password-stdin", &there.registry.host()];
            there.home.regcli(login).stdin(PASSWORD).run().succeeds();
            there.succeeds();
            assert_eq!(elsewhere.requests(route).len(), 1, "{route:?} {status}");
            assert_eq!(elsewhere.credentials(), [""; 0], "{route:?} {status}");
            assert_eq!(there.registry.open_uploads(), 0, "{route:?} {status}");
        }
    }
}

#[test]
fn h22_the_rest_of_an_upload_that_is_led_elsewhere_goes_there() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    let elsewhere = there.registry.beside();
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    lead_on(&there.registry, &elsewhere, (Route::UploadPatch, 307));
    there.succeeds();
    assert_eq!(elsewhere.bytes_taken(), there.layer().size - half);
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn h24_an_upload_that_is_led_in_a_circle_comes_to_an_end() {
    let there = Pushing::heavy();
    let to_itself = there.registry.on(Route::UploadPut).status(307);
    to_itself.edit(|head, answer| answer.set("Location", head.path.clone())).forever();
    let begun = ["--retry", "2", "push", &there.image()];
    there.home.run(begun).ends_with(5).complains("the registry redirects it");
    assert!(there.bodies().len() <= 4, "{}", there.bodies().len());
}

#[test]
fn h24_a_redirect_of_bytes_that_may_change_the_method_is_not_followed() {
    for status in [301, 302, 303] {
        let there = Pushing::heavy();
        let elsewhere = there.registry.beside();
        lead_on(&there.registry, &elsewhere, (Route::UploadPut, status));
        there.home.run(["push", &there.image()]).ends_with(1);
        assert!(elsewhere.heard().is_empty(), "{status}");
    }
}

#[test]
fn h45_pieces_are_as_long_as_the_registry_wants_them() {
    const LENGTH: u64 = 1 << 20;
    let there = Pushing::heavy();
    there.registry.on(Route::UploadBegin).with_header("OCI-Chunk-Min-Length", LENGTH.to_string()).forever();
    for route in [Route::UploadPut, Route::UploadPatch] {
        there.registry.on(route).above(LENGTH).status(413).early().forever();
    }
    there.succeeds();
    let bodies = there.bodies();
    let (last, pieces) = bodies.split_last().unwrap();
    assert!(pieces.len() >= 3 && pieces.iter().all(|heard| heard.taken == LENGTH), "{bodies:#?}");
    assert!(last.taken <= LENGTH);
    assert_eq!(there.sent(), there.layer().size, "nothing was sent twice");
}

#[test]
fn h45_a_registry_that_wants_longer_pieces_than_it_takes_is_believed() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadBegin).with_header("OCI-Chunk-Min-Length", u64::MAX.to_string()).forever();
    there.registry.on(Route::UploadPut).above(1 << 20).status(413).early().forever();
    there.home.run(["push", &there.image()]).ends_with(1).complains("413 Payload Too Large");
    assert!(there.registry.heard().len() <= 10, "{}", there.registry.heard().len());
}

#[test]
fn h45_what_is_too_large_for_now_is_sent_after_the_time_that_the_registry_names() {
    // A wait of a second for anything but a blob is not worth a line.
    for (route, told) in [(Route::UploadPut, " in 1 s"), (Route::ManifestPut, "")] {
        let there = Pushing::heavy();
        there.registry.on(route).status(413).header("Retry-After", "1").once();
        let begun = Instant::now();
        let outcome = there.home.run(["push", &there.image()]).succeeds();
        assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(outcome.stderr.contains(told), "{outcome}");
        there.registry.holds("app", &there.fixture, "1");
        assert_eq!(there.registry.open_uploads(), 0);
    }
}

#[test]
fn h45_what_is_too_large_for_an_hour_is_told_and_not_waited_for() {
    for route in [Route::UploadPut, Route::ManifestPut] {
        let there = Pushing::heavy();
        there.registry.on(route).status(413).header("Retry-After", "3600").forever();
        there.home.run(["push", &there.image()]).ends_with(1).complains("try again in ");
        assert_eq!(there.registry.requests(route).len(), 1);
    }
}
