//! Uploads that a registry refuses or breaks off, although it answers other requests.

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home};

/// The number of attempts at one operation while the server answers others.
const ATTEMPTS: usize = 6;

/// A registry, a user who has an image for it, and the image.
fn scene() -> (Scripted, Home, String) {
    let (registry, home) = (Scripted::start(), Home::fresh());
    let image = registry.at("app:1");
    home.run(["copy", "-q", &Fixture::small().place(), &format!("store:{image}")]).succeeds();
    (registry, home, image)
}

#[test]
fn u1_an_upload_that_always_fails_is_given_up_if_the_server_answers() {
    for is_cut in [false, true] {
        let (registry, home, image) = scene();
        let put = || registry.on(Route::UploadPut);
        if is_cut {
            put().hang_up().forever();
        } else {
            put().status(503).forever();
        }
        let outcome = home.run(["push", "--jobs", "1", &image]).ends_with(5);
        outcome.complains(if is_cut { "closed the connection" } else { "503 Service Unavailable" });
        let puts = registry.requests(Route::UploadPut).len();
        assert!((ATTEMPTS..=ATTEMPTS * Fixture::small().blobs.len()).contains(&puts), "{puts} requests");
    }
}
