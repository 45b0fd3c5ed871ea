//! Uploads that a registry refuses or breaks off, although it answers other requests.

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home};

/// The number of attempts at one operation while the server answers others.
const ATTEMPTS: usize = 6;

/// A registry, a user who has this image for it, and the image's name.
fn scene(fixture: &Fixture) -> (Scripted, Home, String) {
    let (registry, home) = (Scripted::start(), Home::fresh());
    let image = registry.at("app:1");
    home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
    (registry, home, image)
}

#[test]
fn u1_an_upload_that_always_fails_is_given_up_if_the_server_answers() {
    for is_cut in [false, true] {
        let (registry, home, image) = scene(&Fixture::small());
        let put = registry.on(Route::UploadPut);
        let put = if is_cut { put.hang_up() } else { put.status(503) };
        put.forever();
        let outcome = home.run(["push", "--jobs", "1", &image]).ends_with(5);
        outcome.complains(if is_cut { "closed the connection" } else { "503 Service Unavailable" });
        let puts = registry.requests(Route::UploadPut).len();
        assert!((ATTEMPTS..=ATTEMPTS * Fixture::small().blobs.len()).contains(&puts), "{puts} requests");
    }
}

#[test]
fn u4_a_refused_upload_is_told_in_the_words_of_the_registry() {
    let (registry, home, image) = scene(&Fixture::small());
    let refusal = r#"{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"bad"}]}"#;
    let put = registry.on(Route::UploadPut).status(400).body("application/json", refusal);
    put.edit(|_, answer| answer.status = 400).forever();
    let outcome =
        home.run(["push", "--jobs", "1", &image]).ends_with(1).complains("answered 400 Bad Request");
    let error = outcome.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(error.starts_with("error: blob upload invalid: bad"), "{outcome}");
    assert!(error.contains(" (blob ") && error.len() < 100, "{outcome}");
    assert!(!outcome.stderr.contains("not a registry's answer"), "{outcome}");
    assert!(outcome.stderr.contains(" (blob upload invalid: bad)"), "{outcome}");
}

#[test]
fn u4_a_body_that_is_too_large_is_told_without_its_url() {
    let (registry, home, image) = scene(&Fixture::heavy(1 << 20));
    registry.on(Route::UploadPut).above(64 * 1024).status(413).forever();
    let outcome = home.run(["push", &image]).succeeds();
    let row = outcome.stderr.lines().find(|line| line.contains("Retrying in ")).unwrap_or_default();
    assert!(row.contains(&format!("({}: ", registry.host())), "{outcome}");
    assert!(row.ends_with(" bytes are too many for one request)") && !row.contains("http"), "{outcome}");
}
