//! N and H: what a push that failed goes on with, and what it leaves behind.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Started, eventually};

use super::{Pulling, Pushing, heaviest, little_twice};

/// How long something may take that is bound to come.
const SOON: Duration = Duration::from_secs(20);

impl Pushing {
    /// Many layers that are worth a body each.
    fn several(count: usize, bytes: usize) -> Self {
        let layers: Vec<_> = (0..count).map(|layer| vec![b'a' + layer as u8; bytes]).collect();
        let config = json!({ "os": "linux", "architecture": "amd64" });
        Self::of(Scripted::start(), Fixture::with_config(config, &layers))
    }

    /// Begins to push, and answers once so many requests of this kind were heard.
    fn begin_until(&self, route: Route, count: usize) -> Started {
        let push = self.home.regcli(["push", &self.image()]).start();
        self.waits_for(route, count);
        push
    }

    /// Waits until the registry has received so many requests of this kind.
    #[track_caller]
    fn waits_for(&self, route: Route, count: usize) {
        eventually(SOON, || (self.asked(route) >= count).then_some(())).unwrap();
    }

    /// Asserts that no upload stays open.
    #[track_caller]
    fn leaves_none_open(&self) {
        let none_open = || (self.registry.open_uploads() == 0).then_some(());
        let open = self.registry.open_uploads();
        eventually(SOON, none_open).unwrap_or_else(|| panic!("{open} uploads stay open"));
    }

    fn asked(&self, route: Route) -> usize {
        self.registry.requests(route).len()
    }
}

#[test]
fn n11_an_upload_that_gets_further_each_time_is_never_given_up() {
    const STEP: u64 = 256 << 10;
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).above(1).cut_request_after(STEP).once();
    there.registry.on(Route::UploadPatch).cut_request_after(STEP).times(8);
    there.succeeds();
    assert_eq!(there.sent(), there.layer().size);
    assert_eq!(there.asked(Route::UploadBegin), 1);
}

#[test]
fn h42_an_upload_of_which_no_byte_is_kept_comes_to_an_end() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadPut).error(502, "UNAVAILABLE").forever();
    there.home.run(["--retry", "3", "push", &there.image()]).ends_with(5);
    assert_eq!(there.bodies().len(), 4);
    there.leaves_none_open();
}

#[test]
fn h42_pieces_after_which_nobody_says_where_to_go_on_come_to_an_end() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).status(413).early().once();
    there.registry.on(Route::UploadPatch).without_header("Location").forever();
    there.registry.on(Route::UploadStatus).status(405).forever();
    there.home.run(["--retry", "4", "push", &there.image()]).ends_with(5);
    assert!(there.bodies().len() <= 5, "{} pieces", there.bodies().len());
    there.leaves_none_open();
}

#[test]
fn n11_another_attempt_asks_whether_the_blob_is_there_and_how_far_it_got_and_nothing_else() {
    let there = Pushing::heavy();
    there.home.run(["tag", &there.image(), &there.registry.at("other:1")]).succeeds();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.succeeds();
    assert_eq!(there.sent(), there.layer().size);
    let of_layer = |route| {
        let heard = there.registry.requests(route);
        heard.iter().filter(|heard| heard.head.path.contains(&there.layer().digest)).count()
    };
    assert_eq!((of_layer(Route::BlobHead), of_layer(Route::Mount)), (2, 1));
    assert_eq!((there.asked(Route::UploadBegin), there.asked(Route::UploadStatus)), (0, 1));
    there.leaves_none_open();
}

/// Copies an image of which the target has all but the layer, which does not come whole at first.
fn copied(from: &Pulling, to: &Scripted) {
    for blob in from.fixture.blobs.iter().filter(|blob| *blob != from.layer()) {
        to.seed_blob("app", &blob.digest, from.fixture.content(&blob.digest));
    }
    Home::fresh().run(["copy", &from.image(), &to.at("app:1")]).succeeds();
    to.holds("app", &from.fixture, "1");
    assert_eq!(to.requests(Route::UploadBegin).len(), 1, "no second session");
    assert_eq!(to.open_uploads(), 0);
}

#[test]
fn n11_a_session_outlives_a_source_that_breaks_before_its_next_byte() {
    let (from, to) = (Pulling::heavy(), Scripted::start());
    let half = from.layer().size / 2;
    to.on(Route::UploadPut).above(half).cut_request_after(half).once();
    from.registry.on(Route::Blob).of(&from.layer().digest).skipping(1).status(503).times(2);
    copied(&from, &to);
    let sent = [Route::UploadPatch, Route::UploadPut].map(|route| to.requests(route)).concat();
    little_twice(sent.iter().map(|heard| heard.taken).sum(), from.layer().size);
}

#[test]
fn n11_a_source_that_gives_nothing_at_first_costs_no_session() {
    let (from, to) = (Pulling::heavy(), Scripted::start());
    from.registry.on(Route::Blob).of(&from.layer().digest).status(503).times(3);
    copied(&from, &to);
}

#[test]
fn h40_a_registry_that_cannot_say_now_how_far_it_got_is_asked_again() {
    for after in [None, Some("0"), Some("1")] {
        let there = Pushing::heavy();
        let half = there.layer().size / 2;
        there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
        let status = there.registry.on(Route::UploadStatus);
        match after {
            None => status.hang_up().times(2),
            Some(seconds) => status.status(429).header("Retry-After", seconds).times(2),
        }
        there.succeeds();
        assert_eq!(there.sent(), there.layer().size);
        assert_eq!(there.asked(Route::UploadBegin), 1);
        there.leaves_none_open();
    }
}

#[test]
fn h40_a_registry_that_can_never_say_how_far_it_got_is_given_all_bytes_again() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.registry.on(Route::UploadStatus).status(503).forever();
    there.succeeds();
    assert_eq!(there.asked(Route::UploadBegin), 2);
    there.leaves_none_open();
}

#[test]
fn h45_bodies_that_are_refused_at_once_do_not_make_pieces_smaller_than_they_have_to_be() {
    const LIMIT: u64 = 1 << 20;
    let there = Pushing::several(12, 3 << 20);
    // All bodies are on their way before the first one is refused, and then one after the other is.
    let refused = |after| {
        there.registry.on(Route::UploadPut).above(LIMIT).status(413).late(Duration::from_millis(after))
    };
    refused(1000).once();
    refused(1500).once();
    refused(2000).forever();
    there.succeeds();
    let pieces = there.registry.requests(Route::UploadPatch);
    let smallest = pieces.iter().map(|piece| piece.taken).min().unwrap();
    assert!(smallest >= LIMIT / 2, "pieces of {smallest} bytes, of {LIMIT} that are taken");
    there.leaves_none_open();
}

#[test]
fn n20_uploads_of_an_interrupted_push_are_ended_all_at_once() {
    const LAYERS: usize = 8;
    let there = Pushing::several(LAYERS, 1 << 20);
    there.registry.on(Route::UploadPut).above(1 << 16).stall_request_after(1).forever();
    there.registry.on(Route::UploadCancel).late(Duration::from_millis(400)).forever();
    // A near registry gets four connections at first, and a push that stalls gets no more of them.
    let jobs = LAYERS.to_string();
    let push = there.home.regcli(["--jobs", &jobs, "push", &there.image()]).start();
    there.waits_for(Route::UploadPut, LAYERS);
    push.signal(Signal::INT);
    push.finish().ends_with(130);
    there.leaves_none_open();
}

#[test]
fn n20_an_upload_that_is_just_being_opened_is_ended_as_well() {
    let there = Pushing::heavy();
    there.registry.on(Route::UploadBegin).late(Duration::from_millis(100)).once();
    let push = there.begin_until(Route::UploadBegin, 1);
    push.signal(Signal::INT);
    push.finish().ends_with(130);
    assert_eq!(there.asked(Route::UploadCancel), 1);
    there.leaves_none_open();
}

#[test]
fn n20_an_upload_whose_registry_is_asked_how_far_it_got_is_ended_as_well() {
    let there = Pushing::heavy();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.registry.on(Route::UploadStatus).silent().once();
    let push = there.begin_until(Route::UploadStatus, 1);
    push.signal(Signal::INT);
    push.finish().ends_with(130);
    there.leaves_none_open();
}

#[test]
fn h44_a_push_that_is_refused_leaves_no_upload_open() {
    let there = Pushing::several(6, 1 << 20);
    let layer = heaviest(&there.fixture);
    there.registry.on(Route::UploadPut).of(&layer.digest["sha256:".len()..]).error(403, "DENIED").once();
    there.home.run(["push", &there.image()]).ends_with(4).complains("denied");
    there.leaves_none_open();
}
