//! What differs between two images: `diff`.

mod by_tools;
mod documents;
mod files;
mod packages;

use serde_json::{Value, json};

use crate::support::scripted::Scripted;
use crate::support::{Home, Layer, Outcome, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A registry that counts, and a home that has nothing.
struct Lab {
    registry: Scripted,
    home: Home,
}

impl Lab {
    fn new() -> Self {
        Self { registry: Scripted::start(), home: Home::fresh() }
    }

    /// Two images, `app:1` and `app:2`, with these layers and the same settings.
    fn of(old: &[Layer], new: &[Layer]) -> Self {
        let lab = Self::new();
        lab.push("1", &json!({}), old);
        lab.push("2", &json!({}), new);
        lab
    }

    /// Adds an image `app:TAG` with these settings, and returns the descriptor of its manifest.
    fn push(&self, tag: &str, settings: &Value, layers: &[Layer]) -> Value {
        let digest = |layer: &Layer| layer.descriptor["digest"].as_str().unwrap().to_owned();
        let steps = (1..=layers.len()).map(|number| json!({"created_by": format!("step {number}")}));
        let ids: Vec<String> = layers.iter().map(digest).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": settings, "history": steps.collect::<Vec<_>>(),
            "rootfs": {"type": "layers", "diff_ids": ids},
        });
        let config = config.to_string();
        let config_digest = sha256(config.as_bytes());
        self.registry.seed_blob("app", &config_digest, config.clone().into_bytes());
        layers.iter().for_each(|layer| self.registry.seed_blob("app", &digest(layer), layer.bytes.clone()));
        let layers: Vec<&Value> = layers.iter().map(|layer| &layer.descriptor).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": layers,
            "config": {"mediaType": CONFIG, "digest": config_digest, "size": config.len()},
        });
        let manifest = manifest.to_string();
        let digest = self.registry.seed_manifest("app", MANIFEST, manifest.clone().into_bytes());
        self.registry.tag("app", tag, &digest);
        json!({"mediaType": MANIFEST, "digest": digest, "size": manifest.len()})
    }

    /// Runs `diff` on `app:1` and `app:2`, with flags before them and paths after them.
    fn diff(&self, arguments: &[&str]) -> Outcome {
        let (flags, paths): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|text| text.starts_with('-'));
        let images = [self.registry.at("app:1"), self.registry.at("app:2")];
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        self.home.regcli([&["diff"][..], &flags, &images, &paths].concat()).env("LC_ALL", "C.UTF-8").run()
    }

    /// The document that `diff --format json` prints.
    fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.diff(&[&["--format=json"], arguments].concat());
        serde_json::from_str(&outcome.stdout).unwrap()
    }
}

/// The size of a layer's blob.
fn size(layer: &Layer) -> u64 {
    layer.bytes.len() as u64
}
