//! What belongs to images: at a registry with the API for referrers (`regcli serve`), and at one without
//! (docker-registry 2.8), where an index under a tag takes its place.

mod attach;
mod copies;
mod dialects;
mod index;
mod tree;

use serde_json::{Value, json};

use crate::support::{Api, Kind, Part};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A repository in which artifacts are written by hand, as the OCI specification says.
pub(crate) struct Writer<'a> {
    pub(crate) api: &'a Api,
    pub(crate) kind: Kind,
}

/// An artifact to be written.
pub(crate) struct New<'a> {
    pub(crate) subject: &'a Part,
    pub(crate) artifact_type: &'a str,
    pub(crate) annotations: Value,
}

impl<'a> New<'a> {
    pub(crate) fn of(subject: &'a Part, artifact_type: &'a str) -> Self {
        Self { subject, artifact_type, annotations: json!({}) }
    }
}

impl Writer<'_> {
    /// Writes a referrer with one layer, and lists it under the tag where the registry does not list it.
    #[track_caller]
    pub(crate) fn refer(&self, new: &New) -> Part {
        let content = format!("{} of {}", new.artifact_type, new.subject.digest);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": new.artifact_type,
            "config": self.blob("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [self.blob(new.artifact_type, content.as_bytes())],
            "subject": new.subject.descriptor(), "annotations": new.annotations,
        });
        let part = self.api.put_manifest(MANIFEST, manifest.to_string().as_bytes(), None);
        if self.kind == Kind::Docker {
            let mut entry = part.descriptor();
            entry["artifactType"] = json!(new.artifact_type);
            self.list(&new.subject.digest, entry);
        }
        part
    }

    /// Adds an entry to the index under the tag of a digest.
    fn list(&self, subject: &str, entry: Value) {
        let tag = subject.replace(':', "-");
        let mut index = match self.api.manifest(&tag) {
            Some(there) => serde_json::from_slice(&there).unwrap(),
            None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
        };
        index["manifests"].as_array_mut().unwrap().push(entry);
        self.api.put_manifest(INDEX, index.to_string().as_bytes(), Some(&tag));
    }

    /// Writes what cosign 2 attaches by a tag: an image whose layer has this type.
    #[track_caller]
    pub(crate) fn attach(&self, subject: &Part, ending: &str, layer: &str) -> Part {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.blob("application/vnd.oci.image.config.v1+json", b"{\"architecture\":\"\",\"os\":\"\"}"),
            "layers": [self.blob(layer, format!("{ending} of {}", subject.digest).as_bytes())],
        });
        let tag = format!("{}.{ending}", subject.digest.replace(':', "-"));
        self.api.put_manifest(MANIFEST, manifest.to_string().as_bytes(), Some(&tag))
    }

    fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        let digest = self.api.put_blob(content);
        json!({"mediaType": media_type, "digest": digest, "size": content.len()})
    }
}
