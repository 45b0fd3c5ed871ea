//! R: images that consist of more manifests than anybody can keep.

use serde_json::json;

use crate::support::Home;
use crate::support::scripted::{Route, Scripted};

/// A manifest of nearly 4 MiB, the most that registries take, says next to nothing.
const LARGE: usize = 4_000_000;

/// More of them than are read.
const COUNT: usize = 24;

/// What may be sent until it is found out that it is too much.
const ENOUGH: u64 = 64 << 20;

#[test]
fn r01_manifests_that_are_too_many_bytes_together_are_not_all_read() {
    let registry = Scripted::start();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let config = json!({"mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"});
    let manifests = (0..COUNT).map(|number| {
        let note = format!("{number}{}", "x".repeat(LARGE));
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [],
            "annotations": {"test.regcli.note": note}})
        .to_string();
        let size = manifest.len();
        let digest = registry.seed_manifest("app", kind, manifest.into_bytes());
        json!({"mediaType": kind, "size": size, "digest": digest})
    });
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests.collect::<Vec<_>>()});
    let digest =
        registry.seed_manifest("app", "application/vnd.oci.image.index.v1+json", index.to_string().into());
    registry.tag("app", "1", &digest);
    let home = Home::fresh();

    let copy = home.run(["copy", &registry.at("app:1"), &format!("oci:{}", home.path().join("x").display())]);

    copy.ends_with(6).complains("image consists of more than 32 MiB of manifests");
    let sent: u64 = registry.requests(Route::Manifest).iter().map(|heard| heard.sent).sum();
    assert!(sent <= ENOUGH, "{sent} bytes");
}
