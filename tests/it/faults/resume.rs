//! H: registries that cannot go on, lengths that lie, content in odd forms.

use std::time::{Duration, Instant};

use crate::support::scripted::{Answer, Head, Route};

use super::{Pulling, TIMEOUT};

/// Cuts the layer at its half once, and does `change` to the answer for the rest.
fn resumed(change: impl Fn(&Head, &mut Answer) + Send + Sync + 'static) -> Pulling {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).unranged().cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).of(&layer.digest).ranged().edit(change).once();
    there
}

/// Pulls, and answers how often the bytes of the layer came, on the average.
#[track_caller]
fn pulled(there: &Pulling) -> f64 {
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let times = there.registry.blob_bytes_sent() as f64 / there.fixture.blob_bytes() as f64;
    eprintln!("{times:.3} x the bytes");
    times
}

#[test]
fn h17_a_registry_that_sends_all_of_it_again_is_read_once() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).of(&layer.digest).ranged().unheard("range").once();
    assert!(pulled(&there) < 1.6);
}

#[test]
fn h18_another_range_than_the_one_asked_for_is_asked_for_again() {
    let there = resumed(|_, answer| {
        let size = answer.header("content-range").unwrap().rsplit('/').next().unwrap().to_owned();
        answer.set("Content-Range", format!("bytes 0-{}/{size}", answer.body.len() - 1));
    });
    assert!(pulled(&there) < 1.6);
}

#[test]
fn h19_a_range_that_cannot_be_satisfied_is_asked_for_again() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).of(&layer.digest).ranged().error(416, "RANGE_INVALID").once();
    assert!(pulled(&there) < 1.6);
}

#[test]
fn h20_a_part_that_does_not_say_which_is_asked_for_again() {
    let there = resumed(|_, answer| answer.remove("Content-Range"));
    assert!(pulled(&there) < 1.6);
}

#[test]
fn h21_wrong_bytes_under_a_right_header_begin_anew_once() {
    let there = resumed(|_, answer| {
        let mut body = answer.body.to_vec();
        body[1000] ^= 1;
        answer.body = body.into();
    });
    assert!(pulled(&there) < 2.1);
    assert_eq!(there.registry.requests(Route::Blob).last().unwrap().range_start(), None);
}

#[test]
fn h21_wrong_bytes_for_ever_are_corrupt_and_nothing_is_kept() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).flip_byte(1000).forever();
    there.home.run(["pull", &there.image()]).ends_with(6).complains(&layer.digest);
    there.is_not_kept();
    let asked = there.registry.requests(Route::Blob);
    assert_eq!(asked.iter().filter(|heard| heard.head.path.contains(&layer.digest)).count(), 2);
}

#[test]
fn h12_h13_a_length_that_lies_is_never_accepted() {
    for lie in [100, -100] {
        let there = Pulling::small();
        let layer = there.layer();
        let length = layer.size.checked_add_signed(lie).unwrap();
        there.registry.on(Route::Blob).of(&layer.digest).lie_about_length(length).once();
        there.home.run(["--timeout", TIMEOUT, "pull", &there.image()]).succeeds();
        there.is_kept();
        there.registry.on(Route::Blob).of(&layer.digest).lie_about_length(length).forever();
        let begun = Instant::now();
        there.home.run(["rmi", &there.image()]).succeeds();
        let outcome = there.home.run(["--timeout", TIMEOUT, "--retry", "2", "pull", &there.image()]);
        assert!(matches!(outcome.code, 5 | 6), "{outcome}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        there.is_not_kept();
    }
}

#[test]
fn h14_h15_bodies_without_a_length_are_taken() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).without_length().once();
    there.registry.on(Route::Blob).without_length().once();
    there.registry.on(Route::Blob).chunked().forever();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    there.registry.on(Route::Manifest).chunked().once();
    there.home.run(["rmi", &there.image()]).succeeds();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn h15_a_body_without_a_length_that_ends_too_early_goes_on() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).without_length().cut_after(layer.size / 2).once();
    assert!(pulled(&there) <= 1.1);
}

#[test]
fn h47_h48_what_a_proxy_has_compressed_is_what_it_was() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).gzip().forever();
    there.registry.on(Route::Blob).gzip().forever();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    let asked = there.registry.heard();
    assert!(asked.iter().all(|heard| heard.head.header("accept-encoding") == Some("identity")), "{asked:#?}");
    there.registry.on(Route::Tags).gzip().once();
    there.home.run(["tags", &there.registry.at("app")]).succeeds().prints("1\n");
}

#[test]
fn h48_a_compressed_body_that_is_cut_begins_anew() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).gzip().cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).of(&layer.digest).ranged().gzip().once();
    assert!(pulled(&there) < 2.1);
}

#[test]
fn h47_something_else_that_says_it_is_compressed_is_refused() {
    let there = Pulling::small();
    // The layers are compressed, so that they would only turn out to be too long.
    let config = there.fixture.config_digest();
    there.registry.on(Route::Blob).of(&config).with_header("Content-Encoding", "gzip").forever();
    let outcome = there.home.run(["pull", &there.image()]).ends_with(1);
    outcome.complains("its content does not match its encoding");
    there.is_not_kept();
}
