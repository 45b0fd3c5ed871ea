//! Several images in one command: what one of them has brought, no other one asks for or sends again.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

use super::{Counted, assert_kept, keep, parts};

at_every_registry! {
    five_tags_that_share_four_layers_send_each_blob_once_and_ask_once,
    five_tags_that_share_four_layers_come_without_a_request_too_many,
    three_repositories_take_the_bytes_once_and_a_mount_a_blob,
    a_copy_within_a_registry_is_one_mount_a_blob,
    a_second_tag_of_the_same_image_is_one_request,
    an_image_that_was_pushed_alone_is_not_put_again_with_its_index,
}

/// Five images, each with four layers that all have and one of its own.
fn family() -> Vec<Fixture> {
    let shared: Vec<_> = (0..4).map(|number| Fixture::layer("shared", 1000 + 512 * number)).collect();
    let member = |number: usize| {
        let own = Fixture::layer(&format!("own{number}"), 700);
        let config = json!({"architecture": "amd64", "os": "linux", "author": number.to_string()});
        Fixture::with_config(config, &[&shared[..], &[own]].concat())
    };
    (1..=5).map(member).collect()
}

/// How many blobs they have together, and of how many bytes.
fn distinct(family: &[Fixture]) -> (usize, u64) {
    let blobs = family.iter().flat_map(|member| &member.blobs);
    let blobs: BTreeMap<_, _> = blobs.map(|blob| (&blob.digest, blob.size)).collect();
    (blobs.len(), blobs.values().sum())
}

fn five_tags_that_share_four_layers_send_each_blob_once_and_ask_once(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family();
    for (member, tag) in family.iter().zip(1..) {
        keep(&home, member, &there.at(&format!("app:{tag}")));
    }
    home.run(["push", "-a", &there.at("app")]).succeeds();

    for (member, tag) in family.iter().zip(1..) {
        there.api("app").holds(member, &tag.to_string());
    }
    let (blobs, bytes) = distinct(&family);
    assert_eq!(blobs, 4 + 5 * 2, "four layers of all; a layer and a config of each");
    assert_eq!(there.proxy.blob_bytes_sent(), bytes);
    assert_eq!(there.proxy.requests("HEAD", "/blobs/").len(), blobs);
    // A question, a place and the bytes for each blob; the tag as it was and as it is for each image.
    assert_eq!(there.calls().len(), 3 * blobs + 2 * family.len(), "{:#?}", there.calls());
}

fn five_tags_that_share_four_layers_come_without_a_request_too_many(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family();
    for (member, tag) in family.iter().zip(1..) {
        there.api("app").seed(member, &tag.to_string());
    }
    home.run(["pull", "-a", &there.at("app")]).succeeds();

    for member in &family {
        assert_kept(&home, member, parts(member));
    }
    let (blobs, bytes) = distinct(&family);
    assert_eq!(there.proxy.blob_bytes_taken(), bytes);
    assert_eq!(there.calls().len(), 1 + family.len() + blobs, "tags, manifests, blobs: {:#?}", there.calls());
}

fn three_repositories_take_the_bytes_once_and_a_mount_a_blob(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::many_layers(3);
    let images = ["a/app:1", "b/app:1", "c/app:1"].map(|name| there.at(name));
    for image in &images {
        keep(&home, &fixture, image);
    }
    let pushed = home.run(["push", &images[0], &images[1], &images[2]]).succeeds();

    assert!(pushed.stderr.contains(": Mounted from a/app\n"), "{pushed}");
    for repository in ["a/app", "b/app", "c/app"] {
        there.api(repository).holds(&fixture, "1");
    }
    assert_eq!(there.proxy.blob_bytes_sent(), fixture.blob_bytes());
    let blobs = fixture.blobs.len();
    let calls = |part: &str| there.calls().iter().filter(|call| call.contains(part)).count();
    // Each blob that is not there is offered for a mount from where the store has it, which is another place for its
    // bytes at most.
    assert!((3 * blobs + 2..=4 * blobs + 2).contains(&calls("/a/app/")), "{:#?}", there.calls());
    // What is known to be next door is mounted without the question whether it is here.
    assert_eq!([calls("/b/app/"), calls("/c/app/")], [blobs + 2; 2], "{:#?}", there.calls());
    assert_eq!(there.proxy.requests("HEAD", "/blobs/").len(), blobs);
}

fn a_copy_within_a_registry_is_one_mount_a_blob(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    there.api("from").seed(&fixture, "1");
    Home::fresh().run(["copy", &there.at("from:1"), &there.at("to:1")]).succeeds();
    there.api("to").holds(&fixture, "1");
    // The manifest; the tag and the image that are not there; a mount for each blob; the tag.
    assert_eq!(there.calls().len(), 1 + 2 + fixture.blobs.len() + 1, "{:#?}", there.calls());
    assert_eq!(there.proxy.requests("HEAD", "/blobs/").len(), 0);
}

fn a_second_tag_of_the_same_image_is_one_request(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    for tag in ["1", "2", "3"] {
        keep(&home, &fixture, &there.at(&format!("app:{tag}")));
    }
    home.run(["push", "-a", &there.at("app")]).succeeds();
    let calls = there.calls();
    let is_tag = |call: &String| {
        call.len() == "PUT /v2/app/manifests/1".len() && call.starts_with("PUT /v2/app/manifests/")
    };
    let first = calls.iter().position(is_tag).unwrap();
    assert_eq!(calls[first..].len(), 3, "the other tags, in any order: {calls:#?}");
    assert!(calls[first..].iter().all(is_tag));
    there.api("app").holds(&fixture, "3");
}

fn an_image_that_was_pushed_alone_is_not_put_again_with_its_index(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    keep(&home, &fixture, &there.at("app:multi"));
    let (index, alone) =
        (format!("store:{}", there.at("app:multi")), format!("store:{}", there.at("app:arm")));
    home.run(["copy", "-q", "--platform", "linux/arm64", &index, &alone]).succeeds();

    home.run(["push", "-a", &there.at("app")]).succeeds();
    there.api("app").holds(&fixture, "multi");
    let puts = there.proxy.requests("PUT", "/manifests/").len();
    assert_eq!(puts, 1 + (fixture.manifests.len() - 1) + 1, "{:#?}", there.calls());
    assert_eq!(there.proxy.requests("HEAD", "/blobs/").len(), fixture.blobs.len(), "each blob once");
}

/// A scripted registry, and somebody who has one image under these names.
fn pushing(names: &[&str]) -> (Scripted, Fixture, Home) {
    let (registry, fixture, home) = (Scripted::start(), Fixture::many_layers(3), Home::fresh());
    for name in names {
        keep(&home, &fixture, &registry.at(name));
    }
    (registry, fixture, home)
}

#[test]
fn a_registry_that_contradicts_is_believed_and_gets_all_that_it_wants() {
    let (registry, fixture, home) = pushing(&["app:1", "app:2"]);
    registry.on(Route::ManifestPut).of("/manifests/2").error(400, "MANIFEST_BLOB_UNKNOWN").times(2);
    home.run(["push", "-a", &registry.at("app")]).succeeds();
    registry.holds("app", &fixture, "2");
    // After the first no, all is asked for again; after the second one, all is sent again.
    assert_eq!(registry.requests(Route::BlobHead).len(), 2 * fixture.blobs.len());
    assert_eq!(registry.requests(Route::UploadPut).len(), 2 * fixture.blobs.len());
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn a_registry_that_mounts_nothing_gets_the_bytes_for_each_repository() {
    let (registry, fixture, home) = pushing(&["a:1", "b:1", "c:1"]);
    registry.on(Route::Mount).error(405, "UNSUPPORTED").forever();
    let images = ["a:1", "b:1", "c:1"].map(|name| registry.at(name));
    home.run(["push", &images[0], &images[1], &images[2]]).succeeds();
    for repository in ["a", "b", "c"] {
        registry.holds(repository, &fixture, "1");
    }
    let blobs = fixture.blobs.len();
    assert_eq!(registry.requests(Route::UploadPut).len(), 3 * blobs);
    let early = registry.requests(Route::BlobHead).len();
    assert_eq!(early, 3 * blobs, "and it is asked what it has");
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn a_declined_mount_of_what_is_there_already_leaves_no_upload() {
    let (registry, fixture, home) = pushing(&["a:1", "b:1"]);
    for blob in &fixture.blobs {
        registry.seed_blob("b", &blob.digest, fixture.content(&blob.digest));
    }
    let place = "/v2/b/blobs/uploads/begun?state=kept";
    registry.on(Route::Mount).of("/v2/b/").status(202).header("Location", place).forever();
    home.run(["push", &registry.at("a:1"), &registry.at("b:1")]).succeeds();
    registry.holds("b", &fixture, "1");
    let puts = registry.requests(Route::UploadPut);
    assert!(puts.iter().all(|put| put.head.path.starts_with("/v2/a/")), "{puts:#?}");
    let declined = registry.requests(Route::Mount);
    let declined = declined.iter().filter(|mount| mount.head.path.starts_with("/v2/b/")).count();
    assert!(declined > 0);
    assert_eq!(registry.requests(Route::UploadCancel).len(), declined);
}
