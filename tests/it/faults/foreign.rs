//! An image of somebody who means no good: written piece by piece, then refused or copied faithfully.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::scripted::Scripted;
use crate::support::{Home, Outcome, blob_path, sha256};

use super::{MEMORY, not_kept};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A registry that is not to be trusted, and somebody who wants an image from there.
pub(super) struct Foreign {
    pub(super) registry: Scripted,
    /// One that is, to which it is to be copied.
    target: Scripted,
    pub(super) home: Home,
    /// What a faithful copy has, byte for byte: digest, bytes.
    blobs: RefCell<Vec<(String, Vec<u8>)>>,
    manifests: RefCell<Vec<(String, Vec<u8>)>>,
}

impl Foreign {
    pub(super) fn new() -> Self {
        let (registry, target, home) = (Scripted::start(), Scripted::start(), Home::fresh());
        Self { registry, target, home, blobs: RefCell::default(), manifests: RefCell::default() }
    }

    /// `127.0.0.1:PORT/app:1`
    pub(super) fn image(&self) -> String {
        self.registry.at("app:1")
    }

    /// Brings a blob there; its descriptor.
    pub(super) fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        let digest = sha256(content);
        self.registry.seed_blob("app", &digest, content.to_owned());
        self.blobs.borrow_mut().push((digest.clone(), content.to_owned()));
        json!({"mediaType": media_type, "digest": digest, "size": content.len()})
    }

    /// The descriptor of a config that says little.
    pub(super) fn config(&self) -> Value {
        let config = json!({"architecture": "amd64", "os": "linux"});
        self.blob(CONFIG, config.to_string().as_bytes())
    }

    /// A manifest with these layers, that nobody has brought there yet.
    pub(super) fn manifest(&self, layers: &[Value]) -> Value {
        image(&self.config(), layers)
    }

    /// Brings a manifest there that others point to; its descriptor.
    pub(super) fn child(&self, media_type: &str, document: impl AsRef<[u8]>) -> Value {
        let content = document.as_ref().to_owned();
        let size = content.len();
        let digest = self.registry.seed_manifest("app", media_type, content.clone());
        self.manifests.borrow_mut().push((digest.clone(), content));
        json!({"mediaType": media_type, "digest": digest, "size": size})
    }

    /// Brings the manifest there that the tag means.
    pub(super) fn serves(&self, media_type: &str, document: impl AsRef<[u8]>) {
        let root = self.child(media_type, document);
        self.registry.tag("app", "1", root["digest"].as_str().unwrap());
    }

    /// Every way to bring an image somewhere.
    fn brought(&self) -> [Outcome; 4] {
        let (image, other) = (self.image(), self.target.at("other:1"));
        let run = |command: &[&str]| {
            let outcome = self.home.run(["--retry", "1"].iter().chain(command));
            assert!(outcome.peak <= MEMORY, "{} bytes\n{outcome}", outcome.peak);
            assert!(!outcome.stderr.contains("panicked"), "{outcome}");
            outcome
        };
        [
            run(&["pull", &image]),
            run(&["pull", "--all-platforms", &image]),
            run(&["copy", "-q", &image, "oci:out:1"]),
            run(&["copy", "-q", &image, &other]),
        ]
    }

    /// Asserts that it is taken nowhere, and that nothing there looks as if it were.
    #[track_caller]
    pub(super) fn is_refused(&self, code: i32) -> [Outcome; 4] {
        self.is_refused_with(&[code])
    }

    /// The same, for one of several reasons.
    #[track_caller]
    pub(super) fn is_refused_with(&self, codes: &[i32]) -> [Outcome; 4] {
        let outcomes = self.brought();
        for outcome in &outcomes {
            assert!(codes.contains(&outcome.code), "{codes:?}\n{outcome}");
        }
        not_kept(&self.home);
        assert!(!self.target.has_manifest("other", "1"));
        let out = self.home.path().join("out");
        only_true_names(&out);
        let index = fs::read_to_string(out.join("index.json")).unwrap_or_default();
        assert!(!index.contains("ref.name"), "{index}");
        outcomes
    }

    /// Asserts that it is taken everywhere, every byte as it is.
    #[track_caller]
    pub(super) fn is_copied(&self) {
        for outcome in self.brought() {
            assert_eq!(outcome.code, 0, "{outcome}");
        }
        for (digest, content) in self.blobs.borrow().iter().chain(&*self.manifests.borrow()) {
            for layout in [self.home.store(), self.home.path().join("out")] {
                let found = fs::read(blob_path(&layout, digest)).ok();
                assert!(found.as_ref() == Some(content), "{digest} in {}", layout.display());
            }
        }
        for (digest, content) in &*self.blobs.borrow() {
            assert!(self.target.blob("other", digest).as_ref() == Some(content), "{digest}");
        }
        let manifests = self.manifests.borrow();
        assert!(manifests.iter().all(|(digest, _)| self.target.has_manifest("other", digest)));
    }
}

/// A manifest of these descriptors.
pub(super) fn image(config: &Value, layers: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
}

/// For whom an index has an image: for everybody who asks here.
pub(super) fn for_this_machine(mut descriptor: Value) -> Value {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
    descriptor
}

/// Asserts that whatever a folder holds under a digest's name has this digest.
#[track_caller]
fn only_true_names(layout: &Path) {
    let Ok(blobs) = fs::read_dir(layout.join("blobs/sha256")) else { return };
    for blob in blobs.map(Result::unwrap) {
        let name = format!("sha256:{}", blob.file_name().to_string_lossy());
        assert_eq!(sha256(&fs::read(blob.path()).unwrap()), name, "it has other content than its name says");
    }
}
