//! Documents that readers understand in different ways, and indexes that hold more than images.

use serde_json::{Value, json};

use crate::support::scripted::Scripted;
use crate::support::{Home, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A registry that is filled document by document.
struct There {
    registry: Scripted,
    home: Home,
}

impl There {
    fn new() -> Self {
        Self { registry: Scripted::start(), home: Home::fresh() }
    }

    fn image(&self) -> String {
        self.registry.at("app:1")
    }

    fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        self.registry.seed_blob("app", &sha256(content), content.to_owned());
        json!({"mediaType": media_type, "digest": sha256(content), "size": content.len()})
    }

    /// A manifest of an image for this platform.
    fn manifest(&self, architecture: &str) -> Value {
        let layer = format!("layer for {architecture}");
        let config = json!({
            "architecture": architecture, "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer.as_bytes())]},
        });
        let config = self.blob(CONFIG, config.to_string().as_bytes());
        let layers = [self.blob(LAYER, layer.as_bytes())];
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
    }

    /// A manifest of a chart of Helm.
    fn chart(&self) -> Value {
        let config = self.blob("application/vnd.cncf.helm.config.v1+json", br#"{"name":"chart"}"#);
        let layers = [self.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"chart")];
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
    }

    /// Brings a manifest there; its descriptor.
    fn put(&self, media_type: &str, document: &str) -> Value {
        let digest = self.registry.seed_manifest("app", media_type, document.to_owned().into_bytes());
        json!({"mediaType": media_type, "digest": digest, "size": document.len()})
    }

    /// The same, and the tag means it.
    fn tag(&self, media_type: &str, document: &str) {
        let root = self.put(media_type, document);
        self.registry.tag("app", "1", root["digest"].as_str().unwrap());
    }

    fn tag_index(&self, entries: &[&Value]) {
        self.tag(INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string());
    }
}

#[test]
fn r10_what_is_no_image_is_for_no_platform() {
    let there = There::new();
    let mut amd64 = there.put(MANIFEST, &there.manifest("amd64").to_string());
    amd64["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let chart = there.put(MANIFEST, &there.chart().to_string());
    let mut typed = there.manifest("arm64");
    typed["artifactType"] = json!("application/vnd.example.sbom");
    let typed = there.put(MANIFEST, &typed.to_string());
    let mut described = there.put(MANIFEST, &there.manifest("riscv64").to_string());
    described["artifactType"] = json!("application/vnd.example.signature");
    for artifact in [&chart, &typed, &described] {
        there.tag_index(&[&amd64, artifact]);
        let image = there.image();
        for command in [
            &["pull", "--platform", "linux/arm64", &image][..],
            &["copy", "-q", "--platform", "linux/arm64", &image, "oci:out:1"],
            &["manifest", "--platform", "linux/arm64", &image],
        ] {
            let refused = there.home.run(command).ends_with(3);
            refused.complains("no matching manifest for linux/arm64 in the manifest list entries");
        }
        there.home.run(["pull", "-q", "--platform", "linux/amd64", &image]).succeeds();
        // The first in the index, and yet not chosen.
        there.tag_index(&[artifact, &amd64]);
        there.home.run(["copy", "-q", "--platform", "linux/amd64", &image, "oci:one:1"]).succeeds();
        let digest = there.home.run(["digest", "oci:one:1"]).succeeds();
        assert_eq!(digest.stdout.trim(), amd64["digest"].as_str().unwrap());
    }
}

#[test]
fn r10_what_an_entry_does_not_say_its_config_says() {
    let there = There::new();
    let [amd64, arm64] =
        ["amd64", "arm64"].map(|architecture| there.put(MANIFEST, &there.manifest(architecture).to_string()));
    let chart = there.put(MANIFEST, &there.chart().to_string());
    there.tag_index(&[&chart, &amd64, &arm64]);
    for (platform, image) in [("linux/amd64", &amd64), ("linux/arm64", &arm64)] {
        there.home.run(["copy", "-q", "--platform", platform, &there.image(), "oci:out:1"]).succeeds();
        let digest = there.home.run(["digest", "oci:out:1"]).succeeds();
        assert_eq!(digest.stdout.trim(), image["digest"].as_str().unwrap());
    }
    let none = there.home.run(["pull", "--platform", "linux/s390x", &there.image()]).ends_with(3);
    none.complains("no matching manifest for linux/s390x").complains("linux/arm64");
}

#[test]
fn s13_a_manifest_that_means_another_image_to_others_is_refused() {
    let there = There::new();
    let right = there.manifest("amd64").to_string();
    let other = there.blob(LAYER, b"another layer").to_string();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let member =
        |document: &str, key: &str| format!("{},{key}:[{other}]}}", document.strip_suffix('}').unwrap());
    for (media_type, document) in [
        (MANIFEST, member(&right, r#""Layers""#)),
        (MANIFEST, member(&right, r#""layer\u017f""#)),
        (MANIFEST, right.replace(r#""layers""#, r#""LAYERS""#)),
        (MANIFEST, right.replace(r#""size""#, r#""Size":1,"size""#)),
        (INDEX, member(&index, r#""Manifests""#)),
    ] {
        there.tag(media_type, &document);
        let image = there.image();
        for to in ["store:lab/x:1", "oci:out:1", &there.registry.at("other:1")] {
            let refused = there.home.run(["copy", "-q", &image, to]).ends_with(6);
            refused.complains("to readers that ignore case, and nothing to others");
        }
        there.home.run(["pull", &image]).ends_with(6);
        assert!(!there.registry.has_manifest("other", "1"));
        there.home.run(["images", "-q"]).succeeds().prints("");
    }
}

#[test]
fn s13_a_config_that_names_other_layers_to_others_is_refused() {
    let there = There::new();
    let layer = there.blob(LAYER, b"layer");
    let rootfs = json!({"type": "layers", "diff_ids": [sha256(b"layer")]});
    for config in [
        format!(r#"{{"architecture":"amd64","os":"linux","rootfs":{rootfs},"RootFS":{{"diff_ids":[]}}}}"#),
        format!(r#"{{"architecture":"amd64","os":"linux","OS":"windows","rootfs":{rootfs}}}"#),
    ] {
        let config = there.blob(CONFIG, config.as_bytes());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        there.tag(MANIFEST, &manifest.to_string());
        there.home.run(["--retry", "1", "pull", &there.image()]).ends_with(6);
        there.home.run(["images", "-q"]).succeeds().prints("");
    }
}

#[test]
fn r13_the_case_of_a_media_type_means_nothing() {
    let there = There::new();
    let (upper_manifest, upper_index) = (MANIFEST.to_uppercase(), INDEX.to_uppercase());
    let mut manifest = there.manifest("amd64");
    manifest["config"]["mediaType"] = json!(CONFIG.to_uppercase());
    manifest["layers"][0]["mediaType"] = json!(LAYER.to_uppercase());
    // With the type in the document, and without.
    for stated in [json!(upper_manifest), json!(null)] {
        manifest["mediaType"] = stated;
        if manifest["mediaType"].is_null() {
            manifest.as_object_mut().unwrap().remove("mediaType");
        }
        let document = manifest.to_string();
        let mut entry = there.put(&upper_manifest, &document);
        entry["platform"] = json!({"os": "linux", "architecture": "amd64"});
        let home = Home::fresh();
        there.registry.tag("app", "1", entry["digest"].as_str().unwrap());
        let image = there.image();
        home.run(["pull", "-q", &image]).succeeds();
        home.run(["copy", "-q", &image, "oci-archive:a.tar:1"]).succeeds();
        home.run(["copy", "-q", "oci-archive:a.tar:1", "store:lab/a:1"]).succeeds();
        assert_eq!(home.run(["manifest", "store:lab/a:1"]).succeeds().raw, document.as_bytes());

        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        there.tag(&upper_index, &index.to_string());
        home.run(["pull", "-q", "--platform", "linux/amd64", &image]).succeeds();
        home.run(["copy", "-q", &image, "oci:out:1"]).succeeds();
        home.run(["copy", "-q", "oci:out:1", &there.registry.at("other:1")]).succeeds();
    }
}
