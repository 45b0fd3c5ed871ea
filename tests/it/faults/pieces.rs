//! H of blobs that come by several connections: parts that are not what was asked for, and one that is slow.

use std::time::Duration;

use crate::support::Fixture;
use crate::support::scripted::{Heard, KIB, Route, Script, Scripted};

use super::Pulling;

/// Enough to be split.
const BYTES: usize = 24 << 20;

/// What may be on its way when a connection is ended: a piece, in the buffers of this machine.
const ON_ITS_WAY: u64 = 8 << 20;

/// A large blob whose first stream is slow, so that the rest of it is asked for in pieces.
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

/// Asserts that the blob came in one stream after it had been tried in pieces.
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
fn h18_a_piece_that_is_another_one_is_asked_for_again() {
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
    went_on(&there);
}

#[test]
fn h18_a_piece_of_a_blob_of_another_size_is_asked_for_again() {
    let there = split();
    let size = there.layer().size;
    let other = on_layer(&there).ranged().edit(move |_, answer| {
        let range =
            answer.header("content-range").unwrap().replace(&size.to_string(), &(size + 1).to_string());
        answer.set("Content-Range", range);
    });
    other.once();
    went_on(&there);
}

#[test]
fn h19_a_piece_that_cannot_be_had_is_asked_for_again() {
    let there = split();
    on_layer(&there).ranged().error(416, "RANGE_INVALID").once();
    went_on(&there);
}

#[test]
fn h20_a_piece_that_does_not_say_which_it_is_is_asked_for_again() {
    let there = split();
    on_layer(&there).ranged().without_header("Content-Range").once();
    went_on(&there);
}

/// What came before stays, and the rest comes in one stream.
#[test]
fn h20_a_registry_that_sends_only_wholes_after_some_pieces_is_read_in_one_stream() {
    let there = split();
    on_layer(&there).ranged().skipping(2).unheard("range").forever();
    there.home.run(["--timeout", "2s", "pull", &there.image()]).succeeds();
    there.is_kept();
    let requests = requests(&there);
    assert_eq!(requests.iter().filter(|heard| heard.status == 206).count(), 2, "{requests:#?}");
    assert_eq!(requests.last().unwrap().status, 200);
    // Each connection asked twice at most before it was known, and the last stream was opened twice.
    assert!(requests.len() <= 1 + 2 + 2 * 8 + 2, "{requests:#?}");
}

#[test]
fn h21_pieces_with_wrong_bytes_begin_anew() {
    let there = split();
    on_layer(&there).ranged().flip_byte(0).forever();
    began_anew(&there);
}

#[test]
fn h12_h13_a_piece_that_lies_about_its_length_is_asked_for_again() {
    for lie in [100, -100] {
        let there = split();
        on_layer(&there).ranged().lie_by(lie).once();
        went_on(&there);
    }
}

#[test]
fn h15_a_piece_without_a_length_that_ends_too_early_goes_on() {
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
fn a_piece_that_is_alive_and_slow_is_asked_for_again_from_where_it_is() {
    let there = split();
    on_layer(&there).ranged().trickle(8 << 10, Duration::from_millis(100)).once();
    let requests = pulled(&there);
    let pieces: Vec<(u64, u64)> = requests.iter().filter_map(range).collect();
    let (first, last) = pieces[0];
    let within: Vec<_> = pieces.iter().filter(|(start, _)| (first..=last).contains(start)).collect();
    assert!(within.len() >= 2, "{pieces:?}");
    let longest = pieces.iter().map(|(first, last)| last + 1 - first).max().unwrap();
    let (sent, needed) = (there.registry.blob_bytes_sent(), there.fixture.blob_bytes());
    assert!(sent <= needed + longest + ON_ITS_WAY, "{sent} bytes for {needed}");
    // At that pace the whole piece would have taken long.
    let slow =
        requests.iter().filter(|heard| range(heard) == Some((first, last))).map(|heard| heard.sent).min();
    assert!(slow.unwrap() + 64 * KIB < last - first, "{slow:?} bytes of {first}-{last}");
}

/// The first and the last byte that a request asked for.
fn range(heard: &Heard) -> Option<(u64, u64)> {
    let (first, last) = heard.head.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
