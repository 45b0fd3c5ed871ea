//! Applying: each row asks again before it changes something, and one failure stops no other.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{Corpus, Pair, objects};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind, eventually};

at_every_registry! {
    a_plan_is_applied_and_again_does_nothing,
    a_destination_that_changed_since_the_plan_is_left_alone,
    the_image_of_the_plan_is_copied_though_its_tag_has_moved,
}

fn a_plan_is_applied_and_again_does_nothing(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(2, 3));
    let file = pair.file("plan.json").display().to_string();
    pair.sync(&["--plan", "--plan-out", &file]).ends_with(10);
    let apply = || pair.home.run(["sync", "--apply", &file]);
    assert!(apply().succeeds().stderr.contains("6 created; "));
    pair.corpus.is_at(&pair.to, "mirror/");
    pair.forget();
    let again = apply().succeeds();
    assert!(again.stderr.contains("6 unchanged; 0B moved"), "{again}");
    assert_eq!((pair.from.calls().len(), pair.to.calls().len()), (0, 6), "one question for each row");
}

fn a_destination_that_changed_since_the_plan_is_left_alone(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(1, 3));
    let file = pair.file("plan.json").display().to_string();
    pair.sync(&["--plan", "--plan-out", &file]).ends_with(10);
    let other = Fixture::small();
    pair.to.api("mirror/app0").seed(&other, "1.1");
    let applied = pair.home.run(["sync", "--apply", &file]).ends_with(1);
    let destination = pair.to.at("mirror/app0:1.1");
    let words = format!("{destination} has changed since the plan was made: it was missing, and is now ");
    assert!(applied.stderr.contains(&words), "{applied}");
    assert!(applied.stderr.contains("2 created, 1 failed; "), "{applied}");
    pair.to.api("mirror/app0").holds(&other, "1.1");
}

fn the_image_of_the_plan_is_copied_though_its_tag_has_moved(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(1, 2));
    let file = pair.file("plan.json").display().to_string();
    pair.sync(&["--plan", "--plan-out", &file]).ends_with(10);
    let [first, second] = [0, 1].map(|tag| &pair.corpus.repositories[0].1[tag]);
    pair.from.api("team/app0").tag(second, &["1.0".to_owned()]);
    pair.home.run(["sync", "--apply", &file]).succeeds();
    pair.to.api("mirror/app0").holds(first, "1.0");
}

/// A registry with images of which one cannot be read.
fn with_a_bad_one(images: &[Fixture]) -> Scripted {
    let from = Scripted::start();
    for (number, image) in images.iter().enumerate() {
        from.seed("app", image, &format!("v{number}"));
    }
    from
}

#[test]
fn what_failed_is_a_plan_of_its_own() {
    let images: Vec<_> = (0..4).map(|number| Fixture::several(2, 1000 + number)).collect();
    let (from, to) = (with_a_bad_one(&images), Scripted::start());
    from.on(Route::Blob).of(&images[2].config_digest()).error(403, "DENIED").once();
    let home = Home::fresh();
    let failed = home.path().join("failed.json").display().to_string();
    let (source, destination) = (from.at("app"), to.at("app"));
    let synced =
        home.run(["sync", "--failed", &failed, "--format", "json", &source, &destination]).ends_with(1);
    let rows = objects(&synced);
    let of = |result: &str| rows.iter().filter(|row| row["Result"] == result).count();
    assert_eq!([of("created"), of("failed")], [3, 1], "{synced}");
    let bad = rows.iter().find(|row| row["Result"] == "failed").unwrap();
    assert_eq!(bad["Destination"], json!(to.at("app:v2")));
    assert!(bad["Error"].as_str().unwrap().contains("denied"), "{bad}");
    let again = home.run(["sync", "--apply", &failed]).succeeds();
    assert!(again.stderr.contains("1 created; "), "{again}");
    to.holds("app", &images[2], "v2");
}

#[test]
fn a_sync_that_is_killed_continues_with_what_is_left() {
    let pair = Pair::seeded(Kind::Embedded, Corpus::new(4, 6));
    pair.to.proxy.slow_down(20_000);
    let (source, destination) = (pair.from.at("team/"), pair.to.at("mirror/"));
    let started = pair.home.regcli(["sync", "-q", &source, &destination]).start();
    let is_there = |(name, tag, _): &(&str, String, &Fixture)| {
        pair.to.api(&format!("mirror/{name}")).manifest(tag).is_some()
    };
    let arrived = || pair.corpus.images().filter(is_there).count();
    eventually(Duration::from_secs(30), || (arrived() >= 6).then_some(())).expect("some images arrive");
    started.signal(Signal::KILL);
    started.finish();
    pair.to.proxy.slow_down(100_000_000);
    let left = 24 - arrived();
    pair.forget();
    let again = pair.sync(&["--format", "json"]).succeeds();
    let created = objects(&again).into_iter().filter(|row| row["Result"] == "created").count();
    assert_eq!(created, left);
    pair.corpus.is_at(&pair.to, "mirror/");
    assert!(pair.to.proxy.blob_bytes_sent() < pair.corpus.bytes(), "what was there is not sent again");
}
