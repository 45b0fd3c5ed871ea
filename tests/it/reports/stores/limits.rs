//! Limits, and when they are found out.

use serde_json::json;

use super::{MANIFEST, put, write_index};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Home, sha256};

/// A manifest of so many bytes, of a layer and a config.
fn manifest_of(bytes: usize) -> (String, [Vec<u8>; 2]) {
    let layer = b"layer".to_vec();
    let config = json!({
        "os": "linux", "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [sha256(&layer)]},
    });
    let config = config.to_string().into_bytes();
    let describe = |media_type: &str, content: &[u8]| json!({"mediaType": media_type, "digest": sha256(content), "size": content.len()});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": describe("application/vnd.oci.image.config.v1+json", &config),
        "layers": [describe("application/vnd.oci.image.layer.v1.tar", &layer)],
        "annotations": {"filling": "x".repeat(bytes)},
    });
    (manifest.to_string(), [config, layer])
}

/// A registry that has such an image as `app:1`.
fn registry_with(bytes: usize) -> Scripted {
    let registry = Scripted::start();
    let (manifest, blobs) = manifest_of(bytes);
    for blob in blobs {
        registry.seed_blob("app", &sha256(&blob), blob);
    }
    let digest = registry.seed_manifest("app", MANIFEST, manifest.into_bytes());
    registry.tag("app", "1", &digest);
    registry
}

#[test]
fn d9_a_manifest_that_is_too_large_is_refused_before_any_layer_is_fetched() {
    let registry = registry_with(5 << 20);
    let target = Scripted::start();
    let home = Home::fresh();
    let (layout, archive) = (home.path().join("layout"), home.path().join("out.tar"));
    let image = registry.at("app:1");
    for command in [
        &["pull", &image][..],
        &["copy", &image, &target.at("app:1")],
        &["copy", &image, &format!("oci:{}", layout.display())],
        &["copy", &image, &format!("oci-archive:{}", archive.display())],
    ] {
        let outcome = home.run(command);
        assert_eq!(outcome.code, 6, "{outcome}");
        outcome.complains("exceeds the limit of 4194304 bytes");
    }
    assert_eq!(registry.requests(Route::Blob).len(), 0);
    assert_eq!(target.bytes_taken(), 0);
    assert!(!archive.exists());
    home.run(["images", "-q"]).succeeds().prints("");
}

#[test]
fn d9_every_place_has_the_same_limit() {
    // What may just be comes through all places.
    let registry = registry_with((4 << 20) - 4096);
    let served = crate::support::Kind::Embedded.open();
    let home = Home::fresh();
    let image = registry.at("app:1");
    let there = format!("{}/team/app:1", served.host());
    let archive = format!("oci-archive:{}", home.path().join("out.tar").display());
    home.run(["pull", "-q", &image]).succeeds();
    home.run(["copy", "-q", &image, &there]).succeeds();
    home.run(["copy", "-q", &there, &archive]).succeeds();
    home.run(["copy", "-q", &archive, "store:app:1"]).succeeds();
    home.run(["rmi", "-f", "app:1", &image]).succeeds();

    // What is larger is refused by each, with no blob of it kept.
    let (manifest, blobs) = manifest_of(5 << 20);
    let other = Home::fresh();
    let store = other.store();
    for blob in &blobs {
        put(&store, "text/plain", blob);
    }
    let mut entry = put(&store, MANIFEST, manifest.as_bytes());
    entry["annotations"] = json!({
        "org.opencontainers.image.ref.name": "docker.io/library/app:1",
        "io.containerd.image.name": "docker.io/library/app:1",
    });
    write_index(&store, &json!([entry]));
    let file = home.path().join("large.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&file).unwrap());
    tar.append_dir_all(".", &store).unwrap();
    tar.finish().unwrap();
    let place = format!("oci-archive:{}", file.display());
    let layout = format!("oci:{}", store.display());
    for command in [
        &["load", "-i", file.to_str().unwrap()][..],
        &["copy", &place, "store:app:1"],
        &["copy", &layout, "store:app:1"],
        &["copy", &layout, &there],
        &["copy", &layout, &registry.at("other:1")],
    ] {
        let outcome = home.run(command);
        assert_eq!(outcome.code, 6, "{outcome}");
    }
    home.run(["images", "-q"]).succeeds().prints("");
    assert_eq!(registry.requests(Route::UploadBegin).len(), 0);
}

#[test]
fn d11_the_tags_that_one_command_pulls_are_bounded() {
    let registry = registry_with(1);
    let tags: Vec<String> = (0..100_001).map(|number| format!("t{number}")).collect();
    let page = json!({"name": "app", "tags": tags}).to_string();
    registry.on(Route::Tags).body("application/json", page).forever();
    let home = Home::fresh();
    let outcome = home.run(["pull", "-a", &registry.at("app")]).ends_with(1);
    outcome.complains("more than 100000 tags: nothing was pulled");
    assert_eq!(registry.requests(Route::Manifest).len(), 0);
}
