//! `untag`, `delete` and `prune`: at the embedded registry, at a real docker-registry, and at stand-ins for the kinds of
//! registries that have ways of their own.

use serde_json::{Value, json};

use crate::support::{Api, Home, Kind, Outcome, Registry};

mod faults;
mod kinds;
mod named_kinds;
mod prune;
mod random;
mod single;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A registry and a home to run regcli in.
struct Lab {
    registry: Registry,
    home: Home,
}

impl Lab {
    fn of(kind: Kind) -> Self {
        Self { registry: kind.open(), home: Home::fresh() }
    }

    fn repository(&self, name: &str) -> Repository {
        Repository::of(self.registry.host(), name)
    }

    /// Runs regcli with the host before each argument that begins with a slash.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Outcome {
        let host = self.registry.host();
        let full =
            |text: &&str| if text.starts_with('/') { format!("{host}{text}") } else { (*text).to_owned() };
        self.home.run(arguments.iter().map(full))
    }

    /// The tags of a repository, sorted.
    #[track_caller]
    fn tags(&self, name: &str) -> Vec<String> {
        let listed = self.run(&["tags", &format!("/{name}")]).succeeds();
        let mut tags: Vec<_> = listed.stdout.lines().map(ToOwned::to_owned).collect();
        tags.sort();
        tags
    }
}

/// A repository that is filled by hand.
struct Repository {
    api: Api,
}

impl Repository {
    fn of(host: &str, name: &str) -> Self {
        Self { api: Api::of(host, name) }
    }

    /// Brings an image there with a layer of its own.
    fn image(&self, tag: Option<&str>, name: &str, created: &str) -> String {
        let (config, layer) = (config(name, created), layer(name));
        let (config_digest, layer_digest) = (self.api.put_blob(&config), self.api.put_blob(&layer));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config_digest, "size": config.len()},
            "layers": [{"mediaType": LAYER, "digest": layer_digest, "size": layer.len()}],
        });
        self.put(tag, MANIFEST, &manifest)
    }

    /// Brings an index of these manifests there.
    fn index(&self, tag: Option<&str>, children: &[&String]) -> String {
        let entry = |digest: &&String| {
            let content = self.api.manifest(digest).unwrap();
            let media_type = serde_json::from_slice::<Value>(&content).unwrap()["mediaType"].clone();
            json!({"mediaType": media_type, "digest": digest, "size": content.len()})
        };
        let entries: Vec<_> = children.iter().map(entry).collect();
        self.put(tag, INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}))
    }

    /// Brings something there that refers to a manifest: by its subject, and under the tag that older registries need.
    fn signature(&self, subject: &str, suffix: &str) -> String {
        let config = self.api.put_blob(b"{}");
        let size = self.api.manifest(subject).unwrap().len();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": "application/vnd.example.signature",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
            "layers": [],
            "subject": {"mediaType": MANIFEST, "digest": subject, "size": size},
            "annotations": {"of": subject},
        });
        self.put(Some(&(subject.replace(':', "-") + suffix)), MANIFEST, &manifest)
    }

    fn put(&self, tag: Option<&str>, media_type: &str, manifest: &Value) -> String {
        self.api.put_manifest(media_type, manifest.to_string().as_bytes(), tag).digest
    }

    /// Makes another tag mean a manifest.
    fn tag(&self, tag: &str, digest: &str) {
        let content = self.api.manifest(digest).unwrap();
        let media_type = serde_json::from_slice::<Value>(&content).unwrap()["mediaType"].clone();
        self.api.put_manifest(media_type.as_str().unwrap(), &content, Some(tag));
    }

    fn has(&self, selector: &str) -> bool {
        self.api.manifest(selector).is_some()
    }
}

fn config(name: &str, created: &str) -> Vec<u8> {
    let diff_id = crate::support::sha256(&layer(name));
    let rootfs = json!({"type": "layers", "diff_ids": [diff_id]});
    json!({"created": created, "os": "linux", "architecture": "amd64", "rootfs": rootfs})
        .to_string()
        .into_bytes()
}

fn layer(name: &str) -> Vec<u8> {
    crate::support::Fixture::layer(name, 100)
}

/// A date so many days before today.
fn days_ago(days: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string()
}
