//! The configs of the images that are copied, which say how many layers each image must have.

use bytes::Bytes;

use super::ends::Ends;
use super::plan::Plan;
use crate::content::read_blob;
use crate::diagnose::Failure;
use crate::image::{self, CONFIG_BYTES_MAX, Descriptor};

/// Whether images are checked against their configs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layers {
    /// An image whose number of layers differs from its config is an error, as in Docker. A config that the
    /// target has but cannot read is read from the source for this check.
    #[default]
    Counted,
    /// Images are copied as they are, even if they may not run.
    AsTheyAre,
}

/// The config of one or more images, with its bytes as they are copied.
pub(super) struct Config {
    /// How many layers each of its images has.
    layers: Vec<usize>,
    passed: Option<Vec<Bytes>>,
}

impl Config {
    /// Returns the check to make when `blob` has arrived, if there is one.
    pub(super) fn of(plan: &Plan, blob: &Descriptor, layers: Layers) -> Option<Self> {
        if layers == Layers::AsTheyAre || blob.size > CONFIG_BYTES_MAX {
            return None;
        }
        Some(Self { layers: plan.configs.get(&blob.digest)?.clone(), passed: None })
    }

    /// Records that the following bytes begin at this offset. Only a config that is copied from its start is
    /// complete.
    pub(super) fn begin(&mut self, offset: u64) {
        self.passed = (offset == 0).then(Vec::new);
    }

    /// Keeps bytes that are being copied.
    pub(super) fn pass(&mut self, bytes: &Bytes) {
        if let Some(passed) = &mut self.passed {
            passed.push(bytes.clone());
        }
    }

    /// Checks all images that have this config.
    ///
    /// # Errors
    /// [`image::Error::Layers`], or the error of reading the config.
    pub(super) async fn check(self, ends: &Ends, blob: &Descriptor) -> Result<(), Failure> {
        let passed = self.passed.map(|passed| passed.concat()).filter(|passed| blob.verify(passed).is_ok());
        let content = match passed {
            Some(passed) => passed.into(),
            // A config that is damaged at the target is read from the source.
            None => match ends.stored(blob).await {
                Some(stored) => stored,
                None => read_blob(&*ends.source, blob, CONFIG_BYTES_MAX).await?,
            },
        };
        let checked = self.layers.into_iter().try_for_each(|layers| image::check_layers(layers, &content));
        Ok(checked?)
    }
}
