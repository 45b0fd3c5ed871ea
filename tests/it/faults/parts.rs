//! Registries that forget what a range is when it comes to the last part of a blob.

use std::time::{Duration, Instant};

use crate::support::Fixture;
use crate::support::scripted::{Route, Scripted};

use super::{BYTES, Pulling};

/// Enough to be split.
const LARGE: usize = 24 << 20;

#[test]
fn all_of_a_blob_for_its_last_part_is_read_in_one_stream() {
    let there = Pulling::of(Scripted::start(), Fixture::huge(LARGE));
    let layer = there.layer().clone();
    let (all, last) = (there.fixture.content(&layer.digest), format!("-{}", layer.size - 1));
    let whole = there.registry.on(Route::Blob).of(&layer.digest).edit(move |head, answer| {
        if head.header("range").is_some_and(|range| range.ends_with(&last)) {
            answer.status = 200;
            answer.remove("Content-Range");
            answer.body = all.clone().into();
        }
    });
    whole.trickle(64 << 10, Duration::from_millis(8)).forever();

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    let mut asked = there.registry.requests(Route::Blob);
    asked.retain(|heard| heard.head.path.contains(&layer.digest));
    assert!(asked.len() > 2, "it came in parts");
    assert_eq!(asked.last().unwrap().status, 200, "{asked:#?}");
    assert!(
        asked.iter().filter(|heard| heard.status == 200).count() <= 5,
        "not once more for each part: {asked:#?}"
    );
}

/// What is asserted is the least time that so many bytes take at that rate, which no machine can go below.
#[test]
fn bytes_that_come_once_more_count_for_the_rate() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).of(&layer.digest).ranged().unheard("range").once();
    let begun = Instant::now();

    there.home.run(["--limit-rate", "2M", "pull", &there.image()]).succeeds();

    there.is_kept();
    let least = Duration::from_secs_f64(BYTES as f64 * 1.5 / 2_097_152.0 * 0.95);
    assert!(begun.elapsed() >= least, "{:?}, not {least:?}", begun.elapsed());
}
