//! Storages that a registry leads to by URLs that are good for a while.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::support::scripted::{Answer, Head, Heard, Route, Scripted};
use crate::support::{Fixture, Home, Part};

/// What S3 says of a URL that has run out.
const EXPIRED: &str = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>\
    <Message>Request has expired</Message></Error>";

/// A registry that leads to a storage, with another signature each time. All are good until they are revoked.
struct Scene {
    registry: Scripted,
    storage: Scripted,
    fixture: Fixture,
    home: Home,
    signatures: Arc<Mutex<Signatures>>,
}

#[derive(Default)]
struct Signatures {
    given: usize,
    revoked: HashSet<String>,
}

impl Scene {
    fn new(fixture: Fixture) -> Self {
        let registry = Scripted::start();
        registry.seed("app", &fixture, "1");
        let (storage, home) = (registry.beside(), Home::fresh());
        Self { registry, storage, fixture, home, signatures: Arc::default() }
    }

    fn layer(&self) -> &Part {
        self.fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap()
    }

    /// From now on the registry leads to the storage for its layer.
    fn lead(&self) {
        let (origin, signatures) = (self.storage.origin(), Arc::clone(&self.signatures));
        let sign = move |head: &Head, answer: &mut Answer| {
            let mut signatures = signatures.lock().unwrap();
            signatures.given += 1;
            answer.set("Location", format!("{origin}{}?signature={}", head.path, signatures.given));
        };
        self.registry.on(Route::Blob).of(&self.layer().digest).status(307).edit(sign).forever();
    }

    /// The next requests to the storage are answered 503, and their signatures are good no more.
    fn is_away(&self, times: usize) {
        let signatures = Arc::clone(&self.signatures);
        let revoke = move |_: &Head, _: &mut Answer| {
            let mut signatures = signatures.lock().unwrap();
            // One more was given out meanwhile, or will be for the next attempt.
            let revoked: Vec<_> = (1..=signatures.given + 1).map(|number| number.to_string()).collect();
            signatures.revoked.extend(revoked);
        };
        self.storage.on(Route::Blob).status(503).edit(revoke).times(times);
    }

    /// From now on the storage knows which signatures are good.
    fn check(&self) {
        let signatures = Arc::clone(&self.signatures);
        let check = move |head: &Head, answer: &mut Answer| {
            let signature = head.parameter("signature").unwrap_or_default();
            if signatures.lock().unwrap().revoked.contains(&signature) {
                (answer.status, answer.body) = (403, EXPIRED.into());
                answer.set("Content-Type", "application/xml");
                answer.remove("Content-Range");
            }
        };
        self.storage.on(Route::Blob).edit(check).forever();
    }

    /// What the registry was asked for its layer.
    fn questions(&self) -> Vec<Heard> {
        let mut asked = self.registry.requests(Route::Blob);
        asked.retain(|heard| heard.head.path.contains(&self.layer().digest));
        asked
    }

    fn refusals(&self) -> usize {
        self.storage.requests(Route::Blob).iter().filter(|heard| heard.status == 403).count()
    }
}

#[test]
fn u1_a_signed_url_that_runs_out_while_its_storage_is_away_is_named_anew() {
    let there = Scene::new(Fixture::heavy(2 << 20));
    there.lead();
    there.is_away(2);
    there.check();

    there.home.run(["pull", &there.registry.at("app:1")]).succeeds();

    super::assert_kept(&there.home, &there.fixture);
    assert_eq!(there.refusals(), 1, "{:#?}", there.storage.heard());
}

#[test]
fn u1_a_signed_url_that_runs_out_in_the_middle_is_named_anew_and_the_rest_comes() {
    let there = Scene::new(Fixture::heavy(2 << 20));
    let half = there.layer().size / 2;
    there.lead();
    there.storage.on(Route::Blob).cut_after(half).once();
    there.is_away(1);
    there.check();

    there.home.run(["pull", &there.registry.at("app:1")]).succeeds();

    super::assert_kept(&there.home, &there.fixture);
    assert_eq!(there.refusals(), 1, "{:#?}", there.storage.heard());
    let asked = there.questions();
    assert_eq!(asked.iter().filter(|heard| heard.range_start().is_none()).count(), 1, "{asked:#?}");
    assert!(asked[1..].iter().all(|heard| heard.range_start() == Some(half)), "{asked:#?}");
}

#[test]
fn u1_a_storage_that_refuses_a_new_url_as_well_has_refused() {
    let there = Scene::new(Fixture::heavy(1 << 20));
    there.lead();
    there.signatures.lock().unwrap().revoked.extend((1..100).map(|number| number.to_string()));
    there.check();

    let outcome = there.home.run(["pull", &there.registry.at("app:1")]).ends_with(4);

    let outcome = outcome.complains("AccessDenied: Request has expired");
    outcome.complains(&format!("{} answered 403", there.storage.host()));
    assert_eq!((there.refusals(), there.questions().len()), (2, 2));
}
