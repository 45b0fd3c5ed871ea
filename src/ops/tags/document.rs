//! What is known about a manifest by its bytes, so that it holds for ever.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::image::{self, ArtifactKind, Descriptor, ImageConfig, Manifest, MediaType, Platform, RawManifest};
use crate::protocol::listing::{TagDetail, TagImage};

/// The annotation of a manifest with the date of its creation.
const CREATED: &str = "org.opencontainers.image.created";

/// The maximum number of images of an index that are kept. Indexes with more than twenty are rare.
const CHILDREN_MAX: usize = 100;

/// The maximum length of an artifact type and of a date, in bytes.
const TEXT_MAX: usize = 255;

/// The facts about a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Document {
    /// The size of config and layers in bytes, unless it is an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The date in the annotations or in the config.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// What it is, if it is not an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    /// The platform in the config.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    /// The images of an index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Child>,
    /// The config of an image, until it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<Descriptor>,
}

/// An image of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Child {
    pub(super) digest: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
}

impl Document {
    /// Reads the facts in a manifest.
    ///
    /// # Errors
    /// An error if it is not a manifest. The old schema 1 says nothing about sizes.
    pub(super) fn of(raw: &RawManifest) -> Result<Self, image::Error> {
        let manifest = match raw.parse() {
            Err(image::Error::Schema1) => return Ok(Self::typed(raw.descriptor().media_type.as_str())),
            parsed => parsed?,
        };
        let artifact = raw.artifact(raw.descriptor())?;
        let created = annotated(raw);
        Ok(match manifest {
            Manifest::Index(index) => {
                let images = index
                    .manifests
                    .into_iter()
                    .filter(|child| !child.is_artifact() && !child.is_attestation());
                let child = |child: Descriptor| Child { digest: child.digest, platform: child.platform };
                Self {
                    created,
                    artifact_type: artifact.artifact_type.filter(|_| artifact.kind != ArtifactKind::Index),
                    children: images.take(CHILDREN_MAX).map(child).collect(),
                    ..Self::default()
                }
            }
            Manifest::Image(image) => {
                let size = image.blobs().fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
                let size = Some(size);
                if artifact.kind == ArtifactKind::Image {
                    let Descriptor { media_type, digest, size: length, .. } = image.config;
                    let config = Some(Descriptor::new(media_type, digest, length));
                    return Ok(Self { size, created, config, ..Self::default() });
                }
                // Old signatures have the config of an image.
                let stated = artifact.artifact_type.map(MediaType::from);
                let layer = image.layers.into_iter().next().map(|layer| layer.media_type);
                let kind = stated.filter(|kind| !kind.is_image_config()).or(layer);
                Self { size, created, ..Self::typed(kind.as_ref().map_or("unknown", MediaType::as_str)) }
            }
        })
    }

    fn typed(kind: &str) -> Self {
        Self { artifact_type: Some(kind.chars().take(TEXT_MAX).collect()), ..Self::default() }
    }

    /// Returns the config, until it is read.
    pub(super) fn config(&self) -> Option<&Descriptor> {
        self.config.as_ref()
    }

    /// Adds what the config says. One that cannot be read says nothing.
    pub(super) fn add_config(&mut self, config: &[u8]) {
        self.config = None;
        match ImageConfig::parse(config) {
            Ok(config) => {
                self.platform = config.platform();
                let created = Some(config.created).filter(|created| is_date(created));
                self.created = self.created.take().or(created);
            }
            Err(error) => tracing::debug!("{error}"),
        }
    }

    /// Reports whether the date is known, or cannot be.
    pub(super) fn is_dated(&self) -> bool {
        self.created.is_some() || self.config.is_none() && self.children.is_empty()
    }

    /// Returns the image of an index for `platform`, or else the first one.
    pub(super) fn child(&self, platform: &Platform) -> Option<&Child> {
        platform.choose(&self.children, |child| child.platform.as_ref()).or_else(|| self.children.first())
    }

    /// Adds these facts to a tag. `chosen` is the image of an index that stands for it.
    pub(super) fn describe(&self, detail: &mut TagDetail, chosen: Option<Chosen<'_>>) {
        let size_of = |child: &Child| chosen.filter(|chosen| chosen.child == child)?.document.size;
        let image =
            |child: &Child| Some(TagImage { platform: child.platform.clone()?, size: size_of(child) });
        let mut images: Vec<_> = self.children.iter().filter_map(image).collect();
        images.extend(
            self.platform.iter().map(|platform| TagImage { platform: platform.clone(), size: self.size }),
        );
        if !images.is_empty() {
            detail.images = images;
        }
        // The size of an index is that of one of its images, which may have no platform.
        let is_alone = !detail.images.iter().any(|image| image.size.is_some());
        let size = self.size.or_else(|| chosen.filter(|_| is_alone)?.document.size);
        detail.size = size.or(detail.size);
        let created = self.created.as_ref().or_else(|| chosen?.document.created.as_ref());
        detail.created = created.and_then(|created| created.parse().ok()).or(detail.created);
        if self.artifact_type.is_some() {
            detail.artifact_type.clone_from(&self.artifact_type);
        }
    }
}

/// The image of an index that stands for it, and its facts.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) child: &'a Child,
    pub(super) document: &'a Document,
}

/// Returns the date in the annotations of a manifest.
fn annotated(raw: &RawManifest) -> Option<String> {
    #[derive(Deserialize)]
    struct Annotated {
        #[serde(default)]
        annotations: HashMap<String, String>,
    }
    let mut annotated: Annotated = serde_json::from_slice(raw.bytes()).ok()?;
    annotated.annotations.remove(CREATED).filter(|created| is_date(created))
}

fn is_date(text: &str) -> bool {
    text.len() <= TEXT_MAX && text.parse::<Timestamp>().is_ok()
}
