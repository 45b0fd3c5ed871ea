//! `check` and `pin`: the images that files name, and the tags of the store, beside what registries have now.

mod check;
mod pin;
mod writing;

use crate::registry::Counted;
use crate::support::{Fixture, Kind};

/// A registry with two tags of one repository.
pub(crate) struct Team {
    pub(crate) there: Counted,
    pub(crate) old: Fixture,
    pub(crate) new: Fixture,
}

impl Team {
    pub(crate) fn of(kind: Kind) -> Self {
        let there = Counted::open(kind);
        let (old, new) = (Fixture::small(), Fixture::many_layers(2));
        let api = there.api("team/app");
        api.seed(&old, "1.0");
        api.seed(&new, "1.1");
        Self { there, old, new }
    }

    /// Moves the tag 1.0 to the newer image.
    pub(crate) fn moves(&self) {
        self.there.api("team/app").tag(&self.new, &["1.0".to_owned()]);
    }
}

/// Asserts that nothing but HEAD requests, and lists where they are allowed, has come to the registry.
#[track_caller]
pub(crate) fn assert_only_heads(calls: &[String], lists: usize) {
    let others: Vec<_> =
        calls.iter().filter(|call| !call.starts_with("HEAD ") && !call.ends_with("/v2/")).collect();
    let only_lists = others.iter().all(|call| call.ends_with("/tags/list"));
    assert!(only_lists && others.len() == lists, "{calls:?}");
}
