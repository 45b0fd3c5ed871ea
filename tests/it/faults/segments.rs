//! H of blobs that come by several connections: parts that are not what was asked for, and one that is slow.

use std::time::Duration;

use crate::support::Fixture;
use crate::support::scripted::{Heard, KIB, Route, Script, Scripted};

use super::Pulling;

/// Enough to be split.
const BYTES: usize = 24 << 20;

/// What may be on its way when a connection is ended.
const ON_ITS_WAY: u64 = 4 << 20;

/// A large blob whose first stream is slow, so that the rest of it is asked for in segments.
fn split() -> Pulling {
    let there = Pulling::of(Scripted::start(), Fixture::huge(BYTES));
    on_layer(&there).unranged().trickle(64 << 10, Duration::from_millis(5)).once();
    there
}

fn on_layer(there: &Pulling) -> Script<'_> {
    there.registry.on(Route::Blob).of(&there.layer().digest)
}

fn requests(there: &Pulling) -> Vec<Heard> {
    let mut requests = there.registry.requests(Route::Blob);
    requests.retain(|heard| heard.head.path.contains(&there.layer().digest));
    requests
}

/// Pulls, and asserts that nothing worse came of it than that the blob came twice. Answers the requests for it.
#[track_caller]
fn pulled(there: &Pulling) -> Vec<Heard> {
    there.home.run(["--timeout", "2s", "pull", &there.image()]).succeeds();
    there.is_kept();
    let (sent, needed) = (there.registry.blob_bytes_sent(), there.fixture.blob_bytes());
    let requests = requests(there);
    eprintln!("{sent} bytes for {needed} by {} requests", requests.len());
    assert!(sent <= 2 * needed + ON_ITS_WAY, "{sent} bytes for {needed}: one restart at most");
    requests
}

/// Asserts that the blob came in one stream after it had been tried in segments.
#[track_caller]
fn began_anew(there: &Pulling) {
    let requests = pulled(there);
    assert!(requests.iter().any(|heard| heard.range_start().is_some()), "{requests:#?}");
    assert_eq!(requests.last().unwrap().range_start(), None, "{requests:#?}");
}

/// Asserts that what was right was kept: the blob came once.
#[track_caller]
fn went_on(there: &Pulling) {
    let requests = pulled(there);
    assert_eq!(requests.iter().filter(|heard| heard.range_start().is_none()).count(), 1, "{requests:#?}");
    let (sent, needed) = (there.registry.blob_bytes_sent(), there.fixture.blob_bytes());
    assert!(sent <= needed + ON_ITS_WAY, "{sent} bytes for {needed}");
}

#[test]
fn h18_a_segment_that_is_another_one_begins_anew() {
    let there = split();
    let shifted = |range: &str| {
        let (first, rest) = range.trim_start_matches("bytes ").split_once('-').unwrap();
        let (last, size) = rest.split_once('/').unwrap();
        let later = |number: &str| number.parse::<u64>().unwrap() - 1000;
        format!("bytes {}-{}/{size}", later(first), later(last))
    };
    let shift = on_layer(&there).ranged().edit(move |_, answer| {
        let range = shifted(answer.header("content-range").unwrap());
        answer.set("Content-Range", range);
    });
    shift.once();
    began_anew(&there);
}

#[test]
fn h18_a_segment_of_a_blob_of_another_size_begins_anew() {
    let there = split();
    let size = there.layer().size;
    let other = on_layer(&there).ranged().edit(move |_, answer| {
        let range =
            answer.header("content-range").unwrap().replace(&size.to_string(), &(size + 1).to_string());
        answer.set("Content-Range", range);
    });
    other.once();
    began_anew(&there);
}

#[test]
fn h19_a_segment_that_cannot_be_had_begins_anew() {
    let there = split();
    on_layer(&there).ranged().error(416, "RANGE_INVALID").once();
    began_anew(&there);
}

#[test]
fn h20_a_segment_that_does_not_say_which_it_is_begins_anew() {
    let there = split();
    on_layer(&there).ranged().without_header("Content-Range").once();
    began_anew(&there);
}

#[test]
fn h21_segments_with_wrong_bytes_begin_anew() {
    let there = split();
    on_layer(&there).ranged().flip_byte(0).forever();
    began_anew(&there);
}

/// Which of the segments it is, and so how long that one should be, is known only once it is asked for.
#[test]
fn h12_h13_a_segment_that_lies_about_its_length_begins_anew() {
    for lie in [100, -100] {
        let there = split();
        on_layer(&there).ranged().lie_by(lie).once();
        began_anew(&there);
    }
}

#[test]
fn h15_a_segment_without_a_length_that_ends_too_early_goes_on() {
    let there = split();
    let half = on_layer(&there).ranged().chunked().edit(|_, answer| {
        let half = answer.body.len() / 2;
        answer.body.truncate(half);
    });
    half.once();
    went_on(&there);
}

#[test]
fn a_blob_of_a_registry_without_ranges_comes_in_one_stream_however_slow() {
    let there = Pulling::of(Scripted::start(), Fixture::huge(BYTES));
    let slow = on_layer(&there).without_header("Accept-Ranges");
    slow.trickle(64 << 10, Duration::from_millis(4)).once();
    let requests = pulled(&there);
    assert_eq!(requests.len(), 1, "{requests:#?}");
    assert_eq!(requests[0].range_start(), None);
}

#[test]
fn a_segment_that_is_alive_and_slow_is_asked_for_again_from_where_it_is() {
    let there = split();
    on_layer(&there).ranged().trickle(8 << 10, Duration::from_millis(100)).once();
    let requests = pulled(&there);
    let segments: Vec<(u64, u64)> = requests.iter().filter_map(range).collect();
    let (first, last) = segments[0];
    let within: Vec<_> = segments.iter().filter(|(start, _)| (first..=last).contains(start)).collect();
    assert!(within.len() >= 2, "{segments:?}");
    let longest = segments.iter().map(|(first, last)| last + 1 - first).max().unwrap();
    let (sent, needed) = (there.registry.blob_bytes_sent(), there.fixture.blob_bytes());
    assert!(sent <= needed + longest + ON_ITS_WAY, "{sent} bytes for {needed}");
    // At that pace the whole segment would have taken long.
    let slow =
        requests.iter().filter(|heard| range(heard) == Some((first, last))).map(|heard| heard.sent).min();
    assert!(slow.unwrap() + 64 * KIB < last - first, "{slow:?} bytes of {first}-{last}");
}

/// The first and the last byte that a request asked for.
fn range(heard: &Heard) -> Option<(u64, u64)> {
    let (first, last) = heard.head.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
