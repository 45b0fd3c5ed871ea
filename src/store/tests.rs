//! The guarantees of the store, tested on real files.

mod blobs;
mod images;
mod index;
#[cfg(target_os = "linux")] // inotify
mod naming;
mod parts;
mod properties;
mod skopeo;
mod sweep;
/// Decides what happens to a test whose tool is missing, here as in `tests/it`.
#[path = "../../tests/it/support/tools/mod.rs"]
#[allow(clippy::duplicate_mod, dead_code, reason = "layers share nothing, and other tests use the rest")]
mod tools;

use std::io::Write;

use bytes::Bytes;
use serde_json::json;

use tempfile::TempDir;

use super::{Image, LocalRepository, Store};
use crate::content::Target;
use crate::image::{Descriptor, MediaType, Platform, RawManifest};
use crate::reference::{Reference, Selector};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store"));
    (folder, store)
}

fn familiar<'a, I: std::borrow::Borrow<Image> + 'a>(images: impl IntoIterator<Item = &'a I>) -> Vec<String> {
    let name = |image: &I| image.borrow().reference.as_ref().map_or("-".to_owned(), Reference::familiar);
    images.into_iter().map(name).collect()
}

/// An image for tests: a manifest or an index, and all content it refers to.
#[derive(Clone)]
struct Sample {
    root: RawManifest,
    manifests: Vec<RawManifest>,
    blobs: Vec<(Descriptor, Bytes)>,
}

impl Sample {
    /// Creates an image of two layers. All samples share the first.
    fn image(text: &str, platform: &str) -> Self {
        let platform: Platform = platform.parse().unwrap();
        let layers = [gzip("shared"), gzip(text)];
        let config = json!({
            "os": platform.os, "architecture": platform.architecture, "variant": platform.variant,
            "created": "2026-01-02T03:04:05Z", "config": {"Labels": {"text": text}},
            "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|_| Descriptor::of(MediaType::OCTET_STREAM, b"").digest).collect::<Vec<_>>()},
        });
        let config = Bytes::from(config.to_string());
        let mut blobs = vec![(Descriptor::of(MediaType::OCI_CONFIG, &config), config)];
        blobs.extend(layers.map(|layer| (Descriptor::of(MediaType::OCI_LAYER_GZIP, &layer), layer)));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": blobs[0].0,
            "layers": [blobs[1].0, blobs[2].0],
        });
        let root = RawManifest::new(MediaType::OCI_MANIFEST, manifest.to_string().into());
        Self { root, manifests: Vec::new(), blobs }
    }

    /// Creates an index of images for these platforms.
    fn index(text: &str, platforms: &[&str]) -> Self {
        let images: Vec<Self> = platforms.iter().map(|p| Self::image(&format!("{text} {p}"), p)).collect();
        let entries = images.iter().zip(platforms).map(|(image, platform)| Descriptor {
            platform: Some(platform.parse().unwrap()),
            ..image.root.descriptor().clone()
        });
        let index = json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": entries.collect::<Vec<_>>(),
        });
        Self {
            root: RawManifest::new(MediaType::OCI_INDEX, index.to_string().into()),
            manifests: images.iter().map(|image| image.root.clone()).collect(),
            blobs: images.into_iter().flat_map(|image| image.blobs).collect(),
        }
    }

    /// Keeps only the first `count` images of the index.
    fn only(mut self, count: usize) -> Self {
        self.manifests.truncate(count);
        self.blobs.truncate(count * 3);
        self
    }

    fn descriptor(&self) -> &Descriptor {
        self.root.descriptor()
    }

    /// Copies everything but the root's name.
    async fn write_to(&self, target: &LocalRepository) {
        for (blob, bytes) in &self.blobs {
            let mut ingest = target.create(blob).await.unwrap();
            if ingest.offset() == 0 {
                ingest.write(bytes.clone()).await.unwrap();
            }
            ingest.commit().await.unwrap();
        }
        for manifest in &self.manifests {
            target.put_manifest(manifest).await.unwrap();
        }
    }

    /// Copies the image, as a pull does.
    async fn pull_to(&self, target: &LocalRepository, selector: &Selector) {
        self.write_to(target).await;
        target.tag(&self.root, selector).await.unwrap();
    }

    /// Copies the image into `store` as `reference`.
    async fn pull_as(&self, store: &super::Store, reference: &str) {
        let reference = parse(reference);
        self.pull_to(&store.repository(&reference.name), &reference.selector()).await;
    }
}

fn gzip(text: &str) -> Bytes {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into()
}

fn parse(reference: &str) -> Reference {
    reference.parse::<Reference>().unwrap().or_latest()
}
