//! What is left when a registry refuses in the middle, or the user interrupts.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{CONFIG, INDEX, MANIFEST, days_ago};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, eventually, sha256};

/// A stand-in for `registry:2`, which deletes no tag. The first deletion of a digest is the question whether it may.
fn registry_2(image: &Fixture) -> Scripted {
    let registry = Scripted::start();
    registry.seed("app", image, "1.0");
    registry.on(Route::Ping).with_header("docker-distribution-api-version", "registry/2.0").forever();
    registry.on(Route::ManifestDelete).of("/manifests/1.0").error(400, "DIGEST_INVALID").once();
    registry
}

#[test]
fn a_tag_is_moved_back_if_what_it_was_moved_to_cannot_be_deleted() {
    let (image, home) = (Fixture::small(), Home::fresh());
    let registry = registry_2(&image);
    registry.on(Route::ManifestDelete).of("/manifests/sha256").skipping(1).error(403, "DENIED").once();
    home.run(["untag", &registry.at("app:1.0")]).ends_with(4);
    registry.holds("app", &image, "1.0");
    assert_eq!(registry.requests(Route::ManifestPut).len(), 2, "there and back");
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn an_interrupt_leaves_no_tag_where_it_does_not_belong() {
    let (image, home) = (Fixture::small(), Home::fresh());
    let registry = registry_2(&image);
    let slow = registry.on(Route::ManifestDelete).of("/manifests/sha256").skipping(1);
    slow.late(Duration::from_millis(500)).once();
    let started = home.regcli(["untag", &registry.at("app:1.0")]).start();
    let moved = || registry.requests(Route::ManifestPut).pop();
    eventually(Duration::from_secs(20), moved).expect("the tag was moved");
    started.signal(Signal::INT);
    started.finish().ends_with(130);
    let is_gone = || (!registry.has_manifest("app", "1.0")).then_some(());
    eventually(Duration::from_secs(5), is_gone).expect("the deletion was finished");
    assert!(registry.has_manifest("app", &image.root.digest), "the image stays");
}

/// Brings an image there, and returns its digest.
fn image(registry: &Scripted, name: &str, days: i64) -> String {
    let config = json!({"created": days_ago(days), "os": "linux", "architecture": "amd64", "name": name});
    let config = config.to_string().into_bytes();
    let digest = sha256(&config);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": {"mediaType": CONFIG, "digest": digest, "size": config.len()},
    });
    registry.seed_blob("app", &digest, config);
    registry.seed_manifest("app", MANIFEST, manifest.to_string().into_bytes())
}

/// Brings an index there, and returns its digest.
fn index(registry: &Scripted, children: &[&String]) -> String {
    let entry = |digest: &&String| {
        let size = registry.manifest_size("app", digest).unwrap_or(100);
        json!({"mediaType": MANIFEST, "digest": digest, "size": size})
    };
    let entries: Vec<_> = children.iter().map(entry).collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    registry.seed_manifest("app", INDEX, index.to_string().into_bytes())
}

/// A registry with an old index of one image, an old image, and a new image.
struct Three {
    registry: Scripted,
    index: String,
    child: String,
    old: String,
}

fn three() -> Three {
    let registry = Scripted::start();
    let [child, old, new] =
        [("child", 90), ("old", 80), ("new", 1)].map(|(name, days)| image(&registry, name, days));
    let index = index(&registry, &[&child]);
    for (tag, digest) in [("index", &index), ("old", &old), ("new", &new)] {
        registry.tag("app", tag, digest);
    }
    Three { registry, index, child, old }
}

#[test]
fn the_images_of_an_index_stay_that_could_not_be_deleted_and_the_rest_goes() {
    let Three { registry, index, child, old } = three();
    registry.on(Route::ManifestDelete).of(&index).error(403, "DENIED").once();
    let pruned = Home::fresh().run(["prune", "--yes", "--keep", "1", &registry.at("app")]).ends_with(1);
    assert!(pruned.stdout.contains(&format!("Deleted: {old}\n")), "{pruned}");
    let there = [&index, &child, &old].map(|digest| registry.has_manifest("app", digest));
    assert_eq!(there, [true, true, false]);
    assert!(registry.has_manifest("app", "index"), "the tag means what it meant");
}

#[test]
fn while_a_tag_has_a_name_that_cannot_be_requested_only_tags_go() {
    let Three { registry, index, child, old } = three();
    registry.tag("app", "no tag", &child);
    Home::fresh().run(["prune", "--yes", "--keep", "1", &registry.at("app")]).succeeds();
    let there = [&index, &child, &old].map(|digest| registry.has_manifest("app", digest));
    assert_eq!(there, [true; 3]);
    assert!(!registry.has_manifest("app", "index") && !registry.has_manifest("app", "old"));
}

#[test]
fn an_index_that_lacks_an_image_is_pruned_as_far_as_it_is_there() {
    let Three { registry, child, .. } = three();
    let sparse = index(&registry, &[&child, &sha256(b"nowhere")]);
    registry.tag("app", "index", &sparse);
    let pruned = Home::fresh().run(["prune", "--yes", "--keep", "1", &registry.at("app")]).succeeds();
    assert!(pruned.stdout.contains(&format!("Deleted: {sparse}\n")), "{pruned}");
    assert!(!registry.has_manifest("app", &child));
}

#[test]
fn a_manifest_that_cannot_be_read_ends_a_prune_before_it_begins() {
    let Three { registry, child, .. } = three();
    registry.on(Route::Manifest).of(&child).error(500, "UNKNOWN").forever();
    let home = Home::fresh();
    home.run(["prune", "--yes", "--retry", "0", "--keep", "1", &registry.at("app")]).ends_with(5);
    assert_eq!(registry.requests(Route::ManifestDelete).len(), 0);
}

#[test]
fn what_an_index_lists_by_another_type_stays_as_well() {
    let Three { registry, child, old, .. } = three();
    let listed = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"mediaType": "application/vnd.example.manifest", "digest": old, "size": 1},
    ]});
    let kept = registry.seed_manifest("app", INDEX, listed.to_string().into_bytes());
    registry.tag("app", "kept", &kept);
    let flags = ["prune", "--yes", "--match", "^(old|index)$", "--older-than", "30d"];
    Home::fresh().run(flags.into_iter().chain([&*registry.at("app")])).succeeds();
    assert!(registry.has_manifest("app", &old) && !registry.has_manifest("app", "old"));
    assert!(!registry.has_manifest("app", &child), "the rest goes");
}

#[test]
fn the_image_of_an_index_that_could_not_be_deleted_stays_even_by_force() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    let image = image(&registry, "a", 1);
    let index = index(&registry, &[&image]);
    registry.tag("app", "a", &image);
    registry.tag("app", "index", &index);
    registry.on(Route::ManifestDelete).of(&index).error(403, "DENIED").once();
    let deleted = home.run(["delete", "--force", &registry.at("app:a"), &registry.at("app:index")]);
    let deleted = deleted
        .ends_with(1)
        .complains("app:a was not deleted, because 1 index that needs it would be lost, too");
    assert_eq!(deleted.stdout, "");
    assert!(registry.has_manifest("app", &image) && registry.has_manifest("app", "index"));
}
