//! The configs of images on their way, which tell how many layers there have to be.

use bytes::Bytes;

use super::ends::Ends;
use super::plan::Plan;
use crate::content::read_blob;
use crate::diagnose::Failure;
use crate::image::{self, CONFIG_BYTES_MAX, Descriptor};

/// Whether images are held against their configs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layers {
    /// An image that has not as many layers as its config names is an error, as it is for Docker. A config that is
    /// at the target already and cannot be read there is read from the source for that.
    #[default]
    Counted,
    /// Images are copied as they are, whoever may be able to run them.
    AsTheyAre,
}

/// A blob that is the config of images, with its bytes as they pass by.
pub(super) struct Config {
    /// How many layers each of its images has.
    layers: Vec<usize>,
    passed: Option<Vec<Bytes>>,
}

impl Config {
    /// Returns what has to be checked when `blob` has arrived, if anything.
    pub(super) fn of(plan: &Plan, blob: &Descriptor, layers: Layers) -> Option<Self> {
        if layers == Layers::AsTheyAre || blob.size > CONFIG_BYTES_MAX {
            return None;
        }
        Some(Self { layers: plan.configs.get(&blob.digest)?.clone(), passed: None })
    }

    /// Takes notice that bytes come from this offset on. Only if all of them come they make a config.
    pub(super) fn begin(&mut self, offset: u64) {
        self.passed = (offset == 0).then(Vec::new);
    }

    /// Keeps bytes that have passed.
    pub(super) fn pass(&mut self, bytes: &Bytes) {
        if let Some(passed) = &mut self.passed {
            passed.push(bytes.clone());
        }
    }

    /// Checks all images that have this config.
    ///
    /// # Errors
    /// [`image::Error::Layers`], or that it cannot be read.
    pub(super) async fn check(self, ends: &Ends, blob: &Descriptor) -> Result<(), Failure> {
        let passed = self.passed.map(|passed| passed.concat()).filter(|passed| blob.verify(passed).is_ok());
        let content = match passed {
            Some(passed) => passed.into(),
            // One that is damaged there is read from the source.
            None => match ends.stored(blob).await {
                Some(stored) => stored,
                None => read_blob(&*ends.source, blob, CONFIG_BYTES_MAX).await?,
            },
        };
        let checked = self.layers.into_iter().try_for_each(|layers| image::check_layers(layers, &content));
        Ok(checked?)
    }
}
