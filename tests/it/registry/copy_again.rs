//! `copy` to a registry that has the image already: a question or two, and nothing moves.

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

use super::{Counted, keep};

at_every_registry! {
    copying_again_takes_one_request_at_each_end,
    another_tag_of_what_is_there_takes_two_questions_and_the_tag,
    from_the_store_the_same_questions_are_asked,
    one_platform_that_is_there_is_not_looked_at_again,
    a_tag_that_means_something_else_is_moved,
    a_digest_that_is_there_takes_one_question,
    a_copy_of_what_is_there_is_foreseen,
}

/// An image at one registry that was copied to `app:1` of another one, and requests counted from now on.
struct Copied {
    from: Counted,
    to: Counted,
    home: Home,
    fixture: Fixture,
}

impl Copied {
    fn of(kind: Kind, fixture: Fixture) -> Self {
        let copied =
            Self { from: Counted::open(kind), to: Counted::open(kind), home: Home::fresh(), fixture };
        copied.from.api("app").seed(&copied.fixture, "1");
        copied.to_tag("1");
        copied.forget();
        copied
    }

    fn forget(&self) {
        self.from.proxy.forget();
        self.to.proxy.forget();
    }

    #[track_caller]
    fn to_tag(&self, tag: &str) {
        let target = self.to.at(&format!("app:{tag}"));
        let copied = self.home.run(["copy", &self.from.at("app:1"), &target]).succeeds();
        copied.prints(&format!("{target}@{}\n", self.fixture.root.digest));
    }

    fn digest(&self) -> &str {
        &self.fixture.root.digest
    }
}

fn copying_again_takes_one_request_at_each_end(kind: Kind) {
    for fixture in [Fixture::small(), Fixture::multi_platform()] {
        let there = Copied::of(kind, fixture);
        there.to_tag("1");
        assert_eq!(there.from.calls(), ["GET /v2/app/manifests/1"]);
        assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/1"]);
    }
}

fn another_tag_of_what_is_there_takes_two_questions_and_the_tag(kind: Kind) {
    for fixture in [Fixture::small(), Fixture::multi_platform()] {
        let there = Copied::of(kind, fixture);
        there.to_tag("2");
        assert_eq!(there.from.calls(), ["GET /v2/app/manifests/1"]);
        let image = format!("HEAD /v2/app/manifests/{}", there.digest());
        assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/2", &image, "PUT /v2/app/manifests/2"]);
        there.to.api("app").holds(&there.fixture, "2");
    }
}

fn from_the_store_the_same_questions_are_asked(kind: Kind) {
    let there = Copied::of(kind, Fixture::many_layers(3));
    keep(&there.home, &there.fixture, "example.com/app:1");
    let again = there.home.run(["copy", "store:example.com/app:1", &there.to.at("app:1")]).succeeds();
    assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/1"]);
    assert_eq!(again.stderr.matches(": Layer already exists\n").count(), 3, "{again}");

    there.forget();
    there.home.run(["copy", "store:example.com/app:1", &there.to.at("app:2")]).succeeds();
    assert_eq!(there.to.calls().len(), 3, "{:#?}", there.to.calls());
    there.to.api("app").holds(&there.fixture, "2");
}

fn one_platform_that_is_there_is_not_looked_at_again(kind: Kind) {
    let there = Copied::of(kind, Fixture::multi_platform());
    let target = there.to.at("app:arm");
    let copy = || {
        let arguments = ["copy", "--platform", "linux/arm64", &there.from.at("app:1"), &target];
        there.home.run(arguments).succeeds();
    };
    copy();
    let arm = &there.fixture.manifests["linux/arm64/v8"];
    let image = format!("HEAD /v2/app/manifests/{}", arm.digest);
    assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/arm", &image, "PUT /v2/app/manifests/arm"]);
    there.forget();
    copy();
    assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/arm"]);
    assert_eq!(there.from.proxy.requests("GET", "/blobs/").len(), 0);
}

fn a_tag_that_means_something_else_is_moved(kind: Kind) {
    let there = Copied::of(kind, Fixture::small());
    there.to.api("app").seed(&Fixture::many_layers(2), "stable");
    there.to_tag("stable");
    assert_eq!(there.to.calls().len(), 3, "the tag, the image, and the tag anew: {:#?}", there.to.calls());
    there.to.api("app").holds(&there.fixture, "stable");
}

fn a_digest_that_is_there_takes_one_question(kind: Kind) {
    let there = Copied::of(kind, Fixture::small());
    let pinned = format!("app@{}", there.digest());
    there.home.run(["copy", &there.from.at("app:1"), &there.to.at(&pinned)]).succeeds();
    assert_eq!(there.to.calls(), [format!("HEAD /v2/app/manifests/{}", there.digest())]);
}

fn a_copy_of_what_is_there_is_foreseen(kind: Kind) {
    let there = Copied::of(kind, Fixture::multi_platform());
    let look = |tag: &str| {
        let target = there.to.at(&format!("app:{tag}"));
        there.home.run(["copy", "--dry-run", &there.from.at("app:1"), &target]).succeeds()
    };
    let same = look("1");
    assert!(same.last_line().ends_with(" is up to date: nothing to copy"), "{same}");
    assert_eq!(there.to.calls(), ["HEAD /v2/app/manifests/1"]);

    there.forget();
    let other = look("2");
    assert!(other.last_line().contains(": would copy 0B of "), "{other}");
    let blobs = there.fixture.blobs.len();
    assert_eq!(other.stdout.matches("   already there\n").count(), blobs, "{other}");
    assert_eq!(there.to.calls().len(), 2, "the tag and the image: {:#?}", there.to.calls());
    assert_eq!(there.to.api("app").manifest("2"), None);
}

#[test]
fn a_registry_that_has_the_manifest_and_lost_a_layer_gets_the_layer() {
    let (from, to) = (Scripted::start(), Scripted::start());
    let fixture = Fixture::small();
    from.seed("app", &fixture, "1");
    to.seed("app", &fixture, "1");
    let lost = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    to.remove_blob("app", &lost.digest);
    to.on(Route::ManifestPut).error(400, "MANIFEST_BLOB_UNKNOWN").once();

    Home::fresh().run(["copy", &from.at("app:1"), &to.at("app:2")]).succeeds();
    to.holds("app", &fixture, "2");
    assert_eq!(to.bytes_taken(), lost.size + 2 * fixture.root.size, "that layer, and the manifest twice");
}
