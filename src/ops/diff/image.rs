//! What differs between the documents of two images.

use std::collections::HashSet;

use super::Strictness;
use super::layers::{self, LayersDiff};
use super::pair::Pair;
use super::platforms::{self, PlatformChange};
use super::settings::{self, SettingChange};
use super::steps::{self, StepsDiff};

/// What differs between two images, without reading their layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDiff {
    /// The platforms that differ, if both names point to an index and no platform was chosen.
    pub platforms: Vec<PlatformChange>,
    /// The settings that differ.
    pub settings: Vec<SettingChange>,
    /// The steps of the builds that differ.
    pub steps: StepsDiff,
    /// The layers.
    pub layers: LayersDiff,
    /// What a pull of the new image moves if the old one is there.
    pub pull: Moved,
    /// Whether the manifests of the images are the same.
    pub is_same_manifest: bool,
    strictness: Strictness,
}

/// Bytes that are moved, compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The bytes that are moved.
    pub bytes: u64,
    /// The bytes of the whole image, with each blob once.
    pub total: u64,
}

impl Pair<'_> {
    /// Compares the documents.
    pub fn image(&self, strictness: Strictness) -> ImageDiff {
        let (old, new) = (&self.old, &self.new);
        let platforms = match (&old.index, &new.index) {
            (Some(old), Some(new)) if !self.is_for_one_platform => platforms::compare(old, new),
            _ => Vec::new(),
        };
        ImageDiff {
            platforms,
            settings: settings::compare(&old.document, &new.document, strictness),
            steps: steps::compare(&old.config.history, &new.config.history, strictness),
            layers: layers::compare(old, new),
            pull: self.pull(),
            is_same_manifest: old.manifest.digest == new.manifest.digest,
            strictness,
        }
    }

    fn pull(&self) -> Moved {
        let mut here: HashSet<_> = self.old.image.blobs().map(|blob| &blob.digest).collect();
        let mut seen = HashSet::new();
        let mut moved = Moved { bytes: 0, total: 0 };
        for blob in self.new.image.blobs() {
            if seen.insert(&blob.digest) {
                moved.total = moved.total.saturating_add(blob.size);
            }
            if here.insert(&blob.digest) {
                moved.bytes = moved.bytes.saturating_add(blob.size);
            }
        }
        moved
    }
}

impl ImageDiff {
    /// Reports whether the images are equal apart from their layers.
    ///
    /// A platform whose image has another digest counts only exactly, because its image is not compared.
    pub fn is_equal_without_layers(&self) -> bool {
        match self.strictness {
            Strictness::Exact => self.is_same_manifest && self.platforms.is_empty(),
            Strictness::Semantic => {
                let is_there = |change: &PlatformChange| change.old.is_some() && change.new.is_some();
                self.platforms.iter().all(is_there) && self.settings.is_empty() && self.steps.is_empty()
            }
        }
    }

    /// Reports whether the images are equal, by their documents. Layers with other digests are different, even if the
    /// files in them are not.
    pub fn is_equal(&self) -> bool {
        self.is_equal_without_layers() && (self.is_same_manifest || self.layers.is_same_list)
    }
}
