//! What a copy sends after a cut is held against what it sent before.

use crate::support::scripted::{Answer, Head, Heard, Route, Scripted};
use crate::support::{Fixture, Home, Part};

/// A copy of one heavy layer between two registries, whose upload is cut at its half.
struct Copying {
    source: Scripted,
    target: Scripted,
    fixture: Fixture,
}

impl Copying {
    fn new() -> Self {
        let (source, target, fixture) = (Scripted::start(), Scripted::start(), Fixture::heavy(4 << 20));
        source.seed("app", &fixture, "1");
        let there = Self { source, target, fixture };
        for blob in there.fixture.blobs.iter().filter(|blob| *blob != there.layer()) {
            there.target.seed_blob("app", &blob.digest, there.fixture.content(&blob.digest));
        }
        let half = there.layer().size / 2;
        there.target.on(Route::UploadPut).above(half).cut_request_after(half).once();
        there
    }

    fn layer(&self) -> &Part {
        self.fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap()
    }

    /// The target takes whatever it is given for the blob.
    fn believes(&self) {
        self.target.on(Route::UploadPut).status(201).forever();
    }

    fn copy(&self, exit: i32) {
        let (from, to) = (self.source.at("app:1"), self.target.at("app:1"));
        Home::fresh().run(["copy", "-q", &from, &to]).ends_with(exit);
    }

    fn read(&self) -> u64 {
        let of_layer = |heard: &Heard| heard.head.path.contains(&self.layer().digest);
        self.source.requests(Route::Blob).into_iter().filter(of_layer).map(|heard| heard.sent).sum()
    }
}

/// Makes the byte at `place` of the blob another one, whatever part of it an answer brings.
fn flip(head: &Head, answer: &mut Answer, place: usize) {
    let range = head.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let start = range.map_or(0, |(start, _)| start.parse::<usize>().unwrap());
    let mut body = answer.body.to_vec();
    if let Some(byte) = place.checked_sub(start).and_then(|place| body.get_mut(place)) {
        *byte ^= 1;
    }
    answer.body = body.into();
}

#[test]
fn d4_other_bytes_after_a_cut_never_become_a_blob_of_the_target() {
    let there = Copying::new();
    let after = |head: &Head, answer: &mut Answer| flip(head, answer, 3 << 20);
    there.source.on(Route::Blob).of(&there.layer().digest).skipping(1).edit(after).forever();
    there.believes();
    there.copy(6);
    assert!(there.target.requests(Route::ManifestPut).is_empty());
}

#[test]
fn d4_other_bytes_before_a_cut_are_sent_again() {
    let there = Copying::new();
    there.source.on(Route::Blob).of(&there.layer().digest).flip_byte(100).once();
    there.believes();
    there.target.on(Route::ManifestPut).status(201).forever();
    there.copy(0);
    let puts = there.target.requests(Route::UploadPut);
    assert!(puts.iter().any(|put| put.taken == there.layer().size), "all of it once more: {puts:#?}");
}

#[test]
fn d4_an_upload_that_goes_on_is_verified_and_little_of_it_is_read_again() {
    let there = Copying::new();
    there.copy(0);
    there.target.holds("app", &there.fixture, "1");
    let (read, size) = (there.read(), there.layer().size);
    assert!(read <= size * 2, "{read} bytes read of {size}");
}
