//! Mirrors that answer well, and whose bodies break.

use std::fs;
use std::time::Duration;

use crate::support::Fixture;
use crate::support::scripted::{KIB, Route, Scripted};

use super::Pulling;

/// Enough to be split.
const LARGE: usize = 24 << 20;

/// Somebody who wants to pull an image that a mirror has as well.
pub(super) struct Mirrored {
    pub(super) there: Pulling,
    pub(super) mirror: Scripted,
}

impl Mirrored {
    pub(super) fn of(there: Pulling) -> Self {
        let mirror = there.registry.beside();
        let folder = there.home.path().join(".config/regcli");
        fs::create_dir_all(&folder).unwrap();
        let config = format!("[registry.\"{}\"]\nmirrors = [{:?}]\n", there.registry.host(), mirror.origin());
        fs::write(folder.join("config.toml"), config).unwrap();
        Self { there, mirror }
    }

    #[track_caller]
    fn pull(&self) {
        self.there.home.run(["pull", &self.there.image()]).succeeds();
        self.there.is_kept();
    }

    /// Whether the next commands will ask the mirror last.
    fn is_remembered(&self) -> bool {
        let memory = self.there.home.path().join(".cache/regcli/mirrors.json");
        fs::read_to_string(memory).unwrap_or_default().contains(&self.mirror.host())
    }
}

#[test]
fn a_mirror_whose_bodies_break_at_once_is_left_after_the_second_time() {
    let scene = Mirrored::of(Pulling::heavy());
    scene.mirror.on(Route::Blob).cut_after(0).forever();

    scene.pull();

    for blob in &scene.there.fixture.blobs {
        let mut asked = scene.mirror.requests(Route::Blob);
        asked.retain(|heard| heard.head.path.contains(&blob.digest));
        assert!(asked.len() <= 2, "{asked:#?}");
    }
    assert!(scene.is_remembered());
}

#[test]
fn a_mirror_whose_parts_break_at_once_is_left_after_the_second_time() {
    let scene = Mirrored::of(Pulling::of(Scripted::start(), Fixture::huge(LARGE)));
    scene.mirror.on(Route::Blob).ranged().cut_after(0).forever();
    scene.mirror.on(Route::Blob).trickle(64 << 10, Duration::from_millis(8)).forever();

    scene.pull();

    let asked = scene.there.registry.requests(Route::Blob);
    assert!(asked.iter().all(|heard| heard.range_start().is_some()), "it goes on: {asked:#?}");
}

#[test]
fn a_mirror_that_broke_once_or_brings_something_each_time_is_gone_on_with() {
    for (bytes, times) in [(0, 1), (1024 * KIB, 3)] {
        let scene = Mirrored::of(Pulling::heavy());
        let layer = &scene.there.layer().digest;
        scene.mirror.on(Route::Blob).of(layer).cut_after(bytes).times(times);

        scene.pull();

        assert_eq!(scene.there.registry.requests(Route::Blob).len(), 0);
        assert!(!scene.is_remembered());
    }
}
