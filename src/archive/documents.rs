//! The documents next to the blobs: `index.json` and `oci-layout` of OCI, `manifest.json` and `repositories`
//! of Docker.
//!
//! See the [OCI image layout specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
//! and Docker's [image specification](https://github.com/moby/docker-image-spec), 1.2.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::digest::Digest;
use crate::image::{CONTAINERD_NAME, Descriptor, ImageManifest, MediaType, REF_NAME};
use crate::reference::Reference;

/// The mark of an OCI image layout.
pub(super) const MARK: (&str, &[u8]) = ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);

/// OCI's list of images.
pub(super) const INDEX: &str = "index.json";

/// Docker's list of images, since 1.10.
pub(super) const MANIFEST: &str = "manifest.json";

/// Docker's list of names, from before 1.10.
pub(super) const REPOSITORIES: &str = "repositories";

/// What a bundle says about itself. Other readers ignore it.
pub(super) const BUNDLE: &str = "regcli-bundle.json";

/// An image in Docker's manifest.json.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DockerImage {
    /// The file of the config.
    pub(super) config: String,
    /// The names with tags, if any.
    #[serde(default)]
    pub(super) repo_tags: Option<Vec<String>>,
    /// The files of the layers, the lowest first.
    #[serde(default)]
    pub(super) layers: Option<Vec<String>>,
}

/// OCI's index.json.
#[derive(Deserialize)]
pub(super) struct Index {
    #[serde(default)]
    pub(super) manifests: Option<Vec<Descriptor>>,
}

/// Returns the path of a blob.
pub(super) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

/// Returns the digest in the path of a blob.
pub(super) fn blob_digest(name: &str) -> Option<Digest> {
    let (algorithm, hex) = name.strip_prefix("blobs/")?.split_once('/')?;
    format!("{algorithm}:{hex}").parse().ok()
}

/// The name of an image in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// A reference, as Docker names images.
    Reference(Reference),
    /// A reference, in full in both annotations: tags alone would not be distinct among many images.
    Full(Reference),
    /// A text, as skopeo names the images of an OCI archive. If the text is a full reference, it is also the
    /// name for Docker.
    Text(String),
    /// No name.
    Unnamed,
}

impl Label {
    /// Returns the image's name for Docker.
    pub(super) fn reference(&self) -> Option<Reference> {
        match self {
            Self::Reference(reference) | Self::Full(reference) => Some(reference.clone()),
            Self::Text(text) if text.contains(['/', ':']) => text.parse().ok().map(Reference::or_latest),
            Self::Text(_) | Self::Unnamed => None,
        }
    }
}

/// Writes OCI's index.json.
pub(super) fn index(images: &[(Label, Descriptor)]) -> Vec<u8> {
    let manifests: Vec<Descriptor> = images.iter().map(|(label, root)| labelled(label, root)).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": manifests });
    index.to_string().into_bytes()
}

/// Adds the name as containerd and Docker since 25 do: the full name in one annotation, the tag in the other.
fn labelled(label: &Label, root: &Descriptor) -> Descriptor {
    let mut entry = root.clone();
    entry.annotations.retain(|key, _| key != REF_NAME && key != CONTAINERD_NAME);
    let mut annotate = |key: &str, value: String| entry.annotations.insert(key.to_owned(), value);
    match label {
        Label::Reference(reference) => {
            let tag = reference.tag.as_ref().map_or_else(|| reference.to_string(), ToString::to_string);
            annotate(REF_NAME, tag);
            annotate(CONTAINERD_NAME, reference.to_string());
        }
        Label::Full(reference) => {
            annotate(REF_NAME, reference.to_string());
            annotate(CONTAINERD_NAME, reference.to_string());
        }
        Label::Text(text) => {
            annotate(REF_NAME, text.clone());
        }
        Label::Unnamed => {}
    }
    entry
}

/// Docker's two documents.
#[derive(Default)]
pub(super) struct DockerDocuments {
    images: Vec<DockerImage>,
    repositories: BTreeMap<String, BTreeMap<String, String>>,
}

impl DockerDocuments {
    /// Adds an image, or one more name of an image.
    pub(super) fn add(&mut self, image: &ImageManifest, name: Option<&Reference>) {
        let name = name.filter(|reference| reference.tag.is_some());
        let config = blob_path(&image.config.digest);
        let layers: Vec<String> = image.layers.iter().map(|layer| blob_path(&layer.digest)).collect();
        let is_same = |known: &DockerImage| known.config == config && known.layers.as_ref() == Some(&layers);
        let index = self.images.iter().position(is_same).unwrap_or_else(|| {
            self.images.push(DockerImage { config, repo_tags: None, layers: Some(layers) });
            self.images.len() - 1
        });
        if let Some(reference) = name {
            let tags = self.images[index].repo_tags.get_or_insert_default();
            let familiar = reference.familiar();
            if !tags.contains(&familiar) {
                tags.push(familiar);
            }
            self.add_repository(image, reference);
        }
    }

    fn add_repository(&mut self, image: &ImageManifest, reference: &Reference) {
        let (Some(tag), Some(top)) = (&reference.tag, image.layers.last()) else { return };
        let tags = self.repositories.entry(reference.name.familiar()).or_default();
        tags.insert(tag.to_string(), top.digest.hex().to_owned());
    }

    /// Returns `manifest.json`.
    pub(super) fn manifest(&self) -> Vec<u8> {
        serde_json::to_vec(&self.images).expect("texts and lists can always be written")
    }

    /// Returns `repositories`, if any image has a name.
    pub(super) fn repositories(&self) -> Option<Vec<u8>> {
        let written = serde_json::to_vec(&self.repositories).expect("texts can always be written");
        (!self.repositories.is_empty()).then_some(written)
    }
}
