//! Places that a registry leads to for its blobs, and that are good for a while only: a CDN, an object storage.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::Fixture;
use crate::support::scripted::{Answer, Head, KIB, Route, Scripted};

use super::Pulling;

/// Enough to be split.
const LARGE: usize = 24 << 20;

/// A registry that leads to somebody else for its one large layer.
fn led() -> Pulling {
    Pulling::of(Scripted::start(), Fixture::huge(LARGE))
}

/// From now on, and as long as the rules of before have come about, `storage` is a slow line away.
fn slowly(storage: &Scripted) {
    storage.on(Route::Blob).trickle(64 << 10, Duration::from_millis(8)).forever();
}

impl Pulling {
    /// How often the registry was asked for the layer.
    fn questions(&self) -> usize {
        let mut asked = self.registry.requests(Route::Blob);
        asked.retain(|heard| heard.head.path.contains(&self.layer().digest));
        asked.len()
    }

    /// How often somebody was asked for all of the layer.
    fn beginnings(&self) -> usize {
        let mut asked = self.registry.requests(Route::Blob);
        asked.retain(|heard| heard.head.path.contains(&self.layer().digest));
        asked.iter().filter(|heard| heard.range_start().is_none()).count()
    }

    /// Where the layer is at another origin.
    fn place(&self, storage: &Scripted) -> String {
        format!("{}/v2/app/blobs/{}", storage.origin(), self.layer().digest)
    }
}

#[test]
fn a_new_place_that_has_too_much_to_do_costs_a_wait_and_no_bytes() {
    let there = led();
    let layer = &there.layer().digest;
    let (old, new) = (there.registry.beside(), there.registry.beside());
    there.registry.on(Route::Blob).of(layer).redirect(307, there.place(&old)).once();
    // While one asks, others come and wait for the answer.
    let late = Duration::from_secs(1);
    there.registry.on(Route::Blob).of(layer).redirect(307, there.place(&new)).late(late).forever();
    old.on(Route::Blob).ranged().status(403).once();
    slowly(&old);
    new.on(Route::Blob).error(503, "SLOW_DOWN").times(2);
    slowly(&new);

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    assert_eq!(there.beginnings(), 1, "what was there is gone on with: {:#?}", there.registry.heard());
}

#[test]
fn a_place_that_has_too_much_to_do_is_waited_for_as_it_says() {
    let there = led();
    let layer = &there.layer().digest;
    let storage = there.registry.beside();
    there.registry.on(Route::Blob).of(layer).redirect(307, there.place(&storage)).forever();
    storage.on(Route::Blob).ranged().status(429).header("Retry-After", "6").once();
    slowly(&storage);
    let begun = Instant::now();

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    assert!(begun.elapsed() >= Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(there.beginnings(), 1);
}

#[test]
fn places_that_are_good_for_one_request_only_cost_questions_and_no_bytes() {
    let there = led();
    let storage = there.registry.beside();
    let (place, given) = (there.place(&storage), Mutex::new(0));
    let sign = move |_: &Head, answer: &mut Answer| {
        let mut given = given.lock().unwrap();
        *given += 1;
        answer.set("Location", format!("{place}?signature={given}"));
    };
    there.registry.on(Route::Blob).of(&there.layer().digest).status(307).edit(sign).forever();
    let used = Mutex::new(Vec::new());
    let check = move |head: &Head, answer: &mut Answer| {
        let mut used = used.lock().unwrap();
        if used.contains(&head.path) {
            (answer.status, answer.body) = (403, Default::default());
        }
        used.push(head.path.clone());
    };
    storage.on(Route::Blob).edit(check).trickle(64 << 10, Duration::from_millis(8)).forever();

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    assert_eq!(there.beginnings(), 1, "{:#?}", there.registry.heard());
}

#[test]
fn the_registry_is_asked_once_for_all_parts_the_last_one_included() {
    let there = led();
    let storage = there.registry.beside();
    let led = there.registry.on(Route::Blob).of(&there.layer().digest);
    led.redirect(307, there.place(&storage)).forever();
    slowly(&storage);

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    assert!(storage.requests(Route::Blob).len() > 2, "it came in parts");
    assert_eq!(there.questions(), 1);
}

#[test]
fn whoever_was_cut_off_at_a_place_asks_the_registry_again() {
    let there = Pulling::heavy();
    let storage = there.registry.beside();
    let led = there.registry.on(Route::Blob).of(&there.layer().digest);
    led.redirect(307, there.place(&storage)).forever();
    storage.on(Route::Blob).cut_after(1024 * KIB).once();

    there.home.run(["pull", &there.image()]).succeeds();

    there.is_kept();
    assert_eq!((there.questions(), storage.requests(Route::Blob).len()), (2, 2));
    assert_eq!(there.beginnings(), 1);
}
