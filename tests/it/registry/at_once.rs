//! Questions that need not wait for each other do not: all of them are at the registry before it answers one.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, eventually};

use super::keep;

/// So late that no answer comes before the test has seen all it waits for.
const LATE: Duration = Duration::from_secs(50);

/// How long the test looks.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs a command until the registry has heard so many of these requests, all while it answers none.
#[track_caller]
fn all_at_once<const N: usize>(
    home: &Home,
    registry: &Scripted,
    arguments: [&str; N],
    (route, part, count): (Route, &str, usize),
) {
    registry.forget();
    registry.on(route).of(part).late(LATE).forever();
    let started = home.regcli(arguments).start();
    let waiting = || {
        let heard = registry.requests(route);
        heard.iter().filter(|heard| heard.head.path.contains(part) && heard.status == 0).count()
    };
    let all = eventually(LIMIT, || (waiting() == count).then_some(()));
    assert!(all.is_some(), "{} of {count} {route:?} wait for their answers", waiting());
    started.signal(Signal::KILL);
    started.finish();
}

#[test]
fn the_images_of_an_index_are_read_at_once() {
    let registry = Scripted::start();
    let fixture = Fixture::multi_platform();
    registry.seed("app", &fixture, "1");
    let arguments = ["pull", "--all-platforms", &registry.at("app:1")];
    let expected = (Route::Manifest, "sha256:", fixture.manifests.len());
    all_at_once(&Home::fresh(), &registry, arguments, expected);
}

#[test]
fn the_images_of_an_index_are_put_at_once() {
    let registry = Scripted::start();
    let fixture = Fixture::multi_platform();
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    keep(&home, &fixture, &image);
    let expected = (Route::ManifestPut, "sha256:", fixture.manifests.len());
    all_at_once(&home, &registry, ["push", &image], expected);
    assert!(!registry.has_manifest("app", "1"), "the index waits for them");
}

#[test]
fn blobs_are_asked_after_at_once_and_their_uploads_begin_at_once() {
    for route in [Route::BlobHead, Route::UploadBegin] {
        let registry = Scripted::start();
        let fixture = Fixture::many_layers(8);
        let (home, image) = (Home::fresh(), registry.at("app:1"));
        keep(&home, &fixture, &image);
        all_at_once(&home, &registry, ["push", &image], (route, "/blobs/", fixture.blobs.len()));
    }
}

#[test]
fn an_index_is_put_after_the_images_that_it_holds() {
    let registry = Scripted::start();
    let fixture = Fixture::multi_platform();
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    keep(&home, &fixture, &image);
    registry.on(Route::ManifestPut).of("sha256:").late(Duration::from_millis(100)).times(3);
    home.run(["push", &image]).succeeds();
    let puts = registry.requests(Route::ManifestPut);
    assert_eq!(puts.len(), fixture.manifests.len() + 1);
    assert!(puts[puts.len() - 1].head.path.ends_with("/manifests/1"), "{puts:#?}");
    registry.holds("app", &fixture, "1");
}

#[test]
fn every_body_says_its_length() {
    let registry = Scripted::start();
    let fixture = Fixture::many_layers(8);
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    keep(&home, &fixture, &image);
    home.run(["push", &image]).succeeds();
    let puts = registry.requests(Route::UploadPut);
    assert_eq!(puts.len(), fixture.blobs.len());
    for put in puts {
        assert_eq!(put.head.header("content-length"), Some(&*put.taken.to_string()), "{put:#?}");
        assert_eq!(put.head.header("transfer-encoding"), None, "{put:#?}");
    }
}
